"""One coordinate of a noise at a time, as a law on the line, and a grid that follows it."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.testing.laws._defects import Defect

MOST = 8
"""Coordinates that are checked, spread evenly, where there are more."""
DEEP = -60.0
"""Log probability up to which a grid reaches in either tail."""


class Coordinate:
    """The law of gamma_i on the line: methods of a noise with numbers or one-entry parameters."""

    def __init__(self, noise: AbstractPerturbation, i: int | None) -> None:
        self.index = i
        self.noise = noise
        if i is not None:
            keep = np.zeros(noise.shape, bool)
            keep[i] = True
            self.noise = noise.take(keep)

    def ask(self, method: str, x: Any) -> np.ndarray:
        """What a method answers at every x."""
        return self.both(method, x)[0]

    def both(self, method: str, x: Any) -> tuple[np.ndarray, ...]:
        """The same for a method that answers with several arrays."""
        x = np.asarray(x, float)
        given = x if self.index is None else x[..., None]
        found = getattr(self.noise, method)(given)
        answers = found if isinstance(found, tuple) else (found,)
        return tuple(np.asarray(a, float).reshape(x.shape) for a in answers)

    def number(self, name: str) -> float:
        """A number that it declares."""
        return float(np.ravel(np.asarray(getattr(self.noise, name), float))[0])

    @property
    def ends(self) -> tuple[float, float]:
        """The declared support."""
        low, high = (float(np.ravel(np.asarray(e, float))[0]) for e in self.noise.support)
        return low, high

    def log_quantile(self, level: float, upper: bool = False) -> float:
        """x with log F(x) = level, or with log S(x) = level."""
        found = self.noise.log_quantile(level, upper=upper)
        return float(np.ravel(np.asarray(found, float))[0])


def coordinates(noise: AbstractPerturbation) -> list[Coordinate]:
    """One where all are alike, otherwise up to `MOST`."""
    if not noise.shape:
        return [Coordinate(noise, None)]
    chosen = np.unique(np.linspace(0, noise.shape[0] - 1, MOST).round().astype(int))
    return [Coordinate(noise, int(i)) for i in chosen]


def coordinatewise(
    check: Callable[[Coordinate], None],
) -> Callable[[AbstractPerturbation], None]:
    """Make a check of one coordinate a check of all; a defect says which one is broken."""

    @functools.wraps(check)
    def every(noise: AbstractPerturbation) -> None:
        for one in coordinates(noise):
            try:
                check(one)
            except Defect as defect:
                if one.index is not None:
                    defect.at["coordinate"] = one.index
                raise

    return every


def width(noise: AbstractPerturbation) -> float:
    """Half the distance of the 16 % and 84 % quantiles of the widest coordinate, about."""
    if not noise.continuous:
        return float(np.max(np.sqrt(np.asarray(noise.variance, float))))
    high, low = (np.asarray(noise.log_quantile(-1.83, upper=u), float) for u in (True, False))
    return float(np.max(high - low)) / 2


@functools.lru_cache(maxsize=64)
def unit(noise: AbstractPerturbation) -> float:
    """The power of two in which theta is measured: one, unless the law is wide or narrow."""
    size = width(noise)
    usual = not np.isfinite(size) or size <= 0 or 1 / 8 <= size <= 8
    return 1.0 if usual else float(2.0 ** np.round(np.log2(size)))


def grid(law: Coordinate) -> np.ndarray:
    """Cuts between which the density is smooth: even in asinh, quantiles in both tails, kinks."""
    low, high = (law.log_quantile(DEEP, upper) for upper in (False, True))
    quarter, middle, three = law.ask("quantile", np.array([0.25, 0.5, 0.75]))
    scale = min(three - quarter, 0.2 * unit(law.noise))
    ends = np.arcsinh((np.array([low, high]) - middle) / scale)
    cuts = middle + scale * np.sinh(np.linspace(ends[0], ends[1], 400))
    levels = tuple(np.linspace(DEEP, -1.0, 60))
    tails = [
        np.ravel(np.asarray(law.noise.log_quantiles(levels, upper=upper), float))
        for upper in (False, True)
    ]
    kinks = np.ravel(np.asarray(law.noise.landmarks(1).location, float))
    # The ends of the grid are its own: a quantile may be rounded past them.
    inner = np.concatenate([cuts[1:-1], *tails, kinks])
    inner = inner[(inner > low) & (inner < high)]
    return np.unique(np.concatenate([[low], inner, [high]]))


def nodes(cuts: np.ndarray, count: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss-Legendre in every cell, each of shape (cells, count)."""
    points, weights = leggauss(count)
    half = np.diff(cuts)[:, None] / 2
    return cuts[:-1, None] + half * (1 + points), half * weights
