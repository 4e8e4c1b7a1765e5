"""The law of one coordinate as a piecewise Chebyshev table of log F or log S, and of log f."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, Bool, Float

from perturbtheory.checks import is_known
from perturbtheory.numerics import Landmarks, march, panel_rule, register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail

CAPACITY = 512
INTERPOLATION = 0.4
"""Interpolation at 16 points needs narrower panels than integration with 16: its error goes
with the 16th power of the same ratio whose 32nd power governs Gauss-Legendre."""
ORDER = 16
CHEBYSHEV = np.cos(np.pi * (np.arange(ORDER) + 0.5) / ORDER)
TO_COEFFICIENTS = np.linalg.inv(np.polynomial.chebyshev.chebvander(CHEBYSHEV, ORDER - 1))


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """Piecewise Chebyshev series of log F or log S, and of log f, of one coordinate."""

    bounds: Float[Array, "p+1"]
    upper: Bool[Array, "p"]
    tail: Float[Array, "p n"]
    density: Float[Array, "p n"]

    def __call__(self, x: Float[Array, "..."]) -> tuple[Array, Array, Array]:
        """(log F or log S, whether it is log S, log f) at x; no mass is left above the table."""
        beyond = x > self.bounds[-1]
        x = jnp.clip(x, self.bounds[0], self.bounds[-1])
        # From the left, so that the upper end falls into the last panel that is not empty.
        panel = jnp.maximum(jnp.searchsorted(self.bounds, x, side="left") - 1, 0)
        left, right = self.bounds[panel], self.bounds[panel + 1]
        length = jnp.where(right > left, right - left, 1.0)
        y = jnp.clip((2 * x - left - right) / length, -1.0, 1.0)
        return (
            jnp.where(beyond, -jnp.inf, _clenshaw(self.tail, panel, y)),
            self.upper[panel],
            jnp.where(beyond, -jnp.inf, _clenshaw(self.density, panel, y)),
        )


def _clenshaw(series: Float[Array, "p n"], panel: Array, y: Array) -> Array:
    def step(k: int, state: tuple[Array, Array]) -> tuple[Array, Array]:
        one, two = state
        return series[panel, ORDER - 1 - k] + 2 * y * one - two, one

    one, two = jax.lax.fori_loop(0, ORDER - 1, step, (jnp.zeros_like(y), jnp.zeros_like(y)))
    return series[panel, 0] + y * one - two


class AbstractTabulated(AbstractPerturbation):
    """A law known by its `table`, one for all coordinates or one for each; see the subclasses."""

    base: AbstractPerturbation
    table: Table

    @property
    def shape(self) -> tuple[int, ...]:
        return self.base.shape

    @property
    def mean(self) -> Float[Array, "#d"]:
        return self.base.mean

    def _look_up(self, x: Float[Array, "..."]) -> tuple[Array, Array, Array]:
        x = jnp.asarray(x)
        if not self.shape:
            return self.table(x)
        x = jnp.broadcast_to(x, jnp.broadcast_shapes(x.shape, self.shape))
        return jax.vmap(lambda table, y: table(y), in_axes=(0, -1), out_axes=-1)(self.table, x)

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._look_up(x)[2]

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.log_cdf_and_rate(x)[0]

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        tail, upper, _ = self._look_up(x)
        return jnp.where(upper, tail, jnp.log1p(-jnp.exp(tail)))

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        tail, upper, density = self._look_up(x)
        log_cdf = jnp.where(upper, jnp.log1p(-jnp.exp(tail)), tail)
        return log_cdf, jnp.exp(density - log_cdf)

    def bracket(self, floor: float, ceiling: float) -> tuple[Array, Array]:
        # The table reaches deeper than any window needs, and its ends cost nothing.
        del floor, ceiling
        ends = self.table.bounds[..., 0], self.table.bounds[..., -1]
        return ends[0].reshape(self.shape), ends[1].reshape(self.shape)

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        # Adding zero-mean noise of scale t moves a polynomial tail by a relative (t / x)^2.
        return self.base.upper_partial_mean(x)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Tabulated(AbstractTabulated):
    """`base` with its cdf integrated from its density, where the exact cdf is slow."""

    base: AbstractPerturbation
    table: Table

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The tail of the base."""
        return self.base.tail

    @property
    def valid(self) -> Array:
        return self.base.valid

    @property
    def variance(self) -> Float[Array, "#d"]:
        return self.base.variance

    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        return self.base.sample(key, shape)

    def landmarks(self, dimension: int) -> Landmarks:
        return self.base.landmarks(dimension)


