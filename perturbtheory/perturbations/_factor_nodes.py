"""How many nodes rules over normal factors have."""

from typing import Any

import numpy as np

RULES = 2
"""Most factors over which the engine has a rule of high accuracy."""
NODES, FEWEST = {0: 2, 1: 256, 2: 96}, 32
"""Intervals of the outer rule under JAX by rank, and half of those for loadings near zero."""
POINTS, _LEAST, _MOST = 2**14, 2**10, 2**24
"""Points for more factors, and the fewest and most there may be."""


def require_nodes(nodes: Any, rank: int) -> None:
    """Raise ValueError for a number of nodes that rules over so many factors cannot have."""
    if not isinstance(nodes, (int, np.integer)) or isinstance(nodes, bool) or nodes < 2:
        msg = f"`nodes` must be an int, at least 2, got {nodes!r}; leave it out for the usual ones"
        raise ValueError(msg)
    if rank > RULES and (not _LEAST <= nodes <= _MOST or nodes & (nodes - 1)):
        near = min(max(_LEAST, 2 ** int(nodes).bit_length()), _MOST)
        msg = (
            f"`nodes` must be a power of two from {_LEAST} to {_MOST} for {rank} factors, got "
            f"{nodes}; pass {near}"
        )
        raise ValueError(msg)
