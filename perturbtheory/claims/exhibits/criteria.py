"""What a recorded experiment must show to count: thresholds, and the cases that they decide.

All cases of a part are one route, see `perturbtheory.ledger`: they share target, optimiser and
code. Levels such as "less than 0.01" describe what was found; those of runs of 300 epochs were
fixed before any such run was looked at, and so were those of runs with coupled bits or labels.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from perturbtheory.estimate import Estimate
from perturbtheory.experiments.spread import Spread
from perturbtheory.ledger import Check, Outcome, Witness, experiment, not_run, witness

RUNS = "recorded runs"
"""The route of all that was trained."""
STANDARD_ERRORS = 3.0
MATERIAL = 0.002
"""What a difference of L1 between two fits without sampling must exceed to count. Such numbers have
no sampling error; but where fits have settled Adam at 0.01 moves them by up to 0.0012 still."""
NATS = 1.0
"""What a difference between two single VAEs must exceed to count. Over seeds the test losses of
the runs of Table 3 have standard deviations of up to 0.72; of the others no second seed was run.
It is also the lead that is not there where "no lead" is claimed, and what "similar" allows."""
EPOCHS_APART = 10
"""Between those that are kept of a run of 300: of where a curve is at a level, no more is known."""
PAIRED = 3
"""Seeds that both sides of a comparison after 300 epochs must have, and all of structured and
semi-supervised runs; fewer decide nothing."""
POINTS = 2.0
"""Per cent of the test images by which an accuracy may miss the printed one and reproduce it."""
COMPARABLE = 2.0
"""Times as long is still "comparable"."""
SHORT = 2.0
"""Nats by which the published number of Normal noise is below the bound, at least."""
FAR = 5.0
"""Nats by which the bound is above the loss of relaxed samples, at least."""
CLEAR = 0.05
"""By how much a ratio of times must differ from one to count."""
SHARE, SPACING = 0.1, 10
"""Of the L1 at the start; and iterations between the points of a curve that are kept."""


def measured(checks: Iterable[Check]) -> Iterator[Check | Witness]:
    """The checks, and what was measured, case by case, as what stands against a part that fails."""
    made = tuple(checks)
    yield from made
    yield witness(dict(check.detail.split(": ", 1) for check in made))


def with_error(difference: Spread) -> Estimate:
    """A mean over seeds with three standard errors; one fit without sampling with `MATERIAL`."""
    if difference.seeds == 1:
        return Estimate(difference.mean, MATERIAL, "quadrature")
    error = difference.deviation / np.sqrt(difference.seeds)
    # By Student's t: 0.985 for ten seeds, 0.96 for five, 0.90 for three.
    confidence = 1 - 2 * float(stats.t.sf(STANDARD_ERRORS, difference.seeds - 1))
    return Estimate(difference.mean, STANDARD_ERRORS * error, "monte-carlo", confidence)


def beyond(
    case: str, difference: Spread, what: str, floor: float = 0.0, room: float = 0.0
) -> Check:
    """difference > floor: holds or fails beyond its error, and the room for another."""
    found = with_error(difference)
    detail = f"{case}: {what} = {in_words(found)}, against {floor:g}"
    detail += f" +- {room:g}" if room else ""
    return experiment(RUNS, outcome(difference.mean - floor, float(found.radius) + room), detail)


def below(case: str, difference: Spread, what: str, ceiling: float) -> Check:
    """|difference| < ceiling: holds or fails beyond its error."""
    found = with_error(difference)
    detail = f"{case}: |{what}| = {in_words(found)}, against {ceiling:g}"
    return experiment(RUNS, outcome(ceiling - abs(difference.mean), float(found.radius)), detail)


def apart(case: str, gaps: Any, what: str) -> Check:
    """All gaps between single runs are above `NATS`; it fails if one is below minus that."""
    low, high = float(np.min(gaps)), float(np.max(gaps))
    said = f"{low:.2f}" if np.size(gaps) == 1 else f"{low:.2f} to {high:.2f}"
    return experiment(RUNS, outcome(low, NATS), f"{case}: {what}: {said} nats")


def paired(
    case: str,
    gaps: Mapping[int, float],
    what: str,
    floor: float = 0.0,
    left_out: str = "",
    room: float = 0.0,
) -> Check:
    """The mean of gaps by seed is above the floor by three standard errors, and the room.

    It waits for runs with fewer than `PAIRED` seeds, and is unknown if some are left out.
    """
    few = _few(case, gaps, left_out)
    if few:
        return few
    said = f"{what}, {len(gaps)} seeds{left_out}"
    return beyond(case, Spread.of([*gaps.values()]), said, floor, room)


def near(case: str, gaps: Mapping[int, float], what: str, ceiling: float) -> Check:
    """The mean of gaps by seed is within the ceiling of zero by three standard errors.

    It waits for runs with fewer than `PAIRED` seeds, and is unknown if some are left out.
    """
    return _few(case, gaps) or below(
        case, Spread.of([*gaps.values()]), f"{what}, {len(gaps)} seeds", ceiling
    )


def everywhere(case: str, gaps: Mapping[int, Any], what: str) -> Check:
    """The mean over seeds of every gap, one for each epoch, is above three standard errors.

    The standard error is one for all epochs, the root of their mean square: those of three seeds
    are too uncertain to be compared one by one.
    """
    few = _few(case, gaps)
    if few:
        return few
    rows = np.array([*gaps.values()], float)
    error = np.sqrt(np.mean(rows.var(0, ddof=1)) / len(rows))
    low = float(rows.mean(0).min())
    detail = f"{case}: the least {what} = {low:.4f} +- {STANDARD_ERRORS * error:.4f}"
    return experiment(
        RUNS,
        outcome(low, STANDARD_ERRORS * float(error)),
        f"{detail} at {rows.shape[1]} epochs, {len(rows)} seeds",
    )


def _few(case: str, gaps: Mapping[int, Any], left_out: str = "") -> Check | None:
    if len(gaps) >= PAIRED:
        return None
    if left_out:
        return experiment(RUNS, "unknown", f"{case}: {len(gaps)} of {PAIRED} seeds{left_out}")
    # Nothing is looked at before all are there.
    there = f"only {len(gaps)}" if gaps else "none"
    return not_run(RUNS, f"{case}, {there} of {PAIRED} seeds")


def reached(curve: Any, epochs: Sequence[int], level: float) -> int:
    """The first of the epochs after which a curve is at the level or below.

    Raises ValueError for a curve that never is.
    """
    under = np.flatnonzero(np.asarray(curve, float) <= level)
    if not under.size:
        msg = f"`level` must be reached by the curve, got {level}; it ends at {curve[-1]}"
        raise ValueError(msg)
    return epochs[int(under[0])]


def ahead(near: Any, far: Any) -> float:
    """By how much a curve is, before its last epoch, below where the other one ends."""
    return far[-1] - np.min(near[:-1])


def later(near: Any, far: Any, epochs: Sequence[int]) -> int:
    """How many epochs later the far curve is within `NATS` of the lowest that both reach."""
    level = max(np.min(near), np.min(far)) + NATS
    return reached(far, epochs, level) - reached(near, epochs, level)


def outcome(margin: float, radius: float) -> Outcome:
    """Whether a margin is above zero, beyond its radius."""
    return "holds" if margin > radius else "fails" if margin < -radius else "unknown"


def in_words(number: Estimate) -> str:
    """Value and radius in four decimals."""
    return f"{float(number.value):.4f} +- {float(number.radius):.4f}"
