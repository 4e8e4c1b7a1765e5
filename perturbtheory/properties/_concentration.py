"""How far F(gamma) strays above its mean, for a function F of d independent coordinates of noise.

    P(F(gamma) - E F(gamma) >= t)  against  a bound(t),  t >= 0,

for F = max_i gamma_i, F = tau log sum_i exp(gamma_i / tau), or F = <weights, gamma>: what section
3.4 of paper A is about. The law of the maximum is a product of one-dimensional laws, so its
tail is known to a relative accuracy; where no law is known the tail is sampled, with a confidence.
"""

import inspect
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import special

from perturbtheory.checks import positive, require
from perturbtheory.estimate import ERROR_RATE, Estimate
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.properties import _deviation
from perturbtheory.properties._check import Check, Outcome
from perturbtheory.properties._shape import law_in_numpy

Function = Literal["max", "logsumexp", "linear"]
Family = Literal["none", "gaussian", "exponential", "polynomial", "other"]

variance = _deviation.variance


class Rate(NamedTuple):
    """How P(F - E F >= t) decays between 1e-22 and 1e-40.

    Attributes:
        family: "none" if F is bounded above, "gaussian" if -log P grows like t^2, "exponential"
            like t, "polynomial" like power * log t; "other" if the numbers fit none of these.
        exponent: beta of -log P ~ coefficient t^beta, near 0 for a polynomial; None for "none".
        coefficient: that of t^beta; None for "none" and "polynomial".
        power: alpha of P ~ t^-alpha; None unless "polynomial".
    """

    family: Family
    exponent: float | None = None
    coefficient: float | None = None
    power: float | None = None


def tail(
    perturbation: AbstractPerturbation,
    t: Any,
    *,
    function: Function = "max",
    dimension: int = 2,
    weights: Any = None,
    temperature: float = 1.0,
    seed: int = 0,
    samples: int = 2**18,
) -> Estimate:
    """P(F(gamma) - E F(gamma) >= t), of the shape of t.

    Exact, to a relative accuracy, for the maximum (1 - prod_i F_i), for d = 1, for one non-zero
    weight and for weighted normal noise. Everything else is sampled: `value` is the share of the
    draws, the radius that of Clopper and Pearson, which holds for every t at once with the stated
    `confidence`. Either way the radius covers the uncertainty of E F. Under discrete noise
    E F + t counts as an atom if it is one up to rounding, and the radius is that of the atom.

    Args:
        perturbation: the noise gamma, of finite mean.
        t: a number or shape ``(k,)``, finite and not negative.
        function: "max", "logsumexp" for tau log sum_i exp(gamma_i / tau), or "linear".
        dimension: d.
        weights: shape ``(d,)``, for "linear" only.
        temperature: tau, for "logsumexp" only.
        seed: fixes every draw; exact routes draw nothing.
        samples: how many draws, at least 32.

    Raises ValueError for noise without a finite mean and for arguments out of these ranges.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> round(float(properties.tail(pt.Normal(), 2.0, dimension=1).value), 6)
        0.02275
    """
    require(
        "t", np.asarray(t), lambda a: np.isfinite(a) & (a >= 0), "be finite and >= 0", "drop it"
    )
    _deviation.require_count("samples", samples, 32)
    perturbation = law_in_numpy(perturbation)
    law = _deviation.law_of(perturbation, function, dimension, weights, temperature)
    x, atom = law.mean + np.ravel(t).astype(float), _deviation.largest_atom(perturbation)
    slack = law.radius + 8 * _deviation.EPS * (abs(law.mean) + np.ravel(t) + atom)
    near = x - slack
    # Atoms: what rounding may have moved below one is moved back, and nothing else is near.
    middle, far = (x, x + slack) if perturbation.continuous else (near, near)
    if law.survival is not None:
        upper, value, lower = (law.survival(y) for y in (near, middle, far))
        digits, absolute = perturbation.accuracy
        digits = digits + 2 * np.sqrt(dimension) - 8 * np.log(np.maximum(value, _deviation.TINY))
        confidence, lost = 1.0, _deviation.EPS * digits * value + dimension * absolute
    else:
        counts = _deviation.counts_above(
            law, perturbation, (dimension, seed, samples), (near, middle, far)
        )
        level = ERROR_RATE / (2 * x.size)
        value, confidence, lost = counts[1] / samples, 1 - ERROR_RATE, 0.0
        rest = samples - counts
        # The interval ends at 0 or 1 where every draw falls on one side.
        low = special.betaincinv(np.maximum(counts[2], 1), rest[2] + 1, level)
        high = special.betainccinv(counts[0] + 1, np.maximum(rest[0], 1), level)
        lower, upper = np.where(counts[2] > 0, low, 0.0), np.where(rest[0] > 0, high, 1.0)
    radius = np.maximum(upper - value, value - lower) + lost
    return Estimate(value.reshape(np.shape(t)), radius.reshape(np.shape(t)), law.kind, confidence)


