"""A half-space that meets the hypotheses of Theorem 4.1 of paper A and misses probabilities.

Theta = {theta_1 + theta_2 <= 2 theta_3} is convex, and every h_i = theta_i - max_{j != i} theta_j
is unbounded on it. p(theta) = E[softmax((theta + gamma)/t)] determines theta up to a constant, so

    the image of Theta ends at the curve s -> p(s, -s, 0), the image of <u, theta> = 0,

u = (1, 1, -2), and whatever lies beyond the curve is missed. For softmax it is p_1 p_2 = p_3^2.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLACK, BLUE, ORANGE, SKY, VERMILLION, ternary
from perturbtheory.figures import _ternary
from perturbtheory.figures._figure import Data, Figure
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.properties import AbstractParameterSet, completeness, polyhedron

NORMAL = np.array([1.0, 1.0, -2.0])
"""u, the outer normal of the half-space."""
DIRECTIONS = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
"""Directions of Theta along which h_1, h_2, h_3 grow without bound."""
_WINDOW = 4.0


def half_space() -> AbstractParameterSet:
    """{theta : theta_1 + theta_2 <= 2 theta_3}."""
    return polyhedron(NORMAL[None], [0.0], name="theta_1 + theta_2 <= 2 theta_3")


def completeness_data() -> Data:
    """Images of the bounding plane under two maps; the missed p that the checker found."""
    softmax = expected_logsumexp(Normal(), 1.0)
    s = np.sinh(np.linspace(-3.2, 3.2, 97))
    face = s[:, None] * DIRECTIONS[0]
    found = completeness(softmax, half_space())
    return {
        "along": s,
        "boundary": np.asarray(softmax.probabilities(face)),
        "boundary_softmax": np.asarray(expected_max(Gumbel()).probabilities(face)),
        "missed": found.witness["p"],
        "only_theta": np.asarray(softmax.parameters(found.witness["p"])),
        "normal": found.witness["u"],
        "supremum": np.array([found.witness["supremum"]]),
        "directions": DIRECTIONS,
    }


def render_completeness(canvas: Canvas, data: Data) -> None:
    """Left the half-space, modulo translation; right its image and what the image leaves out."""
    left, right = canvas.subplots(1, 2)
    _render_parameters(left, data)
    _render_image(right, data)
    canvas.legend(loc="outside lower center", ncols=2)


def _render_parameters(axes: Axes, data: Data) -> None:
    window = _ternary.hexagon(_WINDOW)
    reached = window @ data["normal"] <= 0
    face = _WINDOW / 2 * np.outer([1, -1], DIRECTIONS[0])
    for keep, colour in ((reached, SKY), (~reached, ORANGE)):
        side = np.concatenate([window[keep], face])
        ternary.polygon(axes, ternary.ordered(side), color=colour, alpha=0.4)
    ternary.line(axes, face, color=BLUE, lw=3.0)
    for i, direction in enumerate(data["directions"], start=1):
        tip = ternary.point(direction * (1.6 if i < 3 else 2.9))
        axes.annotate(
            "", tip, (0, 0), zorder=4,
            arrowprops={"arrowstyle": "-|>", "lw": 1.2, "color": BLACK, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
        axes.annotate(
            rf"$h_{i}\to\infty$", tip, (0, 10), textcoords="offset points", ha="center", va="center"
        )
    axes.plot(*ternary.plane(data["only_theta"]), "X", color=VERMILLION, ms=8, zorder=5)
    axes.annotate(
        r"$\theta(p)$", ternary.point(data["only_theta"]), (9, -6), textcoords="offset points",
        color=VERMILLION, va="center",
    )  # fmt: skip
    axes.text(-1.2, 1.0, r"$\Theta$", fontsize=12, ha="center", va="center")
    axes.text(0.0, -1.5, r"outside of $\Theta$", ha="center", va="center")
    axes.set(xlim=(-2.5, 2.5), ylim=(-2.5, 2.5))
    axes.set_title(
        r"(a) $\Theta=\{\theta_1+\theta_2\leq2\theta_3\}$, modulo translation", loc="center"
    )
    ternary.bare(axes)


def _render_image(axes: Axes, data: Data) -> None:
    curve = np.concatenate([np.eye(3)[1:2], data["boundary"], np.eye(3)[:1]])
    ternary.polygon(axes, np.concatenate([curve, np.eye(3)[2:]]), color=SKY, alpha=0.4)
    ternary.polygon(axes, curve, color=ORANGE, alpha=0.4)
    ternary.shares(axes)
    ternary.line(axes, curve, color=BLUE, lw=2.0, label=r"Perturb-Softmax, $N(0,1)$, $t=1$")
    ternary.line(
        axes, data["boundary_softmax"], "--", color=BLACK, lw=1.2,
        label="Gumbel-Argmax: $p_1p_2=p_3^2$",
    )  # fmt: skip
    axes.plot(*ternary.plane(data["missed"]), "X", color=VERMILLION, ms=8, zorder=5)
    for where, text in (((0.2, 0.2, 0.6), "reached"), ((0.25, 0.65, 0.1), "missed")):
        axes.text(*ternary.point(np.array(where)), text, ha="center", va="center")
    axes.annotate(
        "$p$", ternary.point(data["missed"]), (9, -2), textcoords="offset points",
        color=VERMILLION, va="center",
    )  # fmt: skip
    ternary.simplex(axes)
    axes.set(xlim=(-0.56, 0.56), ylim=(-0.42, 0.70))
    axes.set_title(r"(b) their image: the line becomes the curve", loc="center")


COMPLETENESS = Figure(
    title="A half-space that meets the hypotheses of Theorem 4.1 and misses probabilities, $d = 3$",
    formula=r"$p(\theta) = \mathbb E[\operatorname{softmax}((\theta + \gamma)/t)]$, $\Theta = "
    r"\{\langle u, \theta\rangle \le 0\}$, $u = (1, 1, -2)$; $h_i(\theta) = \theta_i - \max_{j "
    r"\ne i} \theta_j$",
    reference="paper A, Theorem 4.1",
    labels={
        "along": "s of the points (s, -s, 0) of the bounding plane",
        "boundary": "their images under Perturb-Softmax, normal noise, t = 1, by quadrature",
        "boundary_softmax": "their images under Gumbel-Argmax, which is softmax",
        "missed": "p, positive and out of reach",
        "only_theta": "the only theta with p(theta) = p and sum zero; <u, theta> > 0",
        "normal": "u",
        "supremum": "sup <u, theta> over Theta",
        "directions": "directions of Theta along which h_1, h_2, h_3 grow without bound",
    },
    compute=completeness_data,
    render=render_completeness,
    size=(6.6, 3.6),
    caption="(a) The half-space is convex and every $h_i$ is unbounded on it, along the arrows. "
    "(b) Its image ends at the curve into which the bounding line is mapped: everything between "
    r"the curve and the edge $e_1 e_2$ is missed, such as $p$, whose only $\theta$ lies outside "
    "of the half-space. Dashed: where the image of the same half-space under softmax ends.",
)
