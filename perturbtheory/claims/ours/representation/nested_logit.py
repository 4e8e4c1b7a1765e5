"""Nested and cross-nested logit as expected maxima of dependent noise, in closed form."""

import math

import numpy as np
import sympy as sp
from scipy.integrate import quad

from perturbtheory.claims.exhibits.numbers import SHIFTS, WEIGHTS, gradient_by_differences, thetas
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive
from perturbtheory.perturbations import NestedGumbel
from perturbtheory.potential import expected_max

SHARES = np.array([[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]])
DISSIMILARITY = np.array([0.5, 0.8])
CROSSED = expected_max(NestedGumbel(SHARES, DISSIMILARITY))
NESTED = expected_max(NestedGumbel([0, 1, 1], [1.0, 0.4]))
_Y = sp.symbols("y_1:4", positive=True)
_THETA = sp.symbols("theta_1:4", real=True)
_L, _Q, _P = sp.symbols("lambda q P", positive=True)


def generator(y: tuple[sp.Expr, ...]) -> sp.Expr:
    """G for category 1 alone and a nest of 2 and 3."""
    return y[0] + (y[1] ** (1 / _L) + y[2] ** (1 / _L)) ** _L


nested_logit = Claim(
    "C.nested-logit",
    "this package, on Williams 1977, Daly and Zachary 1978, and McFadden 1978",
    r"""With $G(y) = \sum_m(\sum_i(a_{im}y_i)^{1/\lambda_m})^{\lambda_m}$ the potential under noise
    of the law $F(x) = \exp(-G(e^{-x_1-c},\dots,e^{-x_d-c}))$ is $f(\theta) = \log
    G(e^{\theta_1},\dots,e^{\theta_d})$, and $p$ is nested, or cross-nested, logit:
    $p_i = \sum_mP_mq_{im}$, $q_{im} \propto (a_{im}e^{\theta_i})^{1/\lambda_m}$ within nest $m$,
    $P_m \propto (\sum_i(a_{im}e^{\theta_i})^{1/\lambda_m})^{\lambda_m}$. It is complete and
    one-to-one. With disjoint nests $f^*(p) = \sum_i\lambda_{m(i)}p_i\log p_i +
    \sum_m(1-\lambda_m)P_m\log P_m$ and $\theta_i(p) = \lambda_{m(i)}\log p_i +
    (1-\lambda_{m(i)})\log P_{m(i)}$. With $\lambda_m > 1$ in a nest of two, and one category
    outside, $\log G$ is the expected maximum of no noise.""",
    assumes=r"""$a_{im} \ge 0$, $\sum_ma_{im} = 1$, $0 < \lambda_m \le 1$; $c$ is the
    Euler-Mascheroni constant. One-to-one on $\mathbb R^d/\mathbb R\mathbf 1$, onto all $p > 0$.
    $P_m$ in $f^*$ is the sum of $p$ over the nest.""",
    depends_on=("C.completeness-argmax", "C.laplacian"),
)


def by_parts(theta: np.ndarray) -> Estimate:
    """E[max(theta + gamma)] = int_0^inf (1 - H) - int_-inf^0 H with H(x) = F(x - theta)."""

    def below(x: float) -> float:
        inner = ((SHARES * np.exp(theta - x - np.euler_gamma)[:, None]) ** (1 / DISSIMILARITY)).sum(
            0
        )
        return math.exp(-float((inner**DISSIMILARITY).sum()))

    parts = [quad(lambda x: 1 - below(x), 0, 45), quad(below, -12, 0)]
    return Estimate(parts[0][0] - parts[1][0], parts[0][1] + parts[1][1] + 1e-15, "quadrature")


@nested_logit.part(r"$f = \log G$")
def expected_maximum():
    theta = np.array([0.3, -0.5, 1.0])
    slopes = [y * sp.Derivative(generator(_Y), y) for y in _Y]
    yield exact(
        "law of the maximum",
        argued(r"""$F$ is a distribution function: $e^{-(\sum_ix_i^{1/\lambda})^\lambda}$ is the
            average of $\prod_ie^{-Sx_i^{1/\lambda}}$ over a positive stable $S$ of index
            $\lambda$; each nest has one, and the largest over nests has $F$ [$\mathbb Ee^{-tS} =
            e^{-t^\lambda}$]"""),
        eq(sum(slopes), generator(_Y), "Euler: $G(sy) = sG(y)$, for a nest beside one category"),
        argued(r"""so $\max_i(\theta_i+\gamma_i) \le x$ has probability $F(x-\theta) =
            \exp(-e^{-x-c}G(e^\theta))$: a zero-mean Gumbel law moved by $\log G(e^\theta)$
            [$G(sy) = sG(y)$]"""),
    )  # fmt: skip
    yield agree(
        "quadrature of F", by_parts(theta), CROSSED.estimate(theta), "$f$ with shares, $d = 3$"
    )


