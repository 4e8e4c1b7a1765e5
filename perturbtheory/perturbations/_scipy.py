"""Any frozen continuous distribution of scipy.stats as a perturbation."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from perturbtheory.display import exact_array
from perturbtheory.numerics import Landmarks, column, draw, dtype_of_draws, is_jax, register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail
from perturbtheory.perturbations._frozen import (
    fringe_of,
    log_quantile,
    parsed,
    quantile,
    table_of,
    tail_of,
    width,
)
from perturbtheory.perturbations._places import Place, as_places, each
from perturbtheory.perturbations._shown import scipy_text, word
from perturbtheory.perturbations._tabulated import AbstractTabulated
from perturbtheory.perturbations._units import Units

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from perturbtheory.numerics import Array
    from perturbtheory.perturbations._table import Table


class _AbstractScipy(AbstractPerturbation):
    """What a frozen distribution says of itself."""

    distribution: Any
    breakpoints: tuple[Place, ...]

    def written(self) -> str:
        places = f", breakpoints={exact_array(self.breakpoints)}" if self.breakpoints else ""
        return f"{type(self).__name__}({self.described()}{places})"

    def described(self) -> str:
        return scipy_text(self.distribution)

    def latex(self) -> str:
        return rf"\gamma_i \sim \text{{{word(self.described())}}}"

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(quantile(self.distribution, 0.5))

    @property
    def valid(self) -> Array:
        return np.asarray(True)  # pyright: ignore[reportReturnType]

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Read off the quantiles: how much further out 1e-20 is than 1e-10."""
        return tail_of(self.distribution)

    @property
    def smooth(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.positive and not self.breakpoints

    @property
    def positive(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return all(np.all(np.isinf(end)) for end in self.distribution.support())

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        low, high = self.distribution.support()
        return np.asarray(low, float), np.asarray(high, float)  # pyright: ignore[reportReturnType]

    @property
    def resolution(self) -> Float[Array, "#d"]:
        return width(self.distribution)  # pyright: ignore[reportReturnType]

    @property
    def mean(self) -> Float[Array, "#d"]:
        return np.asarray(self.distribution.mean(), float)  # pyright: ignore[reportReturnType]

    @property
    def variance(self) -> Float[Array, "#d"]:
        return np.asarray(self.distribution.var(), float)  # pyright: ignore[reportReturnType]

    def _call(self, method: str, x: Float[Array, "..."]) -> Float[Array, "..."]:
        function = getattr(self.distribution, method)
        if not is_jax(x):
            return _evaluate(function, np.float64, x)  # pyright: ignore[reportReturnType]
        import jax

        shape = np.broadcast_shapes(x.shape, self.shape)
        out = jax.ShapeDtypeStruct(shape, jax.numpy.result_type(float, x))
        called = functools.partial(_evaluate, function, out.dtype)
        return jax.pure_callback(called, out, x, vmap_method="expand_dims")

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("ppf", q)

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        return log_quantile(self.distribution, float(level), upper)  # pyright: ignore[reportReturnType]

    def log_quantiles(
        self, levels: tuple[float, ...], *, upper: bool = False
    ) -> Float[Array, "m #d"]:
        return column(*(self.log_quantile(level, upper=upper) for level in levels))

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Draws by inversion of uniform variables."""
        uniform = draw(key, "uniform", shape, dtype_of_draws(key))
        return self.quantile(uniform.clip(1e-300) if hasattr(uniform, "clip") else uniform)

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        return self._landmarks

    @functools.cached_property
    def _landmarks(self) -> Landmarks:
        location, width, reach, _ = AbstractPerturbation.landmarks(self, 1)
        location, width, reach = (np.asarray(a)[:-2] for a in (location, width, reach))
        ends = [end for end in self.support if np.all(np.isfinite(end))]
        kinks = [np.broadcast_to(k, location.shape[1:]) for k in (*ends, *self.breakpoints)]
        extra = np.reshape(kinks, (len(kinks), *location.shape[1:]))
        return Landmarks(
            np.concatenate([location, extra]),  # pyright: ignore[reportArgumentType]
            np.concatenate([width, np.full_like(extra, np.inf)]),  # pyright: ignore[reportArgumentType]
            np.concatenate([reach, np.zeros_like(extra)]),  # pyright: ignore[reportArgumentType]
            (False,) * len(location) + (True,) * len(extra),
        )


@register
@dataclasses.dataclass(frozen=True, eq=False)
class FromScipy(AbstractTabulated, _AbstractScipy):
    """gamma_i distributed as `distribution`, for example ``FromScipy(scipy.stats.hypsecant())``.

    The frozen distribution's parameters may be scalars or vectors of shape ``(d,)``. Its density is
    tabulated once, without its location and scale, and F is the integral of it; where that does not
    integrate to one its own logpdf, logcdf and logsf are called. `breakpoints` names
    the places inside the support where the density jumps or bends; the ends of the support are
    known. They are places on the axis of gamma, with location and scale: scipy.stats.laplace(3.0)
    bends at 3.0. Each is a number, or a vector of shape ``(d,)``, one place a coordinate:
    ``FromScipy(scipy.stats.laplace(loc), breakpoints=(loc,))``. A kink that is not named costs
    accuracy, which the radii of `estimate` show for the values beside them. Location and scale are
    kept as they are: the mean need not be zero. Where F or 1 - F of a coordinate is below 1e-170
    the table goes on as an exponential or a power: log-probabilities that rest on it are rough.
    Raises ValueError unless `distribution` is a frozen ``scipy.stats.rv_continuous``.
    """

    distribution: Any = dataclasses.field(metadata={"static": True})
    breakpoints: tuple[Place, ...] = dataclasses.field(default=(), metadata={"static": True})

    def __post_init__(self) -> None:
        from scipy.stats import rv_continuous

        law = getattr(self.distribution, "dist", None)
        if not isinstance(law, rv_continuous):
            msg = (
                "`distribution` must be a frozen continuous scipy.stats distribution, got "
                f"{self.distribution!r}; for example scipy.stats.gennorm(1.5), with parentheses"
            )
            raise ValueError(msg)
        probe = np.asarray(quantile(self.distribution, 0.5))
        positive = np.all(np.asarray(parsed(self.distribution)[2]) > 0)
        if probe.ndim > 1 or not np.all(np.isfinite(probe)) or not positive:
            msg = (
                "`distribution` must have valid parameters of shape () or (d,), got "
                f"{self.distribution.args} {self.distribution.kwds} with median {probe}; fix them"
            )
            raise ValueError(msg)
        places = as_places("breakpoints", self.breakpoints, probe.shape)
        object.__setattr__(self, "breakpoints", places)

    @property
    def fringe(self) -> tuple[float, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Towards poles: powers of four of the distance, down to where no mass is left."""
        return self._fringe

    @functools.cached_property
    def _fringe(self) -> tuple[float, ...]:
        laws, which, _, scale = self.units()
        offsets: set[float] = set()
        for k, law in enumerate(laws):
            own = np.asarray(fringe_of(law.distribution))
            offsets |= set(np.outer(np.unique(scale[which == k]), own).ravel().tolist())
        return tuple(sorted(offsets))

    def take(self, keep: np.ndarray) -> Self:
        if not self.shape:
            return self
        shapes, loc, scale = parsed(self.distribution)
        args, loc, scale = (
            [np.broadcast_to(a, self.shape)[keep] for a in group]
            for group in (shapes, [loc], [scale])
        )
        taken = self.distribution.dist(*args, loc=loc[0], scale=scale[0])
        places = each(self.breakpoints, lambda place: place[keep] if place.ndim else place)
        return dataclasses.replace(self, distribution=taken, breakpoints=places)

    def unshifted(self) -> tuple[AbstractPerturbation, Any]:
        return self._unshifted

    @functools.cached_property
    def _unshifted(self) -> tuple[AbstractPerturbation, Any]:
        shapes, loc, scale = parsed(self.distribution)
        shift = np.asarray(loc, float)
        if not np.any(shift):
            return self, 0.0
        places = each(self.breakpoints, lambda place: place - shift)
        if any(isinstance(place, tuple) for place in places):
            scale = np.broadcast_to(scale, self.shape)
        near = self.distribution.dist(*shapes, scale=scale)
        if np.all(shift == shift.flat[0]):
            shift = float(shift.flat[0])
        return dataclasses.replace(self, distribution=near, breakpoints=places), shift

    def shifted(self, by: Float[np.ndarray, "d"]) -> Self:
        shapes, loc, scale = parsed(self.distribution)
        moved = self.distribution.dist(*shapes, loc=np.asarray(loc) + by, scale=scale)
        places = each(self.breakpoints, lambda place: place + by)
        return dataclasses.replace(self, distribution=moved, breakpoints=places)

    def rescaled(self, power: int) -> Self:
        known = vars(self).setdefault("_rescaled", {})
        if power not in known:
            known[power] = self._in_units_of(power)
        return known[power]

    def _in_units_of(self, power: int) -> Self:
        shapes, loc, scale = parsed(self.distribution)
        loc, scale = (np.ldexp(np.asarray(a, float), power) for a in (loc, scale))
        places = each(self.breakpoints, lambda place: np.ldexp(place, power))
        moved = self.distribution.dist(*shapes, loc=loc, scale=scale)
        return dataclasses.replace(self, distribution=moved, breakpoints=places)

    def key(self) -> tuple[Any, ...]:
        """What tells this law from others: frozen distributions compare by identity."""
        law = self.distribution.dist
        if not type(law).__module__.startswith("scipy.stats") or hasattr(law, "_histogram"):
            return (FromScipy, self.distribution, self.breakpoints)
        shapes, loc, scale = parsed(self.distribution)
        numbers = np.broadcast_arrays(*shapes, loc, scale)
        return (FromScipy, type(law), *(a.tobytes() for a in numbers), self.breakpoints)

    def units(self) -> Units:
        return self._units

    @functools.cached_property
    def _units(self) -> Units:
        shapes, loc, scale = parsed(self.distribution)
        size = int(np.prod(self.shape))
        loc, scale = (np.broadcast_to(np.asarray(a, float), size) for a in (loc, scale))
        places = [(np.asarray(place) - loc) / scale for place in self.breakpoints]
        rows = [np.broadcast_to(np.asarray(a, float), size) for a in (*shapes, *places)]
        known, which = np.unique(np.reshape(rows, (len(rows), size)), axis=1, return_inverse=True)
        n, law = len(shapes), self.distribution.dist
        units = [FromScipy(law(*row[:n]), tuple(row[n:])) for row in known.T.tolist()]
        return Units(units, which.ravel(), loc, scale)

    def table_of_one(self) -> Table | None:
        places: Any = self.breakpoints
        return table_of(self.distribution, tuple(map(float, places)))

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        density: Any = super().log_pdf(x)
        if is_jax(density) or self._tabulated is None:
            return density
        low, high = np.moveaxis(self._tabulated.table.window, -1, 0)
        # Between its ends a table keeps a small number where there is no mass.
        return np.where((x > low) & (x < high) & (density < -5e3), -np.inf, density)

    def direct(self) -> AbstractPerturbation:
        return _Called(self.distribution, self.breakpoints)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class _Called(_AbstractScipy):
    """A frozen distribution whose own methods are called, from JAX by callbacks."""

    distribution: Any = dataclasses.field(metadata={"static": True})
    breakpoints: tuple[Place, ...] = dataclasses.field(default=(), metadata={"static": True})

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logpdf", x)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logcdf", x)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logsf", x)


def _evaluate(method: Callable[[np.ndarray], np.ndarray], dtype: Any, x: Any) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(method(np.asarray(x, np.float64)), dtype)
