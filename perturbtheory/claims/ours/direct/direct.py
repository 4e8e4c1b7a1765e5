"""The direct estimator with Gumbel noise: its variance, and what a second side gains."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.cosets import indexed
from perturbtheory.claims.exhibits.draws import EPSILON, LOGITS, VALUES, average, winners
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.ours.direct import direct_bias as bias
from perturbtheory.claims.ours.direct.joint_law import pair_frequencies, quadrature_law
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law, direct_mean
from perturbtheory.estimators import direct_variance as engine_variance
from perturbtheory.ledger import Check, Claim, agree, argued, eq, exact, positive
from perturbtheory.routes.symbolic import categories

_OFF = ~np.eye(3, dtype=bool)

direct_variance = Claim(
    "C.direct-variance",
    "this package",
    r"""The variance of one draw of the direct estimator is a finite sum over the joint law: the
    trace of the covariance is $\epsilon^{-2}\sum_{i,j} P_{ij}\lVert\nabla h_i - \nabla h_j\rVert^2
    - \lVert m_\epsilon\rVert^2$, $m_\epsilon$ the mean. It grows like $C/\epsilon$ as $\epsilon \to
    0$: $\epsilon$ times it tends to $C = \sum_{i<j} q_i q_j |f_i - f_j| \lVert\nabla h_i - \nabla
    h_j\rVert^2$, and it is $\frac C\epsilon + O(1)$, since for $\epsilon > 0$, $f_i < f_j$ and $R =
    \max f - \min f$ $P_{ij}$ lies between $q_iq_j(e^{\epsilon(f_j-f_i)}-1)e^{-2\epsilon R}$ and
    $q_iq_j(e^{\epsilon(f_j-f_i)}-1)$.""",
    assumes=r"""As for the joint law; $q = \operatorname{softmax}(h)$; in the checks $\nabla h$ is
    the identity, logit coordinates.""",
    depends_on=("C.joint-law", "C.direct-bias"),
)
two_sided = Claim(
    "C.two-sided",
    "this package",
    r"""The two-sided direct estimator $\frac1{2\epsilon}(\nabla h(z^*(\epsilon)) - \nabla
    h(z^*(-\epsilon)))$ has a bias of second order in $\epsilon$ and half the leading variance, for
    the same two maximisations: bias $\frac{\epsilon^2}6\kappa_4(f, f, f, \nabla h) +
    O(\epsilon^4)$ and variance $\frac C{2\epsilon} + O(1)$, against $\frac\epsilon2\kappa_3$ and
    $\frac C\epsilon + O(1)$.""",
    assumes=r"""As for the one-sided estimator. Both orders are for $\epsilon \to 0$: at a large
    $\epsilon$, or where $\kappa_3$ vanishes, the two-sided bias may be the larger one.""",
    depends_on=("C.joint-law", "C.direct-bias", "C.direct-variance"),
)


@direct_variance.part(r"the variance for every $\epsilon$")
def every_epsilon(budget):
    s, p, v = categories(), indexed("p"), indexed("v")
    m = sp.Symbol("m", real=True)
    powers = [s.sum(p[s.j] * v[s.j] ** k) for k in (2, 1, 0)]
    yield exact(
        "second moments, any K",
        argued(r"""the values are $x_{ij} = (\nabla h_j - \nabla h_i)/\epsilon$ with probabilities
            $P_{ij}$ [definition of the estimator; C.joint-law]"""),
        eq(s.sum(p[s.j] * (v[s.j] - m) ** 2), powers[0] - 2 * m * powers[1] + m**2 * powers[2]),
        r"in every coordinate; with $\sum_j p_j = 1$ and $\sum_j p_jv_j = m$ this is $\sum_j "
        r"p_jv_j^2 - m^2$",
    )
    mean = direct_mean(LOGITS, VALUES, EPSILON)
    second = engine_variance(LOGITS, VALUES, EPSILON).sum() + mean @ mean
    # Off the diagonal the two one-hot vectors are 2 apart, in squared length.
    law, weight = quadrature_law(LOGITS, VALUES, EPSILON), 2 * _OFF / EPSILON**2
    found = Estimate((weight * law.value).sum(), (weight * law.radius).sum(), law.kind)
    yield agree("adaptive quadrature", found, second, "second moment, $K = 3$")
    drawn = average(
        lambda g: (
            ((winners(g, LOGITS + EPSILON * VALUES) - winners(g, LOGITS)) / EPSILON) ** 2
        ).sum(-1, keepdims=True),
        (3,),
        seed=47,
        samples=budget.samples,
        spread=2 / EPSILON**2,
    )
    yield agree("sampling", drawn, [second], "second moment of the estimator, $K = 3$")


def constant(h: np.ndarray, f: np.ndarray) -> float:
    """C in logit coordinates."""
    q = softmax(h)
    return float((np.outer(q, q) * np.abs(f[:, None] - f)).sum())


@direct_variance.part(r"$\epsilon$ times the variance tends to $C$: it is $C/\epsilon+O(1)$")
def growth():
    yield exact("sympy, any pair", *_bounded_rest())
    yield _limit(two_sided=False)
    q, gaps = softmax(LOGITS), VALUES[None, :] - VALUES[:, None]
    up, room = gaps > 0, []
    for e in (2.0**-10, 0.25, 1.0, 4.0):
        most = np.outer(q, q)[up] * np.expm1(e * gaps[up])
        log = np.log(direct_law(LOGITS, VALUES, e)[up] / most)
        room += [-log, log + 2 * e * np.ptp(VALUES)]
    what = r"distances of $\log P_{ij}$ from both bounds at four $\epsilon$, $K = 3$"
    yield positive("joint law", np.array(room), what)


def _bounded_rest() -> tuple[Any, ...]:
    """P_ij = epsilon q_i q_j (f_j - f_i) + O(epsilon^2) for f_i < f_j."""
    fi, fj, gap = sp.symbols("f_i f_j delta", real=True)
    qi, qj, e, top = sp.symbols("q_i q_j epsilon R", positive=True)
    share = qi * qj * sp.exp(e * fj) * (sp.exp(-e * fi) - sp.exp(-e * fj))
    return (
        argued(r"""adding a constant to $f$ moves no arg max: let $0 \le f \le R$; with $a = q$ and
            $s_j < s < s_i$, so that $e^{-\epsilon R} \le s \le 1$, every term of $D(s) =
            \sum_k\max(q_k, s q_ke^{\epsilon f_k})$ is between $q_k$ and $q_ke^{\epsilon R}$: $1 \le
            D \le e^{\epsilon R}$ [C.joint-law]"""),
        eq(
            share,
            qi * qj * (sp.exp(e * (fj - fi)) - 1),
            r"$a_ib_j(s_i-s_j)$, so that $P_{ij}$ is between $e^{-2\epsilon R}$ times this and "
            "this",
        ),
        eq(sp.Limit((sp.exp(e * gap) - 1 - e * gap) / e**2, e, 0), gap**2 / 2, "finite"),
        eq(sp.Limit((1 - sp.exp(-2 * e * top)) / e, e, 0), 2 * top, "finite"),
        argued(r"""so $P_{ij} = \epsilon q_iq_j(f_j-f_i)+O(\epsilon^2)$, the second moment is $\frac
            C\epsilon+O(1)$, and the mean stays bounded [C.direct-bias]"""),
    )


def _limit(*, two_sided: bool) -> Check:
    limit = bias.at_zero(
        lambda x: x * engine_variance(LOGITS, VALUES, x, two_sided=two_sided).sum()
    )
    what = r"$\epsilon$ times the trace as $\epsilon \to 0$, $K = 3$"
    return agree("extrapolation", limit, constant(LOGITS, VALUES) / (2 if two_sided else 1), what)


two_sided.part(r"the bias for every $\epsilon$", two_sided=True)(bias.every_epsilon)
two_sided.part(r"the bias is $\frac{\epsilon^2}6\kappa_4$ to leading order", two_sided=True)(
    bias.leading_order
)


@two_sided.part(r"""its variance is that of the one-sided at $h - \epsilon f$ with $2\epsilon$,
    $\frac C{2\epsilon}+O(1)$""")
def half_the_variance(budget):
    share, e, rest = sp.symbols("q_k epsilon S", positive=True)
    f = sp.Symbol("f_k", nonnegative=True)
    yield exact(
        "sympy, any pair",
        argued(r"""both arg maxes are those of logits $h-\epsilon f$ with a step of $2\epsilon$:
            $P_{ij}$ is between $e^{-4\epsilon R}$ times $q'_iq'_j(e^{2\epsilon(f_j-f_i)}-1)$ and
            this, $q'$ the softmax of $h-\epsilon f$ [C.direct-variance]"""),
        eq(sp.Limit((share * sp.exp(-e * f) / rest - share / rest) / e, e, 0), -share * f / rest),
        r"finite for any $S$, and the sum of $q_ke^{-\epsilon f_k}$ is $1+O(\epsilon)$: $q' = "
        r"q+O(\epsilon)$",
        argued(r"""so $P_{ij} = 2\epsilon q_iq_j(f_j-f_i)+O(\epsilon^2)$, which is divided by
            $4\epsilon^2$ [C.direct-variance, the same steps]"""),
    )
    yield _limit(two_sided=True)
    law = direct_law(LOGITS, VALUES, 0.25, two_sided=True)
    shifted = quadrature_law(LOGITS - 0.25 * VALUES, VALUES, 0.5)
    what = "the joint law of the two sides, $K = 3$"
    yield agree("adaptive quadrature", shifted, law, what, floor=1.0)
    low, high = LOGITS - 0.25 * VALUES, LOGITS + 0.25 * VALUES
    drawn = pair_frequencies(low, high, seed=53, budget=budget)
    yield agree("sampling", drawn, law, "frequencies of pairs of the two sides, $K = 3$", floor=1.0)
    h = np.concatenate([LOGITS[None], thetas(3, budget)])
    one, two = (
        np.array([engine_variance(x, VALUES, 0.125, two_sided=side).sum() for x in h])
        for side in (False, True)
    )
    what = r"one-sided less two-sided variance at $\epsilon = 1/8$"
    yield positive("closed form", one - two, what)
