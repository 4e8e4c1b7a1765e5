"""How a training run shows itself: its best epochs, and losses and bounds by epoch."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from perturbtheory.display import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    SKY,
    VERMILLION,
    axes_of,
    block,
    light_grid,
    line,
    number,
    table,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, SKY)


def text(found: Any) -> str:
    """How many epochs in which time, and the lowest validation numbers."""
    best = ", ".join(f"{name} {value} in epoch {n}" for name, value, n in _best(found))
    epochs = len(found.history)
    seconds = f"{sum(found.seconds):.1f} s"
    head = f"{epochs} {'epoch' if epochs == 1 else 'epochs'} in {seconds}"
    return f"Trained({head}{'; lowest on validation images: ' if best else ''}{best})"


def html(found: Any) -> str:
    """The lowest validation numbers, and the last ones."""
    rows = [
        (name, value, f"{epoch}", _number(found.history[-1].validation, name))
        for name, value, epoch in _best(found)
    ]
    head = f"{len(found.history)} epochs in {sum(found.seconds):.1f} s"
    return block(line(head), table(("on validation images", "lowest", "in epoch", "last"), rows))


def plotted(found: Any, ax: Any) -> Axes:
    """The training loss and every validation number by epoch, the best one marked."""
    if not found.history:
        msg = "`history` must have an epoch to be drawn, got []; train for one at least"
        raise ValueError(msg)
    axes = axes_of(ax)
    epochs = range(1, len(found.history) + 1)
    losses = [epoch.loss for epoch in found.history]
    axes.plot(epochs, losses, color=BLACK, lw=1.2, label="training loss")
    for (name, best), colour in zip(
        found.best_epoch.items(), itertools.cycle(_COLOURS), strict=False
    ):
        values = [float(getattr(epoch.validation, name)) for epoch in found.history]
        axes.plot(epochs, values, color=colour, lw=1.6, label=f"validation, {name}")
        axes.plot([best], [values[best - 1]], "o", color=colour, ms=4)
    axes.set(xlabel="epoch", ylabel="nats")
    axes.legend(frameon=False, fontsize=8)
    light_grid(axes)
    return axes


def _best(found: Any) -> list[tuple[str, str, int]]:
    """(criterion, lowest validation number, its epoch)."""
    return [
        (name, _number(found.history[epoch - 1].validation, name), epoch)
        for name, epoch in found.best_epoch.items()
        if 0 < epoch <= len(found.history)
    ]


def _number(validation: Any, name: str) -> str:
    return number(getattr(validation, name, "?"))
