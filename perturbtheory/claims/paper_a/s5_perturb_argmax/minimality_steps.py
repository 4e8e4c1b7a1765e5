"""Section 9.3: the printed steps towards Theorem 5.3, and what one-to-one really needs."""

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import minimality_sides, noises, outcomes
from perturbtheory.claims.exhibits.slopes import uniform_slope
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.routes import rational

minimality_steps = Claim(
    "A.argmax-minimality-steps",
    "A, (63)-(65), the display between (64) and (65), and the text of section 9.3",
    r"""The maximum along $\theta + \lambda v$ is that of two indices, 1 and $j$: $g(\lambda) =
    f(\theta + \lambda v) = \mathbb E_\gamma[\max\{\theta_1 + \lambda v_1 + \gamma_1, \theta_j +
    \lambda v_j + \gamma_j\}]$ with $j = \arg\max_{i \ne 1}\{\theta_i + \gamma_i\}$; (63) to (65)
    give its mean and its slope $g'$, which is a non-constant function of $\lambda$, so that
    $g''(\lambda) \ne 0$ and therefore $g''(\lambda) > 0$.""",
    assumes=r"""independent coordinates with positive differentiable densities;
    $j = \arg\max_{i \ne 1}\{\theta_j + \gamma_j\}$ is read with $i$ as the index of what is
    compared. The theorem stands for them: A.argmax-minimality.corrected. For $d = 2$ there is only
    one $j$, and (63) and (65) are right.""",
)
true_steps = minimality_steps.corrected(
    r"""$j$ has to depend on $\lambda$, $j = \arg\max_{i \ne 1}\{\theta_i + \lambda v_i +
    \gamma_i\}$; then (63), $g(\lambda) = \mathbb E_\gamma[\max\{\theta_1 + \lambda v_1 + \gamma_1,
    \theta_j + \lambda v_j + \gamma_j\}]$, and (65), $g'(\lambda) = \sum_i v_i P(\arg\max(\theta +
    \lambda v + \gamma) = i)$, hold, with $\lambda$ in place of $\lambda + \epsilon$ in the last two
    terms between them. What one-to-one needs is that $g'$ increases strictly, for which $g''$ may
    vanish at points; for $d = 2$ it holds on $\mathbb R^2$, up to translation, exactly if
    $\gamma_1 - \gamma_2$ has full support, with a density or without: $\partial f(\theta) \cap
    \partial f(\tau) = \emptyset$ for $\theta - \tau \notin \mathbb R\mathbf 1$ iff
    $P(a < \gamma_1 - \gamma_2 < b) > 0$ for all $a < b$.""",
    source="corrects A, section 9.3",
    assumes=r"""the first three parts for independent coordinates with densities; the last for any
    joint law at $d = 2$, with ties: no $p$ is a subgradient at two $\theta$ that are no
    translates.""",
    depends_on=("A.argmax-minimality.corrected", "A.max-differentiable"),
)
GUMBEL = {
    "$d$": 3,
    r"$\gamma$": "Gumbel",
    r"$\theta$": [0, 0, 0],
    "$v$": list(minimality_sides.V),
    r"$\lambda$": r"$\log 2$",
}


@minimality_steps.part(r"(63): $g(\lambda) = f(\theta + \lambda v)$, $j$ as printed")
def printed_mean(budget):
    printed, true = minimality_sides.gumbel_sides()
    heights = [
        sp.simplify(sp.exp(2 * side.subs(minimality_sides.L, sp.log(2))))
        for side in (printed, true)
    ]
    gap, _ = minimality_sides.sampled(budget, float(np.log(2.0)))
    why = rf"$\theta = 0$, $v$ = {minimality_sides.V}"
    yield exact("sympy, Gumbel noise", eq(printed, true, why))
    yield agree("sampling", gap, 0.0, r"$g - f$ at $\lambda = \log 2$ from common draws")
    yield witness(
        GUMBEL
        | {
            "printed": rf"$\frac12\log({heights[0]})$ = {float(sp.log(heights[0]) / 2):.6f}",
            "true": rf"$\frac12\log({heights[1]})$ = {float(sp.log(heights[1]) / 2):.6f}",
        }
    )


