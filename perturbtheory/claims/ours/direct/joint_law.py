"""The joint law of the two arg maxes of the direct estimator, under shared Gumbel noise."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import EPSILON, LOGITS, VALUES, average, winners
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law
from perturbtheory.ledger import Budget, Check, Part, Step
from perturbtheory.routes.symbolic import identity

_A = (Fraction(1, 3), Fraction(2), Fraction(5, 4))
_B = (Fraction(7, 2), Fraction(1, 5), Fraction(3))
"""a_k = e^h_k and b_k = e^(h_k + epsilon f_k) of the exact checks; any positive numbers serve."""


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


def _law_steps() -> tuple[Step, ...]:
    x, s, total, rest = sp.symbols("x s D R", positive=True)
    one, slope, gap = sp.symbols("A B g", positive=True)
    both = sp.integrate(sp.exp(-x * (1 + rest)), (x, 0, sp.oo))
    inner = sp.integrate(x * sp.exp(-x * total), (x, 0, sp.oo))
    piece = sp.integrate(1 / (one + slope * x) ** 2, (x, s, s + gap))
    ends = gap / ((one + slope * s) * (one + slope * (s + gap)))
    return (
        argued(
            r"$E_k = e^{-\gamma_k - c}$ are independent and exponential; $z^* = "
            r"\operatorname{argmin} E_k/a_k$ "
            r"and $z^*(\epsilon) = \operatorname{argmin} E_k/b_k$",
            "the cdf of a Gumbel variable; x -> -log x decreases",
        ),
        shown(
            r"both are $i$ iff $E_k > E_i\max(a_k/a_i, b_k/b_i)$ for $k \ne i$: "
            r"$\int_0^\infty e^{-x(1 + R)}dx = \frac1{1 + R}$ with $R$ the sum of these maxima, "
            r"which is $a_i/D(s_i)$",
            identity(both - 1 / (1 + rest)),
        ),
        argued(
            r"for $i \ne j$ put $X = E_i/a_i$ and $E_j/b_j = sX$: then $E_k > X\max(a_k, s b_k)$ "
            r"for the others, and $s_j < s < s_i$ since $j$ loses at first and $i$ at last; the "
            r"density is $a_i b_j X e^{-X D(s)}$",
            "change of variables with Jacobian X; max(a_i, s b_i) = a_i, max(a_j, s b_j) = s b_j",
        ),
        shown(r"$\int_0^\infty X e^{-XD}\,dX = 1/D^2$", identity(inner - 1 / total**2)),
        shown(
            r"where $D$ is linear, $\int_x^{x'} ds/D(s)^2 = (x' - x)/(D(x)D(x'))$",
            identity(piece - ends),
        ),
    )


def _marginals() -> Check:
    """Rows and columns of the law, summed for any K: both integrands are derivatives."""
    s = sp.Symbol("s", positive=True)
    total: Any = sp.Function("D", positive=True)(s)
    slope = sp.diff(total, s)
    return proof(
        "sympy, any K",
        "the integrals telescope",
        argued(
            r"$\sum_{j: s_j<s} b_j = D'(s)$ and $\sum_{i: s_i>s} a_i = D(s) - s D'(s)$",
            "k adds a_k to D(s) for s < s_k and s b_k for s > s_k",
        ),
        shown(r"$D'/D^2 = (-1/D)'$", identity(slope / total**2 - sp.diff(-1 / total, s))),
        argued(
            r"row $i$: $\frac{a_i}{D(s_i)} + a_i\int_0^{s_i} \frac{D'}{D^2}\,ds = "
            r"\frac{a_i}{D(0)}$ with $D(0) = \sum_k a_k$",
            "s_j < s < s_i, and the law vanishes for s_j > s_i",
        ),
        shown(
            r"$(D - sD')/D^2 = (s/D)'$",
            identity((total - s * slope) / total**2 - sp.diff(s / total, s)),
        ),
        argued(
            r"column $j$: $\frac{a_j}{D(s_j)} + b_j\int_{s_j}^\infty \frac{D-sD'}{D^2}\,ds = "
            r"\frac{b_j}{\sum_k b_k}$",
            "s/D tends to 1/sum b, and b_j s_j = a_j",
        ),
    )


@claim("C.joint-law", depends_on=("B.gumbel-max",))
def joint_law(budget: Budget) -> list[Part]:
    r"""Statement: Under shared Gumbel noise the two arg maxes of the direct estimator have a joint
    law in closed form: a finite sum over sorted breakpoints, without sampling.

    LaTeX: with $a_k = e^{h_k}$, $b_k = e^{h_k + \epsilon f_k}$, $s_k = a_k/b_k$ and
    $D(s) = \sum_k \max(a_k, s b_k)$: $\mathbb P[z^* = z^*(\epsilon) = i] = a_i/D(s_i)$ and
    $\mathbb P[z^* = i, z^*(\epsilon) = j] = a_i b_j \int_{s_j}^{s_i} D(s)^{-2}\,ds$ if
    $s_j < s_i$, and $0$ otherwise

    Source: this package

    Assumptions: any number of categories, real h and f, epsilon of either sign; independent Gumbel
    noise, the same for both.

    Computed: two integrals and one change of variables for symbolic weights; sums over rows and
    columns for any number of categories and in fractions; adaptive quadrature; sampled pairs.
    """
    exactly, total = rational_law(_A, _B), (sum(_A), sum(_B))
    rows = [sum(row, Fraction(0)) for row in exactly]
    columns = [sum(column, Fraction(0)) for column in zip(*exactly, strict=True)]
    marginals = [x / total[0] for x in _A] + [x / total[1] for x in _B]
    law = direct_law(LOGITS, VALUES, EPSILON)
    sampled = average(
        lambda g: winners(g, LOGITS)[:, :, None] * winners(g, LOGITS + EPSILON * VALUES)[:, None],
        (3,),
        seed=41,
        samples=budget.samples,
    )
    logs = [np.log([float(x) for x in v]) for v in (_A, _B)]
    return [
        Part(
            "the joint law",
            (
                proof("exponential race, any K", "two integrals over the race", *_law_steps()),
                agree(
                    "fractions",
                    "quadrature",
                    direct_law(logs[0], logs[1] - logs[0], 1.0),
                    np.array([[float(x) for x in row] for row in exactly]),
                    "all pairs, K = 3, closed form in logarithms against fractions",
                ),
                agree(
                    "adaptive quadrature",
                    "quadrature",
                    quadrature_law(LOGITS, VALUES, EPSILON),
                    law,
                    "all pairs, K = 3",
                ),
                agree("sampling", "monte-carlo", sampled, law, "frequencies of pairs, K = 3"),
            ),
        ),
        Part(
            "rows sum to softmax(h), columns to softmax(h + epsilon f)",
            (
                _marginals(),
                exact(
                    "fractions",
                    [*rows, *columns] == marginals,
                    "K = 3, rational weights a and b",
                    universal=False,
                ),
                agree(
                    "closed form",
                    "quadrature",
                    np.concatenate([law.sum(1), law.sum(0)]),
                    np.concatenate(
                        [softmax(LOGITS), softmax(LOGITS + EPSILON * VALUES)],
                    ),
                    "K = 3",
                ),
            ),
        ),
    ]
