"""Convex functions with kinks, in exact rationals: on intervals, and E max under discrete noise."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.softmax_exact import Vector
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import Subdifferential, expected_max
from perturbtheory.routes import rational

STEP = Fraction(1, 16)
"""All functions here are linear along steps of this size, so that quotients are slopes."""


class OnInterval(NamedTuple):
    """A convex function on [low, high], linear between integers."""

    function: Callable[[Fraction], Fraction]
    low: int
    high: int

    def grid(self) -> list[Fraction]:
        """Quarters of the interval, both ends included."""
        return [Fraction(k, 4) for k in range(4 * self.low, 4 * self.high + 1)]

    def is_subgradient(self, p: Fraction, theta: Fraction) -> bool:
        """f(tau) >= f(theta) + p (tau - theta) for every tau."""
        f = self.function
        return all(f(tau) >= f(theta) + p * (tau - theta) for tau in self.grid())

    def is_admissible(self, v: int, theta: Fraction, signs: Sequence[int]) -> bool:
        """Whether theta + eps v lies in the interval for small eps of these signs."""
        return all(self.low <= theta + sign * STEP * v <= self.high for sign in signs)

    def is_dominated(self, p: Fraction, theta: Fraction, signs: Sequence[int]) -> bool:
        """p v is at most the slope along v, for every admissible v."""
        f = self.function
        directions = [v for v in (-1, 1) if self.is_admissible(v, theta, signs)]
        return all((f(theta + STEP * v) - f(theta)) / STEP >= p * v for v in directions)


INTERVALS = {
    "theta on [0, 1]": OnInterval(lambda x: x, 0, 1),
    "|theta| on [-2, 2]": OnInterval(abs, -2, 2),
    "|theta| on [0, 2]": OnInterval(abs, 0, 2),
    "max(theta, 2 theta - 1) on [0, 3]": OnInterval(lambda x: max(x, 2 * x - 1), 0, 3),
    "0 on {1}": OnInterval(lambda x: 0 * x, 1, 1),
}


def slope(theta: Sequence[int], v: Sequence[int], sign: int = 1) -> Fraction:
    """Difference quotient of E[max(theta + gamma)] along v, gamma_i = -1 or 1."""
    moved = [t + sign * STEP * x for t, x in zip(theta, v, strict=True)]
    rise = rational.discrete(moved, COIN).value - rational.discrete(theta, COIN).value
    return rise / (sign * STEP)


def slopes(theta: Vector) -> dict[Vector, Fraction]:
    """Slopes along every direction of {-1, 0, 1}^d."""
    return {v: slope(theta, v) for v in product((-1, 0, 1), repeat=len(theta))}


def polytope(theta: Sequence[int | Fraction]) -> Subdifferential:
    """The engine's subdifferential at rational theta, exactly."""
    return expected_max(Discrete(np.array([-1.0, 1.0]))).subdifferential(np.array(theta))


def uniform_slope(
    theta: Sequence[int | Fraction], v: Sequence[int | Fraction], at: Fraction = Fraction(0)
) -> Fraction:
    """Slope at theta + at v along v of E[max(theta + gamma)], gamma_i uniform on [-1, 1].

    By differences of order four, exact inside the pieces of f, whose degree is d + 1 <= 4.
    """
    h = Fraction(1, 1024)
    f = [
        rational.uniform([t + (at + k * h) * x for t, x in zip(theta, v, strict=True)]).value
        for k in (-2, -1, 1, 2)
    ]
    return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)


TIES: tuple[Vector, ...] = ((0, 0), (2, 0), (1, 0), (0, 0, 0), (2, 0, 0), (0, 1, 2), (5, 0, 0))
"""Parameters with and without ties of theta + gamma."""
