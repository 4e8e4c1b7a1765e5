"""Bounds of P(F - E F >= t) that section 3.4 of paper A states, with and without a mistake."""

from typing import Any

from perturbtheory.checks import parameter, positive, require
from perturbtheory.numerics import floats


def gaussian_bound(t: Any, sigma: float) -> Any:
    """exp(-t^2 / (2 sigma^2)): Theorem 3.1 of paper A with the sigma it leaves out.

    Like the other bounds it is about t >= 0: raises ValueError for t < 0 and for sigma <= 0.

    Example:
        >>> from perturbtheory import properties
        >>> round(float(properties.gaussian_bound(2.0, 2.0)), 4)
        0.6065
    """
    xp, t, sigma = _of_bound(t, sigma)
    return xp.exp(-xp.square(t / sigma) / 2)


def gaussian_bound_as_printed(t: Any, sigma: float) -> Any:
    """exp(-t^2 / 2) whatever sigma is: Theorem 3.1 of paper A as printed, false for sigma > 1.

    Example:
        >>> from perturbtheory import properties
        >>> round(float(properties.gaussian_bound_as_printed(2.0, 2.0)), 4)
        0.1353
    """
    xp, t, _ = _of_bound(t, sigma)
    return xp.exp(-xp.square(t) / 2)


def gumbel_bound(t: Any, sigma: float) -> Any:
    """exp(-min(t / (4 sigma), t^2 / (32 sigma^2))): Theorem 3.2 of paper A, there for sigma < 1.

    Example:
        >>> from perturbtheory import properties
        >>> round(float(properties.gumbel_bound(2.0, 0.5)), 4)
        0.6065
    """
    xp, t, sigma = _of_bound(t, sigma)
    return xp.exp(-xp.minimum(t / (4 * sigma), xp.square(t / sigma) / 32))


def _of_bound(t: Any, sigma: Any) -> tuple[Any, ...]:
    """(xp, t, sigma) as arrays."""
    t, sigma = parameter("t", t), parameter("sigma", sigma)
    require("t", t, lambda a: a >= 0, "be >= 0", "a bound is about deviations above", most=None)
    require("sigma", sigma, positive, "be positive and finite", "pass sigma > 0", most=None)
    return floats(t, sigma)
