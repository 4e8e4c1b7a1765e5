"""The loss of a batch: a reconstruction whose gradient an estimator gives, and a KL."""

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Float

from perturbtheory.estimators import AbstractEstimator, constant
from perturbtheory.models.vae._divergence import (
    Divergence,
    argmax_divergence,
    softmax_divergence,
)
from perturbtheory.models.vae._network import DiscreteVAE
from perturbtheory.models.vae._task import Parts


def loss(
    model: DiscreteVAE,
    x: Float[Array, "B 784"],
    key: Array,
    rule: AbstractEstimator,
    divergence: Divergence,
    weight: Float[Array, ""] | float = 1.0,
) -> tuple[Float[Array, ""], Parts]:
    """Mean over the batch of weight KL - E[log p(x|z)], to be differentiated in the model.

    The gradient of E[log p(x|z)] in the logits is the estimate of `rule`, under whose noise z is
    drawn; in the decoder it is that at one draw, at the relaxed z of Relaxed, or at all z of Exact.
    The sign matters to Direct alone: with a positive epsilon it compares z with a better one, as
    paper B does, and not with a worse one.
    "none" reports the softmax KL and leaves it out of the gradient, as the code of paper B does for
    direct optimization.
    """
    theta = model.logits(x)
    f = log_likelihood(model, x, rule)
    values = -rule.surrogate(key, theta, f).reshape(len(x))
    if getattr(rule, "control", None) is not None:
        values = values + _variance(key, theta, f, rule)
    if divergence == "argmax":
        kl = argmax_divergence(rule.law, theta)
    else:
        kl = softmax_divergence(theta)
        kl = jax.lax.stop_gradient(kl) if divergence == "none" else kl
    return jnp.mean(values + weight * kl), Parts(values, kl)


def log_likelihood(
    model: DiscreteVAE, x: Float[Array, "B 784"], rule: AbstractEstimator
) -> Partial | Float[Array, "B 1 K"]:
    """log p(x|z) as a function of z; for one latent all its values, unless z is relaxed."""
    if model.latents == 1 and not rule.relaxes:
        return -model.reconstructions(x)[:, None, :]
    return Partial(_log_likelihood, model, x)


def _variance(
    key: Array, theta: Array, f: Partial | Array, rule: AbstractEstimator
) -> Float[Array, "B"]:
    """Zero, with the derivative of the squared estimate in the control variate of the rule.

    The mean of the estimate does not depend on the control, so that this is the gradient of the
    variance; Grathwohl et al. (2018), section 3.
    """
    square = jnp.square(rule(key, *constant((theta, f))))
    total = jnp.sum(square.reshape(len(theta), -1), -1)
    return total - jax.lax.stop_gradient(total)


def _log_likelihood(
    model: DiscreteVAE, x: Float[Array, "B 784"], z: Float[Array, "B N K"]
) -> Float[Array, "B"]:
    return -model.reconstruction(x, z)
