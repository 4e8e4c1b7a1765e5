"""Bias, spread and cost of every gradient estimator on three objectives, and their table."""

from typing import Any

import jax
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLACK, BLUE, GREY, VERMILLION
from perturbtheory.figures._compared import DRAWS, PROBLEMS, RULES, UNBIASED, Found, found, serves
from perturbtheory.figures._figure import Data, Figure


def estimators_data() -> Data:
    """Rows of `RULES` against columns of `PROBLEMS`; -1 where an estimator does not serve."""
    with jax.enable_x64(True):
        return _data()


def _data() -> Data:
    data: Data = {}
    for column, (name, problem) in enumerate(PROBLEMS.items()):
        rows = [
            found(rule, problem, 100 * column + row) if serves(rule, problem) else Found(*4 * (-1,))
            for row, rule in enumerate(RULES.values())
        ]
        for quantity, values in zip(Found._fields, zip(*rows, strict=True), strict=True):
            data[f"{name}/{quantity}"] = np.array(values, float)
        latents, categories = problem.theta.size // problem.theta.shape[-1], problem.theta.shape[-1]
        data[f"{name}/values"] = np.array([r.values(latents, categories) for r in RULES.values()])
    data["gradients"] = np.array([rule.gradients for rule in RULES.values()])
    return data


def render_estimators(canvas: Canvas, data: Data) -> None:
    """A panel for each objective; estimators from top to bottom, the unbiased above the line."""
    panels = canvas.subplots(1, len(PROBLEMS), sharey=True)
    for axes, (name, problem) in zip(panels, PROBLEMS.items(), strict=True):
        _panel(axes, data, name)
        axes.set_title(problem.title)
        axes.set_xlabel("in lengths of the gradient")
    panels[0].set_yticks(range(len(RULES)), [rule.label for rule in RULES.values()])
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=4, columnspacing=1.4)


_MARKS = {
    "bias": (VERMILLION, "s", "bias"),
    "deviation": (BLUE, "o", "standard deviation of one estimate"),
}
_LEFT = 2e-3


def _panel(axes: Axes, data: Data, name: str) -> None:
    rows = np.arange(len(RULES))
    for quantity, (colour, marker, label) in _MARKS.items():
        value, radius = (data[f"{name}/{quantity}{end}"] for end in ("", "_radius"))
        style: Any = {"color": colour, "marker": marker, "ls": "", "ms": 4.2}
        exact, sampled = (radius == 0) & (value > 0), radius > 0
        axes.plot(value[exact], rows[exact], **style, label=f"{label}, exact")
        axes.errorbar(
            value[sampled], rows[sampled], xerr=np.minimum(radius, 0.999 * value)[sampled], **style,
            mfc="white", elinewidth=0.9, label=f"{label}, {DRAWS:,} draws",
        )  # fmt: skip
        none = value == 0
        shift = -0.18 if quantity == "bias" else 0.18
        axes.plot(
            np.full(none.sum(), 1.4 * _LEFT), rows[none] + shift, **style | {"marker": "<"},
            alpha=0.45,
        )  # fmt: skip
    absent = data[f"{name}/bias"] < 0
    for row in rows[absent]:
        axes.text(0.06, row, "two categories alone", fontsize=7.5, color=GREY, va="center")
    axes.axhline(UNBIASED - 0.5, color=BLACK, lw=0.7)
    axes.axvline(1.0, color=GREY, lw=0.7)
    axes.set(xscale="log", xlim=(_LEFT, 200))
    for row, count in enumerate(data[f"{name}/values"]):
        slopes = data["gradients"][row]
        words = [f"{count}$f$"] * bool(count) + [rf"{slopes}$\nabla f$"] * bool(slopes)
        if not absent[row]:
            axes.text(180, row, " + ".join(words), fontsize=7, ha="right", va="center")


def table(data: Data) -> str:
    """The data as a table of Markdown: bias and deviation for each objective, and the cost."""
    heads = ["estimator", *(f"{name}: bias, deviation" for name in PROBLEMS), "cost, decoder"]
    rows = [heads, ["---"] * len(heads)]
    for row, rule in enumerate(RULES.values()):
        cells = [
            _cell(*(float(data[f"{name}/{quantity}"][row]) for quantity in Found._fields))
            for name in PROBLEMS
        ]
        count, slopes = int(data["decoder/values"][row]), int(data["gradients"][row])
        cost = [f"{count} f"] * bool(count or not slopes) + [f"{slopes} grad f"] * bool(slopes)
        name, _, rest = rule.label.partition(",")
        rows.append([f"`{name}`{rest and ',' + rest}", *cells, ", ".join(cost)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(bias: float, bias_radius: float, deviation: float, radius: float) -> str:
    if bias < 0:
        return "two categories alone"
    return f"{_number(bias, bias_radius)}, {_number(deviation, radius)}"


def _number(value: float, radius: float) -> str:
    return f"{value:.3f} ± {radius:.3f}" if radius else f"{value:.4g}"


def _labels() -> dict[str, str]:
    labels = {"gradients": "evaluations of grad f for one estimate"}
    for name in PROBLEMS:
        labels |= {
            f"{name}/bias": "|E v - gradient| / |gradient| in the order of RULES; 0 by theory where"
            " unbiased, -1 where K = 2 is needed",
            f"{name}/bias_radius": "its radius at 1 - 1e-6, entries added in squares; 0 if exact",
            f"{name}/deviation": "sqrt(trace Cov v) / |gradient| of one estimate v",
            f"{name}/deviation_radius": "its radius; 0 if exact",
            f"{name}/values": "evaluations of f for one estimate",
        }
    return labels


ESTIMATORS = Figure(
    title="Bias, spread and cost of gradient estimators on three objectives",
    caption="Estimators above the line are unbiased for every f. Filled marks are exact, open ones "
    "measured; triangles on the left are zeros. On the right of each panel stands how often one "
    "estimate evaluates f and its gradient. ReinMax has no bias for linear and quadratic f, "
    "straight-through has neither bias nor variance for linear f; DisArm and Carms have a smaller "
    "spread than two independent samples at the same cost.",
    formula=r"$|\mathbb E v - g|/|g|$ and $\sqrt{\operatorname{tr}\operatorname{Cov} v}/|g|$ for "
    r"$g = \nabla_\theta\mathbb E f(z)$; temperatures and $\epsilon$ are 1/2, the gap is 1",
    reference="the papers named in `perturbtheory.estimators`",
    labels=_labels(),
    compute=estimators_data,
    render=render_estimators,
    size=(8.6, 4.6),
    dpi=160,
)
