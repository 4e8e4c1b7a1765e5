"""Laws that are evaluated by a table of themselves: in NumPy, and as constants in JAX."""

from __future__ import annotations

import abc
import dataclasses
import functools
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.numerics import floats, is_known, leaves, mapped, namespace, register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail
from perturbtheory.perturbations._table import WINDOW, Table, Tables
from perturbtheory.perturbations._units import Keyed, Units, key_of

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array, Landmarks


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Tabulated(AbstractPerturbation):
    """`law`, evaluated by its table; made by `AbstractTabulated`."""

    law: AbstractPerturbation
    table: Any
    has_formula: ClassVar[bool] = False

    def untabulated(self) -> AbstractPerturbation:
        return self.law

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The tail of the law."""
        return self.law.tail

    @property
    def smooth(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the density of the law is differentiable."""
        return self.law.smooth

    @property
    def positive(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the density of the law is positive everywhere."""
        return self.law.positive

    @property
    def step(self) -> float | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The trapezoidal step of the law."""
        return self.law.step

    @property
    def fringe(self) -> tuple[float, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The fringe of the law."""
        return self.law.fringe

    @property
    def shape(self) -> tuple[int, ...]:
        return self.law.shape

    @property
    def valid(self) -> Array:
        return self.law.valid

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        return self.law.support

    @property
    def resolution(self) -> Float[Array, "#d"]:
        return self.law.resolution

    @property
    def mean(self) -> Float[Array, "#d"]:
        return self.law.mean

    @property
    def variance(self) -> Float[Array, "#d"]:
        return self.law.variance

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        return self.law.sample(key, shape)

    def landmarks(self, dimension: int) -> Landmarks:
        return self.law.landmarks(dimension)

    def trapezoid_nodes(self, dimension: int) -> int | None:
        return self.law.trapezoid_nodes(dimension)

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.law.upper_partial_mean(x)

    def fits(self, dtype: Any) -> bool:
        """Whether 32-bit numbers can hold the scales next to kinks."""
        tables, unit = (self.table,), 1.0
        if isinstance(self.table, Tables):
            tables, unit = self.table.tables, float(np.min(self.table.scale))
        least = 1e8 * float(np.finfo(dtype).tiny)
        return all(float(np.min(t.scale)) * unit > least for t in tables)

    def astype(self, dtype: Any) -> Tabulated:
        """The same law with every parameter, and its table, as JAX arrays of the given dtype."""
        import jax.numpy as jnp

        table = self.table.stacked() if isinstance(self.table, Tables) else self.table
        far = float(np.finfo(dtype).max) ** 0.45
        xp = namespace(table.window)
        table = dataclasses.replace(table, window=xp.clip(table.window, -far, far))

        def cast(leaf: Any) -> Any:
            kept = bool if namespace(leaf).asarray(leaf).dtype == bool else dtype
            return jnp.asarray(leaf, kept)

        with np.errstate(over="ignore"):  # the ends of heavy tails are beyond 32 bits
            return Tabulated(self.law.astype(dtype), mapped(cast, table))

    def _look_up(self, x: Any, rest: Any = 0.0) -> Any:
        if not self.shape or isinstance(self.table, Tables):
            return self.table(x, rest)
        import jax

        x = jax.numpy.broadcast_to(x + rest, np.broadcast_shapes(np.shape(x), self.shape))
        return jax.vmap(lambda table, y: table(y), in_axes=(0, -1), out_axes=-1)(self.table, x)

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._look_up(x)[2]

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.log_cdf_and_rate(x)[0]

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        tail, upper, _ = self._look_up(x)
        xp = namespace(tail)
        return xp.where(upper, tail, xp.log1p(-xp.exp(tail)))

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        tail, upper, density = self._look_up(x)
        xp = namespace(tail)
        log_cdf = xp.where(upper, xp.log1p(-xp.exp(tail)), tail)
        # The same slope continues both below the table: the rate is what it is at its end.
        gap = xp.where(xp.isfinite(density) & xp.isfinite(log_cdf), density - log_cdf, -xp.inf)
        return log_cdf, xp.exp(gap)

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        return self.cdf_and_rate_at(x, 0.0)

    def cdf_and_rate_at(
        self, x: Float[Array, "..."], rest: Float[Array, "..."] | float
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        tail, upper, density = self._look_up(x, rest)
        xp = namespace(tail)
        tail = xp.exp(tail)
        cdf = xp.where(upper, 1 - tail, tail)
        return cdf, xp.where(cdf > 0, xp.exp(density) / xp.where(cdf > 0, cdf, 1.0), 0.0)

    def bracket(self, floor: float, ceiling: float) -> tuple[Array, Array]:
        if min(floor, ceiling) < WINDOW:
            asked = self.law if isinstance(self.table, Tables) else super()
            return asked.log_quantile(floor), asked.log_quantile(ceiling, upper=True)
        # The window is deep enough for any quadrature, and its ends cost nothing.
        window = self.table.window
        return window[..., 0].reshape(self.shape), window[..., 1].reshape(self.shape)


class AbstractTabulated(AbstractPerturbation):
    """A law that is evaluated by a table: subclasses say how one coordinate is tabulated."""

    accuracy: ClassVar[tuple[float, float]] = (2.0**16, 1e-170)

    @abc.abstractmethod
    def table_of_one(self) -> Table | None:
        """The table of a unit, a law of one coordinate with known parameters, in NumPy.

        None where a table would not do, so that the law must be evaluated otherwise.
        """

    def units(self) -> Units:
        """Laws of one coordinate, and where each coordinate stands and how wide it is in these.

        Coordinates that differ in location and scale alone share a unit, and so a table.
        """
        size = int(np.prod(self.shape))
        laws = [self.take(np.arange(size) == i) for i in range(size)]
        known = {key_of(law): law for law in reversed(laws)}
        number = {key: k for k, key in enumerate(known)}
        which = np.array([number[key_of(law)] for law in laws])
        return Units(list(known.values()), which, np.zeros(size), np.ones(size))

    @abc.abstractmethod
    def direct(self) -> AbstractPerturbation:
        """A law that does without a known table: where parameters are traced or none will do."""

    @functools.cached_property
    def _tabulated(self) -> Tabulated | None:
        laws, which, shift, scale = self.units()
        tables = []
        for law in laws:
            table = _table_of(Keyed(law, key_of(law)))
            if table is None:
                return None
            tables.append(table)
        if self.shape:
            return Tabulated(self, Tables(tables, which, shift, scale))
        return Tabulated(self, tables[0].moved(float(shift[0]), float(scale[0])))

    def _form(self, *values: Any) -> tuple[AbstractPerturbation, tuple[Any, ...]]:
        """(the law in the form that evaluates it, the values as its arrays)."""
        numbers = leaves(self)
        xp, *arrays = floats(*values, *numbers)
        values = tuple(arrays[: len(values)])
        if xp.traced:
            return self.prepare(values[0].dtype), values
        return self._tabulated or self.direct(), values

    def prepare(self, dtype: Any) -> AbstractPerturbation:
        if all(is_known(leaf) for leaf in leaves(self)):
            tabulated = mapped(np.asarray, self)._tabulated
            if tabulated is not None and tabulated.fits(dtype):
                return tabulated.astype(dtype)
        return self.astype(dtype).direct()

    def take(self, keep: np.ndarray) -> Any:
        taken = super().take(keep)
        done = vars(self).get("_tabulated")
        if taken is not self and done is not None:
            vars(taken)["_tabulated"] = Tabulated(taken, done.table.take(keep))
        return taken

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        law, (x,) = self._form(x)
        return law.log_pdf(x)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        law, (x,) = self._form(x)
        return law.log_cdf(x)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        law, (x,) = self._form(x)
        return law.log_sf(x)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        law, (x,) = self._form(x)
        return law.log_cdf_and_rate(x)

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        law, (x,) = self._form(x)
        return law.cdf_and_rate(x)

    def cdf_and_rate_at(
        self, x: Float[Array, "..."], rest: Any
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        law, (x, rest) = self._form(x, rest)
        return law.cdf_and_rate_at(x, rest)

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return super().score(x)

    def bracket(self, floor: float, ceiling: float) -> tuple[Array, Array]:
        law, _ = self._form(0.0)
        return law.bracket(floor, ceiling)


@functools.lru_cache(maxsize=2048)
def _table_of(keyed: Keyed) -> Table | None:
    with np.errstate(all="ignore"):
        return keyed.law.table_of_one()
