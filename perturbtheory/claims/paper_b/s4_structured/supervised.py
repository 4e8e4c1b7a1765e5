"""Sections 4.1 and 4.2: normalisation of decomposed encoders; the supervised component."""

from itertools import product

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import REST, X
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law
from perturbtheory.ledger import Budget, Claim, agree, argued, eq, exact, positive

normalisation = Claim(
    "B.decomposed-normalisation",
    "B, section 4.1, second paragraph",
    r"""The normalisation constant $\sum_z e^{h(z)}$ of a structured encoder of $n$ binary variables
    sums $2^n$ terms. If the encoder decomposes, $h(z) = \sum_{i=1}^n h_i(z_i)$, it requires only
    linearly many, $\sum_z e^{h(z)} = \prod_i \sum_{z_i} e^{h_i(z_i)}$; then the encoder does not
    account for correlations between the variables: the $z^*_i$ are independent.""",
    assumes=r"""The noise decomposes as $h$ does, one variable for every coordinate and value. With
    the noise of (4) read literally, one variable for every $z$, $\sum_z e^{h(z) + \gamma(z)}$ keeps
    its $2^n$ terms though $h$ decomposes.""",
    depends_on="B.structured-gibbs.corrected",
)
supervised = Claim(
    "B.supervised-component",
    "B, section 4.2, after (9)",
    r"""The supervised component $\mathbb E_\gamma[\ell(z, z^*)]$ of (9) is explicitly handled by
    Theorem 2: $\nabla_\phi \mathbb E_\gamma[\ell(z, z^*)] = \lim_{\epsilon\to 0} \frac1\epsilon
    \mathbb E_\gamma[\nabla h(z^*(\epsilon)) - \nabla h(z^*)]$ with $z^*(\epsilon) =
    \operatorname{argmax}_{\hat z} \{\epsilon\,\ell(z, \hat z) + h(\hat z) + \gamma(\hat z)\}$. For
    $\epsilon > 0$ this $z^*(\epsilon)$ has the larger loss on average: a step that lowers the loss
    is against this gradient.""",
    assumes=r"""Any loss of finitely many $z$, $\ell = \ell(z, \cdot)$ not constant for the second
    statement; an independent Gumbel variable for every $z$.""",
    depends_on="B.gumbel-max",
)


@normalisation.part("linearly many terms if $h$ decomposes")
def product_of_sums():
    h = np.random.default_rng(7).normal(size=(10, 2))
    every = [h[np.arange(10), z].sum() for z in product((0, 1), repeat=10)]
    yield exact(
        "sympy, one coordinate at a time",
        eq(
            REST + REST * sp.exp(X),
            REST * (1 + sp.exp(X)),
            r"$\sum_z e^{h(z)}$ with one more coordinate, $h_n(0) = 0$ and $h_n(1) = x$, $S$ the "
            r"sum over the others",
        ),
        argued(
            r"so $\sum_z e^{h(z)} = \prod_i \sum_{z_i} e^{h_i(z_i)}$, of $2n$ terms", "induction"
        ),
    )
    yield agree(
        "enumeration", np.log(np.exp(every).sum()), np.logaddexp(*h.T).sum(), "$n = 10$, logarithms"
    )


@normalisation.part("no correlations if $h$ decomposes")
def independent():
    law = two_bits.marginal(two_bits.pairwise(0.4, -1.1, 0.0))
    yield exact(
        "independence",
        argued(
            r"$z_i^* = \operatorname{argmax}_a \{h_i(a) + \gamma_i(a)\}$, a function of $\gamma_i$ "
            "alone",
            "the arg max of a sum over coordinates is that of each; independent noise",
        ),
    )
    yield agree("integral over L_1", np.linalg.det(law), 0.0, "determinant of the law, $n = 2$")
    tied = two_bits.marginal(two_bits.pairwise(0.4, -1.1, 0.5))
    yield positive(
        "with an interaction", np.linalg.det(tied), "determinant for $h_{12} = z_1 z_2/2$"
    )


def _losses(budget: Budget) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(5)
    return [(h, rng.uniform(0, 2, h.size)) for h in thetas(4, budget)]


@supervised.part("the limit is the gradient of the expected loss")
def theorem_2(budget):
    h, loss = sp.symbols("h_1:4", real=True), sp.symbols("l_1:4", real=True)
    e = sp.Symbol("epsilon", real=True)

    def law(shift):
        weights = [sp.exp(a + shift * b) for a, b in zip(h, loss, strict=True)]
        return [w / sum(weights) for w in weights]

    expected = sum(p * x for p, x in zip(law(0), loss, strict=True))
    yield exact(
        "sympy, k = 3 and any k",
        argued(
            r"$\mathbb E[\nabla_{h_j} h(z^*(\epsilon))] = \mathbb P(z^*(\epsilon) = j) = "
            r"\operatorname{softmax}(h + \epsilon\ell)_j$",
            "B.gumbel-max; more parameters by the chain rule",
        ),
        eq(
            sp.Derivative(expected, h[0]),
            sp.Subs(sp.Derivative(law(e)[0], e), e, 0),
            r"$\partial_{h_1} \mathbb E\ell$; both sides are $q_1(\ell_1 - \sum_z q_z\ell_z)$, and "
            "so for any number of $z$, the others entering by their sums",
        ),
    )
    found, true = [], []
    for x, cost in _losses(budget):
        found.append(two_bits.limit(lambda t, x=x, cost=cost: _moved(x, cost, t)))
        q = softmax(x)
        true.append(q * (cost - q @ cost))
    limit = found[0]._replace(
        value=np.array([f.value for f in found]), radius=np.array([f.radius for f in found])
    )
    yield agree("joint law", limit, np.array(true), "four $z$, random $h$ and losses")


def _moved(h: np.ndarray, loss: np.ndarray, epsilon: float) -> np.ndarray:
    joint = direct_law(h, loss, epsilon)
    return (joint.sum(0) - joint.sum(1)) / epsilon


@supervised.part(r"for $\epsilon > 0$ the loss at $z^*(\epsilon)$ is the larger one")
def larger_loss(budget):
    yield exact(
        "optimality of two arg maxes",
        argued(
            r"$\epsilon\ell(z^*(\epsilon)) + s(z^*(\epsilon)) \ge \epsilon\ell(z^*) + s(z^*)$ and "
            r"$s(z^*) \ge s(z^*(\epsilon))$ for $s = h + \gamma$; so $\ell(z^*(\epsilon)) \ge "
            r"\ell(z^*)$ for every $\gamma$",
            "the sum of both",
        ),
        argued(
            "on average it is larger, for the two differ with positive probability",
            "Gumbel noise has a positive density, so some $z$ of less than the largest loss is "
            "ahead by less than the difference of $\\epsilon\\ell$",
        ),
    )
    gains = [
        ((joint := direct_law(x, cost, 0.5)).sum(0) - joint.sum(1)) @ cost
        for x, cost in _losses(budget)
    ]
    yield positive(
        "joint law", np.array(gains), r"$\mathbb E\ell(z^*(\tfrac12)) - \mathbb E\ell(z^*)$"
    )
    x, cost = _losses(budget)[0]
    s = x + np.random.default_rng(19).gumbel(size=(budget.samples, x.size))
    drawn = cost[(s + 0.5 * cost).argmax(1)] - cost[s.argmax(1)]
    radius = 5.5 * float(np.std(drawn)) / budget.samples**0.5
    mean = Estimate(float(np.mean(drawn)), radius, "monte-carlo", 1 - 1e-7)
    yield positive("sampling", mean, "the same for one $h$")
