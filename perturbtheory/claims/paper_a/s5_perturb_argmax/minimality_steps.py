"""Section 9.3: the printed steps towards Theorem 5.3, and what one-to-one really needs."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.minimality_sides import (
    HALF,
    L,
    V,
    difference,
    gumbel_sides,
    sampled,
    two_intervals,
    uniform_difference,
)
from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.outcomes import draws
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity


@claim("A.argmax-minimality-steps", corrected="A.argmax-minimality-steps.corrected")
def argmax_minimality_steps(budget: Budget) -> list[Part]:
    r"""Statement: The maximum along theta + lambda v is that of two indices, 1 and j = argmax over
    i != 1 of theta_i + gamma_i; (63) to (65) give its mean and slope g'; since g' is not constant,
    g'' is not zero and so positive.

    LaTeX: $g(\lambda) = f(\theta + \lambda v) = \mathbb E_\gamma[\max\{\theta_1 + \lambda v_1 +
    \gamma_1, \theta_j + \lambda v_j + \gamma_j\}]$ with $j = \arg\max_{i \ne 1}\{\theta_i +
    \gamma_i\}$; $g'$ is a non-constant function of $\lambda$, hence $g''(\lambda) \ne 0$

    Source: A, (63)-(65), the display between (64) and (65), and the text of section 9.3

    Assumptions: independent coordinates with positive differentiable densities; j = argmax over
    i != 1 of theta_j + gamma_j is read with i as the index of what is compared. The theorem stands:
    A.argmax-minimality. For d = 2 there is only one j, and (63) and (65) are right.

    Computed: both sides of (63) and (65) for Gumbel noise in closed form and from draws; the four
    terms between (64) and (65) for any law and exactly for uniform noise; a perturbation with g'
    increasing and g'' = 0 at a point.
    """
    printed, true = gumbel_sides()
    at = sp.log(2)
    heights = [sp.simplify(sp.exp(2 * side.subs(L, at))) for side in (printed, true)]
    slopes = [sp.simplify(sp.diff(side, L).subs(L, at)) for side in (printed, true)]
    height_gap, slope_gap = sampled(budget, float(np.log(2.0)))
    excess = difference(1)
    four, truth = uniform_difference(1)
    p = [two_intervals(Fraction(k, 8)) for k in (-1, 0, 1)]
    quartic = L**4 / 4
    common = {"d": 3, "gamma": "Gumbel", "theta": [0, 0, 0], "v": list(V), "lambda": "log 2"}
    return [
        Part(
            "(63): g(lambda) = f(theta + lambda v), j as printed",
            (
                exact(
                    "sympy, Gumbel noise",
                    heights[0] == heights[1],
                    f"e^(2g) = {heights[0]}, e^(2f) = {heights[1]} at e^lambda = 2",
                ),
                agree("sampling", "monte-carlo", height_gap, 0.0, "g - f from common draws"),
            ),
            common
            | {
                "printed": f"log({heights[0]})/2 = {float(sp.log(heights[0]) / 2):.6f}",
                "true": f"log({sp.sqrt(heights[1])}) = {float(sp.log(heights[1]) / 2):.6f}",
            },
        ),
        Part(
            "the four terms after (64) are g(lambda + epsilon) - g(lambda)",
            (
                exact(
                    "sympy, any law",
                    identity(excess),
                    f"they exceed it by {sp.factor(excess)}, given gamma_2, ..., gamma_d",
                ),
                exact("rational, uniform noise", four == truth, f"{four} against {truth}"),
            ),
            {
                "d": 2,
                "gamma": "uniform on [-1, 1]",
                "theta": [0, 0],
                "v": [0, 1],
                "lambda, epsilon": ["0", str(HALF)],
                "printed": str(four),
                "true": str(truth),
            },
        ),
        Part(
            "(65): the slope of f along v, j as printed",
            (
                exact(
                    "sympy, Gumbel noise",
                    bool(slopes[0] == slopes[1]),
                    f"{slopes[0]} against {slopes[1]} at e^lambda = 2",
                ),
                agree("sampling", "monte-carlo", slope_gap, 0.0, "difference from common draws"),
            ),
            common | {"printed": str(slopes[0]), "true": str(slopes[1])},
        ),
        Part(
            "g convex with g' not constant has g'' > 0",
            (
                exact(
                    "sympy, quartic",
                    bool(sp.diff(quartic, L, 2).subs(L, 0).is_positive),
                    "g = lambda^4/4 is convex, g' = lambda^3, g''(0) = 0",
                ),
                exact(
                    "rational, a perturbation",
                    not (p[0][0] < p[1][0] < p[2][0]) or p[1][1] > 0,
                    "gamma_1 uniform on [-2, -1] and [1, 2], gamma_2 on [-1, 1]: p_1 = g' "
                    f"increases, {p[0][0]} < {p[1][0]} < {p[2][0]} at lambda = -1/8, 0, 1/8, and "
                    f"g''(0) = {p[1][1]}",
                ),
            ),
            {
                "d": 2,
                "gamma_1": "uniform on [-2, -1] and [1, 2]",
                "gamma_2": "uniform on [-1, 1]",
                "theta": [0, 0],
                "v": [1, 0],
                "g' at -1/8, 0, 1/8": [str(q) for q, _ in p],
                "g''(0)": str(p[1][1]),
            },
        ),
    ]


@claim(
    "A.argmax-minimality-steps.corrected",
    depends_on=("A.argmax-minimality", "A.max-differentiable"),
)
def argmax_minimality_steps_corrected(_: Budget) -> list[Part]:
    r"""Statement: j has to depend on lambda; then (63) and (65) hold, with lambda in place of
    lambda + epsilon in the last two terms between them. What one-to-one needs is that g' increases
    strictly, for which g'' may vanish at points; for d = 2 it holds on R^2, up to translation,
    exactly if gamma_1 - gamma_2 has full support, with a density or without.

    LaTeX: $g(\lambda) = \mathbb E_\gamma[\max\{\theta_1 + \lambda v_1 + \gamma_1, \theta_j +
    \lambda v_j + \gamma_j\}]$, $j = \arg\max_{i \ne 1}\{\theta_i + \lambda v_i + \gamma_i\}$,
    $g'(\lambda) = \sum_i v_i P(\arg\max(\theta + \lambda v + \gamma) = i)$; $d = 2$: $\partial
    f(\theta) \cap \partial f(\tau) = \emptyset$ for $\theta - \tau \notin \mathbb R\mathbf 1$ iff
    $P(a < \gamma_1 - \gamma_2 < b) > 0$ for all $a < b$

    Source: corrects A, section 9.3

    Assumptions: the first three parts for independent coordinates with densities; the last for any
    joint law at d = 2, with ties: no p is a subgradient at two theta that are no translates.

    Computed: symbolically for any law; exactly for coins, for uniform noise and for atoms with
    gaps.
    """
    four, truth = uniform_difference(0)
    return [
        Part(
            "(63) with j depending on lambda",
            (
                _split_proof(),
                exact(
                    "rational, coins",
                    all(_split_maximum(Fraction(k, 4)) for k in range(-8, 9)),
                    "theta = 0, v = (0, 1, -1), 17 lambda: E of the larger of two against f",
                    universal=False,
                ),
            ),
        ),
        Part(
            "the four terms with lambda in the last two",
            (
                exact("sympy, any law", identity(difference(0)), "given gamma_2, ..., gamma_d"),
                exact(
                    "rational, uniform noise",
                    four == truth,
                    f"both {truth} at theta = 0, v = (0, 1), epsilon = 1/2",
                    universal=False,
                ),
            ),
        ),
        Part(
            "(65) with j depending on lambda: g' = sum of v_i P(arg max = i)",
            (
                _slope_proof(),
                exact(
                    "rational, uniform noise",
                    all(_slope_along(Fraction(k, 8)) for k in (-5, -1, 3)),
                    "differences of f along v, exact for its quartic pieces, d = 3",
                    universal=False,
                ),
            ),
        ),
        Part(
            "d = 2: one-to-one exactly if gamma_1 - gamma_2 has full support",
            (
                _support_proof(),
                exact(
                    "rational, three atoms",
                    _disjoint_where_charged(),
                    "subdifferentials at t < s are disjoint exactly if an atom of gamma_2 - "
                    "gamma_1 lies between: all pairs of a grid",
                    universal=False,
                ),
            ),
        ),
    ]


def _split_proof() -> Check:
    rest, gap = sp.Symbol("x_j", real=True), sp.Symbol("h", nonnegative=True)
    return proof(
        "outcome by outcome, any d",
        "the larger of the first and of the largest other one",
        argued(
            r"$x_j = \max_{i \ne 1} x_i$ at $x = \theta + \lambda v + \gamma$, for every $\lambda$",
            "definition of j",
        ),
        shown(
            r"every other $x_i$ is $x_j - h$ with $h \ge 0$, and $\max(x_j, x_j - h) = x_j$",
            sp.Max(rest, rest - gap) == rest,
        ),
        argued(r"so $\max_i x_i = \max(x_1, x_j)$", "a maximum of maxima"),
    )


def _split_maximum(at: Fraction) -> bool:
    theta = [at * v for v in V]
    mean = Fraction(0)
    for chance, gamma, _ in draws(theta, COIN):
        position = [t + g for t, g in zip(theta, gamma, strict=True)]
        j = max((1, 2), key=position.__getitem__)
        mean += chance * max(position[0], position[j])
    return mean == rational.discrete(theta, COIN).value


def _slope_proof() -> Check:
    e, v1, vj, low, high = sp.symbols("epsilon v_1 v_j P_a P_b", real=True)
    main = sp.limit((e * vj * high + e * v1 * (1 - high)) / e, e, 0)
    return proof(
        "difference quotient, any law with densities",
        "the first two terms over epsilon, in the limit",
        shown(
            r"they are $v_j P(\gamma_1 < b) + v_1 P(\gamma_1 > b)$, $b \to a$: the slope of the "
            r"winner",
            identity(main.subs(high, low) - (vj * low + v1 * (1 - low))),
        ),
        argued(
            r"the last two are at most $\epsilon |v_j - v_1| P(\gamma_1 \in [a, b])$, and over "
            r"$\epsilon$ they vanish with the interval",
            "on it the two heights differ by at most that much; dominated convergence",
        ),
        argued(
            r"where $j$ changes with $\lambda$ two of $\theta_i + \lambda v_i + \gamma_i$ tie, of "
            r"probability zero",
            "A.max-differentiable",
        ),
    )


def _slope_along(at: Fraction) -> bool:
    theta, v, h = [Fraction(0), Fraction(1, 3), Fraction(-1, 5)], V, Fraction(1, 1024)

    def g(t: Fraction) -> list[Fraction]:
        return [a + t * b for a, b in zip(theta, v, strict=True)]

    values = [rational.uniform(g(at + k * h)).value for k in (-2, -1, 1, 2)]
    slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
    p = rational.uniform(g(at)).probabilities
    return slope == sum(q * w for q, w in zip(p, v, strict=True))


def _support_proof() -> Check:
    above, between, at = sp.symbols("P_above P_between P_at", nonnegative=True)
    # t < s: D = gamma_1 - gamma_2 is above -t, at -t, in (-s, -t), at or below -s.
    low_at_s, high_at_t = above + at + between, above + at
    return proof(
        "intervals, d = 2",
        "subdifferentials at t = theta_1 - theta_2 and at s > t",
        argued(
            r"$(\partial f)_1$ is $[P(D > -t), P(D \ge -t)]$ at $t$, $D = \gamma_1 - \gamma_2$",
            "A.max-potential-gradient.corrected",
        ),
        shown(
            r"for $t < s$, $P(D > -s) - P(D \ge -t) = P(-s < D < -t)$: the intervals are disjoint "
            r"exactly if this is positive",
            identity(low_at_s - high_at_t - between),
        ),
        argued(
            r"for all $t < s$ this says that every open interval has positive probability",
            "definition of the support",
        ),
    )


def _disjoint_where_charged() -> bool:
    atoms, weights = [-1, 0, 2], [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]
    kinks = sorted({b - a for a in atoms for b in atoms})
    grid = [Fraction(k, 4) for k in range(-14, 15)]
    ends = [rational.discrete([t, 0], atoms, weights) for t in grid]
    return all(
        (ends[k].only[0] > ends[i].some[0]) == any(grid[i] < kink < grid[k] for kink in kinks)
        for i, k in combinations(range(len(grid)), 2)
    )
