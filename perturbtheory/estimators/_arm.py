"""Two categories: one uniform variable and its mirror image."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.estimators._base import AbstractEstimator
from perturbtheory.numerics import draw, namespace, register

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Arm(AbstractEstimator):
    """(f(1{u > sigma(-phi)}) - f(1{u < sigma(phi)})) (u - 1/2) as the slope in phi, K = 2.

    phi = theta_1 - theta_0 and u uniform on (0, 1), one of each for every latent; f is a function
    of all of them, evaluated twice whatever their number. The slope in theta is (-1, 1) times that
    in phi. Augment-REINFORCE-merge: unbiased, and u and 1 - u are antithetic.

    For f(z) = <values, z>, D = f_1 - f_0 and m = max(p, 1 - p), p = sigma(phi), the variance is
    D^2 (1/12 - (2/3)(m - 1/2)^3 - p^2 (1 - p)^2).

    Yin and Zhou (2019), Theorem 1; the variance is this package's.

    Raises:
        ValueError: for theta without exactly two categories; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import jax.numpy as jnp
        >>> es.Arm()(jax.random.key(0), jnp.zeros(2), jnp.array([0.0, 1.0])).shape
        (2,)
    """

    categories: ClassVar[int | None] = 2

    def _estimate(self, key: Any, theta: Float[Array, "... 2"], objective: Objective) -> Array:
        xp, phi = namespace(theta), theta[..., 1] - theta[..., 0]
        u = draw(key, "uniform", phi.shape, theta.dtype)
        high, low = (
            xp.stack([~one, one], -1).astype(theta.dtype)
            for one in (u > xp.expit(-phi), u < xp.expit(phi))
        )
        away = (u - 0.5)[..., None] * xp.asarray([-1.0, 1.0], theta.dtype)
        # One category alone: u may round onto its end.
        away = xp.where(xp.isfinite(phi)[..., None], away, 0.0)
        return objective.on_rows(objective(high) - objective(low)) * away

    def _moments(self, theta: Float[Array, "... 2"], objective: Objective) -> tuple[Array, Array]:
        xp, phi = namespace(theta), theta[..., 1] - theta[..., 0]
        step = objective.f[..., 1] - objective.f[..., 0]
        mixed = xp.expit(phi) * xp.expit(-phi)
        over = xp.expit(xp.abs(phi)) - 0.5
        slope, variance = step * mixed, step**2 * (1 / 12 - 2 / 3 * over**3 - mixed**2)
        return xp.stack([-slope, slope], -1), xp.stack([variance, variance], -1)
