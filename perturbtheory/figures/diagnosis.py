"""What a perturbation does, in one picture: probabilities, curvature and tails.

With Delta = theta_1 - theta_2, d = 2, and M = max_i gamma_i of d coordinates,

    p_1(Delta),      w_12(Delta) = dp_1/dDelta,      P(M - E M >= t),

for Perturb-Argmax and Perturb-Softmax, beside normal and Gumbel noise of the same variance.
"""

import functools

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.figures._figure import Data, Figure, probability_and_slope
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.properties import STYLES, describe, potentials_of, tail

_POINTS = 241
_LOWEST = 1e-12


def diagnosis_figure(
    perturbation: AbstractPerturbation, temperature: float = 1.0, dimension: int = 3
) -> Figure:
    """The picture of one perturbation; per-coordinate parameters show their first two coordinates.

    Raises TypeError and ValueError as `diagnose` does.
    """

    def compute() -> Data:
        return _compute(perturbation, temperature, dimension)

    return Figure(
        title=f"{describe(perturbation)}: probabilities, curvature and tails",
        formula="p_1(Delta) for d = 2; w_12 = dp_1/dDelta; P(M - E M >= t), M = max gamma_i",
        reference="paper A, (7), (13) and section 3.4",
        labels=_LABELS,
        compute=compute,
        render=functools.partial(_render, describe(perturbation), temperature, dimension),
        size=(7.6, 3.0),
        dpi=200,
    )


def _compute(perturbation: AbstractPerturbation, temperature: float, dimension: int) -> Data:
    potentials, unit = potentials_of(perturbation, temperature)
    difference = np.linspace(-6 * unit, 6 * unit, _POINTS)
    data: Data = {"difference": difference}
    for name, f in potentials.items():
        data[f"{name}/probability"], slope = probability_and_slope(f, difference)
        if slope is not None:
            data[f"{name}/slope"] = slope
    if bool(perturbation.finite_mean):
        t = np.linspace(0.0, 8 * unit, 161)
        data["t"] = t
        peers = {
            name: potentials[name].noise for name in ("normal", "gumbel") if name in potentials
        }
        for name, noise in {"argmax": perturbation, **peers}.items():
            data[f"{name}/tail"] = np.asarray(tail(noise, t, dimension=dimension).value)
    return data


def _render(name: str, temperature: float, dimension: int, canvas: Canvas, data: Data) -> None:
    left, middle, right = canvas.subplots(1, 3)
    for key, style in STYLES.items():
        if f"{key}/probability" not in data:
            continue
        label = str(style["label"])
        if key == "softmax":
            label += f", $t={temperature:g}$"
        stroke = style | {"label": label}
        _curve(left, data["difference"], data[f"{key}/probability"], stroke)
        slope = data.get(f"{key}/slope")
        if slope is not None:
            # Zero, where f is flat, has no place on a logarithmic axis: the line leaves it below.
            _curve(middle, data["difference"], np.maximum(slope, _LOWEST), stroke)
        if f"{key}/tail" in data:
            p = data[f"{key}/tail"]
            _curve(right, data["t"], np.maximum(p, _LOWEST / 10), stroke)
    left.set(xlabel=r"$\theta_1-\theta_2$", ylabel=r"$p_1$, $d=2$", ylim=(-0.04, 1.04))
    middle.set(xlabel=r"$\theta_1-\theta_2$", ylabel=r"$w_{12}=dp_1/d\theta_1$", yscale="log")
    slopes = np.concatenate([v for k, v in data.items() if k.endswith("/slope")])
    lowest = np.min(slopes[slopes > 1e-6 * slopes.max()])
    middle.set_ylim(lowest / 3, 3 * slopes.max())
    if "argmax/slope" not in data:
        middle.set_title("argmax: 0, steps only", fontsize=9, loc="center")
    elif np.min(data["argmax/slope"]) <= _LOWEST:
        middle.set_title("argmax: 0 outside, f is flat", fontsize=9, loc="center")
    if "t" in data:
        right.set(xlabel="$t$", yscale="log", ylim=(_LOWEST, 2), xlim=(0, data["t"][-1]))
        right.set_ylabel(rf"$P(M-\mathrm{{E}}M\geq t)$, $d={dimension}$")
    else:
        right.text(0.5, 0.5, "no finite mean:\nE max does not exist", ha="center", va="center")
        right.set_axis_off()
    handles, labels = left.get_legend_handles_labels()
    canvas.suptitle(name if len(name) < 90 else name[:87] + "...", x=0.01, ha="left", fontsize=10.5)
    canvas.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8.5)


def _curve(axes: Axes, x: np.ndarray, y: np.ndarray, style: dict) -> None:
    axes.plot(x, y, **style)


_LABELS = {
    "difference": "Delta = theta_1 - theta_2, in units of the noise",
    "t": "t, in units of the noise",
} | {
    f"{law}/{quantity}": f"{meaning} under {STYLES[law]['label']}"
    for law in STYLES
    for quantity, meaning in (
        ("probability", "p_1(Delta, 0)"),
        ("slope", "dp_1/dDelta"),
        ("tail", "P(max gamma - E max gamma >= t)"),
    )
}
