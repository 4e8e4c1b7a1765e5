"""What a part yields: exact decisions, comparisons within radii, counterexamples.

No claim chooses its own tolerance: it is the sum of the two radii plus a stated slack for
rounding. What is too coarse to decide is "unknown", and unknown is never a pass.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.checks import require_one_of, require_one_shape
from perturbtheory.estimate import Estimate
from perturbtheory.ledger._equations import Equation
from perturbtheory.ledger._evidence import (
    KINDS,
    OUTCOMES,
    Check,
    Kind,
    Outcome,
    Step,
    Witness,
    every,
)

SLACK = 1e-11
"""For rounding in formulas evaluated in 64-bit; the engine's measured worst case is 1e-13."""
LARGEST_SLACK = 1e-5
"""For formulas in 32-bit. What is less certain than its rounding comes as an `Estimate`."""
CLEARLY = 4.0
"""A difference refutes only from this many times the tolerance on."""
COARSEST = 0.1
"""A tolerance above this share of the size of the numbers compared decides nothing."""
COARSEST_RULE = 1e-6
"""The same for numbers that no draw went into: what a rule says of its own error is not enough."""
_UNDERFLOW = 1e-290
"""Smaller numbers are zero, and radii where nothing is left of a number are of that size."""
_DRAWN: tuple[Kind, ...] = ("monte-carlo", "quasi-monte-carlo", "experiment")
_OF_NUMBERS: tuple[Kind, ...] = KINDS[KINDS.index("closed form") :]


def exact(route: str, *grounds: Any, cases: str = "") -> Check:
    """A decision without rounding, whose kind follows from the grounds it is given.

    Equations (`eq`) and steps (`shown`, `argued`) cover the whole part: they make a *proof*, or an
    *argument* if a computation decided none of them. True or false (or an outcome) decides the
    `cases` that are named, and makes a *certificate*. A false one of either sort is a certified
    counterexample.

    Args:
        route: which way to the answer this is.
        grounds: equations and steps, or one truth value with its cases.
        cases: which instances the truth value is about, in words.

    Raises:
        ValueError: for a truth value without its cases, and for what is no truth value: a list, a
            function that was not called, None.
    """
    steps = tuple(g.step() if isinstance(g, Equation) else g for g in grounds)
    if steps and all(isinstance(step, Step) for step in steps):
        return _proof(route, steps, cases)
    if len(steps) != 1 or not str(cases).strip():
        msg = (
            f"`grounds` of {route!r} must be equations and steps, or one truth value with its "
            f"`cases`, got {grounds!r} and cases {cases!r}; name the cases, or make a step of it "
            "with `shown`"
        )
        raise ValueError(msg)
    return Check(route, "certificate", _outcome("grounds", steps[0]), cases)


def _proof(route: str, steps: tuple[Step, ...], detail: str) -> Check:
    decided: list[Outcome] = [s.outcome for s in steps if s.outcome != "argued"]
    outcome = every(decided)
    kind: Kind = "argument" if not decided else "certificate" if outcome == "fails" else "proof"
    return Check(route, kind, outcome, detail, steps=steps)


def shown(says: str, true: bool | Outcome, by: str = "sympy") -> Step:
    """A step that a computation decided: exact algebra, not a number that came near."""
    return Step(says, by, _outcome("true", true))


def argued(says: str, by: str) -> Step:
    """A step with its reason in words, or a theorem that is cited."""
    return Step(says, by, "argued")


def agree(
    route: str,
    one: Any,
    two: Any,
    what: str = "",
    *,
    kind: Kind | None = None,
    slack: float = SLACK,
    floor: float = 0.0,
) -> Check:
    """|one - two| <= radius of one + radius of two + slack * size, entry by entry.

    The size of an entry is the larger of |one| and |two|, but at least the floor. Nothing is
    decided where the tolerance is no small share of the size: 1e-9 is not 2e-9.

    Args:
        route: which independent way to the number this is.
        one: an `Estimate`, or numbers without error.
        two: the same.
        what: which numbers are compared.
        kind: how they were computed, "numerical" for plain numbers if not given; a weaker kind of
            one of the estimates goes before.
        slack: allowance for rounding, relative to the size; at most `LARGEST_SLACK`.
        floor: the size of what the numbers are made of, where they may be zero or much smaller: 1
            for frequencies, for sums of numbers of order 1 that cancel; from 0 to 1.

    Raises:
        ValueError: for what is no real number, a radius below zero, a slack too large and a floor
            that is not between 0 and 1.
    """
    (a, ra), (b, rb) = _split("one", one), _split("two", two)
    require_one_shape(one=a, two=b)
    _require_slack(slack)
    kind = _weakest(kind, one, two)
    if not 0.0 <= floor <= 1.0:
        msg = (
            f"`floor` must be from 0 to 1, got {floor!r}; give larger errors as the radius of an "
            "`Estimate`"
        )
        raise ValueError(msg)
    size = np.maximum(max(floor, _UNDERFLOW), np.maximum(np.abs(a), np.abs(b)))
    tolerance = ra + rb + slack * size
    gap = np.abs(a - b)
    entries = np.broadcast(a, b).size
    coarsest = COARSEST if kind in _DRAWN else max(COARSEST_RULE, 2 * slack)
    outcome: Outcome = "unknown"
    if np.all(np.isfinite(gap)) and np.all(np.isfinite(tolerance)) and entries:
        if np.any(gap > CLEARLY * tolerance):
            outcome = "fails"
        elif np.all(gap <= tolerance) and np.all(tolerance <= coarsest * size):
            outcome = "holds"
    word = {"holds": "within", "fails": "beyond", "unknown": "not decided by"}[outcome]
    bound = _power_of_ten(float(np.max(tolerance))) if entries else "no entries"
    numbers = "1 number" if entries == 1 else f"{entries} numbers"
    return Check(route, kind, outcome, what, f"{numbers} {word} tolerance {bound}")


