r"""Sections 3.2 and 4: small $\epsilon$, and why no general position is needed."""

from typing import Any

import jax
import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import VALUES, average, winners
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import X, Y
from perturbtheory.claims.paper_b.s3_direct.direct import (
    SPREAD,
    TINY,
    quotient,
    slopes_by_differences,
    theorem,
)
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import Direct, direct_law, direct_mean, exact_gradient
from perturbtheory.ledger import Claim, agree, argued, eq, exact

E = sp.Symbol("epsilon", positive=True)
LARGE, SIZES = 0.25, (1.0, 0.25, 0.03125)
OFF = 1 - np.eye(3)

small = Claim(
    "B.small-epsilon",
    "B, section 4, after Theorem 1",
    r"""For small $\epsilon$ the estimate $\frac1\epsilon(\nabla h(z^*(\epsilon)) - \nabla
    h(z^*))$ is either zero, when $z^*(\epsilon) = z^*$, or very large, because the
    difference of gradients is divided by $\epsilon$: it has norm $\frac1\epsilon\lVert\nabla
    h(z^*(\epsilon)) - \nabla h(z^*)\rVert$.""",
    assumes=r"""Gradients of different $h(z)$ differ by a fixed amount, $\sqrt 2$ in logit
    coordinates; a parameter that $h(z)$ and $h(z')$ share alike gets zero from both. Added here:
    how rarely it is not zero.""",
    depends_on="C.joint-law",
)
position = Claim(
    "B.general-position",
    "B, introduction (2) and the end of section 3.2",
    r"""The Gumbel variable overcomes the general position assumption and the regularity conditions
    of direct loss minimization: ties among $h$, or among $h + \epsilon f$, do no harm, and
    $\lim_{\epsilon\to 0} \frac1\epsilon \mathbb E_\gamma[\nabla h(z^*(\epsilon)) - \nabla h(z^*)] =
    \nabla \mathbb E_\gamma[f(z^*)]$ for every $h \in \mathbb R^k$ and $f \in \mathbb R^k$.""",
    assumes=r"""$h$ is differentiable in $\phi$, as Theorem 1 has it. The regularity is that of the
    noise: with $\gamma = 0$ or $1$ by a fair coin $\mathbb E f(z^*)$ jumps at $h_1 = h_2$.""",
    depends_on="B.direct-gradient",
)


@small.part(r"zero or, in logit coordinates, of norm $\sqrt2/\epsilon$")
def zero_or_large(budget):
    one, two = sp.symbols("i j", integer=True)
    apart_by = sp.Symbol("m", integer=True, positive=True)
    delta = sp.KroneckerDelta
    apart = delta(one, one) - 2 * delta(one, two) + delta(two, two)
    yield exact(
        "sympy, any k",
        argued(r"""$\nabla h(z) = e_z$, so that the estimate is $(e_j - e_i)/\epsilon$ [$h(z)$ is
            the coordinate $z$ of the logits]"""),
        eq(sp.Subs(apart, two, one), 0),
        r"$\lVert e_i - e_j\rVert^2 = 2 - 2\delta_{ij}$ for $j = i$",
        eq(sp.Subs(apart, two, one + apart_by), 2, r"and for every larger $j$, $m \ge 1$"),
        eq(sp.Subs(apart, two, one - apart_by), 2, "and for every smaller one"),
    )
    h = np.tile(thetas(3, budget)[0], (budget.samples, 1))
    for epsilon in SIZES:
        drawn = Direct(epsilon)(jax.random.key(61), h, np.broadcast_to(VALUES, h.shape))
        norms, large = np.linalg.norm(drawn, axis=1), 2**0.5 / epsilon
        # Either all of them, or the least and the greatest, would show another norm.
        found = np.r_[norms, norms.min(), norms.max()]
        said = np.r_[np.where(norms > 0, large, 0.0), 0.0, large]
        case = rf"norms of the estimates, $\epsilon = {epsilon:g}$"
        yield agree("estimator", found, said, case, slack=1e-6)


