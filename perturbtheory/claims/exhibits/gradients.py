"""What the engine's probabilities have to be as the gradient of a convex function."""

import numpy as np

from perturbtheory.claims.exhibits import numbers
from perturbtheory.ledger import Budget, Check, agree, positive
from perturbtheory.potential import Potential


def increases(route: str, f: Potential, budget: Budget, *, first_zero: bool = False) -> Check:
    """<p(tau) - p(theta), tau - theta> > 0 by the engine, in R^3 or where theta_1 = 0."""
    points = numbers.thetas(3, budget)
    points = points - points[:, :1] if first_zero else points
    p = numbers.engine(f, points, "probabilities")
    i, j = np.triu_indices(len(points), 1)
    v, rise = points[j] - points[i], numbers.difference(numbers.entry(p, j), numbers.entry(p, i))
    margins = rise._replace(value=(rise.value * v).sum(1), radius=(rise.radius * abs(v)).sum(1))
    what = r"$\langle p(\tau) - p(\theta), \tau - \theta\rangle$ for all pairs of $\theta$, $d = 3$"
    return positive(route, margins, f"{what}, in $\\{{\\theta_1 = 0\\}}$" if first_zero else what)


def against_differences(route: str, f: Potential, what: str) -> Check:
    """Central differences of f in every coordinate against its probabilities, at one theta."""
    theta = np.array([0.5, -0.25, 1.0])
    p = numbers.entry(numbers.engine(f, theta[None], "probabilities"), 0)
    return agree(route, numbers.gradient_by_differences(f, theta), p, what)
