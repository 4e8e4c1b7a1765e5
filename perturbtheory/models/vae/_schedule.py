"""How a temperature, or an epsilon, falls while a model is trained."""

import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from perturbtheory.checks import positive, require, require_count

_WHAT = "be finite and not negative"


def _not_negative(array: np.ndarray) -> np.ndarray:
    return np.isfinite(array) & (array >= 0)


@dataclass(frozen=True)
class Schedule:
    """max(start e^(-rate i), floor) in iteration i, held for `every` iterations at a time.

    Rate 0 is a constant. Paper B: start 1, rate 1e-5, floor 0.1, every 1,000, which ends near 0.22
    after 300 epochs of 50,000 images; see `ending_at` for a schedule fixed by its end.
    Raises ValueError for numbers that are not positive (`rate` and `floor`: negative).

    Example:
        >>> from perturbtheory.models import vae
        >>> vae.Schedule(1.0, rate=1e-5, floor=0.5, every=500).floor
        0.5
    """

    start: float
    rate: float = 0.0
    floor: float = 0.0
    every: int = 1000

    def __post_init__(self) -> None:
        require("start", self.start, positive, "be positive and finite", "1.0 is usual", most=0)
        for name in ("rate", "floor"):
            value = getattr(self, name)
            require(name, value, _not_negative, _WHAT, "0 switches it off", most=0)
        require_count("every", self.every)

    def __call__(self, iteration: Int[Array, ""]) -> Float[Array, ""]:
        """The value in this iteration, the first being 0."""
        held = (iteration // self.every * self.every).astype(jnp.float32)
        return jnp.maximum(self.start * jnp.exp(-self.rate * held), self.floor)


def ending_at(end: float, iterations: int, *, start: float = 1.0) -> Schedule:
    """From `start` to `end` by a constant factor in each of 20 stages.

    Example:
        >>> from perturbtheory.models import vae
        >>> vae.ending_at(0.1, 1000).start
        1.0
    """
    require_count("iterations", iterations)
    require("end", end, positive, "be positive and finite", "0.1 is usual", most=0)
    if end > start:
        msg = f"`end` must be at most the start, {start}, got {end}; schedules fall"
        raise ValueError(msg)
    every = max(1, -(-iterations // 20))
    stages = max(1, (iterations - 1) // every)
    return Schedule(start, math.log(start / end) / (stages * every), 0.0, every)


PUBLISHED = Schedule(1.0, 1e-5, 0.1, 1000)
"""Of paper B, section 5, for epsilon and temperature alike."""
