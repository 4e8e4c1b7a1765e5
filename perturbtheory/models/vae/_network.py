"""The network of both papers: x -> FC -> ReLU -> N K logits, and N K -> FC -> ReLU -> pixels."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.checks import require_count
from perturbtheory.data import PIXELS
from perturbtheory.estimators import require_key


class DiscreteVAE(eqx.Module):
    """q(z|x) = P(argmax(theta(x) + gamma) = z), N latents of K categories; p(z) = K^-N.

    theta(x) = W_2 relu(W_1 x + b_1) + b_2 and pixel logits W_4 relu(W_3 z + b_3) + b_4, of
    independent Bernoulli pixels. Weights and biases start uniform in (-1, 1)/sqrt(inputs), which
    is PyTorch's default. Paper A, section 6.2; paper B, section 5.

    Args:
        latents: N.
        categories: K, at least two.
        hidden: units between.
        key: of jax.random, for the start.

    Example:
        >>> import jax
        >>> from perturbtheory.models import vae
        >>> model = vae.DiscreteVAE(2, 3, hidden=5, key=jax.random.key(0))
        >>> model.logits(jax.numpy.zeros((4, 784), jax.numpy.float32)).shape
        (4, 2, 3)
    """

    encoder: eqx.nn.MLP
    decoder: eqx.nn.MLP
    latents: int = eqx.field(static=True)
    categories: int = eqx.field(static=True)

    def __init__(self, latents: int, categories: int, *, hidden: int = 300, key: Array) -> None:
        require_count("latents", latents)
        require_count("categories", categories, 2)
        require_count("hidden", hidden)
        require_key(key)
        first, second = jax.random.split(key)
        code = latents * categories
        options: dict[str, Any] = {"width_size": hidden, "depth": 1, "dtype": jnp.float32}
        self.encoder = eqx.nn.MLP(PIXELS, code, key=first, **options)
        self.decoder = eqx.nn.MLP(code, PIXELS, key=second, **options)
        self.latents, self.categories = latents, categories

    @property
    def independent(self) -> bool:
        """Whether the latents of an image are independent given it: nothing couples them."""
        return True

    def logits(self, x: Float[Array, "B 784"]) -> Float[Array, "B N K"]:
        """theta(x)."""
        flat = jax.vmap(self.encoder)(x)
        return flat.reshape(*x.shape[:-1], self.latents, self.categories)

    def decode(self, z: Float[Array, "B N K"]) -> Float[Array, "B 784"]:
        """Logits of the pixels, for one-hot z and for any point of the simplices."""
        return jax.vmap(self.decoder)(z.reshape(len(z), -1))

    def reconstruction(
        self, x: Float[Array, "B 784"], z: Float[Array, "B N K"]
    ) -> Float[Array, "B"]:
        """-log p(x|z) in nats, summed over pixels."""
        return cross_entropy(x, self.decode(z))

    def reconstructions(self, x: Float[Array, "B 784"]) -> Float[Array, "B K"]:
        """-log p(x|e_k) for every k, for one latent.

        What the decoder gives for e_k does not depend on x: K images, and one product of
        (B x 784) by (784 x K), stand for K passes of the whole batch.
        """
        images = self.decode(jnp.eye(self.categories, dtype=x.dtype)[:, None])
        return jnp.sum(jax.nn.softplus(images), -1) - x @ images.T


class ControlNetwork(eqx.Module):
    """c(x) = w_2 relu(W_1 x + b_1) + b_2 of the perturbed logits: the control variate of RELAX.

    50 units between, as in Grathwohl et al. (2018) and in paper B. It takes x of shape (B, N, K)
    and returns one value for each of B.

    Example:
        >>> import jax
        >>> from perturbtheory.models import vae
        >>> control = vae.ControlNetwork(2, 3, key=jax.random.key(0))
        >>> control(jax.numpy.zeros((4, 2, 3), jax.numpy.float32)).shape
        (4,)
    """

    layers: eqx.nn.MLP

    def __init__(self, latents: int, categories: int, *, hidden: int = 50, key: Array) -> None:
        require_count("latents", latents)
        require_count("categories", categories, 2)
        require_count("hidden", hidden)
        require_key(key)
        self.layers = eqx.nn.MLP(
            latents * categories, "scalar", hidden, 1, key=key, dtype=jnp.float32
        )

    def __call__(self, x: Float[Array, "B N K"]) -> Float[Array, "B"]:
        """The values of c."""
        return jax.vmap(self.layers)(x.reshape(len(x), -1))


def cross_entropy(
    x: Float[Array, "... 784"], logits: Float[Array, "... 784"]
) -> Float[Array, "..."]:
    """sum_i log(1 + e^l_i) - x_i l_i: -log of the Bernoulli likelihood, for logits l.

    Example:
        >>> from perturbtheory.models import vae
        >>> import jax.numpy as jnp
        >>> float(vae.cross_entropy(jnp.ones(2), jnp.zeros(2)).round(4))  # 2 log 2
        1.3863
    """
    return jnp.sum(jax.nn.softplus(logits) - x * logits, -1)
