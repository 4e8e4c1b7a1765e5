"""Table 2, Figures 4 and 5 of paper B: which runs they need, and those that stand beside."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from perturbtheory.checks import require_one_of
from perturbtheory.experiments.semi.settings import EPOCHS, SEEDS, SemiRun

Results = Mapping[SemiRun, Mapping[str, Any]]

LABELS = (50, 100, 300, 600, 1200)
IMAGES = ("mnist", "fashion-mnist")
CODE_EPOCHS = 1200
"""Through the labelled images, before all others, in the code of paper B."""
TABLE_2: dict[str, SemiRun] = {
    "direct": SemiRun(),
    "Gumbel-Softmax": SemiRun(rule="relaxed", weight=10.0),
}
"""By (9) as it is printed, with the weights of the code; the columns of the table."""
BESIDE: dict[str, SemiRun] = {
    "M2, exact sum": SemiRun(rule="exact", weight=10.0, from_labels=True, schedule="constant"),
    "labels alone": SemiRun(rule="exact", weight=10.0, learns="labels", schedule="constant"),
}
"""What it costs the same to do exactly, and what the labels give without all other images."""
CODE: dict[str, SemiRun] = {
    "direct, two phases": replace(
        TABLE_2["direct"], learns="images", first=CODE_EPOCHS, divergence="none"
    ),
    "Gumbel-Softmax, two phases": replace(
        TABLE_2["Gumbel-Softmax"], learns="images", first=CODE_EPOCHS
    ),
}
"""As the code has it: labelled images first, and then all images without a label."""
METHODS = TABLE_2 | BESIDE | CODE
UNSUPERVISED = SemiRun(labels=0, learns="images")
SAMPLED = 100
"""Labels of the samples beside the unsupervised ones, Figure 4, which does not say."""
ATTRIBUTES: dict[str, SemiRun] = {
    name: replace(run, latent="attributes", labels=1200) for name, run in TABLE_2.items()
}
"""Figure 5 with attributes that can be measured, for CelebA."""


def _every(methods: Iterable[SemiRun], labels: Iterable[int]) -> list[SemiRun]:
    made = list(methods)
    return [
        replace(run, images=images, labels=count)
        for count in labels
        for images in IMAGES
        for run in made
    ]


GRIDS: dict[str, list[SemiRun]] = {
    "table-2": _every(TABLE_2.values(), LABELS),
    "beside": _every(BESIDE.values(), LABELS),
    "code": _every(CODE.values(), LABELS),
    "figure-4": [UNSUPERVISED, replace(TABLE_2["direct"], labels=SAMPLED)],
    "figure-5": [replace(run, images=images) for images in IMAGES for run in ATTRIBUTES.values()],
}


def runs(
    names: Iterable[str] = tuple(GRIDS),
    epochs: int = EPOCHS,
    seeds: Iterable[int] = SEEDS,
    labels: Iterable[int] = (),
) -> list[SemiRun]:
    """Those of the grids with these names, seed by seed; what two of them show is run once.

    Args:
        names: keys of `GRIDS`.
        epochs: of every run.
        seeds: of all.
        labels: the numbers of labels that are run, all if none is given.

    Raises:
        ValueError: for a name or a number of labels that no grid has.
    """
    names, wanted = tuple(names), set(labels)
    for name in names:
        require_one_of("NAMES", name, tuple(GRIDS))
    known = {run.labels for name in names for run in GRIDS[name]}
    if not wanted <= known:
        said = ", ".join(map(str, sorted(known)))
        msg = f"`labels` must be of {said}, got {', '.join(map(str, sorted(wanted - known)))}"
        raise ValueError(msg)
    made = [
        replace(run, epochs=epochs, seed=seed)
        for seed in seeds
        for name in names
        for run in GRIDS[name]
        if run.labels in (wanted or known)
    ]
    return list(dict.fromkeys(made))
