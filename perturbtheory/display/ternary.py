"""Barycentric coordinates of three categories: p goes to p_1 c_1 + p_2 c_2 + p_3 c_3.

c_1, c_2, c_3 are the corners of a triangle with side one around the origin. The same linear map
takes theta to the plane: it forgets theta + c 1, and e_i points to the corner c_i, so that a set
of parameters and its image can be compared by eye.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.display._axes import BLACK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CORNERS = np.array([[-1 / 2, -math.sqrt(3) / 6], [1 / 2, -math.sqrt(3) / 6], [0, math.sqrt(3) / 3]])
_AWAY = ((-1.0, -0.7), (1.0, -0.7), (0.0, 1.0))


def plane(points: np.ndarray) -> np.ndarray:
    """p @ CORNERS: probabilities or parameters of shape ``(..., 3)`` to ``(..., 2)``.

    Example:
        >>> from perturbtheory.display import ternary
        >>> import numpy as np
        >>> ternary.plane(np.eye(3)).round(3).tolist()
        [[-0.5, -0.289], [0.5, -0.289], [0.0, 0.577]]
    """
    return np.asarray(points, float) @ CORNERS


def point(one: np.ndarray) -> tuple[float, float]:
    """The same map for one point of shape ``(3,)``.

    Example:
        >>> from perturbtheory.display import ternary
        >>> tuple(round(float(x), 3) for x in ternary.point((0.0, 0.0, 1.0)))
        (0.0, 0.577)
    """
    x, y = plane(one)
    return float(x), float(y)


def ordered(vertices: np.ndarray) -> np.ndarray:
    """The vertices of a convex polygon of shape ``(n, 3)``, anticlockwise in the plane.

    Example:
        >>> from perturbtheory.display import ternary
        >>> import numpy as np
        >>> ternary.ordered(np.eye(3)).sum(0).tolist()
        [1.0, 1.0, 1.0]
    """
    x, y = (plane(vertices) - plane(vertices).mean(0)).T
    return vertices[np.argsort(np.arctan2(y, x))]


def polygon(axes: Axes, vertices: np.ndarray, **how: Any) -> None:
    """A filled polygon with the given vertices, shape ``(n, 3)``.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> import numpy as np
        >>> from perturbtheory import display
        >>> from perturbtheory.display import ternary
        >>> axes = display.axes_of(None)
        >>> _ = ternary.polygon(axes, np.eye(3))
        >>> len(axes.patches)
        1
    """
    from matplotlib.patches import Polygon

    style: dict[str, Any] = {"lw": 0} | how
    axes.add_patch(Polygon(plane(vertices), **style))


def line(
    axes: Axes, points: np.ndarray, style: str = "-", *, closed: bool = False, **how: Any
) -> None:
    """A line through points of shape ``(n, 3)``.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> import numpy as np
        >>> from perturbtheory import display
        >>> from perturbtheory.display import ternary
        >>> axes = display.axes_of(None)
        >>> ternary.line(axes, np.eye(3)[:2])
        >>> len(axes.get_lines())
        1
    """
    if closed:
        points = np.concatenate([points, points[:1]])
    axes.plot(*plane(points).T, style, **how)


def simplex(axes: Axes, *, closed: bool = True, name: str = "e", pad: float = 10.0) -> None:
    """The triangle; dashed where its boundary does not belong to what is shown.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> from perturbtheory import display
        >>> from perturbtheory.display import ternary
        >>> axes = display.axes_of(None)
        >>> ternary.simplex(axes)
        >>> len(axes.texts)
        3
    """
    style = {"lw": 1.1, "color": BLACK, "zorder": 3}
    line(axes, np.eye(3), "-" if closed else "--", closed=True, **style)
    for corner, away, i in zip(CORNERS, _AWAY, range(1, 4), strict=True):
        axes.annotate(
            f"${name}_{i}$", corner, (pad * away[0], pad * away[1]), textcoords="offset points",
            ha="center", va="center",
        )  # fmt: skip
    bare(axes)


def shares(axes: Axes, steps: int = 4) -> None:
    """Thin lines p_i = k / steps, numbered along the edges; p_i = 0 opposite of corner i.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> from perturbtheory import display
        >>> from perturbtheory.display import ternary
        >>> axes = display.axes_of(None)
        >>> ternary.shares(axes, steps=2)
        >>> len(axes.get_lines())
        3
    """
    sides = ((0, -1, "center", "top"), (1, 0.2, "left", "center"), (-1, 0.2, "right", "center"))
    for i, (right, up, horizontal, vertical) in enumerate(sides):
        for k in range(1, steps):
            share = k / steps
            # From the edge i, i + 1, where the number stands, to the edge i, i + 2.
            ends = np.zeros((2, 3))
            ends[:, i] = share
            ends[0, (i + 1) % 3] = ends[1, (i + 2) % 3] = 1 - share
            line(axes, ends, color="#d0d0d0", lw=0.6, zorder=1.5)
            axes.annotate(
                f"$p_{i + 1}={share:g}$" if 2 * k == steps else f"${share:g}$", point(ends[0]),
                (4 * right, 4 * up), textcoords="offset points", fontsize=8, ha=horizontal,
                va=vertical,
            )  # fmt: skip


def bare(axes: Axes) -> None:
    """No frame and no scale: the picture has its own; one unit is one unit in both directions.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> from perturbtheory import display
        >>> from perturbtheory.display import ternary
        >>> axes = display.axes_of(None)
        >>> ternary.bare(axes)
        >>> axes.get_aspect()
        1.0
    """
    axes.set(aspect="equal")
    axes.axis("off")
