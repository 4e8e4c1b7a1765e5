"""Laws that say where their mass is, and their numbers as decimals."""

from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np


class Atomic(Protocol):
    """A law that says where its mass is, as every perturbation with `continuous = False` does."""

    @property
    def atoms(self) -> Any:
        """Shape ``(m,)``, or ``(d, m)`` where coordinates differ."""
        ...

    @property
    def weights(self) -> Any:
        """Of the shape of `atoms`, with sum one along the last axis."""
        ...


class Atoms(NamedTuple):
    """Such a law and nothing else."""

    atoms: np.ndarray
    weights: np.ndarray


def decimal(value: Any) -> Fraction:
    """The decimal that a number prints as.

    Example:
        >>> from perturbtheory import potential
        >>> potential.decimal(0.1)
        Fraction(1, 10)
    """
    return Fraction(str(value.item() if isinstance(value, np.generic) else float(value)))
