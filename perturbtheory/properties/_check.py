"""What a property checker returns: an outcome, by how much, what shows it, and how it was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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
    """

    outcome: Outcome
    statement: str
    method: str
    margin: float | None = None
    witness: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.outcome == "holds"
