"""Bounds on -log p(x) over a set of images: relaxed, hard, exact, importance-weighted."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, UInt8

from perturbtheory.checks import require_count
from perturbtheory.estimators import Relaxed, draw, one_hot, require_key
from perturbtheory.models.vae._divergence import argmax_divergence, softmax_divergence
from perturbtheory.models.vae._images import mean_and_error, over_batches, require_binary
from perturbtheory.models.vae._network import DiscreteVAE
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import expected_max


class Bounds(NamedTuple):
    """Means over images, in nats.

    Attributes:
        relaxed: -log p(x|s) at s = softmax((theta + gamma)/t), which bounds nothing.
        hard: -log p(x|z) at z = argmax(theta + gamma), with one latent its exact mean.
        hard_error: standard error of `hard`, from the spread over images; of draws and of images.
        divergence: KL of the arg max's own law; `hard` plus it is an upper bound on -log p(x).
        softmax_divergence: KL of softmax(theta), which is that one under unit Gumbel noise only.

    Example:
        >>> from perturbtheory.models import vae
        >>> vae.Bounds(100.0, 101.0, 0.5, 6.0, 6.5).bound
        107.0
    """

    relaxed: float
    hard: float
    hard_error: float
    divergence: float
    softmax_divergence: float

    @property
    def bound(self) -> float:
        """Hard reconstruction and the KL of the law z is drawn from."""
        return self.hard + self.divergence

    @property
    def as_published(self) -> float:
        """Hard reconstruction and the KL of softmax(theta)."""
        return self.hard + self.softmax_divergence

    @property
    def relaxed_loss(self) -> float:
        """Relaxed reconstruction and the KL of softmax(theta)."""
        return self.relaxed + self.softmax_divergence


def evaluate(
    model: DiscreteVAE,
    images: UInt8[ArrayLike, "n 784"],
    noise: AbstractPerturbation,
    *,
    temperature: Array | float = 1.0,
    draws: int = 10,
    key: Array,
) -> Bounds:
    """Every part of the loss on a set of images.

    Args:
        model: what is evaluated.
        images: binary, 0 or 1.
        noise: gamma.
        temperature: of the relaxed part.
        draws: of the hard part, for more than one latent; the relaxed part takes one.
        key: of jax.random.

    Raises:
        TypeError: for noise that is no perturbation.
        ValueError: for images that are not binary rows of 784, or none; for a temperature that is
            not positive, or another number of draws or key than one may give.

    Example:
        >>> import perturbtheory as pt
        >>> import jax
        >>> from perturbtheory.models import vae
        >>> import numpy as np
        >>> images = np.zeros((4, 784), np.uint8)
        >>> model = vae.DiscreteVAE(1, 3, hidden=5, key=jax.random.key(0))
        >>> found = vae.evaluate(model, images, pt.Gumbel(), key=jax.random.key(1))
        >>> found.hard_error
        0.0
    """
    x = require_binary("images", images)
    _require(model, noise, draws, key, temperature)
    t = jnp.asarray(temperature, jnp.float32)
    parts = over_batches(_parts, model, x, key, noise.astype(jnp.float32), t, draws)
    means = {name: mean_and_error(values)[0] for name, values in parts.items()}
    return Bounds(**means, hard_error=mean_and_error(parts["hard"])[1])


def importance_bound(
    model: DiscreteVAE,
    images: UInt8[ArrayLike, "n 784"],
    noise: AbstractPerturbation,
    *,
    draws: int = 100,
    key: Array,
) -> float:
    """Mean over images of E[-log (1/M) sum_m p(x|z_m) p(z_m)/q(z_m|x)], M = draws.

    q is the law of the arg max, from the potential's probabilities. It falls to -log p(x) as M
    grows, and is `Bounds.bound` at M = 1. Burda, Grosse and Salakhutdinov (2016). In nats.

    Args:
        model: what is evaluated.
        images: binary, 0 or 1.
        noise: gamma.
        draws: M.
        key: of jax.random.

    Raises:
        TypeError: for noise that is no perturbation.
        ValueError: as `evaluate`.
    """
    x = require_binary("images", images)
    _require(model, noise, draws, key)
    found = over_batches(_importance, model, x, key, noise.astype(jnp.float32), draws)
    return mean_and_error(found["bound"])[0]


def _require(
    model: DiscreteVAE,
    noise: AbstractPerturbation,
    draws: int,
    key: Array,
    temperature: Array | float = 1.0,
) -> None:
    require_count("draws", draws)
    require_key(key)
    Relaxed(noise, temperature).check(np.zeros((model.latents, model.categories), np.float32))


def _parts(
    model: DiscreteVAE,
    x: Float[Array, "B 784"],
    key: Array,
    noise: AbstractPerturbation,
    temperature: Array,
    draws: int,
) -> dict[str, Float[Array, "B"]]:
    theta = model.logits(x)
    gamma = draw(noise, key, theta)
    out = {
        "relaxed": model.reconstruction(x, jax.nn.softmax((theta + gamma) / temperature)),
        "divergence": argmax_divergence(noise, theta),
        "softmax_divergence": softmax_divergence(theta),
    }
    if model.latents == 1:
        p = expected_max(noise).probabilities(theta[:, 0])
        return out | {"hard": jnp.sum(p * model.reconstructions(x), -1)}

    def hard(number: Array) -> Array:
        return model.reconstruction(x, sample(noise, jax.random.fold_in(key, number), theta))

    return out | {"hard": jnp.mean(jax.lax.map(hard, jnp.arange(draws)), 0)}


def _importance(
    model: DiscreteVAE,
    x: Float[Array, "B 784"],
    key: Array,
    noise: AbstractPerturbation,
    draws: int,
) -> dict[str, Float[Array, "B"]]:
    theta = model.logits(x)
    log_q = jnp.log(jnp.maximum(expected_max(noise).probabilities(theta), 1e-30))
    log_prior = -model.latents * math.log(model.categories)

    def weight(number: Array) -> Array:
        z = sample(noise, jax.random.fold_in(key, number), theta)
        return log_prior - jnp.sum(z * log_q, (-1, -2)) - model.reconstruction(x, z)

    weights = jax.lax.map(weight, jnp.arange(draws))
    return {"bound": math.log(draws) - jax.nn.logsumexp(weights, 0)}


def sample(
    noise: AbstractPerturbation, key: Array, theta: Float[Array, "B N K"]
) -> Float[Array, "B N K"]:
    """z = e_argmax(theta + gamma), one-hot, one draw of each latent.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.models import vae
        >>> import jax
        >>> vae.sample(pt.Gumbel(), jax.random.key(0), jax.numpy.zeros((2, 3))).sum(-1).tolist()
        [1.0, 1.0]
    """
    return one_hot(theta + draw(noise, key, theta))
