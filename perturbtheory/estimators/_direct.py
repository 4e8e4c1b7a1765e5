"""The direct estimator: the difference of two arg maxes under one draw of the noise."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.estimators._base import GUMBEL, AbstractEstimator, Setting
from perturbtheory.estimators._direct_law import direct_mean, direct_variance
from perturbtheory.estimators._draws import draw, one_hot
from perturbtheory.numerics import is_known, namespace, register
from perturbtheory.potential import expected_max

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective
    from perturbtheory.perturbations import AbstractPerturbation


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Direct(AbstractEstimator):
    """(z*(e) - z*)/e,  z*(e) = e_argmax(theta + e f + gamma),  z* = z*(0),  one gamma for both.

    Two-sided: (z*(e) - z*(-e))/(2 e). A function f is evaluated at z* and, latent by latent, at
    every other category: for one latent these are all values of f, for several the low dimensional
    approximation f-tilde(z) = sum_n f(z*_1, ..., z_n, ..., z*_N). The mean for one latent is
    (p(theta + e f) - p(theta))/e under any noise, the gradient as e -> 0; the variance then grows
    like 1/e. Arg maxes are flat almost everywhere: do not differentiate the estimate in e to lower
    its variance, but `moments`.

    Lorberbom, Gane, Jaakkola and Hazan (2019), Theorem 1, Algorithm 1 and section 4.1.

    Args:
        epsilon: e, not zero, of either sign.
        noise: gamma, any.
        two_sided: take the difference of z*(e) and z*(-e).

    Raises:
        ValueError: for epsilon that is zero or not finite, and for `two_sided` that is no bool; as
            every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import numpy as np
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> found = es.Direct(epsilon=0.5)(jax.random.key(0), np.array(h), np.array(f))
        >>> found.shape, float(found.sum())
        ((3,), 0.0)
    """

    epsilon: Float[Array, ""] | float = 1.0
    noise: AbstractPerturbation = GUMBEL
    two_sided: bool = dataclasses.field(default=False, metadata={"static": True})
    unbiased: ClassVar[bool] = False
    settings: ClassVar[dict[str, Setting]] = {
        "epsilon": Setting(
            lambda x: (abs(x) > 0) & (abs(x) < np.inf),
            "not be zero, nor infinite",
            "the limit epsilon -> 0 of the mean is `Exact()`",
        )
    }

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        xp = namespace(theta)
        e = xp.asarray(self.epsilon, theta.dtype)
        x = theta + draw(self.noise, key, theta)
        z = one_hot(x)
        f = objective.neighbours(z)
        if self.two_sided:
            estimate = (one_hot(x + e * f) - one_hot(x - e * f)) / (2 * e)
        else:
            estimate = (one_hot(x + e * f) - z) / e
        # A value that is not finite would decide the arg max and leave no trace.
        return xp.where(xp.all(xp.isfinite(f), -1, keepdims=True), estimate, xp.nan)

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        """By the joint law for known Gumbel noise of one scale b: that of theta/b and e/b."""
        if not self.noise.continuous:
            msg = (
                f"`noise` must be continuous for the moments of Direct, got {self.noise!r}, under "
                "which arg maxes tie; smooth it, as in pt.smoothed(noise, 0.1)"
            )
            raise ValueError(msg)
        xp, scale = namespace(theta), self.noise.gumbel_scale
        e = xp.asarray(self.epsilon, theta.dtype)
        if scale is None or not all(map(is_known, (theta, objective.f, e, scale))):
            return by_engine(self.noise, theta, objective.f, e, two_sided=self.two_sided)
        scale = xp.asarray(scale, theta.dtype)
        rows = [x.reshape(-1, theta.shape[-1]) for x in (theta / scale, objective.f)]
        pairs = [
            [law(h, f, e / scale, two_sided=self.two_sided) for h, f in zip(*rows, strict=True)]
            for law in (direct_mean, direct_variance)
        ]
        mean, variance = (xp.asarray(np.reshape(x, theta.shape), theta.dtype) for x in pairs)
        return mean / scale, variance / scale**2


def by_engine(
    noise: AbstractPerturbation,
    theta: Float[Array, "... K"],
    f: Float[Array, "... K"],
    e: Float[Array, ""],
    *,
    two_sided: bool,
) -> tuple[Float[Array, "... K"], Float[Array, "... K"]]:
    """(mean, variance) of the direct estimate from arg max probabilities, for any noise.

    mean_k = (P(z*(e) = k) - P(z* = k))/e,  E[square]_k = (P(z*(e) = k) + P(z* = k) - 2 P(both))/e^2

    Both arg maxes are k if theta_k + gamma_k exceeds theta_j + gamma_j + max(0, e (f_j - f_k)) for
    every j: P(both) = p_k(theta + max(0, e (f - f_k))), one vector of probabilities for each k.
    """
    if two_sided:
        theta, e = theta - e * f, 2 * e
    xp, potential = namespace(theta), expected_max(noise)
    p, q = potential.probabilities(theta), potential.probabilities(theta + e * f)
    kept = theta[..., None, :] + xp.maximum(e * (f[..., None, :] - f[..., :, None]), 0.0)
    both = xp.diagonal(potential.probabilities(kept), axis1=-2, axis2=-1)
    mean = (q - p) / e
    return mean, (p + q - 2 * both) / e**2 - mean**2
