"""Losses of recorded VAEs by seed: comparisons after 5, 20 and 300 epochs, one part a data set."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from perturbtheory.claims.exhibits.criteria import RUNS, apart, beyond, measured, paired
from perturbtheory.experiments.spread import Spread
from perturbtheory.experiments.vaes import EPOCHS, PUBLISHED_EPOCHS, VaeRun, recorded
from perturbtheory.experiments.vaes.grids import (
    COLUMNS,
    END,
    IMAGES,
    LONG,
    METHODS,
    PUBLISHED_COLUMNS,
    SEEDS,
    Results,
    best,
    kept_epochs,
    tested,
)
from perturbtheory.experiments.vaes.tables import CERTAIN, LABELS, by_seed
from perturbtheory.ledger import Check, Claim, Witness, experiment

SPLITS = ("test", "validation")
"""Images that a number is of. Test images decide; after 5 and 20 epochs validation images, which
have one draw each and have chosen the epoch, have to say the same."""
Terms = Sequence[tuple[str, str]]
"""Columns of Table 3, each with the number that is taken: "as_published" or "bound"."""
Pairs = Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]]
"""Results of two runs by seed."""
GUMBEL, NORMAL = [("Gumbel", "as_published")], [("Normal", "as_published")]
GUMBEL_BOUND, NORMAL_BOUND = [("Gumbel", "bound")], [("Normal", "bound")]
OWN_BOUND, UNIT = [("Normal, own KL", "bound")], [("Gumbel, variance 1", "as_published")]
LOGISTIC = [("Logistic", "as_published")]


def losses(
    results: Results, name: str, images: str, criterion: str, split: str, epochs: int = EPOCHS
) -> dict[int, float]:
    """By seed: after 5 or 20 epochs at the best temperature of a column, after 300 annealed.

    Raises RecordError for fewer than two seeds of 5 epochs, and for none of 20.
    """
    if epochs == PUBLISHED_EPOCHS:
        by = PUBLISHED_COLUMNS[name][1]
        return by_seed(results, published(name, images), criterion, by, split)
    run, least = best(results, name, images), 2 if epochs == EPOCHS else 1
    found = {}
    if run is not None:
        found = by_seed(results, replace(run, epochs=epochs), criterion, COLUMNS[name][1], split)
    if len(found) < least:
        which = f"{len(found)} runs of {epochs} epochs, not {least}"
        msg = f"column {name!r} of table-3 for {images} has {which}"
        raise recorded.missing(msg)
    return found


def difference(
    results: Results, images: str, far: Terms, near: Terms, split: str, epochs: int = EPOCHS
) -> dict[int, float]:
    """The sum of the terms that are far minus that of the near ones, for seeds that all have."""
    sides = [
        [losses(results, name, images, number, split, epochs) for name, number in terms]
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
    images: str, far: Terms, near: Terms, floor: float = 0.0, epochs: int = EPOCHS
) -> Iterator[Check | Witness]:
    """A part: far - near is above the floor, by the rule for this number of epochs.

    That is three standard errors over seeds after 5 and 300 epochs, and a nat for the single runs
    of 20.
    """
    what = f"{_named(far)} - {_named(near)}"

    def check(split: str) -> Check:
        found = difference(recorded.load(), images, far, near, split, epochs)
        case = f"{split} images"
        if epochs == PUBLISHED_EPOCHS:
            return paired(case, found, what, floor)
        if epochs == EPOCHS:
            return beyond(case, over_seeds(found), what, floor)
        return apart(case, np.array([*found.values()]) - floor, f"{what} - {floor:g}")

    yield from measured(map(check, SPLITS[:1] if epochs == PUBLISHED_EPOCHS else SPLITS))


def _named(terms: Terms) -> str:
    text = " + ".join(f"{name} ({number.replace('_', ' ')})" for name, number in terms)
    return text if len(terms) == 1 else f"({text})"


def over_seeds(found: dict[int, float]) -> Spread:
    """Mean and deviation."""
    return Spread.of(list(found.values()))


def runs_apart(
    near: VaeRun,
    far: VaeRun,
    number: Callable[[Any, str], Any],
    splits: Sequence[str] = SPLITS,
    gap: Callable[[Any, Any], float] = lambda near, far: far - near,
) -> Iterator[Check]:
    """The gap between what is read off two runs is more than `NATS`."""
    runs = [recorded.load()[run] for run in (near, far)]
    for split in splits:
        found = gap(*(number(run, split) for run in runs))
        yield apart(f"{split} images", found, "difference of the losses")


def pairs(near: VaeRun, far: VaeRun) -> Pairs:
    """Recorded results of both by seed, for the seeds of 300 epochs that both have."""
    results = recorded.load()
    both = {seed: [replace(r, seed=seed) for r in (near, far)] for seed in SEEDS}
    return {
        seed: (results[one], results[two])
        for seed, (one, two) in both.items()
        if one in results and two in results
    }


def curves(
    found: Pairs, number: Callable[[Mapping[str, Any]], Sequence[float]]
) -> tuple[list[int], dict[int, tuple[np.ndarray, np.ndarray]]]:
    """What is read off both runs of each seed, at the epochs that all of them have kept."""
    every = [run for both in found.values() for run in both]
    kept = sorted(set.intersection(*(set(kept_epochs(run)) for run in every))) if every else []

    def at(run: Mapping[str, Any]) -> np.ndarray:
        return np.array(number(run))[np.searchsorted(kept_epochs(run), kept)]

    return kept, {seed: (at(one), at(two)) for seed, (one, two) in found.items()}


def published(name: str, images: str, k: int | None = None) -> VaeRun:
    """The run of 300 epochs of a column of Table 3, or of a method of Table 1 with K = k."""
    if k is None:
        annealed = {"temperature": END, "schedule": "annealed", "epochs": PUBLISHED_EPOCHS}
        return replace(PUBLISHED_COLUMNS[name][0], images=images, **annealed)
    return replace(METHODS[name], images=images, categories=k, epochs=PUBLISHED_EPOCHS)


def certain(run: Any, k: int) -> bool:
    """Whether the encoder is certain of one category for all images: its KL is log K."""
    return abs(math.log(k) - tested(run, "bound").divergence) < CERTAIN


def undecided(checks: Iterable[Check], baseline: str) -> Iterator[Check]:
    """What was found against a baseline that has failed, which decides nothing."""
    why = f"the encoder of {baseline} is certain of one category"
    yield from (experiment(RUNS, "unknown", f"{check.detail}; {why}") for check in checks)


def on_images(
    claim: Claim, name: str, function: Any, images: Sequence[str] = IMAGES, **given: Any
) -> None:
    """A part for each data set, which stands before its name."""
    for which in images:
        claim.part(f"{LABELS[which]}{name}", images=which, **given)(function)


def compare(
    claim: Claim, *rows: tuple[str, Terms, Terms, float] | tuple[Any, ...], epochs: int = EPOCHS
) -> None:
    """Parts from a table of (name, far, near, floor, and the data sets if not all)."""
    for name, far, near, floor, *images in rows:
        on_images(claim, name, above, *images, far=far, near=near, floor=floor, epochs=epochs)


LASTING = LONG * EPOCHS
"""Epochs of the longer runs."""
