"""The form of claims that is given up: docstrings, tuples of checks.

Comparisons that can fail, and that say so only when the difference exceeds every radius.

No claim chooses its own tolerance: it is the sum of the two radii plus a stated slack for
rounding. What is too coarse to decide is "unknown", and unknown is never a pass.
"""

import inspect
import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Check, Claim, Kind, Outcome, Part, Step
from perturbtheory.ledger import argued as argued
from perturbtheory.ledger import every as every
from perturbtheory.ledger import shown as shown
from perturbtheory.ledger import sign as sign

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
    return Check(route, kind, outcome, what, f"{entries} numbers {word} tolerance {bound}")


def positive(route: str, kind: Kind, margin: Any, what: str, *, slack: float = SLACK) -> Check:
    """Margin > 0 in every entry; unknown where the margin is within its radius plus slack."""
    value, radius = _split(margin)
    room = radius + slack
    outcome: Outcome = "unknown"
    if value.size and np.all(value > room):
        outcome = "holds"
    elif np.any(value < -CLEARLY * room):
        outcome = "fails"
    return Check(route, kind, outcome, what, f"{value.size} margins")


def exact(route: str, true: bool | Outcome, detail: str, *, universal: bool = True) -> Check:
    """A decision without rounding: a proof if it covers the whole part, else a certificate.

    A false outcome of exact arithmetic is a certified counterexample, whatever it covers.
    """
    outcome: Outcome = true if isinstance(true, str) else ("holds" if true else "fails")
    kind: Kind = "proof" if universal and outcome == "holds" else "certificate"
    return Check(route, kind, outcome, detail)


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
    return Check(
        route, "certificate" if outcome == "fails" else "proof", outcome, detail, steps=steps
    )


def _split(number: Any) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(number, Estimate):
        return np.asarray(number.value, float), np.asarray(number.radius, float)
    if isinstance(number, list | tuple) and any(isinstance(n, Fraction) for n in number):
        number = [float(n) for n in number]
    return np.asarray(number, float), np.zeros(np.shape(number))


def _power_of_ten(tolerance: float) -> str:
    """Rounded up, so that records do not depend on the last digits of a machine."""
    return f"1e{math.ceil(math.log10(tolerance))}" if 0 < tolerance < math.inf else str(tolerance)


_KEYS = {"Statement": "statement", "LaTeX": "latex", "Source": "source", "Assumptions": "assumes"}


def claim(
    id: str,  # noqa: A002
    *,
    corrected: str | None = None,
    depends_on: tuple[str, ...] = (),
) -> Callable[[Callable[..., Sequence[Part]]], Claim]:
    """Register a function as the check of a claim whose text is the function's docstring."""

    def register(function: Callable[..., Sequence[Part]]) -> Claim:
        doc = inspect.getdoc(function) or ""
        found = [re.match(r"(\w+): +(.+)", p, re.DOTALL) for p in doc.split("\n\n")]
        text = {_KEYS[m[1]]: " ".join(m[2].split()) for m in found if m and m[1] in _KEYS}
        says = f"{text['statement']} {text['latex']}"
        made = Claim(
            id,
            text["source"],
            says,
            assumes=text["assumes"],
            depends_on=depends_on,
            _module=function.__module__,
        )
        made.corrected_by = corrected
        made.legacy = function  # pyright: ignore[reportAttributeAccessIssue]
        return made

    return register
