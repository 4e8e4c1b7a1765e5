"""How a subdifferential shows itself: a point or a polytope, for three categories as a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.display import (
    BLUE,
    Html,
    array,
    axes_of,
    block,
    line,
    outward,
    quiet,
    table,
    ternary,
    words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEW = 6
"""Up to so many coordinates all vertices and bounds are shown."""
_SIDE = 180.0
"""Pixels of a side of the triangle."""


class ShownSet:
    """Text, HTML and picture of a `Subdifferential`."""

    fixed: np.ndarray
    tolerance: float
    is_singleton: Any
    is_exact: Any
    dimension: Any
    vertices: Any
    bounds: Any

    def __repr__(self) -> str:
        return f"Subdifferential({self._what()}{self._where()})"

    def _repr_html_(self) -> str:
        parts = [line(words(r"$\partial f(\theta)$:"), self._what())]
        if len(self.fixed) <= _FEW:
            vertices = self.vertices()
            if len(self.fixed) == 3:
                parts.append(_svg(vertices))
            if not self.is_singleton:
                rows = [(f"$p_{{{i}}}$", *ends) for i, ends in self._ends()]
                parts.append(table(("", "least", "most"), rows))
                shown = ", ".join(array(v) for v in vertices[:_FEW])
                more = f" and {len(vertices) - _FEW} more" if len(vertices) > _FEW else ""
                parts.append(line(quiet(f"vertices{self._about(vertices)}: {shown}{more}")))
        return block(*parts)

    def plot(self, ax: Axes | None = None) -> Axes:
        r"""The set in the triangle of probabilities for d = 3, on the line of p_1 for d = 2.

        Args:
            ax: axes to draw into; those of a new figure by default.

        Returns:
            The axes.

        Raises:
            ValueError: for another number of categories than 2 and 3.

        Example:
            >>> import matplotlib; matplotlib.use("Agg")
            >>> import perturbtheory as pt
            >>> found = pt.expected_max(pt.Discrete([-1, 1])).subdifferential([0, 0, 2])
            >>> axes = found.plot()
            >>> axes.get_title()
            '$\\partial f(\\theta)$, dimension 2'
        """
        d = len(self.fixed)
        if d not in (2, 3):
            msg = (
                f"`d` must be 2 or 3 to be drawn, got {d}: a line or a triangle; use `bounds()`, "
                "`vertices()` or `support(v)`, which serve any d"
            )
            raise ValueError(msg)
        vertices = np.asarray(self.vertices(), float)
        title = rf"$\partial f(\theta)$, dimension {self.dimension}"
        if d == 2:
            axes = axes_of(ax, (4.8, 1.4))
            p = np.sort(vertices[:, 0])
            axes.plot(p, 0 * p, "o-", color=BLUE, lw=3, clip_on=False)
            axes.set(xlim=(0, 1), yticks=[], xlabel="$p_1$", title=title)
            for side in ("left", "right", "top"):
                axes.spines[side].set_visible(False)
            return axes
        axes = axes_of(ax, (4.2, 4.0))
        ternary.shares(axes)
        if len(vertices) > 2:
            ternary.polygon(axes, ternary.ordered(vertices), color=BLUE, alpha=0.35)
        outline = ternary.ordered(vertices)
        ternary.line(axes, outline, "o-", closed=True, color=BLUE, lw=1.6, ms=4, zorder=4)
        ternary.simplex(axes)
        axes.set_title(title, fontsize=10)
        return axes

    def _what(self) -> str:
        d = len(self.fixed)
        exact = ", exact" if self.is_exact else ""
        if self.is_singleton:
            return f"one point, d = {d}{exact}{self._about(self.fixed)}: {array(self.fixed)}"
        return f"a polytope of dimension {self.dimension}, d = {d}{exact}"

    def _where(self) -> str:
        if self.is_singleton or len(self.fixed) > _FEW:
            return ""
        shown = ", ".join(f"p_{i} in [{least}, {most}]" for i, (least, most) in self._ends())
        return f": {shown}"

    def _ends(self) -> list[tuple[int, tuple[str, str]]]:
        """The bounds as text, which no point of the set is outside of."""
        pairs = zip(*(ends.tolist() for ends in self.bounds()), strict=True)
        return [(i, outward(a, b, self.tolerance)) for i, (a, b) in enumerate(pairs, 1)]

    def _about(self, points: np.ndarray) -> str:
        """What says that the four digits that are shown are not all."""
        entries = np.ravel(points).tolist()
        moved = [abs(float(f"{x:.4g}") - x) for x in entries if isinstance(x, float)]
        return ", rounded" if max(moved, default=0.0) > self.tolerance else ""


def _svg(vertices: np.ndarray) -> Html:
    """The set in the triangle, in the colour of the notebook's own text."""

    def at(p: np.ndarray) -> tuple[float, float]:
        x, y = ternary.point(p)
        return _SIDE * (x + 0.5) + 25, _SIDE * (math.sqrt(3) / 3 - y) + 22

    def listed(points: Any) -> str:
        return " ".join(f"{x:.2f},{y:.2f}" for x, y in map(at, points))

    corners = np.eye(3)
    inside = ternary.ordered(np.asarray(vertices, float))
    names = "".join(
        f'<text x="{x + dx:.0f}" y="{y + dy:.0f}" text-anchor="middle" fill="currentColor" '
        f'font-size="12">e{i}</text>'
        for i, ((x, y), (dx, dy)) in enumerate(
            zip(map(at, corners), ((-12, 10), (12, 10), (0, -7)), strict=True), 1
        )
    )
    dots = "".join(
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="3.5" fill="#0072B2"></circle>'
        for x, y in map(at, inside)
    )
    return Html(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIDE + 50:.0f}" '
        f'height="{_SIDE * 0.87 + 42:.0f}" role="img" aria-label="the set of subgradients">'
        f'<polygon points="{listed(corners)}" fill="none" stroke="currentColor"></polygon>'
        f'<polygon points="{listed(inside)}" fill="#0072B2" fill-opacity="0.35" '
        f'stroke="#0072B2" stroke-width="2"></polygon>{dots}{names}</svg>'
    )
