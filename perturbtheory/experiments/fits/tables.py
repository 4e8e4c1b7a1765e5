"""Table 2 of paper A beside the same fits made again, with a verdict for every printed number.

A printed mean reproduces if another set of fits could well have given it:

    |printed - mean| <= 0.0005 + 2 sqrt(printed deviation^2 + deviation^2)

for one of the two numbers that "the L1 objective after 300 iterations" can be: what the last
iteration saw, or the distance of the fitted distribution itself.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from perturbtheory.experiments.fits.grids import PAIR, TARGETS, exact, printed
from perturbtheory.experiments.fits.settings import FitRun
from perturbtheory.experiments.spread import Spread

TABLE_2 = {
    "Discrete": (("0.026", "0.002"), ("0.027", "0.002"), 10),
    "Binomial": (("0.036", "0.003"), ("0.177", "0.014"), 12),
    "Poisson": (("0.090", "0.001"), ("0.618", "0.007"), 100),
    "Negative Binomial": (("0.083", "0.001"), ("0.417", "0.004"), 100),
}
"""Mean and deviation of L1 for Normal-Softmax and Gumbel-Softmax, and the number of categories."""
NAMES: dict[str, str] = dict(zip(TARGETS, TABLE_2, strict=True))
HALF_UNIT = 0.0005
"""Half a unit of the last digit that the table prints."""
WITHIN = 2.0
"""Standard deviations, the printed one and ours combined."""
Results = Mapping[FitRun, Mapping[str, Any]]


class Cell(NamedTuple):
    """One printed number and what was found instead.

    Attributes:
        target: name of the target.
        model: "normal" or "gumbel".
        stated: mean and deviation as printed; the number of fits behind them is not.
        objective: L1 that the last iteration saw, of the mean of 1,000 samples.
        l1: L1 of E[softmax] after it, by quadrature.
        l1_hard: L1 of P(argmax), by quadrature.
        exact: L1 after the same fit with the exact objective, without any sampling.
        reproduced: by the rule at the head of the module.
    """

    target: str
    model: str
    stated: Spread
    objective: Spread
    l1: Spread
    l1_hard: Spread
    exact: float
    reproduced: bool


def stated(target: str, model: str) -> Spread:
    """Mean and deviation as printed; the number of fits behind them is not."""
    row: tuple = TABLE_2[NAMES[target]]
    mean, deviation = map(float, row[PAIR.index(model)])
    return Spread(mean, deviation, 0)


def off(printed_: Spread, found: Spread) -> float:
    """|printed - found| / (0.0005 + 2 sqrt(s^2 + s'^2)): a number reproduces up to 1."""
    room = HALF_UNIT + WITHIN * math.hypot(printed_.deviation, found.deviation)
    return abs(printed_.mean - found.mean) / room


def nearest(target: str, model: str, found: Mapping[str, Any]) -> float:
    """How far `off` a result is by the nearer of the two numbers that the table can mean."""
    return min(off(stated(target, model), Spread.of(found[key])) for key in ("objective", "l1"))


def cell(results: Results, target: str, model: str) -> Cell:
    """The cell of Table 2 in this row and column."""
    run = printed(target, model)
    found = results[run]
    return Cell(
        target,
        model,
        stated(target, model),
        *(Spread.of(found[key]) for key in ("objective", "l1", "l1_hard")),
        exact=float(results[exact(run)]["l1"][0]),
        reproduced=nearest(target, model, found) <= 1,
    )


def cells(results: Results) -> list[Cell]:
    """All eight, row by row."""
    return [cell(results, target, model) for target in TARGETS for model in PAIR]


def between(results: Results, near: FitRun, far: FitRun, key: str = "l1") -> Spread:
    """The number of `far` minus that of `near`, seed by seed."""
    return Spread.of(np.array(results[far][key]) - np.array(results[near][key]))


def advantage(results: Results, target: str, key: str = "l1") -> Spread:
    """Gumbel's number minus Normal's in the printed protocol, seed by seed."""
    return between(results, *(printed(target, model) for model in PAIR), key=key)


def ahead(difference: Spread) -> str:
    """Which model is ahead: the mean difference exceeds three standard errors, or neither is."""
    error = difference.deviation / math.sqrt(difference.seeds)
    if abs(difference.mean) <= 3 * error:
        return "neither"
    return "Normal" if difference.mean > 0 else "Gumbel"
