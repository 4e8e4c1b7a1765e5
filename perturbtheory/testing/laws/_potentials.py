"""Laws of f(theta) = E[max(theta + gamma)] and of p = grad f, at points theta.

theta is measured in a power of two near the width of the noise, so that shifts stay exact.
"""

import functools
from typing import Any

import numpy as np
import scipy.stats

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import Potential, expected_max
from perturbtheory.testing.laws._coordinates import unit
from perturbtheory.testing.laws._defects import Defect, close, ensure
from perturbtheory.testing.laws._inputs import Integers, Orders, Points
from perturbtheory.testing.laws._law import BETWEEN_KINKS, law
from perturbtheory.testing.laws._needs import ALIKE, DENSITY, MEAN, SMOOTH

_ATOL = 1e-12
_POINTS = Points()
_STEP = 1e-3
_STEPS, _WEIGHTS = np.array([-2, -1, 1, 2])[:, None], np.array([1, -8, 8, -1]) / (12 * _STEP)
"""The difference quotient of fourth order."""


@functools.lru_cache(maxsize=64)
def at_origin(noise: AbstractPerturbation, dimension: int) -> float:
    """f(0) = E[max gamma], asked once."""
    return float(expected_max(noise)(np.zeros(dimension)))


def placed(noise: AbstractPerturbation, *points: np.ndarray) -> tuple[Any, ...]:
    """The potential, the points in units of the law, and the unit."""
    size = unit(noise)
    return expected_max(noise), *(size * point for point in points), size


@law("probabilities", r"p \ge 0,\; \sum_i p_i = 1,\; \log p = \log(p)", theta=_POINTS)
def probabilities(noise: AbstractPerturbation, theta: np.ndarray) -> None:
    """The probabilities of the arg max are a law, and have logarithms that keep their digits."""
    f, theta, _ = placed(noise, theta)
    p, log_p = f.probabilities(theta), f.log_probabilities(theta)
    ensure("a probability is negative", p >= 0)
    close("the sum of the probabilities", p.sum(), 1.0, atol=1e-14)
    ensure("a log-probability is positive", log_p <= 0)
    ensure("a probability is zero, and its logarithm is finite", p[log_p > -700] > 0)
    close("exp(log p)", np.exp(log_p), p, rtol=1e-12, atol=1e-300)


@law("translation", r"f(\theta + c 1) = f(\theta) + c", theta=_POINTS, shift=Integers(1000))
def translation(noise: AbstractPerturbation, theta: np.ndarray, shift: int) -> None:
    """A shift of all coordinates moves the potential by itself and leaves p."""
    f, theta, size = placed(noise, theta)
    by = shift * size
    moved = theta + by
    p = f.probabilities(theta)
    close("p after the shift", f.probabilities(moved), p, rtol=1e-11, atol=1e-15)
    log_p = f.log_probabilities(theta)
    close("log p after the shift", f.log_probabilities(moved), log_p, rtol=1e-11, atol=1e-15)
    slack = {"rtol": _ATOL, "atol": _ATOL * size}
    close("f - f(0) after the shift", f.anchored(moved), f.anchored(theta) + by, **slack)
    ensure("a tie comes or goes with the shift", np.array_equal(f.has_tie(moved), f.has_tie(theta)))
    if noise.finite_mean:
        close("f after the shift", f(moved), f(theta) + by, **slack)


@law(
    "permutation",
    r"p(\theta_\pi) = p(\theta)_\pi",
    ALIKE,
    theta=Points(nonzero=True),
    order=Orders(),
)
def permutation(noise: AbstractPerturbation, theta: np.ndarray, order: np.ndarray) -> None:
    """Identically distributed coordinates may be put in another order."""
    f, theta, size = placed(noise, theta)
    p = f.probabilities(theta)
    close("p of the other order", f.probabilities(theta[order]), p[order], rtol=1e-11, atol=1e-15)
    slack = {"rtol": _ATOL, "atol": _ATOL * size}
    close("f of the other order", f.anchored(theta[order]), f.anchored(theta), **slack)
    if not f.has_tie(theta):
        hessian = f.hessian(theta)[np.ix_(order, order)] * size
        close("the Hessian", f.hessian(theta[order]) * size, hessian, atol=1e-11)


@law(
    "convexity",
    r"\langle p(\theta), \tau - \theta \rangle \le f(\tau) - f(\theta)"
    r" \le \langle p(\tau), \tau - \theta \rangle",
    theta=_POINTS,
    tau=Points(nonzero=True),
)
def convexity(noise: AbstractPerturbation, theta: np.ndarray, tau: np.ndarray) -> None:
    """The potential is convex, and p is its gradient, which is monotone."""
    f, theta, tau, size = placed(noise, theta, tau)
    p, q = f.probabilities(theta), f.probabilities(tau)
    gap = f.anchored(tau) - f.anchored(theta)
    slack = _ATOL * max(size, np.abs([theta, tau]).max())
    ensure("f(tau) is below its tangent at theta", p @ (tau - theta) - slack <= gap)
    ensure("f(theta) is below its tangent at tau", gap <= q @ (tau - theta) + slack)


@law(
    "bounds",
    r"\max_i(\theta_i + E\gamma_i) \le f(\theta) \le \max_i \theta_i + E\max_i \gamma_i",
    MEAN,
    presumes=("mean",),
    theta=_POINTS,
)
def bounds(noise: AbstractPerturbation, theta: np.ndarray) -> None:
    """The value lies between Jensen's bound and the union bound; anchored ones differ by f(0)."""
    f, theta, size = placed(noise, theta)
    value, origin = float(f(theta)), at_origin(noise, len(theta))
    slack = _ATOL * size
    ensure("f is below Jensen's bound", value >= np.max(theta + noise.mean) - slack)
    ensure("f is above the union bound", value <= theta.max() + origin + slack)
    close("f - f(0)", f.anchored(theta), value - origin, rtol=_ATOL, atol=1e-11 * size)


