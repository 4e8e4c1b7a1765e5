"""Comparisons of recorded experiments: means over seeds with three standard errors.

The routes of such a part are conditions under which it was tried, such as two starts; they share
target, optimiser and code. Levels such as "less than 0.01" describe what was found: they were not
set beforehand.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from scipy import stats

from perturbtheory.estimate import Estimate
from perturbtheory.experiments.spread import Spread
from perturbtheory.ledger import Check, Outcome, Witness, witness

STANDARD_ERRORS = 3.0
MATERIAL = 0.002
"""What a difference of L1 between two fits without sampling must exceed to count. Such numbers have
no sampling error; but where fits have settled Adam at 0.01 moves them by up to 0.0012 still."""


def measured(checks: Iterable[Check]) -> Iterator[Check | Witness]:
    """The checks, and what was measured as the counterexample of a part that all of them refute."""
    made = tuple(checks)
    yield from made
    yield witness({check.route: check.detail for check in made})


def with_error(difference: Spread) -> Estimate:
    """A mean over seeds with three standard errors; one fit without sampling with `MATERIAL`."""
    if difference.seeds == 1:
        return Estimate(difference.mean, MATERIAL, "quadrature")
    error = difference.deviation / np.sqrt(difference.seeds)
    # By Student's t: 0.985 for ten seeds, 0.96 for five.
    confidence = 1 - 2 * float(stats.t.sf(STANDARD_ERRORS, difference.seeds - 1))
    return Estimate(difference.mean, STANDARD_ERRORS * error, "monte-carlo", confidence)


def beyond(route: str, difference: Spread, what: str, floor: float = 0.0) -> Check:
    """difference > floor: holds or fails beyond its error."""
    found = with_error(difference)
    margin = found._replace(value=difference.mean - floor)
    return _check(route, margin, f"{what} = {in_words(found)}, against {floor:g}")


def below(route: str, difference: Spread, what: str, ceiling: float) -> Check:
    """|difference| < ceiling: holds or fails beyond its error."""
    found = with_error(difference)
    margin = found._replace(value=ceiling - abs(difference.mean))
    return _check(route, margin, f"|{what}| = {in_words(found)}, against {ceiling:g}")


def _check(route: str, margin: Estimate, detail: str) -> Check:
    value, radius = float(margin.value), float(margin.radius)
    outcome: Outcome = "holds" if value > radius else "fails" if value < -radius else "unknown"
    return Check(route, "experiment", outcome, detail)


def in_words(number: Estimate) -> str:
    """Value and radius in four decimals."""
    return f"{float(number.value):.4f} +- {float(number.radius):.4f}"
