"""Figure 1 of paper A: from parameters to probabilities, d = 3, for three kinds of noise.

Parameters are taken modulo translation, theta ~ theta + c 1, and

    p(theta) = E[softmax((theta + gamma)/t)],      P(argmax(theta + gamma) = i),      df(theta),

the first two as images of the lines theta_i - theta_j = c, the third as polytopes at the kinks.
"""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLACK, BLUE, GREEN, ORANGE, SKY, VERMILLION, ternary
from perturbtheory.figures import _ternary
from perturbtheory.figures._figure import Data, Figure
from perturbtheory.figures.discrete import coin
from perturbtheory.perturbations import Normal, Uniform
from perturbtheory.potential import Potential, expected_logsumexp, expected_max

WINDOW = 4
"""Parameters are shown where max theta - min theta is at most this."""
_TIES = (-2, 0, 2)
PLACES = ((0, 0, 0), (2, 0, 0), (0, 2, 0), (0, 0, 2), (-2, 0, 0), (0, -2, 0), (0, 0, -2))
"""Where the coin's subdifferential has an interior, modulo translation."""


def figure_1_data() -> Data:
    """Images of lines under the two maps; kinks and subdifferentials in exact rationals."""
    softmax, uniform = expected_logsumexp(Normal(), 1.0), expected_max(Uniform())
    along = 3.0 * np.sinh(np.linspace(-2.2, 2.2, 45))
    data = {
        "softmax/difference": np.arange(-4.0, 5.0),
        "softmax/along": along,
        "uniform/difference": np.arange(-4, 5) / 2.0,
        "uniform/along": np.linspace(-4.0, 4.0, 65),
    }
    for law, f in (("softmax", softmax), ("uniform", uniform)):
        theta = lines(data[f"{law}/difference"], data[f"{law}/along"])
        data[f"{law}/probability"] = np.asarray(f.probabilities(theta))
    data["softmax/rim"] = np.asarray(softmax.probabilities(_ternary.ring(WINDOW)))
    f = expected_max(coin())
    data["coin/kink"] = kinks(f)
    data["coin/place"] = np.array(PLACES)
    cells = [f.subdifferential(np.array(place, object)).vertices() for place in PLACES]
    data["coin/share"] = np.array([float(share(cell)) for cell in cells])
    for number, cell in enumerate(cells):
        data[f"coin/cell_{number}"] = ternary.ordered(cell.astype(float))
    return data


def lines(difference: np.ndarray, along: np.ndarray) -> np.ndarray:
    """theta = (c/2, -c/2, s): the lines theta_1 - theta_2 = c, shape ``(c, s, 3)``."""
    c, s = np.meshgrid(difference, along, indexing="ij")
    return np.stack([c / 2, -c / 2, s], -1)


def share(vertices: np.ndarray) -> Fraction:
    """Area of a polygon in the simplex over that of the simplex, by the shoelace formula."""
    around = ternary.ordered(vertices)
    x, y = around[:, 0], around[:, 1]
    return abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def kinks(f: Potential) -> np.ndarray:
    """Segments theta_i - theta_j = c on which f has a kink, ends of shape ``(n, 2, 3)``.

    A line is cut where a third coordinate ties too; one point between two cuts speaks for all.
    """
    found = []
    for i, j in combinations(range(3), 2):
        k = 3 - i - j
        for c in _TIES:
            ends = {max(c, 0) - WINDOW, min(c, 0) + WINDOW}
            cuts = ends | {tie + base for tie in _TIES for base in (0, c)}
            for low, high in pairwise(sorted(x for x in cuts if min(ends) <= x <= max(ends))):
                theta = [Fraction(0)] * 3
                theta[i], theta[k] = Fraction(c), Fraction(low + high, 2)
                if not f.subdifferential(np.array(theta)).is_singleton:
                    pair = np.zeros((2, 3))
                    pair[:, i], pair[:, k] = c, (low, high)
                    found.append(pair)
    return np.array(found)


def render_figure_1(canvas: Canvas, data: Data) -> None:
    """Above parameters, below their images; one column a kind of noise."""
    axes = canvas.subplots(2, 3)
    heads = (
        "(a) Perturb-Softmax, $t=1$\n" r"$\gamma_i\sim N(0,1)$",
        "(b) Perturb-Argmax\n" r"$\gamma_i\sim U(-1,1)$",
        "(c) Perturb-Argmax\n" r"$\gamma_i=\pm1$, fair coin",
    )
    feet = (
        "one-to-one, onto\nthe open simplex",
        "$K$ one-to-one onto the closed simplex,\nthe rest onto edges and corners",
        "a polygon at each of seven points,\nwith its share of the simplex",
    )
    for column, (head, foot) in enumerate(zip(heads, feet, strict=True)):
        axes[0, column].set_title(head, loc="center")
        axes[1, column].set_title(foot, loc="center", y=-0.28, fontsize=9.5)
        _ternary.axes_of_theta(axes[0, column], WINDOW)
        ternary.simplex(axes[1, column], closed=column > 0)
    for (upper, lower), render in zip(
        axes.T, (_render_softmax, _render_uniform, _render_coin), strict=True
    ):
        render(upper, lower, data)


