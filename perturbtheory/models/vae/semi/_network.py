"""Networks with a discrete and a continuous latent: paper B, section 5, and one with attributes."""

import abc
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.checks import require_count
from perturbtheory.data import PIXELS
from perturbtheory.estimators import require_key
from perturbtheory.models.vae._network import cross_entropy


class Widths(NamedTuple):
    """Units of the layers between; those of paper B, but for the decoder, which is of its code.

    Example:
        >>> from perturbtheory.models.vae import semi
        >>> semi.Widths(trunk=50).trunk
        50
    """

    trunk: int = 400
    shared: int = 200
    discrete: int = 100
    row: int = 100
    head: int = 66
    decoder: int = 400


PUBLISHED = Widths()


class Encoded(NamedTuple):
    """What the encoder says of a batch.

    Attributes:
        theta: logits of the discrete latents.
        mean: of the Gaussian rows.
        log_variance: of the same.
    """

    theta: Float[Array, "B N K"]
    mean: Float[Array, "B R C"]
    log_variance: Float[Array, "B R C"]

    @property
    def divergence(self) -> Float[Array, "B R"]:
        """KL(N(mean, variance) || N(0, 1)) of each row, in nats."""
        log_v = self.log_variance
        return jnp.sum(jnp.square(self.mean) + jnp.exp(log_v) - 1 - log_v, -1) / 2

    def rows(self, key: Array) -> Float[Array, "B R C"]:
        """One draw of each row."""
        normal = jax.random.normal(key, self.mean.shape, self.mean.dtype)
        return self.mean + jnp.exp(self.log_variance / 2) * normal


class AbstractMixedVAE(eqx.Module):
    """p(x, z, c) = K^-N N(c; 0, 1) p(x|z, c): N discrete latents z and R Gaussian rows c.

    One trunk x -> FC 400 -> ReLU -> FC 200 feeds the discrete head FC 100 -> ReLU -> FC N K and
    the continuous one: FC 100 -> ReLU for each row, then FC 66 -> FC 2 C, which all rows share.
    Were the first layer shared too, every row would have the same law for an image; the code of
    paper B has a first layer for each row, as here, while the paper says that "the parameters of
    z_c are shared across the rows". The paper has no leaky ReLU and no dropout; the code has both.
    The decoder is FC 400 -> ReLU -> pixels, as in the code; the paper does not say.

    Subclasses are final and say what the decoder is given.
    """

    trunk: eqx.nn.MLP
    discrete: eqx.nn.MLP
    first: eqx.nn.Linear
    shared: tuple[eqx.nn.Linear, eqx.nn.Linear]
    decoder: eqx.nn.MLP
    latents: int = eqx.field(static=True)
    categories: int = eqx.field(static=True)
    rows: int = eqx.field(static=True)
    continuous: int = eqx.field(static=True)

    def _build(
        self, latents: int, categories: int, rows: int, continuous: int, widths: Widths, key: Array
    ) -> None:
        require_count("latents", latents)
        require_count("categories", categories, 2)
        require_count("continuous", continuous)
        for name, width in widths._asdict().items():
            require_count(name, width)
        require_key(key)
        keys = jax.random.split(key, 6)
        single: Any = {"dtype": jnp.float32}
        deep: Any = {"depth": 1, "dtype": jnp.float32}
        self.latents, self.categories = latents, categories
        self.rows, self.continuous = rows, continuous
        w, code = widths, latents * categories
        self.trunk = eqx.nn.MLP(PIXELS, w.shared, w.trunk, key=keys[0], **deep)
        self.discrete = eqx.nn.MLP(w.shared, code, w.discrete, key=keys[1], **deep)
        self.first = eqx.nn.Linear(w.shared, rows * w.row, key=keys[2], **single)
        self.shared = (
            eqx.nn.Linear(w.row, w.head, key=keys[3], **single),
            eqx.nn.Linear(w.head, 2 * continuous, key=keys[4], **single),
        )
        self.decoder = eqx.nn.MLP(self.inputs, PIXELS, w.decoder, key=keys[5], **deep)

    @property
    @abc.abstractmethod
    def inputs(self) -> int:
        """How many numbers the decoder takes."""

    @abc.abstractmethod
    def code(self, z: Float[Array, "B N K"], c: Float[Array, "B R C"]) -> Float[Array, "B inputs"]:
        """What the decoder takes, for one-hot z and for any point of the simplices."""

    @abc.abstractmethod
    def used(self, z: Float[Array, "B N K"], each: Float[Array, "B R"]) -> Float[Array, "B"]:
        """The sum of `each` over the rows that z uses."""

    def encode(self, x: Float[Array, "B 784"]) -> Encoded:
        """Logits, and mean and log-variance of every row."""
        hidden = jax.vmap(self.trunk)(x)
        theta = jax.vmap(self.discrete)(hidden).reshape(-1, self.latents, self.categories)
        rows = jax.nn.relu(jax.vmap(self.first)(hidden))
        rows = rows.reshape(-1, self.shared[0].in_features)
        for layer in self.shared:
            rows = jax.vmap(layer)(rows)
        mean, log_variance = jnp.split(rows.reshape(len(x), self.rows, -1), 2, -1)
        return Encoded(theta, mean, log_variance)

    def logits(self, x: Float[Array, "B 784"]) -> Float[Array, "B N K"]:
        """theta(x)."""
        flat = jax.vmap(lambda image: self.discrete(self.trunk(image)))(x)
        return flat.reshape(-1, self.latents, self.categories)

    def decode(self, z: Float[Array, "B N K"], c: Float[Array, "B R C"]) -> Float[Array, "B 784"]:
        """Logits of the pixels."""
        return jax.vmap(self.decoder)(self.code(z, c))

    def reconstruction(
        self, x: Float[Array, "B 784"], z: Float[Array, "B N K"], c: Float[Array, "B R C"]
    ) -> Float[Array, "B"]:
        """-log p(x|z, c) in nats, summed over pixels."""
        return cross_entropy(x, self.decode(z, c))


