"""The bias of the direct estimator with Gumbel noise, one- and two-sided, through cumulants."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import EPSILON, LOGITS, VALUES, average, winners
from perturbtheory.claims.legacy import agree, argued, claim, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_bias, exact_gradient
from perturbtheory.ledger import Budget, Check, Part, Step
from perturbtheory.routes.symbolic import categories, identity


def _tilt() -> Step:
    """d/de E_{q_e}[g] = Cov(f, g) for q_e proportional to e^(h + e f), any number of categories."""
    _, _, j, h = (s := categories())
    e = sp.Symbol("epsilon", real=True)
    f: Any = sp.IndexedBase("f", real=True)
    g: Any = sp.IndexedBase("g", real=True)
    odds = sp.exp(h[j] + e * f[j])
    sums = {name: s.sum(term * odds) for name, term in (("1", 1), ("f", f[j]), ("g", g[j]))}
    slope = sp.diff(sums["g"] / sums["1"], e).doit()
    covariance = s.sum(f[j] * g[j] * odds) / sums["1"] - sums["f"] * sums["g"] / sums["1"] ** 2
    return shown(
        r"$\frac{d}{d\epsilon}\mathbb E_{q_\epsilon}[g] = \mathbb E[fg] - \mathbb E f\,"
        r"\mathbb E g$ for $q_\epsilon \propto e^{h + \epsilon f}$ and every $g$",
        identity(slope - covariance),
    )


def _moment(power: int, with_g: int) -> Any:
    return sp.Symbol(f"E_f{power}g{with_g}", real=True) if power or with_g else sp.Integer(1)


def _derivative(expression: Any) -> Any:
    """d/de of a polynomial in the moments E[f^k g^l], each with derivative E[f X] - E[f] E[X]."""
    out = sp.Integer(0)
    for power in range(6):
        for with_g in (0, 1):
            moment = _moment(power, with_g)
            if moment != 1:
                slope = _moment(power + 1, with_g) - _moment(1, 0) * moment
                out += sp.diff(expression, moment) * slope
    return sp.expand(out)


def _cumulant_steps(order: int) -> tuple[Step, ...]:
    """That the derivative of this order of E_{q_e}[g] at 0 is a central moment or cumulant."""
    found = _moment(0, 1)
    for _ in range(order):
        found = _derivative(found)
    centred = {
        k: sum(
            sp.binomial(k, m)
            * (-_moment(1, 0)) ** (k - m)
            * (_moment(m, 1) - _moment(0, 1) * _moment(m, 0))
            for m in range(k + 1)
        )
        for k in (1, 2, 3)
    }
    variance = _moment(2, 0) - _moment(1, 0) ** 2
    expected = centred[order] if order < 3 else centred[3] - 3 * variance * centred[1]
    says = {
        2: r"$\kappa_3(f, f, g) = \mathbb E[(f - \bar f)^2(g - \bar g)]$ is the second derivative",
        3: r"$\kappa_4(f, f, f, g) = \mathbb E[(f - \bar f)^3(g - \bar g)] - 3\operatorname{Var} f"
        r"\operatorname{Cov}(f, g)$ is the third",
    }[order]
    return (_tilt(), shown(says, identity(sp.expand(found - expected))))


def cumulants(h: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """kappa_3(f, f, e_z) and kappa_4(f, f, f, e_z) under softmax(h), for every z."""
    q = softmax(h)
    away = f - q @ f
    variance = q @ away**2
    third = q * (away**2 - variance)
    return third, q * (away**3 - q @ away**3) - 3 * variance * q * away


def _mean_check(two_sided: bool, budget: Budget) -> Check:
    low, high = (LOGITS - EPSILON * VALUES if two_sided else LOGITS), LOGITS + EPSILON * VALUES
    width = 2 * EPSILON if two_sided else EPSILON
    sampled = average(
        lambda g: (winners(g, high) - winners(g, low)) / width,
        (3,),
        seed=43,
        samples=budget.samples,
        spread=2 / width,
    )
    bias = direct_bias(LOGITS, VALUES, EPSILON, two_sided=two_sided)
    predicted = exact_gradient(LOGITS, VALUES) + bias
    return agree("sampling", "monte-carlo", sampled, predicted, "mean of the estimator, K = 3")


def mean_part(two_sided: bool, budget: Budget) -> Part:
    """The mean is a difference quotient of softmaxes: the bias is known for every epsilon."""
    h, f, e = LOGITS, VALUES, EPSILON
    lower = softmax(h - e * f) if two_sided else softmax(h)
    quotient = (softmax(h + e * f) - lower) / (2 * e if two_sided else e)
    q = softmax(h)
    return Part(
        "the bias for every epsilon",
        (
            proof(
                "Gibbs distributions, any K",
                "the mean is a difference quotient of q_epsilon, whose limit is Cov_q(f, .)",
                _tilt(),
                argued(
                    r"$z^*(\epsilon) \sim q_\epsilon$ for every $\epsilon$",
                    "the Gumbel-max identity with logits h + epsilon f",
                ),
            ),
            agree(
                "closed form",
                "quadrature",
                direct_bias(h, f, e, two_sided=two_sided),
                quotient - q * (f - q @ f),
                "bias against the difference of softmaxes",
            ),
            _mean_check(two_sided, budget),
        ),
    )


def order_part(two_sided: bool) -> Part:
    """The leading term of the bias: epsilon/2 kappa_3, or epsilon^2/6 kappa_4 for two sides."""
    power, order = (2, 3) if two_sided else (1, 2)
    kappa = cumulants(LOGITS, VALUES)[order - 2]
    factor = 6 if two_sided else 2
    steps = np.array([2.0**-7, 2.0**-8])
    scaled = [
        factor * direct_bias(LOGITS, VALUES, e, two_sided=two_sided) / e**power for e in steps
    ]
    # Richardson: the next term of the series is of one order more, or two where it is even. What
    # is left is of a higher order still, so that a share of the last correction bounds it amply.
    weight = 4.0 if two_sided else 2.0
    limit = (weight * scaled[1] - scaled[0]) / (weight - 1)
    radius = np.abs(limit - scaled[1]) / (16 if two_sided else 4)
    name = "epsilon^2/6 kappa_4" if two_sided else "epsilon/2 kappa_3"
    odd = argued(
        r"the two-sided quotient keeps only the odd powers of $E_{q_\epsilon}[g]$",
        "the even ones cancel in the difference",
    )
    return Part(
        f"the bias is {name} to leading order",
        (
            proof(
                "moments under q_epsilon, any K",
                "Taylor's formula for E_{q_epsilon}[g], g an entry of grad h",
                *_cumulant_steps(order),
                *((odd,) if two_sided else ()),
            ),
            agree(
                "extrapolation",
                "quadrature",
                Estimate(limit, radius, "quadrature"),
                kappa,
                f"{factor} bias / epsilon^{power} as epsilon -> 0, K = 3",
            ),
        ),
    )


@claim("C.direct-bias", depends_on=("B.gumbel-max", "B.direct-gradient"))
def direct_bias_claim(budget: Budget) -> list[Part]:
    r"""Statement: The direct estimator with Gumbel noise has mean (E_{q_eps} - E_q)[grad h] over
    epsilon, q_eps the softmax of h + epsilon f; its bias is eps/2 times a third cumulant,
    to leading order.

    LaTeX: bias $= \frac1\epsilon(\mathbb E_{q_\epsilon} - \mathbb E_q)[\nabla h] -
    \operatorname{Cov}_q(f, \nabla h) = \frac\epsilon2\kappa_3(f, f, \nabla h) + O(\epsilon^2)$ with
    $q_\epsilon \propto e^{h + \epsilon f}$

    Source: this package

    Assumptions: finitely many categories, f not a function of the parameters of h; the cumulant is
    that of q = softmax(h).

    Computed: derivatives under a symbolic sum; the closed form against softmaxes, samples, and its
    own limit.
    """
    return [mean_part(False, budget), order_part(False)]
