"""Pareto noise: an exact power law."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.numerics import register
from perturbtheory.perturbations._base import Tail
from perturbtheory.perturbations._formulas import log_ratio
from perturbtheory.perturbations._hazard import AbstractHazard

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Pareto(AbstractHazard):
    """P(gamma > x) = (x / scale)^-a for x >= scale, a = `tail_index`.

    Mean scale a / (a - 1) for a > 1, infinite otherwise; variance scale^2 a / ((a - 1)^2 (a - 2))
    for a > 2, infinite otherwise. Not centred. Noise of follow-the-perturbed-leader for bandits:
    Abernethy, Lee and Tewari (2015), Kim and Tewari (2019).
    Raises ValueError unless `tail_index` and `scale` (scalars or shape ``(d,)``) are positive and
    finite.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Pareto(3.0)).probabilities([1.0, 0.0]).round(6).tolist()
        [0.919415, 0.080585]
    """

    tail_index: Float[Array, "#d"] | float
    scale: Float[Array, "#d"] | float = 1.0
    tail: ClassVar[Tail] = "polynomial"
    start: ClassVar[float] = 1.0
    formula: ClassVar[str] = r"F(x) = 1 - (x/\sigma)^{-a} \text{ for } x \ge \sigma"

    @property
    def mean(self) -> Float[Array, "#d"]:
        xp, a, scale = self._parameters()
        return scale * xp.where(a <= 1, xp.inf, a / xp.where(a <= 1, 1.0, a - 1))

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, a, scale = self._parameters()
        heavy = a <= 2
        by = xp.where(heavy, 1.0, a - 1)
        return xp.square(scale / by) * xp.where(heavy, xp.inf, a / xp.where(heavy, 1.0, a - 2))

    def _hazard(self, x: Any, rest: Any) -> tuple[Any, Array, Array]:
        xp, x, rest, a, scale = self._parameters(x, rest)
        # Counted from the end of the support, next to which x + rest loses the digits of F.
        y = xp.maximum(((x - scale) + rest) / scale, 0.0)
        t = xp.log1p(y)
        inside = y > 0
        slope = xp.where(inside, 1 / (scale * (1 + y) * xp.where(inside, t, 1.0)), 0.0)
        return xp, a * t, slope

    def _log_hazard(self, x: Any) -> tuple[Any, Array, Array, Array]:
        xp, x, a, scale = self._parameters(x)
        y = (x - scale) / scale
        t = xp.where(y < 1, xp.log1p(xp.clip(y, 0.0, 1.0)), log_ratio(xp, x, scale))
        log_slope = xp.where(y < 0, -xp.inf, xp.log(a) - xp.log(scale) - t)
        return xp, a * t, xp.log(a) + xp.log(t), log_slope

    def _at_hazard(self, u: Array, log_u: Array) -> Array:  # noqa: ARG002
        xp, u, a, scale = self._parameters(u)
        return scale * xp.exp(u / a)

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, a, scale = self._parameters(x)
        return xp.where(x < scale, 0.0, (a + 1) / xp.maximum(x, scale))

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        # E[gamma; gamma > x] = a / (a - 1) x S(x), whence the mean at x = scale.
        xp, x, a, scale = self._parameters(x)
        x = xp.maximum(x, scale)
        share = xp.where(a <= 1, xp.inf, a / xp.where(a <= 1, 1.0, a - 1))
        return share * xp.exp(xp.log(x) + self.log_sf(x))
