"""The law that a density bends and jumps where it is declared to, and nowhere else."""

import numpy as np
from numpy.polynomial import legendre

from perturbtheory.testing.laws._coordinates import Coordinate, coordinatewise, grid, unit
from perturbtheory.testing.laws._defects import Defect
from perturbtheory.testing.laws._law import law
from perturbtheory.testing.laws._needs import DENSITY

_POINTS, _ = legendre.leggauss(20)
_BASIS = legendre.legvander(_POINTS, 12)
_RESIDUAL = np.eye(len(_POINTS)) - _BASIS @ np.linalg.pinv(_BASIS)
"""What a polynomial of degree 12 leaves of a function at twenty nodes of a window."""
_CELLS = (2, 16)
"""Cells of the grid in a window: few, to tell kinks apart, and many, for those of high order."""
_LEAST = 1e-9
"""What it may leave of log f in a window of the grid, whatever f is."""
_KEPT = 0.05
"""Of a smooth function a part of a window keeps 0.6^13 = 0.001, of a bend in the slope 0.6."""
_FEWEST, _MOST = 8, 40
"""Cuts after which a kink is one that is lost in rounding, and after which every one is."""
_ALONE = 4.0
"""By how much a kink leaves more than the windows beside it."""
_DEEP = -40.0
"""Log probability of a tail, and log f relative to its maximum, where a kink decides nothing."""
Windows = tuple[np.ndarray, np.ndarray]


@law("kinks", r"f \in C^4 \text{ between declared kinks}", DENSITY)
@coordinatewise
def kinks(one: Coordinate) -> None:
    """Inside its support the density and its slopes are smooth but at declared kinks."""
    left, right = _undeclared(one)
    if not left.size:
        return
    nearest = np.argmin(np.abs(left + right))
    width = (right - left)[nearest]
    middle = (left + right)[nearest] / 2
    place = round(middle, -int(np.floor(np.log10(width)))) if abs(middle) > 100 * width else 0.0
    words = (
        "the density bends or jumps near x, where no kink is declared; declare the place: `kinks`, "
        "with `smooth = False`, or `breakpoints` of FromScipy"
    )
    raise Defect(words, x=float(place))


def _undeclared(one: Coordinate) -> Windows:
    """Small windows around kinks that are not declared.

    A window is cut down to its worse part, again and again. Where f is smooth, however narrow its
    features are, what is left over falls at once as soon as they are resolved.
    """
    left, right = _windows(one)
    size, rounding = _left_over(one, left, right)
    open_, found = size > rounding + _LEAST, [(left[:0], right[:0])]
    for cut in range(1, _MOST + 1):
        left, right, before = left[open_], right[open_], size[open_]
        if not left.size:  # a function of one's own need not take an array of nothing
            break
        left, right = _worse_part(one, left, right)
        size, rounding = _left_over(one, left, right)
        kept, lost = (size > _KEPT * before) | np.isinf(size), size <= rounding
        if cut == _FEWEST:
            # Noise is everywhere as yet; further down it is steps of a unit in the last place.
            kept &= _alone(one, left, right, before)
        kink = kept & (lost & (cut >= _FEWEST) | (cut == _MOST))
        found.append((left[kink], right[kink]))
        open_ = kept & ~lost
    first, last = zip(*found, strict=True)
    return np.concatenate(first), np.concatenate(last)


def _alone(one: Coordinate, left: np.ndarray, right: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Which windows leave more than the windows beside them: others are noise."""
    width = right - left
    both = [_left_over(one, a, a + width)[0] for a in (left - width, right)]
    beside = np.max([np.where(np.isfinite(found), found, 0.0) for found in both], 0)
    return size > _ALONE * beside


def _windows(one: Coordinate) -> Windows:
    """Windows of neighbouring cells of the grid, but for those with a declared kink inside.

    They overlap, so that a kink on a cut is inside one of them.
    """
    low, high = (one.log_quantile(_DEEP, upper) for upper in (False, True))
    cuts = grid(one)
    marks = one.noise.landmarks(1)
    declared = np.ravel(np.asarray(marks.location, float)[np.asarray(marks.kinks)])
    ends = np.array([end for end in one.ends if np.isfinite(end)])
    places = np.concatenate([declared, ends])
    cuts = np.unique(np.concatenate([cuts, _ladders(places, cuts)]))
    cuts = cuts[(cuts >= low) & (cuts <= high)]
    gaps = np.diff(cuts, prepend=-np.inf, append=np.inf)
    # Of cuts that are nearly one, one: a kink there would be at an end of every window.
    double = gaps[:-1] < 1e-3 * np.minimum(gaps[1:], np.roll(gaps, 1)[:-1])
    cuts = cuts[~double | np.isin(cuts, places)]
    # Next to an end other than zero, x and so log f are rounded.
    for end in ends:
        cuts = cuts[np.abs(cuts - end) >= min(2.0**-20 * abs(end), 2.0**-10 * unit(one.noise))]
    log_pdf = one.ask("log_pdf", cuts)
    likely = log_pdf > np.max(log_pdf[np.isfinite(log_pdf)]) + _DEEP
    pairs = []
    for cells in _CELLS:
        starts = np.arange(0, max(len(cuts) - cells, 0), cells // 2)
        left, right = cuts[starts], cuts[starts + cells]
        least = 1e-12 * (right - left + np.abs(left) + np.abs(right))[:, None]
        free = ~((declared > left[:, None] + least) & (declared < right[:, None] - least)).any(1)
        here = likely[starts] | likely[starts + cells]
        pairs.append((left[free & here], right[free & here]))
    left, right = zip(*pairs, strict=True)
    return np.concatenate(left), np.concatenate(right)


def _ladders(places: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Cuts at twice the distance each from a place where the density may be a power of it."""
    rungs = [np.zeros(0)]
    for place in places:
        away = np.abs(cuts - place)
        # Nearer than the rounding of x there is nothing.
        least = max(away[away > 0].min(), 2**-40 * abs(place))
        steps = 2.0 ** np.arange(np.log2(least), np.log2(away.max()))
        rungs += [place - steps, place + steps]
    return np.concatenate(rungs)


def _worse_part(one: Coordinate, left: np.ndarray, right: np.ndarray) -> Windows:
    """Of the first and the last three fifths of each window, the one that is less smooth."""
    part = 0.6 * (right - left)
    first, last = (left, left + part), (right - part, right)
    worse = _left_over(one, *first)[0] >= _left_over(one, *last)[0]
    return np.where(worse, first[0], last[0]), np.where(worse, first[1], last[1])


def _left_over(
    one: Coordinate, left: np.ndarray, right: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What a polynomial leaves of log f in each window; infinite where f ends; and its rounding."""
    half = (right - left)[:, None] / 2
    x = left[:, None] + half * (1 + _POINTS)
    log_pdf = one.ask("log_pdf", x)
    finite = np.isfinite(log_pdf)
    known = np.where(finite, log_pdf, 0.0)
    found = np.abs(known @ _RESIDUAL).max(1)
    found = np.where(finite.any(1) & ~finite.all(1), np.inf, found)
    slope = np.ptp(known, 1) / (right - left)
    eps = np.finfo(float).eps
    return found, 64 * eps * (np.abs(known).max(1) + np.abs(x).max(1) * slope)
