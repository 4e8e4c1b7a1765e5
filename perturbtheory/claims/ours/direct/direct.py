"""The direct estimator with Gumbel noise: its variance, and what a second side gains."""

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import EPSILON, LOGITS, VALUES, average, winners
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.ours.direct import direct_bias as bias
from perturbtheory.claims.ours.direct.joint_law import quadrature_law
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law, direct_mean
from perturbtheory.estimators import direct_variance as engine_variance
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive
from perturbtheory.routes.symbolic import categories

_OFF = ~np.eye(3, dtype=bool)

direct_variance = Claim(
    "C.direct-variance",
    "this package",
    r"""The variance of one draw of the direct estimator is a finite sum over the joint law: the
    trace of the covariance is $\epsilon^{-2}\sum_{i,j} P_{ij}\lVert\nabla h_i - \nabla h_j\rVert^2
    - \lVert m_\epsilon\rVert^2$, $m_\epsilon$ the mean. It grows like $C/\epsilon$ as $\epsilon \to
    0$: $\epsilon$ times it tends to $C = \sum_{i<j} q_i q_j |f_i - f_j| \lVert\nabla h_i - \nabla
    h_j\rVert^2$.""",
    assumes=r"""As for the joint law; $q = \operatorname{softmax}(h)$; in the checks $\nabla h$ is
    the identity, logit coordinates.""",
    depends_on="C.joint-law",
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
    s, p, v = categories(), sp.IndexedBase("p", real=True), sp.IndexedBase("v", real=True)
    m = sp.Symbol("m", real=True)
    powers = [s.sum(p[s.j] * v[s.j] ** k) for k in (2, 1, 0)]
    yield exact(
        "second moments, any K",
        argued(
            r"the values are $x_{ij} = (\nabla h_j - \nabla h_i)/\epsilon$ with probabilities "
            r"$P_{ij}$",
            "definition of the estimator; C.joint-law",
        ),
        eq(
            s.sum(p[s.j] * (v[s.j] - m) ** 2),
            powers[0] - 2 * m * powers[1] + m**2 * powers[2],
            r"in every coordinate; with $\sum_j p_j = 1$ and $\sum_j p_jv_j = m$ this is $\sum_j "
            r"p_jv_j^2 - m^2$",
        ),
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


def _constant() -> float:
    """C in logit coordinates."""
    q = softmax(LOGITS)
    return float((np.outer(q, q) * np.abs(VALUES[:, None] - VALUES)).sum())


@direct_variance.part(r"$\epsilon$ times the variance tends to $C$", sides=1)
def growth(sides):
    fi, fj = sp.symbols("f_i f_j", real=True)
    e = sp.Symbol("epsilon", positive=True)
    yield exact(
        "sympy, any pair",
        eq(
            sp.Limit((sp.exp(-e * fi) - sp.exp(-e * fj)) / e, e, 0),
            fj - fi,
            r"$(s_i - s_j)/\epsilon$, so that $P_{ij}/\epsilon \to q_i q_j (f_j - f_i)$ for $f_j > "
            r"f_i$, since $D \to 1$ for normalised $a$",
        ),
        argued(
            r"the mean stays bounded, so that $\epsilon\lVert m_\epsilon\rVert^2 \to 0$",
            "C.direct-bias",
        ),
    )
    limit = bias.at_zero(
        lambda x: x * engine_variance(LOGITS, VALUES, x, two_sided=sides == 2).sum()
    )
    what = r"$\epsilon$ times the trace as $\epsilon \to 0$, $K = 3$"
    yield agree("extrapolation", limit, _constant() / sides, what)


two_sided.part(r"the bias for every $\epsilon$", two_sided=True)(bias.every_epsilon)
two_sided.part(r"the bias is $\frac{\epsilon^2}6\kappa_4$ to leading order", two_sided=True)(
    bias.leading_order
)


@two_sided.part(
    r"its variance is that of the one-sided at $h - \epsilon f$ with $2\epsilon$, half as large to "
    "leading order"
)
def half_the_variance(budget):
    yield from growth(2)
    h = np.concatenate([LOGITS[None], thetas(3, budget)])
    one, two = (
        np.array([engine_variance(x, VALUES, 0.125, two_sided=side).sum() for x in h])
        for side in (False, True)
    )
    law = direct_law(LOGITS, VALUES, 0.25, two_sided=True)
    shifted = quadrature_law(LOGITS - 0.25 * VALUES, VALUES, 0.5)
    yield agree("adaptive quadrature", shifted, law, "the joint law of the two sides, $K = 3$")
    what = r"one-sided less two-sided variance at $\epsilon = 1/8$"
    yield positive("closed form", one - two, what)
