"""What a perturbation declares about itself, held against what its functions say.

Every property rests on a few declarations: support, density, mean. A law that somebody else has
written is looked at before it is trusted:

    F + S = 1,   F(b) - F(a) = int_a^b f,   f = 0 exactly off the support,   moments, draws.

The integral is compared where F and S exceed 1e-4: a density may be infinite at its ends.
"""

import functools
import itertools

import numpy as np

from perturbtheory.checks import require_count
from perturbtheory.numerics import gauss_legendre
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.properties._shape import Shape, answer, doubles, law_in_numpy, sampler

_LEVELS = np.concatenate([[-60.0, -30.0, -18.0], np.log(np.geomspace(1e-6, 0.5, 60))])
_DRAWS = 4096
_SLACK = 1e-5
"""Relative error up to which f and F count as one law; quadrature across an unnamed kink of a
scipy distribution has been seen to lose 2e-6."""


def check_declarations(perturbation: AbstractPerturbation, dimension: int | None = None) -> Shape:
    """The `Shape` of d coordinates, after a look at a continuous law from quantile to quantile.

    d is by default the length of the parameters, and 1 where they are numbers. Raises TypeError
    for what is no perturbation; ValueError where the dimension does not fit, and, naming the
    method that is wrong and the point, where the distribution
    function is not one, where it disagrees with the density or the survival function, where the
    density lives off the declared support or the law is said to be positive and is not, where the
    declared mean or variance is not that of the quantiles, where the mean is finite and the tails
    say otherwise, where draws follow another law, and where it answers in 32 bits.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> properties.check_declarations(pt.Uniform()).high.tolist()
        [1.0]
    """
    law = law_in_numpy(perturbation)
    if dimension is None:
        dimension = (*law.shape, 1)[0]
    require_count("dimension", dimension)
    if law.shape and law.shape != (dimension,):
        msg = (
            f"`dimension` must be {law.shape[0]}, the length of the perturbation's parameters, "
            f"got {dimension}"
        )
        raise ValueError(msg)
    return _shape(law, int(dimension))


@functools.lru_cache(maxsize=64)
def _shape(law: AbstractPerturbation, dimension: int) -> Shape:
    if not law.continuous:
        low, high = _ends(law, dimension)
        spread = float(np.max(high - low)) / 2
        return Shape(low, high, atoms=True, gap=None, probes=0, spread=spread)
    d = dimension if law.shape else 1
    name = type(law).__name__
    ends = _ends(law, d)
    # One bisection a side serves the probes, the tails and the mean.
    lower, upper = (_quantiles(law, d, side) for side in (False, True))
    points = _probes(law, lower[: len(_LEVELS)], upper[: len(_LEVELS)])
    empty = _check_functions(law, points, ends, name)
    tails, means = slice(len(_LEVELS), len(_LEVELS) + 2), slice(len(_LEVELS) + 2, None)
    mean = np.broadcast_to(np.asarray(law.mean, float), (d,))
    if np.all(np.isfinite(mean)):
        power = min(_tail_power(np.abs(side[tails]), mean, name) for side in (lower, upper))
        variance = np.broadcast_to(np.asarray(law.variance, float), (d,))
        _check_moments(lower[means], upper[means], (mean, variance), power, name)
    _check_draws(law, d, name)
    full = (np.broadcast_to(end, (dimension,)) for end in ends)
    level = int(np.argmin(np.abs(_LEVELS - np.log(0.16))))
    spread = float(np.max(upper[level] - lower[level])) / 2
    gap = _gap(points, empty)
    return Shape(*full, atoms=False, gap=gap, probes=points.size, spread=spread)


_TAIL_LEVELS = np.array([-40.0, -60.0])


@functools.cache
def _mean_rule() -> tuple[np.ndarray, np.ndarray]:
    """(log q, weights) of int_0^(1/2) Q(q) dq, in panels of log q."""
    nodes, weights = gauss_legendre(8)
    cuts = np.concatenate([np.arange(-60.0, -8.0, 4.0), np.linspace(-8.0, np.log(0.5), 24)])
    log_q = cuts[:-1, None] + np.diff(cuts)[:, None] * (1 + nodes) / 2
    return log_q.ravel(), (np.exp(log_q) * np.diff(cuts)[:, None] * weights / 2).ravel()


