"""gamma + t G, with G zero-mean Gumbel: what turns Perturb-Argmax into Perturb-Softmax."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float

from perturbtheory.checks import positive, require
from perturbtheory.numerics import Landmarks, panel_rule, register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail
from perturbtheory.perturbations._discrete import Discrete, DiscretePlusGumbel
from perturbtheory.perturbations._gumbel import EULER, Gumbel
from perturbtheory.perturbations._scale import EXPONENTIAL_NODES
from perturbtheory.perturbations._table import (
    CAPACITY,
    CHEBYSHEV,
    INTERPOLATION,
    AbstractTabulated,
    Table,
    from_values,
    log_density,
    marches,
)

_DEPTH = -125.0
"""Log probability at which the laws of gamma and G are cut off before they are convolved."""
_GUMBEL_PANELS = np.concatenate([np.linspace(-4.85, 3.15, 11), np.linspace(3.15, 125.0, 26)[1:]])


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Smoothed(AbstractTabulated):
    """F(x) = E_G[F_gamma(x - t G)] for any continuous gamma; made by `smoothed`.

    The law is one function of one variable, so it is computed once, by Gauss-Legendre on the
    merged panels of both densities, and kept as a piecewise Chebyshev table.
    """

    base: AbstractPerturbation
    temperature: Float[Array, ""] | float
    table: Table

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The heavier of the base's tail and the exponential tail of G."""
        return "polynomial" if self.base.tail == "polynomial" else "exponential"

    @property
    def valid(self) -> Array:
        t = jnp.asarray(self.temperature)
        return self.base.valid & jnp.all(jnp.isfinite(t) & (t > 0))

    @property
    def variance(self) -> Float[Array, "#d"]:
        return self.base.variance + jnp.square(jnp.asarray(self.temperature)) * (np.pi**2 / 6)

    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        one, two = jax.random.split(key)
        return self.base.sample(one, shape) + self.temperature * Gumbel().sample(two, shape)

    def trapezoid_nodes(self, dimension: int) -> int | None:
        # Where one law is narrow the other is wide: the nodes for both are enough for either.
        base = self.base.trapezoid_nodes(dimension)
        return None if base is None else base + EXPONENTIAL_NODES

    def landmarks(self, dimension: int) -> Landmarks:
        return _smoothed_landmarks(self.base.landmarks(dimension), self.temperature)


def smoothed(base: AbstractPerturbation, temperature: float | Array) -> AbstractPerturbation:
    """Gamma + t G for G zero-mean Gumbel: E[softmax((theta + gamma)/t)] is its arg max law.

    Raises ValueError unless `temperature` is positive and finite. A traced temperature or
    parameter is allowed; the table is then made inside the computation.
    """
    way_out = "pass a temperature > 0; for temperature 0 use `expected_max`"
    if temperature is None:
        msg = f"`temperature` must be a number, got None; {way_out}"
        raise ValueError(msg)
    require("temperature", temperature, positive, "be positive and finite", way_out, most=0)
    if isinstance(base, Discrete):
        return DiscretePlusGumbel(base, temperature)
    dtype = jnp.result_type(float, temperature, *jax.tree.leaves(base))
    base, temperature = base.astype(dtype), jnp.asarray(temperature, dtype)
    return Smoothed(base, temperature, _tabulate(base, temperature))


def _smoothed_landmarks(base: Landmarks, temperature: Any) -> Landmarks:
    """A smooth law keeps its own width if that exceeds t's; a kink becomes a feature of width t."""
    t = 1.5 * jnp.asarray(temperature, base.location.dtype)
    bent = jnp.asarray([i for i, kink in enumerate(base.kinks) if kink], int)
    location = jnp.concatenate([base.location, base.location[bent]])
    corner = jnp.broadcast_to(t, base.location[bent].shape)
    width = jnp.concatenate([jnp.maximum(base.width, t), corner])
    reach = jnp.concatenate([base.reach, jnp.zeros_like(corner)]) + 4 * t
    return Landmarks(location, width, reach, (False,) * len(location))


def _tabulate(base: AbstractPerturbation, temperature: Array) -> Table:
    marks = base.landmarks(1)
    low, high = (end.astype(temperature.dtype) for end in _ends(base))
    own, bounds = _meshes(marks, low, high, temperature)
    tables = _convolve(base, own, bounds, jnp.arange(low.size), temperature)
    return tables if base.shape else jax.tree.map(lambda a: a[0], tables)


@jax.jit
def _ends(base: AbstractPerturbation) -> tuple[Array, Array]:
    """Between which points the law of gamma is convolved."""
    low, high = (base.log_quantile(_DEPTH, upper=upper) for upper in (False, True))
    return jnp.atleast_1d(low), jnp.atleast_1d(high)


def _meshes(marks: Landmarks, low: Array, high: Array, t: Array) -> tuple[Array, Array]:
    """Panels for the law of gamma and for that of gamma + t G, shape (d, panels + 1) each."""
    gumbel = (_GUMBEL_PANELS - EULER).astype(low.dtype)
    reach = (low + t * gumbel[0], high + t * gumbel[-1])
    own = marches(marks, low, high, CAPACITY, 1.0)
    return own, marches(_smoothed_landmarks(marks, t), *reach, CAPACITY, INTERPOLATION)


@jax.jit
def _convolve(
    base: AbstractPerturbation, own: Array, bounds: Array, coordinates: Array, t: Array
) -> Table:
    gumbel = jnp.asarray(_GUMBEL_PANELS - EULER, own.dtype)
    unit = Gumbel()

    def one(inputs: tuple[Array, Array, Array]) -> Table:
        cuts, ends, i = inputs
        left, right = ends[:-1, None], ends[1:, None]
        points = left + (right - left) * (1 + jnp.asarray(CHEBYSHEV, ends.dtype)) / 2

        def at(x: Array) -> tuple[Array, Array, Array]:
            # F and S as integrals over gamma, the density as one over G: there x - t g keeps its
            # digits however large x is.
            merged = jnp.concatenate([cuts, jnp.clip(x - t * gumbel, cuts[0], cuts[-1])])
            y, weights = panel_rule(jnp.sort(merged))
            log_weight = log_density(base, y, i) + jnp.log(weights)
            below, above = (law((x - y) / t) for law in (unit.unit_log_cdf, unit.unit_log_sf))
            merged = jnp.concatenate([gumbel, jnp.clip((x - cuts) / t, gumbel[0], gumbel[-1])])
            g, weights = panel_rule(jnp.sort(merged))
            density = unit.unit_log_pdf(g) + log_density(base, x - t * g, i) + jnp.log(weights)
            return logsumexp(log_weight + below), logsumexp(log_weight + above), logsumexp(density)

        values = jax.lax.map(at, points.ravel(), batch_size=64)
        log_cdf, log_sf, density = (v.reshape(points.shape) for v in values)
        return from_values(ends, log_cdf, log_sf, density)

    return jax.lax.map(one, (own, bounds, coordinates))
