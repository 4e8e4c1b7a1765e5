"""Where panels end: Gauss-Legendre with 16 points converges on each of them but for kinks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.potential.methods._integrals import ELEMENTS, MANY_BLOCKS, in_turn

if TYPE_CHECKING:
    from jaxtyping import Float

    Vector = Float[np.ndarray, "d"]

FLOOR, CEILING = -95.0, -46.0
"""Log probabilities at which a single coordinate is cut off below and above."""
_LOWEST, _HIGHEST = -92.0, 1e-17
_FALL, _MOST_PARTS, _DYADS, _DEPTH = 16.0, 256, 16, 50.0
"""By how much log F may rise on a panel, and into how many a panel is cut at a time."""
_FEW, _MANY = 16, 1000
UNDERFLOW = -600.0
"""From here on a product of cdfs keeps its digits."""


class _Marks(NamedTuple):
    """Landmarks of about one width: sorted places, the smallest width and the largest reach.

    Or of any width: places with a width and a reach for each.
    """

    places: np.ndarray
    width: Any
    reach: Any


def panel_bounds(noise: Any, theta: Vector) -> Float[np.ndarray, "panels+1"]:
    """low = b_0 < b_1 < ... < b_n = high.

    A panel at distance D from a landmark is at most max(1.5 width, 2 (D - reach)+) wide, and
    log F rises by at most 16 on it. Between low and high F rises from e^-92 to nearly one.
    """
    marks = list(_marks(noise, theta))
    unit = min((m.width for m in marks), default=float(np.min(noise.resolution)))
    top = float(theta.max())
    ends = [theta + end for end in noise.bracket(FLOOR, CEILING)]
    low, high = (float(np.max(end)) for end in ends)
    sizes = [abs(float(theta[np.argmax(end)])) for end in ends]
    low = _raised(noise, theta, low, high, unit)
    # Next to a pole log F is -92, and S 1e-17, so near the end of the support that the pole must
    # be inside.
    lowest, highest = (float(np.max(theta + end)) for end in noise.support)
    pole = 1e-6 * float(np.min(noise.resolution))
    low = lowest if lowest <= low < lowest + pole else low
    high = _lowered(noise, theta, low, high, unit)
    high = highest if highest - pole < high <= highest else high
    ladder = 1.5 * unit * 3.0 ** np.arange(np.log(1e290) / np.log(3.0))
    ladder = np.concatenate([top - ladder[::-1], top + ladder])
    inside = ladder[(ladder > low) & (ladder < high)] if marks else ladder[:0]
    bounds = _narrowed(np.concatenate([[low], inside, [high]]), marks)
    bounds = _gentle(bounds, functools.partial(_shallow, noise, theta))
    # A kink at the very end of the window must be inside it.
    bounds[0] -= 4e-16 * (abs(low) + sizes[0]) + 1e-300
    bounds[-1] += 4e-16 * (abs(high) + sizes[1]) + 1e-300
    return bounds


def bounds_below(
    noise: Any, theta: Vector, high: float, rise: float
) -> Float[np.ndarray, "panels+1"]:
    """The panels next below, on which log F rises by about `rise`; none where all supports end."""
    rate = float(np.sum(noise.log_cdf_and_rate(high - theta)[1]))
    end = float(np.max(theta + noise.support[0]))
    low = high - rise / rate if 0 < rate < np.inf else -np.inf
    low = min(max(low, end), np.nextafter(high, -np.inf))
    if not end < high or low == -np.inf:
        return np.zeros(0)
    bounds = _narrowed(np.array([low, high]), list(_marks(noise, theta)))
    return _gentle(bounds, functools.partial(log_of_product, noise, theta))


def log_cdf_of_maximum(noise: Any, theta: Vector, s: np.ndarray) -> np.ndarray:
    """log F = sum_j log F_j(s - theta_j), for s of shape ``(n,)``; also next to zero."""
    return _by_blocks(s, theta, lambda x: np.sum(noise.log_cdf(x), 1))


def log_of_product(noise: Any, theta: Vector, s: np.ndarray) -> np.ndarray:
    """log F but for 1e-16: the logarithm of the product unless that underflows."""
    out = _shallow(noise, theta, s)
    deep = np.flatnonzero(~(out > UNDERFLOW))
    if deep.size:
        out[deep] = log_cdf_of_maximum(noise, theta, s[deep])
    return out


def _marks(noise: Any, theta: Vector) -> Iterator[_Marks]:
    ordered = np.sort(theta)
    for location, *lengths in zip(*_useful(noise, noise.landmarks(theta.size)), strict=True):
        if lengths[0].size == location.size == 1:
            if np.isfinite(lengths[0][0]) and lengths[0][0] > 0:
                yield _Marks(ordered + location[0], float(lengths[0][0]), float(lengths[1][0]))
            continue
        places, width, reach = np.broadcast_arrays(theta + location, *lengths)
        useful = np.isfinite(width) & (width > 0)
        octave = np.where(useful, np.frexp(np.where(useful, width, 1.0))[1], 0)
        for key in np.unique(octave[useful]):
            group = useful & (octave == key)
            yield _Marks(
                np.sort(places[group]), float(width[group].min()), float(reach[group].max())
            )


def _shallow(noise: Any, theta: Vector, s: np.ndarray) -> np.ndarray:
    """log F(s) by the product itself, -inf where that underflows: cheaper than logarithms."""
    product = _by_blocks(s, theta, lambda x: np.multiply.reduce(noise.cdf(x), axis=1))
    with np.errstate(divide="ignore"):
        return np.log(product)


def _by_blocks(s: np.ndarray, theta: Vector, function: Callable[[np.ndarray], Any]) -> np.ndarray:
    """What `function` makes of s - theta, a few rows at a time."""
    size = max(1, ELEMENTS // theta.size)

    @np.errstate(all="ignore")
    def block(k: int) -> np.ndarray:
        return function(s[k * size : (k + 1) * size, None] - theta)

    count = -(-len(s) // size)
    return np.concatenate(in_turn(block, count, threads=count >= MANY_BLOCKS))


def _useful(noise: Any, marks: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Landmarks but for those that crowd at the end of a support, where panels are graded."""
    location, width, reach = np.broadcast_arrays(*marks[:3])
    crowded = np.zeros(location.shape, bool)
    for end in noise.support:
        near = np.abs(location - np.where(np.isfinite(end), end, np.inf)) < 20 * width
        crowded |= near & (width < 0.01 * noise.resolution)
    return location, np.where(crowded, np.inf, width), reach


