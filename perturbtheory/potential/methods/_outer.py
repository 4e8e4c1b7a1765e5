"""Rules for int phi(u) g(u) du over few normal factors, each finer than the last.

The trapezoidal rule on the lattice h Z^r serves analytic g, with an error of exp(-c / h) or less:
the gap between the rules of h and 2h is what is left of the latter, and its square what is left of
the former. As that gap may vanish by chance, so may the square of it; the modulus of the Fourier
transform at a quarter of the sampling frequency does not, whose fourth power is it too. Where g
bends or jumps, at known places of one factor, Gauss-Legendre panels end there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perturbtheory.numerics import gauss_legendre

if TYPE_CHECKING:
    from jaxtyping import Float

POINTS = 2**15
"""Most nodes of a rule."""
_AT_ONCE = 2**13
"""Nodes handed over at a time."""


class Sums:
    """Sums over nodes, one per row of signs; of positive vectors by their logarithms."""

    def __init__(self) -> None:
        self.top: np.ndarray | None = None
        self.parts: list[np.ndarray] = []

    def add(
        self,
        rows: Float[np.ndarray, "m n"],
        log_weight: Float[np.ndarray, "n"],
        logs: Float[np.ndarray, "n d"] | None,
        *others: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        """Add exp(log_weight + logs), and what each of `others` makes of the signed weights."""
        new = [other(rows * np.exp(log_weight)) for other in others]
        if logs is not None:
            term = log_weight[:, None] + logs
            top = term.max(0) if self.top is None else np.maximum(self.top, term.max(0))
            base = np.where(top > -np.inf, top, 0.0)
            if self.top is not None:
                self.parts[0] = self.parts[0] * np.exp(self.top - base)
            self.top = top
            new.insert(0, rows @ np.exp(term - base))
        self.parts = [a + b for a, b in zip(self.parts, new, strict=True)] if self.parts else new


class Level(NamedTuple):
    """One rule's integrals.

    Attributes:
        top: the first of them is exp(top) times what stands there; None for what it is.
        fine: the integrals.
        apart: by how much the rule before differs.
        wave: the Fourier transform at a quarter of the sampling frequency; zero for panels.
        size: how many nodes it took.
        step: of the lattice, or the number of the level.
    """

    top: np.ndarray | None
    fine: list[np.ndarray]
    apart: list[np.ndarray]
    wave: list[np.ndarray]
    size: int
    step: float


Ask = Callable[[Sums, np.ndarray, np.ndarray, np.ndarray], None]
"""Adds the nodes (n, r) with their log weights (n,) and rows of signs (m, n) to the sums."""


def lattice(ask: Ask, rank: int, step: float, reach: float) -> Iterator[Level]:
    """The trapezoidal rule of `step`, then of half of it and so on, on the ball of that reach."""
    sums, count, first = Sums(), 0, True
    while True:
        j = _indices(rank, step, reach, odd=not first)
        count += len(j)
        for k in range(0, len(j), _AT_ONCE):
            own = j[k : k + _AT_ONCE]
            u = step * own
            log_weight = rank * math.log(step / math.sqrt(2 * math.pi)) - np.sum(u * u, 1) / 2
            ask(sums, u, log_weight, _signs(own))
        yield _level(sums, rank, count, step)
        if size_of(rank, step / 2, reach) > POINTS:
            return
        sums.parts = [_halved(part, rank) for part in sums.parts]
        step, first = step / 2, False


def size_of(rank: int, step: float, reach: float) -> float:
    """About how many nodes the lattice has in the ball."""
    return (1, 2, math.pi)[rank] * (reach / step) ** rank


def _indices(rank: int, step: float, reach: float, *, odd: bool) -> np.ndarray:
    """Points of Z^r in the ball; with `odd` those that the lattice of twice the step lacks."""
    most = math.floor(reach / step)
    axis = np.arange(-most, most + 1)
    j = np.stack(np.meshgrid(*[axis] * rank, indexing="ij"), -1).reshape(-1, rank)
    keep = np.sum(np.square(j * step), 1) <= reach**2
    return j[keep & np.any(j % 2 == 1, 1)] if odd else j[keep]


def _signs(j: np.ndarray) -> Float[np.ndarray, "m n"]:
    """1, and of every axis (-1)^j, cos(pi j / 2), sin(pi j / 2)."""
    wave = np.array([1.0, 0.0, -1.0, 0.0])
    rows = [np.ones(len(j))]
    for axis in j.T:
        rows += [1.0 - 2.0 * (axis % 2), wave[axis % 4], wave[(axis - 1) % 4]]
    return np.stack(rows)


def _halved(part: np.ndarray, rank: int) -> np.ndarray:
    """What old nodes, of even index now, add to the rows of the finer lattice."""
    out, weight = np.zeros_like(part), 0.5**rank
    out[0] = part[0]
    for k in range(1, 3 * rank, 3):
        out[k], out[k + 1] = part[0], part[k]
    return weight * out


def _level(sums: Sums, rank: int, count: int, step: float) -> Level:
    axes = np.arange(1, 3 * rank, 3)
    fine = [part[0] for part in sums.parts]
    apart = [np.sum(np.abs(part[axes]), 0) for part in sums.parts]
    wave = [np.sum(np.hypot(part[axes + 1], part[axes + 2]), 0) for part in sums.parts]
    return Level(sums.top, fine, apart, wave, count, step)


def panels(ask: Ask, bends: np.ndarray, width: float, reach: float) -> Iterator[Level]:
    """Gauss-Legendre between places where g bends, and at most `width` apart; finer and finer."""
    inside = bends[np.abs(bends) < reach]
    even = np.linspace(-reach, reach, 2 + math.ceil(2 * reach / width))
    bounds = np.unique(np.concatenate([inside, even]))
    before: Level | None = None
    for level, (points, split) in enumerate(((8, 1), (16, 1), (16, 2), (16, 4))):
        cuts = np.interp(np.arange(split * (len(bounds) - 1) + 1) / split,
                         np.arange(len(bounds)), bounds)  # fmt: skip
        if points * len(cuts) > POINTS:
            return
        node, weight = gauss_legendre(points)
        half = np.diff(cuts)[:, None] / 2
        u = (cuts[:-1, None] + half * (1 + node)).ravel()
        with np.errstate(divide="ignore"):
            log_weight = np.log((half * weight).ravel()) - u * u / 2 - 0.5 * math.log(2 * math.pi)
        sums = Sums()
        for k in range(0, len(u), _AT_ONCE):
            cut = slice(k, k + _AT_ONCE)
            ask(sums, u[cut, None], log_weight[cut], np.ones((1, len(u[cut]))))
        fine = [part[0] for part in sums.parts]
        apart = [np.full_like(part, np.inf) for part in fine]
        if before is not None:
            apart = [np.abs(a - b) for a, b in zip(fine, before.fine, strict=True)]
            if sums.top is not None and before.top is not None:
                moved = before.fine[0] * np.exp(np.nan_to_num(before.top - sums.top))
                apart[0] = np.abs(fine[0] - moved)
        before = Level(sums.top, fine, apart, [0 * a for a in fine], len(u), float(level))
        yield before
