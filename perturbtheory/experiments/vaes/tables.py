"""Table 3 of paper A and Table 1 of paper B beside the same made again, as rows of text.

What was run is shown, and a dash for what was not. The printed numbers are after 300 epochs.
"""

import math
from dataclasses import replace

import numpy as np

from perturbtheory.experiments.spread import Spread
from perturbtheory.experiments.vaes.grids import (
    CATEGORIES,
    COLUMNS,
    IMAGES,
    LONG,
    METHODS,
    MORE_SEEDS,
    PUBLISHED_COLUMNS,
    TEMPERATURES,
    Results,
    best,
    loss,
    tested,
    validation,
)
from perturbtheory.experiments.vaes.printed import TABLE_1, TABLE_3
from perturbtheory.experiments.vaes.settings import EPOCHS, PUBLISHED_EPOCHS, VaeRun

MISSING = "–"
CERTAIN = 0.01
"""Nats about log K within which a KL counts as log K."""
Row = tuple[str, ...]
_LENGTHS = (EPOCHS, LONG * EPOCHS, PUBLISHED_EPOCHS)
LABELS = {
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "omniglot-resized": "Omniglot, resized here",
}


def epochs_of(results: Results) -> int:
    """Of the runs that the tables of short runs show: `EPOCHS`, or what most of the others have."""
    counts = [run.epochs for run in results]
    if EPOCHS in counts:
        return EPOCHS
    counts = [count for count in counts if count != PUBLISHED_EPOCHS] or counts
    return max(set(counts), key=counts.count)


def table_3_header() -> Row:
    """Names of the columns."""
    return ("images", "t", "Gumbel, printed", "Normal, printed", *COLUMNS)


def table_3(results: Results) -> list[Row]:
    """Test loss by temperature, and a row with the best: mean and deviation over seeds."""
    rows: list[Row] = []
    printed = [line.split() for line in TABLE_3.strip().splitlines()]
    epochs = epochs_of(results)
    for place, images in enumerate(IMAGES):
        for t, line in zip(TEMPERATURES, printed, strict=True):
            pair = line[1 + 2 * place : 3 + 2 * place]
            first = LABELS[images] if t == TEMPERATURES[0] else ""
            found = (_cell(results, name, images, t, epochs) for name in COLUMNS)
            rows.append((first, f"{t:g}", *pair, *found))
        lowest = [min(float(line[k + 1 + 2 * place]) for line in printed) for k in (0, 1)]
        found = (_best(results, name, images) for name in COLUMNS)
        rows.append(("", "best", *(f"{value:g}" for value in lowest), *found))
    return rows


def _cell(results: Results, name: str, images: str, t: float, epochs: int) -> str:
    run, criterion = COLUMNS[name]
    run = replace(run, images=images, temperature=t, epochs=epochs)
    return _number(results, run, criterion)


def _number(results: Results, run: VaeRun, criterion: str) -> str:
    return f"{loss(results[run], criterion):.2f}" if run in results else MISSING


def _best(results: Results, name: str, images: str) -> str:
    run = best(results, name, images, epochs_of(results))
    if run is None:
        return MISSING
    spread = _spread(results, run, COLUMNS[name][1], COLUMNS[name][1])
    return f"{_short(spread)} (t = {run.temperature:g})"


def by_seed(
    results: Results, run: VaeRun, criterion: str, by: str, split: str = "test"
) -> dict[int, float]:
    """Loss of this run and of its other seeds, at the epoch that is best `by` validation.

    On test images, or on those of the "validation" that chose the epoch.
    """
    made = {r.seed: results[r] for r in seeds_of(results, run)}
    if split == "test":
        return {seed: loss(found, criterion, by) for seed, found in made.items()}
    epochs = {seed: int(np.argmin(validation(found, by))) for seed, found in made.items()}
    return {seed: validation(made[seed], criterion)[epoch] for seed, epoch in epochs.items()}


def _spread(results: Results, run: VaeRun, criterion: str, by: str) -> Spread:
    return Spread.of(list(by_seed(results, run, criterion, by).values()))


def _short(spread: Spread) -> str:
    return spread.shown(2)


def audit_header() -> Row:
    """Names of the columns."""
    return ("images", "column", "t", "seeds", "as published", "true bound", "relaxed loss")


def audit(results: Results, *, long: bool = False, chosen_by: str | None = None) -> list[Row]:
    """The best of each column under every number: the KL of the softmax, of the arg max, relaxed.

    Only the true bound, with the KL of the law that z has, bounds -log p(x). `long`: the same runs,
    `LONG` times as long. `chosen_by`: temperature and epoch by this number for all columns.
    """
    rows = []
    epochs = epochs_of(results)
    for images in IMAGES:
        for name, (_, criterion) in COLUMNS.items():
            by = chosen_by or criterion
            run = best(results, name, images, epochs, by)
            if run is not None and long:
                run = replace(run, epochs=LONG * epochs)
            if run is None or run not in results:
                continue
            numbers = [
                _spread(results, run, kind, by)
                for kind in ("as_published", "bound", "relaxed_loss")
            ]
            first = LABELS[images] if name == next(iter(COLUMNS)) else ""
            settings = (first, name, f"{run.temperature:g}", str(numbers[0].seeds))
            rows.append((*settings, *map(_short, numbers)))
    return rows


