"""Images that are generated with a category or an attribute chosen, and measured again."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from perturbtheory.checks import require_count
from perturbtheory.estimators import require_key
from perturbtheory.models.vae.semi._network import AbstractMixedVAE, AttributeVAE, MixtureVAE


class Switching(NamedTuple):
    """What changes in the image when one attribute is switched on and all else stays.

    Attributes:
        appears: share of pairs of images in which attribute j is measured after switching i and
            was not before, at entry (i, j).
        goes: share of pairs in which it was before and is not after.

    On the diagonal `appears` says how often an attribute follows; off it the sum of both says how
    often another moves.

    Example:
        >>> from perturbtheory.models.vae import semi
        >>> import numpy as np
        >>> found = semi.Switching(np.array([[0.9, 0.1], [0.0, 0.8]]), np.zeros((2, 2)))
        >>> found.follows.tolist()
        [0.9, 0.8]
    """

    appears: Float[np.ndarray, "N N"]
    goes: Float[np.ndarray, "N N"]

    @property
    def follows(self) -> Float[np.ndarray, "N"]:
        """How often an attribute appears when it is switched on."""
        return np.diag(self.appears)

    @property
    def moves(self) -> Float[np.ndarray, "N N"]:
        """How often attribute j is another after switching i."""
        return self.appears + self.goes


def by_category(model: MixtureVAE, count: int, key: Array) -> Float[np.ndarray, "count K 784"]:
    """Means of the pixels for every category, each row with one draw of c ~ N(0, 1) for all.

    Paper B, Figure 4: one column for each class.

    Raises:
        TypeError: for another model.
        ValueError: for a count that is not positive.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import semi
        >>> widths = semi.Widths(8, 8, 8, 8, 8, 8)
        >>> model = semi.MixtureVAE(3, 2, widths=widths, key=jax.random.key(0))
        >>> semi.by_category(model, 5, jax.random.key(1)).shape
        (5, 3, 784)
    """
    _require("model", model, MixtureVAE)
    require_count("count", count)
    require_key(key)
    c = jax.random.normal(key, (count, 1, model.continuous), jnp.float32)
    z = jnp.eye(model.categories, dtype=jnp.float32)
    rows = jnp.broadcast_to(c, (count, model.rows, model.continuous))
    found = [_means(model, jnp.broadcast_to(one, (count, 1, model.categories)), rows) for one in z]
    return np.stack(found, 1)


def switched(
    model: AttributeVAE, labels: Int[Array, "n N"], c: Float[Array, "n 1 C"]
) -> tuple[Float[np.ndarray, "n N 784"], Float[np.ndarray, "n N 784"]]:
    """Means of the pixels with attribute i off, and on, at entry (., i); the others as in `labels`.

    Paper B, Figure 5: "the generation of the same continuous latent variable for all the
    attributes".

    Raises:
        TypeError: for another model.
        ValueError: unless attributes are off or on, and there is a row of labels for each of c.
    """
    _require("model", model, AttributeVAE)
    y = np.asarray(labels)
    if model.categories != 2 or y.shape != (len(c), model.latents) or not np.isin(y, (0, 1)).all():
        msg = (
            f"`labels` must be 0 or 1 of shape ({len(c)}, {model.latents}) for a model of two "
            f"categories, got {y.dtype} of shape {y.shape} for {model.categories}; give one row "
            "for each row of `c`"
        )
        raise ValueError(msg)
    images = []
    for value in (0, 1):
        set_to = np.where(np.eye(model.latents, dtype=bool), value, y[:, None])
        found = [_means(model, _one_hot(set_to[:, i]), c) for i in range(model.latents)]
        images.append(np.stack(found, 1))
    return images[0], images[1]


def switching(
    model: AttributeVAE,
    labels: Int[Array, "n N"],
    c: Float[Array, "n 1 C"],
    measured: Callable[[np.ndarray], np.ndarray],
) -> Switching:
    """Shares over n images; `measured` gives the attributes of pixels rounded to 0 and 1.

    Paper B shows such images; here the attributes are measured on them again.

    Args:
        model: that generates.
        labels: 0 or 1, of the attributes that are not switched.
        c: the continuous rows, which stay.
        measured: from images of shape (m, 784) to 0 or 1 of shape (m, N), such as
            `perturbtheory.data.attributes.Thresholds`.

    Raises:
        TypeError, ValueError: as `switched`.
    """
    off, on = (
        np.asarray(measured((images > 0.5).reshape(-1, images.shape[-1]).astype(np.uint8)), bool)
        for images in switched(model, labels, c)
    )
    before, after = (a.reshape(len(labels), model.latents, model.latents) for a in (off, on))
    return Switching((after & ~before).mean(0), (before & ~after).mean(0))


def _one_hot(labels: np.ndarray) -> Array:
    return jax.nn.one_hot(labels, 2, dtype=jnp.float32)


@eqx.filter_jit
def _compiled(model: AbstractMixedVAE, z: Array, c: Array) -> Array:
    return jax.nn.sigmoid(model.decode(z, c))


def _means(model: AbstractMixedVAE, z: Array, c: Array) -> np.ndarray:
    return np.asarray(_compiled(model, z, c))


def _require(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        msg = (
            f"`{name}` must be a {kind.__name__}, got {value!r}; see perturbtheory.models.vae.semi"
        )
        raise TypeError(msg)
