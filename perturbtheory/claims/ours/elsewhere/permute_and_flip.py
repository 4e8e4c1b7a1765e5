"""Permute-and-flip against the exponential mechanism: which privacy bound it does not share.

Sources, of which only what is said of them below is used:
Bun and Steinke, Concentrated Differential Privacy: Simplifications, Extensions, and Lower Bounds,
    TCC 2016. Cesar and Rogers, Bounding, Concentrating, and Truncating: Unifying Privacy Loss
    Composition for Data Analytics, ALT 2021. Ding, Kifer, Saghaian, Steinke, Wang, Xiao and Zhang,
    The Permute-and-Flip Mechanism is Identical to Report-Noisy-Max with Exponential Noise, 2021.
    Durfee and Rogers, Practical Differentially Private Top-k Selection with Pay-what-you-get
    Composition, NeurIPS 2019; One-shot DP Top-k mechanisms, differentialprivacy.org. McKenna and
    Sheldon, Permute-and-Flip: A new mechanism for differentially private selection, NeurIPS 2020.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from math import factorial, log
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import combined, engine, gumbel_argmax, thetas
from perturbtheory.claims.exhibits.symbols import A, T, X, Y, Z
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown
from perturbtheory.perturbations import Exponential
from perturbtheory.potential import Potential, expected_max

EXPONENTIAL = expected_max(Exponential())
GUMBEL = gumbel_argmax(2)
EPSILONS = np.array([0.125, 0.5, 1.0, 2.0])
_E: sp.Symbol = sp.Symbol("epsilon", positive=True)

permute_and_flip = Claim(
    "C.permute-and-flip",
    r"this package, on the $\epsilon^2/8$-zCDP of Cesar and Rogers 2021",
    r"""The exponential mechanism has bounded range, $\log(p_i/p'_i) - \log(p_j/p'_j) \le \epsilon$
    for neighbours, and so $\epsilon^2/8$-zCDP, of which $D_2(p\,\|\,p') \le \epsilon^2/4$ is the
    case of order 2. Permute-and-flip, $\epsilon$-differentially private as well, satisfies neither:
    at $\epsilon = \log 2$ it takes neighbours to $(\frac12,\frac12)$ and $(\frac34,\frac14)$, with
    range $\log 3$ and $D_2 = \log\frac43 > \epsilon^2/4$, where the exponential mechanism has $\log
    2$ and $\log\frac98 < \epsilon^2/4$. As $\epsilon \to 0$ its $D_2$ at such pairs goes like
    $\epsilon^2$, the bound of every $\epsilon$-differentially private mechanism; that of the
    exponential mechanism goes like $\epsilon^2/4$.""",
    assumes=r"""$\theta = \epsilon q/(2\Delta)$ for qualities $q$ of sensitivity $\Delta$:
    neighbours have $|\theta_i-\theta'_i| \le \epsilon/2$. The exponential mechanism is the arg max
    of $\theta+\gamma$ under Gumbel noise, permute-and-flip (McKenna and Sheldon 2020) that under
    exponential noise of scale one (Ding et al. 2021). $D_2(p\,\|\,p') = \log\sum_ip_i^2/p'_i$ is
    the Renyi divergence of order 2; $\rho$-zCDP asks for $D_\alpha \le \alpha\rho$ for all $\alpha
    > 1$ (Bun and Steinke 2016, who show that $\epsilon$-differential privacy gives
    $\rho = \epsilon^2/2$). Bounded range is due to Durfee and Rogers 2019, whose "One-shot DP Top-k
    mechanisms" has the range of such a pair; of zCDP only the order 2 is checked here.""",
    depends_on=("A.gumbel-argmax-is-softmax", "A.lse-gradient"),
)


def algorithm(odds: Sequence[Fraction]) -> list[Fraction]:
    """Permute-and-flip as stated: in random order, accept i with probability e^(theta_i - max)."""
    chance, d = [x / max(odds) for x in odds], len(odds)
    p = [Fraction(0)] * d
    for order in permutations(range(d)):
        left = Fraction(1, factorial(d))
        for i in order:
            p[i] += left * chance[i]
            left *= 1 - chance[i]
    return p


def renyi(p: Estimate, q: Estimate) -> Estimate:
    """D_2(p || q) of the last axis, the radius to first order."""
    a, b, ra, rb = (np.asarray(x) for x in (p.value, q.value, p.radius, q.radius))
    total = (a**2 / b).sum(-1)
    room = (2 * a / b * ra + (a / b) ** 2 * rb).sum(-1) / total
    return Estimate(np.log(total), 1.01 * room + 1e-14, "quadrature")


def pair(f: Potential) -> Estimate:
    """D_2 from theta = (0, 0) to (epsilon/2, -epsilon/2), for every epsilon of `EPSILONS`."""
    end = EPSILONS[:, None] * np.array([0.5, -0.5])
    return renyi(*(engine(f, points, "probabilities") for points in (0 * end, end)))


@permute_and_flip.part("permute-and-flip is the arg max under exponential noise")
def is_report_noisy_max():
    yield exact(
        "one integral for both, any d",
        argued(r"""let $a_i = e^{\theta_i-\max\theta}$; give the items independent uniform times
            $t_i$ and take them in this order: before $t$ item $j$ is not accepted with probability
            $1-t+t(1-a_j)$ [the order of independent uniform times is a random permutation]"""),
        eq(1 - T + T * (1 - A), 1 - A * T, r"so $p_i = a_i\int_0^1\prod_{j\ne i}(1-a_jt)\,dt$"),
        argued(r"""under exponential noise the maximum exceeds $\max\theta$, and for $s >
            \max\theta$ item $i$ has density $e^{\theta_i-s}$ and $j$ is below $s$ with probability
            $1-e^{\theta_j-s}$ [density and cdf of an exponential variable]"""),
        eq(
            sp.Integral(sp.exp(X - Y) * sp.exp(-A * (Y - Z)), (Y, Z, sp.oo)),
            sp.exp(X - Z) * sp.Integral(T**A, (T, 0, 1)),
            r"$x = \theta_i$, $z = \max\theta$: with $t = e^{z-y}$ it is the same integral, power "
            r"by power",
        ),
    )
    for odds in ((1, 1, 2), (3, 2, 5, 1)):
        p = algorithm([Fraction(x) for x in odds])
        found = EXPONENTIAL.estimate_probabilities(np.log(odds))
        yield agree(f"permutations and engine, d = {len(odds)}", found, p, rf"$e^\theta = {odds}$")


@permute_and_flip.part(r"exponential mechanism: range $\epsilon$ and $D_2 \le \epsilon^2/4$")
def bounded_range(budget):
    v, s, s_one = sp.symbols("v_i S S_1", positive=True)
    p, q = sp.exp(X) / s, sp.exp(X + v) / s_one
    yield exact(
        "second difference, any d",
        eq(p / q, s_one / s * sp.exp(-v)),
        r"$x = \theta_i$, $v = \theta'-\theta$: the logarithms "
        r"range over $\max v-\min v \le \epsilon$",
        eq(p**2 / q, sp.exp(X - v) * s_one / s**2),
        r"with $S = \sum_je^{\theta_j}$, $S_1 = \sum_je^{\theta_j+v_j}$: $D_2 = \Lambda(\theta-"
        r"v)+\Lambda(\theta+v)-2\Lambda(\theta)$, $\Lambda$ the log-sum-exp",
        argued(r"""this is $\int_{-1}^1(1-|r|)\operatorname{Var}_r(v)\,dr$ with the variance under
            $\operatorname{softmax}(\theta+rv)$, at most $\epsilon^2/4$ each [Taylor's formula;
            A.lse-gradient; Popoviciu]"""),
        eq(sp.Integral(1 - sp.Abs(T), (T, -1, 1)), 1),
    )
    theta = thetas(3, budget)
    move = np.roll(theta, 1, 0)
    move = move / np.abs(move).max(1, keepdims=True) / 2
    f = gumbel_argmax()
    ends = [engine(f, points) for points in (theta + move, theta - move, theta)]
    second = combined((1.0, ends[0]), (1.0, ends[1]), (-2.0, ends[2]))
    laws = [engine(f, points, "probabilities") for points in (theta, theta + move)]
    yield agree("engine, two ways", second, renyi(*laws), "$D_2$ by values and by probabilities")
    margin = second._replace(value=0.25 - np.asarray(second.value))
    yield positive("engine, margin", margin, r"$\epsilon^2/4-D_2$ at $\epsilon = 1$, $d = 3$")


@permute_and_flip.part(r"$\epsilon = \log 2$: permute-and-flip exceeds both, the other neither")
def a_pair():
    half, third = Fraction(1, 2), Fraction(1, 3)
    start, end = algorithm([half, half]), algorithm([Fraction(2), Fraction(1)])
    ratios = [a / b for a, b in zip(start, end, strict=True)]
    softmax = [half / (2 * third), half / third]
    sums = [sum(r * half for r in row) for row in (ratios, softmax)]
    bound = sp.log(2) ** 2 / 4
    over, under = (sp.N(sp.log(sp.Rational(str(x))) - bound, 30) for x in sums)
    yield exact(
        "fractions",
        shown(r"permute-and-flip: $p = (\frac12,\frac12)$, $p' = (\frac34,\frac14)$",
              start == [half, half] and end == [Fraction(3, 4), Fraction(1, 4)], "permutations"),
        shown(r"its ratios $\frac23$ and 2 are apart by $3 > e^\epsilon = 2$, those of the softmax"
              r", $\frac34$ and $\frac32$, by 2",
              max(ratios) / min(ratios) == 3 and max(softmax) / min(softmax) == 2, "fractions"),
        shown(r"$\log\frac43 > \frac14(\log 2)^2 > \log\frac98$",
              sums == [Fraction(4, 3), Fraction(9, 8)] and bool(over > 0) and bool(under < 0),
              "fractions, and logarithms to 30 digits"),
    )  # fmt: skip
    theta = np.array([[0.0, 0.0], [log(2) / 2, -log(2) / 2]])
    for name, f, way in (("exponential noise", EXPONENTIAL, 1), ("Gumbel noise", GUMBEL, -1)):
        one, two = (engine(f, row, "probabilities") for row in theta)
        found = renyi(one, two)
        yield positive(
            f"engine, {name}",
            found._replace(value=way * (np.asarray(found.value) - log(2) ** 2 / 4)),
            r"$D_2-\epsilon^2/4$" if way > 0 else r"$\epsilon^2/4-D_2$",
        )


@permute_and_flip.part(
    r"permute-and-flip: $D_2 = \log(\frac1{4-2e^{-\epsilon}}+\frac12e^\epsilon)$, like "
    r"$\epsilon^2$",
    f=EXPONENTIAL,
    end=1 - sp.exp(-_E) / 2,
    square=1 / (4 - 2 * sp.exp(-_E)) + sp.exp(_E) / 2,
    constant=sp.Integer(1),
)
@permute_and_flip.part(
    r"exponential mechanism: $D_2 = 2\log\cosh\frac\epsilon2$, like $\epsilon^2/4$",
    f=GUMBEL,
    end=1 / (1 + sp.exp(-_E)),
    square=(2 + sp.exp(_E) + sp.exp(-_E)) / 4,
    constant=sp.Rational(1, 4),
)
def small_epsilon(f, end, square, constant):
    yield exact(
        "sympy",
        eq(sp.Subs(1 / (4 * A) + 1 / (4 * (1 - A)), A, end), square, "$e^{D_2}$, $a = p'_1$"),
        eq(sp.Limit(sp.log(square) / _E**2, _E, 0), constant),
    )
    closed: Any = sp.lambdify(_E, sp.log(square))
    yield agree("engine", pair(f), closed(EPSILONS), r"$D_2$ at four $\epsilon$")
