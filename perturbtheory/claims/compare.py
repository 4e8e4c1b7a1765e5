"""Comparisons that can fail, and that say so only when the difference exceeds every radius.

No claim chooses its own tolerance: it is the sum of the two radii plus a stated slack for
rounding. What is too coarse to decide is "unknown", and unknown is never a pass.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from perturbtheory.claims.evidence import Check, Kind, Outcome, Step
from perturbtheory.estimate import Estimate

SLACK = 1e-11
"""For rounding in formulas evaluated in 64-bit; the engine's measured worst case is 1e-13."""
CLEARLY = 4.0
"""A difference refutes only from this many times the tolerance on."""
COARSEST = 0.1
"""A tolerance above this share of the size of the numbers compared decides nothing."""


def agree(route: str, kind: Kind, one: Any, two: Any, what: str, *, slack: float = SLACK) -> Check:
    """|one - two| <= radius of one + radius of two + slack, entry by entry.

    Args:
        route: which independent way to the number this is.
        kind: strength of the evidence if it holds.
        one: an `Estimate`, or numbers without error.
        two: the same.
        what: which numbers are compared, for the record.
        slack: allowance for rounding, relative to max(1, |numbers|).
    """
    (a, ra), (b, rb) = _split(one), _split(two)
    size = np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
    tolerance = ra + rb + slack * size
    gap = np.abs(a - b)
    entries = np.broadcast(a, b).size
    outcome: Outcome = "unknown"
    if np.all(np.isfinite(gap)) and np.all(np.isfinite(tolerance)) and entries:
        if np.any(gap > CLEARLY * tolerance):
            outcome = "fails"
        elif np.all(gap <= tolerance) and np.all(tolerance <= COARSEST * size):
            outcome = "holds"
    word = {"holds": "within", "fails": "beyond", "unknown": "not decided by"}[outcome]
    bound = _power_of_ten(float(np.max(tolerance))) if entries else "no entries"
    return Check(route, kind, outcome, f"{what}: {entries} numbers {word} tolerance {bound}")


def positive(route: str, kind: Kind, margin: Any, what: str, *, slack: float = SLACK) -> Check:
    """Margin > 0 in every entry; unknown where the margin is within its radius plus slack."""
    value, radius = _split(margin)
    room = radius + slack
    outcome: Outcome = "unknown"
    if value.size and np.all(value > room):
        outcome = "holds"
    elif np.any(value < -CLEARLY * room):
        outcome = "fails"
    return Check(route, kind, outcome, f"{what}: {value.size} margins with their radii")


def exact(route: str, true: bool | Outcome, detail: str, *, universal: bool = True) -> Check:
    """A decision without rounding: a proof if it covers the whole part, else a certificate.

    A false outcome of exact arithmetic is a certified counterexample, whatever it covers.
    """
    outcome: Outcome = true if isinstance(true, str) else ("holds" if true else "fails")
    kind: Kind = "proof" if universal and outcome == "holds" else "certificate"
    return Check(route, kind, outcome, detail)


def sign(ball: Any) -> Outcome:
    """Whether a ball is positive: undecided if it holds zero."""
    return "holds" if ball > 0 else "fails" if ball < 0 else "unknown"


def every(outcomes: Iterable[Outcome]) -> Outcome:
    """Whether all hold: one that fails is enough to fail."""
    found = set(outcomes)
    return "fails" if "fails" in found else "unknown" if "unknown" in found else "holds"


def shown(says: str, true: bool | Outcome, by: str = "sympy") -> Step:
    """A step that a computation decided: exact algebra, not a number that came near."""
    return Step(says, by, true if isinstance(true, str) else ("holds" if true else "fails"))


def argued(says: str, by: str) -> Step:
    """A step with its reason in words, or a theorem that is cited."""
    return Step(says, by, "argued")


def proof(route: str, detail: str, *steps: Step) -> Check:
    """A proof of the whole part, step by step; one false step and it fails.

    Raises:
        ValueError: if no step was decided by a computation.
    """
    decided: list[Outcome] = [s.outcome for s in steps if s.outcome != "argued"]
    if not decided:
        msg = f"`steps` of {route!r} must have one that a computation decided; use `shown`"
        raise ValueError(msg)
    outcome = every(decided)
    return Check(route, "certificate" if outcome == "fails" else "proof", outcome, detail, steps)


def _split(number: Any) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(number, Estimate):
        return np.asarray(number.value, float), np.asarray(number.radius, float)
    if isinstance(number, list | tuple) and any(isinstance(n, Fraction) for n in number):
        number = [float(n) for n in number]
    return np.asarray(number, float), np.zeros(np.shape(number))


def _power_of_ten(tolerance: float) -> str:
    """Rounded up, so that records do not depend on the last digits of a machine."""
    return f"1e{math.ceil(math.log10(tolerance))}" if 0 < tolerance < math.inf else str(tolerance)