@true_steps.part(r"(63) with $j$ depending on $\lambda$")
def mean_of_two():
    largest, behind = sp.Symbol("x_j", real=True), sp.Symbol("h", nonnegative=True)
    yield exact(
        "outcome by outcome, any d",
        argued(r"""$x_j = \max_{i \ne 1} x_i$ at $x = \theta + \lambda v + \gamma$, for every
            $\lambda$ [definition of $j$]"""),
        eq(sp.Max(largest, largest - behind, evaluate=False), largest),
        r"every other $x_i$ is $x_j - h$ with $h \ge 0$",
        argued(r"so $\max_i x_i = \max(x_1, x_j)$", "a maximum of maxima"),
    )
    cases = rf"""$\theta = 0$, $v$ = {minimality_sides.V}, 17 $\lambda$: $\mathbb E$ of the larger
        of two against $f$"""
    yield exact("rational, coins", all(_splits(Fraction(k, 4)) for k in range(-8, 9)), cases=cases)


def _splits(at: Fraction) -> bool:
    theta = [at * v for v in minimality_sides.V]
    mean = Fraction(0)
    for chance, gamma, _ in outcomes.draws(theta, noises.COIN):
        position = [t + g for t, g in zip(theta, gamma, strict=True)]
        j = max((1, 2), key=position.__getitem__)
        mean += chance * max(position[0], position[j])
    return mean == rational.discrete(theta, noises.COIN).value


@minimality_steps.part(
    r"the four terms after (64) are $g(\lambda + \epsilon) - g(\lambda)$", shift=1
)
@true_steps.part(r"the four terms with $\lambda$ in the last two", shift=0)
def printed_difference(shift):
    four, truth = minimality_sides.uniform_difference(shift)
    printed, true = minimality_sides.four_terms(shift)
    why = r"""given $\gamma_2, \dots, \gamma_d$: $P$ is the distribution function of $\gamma_1$ and
        $Q$ the integral of $x\,dP$ up to $a$ and $b$, $c_j = \theta_j + \gamma_j$"""
    yield exact("sympy, any law", eq(printed, true, why))
    cases = rf"""{four} against {truth} at $\theta = 0$, $v = (0, 1)$, $\lambda = 0$, $\epsilon =
        \frac12$"""
    yield exact("rational, uniform noise", four == truth, cases=cases)
    yield witness(
        {
            "$d$": 2,
            r"$\gamma$": "uniform on $[-1, 1]$",
            r"$\theta$": [0, 0],
            "$v$": [0, 1],
            r"$\lambda, \epsilon$": ["0", str(minimality_sides.HALF)],
            "printed": str(four),
            "true": str(truth),
        }
    )


@minimality_steps.part("(65): the slope of $f$ along $v$, $j$ as printed")
def printed_slope(budget):
    sides = [sp.Derivative(side, minimality_sides.L) for side in minimality_sides.gumbel_sides()]
    slopes = [sp.simplify(side.doit().subs(minimality_sides.L, sp.log(2))) for side in sides]
    _, gap = minimality_sides.sampled(budget, float(np.log(2.0)))
    why = rf"$\theta = 0$, $v$ = {minimality_sides.V}"
    yield exact("sympy, Gumbel noise", eq(sides[0], sides[1], why))
    yield agree("sampling", gap, 0.0, r"difference at $\lambda = \log 2$ from common draws")
    yield witness(GUMBEL | {"printed": str(slopes[0]), "true": str(slopes[1])})


