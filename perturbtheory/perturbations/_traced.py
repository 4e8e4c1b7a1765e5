"""Tables of smoothed laws whose parameters are traced: made inside the compiled computation."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp

from perturbtheory.numerics import Landmarks, is_known, march, panel_rule
from perturbtheory.perturbations._adaptive import ORDER, POINTS, TO_CHEBYSHEV, TO_POWERS
from perturbtheory.perturbations._gumbel import EULER, Gumbel
from perturbtheory.perturbations._table import Table
from perturbtheory.perturbations._tabulated import Tabulated

if TYPE_CHECKING:
    from perturbtheory.numerics import Array
    from perturbtheory.perturbations._base import AbstractPerturbation
    from perturbtheory.perturbations._smoothed import Smoothed

_CAPACITY = 512
_INTERPOLATION = 0.4
"""Interpolation at 16 points needs narrower panels than integration with 16: its error goes
with the 16th power of the same ratio whose 32nd power governs Gauss-Legendre."""
_DEPTH = -125.0
"""Log probability at which the laws of gamma and G are cut off before they are convolved."""
_FLAT = 1e3
"""The table's variable arcsinh(x / scale) is linear in x on a scale so much larger than x."""
_GUMBEL_PANELS = np.concatenate([np.linspace(-4.85, 3.15, 11), np.linspace(3.15, 125.0, 26)[1:]])


def tabulated(law: Smoothed) -> Tabulated:
    """The law with its table, by Gauss-Legendre on the merged panels of gamma and of G."""
    from perturbtheory.perturbations._smoothed import smoothed_landmarks

    # Derivatives are taken of the law, and not of its table.
    base, t = jax.lax.stop_gradient((law.base, jnp.asarray(law.temperature)))
    marks = base.landmarks(1)
    low, high = _ends(base)
    gumbel = (_GUMBEL_PANELS - EULER).astype(low.dtype)
    own = _marches(marks, low, high, 1.0)
    reach = (low + t * gumbel[0], high + t * gumbel[-1])
    bounds = _marches(smoothed_landmarks(marks, t), *reach, _INTERPOLATION)
    tables = _convolve(base, own, bounds, jnp.arange(low.size), t)
    return Tabulated(law, tables if law.shape else jax.tree.map(lambda a: a[0], tables))


@jax.jit
def _ends(base: AbstractPerturbation) -> tuple[Array, Array]:
    """Between which points the law of gamma is convolved."""
    low, high = (base.log_quantile(_DEPTH, upper=upper) for upper in (False, True))
    return jnp.atleast_1d(low), jnp.atleast_1d(high)


@jax.jit
def _convolve(
    base: AbstractPerturbation, own: Array, bounds: Array, coordinates: Array, t: Array
) -> Table:
    gumbel = jnp.asarray(_GUMBEL_PANELS - EULER, own.dtype)
    unit = Gumbel()

    def one(inputs: tuple[Array, Array, Array]) -> Table:
        cuts, ends, i = inputs
        scale = _FLAT * jnp.maximum(jnp.abs(ends[0]), jnp.abs(ends[-1]))
        v = jnp.arcsinh(ends / scale)
        left, right = v[:-1, None], v[1:, None]
        points = scale * jnp.sinh(left + (right - left) * (1 + jnp.asarray(POINTS, v.dtype)) / 2)

        def at(x: Array) -> tuple[Array, Array, Array]:
            # F and S as integrals over gamma, the density as one over G: there x - t g keeps its
            # digits however large x is.
            merged = jnp.concatenate([cuts, jnp.clip(x - t * gumbel, cuts[0], cuts[-1])])
            y, weights = panel_rule(jnp.sort(merged))
            log_weight = _log_density(base, y, i) + jnp.log(weights)
            below, above = (law((x - y) / t) for law in (unit.unit_log_cdf, unit.unit_log_sf))
            merged = jnp.concatenate([gumbel, jnp.clip((x - cuts) / t, gumbel[0], gumbel[-1])])
            g, weights = panel_rule(jnp.sort(merged))
            density = unit.unit_log_pdf(g) + _log_density(base, x - t * g, i) + jnp.log(weights)
            return logsumexp(log_weight + below), logsumexp(log_weight + above), logsumexp(density)

        values = jax.lax.map(at, points.ravel(), batch_size=64)
        return _from_values(ends, v, scale, *(a.reshape(points.shape) for a in values))

    return jax.lax.map(one, (own, bounds, coordinates))


def _from_values(
    ends: Array, v: Array, scale: Array, log_cdf: Array, log_sf: Array, log_pdf: Array
) -> Table:
    """The table through values at the Chebyshev points of every panel, shape (p, n) each."""
    upper = log_cdf[:, ORDER // 2] > np.log(0.5)
    tail = jnp.where(upper[:, None], log_sf, log_cdf)
    tail, density = (
        (a @ jnp.asarray(TO_CHEBYSHEV.T, v.dtype)) @ jnp.asarray(TO_POWERS.T, v.dtype)
        for a in (tail, log_pdf)
    )
    length = jnp.diff(v)
    used = length > 0
    rates = jnp.exp(jnp.stack([log_pdf[0, 0] - log_cdf[0, 0], jnp.zeros_like(scale)]))
    return Table(
        origin=jnp.zeros(1, v.dtype),
        scale=scale[None],
        cuts=jnp.zeros(0, v.dtype),
        # Panels that are not used lie at the upper end, which the last that is used must serve.
        bounds=jnp.where(used[1:], v[1:-1], jnp.inf)[None],
        middle=(v[:-1] + v[1:]) / 2,
        slope=2 / jnp.where(used, length, 2.0),
        upper=upper,
        tail=tail.T,
        density=density.T,
        beyond=rates.at[1].set(jnp.inf),
        window=jnp.stack([ends[0], ends[-1]]),
        heavy=False,
    )


def _log_density(base: AbstractPerturbation, y: Array, coordinate: Array) -> Array:
    """log f_i(y) for one coordinate i of a law whose parameters may differ between them."""
    if not base.shape:
        return base.log_pdf(y)
    grid = jnp.broadcast_to(y[..., None], (*y.shape, *base.shape))
    return jnp.take(base.log_pdf(grid), coordinate, axis=-1)


def _marches(marks: Landmarks, low: Array, high: Array, widen: float) -> Array:
    """`march` for every coordinate, cut to the panels in use where they can be counted."""
    columns = tuple(jnp.broadcast_to(a, (len(a), low.size)).T[..., None] for a in marks[:3])
    bounds, count = _march_each(columns, low, high, marks.kinks, widen)
    if is_known(count):
        bounds = bounds[:, : 1 + 16 * -(-int(np.max(count)) // 16)]
    return bounds


@functools.partial(jax.jit, static_argnums=(3, 4))
def _march_each(
    columns: tuple[Array, ...], low: Array, high: Array, kinks: tuple[bool, ...], widen: float
) -> tuple[Array, Array]:
    def one(inputs: tuple[Any, ...]) -> tuple[Array, Array]:
        location, width, reach, bottom, top = inputs
        origin = jnp.zeros(1, low.dtype)
        marks = Landmarks(location, width, reach, kinks)
        return march(marks, origin, bottom, top, _CAPACITY, widen=widen)

    return jax.lax.map(one, (*columns, low, high))
