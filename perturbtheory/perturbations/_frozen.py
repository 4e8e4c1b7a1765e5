"""Frozen distributions of scipy.stats: their parts, quantiles far out, densities next to ends."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from perturbtheory.perturbations._base import LANDMARKS
from perturbtheory.perturbations._bisection import next_to_zero
from perturbtheory.perturbations._zones import power_at

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTHS = (690.0, 400.0)
"""-log of the smallest F and S that the table holds on an infinite support. Densities of scipy
whose logarithm is taken last underflow soon after, and some have no digits long before."""
_FRINGE = 44.0
"""-log of the mass between a pole and the quadrature panel next to it."""
_LEVELS = (*(-depth for depth in DEPTHS), -46.0, -23.0, *LANDMARKS)
"""Log probabilities of which every law is asked for its quantiles."""
_ROUNDED = 1e-9
"""Of a kink's size: how near to it scipy still tells positions apart well enough."""


def parsed(distribution: Any) -> tuple[tuple[Any, ...], Any, Any]:
    """(shape parameters, loc, scale) of a frozen distribution."""
    shapes, loc, scale = distribution.dist._parse_args(*distribution.args, **distribution.kwds)
    return shapes, np.asarray(loc, float)[()], np.asarray(scale, float)[()]


def of_copies(distribution: Any) -> Any:
    """The frozen distribution with arrays of its own: those it was made of may change in place."""
    given = (*distribution.args, *distribution.kwds.values())
    if not any(map(np.ndim, given)):
        return distribution
    args = [np.array(a) if np.ndim(a) else a for a in distribution.args]
    named = {k: np.array(a) if np.ndim(a) else a for k, a in distribution.kwds.items()}
    return distribution.dist(*args, **named)


def unit_of(distribution: Any) -> tuple[Any, Any, Any]:
    """(the distribution without location and scale, loc, scale), of all coordinates.

    Equal shape parameters give one and the same unit, so that what is known of it is known for
    every location and scale.
    """
    from scipy import stats

    law = distribution.dist
    if not type(law).__module__.startswith("scipy.stats") or hasattr(law, "_histogram"):
        return distribution, 0.0, 1.0
    shapes, loc, scale = parsed(distribution)
    shapes = tuple(np.asarray(a, float) for a in shapes)
    named = law.name if type(getattr(stats, law.name, None)) is type(law) else ""
    return _interned(type(law), named, *((a.tobytes(), a.shape) for a in shapes)), loc, scale


@functools.lru_cache(maxsize=512)
def _interned(law: Any, named: str, *shapes: tuple[bytes, tuple[int, ...]]) -> Any:
    from scipy import stats

    # Of one class there may be several laws, such as vonmises and vonmises_line.
    made = getattr(stats, named) if named else law(name=law.__name__)
    return made(*(np.frombuffer(data).reshape(shape)[()] for data, shape in shapes))


def quantile(distribution: Any, q: float) -> np.ndarray:
    """The q-quantile, from that of the unit."""
    unit, loc, scale = unit_of(distribution)
    return loc + scale * _unit_quantile(unit, q)


def width(distribution: Any) -> np.ndarray:
    """Between the quantiles of 1/8 and 7/8."""
    unit, _, scale = unit_of(distribution)
    return scale * (_unit_quantile(unit, 0.875) - _unit_quantile(unit, 0.125))


@functools.lru_cache(maxsize=4096)
def _unit_quantile(unit: Any, q: float) -> np.ndarray:
    return np.asarray(unit.ppf(q), float)


def require_in_range(distribution: Any) -> None:
    """Raise ValueError unless F stays between 0 and 1 far out: on the circle it does not."""
    if not _unit_in_range(unit_of(distribution)[0]):
        msg = (
            "`distribution` must have a distribution function between 0 and 1 on the whole line, "
            f"got {distribution.dist.name}, whose cdf goes on beyond them; pass a law on the line, "
            "such as scipy.stats.vonmises_line for vonmises"
        )
        raise ValueError(msg)


@functools.lru_cache(maxsize=4096)
def _unit_in_range(unit: Any) -> bool:
    middle, spread = _unit_quantile(unit, 0.5), _unit_quantile(unit, 0.875)
    spread = spread - _unit_quantile(unit, 0.125)
    with np.errstate(all="ignore"):
        ends = [unit.cdf(middle + far * spread) for far in (-1e3, 1e3)]
    return bool(np.all(ends[0] > -1e-9) and np.all(ends[1] < 1 + 1e-9))


def log_quantile(distribution: Any, level: float, upper: bool) -> np.ndarray:
    """x with log F(x) = level, or log S(x) = level if `upper`."""
    unit, loc, scale = unit_of(distribution)
    levels = _LEVELS if level in _LEVELS else (level,)
    return loc + scale * _unit_log_quantiles(unit, levels, upper)[levels.index(level)]


