"""The mean of what is far in the upper tail, by quadrature, for any law."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.numerics import floats, gauss_legendre, leaves

if TYPE_CHECKING:
    from perturbtheory.numerics import Array


def upper_partial_mean(noise: Any, x: Array) -> Array:
    """E[gamma_i; gamma_i > x] = x S_i(x) + int_x^inf S_i(y) dy.

    The integral is one over the logarithm of the distance from the median, on panels each twice as
    long as the last; beyond them S goes on as a power.
    """
    xp, x, median, *_ = floats(x, noise.log_quantile(-math.log(2.0)), *leaves(noise))
    cuts = math.log(2.0) * (2.0 ** np.arange(10 if x.dtype == np.float64 else 7) - 1)
    nodes, weights = gauss_legendre(16)
    half = np.diff(cuts)[:, None] / 2
    u, weight = (cuts[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()
    places = np.concatenate([[0.0], u, cuts[-1] * np.array([0.5, 1.0])])
    places = places.reshape(-1, *(1,) * x.ndim)
    far = (x - median) * xp.asarray(np.exp(places), x.dtype)
    log_sf = noise.log_sf(median + far)
    inside = xp.tensordot(xp.asarray(weight, x.dtype), far[1:-2] * xp.exp(log_sf[1:-2]), 1)
    # Where both are minus infinity nothing is left beyond.
    last = xp.maximum(log_sf[-2:], xp.finfo(x.dtype).min)
    excess = (last[0] - last[1]) / (cuts[-1] / 2) - 1
    beyond = xp.where(excess > 0, far[-1] * xp.exp(log_sf[-1]) / excess, 0.0)
    return x * xp.exp(log_sf[0]) + inside + beyond
