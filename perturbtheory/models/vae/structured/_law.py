"""What z is drawn from: arg maxes under noise on the unary terms, or on all states."""

import math
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from perturbtheory.estimators import GUMBEL, draw
from perturbtheory.models.vae.structured._states import best, scores

Noise = Literal["unary", "states"]
NOISES: tuple[Noise, ...] = ("unary", "states")
"""Unit Gumbel noise on each theta_i,z_i, as in paper B, or on each of the 2^n states: Gibbs."""


def perturbed(
    key: Array, theta: Float[Array, "B n 2"], alpha: Float[Array, "B P"] | None, noise: Noise
) -> Float[Array, "B S"]:
    """h(z) + gamma(z) for all states z, under one draw of the noise."""
    if noise == "unary":
        return scores(theta + draw(GUMBEL, key, theta), alpha)
    h = scores(theta, alpha)
    return h + draw(GUMBEL, key, h)


def sample(
    key: Array, theta: Float[Array, "B n 2"], alpha: Float[Array, "B P"] | None, noise: Noise
) -> Int[Array, "B"]:
    """The number of the state z* = argmax h + gamma.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import structured
        >>> import jax.numpy as jnp
        >>> theta = jnp.array([[0.0, 99.0], [99.0, 0.0]])
        >>> int(structured.sample(jax.random.key(0), theta, jnp.zeros(1), "unary"))
        1
    """
    return best(perturbed(key, theta, alpha, noise))


def log_gibbs(
    theta: Float[Array, "B n 2"], alpha: Float[Array, "B P"] | None
) -> Float[Array, "B S"]:
    """h(z) - log sum_z e^h(z): the law of z* under noise on all states.

    And, for couplings of zero, under noise on the unary terms.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> import jax.numpy as jnp
        >>> jnp.exp(structured.log_gibbs(jnp.zeros((2, 2)), jnp.zeros(1))).round(4).tolist()
        [0.25, 0.25, 0.25, 0.25]
    """
    return jax.nn.log_softmax(scores(theta, alpha))


def gibbs_divergence(
    theta: Float[Array, "B n 2"], alpha: Float[Array, "B P"] | None
) -> Float[Array, "B"]:
    """KL of the Gibbs law and the uniform one: n log 2 + sum_z q log q.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> import jax.numpy as jnp
        >>> float(structured.gibbs_divergence(jnp.zeros((2, 2)), jnp.zeros(1)).round(6))
        0.0
    """
    log_q = log_gibbs(theta, alpha)
    return theta.shape[-2] * math.log(2) + jnp.sum(jnp.exp(log_q) * log_q, -1)