@functools.lru_cache(maxsize=4096)
def _unit_log_quantiles(distribution: Any, levels: tuple[float, ...], upper: bool) -> np.ndarray:
    """In asinh, by bisection and secants in turn, of all levels at once: some laws are slow."""
    method = distribution.logsf if upper else distribution.logcdf
    shape = np.shape(_unit_quantile(distribution, 0.5))
    level = np.reshape(levels, (-1, *(1,) * len(shape)))
    low, high, place = (np.full((len(levels), *shape), end) for end in (-340.0, 340.0, 0.0))
    before, after = np.full(low.shape, np.inf), np.full(low.shape, -np.inf)
    rows = np.arange(len(levels))
    for step in range(80):
        with np.errstate(all="ignore"):
            lack = (method(np.sinh(place[rows])) - level[rows]) * (1.0 if upper else -1.0)
        right, at = lack > 0, place[rows]
        low[rows], before[rows] = np.where(right, (at, lack), (low[rows], before[rows]))
        high[rows], after[rows] = np.where(right, (high[rows], after[rows]), (at, lack))
        done = np.abs(lack) < -1e-14 * level[rows]
        done |= high[rows] - low[rows] < 1e-16 + 4e-16 * np.abs(at)
        rows = rows[~done.reshape(len(rows), -1).all(1)]
        if not rows.size:
            break
        a, b, above, below = low[rows], high[rows], before[rows], after[rows]
        with np.errstate(all="ignore"):
            secant = a + (b - a) * above / (above - below)
        use = (secant > a) & (secant < b) & (step % 3 > 0)
        place[rows] = np.where(use, secant, (a + b) / 2)
    sign = 1.0 if upper else -1.0
    return next_to_zero(np.sinh(place), method, level, lambda x: sign * (method(x) - level) > 0)


def tail_of(distribution: Any) -> Literal["none", "gaussian", "exponential", "polynomial"]:
    """Read off the quantiles: how much further out 1e-20 is than 1e-10."""
    return _unit_tail(unit_of(distribution)[0])


@functools.lru_cache(maxsize=4096)
def _unit_tail(distribution: Any) -> Literal["none", "gaussian", "exponential", "polynomial"]:
    if all(np.all(np.isfinite(end)) for end in distribution.support()):
        return "none"
    worst = 0.0
    centre = _unit_quantile(distribution, 0.5)
    for upper in (False, True):
        near, far = (np.abs(log_quantile(distribution, q, upper) - centre) for q in (-23.0, -46.0))
        worst = max(worst, float(np.max(far / near)))
    return "gaussian" if worst < 1.7 else "exponential" if worst < 3 else "polynomial"


def fringe_of(unit: Any) -> tuple[float, ...]:
    """Offsets from either end of the support at which its density explodes, a factor 4 apart."""
    offsets: list[float] = []
    resolution = float(width(unit))
    for end, side in zip(map(float, unit.support()), (1.0, -1.0), strict=True):
        if not np.isfinite(end):
            continue
        power = power_at(log_density_near(unit, end), side * resolution)
        if power < -1e-4:
            decades = _FRINGE / max(1.0 + power, 0.06)
            count = math.ceil(decades / math.log(4.0))
            offsets += [side * resolution * 0.25**k for k in range(1, count + 1)]
    return tuple(sorted(offsets))


def log_density_near(unit: Any, origin: float) -> Callable[[np.ndarray], np.ndarray]:
    """Log f at origin + x, for arrays x.

    Next to an upper end the reflected law knows the distance to it; where there is none, and the
    sum would round, f goes on as a power.
    """
    low, high = map(float, unit.support())
    mirror = _reflected(unit) if origin == high else None
    if mirror is not None:
        return lambda x: mirror.logpdf(-x)
    least = _ROUNDED * abs(origin)
    if not least or origin not in (low, high):
        return lambda x: unit.logpdf(origin + x)
    side = 1.0 if origin == low else -1.0
    near, far = unit.logpdf(origin + side * least * np.array([1.0, 64.0]))
    power = (far - near) / math.log(64.0)
    if not np.isfinite(power) or abs(power) < 1e-4:
        return lambda x: unit.logpdf(origin + np.where(np.abs(x) < least, side * least, x))

    def log_density(x: np.ndarray) -> np.ndarray:
        size = np.maximum(np.abs(x), least)
        return unit.logpdf(origin + side * size) + power * np.log(np.abs(x) / size)

    return log_density


def _reflected(unit: Any) -> Any:
    """The law of low + high - gamma where scipy has it and its lower end is zero, else None."""
    from scipy import stats

    name = type(unit.dist).__name__
    if float(unit.support()[0]) != 0.0:
        return None
    if name == "beta_gen":
        shapes = parsed(unit)[0]
        return stats.beta(*shapes[::-1])
    low, high = map(float, unit.support())
    x = np.array([0.03, 0.17, 0.31, 0.44]) * (high - low)
    return unit if np.allclose(unit.logpdf(x), unit.logpdf(high - x), rtol=1e-12) else None
