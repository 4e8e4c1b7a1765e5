"""f(z) times the score of the noise instead of that of z: only the density of gamma is needed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.estimators._base import AbstractEstimator
from perturbtheory.estimators._draws import draw, one_hot
from perturbtheory.estimators._score import Baseline, average, require_baseline
from perturbtheory.numerics import register
from perturbtheory.perturbations import Normal

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective
    from perturbtheory.perturbations import AbstractPerturbation

_NORMAL = Normal()


@register
@dataclasses.dataclass(frozen=True, eq=False)
class PerturbedArgmax(AbstractEstimator):
    """(1/S) sum_s (f(z_s) - b_s) grad nu(gamma_s),  z = e_argmax(theta + gamma), nu = -log p.

    p is the density of gamma; for Normal noise grad nu(gamma) = gamma / scale^2. By parts, and for
    any f of any number of latents: E[f(z) grad nu(gamma)] = grad_theta E[f(z)]. E[grad nu] = 0
    allows the baselines of `ScoreFunction`. Neither probabilities nor the gradient of f are used;
    the price is the variance of noise that did not decide the arg max.

    Abernethy, Lee and Tewari (2016), Lemma 1.5; Berthet et al. (2020), Proposition 3.1.

    Args:
        noise: gamma, with a density that is positive and differentiable on the whole line.
        samples: S, draws of gamma in one estimate.
        baseline: "none", or "leave-one-out" from two samples on.

    Raises:
        ValueError: for any other noise, also where JAX does not differentiate its formulas;
            for samples and baselines as `ScoreFunction`; as every estimator.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import numpy as np
        >>> rule = es.PerturbedArgmax(pt.Normal(), samples=4)
        >>> rule(jax.random.key(0), np.zeros(2), np.array([0.0, 1.0])).shape
        (2,)
    """

    noise: AbstractPerturbation = _NORMAL
    samples: int = dataclasses.field(default=1, metadata={"static": True})
    baseline: Baseline = dataclasses.field(default="none", metadata={"static": True})
    needs: ClassVar[tuple[str, ...]] = ("smooth", "positive")

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        require_baseline(self.samples, self.baseline)
        if not self.noise.differentiable:
            msg = (
                f"`noise` must have a density that JAX can differentiate, got {self.noise!r}; use "
                "ScoreFunction, which asks for probabilities alone"
            )
            raise ValueError(msg)
        import jax

        noise = self.noise.astype(theta.dtype)
        gamma = draw(noise, key, theta, self.samples)
        slope = jax.grad(lambda x: -jax.numpy.sum(noise.log_pdf(x)))(gamma)
        return average(objective, one_hot(theta + gamma), slope, self.baseline)