def positive(
    route: str, margin: Any, what: str = "", *, kind: Kind | None = None, slack: float = SLACK
) -> Check:
    """Margin > 0 in every entry; unknown where the margin is within its radius plus slack.

    The arguments are those of `agree`.
    """
    value, radius = _split("margin", margin)
    _require_slack(slack)
    room = radius + slack
    outcome: Outcome = "unknown"
    if value.size and np.all(np.isfinite(value) & (value > room)):
        outcome = "holds"
    elif np.any(value < -CLEARLY * room):
        outcome = "fails"
    numbers = "1 margin" if value.size == 1 else f"{value.size} margins"
    return Check(route, _weakest(kind, margin), outcome, what, numbers)


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
    """
    if not isinstance(case, str) or not case.strip():
        msg = f"`case` of {route!r} must name the runs and what they gave, got {case!r}; name them"
        raise ValueError(msg)
    return Check(route, "experiment", _outcome("true", true), case, ran=ran)


def not_run(route: str, what: str) -> Check:
    """A case of an experiment that was not carried out, which leaves the part unknown.

    A claim of which nothing was carried out is untested.
    """
    return experiment(route, "unknown", f"not run: {what}", ran=False)


def witness(data: dict[str, Any] | None = None, /, **more: Any) -> Witness:
    """A counterexample, which counts only if the part turns out refuted or not reproduced.

    Names are shown as mathematics (`theta`, `p_1`, a trailing underscore is dropped); those that
    are no Python names, and text with $LaTeX$, go into the dictionary. What JSON cannot keep is
    kept as its text.
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
    return value if isinstance(value, str | int | float | None) and finite else str(value)


def sign(ball: Any) -> Outcome:
    """Whether a ball is positive: undecided if it holds zero."""
    return "holds" if ball > 0 else "fails" if ball < 0 else "unknown"


def _outcome(name: str, true: Any) -> Outcome:
    for outcome in OUTCOMES:
        if isinstance(true, str) and true == outcome:
            return outcome
    if not isinstance(true, bool | np.bool_ | type(sp.true) | type(sp.false)):
        msg = (
            f"`{name}` must be True, False or one of {', '.join(OUTCOMES)}, got {true!r}; "
            "call all(...) or every(...) on several"
        )
        raise ValueError(msg)
    return "holds" if true else "fails"


def _weakest(kind: Kind | None, *numbers: Any) -> Kind:
    kinds: list[Kind] = [n.kind for n in numbers if isinstance(n, Estimate)]
    if kind:
        kinds.append(kind)
    for one in kinds:
        require_one_of("kind", one, _OF_NUMBERS)
    return max(kinds, key=KINDS.index) if kinds else "numerical"


def _require_slack(slack: float) -> None:
    if not 0.0 <= slack <= LARGEST_SLACK:
        msg = (
            f"`slack` must be from 0 to {LARGEST_SLACK}, got {slack!r}; it is for rounding alone: "
            "give other errors as the radius of an `Estimate`"
        )
        raise ValueError(msg)


def _split(name: str, number: Any) -> tuple[np.ndarray, np.ndarray]:
    """Values and radii of one shape; plain numbers have no radius."""
    value, radius = (number.value, number.radius) if isinstance(number, Estimate) else (number, 0.0)
    values, radii = _real(name, value), _real(name, radius)
    require_one_shape(**{name: values, f"radius of {name}": radii})
    if np.any(radii < 0):
        msg = f"`{name}` must have a radius of at least 0, got {radius!r}; take its absolute value"
        raise ValueError(msg)
    values, radii = np.broadcast_arrays(values, radii)
    return values, radii


def _real(name: str, number: Any) -> np.ndarray:
    try:
        array = np.asarray(number)
        if number is not None and array.dtype.kind not in "cUS":
            return array.astype(float)
    except (TypeError, ValueError, OverflowError):
        pass
    msg = f"`{name}` must be an `Estimate` or real numbers, got {number!r}; pass floats"
    raise ValueError(msg)


def _power_of_ten(tolerance: float) -> str:
    """Rounded up, so that records do not depend on the last digits of a machine."""
    return f"1e{math.ceil(math.log10(tolerance))}" if 0 < tolerance < math.inf else str(tolerance)
