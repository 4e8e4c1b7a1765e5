"""Perturbations gamma = scale * Z of a fixed law Z."""

import abc
import dataclasses
import functools
import math
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax.scipy.special import erfc
from jaxtyping import Array, Float

from perturbtheory.checks import positive, require
from perturbtheory.perturbations._base import (
    AbstractPerturbation,
    Landmarks,
    Tail,
    column,
    register,
)

EULER = 0.57721566490153286060651209008240243
"""The Euler-Mascheroni constant, the mean of a Gumbel variable with location zero."""
GUMBEL_NODES = 208
"""Trapezoidal nodes for exponential tails: the error is below 1e-12 at any dimension."""


class AbstractScale(AbstractPerturbation):
    """gamma = scale * Z with E[Z] = 0: subclasses describe Z at unit scale, in z = x / scale."""

    scale: Float[Array, "#d"] | float
    unit_variance: ClassVar[float] = float("inf")
    reach: ClassVar[float]
    """How far, in scales, the law keeps the resolution that it needs at its centre."""

    def __post_init__(self) -> None:
        require("scale", self.scale, positive, "be positive and finite", "pass a scale > 0")

    @property
    def valid(self) -> Array:
        return jnp.all(jnp.isfinite(self.scale) & (jnp.asarray(self.scale) > 0))

    @property
    def mean(self) -> Float[Array, "#d"]:
        return jnp.zeros_like(self.scale)

    @property
    def variance(self) -> Float[Array, "#d"]:
        return jnp.square(jnp.asarray(self.scale)) * self.unit_variance

    @abc.abstractmethod
    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log density of Z."""

    @abc.abstractmethod
    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log P(Z <= z)."""

    @abc.abstractmethod
    def unit_sample(self, key: Array, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
        """Draws of Z."""

    def unit_log_sf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log P(Z > z); by symmetry unless overridden."""
        return self.unit_log_cdf(-z)

    @abc.abstractmethod
    def unit_strip(self, dimension: int) -> float | Array:
        """Half-width of the strip on which the law of the maximum of `dimension` Z is analytic.

        Where the density has a kink at 0: on either side of it.
        """

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.unit_log_pdf(x / self.scale) - jnp.log(self.scale)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.unit_log_cdf(x / self.scale)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.unit_log_sf(x / self.scale)

    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        return self.scale * self.unit_sample(key, shape, jnp.result_type(float, self.scale))

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        if tuple(f.name for f in dataclasses.fields(self)) != ("scale",):  # pyright: ignore[reportArgumentType]
            return super().log_quantile(level, upper=upper)
        return jnp.asarray(self.scale) * _unit_log_quantile(
            type(self), level, upper, jnp.result_type(float) == jnp.float64
        )

    def landmarks(self, dimension: int) -> Landmarks:
        scale = jnp.asarray(self.scale)
        width = scale * self.unit_strip(dimension)
        kinks = (not self.smooth,)
        return Landmarks(column(0 * width), column(width), column(self.reach * scale), kinks)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Normal(AbstractScale):
    """F(x) = Phi(x / scale): mean 0, standard deviation `scale`.

    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.
    Independent probit in econometrics; Gaussian-Softmax and Gaussian-Argmax in paper A.
    """

    scale: Float[Array, "#d"] | float = 1.0
    tail: ClassVar[Tail] = "gaussian"
    unit_variance: ClassVar[float] = 1.0
    reach: ClassVar[float] = 14.0

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return -z * z / 2 - 0.5 * math.log(2 * math.pi)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        # erfc keeps relative accuracy until it underflows; from there on the asymptotic series
        # phi(z)/|z| (1 - 1/z^2 + 3/z^4 - ...) is exact to rounding. log_ndtr is not: 4e-9 at -20.
        z = jnp.asarray(z)
        edge = -37.0 if z.dtype == jnp.float64 else -12.0
        near = jnp.maximum(z, edge)
        smaller = 0.5 * erfc(jnp.abs(near) * math.sqrt(0.5))
        u = 1 / jnp.square(jnp.minimum(z, edge))
        series = 1 - u * (1 - 3 * u * (1 - 5 * u * (1 - 7 * u * (1 - 9 * u))))
        far = self.unit_log_pdf(z) - jnp.log(-jnp.minimum(z, edge)) + jnp.log(series)
        inside = jnp.where(z > 0, jnp.log1p(-smaller), jnp.log(smaller))
        return jnp.where(z < edge, far, inside)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        # erfc keeps relative accuracy until it underflows at -37 deviations, far below the
        # window of the quadrature, and costs a third of log_ndtr.
        z = x / self.scale
        smaller = jnp.maximum(0.5 * erfc(jnp.abs(z) * math.sqrt(0.5)), jnp.finfo(z.dtype).tiny)
        log_cdf = jnp.where(z > 0, jnp.log1p(-smaller), jnp.log(smaller))
        density = jnp.exp(-z * z / 2) / (math.sqrt(2 * math.pi) * self.scale)
        return log_cdf, density / jnp.where(z > 0, 1 - smaller, smaller)

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        z = x / self.scale
        cdf = jnp.maximum(0.5 * erfc(-z * math.sqrt(0.5)), jnp.finfo(z.dtype).tiny)
        return cdf, jnp.exp(-z * z / 2) / (math.sqrt(2 * math.pi) * self.scale) / cdf

    def unit_sample(self, key: Array, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
        return jax.random.normal(key, shape, dtype)

    def unit_strip(self, dimension: int) -> float:
        # One Gaussian is entire; 2.9 is what its quadrature behaves like. The largest of d is
        # close to a Gumbel variable of scale 1 / sqrt(2 log d), with strip pi/2 of that.
        return min(2.9, math.pi / 2 / math.sqrt(2 * math.log(max(dimension, 2))) * 1.25)

    def trapezoid_nodes(self, dimension: int) -> int | None:
        # Worst case over theta is one entry a few deviations above d - 1 equal ones. There the
        # error is 4e-16 at 32, 2e-13 at 100, 1e-15 at 1024, 2e-12 at 100,000 categories.
        if self.shape:
            return None
        return (
            64 if dimension <= 32 else 72 if dimension <= 100 else 112 if dimension <= 1024 else 144
        )


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Gumbel(AbstractScale):
    """F(x) = exp(-exp(-(x / scale + c))), c = 0.5772...: mean 0, variance (pi scale)^2 / 6.

    The zero-mean Gumbel law of both papers, whose density is
    exp(-(z + exp(-z))) / scale with z = x / scale + c.
    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.
    """

    scale: Float[Array, "#d"] | float = 1.0
    unit_variance: ClassVar[float] = math.pi**2 / 6
    reach: ClassVar[float] = 100.0

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        z = z + EULER
        return -z - jnp.exp(-z)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return -jnp.exp(-(z + EULER))

    def unit_log_sf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        z = z + EULER
        # log(1 - exp(-y)) with y = exp(-z) is -z - y/2 + O(y^2), which does not underflow.
        near = jnp.log(-jnp.expm1(-jnp.exp(-jnp.minimum(z, 30.0))))
        return jnp.where(z > 30.0, -z - jnp.exp(-z) / 2, near)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        y = jnp.exp(-(x / self.scale + EULER))
        return -y, y / self.scale

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.scale * (-jnp.log(-jnp.log(q)) - EULER)

    def unit_sample(self, key: Array, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
        return jax.random.gumbel(key, shape, dtype) - EULER

    def unit_strip(self, dimension: int) -> float:  # noqa: ARG002
        return math.pi / 2

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        return None if self.shape else GUMBEL_NODES


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Logistic(AbstractScale):
    """F(x) = 1 / (1 + exp(-x / scale)): mean 0, variance (pi scale)^2 / 3.

    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.
    """

    scale: Float[Array, "#d"] | float = 1.0
    unit_variance: ClassVar[float] = math.pi**2 / 3
    reach: ClassVar[float] = 100.0

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return jax.nn.log_sigmoid(z) + jax.nn.log_sigmoid(-z)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return jax.nn.log_sigmoid(z)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        z = x / self.scale
        return jax.nn.log_sigmoid(z), jax.nn.sigmoid(-z) / self.scale

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.scale * (jnp.log(q) - jnp.log1p(-q))

    def unit_sample(self, key: Array, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
        return jax.random.logistic(key, shape, dtype)

    def unit_strip(self, dimension: int) -> float:
        # Poles at +-i pi; the maximum of many logistic variables is Gumbel, with strip pi/2.
        return math.pi if dimension <= 4 else math.pi / 2

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        return None if self.shape else GUMBEL_NODES


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Laplace(AbstractScale):
    """f(x) = exp(-|x| / scale) / (2 scale): mean 0, variance 2 scale^2, a kink at 0.

    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.
    """

    scale: Float[Array, "#d"] | float = 1.0
    smooth: ClassVar[bool] = False
    unit_variance: ClassVar[float] = 2.0
    reach: ClassVar[float] = 100.0

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return -jnp.abs(z) - math.log(2.0)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        tail = -jnp.abs(z) - math.log(2.0)
        return jnp.where(z > 0, jnp.log1p(-jnp.exp(tail)), tail)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        z = x / self.scale
        smaller = jnp.exp(-jnp.abs(z)) / 2
        log_cdf = jnp.where(z > 0, jnp.log1p(-smaller), -jnp.abs(z) - math.log(2.0))
        return log_cdf, jnp.where(z > 0, smaller / (1 - smaller), 1.0) / self.scale

    def unit_sample(self, key: Array, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
        return jax.random.laplace(key, shape, dtype)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        tail = -jnp.log(2 * jnp.minimum(q, 1 - q))
        return self.scale * jnp.sign(q - 0.5) * tail

    def unit_strip(self, dimension: int) -> float:  # noqa: ARG002
        return 1.5


@functools.lru_cache(maxsize=256)
def _unit_log_quantile(
    law: Callable[[float], AbstractScale], level: float, upper: bool, x64: bool
) -> float:
    """A number known while tracing; `x64` is part of the key, for it decides the precision."""
    del x64
    with jax.ensure_compile_time_eval():
        return float(AbstractPerturbation.log_quantile(law(1.0), level, upper=upper))
