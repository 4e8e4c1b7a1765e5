"""f(z) times the score: unbiased for any f, with a baseline from the other samples."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from perturbtheory.estimators._base import GUMBEL, AbstractEstimator
from perturbtheory.estimators._draws import draw, one_hot
from perturbtheory.estimators._states import moments
from perturbtheory.numerics import namespace, register
from perturbtheory.potential import expected_max

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective
    from perturbtheory.perturbations import AbstractPerturbation

Baseline = Literal["none", "leave-one-out"]


@register
@dataclasses.dataclass(frozen=True, eq=False)
class ScoreFunction(AbstractEstimator):
    """(1/S) sum_s (f(z_s) - b_s) grad log p_{z_s}(theta),  p = grad E[max(theta + gamma)].

    The score grad log p_z is H(theta) z / p_z, under Gumbel noise of scale c the vector
    (z - softmax(theta/c))/c; each of N latents has its own, and one f(z_s) for all. The baseline is
    b_s = 0 or, leaving one out, the mean of the other S - 1 values of f, which is independent of
    z_s: the estimate is then the sample covariance of f and the score.

    Williams (1992); leave-one-out: Kool, van Hoof and Welling (2019), and VarGrad of Richter et
    al. (2020).

    Args:
        noise: gamma, with a density.
        samples: S, draws of z in one estimate.
        baseline: "none", or "leave-one-out" from two samples on.

    Raises:
        ValueError: for noise without density; for S that is no positive integer, or is 1 with
            "leave-one-out"; for another baseline; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import numpy as np
        >>> rule = es.ScoreFunction(samples=4, baseline="leave-one-out")
        >>> rule(jax.random.key(0), np.zeros(2), np.array([0.0, 1.0])).shape
        (2,)
    """

    noise: AbstractPerturbation = GUMBEL
    samples: int = dataclasses.field(default=1, metadata={"static": True})
    baseline: Baseline = dataclasses.field(default="none", metadata={"static": True})
    needs: ClassVar[tuple[str, ...]] = ("continuous",)
    enumerates: ClassVar[bool] = True

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        require_baseline(self.samples, self.baseline)
        z = one_hot(theta + draw(self.noise, key, theta, self.samples))
        return average(objective, z, score(self.noise, theta, z), self.baseline)

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        """Of the mean, or of the sample covariance, of S independent pairs (f, score)."""
        require_baseline(self.samples, self.baseline)
        xp, potential, n = namespace(theta), expected_max(self.noise), self.samples
        p, hessian = potential.probabilities(theta), potential.hessian(theta)
        # Row k is the score at z = e_k; a category without probability is never drawn.
        at = p[..., None]
        scores = xp.where(at > 0, hessian / xp.where(at > 0, at, 1.0), 0.0)
        square = at * xp.square(scores)
        if callable(objective.f):
            level, spread = moments(objective, p, objective)
            centre = level if self.baseline != "none" else 0.0

            def given(z: Array) -> Array:
                away = objective.on_rows(objective(z) - centre)
                return away * xp.sum(z[..., None] * scores, -2)

            mean, variance = moments(objective, p, given)
            product, spread = variance + mean**2, objective.on_rows(spread)
        else:
            f = objective.f[..., None]
            mean, away = xp.sum(hessian * f, -2), f - xp.sum(at * f, -2, keepdims=True)
            spread = xp.sum(at * away**2, -2)
            product = xp.sum(square * (f if self.baseline == "none" else away) ** 2, -2)
        if self.baseline == "none":
            return mean, (product - mean**2) / n
        apart = spread * xp.sum(square, -2)
        return mean, product / n + (apart - (n - 2) * mean**2) / (n * (n - 1))


def score(
    noise: AbstractPerturbation, theta: Float[Array, "*shape"], z: Float[Array, "..."]
) -> Float[Array, "..."]:
    """grad_theta log p_z(theta), row by row, for one-hot z of shape ``(..., *shape)``."""
    xp, potential = namespace(theta, z), expected_max(noise)
    p = potential.probabilities(theta)
    if noise.gumbel_scale is not None:
        return (z - p) / xp.asarray(noise.gumbel_scale, theta.dtype)
    return potential.hvp(theta, z) / xp.sum(p * z, -1, keepdims=True)


def average(
    objective: Objective,
    z: Float[Array, "S *shape"],
    scores: Float[Array, "S *shape"],
    baseline: Baseline,
) -> Float[Array, "*shape"]:
    """The mean over samples of (f - baseline) times a score of mean zero."""
    import jax
    import jax.numpy as jnp

    values = jax.vmap(objective)(z)
    if baseline == "none":
        weights = values / len(z)
    else:
        # f_s - (sum of the others)/(S - 1) is (f_s - mean of all) S/(S - 1).
        weights = (values - jnp.mean(values, 0)) / (len(z) - 1)
    return jnp.sum(objective.on_rows(weights) * scores, 0)


def require_baseline(samples: Any, baseline: Any) -> None:
    """Raise ValueError for an unknown baseline, or too few samples for it."""
    if baseline not in ("none", "leave-one-out"):
        msg = (
            f"`baseline` must be 'none' or 'leave-one-out', got {baseline!r}; Relax takes control "
            "variates of your own"
        )
        raise ValueError(msg)
    require_samples(samples, 1 if baseline == "none" else 2, f" for baseline={baseline!r}")


def require_samples(samples: Any, least: int, of: str = "") -> None:
    """Raise ValueError for fewer samples, or what is no integer; `of` says for what."""
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < least:
        msg = (
            f"`samples` must be an integer of at least {least}{of}, got {samples!r}; it is part of "
            "the shape of a computation and cannot be traced"
        )
        raise ValueError(msg)
