"""Formulas that several laws share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import zeta

if TYPE_CHECKING:
    from perturbtheory.numerics import Array

_ORDERS = np.arange(2, 30)
_ZETA = zeta(_ORDERS) / _ORDERS
"""Coefficients of log Gamma(1 - y) = c y + sum_k zeta(k) / k y^k, c = 0.5772..."""


def complement(xp: Any, e: Array, log_e: Array) -> tuple[Array, Array]:
    """(-log(1 - exp(-e)), its logarithm) for e >= 0, accurate at both ends.

    Turns -log S into -log F and back.
    """
    tiny = log_e < -20
    middle = xp.log(-xp.expm1(-xp.clip(xp.where(tiny, 1.0, e), None, 1.0)))
    near_one = -xp.log1p(-xp.exp(-xp.maximum(e, 0.5)))
    # Far out exp(-e) may underflow where its logarithm does not.
    out = xp.where(e > 0.5, near_one, xp.where(tiny, e / 2 - log_e, -middle))
    return out, xp.where(e > 40, -e, xp.log(out))


def log_ratio(xp: Any, x: Array, scale: Array) -> Array:
    """log(x / scale) for x >= 0, also where the ratio is no number; -inf for x <= 0."""
    x = xp.maximum(x, 0.0)
    ratio = x / scale
    plain = (ratio > xp.finfo(ratio.dtype).tiny) & (ratio < xp.inf)
    return xp.where(plain, xp.log(xp.where(plain, ratio, 1.0)), xp.log(x) - xp.log(scale))


def power(xp: Any, e: Array, log_e: Array, exponent: Array) -> Array:
    """e^exponent, from log e where e is no number."""
    plain = (e > xp.finfo(e.dtype).tiny) & (e < xp.inf)
    return xp.where(plain, xp.power(xp.where(plain, e, 1.0), exponent), xp.exp(exponent * log_e))


def gamma_moments(xp: Any, h: Array) -> tuple[Array, Array]:
    """(Gamma(1 - h), Gamma(1 - 2 h) - Gamma(1 - h)^2): mean and variance of E^-h.

    Infinite for h >= 1 and h >= 1/2. For small h the difference is a sum of powers, in which
    nothing cancels: log Gamma(1 - 2 h) - 2 log Gamma(1 - h) = sum_k zeta(k) / k (2^k - 2) h^k.
    """
    first, second = xp.where(h < 1, h, 0.5), xp.where(h < 0.5, h, 0.25)
    mean = xp.where(h < 1, xp.exp(xp.gammaln(1 - first)), xp.inf)
    small = xp.abs(h) < 0.125
    near = xp.where(small, h, 0.0)
    ratio = xp.zeros_like(near)
    for order, weight in zip(_ORDERS[::-1], _ZETA[::-1], strict=True):
        ratio = ratio * near + float(weight * (2.0**order - 2))
    ratio = ratio * near * near
    far = xp.gammaln(1 - 2 * second) - 2 * xp.gammaln(1 - second)
    # Gamma(1 - h)^2 may overflow where the variance does not.
    size = 2 * xp.gammaln(1 - second)
    ratio = xp.where(small, ratio, far)
    variance = xp.exp(size + ratio) * -xp.expm1(-ratio)
    return mean, xp.where(h < 0.5, variance, xp.inf)


def hazard_law(xp: Any, u: Array, slope: Array) -> tuple[Array, Array]:
    """(F, f / F) = (1 - exp(-u), u' exp(-u) / F) from u = -log S and `slope` = u' / u."""
    u = xp.minimum(u, 1e4)
    cdf = -xp.expm1(-u)
    ratio = xp.where(u == 0, 1.0, u * xp.exp(-u) / xp.where(u == 0, 1.0, cdf))
    return cdf, slope * ratio


def inverse(xp: Any, x: Array) -> Array:
    """1 / x for x > 0, but so small that multiples of it are numbers; 0 for x <= 0."""
    least = 1e5 / xp.finfo(x.dtype).max
    return xp.where(x > 0, 1 / xp.maximum(x, least), 0.0)
