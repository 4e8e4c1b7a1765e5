"""Perturbations gamma = scale * Z of a fixed law Z."""

from __future__ import annotations

import abc
import dataclasses
import functools
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.checks import parameter, positive, require
from perturbtheory.numerics import Landmarks, column, dtype_of_draws, floats, is_known, namespace
from perturbtheory.perturbations._answers import known_floats
from perturbtheory.perturbations._base import AbstractPerturbation

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from perturbtheory.numerics import Array

EXPONENTIAL_NODES = 208
"""Trapezoidal nodes for exponential tails: the error is below 1e-12 at any dimension."""


class AbstractScale(AbstractPerturbation):
    """gamma = scale * Z with E[Z] = 0: subclasses describe Z at unit scale, in z = x / scale."""

    scale: Float[Array, "#d"] | float
    unit_variance: ClassVar[float] = float("inf")
    reach: ClassVar[float]
    """How far, in scales, the law keeps the resolution that it needs at its centre."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", parameter("scale", self.scale))
        require("scale", self.scale, positive, "be positive and finite", "pass a scale > 0")

    @property
    def valid(self) -> Array:
        xp, scale = floats(self.scale)
        return xp.all(xp.isfinite(scale) & (scale > 0))

    @property
    def mean(self) -> Float[Array, "#d"]:
        _, scale = self._scale()
        return 0 * scale

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, scale = self._scale()
        return xp.square(scale) * self.unit_variance

    @property
    def resolution(self) -> Float[Array, "#d"]:
        return self._scale()[1]

    @abc.abstractmethod
    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log density of Z."""

    @abc.abstractmethod
    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log P(Z <= z)."""

    @abc.abstractmethod
    def unit_sample(self, key: Any, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draws of Z."""

    @abc.abstractmethod
    def unit_strip(self, dimension: int) -> float | Array:
        """Half-width of the strip on which the law of the maximum of `dimension` Z is analytic.

        Where the density has a kink at 0: on either side of it.
        """

    def unit_log_sf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log P(Z > z); by symmetry unless overridden."""
        return self.unit_log_cdf(-z)

    def unit_score(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """|d log f / dz|, or a bound on it; 1 unless overridden."""
        return namespace(z).ones_like(z)

    def _scale(self, *values: Any) -> tuple[Any, ...]:
        """(xp, *values, scale); NaN for a scale that is invalid and known too late to raise."""
        if (known := known_floats(self, "scale", *values)) is not None:
            return known
        xp, *arrays, scale = floats(*values, self.scale)
        if not is_known(self.scale):
            scale = xp.where(xp.isfinite(scale) & (scale > 0), scale, xp.nan)
        return xp, *arrays, scale

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, scale = self._scale(x)
        return self.unit_log_pdf(x / scale) - xp.log(scale)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        _, x, scale = self._scale(x)
        return self.unit_log_cdf(x / scale)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        _, x, scale = self._scale(x)
        return self.unit_log_sf(x / scale)

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        _, x, scale = self._scale(x)
        return self.unit_score(x / scale) / scale

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        draws = self.unit_sample(key, shape, dtype_of_draws(key, self.scale))
        _, draws, scale = self._scale(draws)
        return scale * draws

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        if tuple(f.name for f in dataclasses.fields(self)) != ("scale",):  # pyright: ignore[reportArgumentType]
            return super().log_quantile(level, upper=upper)
        return self._scale()[1] * _unit_log_quantile(type(self), float(level), upper)

    def landmarks(self, dimension: int) -> Landmarks:
        _, scale = self._scale()
        width = scale * self.unit_strip(dimension)
        kinks = (not self.smooth,)
        return Landmarks(column(0 * width), column(width), column(self.reach * scale), kinks)

    def rescaled(self, power: int) -> Self:
        return dataclasses.replace(self, scale=np.ldexp(np.float64(self.scale), power))  # pyright: ignore[reportArgumentType, reportCallIssue]


@functools.lru_cache(maxsize=512)
def _unit_log_quantile(law: Callable[[float], AbstractScale], level: float, upper: bool) -> float:
    return float(AbstractPerturbation.log_quantile(law(1.0), level, upper=upper))
