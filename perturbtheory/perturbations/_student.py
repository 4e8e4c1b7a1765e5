"""Student's t: polynomial tails, Cauchy among them."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.checks import parameter, positive, require, require_one_shape
from perturbtheory.numerics import draw, floats, is_known, namespace, register, repeat
from perturbtheory.perturbations._adaptive import resolve
from perturbtheory.perturbations._base import AbstractPerturbation, Tail
from perturbtheory.perturbations._scale import AbstractScale
from perturbtheory.perturbations._table import Table, tabulate
from perturbtheory.perturbations._tabulated import AbstractTabulated
from perturbtheory.perturbations._units import Units
from perturbtheory.perturbations._zones import FARTHEST, zones_of

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array

_DEPTH = 400.0
"""-log of the smallest F that the table holds before it continues it as a power."""
_SWING = 100.0


class _AbstractStudent(AbstractScale):
    """What the law says in closed form, and of itself."""

    df: Float[Array, "#d"] | float
    tail: ClassVar[Tail] = "polynomial"
    reach: ClassVar[float] = 0.0
    has_formula: ClassVar[bool] = False

    @property
    def valid(self) -> Array:
        xp, df, scale = floats(self.df, self.scale)
        return xp.all(xp.isfinite(df) & (df > 0)) & xp.all(xp.isfinite(scale) & (scale > 0))

    @property
    def mean(self) -> Float[Array, "#d"]:
        xp, df, scale = floats(self.df, self.scale)
        return xp.where(df > 1, xp.zeros_like(scale), xp.nan)

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, df, scale = floats(self.df, self.scale)
        finite = df / xp.where(df > 2, df - 2, 1.0)
        return xp.square(scale) * xp.where(df > 2, finite, xp.inf)

    @property
    def resolution(self) -> Float[Array, "#d"]:
        xp, df, scale = floats(self.df, self.scale)
        return scale * xp.minimum(xp.sqrt(df), 1.0)

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, z, df = floats(z, self.df)
        constant = _log_gamma_step(df / 2) - xp.log(df * math.pi) / 2
        return constant - (df + 1) / 2 * _log1p_square(z / xp.sqrt(df))

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """log of I_w(a, 1/2) / 2 for z < 0, with a = df / 2 and w = df / (df + z^2).

        I_w(a, 1/2) = w^a / (a B(a, 1/2)) sum_n (1/2)_n / n! a / (a + n) w^n, kept in logarithms
        for w < 1/2; next to z = 0 the complement 1 - I_{1-w}(1/2, a) keeps the digits of z.
        """
        xp, z, df = floats(z, self.df)
        a = df / 2
        log_w = -_log1p_square(z / xp.sqrt(2 * a))
        w, complement = xp.exp(log_w), -xp.expm1(log_w)

        def horner(state: tuple[Array, Array]) -> tuple[Array, Array]:
            n, total = state
            return n - 1, 1 + (n - 0.5) / n * (a + n - 1) / (a + n) * xp.minimum(w, 0.5) * total

        _, total = repeat(xp, 52, horner, (xp.asarray(52.0, z.dtype), xp.ones_like(w * a)))
        far = a * log_w - xp.log(2 * a) - 0.5 * math.log(math.pi) + _log_gamma_step(a)
        # One call serves both sides: compiling this function is what takes time.
        central = complement * (1 + a) < 0.1
        half = xp.full_like(w * a, 0.5)
        first, second = xp.where(central, half, a), xp.where(central, a, half)
        share = xp.betainc(first, second, xp.where(central, complement, xp.maximum(w, 0.4)))
        near = xp.where(central, xp.log1p(-xp.where(central, share, 0.0)), xp.log(share))
        tail = xp.where(w < 0.5, far + xp.log(total), near - math.log(2.0))
        return xp.where(z > 0, xp.log1p(-xp.exp(tail)), tail)

    def unit_score(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, z, df = floats(z, self.df)
        root = xp.sqrt(df)
        return (df + 1) / root / (root / xp.abs(z) + xp.abs(z) / root)

    def unit_sample(self, key: Any, shape: tuple[int, ...], dtype: Any) -> Array:
        return draw(key, "t", shape, dtype, namespace(self.df).asarray(self.df))

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        # int_z^inf y f(y) dy = (df + z^2) / (df - 1) f(z), exactly.
        xp, x, df, scale = floats(x, self.df, self.scale)
        z = x / scale
        log_square = xp.log(df) + _log1p_square(z / xp.sqrt(df))
        return scale * xp.exp(log_square + self.unit_log_pdf(z)) / (df - 1)

    def unit_strip(self, dimension: int) -> Array:  # noqa: ARG002
        # Poles at +-i sqrt(df); with many degrees of freedom the law is nearly normal.
        xp, df = floats(self.df)
        return xp.minimum(xp.sqrt(df), 1.0)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class StudentT(AbstractTabulated, _AbstractStudent):
    """f(x) proportional to (1 + x^2 / (df scale^2))^(-(df + 1) / 2); df = 1 is Cauchy.

    Mean 0 for df > 1, none otherwise; variance scale^2 df / (df - 2) for df > 2, else infinite.
    Raises ValueError unless `df` and `scale` (scalars or shape ``(d,)``) are positive and finite.

    Example:
        >>> import perturbtheory as pt
        >>> f = pt.expected_max(pt.StudentT(1.0))  # Cauchy noise, which has no mean
        >>> f.probabilities([1.0, 0.0]).round(6).tolist()
        [0.647584, 0.352416]
        >>> round(float(f.anchored([1.0, 0.0])), 6)
        0.576555
    """

    df: Float[Array, "#d"] | float
    scale: Float[Array, "#d"] | float = 1.0
    formula: ClassVar[str] = r"f(x) \propto (1 + \frac{x^{2}}{\nu\sigma^{2}})^{-(\nu + 1)/2}"

    def __post_init__(self) -> None:
        object.__setattr__(self, "df", parameter("df", self.df))
        require("df", self.df, positive, "be positive and finite", "pass df > 0, 1 for Cauchy")
        super().__post_init__()
        if is_known(self.df) and is_known(self.scale):
            require_one_shape(df=self.df, scale=self.scale)

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return _AbstractStudent.log_pdf(self, x)

    def units(self) -> Units:
        df, scale = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(a, float)) for a in (self.df, self.scale))
        )
        known, which = np.unique(df, return_inverse=True)
        return Units([StudentT(one) for one in known.tolist()], which, np.zeros(df.size), scale)

    def table_of_one(self) -> Table:
        return _unit_table(float(self.df))

    def direct(self) -> AbstractPerturbation:
        return _StudentByBeta(self.df, self.scale)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class _StudentByBeta(_AbstractStudent):
    """Student's t by the incomplete beta function, for degrees of freedom that are traced."""

    df: Float[Array, "#d"] | float
    scale: Float[Array, "#d"] | float = 1.0