@small.part(
    r"it is not zero with probability $\epsilon \sum_{i<j} q_i q_j |f_i - f_j| + O(\epsilon^2)$"
)
def rarely_not_zero(budget):
    h = thetas(3, budget)[0]
    q = softmax(h)
    apart = np.triu(np.outer(q, q) * np.abs(VALUES[:, None] - VALUES), 1).sum()
    d, share, excess = sp.symbols("d q_i x", positive=True)
    yield exact(
        "sympy, any k",
        argued(r"""$P(z^*=i, z^*(\epsilon) \ne i) = q_i - q_i/D_i$ with $D_i = 1 + \sum_l q_l
            (e^{\epsilon(f_l-f_i)} - 1)_+$ [C.joint-law]"""),
        eq(share - share / (1 + excess), share * (excess - excess**2 / (1 + excess))),
        r"with $x = D_i - 1 \ge 0$: it is $q_i x + O(x^2)$",
        eq(sp.Limit(((sp.exp(E * d) - 1) / E - d) / E, E, 0, "+"), d**2 / 2),
        r"so that $(e^{\epsilon d} - 1)_+ = \epsilon d_+ + O(\epsilon^2)$: for $d \le 0$ it is "
        r"zero",
        argued(r"""so $x = O(\epsilon)$ and $P(z^*(\epsilon) \ne z^*) = \epsilon \sum_i q_i \sum_l
            q_l (f_l - f_i)_+ + O(\epsilon^2) = \epsilon \sum_{i<l} q_i q_l |f_i - f_l| +
            O(\epsilon^2)$ [of each pair exactly one order has a positive difference]"""),
    )
    rate = Estimate(
        (direct_law(h, VALUES, TINY) * OFF).sum() / TINY, TINY * SPREAD**2, "quadrature"
    )
    yield agree("joint law", rate, apart, r"$P(z^*(\epsilon) \ne z^*)/\epsilon$ at $10^{-8}$")

    def changed(gamma):
        moved = winners(gamma, h + LARGE * VALUES) != winners(gamma, h)
        return moved.any(1, keepdims=True).astype(float)

    drawn = average(changed, (3,), seed=61, samples=budget.samples)
    law, what = direct_law(h, VALUES, LARGE) * OFF, r"$P(z^*(\epsilon) \ne z^*)$ at $\frac14$"
    yield agree("sampling", drawn, [law.sum()], what, floor=1.0)


@position.part("no condition on $h$ and $f$")
def no_condition(budget):
    tie = np.zeros(3)
    yield theorem()
    yield agree(
        "engine",
        slopes_by_differences(tie),
        exact_gradient(tie, VALUES),
        "$k = 3$, $h = 0$",
        floor=1.0,
    )
    yield agree(
        "sampling",
        quotient(tie, 0.5, budget),
        direct_mean(tie, VALUES, 0.5),
        r"quotient at $h = 0$, $\epsilon = \frac12$",
        floor=1.0,
    )


@position.part(r"at the tie $h = (0, 0)$, $f = (1, 0)$: both sides are $\tfrac14$ in $h_1$")
def at_the_tie():
    share = sp.exp(X + E) / (sp.exp(X + E) + sp.exp(Y))
    quarter = sp.Rational(1, 4)
    tied: Any = share.subs(X, 0).subs(Y, 0)
    small_step = direct_mean(np.zeros(2), np.array([1.0, 0.0]), TINY)[0]
    yield exact(
        "sympy",
        eq(sp.Limit((tied - tied.subs(E, 0)) / E, E, 0), quarter),
        "the limit of the quotient",
        eq(sp.Subs(sp.Derivative(share.subs(E, 0), X), (X, Y), (0, 0)), quarter),
        r"the gradient of $\mathbb E[f(z^*)]$",
    )
    yield agree(
        "closed form",
        small_step,
        Estimate(0.25, TINY, "quadrature"),
        r"quotient at $\epsilon = 10^{-8}$",
    )
