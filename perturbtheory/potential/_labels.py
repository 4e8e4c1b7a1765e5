"""Fenchel-Young losses of labels in NumPy, for many rows at once.

Where p = e_i the loss is f(theta - theta_i) - E[gamma_i], so that no inverse map is needed; for
Gumbel noise of one scale b it is -b log p_i(theta).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float


def of_labels(
    answer: Callable[..., Any],
    noise: Any,
    theta: Float[np.ndarray, "n d"],
    p: Float[np.ndarray, "n d"],
) -> tuple[np.ndarray, np.ndarray]:
    """(which rows of p are labels, their losses), by `answer` about f and log p for all rows."""
    # One category alone has loss zero, whatever the noise: that is left to the row by itself.
    which = np.flatnonzero((np.sum(p > 0, 1) == 1) & (theta.shape[1] > 1))
    theta, label = theta[which], p[which].argmax(1)[:, None]
    at = np.take_along_axis(theta, label, 1)
    loss = np.full(len(which), math.inf)
    open_ = at[:, 0] > -np.inf  # a label that is masked is out of reach
    theta, label, at = theta[open_], label[open_], at[open_]
    if noise.gumbel_scale is not None:
        log_p = answer("log_probabilities", noise, theta)
        loss[open_] = -noise.gumbel_scale * np.take_along_axis(log_p, label, 1)[:, 0]
    elif noise.finite_mean:
        mean = np.broadcast_to(noise.mean, theta.shape[1:])[label[:, 0]]
        # Rounding may leave -1e-16 where theta and p match; no loss is negative.
        loss[open_] = np.maximum(answer("value", noise, theta - at) - mean, 0.0)
    return which, loss