def _unit_table(df: float) -> Table:
    unit = StudentT(df)
    resolution = min(math.sqrt(df), 1.0)
    edge = math.sqrt(df) * min(math.exp(min(_DEPTH / df, 345.0)), FARTHEST)
    zone = zones_of([0.0], (-edge, edge), resolution, lambda _: unit.unit_log_pdf, 0.0, deep=False)
    return tabulate([resolve(unit.unit_log_pdf, zone[0], _SWING)], heavy=True, ends=(False, False))


def _log_gamma_step(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """log Gamma(x + 1/2) - log Gamma(x), by its asymptotic series where x > 50."""
    xp = namespace(x)
    large = xp.maximum(x, 50.0)
    series = -1 / (8 * large) + 1 / (192 * large**3) - 1 / (640 * large**5)
    return xp.where(x > 50, xp.log(large) / 2 + series, xp.gammaln(x + 0.5) - xp.gammaln(x))


def _log1p_square(y: Float[Array, "..."]) -> Float[Array, "..."]:
    """log(1 + y^2) without overflow."""
    xp = namespace(y)
    big = xp.abs(y) > 1e8
    return xp.where(
        big, 2 * xp.log(xp.where(big, xp.abs(y), 1.0)), xp.log1p(xp.where(big, 0.0, y) ** 2)
    )
