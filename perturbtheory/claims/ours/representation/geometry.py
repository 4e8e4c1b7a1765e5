"""Hessians as graph Laplacians: when $f$ is strictly convex, and what gaps in the support do."""

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import sympy as sp

from perturbtheory.claims.exhibits.supports import (
    GAPS,
    components,
    edges,
    frequencies,
    intervals,
    uniform_on,
)
from perturbtheory.claims.exhibits.symbols import D, T
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.routes import enclosure, rational

PAIRS = list(combinations(range(3), 2))
GRID = [
    [Fraction(0), Fraction(a, 4), Fraction(b, 4)] for a, b in product(range(-9, 10, 3), repeat=2)
]

laplacian = Claim(
    "C.laplacian",
    "this package",
    r"""The Hessian of $f$ is the Laplacian of the graph whose edge $i$-$j$ has the density $w_{ij}$
    with which $i$ and $j$ share the maximum: $v^\top \nabla^2 f(\theta) v = \sum_{i<j} w_{ij}(v_i -
    v_j)^2$, $w_{ij}(\theta) = \int f_i(s-\theta_i) f_j(s-\theta_j) \prod_{k\ne i,j}
    F_k(s-\theta_k)\,ds \ge 0$. Its kernel is the vectors constant on connected components: $f$ is
    affine along a segment exactly if its direction is one of them at every point of it, and
    strictly convex near $\theta$, but for translations, if the graph is connected at $\theta$. The
    converse fails: for $\gamma_1$ uniform on $[-2,-1] \cup [1,2]$ and $\gamma_2$ on $[-1,1]$, $p_1
    = \frac12 + \frac18 D|D|$, $D = \theta_1-\theta_2$, for $|D| \le 1$ increases strictly through
    $D = 0$, where $w_{12} = \frac14|D|$ vanishes. Densities that are positive almost everywhere on
    intervals $[l_i, u_i]$ link all coordinates that can win, $w_{ij} > 0$ iff $p_i > 0$ and $p_j >
    0$; where supports have gaps, $f$ can be flat though every $p_i$ is positive.""",
    assumes="""Independent coordinates with bounded densities, zero outside of the intervals where
    there are some. That supports have no gaps would not do: densities on two complementary
    sets, both of positive length in every interval, have the same support, and are never level at
    $\\theta = 0$.""",
    depends_on="C.one-dimensional",
)


@laplacian.part("the Hessian is a graph Laplacian")
def is_a_laplacian():
    w, x, y = sp.symbols("w_ij v_i v_j", real=True)
    yield exact(
        "pair by pair, any d",
        argued(r"""$H_{ij} = -w_{ij} \le 0$ for $i \ne j$, $w_{ij} = \int f_i f_j \prod_{k \ne i,j}
            F_k \ge 0$, and $H_{ii} = \sum_{j \ne i} w_{ij}$ [C.one-dimensional; $f(\theta +
            c\mathbf 1) = f(\theta) + c$]"""),
        eq(w * x**2 + w * y**2 - 2 * w * x * y, w * (x - y) ** 2, "what $i$ and $j$ contribute"),
        argued(r"$v^\top Hv = \sum_{i<j} w_{ij}(v_i - v_j)^2 \ge 0$", "sum over all pairs"),
    )
    yield exact(
        "rational, uniform noise",
        _is_laplacian(),
        cases="$H$ equals differences of $p$, rows sum to zero, no positive entry beside the "
        "diagonal, $d = 3$",
    )
    points = [(0, 0, 0), (2, -1, Fraction(1, 2)), (0, 6, -6)]
    balls = [
        enclosure.hessian(law, theta, digits=12)[i][j].high
        for law in (Normal(), Gumbel())
        for theta in points
        for i, j in PAIRS
    ]
    yield exact(
        "ball arithmetic",
        max(balls) < 0,
        cases=r"Normal and Gumbel noise: all $w_{ij} > 0$ at three $\theta$, $d = 3$",
    )


def _is_laplacian() -> bool:
    """Signs and row sums, and H from differences of p, exact for its cubic pieces."""
    h, good = Fraction(1, 64), True
    for theta in ([Fraction(0), Fraction(1, 4), Fraction(-1, 2)], [1, 0, Fraction(-3, 4)]):
        hessian = rational.uniform(theta).hessian
        good &= all(sum(row) == 0 for row in hessian)
        for i, j in product(range(3), repeat=2):
            p = [
                rational.uniform([t + k * h * (m == j) for m, t in enumerate(theta)]).probabilities
                for k in (-2, -1, 1, 2)
            ]
            slope = (p[0][i] - 8 * p[1][i] + 8 * p[2][i] - p[3][i]) / (12 * h)
            good &= hessian[i][j] == slope and (i == j or slope <= 0)
    return good


