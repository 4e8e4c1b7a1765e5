"""The laws behind `concentration`: F(gamma) where its law is known, draws of it where it is not."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.special

from perturbtheory.checks import finite, positive, require
from perturbtheory.estimate import Estimate, Kind
from perturbtheory.perturbations import AbstractPerturbation, smoothed
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.properties._shape import answer, law_in_numpy, sampler

_DEPTH = -125.0
EPS = float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)
_NUMBERS_AT_ONCE = 2**22


class Law(NamedTuple):
    """F with E F = mean +- radius; survival(x) = P(F >= x), None where it has to be sampled."""

    function: Callable[[np.ndarray], np.ndarray]
    lipschitz: float
    mean: float
    radius: float
    kind: Kind
    survival: Callable[[np.ndarray], np.ndarray] | None


def variance(perturbation: AbstractPerturbation, dimension: int) -> Estimate:
    """Var M = 2 int_E^inf (s - E) P(M > s) ds + 2 int_-inf^E (E - s) P(M <= s) ds, M = max gamma.

    Both integrands are positive, so nothing cancels; an error r in E = E[M] adds r^2. The radius
    is the error estimate of the tanh-sinh rule. Discrete noise: the sum over its atoms.
    Raises ValueError where gamma_i has no finite variance.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> round(float(properties.variance(pt.Normal(), 2).value), 6)  # 1 - 1/pi
        0.68169
    """
    from scipy import integrate

    perturbation = law_in_numpy(perturbation)
    law = law_of(perturbation, "max", dimension, None, 1.0)
    if not np.all(np.isfinite(perturbation.variance)):
        msg = f"`perturbation` {perturbation} has infinite variance; use the quantiles of `tail`"
        raise ValueError(msg)
    if not perturbation.continuous:
        noise: Any = perturbation
        atoms = np.unique(np.asarray(noise.atoms, float))
        below = np.exp(log_cdf_of_max(perturbation, dimension, atoms))
        total = float(np.diff(below, prepend=0.0) @ np.square(atoms - law.mean))
        return Estimate(total, 64 * EPS * largest_atom(perturbation) ** 2, "exact sum")

    def integrand(s: np.ndarray) -> np.ndarray:
        log_cdf = log_cdf_of_max(perturbation, dimension, s.ravel()).reshape(s.shape)
        return np.where(s > law.mean, -np.expm1(log_cdf), np.exp(log_cdf)) * abs(s - law.mean) * 2

    ends = breakpoints(perturbation, law.mean, dimension)
    out: Any = integrate.tanhsinh(integrand, ends[:-1], ends[1:], rtol=1e-12, atol=0.0)
    total = float(np.sum(out.integral))
    # What a cut at a finite end may have lost, for tails down to s^-2.02.
    edge = np.where(np.isinf(ends), law.mean, ends)[[0, -1]]
    lost = 50 * float(np.sum(integrand(edge) * np.abs(edge - law.mean)))
    rounding = perturbation.accuracy[0] * EPS * total
    radius = float(np.sum(out.error)) + law.radius**2 + rounding + lost
    return Estimate(total, radius, "quadrature")


def default_grid(
    noise: AbstractPerturbation, function: str, d: int, weights: Any, tau: float
) -> np.ndarray:
    """40 points from 0.05 to 8 standard deviations of F, or further out if there is no variance."""
    var = np.broadcast_to(np.asarray(noise.variance, float), (d,))
    w = np.asarray(weights, float) if function == "linear" else np.ones(1)
    if not np.all(np.isfinite(var)):
        low, high = (noise.log_quantile(float(np.log(0.16)), upper=u) for u in (False, True))
        # Such tails show themselves only far out.
        return np.geomspace(0.05, 1e4, 40) * float(np.max(high - low)) / 2 * np.linalg.norm(w)
    if function == "linear":
        square = float(np.square(w) @ var)
    elif function == "max" or d == 1:
        square = float(variance(noise, d).value)
    else:
        # max_i(gamma_i + tau G_i) has the law of F + tau G with G independent of F.
        both = float(variance(smoothed(noise, tau), d).value)
        square = max(both - (np.pi * tau) ** 2 / 6, float(var.sum()) / d**2)
    return np.linspace(0.05, 8.0, 40) * np.sqrt(square)


def law_of(
    perturbation: AbstractPerturbation, function: str, d: int, weights: Any, temperature: float
) -> Law:
    if function not in ("max", "logsumexp", "linear"):
        msg = (
            f"`function` must be 'max', 'logsumexp' or 'linear', got {function!r}; pass one of them"
        )
        raise ValueError(msg)
    require_count("dimension", d, 1)
    require("temperature", temperature, positive, "be positive and finite", "pass > 0", most=0)
    potential = expected_max(perturbation)
    if perturbation.shape not in ((), (d,)):
        msg = f"`dimension` must be {perturbation.shape[0]}, as many as {perturbation} has, got {d}"
        raise ValueError(msg)
    if not bool(perturbation.finite_mean):
        msg = (
            f"`perturbation` {perturbation} has no finite mean, so there is no E F(gamma) to stray "
            "from; pass noise with a mean, for example StudentT(df) with df > 1"
        )
        raise ValueError(msg)
    means = np.broadcast_to(np.asarray(perturbation.mean, float), (d,))
    if function == "linear":
        return _linear(perturbation, means, _require_weights(weights, d))
    if weights is not None:
        msg = f"`weights` must be None for function {function!r}, got {weights}; use 'linear'"
        raise ValueError(msg)
    if d == 1:
        # max and logsumexp of a single number are that number.
        return _linear(perturbation, means, np.ones(1))
    if function == "logsumexp":
        potential = expected_logsumexp(perturbation, temperature)
    mean = potential.estimate(np.zeros(d))
    known = float(mean.value), float(mean.radius)

    def survival(x: np.ndarray) -> np.ndarray:
        return 0.0 - np.expm1(log_cdf_of_max(perturbation, d, x))

    if function == "max":
        return Law(lambda g: g.max(1), 1.0, *known, potential.kind, survival)

    def soft(g: np.ndarray) -> np.ndarray:
        return temperature * np.asarray(scipy.special.logsumexp(g / temperature, 1))

    return Law(soft, 1.0, *known, "monte-carlo", None)


def _linear(perturbation: AbstractPerturbation, means: np.ndarray, w: np.ndarray) -> Law:
    """<w, gamma>; one non-zero weight w_i leaves w_i gamma_i, on the other side if w_i < 0."""
    radius = 8 * EPS * float(np.abs(w) @ (np.abs(means) + largest_atom(perturbation)))
    norm = float(np.linalg.norm(w))
    chosen = np.flatnonzero(w)

    def one(x: np.ndarray) -> np.ndarray:
        i, weight = int(chosen[0]), float(w[chosen[0]])
        logs = _log_laws(perturbation, w.size, x / weight)[1 if weight > 0 else 0]
        return np.exp(logs[:, i if logs.shape[1] > 1 else 0])

    total = perturbation.weighted_sum(w)

    def all_(x: np.ndarray) -> np.ndarray:
        assert total is not None
        return np.exp(_log_laws(total, 1, x)[1][:, 0])

    survival = all_ if total is not None else one if len(chosen) == 1 else None
    kind: Kind = "closed form" if survival else "monte-carlo"
    return Law(lambda g: g @ w, norm, float(w @ means), radius, kind, survival)


def _log_laws(noise: AbstractPerturbation, d: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(log F_i(x), log S_i(x)), each of shape (k, 1), or (k, d) if parameters differ."""
    x = np.broadcast_to(x[:, None], (x.size, d if noise.shape else 1))
    log_cdf, log_sf = (answer(noise, method, x) for method in ("log_cdf", "log_sf"))
    # Close to one F keeps its digits only as 1 - S.
    near_one = np.log1p(-np.exp(np.minimum(log_sf, -0.5)))
    return np.where(log_sf < -0.7, near_one, log_cdf), log_sf


