"""Points for means over normal vectors of many coordinates."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from jaxtyping import Float

SCRAMBLINGS = 16
"""How many means there are to compare."""
_BITS, _HALF_CELL = 52, 2.0**-53


@functools.lru_cache(maxsize=4)
def normal_points(rank: int, count: int) -> Float[np.ndarray, "scramblings n rank"]:
    """`SCRAMBLINGS` independent scramblings of Sobol's sequence, `count` points in all, as normals.

    Scrambling k has seed k, so that the points are the same in every call, and all are moved so
    that their mean is zero, as that of u is. `count` is a power of two, and not less than
    `SCRAMBLINGS`.

    Example:
        >>> from perturbtheory import numerics
        >>> u = numerics.normal_points(3, 2**15)
        >>> u.shape, bool(abs((u**2).mean() - 1) < 1e-3)
        ((16, 2048, 3), True)
    """
    from scipy.stats import qmc  # takes a while to import, and few need it

    def uniforms(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        sobol = qmc.Sobol(rank, scramble=True, bits=_BITS, rng=rng)
        return sobol.random(count // SCRAMBLINGS) + _HALF_CELL

    points = ndtri(np.stack([uniforms(k) for k in range(SCRAMBLINGS)]))
    points -= points.mean((0, 1))
    points.flags.writeable = False
    return points
