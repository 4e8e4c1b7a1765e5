"""Arguments of the estimators: vectors over K categories and the Jacobian of their logits."""

from typing import Any

import numpy as np

from perturbtheory.checks import finite, require, require_no_mask
from perturbtheory.numerics import is_jax, is_known

_LARGEST = 1e12
"""Spread of logits, beyond which their rounding alone changes probabilities by 1e-4."""


def array(name: str, value: Any, dimensions: int, *, masked: bool = False) -> np.ndarray:
    """`value` as a finite array of 64-bit floats with so many dimensions.

    With `masked` entries may be -inf, but not all of them.

    Raises:
        TypeError: for a value traced by JAX.
        ValueError: for anything else that is not such an array.
    """
    if is_jax(value) and not is_known(value):
        msg = f"`{name}` must be known, got {value}; call outside of jax.jit, jax.vmap and jax.grad"
        raise TypeError(msg)
    require_no_mask(name, value)
    try:
        value = np.asarray(value)
    except ValueError as error:
        msg = f"`{name}` must be a rectangular array of numbers, got {value!r}"
        raise ValueError(msg) from error
    way_out = "remove the entry" if dimensions else "pass a finite number"
    good = (lambda x: np.isfinite(x) | np.isneginf(x)) if masked else finite
    what = "be finite, or -inf for a category that cannot win" if masked else "be finite"
    require(name, value, good, what, way_out, most=None)
    if value.ndim != dimensions:
        kind = {0: "a number", 1: "a vector", 2: "a matrix"}[dimensions]
        msg = f"`{name}` must be {kind}, got shape {value.shape}; call once for every such"
        raise ValueError(msg)
    return value.astype(np.float64)


def logits_and_values(logits: Any, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """h and f as vectors of one length K >= 2, each shifted to have maximum zero.

    h_k = -inf masks category k.
    """
    h, f = array("logits", logits, 1, masked=True), array("values", values, 1)
    if h.size < 2:
        msg = f"`logits` must have at least two entries, got {h.size}; one category has no gradient"
        raise ValueError(msg)
    if f.shape != h.shape:
        msg = (
            f"`values` must have the shape of `logits`, got {f.shape} and {h.shape}; "
            "give one value for each category"
        )
        raise ValueError(msg)
    open_ = h > -np.inf
    if not open_.any():
        msg = f"`logits` must have a category that can win, got -inf in all {h.size}"
        raise ValueError(msg)
    for name, x in (("logits", h[open_]), ("values", f)):
        if x.max() / 2 - x.min() / 2 > _LARGEST / 2:
            msg = f"`{name}` must lie within {_LARGEST:g} of each other, got {x}; rescale them"
            raise ValueError(msg)
    return h - h.max(), f - f.max()


def nonzero(epsilon: Any, values: np.ndarray) -> float:
    """Epsilon, of either sign, for which epsilon * values can be represented."""
    number = float(array("epsilon", epsilon, 0))
    if number == 0:
        msg = (
            "`epsilon` must not be zero, got 0; the limit epsilon -> 0 of the mean is "
            "`exact_gradient`"
        )
        raise ValueError(msg)
    spread = float(np.ptp(values))
    if abs(number) * spread > _LARGEST:
        msg = (
            f"`epsilon` times the spread of `values` must be at most {_LARGEST:g}, got {number} "
            f"times {spread}; rescale them"
        )
        raise ValueError(msg)
    return number


def flag(name: str, value: Any) -> bool:
    """`value`; raises ValueError unless it is True or False."""
    if not isinstance(value, bool | np.bool_):
        msg = f"`{name}` must be True or False, got {value!r}"
        raise ValueError(msg)
    return bool(value)


def jacobian_or_identity(jacobian: Any, categories: int) -> np.ndarray:
    """The matrix whose row z is the gradient of h(z), shape (K, n); the identity for None."""
    if jacobian is None:
        return np.eye(categories)
    matrix = array("jacobian", jacobian, 2)
    if len(matrix) != categories:
        msg = (
            f"`jacobian` must have {categories} rows, the gradients of the logits, got shape "
            f"{matrix.shape}; transpose it or leave it out for the gradient in the logits"
        )
        raise ValueError(msg)
    return matrix
