"""Figures 3 and 6 of paper A: noise that is -1 or 1 with equal probability, where d = 2.

With Delta = theta_1 - theta_2 and D = gamma_1 - gamma_2 in {-2, 0, 2},

    f(theta)       = theta_2 + E[max(Delta + D, 0)]
    (df(theta))_1  = [P(D > -Delta), P(D >= -Delta)],

an interval of positive length exactly where -Delta is an atom of D.
"""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.tri import Triangulation

from perturbtheory.display import BLACK, BLUE, GREY, ORANGE, VERMILLION
from perturbtheory.figures._figure import (
    Data,
    Figure,
    along_difference,
    mark_samples,
    sampled_probability,
)
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import expected_max

_REACH = 4.0


def coin() -> Discrete:
    """P(gamma_i = -1) = P(gamma_i = 1) = 1/2, as in Proposition 5.5."""
    return Discrete(np.asarray([-1.0, 1.0]))


def law_of_difference(noise: Discrete) -> dict[Fraction, Fraction]:
    """P(gamma_1 - gamma_2 = x) for every x, summed over the pairs of atoms in exact rationals."""
    atoms = [Fraction(float(a)) for a in np.asarray(noise.atoms)]
    weights = [Fraction(float(w)) for w in np.asarray(noise.weights)]
    law: dict[Fraction, Fraction] = {}
    for (a, p), (b, q) in product(zip(atoms, weights, strict=True), repeat=2):
        law[a - b] = law.get(a - b, Fraction(0)) + p * q
    return dict(sorted(law.items()))


def interval(law: dict[Fraction, Fraction], difference: Fraction) -> tuple[Fraction, Fraction]:
    """[P(D > -Delta), P(D >= -Delta)], the first coordinates of the subdifferential."""
    above = sum((mass for x, mass in law.items() if x > -difference), Fraction(0))
    return above, above + law.get(-difference, Fraction(0))


