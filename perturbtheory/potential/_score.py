"""The score in NumPy: the gradient of a log-likelihood, for many observations at once."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.potential import _rows
from perturbtheory.potential.methods import (
    closed_form,
    factors,
    method_of,
    orthants,
    points,
    quadrature,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

_LEAST = -600.0
"""log p_i down to which n_i / p_i is a number, and rows of H have the digits of p_i."""


def score(
    answer: Callable[..., Any],
    noise: Any,
    theta: Float[np.ndarray, "... d"],
    counts: Float[np.ndarray, "... d"],
) -> Float[np.ndarray, "... d"]:
    """grad sum_i n_i log p_i(theta) = H(theta) (n / p), by `answer` about p and H for all rows.

    Where p_i is so small that H has none of its digits, the slope of log p_i is found by itself.
    """
    counts = np.where(theta > -np.inf, counts, 0.0)
    method = method_of(noise)
    least = math.log(quadrature.TINY) if method is quadrature else _LEAST

    def weighed(counts: np.ndarray, log_p: np.ndarray) -> np.ndarray:
        near = log_p > least
        return np.where(near, counts / np.where(near, np.exp(log_p), 1.0), 0.0)

    if method is orthants:
        return _by_slopes(noise, theta, counts)
    if method in (factors, points):
        log_p, out = _by_rows(noise, theta, counts, weighed)
        if method is points:
            points.require_logs(theta, np.where(counts != 0, log_p, 0.0))
    else:
        log_p = answer("log_probabilities", noise, theta)
        if method is closed_form:
            return (counts - counts.sum(-1, keepdims=True) * np.exp(log_p)) / noise.gumbel_scale
        out = answer("hvp", noise, theta, weighed(counts, log_p))
    far = (counts != 0) & (log_p > -np.inf) & (log_p <= least)
    for row in map(tuple, np.argwhere(far.any(-1))):
        which = np.flatnonzero(far[row])
        out[row] += counts[row][which] @ _rows.log_slopes(noise, theta[row], which)
    return out


def _by_slopes(noise: Any, theta: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Of every row by itself: slopes of the log p_i that are counted, or a refusal."""
    out = np.zeros(theta.shape)
    for row in np.ndindex(theta.shape[:-1]):
        which = np.flatnonzero(counts[row])
        if which.size:
            out[row] = counts[row][which] @ _rows.log_slopes(noise, theta[row], which)
    return out


def _by_rows(
    noise: Any, theta: np.ndarray, counts: np.ndarray, weighed: Callable[..., np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(log p, H (n / p)) of every row, which take most of their time for the same rule."""
    log_p, out = np.empty(theta.shape), np.empty(theta.shape)
    for row in np.ndindex(theta.shape[:-1]):
        weigh = functools.partial(weighed, counts[row])
        log_p[row], out[row] = _rows.logs_and_product(noise, theta[row], weigh)
    return log_p, out
