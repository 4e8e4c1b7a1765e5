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
_NEAR, _LEAST, _CLOSE = 1e-3, 700.0, 1e-12
"""What is next to zero, minus the logarithm of the smallest number there, and the relative error of
a log probability that needs no second look."""


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

    zeros = xp.zeros(np.broadcast_shapes(level.shape, noise.shape), level.dtype)
    found = bisect(zeros, is_right)
    return found if xp.traced else next_to_zero(found, log_law, level, is_right)


def next_to_zero(found: Any, log_law: Any, level: Any, is_right: Callable[[Any], Any]) -> Any:
    """Quantiles, those next to zero by bisection in their logarithm where asinh leaves no digits.

    In NumPy alone: an end of the support at zero has quantiles of every size.
    """
    with np.errstate(all="ignore"):
        near = (np.abs(found) < _NEAR) & ~(np.abs(log_law(found) - level) < _CLOSE * np.abs(level))
    if not np.any(near):
        return found
    low, high = np.full(found.shape, -_LEAST), np.full(found.shape, _LEAST)
    for _ in range(64):
        middle = (low + high) / 2
        with np.errstate(all="ignore"):
            right = is_right(_placed(middle))
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    return np.where(near, _placed((low + high) / 2), found)


def _placed(t: np.ndarray) -> np.ndarray:
    return np.sign(t) * np.exp(np.abs(t) - _LEAST)


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
