"""The uniform perturbation: bounded support, a density that jumps at both ends."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from perturbtheory.checks import finite, is_known, require, require_one_shape
from perturbtheory.perturbations._base import (
    AbstractPerturbation,
    Landmarks,
    Tail,
    column,
    register,
)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Uniform(AbstractPerturbation):
    """f(x) = 1 / (high - low) on [low, high]: mean (low + high) / 2.

    Raises ValueError unless low < high (scalars or shape ``(d,)``), both finite.
    Perturb-Argmax with it has flat regions: Proposition 5.4 of paper A.
    """

    low: Float[Array, "#d"] | float = -1.0
    high: Float[Array, "#d"] | float = 1.0
    tail: ClassVar[Tail] = "none"
    smooth: ClassVar[bool] = False
    positive: ClassVar[bool] = False

    def __post_init__(self) -> None:
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
        width = jnp.asarray(self.high) - jnp.asarray(self.low)
        return jnp.all(jnp.isfinite(width) & (width > 0))

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        return jnp.asarray(self.low), jnp.asarray(self.high)

    @property
    def mean(self) -> Float[Array, "#d"]:
        return (jnp.asarray(self.low) + jnp.asarray(self.high)) / 2

    @property
    def variance(self) -> Float[Array, "#d"]:
        return jnp.square(jnp.asarray(self.high) - jnp.asarray(self.low)) / 12

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        inside = (x >= self.low) & (x <= self.high)
        return jnp.where(inside, -jnp.log(jnp.asarray(self.high) - jnp.asarray(self.low)), -jnp.inf)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        width = jnp.asarray(self.high) - jnp.asarray(self.low)
        # Near the upper end the distance to it keeps the digits that x - low has lost.
        return jnp.where(
            2 * x < jnp.asarray(self.low) + jnp.asarray(self.high),
            jnp.log(jnp.clip((x - self.low) / width, 0.0, 1.0)),
            jnp.log1p(-jnp.clip((self.high - x) / width, 0.0, 1.0)),
        )

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return Uniform(-jnp.asarray(self.high), -jnp.asarray(self.low)).log_cdf(-x)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        inside = (x > self.low) & (x < self.high)
        return self.log_cdf(x), jnp.where(inside, 1 / jnp.where(inside, x - self.low, 1.0), 0.0)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        return self.low + q * (jnp.asarray(self.high) - jnp.asarray(self.low))

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        q = -jnp.expm1(level) if upper else jnp.exp(level)
        return self.quantile(q)

    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        dtype = jnp.result_type(float, self.low, self.high)
        return self.quantile(jax.random.uniform(key, shape, dtype))

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        low, high = jnp.broadcast_arrays(jnp.asarray(self.low), jnp.asarray(self.high))
        location = column(low, high)
        # Between its ends every factor is linear: no width is needed but the kinks are.
        return Landmarks(
            location, jnp.full_like(location, jnp.inf), jnp.zeros_like(location), (True, True)
        )
