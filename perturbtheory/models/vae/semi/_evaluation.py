"""Bounds and errors over a set of labelled images."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from perturbtheory.estimators import draw, one_hot
from perturbtheory.models.vae._divergence import argmax_divergence, softmax_divergence
from perturbtheory.models.vae._images import mean_and_error, over_batches
from perturbtheory.models.vae.semi._network import AbstractMixedVAE, Encoded
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import expected_max


class MixedBounds(NamedTuple):
    """Means over images; in nats, but for the errors.

    Attributes:
        hard: -log p(x|z, c) at z = argmax(theta + gamma) and c of its own law; with one discrete
            latent the sum over z is exact, and c is drawn.
        rows: KL of the rows of c that z uses.
        divergence: KL of the arg max's own law; `hard + rows + divergence` is an upper bound on
            -log p(x).
        bound_error: standard error of that sum, from the spread over images.
        softmax_divergence: KL of softmax(theta), which is that one under unit Gumbel noise only.
        error: share of labels that argmax(theta) misses.
        drawn_error: share that argmax(theta + gamma) misses, its mean over gamma: what the code of
            paper B counts, with one draw for each image.
    """

    hard: float
    bound_error: float
    rows: float
    divergence: float
    softmax_divergence: float
    error: float
    drawn_error: float

    @property
    def bound(self) -> float:
        """Hard reconstruction and the KL of the laws that z and c are drawn from."""
        return self.hard + self.rows + self.divergence

    @property
    def as_published(self) -> float:
        """Hard reconstruction, the KL of the rows, and that of softmax(theta)."""
        return self.hard + self.rows + self.softmax_divergence

    @property
    def accuracy(self) -> float:
        """Share of labels that argmax(theta) meets."""
        return 1 - self.error

    @property
    def drawn_accuracy(self) -> float:
        """Share of labels that argmax(theta + gamma) meets."""
        return 1 - self.drawn_error


def measured(
    model: AbstractMixedVAE,
    images: np.ndarray,
    labels: np.ndarray,
    noise: AbstractPerturbation,
    draws: int,
    key: Array,
) -> MixedBounds:
    """The numbers for images of 0 and 1, and labels of shape (n, N), all known."""
    found = over_batches(_parts, model, images, key, noise.astype(jnp.float32), draws)
    met = np.take_along_axis(found.pop("p"), labels[..., None], -1)
    error = np.mean(found.pop("mode") != labels)
    return MixedBounds(
        **{name: mean_and_error(values)[0] for name, values in found.items()},
        bound_error=mean_and_error(found["hard"] + found["rows"] + found["divergence"])[1],
        error=float(error),
        drawn_error=float(1 - met.mean(dtype=np.float64)),
    )


def _parts(
    model: AbstractMixedVAE,
    x: Float[Array, "B 784"],
    key: Array,
    noise: AbstractPerturbation,
    draws: int,
) -> dict[str, Array]:
    encoded = model.encode(x)
    theta, p = encoded.theta, expected_max(noise).probabilities(encoded.theta)
    one = _summed if model.latents == 1 else _drawn
    hard, rows = jax.lax.map(
        lambda i: one(model, x, jax.random.fold_in(key, i), noise, encoded, p), jnp.arange(draws)
    )
    return {
        "hard": jnp.mean(hard, 0), "rows": jnp.mean(rows, 0), "p": p,
        "mode": jnp.argmax(theta, -1), "divergence": argmax_divergence(noise, theta),
        "softmax_divergence": softmax_divergence(theta),
    }  # fmt: skip


def _summed(
    model: AbstractMixedVAE,
    x: Float[Array, "B 784"],
    key: Array,
    noise: AbstractPerturbation,
    encoded: Encoded,
    p: Float[Array, "B 1 K"],
) -> tuple[Float[Array, "B"], Float[Array, "B"]]:
    """Means over z of -log p(x|z, c) and of the KL of its rows, for one draw of c."""
    del noise
    c, kl = encoded.rows(key), encoded.divergence

    def at(k: Array) -> tuple[Array, Array]:
        z = jnp.broadcast_to(jnp.arange(model.categories) == k, p.shape).astype(p.dtype)
        return model.reconstruction(x, z, c), model.used(z, kl)

    hard, rows = jax.lax.map(at, jnp.arange(model.categories))
    weight = p[:, 0].T
    return jnp.sum(weight * hard, 0), jnp.sum(weight * rows, 0)


def _drawn(
    model: AbstractMixedVAE,
    x: Float[Array, "B 784"],
    key: Array,
    noise: AbstractPerturbation,
    encoded: Encoded,
    p: Float[Array, "B N K"],
) -> tuple[Float[Array, "B"], Float[Array, "B"]]:
    """The same at one draw of z and c."""
    del p
    to_rows, to_noise = jax.random.split(key)
    z = one_hot(encoded.theta + draw(noise, to_noise, encoded.theta))
    return (
        model.reconstruction(x, z, encoded.rows(to_rows)),
        model.used(z, encoded.divergence),
    )