def tabulate_density(
    base: AbstractPerturbation, low: Array, high: Array, log_tails: tuple[Array, Array]
) -> Table:
    """The table of a smooth density between `low` and `high`, one entry a coordinate.

    F at a point is the mass below `low`, given with that above `high` as `log_tails`, plus the
    integral of the density in between; S likewise, so that both keep their relative accuracy.
    """
    bounds = marches(base.landmarks(1), low, high, CAPACITY, INTERPOLATION)

    def one(inputs: tuple[Array, ...]) -> Table:
        ends, i, below, above = inputs
        left, right = ends[:-1, None], ends[1:, None]
        points = left + (right - left) * (1 + jnp.asarray(CHEBYSHEV, ends.dtype)) / 2
        cuts = jnp.sort(jnp.concatenate([left, points, right], 1), 1)
        y, weights = panel_rule(cuts.ravel())
        mass = logsumexp(log_density(base, y, i) + jnp.log(weights), axis=1)
        log_cdf = jax.lax.cumlogsumexp(jnp.concatenate([below[None], mass]))
        log_sf = jax.lax.cumlogsumexp(jnp.concatenate([mass, above[None]]), reverse=True)
        inside = (slice(None), slice(ORDER, 0, -1))  # Chebyshev points descend
        log_cdf, log_sf = (v.reshape(len(left), ORDER + 2)[inside] for v in (log_cdf, log_sf))
        return from_values(ends, log_cdf, log_sf, log_density(base, points, i))

    tables = jax.lax.map(one, (bounds, jnp.arange(low.size), *log_tails))
    return tables if base.shape else jax.tree.map(lambda a: a[0], tables)


def from_values(ends: Array, log_cdf: Array, log_sf: Array, log_pdf: Array) -> Table:
    """The table through values at the Chebyshev points of every panel, shape (p, n) each."""
    upper = log_cdf[:, ORDER // 2] > np.log(0.5)
    tail = jnp.where(upper[:, None], log_sf, log_cdf)
    series = (v @ jnp.asarray(TO_COEFFICIENTS.T, ends.dtype) for v in (tail, log_pdf))
    used = jnp.diff(ends)[:, None] > 0
    return Table(ends, upper, *(jnp.where(used, v, 0.0) for v in series))


def log_density(base: AbstractPerturbation, y: Array, coordinate: Array) -> Array:
    """log f_i(y) for one coordinate i of a law whose parameters may differ between them."""
    if not base.shape:
        return base.log_pdf(y)
    grid = jnp.broadcast_to(y[..., None], (*y.shape, *base.shape))
    return jnp.take(base.log_pdf(grid), coordinate, axis=-1)


def marches(marks: Landmarks, low: Array, high: Array, capacity: int, widen: float) -> Array:
    """`march` for every coordinate, cut to the panels in use where they can be counted."""
    columns = tuple(jnp.broadcast_to(a, (len(a), low.size)).T[..., None] for a in marks[:3])
    bounds, count = _march_each(columns, low, high, marks.kinks, capacity, widen)
    if is_known(count):
        bounds = bounds[:, : 1 + 16 * -(-int(np.max(count)) // 16)]
    return bounds


@functools.partial(jax.jit, static_argnums=(3, 4, 5))
def _march_each(
    columns: tuple[Array, ...],
    low: Array,
    high: Array,
    kinks: tuple[bool, ...],
    capacity: int,
    widen: float,
) -> tuple[Array, Array]:
    def one(inputs: tuple[Array, ...]) -> tuple[Array, Array]:
        location, width, reach, bottom, top = inputs
        origin = jnp.zeros(1, low.dtype)
        marks = Landmarks(location, width, reach, kinks)
        return march(marks, origin, bottom, top, capacity, widen=widen)

    return jax.lax.map(one, (*columns, low, high))
