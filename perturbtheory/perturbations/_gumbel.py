"""Zero-mean Gumbel noise: the law under which the arg max is a softmax."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.numerics import draw, namespace, register
from perturbtheory.perturbations._formulas import complement
from perturbtheory.perturbations._scale import EXPONENTIAL_NODES, AbstractScale

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from perturbtheory.numerics import Array

EULER = 0.57721566490153286060651209008240243
"""The Euler-Mascheroni constant, the mean of a Gumbel variable with location zero."""


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Gumbel(AbstractScale):
    """F(x) = exp(-exp(-(x / scale + c))), c = 0.5772...: mean 0, variance (pi scale)^2 / 6.

    The zero-mean Gumbel law of both papers, whose density is
    exp(-(z + exp(-z))) / scale with z = x / scale + c.
    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Gumbel()).probabilities([1.0, 0.0]).round(6).tolist()  # softmax
        [0.731059, 0.268941]
    """

    scale: Float[Array, "#d"] | float = 1.0
    step: ClassVar[float | None] = 0.25
    unit_variance: ClassVar[float] = math.pi**2 / 6
    reach: ClassVar[float] = 100.0
    formula: ClassVar[str] = r"F(x) = \exp(-\exp(-(x/\sigma + 0.57721\ldots)))"

    @property
    def gumbel_scale(self) -> Array | float | None:
        return None if self.shape else self.scale

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        z = z + EULER
        return -z - namespace(z).exp(-z)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return -namespace(z).exp(-(z + EULER))

    def unit_log_sf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, z = namespace(z), z + EULER
        return -complement(xp, xp.exp(-z), -z)[0]

    def unit_score(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        xp = namespace(z)
        return xp.abs(xp.expm1(-(z + EULER)))

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, scale = self._scale(x)
        y = xp.exp(-(x / scale + EULER))
        return -y, y / scale

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, q, scale = self._scale(q)
        return scale * (-xp.log(-xp.log(q)) - EULER)

    def unit_sample(self, key: Any, shape: tuple[int, ...], dtype: Any) -> Array:
        return draw(key, "gumbel", shape, dtype) - EULER

    def unit_strip(self, dimension: int) -> float:  # noqa: ARG002
        return math.pi / 2

    def log_integral_over_shifts(
        self, x: Float[Array, "... d"], there: Bool[Array, "... d"]
    ) -> Float[Array, "..."] | None:
        # (k - 1)! prod_i e^-z_i / (sum_i e^-z_i)^k / scale^(k - 1), of the k that are there.
        if self.shape:
            return None
        xp, x, scale = self._scale(x)
        z = xp.where(there, x / scale, 0.0)
        k = xp.asarray(xp.sum(there, -1), z.dtype)
        log_sum = xp.logsumexp(xp.where(there, -z, -xp.inf), axis=-1)
        return xp.gammaln(k) - xp.sum(z, -1) - k * log_sum - (k - 1) * xp.log(scale)

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        return None if self.shape else EXPONENTIAL_NODES
