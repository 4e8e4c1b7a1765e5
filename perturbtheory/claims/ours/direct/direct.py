"""The direct estimator with Gumbel noise: its variance, and what a second side gains."""

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import EPSILON, LOGITS, VALUES, average, winners
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, positive, proof, shown
from perturbtheory.claims.ours.direct.direct_bias import mean_part, order_part
from perturbtheory.claims.ours.direct.joint_law import quadrature_law
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_bias, direct_law, direct_variance, exact_gradient
from perturbtheory.ledger import Budget, Part
from perturbtheory.routes.symbolic import identity, variance_identity


@claim("C.direct-variance", depends_on=("C.joint-law",))
def direct_variance_claim(budget: Budget) -> list[Part]:
    r"""Statement: The variance of one draw of the direct estimator is a finite sum over the joint
    law; it grows like C/epsilon as epsilon -> 0.

    LaTeX: trace of the covariance $= \epsilon^{-2}\sum_{i,j} P_{ij}\lVert\nabla h_i -
    \nabla h_j\rVert^2 - \lVert\text{mean}\rVert^2$, and $\epsilon$ times it tends to
    $C = \sum_{i<j} q_i q_j |f_i - f_j| \lVert\nabla h_i - \nabla h_j\rVert^2$

    Source: this package

    Assumptions: as for the joint law; in the checks grad h is the identity, logit coordinates.

    Computed: the variance identity for any number of values and the limit of P_ij/epsilon,
    symbolically; second moments by adaptive quadrature of the law and by sampling.
    """
    fi, fj = sp.symbols("f_i f_j", real=True)
    e = sp.Symbol("epsilon", positive=True)
    opening = sp.limit((sp.exp(-e * fi) - sp.exp(-e * fj)) / e, e, 0)
    # Off the diagonal the two one-hot vectors are 2 apart, in squared length.
    apart = quadrature_law(LOGITS, VALUES, EPSILON)
    between = 2 * ~np.eye(3, dtype=bool) / EPSILON**2
    total = direct_variance(LOGITS, VALUES, EPSILON).sum()
    mean = exact_gradient(LOGITS, VALUES) + direct_bias(LOGITS, VALUES, EPSILON)
    sampled = average(
        lambda g: ((winners(g, LOGITS + EPSILON * VALUES) - winners(g, LOGITS)) ** 2).sum(
            -1, keepdims=True
        ),
        (3,),
        seed=47,
        samples=budget.samples,
        spread=2.0,
    )
    scaled = sampled._replace(value=sampled.value / EPSILON**2, radius=sampled.radius / EPSILON**2)
    q = softmax(LOGITS)
    pairs = [(0, 1), (0, 2), (1, 2)]
    constant = sum(2 * q[i] * q[j] * abs(VALUES[i] - VALUES[j]) for i, j in pairs)
    small = np.array([2.0**-10, 2.0**-11])
    growth = np.array([x * direct_variance(LOGITS, VALUES, x).sum() for x in small])
    limit = 2 * growth[1] - growth[0]
    return [
        Part(
            "the variance for every epsilon",
            (
                proof(
                    "second moments, any K",
                    "the estimator takes the value (J_j - J_i)/epsilon with probability P_ij",
                    argued(
                        r"its values are $x_{ij} = (\nabla h_j - \nabla h_i)/\epsilon$ with "
                        r"probabilities $P_{ij}$",
                        "definition of the estimator; C.joint-law",
                    ),
                    shown(
                        r"in every coordinate $\sum_k p_k(v_k - m)^2 = \sum_k p_k v_k^2 - m^2$ "
                        r"for $m = \sum_k p_k v_k$, $\sum_k p_k = 1$, any number of values",
                        variance_identity(),
                    ),
                ),
                agree(
                    "adaptive quadrature",
                    "quadrature",
                    Estimate(
                        (between * apart.value).sum(), (between * apart.radius).sum(), apart.kind
                    ),
                    total + mean @ mean,
                    "second moment, K = 3",
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    scaled,
                    np.array([total + mean @ mean]),
                    "second moment of the estimator, K = 3",
                ),
            ),
        ),
        Part(
            "epsilon times the variance tends to C",
            (
                proof(
                    "sympy, any pair",
                    "P_ij = a_i b_j times an integral over an interval that shrinks to 1",
                    shown(
                        r"$(s_i - s_j)/\epsilon \to f_j - f_i$, so that $P_{ij}/\epsilon \to q_i "
                        r"q_j (f_j - f_i)$ for $f_j > f_i$, since $D \to 1$ for normalised $a$",
                        identity(opening - (fj - fi)),
                    ),
                    argued(
                        r"the mean stays bounded, so that $\epsilon\lVert\text{mean}\rVert^2 "
                        r"\to 0$",
                        "C.direct-bias",
                    ),
                ),
                agree(
                    "extrapolation",
                    "quadrature",
                    Estimate(limit, abs(limit - growth[1]) / 16, "quadrature"),
                    constant,
                    "epsilon times the trace as epsilon -> 0, K = 3",
                ),
            ),
        ),
    ]


@claim("C.two-sided", depends_on=("C.joint-law", "C.direct-bias", "C.direct-variance"))
def two_sided(budget: Budget) -> list[Part]:
    r"""Statement: The two-sided direct estimator has a bias of second order in epsilon and half
    the leading variance, for the same two maximisations.

    LaTeX: $\frac1{2\epsilon}(\nabla h(z^*(\epsilon)) - \nabla h(z^*(-\epsilon)))$ has bias
    $\frac{\epsilon^2}6\kappa_4(f, f, f, \nabla h) + O(\epsilon^4)$ and variance
    $\frac C{2\epsilon} + O(1)$, against $\frac\epsilon2\kappa_3$ and $\frac C\epsilon + O(1)$

    Source: this package

    Assumptions: as for the one-sided estimator. Both orders are for epsilon -> 0: at a large
    epsilon, or where kappa_3 vanishes, the two-sided bias may be the larger one.

    Computed: third derivatives under a symbolic sum; the one-sided law at logits h - epsilon f and
    2 epsilon; both variances and biases at four points.
    """
    h = np.concatenate([LOGITS[None], thetas(3, budget)])
    one, two = (
        np.array([direct_variance(x, VALUES, 0.125, two_sided=side).sum() for x in h])
        for side in (False, True)
    )
    x, f, e = sp.symbols("h f epsilon", real=True)
    law = direct_law(LOGITS, VALUES, 0.25, two_sided=True)
    return [
        mean_part(True, budget),
        order_part(True),
        Part(
            "its variance is that of the one-sided at h - epsilon f with 2 epsilon",
            (
                proof(
                    "substitution",
                    "the two arg maxes are those of logits h - epsilon f and steps of 2 epsilon",
                    shown(
                        r"$(h - \epsilon f) + 2\epsilon f = h + \epsilon f$",
                        identity((x - e * f) + 2 * e * f - (x + e * f)),
                    ),
                    argued(r"hence $\frac C{2\epsilon}$ to leading order", "C.direct-variance"),
                ),
                agree(
                    "adaptive quadrature",
                    "quadrature",
                    quadrature_law(LOGITS - 0.25 * VALUES, VALUES, 0.5),
                    law,
                    "the joint law of the two sides, K = 3",
                ),
                positive(
                    "closed form",
                    "quadrature",
                    one - two,
                    "one-sided less two-sided variance at epsilon = 1/8",
                ),
            ),
        ),
    ]
