"""Sections 5 and 9: the subdifferential of the expected maximum, with and without ties."""

from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.outcomes import draws, mean_largest, winning_sets
from perturbtheory.claims.exhibits.slopes import TIES, polytope, slope, slopes, uniform_slope
from perturbtheory.ledger import Claim, argued, eq, exact, shown, witness
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational

max_potential_gradient = Claim(
    "A.max-potential-gradient",
    "A, (12), (13), Corollary 9.1, (48), (49)",
    r"""The subdifferential of $f(\theta) = \mathbb E_\gamma[\max(\theta+\gamma)]$ is the expected
    arg max, $\partial f(\theta) = \mathbb E_\gamma[\arg\max(\theta + \gamma)]$, for any
    perturbation; the derivative of $f$ is the probability of the arg max,
    $\frac{\partial}{\partial\theta_i} \mathbb E_\gamma[\max_i\{\theta_i + \gamma_i\}] =
    P_\gamma(\arg\max_i\{\theta_i + \gamma_i\} = i)$, because the subdifferential of a maximum is
    the indicator of its arg max, $\partial\max\{\theta_i + \gamma_i\} =
    \mathbb 1[\arg\max(\theta_i + \gamma_i) = i]$.""",
    assumes=r"""any joint law with finite $f$, discrete ones included, as the paper says. (13) and
    (48) are read with sets: arg max is the face of the simplex spanned by the maximisers. In
    Corollary 9.1 and (49) the indicator is a vector; at a tie it counts every maximiser, or one
    that is chosen: both readings are judged.""",
)
true_gradient = max_potential_gradient.corrected(
    r"""The subdifferential of $f$ is the expected face of maximisers, $\partial f(\theta) =
    \sum_S P(A = S) \operatorname{conv}\{e_i : i \in S\}$ with $A$ the set of maximisers of
    $\theta + \gamma$, and $f'(\theta; v) = \mathbb E[\max_{i \in A} v_i]$. The derivatives of $f$
    in $\theta_i$ from the right and from the left are the probabilities that $i$ is a maximiser,
    and that it is the only one, $f'(\theta; e_i) = P(i \in A)$ and $-f'(\theta; -e_i) =
    P(A = \{i\})$; $f$ is differentiable at $\theta$ exactly where no two coordinates tie for the
    maximum with positive probability, $P(|A| \ge 2) = 0$, and there its gradient is
    $P(\arg\max = i)$.""",
    source="corrects A, Corollary 9.1, (48), (49)",
    assumes=r"any joint law of $\gamma$, dependent or not, with finite $f$.",
)


def _unit(d: int, i: int) -> tuple[int, ...]:
    return tuple(int(i == k) for k in range(d))


@max_potential_gradient.part(
    "(13), (48) with sets: the subdifferential is the expected face of maximisers"
)
@true_gradient.part("the subdifferential is the expected face of maximisers")
def expected_face():
    rises = [(t, v, rise) for t in TIES for v, rise in slopes(t).items()]
    expected = [mean_largest(winning_sets(t, COIN), v) for t, v, _ in rises]
    of_polytope = [polytope(t).support(v) for t, v, _ in rises]
    what = rf"$\mathbb E[\max_A v_i]$, coins, {len(TIES)} $\theta$, {len(rises)} directions"
    m, a, b, g, eps = sp.symbols("m a b g epsilon", real=True)
    yield exact(
        "support functions, any d",
        eq((m + eps * a) - (m - g + eps * b), g - eps * (b - a)),
        r"""the lead of a maximiser at height $m$ that moves with $a$ over another coordinate at $m
            - g$ that moves with $b$, which stays positive for $\epsilon(b - a) < g$""",
        argued(r"""for small $\epsilon > 0$ only the set $A$ of maximisers matters: $\max(x +
            \epsilon v) = \max x + \epsilon\max_{i \in A} v_i$ [every other coordinate is behind by
            some $g > 0$]"""),
        argued(r"""$f'(\theta; v) = \mathbb E[\max_{i \in A} v_i]$ [dominated convergence: the
            quotients lie in $[\min v, \max v]$]"""),
        argued(r"""the support function of $\partial f(\theta)$ is $v \mapsto f'(\theta; v)$, which
            is finite [Rockafellar, Theorem 23.4]"""),
        argued(r"""$\mathbb E[\operatorname{conv}\{e_i : i \in A\}] = \sum_S P(A = S)
            \operatorname{conv}\{e_i : i \in S\}$ is a finite Minkowski sum of polytopes, with
            support function $\sum_S P(A = S)\max_{i \in S} v_i = \mathbb E[\max_{i \in A} v_i]$
            [Rockafellar, Corollary 16.4.1]"""),
        argued("the two closed convex sets are equal", "Rockafellar, Corollary 13.1.1"),
    )
    cases = f"slopes equal {what}"
    yield exact("rational, slopes of f", [rise for _, _, rise in rises] == expected, cases=cases)
    cases = rf"$\max\langle p, v\rangle$ over its vertices equals {what}"
    yield exact("engine, base polytope", of_polytope == expected, cases=cases)


