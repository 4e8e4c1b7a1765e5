"""Figures 2 and 7 of paper A: noise that is uniform on [-1, 1], where d = 2.

With Delta = theta_1 - theta_2 and Z = gamma_1 - gamma_2, whose density is triangular on [-2, 2],

    p_1(theta) = P(Z > -Delta),    -H_12(theta) = f_Z(-Delta).
"""

import numpy as np
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLACK, BLUE, GREY, ORANGE, SKY, VERMILLION
from perturbtheory.figures._figure import (
    Data,
    Figure,
    along_difference,
    mark_samples,
    sampled_probability,
)
from perturbtheory.perturbations import Uniform
from perturbtheory.potential import expected_max

_REACH = 3.5
_DRAWS = 1_000_000


def _draw(generator: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return generator.uniform(-1.0, 1.0, shape)


def figure_2_data() -> Data:
    """p_1 and p_2 along theta = (Delta, 0), exact and from 1,000 samples a point."""
    difference = np.linspace(-_REACH, _REACH, 141)
    p = np.asarray(expected_max(Uniform()).probabilities(along_difference(difference)))
    at = np.linspace(-3.0, 3.0, 13)
    mean, error = sampled_probability(_draw, at, seed=2)
    return {
        "difference": difference,
        "probability_1": p[:, 0],
        "probability_2": p[:, 1],
        "sampled_difference": at,
        "sampled_probability_1": mean,
        "sampled_standard_error": error,
    }


def render_figure_2(canvas: Canvas, data: Data) -> None:
    """Both probabilities, and where they no longer tell one theta from another."""
    axes = canvas.add_subplot()
    x = data["difference"]
    for low, high in ((-_REACH, -2.0), (2.0, _REACH)):
        axes.axvspan(low, high, color=ORANGE, alpha=0.18, lw=0)
    axes.plot(x, data["probability_1"], color=BLUE, label=r"$p_1=\partial f/\partial\theta_1$")
    axes.plot(
        x, data["probability_2"], color=VERMILLION, ls="--",
        label=r"$p_2=\partial f/\partial\theta_2$",
    )  # fmt: skip
    mark_samples(
        axes, data["sampled_difference"], data["sampled_probability_1"],
        data["sampled_standard_error"], label=r"$p_1$, 1,000 samples, $\pm2$ s.e.",
    )  # fmt: skip
    for place, pair in ((-2.75, "(0,1)"), (2.75, "(1,0)")):
        axes.text(place, 0.5, f"$p={pair}$\nconstant", ha="center", va="center")
    axes.set(
        xlim=(-_REACH, _REACH), ylim=(-0.04, 1.04), xticks=range(-3, 4),
        xlabel=r"$\Delta=\theta_1-\theta_2$", ylabel="Perturb-Argmax probability",
    )  # fmt: skip
    axes.set_title(r"$\gamma_1,\gamma_2\sim U(-1,1)$: flat for $|\Delta|\geq2$", pad=36)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.985), ncols=2, columnspacing=1.2)


def figure_7_data() -> Data:
    """The histogram of 1,000,000 differences beside f_Z, taken as minus the Hessian's corner.

    The probability of a bin [a, b) is p_1(-a) - p_1(-b), from the engine too.
    """
    f = expected_max(Uniform())
    z = np.linspace(-2.5, 2.5, 101)
    edges = np.linspace(-2.5, 2.5, 51)
    tail = np.asarray(f.probabilities(along_difference(-edges)))[:, 0]
    share = tail[:-1] - tail[1:]
    noise = _draw(np.random.default_rng(7), (_DRAWS, 2))
    counts, _ = np.histogram(noise[:, 0] - noise[:, 1], edges)
    return {
        "z": z,
        "density": -np.asarray(f.hessian(along_difference(-z)))[:, 0, 1],
        "edges": edges,
        "bin_probability": share,
        "bin_count": counts,
        "bin_standard_error": np.sqrt(share * (1 - share) / _DRAWS),
    }


