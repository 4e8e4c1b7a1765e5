"""Where Perturb-Argmax under uniform noise is flat: the second eigenvalue of the Hessian, d = 3.

The Hessian is the Laplacian of the graph with weights a = -H_12, b = -H_13, c = -H_23, whose
eigenvalues are 0 and

    lambda_2, lambda_3 = a + b + c -+ sqrt(a^2 + b^2 + c^2 - ab - bc - ca),
    lambda_2 lambda_3  = 3 (ab + bc + ca).

lambda_2 > 0 exactly inside of K = {max theta - min theta <= 2}: there every coordinate can win.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.tri import Triangulation

from perturbtheory.display import BLACK, BLUE, GREEN, ORANGE, SKY, VERMILLION, ternary
from perturbtheory.figures import _ternary
from perturbtheory.figures._figure import Data, Figure
from perturbtheory.perturbations import Uniform
from perturbtheory.potential import expected_max

WIDTH = 2.0
"""K = {max theta - min theta <= WIDTH}, the width of the noise."""
_WINDOW = 3.0
_BLUES = LinearSegmentedColormap.from_list("blues", ["white", SKY, BLUE])


def eigenvalues(hessian: np.ndarray) -> np.ndarray:
    """(lambda_2, lambda_3) of Laplacians of shape ``(..., 3, 3)``, without cancellation."""
    a, b, c = -hessian[..., 0, 1], -hessian[..., 0, 2], -hessian[..., 1, 2]
    root = np.sqrt(((a - b) ** 2 + (b - c) ** 2 + (c - a) ** 2) / 2)
    large = a + b + c + root
    small = 3 * (a * b + b * c + c * a) / np.where(large > 0, large, 1.0)
    return np.stack([small, large], -1)


def flat_regions_data() -> Data:
    """lambda_2 on a lattice that has the border of K among its lines; p and lambda on two lines."""
    f = expected_max(Uniform())
    step = np.linspace(-_WINDOW, _WINDOW, 49)
    first, second = np.meshgrid(step, step, indexing="ij")
    lattice = np.asarray(np.stack([first, second, 0 * first], -1))
    data = {"difference": step, "lambda_2": eigenvalues(np.asarray(f.hessian(lattice)))[..., 0]}
    along = np.linspace(-_WINDOW, _WINDOW, 121)
    theta = along[:, None] * np.eye(3)[0]
    data["along"] = along
    data["probability"] = np.asarray(f.probabilities(theta))
    data["eigenvalues"] = eigenvalues(np.asarray(f.hessian(theta)))
    return data


def render_flat_regions(canvas: Canvas, data: Data) -> None:
    """Left the map of lambda_2; right a cut through two corners of K."""
    panels: Any = canvas.subfigures(1, 2, width_ratios=(1.15, 1))
    left, right = panels
    _render_map(left.add_subplot(), data)
    upper, lower = right.subplots(2, 1, sharex=True, height_ratios=(1.25, 1))
    _render_cut(upper, lower, data)


def _render_map(axes: Axes, data: Data) -> None:
    step = data["difference"]
    n = len(step)
    first, second = np.meshgrid(step, step, indexing="ij")
    theta = np.stack([first, second, 0 * first], -1).reshape(-1, 3)
    # Cells are cut along theta_1 - theta_2 = const: the border of K consists of sides of triangles.
    corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    halves = [(0, n, n + 1), (0, n + 1, 1)]
    triangles = np.concatenate([np.stack([corner + k for k in half], -1) for half in halves])
    inside = np.ptp(theta, axis=-1)[triangles].max(-1) < WIDTH + 1e-9
    _ternary.flat_outside(axes, WIDTH, _WINDOW)
    x, y = ternary.plane(theta).T
    mesh = Triangulation(x, y, triangles[inside])
    image = axes.tripcolor(
        mesh, data["lambda_2"].ravel(), shading="gouraud", cmap=_BLUES, vmin=0, vmax=0.75,
        rasterized=True,
    )  # fmt: skip
    axes.tricontour(
        mesh, data["lambda_2"].ravel(), levels=(0.15, 0.3, 0.45, 0.6), colors="white",
        linewidths=0.6,
    )  # fmt: skip
    axes.tricontour(mesh, data["lambda_2"].ravel(), levels=(0.01,), colors=BLUE, linewidths=0.6)
    ternary.line(axes, _ternary.hexagon(WIDTH), closed=True, color=BLACK, lw=1.2)
    axes.figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02, label=r"$\lambda_2$ in $K$")
    ternary.line(axes, data["along"][[0, -1], None] * np.eye(3)[:1], "--", color=BLACK, lw=0.8)
    _ternary.axes_of_theta(axes, _WINDOW)
    axes.set_title(r"(a) curved in $K$, $\lambda_2=0$ outside", loc="center")


def _render_cut(upper: Axes, lower: Axes, data: Data) -> None:
    x = data["along"]
    for axes in (upper, lower):
        axes.axvspan(-_WINDOW, -WIDTH, color=ORANGE, alpha=0.3, lw=0)
        axes.axvspan(WIDTH, _WINDOW, color=VERMILLION, alpha=0.5, lw=0)
    upper.plot(x, data["probability"][:, 0], color=BLUE, label="$p_1$")
    upper.plot(x, data["probability"][:, 1], color=GREEN, ls="--", label="$p_2=p_3$")
    lower.plot(x, data["eigenvalues"][:, 0], color=BLUE, label=r"$\lambda_2$")
    lower.plot(x, data["eigenvalues"][:, 1], color=GREEN, ls="--", label=r"$\lambda_3$")
    upper.set(ylim=(-0.05, 1.05), yticks=(0, 0.5, 1), ylabel="probability")
    lower.set(
        xlim=(-_WINDOW, _WINDOW), ylim=(-0.06, 1.1), yticks=(0, 0.5, 1), ylabel="eigenvalue",
        xlabel=r"$s$",
    )  # fmt: skip
    upper.set_title(r"(b) along $\theta=(s,0,0)$", loc="center")
    for axes in (upper, lower):
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.6)


FLAT_REGIONS = Figure(
    title="Perturb-Argmax under $U(-1, 1)$ noise, $d = 3$: curved inside of a hexagon, flat "
    "outside",
    caption="(a) The second eigenvalue of the Hessian, parameters modulo translation: positive "
    r"inside of $K = \{\max_i \theta_i - \min_i \theta_i \le 2\}$, so that $p$ is one-to-one "
    "there, though less than 0.01 beyond the thin blue line; zero outside. In the orange strips "
    "one coordinate never wins and $p$ does not depend on it; in the vermilion cones one "
    "coordinate always wins and $p$ is a corner of the simplex. (b) On the dashed line $p$ moves "
    "only inside of $K$.",
    formula=r"$\lambda_2 = 3(ab + bc + ca)/\lambda_3$, $\lambda_3 = a + b + c + \sqrt{a^2 + b^2 + "
    "c^2 - ab - bc - ca}$, $a = -H_{12}$, $b = -H_{13}$, $c = -H_{23}$",
    reference="paper A, Proposition 5.4, with $d = 3$",
    labels={
        "difference": "theta_1 - theta_3 (rows of lambda_2) and theta_2 - theta_3 (columns)",
        "lambda_2": "second eigenvalue of the Hessian, by quadrature",
        "along": "s of the points theta = (s, 0, 0)",
        "probability": "p at these points, by quadrature",
        "eigenvalues": "lambda_2, lambda_3 at these points, by quadrature",
    },
    compute=flat_regions_data,
    render=render_flat_regions,
    size=(7.0, 3.3),
    dpi=160,
)
