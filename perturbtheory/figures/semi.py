"""VAEs with some labels: Table 2 of paper B as curves, and what they generate, Figures 4 and 5."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.data.attributes import NAMES, SIDE
from perturbtheory.display import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILLION
from perturbtheory.experiments.recorded import lengths_of
from perturbtheory.experiments.semi import SemiRun, recorded
from perturbtheory.experiments.semi.grids import (
    ATTRIBUTES,
    IMAGES,
    LABELS,
    METHODS,
    SAMPLED,
    TABLE_2,
    UNSUPERVISED,
    Results,
)
from perturbtheory.experiments.semi.pictures import LEVELS, unpacked
from perturbtheory.experiments.semi.printed import PRINTED
from perturbtheory.experiments.semi.tables import number
from perturbtheory.experiments.vaes.tables import LABELS as TITLES
from perturbtheory.figures._figure import Data, Figure

_COLOURS = dict(zip(METHODS, (BLUE, VERMILLION, BLACK, GREY, GREEN, ORANGE), strict=True))
_KEYS = {f"{images}/{method}": (images, method) for images in IMAGES for method in METHODS}


def data() -> Data:
    """Accuracy on test images after the last epoch by labels: its mean, least and most over seeds.

    Of the runs of each method and data set that `_length` chooses; those of `printed` are of the
    paper.
    """
    results = recorded.load()
    found: Data = {}
    for key, (images, method) in _KEYS.items():
        rows = []
        runs = [replace(METHODS[method], images=images, labels=labels) for labels in LABELS]
        epochs = _length(results, runs)
        for run in runs:
            made = number(results, replace(run, epochs=epochs), "accuracy")
            by_seed = [*made.values()]
            if by_seed:
                rows.append((run.labels, np.mean(by_seed), min(by_seed), max(by_seed)))
        if rows:
            names = ("labels", "mean", "least", "most")
            columns = zip(*rows, strict=True)
            found |= {f"{key}/{n}": np.array(c) for n, c in zip(names, columns, strict=True)}
        if method in TABLE_2:
            printed = [float(PRINTED[images, labels, method][0]) for labels in LABELS]
            found[f"{key}/printed"] = np.array(printed)
    return found


def _length(results: Results, runs: Iterable[SemiRun]) -> int:
    """The longest of the lengths that the most of these runs have; 0 if none was made.

    A curve is of one length, so that a longer run at one number of labels does not take its place.
    """
    count = Counter(epochs for run in runs for epochs in lengths_of(results, run))
    return max(count, key=lambda epochs: (count[epochs], epochs), default=0)


def render(canvas: Canvas, found: Data) -> None:
    """A panel for each data set: curves of what was run, crosses of what is printed."""
    panels: list[Axes] = list(canvas.subplots(1, len(IMAGES)))
    for key, (images, method) in _KEYS.items():
        axes, colour = panels[IMAGES.index(images)], _COLOURS[method]
        if f"{key}/mean" in found:
            x = found[f"{key}/labels"]
            axes.plot(x, found[f"{key}/mean"], "o-", ms=3, color=colour, label=method)
            axes.fill_between(
                x, found[f"{key}/least"], found[f"{key}/most"], color=colour, alpha=0.2, lw=0
            )
        if f"{key}/printed" in found:
            label = f"{method}, printed"
            axes.plot(LABELS, found[f"{key}/printed"], "x", color=colour, label=label)
    for axes, images in zip(panels, IMAGES, strict=True):
        axes.set_title(TITLES[images], fontsize=9.5)
        axes.set(xscale="log", xlabel="labels", ylabel="accuracy, per cent")
        axes.set_xticks(LABELS, map(str, LABELS))
        axes.minorticks_off()
    panels[0].legend(fontsize=7.5)


_LABELS = {
    "labels": "numbers of labels that were run",
    "mean": "accuracy of argmax(theta) on test images after the last epoch, per cent, over seeds",
    "least": "the same, the lowest over seeds",
    "most": "the same, the highest over seeds",
    "printed": "accuracy in Table 2 of paper B with 50, 100, 300, 600 and 1,200 labels, per cent",
}
SEMI = Figure(
    title="Accuracy with few labels, by method",
    caption="Mean and range over seeds; crosses are Table 2 of paper B. Exact sum: the same bound "
    "summed over the ten classes. Labels alone: a plain classifier on the same labels.",
    formula=r"$\sum_{x \in S} f(x, z^*) + \sum_{(x, z) \in S_1} \ell(z, z^*) + KL$",
    reference="paper B, (9) and Table 2",
    labels={f"{key}/{name}": label for key in _KEYS for name, label in _LABELS.items()},
    compute=data,
    render=render,
    size=(7.0, 3.0),
    dpi=160,
)

_WITHOUT, _WITH = "without labels", f"with {SAMPLED} labels"
_SWITCHED = {f"{TITLES[name]}, attributes off and on": name for name in IMAGES}
_ROWS = 3


def pictures_data() -> Data:
    """Grey levels, 0 to 15, of the pictures that are recorded, side by side in rows.

    Each of the longest run that has them.
    """
    results = recorded.load()
    runs = {
        _WITHOUT: UNSUPERVISED,
        _WITH: replace(TABLE_2["direct"], labels=SAMPLED),
        **{key: replace(ATTRIBUTES["direct"], images=name) for key, name in _SWITCHED.items()},
    }
    shown = {run: one for run, one in results.items() if run.seed == 0 and "pictures" in one}
    longest = {
        key: replace(run, epochs=max(lengths_of(shown, run), default=0))
        for key, run in runs.items()
    }
    return {key: mosaic(shown[run]["pictures"]) for key, run in longest.items() if run in shown}


def mosaic(text: str, rows: int = _ROWS) -> np.ndarray:
    """The first rows of packed pictures as one picture, in grey levels from 0."""
    images = unpacked(text)[:rows] * (LEVELS - 1)
    high, wide = images.shape[:2]
    return images.reshape(high, wide, SIDE, SIDE).swapaxes(1, 2).reshape(high * SIDE, wide * SIDE)


def render_pictures(canvas: Canvas, found: Data) -> None:
    """One below another, with the attributes named where they are switched off and on."""
    if not found:
        canvas.text(0.5, 0.5, "no pictures are recorded yet", ha="center")
        return
    blocks = canvas.subplots(len(found), 1, squeeze=False)[:, 0]
    for axes, (name, picture) in zip(blocks, found.items(), strict=True):
        axes.imshow(picture, cmap="gray_r", vmin=0, vmax=LEVELS - 1, interpolation="nearest")
        axes.set(yticks=[], xticks=[])
        axes.spines[:].set_visible(False)
        axes.grid(visible=False)
        axes.set_title(name, fontsize=9.5)
        if name in _SWITCHED:
            axes.set_xticks(SIDE * (1 + 2 * np.arange(len(NAMES))), NAMES, fontsize=7.5)


PICTURES = Figure(
    title="Generated: a column for each class; an attribute off, then on",
    caption="Each row has one draw of the continuous part. Paper B shows faces in the place of the "
    "last two: their attributes are those of CelebA, these are measured on the pixels.",
    formula=r"$p(x \mid z, c)$",
    reference="paper B, Figures 4 and 5",
    labels=dict.fromkeys(
        (_WITHOUT, _WITH, *_SWITCHED),
        "grey level, 0 to 15, row by row of 28 pixels an image",
    ),
    compute=pictures_data,
    render=render_pictures,
    size=(6.4, 6.0),
    dpi=160,
)


def generated(text: str, latent: str) -> Figure:
    """The pictures of one run, all rows."""
    name = "a column for each class" if latent == "class" else "attributes, off and then on"
    found = {name: mosaic(text, rows=100)}
    high, wide = found[name].shape
    return replace(
        PICTURES, labels=dict.fromkeys(found, ""), compute=lambda: found,
        size=(7.0, 0.6 + 7.0 * high / wide),
    )  # fmt: skip
