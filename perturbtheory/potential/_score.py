"""The score in NumPy: the gradient of a log-likelihood, for many observations at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.potential import _rows
from perturbtheory.potential.methods import closed_form, method_of, quadrature

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
    log_p = answer("log_probabilities", noise, theta)
    p = np.exp(log_p)
    method = method_of(noise)
    if method is closed_form:
        return (counts - counts.sum(-1, keepdims=True) * p) / noise.gumbel_scale
    seen = (counts != 0) & (log_p > -np.inf)
    near = seen & (log_p > (math.log(quadrature.TINY) if method is quadrature else _LEAST))
    out = answer("hvp", noise, theta, np.where(near, counts / np.where(near, p, 1.0), 0.0))
    far = seen & ~near
    for row in map(tuple, np.argwhere(far.any(-1))):
        which = np.flatnonzero(far[row])
        out[row] += counts[row][which] @ _rows.log_slopes(noise, theta[row], which)
    return out
