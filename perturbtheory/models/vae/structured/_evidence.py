"""Exact numbers by enumeration: -log p(x), and the bound where the law of z* is known."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, UInt8

from perturbtheory.models.vae import (
    DiscreteVAE,
    mean_and_error,
    over_batches,
    require_binary,
    softmax_divergence,
)
from perturbtheory.models.vae.structured._law import log_gibbs
from perturbtheory.models.vae.structured._model import PairwiseVAE
from perturbtheory.models.vae.structured._table import Table, table

_BATCH = 250
"""Images at a time: f at all their states is held."""


class Evidence(NamedTuple):
    """Means over images, in nats, without draws; the error is of the images alone.

    Attributes:
        negative_log: -log p(x) = n log 2 - log sum_z p(x|z), of the decoder and the prior.
        error: standard error of it, from the spread over images.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> structured.Evidence(90.0, 0.5).negative_log
        90.0
    """

    negative_log: float
    error: float


class ExactBound(NamedTuple):
    """Means over images, in nats, of sums over all states; see `exact_bound`.

    Attributes:
        hard: E[-log p(x|z*)].
        divergence: KL of the law of z* and the prior.
        unary_divergence: KL of softmax(theta), without the couplings: what is published.
        error: standard error of `bound`, from the spread over images.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> structured.ExactBound(90.0, 5.0, 6.0, 0.5).bound
        95.0
    """

    hard: float
    divergence: float
    unary_divergence: float
    error: float

    @property
    def bound(self) -> float:
        """The negative ELBO, at least -log p(x)."""
        return self.hard + self.divergence


def evidence(model: DiscreteVAE, images: UInt8[ArrayLike, "n 784"]) -> Evidence:
    """-log p(x) of every image, by the sum over all 2^n states of the decoder.

    The encoder has no part in it. One pass of the decoder over the states and one product for each
    batch of images: for 15 bits 40 GFLOP and 20 MFLOP an image.

    Raises:
        ValueError: for images that are not binary rows of 784, or none; for latents that have
            other than two categories.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import structured
        >>> model = structured.PairwiseVAE(2, hidden=5, key=jax.random.key(0))
        >>> import numpy as np
        >>> found = structured.evidence(model, np.zeros((3, 784), np.uint8))
        >>> found.error
        0.0
    """
    x = require_binary("images", images)
    require_bits(model)
    found = over_batches(_evidence, table(model), x, jax.random.key(0), size=_size(x))
    return Evidence(*mean_and_error(math.log(2) * model.latents - found["log"]))


def exact_bound(model: PairwiseVAE, images: UInt8[ArrayLike, "n 784"]) -> ExactBound:
    """The negative ELBO by enumeration, for z* of the Gibbs law e^h(z)/sum e^h.

    That is the law of z* under Gumbel noise on all states, and without couplings under Gumbel
    noise on the unary terms. With couplings and unary noise z* has another law: see `evaluate`.

    Raises:
        ValueError: as `evidence`.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import structured
        >>> model = structured.PairwiseVAE(2, hidden=5, key=jax.random.key(0))
        >>> import numpy as np
        >>> found = structured.exact_bound(model, np.zeros((3, 784), np.uint8))
        >>> found.error
        0.0
    """
    x = require_binary("images", images)
    require_bits(model)
    found = over_batches(_exact, (model, table(model)), x, jax.random.key(0), size=_size(x))
    divergence = math.log(2) * model.latents + found["log_q"]
    _, error = mean_and_error(found["hard"] + divergence)
    hard, own, unary = (
        mean_and_error(part)[0] for part in (found["hard"], divergence, found["unary_divergence"])
    )
    return ExactBound(hard, own, unary, error)


def require_bits(model: DiscreteVAE) -> None:
    """Raise ValueError for latents of other than two categories."""
    if model.categories != 2:
        msg = f"`model` must have latents of two categories, got {model.categories}; see evaluate"
        raise ValueError(msg)


def _size(x: np.ndarray) -> int:
    return min(len(x), _BATCH)


def _evidence(decoder: Table, x: Float[Array, "B 784"], key: Array) -> dict[str, Array]:
    del key
    return {"log": jax.nn.logsumexp(decoder.log_likelihoods(x), -1)}


def _exact(
    both: tuple[PairwiseVAE, Table], x: Float[Array, "B 784"], key: Array
) -> dict[str, Array]:
    del key
    model, decoder = both
    theta, alpha = model.terms(x)
    log_q = log_gibbs(theta, alpha)
    q = jnp.exp(log_q)
    return {
        "hard": -jnp.sum(q * decoder.log_likelihoods(x), -1),
        "log_q": jnp.sum(q * log_q, -1),
        "unary_divergence": softmax_divergence(theta),
    }
