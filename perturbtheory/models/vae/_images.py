"""Binary images, and functions of all of them, some hundreds at a time."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from perturbtheory.data import PIXELS

BATCH = 500
"""Images at a time."""


def require_binary(name: str, images: Any) -> np.ndarray:
    """Images as rows of 0 and 1 in bytes; raises ValueError for others.

    Example:
        >>> from perturbtheory.models import vae
        >>> import numpy as np
        >>> vae.require_binary("images", np.ones((2, 784))).shape
        (2, 784)
    """
    x: Any = np.asarray(images) if hasattr(images, "shape") else np.zeros(0)
    if x.ndim != 2 or x.shape[1] != PIXELS or len(x) == 0 or x.dtype.kind not in "buif":
        got = f"{x.dtype}{x.shape}" if hasattr(images, "shape") else repr(images)[:60]
        msg = (
            f"`{name}` must be an array of numbers of shape (n, {PIXELS}) with n > 0, got {got}; "
            "flatten 28 x 28 images"
        )
        raise ValueError(msg)
    binary = (x == 0) | (x == 1)
    if not binary.all():
        wrong = x[~binary][0]
        msg = f"`{name}` must be 0 or 1, got {wrong}; see perturbtheory.data.threshold"
        raise ValueError(msg)
    return x.astype(np.uint8)


def over_batches(
    function: Callable[..., dict[str, Array]],
    model: Any,
    data: Any,
    key: Array,
    *options: object,
    size: int | None = None,
) -> dict[str, np.ndarray]:
    """function(model, batch, key of the batch, *options) for all images, in order.

    `data` is an array, or a tree of arrays, with an entry for each image; batches are in 32-bit.
    So are results; the last batch is filled up and cut off again. Compiled once for a function,
    whatever the numbers in the model and in the options.
    """
    size, count = BATCH if size is None else size, len(jax.tree.leaves(data)[0])
    pad = -count % size

    def split(x: np.ndarray) -> Array:
        filled = np.concatenate([x, x[:1].repeat(pad, 0)])
        return jnp.asarray(filled.reshape(-1, size, *x.shape[1:]))

    found = _scan(function, model, jax.tree.map(split, data), key, *options)
    return {name: np.asarray(a).reshape(-1, *a.shape[2:])[:count] for name, a in found.items()}


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """The mean over images in 64-bit, and its standard error from their spread.

    Example:
        >>> from perturbtheory.models import vae
        >>> import jax.numpy as jnp
        >>> [round(float(x), 4) for x in vae.mean_and_error(jnp.array([1.0, 3.0]))]
        [2.0, 0.7071]
    """
    wide = values.astype(np.float64)
    return float(wide.mean()), float(wide.std() / math.sqrt(len(wide)))


@eqx.filter_jit
def _scan(
    function: Callable[..., dict[str, Array]],
    model: Any,
    batches: Any,
    key: Array,
    *options: object,
) -> dict[str, Array]:
    def one(pair: tuple[Any, Array]) -> dict[str, Array]:
        batch = jax.tree.map(lambda a: a.astype(jnp.float32), pair[0])
        return function(model, batch, jax.random.fold_in(key, pair[1]), *options)

    return jax.lax.map(one, (batches, jnp.arange(len(jax.tree.leaves(batches)[0]))))