@law("Hessian", r"H = H^\top,\; H 1 = 0,\; H_{ij} \le 0", theta=_POINTS, v=Points(nonzero=True))
def hessian_law(noise: AbstractPerturbation, theta: np.ndarray, v: np.ndarray) -> None:
    """The Hessian is that of a weighted graph: symmetric, with rows that sum to zero."""
    f, theta, size = placed(noise, theta)
    if f.has_tie(theta):
        for method in (f.hessian, lambda x: f.hvp(x, v)):
            _refuses_ties(method, theta)
        return
    hessian = f.hessian(theta) * size
    scale = max(1.0, np.abs(hessian).max())
    ensure("the Hessian is not symmetric", np.array_equal(hessian, hessian.T))
    close("the sum of a row", hessian.sum(1), 0, atol=1e-13 * scale)
    ensure("an entry off the diagonal is positive", hessian - np.diag(np.diag(hessian)) <= 0)
    least = np.linalg.eigvalsh(hessian).min()
    ensure(f"an eigenvalue is {least:.3g}, negative", least >= -1e-13 * scale)
    close("the product H v", f.hvp(theta, v) * size, hessian @ v, atol=1e-11 * scale)
    if not noise.continuous:
        ensure("the Hessian of atoms is not zero off ties", not hessian.any())


def _refuses_ties(method: Any, theta: np.ndarray) -> None:
    try:
        method(theta)
    except ValueError as error:
        ensure(f"a tie is refused with other words: {error}", "must have no tie" in str(error))
    else:
        words = "the Hessian at a tie of atoms is a number, and not refused"
        raise Defect(words)


@law(
    "derivatives",
    r"\tfrac{d}{dh} f(\theta + h v) = \langle p, v \rangle,\;"
    r" \tfrac{d}{dh} p(\theta + h v) = H v",
    DENSITY,
    presumes=BETWEEN_KINKS,
    theta=Points(2),
    v=Points(1, nonzero=True),
)
def derivatives(noise: AbstractPerturbation, theta: np.ndarray, v: np.ndarray) -> None:
    """Differences of the value are p, and differences of p are the Hessian."""
    f, theta, size = placed(noise, theta)
    steps = theta + _STEPS * (_STEP * size * v)
    value = f if noise.finite_mean else f.anchored  # which is f less a constant
    slope = _WEIGHTS @ value(steps) / size
    close("the difference quotient of f", slope, f.probabilities(theta) @ v, atol=2e-5)
    difference = _WEIGHTS @ f.probabilities(steps)
    # Where the density jumps the Hessian has kinks: the quotient is of first order, by the step.
    rough = 1e-6 if noise.smooth else 0.02
    close("the difference quotient of p", difference, f.hvp(theta, v) * size, atol=rough)


@law(
    "derivatives to nine digits",
    r"\tfrac{d}{dh} f(\theta + h v) = \langle p, v \rangle",
    SMOOTH,
    presumes=BETWEEN_KINKS,
    theta=Points(2),
    v=Points(1, nonzero=True),
    most=8,
)
def fine_derivatives(noise: AbstractPerturbation, theta: np.ndarray, v: np.ndarray) -> None:
    """The same where the density has no kinks: to nine digits, and eight for the Hessian."""
    f, theta, size = placed(noise, theta)
    steps = theta + _STEPS * (_STEP * size * v)
    value = f if noise.finite_mean else f.anchored
    p = f.probabilities(theta)
    close("the difference quotient of f", _WEIGHTS @ value(steps) / size, p @ v, atol=2e-9)
    difference = _WEIGHTS @ f.probabilities(steps)
    close("the difference quotient of p", difference, f.hvp(theta, v) * size, atol=1e-8)


@law("entropy", r"-\sum_i p_i \log p_i \in [0, \log d]", theta=_POINTS)
def entropy(noise: AbstractPerturbation, theta: np.ndarray) -> None:
    """The entropy is that of the probabilities."""
    f, theta, _ = placed(noise, theta)
    found = f.entropy(theta)
    expected = scipy.stats.entropy(f.probabilities(theta))
    close("the entropy", found, expected, rtol=1e-12, atol=1e-14)
    ensure("the entropy is out of range", 0 <= found <= np.log(len(theta)) + 1e-14)


@law(
    "one category",
    r"d = 1:\; p = 1,\; f(\theta) = \theta + E\gamma",
    presumes=(*BETWEEN_KINKS, "mean"),
)
def one_category(noise: AbstractPerturbation) -> None:
    """A single category is certain."""
    size = unit(noise)
    alone = noise.take(np.arange(noise.shape[0]) == 0) if noise.shape else noise
    f, theta = Potential(alone), np.array([1.5 * size])
    close("p", f.probabilities(theta), [1.0])
    close("log p", f.log_probabilities(theta), [0.0])
    close("the Hessian", f.hessian(theta), [[0.0]])
    close("the entropy", f.entropy(theta), 0.0)
    ensure("there is a tie", not f.has_tie(theta))
    close("f - f(0)", f.anchored(theta), theta[0], rtol=1e-13)
    if alone.finite_mean:
        expected = theta[0] + np.ravel(alone.mean)[0]
        close("f", f(theta), expected, rtol=1e-12, atol=1e-12 * size)