@max_potential_gradient.part(
    r"Corollary 9.1: $P(\arg\max = i)$ is the derivative, for any perturbation",
    counted=lambda i, winners: i in winners,
    of="$i$ is a maximiser",
)
@max_potential_gradient.part(
    r"Corollary 9.1, the first of tied maximisers as $\arg\max$",
    counted=lambda i, winners: i == winners[0],
    of="$i$ is the first maximiser",
)
def derivative_at_ties(counted, of):
    theta = (0, 0)
    right, left = (slope(theta, _unit(2, 0), sign) for sign in (1, -1))
    printed = [sum(w.chance for w in draws(theta, COIN) if counted(i, w.winners)) for i in (0, 1)]
    lower, upper = polytope(theta).bounds()
    cases = rf"""$\theta = (0, 0)$, coins: slopes {left} from the left, {right} from the right;
        probability that {of}: {printed[0]} for $i = 1$"""
    yield exact("rational, one-sided slopes", left == right == printed[0], cases=cases)
    holds = polytope(theta).is_singleton and (lower[0], sum(upper)) == (printed[0], 1)
    cases = f"""$p_1$ runs over $[{lower[0]}, {upper[0]}]$; the probabilities that {of} sum to
        {sum(printed)}"""
    yield exact("engine, base polytope", holds, cases=cases)
    yield witness(
        {
            "$d$": 2,
            r"$\gamma_i$": "-1 or 1, each with probability 1/2",
            r"$\theta$": list(theta),
            "left derivative": str(left),
            "right derivative": str(right),
            f"probability that {of}": [str(p) for p in printed],
            "their sum": str(sum(printed)),
        }
    )


def _maximum():
    """The subdifferential of the maximum at (0, 0), that is of f for gamma = 0."""
    return expected_max(Discrete(np.array([0.0]))).subdifferential(np.array([0, 0]))


@max_potential_gradient.part(
    "(49): the indicator of the maximisers is a subgradient of the maximum"
)
def indicator_of_all():
    # At x = (0, 0) every coordinate is a maximiser; a subgradient g has
    # max y >= max x + <g, y - x>, here at y = (1, 1).
    indicator = [1, 1]
    cases = rf"$x = (0, 0)$, $y = (1, 1)$: $\max y = 1$, the bound is {sum(indicator)}"
    yield exact("subgradient inequality", max(1, 1) >= max(0, 0) + sum(indicator), cases=cases)
    cases = "$(1, 1)$ in the subdifferential of the maximum at $(0, 0)$"
    yield exact("engine, base polytope", _maximum().contains(indicator), cases=cases)
    yield witness(d=2, x=[0, 0], printed=indicator, true=r"every $(s, 1 - s)$ with $0 \le s \le 1$")


@max_potential_gradient.part(
    "(49): the indicator of one chosen maximiser is a subgradient of the maximum"
)
def indicator_of_one():
    x, y = sp.symbols("x_i y_i", real=True)
    points = list(product((-1, 0, 1), repeat=3))
    yield exact(
        "subgradient inequality, any d",
        eq(sp.Add(x, y - x, evaluate=False), y),
        r"$\max x + \langle e_i, y - x\rangle$ for a maximiser $i$ of $x$",
        argued(r"and $y_i \le \max y$ for every $y$", "definition of the maximum"),
    )
    holds = _maximum().contains([1, 0]) and _maximum().contains([0, 1])
    cases = "$(1, 0)$ and $(0, 1)$ in the subdifferential of the maximum at $(0, 0)$"
    yield exact("engine, base polytope", holds, cases=cases)
    right = all(
        max(b) >= max(a) + b[i] - a[i]
        for a, b in product(points, repeat=2)
        for i in range(3)
        if a[i] == max(a)
    )
    cases = r"$x$ and $y$ in $\{-1, 0, 1\}^3$, every maximiser of $x$"
    yield exact("all cases", right, cases=cases)