@laplacian.part(r"""kernel: constant on components; $f$ is affine where the direction is in it, and
    strictly convex near $\theta$, but for translations, if the graph is connected""")
def kernel():
    w, gap = sp.Symbol("w_ij", positive=True), sp.Symbol("g", real=True)
    yield exact(
        "sums of squares, any d",
        shown(
            r"$w_{ij}(v_i - v_j)^2 = 0$ with $w_{ij} > 0$ only if $v_i = v_j$",
            sp.solve(w * gap**2, gap) == [0],
        ),
        argued(r"""$v^\top Hv = 0$ exactly if $v$ is constant along every edge, that is on every
            component; for a connected graph these are the multiples of $\mathbf 1$ [walk along a
            path of edges]"""),
        argued(r"""$\frac{d^2}{d\lambda^2}f(\theta+\lambda v) = v^\top Hv \ge 0$ is continuous in
            $\lambda$: $f$ is affine on a segment exactly if it vanishes there [$w_{ij}$ is
            continuous in $\theta$, the densities being bounded and integrable]"""),
        argued("edges at $\\theta$ are edges near $\\theta$: $v^\\top Hv > 0$ there", "continuity"),
    )
    answers = [rational.uniform(theta) for theta in GRID]
    weights = [_weights(answer) for answer in answers]
    ranks = [_rank(found, 3) for found in weights]
    groups = [components(3, [pair for pair, w in found.items() if w]) for found in weights]
    yield exact(
        "rational, ranks",
        ranks == [3 - len(g) for g in groups] and len(set(ranks)) == 3,
        cases=rf"uniform noise, {len(ranks)} $\theta$, $d = 3$: rank of $H$ = 3 less the number of "
        f"components; ranks {sorted(set(ranks))} occur",
    )
    same = [
        rational.uniform([t + Fraction(k == 0, 64) for k, t in enumerate(theta)]).probabilities
        == answer.probabilities
        for theta, answer in zip(GRID, answers, strict=True)
    ]
    alone = [{0} in g for g in groups]
    yield exact(
        "rational, p at a distance of 1/64",
        not any(moved and len(g) == 1 for moved, g in zip(same, groups, strict=True))
        and same == alone,
        cases=rf"the same {len(GRID)} $\theta$: $p(\theta+e_1/64) = p(\theta)$ exactly where 1 has "
        "no edge",
    )


@laplacian.part(
    r"not conversely: $w_{12} = \frac14|D|$ and $p_1 = \frac12+\frac18D|D|$ for $|D| \le 1$"
)
def not_conversely():
    supports = [intervals((-2, -1), (1, 2)), intervals((-1, 1))]
    quarter = sp.Rational(1, 4)
    yield exact(
        "sympy",
        eq(sp.Integral(quarter, (T, -1, D - 1)), D / 4),
        r"$w_{12}$ for $0 \le D \le 1$: $D+[-2,-1]$ meets $[-1,1]$ from $-1$ to $D-1$",
        eq(sp.Rational(1, 2) + sp.Integral(T / 4, (T, 0, D)), sp.Rational(1, 2) + D**2 / 8),
        r"$p_1$, as $p_1' = w_{12}$, and $p_1 = \frac12$ at $D = 0$; $D < 0$ by symmetry",
    )
    places = [Fraction(k, 8) for k in range(-8, 9)]
    answers = [uniform_on(supports, [x, 0]) for x in places]
    yield exact(
        "rational, averages over intervals",
        all(
            answer.p[0] == Fraction(1, 2) + x * abs(x) / 8 and answer.weights[0, 1] == abs(x) / 4
            for x, answer in zip(places, answers, strict=True)
        ),
        cases="$p_1$ and $w_{12}$ at $D = k/8$, $|k| \\le 8$",
    )


def _weights(answer: rational.UniformAnswer) -> dict[tuple[int, int], Fraction]:
    return {(i, j): -answer.hessian[i][j] for i, j in PAIRS}