def concentration(
    perturbation: AbstractPerturbation,
    bound: Callable[..., Any],
    *,
    function: Function = "max",
    dimension: int = 2,
    weights: Any = None,
    temperature: float = 1.0,
    t: Any = None,
    sigma: float | None = None,
    seed: int = 0,
    samples: int = 2**18,
) -> Check:
    """Whether P(F - E F >= t) <= bound(t) at every t of a grid; `margin` is min log(bound / P).

    "fails" only with a witness, a t at which the tail exceeds the bound by more than its radius;
    "holds" only if tail + radius stays below the bound on the whole grid, about which alone it
    speaks. With a sampled tail no bound below about 20 / samples can be confirmed.

    `bound` takes t of shape ``(k,)`` and, if it has a parameter `sigma` without a default, sigma:
    the Lipschitz constant of F, 1 or for "linear" the norm of the weights, unless given. The grid
    `t` of shape ``(k,)`` is by default 40 points from 0.05 to 8 standard deviations of F; where
    gamma has no variance, from 0.05 to 10,000 half distances between its 16% and 84% quantiles.
    All other arguments, and what they raise, are those of `tail`.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> bound = properties.gaussian_bound_as_printed
        >>> properties.concentration(pt.Normal(2.0), bound, dimension=1).outcome
        'fails'
    """
    if not callable(bound):
        msg = f"`bound` must be a function of t, got {bound!r}; for example gaussian_bound"
        raise ValueError(msg)
    given = law_in_numpy(perturbation)
    perturbation, shift = _near_zero(given)
    law = _deviation.law_of(perturbation, function, dimension, weights, temperature)
    if t is None:
        t = _deviation.default_grid(perturbation, function, dimension, weights, temperature)
    takes_sigma = _takes_sigma(bound)
    if sigma is not None and not takes_sigma:
        msg = f"`sigma` must not be given to a bound that does not take it, got {sigma}; drop it"
        raise ValueError(msg)
    sigma = law.lipschitz if sigma is None else sigma
    require("sigma", sigma, positive, "be positive and finite", "pass sigma > 0", most=0)
    found = tail(
        perturbation,
        np.atleast_1d(t),
        function=function,
        dimension=dimension,
        weights=weights,
        temperature=temperature,
        seed=seed,
        samples=samples,
    )
    t, p, radius = (np.asarray(a, float) for a in (np.atleast_1d(t), found.value, found.radius))
    ceiling = np.broadcast_to(
        np.asarray(bound(t, sigma=sigma) if takes_sigma else bound(t)), p.shape
    )
    way_out = "return one number >= 0 for every t"
    require("bound(t)", ceiling, lambda b: b >= 0, "be a number >= 0", way_out)
    outcome, worst, margin = _compared(p, radius, ceiling)
    where = f"on a grid of {t.size} points t in [{t.min():.4g}, {t.max():.4g}], not in between"
    how = f"{found.kind}, exact within its radius"
    if law.survival is None:
        how = f"{found.kind}, {samples} draws, all t at once with confidence {found.confidence}"
    name = getattr(bound, "__name__", "bound")
    moved = 1.0 if function != "linear" else float(np.sum(np.asarray(weights, float)))
    witness = {"t": t, "tail": p, "bound": ceiling, "radius": radius}
    return Check(
        outcome=outcome,
        statement=f"P(F - E F >= t) <= {name}(t) for {function}, d = {dimension}, {given}",
        method=f"checked {where}; {how}",
        margin=margin if np.isfinite(margin) else None,
        witness={k: float(v[worst]) for k, v in witness.items()}
        | {"mean": law.mean + shift * moved, "sigma": float(sigma)},
    )


