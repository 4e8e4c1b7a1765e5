"""The rule that turns checks into a verdict; nobody writes one down."""

import dataclasses
import functools
import time
import traceback
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from perturbtheory.ledger import _shown
from perturbtheory.ledger._claim import QUICK, Budget, Claim, Task
from perturbtheory.ledger._evidence import KINDS, REASONED, Check, Kind, Part, Witness
from perturbtheory.ledger._functions import place, said, shown_as
from perturbtheory.ledger._numbers import place_of
from perturbtheory.ledger._text import plain
from perturbtheory.ledger._typed import typed_in

Verdict = Literal[
    "proved",
    "certified",
    "argued",
    "supported",
    "refuted",
    "not reproduced",
    "inconclusive",
    "untested",
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
FAILED: tuple[Verdict, ...] = ("refuted", "not reproduced")
"""What a statement is not, with what stands against it."""
_MET: dict[Kind, Verdict] = {"proof": "proved", "certificate": "certified", "argument": "argued"}
_OWN = "the part's own function"
_ORDER = ("disagreement", *FAILED, "unknown", "holds")


@dataclass(frozen=True)
class Result:
    """What running a claim gave; everything but `parts` and `seconds` follows from `parts`.

    Example:
        >>> from perturbtheory import ledger
        >>> from perturbtheory import claims
        >>> result = ledger.run(claims.find(["A.gumbel-density"])[0])
        >>> result.verdict, result.counterexample is None
        ('refuted', False)
    """

    claim: Claim
    parts: tuple[Part, ...]
    seconds: float = 0.0

    @property
    def disagreement(self) -> bool:
        """Whether two routes to the same part contradict each other: a bug somewhere."""
        return any(part.outcome == "disagreement" for part in self.parts)

    @functools.cached_property
    def verdict(self) -> Verdict:
        """The rule for claims; see the head of `perturbtheory.ledger`."""
        outcomes = {part.outcome for part in self.parts}
        if not any(check.ran for part in self.parts for check in part.checks):
            return "untested"
        if self.disagreement:
            return "inconclusive"
        for failed in FAILED:
            if failed in outcomes:
                return failed
        if "unknown" in outcomes:
            return "inconclusive"
        weakest = KINDS[max(KINDS.index(part.kind) for part in self.parts)]
        return _MET.get(weakest, "supported")

    @property
    def decided(self) -> bool:
        """Whether the verdict is an answer; that a claim is refuted is one."""
        return self.verdict not in ("inconclusive", "untested")

    @property
    def waits(self) -> bool:
        """Whether all that is undecided are parts of which nothing was run."""
        undecided = [part for part in self.parts if part.outcome == "unknown"]
        not_run = (p.checks and not any(check.ran for check in p.checks) for p in undecided)
        return bool(undecided) and not self.disagreement and all(not_run)

    @property
    def steps(self) -> tuple[int, int]:
        """How many steps of its proofs a computation decided, and how many there are."""
        steps = [s for part in self.parts for check in part.checks for s in check.steps]
        return sum(step.outcome != "argued" for step in steps), len(steps)

    @property
    def counterexample(self) -> dict[str, Any] | None:
        """What stands against the parts that fail, of a claim refuted or not reproduced."""
        failing = (p for p in self.parts if p.outcome in FAILED)
        found = {p.name: p.counterexample for p in failing if p.counterexample}
        return found if self.verdict in FAILED else None

    @functools.cached_property
    def weakest(self) -> str:
        """The part that decides the verdict, and by which kind of evidence."""
        if self.verdict == "untested":
            return "not run" if any(part.checks for part in self.parts) else "no checks"
        deciding = min(_ORDER.index(part.outcome) for part in self.parts)
        ranked = [p for p in self.parts if p.outcome == _ORDER[deciding] and p.checks]
        if not ranked:
            return "a part without checks"
        part = max(ranked, key=lambda p: KINDS.index(p.kind))
        return f"{part.name}: {part.kind if part.outcome != 'disagreement' else 'routes disagree'}"

    def __repr__(self) -> str:
        return f"<Result {self.claim.id}: {self.verdict}; {plain(self.weakest)}>"

    def _repr_html_(self) -> str:
        return _shown.result(self)

    def to_json(self) -> dict[str, Any]:
        """A JSON object; no timings, so that equal results are equal files."""
        claim = self.claim
        return {
            "id": claim.id,
            "source": claim.source,
            "says": claim.says,
            "assumes": claim.assumes,
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
            "corrected_by": claim.corrected_by,
        }


def from_json(data: dict[str, Any], claim: Claim) -> Result:
    """The result that `to_json` wrote, for the claim it was about; the verdict is derived anew.

    Example:
        >>> from perturbtheory import ledger
        >>> from perturbtheory import claims
        >>> claim = claims.find(["A.gumbel-density"])[0]
        >>> result = ledger.run(claim)
        >>> ledger.from_json(result.to_json(), claim).verdict == result.verdict
        True
    """
    parts: dict[str, list[Check]] = {}
    for entry in data["checks"]:
        parts.setdefault(entry["part"], []).append(Check.from_json(entry))
    counterexamples = data["counterexample"] or {}
    return Result(claim, tuple(Part(n, tuple(c), counterexamples.get(n)) for n, c in parts.items()))


def run(claim: Claim, budget: Budget = QUICK, *, shared: dict[Any, Part] | None = None) -> Result:
    """Check every part of a claim; the verdict follows by rule.

    A part whose function raises keeps what it yielded before and is unknown: it says what was
    raised, and no other part is lost.

    Args:
        claim: the claim.
        budget: how much the sampled checks sample.
        shared: parts that were checked before, to which those of this claim are added; a function
            that serves several claims with the same arguments is called once for all of them.

    Example:
        >>> from perturbtheory import ledger
        >>> from perturbtheory import claims
        >>> ledger.run(claims.find(["A.gumbel-density"])[0]).verdict
        'refuted'
    """
    start = time.perf_counter()
    shared = {} if shared is None else shared
    parts = tuple(_shared(task, budget, shared) for task in claim.tasks)
    return Result(claim, parts, time.perf_counter() - start)


def _shared(task: Task, budget: Budget, shared: dict[Any, Part]) -> Part:
    # The function and what it is given live as long as the claim: identity tells them apart.
    given = tuple((name, id(value)) for name, value in task.given.items())
    key = (id(task.function), given, budget)
    if key not in shared:
        shared[key] = _part(task, budget)
    return dataclasses.replace(shared[key], name=task.name)


def _part(task: Task, budget: Budget) -> Part:
    checks: list[Check] = []
    counterexample: dict[str, Any] = {}
    try:
        for evidence in task.evidence(budget):
            if isinstance(evidence, Witness):
                counterexample |= evidence.data
            elif isinstance(evidence, Check):
                checks.append(evidence)
            else:
                checks.append(_stray(evidence))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # skipped, cancelled and exited too
        line = line_in(place(task.function)[0], error)
        checks.append(Check(_OWN, "numerical", "unknown", said(error), line))
    checks.extend([*_repeated(checks), *_made_by_hand(checks), *_written_down(task)])
    # The numbers are compared by now, and may be large.
    checks = [dataclasses.replace(check, compared=None) for check in checks]
    made = Part(task.name, tuple(checks), counterexample or None)
    return made if made.outcome in FAILED else Part(task.name, made.checks)


def _repeated(checks: list[Check]) -> Iterator[Check]:
    """What undecides a part of which two routes compare the same two objects: they are one."""
    routes: dict[frozenset[Hashable], Check] = {}
    for check in checks:
        if check.compared is None or all(isinstance(n, int) for n in check.compared):
            continue
        first = routes.setdefault(frozenset(map(place_of, check.compared)), check)
        if first.way != check.way:
            told = (
                f"{first.route!r} and {check.route!r} compare the same numbers, computed once; "
                "let each compute its own"
            )
            yield Check(_OWN, "numerical", "unknown", told)


def _made_by_hand(checks: list[Check]) -> Iterator[Check]:
    """What undecides a part of which a check of numbers was made without any."""
    for check in checks:
        known = check.compared is not None or check.kind in (*REASONED, "experiment")
        if not known and check.route != _OWN:
            told = f"{check.route!r} compares no numbers; make it with `agree` or `positive`"
            yield Check(_OWN, "numerical", "unknown", told)


def _written_down(task: Task) -> Iterator[Check]:
    """What undecides a part whose function says itself that something is true."""
    for line in typed_in(task.function, task.given):
        told = (
            "a truth value is typed in, which decides nothing; compute it, or give the reason "
            "with `argued`"
        )
        yield Check(_OWN, "numerical", "unknown", told, f"line {line}")


def line_in(file: str, error: BaseException) -> str:
    """The last line of a file that an error went through, in words; nothing if it met none."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    return f"line {lines[-1]}" if lines else ""


def _stray(evidence: Any) -> Check:
    got = shown_as(evidence)
    told = f"yields checks and witnesses alone, got {got}; wrap it in `exact` or `agree`"
    return Check(_OWN, "numerical", "unknown", told)
