"""Axes to draw into, and the colours of everything that is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLACK, GREY = "#000000", "#8c8c8c"
BLUE, VERMILLION, GREEN, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9"
"""Okabe and Ito's palette, told apart under every common form of colour blindness."""


def axes_of(ax: Any, size: tuple[float, float] = (4.8, 3.2)) -> Axes:
    """`ax`, or the axes of a new figure of this size in inches.

    Raises:
        TypeError: for what cannot be drawn into.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> from perturbtheory import display
        >>> display.axes_of(None).get_figure().get_size_inches().tolist()
        [4.8, 3.2]
    """
    if ax is None:
        # Of pyplot, so that a notebook shows it.
        import matplotlib.pyplot as plt

        return plt.subplots(figsize=size, layout="constrained")[1]
    if not hasattr(ax, "plot") or not hasattr(ax, "set_xlabel"):
        msg = f"`ax` must be axes of matplotlib, got {ax!r}; pass plt.gca(), or nothing"
        raise TypeError(msg)
    return ax


def light_grid(ax: Axes) -> None:
    """A grid behind what is drawn, and no frame on the right and on top.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> from perturbtheory import display
        >>> axes = display.axes_of(None)
        >>> display.light_grid(axes)
        >>> axes.spines["top"].get_visible()
        False
    """
    ax.grid(visible=True, color="#e6e6e6", linewidth=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
