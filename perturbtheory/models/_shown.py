"""How fits show themselves: where they began and ended, and the objective on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.display import (
    BLUE,
    array,
    axes_of,
    block,
    light_grid,
    line,
    number,
    plain_repr,
    quiet,
    table,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEW = 8


def text(found: Any) -> str:
    """Seeds, steps and categories, and the mean objective at both ends."""
    logits, values = np.asarray(found.logits), np.asarray(found.objective)
    if values.ndim != 2 or not values.size or logits.ndim != 3:
        return f"Fitted(logits of shape {logits.shape}, objective of shape {values.shape})"
    seeds, steps = values.shape
    first, last = (number(values[:, at].mean()) for at in (0, -1))
    where = f"{seeds} {'seed' if seeds == 1 else 'seeds'}, {steps} steps, d = {logits.shape[-1]}"
    return f"Fitted({where}: mean objective from {first} to {last})"


def html(found: Any) -> str:
    """One row a seed: the objective at both ends and the last logits."""
    logits, values = np.asarray(found.logits), np.asarray(found.objective)
    if values.ndim != 2 or not values.size or logits.ndim != 3:
        return block(line(text(found)))
    rows = [
        (f"{n}", number(row[0]), number(row[-1]), array(path[-1]))
        for n, (row, path) in enumerate(zip(values[:_FEW], logits, strict=False))
    ]
    more = [line(quiet(f"and {len(values) - _FEW} more"))] if len(values) > _FEW else []
    headers = ("seed", "first objective", "last objective", "last logits")
    return block(line(text(found)), table(headers, rows), *more)


def plotted(found: Any, ax: Any) -> Axes:
    """The objective of every seed by iteration, and their mean."""
    values = np.asarray(found.objective)
    if values.ndim != 2 or not values.size:
        msg = (
            f"`objective` must have shape (seeds, steps), got {plain_repr(values.shape)}; fit again"
        )
        raise ValueError(msg)
    axes = axes_of(ax)
    steps = np.arange(values.shape[1])
    if len(values) > 1:
        axes.plot(steps, values.T, color=BLUE, alpha=0.25, lw=0.8)
    label = "objective" if len(values) == 1 else f"mean of {len(values)} seeds"
    axes.plot(steps, values.mean(0), color=BLUE, lw=1.6, label=label)
    axes.set(xlabel="iteration", ylabel="objective")
    axes.legend(frameon=False)
    light_grid(axes)
    return axes
