"""Laws of a claim: each part is decided, again and with other draws, and rests on what stands."""

import functools
import json

from perturbtheory.ledger import (
    FAILED,
    QUICK,
    REGISTRY,
    STANDING,
    Budget,
    Claim,
    Result,
    from_json,
    rests_on,
    run,
    unsound,
)
from perturbtheory.report import to_html
from perturbtheory.testing.laws._defects import Defect, ensure
from perturbtheory.testing.laws._law import Law, Need, law

_LESS = Budget("less", samples=2**13, points=2)
_CORRECTION = Need(
    "claims that correct another", lambda c: c.is_correction, "it corrects no other claim"
)
_PREMISES = Need("claims that rest on others", lambda c: bool(c.depends_on), "it rests on no other")


def result(claim: Claim, budget: Budget = QUICK) -> Result:
    """What running it gives, once for all laws as long as its parts stay the same."""
    return _result(claim, tuple(task.serial for task in claim.tasks), budget)


@functools.lru_cache(maxsize=64)
def _result(claim: Claim, parts: tuple[int, ...], budget: Budget) -> Result:
    del parts
    return run(claim, budget)


@law("parts", r"n \ge 1")
def parts(claim: Claim) -> None:
    """It has a part, and each part yields evidence that was carried out."""
    ensure("it has no parts; decorate a function that yields evidence", bool(claim.tasks))
    for part in result(claim).parts:
        ensure(f"the part {part.name!r} yields nothing", bool(part.checks))
        ran = any(check.ran for check in part.checks)
        ensure(f"nothing of the part {part.name!r} was carried out", ran)


@law("verdict", r"\text{proved, certified, argued, supported, refuted or not reproduced}")
def verdict(claim: Claim) -> None:
    """Its verdict is an answer: it stands or fails, and is not inconclusive or untested."""
    found = result(claim)
    ensure(f"it is {found.verdict}, by {found.weakest}", found.decided)


@law("repeatable", r"\text{run}() = \text{run}()")
def repeatable(claim: Claim) -> None:
    """Running it again gives the same evidence to the last digit."""
    first, again = result(claim).to_json(), run(claim, QUICK).to_json()
    for name, value in first.items():
        if again[name] != value:
            words = f"`{name}` is another one when it is run again; fix the seeds of its draws"
            raise Defect(words)


@law("fewer draws", r"\text{verdict is no accident of a budget}")
def fewer_draws(claim: Claim) -> None:
    """With fewer draws and points it gets the same verdict, or one that is no answer."""
    full, less = result(claim), run(claim, _LESS)
    same = less.verdict == full.verdict or not less.decided
    ensure(f"it is {full.verdict}, and with fewer draws {less.verdict}", same)


@law("record", r"\text{from\_json}(\text{to\_json}) = \text{id}")
def record(claim: Claim) -> None:
    """Its result can be written to JSON and read again, with the same verdict."""
    found = result(claim)
    again = from_json(json.loads(json.dumps(found.to_json())), claim)
    ensure(
        f"the record of a {found.verdict} claim is {again.verdict}", again.verdict == found.verdict
    )
    ensure("its record is another one after it was read", again.to_json() == found.to_json())


@law("counterexample", r"\text{refuted} \Rightarrow \exists \text{ witness}")
def counterexample(claim: Claim) -> None:
    """If it is refuted it keeps a counterexample, and what corrects it exists and stands."""
    found = result(claim)
    if found.verdict in FAILED:
        ensure("it fails, and no counterexample is kept", bool(found.counterexample))
    if claim.corrected_by:
        ensure(f"{claim.corrected_by} is not there", claim.corrected_by in REGISTRY)
        mended = result(REGISTRY[claim.corrected_by]).verdict
        ensure(f"{claim.corrected_by}, which corrects it, is {mended}", mended in STANDING)


@law("correction", r"\text{corrected} \Rightarrow \text{stands}", _CORRECTION)
def correction(claim: Claim) -> None:
    """A claim that states what is true instead of another has to stand."""
    found = result(claim).verdict
    ensure(f"it corrects another claim, and is {found}", found in STANDING)


@law("premises", r"\text{premises stand}", _PREMISES)
def premises(claim: Claim) -> None:
    """What it rests on is there and stands, and does not rest on it."""
    rests, verdicts, ahead = {}, {}, [claim.id]
    while ahead:
        id_ = ahead.pop()
        if id_ in rests:
            continue
        ensure(f"{id_}, on which it rests, is not there; import its module", id_ in REGISTRY)
        found = result(REGISTRY[id_])
        rests[id_] = rests_on(found.to_json(), REGISTRY)
        verdicts[id_] = found.verdict
        ahead += rests[id_]
    # Whatever its own verdict is: as if it stood.
    wrong = unsound(rests, verdicts | {claim.id: STANDING[0]}).get(claim.id, ())
    ensure("; ".join(wrong), not wrong)


@law("formulas", r"\text{\LaTeX} \to \text{MathML}")
def formulas(claim: Claim) -> None:
    """The formulas of its statement, of its assumptions and of its parts can be shown."""
    for text in (claim.says, claim.assumes, *claim.parts):
        shown = '<code class="tex">' not in to_html(text)
        ensure(f"a formula cannot be shown: {text}", shown and text.count("$") % 2 == 0)


CLAIM: tuple[Law, ...] = (
    parts, verdict, repeatable, fewer_draws, record, counterexample, correction, premises, formulas,
)  # fmt: skip
"""The laws of every claim; `part_laws` has one for each of its parts."""


def part_laws(claim: Claim) -> tuple[Law, ...]:
    """A law for each part of a claim: its evidence decides it.

    Example:
        >>> from perturbtheory.testing import laws
        >>> from perturbtheory import claims
        >>> [law.name for law in laws.part_laws(claims.find(["A.gumbel-density"])[0])][0]
        'part: the printed function integrates to one'
    """

    def decides(name: str) -> Law:
        def check(claim: Claim) -> None:
            part = next(p for p in result(claim).parts if p.name == name)
            if part.outcome in ("unknown", "disagreement"):
                told = [c.detail for c in part.checks if c.outcome == "unknown" and c.detail]
                raise Defect("; ".join(filter(None, [f"it is {part.outcome}", part.lacks, *told])))

        return Law(f"part: {name}", "The evidence of this part decides it.", "", check)

    return tuple(decides(name) for name in claim.parts)
