"""Recorded VAEs with coupled bits: Figure 3 of paper B, by epochs and by the clock."""

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILLION
from perturbtheory.experiments.recorded import by_seed, lengths_of
from perturbtheory.experiments.structured import recorded
from perturbtheory.experiments.structured.grids import LEFT, RIGHT
from perturbtheory.figures._figure import Data, Figure

_COLOURS = dict(zip(LEFT, (BLUE, VERMILLION, ORANGE, GREEN, GREY, BLACK), strict=True)) | dict(
    zip(RIGHT, (BLUE, ORANGE, VERMILLION), strict=True)
)
_TITLES = ("independent bits, by rule", "direct, by encoder", "the same by the clock")


def data() -> Data:
    """Validation number as published after every epoch: its mean, least and most over seeds.

    And the minutes until then, of the median epoch. Of the longest runs of each method.
    """
    results = recorded.load()
    found = Data()
    for name, method in (LEFT | RIGHT).items():
        longest = max(lengths_of(results, method), default=0)
        made = [*by_seed(results, replace(method, epochs=longest)).values()]
        if not made:
            continue
        curves = np.array([one["validation"]["as_published"] for one in made])
        found[f"{name}/mean"] = curves.mean(0)
        found[f"{name}/least"], found[f"{name}/most"] = curves.min(0), curves.max(0)
        seconds = np.median([one["seconds"] for one in made])
        found[f"{name}/minutes"] = seconds / 60 * np.arange(1, 1 + longest)
    return found


def render(canvas: Canvas, found: Data) -> None:
    """Three panels: rules by epochs, encoders by epochs, encoders by minutes."""
    panels: list[Axes] = list(canvas.subplots(1, 3, sharey=True))
    for axes, names, clock, title in zip(
        panels, (LEFT, RIGHT, RIGHT), (False, False, True), _TITLES, strict=True
    ):
        for name in names:
            if f"{name}/mean" not in found:
                continue
            mean = found[f"{name}/mean"]
            x = found[f"{name}/minutes"] if clock else np.arange(1, 1 + len(mean))
            axes.plot(x, mean, color=_COLOURS[name], label=name)
            axes.fill_between(
                x, found[f"{name}/least"], found[f"{name}/most"], color=_COLOURS[name], alpha=0.2,
                lw=0,
            )  # fmt: skip
        axes.set_title(title, fontsize=9.5)
        axes.set_xlabel("minutes" if clock else "epoch")
        axes.legend(fontsize=7.5)
    panels[0].set_ylabel("validation loss as published, nats")


_LABELS = {
    "mean": "validation loss after each epoch, hard reconstruction and KL of the unary terms, nats",
    "least": "the same, the lowest over seeds",
    "most": "the same, the highest over seeds",
    "minutes": "minutes of training and validation until the end of each epoch",
}
STRUCTURED = Figure(
    title="Fifteen binary latents: rules and encoders",
    caption="Mean and range over seeds on validation images of Fashion-MNIST. The number is the "
    "published one, whose KL leaves the couplings out: with couplings it bounds nothing.",
    formula=r"$h(x, z) = \sum_i h_i(x, z_i) + \sum_{i<j} \alpha_{ij}(x) z_i z_j$",
    reference="paper B, Figure 3",
    labels={f"{name}/{key}": label for name in (LEFT | RIGHT) for key, label in _LABELS.items()},
    compute=data,
    render=render,
    size=(8.4, 3.0),
    dpi=160,
)
