"""Entries of rows by category, where a category that is none is refused."""

from typing import Any

import numpy as np

from perturbtheory.checks import require_no_mask
from perturbtheory.distributions._arguments import joint_shape
from perturbtheory.numerics import Array, is_jax, is_known, namespace


def taken(rows: Array, category: Any) -> Array:
    """rows[..., category], of the shape to which `category` and the batch of the rows broadcast.

    Raises ValueError unless every known category is an integer from 0 to d - 1, and for shapes
    that do not broadcast; a category that is traced and is none gives NaN.
    """
    index = _integers(category, rows.shape[-1])
    shape = joint_shape("category", index.shape, rows.shape[:-1])
    xp = namespace(rows, index)
    rows = xp.broadcast_to(xp.asarray(rows), (*shape, rows.shape[-1]))
    index = xp.broadcast_to(xp.asarray(index), shape)
    good = (index >= 0) & (index < rows.shape[-1])
    entries = xp.take_along_axis(rows, xp.where(good, index, 0)[..., None], -1)[..., 0]
    return xp.where(good, entries, xp.nan) if xp.traced else entries


def _integers(category: Any, d: int) -> Any:
    way_out = f"pass integers from 0 to {d - 1}"
    require_no_mask("category", category)
    try:
        index = category if is_jax(category) else np.asarray(category)
    except ValueError as error:
        msg = f"`category` must be a rectangular array, got {category!r}; {way_out}"
        raise ValueError(msg) from error
    if np.dtype(index.dtype).kind not in "iu":
        msg = f"`category` must be integers, got {category!r} of type {index.dtype}; {way_out}"
        raise ValueError(msg)
    if is_known(index):
        known = np.asarray(index)
        bad = (known < 0) | (known >= d)
        if bad.any():
            msg = f"`category` must be one of {d} categories, got {known[bad].flat[0]}; {way_out}"
            raise ValueError(msg)
    return index
