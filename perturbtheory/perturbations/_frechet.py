"""Frechet noise: the law of the largest of many variables with power tails."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.numerics import register
from perturbtheory.perturbations._base import Tail
from perturbtheory.perturbations._formulas import (
    complement,
    gamma_moments,
    inverse,
    log_ratio,
    power,
)
from perturbtheory.perturbations._half_line import AbstractHalfLine

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Frechet(AbstractHalfLine):
    """F(x) = exp(-(x / scale)^-a) for x > 0, a = `tail_index`.

    Mean scale Gamma(1 - 1/a) for a > 1, infinite otherwise; variance
    scale^2 (Gamma(1 - 2/a) - Gamma(1 - 1/a)^2) for a > 2, infinite otherwise. Not centred.
    Noise of follow-the-perturbed-leader for bandits: Abernethy, Lee and Tewari (2015), Kim and
    Tewari (2019).
    Raises ValueError unless `tail_index` and `scale` (scalars or shape ``(d,)``) are positive and
    finite.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Frechet(2.0)).probabilities([1.0, 0.0]).round(6).tolist()
        [0.81548, 0.18452]
    """

    tail_index: Float[Array, "#d"] | float
    scale: Float[Array, "#d"] | float = 1.0
    tail: ClassVar[Tail] = "polynomial"
    smooth: ClassVar[bool] = True
    formula: ClassVar[str] = r"F(x) = \exp(-(x/\sigma)^{-a}) \text{ for } x > 0"

    @property
    def mean(self) -> Float[Array, "#d"]:
        xp, a, scale = self._parameters()
        return scale * gamma_moments(xp, 1 / a)[0]

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, a, scale = self._parameters()
        return xp.square(scale) * gamma_moments(xp, 1 / a)[1]

    def _depth(self, x: Any) -> tuple[Any, ...]:
        """(xp, z, log z, v, a, scale) with z = x / scale and v = -log F(x) = z^-a."""
        xp, x, a, scale = self._parameters(x)
        z, t = x / scale, log_ratio(xp, x, scale)
        v = xp.where(t == -xp.inf, xp.inf, power(xp, xp.maximum(z, 0.0), t, -a))
        return xp, z, t, v, a, scale

    def _image(self, e: Any, log_e: Any, *, falls: bool) -> Array:
        xp, e, log_e, a, scale = self._parameters(e, log_e)
        if not falls:
            e, log_e = complement(xp, e, log_e)
        return scale * power(xp, e, log_e, -1 / a)

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, z, t, v, a, scale = self._depth(x)
        density = xp.log(a) - xp.log(scale) - (a + 1) * xp.where(v == xp.inf, 0.0, t) - v
        return xp.where(z <= 0, -xp.inf, density)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return -self._depth(x)[3]

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, _, t, v, a, _ = self._depth(x)
        return -complement(xp, v, -a * t)[0]

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, a, scale = self._parameters(x)
        v = xp.power(xp.maximum(x, 0.0) / scale, -a)
        # Past 1e4, where F is zero, the rate need not be right.
        return -v, a * xp.minimum(v, 1e4) * inverse(xp, x)

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, a, scale = self._parameters(x)
        v = xp.minimum(xp.power(xp.maximum(x, 0.0) / scale, -a), 1e4)  # f is zero beyond
        return xp.abs(a * v - (a + 1)) * inverse(xp, x)

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        # int_x^inf y f(y) dy = scale int_0^v w^(-1/a) exp(-w) dw: an incomplete gamma function.
        xp, _, _, v, a, scale = self._depth(x)
        heavy = a <= 1
        s = xp.where(heavy, 1.0, (a - 1) / a)
        part = scale * xp.exp(xp.gammaln(s)) * xp.gammainc(s, v)
        return xp.where(heavy, xp.inf, part)
