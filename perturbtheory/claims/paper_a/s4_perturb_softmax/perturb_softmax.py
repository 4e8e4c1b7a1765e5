"""Section 4 and 8.2: the potential of Perturb-Softmax, its gradient, its temperature."""

from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, entry, gradient_by_differences, thetas
from perturbtheory.claims.exhibits.softmax_exact import softmax
from perturbtheory.claims.legacy import agree, claim, exact, positive
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Outcome, Part
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import Potential, expected_logsumexp, expected_max
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories, identity, variance_identity

_THETA = np.array([0.5, -0.25, 1.0])
_ATOMS = (-1.0, 0.5, 1.5)
_DOMINATED = (
    "every partial derivative of the integrand lies in [0, 1], so dominated convergence moves the "
    "derivative inside the expectation wherever f is finite"
)


def _chain_rule(scale: Any, t: Any) -> tuple[Outcome, Any]:
    """Whether the gradient of scale * log sum_j e^((theta_j + gamma_j)/t) is the softmax, any d."""
    _, i, j, theta = (s := categories())
    gamma: Any = sp.IndexedBase("gamma", real=True)
    total = s.sum(sp.exp((theta[j] + gamma[j]) / t))
    derivative = sp.diff(scale * sp.log(total), theta[i]).doit()
    softmax = sp.exp((theta[i] + gamma[i]) / t) / total
    return identity(derivative - softmax), sp.simplify(derivative / softmax)


def _potential(temperature: float) -> Potential:
    return expected_logsumexp(Discrete(np.array(_ATOMS)), temperature)


def _enumerated(temperature: float) -> np.ndarray:
    """E[softmax((theta + gamma)/t)] at the fixed theta, over all outcomes of three atoms."""
    return enumeration.softmax(_THETA[None], _ATOMS, temperature).probabilities[0]


def _numeric_gradient(temperature: float) -> tuple[Check, Check]:
    f = _potential(temperature)
    slopes = gradient_by_differences(f, _THETA)
    p = entry(engine(f, _THETA[None], "probabilities"), 0)
    what = "differences of f against"
    return (
        agree("engine", "quadrature", slopes, p, f"{what} p, three atoms, d = 3"),
        agree("enumeration", "quadrature", slopes, _enumerated(temperature), f"{what} E softmax"),
    )


@claim("A.softmax-potential-gradient")
def softmax_potential_gradient(budget: Budget) -> list[Part]:
    r"""Statement: The expected log-sum-exp of theta + gamma is convex; its gradient is the expected
    softmax.

    LaTeX: $f(\theta) = \mathbb E_\gamma\bigl[\log \sum_{i=1}^d e^{\theta_i + \gamma_i}\bigr]$ is
    convex and $\nabla f(\theta) = \mathbb E_\gamma[\operatorname{softmax}(\theta + \gamma)]$

    Source: A, (6), (7) and the paragraph after them

    Assumptions: any joint law of gamma with f finite (footnote 2); footnote 3 is not needed.

    Computed: the derivative of the integrand for symbolic d, which is bounded by one; differences
    of the engine's f against its p and against enumerated softmax vectors; the Jensen gap.
    """
    outcome = _chain_rule(sp.Integer(1), sp.Integer(1))[0]
    f = _potential(1.0)
    points = thetas(3, budget)
    found = engine(f, np.concatenate([points, -points, 0 * points[:1]]))
    one, two = entry(found, np.s_[: len(points)]), entry(found, np.s_[len(points) : -1])
    middle = entry(found, -1)
    radius = np.asarray(one.radius) + np.asarray(two.radius) + np.asarray(middle.radius)
    gap = (np.asarray(one.value) + np.asarray(two.value)) / 2 - np.asarray(middle.value)
    return [
        Part(
            "(7): the gradient is the expected softmax",
            (
                exact("sympy, symbolic d", outcome, f"chain rule; {_DOMINATED}"),
                *_numeric_gradient(1.0),
            ),
        ),
        Part(
            "f is convex",
            (
                exact(
                    "sympy, symbolic d",
                    variance_identity(),
                    "v' H v = sum_j p_j v_j^2 - (sum_j p_j v_j)^2 = sum_j p_j (v_j - m)^2 >= 0 for "
                    "every gamma, and an expectation of convex functions is convex",
                ),
                positive(
                    "engine",
                    "quadrature",
                    Estimate(gap, radius, "quadrature"),
                    "(f(theta) + f(-theta))/2 - f(0), three atoms, d = 3",
                ),
            ),
        ),
    ]


