"""Sections 3.1 and 3.3: the softmax and the log-sum-exp without noise."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.softmax_exact import same
from perturbtheory.claims.legacy import agree, claim, exact
from perturbtheory.ledger import Budget, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories, identity


def _shares(odds: list[Fraction]) -> list[Fraction]:
    """softmax(theta) for e^theta_i = odds_i, exactly."""
    return [u / sum(odds) for u in odds]


@claim("A.softmax-not-minimal")
def softmax_not_minimal(budget: Budget) -> list[Part]:
    r"""Statement: Theta = R^d is not minimal for the softmax: theta and theta + c1 give the same p.

    LaTeX: $\operatorname{softmax}(\theta) = \operatorname{softmax}(\theta + c\mathbf 1)$, hence
    $\Theta = \mathbb R^d$ is not minimal.

    Source: A, section 3.1

    Assumptions: d >= 1 and any real c; minimal means that theta -> p is one-to-one.

    Computed: the two vectors for symbolic d, exactly with rational odds e^theta, and by the engine.
    """
    _, i, j, theta = (s := categories())
    c = sp.Symbol("c", real=True)
    moved = s.sum(sp.expand(sp.exp(theta[j] + c))).doit()
    ratio = sp.exp(theta[i]) * sp.exp(c) / moved
    difference = sp.simplify(ratio - sp.exp(theta[i]) / s.sum(sp.exp(theta[j])))
    argument = "sum_j e^(theta_j + c) = e^c sum_j e^theta_j for symbolic d; e^c cancels"
    cases = [([1, 2, 5], Fraction(3, 7)), ([4], Fraction(9)), ([1, 1, 1, 3, 8], Fraction(1, 100))]
    unmoved = all(
        _shares([Fraction(u) for u in odds]) == _shares([factor * u for u in odds])
        for odds, factor in cases
    )
    f, points = expected_max(Gumbel()), thetas(3, budget)
    one, two = (f.estimate_probabilities(np.asarray(points + shift)) for shift in (0.0, 1.75))
    return [
        Part(
            "softmax(theta + c1) = softmax(theta)",
            (
                exact("sympy, symbolic d", identity(difference), argument),
                exact("rational odds", unmoved, "three vectors of odds", universal=False),
                agree("engine", "quadrature", one, two, "p(theta) against p(theta + 1.75)"),
            ),
        ),
        Part(
            "two parameters share one probability",
            (
                exact(
                    "sympy, witness",
                    same((0, 0), (1, 1), sp.E),
                    "theta = (0, 0) and tau = (1, 1) have one softmax: not one-to-one",
                ),
                agree(
                    "engine",
                    "quadrature",
                    f.estimate_probabilities(np.zeros(2)),
                    f.estimate_probabilities(np.ones(2)),
                    "p(0, 0) against p(1, 1)",
                ),
            ),
        ),
    ]


@claim("A.lse-gradient")
def lse_gradient(budget: Budget) -> list[Part]:
    r"""Statement: The softmax is the gradient of the log-sum-exp.

    LaTeX: $\operatorname{softmax}(\theta) = \nabla \log\bigl(\sum_{i=1}^d e^{\theta_i}\bigr)$

    Source: A, (5) and (24)

    Assumptions: d >= 1. (24) as printed equates the scalar df/dtheta_j with the vector
    softmax(theta); it is read as its entry j, which is what (5) says.

    Computed: the derivative for symbolic d, by complex steps, and the engine's probabilities.
    """
    _, i, j, theta = (s := categories())
    total = s.sum(sp.exp(theta[j]))
    derivative = sp.diff(sp.log(total), theta[i]).doit()
    difference = derivative - sp.exp(theta[i]) / total
    points = thetas(3, budget)
    step = 1e-40
    moved = points[:, None, :] + 1j * step * np.eye(3)
    slopes = np.log(np.exp(moved).sum(-1)).imag / step
    softmax = np.exp(points) / np.exp(points).sum(-1, keepdims=True)
    engine = expected_max(Gumbel()).estimate_probabilities(points)
    what = "complex-step derivative of log-sum-exp at d = 3"
    return [
        Part(
            "d/dtheta_i log sum_j e^theta_j = e^theta_i / sum_j e^theta_j",
            (
                exact("sympy, symbolic d", identity(difference), "derivative under a symbolic sum"),
                agree("complex step", "quadrature", slopes, softmax, f"{what} against softmax"),
                agree("engine", "quadrature", slopes, engine, f"{what} against probabilities"),
            ),
        )
    ]
