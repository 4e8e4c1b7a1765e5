"""Sections 3.2 and 4: small epsilon, and why no general position is needed."""

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import VALUES, average
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, proof, shown
from perturbtheory.claims.paper_b.s3_direct.direct import quotient, slopes_by_differences, theorem
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law, direct_mean, exact_gradient
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes.symbolic import identity

SPREAD = float(np.ptp(VALUES))


@claim("B.small-epsilon", depends_on=("C.joint-law",))
def small_epsilon(budget: Budget) -> list[Part]:
    r"""Statement: For small epsilon the estimate is either zero, when z*(epsilon) = z*, or very
    large, because the difference of gradients is divided by epsilon.

    LaTeX: $\frac1\epsilon(\nabla h(z^*(\epsilon)) - \nabla h(z^*)) = 0$ for $z^*(\epsilon) = z^*$,
    otherwise of norm $\frac1\epsilon\lVert\nabla h(z^*(\epsilon)) - \nabla h(z^*)\rVert$

    Source: B, section 4, after Theorem 1

    Assumptions: gradients of different h(z) differ by a fixed amount, sqrt 2 in logit coordinates;
    a parameter that h(z) and h(z') share alike gets zero from both. Added here: how rarely it is
    not zero.

    Computed: the norm in logit coordinates; the probability of a change from the joint law, its
    limit for any number of z, and by draws.
    """
    h, e = thetas(3, budget)[0], 0.25
    rate, pairs = _rate_of_change(), np.triu_indices(3, 1)
    q = softmax(h)
    limit = (np.outer(q, q) * np.abs(VALUES[:, None] - VALUES))[pairs].sum()
    tiny = 1e-7
    off = 1 - np.eye(3)
    change = (direct_law(h, VALUES, tiny) * off).sum() / tiny

    def rows(gamma: np.ndarray) -> np.ndarray:
        z, moved = ((x + gamma).argmax(1) for x in (h, h + e * VALUES))
        size = np.linalg.norm(np.eye(3)[moved] - np.eye(3)[z], axis=1)
        return np.stack([z != moved, np.isin(np.round(size**2), (0, 2))], 1).astype(float)

    drawn = average(rows, (3,), seed=61, samples=budget.samples)
    value, radius = np.asarray(drawn.value), np.asarray(drawn.radius)
    one, two = sp.symbols("i j", integer=True)
    apart = sp.KroneckerDelta(one, one) - 2 * sp.KroneckerDelta(one, two) + 1
    return [
        Part(
            "zero or, in logit coordinates, of norm sqrt(2)/epsilon",
            (
                proof(
                    "sympy, any k",
                    "the difference of two different unit vectors",
                    argued(
                        r"$\nabla h(z) = e_z$, so that the estimate is $(e_j - e_i)/\epsilon$",
                        "h(z) is the coordinate z of the logits",
                    ),
                    shown(
                        r"$\lVert e_i - e_j\rVert^2 = 2 - 2\delta_{ij}$ is $0$ for $i = j$ and $2$ "
                        r"otherwise",
                        apart.subs(two, one) == 0 and apart.subs({one: 1, two: 2}) == 2,
                    ),
                ),
                agree(
                    "sampling", "monte-carlo", value[1], 1.0, "share of draws with norm 0 or sqrt 2"
                ),
            ),
        ),
        Part(
            "it is not zero with probability epsilon sum_{i<j} q_i q_j |f_i - f_j| + O(epsilon^2)",
            (
                rate,
                agree(
                    "joint law",
                    "quadrature",
                    Estimate(change, tiny * SPREAD**2, "quadrature"),
                    limit,
                    "P(z*(epsilon) != z*)/epsilon at 1e-7",
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    Estimate(value[0], radius[0], "monte-carlo"),
                    (direct_law(h, VALUES, e) * off).sum(),
                    "P(z*(epsilon) != z*) at 1/4",
                ),
            ),
        ),
    ]


