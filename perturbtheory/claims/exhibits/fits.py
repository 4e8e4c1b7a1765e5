"""Recorded fits: variants of the printed protocol, and gaps between two models."""

from collections.abc import Callable
from typing import Any

import numpy as np

from perturbtheory.experiments.fits import FitRun
from perturbtheory.experiments.grids import PAIR, TARGETS, printed
from perturbtheory.experiments.table_2 import Results, Spread, between

APART = TARGETS[1:]
"""The rows of Table 2 whose two numbers differ."""
Variant = Callable[[FitRun], FitRun]


def from_zero(run: FitRun) -> FitRun:
    """The printed protocol itself."""
    return run


def gap(results: Results, target: str, variant: Variant, key: str = "l1") -> Spread:
    """Gumbel's number minus Normal's, in a variant of the printed protocol."""
    near, far = (variant(printed(target, model)) for model in PAIR)
    return between(results, near, far, key)


def iterations_to(curve: Any, at: Any, level: float) -> float:
    """Where a curve first falls to the level, linear between its points; infinity for never."""
    curve, at = np.asarray(curve, float), np.asarray(at, float)
    under = np.flatnonzero(curve <= level)
    if not under.size:
        return float("inf")
    k = under[0]
    if k == 0:
        return float(at[0])
    share = (curve[k - 1] - level) / (curve[k - 1] - curve[k])
    return float(at[k - 1] + share * (at[k] - at[k - 1]))