@minimality_steps.part("$g$ convex with $g'$ not constant has $g'' > 0$")
def positive_curvature():
    points = [minimality_sides.two_intervals(Fraction(k, 8)) for k in (-1, 0, 1)]
    (before, _), (middle, curvature), (after, _) = points
    quartic = minimality_sides.L**4 / 4
    holds = bool(sp.diff(quartic, minimality_sides.L, 2).subs(minimality_sides.L, 0).is_positive)
    cases = r"$g = \lambda^4/4$ is convex, $g' = \lambda^3$, $g''(0) = 0$"
    yield exact("sympy, quartic", holds, cases=cases)
    cases = rf"""$\gamma_1$ uniform on $[-2, -1]$ and $[1, 2]$, $\gamma_2$ on $[-1, 1]$: $p_1 = g'$
        increases, {before} < {middle} < {after} at $\lambda = -\frac18, 0, \frac18$, and $g''(0)$ =
        {curvature}"""
    yield exact(
        "rational, a perturbation", not before < middle < after or curvature > 0, cases=cases
    )
    yield witness(
        {
            "$d$": 2,
            r"$\gamma_1$": "uniform on $[-2, -1]$ and $[1, 2]$",
            r"$\gamma_2$": "uniform on $[-1, 1]$",
            r"$\theta$": [0, 0],
            "$v$": [1, 0],
            r"$g'$ at $-\frac18, 0, \frac18$": [str(p) for p, _ in points],
            "$g''(0)$": str(curvature),
        }
    )


@true_steps.part(r"(65) with $j$ depending on $\lambda$: $g' = \sum_i v_i P(\arg\max = i)$")
def slope_of_the_winner():
    e, v1, vj, p = sp.symbols("epsilon v_1 v_j P_b", real=True)
    theta = (Fraction(0), Fraction(1, 3), Fraction(-1, 5))
    places = [
        (at, [t + at * v for t, v in zip(theta, minimality_sides.V, strict=True)])
        for at in (Fraction(-5, 8), Fraction(-1, 8), Fraction(3, 8))
    ]
    yield exact(
        "difference quotient, any law with densities",
        eq(sp.Limit((e * vj * p + e * v1 * (1 - p)) / e, e, 0), vj * p + v1 * (1 - p)),
        r"""the first two terms over $\epsilon$, $P_b = P(\gamma_1 < b)$; with $b \to a$ the slope
            of the winner""",
        argued(r"""the last two are at most $\epsilon |v_j - v_1| P(\gamma_1 \in [a, b])$, and over
            $\epsilon$ they vanish with the interval [on it the two heights differ by at most that
            much; dominated convergence]"""),
        argued(r"""where $j$ changes with $\lambda$ two of $\theta_i + \lambda v_i + \gamma_i$ tie,
            of probability zero [A.max-differentiable]"""),
    )
    holds = all(
        uniform_slope(theta, minimality_sides.V, at)
        == outcomes.dot(rational.uniform(x).probabilities, minimality_sides.V)
        for at, x in places
    )
    cases = "differences of $f$ along $v$, exact for its quartic pieces, $d = 3$"
    yield exact("rational, uniform noise", holds, cases=cases)


@true_steps.part(r"$d = 2$: one-to-one exactly if $\gamma_1 - \gamma_2$ has full support")
def full_support():
    # D against -s < -t: below, at -s, between, at -t, above.
    positions, at_s, at_t = range(5), 1, 3
    atoms, weights = [-1, 0, 2], [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]
    kinks = {b - a for a, b in product(atoms, repeat=2)}
    grid = [Fraction(k, 4) for k in range(-14, 15)]
    ends = [(t, rational.discrete([t, 0], atoms, weights)) for t in grid]
    yield exact(
        "intervals, d = 2",
        argued(r"""$(\partial f)_1$ is $[P(D > -t), P(D \ge -t)]$ at $t = \theta_1 - \theta_2$, $D =
            \gamma_1 - \gamma_2$ [A.max-potential-gradient.corrected]"""),
        shown(
            r"for $t < s$, $P(D > -s) - P(D \ge -t) = P(-s < D < -t)$: the intervals at $t$ and at "
            r"$s$ are disjoint exactly if this is positive",
            all((x > at_s) - (x >= at_t) == (at_s < x < at_t) for x in positions),
            by="all five places of $D$",
        ),
        argued("""for all $t < s$ this says that every open interval has positive probability
            [definition of the support]"""),
    )
    holds = all(
        (late.only[0] > early.some[0]) == any(t < kink < s for kink in kinks)
        for (t, early), (s, late) in combinations(ends, 2)
    )
    cases = r"""subdifferentials at $t < s$ are disjoint exactly if an atom of $\gamma_2 - \gamma_1$
        lies between: all pairs of a grid"""
    yield exact("rational, three atoms", holds, cases=cases)
