"""Laws that say where their mass is, and their numbers as they were written."""

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


def as_written(value: Any) -> Fraction:
    """The fraction that a number was before it was rounded, as far as its digits tell.

    The one with a denominator of up to a million that rounds to it, of which there is one at most
    among numbers of moderate size; otherwise the decimal that it prints as.

    Example:
        >>> from perturbtheory import potential
        >>> potential.as_written(0.1), potential.as_written(2 / 3)
        (Fraction(1, 10), Fraction(2, 3))
    """
    number = float(value)
    simple = Fraction(number).limit_denominator(_MOST)
    return simple if float(simple) == number else Fraction(str(number))


_MOST = 10**6
