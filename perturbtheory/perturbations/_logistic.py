"""Logistic noise: the difference of two Gumbel variables."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.numerics import draw, namespace, register
from perturbtheory.perturbations._scale import EXPONENTIAL_NODES, AbstractScale

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Logistic(AbstractScale):
    """F(x) = 1 / (1 + exp(-x / scale)): mean 0, variance (pi scale)^2 / 3.

    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Logistic()).probabilities([1.0, 0.0]).round(6).tolist()
        [0.661303, 0.338697]
    """

    scale: Float[Array, "#d"] | float = 1.0
    step: ClassVar[float | None] = 0.25
    unit_variance: ClassVar[float] = math.pi**2 / 3
    reach: ClassVar[float] = 100.0
    formula: ClassVar[str] = r"F(x) = \frac{1}{1 + \exp(-x/\sigma)}"

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        xp = namespace(z)
        return xp.log_expit(z) + xp.log_expit(-z)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return namespace(z).log_expit(z)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, scale = self._scale(x)
        z = x / scale
        return xp.log_expit(z), xp.expit(-z) / scale

    def cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, scale = self._scale(x)
        return xp.expit(x / scale)

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, scale = self._scale(x)
        cdf = xp.expit(x / scale)
        return cdf, xp.expit(-x / scale) / scale

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, q, scale = self._scale(q)
        return scale * (xp.log(q) - xp.log1p(-q))

    def unit_sample(self, key: Any, shape: tuple[int, ...], dtype: Any) -> Array:
        return draw(key, "logistic", shape, dtype)

    def unit_strip(self, dimension: int) -> float:
        # Poles at +-i pi; the maximum of many logistic variables is Gumbel, with strip pi/2.
        return math.pi if dimension <= 4 else math.pi / 2

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        return None if self.shape else EXPONENTIAL_NODES
