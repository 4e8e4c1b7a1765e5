"""Arguments and answers of the enclosures as exact rationals."""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from perturbtheory.perturbations import AbstractPerturbation

Number = int | float | Fraction
LARGEST_DIMENSION = 6


def parameter(perturbation: AbstractPerturbation, name: str, d: int) -> list[Fraction]:
    """The numbers of a parameter, one per coordinate; raises ValueError if they do not fit."""
    numbers = np.asarray(getattr(perturbation, name)).ravel().tolist()
    if len(numbers) not in (1, d):
        msg = (
            f"`{name}` of the perturbation must be one number or one for each of {d} coordinates, "
            f"got {len(numbers)} numbers; match it to theta"
        )
        raise ValueError(msg)
    exactly = [exact(name, x) for x in numbers]
    return exactly if len(exactly) == d else exactly * d


def vector(theta: Iterable[Number]) -> list[Fraction]:
    """Theta; raises ValueError unless it is a vector of a few numbers."""
    numbers = list(theta) if np.ndim(theta) == 1 else []  # pyright: ignore[reportArgumentType]
    if not 1 <= len(numbers) <= LARGEST_DIMENSION:
        msg = (
            f"`theta` must be a vector of 1 to {LARGEST_DIMENSION} numbers, got {theta!r}; for "
            "more coordinates use perturbtheory.expected_max"
        )
        raise ValueError(msg)
    return [exact("theta", t) for t in numbers]


def interval(low: Number, high: Number) -> tuple[Fraction, Fraction]:
    """(low, high); raises ValueError unless low <= high."""
    ends = exact("low", low), exact("high", high)
    if ends[0] > ends[1]:
        msg = f"`low` must not be greater than `high`, got {low} and {high}; swap them"
        raise ValueError(msg)
    return ends


def exact(name: str, x: Any) -> Fraction:
    """The rational that a number is; raises ValueError for what is none."""
    x = x.item() if hasattr(x, "item") else x
    if not isinstance(x, int | float | Fraction) or (type(x) is float and not math.isfinite(x)):
        msg = f"`{name}` must be a finite float, int or Fraction, got {x!r}; pass such a number"
        raise ValueError(msg)
    return Fraction(x)


class Enclosure(NamedTuple):
    """low <= truth <= high, with exact ends.

    Attributes:
        low: lower end.
        high: upper end; equal to `low` where the answer is known exactly.

    Example:
        >>> from perturbtheory.routes.enclosure import Enclosure
        >>> found = Enclosure(0, 1)
        >>> found.contains(0.5), found.middle, found.radius
        (True, 0.5, 0.5)
    """

    low: Fraction
    high: Fraction

    @property
    def middle(self) -> Fraction:
        """(low + high) / 2."""
        return (self.low + self.high) / 2

    @property
    def radius(self) -> Fraction:
        """(high - low) / 2."""
        return (self.high - self.low) / 2

    def contains(self, x: Number) -> bool:
        """Whether low <= x <= high, compared exactly."""
        return self.low <= exact("x", x) <= self.high
