"""Comparisons of recorded experiments: means over seeds with three standard errors."""

import numpy as np

from perturbtheory.claims.evidence import Check, Outcome
from perturbtheory.estimate import Estimate
from perturbtheory.experiments.table_2 import Spread

STANDARD_ERRORS = 3.0
CONFIDENCE = 0.985
"""Of three standard errors of a mean over ten seeds, by Student's t with nine degrees."""
UNSETTLED = 0.002
"""L1 by which Adam at 0.01 still moves a fit without sampling: the largest difference between two
neighbouring points of the long curves that have settled is 0.0012."""


def with_error(difference: Spread) -> Estimate:
    """A mean over seeds with three standard errors; one fit without sampling with `UNSETTLED`."""
    if difference.seeds == 1:
        return Estimate(difference.mean, UNSETTLED, "quadrature")
    error = difference.deviation / np.sqrt(difference.seeds)
    return Estimate(difference.mean, STANDARD_ERRORS * error, "monte-carlo", CONFIDENCE)


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
