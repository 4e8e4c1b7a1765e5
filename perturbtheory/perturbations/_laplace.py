"""Laplace noise: exponential tails and a kink."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.numerics import draw, namespace, register
from perturbtheory.perturbations._scale import AbstractScale

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Laplace(AbstractScale):
    """f(x) = exp(-|x| / scale) / (2 scale): mean 0, variance 2 scale^2, a kink at 0.

    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Laplace()).probabilities([1.0, 0.0]).round(6).tolist()
        [0.72409, 0.27591]
    """

    scale: Float[Array, "#d"] | float = 1.0
    smooth: ClassVar[bool] = False
    unit_variance: ClassVar[float] = 2.0
    reach: ClassVar[float] = 100.0
    exponent: ClassVar[float | None] = 1.0
    formula: ClassVar[str] = r"f(x) = \frac{\exp(-|x|/\sigma)}{2\sigma}"

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return -namespace(z).abs(z) - math.log(2.0)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        xp = namespace(z)
        tail = -xp.abs(z) - math.log(2.0)
        return xp.where(z > 0, xp.log1p(-xp.exp(tail)), tail)

    def cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.cdf_and_rate(x)[0]

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, scale = self._scale(x)
        z = x / scale
        smaller = xp.exp(-xp.abs(z)) / 2
        log_cdf = xp.where(z > 0, xp.log1p(-smaller), -xp.abs(z) - math.log(2.0))
        return log_cdf, xp.where(z > 0, smaller / (1 - smaller), 1.0) / scale

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, scale = self._scale(x)
        smaller = xp.exp(-xp.abs(x) / scale) / 2
        cdf = xp.where(x > 0, 1 - smaller, smaller)
        return cdf, xp.where(x > 0, smaller / cdf, 1.0) / scale

    def unit_sample(self, key: Any, shape: tuple[int, ...], dtype: Any) -> Array:
        return draw(key, "laplace", shape, dtype)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, q, scale = self._scale(q)
        tail = -xp.log(2 * xp.minimum(q, 1 - q))
        return scale * xp.sign(q - 0.5) * tail

    def unit_strip(self, dimension: int) -> float:  # noqa: ARG002
        return 1.5
