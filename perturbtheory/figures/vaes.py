"""Recorded VAEs: Figures 5 and 10 of paper A, Figures 2 and 6 of paper B, and what audits show."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLUE, ORANGE, SKY, VERMILLION
from perturbtheory.experiments.fits.grids import PAIR
from perturbtheory.experiments.vaes import VaeRun, recorded
from perturbtheory.experiments.vaes.grids import (
    COLUMNS,
    ENDS,
    EPOCHS,
    IMAGES,
    LONG,
    METHODS,
    column,
    loss,
    validation,
)
from perturbtheory.experiments.vaes.speed import images_a_second
from perturbtheory.experiments.vaes.tables import LABELS
from perturbtheory.figures._figure import Data, Figure
from perturbtheory.figures.fits import STYLE

SHOWN = (10, 30, 50)
_CURVES = {
    "training": "mean training loss of each epoch, nats an image",
    "hard": "validation bound after each epoch, nats an image",
}
_LINES = {
    "Gumbel": (VERMILLION, "s"), "Normal": (BLUE, "o"), "Gumbel, variance 1": (ORANGE, "^"),
    "Normal, own KL": (SKY, "D"),
}  # fmt: skip
_METHODS = {
    "unbiased": ("black", "-"), "direct": (BLUE, "-"), "direct, audited": (SKY, "--"),
    "Gumbel-Softmax": (VERMILLION, "-"), "Gumbel-Softmax, audited": (ORANGE, "--"),
}  # fmt: skip


def curves_data(images: Sequence[str]) -> Data:
    """Loss after every epoch at temperature 1: in training, and hard on validation images."""
    results, data = recorded.load(), Data()
    for name in images:
        for k in SHOWN:
            for noise in PAIR:
                found = results[VaeRun(name, noise=noise, categories=k)]
                data[f"{name}/{k}/{noise}/training"] = np.array(found["loss"])
                data[f"{name}/{k}/{noise}/hard"] = np.array(validation(found, "bound"))
    return data


def render_curves(canvas: Canvas, data: Data, images: Sequence[str]) -> None:
    """A row for each set of images, a panel for each K."""
    grid = canvas.subplots(len(images), len(SHOWN), squeeze=False)
    for row, name in zip(grid, images, strict=True):
        for axes, k in zip(row, SHOWN, strict=True):
            at = np.arange(1, 1 + len(data[f"{name}/{k}/{PAIR[0]}/hard"]))
            for noise in PAIR:
                colour, line, _, label = STYLE[noise]
                values = data[f"{name}/{k}/{noise}/training"]
                axes.plot(at, values, line, color=colour, label=f"{label}, training loss")
                hard = data[f"{name}/{k}/{noise}/hard"]
                axes.plot(at, hard, ":", color=colour, marker=".", ms=4, lw=1.2,
                          label=f"{label}, hard bound")  # fmt: skip
            axes.set_title(f"{LABELS[name]}, $K$ = {k}", fontsize=9.5)
            axes.set_xticks(at)
        row[0].set_ylabel("nats an image")
    for axes in grid[-1]:
        axes.set_xlabel("epoch")
    grid[0, 0].legend(fontsize=7.5, loc="upper right")


def figure_5_data() -> Data:
    """`curves_data` of Omniglot."""
    return curves_data(IMAGES[2:])


def figure_10_data() -> Data:
    """`curves_data` of MNIST and Fashion-MNIST."""
    return curves_data(IMAGES[:2])


def _curves(images: Sequence[str], compute: Callable[[], Data], reference: str) -> Figure:
    return Figure(
        title="Discrete VAEs with ten latents at temperature 1",
        caption=f"{EPOCHS} epochs, one seed. Solid and dashed: the training loss, of relaxed "
        r"samples with the KL of $\operatorname{softmax}(\theta)$, which is what the paper draws. "
        "Dotted: the bound on validation images, of hard samples with the KL of the arg max's "
        "own law. The order of the two noises in the one is not that in the other.",
        formula="reconstruction + KL",
        reference=reference,
        labels={
            f"{name}/{k}/{noise}/{key}": label
            for name in images
            for k in SHOWN
            for noise in PAIR
            for key, label in _CURVES.items()
        },
        compute=compute,
        render=functools.partial(render_curves, images=images),
        size=(8.2, 0.4 + 2.2 * len(images)),
        dpi=160,
    )


def temperatures_data() -> Data:
    """Test numbers by temperature for every column of Table 3 and every set of images."""
    results, data = recorded.load(), Data()
    for images in IMAGES:
        for name in COLUMNS:
            made = [run for run in column(name, images) if run in results]
            data[f"{images}/{name}/t"] = np.array([run.temperature for run in made])
            for criterion in ("as_published", "bound"):
                data[f"{images}/{name}/{criterion}"] = np.array(
                    [loss(results[run], criterion, COLUMNS[name][1]) for run in made]
                )
    return data


def render_temperatures(canvas: Canvas, data: Data) -> None:
    """As published above, the true bound below, a column for each set of images."""
    grid = canvas.subplots(2, len(IMAGES), sharex=True)
    words = {"as_published": "as published", "bound": "true bound"}
    for place, images in enumerate(IMAGES):
        both = [v for k, v in data.items() if k.startswith(f"{images}/") and not k.endswith("/t")]
        low = min(v.min() for v in both)
        for axes, criterion in zip(grid[:, place], words, strict=True):
            for name, (colour, marker) in _LINES.items():
                t, values = (data[f"{images}/{name}/{key}"] for key in ("t", criterion))
                if criterion == "as_published" and name == "Normal, own KL":
                    continue
                axes.plot(t, values, color=colour, marker=marker, ms=3.5, label=name)
            axes.set(xscale="log", ylim=(low - 1, low + 16))
            axes.set_title(f"{LABELS[images]}: {words[criterion]}", fontsize=9.5)
        grid[1, place].set_xlabel("temperature")
    for axes in grid[:, 0]:
        axes.set_ylabel("test loss, nats")
    handles = grid[1, 0].get_lines()
    canvas.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=8.5)


def methods_data() -> Data:
    """Validation loss after every epoch, for the five ways of training one latent.

    And for each the minutes until then, 50,000 images an epoch, at the speed that was measured
    apart, on an idle machine: runs of a sweep share theirs.
    """
    results, data = recorded.load(), Data()
    for images in IMAGES:
        for k in ENDS:
            for name, run in METHODS.items():
                found = results[replace(run, images=images, categories=k)]
                data[f"{images}/{k}/{name}"] = np.array(validation(found, "bound"))
    for k in ENDS:
        for name, run in METHODS.items():
            epoch = 50_000 / images_a_second(run.rule, k) / 60
            data[f"minutes/{k}/{name}"] = epoch * np.arange(1, 1 + run.epochs)
    return data


def render_methods(canvas: Canvas, data: Data) -> None:
    """A column for each set of images; K = 10 and 50, each by epochs and by the clock."""
    grid = canvas.subplots(2 * len(ENDS), len(IMAGES))
    for row, (k, clock) in zip(grid, product(ENDS, (False, True)), strict=True):
        for axes, images in zip(row, IMAGES, strict=True):
            at = np.arange(1, 1 + len(data[f"{images}/{k}/unbiased"]))
            for name, (colour, line) in _METHODS.items():
                x = data[f"minutes/{k}/{name}"] if clock else at
                values = data[f"{images}/{k}/{name}"]
                axes.plot(x, values, line, color=colour, marker=".", ms=4, label=name)
            axes.set_title(f"{LABELS[images]}, $K$ = {k}", fontsize=9.5)
            axes.set_xlabel("minutes" if clock else "epoch")
            if not clock:
                axes.set_xticks(at[LONG - 1 :: LONG])
        row[0].set_ylabel("bound, nats")
    handles = grid[0, 0].get_lines()
    canvas.legend(handles=handles, loc="outside upper center", ncols=5, fontsize=8.5)


def long_data() -> Data:
    """Losses of the long runs at temperature 1."""
    results, data = recorded.load(), Data()
    for noise in PAIR:
        found = results[VaeRun(noise=noise, epochs=LONG * EPOCHS)]
        data[f"{noise}/training"] = np.array(found["loss"])
        data[f"{noise}/hard"] = np.array(validation(found, "bound"))
    return data


def render_long(canvas: Canvas, data: Data) -> None:
    """Training loss and hard bound after every epoch."""
    axes: Axes = canvas.subplots()
    at = np.arange(1, 1 + len(data[f"{PAIR[0]}/training"]))
    for noise in PAIR:
        colour, line, _, label = STYLE[noise]
        axes.plot(at, data[f"{noise}/training"], line, color=colour, label=f"{label}, training")
        axes.plot(at, data[f"{noise}/hard"], line, color=colour, lw=1.0, marker=".", ms=4,
                  mfc="white", label=f"{label}, hard bound")  # fmt: skip
    low = min(v.min() for v in data.values())
    axes.set(xlabel="epoch", ylabel="nats an image", ylim=(low - 3, low + 105))
    axes.set_xticks(range(0, len(at) + 1, max(1, len(at) // 4)))
    axes.legend(fontsize=8, loc="upper right")


_NUMBERS = {
    "t": "temperature",
    "as_published": "test loss, hard reconstruction and KL of softmax(theta), nats",
    "bound": "test loss, hard reconstruction and KL of the arg max's own law, nats",
}
FIGURE_5 = _curves(IMAGES[2:], figure_5_data, "paper A, Figure 5")
FIGURE_10 = _curves(IMAGES[:2], figure_10_data, "paper A, Figure 10")
TEMPERATURES = Figure(
    title=r"Test loss by temperature: what is reported, and what bounds $-\log p(x)$",
    caption=f"$N = 10$, $K = 10$, {EPOCHS} epochs, one seed. Above, with the KL of "
    r"$\operatorname{softmax}(\theta)$, Normal noise and Gumbel noise of its variance reach a "
    "lower loss than unit Gumbel; on Fashion-MNIST seeds differ by as much as Normal and unit "
    "Gumbel. Below, the same models with the KL of the law that $z$ has, and models trained with "
    "it: for unit Gumbel noise nothing changes, for the others the number rises.",
    formula=r"$\mathbb E[-\log p(x|z)] + KL$",
    reference="paper A, Table 3",
    labels={
        f"{images}/{name}/{key}": label
        for images in IMAGES
        for name in COLUMNS
        for key, label in _NUMBERS.items()
    },
    compute=temperatures_data,
    render=render_temperatures,
    size=(8.4, 4.8),
    dpi=160,
)
ONE_LATENT = Figure(
    title="One latent: unbiased, direct and Gumbel-Softmax training",
    caption=f"Exact bound on validation images after each of {LONG * EPOCHS} epochs, one seed. "
    "Full lines: the published protocol, whose schedule hardly leaves 1 in so few epochs. "
    r"Dashed: the KL in the gradient, and $\epsilon$ or temperature from 1 to 0.1 within the run. "
    "Level lines at the top: all images still have one category. Minutes are epochs at the speed "
    "of training alone, measured apart.",
    formula=r"$\sum_k p_k(x) (-\log p(x|k)) + KL$",
    reference="paper B, Figures 2 and 6",
    labels={
        f"{images}/{k}/{name}": _CURVES["hard"]
        for images in IMAGES
        for k in ENDS
        for name in METHODS
    }
    | {
        f"minutes/{k}/{name}": "minutes of training until the end of each epoch"
        for k in ENDS
        for name in METHODS
    },
    compute=methods_data,
    render=render_methods,
    size=(8.4, 8.4),
    dpi=160,
)
LONG_RUN = Figure(
    title="Temperature 1 on MNIST for longer",
    caption="The relaxed training loss goes on falling. What hard samples give, with the KL of "
    "their own law, stays far above it; it follows for Gumbel noise, and for Normal noise it stops "
    "falling.",
    formula="reconstruction + KL",
    reference="paper A, section 6.2",
    labels={f"{noise}/{key}": label for noise in PAIR for key, label in _CURVES.items()},
    compute=long_data,
    render=render_long,
    size=(4.8, 3.2),
    dpi=160,
)
