"""Figures 4, 8 and 9 of paper A, from the recorded fits: distributions and L1 over iterations."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLUE, VERMILLION
from perturbtheory.experiments.fits import recorded
from perturbtheory.experiments.fits.grids import PAIR, TARGETS, exact, printed
from perturbtheory.figures._figure import Data, Figure
from perturbtheory.models import PerturbSoftmax
from perturbtheory.models.targets import probabilities
from perturbtheory.perturbations import Gumbel, Normal

STYLE = {"normal": (BLUE, "-", "o", "Normal"), "gumbel": (VERMILLION, "--", "s", "Gumbel")}
"""Colour, line, marker and name of each model; told apart without colour too."""
TITLES = {
    "discrete": "Discrete", "binomial": "Binomial (12, 0.3)", "poisson": "Poisson (50)",
    "negative-binomial": "Negative binomial (50, 0.6)",
}  # fmt: skip
_SHOWN = 1e-4
"""Categories are shown from the first to the last with this much mass."""


def fits_data(targets: Sequence[str]) -> Data:
    """What the recorded fits of the printed protocol reached, for every target and model."""
    results = recorded.load()
    data: Data = {}
    for target in targets:
        data[f"{target}/p0"] = probabilities(target)
        for model in PAIR:
            found, alone = results[printed(target, model)], results[exact(printed(target, model))]
            name = f"{target}/{model}"
            data[f"{name}/p"] = np.array(found["p"])
            data[f"{name}/iterations"] = np.array(found["iterations"])
            data[f"{name}/seen"] = np.array(found["objective_mean"])
            data[f"{name}/seen_deviation"] = np.array(found["objective_std"])
            data[f"{name}/l1"] = np.array(found["l1_curve"])
            data[f"{name}/exact"] = np.array(alone["l1_curve"])
    return data


def _labels(targets: Sequence[str]) -> dict[str, str]:
    labels = {}
    for target in targets:
        labels[f"{target}/p0"] = "target probabilities"
        for model in PAIR:
            labels |= {
                f"{target}/{model}/p": "E[softmax(theta + gamma)] after 300 iterations, seed 0",
                f"{target}/{model}/iterations": "iteration",
                f"{target}/{model}/seen": "L1 of the mean of 1,000 samples, mean over ten seeds",
                f"{target}/{model}/seen_deviation": "its standard deviation over the seeds",
                f"{target}/{model}/l1": "L1 of E[softmax], mean over the seeds",
                f"{target}/{model}/exact": "L1 of E[softmax] in the fit without sampling",
            }
    return labels


def render_fits(canvas: Canvas, data: Data, targets: Sequence[str]) -> None:
    """A row a target: distributions on the left, L1 over the iterations on the right."""
    grid = canvas.subplots(len(targets), 2, squeeze=False, width_ratios=(1.25, 1.0))
    for (left, right), target in zip(grid, targets, strict=True):
        _distribution(left, data, target)
        _curves(right, data, target)
    first = grid[0, 0]
    first.set_ylim(0, 1.25 * data[f"{targets[0]}/p0"].max())
    first.legend(loc="upper right", ncols=3, columnspacing=1.0, handletextpad=0.4)
    grid[0, 1].legend(loc="upper right", fontsize=8)
    for axes, label in ((grid[-1, 0], "category"), (grid[-1, 1], "iteration of Adam")):
        axes.set_xlabel(label)


def _distribution(axes: Axes, data: Data, target: str) -> None:
    p0 = data[f"{target}/p0"]
    used = np.flatnonzero(p0 > _SHOWN)
    at = np.arange(used[0], used[-1] + 1)
    axes.bar(at, p0[at], width=0.85, color="#dcdcdc", label="target $p_0$")
    dense = len(at) > 20
    for model, shift in zip(PAIR, (-0.17, 0.17), strict=True):
        colour, _, marker, name = STYLE[model]
        axes.plot(
            at + shift, data[f"{target}/{model}/p"][at], marker, color=colour,
            ms=2.2 if dense else 4.0, mfc="none" if model == "gumbel" else colour, label=name,
        )  # fmt: skip
    axes.set_ylabel("probability")
    axes.set_title(TITLES[target])


def _curves(axes: Axes, data: Data, target: str) -> None:
    for model in PAIR:
        colour, line, _, name = STYLE[model]
        at = data[f"{target}/{model}/iterations"]
        seen, off = (data[f"{target}/{model}/{k}"] for k in ("seen", "seen_deviation"))
        axes.fill_between(at, seen - off, seen + off, color=colour, alpha=0.25, lw=0)
        axes.plot(at, seen, line, color=colour, label=f"{name}, as the fit sees it")
        axes.plot(at, data[f"{target}/{model}/l1"], ":", color=colour, lw=1.3,
                  label=f"{name}, of E[softmax]")  # fmt: skip
    axes.set_yscale("log")
    axes.set(xlim=(0, 300), ylabel="$L_1$ distance from $p_0$")


def uniform_data() -> Data:
    """p(theta) at theta = 0 for both models, exactly, beside the targets."""
    data: Data = {}
    for target in TARGETS:
        p0 = probabilities(target)
        data[f"{target}/p0"] = p0
        for model, noise in zip(PAIR, (Normal(), Gumbel()), strict=True):
            data[f"{target}/{model}"] = np.asarray(
                PerturbSoftmax(noise).probabilities(0.0 * p0)  # pyright: ignore[reportArgumentType]
            )
    return data


def render_uniform(canvas: Canvas, data: Data) -> None:
    """A panel a target: where the fits start."""
    for axes, target in zip(canvas.subplots(1, 4), TARGETS, strict=True):
        p0 = data[f"{target}/p0"]
        at = np.arange(p0.size)
        axes.bar(at, p0, width=0.85, color="#dcdcdc", label="target $p_0$")
        for model in PAIR:
            colour, line, _, name = STYLE[model]
            axes.plot(at, data[f"{target}/{model}"], line, color=colour, label=name,
                      lw=2.4 if model == "normal" else 1.4)  # fmt: skip
        distance = np.abs(p0 - data[f"{target}/normal"]).sum()
        axes.set_title(TITLES[target], fontsize=9.5)
        axes.set_xlabel(f"category; $L_1$ = {distance:.2f}", fontsize=9.5)
    canvas.axes[0].set_ylabel("probability")
    canvas.axes[2].legend(loc="upper right", fontsize=8)


def figure_4_data() -> Data:
    """`fits_data` of the discrete target."""
    return fits_data(_ROWS_4)


def figure_9_data() -> Data:
    """`fits_data` of the other three."""
    return fits_data(_ROWS_9)


_ROWS_4, _ROWS_9 = TARGETS[:1], TARGETS[1:]
_FORMULA = (
    r"$p(\theta) = \mathbb E[\operatorname{softmax}(\theta + \gamma)]$ fitted to $p_0$ by Adam on "
    "the $L_1$ distance of a mean of 1,000 samples"
)
FIGURE_4 = Figure(
    title="Normal-Softmax and Gumbel-Softmax fitted to the discrete target",
    caption="Ten seeds of the printed protocol for the target over 64; bands are one standard "
    "deviation. The two models fit equally well: what separates the curves is the noise of 1,000 "
    "samples in the number reported, not the distance of the fitted distributions (dotted).",
    formula=_FORMULA,
    reference="paper A, Figure 4",
    labels=_labels(_ROWS_4),
    compute=figure_4_data,
    render=functools.partial(render_fits, targets=_ROWS_4),
    size=(7.0, 2.7),
    dpi=160,
)
FIGURE_9 = Figure(
    title="Normal-Softmax and Gumbel-Softmax fitted to three laws on the integers",
    caption="Ten seeds of the printed protocol; bands are one standard deviation. After 300 "
    "iterations Normal is the nearer one for all three, by much less than Table 2 prints.",
    formula=_FORMULA,
    reference="paper A, Figure 9",
    labels=_labels(_ROWS_9),
    compute=figure_9_data,
    render=functools.partial(render_fits, targets=_ROWS_9),
    size=(7.0, 6.6),
    dpi=160,
)
FIGURE_8 = Figure(
    title=r"Where the fits start: $\theta = 0$ is the uniform distribution under either noise",
    formula="$p(0) = 1/d$ for independent noise of one law",
    reference="paper A, Figure 8",
    labels={
        f"{target}/{key}": label
        for target in TARGETS
        for key, label in (
            ("p0", "target probabilities"),
            ("normal", "E[softmax(gamma)], Normal noise"),
            ("gumbel", "E[softmax(gamma)], Gumbel noise"),
        )
    },
    compute=uniform_data,
    render=render_uniform,
    size=(7.6, 2.3),
    dpi=160,
)
