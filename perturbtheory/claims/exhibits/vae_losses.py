"""Losses of recorded VAEs by seed, and what a difference must exceed to count."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perturbtheory.experiments import vae_recorded
from perturbtheory.experiments.table_2 import Spread
from perturbtheory.experiments.vae_grids import COLUMNS, LONG, Results, best
from perturbtheory.experiments.vae_tables import by_seed
from perturbtheory.ledger import Check, Outcome

NATS = 1.0
"""What a difference between two single runs must exceed to count. Over seeds the test losses of
the runs of Table 3 have standard deviations of up to 0.72; of the others no second seed was run."""
SPLITS = ("test", "validation")
"""Images on which a number is looked at: two routes to it. Validation images have one draw each,
and have chosen the epoch."""


def losses(
    results: Results, name: str, images: str, criterion: str, split: str, *, long: bool = False
) -> dict[int, float]:
    """By seed, at the best temperature of a column; `long`: there, `LONG` times as long.

    Raises RecordError for fewer than two seeds, and for none that was long.
    """
    run, least = best(results, name, images), 1 if long else 2
    if run is not None and long:
        run = replace(run, epochs=LONG * run.epochs)
    found = {} if run is None else by_seed(results, run, criterion, COLUMNS[name][1], split)
    if len(found) < least:
        which = "long runs" if long else "runs"
        msg = f"column {name!r} of table-3 for {images} has {len(found)} {which}, not {least}"
        raise vae_recorded.missing(msg)
    return found


def leads(
    results: Results,
    images: str,
    criterion: str,
    name: str = "Normal",
    split: str = "test",
    *,
    long: bool = False,
) -> dict[int, float]:
    """By seed, Gumbel's loss minus that of another column, at the best of each."""
    near, far = (losses(results, n, images, criterion, split, long=long) for n in (name, "Gumbel"))
    return less(far, near)


def less(first: dict[int, float], second: dict[int, float]) -> dict[int, float]:
    """The differences of the seeds that both have."""
    return {seed: first[seed] - second[seed] for seed in first if seed in second}


def over_seeds(found: dict[int, float]) -> Spread:
    """Mean and deviation."""
    return Spread.of(list(found.values()))


def apart(route: str, gaps: Sequence[float] | np.ndarray, what: str) -> Check:
    """All gaps between single runs are above `NATS`; it fails if one is below minus that."""
    low, high = float(np.min(gaps)), float(np.max(gaps))
    outcome: Outcome = "holds" if low > NATS else "fails" if low < -NATS else "unknown"
    return Check(route, "experiment", outcome, f"{what}: {low:.2f} to {high:.2f} nats")
