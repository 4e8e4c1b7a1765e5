r"""Section 8.3: along $h_i(\theta) = n$ the probabilities tend to a vertex of the simplex."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import sympy as sp
from scipy.optimize import linprog

from perturbtheory.claims.exhibits import cosets, sums
from perturbtheory.claims.exhibits.cones import HALF_GAUGE, HALF_SPACE, RAY, corners, height
from perturbtheory.claims.exhibits.symbols import U
from perturbtheory.ledger import Claim, argued, eq, exact, positive, shown, witness
from perturbtheory.routes import symbolic

N: Any = sp.Symbol("n", positive=True)
ODDS = {(8, 2, 1): 2, (32, 1, 1): 5, (Fraction(1, 2), Fraction(1, 16), 1): -1, (4, 1): 2}
"""e^theta, and n with h_1(theta) = n log 2."""

softmax_limit = Claim(
    "A.softmax-vertex-limit",
    "A, section 8.3, (42)-(44)",
    r"""If every $h_i$ is unbounded on a convex $\Theta$, there are $\theta^{(n)} \in \Theta$ with
    $h_i(\theta^{(n)}) = n$ for every $n$, and along them $\mathbb
    E[\operatorname{softmax}(\theta^{(n)}+\gamma)]$ tends to the vertex $e_i$: $\mathbb
    E_\gamma\Bigl[\frac{e^{\theta_i^{(n)}+\gamma_i}}{\sum_{j=1}^de^{\theta_j^{(n)}+\gamma_j}}\Bigr]
    = \mathbb E_\gamma\Bigl[\frac1{1+\sum_{j\ne i}e^{\theta_j^{(n)}-\theta_i^{(n)}+\gamma_j-
    \gamma_i}}\Bigr] \ge \mathbb E_\gamma\Bigl[\frac1{1+\sum_{j\ne i}e^{-n+\gamma_j-\gamma_i}}
    \Bigr] \to 1$.""",
    assumes=r"""$d \ge 2$, any real random vector $\gamma$, dependent or not: that probabilities
    decay in the tails is true of all. The text before (42) says arg max where the display has the
    softmax. "Unbounded" is read as unbounded above and as printed, in either direction: both
    readings are parts.""",
)
true_softmax_limit = softmax_limit.corrected(
    r"""If every $h_i$ is unbounded above on a convex $\Theta$, there are $\theta^{(n)} \in \Theta$
    with $h_i(\theta^{(n)}) = n$ for every $n$, and along them (42), (43) and (44) hold: $\mathbb
    E[\operatorname{softmax}(\theta^{(n)}+\gamma)]$ tends to the vertex $e_i$.""",
    assumes=r"$d \ge 2$, any real random vector $\gamma$, dependent or not.",
)


def bound_44(n: int, d: int) -> Fraction:
    """E[1 / (1 + sum_{j > 1} 2^-n e^(gamma_j - gamma_1))], the right-hand side of (44)."""
    return cosets.perturb_softmax([Fraction(2) ** n, *[Fraction(1)] * (d - 1)])[0]


def line_43(odds: Sequence[int | Fraction]) -> Fraction:
    """E[1 / (1 + sum_{j > 1} e^(theta_j - theta_1 + gamma_j - gamma_1))]."""
    factors = list(product(cosets.FACTORS, repeat=len(odds)))
    ratios = (
        sum((odds[k] * g[k] / (odds[0] * g[0]) for k in range(1, len(odds))), Fraction(0))
        for g in factors
    )
    return sum((1 / (1 + r) for r in ratios), Fraction(0)) / len(factors)


@softmax_limit.part("(42) and (43)")
@true_softmax_limit.part("(42) and (43)")
def divide_by_the_numerator():
    _, i, j, x = (s := symbolic.categories())
    quotient = sp.exp(x[i]) / s.sum(sp.exp(x[j]))
    yield exact(
        "sympy, symbolic d",
        sums.for_every_d(quotient, 1 / s.sum(sp.exp(x[j] - x[i]))),
        r"""$x = \theta+\gamma$, written there as $\theta$; the term $j = i$ of the second sum is
            $e^0 = 1$""",
    )
    holds = [line_43(odds) for odds in ODDS] == [cosets.perturb_softmax(odds)[0] for odds in ODDS]
    cases = rf"both sides for {len(ODDS)} $\theta$, $d = 2$ and 3, $e^{{\gamma_i}}$ = 1/2, 1, 2"
    yield exact("rational", holds, cases=cases)


@softmax_limit.part("(44): the inequality")
@true_softmax_limit.part("(44): the inequality")
def inequality_44():
    ratio, (gap, one, two) = sp.Symbol("R", positive=True), sp.symbols("g theta_i theta_j")
    yield exact(
        "sympy",
        eq(sp.Subs(two - one, two, one - N - gap), -N - gap),
        r"at most $-n$: $h_i = n$ means $\theta_j = \theta_i-n-g$ with $g \ge 0$ for $j \ne i$",
        shown("$1/(1+R)$ decreases in $R > 0$", bool(sp.diff(1 / (1 + ratio), ratio).is_negative)),
    )
    yield exact(
        "rational",
        all(cosets.perturb_softmax(odds)[0] >= bound_44(n, len(odds)) for odds, n in ODDS.items()),
        cases=rf"{len(ODDS)} $\theta$ with $h_1 = n\log 2$, among them ties and $n < 0$",
    )


@softmax_limit.part("(44): the limit")
@true_softmax_limit.part("(44): the limit")
def limit_44():
    tail = [1 - bound_44(n, 3) for n in range(1, 40)]
    yield exact(
        "sympy",
        eq(sp.Limit(1 / (1 + sp.exp(-N) * U), N, sp.oo), 1),
        r"for every $u = \sum_{j\ne i}e^{\gamma_j-\gamma_i}$",
        argued("""so the expectations tend to 1, and the other entries to 0 [dominated convergence:
            the integrand lies in $[0, 1]$; the entries sum to 1]"""),
    )
    yield exact(
        "rational",
        all(0 < b < a and b <= 8 * Fraction(1, 2**k) for k, (a, b) in enumerate(pairwise(tail), 2)),
        cases=r"1 less the bound decreases for $n$ = 1 to 39, and is at most $2 \cdot 4 \cdot "
        "2^{-n}$, $d = 3$",
    )


@softmax_limit.part(
    r"$\theta^{(n)}$ with $h_i(\theta^{(n)}) = n$ exist, for $h_i$ unbounded in either direction"
)
def no_sequence():
    # On {(s, 0) : s >= 0} the heights are h_1 = s and h_2 = -s.
    allowed, second = RAY.unbounded(above=False), [height(g, 1) for g in RAY.generators]
    # The least |h_2 - 1| among theta_1 >= 0 = theta_2, with h_2 = theta_2 - theta_1.
    nearest = linprog(
        [0, 0, 1], [[-1, 1, -1], [1, -1, -1]], [1, -1], bounds=[(0, None), (0, 0), (0, None)]
    )
    cases = f"{RAY.set}: $h_1 = s$ and $h_2 = -s$ are unbounded; whether $h_2 > 0$ somewhere"
    yield exact("integers", max(second) > 0 if allowed else "unknown", cases=cases)
    what = r"$10^{-6}$ less the least $|h_2 - n|$ on the ray, $n = 1$"
    yield positive("linear program", 1e-6 - nearest.fun, what)
    yield witness({"d": 2, "Theta": RAY.set, "h_1": "$s$", "h_2": r"$-s \le 0$", "n": 1})


@softmax_limit.part(r"$\theta^{(n)}$ with $h_i(\theta^{(n)}) = n$ exist, for $h_i$ unbounded above")
@true_softmax_limit.part(r"$\theta^{(n)}$ with $h_i(\theta^{(n)}) = n$ exist")
def sequences_exist():
    one, two = sp.symbols("theta_i theta_k", real=True)
    more = sp.symbols("a b", nonnegative=True)
    # max_{j != i} theta_j = theta_k + a and max_{j != k} theta_j = theta_i + b.
    both = (one - (two + more[0])) + (two - (one + more[1]))
    grid, pairs = list(product(range(-2, 3), repeat=3)), [(0, 1), (0, 2), (1, 2)]
    reach = [
        [height(g, i) for g in corners(c.generators)]
        for c in (HALF_SPACE, HALF_GAUGE)
        for i in range(3)
    ]
    yield exact(
        "intermediate values",
        shown(
            r"$h_i+h_k = (\theta_i-\max_{j\ne i}\theta_j)+(\theta_k-\max_{j\ne k}\theta_j) \le 0$ "
            r"for $i \ne k$, as these maxima are at least $\theta_k$ and $\theta_i$",
            bool(sp.expand(both).is_nonpositive),
        ),
        argued("""so where $h_k$ is large, $h_i$ is below zero, and elsewhere it exceeds any $n$
            [every $h_i$ is unbounded above]"""),
        argued(r"""on the segment between two such points, which is in $\Theta$, $h_i$ takes the
            value $n$ [$h_i$ is continuous; $\Theta$ is convex]"""),
    )
    yield exact(
        "integers",
        all(height(t, i) + height(t, k) <= 0 for t in grid for i, k in pairs)
        and all(max(heights) > 0 for heights in reach),
        cases=rf"$h_i+h_k \le 0$ at {len(grid)} points, $d = 3$; a half-space and half of a gauge "
        "have points $g$ with $h_i(g) > 0$, and $h_i(n g) = n h_i(g)$",
    )
