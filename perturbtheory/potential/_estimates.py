"""Answers with their radii as an `Estimate`."""

from typing import Any

from perturbtheory.estimate import Estimate
from perturbtheory.numerics import is_jax
from perturbtheory.potential.methods import computed, method_of


def estimate_of(noise: Any, value: Any, radius: Any, rows: int) -> Estimate:
    """The estimate; the radius of every row that is sampled fails with a probability of its own."""
    method: Any = method_of(computed(noise))
    confidence = max(1.0 - rows * getattr(method, "RATE", 0.0), 0.0)
    if is_jax(value):
        from perturbtheory.potential import _compiled

        return _compiled.of_estimate(value, radius, method.kind, confidence)
    return Estimate(value, radius, method.kind, confidence)