def over_seeds(results: Results, run: VaeRun) -> str:
    """The bound of all seeds of this run, or a dash; how many of them are certain, if any is."""
    if not seeds_of(results, run):
        return MISSING
    return _short(_spread(results, run, "bound", "bound")) + _mark(results, run)


def _mark(results: Results, run: VaeRun) -> str:
    """† for an encoder that has become certain: its KL is log K. Of several seeds, of how many."""
    tests = [tested(results[r], "bound") for r in seeds_of(results, run)]
    certain = sum(abs(math.log(run.categories) - t.divergence) < CERTAIN for t in tests)
    return "" if not certain else " †" if len(tests) == 1 else f" († {certain} of {len(tests)})"


def seeds_of(results: Results, run: VaeRun) -> list[VaeRun]:
    """The seeds of this run that there are."""
    every = (replace(run, seed=seed) for seed in (run.seed, *MORE_SEEDS))
    return [r for r in every if r in results]


def table_1_header() -> Row:
    """Names of the columns."""
    return ("images", "K", "unbiased, direct, GSM printed", *METHODS)


def table_1(results: Results, epochs: int | None = None) -> list[Row]:
    """Exact test loss with one latent, of the long runs or of those with so many epochs."""
    rows = []
    printed = {line.split()[0]: line.split()[1:] for line in TABLE_1.strip().splitlines()}
    epochs = LONG * epochs_of(results) if epochs is None else epochs
    for place, images in enumerate(IMAGES):
        for k in CATEGORIES:
            runs = [
                replace(run, images=images, categories=k, epochs=epochs) for run in METHODS.values()
            ]
            found = [over_seeds(results, run) for run in runs]
            said = " ".join(printed[str(k)][3 * place : 3 * place + 3])
            rows.append((LABELS[images] if k == CATEGORIES[0] else "", str(k), said, *found))
    return rows


def published_header() -> Row:
    """Names of the columns."""
    return (
        "images", "column", "K", "t", "seeds", "printed", "as published", "true bound",
        "relaxed loss", "best epoch",
    )  # fmt: skip


def published(results: Results) -> list[Row]:
    """Runs of the published length with ten latents, at the epoch that is best by their column.

    Mean and deviation over seeds; of the epoch least and most. No row for what was not run.
    """
    rows = []
    for images in IMAGES:
        first = LABELS[images]
        for name, (like, criterion) in PUBLISHED_COLUMNS.items():
            for run in _at_length(results, replace(like, images=images, epochs=PUBLISHED_EPOCHS)):
                numbers = [
                    _spread(results, run, kind, criterion)
                    for kind in ("as_published", "bound", "relaxed_loss")
                ]
                found = seeds_of(results, run)
                epochs = [int(results[r]["test"][criterion]["epoch"]) for r in found]
                settings = (str(run.categories), _falling(run), str(len(found)))
                least, most = min(epochs), max(epochs)
                when = f"{least}" if least == most else f"{least} to {most}"
                said = _printed(run, name)
                rows.append((first, name, *settings, said, *map(_short, numbers), when))
                first = ""
    return rows


def _at_length(results: Results, like: VaeRun) -> list[VaeRun]:
    """The runs, first seed, that differ from this one in K, temperature and schedule alone."""
    free = ("seed", "categories", "temperature", "schedule")
    same = {k: getattr(like, k) for k in free}
    found = {replace(run, seed=0) for run in results if replace(run, **same) == like}
    return sorted(found, key=lambda run: (run.categories, run.schedule, run.temperature))


def _falling(run: VaeRun) -> str:
    """The temperature in words."""
    return {
        "constant": f"{run.temperature:g}",
        "annealed": f"1 to {run.temperature:g}",
        "published": "published schedule",
    }[run.schedule]


def _printed(run: VaeRun, name: str) -> str:
    """What Table 3 has for these settings, if they are in it."""
    pair = ("Gumbel", "Normal")
    if name not in pair or run.schedule != "constant" or run.categories != 10:
        return MISSING
    lines = (line.split() for line in TABLE_3.strip().splitlines())
    place = 1 + 2 * IMAGES.index(run.images) + pair.index(name)
    return next((line[place] for line in lines if float(line[0]) == run.temperature), MISSING)


def lengths_header() -> Row:
    """Names of the columns."""
    return ("images", "column", "t", *(f"{count} epochs" for count in _LENGTHS))


def lengths(results: Results) -> list[Row]:
    """The true bound after 5, 20 and 300 epochs at one constant temperature, mean and deviation.

    At the epoch that is best by the column's number; only what was run for 300.
    """
    rows = []
    for images in IMAGES:
        first = LABELS[images]
        for name, (like, criterion) in PUBLISHED_COLUMNS.items():
            for run in _at_length(results, replace(like, images=images, epochs=PUBLISHED_EPOCHS)):
                if run.schedule != "constant" or run.categories != like.categories:
                    continue
                runs = [replace(run, epochs=count) for count in _LENGTHS]
                found = [
                    _short(_spread(results, r, "bound", criterion))
                    if seeds_of(results, r)
                    else MISSING
                    for r in runs
                ]
                rows.append((first, name, f"{run.temperature:g}", *found))
                first = ""
    return rows


def table_1_published(results: Results) -> list[Row]:
    """`table_1` of the published length: mean and deviation over seeds; only what was run."""
    return [row for row in table_1(results, PUBLISHED_EPOCHS) if set(row[3:]) != {MISSING}]
