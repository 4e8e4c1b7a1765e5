r"""Sections 8.3, 9.1: along $h_i(\theta) = n$ the probabilities tend to a vertex of the simplex."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product

import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cones import (
    HALF_GAUGE,
    HALF_SPACE,
    corners,
    height,
)
from perturbtheory.claims.exhibits.cosets import perturb_softmax
from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import categories, identity

_ODDS = {(8, 2, 1): 2, (32, 1, 1): 5, (Fraction(1, 2), Fraction(1, 16), 1): -1, (4, 1): 2}
"""e^theta, and n with h_1(theta) = n log 2."""


def _bound(n: int, d: int) -> Fraction:
    """E[1 / (1 + sum_{j > 1} 2^-n e^(gamma_j - gamma_1))], the right-hand side of (44)."""
    return perturb_softmax([Fraction(2) ** n, *[Fraction(1)] * (d - 1)])[0]


@claim("A.softmax-vertex-limit")
def softmax_vertex_limit(_: Budget) -> list[Part]:
    r"""Statement: If every h_i is unbounded above on a convex Theta, there are theta^(n) in Theta
    with h_i(theta^(n)) = n for every n, and along them E[softmax(theta^(n) + gamma)] tends to the
    vertex e_i, by (42), (43) and (44).

    LaTeX: $\mathbb E_\gamma\Bigl[\frac{e^{\theta_i^{(n)}+\gamma_i}}{\sum_{j=1}^d
    e^{\theta_j^{(n)}+\gamma_j}}\Bigr] = \mathbb E_\gamma\Bigl[\frac1{1+\sum_{j\ne i}
    e^{\theta_j^{(n)}-\theta_i^{(n)}+\gamma_j-\gamma_i}}\Bigr] \ge \mathbb E_\gamma\Bigl[\frac1{1+
    \sum_{j\ne i}e^{-n+\gamma_j-\gamma_i}}\Bigr] \to 1$

    Source: A, section 8.3, (42)-(44)

    Assumptions: d >= 2, any real random vector gamma, dependent or not: that probabilities decay in
    the tails is true of all. The text before (42) says arg max where the display has the softmax.
    If h_i is unbounded below only, as on the ray of A.softmax-completeness, there is no such
    sequence.

    Computed: each line for symbolic d, and in exact rationals for e^gamma_i = 1/2, 1 or 2.
    """
    _, i, j, x = (s := categories())
    quotient = sp.exp(x[i]) / s.sum(sp.exp(x[j]))
    divided = 1 / cosets.expanded_sum(s, sp.exp(x[j] - x[i]))
    n, gap = sp.Symbol("n", positive=True), sp.Symbol("g", nonnegative=True)
    ratio, theta = sp.Symbol("R", positive=True), sp.Symbol("theta_i", real=True)
    below = -n - ((theta - n - gap) - theta)
    shares = [perturb_softmax(odds)[0] for odds in _ODDS]
    bounds = [_bound(n, len(odds)) for odds, n in _ODDS.items()]
    tail = [1 - _bound(n, 3) for n in range(1, 40)]
    return [
        Part(
            "(42) and (43)",
            (
                proof(
                    "sympy, symbolic d",
                    "divide by the numerator",
                    shown(
                        r"$e^{x_i}/\sum_je^{x_j} = 1/\sum_je^{x_j-x_i}$ with $x = \theta+\gamma$",
                        identity(quotient - divided),
                    ),
                    shown("the term $j = i$ of this sum is 1", identity(sp.exp(x[i] - x[i]) - 1)),
                ),
                exact(
                    "rational",
                    [_line_43(odds) for odds in _ODDS] == shares,
                    f"both sides for {len(_ODDS)} theta, d = 2 and 3",
                    universal=False,
                ),
            ),
        ),
        Part(
            "(44): the inequality",
            (
                proof(
                    "sympy",
                    "term by term",
                    shown(
                        r"$h_i = n$ means $\theta_j = \theta_i-n-g$ with $g \ge 0$ for $j \ne i$, "
                        r"so $\theta_j-\theta_i \le -n$",
                        bool(sp.expand(below).is_nonnegative),
                    ),
                    shown(
                        r"$1/(1+R)$ decreases in $R > 0$",
                        bool(sp.diff(1 / (1 + ratio), ratio).is_negative),
                    ),
                ),
                exact(
                    "rational",
                    all(p >= b for p, b in zip(shares, bounds, strict=True)),
                    f"{len(bounds)} theta with h_1 = n log 2, among them ties and n < 0",
                    universal=False,
                ),
            ),
        ),
        Part(
            "(44): the limit",
            (
                proof(
                    "sympy",
                    "for every gamma, then on average",
                    shown(
                        r"$1/(1+e^{-n}R) \to 1$ for every $R = \sum_{j\ne i}e^{\gamma_j-\gamma_i}$",
                        sp.limit(1 / (1 + sp.exp(-n) * ratio), n, sp.oo) == 1,
                    ),
                    argued(
                        "so the expectations tend to 1, and the other entries to 0",
                        "dominated convergence: the integrand lies in [0, 1]; the entries sum to 1",
                    ),
                ),
                exact(
                    "rational",
                    all(
                        0 < b < a and b <= 8 * Fraction(1, 2**k)
                        for k, (a, b) in enumerate(pairwise(tail), start=2)
                    ),
                    "1 - the bound decreases for n = 1 to 39, and is at most 2 * 4 * 2^-n, d = 3",
                    universal=False,
                ),
            ),
        ),
        Part("theta^(n) with h_i(theta^(n)) = n exist", _sequences()),
    ]


def _line_43(odds: Sequence[int | Fraction]) -> Fraction:
    """E[1 / (1 + sum_{j > 1} e^(theta_j - theta_1 + gamma_j - gamma_1))]."""
    factors = list(product(cosets.FACTORS, repeat=len(odds)))
    ratios = (
        sum((odds[k] * g[k] / (odds[0] * g[0]) for k in range(1, len(odds))), Fraction(0))
        for g in factors
    )
    return sum((1 / (1 + r) for r in ratios), Fraction(0)) / len(factors)


def _sequences() -> tuple[Check, ...]:
    one, two = sp.symbols("theta_i theta_k", real=True)
    more = sp.symbols("a b", nonnegative=True)
    # max_{j != i} theta_j = theta_k + a and max_{j != k} theta_j = theta_i + b.
    both = (one - (two + more[0])) + (two - (one + more[1]))
    grid = list(product(range(-2, 3), repeat=3))
    pairs = [(0, 1), (0, 2), (1, 2)]
    sets = (HALF_SPACE, HALF_GAUGE)
    return (
        proof(
            "intermediate values",
            "any d >= 2",
            shown(
                r"$h_i+h_k = (\theta_i-\max_{j\ne i}\theta_j)+(\theta_k-\max_{j\ne k}\theta_j) \le "
                r"0$ for $i \ne k$, as these maxima are at least $\theta_k$ and $\theta_i$",
                bool(sp.expand(both).is_nonpositive),
            ),
            argued(
                r"so where $h_k$ is large, $h_i$ is below zero, and elsewhere it exceeds any $n$",
                "every h_i is unbounded above",
            ),
            argued(
                r"on the segment between two such points, which is in $\Theta$, $h_i$ takes the "
                r"value $n$",
                "h_i is continuous; Theta is convex",
            ),
        ),
        exact(
            "integers",
            all(height(t, i) + height(t, k) <= 0 for t in grid for i, k in pairs)
            and all(
                any(height(g, i) > 0 for g in corners(c.generators)) for c in sets for i in range(3)
            ),
            f"h_i + h_k <= 0 at {len(grid)} points, d = 3; a half-space and half of a gauge have "
            "points g with h_i(g) > 0, and h_i(n g) = n h_i(g)",
            universal=False,
        ),
    )


@claim("A.argmax-vertex-limit")
def argmax_vertex_limit(_: Budget) -> list[Part]:
    r"""Statement: Along theta^(n) with h_i(theta^(n)) = n the probability that i is a maximiser of
    theta^(n) + gamma tends to 1, by (50) and (51).

    LaTeX: $\mathbb P[\theta_i^{(n)}+\gamma_i \ge \max_{j\ne i}\{\theta_j^{(n)}+\gamma_j\}] \ge
    \mathbb P[\theta_i^{(n)}+\gamma_i \ge \max_{j\ne i}\theta_j^{(n)}+\max_{j\ne i}\gamma_j] \ge
    \mathbb P[\gamma_i \ge -n+\max_{j\ne i}\gamma_j] \to 1$

    Source: A, section 9.1, (50), (51) and the line after it

    Assumptions: any real random vector gamma; i may tie with others. The last inequality is an
    equality.

    Computed: each line symbolically, and exactly for uniform noise and coins.
    """
    n, one, two = sp.symbols("n a b", nonnegative=True)
    top, other, theta = sp.symbols("M N theta_i", real=True)
    # theta_j = M - a and gamma_j = N - b for j != i.
    gap = (top + other) - ((top - one) + (other - two))
    same = (theta - (theta - n)) - n
    uniform = [rational.uniform([Fraction(k, 4), 0, -1]).probabilities[0] for k in range(12)]
    floor = [rational.uniform([Fraction(k, 4), 0, 0]).probabilities[0] for k in range(12)]
    coins = [rational.discrete([k, 0, -1], [-1, 1]).some[0] for k in range(4)]
    least = [rational.discrete([k, 0, 0], [-1, 1]).some[0] for k in range(4)]
    return [
        Part(
            "(50) to (51) and to P(gamma_i >= -n + max gamma_j)",
            (
                proof(
                    "sympy",
                    "inclusion of events",
                    shown(
                        r"$\theta_j+\gamma_j \le \max_{k\ne i}\theta_k+\max_{k\ne i}\gamma_k$ for "
                        r"every $j \ne i$",
                        bool(sp.expand(gap).is_nonnegative),
                    ),
                    shown(
                        r"$\max_{j\ne i}\theta_j-\theta_i = -n$, as $h_i = n$",
                        identity(same),
                    ),
                ),
                exact(
                    "rational",
                    all(p >= b for p, b in zip(uniform + coins, floor + least, strict=True)),
                    "theta = (n, 0, -1) against theta = (n, 0, 0), which has the last line as its "
                    "probability: uniform noise at 12 n, coins at 4, d = 3",
                    universal=False,
                ),
            ),
        ),
        Part(
            "the limit",
            (
                proof(
                    "continuity of measure",
                    "any law",
                    shown(
                        r"for real $x = \max_{j\ne i}\gamma_j-\gamma_i$, $n-x$ is positive from "
                        r"some $n$ on",
                        sp.limit(n - top, n, sp.oo) == sp.oo,
                    ),
                    argued(
                        r"the events $\{x \le n\}$ increase to all outcomes, so $\mathbb P[x "
                        r"\le n] \to 1$",
                        "continuity of measure from below; no tail condition",
                    ),
                ),
                exact(
                    "rational",
                    floor == sorted(floor) and floor[8:] == [1] * 4 and least[-2:] == [1, 1],
                    "uniform noise and coins: the bound increases and is 1 from n = 2 on",
                    universal=False,
                ),
            ),
        ),
    ]
