"""Weibull noise: a stretched or compressed exponential tail."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.numerics import register
from perturbtheory.perturbations._formulas import gamma_moments, inverse, log_ratio, power
from perturbtheory.perturbations._hazard import AbstractHazard

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Weibull(AbstractHazard):
    """P(gamma > x) = exp(-(x / scale)^k) for x >= 0, k = `tail_index`.

    Mean scale Gamma(1 + 1/k), variance scale^2 (Gamma(1 + 2/k) - Gamma(1 + 1/k)^2). Not centred.
    The density is infinite at 0 for k < 1; k = 1 is exponential, k = 2 Rayleigh. Noise of
    follow-the-perturbed-leader for bandits: Abernethy, Lee and Tewari (2015).
    Raises ValueError unless `tail_index` and `scale` (scalars or shape ``(d,)``) are positive and
    finite.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Weibull(2.0)).probabilities([1.0, 0.0]).round(6).tolist()
        [0.936666, 0.063334]
    """

    tail_index: Float[Array, "#d"] | float
    scale: Float[Array, "#d"] | float = 1.0
    formula: ClassVar[str] = r"F(x) = 1 - \exp(-(x/\sigma)^{a}) \text{ for } x \ge 0"

    @property
    def mean(self) -> Float[Array, "#d"]:
        xp, k, scale = self._parameters()
        return scale * gamma_moments(xp, -1 / k)[0]

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, k, scale = self._parameters()
        return xp.square(scale) * gamma_moments(xp, -1 / k)[1]

    def _hazard(self, x: Any, rest: Any) -> tuple[Any, Array, Array]:
        xp, x, rest, k, scale = self._parameters(x, rest)
        x = xp.maximum(x + rest, 0.0)
        return xp, xp.power(x / scale, k), k * inverse(xp, x)

    def _log_hazard(self, x: Any) -> tuple[Any, Array, Array, Array]:
        xp, x, k, scale = self._parameters(x)
        z, t = x / scale, log_ratio(xp, x, scale)
        stretch = xp.where(k == 1, 0.0, (k - 1) * t)  # at z = 0 and k = 1: no 0 times infinity
        log_slope = xp.where(z < 0, -xp.inf, xp.log(k) - xp.log(scale) + stretch)
        return xp, power(xp, xp.maximum(z, 0.0), t, k), k * t, log_slope

    def _at_hazard(self, u: Array, log_u: Array) -> Array:
        xp, u, log_u, k, scale = self._parameters(u, log_u)
        return scale * power(xp, u, log_u, 1 / k)

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, k, scale = self._parameters(x)
        u = xp.minimum(xp.power(xp.maximum(x, 0.0) / scale, k), 1e4)  # f is zero beyond
        return xp.abs(k - 1 - k * u) * inverse(xp, x)
