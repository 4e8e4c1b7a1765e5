"""Any frozen continuous distribution of scipy.stats as a perturbation."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from perturbtheory.numerics import is_jax, register
from perturbtheory.perturbations._base import AbstractPerturbation
from perturbtheory.perturbations._called import AbstractScipy, Called
from perturbtheory.perturbations._frozen import (
    fringe_of,
    of_copies,
    parsed,
    quantile,
    require_in_range,
)
from perturbtheory.perturbations._frozen_table import ends_of, kinks_of, table_of
from perturbtheory.perturbations._places import Place, as_places, each
from perturbtheory.perturbations._tabulated import AbstractTabulated
from perturbtheory.perturbations._units import Units

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from perturbtheory.numerics import Array
    from perturbtheory.perturbations._table import Table

_AGREED = 1e-9
"""To what share scipy and the table must agree at the end of this to be believed beyond it."""


@register
@dataclasses.dataclass(frozen=True, eq=False)
class FromScipy(AbstractTabulated, AbstractScipy):
    """gamma_i distributed as `distribution`, for example ``FromScipy(scipy.stats.hypsecant())``.

    The frozen distribution's parameters may be scalars or vectors of shape ``(d,)``. Its density is
    tabulated once, without location and scale, and F is the integral of it; where that does not
    integrate to one its own logpdf, logcdf and logsf are called. `breakpoints` names places inside
    the support where the density jumps or bends, on the axis of gamma: scipy.stats.laplace(3.0)
    bends at 3.0. Each is a number, or a vector of shape ``(d,)``, one place per coordinate:
    ``FromScipy(scipy.stats.laplace(loc), breakpoints=(loc,))``. The ends of the support are known,
    and so is where log f jumps or bends sharply; name what is finer. Location and scale stay: the
    mean need not be zero. Where F or 1 - F of a coordinate is below 1e-299 (1e-170 for a few laws)
    NumPy asks scipy's logcdf and logsf, if they agree there and tails are light; else, and in JAX,
    the table goes on as an exponential or a power, and log-probabilities that rest on it are rough.
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
        require_in_range(self.distribution)
        places = as_places("breakpoints", self.breakpoints, probe.shape)
        object.__setattr__(self, "breakpoints", places)
        object.__setattr__(self, "distribution", of_copies(self.distribution))

    @property
    def differentiable(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the table serves JAX in its usual precision: what it calls instead has none."""
        import jax.numpy as jnp

        return self._tabulated is not None and self._tabulated.fits(jnp.result_type(float))

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
        return (FromScipy, type(law), law.name, *(a.tobytes() for a in numbers), self.breakpoints)

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

    def _unnamed(self) -> Float[np.ndarray, "m #d"]:
        laws, which, loc, scale = self.units()
        rows = [kinks_of(law.distribution, law.breakpoints) for law in laws]
        places = np.full((max(map(len, rows)), len(laws)), np.inf)
        for k, row in enumerate(rows):
            places[: len(row), k] = row
        return np.reshape(loc + scale * places[:, which], (-1, *self.shape))

    def table_of_one(self) -> Table | None:
        places: Any = self.breakpoints
        return table_of(self.distribution, tuple(map(float, places)))

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        density: Any = self._beyond("logpdf", x, super().log_pdf)
        if is_jax(density) or self._tabulated is None:
            return density
        low, high = np.moveaxis(self._tabulated.table.window, -1, 0)
        # Between its ends a table keeps a small number where there is no mass.
        return np.where((x > low) & (x < high) & (density < -5e3), -np.inf, density)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._beyond("logcdf", x, super().log_cdf)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._beyond("logsf", x, super().log_sf)

    def _beyond(self, method: str, x: Any, table: Callable[[Any], Any]) -> Any:
        """What the table says, or scipy itself beyond ends at which both agree."""
        known = table(x)
        if is_jax(known) or self._tabulated is None or self.tail == "polynomial":
            return known
        x = np.asarray(x, np.float64)
        for side, there in enumerate((x < self._ends[0], x > self._ends[1])):
            if np.any(there) and np.any(agreed := self._agrees(method, side, table)):
                known = np.where(there & agreed, self._said(method, x, there, known), known)
        return known

    def _agrees(self, method: str, side: int, table: Callable[[Any], Any]) -> np.ndarray:
        """Whether scipy says what the table says where it ends."""
        found = vars(self).setdefault("_agreements", {})
        if (method, side) not in found:
            theirs, ours = self._call(method, self._ends[side]), table(self._ends[side])
            found[method, side] = np.abs(theirs - ours) <= _AGREED * np.abs(ours)
        return found[method, side]

    def _said(self, method: str, x: Any, there: np.ndarray, known: Any) -> np.ndarray:
        """What scipy says there, if it is a number; it may take a thousand times as long."""
        if self.shape:
            said = self._call(method, x)
        else:
            said = np.array(known)
            said[there] = self._call(method, x[there])
        return np.where(np.isfinite(said), said, known)

    @functools.cached_property
    def _ends(self) -> Float[np.ndarray, "2 #d"]:
        """Where the table ends; infinite where the support does."""
        laws, which, loc, scale = self.units()
        ends = np.array([ends_of(law.distribution, law.breakpoints) for law in laws])
        return np.reshape((loc + scale * ends[which].T), (2, *self.shape))

    def direct(self) -> AbstractPerturbation:
        return Called(self.distribution, self.breakpoints)
