"""Laws of the mean and variance of a gradient estimator, from draws.

Radii are quantiles of Student's t times the standard error: asymptotic, so that a rare event that
no draw met is not in them.
"""

from typing import Any

import numpy as np
from scipy import stats

from perturbtheory.estimators import Exact
from perturbtheory.testing.laws._coordinates import unit
from perturbtheory.testing.laws._defects import Defect
from perturbtheory.testing.laws._estimators import (
    MASKS,
    MOMENTS,
    UNBIASED,
    Subject,
    closed_moments,
    constant,
    estimates,
    joint,
    quadratic,
)
from perturbtheory.testing.laws._law import statistical


def _mean_is(what: str, drawn: np.ndarray, truth: Any, rate: float, size: float, **at: Any) -> None:
    """Raise a `Defect` for the first entry whose mean is off; `size` is that of what is rounded."""
    truth = np.broadcast_to(np.asarray(truth, float), drawn.shape[1:])
    if not np.isfinite(drawn).all():
        words = f"{what}: an estimate is not finite"
        raise Defect(words, **{name: value.tolist() for name, value in at.items()})
    n, scale = len(drawn), max(size, np.abs(drawn).max(), np.abs(truth).max())
    error = drawn.std(0, ddof=1) / np.sqrt(n)
    # All the error that there is where an entry does not vary.
    rounding = 2**12 * float(np.finfo(drawn.dtype).eps) * scale
    radius = stats.t.isf(rate / 2 / truth.size, n - 1) * error + rounding
    mean = drawn.mean(0, dtype=np.float64)
    off = np.abs(mean - truth) / radius
    if np.all(off <= 1):
        return
    bad = np.argwhere(~(off <= 1))[0]
    index = tuple(bad)
    words = (
        f"{what} is {mean[index]:.6g} +- {radius[index]:.2g} over {n} estimates, and not "
        f"{truth[index]:.6g}"
    )
    rows = {name: value[index[0]].tolist() for name, value in at.items()}
    raise Defect(words, **rows, entry=[int(i) for i in index[1:]])


def _size(subject: Subject, f: Any) -> float:
    """The size of estimates for values f, below which they are rounding."""
    return float(np.max(np.abs(f))) / unit(subject.noise)


def _exact(subject: Subject, theta: np.ndarray, f: Any) -> np.ndarray:
    import jax.numpy as jnp

    given: Any = f if callable(f) else jnp.asarray(f)
    return np.asarray(Exact(subject.noise)(None, jnp.asarray(theta), given), float)


@statistical("unbiased for values", r"E[v] = \nabla_\theta E[\langle f, z \rangle]", UNBIASED)
def unbiased_for_values(subject: Subject, *, seed: int, rate: float) -> None:
    """The mean for values of the categories is the gradient, at two categories and at more."""
    problems = [p for p in (subject.pair(), subject.rows()) if p is not None]
    for theta, values in problems:
        drawn = estimates(subject, theta, values, seed)
        truth = _exact(subject, theta, values)
        share, size = rate / len(problems), _size(subject, values)
        _mean_is("the mean", drawn, truth, share, size, theta=theta, f=values)


@statistical("unbiased for a function", r"E[v] = \nabla_\theta E[f(z)]", UNBIASED)
def unbiased_for_a_function(subject: Subject, *, seed: int, rate: float) -> None:
    """The mean for a function of one latent, which is not linear, is the gradient."""
    theta, _ = subject.rows()
    drawn = estimates(subject, theta, quadratic, seed)
    truth = _exact(subject, theta, quadratic)
    _mean_is("the mean", drawn, truth, rate, _size(subject, 3.0), theta=theta)


@statistical("unbiased for several latents", r"E[v_n] = \nabla_{\theta_n} E[f(z)]", UNBIASED)
def unbiased_for_several(subject: Subject, *, seed: int, rate: float) -> None:
    """The mean for a function that latents share is the gradient, element by element of a batch."""
    theta = subject.several()
    drawn = estimates(subject, theta, joint, seed)
    truth = _exact(subject, theta, joint)
    _mean_is("the mean", drawn, truth, rate, _size(subject, 3.0), theta=theta)


@statistical("nothing for a constant", r"f = c \Rightarrow E[v] = 0")
def nothing_for_a_constant(subject: Subject, *, seed: int, rate: float) -> None:
    """A function that is constant has no gradient, whatever the estimator is."""
    theta, _ = subject.rows()
    drawn = estimates(subject, theta, constant, seed)
    _mean_is("the mean for f = 3", drawn, 0.0, rate, _size(subject, 3.0), theta=theta)


@statistical("moments", r"E[v],\; \mathrm{Var}[v] \text{ in closed form}", MOMENTS)
def moments(subject: Subject, *, seed: int, rate: float) -> None:
    """Mean and variance of estimates are those that `moments` has in closed form."""
    found = closed_moments(subject)
    if found is None:
        return
    mean, variance = (np.asarray(m, float) for m in found)
    theta, values = subject.rows()
    drawn = estimates(subject, theta, values, seed)
    size, at = _size(subject, values), {"theta": theta, "f": values}
    _mean_is("the mean", drawn, mean, rate / 2, size, **at)
    _mean_is("the variance", (drawn - mean) ** 2, variance, rate / 2, size**2, **at)


@statistical("masked categories", r"\theta_k = -\infty \Rightarrow v_k = 0", MASKS)
def masked(subject: Subject, *, seed: int, rate: float) -> None:
    """A masked category has the estimate zero, and the others that of the problem without it."""
    theta, values = (a.copy() for a in subject.rows())
    theta[:, 1] = -np.inf
    drawn = estimates(subject, theta, values, seed)
    if np.any(drawn[:, :, 1] != 0):
        words = "the estimate of a masked category is not zero"
        raise Defect(words, theta=theta[0].tolist())
    if subject.declared("unbiased"):
        truth = _exact(subject, theta, values)
        size = _size(subject, values)
        _mean_is("the mean", drawn, truth, rate, size, theta=theta, f=values)
    elif not np.isfinite(drawn).all():
        words = "an estimate is not finite"
        raise Defect(words, theta=theta[0].tolist())
