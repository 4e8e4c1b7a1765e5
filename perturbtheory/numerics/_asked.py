"""Questions that compiled code leaves to NumPy: one callback for a batch, whatever its size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Array


def asked(
    function: Callable[..., Any],
    shape: tuple[int, ...],
    noise: Any,  # AbstractPerturbation, or AbstractDependentNoise
    *arrays: Array,
    rows: bool = False,
) -> Array:
    """function(noise, *arrays), an array of `shape` with the dtype of the first array, under jit.

    `function` gets the noise and the arrays with their numbers: one element of a batch at a time
    or, with `rows`, a whole batch where the noise is the same for all of it.

    Example:
        >>> import jax, jax.numpy as jnp, perturbtheory as pt
        >>> from perturbtheory import numerics
        >>> def scaled(noise, x):  # in NumPy
        ...     return noise.scale * x
        >>> ask = lambda x: numerics.asked(scaled, x.shape, pt.Normal(2.0), x)
        >>> jax.jit(ask)(jnp.ones(2)).tolist()
        [2.0, 2.0]
    """
    import jax

    leaves, structure = jax.tree.flatten(noise)
    given = [*leaves, *arrays]
    dims, dtype = [np.ndim(a) for a in given], arrays[0].dtype

    def answer(*numbers: Any) -> np.ndarray:
        numbers = tuple(map(np.asarray, numbers))
        leads = [a.shape[: a.ndim - k] for a, k in zip(numbers, dims, strict=True)]
        lead = np.broadcast_shapes(*leads)
        flat = [_one_axis(a, k, lead) for a, k in zip(numbers, dims, strict=True)]
        count, many = math.prod(lead), len(leaves)
        alike = all(math.prod(own) == 1 for own in leads[:many])
        if rows and alike and count > 1:
            law = jax.tree.unflatten(structure, [a[0] for a in flat[:many]])
            return function(law, *flat[many:]).astype(dtype).reshape(*lead, *shape)
        out = np.empty((count, *shape), dtype)
        for k in range(count):
            law = jax.tree.unflatten(structure, [a[k] for a in flat[:many]])
            out[k] = function(law, *(a[k] for a in flat[many:]))
        return out.reshape(*lead, *shape)

    kind = jax.ShapeDtypeStruct(shape, dtype)
    return jax.pure_callback(answer, kind, *given, vmap_method="expand_dims")


def _one_axis(a: np.ndarray, dims: int, lead: tuple[int, ...]) -> np.ndarray:
    """`a` with the batch as one leading axis."""
    own = a.shape[a.ndim - dims :]
    return np.broadcast_to(a, (*lead, *own)).reshape(math.prod(lead), *own)
