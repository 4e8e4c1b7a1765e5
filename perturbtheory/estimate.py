"""What every number that claims accuracy comes as: a value, a radius and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import jax

ERROR_RATE = 1e-6
"""Probability that any entry of one sampled answer is off by more than its radius (Bonferroni)."""
Kind = Literal["closed form", "quadrature", "exact sum", "monte-carlo", "quasi-monte-carlo"]


class Estimate(NamedTuple):
    """|truth - value| <= radius, entry by entry.

    Attributes:
        value: the number or array computed.
        radius: same shape as `value`, not negative. For quadrature, sums and closed forms it
            bounds the error; for sampling it is a confidence radius, see `confidence`.
        kind: how the value was computed.
        confidence: probability that the radius holds; 1.0 for deterministic kinds.
    """

    value: jax.Array | np.ndarray | float
    radius: jax.Array | np.ndarray | float
    kind: Kind
    confidence: float = 1.0

    def contains(self, truth: jax.Array | np.ndarray | float) -> bool:
        """Whether `truth` lies within the radius, in every entry."""
        return bool(np.all(np.abs(np.asarray(truth) - self.value) <= self.radius))
