"""A claim is data; its parts are functions that yield evidence and may serve several claims."""

import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeVar

from perturbtheory.checks import require_count
from perturbtheory.ledger import _shown
from perturbtheory.ledger._evidence import Evidence
from perturbtheory.ledger._functions import code_of, place
from perturbtheory.ledger._words import folded

_serial = itertools.count()
_loads: list[int] = []
"""When the files were begun that are being loaded."""
PartFunction = Callable[..., Iterator[Evidence]]
_F = TypeVar("_F", bound=PartFunction)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CORRECTED = ".corrected"


@dataclass(frozen=True)
class Budget:
    """How much work the sampled and the gridded checks do; proofs do not depend on it.

    Attributes:
        name: "quick" or "full".
        samples: draws for every sampled number.
        points: parameters theta at which deterministic routes are compared.

    Example:
        >>> from perturbtheory import ledger
        >>> ledger.QUICK.name, ledger.FULL.samples > ledger.QUICK.samples
        ('quick', True)
    """

    name: str
    samples: int
    points: int

    def __post_init__(self) -> None:
        for name in ("samples", "points"):
            require_count(name, getattr(self, name))


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
        found = self.function(**given)
        if not isinstance(found, Iterable):
            msg = f"a part must yield its evidence, got {found!r} returned; write `yield` before it"
            raise TypeError(msg)
        return iter(found)


class Claim:
    """A statement of a paper, of this package or of yours, with the parts that check it.

    Attributes:
        id: permanent name; a statement that corrects a refuted one is `<id>.corrected`.
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
        depends_on: "str | Claim | Sequence[str | Claim]" = (),
        _frame: FrameType | None = None,
    ) -> None:
        frame = _frame or sys._getframe(1)
        if not isinstance(id, str) or not _ID.fullmatch(id):
            msg = f"`id` must be of letters, digits, dots and hyphens, got {id!r}; such as 'T.even'"
            raise ValueError(msg)
        self.id = id
        self.source = _text("source", id, source)
        self.says = _text("says", id, says)
        self.assumes = _text("assumes", id, assumes) if assumes else ""
        self.depends_on = _ids(id, depends_on)
        self.corrected_by: str | None = None
        self.module = frame.f_globals["__name__"]
        self.tasks: list[Task] = []
        self._place, self._serial = (frame.f_code.co_filename, frame.f_lineno), next(_serial)
        before = REGISTRY.get(id)
        if before and (
            before.module != self.module
            or _elsewhere(before._place, self._place)
            or _in_this_load(before._serial)
        ):
            msg = f"`id` must be new, got {id!r} twice; rename one of the claims"
            raise ValueError(msg)
        REGISTRY[id] = self

    def __repr__(self) -> str:
        return f"<Claim {self.id}: {self.source}>"

    def _repr_html_(self) -> str:
        return _shown.claim(self)

    def corrected(
        self,
        says: str,
        *,
        source: str = "",
        assumes: str | None = None,
        depends_on: "str | Claim | Sequence[str | Claim]" = (),
    ) -> "Claim":
        """The claim that states what is true instead; source and assumptions come with it."""
        made = Claim(
            f"{self.id}{_CORRECTED}",
            source or f"corrects {self.source}",
            says,
            assumes=self.assumes if assumes is None else assumes,
            depends_on=depends_on,
            _frame=sys._getframe(1),
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

        Raises:
            ValueError: for a name that another part of this claim has, in a loop too; that a cell
                of a notebook is run again is no other part.
        """
        name = _text("name", self.id, name)
        serial = next(_serial)

        def add(function: _F) -> _F:
            before = next((task for task in self.tasks if task.name == name), None)
            if before and (
                _is_one(before.function, function)
                or _elsewhere(place(before.function), place(function))
                or _in_this_load(before.serial)
            ):
                msg = (
                    f"`name` must be new in {self.id}, got {name!r} twice; rename one of the parts"
                )
                raise ValueError(msg)
            self.tasks = [task for task in self.tasks if task.name != name]
            self.tasks.append(Task(name, function, given, serial))
            self.tasks.sort(key=lambda task: task.serial)
            return function

        return add

    @property
    def is_correction(self) -> bool:
        """Whether it states what is true instead of another claim, so that it has to stand."""
        return self.id.endswith(_CORRECTED)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts."""
        return tuple(task.name for task in self.tasks)


REGISTRY: dict[str, Claim] = {}
"""Every claim that was made in this process, by id."""


def _text(name: str, id_: str, text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        msg = f"`{name}` of {id_!r} must be words and $LaTeX$, got {text!r}; write them in quotes"
        raise ValueError(msg)
    return folded(text)


def _ids(id_: str, given: Any) -> tuple[str, ...]:
    several = given if isinstance(given, list | tuple) else (given,)
    ids = tuple(getattr(other, "id", other) for other in several)
    if not all(isinstance(i, str) and _ID.fullmatch(i) and i != id_ for i in ids):
        msg = f"`depends_on` of {id_!r} must be other claims or their ids, got {given!r}; name them"
        raise ValueError(msg)
    return ids


def _is_one(one: Any, two: Any) -> bool:
    """Whether one definition made them, as in a loop; a cell that is run again has a new one."""
    codes = [code_of(function) or function for function in (one, two)]
    return codes[0] is codes[1]


def _in_this_load(serial: int) -> bool:
    """Whether it was made since the file was begun that is being loaded, if one is."""
    return bool(_loads) and serial > _loads[-1]


def _elsewhere(one: tuple[str, int], two: tuple[str, int]) -> bool:
    """Whether two lines of one file made them; a cell run again has its old line or a new file."""
    return one[0] == two[0] and one[1] != two[1]


def registered_by(make: Callable[[], object]) -> list[Claim]:
    """The claims that a call makes; one that takes the place of another is an error there.

    Example:
        >>> from perturbtheory import ledger
        >>> [claim.id for claim in ledger.registered_by(lambda: None)]
        []
    """
    before = dict(REGISTRY)
    _loads.append(next(_serial))
    try:
        make()
    finally:
        _loads.pop()
    return [claim for id_, claim in REGISTRY.items() if before.get(id_) is not claim]
