"""The losses of a batch: of images, of labelled images, and what a rule makes of a label."""

import math

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jaxtyping import Array, Float, Int

from perturbtheory.estimators import AbstractEstimator, draw, one_hot
from perturbtheory.models.vae._by_estimator import scheduled
from perturbtheory.models.vae._divergence import (
    Divergence,
    argmax_divergence,
    softmax_divergence,
)
from perturbtheory.models.vae.semi._network import AbstractMixedVAE, Encoded
from perturbtheory.potential import expected_max


def log_evidence(
    model: AbstractMixedVAE, x: Float[Array, "B 784"], encoded: Encoded, key: Array
) -> Partial:
    """f(z) = log p(x|z, c) - KL(q(c|x, z) || p(c)) for one draw of c, as a function of z.

    Its mean over c and z, less the KL of z, is the evidence lower bound: what the estimators make
    large. The draw is the same for every z, so that values at two of them can be compared.
    """
    return Partial(_log_evidence, model, x, encoded.rows(key), encoded.divergence)


def unlabelled(
    model: AbstractMixedVAE,
    x: Float[Array, "B 784"],
    key: Array,
    rule: AbstractEstimator,
    divergence: Divergence,
) -> tuple[Float[Array, "B N K"], Float[Array, "B"], Float[Array, "B"]]:
    """The logits, -f(z) as the rule has z, and the KL of z; their sum is minus the bound.

    The gradient of the second in the logits is the rule's estimate. `divergence` is that of
    `perturbtheory.models.vae.loss`.
    """
    to_rows, to_rule = jax.random.split(key)
    encoded = model.encode(x)
    f = log_evidence(model, x, encoded, to_rows)
    evidence = -rule.surrogate(to_rule, encoded.theta, f).reshape(len(x))
    return encoded.theta, evidence, _divergence(rule, encoded.theta, divergence)


def given_labels(
    model: AbstractMixedVAE,
    x: Float[Array, "B 784"],
    labels: Int[Array, "B N"],
    key: Array,
) -> Float[Array, "B"]:
    """N log K - f(z) at z = labels, minus a lower bound on log p(x, z).

    Kingma, Mohamed, Rezende and Welling (2014), (6): the labelled part of M2.
    """
    encoded = model.encode(x)
    z = jax.nn.one_hot(labels, model.categories, dtype=x.dtype)
    prior = model.latents * math.log(model.categories)
    return prior - log_evidence(model, x, encoded, key)(z)


def label_loss(
    rule: AbstractEstimator, key: Array, theta: Float[Array, "B N K"], labels: Int[Array, "B N"]
) -> Float[Array, "B"]:
    """What pulls the logits of a labelled image towards its labels, as the rule does it.

    | the rule declares | value                    | gradient in theta                            |
    |-------------------|--------------------------|----------------------------------------------|
    | a temperature     | -log s_y                 | its own, s = softmax((theta + gamma)/t)      |
    | an epsilon        | how many z*_n are not y_n | z* - y: z*(epsilon) is set to the label      |
    | neither           | -log P(z = y)            | its own; under unit Gumbel noise softmax - y |

    Summed over latents. The second is the step of paper B, section 4.2, times epsilon. Its mean is
    p(theta) - y, the gradient of the Fenchel-Young loss of the noise, and under unit Gumbel noise
    that of the third: setting z*(epsilon) to the label is one draw of the gradient of the cross
    entropy over epsilon. The first is what the code of paper B adds to Gumbel-Softmax.
    """
    y = jax.nn.one_hot(labels, theta.shape[-1], dtype=theta.dtype)
    declared = scheduled(rule)
    if declared is None:
        return -jnp.sum(y * expected_max(rule.law).log_probabilities(theta), (-1, -2))
    perturbed = theta + draw(rule.law, key, theta)
    if declared == "temperature":
        t = jnp.asarray(rule.temperature, theta.dtype)  # pyright: ignore[reportAttributeAccessIssue]
        return -jnp.sum(y * jax.nn.log_softmax(perturbed / t), (-1, -2))
    z = jax.lax.stop_gradient(one_hot(perturbed))
    slope = jnp.sum((theta - jax.lax.stop_gradient(theta)) * (z - y), (-1, -2))
    return jnp.sum(1 - jnp.sum(y * z, -1), -1) + slope


def _divergence(
    rule: AbstractEstimator, theta: Float[Array, "B N K"], divergence: Divergence
) -> Float[Array, "B"]:
    if divergence == "argmax":
        return argmax_divergence(rule.law, theta)
    kl = softmax_divergence(theta)
    return jax.lax.stop_gradient(kl) if divergence == "none" else kl


def _log_evidence(
    model: AbstractMixedVAE,
    x: Float[Array, "B 784"],
    c: Float[Array, "B R C"],
    divergence: Float[Array, "B R"],
    z: Float[Array, "B N K"],
) -> Float[Array, "B"]:
    return -model.reconstruction(x, z, c) - model.used(z, divergence)
