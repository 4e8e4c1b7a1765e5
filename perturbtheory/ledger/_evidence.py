"""Evidence: a step of a proof, a check by one route, a part of a claim with checks by several."""

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import sympy as sp

from perturbtheory.checks import require_one_of
from perturbtheory.display import block
from perturbtheory.ledger import _shown
from perturbtheory.ledger._sides import require_two_sides, sides
from perturbtheory.ledger._text import plain
from perturbtheory.ledger._words import folded

Kind = Literal[
    "proof",
    "certificate",
    "argument",
    "closed form",
    "exact sum",
    "quadrature",
    "numerical",
    "quasi-monte-carlo",
    "monte-carlo",
    "experiment",
]
Outcome = Literal["holds", "fails", "unknown"]
PartOutcome = Literal["holds", "refuted", "not reproduced", "disagreement", "unknown"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""From the strongest to the weakest."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_FORMULA = re.compile(r"\$[^$]+\$(?=: |$)")
REASONED: tuple[Kind, ...] = KINDS[: KINDS.index("closed form")]


@dataclass(frozen=True)
class Step:
    """One step of a proof, kept as data so that a reader can follow and replay it.

    Attributes:
        says: what it states, in words and $LaTeX$.
        by: what decided it, such as "sympy"; for an argued step the reason or the theorem cited.
        outcome: what the machine decided, or "argued" where the reason is one in words.

    Example:
        >>> from perturbtheory import ledger
        >>> step = ledger.shown("$1 + 1 = 2$", 1 + 1 == 2)
        >>> step.outcome, step.by
        ('holds', 'sympy')
    """

    says: str
    by: str
    outcome: Outcome | Literal["argued"]

    def __post_init__(self) -> None:
        for name in ("says", "by"):
            object.__setattr__(self, name, folded(getattr(self, name)))
        require_one_of("outcome", self.outcome, (*OUTCOMES, "argued"))
        require_two_sides(self.says)

    @property
    def is_formula(self) -> bool:
        """Whether it states a formula and nothing else."""
        return _FORMULA.fullmatch(self.says) is not None


@dataclass(frozen=True)
class Check:
    """One route to one part: what it is, how strong, what came out and on which grounds.

    Attributes:
        route: the way to the answer; checks of one route are its cases.
        kind: how strong the evidence is.
        outcome: what came out.
        detail: what was compared, or the cases that were decided.
        measured: how near it was; it may differ between machines and is not compared with records.
        steps: those of a proof.
        ran: false for an experiment that is stated and was not carried out.
        compared: the two sides of a comparison, while the part is checked.

    Example:
        >>> from perturbtheory import ledger
        >>> check = ledger.agree("two sums", 0.1 + 0.2, 0.3)
        >>> check.kind, check.outcome
        ('numerical', 'holds')
    """

    route: str
    kind: Kind
    outcome: Outcome
    detail: str = ""
    measured: str = field(default="", compare=False)
    steps: tuple[Step, ...] = ()
    ran: bool = True
    compared: tuple[Any, Any] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        route = self.route
        if not isinstance(route, str) or not route.strip() or not route.isprintable():
            msg = f"`route` must be the name of a way to the answer, got {route!r}; name it"
            raise ValueError(msg)
        require_one_of("kind", self.kind, KINDS)
        require_one_of("outcome", self.outcome, OUTCOMES)
        object.__setattr__(self, "detail", folded(self.detail))
        object.__setattr__(self, "steps", tuple(self.steps))
        if not all(isinstance(step, Step) for step in self.steps):
            msg = f"`steps` of {route!r} must be steps, got {self.steps!r}; make them with `shown`"
            raise ValueError(msg)
        if not self.ran and (self.kind, self.outcome) != ("experiment", "unknown"):
            msg = (
                f"`ran` of {route!r} must be true of a {self.kind} that {self.outcome}: what was "
                "not carried out is an experiment and unknown; make it with `not_run`"
            )
            raise ValueError(msg)
        if self.kind in REASONED and not self._has_grounds:
            msg = (
                f"`steps` of {route!r} must be the grounds of a {self.kind} that {self.outcome}, "
                f"got {self.steps!r}; make it with `exact`, which says what follows from what"
            )
            raise ValueError(msg)

    @property
    def _has_grounds(self) -> bool:
        """Whether kind and outcome follow from the steps, or from the cases of a certificate."""
        decided: list[Outcome] = [step.outcome for step in self.steps if step.outcome != "argued"]
        if self.kind == "certificate" and not self.steps:
            return bool(self.detail.strip())
        if self.kind == "argument":
            return bool(self.steps) and not decided and self.outcome == "holds"
        return bool(decided) and self.outcome == every(decided)

    @property
    def way(self) -> str:
        """The route by which it counts: experiments share data and code, and are one."""
        name = unicodedata.normalize("NFKC", self.route).casefold()
        return "experiment" if self.kind == "experiment" else folded(name)

    def __repr__(self) -> str:
        told = ": ".join(filter(None, (self.detail, self.measured)))
        return plain(f"<Check {self.outcome}: {self.route} ({self.kind}){told and f': {told}'}>")

    def _repr_html_(self) -> str:
        return block(_shown.check(self))

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `ran` is there only if it is false."""
        data = vars(self) | {"steps": [vars(step) for step in self.steps]}
        del data["compared"]
        return {key: value for key, value in data.items() if key != "ran" or not value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Check":
        """The check that `to_json` wrote; of one that is none any more, what is wrong with it."""
        try:
            fields = {k: data[k] for k in ("route", "kind", "outcome", "detail", "measured")}
            steps = tuple(Step(**step) for step in data["steps"])
            return cls(**fields, steps=steps, ran=data.get("ran", True))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            told = f"recorded, and no evidence: {type(error).__name__}: {error}"
            return cls(f"the record of {data.get('route')!r}", "numerical", "unknown", told)


@dataclass(frozen=True)
class Witness:
    """A counterexample, or what an experiment found instead, as data.

    It counts only for a part that is refuted or not reproduced.

    Example:
        >>> from perturbtheory import ledger
        >>> ledger.Witness({"t": 2}).data
        {'t': 2}
    """

    data: dict[str, Any]


Evidence = Check | Witness


@dataclass(frozen=True)
class Part:
    """One sub-statement, its checks, and what stands against it where something does.

    Example:
        >>> from perturbtheory import ledger
        >>> check = ledger.exact("by cases", True, cases="n = 1")
        >>> ledger.Part("the first case", (check,)).outcome
        'unknown'
    """

    name: str
    checks: tuple[Check, ...]
    counterexample: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return plain(f"<Part {self.outcome}: {self.name}, {len(self.checks)} checks>")

    def _repr_html_(self) -> str:
        return block(_shown.part(self))

    @functools.cached_property
    def outcome(self) -> PartOutcome:
        """The rule for parts; see the head of `perturbtheory.ledger`."""
        outcomes = set(self.routes.values())
        if {"holds", "fails"} <= outcomes:
            return "disagreement"
        if "unknown" in outcomes or (self.ways < 2 and not self.tried_alone):
            return "unknown"
        if outcomes == {"fails"}:
            if self.tried_alone:
                return "not reproduced"
            return "refuted" if self.counterexample else "unknown"
        return "holds"

    @property
    def routes(self) -> dict[str, Outcome]:
        """What each route says: a case that fails is enough to fail."""
        cases: dict[str, list[Outcome]] = {}
        for check in self.checks:
            cases.setdefault(check.way, []).append(check.outcome)
        return {way: every(outcomes) for way, outcomes in cases.items()}

    @property
    def tried_alone(self) -> bool:
        """Whether experiments are all that there is: one route, which decides what it can."""
        return bool(self.checks) and all(check.kind == "experiment" for check in self.checks)

    @functools.cached_property
    def ways(self) -> int:
        """How many routes there are: one under two names is one, and so is one proof.

        A proof that decides all that another does, and more, is that other one.
        """
        proofs = {_decided(check.steps) for check in self.checks if check.steps}
        least = [one for one in proofs if not any(other < one for other in proofs)]
        others = {check.way for check in self.checks if not check.steps}
        return min(len(self.routes), len(least) + len(others))

    @property
    def lacks(self) -> str:
        """What its author can add to decide it: a route, or the counterexample."""
        if self.ways < 2 and not self.tried_alone:
            return (
                "one route decides nothing; yield a check by another, of another name and grounds"
            )
        failing = set(self.routes.values()) == {"fails"} and not self.tried_alone
        if failing and not self.counterexample:
            return "every route fails, and no counterexample is kept; yield a `witness`"
        return ""

    @property
    def kind(self) -> Kind:
        """The strongest kind among the checks."""
        return KINDS[min(KINDS.index(check.kind) for check in self.checks)]


def every(outcomes: Iterable[bool | Outcome]) -> Outcome:
    """Whether all hold: one that fails is enough to fail, and of none nothing is decided.

    Example:
        >>> every(k * k >= k for k in range(5)), every(k > 0 for k in range(0))
        ('holds', 'unknown')
    """
    found = {outcome_of("outcomes", outcome) for outcome in outcomes}
    return "fails" if "fails" in found else "holds" if found == {"holds"} else "unknown"


def outcome_of(name: str, true: Any) -> Outcome:
    """A truth value, or an outcome, as an outcome; `name` is what an error calls it."""
    for outcome in OUTCOMES:
        if isinstance(true, str) and true == outcome:
            return outcome
    single = getattr(true, "shape", None) == () and str(getattr(true, "dtype", "")) == "bool"
    if not single and not isinstance(true, bool | type(sp.true) | type(sp.false)):
        msg = (
            f"`{name}` must be True, False or one of {', '.join(OUTCOMES)}, got {true!r}; "
            "call every(...) on several"
        )
        raise ValueError(msg)
    return "holds" if true else "fails"


def _decided(steps: Iterable[Step]) -> frozenset[str]:
    """What a proof decided, by its formulas: one equation in other words is the same one."""
    steps = tuple(steps)
    decided = [step.says for step in steps if step.outcome != "argued"]
    says = decided or [step.says for step in steps]
    return frozenset(
        " = ".join(sides(f[0])) if (f := _FORMULA.match(text)) else text for text in says
    )