@claim("A.softmax-probability", depends_on=("A.softmax-potential-gradient",))
def softmax_probability(budget: Budget) -> list[Part]:
    r"""Statement: The derivative of the expected log-sum-exp is a probability vector.

    LaTeX: $\sum_{j=1}^d \partial f/\partial\theta_j = 1$ and $\partial f/\partial\theta_j \ge 0$
    for every $j$

    Source: A, Corollary 8.2, (39)-(41)

    Assumptions: any joint law of gamma with f finite.

    Computed: the sum for symbolic d; f(theta + c1) - f(theta) = c by quadrature; positivity of
    differences of f.
    """
    _, i, j, theta = (s := categories())
    gamma: Any = sp.IndexedBase("gamma", real=True)
    total = s.sum(sp.exp(theta[j] + gamma[j]))
    # The denominator does not depend on the running index: it is one symbol, then put back.
    whole = sp.Symbol("S", positive=True)
    ratio = s.sum(sp.exp(theta[j] + gamma[j]) / whole).doit().subs(whole, total)
    term = sp.exp(theta[i] + gamma[i])
    f = _potential(1.0)
    points = thetas(3, budget)
    one, two = engine(f, points), engine(f, points + 0.5)
    rise = Estimate(
        np.asarray(two.value) - np.asarray(one.value),
        np.asarray(two.radius) + np.asarray(one.radius),
        "quadrature",
    )
    return [
        Part(
            "(39), (40): the entries sum to one",
            (
                exact(
                    "sympy, symbolic d",
                    identity(ratio - 1),
                    f"sum_j e^(x_j) / sum_k e^(x_k) = 1 for every gamma; {_DOMINATED}",
                ),
                agree("engine", "quadrature", rise, 0.5, "f(theta + c1) - f(theta), c = 1/2"),
                agree("enumeration", "quadrature", _enumerated(1.0).sum(), 1.0, "sum of E softmax"),
            ),
        ),
        Part(
            "(41): no entry is negative",
            (
                exact(
                    "sympy, symbolic d",
                    bool(term.is_positive and total.function.is_positive),
                    "a positive number over a sum of positive numbers, for every gamma",
                ),
                positive(
                    "engine",
                    "quadrature",
                    gradient_by_differences(f, _THETA),
                    "differences of f in every coordinate, three atoms, d = 3",
                ),
            ),
        ),
    ]