def _raised(noise: Any, theta: Vector, low: float, high: float, unit: float) -> float:
    """The largest s, nearly, with log F(s) < -92."""

    def is_below(s: np.ndarray) -> np.ndarray:
        return _shallow(noise, theta, s) < _LOWEST

    return max(low, _turn(is_below, theta, (low, high), unit)[0])


def _lowered(noise: Any, theta: Vector, low: float, high: float, unit: float) -> float:
    """The smallest s, nearly, with sum_i S_i(s - theta_i) < 1e-17."""

    def is_below(s: np.ndarray) -> np.ndarray:
        return np.sum(np.exp(noise.log_sf(s[:, None] - theta)), 1) > _HIGHEST

    return min(high, _turn(is_below, theta, (low, high), unit)[1])


def _turn(
    is_below: Callable[[np.ndarray], np.ndarray],
    theta: Vector,
    ends: tuple[float, float],
    unit: float,
) -> tuple[float, float]:
    """Between which places `is_below` turns False: rounds of a few points, even in asinh."""
    top = float(theta.max())
    left, right = first, last = np.arcsinh((np.array(ends) - top) / unit)
    # Each round costs NumPy as much as some hundred numbers.
    points, rounds = (63, 2) if theta.size < _FEW else (7, 4) if theta.size < _MANY else (1, 12)
    for _ in range(rounds):
        grid = left + (right - left) / (points + 1) * np.arange(points + 2)
        k = int(np.count_nonzero(is_below(top + unit * np.sinh(grid[1:-1]))))
        left, right = grid[k], grid[k + 1]
    # An end that has not moved is exact, which a kink there needs.
    low = ends[0] if left == first else top + unit * float(np.sinh(left))
    return low, ends[1] if right == last else top + unit * float(np.sinh(right))


