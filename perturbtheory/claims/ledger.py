"""What a claim is, and the rule that turns its checks into a verdict.

A claim is a conjunction of parts; a part is one sub-statement with checks by independent routes.

    part:  all routes hold -> holds;  all fail -> refuted;  hold and fail mixed -> disagreement;
           anything unknown, or fewer than two routes -> unknown
    claim: any part in disagreement -> inconclusive, flagged;  any refuted -> refuted;
           any unknown -> inconclusive;  none -> untested;  otherwise as strong as its weakest part:
           proved, certified or supported

Nobody writes a verdict down; a refutation counts only with its counterexample as data.
"""

import difflib
import inspect
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from perturbtheory.claims.evidence import KINDS, Check, Kind, Part

Verdict = Literal["proved", "certified", "supported", "refuted", "inconclusive", "untested"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_MET: dict[Kind, Verdict] = {"proof": "proved", "certificate": "certified"}


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
class Claim:
    """A statement of a paper or of this package, with the function that checks it.

    Attributes:
        id: permanent name; a statement that mends a refuted one is `<id>.corrected`.
        source: paper and number.
        statement: in words, as printed.
        latex: the same in LaTeX.
        assumptions: under which it is read and checked.
        check: returns the parts, checked within a budget.
        corrected: id of the claim that states the truth, for a claim that is refuted.
        depends_on: ids of the claims that the checks rely on.
    """

    id: str
    source: str
    statement: str
    latex: str
    assumptions: str
    check: Callable[[Budget], Sequence[Part]] = field(compare=False)
    corrected: str | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What running a claim gave; everything but `parts` and `seconds` follows from `parts`."""

    claim: Claim
    parts: tuple[Part, ...]
    seconds: float = 0.0

    @property
    def disagreement(self) -> bool:
        """Whether two routes to the same part contradict each other: a bug somewhere."""
        return any(part.outcome == "disagreement" for part in self.parts)

    @property
    def verdict(self) -> Verdict:
        """The rule for claims; see the head of this module."""
        outcomes = {part.outcome for part in self.parts}
        if not outcomes or not any(part.checks for part in self.parts):
            return "untested"
        if self.disagreement:
            return "inconclusive"
        if "refuted" in outcomes:
            return "refuted"
        if "unknown" in outcomes:
            return "inconclusive"
        weakest = KINDS[max(KINDS.index(part.kind) for part in self.parts)]
        return _MET.get(weakest, "supported")

    @property
    def counterexample(self) -> dict[str, Any] | None:
        """Counterexamples by part, for a refuted claim."""
        found = {p.name: p.counterexample for p in self.parts if p.outcome == "refuted"}
        return found if self.verdict == "refuted" else None

    @property
    def weakest(self) -> str:
        """The part that decides the verdict, and by which kind of evidence."""
        order = ("disagreement", "refuted", "unknown", "holds")
        if self.verdict == "untested":
            return "no checks"
        deciding = min(order.index(part.outcome) for part in self.parts)
        ranked = [p for p in self.parts if p.outcome == order[deciding] and p.checks]
        if not ranked:
            return "a part without checks"
        part = max(ranked, key=lambda p: KINDS.index(p.kind))
        return f"{part.name}: {part.kind if part.outcome != 'disagreement' else 'routes disagree'}"

    def to_json(self) -> dict[str, Any]:
        """A JSON object; no timings, so that equal results are equal files."""
        claim = self.claim
        return {
            "id": claim.id,
            "source": claim.source,
            "statement": claim.statement,
            "latex": claim.latex,
            "assumptions": claim.assumptions,
            "depends_on": list(claim.depends_on),
            "verdict": self.verdict,
            "disagreement": self.disagreement,
            "weakest": self.weakest,
            "checks": [
                {"part": part.name, **check.to_json()}
                for part in self.parts
                for check in part.checks
            ],
            "counterexample": self.counterexample,
            "corrected": claim.corrected,
        }


def from_json(data: dict[str, Any], claim: Claim) -> Result:
    """The result that `to_json` wrote, for the claim it was about; the verdict is derived anew."""
    parts: dict[str, list[Check]] = {}
    for entry in data["checks"]:
        parts.setdefault(entry["part"], []).append(Check.from_json(entry))
    counterexamples = data["counterexample"] or {}
    return Result(claim, tuple(Part(n, tuple(c), counterexamples.get(n)) for n, c in parts.items()))


REGISTRY: dict[str, Claim] = {}
"""Every claim by id, in the order of the papers."""
_KEYS = {
    "Statement": "statement",
    "LaTeX": "latex",
    "Source": "source",
    "Assumptions": "assumptions",
}


def claim(
    id: str,  # noqa: A002
    *,
    corrected: str | None = None,
    depends_on: tuple[str, ...] = (),
) -> Callable[[Callable[[Budget], Sequence[Part]]], Claim]:
    """Register a function as the check of a claim whose text is the function's docstring.

    The docstring has the paragraphs Statement, LaTeX, Source, Assumptions and Computed, in this
    order, each opened by its name and a colon.
    """

    def register(function: Callable[[Budget], Sequence[Part]]) -> Claim:
        text = _paragraphs(id, inspect.getdoc(function) or "")
        made = Claim(id=id, check=function, corrected=corrected, depends_on=depends_on, **text)
        if id in REGISTRY:
            msg = f"`id` must be new, got {id!r} twice; rename one of the claims"
            raise ValueError(msg)
        REGISTRY[id] = made
        return made

    return register


def _paragraphs(id: str, doc: str) -> dict[str, str]:  # noqa: A002
    found = [re.match(r"(\w+): +(.+)", p, re.DOTALL) for p in doc.split("\n\n")]
    names = [match[1] if match else None for match in found]
    if names != [*_KEYS, "Computed"]:
        msg = f"docstring of claim {id!r} must have paragraphs {[*_KEYS, 'Computed']}, has {names}"
        raise ValueError(msg)
    return {_KEYS[m[1]]: " ".join(m[2].split()) for m in found if m and m[1] in _KEYS}


def run(claim: Claim, budget: Budget = QUICK) -> Result:
    """Check every part of a claim; the verdict follows by rule."""
    start = time.perf_counter()
    parts = tuple(claim.check(budget))
    return Result(claim, parts, time.perf_counter() - start)


class UnknownClaim(ValueError):  # noqa: N818
    """An id that names no claim; the message says which come near."""


def find(ids: Iterable[str] = ()) -> list[Claim]:
    """The claims with these ids in the order given, all of them for no ids.

    Raises:
        UnknownClaim: naming the id and those most like it.
    """
    ids = list(dict.fromkeys(ids))
    for id_ in ids:
        if id_ not in REGISTRY:
            lower = {known.lower(): known for known in REGISTRY}
            near = [lower[n] for n in difflib.get_close_matches(id_.lower(), lower, 4, 0.4)]
            near += [k for k in REGISTRY if id_.lower() in k.lower() and k not in near][:4]
            hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(REGISTRY)}"
            msg = f"`CLAIM` must be the id of a claim, got {id_!r}; {hint}"
            raise UnknownClaim(msg)
    return [REGISTRY[id_] for id_ in ids] if ids else list(REGISTRY.values())