@claim("A.softmax-temperature", corrected="A.softmax-temperature.corrected")
def softmax_temperature(_: Budget) -> list[Part]:
    r"""Statement: The gradient of f_t = E[log sum exp((theta + gamma)/t)] is
    E[softmax((theta + gamma)/t)], t non-negative.

    LaTeX: $f_t(\theta) = \mathbb E_\gamma[\log\sum_{i=1}^d e^{(\theta_i+\gamma_i)/t}]$,
    $\nabla f_t(\theta) = \mathbb E_\gamma[\operatorname{softmax}((\theta+\gamma)/t)]$ for $t \ge 0$

    Source: A, (11)

    Assumptions: f_t finite. "Non-negative" is read as printed, with t = 0 allowed.

    Computed: the derivative for symbolic d and t; the smallest counterexample in t, theta and d;
    the limit t -> 0; differences of the engine's potential.
    """
    t = sp.Symbol("t", positive=True)
    quotient = _chain_rule(sp.Integer(1), t)[1]
    factor_missing = sp.simplify(quotient - 1 / t) == 0
    x = sp.Symbol("x", real=True)
    one = sp.diff(sp.expand_log(sp.log(sp.exp(x / t))), x)
    false_at_two = factor_missing and one.subs(t, 2) != 1
    slopes = gradient_by_differences(_potential(2.0), _THETA)
    printed = slopes._replace(value=slopes.value / 2, radius=slopes.radius / 2)
    limit = sp.limit(sp.log(sp.exp(1 / t) + 1), t, 0, "+")
    bounds = np.array([10.0, 100.0, 1000.0])
    growth = np.logaddexp(2 * bounds, 0.0)
    return [
        Part(
            "the printed gradient for t > 0",
            (
                exact(
                    "sympy, symbolic d and t",
                    not false_at_two,
                    "the derivative of the printed f_t is 1/t times the softmax",
                ),
                agree(
                    "engine",
                    "quadrature",
                    printed,
                    _enumerated(2.0),
                    "differences of f_2 against E softmax",
                ),
            ),
            {
                "d": 1,
                "t": 2,
                "theta": [0],
                "gamma": 0,
                "gradient of f_t": str(one.subs({t: 2, x: 0})),
                "softmax": str(softmax((0,), sp.E)[0]),
            },
        ),
        Part(
            "t = 0 is allowed",
            (
                exact(
                    "sympy, limit",
                    bool(limit.is_finite),
                    "f_t(1, 0) without noise tends to infinity as t -> 0",
                ),
                positive(
                    "numbers",
                    "quadrature",
                    bounds - growth,
                    "B - f_t(1, 0) at t = 1/(2B), B = 10, 100, 1000: no bound holds, for f_t > 1/t",
                ),
            ),
            {"d": 2, "t": 0, "theta": [1, 0], "gamma": [0, 0], "f_t": "log(e^(1/0) + 1)"},
        ),
    ]


@claim("A.softmax-temperature.corrected")
def softmax_temperature_corrected(_: Budget) -> list[Part]:
    r"""Statement: The gradient of f_t = E[t log sum exp((theta + gamma)/t)] is
    E[softmax((theta + gamma)/t)] for t > 0, and f_t -> E[max(theta + gamma)] as t -> 0.

    LaTeX: $f_t(\theta) = \mathbb E_\gamma[t\log\sum_{i=1}^d e^{(\theta_i+\gamma_i)/t}]$,
    $\nabla f_t(\theta) = \mathbb E_\gamma[\operatorname{softmax}((\theta+\gamma)/t)]$ for $t > 0$,
    and $0 \le f_t - \mathbb E_\gamma[\max_i(\theta_i+\gamma_i)] \le t\log d$

    Source: corrects A, (11)

    Assumptions: f_t finite for one t > 0.

    Computed: the derivative for symbolic d and t; differences of the engine's potential; the bound
    from e^(x_j/t) <= e^(max/t), and by the engine at three temperatures.
    """
    t = sp.Symbol("t", positive=True)
    outcome = _chain_rule(t, t)[0]
    m, s = sp.Symbol("m", real=True), categories()
    ceiling = sp.expand_log(t * sp.log(s.sum(sp.exp(m / t)).doit()), force=True)
    largest = identity(ceiling - m - t * sp.log(s.d))
    law = Discrete(np.array(_ATOMS))
    low, room = engine(expected_max(law), _THETA[None])[:2]
    margins, radii = [], []
    for temperature in (0.5, 1.0, 2.0):
        smooth, radius = engine(_potential(temperature), _THETA[None])[:2]
        excess = np.asarray(smooth) - np.asarray(low)
        margins += [excess, temperature * float(np.log(3.0)) - excess]
        radii += 2 * [np.asarray(radius) + np.asarray(room)]
    return [
        Part(
            "the gradient for t > 0",
            (
                exact("sympy, symbolic d and t", outcome, f"chain rule; {_DOMINATED}"),
                *_numeric_gradient(2.0),
            ),
        ),
        Part(
            "0 <= f_t - f_0 <= t log d",
            (
                exact(
                    "sympy, symbolic d",
                    largest,
                    "the largest term alone gives the lower bound; d terms equal to it the upper",
                ),
                positive(
                    "engine",
                    "quadrature",
                    Estimate(np.array(margins), np.array(radii), "quadrature"),
                    "f_t - f_0 and t log 3 - (f_t - f_0) at t = 1/2, 1, 2",
                ),
            ),
        ),
    ]