def _rank(weights: dict[tuple[int, int], Fraction], d: int) -> int:
    matrix: Any = sp.zeros(d, d)
    for (i, j), w in weights.items():
        square = sp.Rational(w.numerator, w.denominator)
        matrix[i, j], matrix[j, i] = -square, -square
        matrix[i, i] += square
        matrix[j, j] += square
    return matrix.rank()


@laplacian.part("positive densities: $i$ and $j$ are linked exactly if both can win")
def no_gaps():
    a, b, h = sp.symbols("a b h", positive=True)
    yield exact(
        "where the integrand is positive, any d",
        argued(r"""let $m = \max_k(\theta_k + l_k)$; $f_i f_j \prod_{k \ne i,j} F_k$ at $s$ is
            positive if $m < s < \min(\theta_i + u_i, \theta_j + u_j)$, and zero below $m$ and above
            that [$F_k(s - \theta_k) = 0$ up to $\theta_k + l_k$; densities positive between; for $k
            = i, j$ they are zero]"""),
        shown(
            r"with $a = \theta_i + u_i - m$ and $b = \theta_j + u_j - m$ the stretch has length "
            r"$\min(a, b)$, positive exactly if both are",
            bool(sp.Min(a, b).is_positive) and sp.Min(-h, b) == -h,
        ),
        argued(r"""$p_i = \int f_i \prod_{k \ne i} F_k > 0$ exactly if $\theta_i + u_i > m$ [the
            same with one density]"""),
    )
    answers = [rational.uniform(theta) for theta in GRID]
    linked = all(
        (w > 0) == (answer.probabilities[i] > 0 and answer.probabilities[j] > 0)
        for answer in answers
        for (i, j), w in _weights(answer).items()
    )
    active = all(
        (p > 0) == (t > max(theta) - 2)
        for answer, theta in zip(answers, GRID, strict=True)
        for p, t in zip(answer.probabilities, theta, strict=True)
    )
    yield exact(
        "rational, uniform noise",
        linked and active,
        cases=rf"{len(answers)} $\theta$, $d = 3$: $w_{{ij}} > 0$ iff $p_i, p_j > 0$; $p_i > 0$ "
        r"iff $\theta_i > \max\theta - 2$",
    )


@laplacian.part(
    "a gap, $d = 2$: flat though $p = (1/2, 1/2) > 0$, no edge",
    case="a gap, d = 2",
    p=("1/2", "1/2"),
    links=(),
)
@laplacian.part(
    "a path, $d = 3$: kernel $\\mathbb R\\mathbf 1$ without the edge 1-2, $p = (3/8, 5/24, 5/12)$",
    case="a path, d = 3",
    p=("3/8", "5/24", "5/12"),
    links=((0, 2), (1, 2)),
)
@laplacian.part(
    "one alone, $d = 3$: flat along $e_2$ though $p = (3/16, 5/8, 3/16) > 0$",
    case="one alone, d = 3",
    p=("3/16", "5/8", "3/16"),
    links=((0, 2),),
)
def gaps(budget, case, p, links):
    supports, d = GAPS[case], len(p)
    groups, level = len(components(d, links)), list(edges(supports, [0] * d))
    answer, moved = (
        uniform_on(supports, [Fraction(int(k == 1) * step, 16) for k in range(d)])
        for step in (0, 1)
    )
    weights = ", ".join(f"w_{{{i + 1}{j + 1}}} = {w}" for (i, j), w in answer.weights.items())
    right = (
        answer.p == [Fraction(x) for x in p]
        and [pair for pair, w in answer.weights.items() if w] == list(links)
        and _rank(answer.weights, d) == d - groups
    )
    yield exact(
        "rational, averages over intervals",
        shown(f"$p = ({', '.join(p)})$, ${weights}$, rank ${d - groups}$", right, "rationals"),
    )
    named = ", ".join(f"{i + 1}-{j + 1}" for i, j in level) or "none"
    yield exact(
        "overlaps of supports",
        shown(
            f"pairs that can be level above the least value of every coordinate: {named}",
            level == list(links),
            "the ends of the intervals",
        ),
    )
    drawn = frequencies(supports, budget.samples, seed=61)
    yield agree("sampling", drawn, [float(Fraction(x)) for x in p], "$p$")
    flat = groups > 1
    yield exact(
        "rational, p at e_2/16",
        shown(
            f"$p$ {'is the same at' if flat else 'differs at'} $0$ and $e_2/16$",
            (moved.p == answer.p) == flat,
            "rationals",
        ),
    )
