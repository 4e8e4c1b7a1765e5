"""Perturbations gamma = scale * Z of a fixed law Z."""

import abc
import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax.scipy.special import betainc, erfc, gammaln, log_ndtr
from jaxtyping import Array, Float

from perturbtheory.checks import is_known, positive, require, require_one_shape
from perturbtheory.perturbations._base import AbstractPerturbation, Landmarks, Tail, column
from perturbtheory.perturbations._table import Tabulated, tabulate_density

EULER = 0.57721566490153286060651209008240243
"""The Euler-Mascheroni constant, the mean of a Gumbel variable with location zero."""
GUMBEL_NODES = 192
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


@jax.tree_util.register_dataclass
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
        return log_ndtr(z)

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


@jax.tree_util.register_dataclass
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


@jax.tree_util.register_dataclass
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


@jax.tree_util.register_dataclass
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


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True, eq=False)
class StudentT(AbstractScale):
    """f(x) proportional to (1 + x^2 / (df scale^2))^(-(df + 1) / 2); df = 1 is Cauchy.

    Mean 0 for df > 1, none otherwise; variance scale^2 df / (df - 2) for df > 2, else infinite.
    Raises ValueError unless `df` and `scale` (scalars or shape ``(d,)``) are positive and finite.
    """

    df: Float[Array, "#d"] | float
    scale: Float[Array, "#d"] | float = 1.0
    tail: ClassVar[Tail] = "polynomial"
    reach: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        require("df", self.df, positive, "be positive and finite", "pass df > 0, 1 for Cauchy")
        super().__post_init__()
        if is_known(self.df) and is_known(self.scale):
            require_one_shape(df=self.df, scale=self.scale)

    @property
    def valid(self) -> Array:
        return jnp.all(jnp.isfinite(self.df) & (jnp.asarray(self.df) > 0)) & super().valid

    @property
    def mean(self) -> Float[Array, "#d"]:
        return jnp.where(jnp.asarray(self.df) > 1, jnp.zeros_like(self.scale), jnp.nan)

    @property
    def variance(self) -> Float[Array, "#d"]:
        df = jnp.asarray(self.df)
        finite = df / jnp.where(df > 2, df - 2, 1.0)
        return jnp.square(jnp.asarray(self.scale)) * jnp.where(df > 2, finite, jnp.inf)

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        df = jnp.asarray(self.df)
        constant = _log_gamma_step(df / 2) - jnp.log(df * math.pi) / 2
        return constant - (df + 1) / 2 * _log1p_square(z / jnp.sqrt(df))

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        tail = self._log_tail(jnp.abs(z))
        return jnp.where(z > 0, jnp.log1p(-jnp.exp(tail)), tail)

    def _log_tail(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log P(Z > z) = log(I_w(a, 1/2) / 2) for z >= 0, a = df / 2 and w = df / (df + z^2).

        I_w(a, 1/2) = w^a / (a B(a, 1/2)) sum_n (1/2)_n / n! a / (a + n) w^n, kept in logarithms
        for w < 1/2; next to z = 0 the complement 1 - I_{1-w}(1/2, a) keeps the digits of z.
        """
        a = jnp.asarray(self.df) / 2
        log_w = -_log1p_square(z / jnp.sqrt(2 * a))
        w, complement = jnp.exp(log_w), -jnp.expm1(log_w)

        def horner(k: int, total: Array) -> Array:
            n = 52.0 - k
            return 1 + (n - 0.5) / n * (a + n - 1) / (a + n) * jnp.minimum(w, 0.5) * total

        total = jax.lax.fori_loop(0, 52, horner, jnp.ones_like(w * a))
        far = _log_leading(a, log_w) + jnp.log(total)
        # One call serves both sides: compiling this function is what takes time.
        central = complement * (1 + a) < 0.1
        half = jnp.full_like(w * a, 0.5)
        first, second = jnp.where(central, half, a), jnp.where(central, a, half)
        share = betainc(first, second, jnp.where(central, complement, jnp.maximum(w, 0.4)))
        near = jnp.where(central, jnp.log1p(-jnp.where(central, share, 0.0)), jnp.log(share))
        return jnp.where(w < 0.5, far, near - math.log(2.0))

    def prepare(self, dtype: Any) -> AbstractPerturbation:
        law = self.astype(dtype)
        a, scale = (jnp.broadcast_to(v, self.shape or (1,)) for v in (law.df / 2, law.scale))
        # Where the leading term of the tail is exp(-105), but no further than 1e150 scales.
        log_w = (-105.0 - _log_leading(a, jnp.zeros_like(a))) / a
        log_w = jnp.clip(log_w, -2 * math.log(1e150 if dtype == jnp.float64 else 1e15), -1e-6)
        edge = scale * jnp.sqrt(2 * a * jnp.expm1(-log_w))
        tail = _log_leading(a, log_w)
        return Tabulated(law, tabulate_density(law, -edge, edge, (tail, tail)))

    def unit_sample(self, key: Array, shape: tuple[int, ...], dtype: jnp.dtype) -> Array:
        return jax.random.t(key, jnp.asarray(self.df, dtype), shape, dtype)

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        # int_z^inf y f(y) dy = (df + z^2) / (df - 1) f(z), exactly.
        z, df = x / self.scale, jnp.asarray(self.df)
        log_square = jnp.log(df) + _log1p_square(z / jnp.sqrt(df))
        return self.scale * jnp.exp(log_square + self.unit_log_pdf(z)) / (df - 1)

    def unit_strip(self, dimension: int) -> Array:  # noqa: ARG002
        # Poles at +-i sqrt(df); with many degrees of freedom the law is nearly normal.
        return jnp.minimum(jnp.sqrt(jnp.asarray(self.df)), 1.0)


@functools.lru_cache(maxsize=256)
def _unit_log_quantile(
    law: Callable[[float], AbstractScale], level: float, upper: bool, x64: bool
) -> float:
    """A number known while tracing; `x64` is part of the key, for it decides the precision."""
    del x64
    with jax.ensure_compile_time_eval():
        return float(AbstractPerturbation.log_quantile(law(1.0), level, upper=upper))


def _log_gamma_step(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """log Gamma(x + 1/2) - log Gamma(x), by its asymptotic series where x > 50."""
    large = jnp.maximum(x, 50.0)
    series = -1 / (8 * large) + 1 / (192 * large**3) - 1 / (640 * large**5)
    return jnp.where(x > 50, jnp.log(large) / 2 + series, gammaln(x + 0.5) - gammaln(x))


def _log_leading(a: Array, log_w: Array) -> Array:
    """log(w^a / (2 a B(a, 1/2))), the leading term of Student's tail for small w."""
    log_beta = 0.5 * math.log(math.pi) - _log_gamma_step(a)
    return a * log_w - jnp.log(2 * a) - log_beta


def _log1p_square(y: Float[Array, "..."]) -> Float[Array, "..."]:
    """log(1 + y^2) without overflow."""
    big = jnp.abs(y) > 1e8
    return jnp.where(
        big, 2 * jnp.log(jnp.where(big, jnp.abs(y), 1.0)), jnp.log1p(jnp.where(big, 0.0, y) ** 2)
    )
