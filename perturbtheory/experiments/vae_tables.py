"""Table 3 of paper A and Table 1 of paper B beside the same made again, as rows of text.

What was run is shown, and a dash for what was not. The printed numbers are after 300 epochs.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from perturbtheory.experiments.printed import TABLE_1, TABLE_3
from perturbtheory.experiments.table_2 import Spread
from perturbtheory.experiments.vae_grids import (
    CATEGORIES,
    COLUMNS,
    IMAGES,
    LONG,
    METHODS,
    MORE_SEEDS,
    TEMPERATURES,
    Results,
    column,
    lasting,
    loss,
    selected,
    validation,
)
from perturbtheory.experiments.vaes import VaeRun

MISSING = "–"
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


def best(results: Results, name: str, images: str, criterion: str | None = None) -> VaeRun | None:
    """The run of this column that is best on the validation images, if any was made.

    By the criterion of the column, or another.
    """
    made = [run for run in column(name, images, epochs_of(results)) if run in results]
    return selected(results, made, criterion or COLUMNS[name][1]) if made else None


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
    run = best(results, name, images)
    if run is None:
        return MISSING
    spread = Spread.of(by_seed(results, name, images, COLUMNS[name][1]))
    return f"{_short(spread)} (t = {run.temperature:g})"


def by_seed(
    results: Results, name: str, images: str, criterion: str, split: str = "test"
) -> np.ndarray:
    """Loss of the best run of a column and of its other seeds, at the best epoch of each.

    On test images, or on those of the "validation" that chose the epoch. One number a seed; empty
    if there is no run.
    """
    run = best(results, name, images)
    if run is None:
        return np.zeros(0)
    by = COLUMNS[name][1]
    every = (run, *(replace(run, seed=seed) for seed in MORE_SEEDS))
    made = [results[r] for r in every if r in results]
    if split == "test":
        return np.array([loss(found, criterion, by) for found in made])
    epochs = (int(np.argmin(validation(found, by))) for found in made)
    return np.array(
        [validation(found, criterion)[e] for found, e in zip(made, epochs, strict=True)]
    )


def _short(spread: Spread) -> str:
    text = f"{spread.mean:.2f}"
    return text if spread.seeds == 1 else f"{text} ± {spread.deviation:.2f}"


def audit_header() -> Row:
    """Names of the columns."""
    return ("images", "column", "t", "seeds", "as published", "true bound", "relaxed loss")


def audit(results: Results) -> list[Row]:
    """The best of each column under every number: the KL of the softmax, of the arg max, relaxed.

    Only the true bound, with the KL of the law that z has, bounds -log p(x).
    """
    rows = []
    for images in IMAGES:
        for name in COLUMNS:
            run = best(results, name, images)
            if run is None:
                continue
            numbers = [
                Spread.of(by_seed(results, name, images, criterion))
                for criterion in ("as_published", "bound", "relaxed_loss")
            ]
            first = LABELS[images] if name == next(iter(COLUMNS)) else ""
            settings = (first, name, f"{run.temperature:g}", str(numbers[0].seeds))
            rows.append((*settings, *map(_short, numbers)))
    return rows


def relaxed_header() -> Row:
    """Names of the columns."""
    return ("images", "column", "t", "epoch", "relaxed loss", "as published", "true bound")


def by_relaxed_loss(results: Results) -> list[Row]:
    """The run and epoch of each column that the validation loss of relaxed samples chooses."""
    rows = []
    by = "relaxed_loss"
    for images in IMAGES:
        for name in COLUMNS:
            run = best(results, name, images, by)
            if run is None:
                continue
            numbers = (
                f"{loss(results[run], criterion, by):.2f}"
                for criterion in (by, "as_published", "bound")
            )
            first = LABELS[images] if name == next(iter(COLUMNS)) else ""
            epoch = str(results[run]["test"][by]["epoch"])
            rows.append((first, name, f"{run.temperature:g}", epoch, *numbers))
    return rows


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
            found = [_number(results, run, "bound") for run in runs]
            said = " ".join(printed[str(k)][3 * place : 3 * place + 3])
            rows.append((LABELS[images] if k == CATEGORIES[0] else "", str(k), said, *found))
    return rows


def markdown(results: Results) -> str:
    """All tables in Markdown."""
    epochs = epochs_of(results)
    parts = [
        "# Discrete VAEs, trained again",
        f"{len(results)} runs, {epochs} epochs each where nothing else is said; the papers train "
        "300. Test losses in nats at the epoch that is best on 10,000 validation images "
        "(Omniglot: 1,345), with ten hard samples of each image; exact for one latent. Written by "
        "`perturbtheory vae --record`.",
        "## Table 3 of paper A",
        "N = 10, K = 10. Gumbel, Normal and Gumbel of variance one are trained and reported with "
        "the KL of softmax(theta), as published, which bounds nothing unless the noise is unit "
        "Gumbel. In the last column the KL of the arg max's own law is trained and reported.",
        _markdown(table_3_header(), table_3(results)),
        "## The same runs, by every number",
        "At the best temperature of each column and its best epoch. The true bound is the hard "
        "reconstruction and the KL of the law that z has.",
        _markdown(audit_header(), audit(results)),
        "## Chosen by the relaxed loss",
        "Temperature and epoch with the lowest validation loss of relaxed samples, one seed: what "
        "is trained says little of what hard samples give.",
        _markdown(relaxed_header(), by_relaxed_loss(results)),
        "## Table 1 of paper B",
        f"N = 1, {LONG * epochs} epochs; the test loss is an exact sum. As published: direct and "
        "Gumbel-Softmax on the schedule exp(-1e-5 i), direct without the gradient of the KL. "
        "Audited: the KL in the gradient, and epsilon and temperature from 1 to 0.1 within the "
        "run.",
        _markdown(table_1_header(), table_1(results)),
    ]
    return "\n\n".join(parts) + "\n"


def _markdown(header: Row, rows: Iterable[Row]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
