"""A claim is data; its parts are functions that yield evidence and may serve several claims."""

import inspect
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from perturbtheory.ledger._evidence import Evidence

_serial = itertools.count()
PartFunction = Callable[..., Iterator[Evidence]]
_F = TypeVar("_F", bound=PartFunction)


@dataclass(frozen=True)
class Budget:
    """How much work the sampled and the gridded checks do; proofs do not depend on it.

    Attributes:
        name: "quick" or "full".
        samples: draws for every sampled number.
        points: parameters theta at which deterministic routes are compared.
    """

    name: str
    samples: int
    points: int


QUICK = Budget("quick", samples=2**15, points=4)
FULL = Budget("full", samples=2**19, points=12)
BUDGETS = {budget.name: budget for budget in (QUICK, FULL)}


@dataclass(frozen=True)
class Task:
    """A part to be checked: its name, the function that yields the evidence, what that is given."""

    name: str
    function: PartFunction
    given: dict[str, Any] = field(default_factory=dict)
    serial: int = 0

    def evidence(self, budget: Budget) -> Iterator[Evidence]:
        """What the function yields; it gets the budget if it has a parameter of that name."""
        given = dict(self.given)
        if "budget" in inspect.signature(self.function).parameters:
            given["budget"] = budget
        return self.function(**given)


class Claim:
    """A statement of a paper, of this package or of yours, with the parts that check it.

    Attributes:
        id: permanent name; a statement that mends a refuted one is `<id>.corrected`.
        source: paper and number.
        says: the statement, in words and $LaTeX$.
        assumes: the assumptions and readings under which it is checked.
        depends_on: ids of the claims that the checks rely on.
        corrected_by: id of the claim that states what is true, for a claim that is refuted.
        module: where it is made; its parts stand there too.
        tasks: its parts, in the order in which they are written.
    """

    def __init__(
        self,
        id: str,  # noqa: A002
        source: str,
        says: str,
        *,
        assumes: str = "",
        depends_on: "str | Claim | tuple[str | Claim, ...]" = (),
        _module: str = "",
    ) -> None:
        self.id = id
        self.source = source
        self.says, self.assumes = (" ".join(text.split()) for text in (says, assumes))
        given = depends_on if isinstance(depends_on, tuple) else (depends_on,)
        self.depends_on = tuple(str(getattr(other, "id", other)) for other in given)
        self.corrected_by: str | None = None
        self.module = _module or sys._getframe(1).f_globals["__name__"]
        self.tasks: list[Task] = []
        if not self.says:
            msg = f"`says` of claim {id!r} must be a statement, got {says!r}"
            raise ValueError(msg)
        before = REGISTRY.get(id)
        if before is not None and before.module != self.module:
            msg = f"`id` must be new, got {id!r} twice; rename one of the claims"
            raise ValueError(msg)
        REGISTRY[id] = self

    def __repr__(self) -> str:
        return f"<Claim {self.id}: {self.source}>"

    def corrected(
        self,
        says: str,
        *,
        source: str = "",
        assumes: str | None = None,
        depends_on: "str | Claim | tuple[str | Claim, ...]" = (),
    ) -> "Claim":
        """The claim that states what is true instead; source and assumptions come with it."""
        made = Claim(
            f"{self.id}.corrected",
            source or f"corrects {self.source}",
            says,
            assumes=self.assumes if assumes is None else assumes,
            depends_on=depends_on,
            _module=self.module,
        )
        self.corrected_by = made.id
        return made

    def part(self, name: str, /, **given: Any) -> Callable[[_F], _F]:
        """Decorate the function that yields the evidence for one sub-statement.

        The function gets what is `given`, and the budget if it has a parameter `budget`. It may
        serve several parts and several claims: decorators stack.

        Args:
            name: the sub-statement, in words and $LaTeX$.
            given: arguments of the function.
        """
        serial = next(_serial)

        def add(function: _F) -> _F:
            self.tasks = [task for task in self.tasks if task.name != name]
            self.tasks.append(Task(name, function, given, serial))
            self.tasks.sort(key=lambda task: task.serial)
            return function

        return add

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts."""
        return tuple(task.name for task in self.tasks)


REGISTRY: dict[str, Claim] = {}
"""Every claim that was made in this process, by id."""


def registered_by(make: Callable[[], object]) -> list[Claim]:
    """The claims that a call makes."""
    before = dict(REGISTRY)
    make()
    return [claim for id_, claim in REGISTRY.items() if before.get(id_) is not claim]
