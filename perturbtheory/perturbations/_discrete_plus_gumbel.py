"""gamma + t G for discrete gamma: a finite mixture of Gumbel laws."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.numerics import Landmarks, floats, leaves, namespace, register, split
from perturbtheory.perturbations._base import AbstractPerturbation, Tail
from perturbtheory.perturbations._discrete import Discrete
from perturbtheory.perturbations._gumbel import EULER, Gumbel
from perturbtheory.perturbations._shown import ShownSum

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from perturbtheory.numerics import Array

_GUMBEL = Gumbel()
_APART = 30.0
"""From so many t on between two atoms the density is hills with nothing in between."""
_PANELS = (
    np.concatenate(
        [np.linspace(-5.3, 3.0, 9), [4.5, 6.5, 9.0, 12.0, 16.0, 20.0, 25.0, 31.0, 38.0, 46.0]]
    )
    - EULER
)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class DiscretePlusGumbel(ShownSum, AbstractPerturbation):
    """gamma + t G for discrete gamma: a finite mixture of Gumbel laws, in closed form.

    F(x) = sum_k weights[k] exp(-exp(-((x - atoms[k]) / t + c))); made by
    `perturbtheory.perturbations.smoothed`.
    """

    base: Discrete
    temperature: Float[Array, ""] | float
    tail: ClassVar[Tail] = "exponential"

    @property
    def valid(self) -> Array:
        xp, t = floats(self.temperature)
        return self.base.valid & xp.all(xp.isfinite(t) & (t > 0))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.base.shape

    @property
    def mean(self) -> Float[Array, "#d"]:
        return self.base.mean

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, base, t = floats(self.base.variance, self.temperature)
        return base + xp.square(t) * (math.pi**2 / 6)

    @property
    def resolution(self) -> Float[Array, "#d"]:
        return floats(self.temperature)[1]

    def _mixture(self, x: Float[Array, "..."], law: Callable[[Array], Array]) -> Array:
        """log sum_k weights[k] exp(law((x - atoms[k]) / t))."""
        xp, x, t, atoms, weights = floats(x, self.temperature, self.base.atoms, self.base.weights)
        return xp.logsumexp(law((x[..., None] - atoms) / t), b=weights, axis=-1)

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, t, _ = floats(x, self.temperature, self.base.atoms)
        return self._mixture(x, _GUMBEL.unit_log_pdf) - xp.log(t)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        upper = self._mixture(x, _GUMBEL.unit_log_sf)
        xp = namespace(upper)
        near_one = xp.log1p(-xp.exp(xp.minimum(upper, -0.5)))
        return xp.where(upper < -0.7, near_one, self._mixture(x, _GUMBEL.unit_log_cdf))

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._mixture(x, _GUMBEL.unit_log_sf)

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        one, two = split(key)
        _, base, gumbel, t = floats(
            self.base.sample(one, shape), _GUMBEL.sample(two, shape), self.temperature
        )
        return base + t * gumbel

    def take(self, keep: np.ndarray) -> Self:
        return dataclasses.replace(self, base=self.base.take(keep))

    def rescaled(self, power: int) -> Self:
        return dataclasses.replace(
            self,
            base=self.base.rescaled(power),
            temperature=float(np.ldexp(float(self.temperature), power)),
        )

    @property
    def _is_narrow(self) -> bool:
        """Whether panels around every atom are cheaper than an even grid; for known numbers."""
        if namespace(*leaves(self)).traced:
            return False
        low, high = self.base.support
        return bool(np.max(high - low) > _APART * float(self.temperature))

    @property
    def step(self) -> float | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """As for Gumbel noise, where the atoms are so near that the density is one hill."""
        return None if self._is_narrow else 0.25

    @property
    def fringe(self) -> tuple[float, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The panels of t G around every atom."""
        return tuple(float(self.temperature) * _PANELS) if self._is_narrow else ()

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        xp, t, atoms = floats(self.temperature, self.base.atoms)
        location = xp.atleast_2d(atoms).T
        narrow = self._is_narrow
        width = xp.broadcast_to(xp.inf if narrow else 1.5 * t, location.shape)
        reach = xp.broadcast_to(7.5 * t, location.shape)
        return Landmarks(location, width, reach, (narrow,) * len(location))

    def bracket(self, floor: float, ceiling: float) -> tuple[Array, Array]:
        _, t, low, high = floats(self.temperature, *self.base.support)
        return low - t * (math.log(-floor) + EULER), high + t * (-ceiling - EULER)

    def _gumbels(self, x: Float[Array, "..."], rest: Any) -> tuple[Any, ...]:
        """(xp, exp(-z), weights, t) for z = (x + rest - atoms) / t + c, along a last axis."""
        xp, x, rest, t, atoms, weights = floats(
            x, rest, self.temperature, self.base.atoms, self.base.weights
        )
        z = ((x[..., None] - atoms) + rest[..., None]) / t + EULER
        return xp, xp.exp(xp.minimum(-z, 80.0)), weights, t

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        return self.cdf_and_rate_at(x, 0.0)

    def cdf_and_rate_at(
        self, x: Float[Array, "..."], rest: Float[Array, "..."] | float
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, e, weights, t = self._gumbels(x, rest)
        law = weights * xp.exp(-e)
        cdf, density = xp.sum(law, -1), xp.sum(law * e, -1) / t
        return cdf, xp.where(cdf > 0, density / xp.where(cdf > 0, cdf, 1.0), 0.0)

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, e, weights, t = self._gumbels(x, 0.0)
        law = weights * xp.exp(-e) * e
        density = xp.sum(law, -1)
        slope = xp.abs(xp.sum(law * (e - 1), -1))
        return xp.where(density > 0, slope / xp.where(density > 0, density, 1.0), 0.0) / t
