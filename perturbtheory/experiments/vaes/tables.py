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
    TEMPERATURES,
    Results,
    best,
    lasting,
    loss,
    tested,
    validation,
)
from perturbtheory.experiments.vaes.printed import TABLE_1, TABLE_3
from perturbtheory.experiments.vaes.run import VaeRun

MISSING = "–"
CERTAIN = 0.01
"""Nats about log K within which a KL counts as log K."""
Row = tuple[str, ...]
LABELS = {
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "omniglot-resized": "Omniglot, resized here",
}


def epochs_of(results: Results) -> int:
    """Of most of the runs."""
    counts = [run.epochs for run in results]
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
    every = (replace(run, seed=seed) for seed in (run.seed, *MORE_SEEDS))
    made = {r.seed: results[r] for r in every if r in results}
    if split == "test":
        return {seed: loss(found, criterion, by) for seed, found in made.items()}
    epochs = {seed: int(np.argmin(validation(found, by))) for seed, found in made.items()}
    return {seed: validation(made[seed], criterion)[epoch] for seed, epoch in epochs.items()}


def _spread(results: Results, run: VaeRun, criterion: str, by: str) -> Spread:
    return Spread.of(list(by_seed(results, run, criterion, by).values()))


def _short(spread: Spread) -> str:
    text = f"{spread.mean:.2f}"
    return text if spread.seeds == 1 else f"{text} ± {spread.deviation:.2f}"


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


def _mark(results: Results, run: VaeRun) -> str:
    """† for an encoder that has become certain: its KL is log K."""
    if run not in results:
        return ""
    divergence = tested(results[run], "bound").divergence
    return " †" if abs(math.log(run.categories) - divergence) < CERTAIN else ""


def table_1_header() -> Row:
    """Names of the columns."""
    return ("images", "K", "unbiased, direct, GSM printed", *METHODS)


def table_1(results: Results) -> list[Row]:
    """Exact test loss with one latent."""
    rows = []
    printed = {line.split()[0]: line.split()[1:] for line in TABLE_1.strip().splitlines()}
    epochs = epochs_of(results)
    for place, images in enumerate(IMAGES):
        for k in CATEGORIES:
            runs = [
                lasting(replace(run, images=images, categories=k), epochs)
                for run in METHODS.values()
            ]
            found = [_number(results, run, "bound") + _mark(results, run) for run in runs]
            said = " ".join(printed[str(k)][3 * place : 3 * place + 3])
            rows.append((LABELS[images] if k == CATEGORIES[0] else "", str(k), said, *found))
    return rows
