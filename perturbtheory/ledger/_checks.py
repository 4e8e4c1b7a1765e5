"""What a part yields beside numbers: exact decisions, experiments, counterexamples."""

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.ledger._equations import Equation
from perturbtheory.ledger._evidence import (
    OUTCOMES,
    Check,
    Kind,
    Outcome,
    Step,
    Witness,
    every,
    outcome_of,
)
from perturbtheory.ledger._functions import shown_as
from perturbtheory.ledger._words import folded, quantity

_LARGEST = 10_000
"""Bits of an integer that is shown in full; Python itself refuses some 14,000."""


def exact(route: str, *grounds: Any, cases: str = "") -> Check:
    """A decision without rounding, whose kind follows from the grounds it is given.

    Equations (`eq`) and steps (`shown`, `argued`) cover the whole part: they make a *proof*, or an
    *argument* if a computation decided none of them; words after an equation say what it means.
    True or false (or an outcome) decides the `cases` that are named, and makes a *certificate*; of
    several it is `every(...)`, which decides nothing of none, where all(...) is true. Equations and
    steps of which cases are named decide these alone, and make a certificate, too. A false one of
    either sort is a certified counterexample.

    Args:
        route: which way to the answer this is.
        grounds: equations, each with its words after it or not, and steps; or one truth value.
        cases: which instances the grounds are about, in words; none if it is the whole part.

    Raises:
        ValueError: for a truth value without its cases, and for what is no truth value: a list, a
            function that was not called, None.

    Example:
        >>> from perturbtheory import ledger
        >>> squares = ledger.every(n * n >= n for n in range(9))
        >>> check = ledger.exact("by cases", squares, cases="n < 9")
        >>> check.kind, check.outcome
        ('certificate', 'holds')
    """
    steps = _with_words(grounds)
    if steps and all(isinstance(step, Step) for step in steps):
        return _proof(route, steps, cases)
    if len(steps) != 1 or not str(cases).strip():
        msg = (
            f"`grounds` of {route!r} must be equations and steps, or one truth value with its "
            f"`cases`, got {grounds!r} and cases {cases!r}; name the cases, or make a step of it "
            "with `shown`"
        )
        raise ValueError(msg)
    return Check(route, "certificate", outcome_of("grounds", steps[0]), cases)


def _with_words(grounds: tuple[Any, ...]) -> tuple[Any, ...]:
    """The grounds, equations as steps, with the words after a formula; an outcome is no word."""
    made: list[Any] = []
    for ground in grounds:
        last = made[-1] if made else None
        words = isinstance(ground, str) and ground not in OUTCOMES
        if words and isinstance(last, Step) and last.is_formula:
            made[-1] = replace(last, says=f"{last.says}: {ground}")
        else:
            made.append(ground.step() if isinstance(ground, Equation) else ground)
    return tuple(made)


def _proof(route: str, steps: tuple[Step, ...], detail: str) -> Check:
    decided: list[Outcome] = [s.outcome for s in steps if s.outcome != "argued"]
    outcome = every(decided) if decided else "holds"
    kind: Kind = "proof" if outcome != "fails" and not detail.strip() else "certificate"
    kind = kind if decided else "argument"
    return Check(route, kind, outcome, detail, steps=steps)


def shown(says: str, true: bool | Outcome, by: str = "sympy") -> Step:
    """A step that a computation decided: exact algebra, not a number that came near.

    Example:
        >>> from perturbtheory import ledger
        >>> ledger.shown("$1 + 1 = 2$", 1 + 1 == 2).outcome
        'holds'
    """
    return Step(says, by, outcome_of("true", true))


def argued(says: str, by: str = "") -> Step:
    """A step with its reason in words, or a theorem that is cited; as one text, `says [by]`.

    Raises:
        ValueError: for one text that does not end with a reason in brackets, after a space; numbers
            and letters for numbers, as in [0, 1] and [a, b], are none.

    Example:
        >>> from perturbtheory import ledger
        >>> step = ledger.argued("the maximum is attained [Weierstrass]")
        >>> step.says, step.by, step.outcome
        ('the maximum is attained', 'Weierstrass', 'argued')
    """
    if not by:
        says, by = _before_the_reason(folded(says))
    return Step(says, by, "argued")