def _ends(perturbation: AbstractPerturbation, d: int) -> tuple[np.ndarray, np.ndarray]:
    low, high = (np.broadcast_to(np.asarray(e, float), (d,)) for e in perturbation.support)
    return low, high


def _quantiles(perturbation: AbstractPerturbation, d: int, upper: bool) -> np.ndarray:
    """x with log F(x), or log S(x), equal to each level that is needed; shape (levels, d)."""
    levels = np.concatenate([_LEVELS, _TAIL_LEVELS, _mean_rule()[0]])
    # By bisection of the distribution function, whatever quantiles the law itself gives.
    found = AbstractPerturbation.log_quantiles(perturbation, tuple(levels.tolist()), upper=upper)
    return doubles(perturbation, found) + np.zeros(d)


def _probes(perturbation: AbstractPerturbation, below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Points from below the law to above it, eight in every cell between quantiles."""
    # Where the density jumps no cell may lie across.
    marks = perturbation.landmarks(1)
    kinks = np.asarray(marks.location, float)[list(marks.kinks)] + np.zeros(below.shape[1])
    kinks = np.clip(np.nan_to_num(kinks), below[0], above[0])
    knots = np.sort(np.concatenate([below, kinks, above]), axis=0)
    # Just outside: far out a density underflows, and a table of it ends.
    tiny = 1e-9 * (knots[-1:] - knots[:1])
    lowest = knots[:1] - np.maximum((knots[1:2] - knots[:1]) / 4, tiny)
    highest = knots[-1:] + np.maximum((knots[-1:] - knots[-2:-1]) / 4, tiny)
    knots = np.concatenate([lowest, knots, highest])
    step = np.arange(8)[:, None] / 8
    cells = [low + (high - low) * step for low, high in itertools.pairwise(knots)]
    return np.concatenate([*cells, knots[-1:]])


def _check_functions(
    perturbation: AbstractPerturbation,
    points: np.ndarray,
    ends: tuple[np.ndarray, ...],
    name: str,
) -> np.ndarray:
    """At which points inside the support there is no density, after all comparisons."""
    nodes, weights = gauss_legendre(16)
    left, right = points[:-1], points[1:]
    between = left + (right - left) * (1 + nodes[:, None, None]) / 2
    log_pdf, log_cdf, log_sf = (
        answer(perturbation, method, points) for method in ("log_pdf", "log_cdf", "log_sf")
    )
    log_between = answer(perturbation, "log_pdf", between)
    with np.errstate(over="ignore", invalid="ignore"):
        cdf, sf, pdf, density = (np.exp(v) for v in (log_cdf, log_sf, log_pdf, log_between))
        mass = np.tensordot(weights, density, 1) * (right - left) / 2
    for method, values in (("log_pdf", pdf), ("log_cdf", cdf), ("log_sf", sf)):
        _refuse(np.isnan(values), points, name, f"`{method}` is not a number")
    _refuse(np.diff(cdf, axis=0) < -1e-9, points[1:], name, "`log_cdf` decreases")
    _refuse(np.abs(cdf + sf - 1) > 1e-6, points, name, "exp(`log_cdf`) + exp(`log_sf`) is not one")
    # Of the two differences the one of the smaller numbers keeps its digits.
    step = np.where(cdf[1:] < 0.5, np.diff(cdf, axis=0), -np.diff(sf, axis=0))
    # A density that is infinite at an end of its support is beyond a rule on its last cells.
    edge = cdf[1:] * sf[:-1] < 1e-4
    wrong = ~edge & ~(np.abs(mass - step) <= _SLACK * (np.abs(step) + 1e-4))
    _refuse(wrong, left, name, "`log_pdf` is not the derivative of `log_cdf`, or jumps,")
    low, high = ends
    outside = (points < low) | (points > high)
    _refuse(outside & (pdf > 0), points, name, "`log_pdf` is finite off the declared `support`")
    empty = ~outside & np.isneginf(log_pdf)
    for end in (0, -1):
        _refuse(empty[end], points[end], name, "no density within the declared `support`, far out,")
    if perturbation.positive and (np.any(empty) or np.any(np.isfinite([low, high]))):
        msg = (
            f"{name} is declared `positive` on the whole line, but its support is "
            f"[{low[0]:.6g}, {high[0]:.6g}]" + " with gaps" * bool(np.any(empty)) + "; set "
            "`positive = False`"
        )
        raise ValueError(msg)
    return empty


def _refuse(bad: np.ndarray, points: np.ndarray, name: str, what: str) -> None:
    if np.any(bad):
        where = np.broadcast_to(points, bad.shape)[bad][0]
        msg = f"{name}: {what} at x = {where:.6g}; mend the method or the declaration"
        raise ValueError(msg)


def _gap(points: np.ndarray, empty: np.ndarray) -> tuple[int, float, float] | None:
    """(coordinate, from, to) of the longest run of probes without density, both ends in the law."""
    longest: tuple[int, float, float] | None = None
    for i in range(points.shape[1]):
        runs = np.flatnonzero(np.diff(np.concatenate([[0], empty[:, i].astype(int), [0]])))
        for start, stop in zip(runs[::2], runs[1::2], strict=True):
            low, high = points[start, i], points[stop - 1, i]
            # Probes may crowd onto the last number before an end.
            inner = start > 0 and stop < len(points) and high - low > 8 * np.spacing(abs(high))
            if inner and (not longest or high - low > longest[2] - longest[1]):
                longest = (i, float(low), float(high))
    return longest


def _tail_power(far: np.ndarray, mean: np.ndarray, name: str) -> float:
    """power of P(|gamma| > x) ~ x^-power, which has a mean only if power > 1."""
    power = 20.0 / np.log(np.maximum(far[1] / np.maximum(far[0], 1e-300), 1 + 1e-9))
    if np.any((power <= 1.0 + 1e-6) & (far[0] > 0)):
        msg = (
            f"{name}: `mean` is declared {mean[0]:.6g}, but the tail decays like "
            f"x^-{power.min():.3f}, so that there is none; return infinity from `mean`"
        )
        raise ValueError(msg)
    return float(np.min(power))


def _check_moments(
    lower: np.ndarray,
    upper: np.ndarray,
    declared: tuple[np.ndarray, np.ndarray],
    power: float,
    name: str,
) -> None:
    """The declared mean and variance against averages over the quantiles."""
    weights, (mean, variance) = _mean_rule()[1], declared
    total = weights @ lower + weights @ upper
    spread = weights @ np.abs(lower - mean) + weights @ np.abs(upper - mean)
    if np.any(np.abs(total - mean) > 2e-2 * spread):
        msg = (
            f"{name}: `mean` is declared {mean[0]:.6g}, but the quantiles average to "
            f"{total[0]:.6g}; mend `mean`"
        )
        raise ValueError(msg)
    square = weights @ np.square(lower - mean) + weights @ np.square(upper - mean)
    # With fewer moments the average converges too slowly to say anything.
    if power > 3 and np.any(~(np.abs(square - variance) <= 5e-2 * square)):
        msg = (
            f"{name}: `variance` is declared {variance[0]:.6g}, but the quantiles give "
            f"{square[0]:.6g}; mend `variance`"
        )
        raise ValueError(msg)


def _check_draws(perturbation: AbstractPerturbation, d: int, name: str) -> None:
    """Draws against the distribution function (Dvoretzky, Kiefer, Wolfowitz; one in 10^9)."""
    draws = sampler(perturbation, 0)((_DRAWS, d))
    cdf = np.sort(np.exp(answer(perturbation, "log_cdf", draws)), axis=0)
    distance = np.max(np.abs(cdf - (np.arange(_DRAWS)[:, None] + 0.5) / _DRAWS))
    if not distance <= np.sqrt(np.log(2e9) / (2 * _DRAWS)):
        msg = (
            f"{name}: `sample` draws from another law than `log_cdf`, at a distance of "
            f"{distance:.3f} after {_DRAWS} draws; mend one of them"
        )
        raise ValueError(msg)
