"""The two identities that keep this package small: smoothing, and one-dimensional integrals."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.exhibits.symbols import REST, A, B, U, X, Z
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown
from perturbtheory.perturbations import Discrete, Logistic, Normal, Uniform
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.routes import enumeration, rational, sampling
from perturbtheory.routes.symbolic import categories

_ATOMS = (-1.0, 0.5, 1.5)
_T = 0.5
t, c = sp.Symbol("t", positive=True), sp.Symbol("c", real=True)
WITH_GUMBEL = expected_logsumexp(Discrete(np.array(_ATOMS)), _T)
"""Perturb-Softmax with three atoms, which the engine integrates over gamma + tG."""
_OFF = ~np.eye(3, dtype=bool)

smoothing = Claim(
    "C.smoothing",
    "this package",
    r"""Perturb-Softmax is Perturb-Argmax of the smoother noise $\gamma + tG$, $G$ zero-mean Gumbel
    and independent of $\gamma$: the same probabilities, $\mathbb E[\operatorname{softmax}((\theta+
    \gamma)/t)] = \mathbb E[\arg\max(\theta+\gamma+tG)]$, the same potential,
    $\mathbb E[t\log\sum_i e^{(\theta_i+\gamma_i)/t}] = \mathbb E[\max_i(\theta_i+\gamma_i+tG_i)]$,
    and a Hessian with all entries off the diagonal negative, $-\partial_i\partial_j f_t =
    \frac1t\mathbb E[s_i s_j] > 0$ with $s = \operatorname{softmax}((\theta+\gamma)/t)$, so that
    Perturb-Softmax is identifiable up to translation whatever $\gamma$ is.""",
    assumes=r"""$t > 0$; any joint law of $\gamma$, with finite $f$ for the potential; $G$ has
    independent coordinates and is independent of $\gamma$.""",
    depends_on=("A.gumbel-argmax-is-softmax",),
)


@smoothing.part(r"""$\mathbb E[\operatorname{softmax}((\theta+\gamma)/t)_i] =
    P(\arg\max(\theta+\gamma+tG) = i)$""")
def same_probabilities(budget):
    points = thetas(3, budget)
    as_u = sp.exp(-(Z / t + c))
    cdf = sp.exp(-A * as_u)
    yield exact(
        "sympy, any d and t",
        argued(r"""given $\gamma$ let $x = \theta+\gamma$, $a = e^{x_i/t}$, $S = \sum_{j \ne i}
            e^{x_j/t}$ and $u = e^{-(z/t+c)}$: $P(x_i+tG_i \le z) = e^{-au}$, and the others are all
            at most $z$ with probability $e^{-Su}$ [independence; the cdf of the Gumbel law]"""),
        eq(sp.Derivative(cdf, Z), A * as_u / t * cdf, r"the density, $\frac{au}t e^{-au}$"),
        eq(sp.Integral(A * sp.exp(-(A + REST) * U), (U, 0, sp.oo)), A / (A + REST)),
        argued(r"this is $\operatorname{softmax}(x/t)_i$; average over $\gamma$", "Fubini"),
    )
    found = engine(WITH_GUMBEL, points, "probabilities")
    share = enumeration.softmax(points, _ATOMS, _T).probabilities
    yield agree("enumeration", found, share, "$p$, three atoms, $d = 3$")
    normal = entry(engine(expected_logsumexp(Normal(), 1.0), points[:1], "probabilities"), 0)
    options = {"seed": 29, "samples": budget.samples, "temperature": 1.0, "method": "monte-carlo"}
    drawn = sampling.probabilities(Normal(), points[0], **options)
    yield agree("sampling", normal, drawn, "$p$, Normal noise, $d = 3$")


@smoothing.part(
    r"$\mathbb E[t\log\sum_i e^{(\theta_i+\gamma_i)/t}] = \mathbb E[\max(\theta+\gamma+tG)]$"
)
def same_potential(budget):
    points = thetas(3, budget)
    _, _, j, x = (s := categories())
    total = s.sum(sp.exp(x[j] / t))
    # log P(max <= z) term by term, against a Gumbel variable moved to t log(total).
    terms = s.sum(sp.expand(sp.exp(x[j] / t) * sp.exp(-(Z / t + c))))
    moved = sp.expand(sp.exp(-((Z - t * sp.log(total)) / t + c)))
    yield exact(
        "sympy, symbolic d and t",
        eq(terms, moved),
        r"given $x = \theta+\gamma$, the left is $-\log\prod_j P(x_j+tG_j \le z)$, the right "
        r"that of $t\log\sum_j e^{x_j/t}+tG_1 \le z$",
        argued(r"$G_1$ has mean zero; average over $\gamma$", "$f$ is finite"),
    )
    value = enumeration.softmax(points, _ATOMS, _T).value
    yield agree("enumeration", engine(WITH_GUMBEL, points), value, "$f$, three atoms")


@smoothing.part(
    r"$-\partial_i\partial_j f = \frac1t\mathbb E[s_i s_j] > 0$: identifiable up to translation"
)
def negative_off_the_diagonal(budget):
    points = thetas(3, budget)
    share, other = A / (A + B + REST), B / (A + B + REST)
    product = share * other / t
    yield exact(
        "sympy, any d and t",
        eq(-B / t * sp.Derivative(share, B), product),
        r"$-\partial s_i/\partial\theta_j$ with $a = e^{x_i/t}$, $b = e^{x_j/t}$, $S$ the rest",
        shown(r"$\frac1t s_is_j > 0$", bool(product.is_positive)),
        argued(r"""$\mathbb E$ and $\partial_j$ may be exchanged; $v^\top Hv$, the sum over pairs of
            weights times $(v_i-v_j)^2$, vanishes for translations only [$s_is_j/t \le 1/t$ under
            every $\gamma$; dominated convergence]"""),
    )
    weights = -np.asarray(WITH_GUMBEL.hessian(points))[:, _OFF]
    pairs = enumeration.softmax(points, _ATOMS, _T)[2]
    yield agree("enumeration", weights, pairs[:, _OFF], "weights, three atoms")
    yield positive("engine", weights, "weights, three atoms")


one_dimensional = Claim(
    "C.one-dimensional",
    "this package; Williams, Daly and Zachary for the gradient",
    r"""For independent coordinates the potential, its gradient and every entry of its Hessian are
    one-dimensional integrals, whatever $d$: $f = c + \int_c^\infty (1 - \prod_i
    F_i(s-\theta_i))\,ds - \int_{-\infty}^c \prod_i F_i(s-\theta_i)\,ds$, $p_i = \int f_i(s-
    \theta_i)\prod_{j\ne i}F_j(s-\theta_j)\,ds$, $-\partial_i\partial_j f = \int f_i(s-\theta_i)
    f_j(s-\theta_j)\prod_{k\ne i,j} F_k(s-\theta_k)\,ds$ for $i \ne j$, and the rows of the Hessian
    sum to zero.""",
    assumes=r"""Independent coordinates with densities $f_i$; a finite mean for the value; for the
    Hessian, densities that are bounded, so that the integral may be differentiated. Where the mean
    is not finite, the anchored potential stands for $f$ in gradient and Hessian.""",
    depends_on="C.anchored-potential",
)


def layer_cake() -> tuple[Any, ...]:
    """m = c + int_c^oo 1{m > s} ds - int_-oo^c 1{m <= s} ds on either side of c."""
    s, gap = sp.Symbol("s", real=True), sp.Symbol("g", nonnegative=True)
    return (
        eq(c + sp.Integral(1, (s, c, c + gap)), c + gap, r"$\mathbf 1[m > s]$ ends at $m = c+g$"),
        eq(
            c - sp.Integral(1, (s, c - gap, c)),
            c - gap,
            r"$\mathbf 1[m \le s]$ begins at $m = c-g$",
        ),
        argued(r"""the mean at $m = \max(\theta+\gamma)$, whose cdf is $\prod_i F_i(s-\theta_i)$
            [independence; Fubini]"""),
    )


def product_rule(order: int) -> tuple[Any, ...]:
    """Derivatives of -prod_k F_k and of f_i prod_k F_k, the others being any function of s."""
    s, one, two = sp.symbols("s theta_i theta_j", real=True)
    first, second = (sp.Function(f"F_{k}") for k in "ij")
    others = sp.Function("P")(s)
    own, other = (
        sp.Subs(sp.Derivative(F(X), X), X, s - at) for F, at in ((first, one), (second, two))
    )
    if order == 1:
        return (
            argued(r"""$\partial_i f = P(\arg\max(\theta+\gamma) = i)$, which is the integral, over
                the place $s$ of $\theta_i+\gamma_i$, of the probability that all others are below
                [C.anchored-potential, densities have no ties; independence]"""),
            eq(
                -sp.Derivative(first(s - one) * second(s - two) * others, one),
                own * second(s - two) * others,
                r"the same from $-\partial_i\prod_kF_k$, $P$ the product of the others",
            ),
        )
    return (
        eq(
            -sp.Derivative(own * second(s - two) * others, two),
            own * other * others,
            r"$-\partial_j$ of the integrand of $p_i$, $P$ the product of the others",
        ),
        argued(r"""differentiation under the integral: difference quotients of $F_j$ are at most
            $\sup f_j$ and tend to $f_j$ almost everywhere, and $f_i$ is integrable [dominated
            convergence]"""),
        argued(r"""rows sum to zero [$p(\theta+c\mathbf 1) = p(\theta)$; $p$ has continuous partial
            derivatives]"""),
    )


def _rational(budget):
    """Points in quarters, and value, gradient and Hessian there for uniform noise, exactly."""
    rows = [[Fraction(round(4 * float(x)), 4) for x in row] for row in thetas(3, budget) * 0.75]
    return np.array(rows, float), [rational.uniform(row) for row in rows]


@one_dimensional.part(
    "value", proof=("sympy, both cases", *layer_cake()), what="value", draw=sampling.value
)
@one_dimensional.part(
    "gradient",
    proof=("sympy, any d", *product_rule(1)),
    what="probabilities",
    draw=sampling.probabilities,
)
def value_and_gradient(budget, proof, what, draw):
    points, exactly = _rational(budget)
    values = np.array([getattr(a, what) for a in exactly], float)
    yield exact(*proof)
    yield agree(
        "rational",
        engine(expected_max(Uniform()), points, what),
        values,
        "uniform noise",
        floor=1.0,
    )
    at = thetas(3, budget)[:1]
    options = {"seed": 31, "samples": 4 * budget.samples, "method": "quasi-monte-carlo"}
    found = entry(engine(expected_max(Logistic()), at, what), 0)
    yield agree("sampling", found, draw(Logistic(), at[0], **options), "Logistic noise, $d = 3$")


@one_dimensional.part("Hessian")
def hessian(budget):
    points, exactly = _rational(budget)
    f, expected = expected_max(Uniform()), np.array([a.hessian for a in exactly], float)
    basis = (np.repeat(points, 3, 0), np.tile(np.eye(3), (len(points), 1)))
    yield exact("sympy, any d", *product_rule(2))
    yield agree("rational", f.hessian(points), expected, "uniform noise, $d = 3$", floor=1.0)
    yield agree(
        "engine, Hessian-vector products",
        f.hvp(*basis),
        expected.reshape(-1, 3),
        "uniform noise, $d = 3$, column by column",
        floor=1.0,
    )
