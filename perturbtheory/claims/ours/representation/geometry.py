"""Hessians as graph Laplacians: when f is strictly convex, and what gaps in the support do."""

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import sympy as sp

from perturbtheory.claims.exhibits.supports import GAPS, components, edges, uniform_on
from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.routes import enclosure, rational
from perturbtheory.routes.symbolic import identity

_QUARTERS = [
    [Fraction(0), Fraction(a, 4), Fraction(b, 4)] for a, b in product(range(-9, 10, 3), repeat=2)
]


def _laplacian_proof() -> Check:
    w, x, y = sp.symbols("w_ij v_i v_j", real=True)
    return proof(
        "pair by pair, any d",
        "the quadratic form is a sum of squares",
        argued(
            r"$H_{ij} = -w_{ij} \le 0$ for $i \ne j$, $w_{ij} = \int f_i f_j \prod_{k \ne i,j} F_k "
            r"\ge 0$, and $H_{ii} = \sum_{j \ne i} w_{ij}$",
            "C.one-dimensional; f(theta + c1) = f(theta) + c",
        ),
        shown(
            r"$i$ and $j$ contribute $w_{ij}(v_i^2 + v_j^2 - 2v_iv_j) = w_{ij}(v_i - v_j)^2$",
            identity(w * (x**2 + y**2) - 2 * w * x * y - w * (x - y) ** 2),
        ),
        argued(r"$v'Hv = \sum_{i<j} w_{ij}(v_i - v_j)^2 \ge 0$", "sum over all pairs"),
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


def _signs_in_balls() -> bool:
    points = [(0, 0, 0), (2, -1, Fraction(1, 2)), (0, 6, -6)]
    return all(
        enclosure.hessian(law, theta, digits=12)[i][j].high < 0
        for law in (Normal(), Gumbel())
        for theta in points
        for i, j in combinations(range(3), 2)
    )


def _rank(weights: dict[tuple[int, int], Fraction], d: int) -> int:
    matrix: Any = sp.zeros(d, d)
    for (i, j), w in weights.items():
        square = sp.Rational(w.numerator, w.denominator)
        matrix[i, j], matrix[j, i] = -square, -square
        matrix[i, i] += square
        matrix[j, j] += square
    return matrix.rank()


@claim("C.laplacian", depends_on=("C.one-dimensional",))
def laplacian(_: Budget) -> list[Part]:
    r"""Statement: The Hessian of f is the Laplacian of the graph whose edge i-j has the density
    w_ij with which i and j share the maximum. Its kernel is the vectors constant on connected
    components, so f is strictly convex at theta, but for translations, exactly if the graph is
    connected. Supports without gaps link all coordinates that can win; with gaps, f can be flat
    though every p_i is positive.

    LaTeX: $v^\top \nabla^2 f(\theta) v = \sum_{i<j} w_{ij}(v_i - v_j)^2$, $w_{ij}(\theta) = \int
    f_i(s-\theta_i) f_j(s-\theta_j) \prod_{k\ne i,j} F_k(s-\theta_k)\,ds \ge 0$; supports
    $[l_i, u_i]$ without gaps: $w_{ij} > 0$ iff $p_i > 0$ and $p_j > 0$

    Source: this package

    Assumptions: independent coordinates with bounded densities.

    Computed: the form for any d; exact ranks and weights for uniform noise on one and on several
    intervals; signs in ball arithmetic.
    """
    answers = [rational.uniform(theta) for theta in _QUARTERS]
    pairs = list(combinations(range(3), 2))
    weights = [{(i, j): -a.hessian[i][j] for i, j in pairs} for a in answers]
    ranks = [_rank(w, 3) for w in weights]
    groups = [components(3, [pair for pair, w in found.items() if w]) for found in weights]
    linked = all(
        (w > 0) == (a.probabilities[i] > 0 and a.probabilities[j] > 0)
        for a, found in zip(answers, weights, strict=True)
        for (i, j), w in found.items()
    )
    active = all(
        (p > 0) == (t > max(theta) - 2)
        for a, theta in zip(answers, _QUARTERS, strict=True)
        for p, t in zip(a.probabilities, theta, strict=True)
    )
    return [
        Part(
            "the Hessian is a graph Laplacian",
            (
                _laplacian_proof(),
                exact(
                    "rational, uniform noise",
                    _is_laplacian(),
                    "H equals differences of p, rows sum to zero, no positive entry beside the "
                    "diagonal, d = 3",
                    universal=False,
                ),
                exact(
                    "ball arithmetic",
                    _signs_in_balls(),
                    "Normal and Gumbel noise: all w_ij > 0 at three theta, d = 3",
                    universal=False,
                ),
            ),
        ),
        Part(
            "kernel: constant on components; strictly convex up to translation iff connected",
            (
                _kernel_proof(),
                exact(
                    "rational, ranks",
                    all(r == 3 - len(g) for r, g in zip(ranks, groups, strict=True))
                    and len(set(ranks)) == 3,
                    f"uniform noise, {len(ranks)} theta, d = 3: rank of H = 3 less the number of "
                    f"components; ranks {sorted(set(ranks))} occur",
                    universal=False,
                ),
            ),
        ),
        Part(
            "no gaps: i and j are linked exactly if both can win",
            (
                _interval_proof(),
                exact(
                    "rational, uniform noise",
                    linked and active,
                    f"{len(answers)} theta, d = 3: w_ij > 0 iff p_i, p_j > 0; p_i > 0 iff theta_i "
                    "> max theta - 2",
                    universal=False,
                ),
            ),
        ),
        *_gap_parts(),
    ]


def _kernel_proof() -> Check:
    w = sp.Symbol("w_ij", positive=True)
    gap = sp.Symbol("g", real=True)
    return proof(
        "sums of squares, any d",
        "a sum of squares vanishes term by term",
        shown(
            r"$w_{ij}(v_i - v_j)^2 = 0$ with $w_{ij} > 0$ only if $v_i = v_j$",
            sp.solve(w * gap**2, gap) == [0],
        ),
        argued(
            r"$v'Hv = 0$ exactly if $v$ is constant along every edge, that is on every component; "
            r"for a connected graph these are the multiples of $\mathbf 1$",
            "walk along a path of edges",
        ),
    )


def _interval_proof() -> Check:
    x, y, h = sp.symbols("a b h", positive=True)
    return proof(
        "where the integrand is positive, any d",
        "the common stretch above the highest lower end",
        argued(
            r"let $m = \max_k(\theta_k + l_k)$; $f_i f_j \prod_{k \ne i,j} F_k$ at $s$ is positive "
            r"if $m < s < \min(\theta_i + u_i, \theta_j + u_j)$, and zero below $m$ and above that",
            "F_k(s - theta_k) = 0 up to theta_k + l_k; no gaps; for k = i, j the density is zero",
        ),
        shown(
            r"with $a = \theta_i + u_i - m$ and $b = \theta_j + u_j - m$ the stretch has length "
            r"$\min(a, b)$, positive exactly if both are",
            bool(sp.Min(x, y).is_positive) and sp.Min(-h, y) == -h,
        ),
        argued(
            r"$p_i = \int f_i \prod_{k \ne i} F_k > 0$ exactly if $\theta_i + u_i > m$",
            "the same with one density",
        ),
    )


def _gap_parts() -> list[Part]:
    found = {name: uniform_on(s, [0] * len(s)) for name, s in GAPS.items()}
    graphs = {name: list(edges(s, [0] * len(s))) for name, s in GAPS.items()}
    same = {
        name: [pair for pair, w in answer.weights.items() if w] == graphs[name]
        for name, answer in found.items()
    }
    parts = []
    texts = {
        "a gap, d = 2": "flat though p > 0: {p}, no edge",
        "a path, d = 3": "strictly convex without the edge 1-2: {p}",
        "one alone, d = 3": "flat along e_2 though p > 0: {p}",
    }
    expected = {"a gap, d = 2": [], "a path, d = 3": [(0, 2), (1, 2)], "one alone, d = 3": [(0, 2)]}
    for name, answer in found.items():
        d, supports = len(answer.p), GAPS[name]
        moved = uniform_on(supports, [Fraction(int(k == 1), 16) for k in range(d)])
        flat = moved.p == answer.p
        connected = len(components(d, expected[name])) == 1
        shown_p = ", ".join(f"{float(q):.4g}" for q in answer.p)
        parts.append(
            Part(
                f"{name}: {texts[name].format(p=f'p = ({shown_p})')}",
                (
                    exact(
                        "rational, averages over intervals",
                        same[name]
                        and min(answer.p) > 0
                        and _rank(answer.weights, d) == d - len(components(d, expected[name])),
                        "weights "
                        + ", ".join(
                            f"w_{i + 1}{j + 1} = {w}" for (i, j), w in answer.weights.items()
                        ),
                    ),
                    exact(
                        "overlaps of supports",
                        graphs[name] == expected[name],
                        "pairs that can be level above the least value of every coordinate: "
                        + (", ".join(f"{i + 1}-{j + 1}" for i, j in graphs[name]) or "none"),
                    ),
                    exact(
                        "rational, p at e_2/16",
                        flat != connected,
                        "p is the same at 0 and at e_2/16" if flat else "p differs at 0 and e_2/16",
                    ),
                ),
            )
        )
    return parts