class MixtureVAE(AbstractMixedVAE):
    """p(x|z, c) of diag(z) c: of the K rows of c the decoder sees the one that z chooses.

    Paper B, section 5, with K = 10 and C = 20. For z in the simplex each row is multiplied by its
    entry of z, and so is its divergence.

    Args:
        categories: K, which is the number of rows too.
        continuous: C, numbers in a row.
        widths: of the layers between.
        key: of jax.random, for the start.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import semi
        >>> widths = semi.Widths(8, 8, 8, 8, 8, 8)
        >>> model = semi.MixtureVAE(3, 2, widths=widths, key=jax.random.key(0))
        >>> model.logits(jax.numpy.zeros((4, 784), jax.numpy.float32)).shape
        (4, 1, 3)
    """

    def __init__(
        self,
        categories: int = 10,
        continuous: int = 20,
        *,
        widths: Widths = PUBLISHED,
        key: Array,
    ) -> None:
        self._build(1, categories, categories, continuous, widths, key)

    @property
    def inputs(self) -> int:
        return self.rows * self.continuous

    def code(self, z: Float[Array, "B 1 K"], c: Float[Array, "B K C"]) -> Float[Array, "B KC"]:
        return (z[:, 0, :, None] * c).reshape(len(z), -1)

    def used(self, z: Float[Array, "B 1 K"], each: Float[Array, "B K"]) -> Float[Array, "B"]:
        return jnp.sum(z[:, 0] * each, -1)


class AttributeVAE(AbstractMixedVAE):
    """p(x|z, c) of z beside c: N attributes of K values each, and one Gaussian row for the rest.

    Switching one attribute leaves all other inputs of the decoder as they are. Paper B says of its
    own network for attributes only that it has k = 8 of them and convolutions.

    Args:
        latents: N.
        categories: K of each.
        continuous: C, numbers in the row.
        widths: of the layers between.
        key: of jax.random, for the start.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import semi
        >>> widths = semi.Widths(8, 8, 8, 8, 8, 8)
        >>> model = semi.AttributeVAE(3, 2, 2, widths=widths, key=jax.random.key(0))
        >>> model.logits(jax.numpy.zeros((4, 784), jax.numpy.float32)).shape
        (4, 3, 2)
    """

    def __init__(
        self,
        latents: int = 8,
        categories: int = 2,
        continuous: int = 20,
        *,
        widths: Widths = PUBLISHED,
        key: Array,
    ) -> None:
        self._build(latents, categories, 1, continuous, widths, key)

    @property
    def inputs(self) -> int:
        return self.latents * self.categories + self.continuous

    def code(self, z: Float[Array, "B N K"], c: Float[Array, "B 1 C"]) -> Float[Array, "B inputs"]:
        return jnp.concatenate([z.reshape(len(z), -1), c[:, 0]], -1)

    def used(self, z: Float[Array, "B N K"], each: Float[Array, "B 1"]) -> Float[Array, "B"]:
        del z
        return each[:, 0]
