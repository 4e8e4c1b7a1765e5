"""What was found, as rows of text: Table 2 beside the printed numbers, and the attributes."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from perturbtheory.data.attributes import NAMES
from perturbtheory.experiments.recorded import by_seed
from perturbtheory.experiments.semi.grids import (
    ATTRIBUTES,
    IMAGES,
    LABELS,
    METHODS,
    UNSUPERVISED,
    Results,
)
from perturbtheory.experiments.semi.printed import PRINTED
from perturbtheory.experiments.semi.settings import SemiRun
from perturbtheory.experiments.spread import Spread

MISSING = "–"
HEADER = (
    "labels, method", "accuracy", "drawn", "printed", "bound", "printed bound", "seeds",
)  # fmt: skip
PER_CENT = 100.0


def lengths(results: Results) -> list[int]:
    """The numbers of epochs of which there are runs."""
    return sorted({run.epochs for run in results})


def number(results: Results, run: SemiRun, name: str) -> dict[int, float]:
    """A test number after the last epoch by seed; shares in per cent."""
    scale = PER_CENT if name in ("accuracy", "drawn_accuracy", "matched") else 1.0
    found = by_seed(results, run)
    return {seed: scale * found[seed]["test"]["last"][name] for seed in sorted(found)}


def table(results: Results, images: str, epochs: int) -> list[tuple[str, ...]]:
    """Table 2 for a data set: a row for each number of labels and method of which there are runs.

    All numbers are those after the last epoch, which no label chooses. "accuracy" is that of
    argmax(theta), "drawn" that of argmax(theta + gamma), as the code of paper B has it; in per
    cent. The first row is without labels: there categories are renamed as is best.
    """
    rows = []
    made: list[tuple[str, SemiRun, tuple[str, ...], str]]
    made = [("no labels", replace(UNSUPERVISED, images=images, epochs=epochs), ("matched",), "")]
    for labels in LABELS:
        for method, run in METHODS.items():
            cell = replace(run, images=images, labels=labels, epochs=epochs)
            made.append((f"{labels}, {method}", cell, ("accuracy", "drawn_accuracy"), method))
    for name, run, accuracies, method in made:
        if by_seed(results, run):
            printed = PRINTED.get((images, run.labels, method), (MISSING, MISSING))
            rows.append((name, *_numbers(results, run, accuracies, printed)))
    return rows


def _numbers(
    results: Results, run: SemiRun, accuracies: Iterable[str], printed: tuple[str, str]
) -> tuple[str, ...]:
    found = [str(Spread.of([*number(results, run, name).values()])) for name in accuracies]
    found += [MISSING] * (2 - len(found))
    bounds = number(results, run, "bound")
    # What learns from labels alone has no decoder that anything was asked of.
    bound = MISSING if run.learns == "labels" else str(Spread.of([*bounds.values()]))
    return (*found, printed[0], bound, printed[1], str(len(bounds)))


SWITCHED = ("attribute", "follows", "others move", "seeds")
"""Header of `switching`."""


def switching(results: Results, images: str, method: str, epochs: int) -> list[tuple[str, ...]]:
    """A row for each attribute: how often it follows, and how often another moves with it.

    In per cent, means over seeds; empty where no run was made.
    """
    found = [*by_seed(results, attribute_run(images, method, epochs)).values()]
    if not found:
        return []
    follows = [Spread.of([PER_CENT * one["switching"]["follows"][i] for one in found])
               for i in range(len(NAMES))]  # fmt: skip
    moves = [Spread.of([PER_CENT * others(one["switching"]["moves"])[i] for one in found])
             for i in range(len(NAMES))]  # fmt: skip
    return [
        (name, str(one), str(other), str(len(found)))
        for name, one, other in zip(NAMES, follows, moves, strict=True)
    ]


def attribute_run(images: str, method: str, epochs: int) -> SemiRun:
    """The run of Figure 5's experiment by a method of `ATTRIBUTES`."""
    return replace(ATTRIBUTES[method], images=images, epochs=epochs)


def others(moves: Iterable[float]) -> np.ndarray:
    """For each switched attribute the mean share of pairs in which another one moves."""
    table = np.array([*moves], float).reshape(len(NAMES), len(NAMES))
    off = ~np.eye(len(NAMES), dtype=bool)
    return table[off].reshape(len(NAMES), -1).mean(1)


def present(results: Results) -> list[str]:
    """The data sets of which there are runs, those of the paper first."""
    found = {run.images for run in results}
    return [*(name for name in IMAGES if name in found), *sorted(found - set(IMAGES))]