@true_gradient.part("one-sided derivatives")
def one_sided_derivatives():
    # i alone, i with others, others without i: max and min over A of the unit vector e_i.
    cases = {(1,): (1, 1), (1, 0): (1, 0), (0,): (0, 0)}
    answers = [(theta, rational.discrete(theta, COIN)) for theta in TIES]
    yield exact(
        "three cases, any d",
        argued(r"""$f'(\theta; v) = \mathbb E[\max_{i \in A} v_i]$ at $v = \pm e_i$ [the part
            before]"""),
        shown(
            r"$\max_{k \in A} (e_i)_k = 1\{i \in A\}$ and $-\max_{k \in A} (-e_i)_k = "
            r"1\{A = \{i\}\}$: $i$ alone, $i$ with others, only others",
            all((max(a), -max(-x for x in a)) == expected for a, expected in cases.items()),
            by="all cases",
        ),
    )
    holds = all(
        (slope(t, _unit(len(t), i)), slope(t, _unit(len(t), i), -1))
        == (answer.some[i], answer.only[i])
        for t, answer in answers
        for i in range(len(t))
    )
    yield exact("rational, slopes of f", holds, cases="coins, $d = 2$ and 3")
    right = all(
        tuple(map(tuple, polytope(t).bounds())) == (answer.only, answer.some)
        for t, answer in answers
    )
    yield exact("engine, base polytope", right, cases="its bounds, coins")


@true_gradient.part(r"$f$ is differentiable exactly without ties, with gradient $P(\arg\max = i)$")
def differentiable_without_ties():
    answers = [(theta, rational.discrete(theta, COIN)) for theta in TIES]
    kinks = [theta for theta, answer in answers if answer.only != answer.some]
    tied = [theta for theta in TIES if not polytope(theta).is_singleton]
    n = sp.Symbol("n", positive=True, integer=True)
    surplus = n - sp.Piecewise((1, sp.Eq(n, 1)), (0, True))
    yield exact(
        "one-sided derivatives, any d",
        shown(
            r"$\sum_i (P(i \in A) - P(A = \{i\})) = \mathbb E[|A| 1\{|A| \ge 2\}]$, since $n - "
            r"1\{n = 1\}$ is 0 at $n = 1$ and $n$ beyond; it vanishes exactly if ties have "
            r"probability zero",
            surplus.subs(n, 1) == 0 and surplus.subs(n, n + 1) == n + 1,
        ),
        argued(r"""no term is negative, so all left and right derivatives agree exactly if $P(|A|
            \ge 2) = 0$, and then $P(i \in A) = P(\arg\max = i)$ [the one-sided derivatives]"""),
        argued(r"""a finite convex function with all partial derivatives at $\theta$ is
            differentiable there, and a differentiable one has them [Rockafellar, Theorem 25.2]"""),
    )
    cases = rf"{UNIFORM}$P(\arg\max = i)$, $d = 3$"
    yield exact("rational, uniform noise", uniform_slopes(), cases=cases)
    cases = rf"""$f$ has one slope exactly where the engine finds no tie: {len(answers)} $\theta$,
        {len(kinks)} with a tie"""
    yield exact("rational, coins", kinks == tied and 0 < len(kinks) < len(answers), cases=cases)


UNIFORM = "differences of $f$, exact for its quartic pieces, equal "


def uniform_slopes() -> bool:
    """Whether the slopes of f along every coordinate are P(arg max = i), uniform noise, d = 3."""
    return all(
        uniform_slope(theta, _unit(3, i)) == rational.uniform(theta).probabilities[i]
        for theta in ([0, Fraction(1, 4), Fraction(-1, 2)], [1, 0, Fraction(-3, 4)])
        for i in range(3)
    )
