"""Two categories: one uniform variable and its mirror image."""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.estimators._base import AbstractEstimator
from perturbtheory.estimators._objective import Objective
from perturbtheory.perturbations import register


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
    """

    categories: ClassVar[int | None] = 2

    def _estimate(self, key: Any, theta: Float[Array, "... 2"], objective: Objective) -> Array:
        phi = theta[..., 1] - theta[..., 0]
        u = jax.random.uniform(key, phi.shape, theta.dtype)
        high, low = (
            jax.nn.one_hot(one.astype(int), 2, dtype=theta.dtype)
            for one in (u > jax.nn.sigmoid(-phi), u < jax.nn.sigmoid(phi))
        )
        away = (u - 0.5)[..., None] * jnp.asarray([-1.0, 1.0], theta.dtype)
        return objective.on_rows(objective(high) - objective(low)) * away

    def _moments(self, theta: Float[Array, "... 2"], objective: Objective) -> tuple[Array, Array]:
        phi = theta[..., 1] - theta[..., 0]
        step = objective.f[..., 1] - objective.f[..., 0]
        mixed = jax.nn.sigmoid(phi) * jax.nn.sigmoid(-phi)
        over = jax.nn.sigmoid(jnp.abs(phi)) - 0.5
        slope, variance = step * mixed, step**2 * (1 / 12 - 2 / 3 * over**3 - mixed**2)
        return jnp.stack([-slope, slope], -1), jnp.stack([variance, variance], -1)
