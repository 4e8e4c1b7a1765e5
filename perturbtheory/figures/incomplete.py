"""What a family that is not complete makes of a p that it misses: the bias at the minimiser.

Over the half-space <u, theta> <= 0, u = (1, 1, -2), the loss L = f(theta) + f*(p) - <p, theta> is
least at p - lambda u under every noise, and |p(theta) - p|_1 at p + s (e_3 - e_i). Over theta_1 >=
... >= theta_d the least L is at the isotonic regression of p under every noise.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.claims.exhibits import incomplete_fits as fits
from perturbtheory.claims.ours.representation import incomplete_order as order
from perturbtheory.display import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION, ternary
from perturbtheory.figures._figure import Data, Figure

TARGETS = np.array([fits.P, [0.50, 0.44, 0.06], [0.80, 0.15, 0.05]])
"""Beyond the half-space under all noises shown; the first is that of C.incomplete-half-space."""
_SHOWN = ("Gumbel-Argmax", "Normal-Argmax")
_MARKS = ("o", "s", "^", "D")
_COLOURS = (BLUE, VERMILLION, GREEN, BLACK)


def incomplete_data() -> Data:
    """Images of the bounding plane, best approximations in two losses and in the ordered cone."""
    face = np.sinh(np.linspace(-3.2, 3.2, 97))[:, None] * np.array([1.0, -1.0, 0.0])
    softmax, normal = (fits.FAMILIES[name] for name in _SHOWN)
    return {
        "boundary_softmax": np.asarray(softmax.probabilities(face)),
        "boundary_normal": np.asarray(normal.probabilities(face)),
        "target": TARGETS,
        "least_loss_softmax": np.stack([fits.fenchel_young(softmax, p).p for p in TARGETS]),
        "least_loss_normal": np.stack([fits.fenchel_young(normal, p).p for p in TARGETS]),
        "least_l1_softmax": np.stack([fits.total_variation(softmax, p).p for p in TARGETS]),
        "ordered_target": np.array([float(x) for x in order.TARGET]),
        "isotonic": np.array([float(x) for x in order.isotonic(order.TARGET)]),
        "ordered_fits": np.stack([order.descent(f) for f in order.FAMILIES.values()]),
    }


def render_incomplete(canvas: Canvas, data: Data) -> None:
    """Left the half-space in the simplex, right the family that keeps an order."""
    left, right = canvas.subplots(1, 2, width_ratios=(1.15, 1))
    _render_half_space(left, data)
    _render_order(right, data)


def _render_half_space(axes: Axes, data: Data) -> None:
    curve = np.concatenate([np.eye(3)[1:2], data["boundary_softmax"], np.eye(3)[:1]])
    ternary.polygon(axes, np.concatenate([curve, np.eye(3)[2:]]), color=SKY, alpha=0.35)
    ternary.polygon(axes, curve, color=ORANGE, alpha=0.35)
    ternary.shares(axes)
    ternary.line(axes, curve, color=BLUE, lw=1.8, label="edge of the image, Gumbel")
    ternary.line(axes, data["boundary_normal"], "--", color=BLACK, lw=1.1, label="the same, Normal")
    ends = ("least_loss_softmax", "least_loss_normal", "least_l1_softmax")
    for p, loss, other, near in zip(data["target"], *(data[end] for end in ends), strict=True):
        ternary.line(axes, np.stack([p, other]), ":", color=VERMILLION, lw=1.1, zorder=4)
        ternary.line(axes, np.stack([p, loss]), color=VERMILLION, lw=1.3, zorder=4)
        ternary.line(axes, np.stack([p, near]), color=GREEN, lw=1.3, zorder=4)
    points = (
        ("target", "X", BLACK, "p, missed"),
        ("least_loss_softmax", "o", VERMILLION, "least KL, Gumbel"),
        ("least_l1_softmax", "s", GREEN, r"least $L_1$, Gumbel"),
    )
    for name, mark, colour, label in points:
        x, y = ternary.plane(data[name]).T
        axes.plot(x, y, mark, color=colour, ms=5.5, zorder=5, label=label)
    x, y = ternary.plane(data["least_loss_normal"]).T
    axes.plot(x, y, "o", mfc="none", mec=VERMILLION, ms=8.5, zorder=5, label="least loss, Normal")
    axes.text(*ternary.point(np.array([0.22, 0.22, 0.56])), "reached", ha="center", va="center")
    ternary.simplex(axes)
    axes.set(xlim=(-0.58, 0.58), ylim=(-0.40, 0.68))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=2, fontsize=8)
    axes.set_title(r"(a) $\theta_1+\theta_2\leq2\theta_3$", loc="center")


def _render_order(axes: Axes, data: Data) -> None:
    k = np.arange(1, len(data["ordered_target"]) + 1)
    axes.bar(k, data["ordered_target"], color=GREY, alpha=0.5, width=0.8, label="p, missed")
    edges = np.arange(len(k) + 1) + 0.5
    axes.stairs(data["isotonic"], edges, color=BLACK, lw=1.6, label="isotonic regression of p")
    shift = np.linspace(-0.27, 0.27, len(_MARKS))
    rows = zip(order.FAMILIES, data["ordered_fits"], _MARKS, _COLOURS, shift, strict=True)
    for name, q, mark, colour, move in rows:
        axes.plot(k + move, q, mark, color=colour, ms=3.6, label=name)
    axes.set(xlabel="outcome", ylabel="probability", xticks=k, ylim=(0.0, 0.3))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper right", fontsize=8, ncols=2, columnspacing=1.0)
    axes.set_title(r"(b) $\theta_1\geq\theta_2\geq\cdots\geq\theta_{10}$", loc="center")


INCOMPLETE = Figure(
    title="The bias that a family leaves at its best approximation of a $p$ that it misses",
    formula=r"$\min_{\theta \in \Theta} L$, $L = f(\theta) + f^*(p) - \langle p, \theta\rangle$: "
    r"$p(\theta^*) = p - \lambda u$ for $\langle u, \theta\rangle \le 0$, the isotonic regression "
    r"of $p$ for $\theta_1 \ge \dots \ge \theta_d$",
    reference="C.incomplete-half-space and C.incomplete-monotone; a question to paper A",
    labels={
        "boundary_softmax": "p(s, -s, 0) under Gumbel-Argmax",
        "boundary_normal": "p(s, -s, 0) under Normal-Argmax, by quadrature",
        "target": "p, positive and out of reach, a row each",
        "least_loss_softmax": "p(theta*) of the least KL, Gumbel-Argmax",
        "least_loss_normal": "p(theta*) of the least Fenchel-Young loss, Normal-Argmax",
        "least_l1_softmax": "the nearest p(theta) in L1, Gumbel-Argmax",
        "ordered_target": "p of ten outcomes, paper A's discrete target",
        "isotonic": "its isotonic regression, from fractions",
        "ordered_fits": "p(theta*) over the ordered theta, a row for each family: "
        + ", ".join(order.FAMILIES),
    },
    compute=incomplete_data,
    render=render_incomplete,
    size=(7.4, 4.3),
    caption="(a) The image of the half-space (blue) ends at the curve. The least Fenchel-Young "
    "loss, which is KL for Gumbel noise, moves every missed $p$ in one direction, straight up, "
    "under Gumbel (filled circles) and Normal noise (open circles, dashed edge); the least $L_1$ "
    r"takes all that it moves from the rarer of 1 and 2 (squares). (b) Where $\theta$ must not "
    "increase, the best approximation is the same isotonic regression under four families.",
)
