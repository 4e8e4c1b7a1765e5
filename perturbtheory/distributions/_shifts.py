"""log I(x) for I(x) = int prod_i f_i(x_i + s) ds: the density of differences of gamma.

In closed form where the noise has one, else by quadrature on panels that NumPy finds. Under JAX
they are a fixed number of panels, which one callback per batch finds; the sum over their nodes is
compiled, and differentiated as it is.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.distributions._panels import (
    ends,
    log_integrand,
    log_totals,
    log_weighted,
    origin,
    panels,
)
from perturbtheory.numerics import asked, floats, gauss_legendre, leaves, mapped, namespace

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from perturbtheory.numerics import Array

_ROWS = 2048
"""Rows whose panels are held in memory at a time."""
_DEEP = -37.0
"""The log of the share of I that compiled code leaves out, panel by panel."""


def log_integral(
    noise: Any, x: Float[Array, "n d"], there: Bool[Array, "n d"]
) -> Float[Array, "n"]:
    """log int prod_i f_i(x_i + s) ds over the coordinates that are `there`; -inf where it is zero.

    NaN where x is, or an invalid parameter is known too late to raise.
    """
    closed = noise.log_integral_over_shifts(x, there)
    if closed is not None:
        return closed
    if namespace(x, *leaves(noise)).traced:
        return _compiled(noise, x, there)
    parts = [np.zeros(0)]
    for k in range(0, len(x), _ROWS):
        some = slice(k, k + _ROWS)
        found = panels(noise, x[some], there[some])
        parts.append(log_totals([found], len(x[some])))
    return np.concatenate(parts)


def _compiled(noise: Any, x: Array, there: Array) -> Array:
    """The same in JAX, with derivatives in x and in parameters of the noise."""
    import jax

    xp, x, *_ = floats(x, *leaves(noise))  # only a parameter of the noise may be of JAX
    there = xp.asarray(there)
    law, d = noise.prepare(x.dtype), x.shape[-1]
    capacity = _capacity(noise, d)

    def row(x: Array, there: Array) -> Array:
        x = xp.where(there, x, 0.0)
        fixed = jax.lax.stop_gradient((noise, x))
        cuts = asked(functools.partial(_cuts, capacity), (2, capacity), *fixed, there, rows=True)
        low, high = ends(xp, law, x, there)
        # Panels move with the ends of the support, where the density may jump.
        start, span = origin(xp, x, there, low, high), _span(xp, low, high)
        points, weights = (xp.asarray(a, x.dtype) for a in gauss_legendre(16))
        left, right = jax.lax.stop_gradient(cuts)
        half = (right - left)[:, None] / 2
        s = (span * (left[:, None] + half * (1 + points))).ravel()
        g = log_integrand(xp, law, (x + start)[None], there[None], s[None])[0]
        out = log_weighted(xp, g, span * (half * weights).ravel())
        return xp.where(xp.any(xp.isnan(cuts)) | ~law.valid, xp.nan, out)

    return jax.vmap(row)(x, there)


def _span(xp: Any, low: Any, high: Any) -> Any:
    """H - L where both are finite, the unit in which places are counted; else one."""
    both = (low > -xp.inf) & (high < xp.inf)
    return xp.where(both & (high > low), xp.where(both, high, 1.0) - xp.where(both, low, 0.0), 1.0)


def _capacity(noise: Any, d: int) -> int:
    """How many panels compiled code has room for: some more than any draw of the noise needs."""
    kinks = sum(noise.landmarks(d).kinks)
    return 64 + min(24 * d, 320) + kinks * d


def _cuts(capacity: int, noise: Any, x: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Left and right ends of panels in units of the span, in NumPy; NaN if there is no room."""
    law = mapped(lambda leaf: np.asarray(leaf, np.float64)[()], noise)
    x, there = np.asarray(x, np.float64), np.asarray(there)
    rows, mask = x.reshape(-1, x.shape[-1]), there.reshape(-1, x.shape[-1])
    out = np.zeros((len(rows), 2, capacity))
    good = np.isfinite(rows).all(1) & bool(law.valid)
    out[~good] = np.nan
    which = np.flatnonzero(good)
    if which.size:
        found = panels(law, rows[good], mask[good])
        share = found.log_part - log_totals([found], which.size)[found.row]
        found = found.pick(share > _DEEP)
        low, high = ends(np, law, rows[good], mask[good])
        span = _span(np, low, high)
        for k, row in enumerate(which):
            own = found.pick(found.row == k)
            count = own.row.size
            if count > capacity:
                out[row] = np.nan
            elif count:
                # Panels that are not needed have no width.
                out[row] = own.right[-1] / span[k]
                out[row, :, :count] = np.stack([own.left, own.right]) / span[k]
    return out.reshape(*x.shape[:-1], 2, capacity)
