"""Normal noise: independent probit."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.numerics import draw, namespace, register
from perturbtheory.perturbations._base import Tail
from perturbtheory.perturbations._scale import AbstractScale

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Normal(AbstractScale):
    """F(x) = Phi(x / scale): mean 0, standard deviation `scale`.

    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.
    Independent probit in econometrics; Gaussian-Softmax and Gaussian-Argmax in paper A.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Normal()).probabilities([1.0, 0.0]).round(6).tolist()
        [0.76025, 0.23975]
    """

    scale: Float[Array, "#d"] | float = 1.0
    tail: ClassVar[Tail] = "gaussian"
    gaussian: ClassVar[bool] = True
    step: ClassVar[float | None] = 0.22
    unit_variance: ClassVar[float] = 1.0
    reach: ClassVar[float] = 14.0
    formula: ClassVar[str] = r"F(x) = \Phi(x/\sigma)"

    def unit_log_pdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return -z * z / 2 - 0.5 * math.log(2 * math.pi)

    def unit_log_cdf(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        # erfc keeps relative accuracy until it underflows; from there on the asymptotic series
        # phi(z)/|z| (1 - 1/z^2 + 3/z^4 - ...) is exact to rounding. log_ndtr is not: 4e-9 at -20.
        xp = namespace(z)
        edge = -37.0 if z.dtype == np.float64 else -12.0
        near = xp.maximum(z, edge)
        smaller = 0.5 * xp.erfc(xp.abs(near) * math.sqrt(0.5))
        u = 1 / xp.square(xp.minimum(z, edge))
        series = 1 - u * (1 - 3 * u * (1 - 5 * u * (1 - 7 * u * (1 - 9 * u))))
        far = self.unit_log_pdf(z) - xp.log(-xp.minimum(z, edge)) + xp.log(series)
        inside = xp.where(z > 0, xp.log1p(-smaller), xp.log(smaller))
        return xp.where(z < edge, far, inside)

    def unit_score(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        return abs(z)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        # erfc keeps relative accuracy until it underflows at -37 deviations, far below the
        # window of the quadrature, and costs a third of log_ndtr.
        xp, x, scale = self._scale(x)
        z = x / scale
        smaller = xp.maximum(0.5 * xp.erfc(xp.abs(z) * math.sqrt(0.5)), xp.finfo(z.dtype).tiny)
        log_cdf = xp.where(z > 0, xp.log1p(-smaller), xp.log(smaller))
        density = xp.exp(-z * z / 2) / (math.sqrt(2 * math.pi) * scale)
        return log_cdf, density / xp.where(z > 0, 1 - smaller, smaller)

    def cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, scale = self._scale(x)
        return 0.5 * xp.erfc(x * (-math.sqrt(0.5) / scale))

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, scale = self._scale(x)
        z = x * (math.sqrt(0.5) / scale)
        cdf = xp.maximum(0.5 * xp.erfc(-z), xp.finfo(z.dtype).tiny)
        return cdf, xp.exp(-z * z) / (cdf * (math.sqrt(2 * math.pi) * scale))

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, q, scale = self._scale(q)
        return scale * xp.ndtri(q)

    def unit_sample(self, key: Any, shape: tuple[int, ...], dtype: Any) -> Array:
        return draw(key, "normal", shape, dtype)

    def unit_strip(self, dimension: int) -> float:
        # One Gaussian is entire; 2.9 is what its quadrature behaves like. The largest of d is
        # close to a Gumbel variable of scale 1 / sqrt(2 log d), with strip pi/2 of that.
        return min(2.9, math.pi / 2 / math.sqrt(2 * math.log(max(dimension, 2))) * 1.25)

    def weighted_sum(self, weights: Float[np.ndarray, "d"]) -> Normal:
        return Normal(float(np.linalg.norm(weights * np.asarray(self.scale))))

    def log_integral_over_shifts(
        self, x: Float[Array, "... d"], there: Bool[Array, "... d"]
    ) -> Float[Array, "..."]:
        # With weights w_i = 1 / scale_i^2 the squares are those from the weighted mean of x.
        xp, x, scale = self._scale(x)
        least, scale = xp.min(scale), xp.broadcast_to(scale, x.shape)
        weight = xp.where(there, xp.square(least / scale), 0.0)
        total = xp.sum(weight, -1)
        x = xp.where(there, x, 0.0)
        z = (x - (xp.sum(weight * x, -1) / total)[..., None]) / scale
        terms = xp.where(there, self.unit_log_pdf(z) - xp.log(scale), 0.0)
        return xp.sum(terms, -1) + 0.5 * xp.log(2 * math.pi / total) + xp.log(least)

    def trapezoid_nodes(self, dimension: int) -> int | None:
        # Worst case over theta is one entry a few deviations above d - 1 equal ones. There the
        # error is 4e-16 at 32, 2e-13 at 100, 1e-15 at 1024, 2e-12 at 100,000 categories.
        if self.shape:
            return None
        return (
            64 if dimension <= 32 else 72 if dimension <= 100 else 112 if dimension <= 1024 else 144
        )
