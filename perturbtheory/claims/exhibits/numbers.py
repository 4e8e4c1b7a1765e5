"""Parameters at which claims are compared, and numbers made from the engine's by differences."""

from typing import Any, Literal

import numpy as np
from scipy import special

from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import Potential, expected_max

_STEP = 2.0**-8
WEIGHTS = np.array([3.0, -32.0, 168.0, -672.0, 672.0, -168.0, 32.0, -3.0]) / 840.0
SHIFTS = np.array([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])
"""Central differences of order 8: sum WEIGHTS f(x + SHIFTS h) / h is f'(x)."""


LINE = np.linspace(-60.0, 60.0, 4801)
"""For the trapezoidal rule on the line, against laws whose tails are exponential at least."""
LOGISTIC_LAW = special.expit(LINE) * special.expit(-LINE)
"""The density of gamma_1 - gamma_2 under Gumbel noise there."""


def thetas(dimension: int, budget: Budget) -> np.ndarray:
    """`budget.points` fixed vectors of moderate size, shape (points, d)."""
    rng = np.random.default_rng(20240607 + dimension)
    return np.round(rng.normal(size=(budget.points, dimension)), 3)


def engine(
    f: Potential, points: np.ndarray, what: Literal["value", "probabilities"] = "value"
) -> Estimate:
    """The engine's estimate at every row of `points`."""
    return (f.estimate if what == "value" else f.estimate_probabilities)(points)


def entry(estimate: Estimate, index: Any) -> Estimate:
    """The same estimate at `index` alone."""
    value, radius = (np.asarray(a)[index] for a in (estimate.value, estimate.radius))
    return estimate._replace(value=value, radius=radius)


def gumbel_argmax(categories: int = 3) -> Potential:
    """Gumbel-Argmax with a scale per coordinate, which keeps the engine from its closed form."""
    return expected_max(Gumbel(np.ones(categories)))


def first_of_two(f: Potential, differences: np.ndarray) -> Estimate:
    """p_1 at theta = (D, 0) for every D."""
    points = np.stack([differences, 0 * differences], 1)
    return entry(engine(f, points, "probabilities"), np.s_[:, 0])


def halved(terms: np.ndarray) -> Estimate:
    """The trapezoidal rule, summed over the last axis; every other node gives the radius."""
    fine, coarse = terms.sum(-1), 2 * terms[..., ::2].sum(-1)
    return Estimate(fine, abs(fine - coarse) + 1e-13, "quadrature")


def combined(*terms: tuple[float, Estimate]) -> Estimate:
    """The sum of weight times estimate, for estimates of one kind."""
    value = sum(weight * np.asarray(estimate.value) for weight, estimate in terms)
    radius = sum(abs(weight) * np.asarray(estimate.radius) for weight, estimate in terms)
    return terms[0][1]._replace(value=value, radius=radius)


def difference(one: Estimate, two: Estimate) -> Estimate:
    """One estimate less another of the same kind."""
    return combined((1.0, one), (-1.0, two))


def gradient_by_differences(f: Potential, theta: np.ndarray) -> Estimate:
    """The gradient at theta, shape (d,), from values alone: central differences of order 8.

    The radius is the rounding of the values over the step; the truncation error, h^8 times a
    ninth derivative over 630, is below 1e-17 for potentials that vary over lengths of order one.
    """
    d = theta.size
    moves = SHIFTS[:, None, None] * _STEP * np.eye(d)
    found = engine(f, (theta + moves).reshape(-1, d))
    value, radius = (np.asarray(a).reshape(len(SHIFTS), d) for a in found[:2])
    slopes = WEIGHTS @ (value - value.mean()) / _STEP
    return Estimate(slopes, np.abs(WEIGHTS) @ radius / _STEP + 1e-12, "quadrature")
