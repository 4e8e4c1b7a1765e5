"""Recorded fits: variants of the printed protocol, and gaps between two runs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from perturbtheory.claims.exhibits.spreads import below, beyond
from perturbtheory.experiments.fits import FitRun, recorded
from perturbtheory.experiments.fits.grids import PAIR, TARGETS, exact, from_histogram, uniform_start
from perturbtheory.experiments.fits.tables import between
from perturbtheory.ledger import Check

APART = TARGETS[1:]
"""The rows of Table 2 whose two numbers differ."""
VARIANTS: dict[str, Callable[[FitRun], FitRun]] = {
    "from theta = 0": lambda run: run,
    "ten seeds": lambda run: run,
    "from a uniform start": uniform_start,
    "to a histogram of 1,000 draws": from_histogram,
    "no sampling": exact,
}
"""Conditions under which a comparison is tried, by route: the printed protocol is the first."""
STARTS = ("from theta = 0", "from a uniform start")
SEEDS = ("ten seeds", "no sampling")


def pair(target: str, *models: str) -> tuple[FitRun, ...]:
    """The printed protocol for the models, Normal and Gumbel if none is named."""
    return tuple(FitRun(target, model) for model in models or PAIR)


def compared(
    runs: tuple[FitRun, ...],
    routes: Sequence[str] = SEEDS,
    *,
    key: str = "l1",
    above: float = 0.0,
    within: float | None = None,
) -> Iterator[Check]:
    """The number of the second run minus that of the first: above a floor, or within a distance."""
    near, far = runs
    what = f"{_named(far)} - {_named(near)}"
    for route in routes:
        change = VARIANTS[route]
        difference = between(recorded.load(), change(near), change(far), key)
        if within is None:
            yield beyond(route, difference, what, above)
        else:
            yield below(route, difference, what, within)


def _named(run: FitRun) -> str:
    scale = "" if run.scale == 1 else f", scale {run.scale:.3f}"
    heat = "" if run.temperature == 1 else f", temperature {run.temperature:.3f}"
    return f"{run.model}{scale}{heat}"


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