def log_cdf_of_max(noise: AbstractPerturbation, d: int, x: np.ndarray) -> np.ndarray:
    log_cdf = _log_laws(noise, d, x)[0]
    return log_cdf.sum(1) * (1 if log_cdf.shape[1] == d else d)


def counts_above(
    law: Law,
    noise: AbstractPerturbation,
    options: tuple[int, int, int],
    thresholds: tuple[np.ndarray, ...],
) -> np.ndarray:
    """How many of the draws of F reach each threshold, shape (3, k)."""
    d, seed, samples = options
    draw, size = sampler(noise, seed), min(samples, max(1, _NUMBERS_AT_ONCE // d))
    counts = np.zeros((len(thresholds), thresholds[0].size), int)
    for start in range(0, samples, size):
        values = np.sort(law.function(draw((min(size, samples - start), d))))
        counts += values.size - np.searchsorted(values, np.stack(thresholds))
    return counts


def breakpoints(noise: AbstractPerturbation, mean: float, d: int) -> np.ndarray:
    """Ends of the support of the maximum, its mean, kinks, and where its law changes."""
    low, high = (np.asarray(end, float) for end in noise.support)
    if noise.tail != "polynomial":
        # Nothing is left there.
        cuts = (np.asarray(end, float) for end in noise.bracket(_DEPTH, _DEPTH))
        low, high = (np.where(np.isinf(e), c, e) for e, c in zip((low, high), cuts, strict=True))
    marks = noise.landmarks(d)
    kinks = np.asarray(marks.location, float)[np.asarray(marks.kinks, bool)]
    levels = tuple(float(np.log(q / d)) for q in (0.5, 1e-3, 1e-9))
    inner = [kinks, noise.log_quantiles(levels, upper=True), noise.log_quantiles(levels)]
    points = np.concatenate([np.ravel(np.asarray(a, float)) for a in inner] + [[mean]])
    start, stop = float(np.max(low)), float(np.max(high))
    points = np.unique(points[(points > start) & (points < stop)])
    return np.concatenate([[start], points, [stop]])


def require_count(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        msg = f"`{name}` must be a whole number >= {least}, got {value!r}; pass {least} or more"
        raise ValueError(msg)


def _require_weights(weights: Any, d: int) -> np.ndarray:
    way_out = f"pass one finite weight for each of the {d} coordinates, or another `dimension`"
    if weights is None or np.shape(weights) != (d,):
        shape = None if weights is None else np.shape(weights)
        msg = f"`weights` must have shape ({d},) for 'linear', got {weights} of {shape}; {way_out}"
        raise ValueError(msg)
    weights = np.asarray(weights)
    require("weights", weights, finite, "be finite", way_out)
    if not np.any(weights):
        msg = f"`weights` must not all be zero, got {weights}: F would be constant; {way_out}"
        raise ValueError(msg)
    return weights.astype(float)


def largest_atom(noise: AbstractPerturbation) -> float:
    """How large the atoms are, whose sums rounding may move."""
    if noise.continuous:
        return 0.0
    atomic: Any = noise
    return float(np.max(np.abs(np.asarray(atomic.atoms))))
