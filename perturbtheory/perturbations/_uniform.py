"""The uniform perturbation: bounded support, a density that jumps at both ends."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.checks import finite, parameter, require, require_one_shape
from perturbtheory.numerics import (
    Landmarks,
    column,
    draw,
    dtype_of_draws,
    floats,
    is_known,
    register,
)
from perturbtheory.perturbations._base import AbstractPerturbation, Tail

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Uniform(AbstractPerturbation):
    """f(x) = 1 / (high - low) on [low, high]: mean (low + high) / 2.

    Raises ValueError unless low < high (scalars or shape ``(d,)``), both finite.
    Perturb-Argmax with it has flat regions: Proposition 5.4 of paper A.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Uniform()).probabilities([1.0, 0.0]).round(6).tolist()
        [0.875, 0.125]
    """

    low: Float[Array, "#d"] | float = -1.0
    high: Float[Array, "#d"] | float = 1.0
    tail: ClassVar[Tail] = "none"
    smooth: ClassVar[bool] = False
    positive: ClassVar[bool] = False
    exponent: ClassVar[float | None] = 0.0
    formula: ClassVar[str] = r"F(x) = \frac{x - l}{u - l} \text{ for } l \le x \le u"

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, parameter(name, getattr(self, name)))
        require("low", self.low, finite, "be finite", "pass a finite lower end")
        require("high", self.high, finite, "be finite", "pass a finite upper end")
        if not (is_known(self.low) and is_known(self.high)):
            return
        require_one_shape(low=self.low, high=self.high)
        if np.any(np.asarray(self.low) >= np.asarray(self.high)):
            msg = f"`low` must be less than `high`, got {self.low} and {self.high}; swap them"
            raise ValueError(msg)

    @property
    def valid(self) -> Array:
        xp, low, high = floats(self.low, self.high)
        return xp.all(xp.isfinite(low) & xp.isfinite(high) & (low < high))

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        _, low, high = self._ends()
        return low, high

    @property
    def resolution(self) -> Float[Array, "#d"]:
        _, low, high = self._ends()
        return high - low

    @property
    def mean(self) -> Float[Array, "#d"]:
        _, low, high = self._ends()
        return low / 2 + high / 2

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, low, high = self._ends()
        return xp.square(high - low) / 12

    def _ends(self, *values: Any) -> tuple[Any, ...]:
        """(xp, *values, low, high); NaN for ends that are invalid and known too late to raise."""
        xp, *arrays, low, high = floats(*values, self.low, self.high)
        if not (is_known(self.low) and is_known(self.high)):
            good = (low < high) & xp.isfinite(low) & xp.isfinite(high)
            low, high = (xp.where(good, end, xp.nan) for end in (low, high))
        return xp, *arrays, low, high

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, low, high = self._ends(x)
        return xp.where((x < low) | (x > high), -xp.inf, -xp.log(high - low))

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return _log_cdf(*self._ends(x))

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, low, high = self._ends(x)
        return _log_cdf(xp, -x, -high, -low)

    def cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, x, low, high = self._ends(x)
        return xp.clip((x - low) / (high - low), 0.0, 1.0)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, low, high = self._ends(x)
        return _log_cdf(xp, x, low, high), self.cdf_and_rate(x)[1]

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        return self.cdf_and_rate_at(x, 0.0)

    def cdf_and_rate_at(
        self, x: Float[Array, "..."], rest: Float[Array, "..."] | float
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        xp, x, rest, low, high = self._ends(x, rest)
        above = (x - low) + rest
        outside = (above <= 0) | ((x - high) + rest >= 0)
        cdf = xp.clip(above / (high - low), 0.0, 1.0)
        return cdf, xp.where(outside, 0.0, 1 / xp.where(outside, 1.0, above))

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        _, x, low, _ = self._ends(x)
        return 0 * (x - low)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        _, q, low, high = self._ends(q)
        return low + q * (high - low)

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        return self.quantile(-np.expm1(level) if upper else np.exp(level))

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        dtype = dtype_of_draws(key, self.low, self.high)
        return self.quantile(draw(key, "uniform", shape, dtype))

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        xp, low, high = self._ends()
        location = column(*xp.broadcast_arrays(low, high))
        # Between its ends every factor is linear: no width is needed but the kinks are.
        return Landmarks(
            location, xp.full_like(location, xp.inf), xp.zeros_like(location), (True, True)
        )

    def unshifted(self) -> tuple[Self, Any]:
        """(Uniform(0, high - low), low) where the ends are far from zero beside their distance."""
        if not (is_known(self.low) and is_known(self.high)):
            return self, 0.0
        _, low, high = floats(self.low, self.high)
        if np.all(np.abs(low) <= _FAR * (high - low)):
            return self, 0.0
        low, high = np.asarray(low, float), np.asarray(high, float)
        near = dataclasses.replace(self, low=np.zeros_like(low), high=high - low)
        return near, low if low.ndim else float(low)

    def shifted(self, by: Float[np.ndarray, "d"]) -> Self:
        return dataclasses.replace(self, low=self.low + by, high=self.high + by)

    def rescaled(self, power: int) -> Self:
        low, high = (np.ldexp(np.float64(end), power) for end in (self.low, self.high))  # pyright: ignore[reportArgumentType, reportCallIssue]
        return dataclasses.replace(self, low=low, high=high)


_FAR = 16.0
"""Distances from zero, in widths, beyond which digits of the ends are worth a law near zero."""


def _log_cdf(xp: Any, x: Array, low: Array, high: Array) -> Array:
    # Near the upper end the distance to it keeps the digits that x - low has lost.
    return xp.where(
        x - low < high - x,
        xp.log(xp.clip((x - low) / (high - low), 0.0, 1.0)),
        xp.log1p(-xp.clip((high - x) / (high - low), 0.0, 1.0)),
    )