@nested_logit.part("$p$ is nested logit, complete and one-to-one")
def probabilities(budget):
    inner = sp.exp(_THETA[1] / _L) + sp.exp(_THETA[2] / _L)
    f = sp.log(sp.exp(_THETA[0]) + inner**_L)
    q, nest = sp.exp(_THETA[1] / _L) / inner, inner**_L / (sp.exp(_THETA[0]) + inner**_L)
    margins = []
    for potential in (CROSSED, NESTED):
        hessian = potential.hessian(thetas(3, budget))
        margins.append(-hessian[:, *np.triu_indices(3, 1)])
    yield exact(
        "sympy, a nest of two",
        eq(sp.Derivative(f, _THETA[1]), nest * q, "$p_2 = Pq$"),
        eq(
            sp.Derivative(f, _THETA[1], _THETA[2]),
            -nest * q * (1 - q) * (1 / _L - 1 + nest),
            "negative: 2 and 3 share the maximum with a positive density",
        ),
        argued("""the same for shares: $-H_{ij} = \\sum_mP_mq_{im}q_{jm}(1/\\lambda_m-1)+p_ip_j > 0$
            [the chain rule, as here]; so $p$ is strictly monotone across cosets
            [C.laplacian]"""),
        argued("and complete [C.completeness-argmax]"),
    )
    yield positive("engine", np.array(margins), "$-H_{ij}$ with nests and with shares, $d = 3$")
    theta = np.array([0.3, -0.5, 1.0])
    slopes = gradient_by_differences(CROSSED, theta)
    found = CROSSED.estimate_probabilities(theta)
    yield agree("differences", slopes, found, "$p$ with shares, $d = 3$")
    moved = CROSSED.probabilities(theta + 2.0**-8 * SHIFTS[:, None] * np.eye(3)[1])
    column = Estimate(2.0**8 * WEIGHTS @ moved, np.full(3, 1e-11), "quadrature")
    yield agree(
        "differences of p",
        column,
        CROSSED.hessian(theta)[1],
        r"$\partial p/\partial"
        r"\theta_2$",
    )


@nested_logit.part("disjoint nests: the inverse map and $f^*$")
def conjugate():
    p = (1 - _P, _P * _Q, _P * (1 - _Q))
    theta = (sp.log(p[0]), *(_L * sp.log(x) + (1 - _L) * sp.log(_P) for x in p[1:]))
    odds = [sp.exp(x / _L) for x in theta[1:]]
    given = sp.Symbol("f", real=True)
    yield exact(
        "sympy, a nest of two",
        eq(odds[0] / (odds[0] + odds[1]), _Q, r"at this $\theta$ category 2 has its share $q$"),
        eq((odds[0] + odds[1]) ** _L, _P, "and the nest has $P$ beside $1-P$: $f = 0$"),
        eq(
            sp.Subs(sum(a * b for a, b in zip(p, theta, strict=True)) - given, given, 0),
            p[0] * sp.log(p[0])
            + _L * (p[1] * sp.log(p[1]) + p[2] * sp.log(p[2]))
            + (1 - _L) * _P * sp.log(_P),
            r"$f^* = \langle p, \theta\rangle-f$",
        ),
    )
    points = np.random.default_rng(2).dirichlet(np.ones(3), 12) * 0.97 + 0.01
    nest = points[:, 1:].sum(1)
    values = np.log(points[:, 0]) * points[:, 0] + 0.6 * nest * np.log(nest)
    values += 0.4 * (points[:, 1:] * np.log(points[:, 1:])).sum(1)
    yield agree("Newton's method", NESTED.conjugate(points), values, r"$f^*$, $\lambda = 0.4$")


@nested_logit.part(r"$\lambda > 1$: no noise at all")
def beyond_one():
    more = sp.Symbol("delta", positive=True)
    lam = 1 + more
    weight = _P * _Q * (1 - _Q) * (1 - 1 / lam - _P)
    share = sp.Symbol("s", positive=True)
    yield exact(
        "sign of one entry",
        argued(r"""an expected maximum has $H_{ij} \le 0$ for $i \ne j$: what a category gains the
            others lose [C.laplacian; for any noise, $p_j$ falls as $\theta_i$ rises]"""),
        eq(
            sp.Subs(weight, _P, share * more / lam),
            share * (1 - share) * more**2 / lam**2 * _Q * (1 - _Q),
            r"but $H_{23} = Pq(1-q)(1-\frac1\lambda-P)$, at $\lambda = 1+\delta$ and $P = "
            r"s(1-\frac1\lambda)$, $0 < s < 1$",
        ),
        argued(r"positive, and such $P$ there are [raise $\theta_1$]"),
    )

    def log_g(theta: np.ndarray) -> np.ndarray:
        inner = np.exp(theta[..., 1:] / 1.5).sum(-1) ** 1.5
        return np.log(np.exp(theta[..., 0]) + inner)

    h = 0.02
    corners = np.array([[2.0, a * h, b * h] for a in (-1, 1) for b in (-1, 1)])
    mixed = np.array([1, -1, -1, 1]) @ log_g(corners) / (4 * h * h)
    yield positive("differences", mixed, r"$H_{23}$ at $\theta = (2, 0, 0)$, $\lambda = 1.5$")