def _narrowed(bounds: np.ndarray, marks: list[_Marks]) -> np.ndarray:
    """The panels cut into equal parts until none is too wide."""
    if not marks:
        return bounds
    sizes = [mark.places.size for mark in marks]
    each = [np.repeat([mark[k] for mark in marks], sizes) for k in (1, 2)]
    all_marks = _Marks(np.concatenate([mark.places for mark in marks]), *each)
    for _ in range(80):
        left, right = bounds[:-1], bounds[1:]
        few = sum(sizes) * len(left) <= ELEMENTS
        allowed = _nearest_of_all(left, right, all_marks) if few else _nearest(left, right, marks)
        parts = np.ceil((right - left) / (1.001 * allowed))
        if np.all(parts <= 1):
            break
        bounds = _cut(bounds, np.minimum(parts, 4).astype(int))
    return bounds


def _nearest_of_all(left: np.ndarray, right: np.ndarray, marks: _Marks) -> np.ndarray:
    """How wide panels may be, by all landmarks at once, each with its own width."""
    distance = np.maximum(marks.places - right[:, None], left[:, None] - marks.places)
    distance = np.maximum(distance - marks.reach, 0.0)
    return np.minimum.reduce(np.maximum(1.5 * marks.width, 2 * distance), axis=1)


def _nearest(left: np.ndarray, right: np.ndarray, marks: list[_Marks]) -> np.ndarray:
    """The same by the neighbours among the landmarks of a width."""
    allowed = np.full(len(left), np.inf)
    for places, width, reach in marks:
        k = np.searchsorted(places, left)
        above = places[np.minimum(k, len(places) - 1)]
        ahead = np.where(k < len(places), above - right, np.inf)
        behind = np.where(k > 0, left - places[np.maximum(k - 1, 0)], np.inf)
        distance = np.maximum(np.minimum(ahead, behind) - reach, 0.0)
        allowed = np.minimum(allowed, np.maximum(1.5 * width, 2 * distance))
    return allowed


def _gentle(bounds: np.ndarray, log_cdf_at: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The panels cut until log F rises by at most 16 on each, or by 5 at a time.

    That is from left + width / 2 to right, from left + width / 4 to left + width / 2, and so on: it
    serves the ends of supports, where log F rises from -inf but F is as smooth as a polynomial.
    """
    bounds = np.unique(bounds)
    at_ends = log_cdf_at(bounds)
    for _ in range(12):
        # A panel that starts at the end of a support rises by infinity.
        rise = at_ends[1:] - np.where(np.isfinite(at_ends[:-1]), at_ends[:-1], -1e300)
        steep = np.flatnonzero(rise > _FALL)
        if steep.size:
            shares = 0.5 ** np.arange(1, _DYADS + 1)
            left, right = bounds[steep, None], bounds[steep + 1, None]
            values = log_cdf_at((left + (right - left) * shares).ravel()).reshape(-1, _DYADS)
            values = np.concatenate([at_ends[steep + 1, None], values], 1)
            # Deep enough below the right end nothing counts any more.
            values = np.maximum(values, values[:, :1] - 4 * _DEPTH)
            rise[steep] = np.minimum(rise[steep], 3 * np.max(values[:, :-1] - values[:, 1:], 1))
        parts = np.ceil(np.clip(np.nan_to_num(rise), 1.0, _MOST_PARTS * _FALL) / _FALL).astype(int)
        if np.all(parts <= 1):
            break
        old, bounds = bounds, np.unique(_cut(bounds, parts))
        if len(bounds) == len(old):  # nothing is left between neighbouring numbers
            break
        new = np.isin(bounds, old, invert=True)
        if not new.any():  # no numbers are left between these
            break
        values = np.empty(len(bounds))
        values[new] = log_cdf_at(bounds[new])
        values[~new] = at_ends[np.searchsorted(old, bounds[~new])]
        at_ends = values
    return bounds


def _cut(bounds: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Every panel in as many equal parts as `parts` says."""
    owner = np.repeat(np.arange(len(parts)), parts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts)
    width = np.diff(bounds)
    cut = bounds[:-1][owner] + width[owner] * (step / parts[owner])
    return np.append(cut, bounds[-1])