def _rate_of_change() -> Check:
    d = sp.Symbol("d", positive=True)
    e = sp.Symbol("epsilon", positive=True)
    q, excess = sp.symbols("q_i x", positive=True)
    return proof(
        "sympy, any k",
        "term by term in the joint law",
        argued(
            r"$P(z^*=i, z^*(\epsilon) \ne i) = q_i - q_i/D_i$ with $D_i = 1 + \sum_l q_l "
            r"(e^{\epsilon(f_l-f_i)} - 1)_+$",
            "C.joint-law",
        ),
        shown(
            r"$q_i - q_i/D_i = q_i (D_i - 1)/D_i$, and $D_i \to 1$",
            identity(q - q / (1 + excess) - q * excess / (1 + excess)),
        ),
        shown(
            r"$\frac1\epsilon(e^{\epsilon d} - 1)_+ \to d_+$ as $\epsilon \downarrow 0$",
            identity(sp.limit((sp.exp(e * d) - 1) / e, e, 0, "+") - d) == "holds"
            and bool((sp.exp(-e * d) - 1).subs({e: 1, d: 1}) < 0),
        ),
        argued(
            r"so $\frac1\epsilon P(z^*(\epsilon) \ne z^*) \to \sum_i q_i \sum_l q_l (f_l - f_i)_+ "
            r"= \sum_{i<l} q_i q_l |f_i - f_l|$",
            "of each pair exactly one order has a positive difference",
        ),
    )


@claim("B.general-position", depends_on=("B.direct-gradient",))
def general_position(budget: Budget) -> list[Part]:
    r"""Statement: The Gumbel variable overcomes the general position assumption and the regularity
    conditions of direct loss minimization: ties among h, or among h + epsilon f, do no harm.

    LaTeX: $\lim_{\epsilon\to 0} \frac1\epsilon \mathbb E_\gamma[\nabla h(z^*(\epsilon)) -
    \nabla h(z^*)] = \nabla \mathbb E_\gamma[f(z^*)]$ for every $h \in \mathbb R^k$ and
    $f \in \mathbb R^k$

    Source: B, introduction (2) and the end of section 3.2

    Assumptions: h differentiable in phi, as Theorem 1 has it. The regularity is that of the noise:
    with gamma = 0 or 1 by a fair coin E f(z*) jumps at h_1 = h_2.

    Computed: the quotient as an analytic function of h, f and epsilon for any k; at the tie h =
    (0, 0), f = (1, 0), where (5) without noise has no gradient: exactly, and by the engine.
    """
    x, y, d, e = sp.symbols("x y d epsilon", real=True)
    share = sp.exp(x + e * d) / (sp.exp(x + e * d) + sp.exp(y))
    at_tie = sp.diff(share, e).subs({e: 0, d: 1, x: 0, y: 0})
    direct = sp.diff(share.subs(e, 0), x).subs({x: 0, y: 0})
    tie = slopes_by_differences(np.zeros(3))
    return [
        Part(
            "no condition on h and f",
            (
                theorem(),
                agree(
                    "engine", "quadrature", tie, exact_gradient(np.zeros(3), VALUES), "k = 3, h = 0"
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    quotient(np.zeros(3), 0.5, budget),
                    direct_mean(np.zeros(3), VALUES, 0.5),
                    "quotient at h = 0, epsilon = 1/2",
                ),
            ),
        ),
        Part(
            "at the tie h = (0, 0), f = (1, 0): both sides are 1/4 in h_1",
            (
                proof(
                    "sympy",
                    "where (5) has no gradient",
                    shown("the limit of the quotient is 1/4", bool(at_tie == sp.Rational(1, 4))),
                    shown("the gradient of $E[f(z^*)]$ is 1/4", bool(direct == sp.Rational(1, 4))),
                ),
                agree(
                    "closed form",
                    "quadrature",
                    direct_mean(np.zeros(2), np.array([1.0, 0.0]), 1e-7)[0],
                    Estimate(0.25, 1e-7, "quadrature"),
                    "quotient at epsilon = 1e-7",
                ),
            ),
        ),
    ]
