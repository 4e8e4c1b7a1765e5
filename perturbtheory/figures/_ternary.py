"""The plane of three categories' parameters: regions and axes for theta, see `display.ternary`."""

import numpy as np
from matplotlib.axes import Axes

from perturbtheory.display import BLACK, GREY, ORANGE, VERMILLION
from perturbtheory.display.ternary import bare, line, point, polygon


def hexagon(width: float) -> np.ndarray:
    """Corners of {max theta - min theta <= width}, modulo translation; shape ``(6, 3)``."""
    corners = [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]]
    return width * np.array(corners, float)


def ring(width: float, steps: int = 12) -> np.ndarray:
    """The closed boundary of that hexagon, shape ``(6 steps + 1, 3)``."""
    corners = hexagon(width)
    share = np.linspace(0, 1, steps, endpoint=False)[:, None]
    edges = [a + share * (b - a) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)]
    return np.concatenate([*edges, corners[:1]])


def flat_outside(axes: Axes, width: float, window: float) -> None:
    """Tints for uniform noise: strips where two coordinates can win, cones where one does.

    Outside of the hexagon of `width` and inside of that of `window` = 2 `width` or less.
    """
    rest = window - width
    cone = [[width, 0, 0], [window, rest, 0], [window, 0, 0], [window, 0, rest]]
    polygon(axes, hexagon(window), color=ORANGE, alpha=0.3)
    for turn in range(3):
        region = np.roll(np.array(cone, float), turn, -1)
        polygon(axes, region, color="white")
        polygon(axes, region, color=VERMILLION, alpha=0.5)
    polygon(axes, hexagon(width), color="white")


def axes_of_theta(axes: Axes, window: float) -> None:
    """{max theta - min theta <= window}, dotted because parameters go on, and its three axes."""
    line(axes, hexagon(window), ":", closed=True, color=GREY, lw=0.9)
    arrow = {"arrowstyle": "-|>", "lw": 0.8, "color": BLACK, "shrinkA": 0, "shrinkB": 0}
    for i, corner in enumerate(window * np.eye(3), start=1):
        axes.annotate("", point(1.12 * corner), point(corner), arrowprops=arrow)
        axes.text(*point(1.24 * corner), rf"$\theta_{i}$", ha="center", va="center")
    axes.set(xlim=(-0.69 * window, 0.69 * window), ylim=(-0.62 * window, 0.76 * window))
    bare(axes)