def _grid(upper: Axes, lower: Axes, data: Data, law: str, width: float) -> None:
    """Three families of lines and their images, by symmetry from one; where max - min <= width."""
    theta = lines(data[f"{law}/difference"], data[f"{law}/along"])
    style = {"color": BLUE, "lw": 0.7, "solid_capstyle": "round"}
    for turn in range(3):
        for one, image in zip(theta, data[f"{law}/probability"], strict=True):
            ends = _ends(one[0, 0] - one[0, 1], width)
            ternary.line(upper, np.roll(ends, turn, -1), **style)
            ternary.line(lower, np.roll(image, turn, -1), **style)


def _ends(c: float, width: float) -> np.ndarray:
    """Where {theta_1 - theta_2 = c} crosses the border of {max theta - min theta <= width}."""
    reach = width - abs(c) / 2
    return np.array([[c / 2, -c / 2, -reach], [c / 2, -c / 2, reach]])


def _render_softmax(upper: Axes, lower: Axes, data: Data) -> None:
    ternary.polygon(upper, _ternary.hexagon(WINDOW), color=SKY, alpha=0.35)
    ternary.polygon(lower, data["softmax/rim"], color=SKY, alpha=0.35)
    _grid(upper, lower, data, "softmax", WINDOW)


def _render_uniform(upper: Axes, lower: Axes, data: Data) -> None:
    _ternary.flat_outside(upper, 2, WINDOW)
    ternary.polygon(upper, _ternary.hexagon(2), color=SKY, alpha=0.35)
    ternary.polygon(lower, np.eye(3), color=SKY, alpha=0.35)
    _grid(upper, lower, data, "uniform", 2)
    upper.text(*ternary.point(np.array([0, 2.6, 2.6])), "$K$", ha="center", va="center")
    ternary.line(lower, np.eye(3), closed=True, color=ORANGE, lw=3.2, zorder=4)
    lower.plot(*ternary.plane(np.eye(3)).T, "o", color=VERMILLION, ms=6.5, zorder=5)


def _render_coin(upper: Axes, lower: Axes, data: Data) -> None:
    for pair in data["coin/kink"]:
        ternary.line(upper, pair, color=BLACK, lw=0.9)
    for number, place in enumerate(data["coin/place"]):
        colour = ORANGE if number == 0 else SKY if number < 4 else GREEN
        cell = data[f"coin/cell_{number}"]
        ternary.polygon(lower, cell, color=colour, alpha=0.55)
        ternary.line(lower, cell, "o-", closed=True, color=BLACK, lw=0.8, ms=2.4, zorder=4)
        upper.plot(*ternary.plane(place), "o", color=colour, mec=BLACK, mew=0.8, ms=7, zorder=4)
        lower.text(
            *ternary.point(cell.mean(0)), str(Fraction(data["coin/share"][number])), fontsize=8.5,
            ha="center", va="center", rotation={4: -60, 5: 60}.get(number, 0), zorder=5,
        )  # fmt: skip


FIGURE_1 = Figure(
    title="From parameters to probabilities, $d = 3$: one-to-one, flat outside, set-valued",
    caption="Parameters modulo translation (top) and their images in the simplex (bottom). (a) "
    r"Perturb-Softmax under normal noise is one-to-one onto the open simplex; shaded: $\max_i "
    r"\theta_i - \min_i \theta_i \le 4$ and its image, white: the image of what lies outside. (b) "
    r"Perturb-Argmax under uniform noise is one-to-one from $K = \{\max_i \theta_i - \min_i "
    r"\theta_i \le 2\}$ onto the closed simplex; the orange strips go to the edges, the vermilion "
    r"cones to the corners, and no $\theta$ there is alone with its $p$. (c) Under coin noise the "
    "gradient takes 15 values only (dots), one on each piece between the kinks (lines); where "
    r"the kinks meet, at $0$ and $\pm 2 e_i$, the subdifferential is a polygon, and the seven "
    "polygons tile the simplex.",
    formula=r"$p = \mathbb E[\operatorname{softmax}(\theta + \gamma)]$; $p_i = \mathbb "
    r"P(\arg\max(\theta + \gamma) = i)$; $\partial f(\theta) = \mathbb E[\operatorname{conv}\{e_i "
    r": i \in A\}]$, $A$ the set of maximisers of $\theta + \gamma$",
    reference="paper A, Figure 1; Theorems 4.1 and 5.1, Propositions 5.4 and 5.5 with $d = 3$",
    labels={
        f"{law}/{name}": f"{meaning} under {noise} noise"
        for law, noise in (("softmax", "normal"), ("uniform", "uniform"))
        for name, meaning in (
            ("difference", "c of the lines theta_1 - theta_2 = c"),
            ("along", "s of the points theta = (c/2, -c/2, s) of a line"),
            ("probability", "p at these points (lines, points, coordinates), by quadrature,"),
        )
    }
    | {
        "softmax/rim": "image of the boundary of {max theta - min theta <= 4}",
        "coin/kink": "ends of the segments on which f has a kink, max theta - min theta <= 4",
        "coin/place": "theta of the kinks whose subdifferential has an interior",
        "coin/share": "area of that subdifferential, as a share of the simplex",
        **{
            f"coin/cell_{number}": f"vertices of the subdifferential at {place}, exact"
            for number, place in enumerate(PLACES)
        },
    },
    compute=figure_1_data,
    render=render_figure_1,
    size=(7.2, 5.0),
    dpi=140,
)
