"""Sections 5 and 9: the subdifferential of the expected maximum, with and without ties."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.outcomes import mean_largest, winning_sets
from perturbtheory.claims.exhibits.slopes import TIES, polytope, slope, slopes
from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity


def _unit(d: int, i: int) -> tuple[int, ...]:
    return tuple(int(i == k) for k in range(d))


def _faces_proof() -> Check:
    m, a, b = sp.symbols("m a b", real=True)
    eps, s = sp.symbols("epsilon s", nonnegative=True)
    gap = eps * (b - a) + s
    return proof(
        "support functions, any d",
        "two closed convex sets with one support function",
        shown(
            r"a maximiser at height $m$ that moves with $a$ stays above another coordinate at "
            r"$m - g$ that moves with $b$ while $g \ge \epsilon(b - a)$: the lead is then "
            r"$g - \epsilon(b - a) \ge 0$, so that for small $\epsilon > 0$ only the set $A$ of "
            r"maximisers matters and $\max(x + \epsilon v) = \max x + \epsilon\max_{i \in A} v_i$",
            identity((m + eps * a) - (m - gap + eps * b) - s),
        ),
        argued(
            r"$f'(\theta; v) = \mathbb E[\max_{i \in A} v_i]$",
            r"dominated convergence: the quotients lie in $[\min v, \max v]$",
        ),
        argued(
            r"the support function of $\partial f(\theta)$ is $v \mapsto f'(\theta; v)$, which is "
            r"finite",
            "Rockafellar, Theorem 23.4",
        ),
        argued(
            r"$\mathbb E[\operatorname{conv}\{e_i : i \in A\}] = \sum_S P(A = S) "
            r"\operatorname{conv}\{e_i : i \in S\}$ is a finite Minkowski sum of polytopes, with "
            r"support function $\sum_S P(A = S)\max_{i \in S} v_i = \mathbb E[\max_{i \in A} v_i]$",
            "Rockafellar, Corollary 16.4.1",
        ),
        argued("the two sets are equal", "Rockafellar, Corollary 13.1.1"),
    )


def _faces_part(name: str) -> Part:
    rises, supports, count = True, True, 0
    for theta in TIES:
        sets, cell = winning_sets(theta, COIN), polytope(theta)
        for v, rise in slopes(theta).items():
            expected = mean_largest(sets, v)
            rises &= rise == expected
            supports &= cell.support(v) == expected
            count += 1
    what = f"E[max_A v], coins, {len(TIES)} theta, {count} directions"
    return Part(
        name,
        (
            _faces_proof(),
            exact("rational, slopes of f", rises, f"slopes equal {what}", universal=False),
            exact(
                "engine, base polytope",
                supports,
                f"max of <p, v> over its vertices equals {what}",
                universal=False,
            ),
        ),
    )


@claim("A.max-potential-gradient", corrected="A.max-potential-gradient.corrected")
def max_potential_gradient(_: Budget) -> list[Part]:
    r"""Statement: The subdifferential of f = E[max(theta + gamma)] is E[arg max], for any
    perturbation; the derivative of f is P(arg max = i), because the subdifferential of a maximum is
    the indicator of its arg max.

    LaTeX: $\partial f(\theta) = \mathbb E_\gamma[\arg\max(\theta + \gamma)]$,
    $\frac{\partial}{\partial\theta_i} \mathbb E_\gamma[\max_i\{\theta_i + \gamma_i\}] =
    P_\gamma(\arg\max_i\{\theta_i + \gamma_i\} = i)$, $\partial\max\{\theta_i + \gamma_i\} =
    \mathbb 1[\arg\max(\theta_i + \gamma_i) = i]$

    Source: A, (12), (13), Corollary 9.1, (48), (49)

    Assumptions: any joint law with finite f, discrete ones included, as the paper says. (13) and
    (48) are read with sets: arg max is the face of the simplex spanned by the maximisers. In
    Corollary 9.1 and (49) the indicator is a vector; at a tie it counts every maximiser. If it
    counts one that is chosen, it is one of many subgradients, and there is no derivative either.

    Computed: support functions; slopes of f and the engine's polytope for coins, exactly; (49) at
    the smallest tie, by the subgradient inequality and by the polytope of noise that is 0.
    """
    d, theta = 2, (0, 0)
    right, left = (slope(theta, _unit(d, 0), sign) for sign in (1, -1))
    printed = rational.discrete(theta, COIN).some
    cell = polytope(theta)
    lower, upper = cell.bounds()
    # (49) at x = (0, 0): every coordinate is a maximiser. A subgradient g has
    # max y >= max x + <g, y - x>, here at y = (1, 1).
    indicator = [1, 1]
    silent = expected_max(Discrete(np.array([0.0]))).subdifferential(np.array([0, 0]))
    return [
        _faces_part("(13), (48) with sets: the subdifferential is the expected face of maximisers"),
        Part(
            "Corollary 9.1: P(arg max = i) is the derivative, for any perturbation",
            (
                exact(
                    "rational, one-sided slopes",
                    left == right == printed[0],
                    f"at theta = (0, 0): slopes {left} from the left, {right} from the right, "
                    f"P(1 is a maximiser) = {printed[0]}",
                ),
                exact(
                    "engine, base polytope",
                    cell.is_singleton and lower[0] == upper[0] and sum(upper) == 1,
                    f"p_1 runs over [{lower[0]}, {upper[0]}]; the P(i is a maximiser) sum to "
                    f"{sum(upper)}",
                ),
            ),
            {
                "d": d,
                "gamma_i": "-1 or 1, each with probability 1/2",
                "theta": list(theta),
                "left derivative": str(left),
                "right derivative": str(right),
                "P(i is a maximiser)": [str(p) for p in printed],
                "their sum": str(sum(printed)),
            },
        ),
        Part(
            "(49): the indicator of the maximisers is a subgradient of the maximum",
            (
                exact(
                    "subgradient inequality",
                    max(1, 1) >= max(0, 0) + sum(indicator),
                    f"at x = (0, 0), y = (1, 1): max y = 1, the bound is {sum(indicator)}",
                ),
                exact(
                    "engine, base polytope",
                    silent.contains(indicator),
                    "(1, 1) in the subdifferential of the maximum at (0, 0), that is of f for "
                    "gamma = 0",
                ),
            ),
            {
                "d": 2,
                "x": [0, 0],
                "printed": indicator,
                "true": "every (s, 1 - s) with 0 <= s <= 1",
            },
        ),
    ]


@claim("A.max-potential-gradient.corrected")
def max_potential_gradient_corrected(_: Budget) -> list[Part]:
    r"""Statement: The subdifferential of f is the expected face of maximisers. The derivatives of f
    in theta_i from the left and from the right are the probabilities that i is the only maximiser,
    and that it is one; f is differentiable exactly where no two coordinates tie for the maximum
    with positive probability, and there its gradient is P(arg max = i).

    LaTeX: $\partial f(\theta) = \sum_S P(A = S) \operatorname{conv}\{e_i : i \in S\}$, $A$ the set
    of maximisers of $\theta + \gamma$; $f'(\theta; v) = \mathbb E[\max_{i \in A} v_i]$,
    $f'(\theta; e_i) = P(i \in A)$, $-f'(\theta; -e_i) = P(A = \{i\})$; $f$ is differentiable at
    $\theta$ iff $P(|A| \ge 2) = 0$

    Source: corrects A, Corollary 9.1, (48), (49)

    Assumptions: any joint law of gamma, dependent or not, with finite f.

    Computed: support functions; slopes of f for coins; exact differences of f for uniform noise.
    """
    # i alone, i with others, others without i: max and min over A of the unit vector e_i.
    cases = {(1,): (1, 1), (1, 0): (1, 0), (0,): (0, 0)}
    tied = [theta for theta in TIES if not polytope(theta).is_singleton]
    answers = [(theta, rational.discrete(theta, COIN)) for theta in TIES]
    one_sided = all(
        (slope(t, _unit(len(t), i)), slope(t, _unit(len(t), i), -1))
        == (answer.some[i], answer.only[i])
        for t, answer in answers
        for i in range(len(t))
    )
    bounds = all(
        tuple(map(tuple, polytope(t).bounds())) == (answer.only, answer.some)
        for t, answer in answers
    )
    kinks = [theta for theta, answer in answers if answer.only != answer.some]
    return [
        _faces_part("the subdifferential is the expected face of maximisers"),
        Part(
            "one-sided derivatives",
            (
                proof(
                    "three cases, any d",
                    "the directional derivative along e_i and -e_i",
                    argued(
                        r"$f'(\theta; v) = \mathbb E[\max_{i \in A} v_i]$ at $v = \pm e_i$",
                        "the part before",
                    ),
                    shown(
                        r"$\max_{k \in A} (e_i)_k = 1\{i \in A\}$ and $-\max_{k \in A} (-e_i)_k = "
                        r"1\{A = \{i\}\}$: i alone, i with others, only others",
                        all(
                            (max(a), -max(-x for x in a)) == expected
                            for a, expected in cases.items()
                        ),
                        by="all cases",
                    ),
                ),
                exact("rational, slopes of f", one_sided, "coins, d = 2 and 3", universal=False),
                exact("engine, base polytope", bounds, "its bounds, coins", universal=False),
            ),
        ),
        Part(
            "f is differentiable exactly without ties, with gradient P(arg max = i)",
            (
                _differentiable_proof(),
                exact(
                    "rational, uniform noise",
                    uniform_slopes(),
                    "differences of f, exact for its quartic pieces, equal P(arg max = i), d = 3",
                    universal=False,
                ),
                exact(
                    "rational, coins",
                    kinks == tied and 0 < len(kinks) < len(answers),
                    f"f has one slope exactly where the engine finds no tie: {len(answers)} theta, "
                    f"{len(kinks)} with a tie",
                    universal=False,
                ),
            ),
        ),
    ]


def _differentiable_proof() -> Check:
    size = sp.Symbol("n", positive=True, integer=True)
    # With |A| = n, sum_i 1{i in A} - sum_i 1{A = {i}} is n - 1{n = 1}.
    surplus = size - sp.Piecewise((1, sp.Eq(size, 1)), (0, True))
    return proof(
        "one-sided derivatives, any d",
        "a convex function is differentiable where its partial derivatives exist",
        shown(
            r"$\sum_i (P(i \in A) - P(A = \{i\})) = \mathbb E[|A| 1\{|A| \ge 2\}]$, which vanishes "
            r"exactly if ties have probability zero",
            surplus.subs(size, 1) == 0 and surplus.subs(size, size + 1) == size + 1,
        ),
        argued(
            r"no term is negative, so all left and right derivatives agree exactly if "
            r"$P(|A| \ge 2) = 0$, and then $P(i \in A) = P(\arg\max = i)$",
            "the one-sided derivatives",
        ),
        argued(
            r"a finite convex function with all partial derivatives at $\theta$ is differentiable "
            r"there, and a differentiable one has them",
            "Rockafellar, Theorem 25.2",
        ),
    )


def uniform_slopes() -> bool:
    """Whether differences of f are P(arg max = i): of order four, as the degree is at d = 3."""
    h = Fraction(1, 64)
    good = True
    for theta in ([0, Fraction(1, 4), Fraction(-1, 2)], [1, 0, Fraction(-3, 4)]):
        for i in range(3):
            f = [
                rational.uniform([t + k * h * (j == i) for j, t in enumerate(theta)]).value
                for k in (-2, -1, 1, 2)
            ]
            difference = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)
            good &= difference == rational.uniform(theta).probabilities[i]
    return good