def _before_the_reason(text: str) -> tuple[str, str]:
    """What stands before the last pair of brackets, and what is in it."""
    depth, start = 0, len(text)
    while start and (depth or start == len(text)):
        start -= 1
        depth += (text[start] == "]") - (text[start] == "[")
    says, by = text[:start], text[start + 1 : -1].strip()
    depths = [*itertools.accumulate((sign == "(") - (sign == ")") for sign in by)]
    closed = not depths or (min(depths) >= 0 and depths[-1] == 0)  # not so from [0, 1) to (1, 2]
    ends = text.endswith("]") and says.endswith(" ") and says.strip()
    if not (ends and closed) or _is_mathematics(by):
        msg = (
            f"`says` must end with its reason in brackets, got {text!r}; write 'so it is [Euclid]' "
            "or argued(says, by): an interval or a list is no reason"
        )
        raise ValueError(msg)
    return says.strip(), by


def _is_mathematics(text: str) -> bool:
    """Whether there are only numbers and letters for numbers, as in [0, 1] and [a, b + 1]."""
    entries = filter(None, re.split(r"[\s,;+*/^$\\-]+", text))
    return all(
        entry in ("infty", "infinity", "inf", "oo")
        or re.fullmatch(r"[\d.]+", entry)
        or quantity(entry) != entry
        for entry in entries
    )


def experiment(route: str, true: bool | Outcome, case: str, ran: bool = True) -> Check:
    """One case of an experiment: what was run, and whether it is as the part says.

    However many cases, routes and seeds there are, the experiments of a part are one route, for
    they share data and code. Alone they decide a part, which is then supported or not reproduced,
    and never more.

    Args:
        route: where the runs come from, such as "recorded fits".
        true: whether the case is as the part says, or an outcome.
        case: which runs they are and what they gave.
        ran: false for runs that are stated and not made, see `not_run`.

    Raises:
        ValueError: for a case without words, and for what is no truth value.

    Example:
        >>> from perturbtheory import ledger
        >>> check = ledger.experiment("ten runs", 9 > 5, "most of them succeed")
        >>> check.kind, check.outcome
        ('experiment', 'holds')
    """
    if not isinstance(case, str) or not case.strip():
        msg = f"`case` of {route!r} must name the runs and what they gave, got {case!r}; name them"
        raise ValueError(msg)
    return Check(route, "experiment", outcome_of("true", true), case, ran=ran)


def not_run(route: str, what: str) -> Check:
    """A case of an experiment that was not carried out, which leaves the part unknown.

    A claim of which nothing was carried out is untested.

    Example:
        >>> from perturbtheory import ledger
        >>> ledger.not_run("300 epochs", "the bound").outcome
        'unknown'
    """
    return experiment(route, "unknown", f"not run: {what}", ran=False)


def witness(data: dict[str, Any] | None = None, /, **more: Any) -> Witness:
    """A counterexample, which counts only if the part turns out refuted or not reproduced.

    Names are shown as mathematics (`theta`, `p_1`, a trailing underscore is dropped); those that
    are no Python names, and text with $LaTeX$, go into the dictionary. What JSON cannot keep is
    kept as its text.

    Example:
        >>> from perturbtheory import ledger
        >>> ledger.witness(theta=(0, 1), p_1=0.25).data
        {'theta': [0, 1], 'p_1': 0.25}
    """
    named = {name.removesuffix("_"): value for name, value in more.items()}
    return Witness(_kept((data or {}) | named))


def _kept(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _kept(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(v) for v in value]
    finite = not isinstance(value, float) or math.isfinite(value)
    if isinstance(value, int) and value.bit_length() > _LARGEST:
        return f"about {sp.N(value, 6)}"
    if isinstance(value, str):
        return folded(value)
    return value if isinstance(value, int | float | None) and finite else shown_as(value, str)


def sign(ball: Any) -> Outcome:
    """Whether a ball is positive: undecided if it holds zero.

    Example:
        >>> from perturbtheory import ledger
        >>> from flint import arb
        >>> ledger.sign(arb(1)), ledger.sign(arb(0, 1))
        ('holds', 'unknown')
    """
    return "holds" if ball > 0 else "fails" if ball < 0 else "unknown"
