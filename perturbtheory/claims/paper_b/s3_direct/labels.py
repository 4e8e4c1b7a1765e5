"""Sections 4.2 and 5: losses of labelled examples, and the indicator that stands for a label."""

from fractions import Fraction

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import frequencies, gradient
from perturbtheory.claims.exhibits.encoder import PHI, SLOPE, H, mean, total
from perturbtheory.claims.exhibits.numbers import entry, thetas
from perturbtheory.claims.exhibits.symbols import REST, A
from perturbtheory.claims.paper_b.s3_direct.direct import quotient, theorem
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law, direct_mean
from perturbtheory.ledger import Claim, agree, eq, exact, witness

FAR = np.array([0.0, -200.0, -200.0])
"""f that is 0 at the true label and next to minus infinity elsewhere."""

LOSS = np.array([0.0, 1.0, 1.0])
"""The 0/1 loss of three labels, the first being true."""

supervised = Claim(
    "B.supervised-gradient",
    "B, section 4.2, after (9)",
    r""""The supervised component is explicitly handled by Theorem 2": $\nabla_\phi \mathbb
    E_\gamma[\ell(z, z^*)] = \lim_{\epsilon\to 0} \frac1\epsilon \mathbb E_\gamma[\nabla_\phi
    h(z^*(\epsilon)) - \nabla_\phi h(z^*)]$ with $z^*(\epsilon) = \operatorname{argmax}_{\hat z}
    \{\epsilon\,\ell(z, \hat z) + h(\hat z) + \gamma(\hat z)\}$.""",
    assumes=r"""$\ell(z, \cdot)$ is finite and does not depend on $\phi$; it stands in the place of
    $f$. A loss is minimised where $f$ is maximised, so that the step goes against this gradient, or
    along it with $-\ell$ in the place of $\ell$.""",
    depends_on="B.direct-gradient",
)
indicator = Claim(
    "B.indicator-loss",
    "B, section 5, weak supervision",
    r"""Setting $z^*(\epsilon)$ of a labelled example to its true label is equivalent to using the
    indicator loss of the correct predictions: $\operatorname{argmax}_z \{\epsilon f(z) + h(z) +
    \gamma(z)\} = z_{true}$ for every $\epsilon > 0$ if $f$ is that indicator.""",
    assumes=r"""Two readings, both judged: $f(z) = 1_{z = z_{true}}$, as the paper writes indicators
    in (4) and (6), and the indicator of convex analysis, $f(z) = 0$ for $z = z_{true}$ and
    $-\infty$ otherwise. $\epsilon > 0$, $f$ as a reward; $k \ge 2$.""",
    depends_on="B.gumbel-max",
)
convex_indicator = indicator.corrected(
    r"""For $f(z) = 0$ at $z = z_{true}$ and $-\infty$ otherwise $z^*(\epsilon) = z_{true}$ for
    every $\epsilon > 0$, and the estimate times $\epsilon$ has the mean $\mathbb E[\nabla
    h(z_{true}) - \nabla h(z^*)] = \nabla \log q(z_{true})$. For $f(z) = 1_{z = z_{true}}$ it is
    the true label with probability $\frac{q e^\epsilon}{1 - q + q e^\epsilon}$, $q = q(z_{true})$,
    which tends to one only as $\epsilon \to \infty$.""",
    assumes=r"""$-\infty$ is the limit of $-M$. That such a step follows the gradient of $\log q$ is
    added here.""",
    depends_on="B.gumbel-max",
)


@supervised.part(r"(7) with $\ell(z, \cdot)$ in the place of $f$")
def with_a_loss(budget):
    h = thetas(3, budget)[0]
    small = Estimate(direct_mean(h, LOSS, 1e-8), 1e-8, "quadrature")
    yield theorem()
    what = r"0/1 loss, quotient at $\epsilon = 10^{-8}$, $k = 3$"
    yield agree("complex step", small, gradient(h, LOSS), what)
    yield agree(
        "sampling",
        quotient(h, 0.5, budget, LOSS),
        (softmax(h + 0.5 * LOSS) - softmax(h)) / 0.5,
        r"0/1 loss, quotient at $\epsilon = \frac12$",
        floor=1.0,
    )


