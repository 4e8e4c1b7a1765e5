"""Bounds on -log p(x) for coupled latents, by draws; where the law of z* is known, its exact KL."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, UInt8

from perturbtheory.checks import require_count, require_one_of
from perturbtheory.estimators import require_key
from perturbtheory.models.vae import (
    mean_and_error,
    over_batches,
    require_binary,
    softmax_divergence,
)
from perturbtheory.models.vae.structured._law import (
    NOISES,
    Noise,
    gibbs_divergence,
    sample,
)
from perturbtheory.models.vae.structured._model import PairwiseVAE
from perturbtheory.models.vae.structured._states import bits

_BATCH = 100
"""Images at a time: all their states are held."""


class PairwiseBounds(NamedTuple):
    """Means over images, in nats.

    Attributes:
        hard: -log p(x|z) at z* = argmax h + gamma, by so many draws of each image.
        divergence: KL of the law of z* and the prior: exact under noise on all states, and without
            couplings; otherwise n log 2 - H of the draws, which in the mean is never too small.
        least_divergence: the same where it is exact; otherwise n log 2 and the mean logarithm of
            each draw's probability by the other draws, which in the mean is never too large.
        unary_divergence: KL of softmax(theta), without the couplings: what is published.
        bound_error: standard error of `bound`, from the spread over images; of draws and of images.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> structured.PairwiseBounds(90.0, 5.0, 4.5, 6.0, 0.5).bound
        95.0
    """

    hard: float
    divergence: float
    least_divergence: float
    unary_divergence: float
    bound_error: float

    @property
    def bound(self) -> float:
        """Reconstruction and the KL of the law z is drawn from: at least -log p(x) in the mean."""
        return self.hard + self.divergence

    @property
    def least_bound(self) -> float:
        """Below the true bound in the mean: how far `bound` can be too high."""
        return self.hard + self.least_divergence

    @property
    def as_published(self) -> float:
        """Reconstruction and the KL without the couplings, which bounds nothing with them."""
        return self.hard + self.unary_divergence


def evaluate(
    model: PairwiseVAE,
    images: UInt8[ArrayLike, "n 784"],
    noise: Noise = "unary",
    *,
    draws: int = 100,
    key: Array,
) -> PairwiseBounds:
    """Every part of the loss on a set of images.

    Args:
        model: what is evaluated.
        images: binary, 0 or 1.
        noise: on the "unary" terms, or on all "states".
        draws: of z* for each image.
        key: of jax.random.

    Raises:
        ValueError: for images that are not binary rows of 784, or none; for another noise, number
            of draws or key than one may give.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import structured
        >>> model = structured.PairwiseVAE(2, hidden=5, key=jax.random.key(0))
        >>> import numpy as np
        >>> images = np.zeros((3, 784), np.uint8)
        >>> found = structured.evaluate(model, images, draws=4, key=jax.random.key(1))
        >>> found.hard > 0
        True
    """
    x = require_binary("images", images)
    require_count("draws", draws)
    require_key(key)
    require_one_of("noise", noise, NOISES)
    size = min(len(x), _BATCH)
    parts = over_batches(_parts, model, x, key, noise, draws, size=size)
    means = {name: mean_and_error(values)[0] for name, values in parts.items()}
    _, error = mean_and_error(parts["hard"] + parts["divergence"])
    return PairwiseBounds(**means, bound_error=error)


def _parts(
    model: PairwiseVAE, x: Float[Array, "B 784"], key: Array, noise: Noise, draws: int
) -> dict[str, Float[Array, "B"]]:
    theta, alpha = model.terms(x)

    def one(number: Array) -> tuple[Array, Array]:
        z = sample(jax.random.fold_in(key, number), theta, alpha, noise)
        return z, model.reconstruction(x, bits(z, model.latents))

    drawn, hard = jax.lax.map(one, jnp.arange(draws))
    out = {"hard": jnp.mean(hard, 0), "unary_divergence": softmax_divergence(theta)}
    if noise == "states" or model.independent:
        exact = gibbs_divergence(theta, alpha)
        return out | {"divergence": exact, "least_divergence": exact}
    prior = model.latents * math.log(2)
    return out | {
        "divergence": prior + _log_frequency(drawn),
        "least_divergence": prior + _log_others(drawn, model.latents),
    }


def _log_frequency(drawn: Int[Array, "M B"]) -> Float[Array, "B"]:
    """Mean over draws of the logarithm of their share among all: minus the plug-in entropy."""
    return jnp.mean(jnp.log(_counts(drawn) / len(drawn)), 0)


def _counts(drawn: Int[Array, "M B"]) -> Float[Array, "M B"]:
    """How often each draw's state is drawn for its image."""

    def of_image(states: Array) -> Array:
        order = jnp.sort(states)
        after = jnp.searchsorted(order, states, side="right")
        return after - jnp.searchsorted(order, states, side="left")

    return jax.vmap(of_image, 1, 1)(drawn).astype(jnp.float32)


def _log_others(drawn: Int[Array, "M B"], n: int) -> Float[Array, "B"]:
    """Mean over draws of log r(z), r made of the other draws: E log r(z) <= -H for any such r.

    r is the mean of their frequencies, nine tenths, and the product of their bits' frequencies.
    """
    count = len(drawn)
    bit = bits(drawn, n)
    seen = (jnp.sum(bit, 0) - bit + 0.5) / count
    product = math.log(0.1) + jnp.sum(jnp.log(jnp.sum(seen * bit, -1)), -1)
    others = math.log(0.9) + jnp.log((_counts(drawn) - 1) / max(count - 1, 1))
    return jnp.mean(jnp.logaddexp(others, product), 0)
