"""Densities as adaptive piecewise Chebyshev series, and their integrals from either end.

The line is cut into zones, x = origin + scale sinh(v), one per kink of the density: positions are
kept relative to the kink, and v turns powers, exponentials and Gaussians into tame functions. In a
zone panels are halved until a polynomial in v resolves log f.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

from perturbtheory.numerics import gauss_legendre

if TYPE_CHECKING:
    from collections.abc import Callable

ORDER = 16
"""Chebyshev points of a panel; `POINTS` are these on [-1, 1], ascending."""
POINTS = np.cos(np.pi * (np.arange(ORDER)[::-1] + 0.5) / ORDER)
TO_CHEBYSHEV = np.linalg.inv(chebyshev.chebvander(POINTS, ORDER - 1))
TO_POWERS = np.array(
    [np.pad(chebyshev.cheb2poly(row), (0, ORDER - 1 - k)) for k, row in enumerate(np.eye(ORDER))]
).T
_DEEPEST, _MOST = 30, 4096
"""How often a panel is halved at most: a kink that nobody declared is not resolved. And how many
panels there are at most: of what is noise there would be millions."""


class NotResolvedError(ValueError):
    """A density is not smooth on any panels, such as one that underflows."""


class Zone(NamedTuple):
    """A stretch of the line, x = origin + scale sinh(v) for v between the first and last cut."""

    origin: float
    scale: float
    cuts: tuple[float, ...]


class Pieces(NamedTuple):
    """log f on panels of one zone: powers of y in [-1, 1], which runs over v = left ... right."""

    zone: Zone
    left: np.ndarray
    right: np.ndarray
    series: np.ndarray
    """Of shape (panels, ORDER)."""

    def __call__(self, panel: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Log f at v in the panels of these numbers, one panel per leading entry of v."""
        left, right = self.left[panel][:, None], self.right[panel][:, None]
        return horner(self.series[panel].T[..., None], (2 * v - left - right) / (right - left))


def horner(series: Any, y: Any) -> Any:
    """sum_k series[k] y^k."""
    total = series[-1] * y + series[-2]
    for row in series[-3::-1]:
        total = total * y + row
    return total


def series_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Powers through values at the Chebyshev points, and the size of the last coefficients."""
    # Not one product: its entries are so large that rounding would show.
    coefficients = values @ TO_CHEBYSHEV.T
    return coefficients @ TO_POWERS.T, np.max(np.abs(coefficients[..., -2:]), -1)


def points_of(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The Chebyshev points of every panel, ascending."""
    return left[:, None] + (right - left)[:, None] * ((1 + POINTS) / 2)


def log_stretch(zone: Zone, v: np.ndarray) -> np.ndarray:
    """Log dx/dv."""
    return np.log(zone.scale * np.cosh(v))


def resolve(log_density: Callable[[Any], Any], zone: Zone, swing: float) -> Pieces:
    """Panels on which log f is resolved and log f(x) dx/dv changes by `swing` at most.

    `log_density` takes x - origin. A panel whose last coefficients halving does not reduce has
    reached the noise of the density. Raises `NotResolvedError` where that leaves too many panels.
    """
    cuts = np.asarray(zone.cuts, float)
    left, right = cuts[:-1], cuts[1:]
    before = np.full(len(left), np.inf)
    done: list[tuple[np.ndarray, ...]] = []
    for level in range(_DEEPEST + 1):
        v = points_of(left, right)
        values = np.nan_to_num(log_density(zone.scale * np.sinh(v)), neginf=-1e4, posinf=1e4)
        series, rest = series_of(values)
        size = np.max(np.abs(values), -1)
        good = rest <= 4e-16 * (3 + size)
        good |= (rest < 1e-9 * (1 + size)) & (rest > before / 64)
        good &= np.ptp(values + log_stretch(zone, v), axis=-1) <= swing
        good |= level == _DEEPEST
        done.append((left[good], right[good], series[good]))
        if good.all():
            break
        middle, split = (left + right)[~good] / 2, ~good
        if middle.size > _MOST:
            raise NotResolvedError
        left, right = (
            np.stack(pair, 1).ravel() for pair in ((left[split], middle), (middle, right[split]))
        )
        before = np.repeat(rest[split], 2)
    left, right, series = (np.concatenate(part) for part in zip(*done, strict=True))
    order = np.argsort(left)
    return Pieces(zone, left[order], right[order], series[order])


def bends(piece: Pieces) -> np.ndarray:
    """Between which neighbouring panels log f jumps, or its slope in v does, beyond rounding."""
    powers = np.arange(ORDER)
    signs = (-1.0) ** powers
    half = (piece.right - piece.left) / 2
    value, slope = np.max(np.abs(piece.series), 1), piece.series * powers / half[:, None]
    jump = np.abs(piece.series.sum(1)[:-1] - (piece.series @ signs)[1:])
    turn = np.abs(slope.sum(1)[:-1] + (slope @ signs)[1:])
    size = 1 + np.maximum(value[:-1], value[1:])
    shortest = np.minimum(half[:-1], half[1:])
    return (jump > 1e-8 * size) | (turn > (1e-5 + 1e-10 / shortest) * size)


