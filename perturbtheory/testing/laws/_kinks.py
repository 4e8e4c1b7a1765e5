"""The law that a density bends and jumps where it is declared to, and nowhere else."""

import numpy as np
from numpy.polynomial import legendre

from perturbtheory.testing.laws._coordinates import Coordinate, coordinatewise, grid
from perturbtheory.testing.laws._defects import Defect
from perturbtheory.testing.laws._law import law
from perturbtheory.testing.laws._needs import DENSITY

_POINTS, _ = legendre.leggauss(20)
_BASIS = legendre.legvander(_POINTS, 12)
_RESIDUAL = np.eye(len(_POINTS)) - _BASIS @ np.linalg.pinv(_BASIS)
"""What a polynomial of degree 12 leaves of a function at twenty nodes of a window."""
_LEAST = 1e-9
"""What it may leave of log f in a window of the grid, whatever f is."""
_KEPT = 0.05
"""Of a smooth function a part of a window keeps 0.6^13 = 0.001, of a bend in the slope 0.6."""
_CUTS = 8
_ALONE = 4.0
"""By how much a kink leaves more than the windows beside it."""
_DEEP = -40.0
"""Log probability of a tail in which a kink decides nothing."""


@law("kinks", r"f \in C^\infty \text{ between declared kinks}", DENSITY)
@coordinatewise
def kinks(one: Coordinate) -> None:
    """Inside its support the density bends and jumps at declared kinks, and nowhere else."""
    left, right = _windows(one)
    before = np.zeros(left.shape)
    for cut in range(_CUTS):
        left_over, rounding = _left_over(one, left, right)
        least = np.maximum(rounding, _KEPT * before) if cut else rounding + _LEAST
        keeps = left_over > least
        if not keeps.any():
            return
        left, right, before = left[keeps], right[keeps], left_over[keeps]
        left, right = _worse_part(one, left, right)
    left_over, _ = _left_over(one, left, right)
    apart = left_over > _ALONE * _beside(one, left, right)
    if not apart.any():
        return
    left, right = left[apart], right[apart]
    nearest = np.argmin(np.abs(left + right))
    width = (right - left)[nearest]
    place = round((left + right)[nearest] / 2, -int(np.floor(np.log10(width))))
    words = (
        "the density bends or jumps near x, where no kink is declared; name the place in `kinks`, "
        "with `smooth = False`"
    )
    raise Defect(words, x=float(place) + 0.0)


def _windows(one: Coordinate) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours among the cuts, two and two, but for those with a declared kink between them.

    Two, so that a kink on a cut is inside one of them.
    """
    low, high = (one.log_quantile(_DEEP, upper) for upper in (False, True))
    cuts = grid(one)
    marks = one.noise.landmarks(1)
    declared = np.ravel(np.asarray(marks.location, float)[np.asarray(marks.kinks)])
    ends = np.array([end for end in one.ends if np.isfinite(end)])
    cuts = np.unique(np.concatenate([cuts, _ladders(np.concatenate([declared, ends]), cuts)]))
    cuts = cuts[(cuts >= low) & (cuts <= high)]
    middle, size = cuts[1:-1, None], (cuts[2:] - cuts[:-2] + np.abs(cuts[1:-1]))[:, None]
    inner = (np.abs(middle - declared) > 1e-12 * size).all(1)
    return cuts[:-2][inner], cuts[2:][inner]


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


def _worse_part(
    one: Coordinate, left: np.ndarray, right: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of the first and the last three fifths of each window, the one that is less smooth."""
    part = 0.6 * (right - left)
    first, last = (left, left + part), (right - part, right)
    worse = _left_over(one, *first)[0] >= _left_over(one, *last)[0]
    return np.where(worse, first[0], last[0]), np.where(worse, first[1], last[1])


def _beside(one: Coordinate, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """What is left over in the windows on both sides, which is as much where f is noisy."""
    width = right - left
    both = [_left_over(one, a, a + width)[0] for a in (left - width, right)]
    return np.max([np.where(np.isfinite(found), found, 0.0) for found in both], 0)


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