@indicator.part(r"$z^*(\epsilon)$ is the true label for $f(z) = 1_{z = z_{true}}$")
def zero_one(budget):
    logits, label = np.zeros(2), np.array([1.0, 0.0])
    # e^epsilon = 2 and q = 1/2, so that q e^epsilon/(1 - q + q e^epsilon) = 2/3.
    share = Fraction(1, 2) * 2 / (1 - Fraction(1, 2) + Fraction(1, 2) * 2)
    drawn = entry(frequencies(logits + np.log(2) * label, seed=83, samples=budget.samples), [0])
    yield exact("rational, B.gumbel-max", share == 1, cases=r"$k = 2$, $h = 0$, $e^\epsilon = 2$")
    yield agree("sampling", drawn, 1.0, r"$P(z^*(\log 2) = z_{true})$, $k = 2$, $h = 0$")
    yield witness(
        {
            "$k$": 2,
            "$h$": [0, 0],
            "$f$": [1, 0],
            r"$\epsilon$": r"$\log 2$",
            r"$P(z^*(\epsilon) = z_{true})$": str(share),
        }
    )


@indicator.part(r"$z^*(\epsilon)$ is the true label for $f = 0$ there and $-\infty$ elsewhere")
@convex_indicator.part(
    r"$z^*(\epsilon)$ is the true label for $f = 0$ there and $-\infty$ elsewhere"
)
def is_the_label(budget):
    fall, step = sp.symbols("M epsilon", positive=True)
    shares = [direct_law(x, FAR, 1.0)[:, 0].sum() for x in thetas(3, budget)]
    yield exact(
        "sympy, any k",
        eq(sp.Limit(A / (A + sp.exp(-step * fall) * REST), fall, sp.oo), 1),
        r"the limit of $P(z^*(\epsilon) = z_{true})$ for $f = -M$ off the true label, with "
        r"$a = e^{h(z_{true})}$ and $S$ the sum over the others",
    )
    yield agree("joint law", shares, 1.0, "$P(z^*(1) = z_{true})$ for $M = 200$")


@convex_indicator.part(r"the estimate times $\epsilon$ has mean $\nabla\log q(z_{true})$")
def mean_is_score(budget):
    points = thetas(3, budget)
    means = np.array([direct_mean(x, FAR, 1.0) for x in points])
    moved = points[:, None, :] + 1e-40j * np.eye(3)
    odds = np.exp(moved)
    slopes = np.log(odds[:, :, 0] / odds.sum(-1)).imag / 1e-40
    log_share = H - sp.log(total(sp.exp(H)))
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(log_share, PHI), SLOPE - mean(SLOPE), r"$\nabla\log q(z)$ at $z_{true}$"),
    )
    yield agree("complex step", means, slopes, "exact mean, $k = 3$")


@convex_indicator.part(r"""$P(z^*(\epsilon) = z_{true}) = \frac{q e^\epsilon}{1 - q + q e^\epsilon}$
    for $f(z) = 1_{z = z_{true}}$""")
def zero_one_share(budget):
    step, share = sp.symbols("epsilon q", positive=True)
    formula = share * sp.exp(step) / (1 - share + share * sp.exp(step))
    points, label = thetas(3, budget), np.array([1.0, 0.0, 0.0])
    found = [direct_law(x, label, 0.75)[:, 0].sum() for x in points]
    expected = sp.lambdify((share, step), formula)(softmax(points, axis=1)[:, 0], 0.75)
    yield exact(
        "sympy, any k",
        eq(
            sp.Subs(A * sp.exp(step) / (A * sp.exp(step) + REST), A, share * REST / (1 - share)),
            formula,
            r"the Gibbs probability with $a = e^{h(z_{true})}$, $S$ the sum over the others, "
            r"$q = a/(a+S)$",
        ),
        eq(1 - formula, (1 - share) / (1 - share + share * sp.exp(step)), "positive for $q < 1$"),
        eq(sp.Limit(formula.subs(share, A / (A + REST)), step, sp.oo), 1),
    )
    yield agree("joint law", found, expected, r"$\epsilon = \frac34$, $k = 3$")
