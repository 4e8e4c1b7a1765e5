"""The bias of the direct estimator with Gumbel noise, one- and two-sided, through cumulants."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.cosets import indexed
from perturbtheory.claims.exhibits.draws import EPSILON, LOGITS, VALUES, average, winners
from perturbtheory.claims.ours.direct.joint_law import mean_by_law
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_bias as engine_bias
from perturbtheory.estimators import exact_gradient
from perturbtheory.ledger import Claim, Equation, agree, argued, eq, exact
from perturbtheory.routes.symbolic import categories

direct_bias = Claim(
    "C.direct-bias",
    "this package",
    r"""The mean of the direct estimator is $\frac1\epsilon(\mathbb E_{q_\epsilon} - \mathbb
    E_q)[\nabla h]$, $q_\epsilon \propto e^{h + \epsilon f}$ the softmax of $h + \epsilon f$; its
    bias is $\frac\epsilon2$ times a third cumulant, to leading order: bias $= \frac1\epsilon(
    \mathbb E_{q_\epsilon} - \mathbb E_q)[\nabla h] - \operatorname{Cov}_q(f, \nabla h) =
    \frac\epsilon2 \kappa_3(f, f, \nabla h) + O(\epsilon^2)$.""",
    assumes=r"""Finitely many categories, $f$ not a function of the parameters of $h$; the cumulant
    is that of $q = \operatorname{softmax}(h)$.""",
    depends_on=("B.gumbel-max", "B.direct-gradient"),
)


def tilted_mean(values: Any) -> Equation:
    """d/de E_{q_e}[g] = Cov(f, g) for q_e proportional to e^(h + e f), any number of categories."""
    _, _, j, h = (s := categories())
    e, f = sp.Symbol("epsilon", real=True), indexed("f")
    odds, g = sp.exp(h[j] + e * f[j]), values[j]
    total, first, second, both = (s.sum(x * odds) for x in (1, f[j], g, f[j] * g))
    return eq(
        sp.Derivative(second / total, e),
        both / total - first * second / total**2,
        r"a derivative along $\epsilon$ is a covariance with $f$, for $h = \theta$ and every "
        f"${sp.latex(values)}$",
    )


def _moment(power: int, with_g: int) -> Any:
    f = f"f^{power}" if power > 1 else "f" * power
    return sp.Symbol(rf"\mathbb{{E}}[{f}{'g' * with_g}]", real=True) if f or with_g else 1


def _slope(expression: Any) -> Any:
    """d/de of a polynomial in the moments E[f^k g^l], each with derivative E[f X] - E[f] E[X]."""
    moments = [(k, m) for k in range(6) for m in (0, 1) if k or m]
    return sp.expand(
        sum(
            sp.diff(expression, _moment(k, m)) * (_moment(k + 1, m) - _moment(1, 0) * _moment(k, m))
            for k, m in moments
        )
    )


def _centred(power: int) -> Any:
    """E[(f - Ef)^power (g - Eg)], multiplied out."""
    terms = (
        sp.binomial(power, m)
        * (-_moment(1, 0)) ** (power - m)
        * (_moment(m, 1) - _moment(0, 1) * _moment(m, 0))
        for m in range(power + 1)
    )
    return sum(terms)


def _cumulant_steps(order: int) -> tuple[Equation, Equation]:
    """That the derivative of this order of E_{q_e}[g] is a central moment or a cumulant."""
    found = _moment(0, 1)
    for _ in range(order):
        found = _slope(found)
    variance = _moment(2, 0) - _moment(1, 0) ** 2
    expected = _centred(2) if order == 2 else _centred(3) - 3 * variance * _centred(1)
    says = {
        2: r"the second derivative is $\kappa_3(f, f, g) = \mathbb E[(f - \mathbb Ef)^2(g - "
        r"\mathbb Eg)]$",
        3: r"the third is $\kappa_4(f, f, f, g) = \mathbb E[(f - \mathbb Ef)^3(g - \mathbb Eg)] - "
        r"3\operatorname{Var} f \operatorname{Cov}(f, g)$",
    }[order]
    return tilted_mean(indexed("g")), eq(found, expected, says)


def cumulants(h: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """kappa_3(f, f, e_z) and kappa_4(f, f, f, e_z) under softmax(h), for every z."""
    q = softmax(h)
    away = f - q @ f
    variance = q @ away**2
    third = q * (away**2 - variance)
    return third, q * (away**3 - q @ away**3) - 3 * variance * q * away


def at_zero(function: Callable[[float], Any], *, even: bool = False) -> Estimate:
    """The limit as epsilon -> 0 of a function with a power series, by Richardson's scheme.

    The radius is the last correction, many times what is left.
    """
    rows = [np.asarray(function(2.0**-k)) for k in range(5, 12)]
    last = before = rows[-1]
    for k in range(1, len(rows)):
        weight = 2.0 ** (2 * k if even else k)
        rows = [(weight * fine - coarse) / (weight - 1) for coarse, fine in pairwise(rows)]
        last, before = rows[-1], last
    return Estimate(last, np.abs(last - before) + 1e-10, "quadrature")


@direct_bias.part(r"the bias for every $\epsilon$", two_sided=False)
def every_epsilon(budget, two_sided):
    yield exact(
        "Gibbs distributions, any K",
        argued(r"""$z^*(\epsilon) \sim q_\epsilon$ for every $\epsilon$: the mean of the estimator
            is a difference quotient of $\mathbb E_{q_\epsilon}[\nabla h]$ [the Gumbel-max identity
            with logits $h + \epsilon f$]"""),
        tilted_mean(indexed("g")),
        argued(r"""so its limit, the gradient, is $\operatorname{Cov}_q(f, \nabla h)$ [$g = \nabla
            h$]"""),
    )
    low, high = (LOGITS - EPSILON * VALUES if two_sided else LOGITS), LOGITS + EPSILON * VALUES
    width = 2 * EPSILON if two_sided else EPSILON
    mean = exact_gradient(LOGITS, VALUES) + engine_bias(
        LOGITS, VALUES, EPSILON, two_sided=two_sided
    )
    found = mean_by_law(low, VALUES, width)
    yield agree("the joint law by quadrature", found, mean, "mean of the estimator, $K = 3$")
    drawn = average(
        lambda g: (winners(g, high) - winners(g, low)) / width,
        (3,),
        seed=43,
        samples=budget.samples,
        spread=2 / width,
    )
    yield agree("sampling", drawn, mean, "mean of the estimator, $K = 3$", floor=1.0)


@direct_bias.part(r"the bias is $\frac\epsilon2\kappa_3$ to leading order", two_sided=False)
def leading_order(two_sided):
    power, order, factor = (2, 3, 6) if two_sided else (1, 2, 2)
    odd = argued(r"""the two-sided quotient keeps only the odd powers of $\mathbb E_{q_\epsilon}[g]$
        [the even ones cancel in the difference]""")
    yield exact(
        "moments under q_epsilon, any K",
        *_cumulant_steps(order),
        *((odd,) if two_sided else ()),
        argued("the bias to leading order", "Taylor's formula, $g$ an entry of $\\nabla h$"),
    )
    limit = at_zero(
        lambda e: factor * engine_bias(LOGITS, VALUES, e, two_sided=two_sided) / e**power,
        even=two_sided,
    )
    what = rf"bias over $\epsilon^{power}/{factor}$ as $\epsilon \to 0$, $K = 3$"
    yield agree("extrapolation", limit, cumulants(LOGITS, VALUES)[order - 2], what)