def bend_where_they_meet(lower: Pieces, upper: Pieces, resolution: float) -> bool:
    """As `bends`, between the last panel of one zone and the first of the next."""
    (value, slope, noise), (other, turned, rough) = _at_end(lower, -1), _at_end(upper, 0)
    size = 1 + max(abs(value), abs(other))
    turn = resolution * abs(slope - turned)
    return abs(value - other) > 1e-8 * size or turn > (1e-5 + resolution * (noise + rough)) * size


def _at_end(piece: Pieces, end: int) -> tuple[float, float, float]:
    """(log f, its slope in x, what rounding makes of that) at an end of a zone."""
    half = float(piece.right[end] - piece.left[end]) / 2
    v, y = (piece.left[0], -1.0) if end == 0 else (piece.right[-1], 1.0)
    powers = y ** np.arange(ORDER)
    stretch = 1 / (half * piece.zone.scale * float(np.cosh(v)))
    slope = piece.series[end] @ (np.arange(ORDER) * powers) * y
    return float(piece.series[end] @ powers), float(slope) * stretch, 1e-10 * stretch


class Integrated(NamedTuple):
    """Values at the Chebyshev points of every panel of every zone, in the order of the line."""

    pieces: list[Pieces]
    log_cdf: list[np.ndarray]
    log_sf: list[np.ndarray]


def integrate(pieces: list[Pieces], halvings: int = 4) -> Integrated:
    """log F and log S as sums of positive masses from either end, so that both keep their digits.

    Panels are halved until polynomials resolve log F and log S too. Beyond the ends the density is
    taken as a power or an exponential that goes on as it ends.
    """
    while True:
        masses = [_masses(piece) for piece in pieces]
        flat = np.concatenate([m.ravel() for m in masses])
        log_cdf = np.logaddexp.accumulate(np.concatenate([[_outside(pieces[0], 0)], flat]))
        log_sf = np.logaddexp.accumulate(np.concatenate([[_outside(pieces[-1], -1)], flat[::-1]]))
        ends = np.cumsum([0, *(m.size for m in masses)])
        inner = slice(1, ORDER + 1)
        rows = [slice(a, b + 1) for a, b in itertools.pairwise(ends)]
        below, above = (
            [_at_points(v[row])[:, inner] for row in rows] for v in (log_cdf, log_sf[::-1])
        )
        coarse = [_is_coarse(*pair) for pair in zip(below, above, strict=True)]
        if halvings == 0 or not any(c.any() for c in coarse):
            return Integrated(pieces, below, above)
        pieces = [_halved(piece, c) for piece, c in zip(pieces, coarse, strict=True)]
        halvings -= 1


def is_upper(log_cdf: np.ndarray) -> np.ndarray:
    """Which panels keep log S instead of log F."""
    return log_cdf[:, ORDER // 2] > np.log(0.5)


def _is_coarse(log_cdf: np.ndarray, log_sf: np.ndarray) -> np.ndarray:
    tail = np.where(is_upper(log_cdf)[:, None], log_sf, log_cdf)
    return series_of(tail)[1] > 3e-15 * (3 + np.max(np.abs(tail), -1))


def _at_points(cumulated: np.ndarray) -> np.ndarray:
    """Rows of a panel's left end, its Chebyshev points and its right end."""
    count = (len(cumulated) - 1) // (ORDER + 1)
    first = np.arange(count)[:, None] * (ORDER + 1)
    return cumulated[first + np.arange(ORDER + 2)]


@functools.cache
def _between() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights between successive Chebyshev points and the ends."""
    nodes, weights = gauss_legendre(16)
    cuts = np.concatenate([[-1.0], POINTS, [1.0]])
    half = np.diff(cuts)[:, None] / 2
    return cuts[:-1, None] + half * (1 + nodes), half * weights


def _masses(piece: Pieces) -> np.ndarray:
    """log of the mass between successive Chebyshev points, shape (panels, ORDER + 1)."""
    y, weights = _between()
    half = (piece.right - piece.left)[:, None, None] / 2
    v = piece.left[:, None, None] + half * (1 + y)
    log_mass = horner(piece.series.T[..., None, None], y) + log_stretch(piece.zone, v)
    top = np.max(log_mass, -1)
    total = np.sum(np.exp(log_mass - top[..., None]) * weights, -1)
    return np.log(total * half[..., 0]) + top


def _outside(piece: Pieces, end: int) -> float:
    """log of the mass beyond an end, where log f(x) dx/dv goes on with the slope it has there."""
    left, right, series = piece.left[end], piece.right[end], piece.series[end]
    y, v = (-1.0, left) if end == 0 else (1.0, right)
    slope = np.polynomial.polynomial.polyval(y, np.polynomial.polynomial.polyder(series))
    slope = slope * 2 / (right - left) + np.tanh(v)
    rate = slope if end == 0 else -slope
    level = np.polynomial.polynomial.polyval(y, series) + log_stretch(piece.zone, v)
    return float(level - np.log(rate)) if rate > 0 else -np.inf


def _halved(piece: Pieces, chosen: np.ndarray) -> Pieces:
    index = np.flatnonzero(chosen)
    left, right = piece.left[index], piece.right[index]
    middle = (left + right) / 2
    parts = [(piece.left[~chosen], piece.right[~chosen], piece.series[~chosen])]
    for a, b in ((left, middle), (middle, right)):
        parts.append((a, b, series_of(piece(index, points_of(a, b)))[0]))
    left, right, series = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(left)
    return Pieces(piece.zone, left[order], right[order], series[order])
