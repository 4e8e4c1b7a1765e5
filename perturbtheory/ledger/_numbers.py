"""Comparisons of numbers within their radii.

No claim chooses its own tolerance: it is the sum of the two radii plus a stated slack for
rounding. What is too coarse to decide is "unknown", and unknown is never a pass.
"""

import math
import numbers
from collections.abc import Hashable
from typing import Any

import numpy as np

from perturbtheory.checks import require_one_of, require_one_shape
from perturbtheory.estimate import ERROR_RATE, Estimate
from perturbtheory.ledger._evidence import KINDS, Check, Kind, Outcome

SLACK = 1e-11
"""For rounding in formulas evaluated in 64-bit; the engine's measured worst case is 1e-13."""
LARGEST_SLACK = 1e-6
"""For formulas in 32-bit. What is less certain than its rounding comes as an `Estimate`."""
CLEARLY = 4.0
"""A difference refutes only from this many times the tolerance on."""
COARSEST = 0.1
"""A tolerance above this share of the size of the numbers compared decides nothing."""
COARSEST_RULE = 1e-6
"""The same for numbers that no draw went into: what a rule says of its own error is not enough."""
_NO_NUMBERS = (complex, str, bytes, type(None), np.datetime64, np.timedelta64)
_UNDERFLOW = 1e-290
"""Smaller numbers are zero, and radii where nothing is left of a number are of that size."""
_DRAWN: tuple[Kind, ...] = ("monte-carlo", "quasi-monte-carlo", "experiment")
_OF_NUMBERS: tuple[Kind, ...] = KINDS[KINDS.index("closed form") :]


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
    decided where the tolerance is no small share of the size: 1e-9 is not 2e-9; nor where 1e-17
    meets zero without a floor, for a sum that cancels leaves that of numbers of order 1. Integers
    and fractions have no rounding: they agree if they are equal.

    Args:
        route: which independent way to the number this is.
        one: an `Estimate`, or numbers without error.
        two: the same, and not the same object.
        what: which numbers are compared.
        kind: how they were computed, "numerical" for plain numbers if not given; a weaker kind of
            one of the estimates goes before.
        slack: allowance for rounding, relative to the size; at most `LARGEST_SLACK`.
        floor: the size of what the numbers are made of, where they may be zero or much smaller: 1
            for frequencies, for sums of numbers of order 1 that cancel; from 0 to 1.

    Raises:
        ValueError: for what is no real number, numbers compared with themselves, a radius below
            zero or of too little confidence, a slack too large and a floor not between 0 and 1.

    Example:
        >>> agree("sums", 0.1 + 0.2 - 0.3, 0, "a sum that cancels", floor=1).outcome
        'holds'
    """
    (a, ra), (b, rb) = _split("one", one), _split("two", two)
    _require_same_shape(one=a, two=b)
    _require_slack(slack)
    kind = _weakest(kind, one, two)
    if not 0.0 <= floor <= 1.0:
        msg = (
            f"`floor` must be from 0 to 1, got {floor!r}; give larger errors as the radius of an "
            "`Estimate`"
        )
        raise ValueError(msg)
    if place_of(one) == place_of(two) and _has_a_place(one):
        msg = f"`one` and `two` of {route!r} must be two, got {one!r} twice; compute it another way"
        raise ValueError(msg)
    if _rational(one) and _rational(two):
        outcome, measured = _equal(one, two)
    else:
        size = np.maximum(max(floor, _UNDERFLOW), np.maximum(np.abs(a), np.abs(b)))
        coarsest = COARSEST if kind in _DRAWN else max(COARSEST_RULE, 2 * slack)
        # A float has an error, and nothing says which if zero is all there is to compare it with.
        open_ = (ra + rb == 0.0) & (np.minimum(np.abs(a), np.abs(b)) == 0.0) & (floor < SLACK)
        outcome, measured = _within(np.abs(a - b), ra + rb + slack * size, coarsest * size, open_)
        if outcome == "holds" and a.any() and b.any():
            # Neither is meant to be zero, and rounding may be all there is of both.
            largest = max(np.max(np.abs(a)), np.max(np.abs(b)))
            if largest <= slack * max(floor, _UNDERFLOW):
                outcome, measured = "unknown", "both sides are smaller than the tolerance"
    return Check(route, kind, outcome, what, measured, compared=(one, two))


def _within(
    gap: np.ndarray, tolerance: np.ndarray, coarsest: np.ndarray, is_open: np.ndarray
) -> tuple[Outcome, str]:
    """Whether every gap is within its tolerance, and how near that was in words."""
    outcome: Outcome = "unknown"
    hint = ""
    if np.all(np.isfinite(gap)) and np.all(np.isfinite(tolerance)) and gap.size:
        beyond = gap > CLEARLY * tolerance
        rounding = is_open & (gap <= SLACK)
        if np.any(beyond & ~rounding):
            outcome = "fails"
        elif np.all(gap <= tolerance) and np.all(tolerance <= coarsest):
            outcome = "holds"
        elif np.any(beyond):
            hint = "; against zero, give the `floor`: the size of what cancels"
    word = {"holds": "within", "fails": "beyond", "unknown": "not decided by"}[outcome]
    bound = _power_of_ten(float(np.max(tolerance))) if gap.size else "no entries"
    count = "1 number" if gap.size == 1 else f"{gap.size} numbers"
    return outcome, f"{count} {word} tolerance {bound}{hint}"


def _equal(one: Any, two: Any) -> tuple[Outcome, str]:
    """Whether integers and fractions are equal, which no rounding excuses."""
    same = np.equal(np.asarray(one, dtype=object), np.asarray(two, dtype=object))
    count = "1 number" if same.size == 1 else f"{same.size} numbers"
    if not same.size:
        return "unknown", "no entries"
    return ("holds", f"{count} equal") if np.all(same) else ("fails", f"{count} not equal")


def positive(
    route: str,
    margin: Any,
    what: str = "",
    *,
    than: Any = 0.0,
    kind: Kind | None = None,
    slack: float = SLACK,
) -> Check:
    """Margin > than in every entry; unknown where the difference is within radii plus rounding.

    Rounding is the slack times the larger of the two, and of 1. So give both sides of an inequality
    between numbers that are large: once they are subtracted nobody sees how large they were.

    Args:
        route: which independent way to the number this is.
        margin: an `Estimate`, or numbers without error.
        what: which numbers are compared.
        than: the smaller side, zero if the margin is a difference already.
        kind: as in `agree`.
        slack: as in `agree`.

    Raises:
        ValueError: as `agree`.

    Example:
        >>> positive("floats", 1e9 + 0.1, than=1e9 + (0.3 - 0.2)).outcome
        'unknown'
    """
    (a, ra), (b, rb) = _split("margin", margin), _split("than", than)
    _require_same_shape(margin=a, than=b)
    _require_slack(slack)
    gap = a - b
    room = ra + rb + slack * np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
    finite = np.isfinite(gap)
    outcome: Outcome = "unknown"
    if gap.size and np.all(finite & (gap > room)):
        outcome = "holds"
    elif np.any(finite & (gap < -CLEARLY * room)):
        outcome = "fails"
    measured = "1 margin" if gap.size == 1 else f"{gap.size} margins"
    if outcome == "unknown" and gap.size and np.all(finite):
        nearest = _power_of_ten(float(np.max(room)))
        measured += f", not all further from zero than {nearest}: if one is zero, decide it exactly"
    kind = _weakest(kind, margin, than)
    return Check(route, kind, outcome, what, measured, compared=(margin, than))


def _weakest(kind: Kind | None, *given: Any) -> Kind:
    estimates = [number for number in given if isinstance(number, Estimate)]
    kinds: list[Kind] = [number.kind for number in estimates]
    if kind:
        kinds.append(kind)
    for one in kinds:
        require_one_of("kind", one, _OF_NUMBERS)
    weakest = max(kinds, key=KINDS.index) if kinds else "numerical"
    for number in estimates:
        if number.kind in _DRAWN and number.confidence == 1 and weakest != "experiment":
            msg = (
                f"`confidence` of an `Estimate` of kind {number.kind!r} must be stated, got 1: "
                "draws are never certain; pass what the radius was made for, such as 1 - 1e-6"
            )
            raise ValueError(msg)
    for sure in (number.confidence for number in estimates):
        if not 1.0 - 2 * ERROR_RATE <= sure <= 1.0 and weakest != "experiment":
            msg = (
                f"`confidence` of an `Estimate` must be at least 1 - {ERROR_RATE:g} to decide, got "
                f"{sure!r}; take a larger radius, or say that it is of kind 'experiment'"
            )
            raise ValueError(msg)
    return weakest


def _require_same_shape(**sides: np.ndarray) -> None:
    require_one_shape(**sides)
    (one, a), (two, b) = sides.items()
    if a.shape != b.shape and 1 not in (a.size, b.size):
        msg = (
            f"`{one}` and `{two}` must have one shape, got {a.shape} and {b.shape}; a column is "
            "not compared with a row, nor a matrix with a row: repeat what is to be repeated"
        )
        raise ValueError(msg)


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
        no_numbers = array.dtype.kind == "O" and any(
            isinstance(entry, _NO_NUMBERS) for entry in array.flat
        )
        if array.dtype.kind not in "cUSMm" and not no_numbers and not np.ma.is_masked(number):
            return array.astype(float)
    except (TypeError, ValueError, OverflowError):
        pass
    msg = f"`{name}` must be an `Estimate` or real numbers, got {number!r}; pass floats"
    raise ValueError(msg)


def _rational(number: Any) -> bool:
    """Whether these are integers or fractions, which are what they are."""
    if isinstance(number, Estimate):
        return False
    array = np.asarray(number)
    several = array.dtype.kind == "O" and array.size
    return array.dtype.kind in "iu" or bool(
        several and all(isinstance(entry, numbers.Rational) for entry in array.flat)
    )


def place_of(number: Any) -> Hashable:
    """Where numbers lie in memory, whatever they are wrapped in; two that lie there are one."""
    array = number.value if isinstance(number, Estimate) else number
    if isinstance(array, np.ndarray) and array.size:
        return array.ctypes.data, array.shape, array.strides
    return id(number)


def _has_a_place(number: Any) -> bool:
    """Whether it was computed once and kept: Python keeps small integers and literals once too."""
    return not isinstance(number, numbers.Number)


def _power_of_ten(tolerance: float) -> str:
    """Rounded up, so that records do not depend on the last digits of a machine."""
    return f"1e{math.ceil(math.log10(tolerance))}" if 0 < tolerance < math.inf else str(tolerance)
