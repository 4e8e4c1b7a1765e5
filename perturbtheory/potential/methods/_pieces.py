"""Noise whose density is a sum of exponentials between kinks: Gauss-Legendre on every piece.

With |a| <= c in all exp(a x), a product of d factors has exponents up to c d, and 16 nodes find its
integral over a length L to 1e-17 of its largest value if c d L <= 7. So panels are known
beforehand, for many rows at once; what needs more care is left to `_panels`, row by row.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.numerics import accurate_sum, gauss_legendre
from perturbtheory.potential.methods._integrals import LARGE

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

    Rows = Float[np.ndarray, "n d"]

_POINTS, _ELEMENTS = 16, 2**16
_FALL = 7.0
_FLOOR, _CEILING = -40.0, -46.0
"""Logarithms of the shares of p_i, and of the mass, below and above the cuts of a tail."""
_DEEPEST = 650.0
"""Logarithm of a p_i that is a number with digits, about."""
_AMISS = 1e-11
"""Mass that is missing only from a law that is not what it declares."""
_MOST, _MOST_LINEAR = 10, 31
"""Categories up to which panels are few, and up to which 16 nodes integrate a product of linear
functions.
"""
_ROOM = 0.01
"""Widths by which supports must overlap: the rounding of theta is felt below it."""

Third = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""A third integral, from weights times F, shape ``(n, k, m)``, rates, ``(n, m, d)``, and the rows
that they belong to.
"""


class Integrals(NamedTuple):
    """Integrals of every row.

    Attributes:
        done: whether they are right; if not, the row asks for more care.
        p: int F r_i ds.
        f: int s F R ds, counted from the largest theta.
        third: what was asked for besides.
        edge: what p_i may lack.
        possible: whether i can win at all.
    """

    done: Bool[np.ndarray, "n"]
    p: Rows
    f: Float[np.ndarray, "n"]
    third: Float[np.ndarray, "n ..."]
    edge: Rows
    possible: Bool[np.ndarray, "n d"]


class _Panels(NamedTuple):
    """Panels from theta_frame + left + rest, of the length `size`, in ascending order by row."""

    row: Int[np.ndarray, "m"]
    frame: Int[np.ndarray, "m"]
    left: Float[np.ndarray, "m"]
    rest: Float[np.ndarray, "m"]
    size: Float[np.ndarray, "m"]

    def pick(self, which: np.ndarray) -> _Panels:
        return _Panels(*(a[which] for a in self))

    def distances(self, theta: Rows) -> Rows:
        """(theta_frame - theta_i) + left, exact where i is the frame."""
        at = theta[self.row, self.frame]
        return (at[:, None] - theta[self.row]) + self.left[:, None]


def serves(noise: Any, d: int) -> bool:
    """Whether the law declares what its density is between kinks, and d is moderate."""
    if noise.exponent is None or noise.shape or not any(noise.landmarks(d).kinks):
        return False
    return d <= (_MOST if noise.exponent else _MOST_LINEAR)