def _near_zero(noise: AbstractPerturbation) -> tuple[AbstractPerturbation, float]:
    """(a law near zero, c) such that the noise is c plus that law in every coordinate."""
    near, shift = noise.unshifted()
    return (near, float(shift)) if np.ndim(shift) == 0 else (noise, 0.0)


def _compared(p: np.ndarray, radius: np.ndarray, ceiling: np.ndarray) -> tuple[Outcome, int, float]:
    """Whether p <= ceiling, where that is least certain, and the least log(ceiling / p)."""
    # A bound that underflows counts as the smallest number there is.
    log_bound = np.log(np.maximum(ceiling, 5e-324))
    with np.errstate(divide="ignore"):
        margins, lower, upper = (
            log_bound - np.log(np.maximum(q, 0.0)) for q in (p, p - radius, p + radius)
        )
    margin = float(np.min(margins))
    if np.any(p - radius > ceiling):
        return "fails", int(np.argmin(lower)), margin
    if np.all(p + radius <= ceiling):
        return "holds", int(np.argmin(margins)), margin
    return "unknown", int(np.argmin(upper)), margin


def rate(
    perturbation: AbstractPerturbation,
    *,
    function: Function = "max",
    dimension: int = 2,
    weights: Any = None,
    temperature: float = 1.0,
) -> Rate:
    """beta of P(F - E F >= t) ~ exp(-c t^beta), or alpha of P ~ t^-alpha, read off the tail.

    With h(t) = -d log P / dt the slope of log h against log t is beta - 1: 1 for Gaussian tails,
    0 for exponential, -1 for polynomial ones. It is fitted where P is between 1e-22 and 1e-40,
    and means no more than that: Student's t with 100 degrees of freedom is not polynomial there.
    Arguments as for `tail`; raises ValueError where the tail would have to be sampled.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> properties.rate(pt.Normal()).family
        'gaussian'
    """
    perturbation = law_in_numpy(perturbation)
    law = _deviation.law_of(perturbation, function, dimension, weights, temperature)
    survival = law.survival
    if survival is None:
        msg = (
            f"`function` must have a tail known in closed form, got {function!r} with d = "
            f"{dimension} under {perturbation}; use 'max', or `tail` for a sampled one"
        )
        raise ValueError(msg)
    levels = np.log(10) * np.arange(22.0, 41.0)
    low, high = np.full(levels.shape, -60.0), np.full(levels.shape, 340.0)
    for _ in range(70):
        middle = (low + high) / 2
        right = survival(law.mean + np.exp(middle)) > np.exp(-levels)
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    log_t = (low + high) / 2
    if survival(law.mean + np.exp(log_t[-1:] + 0.01))[0] == 0:
        return Rate("none")
    hazard = np.diff(levels) / np.diff(np.exp(log_t))
    centre = (log_t[1:] + log_t[:-1]) / 2
    beta = 1 + float(np.polyfit(centre, np.log(hazard), 1)[0])
    power = np.diff(levels) / np.diff(log_t)
    # A log-normal tail is as flat as a power, but its power grows all the way.
    if beta < 0.25 and abs(power[-1] / power[len(power) // 2] - 1) < 0.1:
        return Rate("polynomial", exponent=beta, power=float(power[-1]))
    coefficient = float(hazard[-1] / beta * np.exp((1 - beta) * centre[-1])) if beta > 0 else None
    family: Family = "other"
    if abs(beta - 2) < 0.4:
        family = "gaussian"
    elif abs(beta - 1) < 0.25:
        family = "exponential"
    return Rate(family, exponent=beta, coefficient=coefficient)


def _takes_sigma(bound: Callable[..., Any]) -> bool:
    try:
        parameter = inspect.signature(bound).parameters.get("sigma")
    except (TypeError, ValueError):  # some compiled functions have no signature
        return False
    return parameter is not None and parameter.default is parameter.empty
