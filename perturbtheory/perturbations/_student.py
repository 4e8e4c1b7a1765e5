"""Student's t: polynomial tails, Cauchy among them."""

import dataclasses
import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax.scipy.special import betainc, gammaln
from jaxtyping import Array, Float

from perturbtheory.checks import is_known, positive, require, require_one_shape
from perturbtheory.numerics import register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail
from perturbtheory.perturbations._scale import AbstractScale
from perturbtheory.perturbations._table import Tabulated, tabulate_density


@register
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