def render_figure_7(canvas: Canvas, data: Data) -> None:
    """Density over histogram; below, the deviation of every bin in standard errors."""
    upper, lower = canvas.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    edges, width = data["edges"], np.diff(data["edges"])
    centre = edges[:-1] + width / 2
    upper.bar(
        edges[:-1], data["bin_count"] / _DRAWS / width, width, align="edge", color=SKY, alpha=0.55,
        edgecolor="white", lw=0.4, label="1,000,000 draws",
    )  # fmt: skip
    upper.plot(
        data["z"], data["density"], color=VERMILLION,
        label=r"$f_Z(z)=-\partial^2 f/\partial\theta_1\partial\theta_2$ at $\Delta=-z$",
    )  # fmt: skip
    upper.set(ylim=(0, 0.66), ylabel=r"density of $Z=\gamma_1-\gamma_2$")
    upper.legend(loc="upper left", bbox_to_anchor=(-0.01, 1.03))
    inside = data["bin_standard_error"] > 0
    share, error = data["bin_probability"][inside], data["bin_standard_error"][inside]
    score = (data["bin_count"][inside] / _DRAWS - share) / error
    lower.axhspan(-2, 2, color=GREY, alpha=0.2, lw=0)
    lower.axhline(0, color=BLACK, lw=0.7)
    lower.plot(centre[inside], score, "o", color=BLUE, ms=2.4)
    lower.set(
        xlim=(-2.5, 2.5), ylim=(-4, 4), yticks=(-2, 0, 2), xlabel=r"$z$",
        ylabel="deviation\n(std. errors)",
    )  # fmt: skip
    canvas.align_ylabels((upper, lower))


FIGURE_2 = Figure(
    title=r"Perturb-Argmax probabilities under $U(-1, 1)$ noise, $d = 2$: constant for $|\Delta| "
    r"\ge 2$",
    formula=r"$p_1 = \mathbb P(\gamma_1 - \gamma_2 > -\Delta) = \frac12 + \frac12\Delta - "
    r"\frac18\operatorname{sgn}(\Delta)\Delta^2$ for $|\Delta| \le 2$, 0 below, 1 above; $p_2 = 1 "
    r"- p_1$; $\Delta = \theta_1 - \theta_2$",
    reference="paper A, Figure 2, (104) and (105)",
    labels={
        "difference": "Delta = theta_1 - theta_2, in units of the noise's half-width",
        "probability_1": "p_1(Delta, 0), in [0, 1], by quadrature",
        "probability_2": "p_2(Delta, 0), in [0, 1], by quadrature",
        "sampled_difference": "Delta of the sampled points",
        "sampled_probability_1": "frequency of argmax = 1 among 1,000 samples",
        "sampled_standard_error": "standard error of that frequency",
    },
    compute=figure_2_data,
    render=render_figure_2,
    size=(3.5, 2.9),
)
FIGURE_7 = Figure(
    title="The density of the difference of two $U(-1, 1)$ variables, and 1,000,000 draws of it",
    formula=r"$f_Z(z) = -\frac{\partial^2 f}{\partial\theta_1 \partial\theta_2}$ at $\theta = "
    r"(-z, 0)$, which is $\frac14\max(2 - |z|, 0)$",
    reference="paper A, Figure 7, (76)",
    labels={
        "z": "z, value of gamma_1 - gamma_2",
        "density": "f_Z(z), by quadrature",
        "edges": "ends of the bins of the histogram",
        "bin_probability": "P(Z in bin) = p_1(-a, 0) - p_1(-b, 0), by quadrature",
        "bin_count": "draws in the bin, of 1,000,000",
        "bin_standard_error": "standard error of the share of draws in the bin",
    },
    compute=figure_7_data,
    render=render_figure_7,
    size=(3.5, 3.3),
)
