"""The joint law of the two arg maxes of the direct estimator, under shared Gumbel noise."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import sympy as sp
from scipy import integrate
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import EPSILON, LOGITS, VALUES, average, winners
from perturbtheory.claims.exhibits.symbols import REST, A, B, X
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law
from perturbtheory.ledger import Budget, Claim, agree, argued, eq, exact

_A = (Fraction(1, 3), Fraction(2), Fraction(5, 4))
_B = (Fraction(7, 2), Fraction(1, 5), Fraction(3))
"""a_k = e^h_k and b_k = e^(h_k + epsilon f_k) of the exact checks; any positive numbers serve."""

joint_law = Claim(
    "C.joint-law",
    "this package",
    r"""Under shared Gumbel noise the two arg maxes of the direct estimator have a joint law in
    closed form, a finite sum over sorted breakpoints, without sampling: with $a_k = e^{h_k}$, $b_k
    = e^{h_k + \epsilon f_k}$, $s_k = a_k/b_k$ and $D(s) = \sum_k \max(a_k, s b_k)$, $\mathbb P[z^*
    = z^*(\epsilon) = i] = a_i/D(s_i)$ and $\mathbb P[z^* = i, z^*(\epsilon) = j] = a_i b_j
    \int_{s_j}^{s_i} D(s)^{-2}\,ds$ if $s_j < s_i$, and $0$ otherwise; $D$ is linear between
    neighbouring $s_k$.""",
    assumes=r"""Any number of categories, real $h$ and $f$, $\epsilon$ of either sign; independent
    Gumbel noise, the same for both.""",
    depends_on="B.gumbel-max",
)


def rational_law(a: Sequence[Fraction], b: Sequence[Fraction]) -> list[list[Fraction]]:
    """P(z* = i, z*(epsilon) = j) in fractions: the closed form of `C.joint-law`."""
    s = [x / y for x, y in zip(a, b, strict=True)]

    def total(x: Fraction) -> Fraction:
        return sum((max(p, x * q) for p, q in zip(a, b, strict=True)), Fraction(0))

    def integral(low: Fraction, high: Fraction) -> Fraction:
        cuts = sorted({low, high, *(x for x in s if low < x < high)})
        return sum(((y - x) / (total(x) * total(y)) for x, y in pairwise(cuts)), start=Fraction(0))

    n = range(len(a))
    return [
        [a[i] / total(s[i]) if i == j else a[i] * b[j] * integral(s[j], max(s[i], s[j])) for j in n]
        for i in n
    ]


def quadrature_law(h: np.ndarray, f: np.ndarray, epsilon: float) -> Estimate:
    """The same by adaptive quadrature over s, without the sum over pieces."""
    a, b = np.exp(h), np.exp(h + epsilon * f)
    s, n = a / b, range(len(h))
    law, radius = np.zeros((len(h), len(h))), np.zeros((len(h), len(h)))
    for i in n:
        law[i, i] = 1 / np.maximum(a / a[i], b / b[i]).sum()
        for j in n:
            if s[j] < s[i]:
                kinks = [x for x in s if s[j] < x < s[i]] or None
                law[i, j], radius[i, j] = integrate.quad(
                    lambda x, i=i, j=j: a[i] * b[j] / np.maximum(a, x * b).sum() ** 2,
                    s[j],
                    s[i],
                    points=kinks,
                )
    return Estimate(law, radius + 1e-13, "quadrature")


def pair_frequencies(one: np.ndarray, two: np.ndarray, *, seed: int, budget: Budget) -> Estimate:
    """P(z* = i, z*(epsilon) = j), from draws that the arg maxes of both logits share."""
    return average(
        lambda g: winners(g, one)[:, :, None] * winners(g, two)[:, None],
        one.shape,
        seed=seed,
        samples=budget.samples,
    )


def mean_by_law(h: np.ndarray, f: np.ndarray, epsilon: float) -> Estimate:
    """The mean of the direct estimator in logit coordinates, summed over the law by quadrature."""
    law, one = quadrature_law(h, f, epsilon), np.eye(len(h))
    steps = (one - one[:, None]) / epsilon
    value, radius = (
        np.einsum("ij,ijk->k", x, y) for x, y in ((law.value, steps), (law.radius, np.abs(steps)))
    )
    return Estimate(value, radius, "quadrature")


@joint_law.part("the joint law")
def the_law(budget):
    x, total, s, gap = sp.symbols("X D s g", positive=True)
    ends = gap / ((A + B * s) * (A + B * (s + gap)))
    yield exact(
        "exponential race, any K",
        argued(r"""$E_k = e^{-\gamma_k - c}$ are independent and exponential; $z^* =
            \operatorname{argmin} E_k/a_k$ and $z^*(\epsilon) = \operatorname{argmin} E_k/b_k$ [the
            cdf of a Gumbel variable; $x \mapsto -\log x$ decreases]"""),
        eq(sp.Integral(sp.exp(-X * (1 + REST)), (X, 0, sp.oo)), 1 / (1 + REST)),
        r"both are $i$ iff $E_k > E_i\max(a_k/a_i, b_k/b_i)$ for $k \ne i$; with $S$ the sum "
        r"of these maxima this is $a_i/D(s_i)$",
        argued(r"""for $i \ne j$ put $X = E_i/a_i$ and $E_j/b_j = sX$: then $E_k > X\max(a_k, s
            b_k)$ for the others, and $s_j < s < s_i$ since $j$ loses at first and $i$ at last; the
            density is $a_i b_j X e^{-X D(s)}$ [change of variables with Jacobian $a_ib_jX$;
            $\max(a_i, s b_i) = a_i$, $\max(a_j, s b_j) = s b_j$]"""),
        eq(sp.Integral(x * sp.exp(-x * total), (x, 0, sp.oo)), 1 / total**2),
        eq(sp.Integral(1 / (A + B * X) ** 2, (X, s, s + gap)), ends),
        r"where $D(s) = a+bs$: $\int_x^{x'} ds/D(s)^2 = (x' - x)/(D(x)D(x'))$",
    )
    law = direct_law(LOGITS, VALUES, EPSILON)
    logs = [np.log([float(x) for x in v]) for v in (_A, _B)]
    yield agree(
        "fractions",
        direct_law(logs[0], logs[1] - logs[0], 1.0),
        np.array(rational_law(_A, _B), float),
        "all pairs, $K = 3$, closed form in logarithms against fractions",
        floor=1.0,
    )
    yield exact(
        "marginals, K = 2",
        all(_by_marginals(a, b) for a, b in permutations(zip(_A, _B, strict=True), 2)),
        cases="$K = 2$, six pairs of rational weights: the better category only gains, and the "
        "marginals are the softmaxes",
    )
    found = quadrature_law(LOGITS, VALUES, EPSILON)
    yield agree("adaptive quadrature", found, law, "all pairs, $K = 3$", floor=1.0)
    drawn = pair_frequencies(LOGITS, LOGITS + EPSILON * VALUES, seed=41, budget=budget)
    yield agree("sampling", drawn, law, "frequencies of pairs, $K = 3$", floor=1.0)


def _by_marginals(one: tuple[Fraction, Fraction], two: tuple[Fraction, Fraction]) -> bool:
    """For two categories the law follows from P(z* = 1), P(z*(epsilon) = 1) and who may gain."""
    a, b = zip(one, two, strict=True)
    before, after = a[0] / sum(a), b[0] / sum(b)
    both = min(before, after), 1 - max(before, after)
    law = [[both[0], before - both[0]], [after - both[0], both[1]]]
    return rational_law(a, b) == law


@joint_law.part(
    r"rows sum to $\operatorname{softmax}(h)$, columns to $\operatorname{softmax}(h+\epsilon f)$"
)
def marginals():
    s = sp.Symbol("s", positive=True)
    total = sp.Function("D", positive=True)(s)
    slope = sp.Derivative(total, s)
    yield exact(
        "sympy, any K",
        argued(r"""$\sum_{j: s_j<s} b_j = D'(s)$ and $\sum_{i: s_i>s} a_i = D(s) - s D'(s)$ [$k$
            adds $a_k$ to $D(s)$ for $s < s_k$ and $s b_k$ for $s > s_k$]"""),
        eq(slope / total**2, sp.Derivative(-1 / total, s)),
        argued(r"""row $i$: $\frac{a_i}{D(s_i)} + a_i\int_0^{s_i} \frac{D'}{D^2}\,ds =
            \frac{a_i}{D(0)}$ with $D(0) = \sum_k a_k$ [$s_j < s < s_i$, and the law vanishes for
            $s_j > s_i$]"""),
        eq((total - s * slope) / total**2, sp.Derivative(s / total, s)),
        argued(r"""column $j$: $\frac{a_j}{D(s_j)} + b_j\int_{s_j}^\infty \frac{D-sD'}{D^2}\,ds =
            \frac{b_j}{\sum_k b_k}$ [$s/D$ tends to $1/\sum_k b_k$, and $b_j s_j = a_j$]"""),
    )
    law = rational_law(_A, _B)
    sums = [sum(line, Fraction(0)) for line in (*law, *zip(*law, strict=True))]
    expected = [x / sum(_A) for x in _A] + [x / sum(_B) for x in _B]
    yield exact("fractions", sums == expected, cases="$K = 3$, rational weights $a$ and $b$")
    found = direct_law(LOGITS, VALUES, EPSILON)
    shares = [softmax(LOGITS), softmax(LOGITS + EPSILON * VALUES)]
    yield agree(
        "closed form",
        np.concatenate([found.sum(1), found.sum(0)]),
        np.concatenate(shares),
        "$K = 3$",
    )
