"""What a property checker returns: an outcome, by how much, what shows it, and how it was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from perturbtheory.display import array, badge, block, line, number, plain_repr, quiet, table

Outcome = Literal["holds", "fails", "unknown"]


@dataclass(frozen=True)
class Check:
    """The answer of a property checker; true as a condition only if the property holds.

    Attributes:
        outcome: "holds", "fails" or "unknown"; unknown is never a pass.
        statement: the property that was asked for.
        margin: by how much it holds (> 0) or fails (< 0), in the unit the checker states;
            None where there is no such number.
        witness: numbers that anybody can replay: a collision, a flat direction, a probability
            out of reach, the parameter that reaches it.
        method: how the outcome was decided, and on which grounds.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Uniform())
        >>> found = properties.one_to_one(f, properties.whole_space(2))
        >>> found.outcome, bool(found), sorted(found.witness)
        ('fails', False, ['difference', 'p', 'tau', 'theta'])
    """

    outcome: Outcome
    statement: str
    method: str
    margin: float | None = None
    witness: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.outcome == "holds"

    def __repr__(self) -> str:
        parts = [f"{self.outcome}: {self.statement}"]
        if self.margin is not None:
            parts.append(f"margin {number(self.margin)}")
        if self.witness:
            parts.append(f"witness {witness_text(self.witness)}")
        return f"Check({'; '.join([*parts, self.method])})"

    def _repr_html_(self) -> str:
        return block(
            line(badge(str(self.outcome)), self.statement),
            *([line(f"margin {number(self.margin)}")] if self.margin is not None else []),
            *([witness_table(self.witness)] if self.witness else []),
            line(quiet(self.method)),
        )


def witness_text(witness: Mapping[str, Any]) -> str:
    """A witness on one line, without the vertices of the set that it is in."""
    return ", ".join(f"{k} = {_short(v)}" for k, v in witness.items() if k != "vertices")


def witness_table(witness: Mapping[str, Any]) -> str:
    """A witness as HTML, one number a row."""
    return table(("witness", ""), [(str(k), _short(v)) for k, v in witness.items()])


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray | list | tuple):
        return array(value)
    if isinstance(value, str | bool | int | float | np.generic):
        return number(value)
    return plain_repr(value)
