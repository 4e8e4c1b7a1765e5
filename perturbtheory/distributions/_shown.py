"""How a distribution shows itself: as it is made, and one row by its numbers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from perturbtheory.display import (
    block,
    code,
    exact_array,
    html_of_node,
    line,
    number,
    table,
    text_of_node,
)
from perturbtheory.numerics import is_known

_FEW = 8
"""Up to so many categories all are listed."""


class Shown:
    """Text and HTML of a distribution."""

    noise: Any
    theta: Any
    probs: Any

    @text_of_node
    def __repr__(self) -> str:
        _, _, *others = dataclasses.fields(self)  # pyright: ignore[reportArgumentType]
        settings = [f"{f.name}={exact_array(getattr(self, f.name))}" for f in others]
        inside = ", ".join([repr(self.noise), exact_array(self.theta), *settings])
        return f"{type(self).__name__}({inside})"

    @html_of_node
    def _repr_html_(self) -> str:
        parts = [line(code(repr(self)))]
        if is_known(self.theta) and self.theta.ndim == 1 and self.theta.size <= _FEW:
            head, rows = self._table()
            parts.append(table(head, [tuple(map(number, row)) for row in rows]))
        return block(*parts)

    def _table(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """The head and the rows, one per category."""
        return ("category", "probability"), list(enumerate(np.asarray(self.probs, float)))