def integrate(noise: Any, theta: Rows, third: Third | None = None) -> Integrals:
    """The integrals of every row, a few rows at a time."""
    size = max(1, _ELEMENTS // (_POINTS * theta.shape[1] * _usual_number(noise, theta.shape[1])))
    parts = []
    for k in range(0, len(theta), size):
        here = None if third is None else _from(third, k)
        parts.append(_some(noise, theta[k : k + size], here))
    if len(parts) == 1:
        return parts[0]
    return Integrals(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _from(third: Third, first: int) -> Third:
    return lambda mass, rate, row: third(mass, rate, row + first)


def _usual_number(noise: Any, d: int) -> int:
    """About how many panels a row has."""
    return 2 * d + (int(16 * noise.exponent) + 5 if noise.exponent else 0)


def _some(noise: Any, theta: Rows, third: Third | None) -> Integrals:
    width, (low, high) = float(noise.resolution), noise.support
    room = (theta + float(high)) - (theta + float(low)).max(1)[:, None]
    possible = room > 0
    plain = np.all(~possible | (room > _ROOM * width), 1)
    plain &= np.max(np.abs(theta), 1) < LARGE * width
    # What is not plain needs panels too, but no particular ones.
    safe = np.where(plain[:, None], theta, 0.0)
    panels = _panels(noise, safe)
    edge, panels = _seen(noise, safe, panels)
    p, f, found = _sums(noise, safe, panels, third)
    plain &= np.abs(p.sum(1) - 1) < _AMISS
    return Integrals(plain, p, f, found, edge, possible)


def _seen(noise: Any, theta: Rows, panels: _Panels) -> tuple[Rows, _Panels]:
    """(what p_i may lack below, the panels on which F is seen)."""
    if np.isfinite(noise.support[0]):
        return np.zeros(theta.shape), panels
    distance = panels.distances(theta)
    log_cdf = np.log(_product(noise, distance + (panels.rest + panels.size)[:, None]))
    last = np.append(panels.row[1:] != panels.row[:-1], True)
    # The smallest integral is about F at the smallest theta.
    depth = np.sum(theta - theta.min(1)[:, None], axis=1) * (noise.exponent / noise.resolution)
    unseen = _FLOOR - np.minimum(depth, _DEEPEST)[panels.row]
    keep = np.flatnonzero((log_cdf > unseen) | last)
    panels, distance = panels.pick(keep), distance[keep]
    first = np.flatnonzero(np.append(True, panels.row[1:] != panels.row[:-1]))
    at = distance[first] + panels.rest[first, None]
    # F r_i falls at least as fast as the lower tail of one law.
    unit = noise.resolution / noise.exponent
    return _product(noise, at)[:, None] * noise.cdf_and_rate(at)[1] * unit, panels


def _product(noise: Any, x: np.ndarray) -> np.ndarray:
    """F, one per row of distances."""
    return np.multiply.reduce(noise.cdf(x), axis=1)


def _sums(
    noise: Any, theta: Rows, panels: _Panels, third: Third | None
) -> tuple[Rows, np.ndarray, np.ndarray]:
    nodes, weights = gauss_legendre(_POINTS)
    step = panels.rest[:, None] + panels.size[:, None] * ((1 + nodes) / 2)
    cdf, rate = noise.cdf_and_rate_at(panels.distances(theta)[:, None, :], step[:, :, None])
    mass = (panels.size[:, None] * (weights / 2)) * np.multiply.reduce(cdf, axis=-1)
    from_top = theta[panels.row, panels.frame] - theta.max(1)[panels.row]
    s = (from_top + panels.left)[:, None] + step
    total = rate @ np.ones(rate.shape[-1])
    starts = np.searchsorted(panels.row, np.arange(len(theta)))

    def by_row(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, starts, axis=0)

    f = by_row(np.add.reduce(mass * s * total, axis=1))
    p = by_row((mass[:, None] @ rate)[:, 0])
    return p, f, f if third is None else by_row(third(mass[:, None], rate, panels.row))


def _panels(noise: Any, theta: Rows) -> _Panels:
    """The panels of every row: between neighbouring kinks, and finer by the exponents."""
    n, d = theta.shape
    places, high = _kinks(noise, d), _high(noise)
    left = np.broadcast_to(np.repeat(places, d), (n, d * len(places)))
    left = np.column_stack([left, _low(noise, theta), np.full(n, high)])
    top = theta.argmax(1)
    frame = np.broadcast_to(np.tile(np.arange(d), len(places)), (n, d * len(places)))
    frame = np.concatenate([frame, top[:, None], top[:, None]], 1)
    place = np.take_along_axis(theta, frame, 1) + left
    first, last = place[:, -2, None], place[:, -1, None]
    order = np.argsort(place, axis=1, kind="stable")
    frame, place, left = (np.take_along_axis(a, order, 1) for a in (frame, place, left))
    at = np.take_along_axis(theta, frame, 1)
    size = accurate_sum(at[:, 1:], -at[:, :-1], left[:, 1:], -left[:, :-1])
    row, k = np.nonzero((place[:, :-1] >= first) & (place[:, 1:] <= last) & (size > 0))
    pieces = _Panels(row, frame[row, k], left[row, k], np.zeros(len(row)), size[row, k])
    if not noise.exponent:
        return pieces
    # The rest of the line above all kinks is the same in every row.
    above = (pieces.left == places[-1]) & (pieces.frame == top[row])
    return _finer(noise, d, pieces, above, high - float(places[-1]))


def _kinks(noise: Any, d: int) -> np.ndarray:
    marks = noise.landmarks(d)
    return np.unique(marks.location[list(marks.kinks), 0])


def _high(noise: Any) -> float:
    """The end of the support, or where the tail is cut off."""
    end = float(noise.support[1])
    return end if np.isfinite(end) else float(noise.log_quantile(_CEILING, upper=True))


def _low(noise: Any, theta: Rows) -> Float[np.ndarray, "n"]:
    """The same below, where F is small beside every p_i that is a number."""
    end = float(noise.support[0])
    if np.isfinite(end):
        return np.full(len(theta), end)
    unit = noise.resolution / noise.exponent
    median = float(noise.log_quantile(np.log(0.5)))
    return median + _FLOOR * unit - np.minimum(np.ptp(theta, axis=1), _DEEPEST * unit)


def _finer(noise: Any, d: int, pieces: _Panels, above: np.ndarray, length: float) -> _Panels:
    unit = float(noise.resolution) / noise.exponent
    cuts = _graded(length / unit, _FALL / d)
    parts = np.ceil(pieces.size * (d / (_FALL * unit)))
    parts = np.where(above, len(cuts) - 1, np.maximum(parts, 1)).astype(int)
    owner = np.repeat(np.arange(len(parts)), parts)
    j = np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts)
    part, beyond, k = (pieces.size / parts)[owner], above[owner], np.where(above[owner], j, 0)
    return _Panels(
        pieces.row[owner],
        pieces.frame[owner],
        pieces.left[owner],
        np.where(beyond, unit * cuts[k], part * j),
        np.where(beyond, unit * (cuts[k + 1] - cuts[k]), part),
    )


@functools.lru_cache(maxsize=32)
def _graded(length: float, least: float) -> np.ndarray:
    """0 = b_0 < ... < b_n = length: at x > 0 the k-th exponential has fallen to exp(-k x)."""
    bounds = [0.0]
    while bounds[-1] < length:
        bounds.append(bounds[-1] + max(least, min(_FALL, bounds[-1] / 2)))
    return np.array([*bounds[:-1], length])
