"""Quantiles by bisection, of any law, in either array library."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.numerics import floats, leaves, namespace, repeat

if TYPE_CHECKING:
    from collections.abc import Callable

    from perturbtheory.numerics import Array
    from perturbtheory.perturbations._base import AbstractPerturbation


_KEPT = 32
"""Answers that a law keeps."""


def bisect_log_quantile(noise: AbstractPerturbation, level: Any, upper: bool) -> Array:
    """x with log F_i(x) = level, or log S_i(x) = level if `upper`, for an array of levels.

    Example:
        >>> import perturbtheory as pt
        >>> import numpy as np
        >>> from perturbtheory.perturbations import bisect_log_quantile
        >>> float(bisect_log_quantile(pt.Logistic(), np.log(0.75), False).round(6))  # log 3
        1.098612
    """
    if namespace(level, *leaves(noise)).traced:
        return _jitted()(noise, level, upper)
    # The engine asks a law for the same few levels in every call; an array may change in place.
    known = getattr(noise, "__dict__", {}).setdefault("_quantiles", {})
    level = np.asarray(level, np.float64)
    numbers = (np.asarray(leaf, np.float64).tobytes() for leaf in leaves(noise))
    key = (level.tobytes(), level.shape, upper, *numbers)
    found = known.get(key)
    if found is None:
        found = _log_quantile(noise, level, upper)
        if len(known) >= _KEPT:
            known.clear()
        known[key] = found
    return found.copy()


def _log_quantile(noise: AbstractPerturbation, level: Any, upper: bool) -> Array:
    xp, level, *_ = floats(level, *leaves(noise))
    log_law = noise.log_sf if upper else noise.log_cdf

    def is_right(x: Array) -> Array:
        return log_law(x) > level if upper else log_law(x) < level

    return bisect(xp.zeros(np.broadcast_shapes(level.shape, noise.shape), level.dtype), is_right)


@functools.cache
def _jitted() -> Callable[..., Array]:
    import jax

    return jax.jit(_log_quantile, static_argnums=2)


def bisect(like: Array, is_right: Callable[[Array], Array]) -> Array:
    """The point at which `is_right` turns from True to False, by bisection in asinh."""
    xp = namespace(like)
    edge = 340.0 if like.dtype == np.float64 else 85.0

    def halve(bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = (low + high) / 2
        right = is_right(xp.sinh(middle))
        return xp.where(right, middle, low), xp.where(right, high, middle)

    low, high = repeat(xp, 64, halve, (like - edge, like + edge))
    return xp.sinh((low + high) / 2)
