"""KL(q || p) for the uniform prior: that of the model's own arg max, and the one papers use."""

import math
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import expected_max

Divergence = Literal["argmax", "softmax", "none"]
"""Which KL is part of the loss."""


def argmax_divergence(
    noise: AbstractPerturbation, theta: Float[Array, "B N K"]
) -> Float[Array, "B"]:
    """sum_n log K - H(p(theta_n)),  p(theta)_k = P(argmax(theta + gamma) = k).

    The KL of the law that z is drawn from, by the potential's quadrature; its gradient in theta_n
    is the Hessian times log p. With it the loss is a bound on -log p(x) under any noise.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.models import vae
        >>> import jax.numpy as jnp
        >>> float(vae.argmax_divergence(pt.Gumbel(), jnp.zeros((2, 3))).round(6).sum())
        0.0
    """
    entropy = expected_max(noise).entropy(theta)
    return jnp.sum(math.log(theta.shape[-1]) - entropy, -1)


def softmax_divergence(theta: Float[Array, "B N K"]) -> Float[Array, "B"]:
    """sum_n log K + sum_k q_k log q_k,  q = softmax(theta_n).

    What both papers add whatever the noise: the KL of z under unit Gumbel noise, and of no z that
    is drawn under any other; paper A, section 6.2, and paper B, section 5, by their code.

    Example:
        >>> from perturbtheory.models import vae
        >>> import jax.numpy as jnp
        >>> float(vae.softmax_divergence(jnp.zeros((2, 3))).round(6))
        0.0
    """
    log_q = jax.nn.log_softmax(theta)
    return jnp.sum(math.log(theta.shape[-1]) + jnp.sum(jnp.exp(log_q) * log_q, -1), -1)
