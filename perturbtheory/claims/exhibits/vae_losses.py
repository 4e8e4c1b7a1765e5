"""Losses of recorded VAEs by seed, and what a difference must exceed to count."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from perturbtheory.claims.exhibits.spreads import beyond, measured
from perturbtheory.experiments.spread import Spread
from perturbtheory.experiments.vaes import VaeRun, recorded
from perturbtheory.experiments.vaes.grids import COLUMNS, IMAGES, LONG, Results, best
from perturbtheory.experiments.vaes.tables import LABELS, by_seed
from perturbtheory.ledger import Check, Claim, Outcome, Witness

NATS = 1.0
"""What a difference between two single runs must exceed to count. Over seeds the test losses of
the runs of Table 3 have standard deviations of up to 0.72; of the others no second seed was run."""
SPLITS = ("test", "validation")
"""Images on which a number is looked at: two routes to it. Validation images have one draw each,
and have chosen the epoch."""
Terms = Sequence[tuple[str, str]]
"""Columns of Table 3, each with the number that is taken: "as_published" or "bound"."""


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
        raise recorded.missing(msg)
    return found


def difference(
    results: Results, images: str, far: Terms, near: Terms, split: str, *, long: bool = False
) -> dict[int, float]:
    """The sum of the terms that are far minus that of the near ones, for seeds that all have."""
    sides = [
        [losses(results, name, images, number, split, long=long) for name, number in terms]
        for terms in (far, near)
    ]
    seeds = set.intersection(*(set(found) for side in sides for found in side))
    sums = [{seed: sum(found[seed] for found in side) for seed in seeds} for side in sides]
    return {seed: sums[0][seed] - sums[1][seed] for seed in sorted(seeds)}


def leads(
    results: Results, images: str, criterion: str, name: str = "Normal", split: str = "test"
) -> dict[int, float]:
    """By seed, Gumbel's loss minus that of another column, at the best of each."""
    return difference(results, images, [("Gumbel", criterion)], [(name, criterion)], split)


def above(
    images: str, far: Terms, near: Terms, floor: float = 0.0, *, long: bool = False
) -> Iterator[Check | Witness]:
    """A part: far - near is above the floor, by three standard errors or, of one run, by a nat."""
    results, what = recorded.load(), f"{_named(far)} - {_named(near)} - {floor:g}"

    def check(split: str) -> Check:
        found = difference(results, images, far, near, split, long=long)
        if long:
            return apart(f"{split} images", np.array([*found.values()]) - floor, what)
        return beyond(f"{split} images", over_seeds(found), what.rsplit(" - ", 1)[0], floor)

    yield from measured(map(check, SPLITS))


def _named(terms: Terms) -> str:
    text = " + ".join(f"{name} ({number.replace('_', ' ')})" for name, number in terms)
    return text if len(terms) == 1 else f"({text})"


def over_seeds(found: dict[int, float]) -> Spread:
    """Mean and deviation."""
    return Spread.of(list(found.values()))


def runs_apart(
    near: VaeRun, far: VaeRun, number: Callable[[Any, str], Any], splits: Sequence[str] = SPLITS
) -> Iterator[Check]:
    """What is read off two runs: it is more by `NATS` in the one that is far."""
    runs = [recorded.load()[run] for run in (far, near)]
    for split in splits:
        one, two = (np.atleast_1d(number(run, split)) for run in runs)
        what = "difference of the losses" if one.size == 1 else f"differences of {one.size} losses"
        yield apart(f"{split} images", one - two, what)


def on_images(
    claim: Claim, name: str, function: Any, images: Sequence[str] = IMAGES, **given: Any
) -> None:
    """A part for each data set, which stands before its name."""
    for which in images:
        claim.part(f"{LABELS[which]}{name}", images=which, **given)(function)


def apart(route: str, gaps: Sequence[float] | np.ndarray, what: str) -> Check:
    """All gaps between single runs are above `NATS`; it fails if one is below minus that."""
    low, high = float(np.min(gaps)), float(np.max(gaps))
    outcome: Outcome = "holds" if low > NATS else "fails" if low < -NATS else "unknown"
    return Check(route, "experiment", outcome, f"{what}: {low:.2f} to {high:.2f} nats")