def _draw(generator: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return generator.choice([-1.0, 1.0], shape)


def figure_3_data() -> Data:
    """The flat pieces by the engine, the intervals at ties by enumeration of the atoms."""
    f, law = expected_max(coin()), law_of_difference(coin())
    ties = sorted(-x for x in law)
    intervals = np.array([[float(end) for end in interval(law, tie)] for tie in ties])
    tie = np.array([float(t) for t in ties])
    ends = np.concatenate([[-_REACH], tie, [_REACH]])
    middle = (ends[:-1] + ends[1:]) / 2
    at = np.concatenate([np.arange(-3.5, 4.0), tie])
    at.sort()
    mean, error = sampled_probability(_draw, at, seed=3)
    return {
        "piece_ends": np.stack([ends[:-1], ends[1:]], -1),
        "piece_probability_1": np.asarray(f.probabilities(along_difference(middle)))[:, 0],
        "tie": tie,
        "tie_interval": intervals,
        "tie_fair": np.asarray(f.probabilities(along_difference(tie)))[:, 0],
        "sampled_difference": at,
        "sampled_probability_1": mean,
        "sampled_standard_error": error,
    }


def render_figure_3(canvas: Canvas, data: Data) -> None:
    """The staircase with its risers: closed segments at ties, a gradient everywhere else."""
    axes = canvas.add_subplot()
    for (low, high), p in zip(data["piece_ends"], data["piece_probability_1"], strict=True):
        axes.plot((low, high), (p, p), color=BLUE, solid_capstyle="butt", zorder=2)
    for x, (low, high) in zip(data["tie"], data["tie_interval"], strict=True):
        axes.plot((x, x), (low, high), color=VERMILLION, lw=2.4, zorder=3)
        axes.plot((x, x), (low, high), "o", color=VERMILLION, ms=4.5, zorder=3)
        text = rf"$[{_quarters(low)},\,{_quarters(high)}]$"
        axes.text(x + 0.18, low + (high - low) * 0.36, text, color=VERMILLION, va="center")
    axes.plot(
        data["tie"], data["tie_fair"], "D", color="white", mec=BLACK, ms=4.5, mew=0.9, zorder=5
    )
    mark_samples(
        axes, data["sampled_difference"], data["sampled_probability_1"],
        data["sampled_standard_error"], zorder=6,
    )  # fmt: skip
    axes.set(
        xlim=(-_REACH, _REACH), ylim=(-0.05, 1.05), xticks=range(-4, 5), yticks=np.arange(5) / 4,
        yticklabels=("0", "1/4", "1/2", "3/4", "1"),
        xlabel=r"$\Delta=\theta_1-\theta_2$", ylabel=r"$(\partial f(\theta))_1$",
    )  # fmt: skip
    axes.plot([], [], color=BLUE, label="gradient $p_1$")
    axes.plot([], [], "o-", color=VERMILLION, lw=2.4, ms=4.5, label="subdifferential (closed)")
    axes.plot([], [], "D", color="white", mec=BLACK, ms=4.5, mew=0.9, label="ties broken fairly")
    axes.plot([], [], "o", color=GREY, ms=2.6, label="numpy.argmax, sampled")
    handles, labels = axes.get_legend_handles_labels()
    axes.set_title(r"$\gamma_1,\gamma_2\in\{-1,1\}$: set-valued at $\Delta=-2,0,2$", pad=36)
    axes.legend(
        handles[-4:], labels[-4:], loc="lower center", bbox_to_anchor=(0.46, 0.985), ncols=2,
        columnspacing=1.2, handlelength=1.6,
    )  # fmt: skip


def figure_6_data() -> Data:
    """The potential on a grid of the plane; its kinks on theta_2 = 0, with one-sided slopes."""
    f, law = expected_max(coin()), law_of_difference(coin())
    line = np.linspace(-_REACH, _REACH, 33)
    plane = np.stack(np.meshgrid(line, line, indexing="ij"), -1)
    ties = sorted(-x for x in law)
    kink = np.array([float(t) for t in ties])
    return {
        "theta": line,
        "value": np.asarray(f(np.asarray(plane))),
        "kink": kink,
        "kink_value": np.asarray(f(along_difference(kink))),
        "kink_slopes": np.array([[float(end) for end in interval(law, tie)] for tie in ties]),
    }


def render_figure_6(canvas: Canvas, data: Data) -> None:
    """Level lines that bend at the kinks, and the cut theta_2 = 0 with its supporting lines."""
    plane, cut = canvas.subplots(1, 2)
    _render_plane(plane, data)
    theta, kink, slopes = data["theta"], data["kink"], data["kink_slopes"]
    along = data["value"][:, np.argmin(np.abs(theta))]
    centre = int(np.argmin(np.abs(kink)))
    origin = data["kink_value"][centre]
    low, high = (origin + slope * theta for slope in slopes[centre])
    cut.fill_between(theta, low, high, color=ORANGE, alpha=0.3, lw=0, label="supporting lines at 0")
    cut.plot(theta, np.maximum(theta, 0), color=GREY, lw=1.0, ls="--", label=r"$\max(\theta_1,0)$")
    cut.plot(theta, along, color=BLUE, label=r"$f(\theta_1,0)$")
    cut.plot(kink, data["kink_value"], "o", color=VERMILLION, ms=5, zorder=5, label="kinks")
    pieces = [slopes[0, 0], *slopes[:, 1]]
    ends = [-_REACH, *kink, _REACH]
    for slope, (left, right) in zip(pieces, pairwise(ends), strict=True):
        x = (left + right) / 2
        y = np.interp(x, theta, along)
        cut.text(x - 0.1, y + 0.22, f"${_quarters(slope)}$", color=BLUE, ha="right")
    cut.set(
        xlim=(-_REACH, _REACH), ylim=(-0.6, 4), xticks=range(-4, 5, 2),
        xlabel=r"$\theta_1$", ylabel=r"$f(\theta_1,0)$",
    )  # fmt: skip
    cut.set_title(r"(b) the cut $\theta_2=0$ and its slopes")
    cut.legend(loc="upper left")


def _render_plane(axes: Axes, data: Data) -> None:
    theta, kink = data["theta"], data["kink"]
    n = len(theta)
    first, second = np.meshgrid(theta, theta, indexing="ij")
    # Cells are cut along theta_1 - theta_2 = const, where the kinks are: levels come out exact.
    corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + n, corner + n + 1], -1),
            np.stack([corner, corner + n + 1, corner + 1], -1),
        ]
    )
    mesh = Triangulation(first.ravel(), second.ravel(), triangles)
    levels = axes.tricontour(
        mesh, data["value"].ravel(), levels=np.arange(-3.5, 4.0, 0.5), colors=BLUE, linewidths=0.8,
        linestyles="solid",
    )  # fmt: skip
    axes.clabel(levels, levels=[-2.0, -1.0, 0.0, 1.0, 2.0, 3.0], fontsize=8, fmt="%g")
    for x in kink:
        axes.axline((x, 0), slope=1, color=VERMILLION, lw=1.3, ls="--")
    radius = 1.7
    angle = np.linspace(-3 * np.pi / 4, np.pi / 4, 60)
    axes.fill(radius * np.cos(angle), radius * np.sin(angle), color=ORANGE, alpha=0.4, lw=0)
    for turn in np.linspace(-3 * np.pi / 4, np.pi / 4, 7)[1:-1]:
        axes.annotate(
            "", (radius * np.cos(turn), radius * np.sin(turn)), (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": BLACK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
    axes.set(
        xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), aspect="equal", xticks=range(-4, 5, 2),
        yticks=range(-4, 5, 2), xlabel=r"$\theta_1$", ylabel=r"$\theta_2$",
    )  # fmt: skip
    axes.grid(visible=False)
    axes.set_title(
        "(a) levels of $f(\\theta)$; kinks dashed\n"
        r"shaded, $v_1\geq v_2$: $f\,'(0;v)=\frac{3}{4}v_1+\frac{1}{4}v_2$"
    )


def _quarters(x: float) -> str:
    """0, 1 or a fraction in lowest terms, for mathtext."""
    value = Fraction(float(x)).limit_denominator(1000)
    if value.denominator == 1:
        return str(value.numerator)
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


FIGURE_3 = Figure(
    title=r"The subdifferential of the potential under fair $\pm 1$ noise, $d = 2$: an interval "
    "at ties",
    formula=r"$(\partial f(\theta))_1 = [\mathbb P(D > -\Delta), \mathbb P(D \ge -\Delta)]$, $D = "
    r"\gamma_1 - \gamma_2$, $\Delta = \theta_1 - \theta_2$",
    reference="paper A, Figure 3, (68)",
    labels={
        "piece_ends": "Delta at the two ends of every open piece on which f is differentiable",
        "piece_probability_1": "p_1 on the piece, in [0, 1], exact sum",
        "tie": "Delta at which the coordinates tie with positive probability",
        "tie_interval": "[P(D > -Delta), P(D >= -Delta)], both ends included",
        "tie_fair": "p_1 with ties broken fairly: one subgradient",
        "sampled_difference": "Delta of the sampled points",
        "sampled_probability_1": "frequency of numpy.argmax = 1 among 1,000 samples",
        "sampled_standard_error": "standard error of that frequency",
    },
    compute=figure_3_data,
    render=render_figure_3,
    size=(3.5, 3.1),
)
FIGURE_6 = Figure(
    title=r"The potential under fair $\pm 1$ noise, $d = 2$: linear pieces, kinks at $\Delta = "
    "-2, 0, 2$",
    formula=r"$f(\theta) = \theta_2 + \mathbb E[\max(\Delta + D, 0)]$, $D = \gamma_1 - \gamma_2$, "
    r"$\Delta = \theta_1 - \theta_2$; $f'(0; v) = \frac34 v_1 + \frac14 v_2$ for $v_1 \ge v_2$",
    reference="paper A, Figure 6, (67)",
    labels={
        "theta": "theta_1 (rows of value) and theta_2 (columns)",
        "value": "f(theta_1, theta_2), exact sum",
        "kink": "theta_1 of the kinks on theta_2 = 0, that is theta_1 - theta_2 of every kink",
        "kink_value": "f(theta_1, 0) at the kinks",
        "kink_slopes": "slope of f(., 0) on the left and on the right of each kink",
    },
    compute=figure_6_data,
    render=render_figure_6,
    size=(6.9, 3.5),
)
