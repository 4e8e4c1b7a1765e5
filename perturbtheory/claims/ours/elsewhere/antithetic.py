r"""DisARM and CARMS: draws that avoid each other, what they save, and in which order."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.estimators import Arm, Carms, DisArm, ScoreFunction, exact_gradient
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown

PHI = np.array([-2.0, -0.3, 0.8, 3.0])
STEP = 1.5
"""f_1 - f_0."""
SHARES = ((1, 2, 4), (1, 1, 1, 1), (2, 3, 5, 7, 11), (1, 50, 50))
"""Probabilities in ascending order, up to their sum."""
_U, _P = sp.symbols("u p", positive=True)

antithetic = Claim(
    "C.antithetic",
    "this package, on Dong, Mnih and Tucker, NeurIPS 2020, and Dimitriev and Zhou, NeurIPS 2021",
    r"""DisARM is unbiased and has at most the variance of ARM: for $f$ of one latent the
    difference is $D^2q^3/6$, $q = \min(p,1-p)$, $D = f_1-f_0$. CARMS with two samples, drawn by
    sticks in ascending order of $p$, is unbiased, DisARM for $d = 2$, and has weights
    $p_ip_j/P_{ij} \le 1-\min p$: for $f$ of one latent no entry has a larger variance than that of
    two independent samples with the leave-one-out baseline. The order matters: in descending
    order, if the largest probability exceeds $\frac12$, no two of the other categories are drawn
    together, and the estimate is biased.""",
    assumes=r"""ARM is $(f(z)-f(z'))(u-\frac12)$ as the slope in $\varphi = \theta_1-\theta_0$,
    $z = 1\{u > \sigma(-\varphi)\}$, $z' = 1\{u < \sigma(\varphi)\}$, $u$ uniform; DisARM is
    $\frac12(f(z)-f(z'))(z-z')\sigma(|\varphi|)$; CARMS with two samples is
    $\frac12\frac{p_ip_j}{P_{ij}}(f_i-f_j)(e_i-e_j)$ at $z = e_i$, $z' = e_j$, $P_{ij}$ their
    chance. Sticks: category $c$ is taken, if none before it was, where $u_c < \pi_c =
    p_c/(p_c+p_{c+1}+\dots)$; the other sample has $1-u_c$. It is one of three samplers in the
    code of CARMS.""",
)


def averages(phi: float) -> tuple[float, float]:
    """Means of DisARM and of its square by the intervals of u on which it is constant."""
    p = 1 / (1 + np.exp(-phi))
    ends = sorted({0.0, 1.0, p, 1 - p})
    found = np.zeros(2)
    for a, b in pairwise(ends):
        u = (a + b) / 2
        z, mirrored = int(u > 1 - p), int(u < p)
        slope = STEP * (z - mirrored) ** 2 * max(p, 1 - p) / 2
        found += (b - a) * np.array([slope, slope**2])
    return float(found[0]), float(found[1])


def pairs(p: Sequence[Fraction]) -> list[list[Fraction]]:
    """P(z = e_i, z' = e_j) by sticks in the order given, from the intervals of every u."""
    d = len(p)
    stop = [x / sum(p[c:]) for c, x in enumerate(p)]
    law = [[Fraction(0)] * d for _ in p]
    alive = Fraction(1)
    for c, pi in enumerate(stop):
        chance = dict.fromkeys(product((True, False), repeat=2), Fraction(0))
        for a, b in pairwise(sorted({Fraction(0), Fraction(1), pi, 1 - pi})):
            u = (a + b) / 2
            chance[u < pi, 1 - u < pi] += b - a
        law[c][c] += alive * chance[True, True]
        # One has stopped: the other goes on alone, by its own law.
        left = Fraction(1)
        for later in range(c + 1, d):
            law[c][later] += alive * chance[True, False] * left * stop[later]
            law[later][c] += alive * chance[False, True] * left * stop[later]
            left *= 1 - stop[later]
        alive *= chance[False, False]
    return law


def fractions(shares: Sequence[int]) -> list[Fraction]:
    """Probabilities."""
    return [Fraction(x, sum(shares)) for x in shares]


def binary(rule: Any) -> tuple[np.ndarray, np.ndarray]:
    """(mean, variance) of the slope in phi that the package has, at every phi."""
    theta = np.stack([np.zeros_like(PHI), PHI], -1)
    mean, variance = rule.moments(theta, np.array([0.0, STEP]))
    return mean[:, 1], variance[:, 1]


def vectors(shares: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Logits and values of as many categories."""
    return np.log(shares), np.cos(2.0 * np.arange(len(shares)))


@antithetic.part("DisARM is unbiased")
def disarm():
    yield exact(
        "u",
        argued(r"""for $p \ge \frac12$: $(z,z')$ is $(0,1)$ on $u < 1-p$, $(1,1)$ between, and
            $(1,0)$ on $u > p$; for $p < \frac12$ exchange the categories [by definition]"""),
        eq(2 * sp.Integral(_P / 2, (_U, _P, 1)), _P * (1 - _P),
           r"$\mathbb E$ of DisARM over $D$: both ends count alike, and the gradient is $Dp(1-p)$"),
    )  # fmt: skip
    p = 1 / (1 + np.exp(-PHI))
    means = np.array([averages(x)[0] for x in PHI])
    yield agree("intervals", means, STEP * p * (1 - p), "the mean", kind="exact sum")
    slope = exact_gradient(np.array([0.0, PHI[2]]), np.array([0.0, STEP]))[1]
    yield agree("package", binary(DisArm())[0][2], slope, r"at $\varphi = 0.8$", kind="exact sum")


@antithetic.part("the variance of ARM exceeds that of DisARM by $D^2q^3/6$")
def against_arm():
    q = 1 - _P
    conditional = sp.Integral((_U - sp.Rational(1, 2)) ** 2, (_U, _P, 1)) / q - (_P / 2) ** 2
    yield exact(
        "u",
        eq(sp.Integral(_U - sp.Rational(1, 2), (_U, _P, 1)) / q, _P / 2,
           "the mean of ARM, over $D$, given $(1,0)$: DisARM; given $(0,1)$ it is the same"),
        eq(2 * q * conditional, q**3 / 6, "the mean of its variance given $(z,z')$"),
        argued("the variances differ by that mean [the law of total variance]"),
    )  # fmt: skip
    q_at = 1 / (1 + np.exp(np.abs(PHI)))
    gap = binary(Arm())[1] - binary(DisArm())[1]
    yield agree("package", gap, STEP**2 * q_at**3 / 6, r"at four $\varphi$", kind="exact sum")
    second = np.array([b - a**2 for a, b in map(averages, PHI)])
    yield agree("intervals", binary(DisArm())[1], second, "that of DisARM", kind="exact sum")


@antithetic.part("CARMS with two samples: unbiased, and for $d = 2$ DisARM")
def carms():
    for shares in SHARES:
        p, law = fractions(shares), pairs(fractions(shares))
        yield exact(
            f"fractions, $p$ like {shares}",
            shown("the law of each sample is $p$", [sum(row) for row in law] == p, "sums"),
            shown(r"$P_{ij} > 0$ for $i \ne j$, so that the weights make pairs independent",
                  all(law[i][j] > 0 for i, j in combinations(range(len(p)), 2)), "each pair"),
        )  # fmt: skip
    found = [Carms(2).moments(*vectors(shares))[0] for shares in SHARES]
    true = [exact_gradient(*vectors(shares)) for shares in SHARES]
    yield agree("package", np.concatenate(found), np.concatenate(true), "means", kind="exact sum")
    for name, k in (("mean", 0), ("variance", 1)):
        two, one = binary(Carms(2))[k], binary(DisArm())[k]
        yield agree(f"package, {name}", two, one, "$d = 2$", kind="exact sum")


@antithetic.part(r"in ascending order $p_ip_j/P_{ij} \le 1-\min p$")
def weights():
    pi = sp.Symbol("pi_c", positive=True)
    grown = (1 - pi) ** 2 / (1 - 2 * pi)
    yield exact(
        "sticks, any d",
        argued(r"""for $i < j$ the weight is $w_i = (1-\pi_i)\prod_{c<i}\frac{(1-\pi_c)^2}
            {1-2\pi_c}$ [with $\pi_c \le \frac12$ the two never both stop at $c$: both go on with
            probability $1-2\pi_c$, one alone stops with probability $\pi_c$]"""),
        argued(r"""$p_c \le p_{c+1}$ is $\pi_c \le \pi_{c+1}(1-\pi_c)$ [divide by what is left at
            $c$, of which $1-\pi_c$ is left at $c+1$]"""),
        eq(grown * (1 - pi / (1 - pi)), 1 - pi,
           r"so $w_{c+1}$, which has this factor in place of $1-\pi_c$, is at most $w_c$"),
        argued(r"$w_1 = 1-\pi_1 = 1-\min p$ [the first stick]"),
    )  # fmt: skip
    for shares in SHARES:
        p = fractions(shares)
        law = pairs(p)
        most = max(p[i] * p[j] / law[i][j] for i, j in combinations(range(len(p)), 2))
        yield exact(f"fractions, $p$ like {shares}", most <= 1 - min(p), cases="each pair")


@antithetic.part("no entry has a larger variance than leave-one-out with two samples")
def against_independent():
    a, g, v, chance = sp.symbols("a g v P", positive=True)
    yield exact(
        "pairs, any d",
        argued(r"""$\mathbb E[v_k^2] = \frac12p_k\sum_jp_jR_{kj}(f_k-f_j)^2$, $R_{kj} =
            p_kp_j/P_{kj}$, and $R = 1$ for independent samples [$v_k$ is not zero at the pairs
            $(k,j)$ and $(j,k)$, each with chance $P_{kj}$; the means agree]"""),
        eq(sp.Subs(2 * chance * v**2, v, a * g / (2 * chance)), a * (a / chance) * g**2 / 2,
           "one $j$: $P = P_{kj}$, $a = p_kp_j$, $g = f_k-f_j$"),
        argued(r"$R_{kj} \le 1-\min p < 1$ [the part before]"),
    )  # fmt: skip
    independent = ScoreFunction(samples=2, baseline="leave-one-out")
    for shares in SHARES:
        two, carms_two = (r.moments(*vectors(shares))[1] for r in (independent, Carms(2)))
        yield positive(f"package, $p$ like {shares}", two - carms_two, "margins", kind="exact sum")


@antithetic.part(r"in descending order, $\max p > \frac12$, two of the others never meet")
def descending():
    p = fractions((4, 2, 1))
    law = pairs(p)
    yield exact(
        "fractions",
        shown(r"$p = (\frac47,\frac27,\frac17)$: $P_{23} = 0$", law[1][2] == 0, "intervals of $u$"),
        shown("the law of each sample is $p$ all the same", [sum(row) for row in law] == p, "sums"),
    )
    missed = sum(
        law[0][j] * (p[0] * p[j] / law[0][j]) * (f0 - fj)
        for j, f0, fj in ((1, 0, 1), (2, 0, 0))
    )  # fmt: skip
    yield exact(
        "mean for $f = e_2$, first entry and second",
        shown("the first is the gradient, $-p_1p_2$", missed == -p[0] * p[1], "pairs with 1"),
        shown("the second is $p_1p_2$ and not $p_2(1-p_2)$", p[0] * p[1] != p[1] * (1 - p[1]),
              "the pair (2, 3) is missing"),
    )  # fmt: skip
    f = np.array([0.0, 1.0, 0.0])
    mean = np.zeros(3)
    for i, j in combinations(range(3), 2):
        # Of a pair that is never drawn nothing is added.
        product_ij = float(p[i] * p[j]) * (f[i] - f[j]) * bool(law[i][j])
        mean += product_ij * (np.eye(3)[i] - np.eye(3)[j])
    off = mean - exact_gradient(np.log([4.0, 2.0, 1.0]), f)
    yield agree("sum over pairs", off, [0, -2 / 49, 2 / 49],
                "the bias: what the pair (2, 3) would add", kind="exact sum", floor=1.0,
    )  # fmt: skip
