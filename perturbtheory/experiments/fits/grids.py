"""Which fits are run: Table 2 of paper A, other readings of it, and one factor at a time.

table-2    the printed protocol, ten seeds, and the same fits with the exact objective
readings   other temperatures, starts, losses and numbers of draws that the text would allow
study      shape and variance of the noise, temperature, draws, learning rate, iterations
"""

import itertools
import math
from dataclasses import replace

from perturbtheory.experiments.fits.settings import FitRun
from perturbtheory.experiments.laws import UNIT

TARGETS = ("discrete", "binomial", "poisson", "negative-binomial")
"""The rows of Table 2."""
PAIR = ("normal", "gumbel")
"""Its columns."""
WIDE = math.pi / math.sqrt(6)
"""Scale at which Normal noise has the variance of unit Gumbel noise."""
SHAPES = (
    ("normal", 1.0), ("normal", WIDE), ("gumbel", UNIT["gumbel"]), ("gumbel", 1.0),
    ("logistic", UNIT["logistic"]), ("laplace", UNIT["laplace"]),
)  # fmt: skip
LONG = TARGETS[:3]
"""Targets that are fitted for 30,000 iterations."""
TEMPERATURES = (0.1, 0.25, 0.5, 2.0)


def exact(run: FitRun) -> FitRun:
    """The same fit with p itself in the place of a mean of samples; it has no use for seeds."""
    return replace(run, draws=None, seeds=(0,))


def printed(target: str, model: str) -> FitRun:
    """The protocol of section 6.1: L1, 1,000 draws, Adam at 0.01, 300 iterations, from uniform."""
    return FitRun(target, model)


def uniform_start(run: FitRun) -> FitRun:
    """The same fit from entries uniform in (0, 1), the other reading of "initialised uniformly"."""
    return replace(run, start="uniform")


def from_histogram(run: FitRun) -> FitRun:
    """The same fit to frequencies of 1,000 draws from the target, another reading of 10.1."""
    return replace(run, observed=1000)


def _table_2() -> list[FitRun]:
    rows = [printed(t, m) for t in TARGETS for m in (*PAIR, "igr")]
    others = [printed(t, m) for t in ("discrete-printed", "binomial-13") for m in PAIR]
    return rows + others + [exact(printed(t, m)) for t in TARGETS for m in PAIR]


def _readings() -> list[FitRun]:
    runs = [uniform_start(printed(t, m)) for t in TARGETS for m in (*PAIR, "igr")]
    runs += [from_histogram(printed(t, m)) for t in TARGETS for m in PAIR]
    for run in (printed(t, m) for t in ("binomial", "poisson") for m in PAIR):
        runs += [replace(run, temperature=t) for t in TEMPERATURES]
        runs += [replace(run, draws=draws) for draws in (1, 10, 100)]
        runs += [replace(run, loss=loss) for loss in ("squared", "kl", "fenchel-young")]
    return [*runs, *(printed("discrete-igr", model) for model in PAIR)]


def _study() -> list[FitRun]:
    runs = []
    for target in TARGETS:
        for model, scale in SHAPES:
            run = FitRun(target, model, scale)
            runs += [run, exact(run)]
        for model in PAIR:
            run = exact(printed(target, model))
            runs += [replace(run, temperature=t) for t in TEMPERATURES]
            runs += [replace(run, learning_rate=0.1), replace(run, steps=3000)]
        # What unit-variance Gumbel noise is: a scale of the logits and of the temperature.
        warm = exact(FitRun(target, "gumbel", temperature=WIDE))
        runs += [warm, replace(warm, learning_rate=0.01 * WIDE)]
    long = [exact(printed(t, m)) for t, m in itertools.product(LONG, PAIR)]
    return runs + [replace(run, steps=30_000) for run in long]


GRIDS = {"table-2": _table_2, "readings": _readings, "study": _study}


def runs(*names: str) -> list[FitRun]:
    """The runs of these grids, each once, in order."""
    return list(dict.fromkeys(run for name in names for run in GRIDS[name]()))
