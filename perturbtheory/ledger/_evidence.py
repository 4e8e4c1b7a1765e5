"""Evidence: a step of a proof, a check by one route, a part of a claim with checks by several."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from perturbtheory.checks import require_one_of

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
PartOutcome = Literal["holds", "refuted", "disagreement", "unknown"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""From the strongest to the weakest."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|"
    "psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
)
_NAME = re.compile(rf"([A-Za-z]|{_GREEK})(?:_(\d+|[A-Za-z]|{_GREEK}))?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(/\d+)?")


@dataclass(frozen=True)
class Step:
    """One step of a proof, kept as data so that a reader can follow and replay it.

    Attributes:
        says: what it states, in words and $LaTeX$.
        by: what decided it, such as "sympy"; for an argued step the reason or the theorem cited.
        outcome: what the machine decided, or "argued" where the reason is one in words.
    """

    says: str
    by: str
    outcome: Outcome | Literal["argued"]


@dataclass(frozen=True)
class Check:
    """One route to one part: what it is, how strong, what came out and on which grounds.

    Attributes:
        route: the way to the answer; two checks of a part count as two only if theirs differ.
        kind: how strong the evidence is.
        outcome: what came out.
        detail: what was compared, or the cases that were decided.
        measured: how near it was; it may differ between machines and is not compared with records.
        steps: those of a proof.
    """

    route: str
    kind: Kind
    outcome: Outcome
    detail: str = ""
    measured: str = field(default="", compare=False)
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.route, str) or not self.route.strip():
            msg = f"`route` must be the name of a way to the answer, got {self.route!r}; name it"
            raise ValueError(msg)
        require_one_of("kind", self.kind, KINDS)
        require_one_of("outcome", self.outcome, OUTCOMES)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return vars(self) | {"steps": [vars(step) for step in self.steps]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Check":
        """The check that `to_json` wrote."""
        fields = {k: data[k] for k in ("route", "kind", "outcome", "detail", "measured")}
        return cls(**fields, steps=tuple(Step(**step) for step in data["steps"]))


@dataclass(frozen=True)
class Witness:
    """A counterexample as data; it counts only for a part that is refuted."""

    data: dict[str, Any]


Evidence = Check | Witness


@dataclass(frozen=True)
class Part:
    """One sub-statement, its checks, and the counterexample that refutes it where one does."""

    name: str
    checks: tuple[Check, ...]
    counterexample: dict[str, Any] | None = None

    @property
    def outcome(self) -> PartOutcome:
        """The rule for parts; see the head of `perturbtheory.ledger`."""
        outcomes = {check.outcome for check in self.checks}
        if {"holds", "fails"} <= outcomes:
            return "disagreement"
        if "unknown" in outcomes or self.ways < 2:
            return "unknown"
        if outcomes == {"fails"}:
            return "refuted" if self.counterexample else "unknown"
        return "holds"

    @property
    def ways(self) -> int:
        """How many routes there are: one under two names is one, and so is one proof."""
        names = {check.route.strip().casefold() for check in self.checks}
        proofs = {check.steps or check.route for check in self.checks}
        return min(len(names), len(proofs))

    @property
    def lacks(self) -> str:
        """What its author can add to decide it: a route, or the counterexample."""
        if self.ways < 2:
            return (
                "one route decides nothing; yield a check by another, of another name and grounds"
            )
        if {check.outcome for check in self.checks} == {"fails"} and not self.counterexample:
            return "every route fails, and no counterexample is kept; yield a `witness`"
        return ""

    @property
    def kind(self) -> Kind:
        """The strongest kind among the checks."""
        return KINDS[min(KINDS.index(check.kind) for check in self.checks)]


def in_words(value: Any) -> str:
    """A value of a counterexample as text: lists as tuples, mappings as key = value.

    Numbers and names are mathematics, see `quantity`; what consists of formulas is one formula.
    """
    if isinstance(value, list | tuple):
        return _filled(f"({', '.join(['{}'] * len(value))})", *map(in_words, value))
    if isinstance(value, Mapping):
        pairs = ((quantity(str(key)), in_words(v)) for key, v in value.items())
        return ", ".join(_filled("{} = {}", *pair) for pair in pairs)
    text = str(value)
    return f"${text}$" if _NUMBER.fullmatch(text) else text


def _filled(template: str, *texts: str) -> str:
    if texts and all(re.fullmatch(r"\$[^$]+\$", text) for text in texts):
        return f"${template.format(*(text[1:-1] for text in texts))}$"
    return template.format(*texts)


def quantity(name: str) -> str:
    r"""The name of a quantity: `theta` and `p_1` are $\theta$ and $p_1$, words stay words."""
    found = _NAME.fullmatch(name)
    if not found:
        return name
    letter, index = (
        f"\\{part}" if len(part) > 1 and part.isalpha() else part for part in found.groups("")
    )
    return f"${letter}_{{{index}}}$" if index else f"${letter}$"
