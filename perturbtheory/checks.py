"""Errors that name the argument, its value and the way out.

Values known before a computation starts are checked here and raise. Values that are
traced by a transformation such as ``jax.jit`` cannot be looked at; they pass, and the
engine answers NaN in every output if they turn out to be invalid.
"""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

_WAY_TO_64_BIT = (
    "turn it on with `jax.config.update('jax_enable_x64', True)` before the first computation, "
    "or pass 32-bit input"
)


def is_known(value: Any) -> bool:
    """Whether the numbers in `value` can be looked at now: neither traced nor a placeholder."""
    return isinstance(value, int | float | np.ndarray | np.generic | jax.Array) and not isinstance(
        value, Tracer
    )


def require(
    name: str,
    value: Any,
    good: Callable[[np.ndarray], np.ndarray],
    what: str,
    way_out: str,
    *,
    most: int | None = 1,
) -> None:
    """Raise ValueError unless every known entry of `value` is `good`.

    `what` completes the sentence "`name` must ..."; `way_out` says how to mend the call; `most`
    is the largest number of dimensions.
    """
    if not is_known(value):
        if value is None or isinstance(value, list | tuple | str | complex):
            msg = (
                f"`{name}` must be a real number or a numpy or JAX array, got {value!r}; "
                f"{way_out}; wrap a list in np.array"
            )
            raise ValueError(msg)
        return
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        msg = f"`{name}` must be real, got {value!r} of type {array.dtype}; {way_out}"
        raise ValueError(msg)
    if array.size == 0:
        msg = f"`{name}` must not be empty, got shape {array.shape}; {way_out}"
        raise ValueError(msg)
    if most is not None and array.ndim > most:
        shapes = "a number" if most == 0 else "a number or one number for each coordinate"
        msg = f"`{name}` must be {shapes}, got shape {array.shape}; {way_out}"
        raise ValueError(msg)
    bad = ~np.broadcast_to(good(array), array.shape)
    if bad.any():
        msg = f"`{name}` must {what}, got {array[bad].ravel()[0]!s}; {way_out}"
        raise ValueError(msg)


def require_count(name: str, value: Any, least: int = 1) -> None:
    """Raise ValueError unless `value` is an integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        what = "a positive integer" if least == 1 else f"an integer of at least {least}"
        msg = f"`{name}` must be {what}, got {value!r}"
        raise ValueError(msg)


def require_one_of(name: str, value: Any, values: Iterable[str]) -> None:
    """Raise ValueError unless `value` is one of `values`."""
    known = tuple(values)
    if value not in known:
        msg = f"`{name}` must be one of {', '.join(known)}, got {value!r}"
        raise ValueError(msg)


def require_one_shape(**parameters: Any) -> None:
    """Raise ValueError unless the parameters are numbers or vectors of one common length."""
    shapes = {name: np.shape(value) for name, value in parameters.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError as error:
        names = " and ".join(f"`{name}`" for name in shapes)
        listed = " and ".join(str(shape) for shape in shapes.values())
        msg = f"{names} must have one shape, got {listed}; give one value for each coordinate"
        raise ValueError(msg) from error


def finite(array: np.ndarray) -> np.ndarray:
    """True where `array` is a finite number."""
    return np.isfinite(array)


def positive(array: np.ndarray) -> np.ndarray:
    """True where `array` is finite and greater than zero."""
    return np.isfinite(array) & (array > 0)


def as_vectors(name: str, value: Any) -> jax.Array:
    """`value` as a floating array of shape ``(..., d)`` with d >= 1 and finite entries.

    Integers become the default float. Raises ValueError for text, complex numbers, a scalar,
    an empty array, NaN or infinity, and for 64-bit input while 64-bit is off (JAX would
    otherwise drop half of its digits without a word).
    """
    if not isinstance(value, jax.Array):
        is_array = isinstance(value, np.ndarray | np.generic)
        try:
            value = np.asarray(value)
        except ValueError as error:
            msg = f"`{name}` must be a rectangular array of numbers, got {value!r}"
            raise ValueError(msg) from error
        if value.dtype.kind not in "iuf":
            msg = f"`{name}` must be real, got {value!r} of type {value.dtype}; pass real numbers"
            raise ValueError(msg)
        if is_array and value.dtype == np.float64 and not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
            msg = f"`{name}` is float64 but 64-bit is off in JAX: {_WAY_TO_64_BIT}"
            raise ValueError(msg)
    elif not (
        jnp.issubdtype(value.dtype, jnp.floating) or jnp.issubdtype(value.dtype, jnp.integer)
    ):
        msg = f"`{name}` must be real, got type {value.dtype}; pass real numbers"
        raise ValueError(msg)
    if value.ndim == 0:
        msg = f"`{name}` must be a vector with one entry per category, got the scalar {value}"
        raise ValueError(msg)
    if value.size == 0:
        msg = f"`{name}` must have at least one entry, got shape {value.shape}"
        raise ValueError(msg)
    way_out = "remove the entry" + (" or give it a finite logit" if name == "theta" else "")
    require(name, value, finite, "be finite", way_out, most=None)
    array = jnp.asarray(value)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(float)
