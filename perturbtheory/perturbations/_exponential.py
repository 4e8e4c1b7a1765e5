"""Exponential noise: permute-and-flip, and report noisy max."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.numerics import Landmarks, column, register
from perturbtheory.perturbations._formulas import inverse, log_ratio
from perturbtheory.perturbations._hazard import AbstractHazard

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Exponential(AbstractHazard):
    """f(x) = exp(-x / scale) / scale for x >= 0: mean scale, variance scale^2.

    Not centred. The arg max of scores plus it is the permute-and-flip mechanism of McKenna and
    Sheldon (2020), as Ding et al. (2021) found: report noisy max with exponential noise.
    Raises ValueError unless `scale` (scalar or shape ``(d,)``) is positive and finite.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Exponential()).probabilities([1.0, 0.0]).round(6).tolist()
        [0.81606, 0.18394]
    """

    scale: Float[Array, "#d"] | float = 1.0
    reach: ClassVar[float] = 100.0
    exponent: ClassVar[float | None] = 1.0
    formula: ClassVar[str] = r"F(x) = 1 - \exp(-x/\sigma) \text{ for } x \ge 0"

    @property
    def mean(self) -> Float[Array, "#d"]:
        return self._parameters()[1]

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, scale = self._parameters()
        return xp.square(scale)

    @property
    def resolution(self) -> Float[Array, "#d"]:
        return self._parameters()[1]

    def _hazard(self, x: Any, rest: Any) -> tuple[Any, Array, Array]:
        xp, x, rest, scale = self._parameters(x, rest)
        x = xp.maximum(x + rest, 0.0)
        return xp, x / scale, inverse(xp, x)

    def _log_hazard(self, x: Any) -> tuple[Any, Array, Array, Array]:
        xp, x, scale = self._parameters(x)
        z = x / scale
        log_slope = xp.where(z < 0, -xp.inf, -xp.log(scale))
        return xp, xp.maximum(z, 0.0), log_ratio(xp, x, scale), log_slope

    def _at_hazard(self, u: Array, log_u: Array) -> Array:  # noqa: ARG002
        _, u, scale = self._parameters(u)
        return scale * u

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, scale = self._parameters(x)
        return xp.where(x < 0, 0 * scale, 1 / scale)

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        _, scale = self._parameters()
        # The largest of many is a Gumbel variable, whose law is analytic on a strip of pi / 2.
        return Landmarks(
            column(0 * scale), column(1.5 * scale), column(self.reach * scale), (True,)
        )
