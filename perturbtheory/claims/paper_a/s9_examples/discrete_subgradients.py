"""Sections 5.2 and 9.4: subgradients of $f$ for fair coins $-1$ and $1$, $d = 2$."""

from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.outcomes import dot
from perturbtheory.claims.paper_a.s9_examples.discrete import COINS, TWO_COINS
from perturbtheory.ledger import Claim, argued, eq, exact, shown, witness
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational

_C, _Q = Fraction(3, 4), Fraction(1, 4)

exists = Claim(
    "A.discrete-subgradients",
    "A, 5.2, before Proposition 5.5",
    r"""$f$ is not always differentiable. Since the maximum is convex, its subdifferential $\partial
    f(\theta)$ exists; it is multi-valued: for some $\theta$ there are $p \ne q$ that both are
    subgradients.""",
    assumes=r"""$f(\theta) = \mathbb E\max_i(\theta_i + \gamma_i)$ is finite. "Not always" and
    "multi-valued" are read as: for some $\gamma$, such as fair coins, for with a density $f$ is
    differentiable (A.max-differentiable). "Exists" is read as: $\partial f(\theta)$ is non-empty at
    every $\theta$, for every $\gamma$.""",
    depends_on=("A.max-differentiable", "A.discrete-subdifferential"),
)


@exists.part("not always differentiable, and multi-valued: two coins at $\\theta_1 = \\theta_2$")
def two_subgradients():
    h = Fraction(1, 8)
    f = [rational.discrete([s * h, 0], COIN).value for s in (-1, 0, 1)]
    at = rational.discrete([0, 0], COIN)
    cell = expected_max(COINS).subdifferential(np.array([0, 0]))
    both = cell.contains([_Q, _C]) and cell.contains([_C, _Q]) and not cell.is_singleton
    slopes = ((f[1] - f[0]) / h, (f[2] - f[1]) / h)
    by = "four outcomes, in fractions"
    yield exact(
        "one-sided slopes",
        shown(
            r"the slopes of $f(t, 0)$ left and right of $t = 0$ are $1/4$ and $3/4$",
            slopes == (_Q, _C),
            by,
        ),
        shown(
            r"$P(A = \{1\}) = 1/4$ and $P(1 \in A) = 3/4$", (at.only[0], at.some[0]) == (_Q, _C), by
        ),
        argued("different one-sided derivatives, both of them $p_1$ of a subgradient", "convexity"),
    )
    cases = r"$(\frac14, \frac34)$ and $(\frac34, \frac14)$ at $\theta = 0$"
    yield exact("engine, base polytope", both, cases=cases)


@exists.part(r"$\partial f(\theta)$ is non-empty for every $\theta$ and $\gamma$")
def non_empty():
    grid = [theta for theta in product(range(-2, 3), repeat=3) if min(theta) == 0]
    answers = {theta: rational.discrete(theta, COIN) for theta in grid}
    below = all(
        other.value
        >= at.value + dot(at.probabilities, [y - x for x, y in zip(theta, tau, strict=True)])
        for theta, at in answers.items()
        for tau, other in answers.items()
    )
    yield exact(
        "a maximiser chosen",
        argued(r"""let $i(\gamma)$ be the first maximiser of $\theta + \gamma$: $\max(\tau + \gamma)
            \ge \tau_i + \gamma_i = \max(\theta + \gamma) + (\tau_i - \theta_i)$ [a maximum is at
            least each of its terms]"""),
        argued(r"""on average $f(\tau) \ge f(\theta) + \langle p, \tau - \theta\rangle$ with $p_k =
            P(i = k)$ [expectation; the differences are bounded]"""),
    )
    cases = rf"""$p$ with fair ties at {len(grid)} integer $\theta$ against all of them, coins, $d =
        3$"""
    yield exact("rational, coins", below, cases=cases)


condition = Claim(
    "A.discrete-subgradient-condition",
    "A, 9.4, the paragraph before (68)",
    r"""At $\theta_1 = \theta_2$, "$p \in \partial f(\theta)$ if $\frac34v_1 + \frac14v_2 \ge
    \langle p, v \rangle$ for every $v_1 \ge v_2$"; thus $p_1 \le \frac34$; "since the same holds to
    $v_2 \ge v_1$ then $p_1 \ge \frac14$"; with both, $p \in \partial f(\theta)$.""",
    assumes=TWO_COINS
    + r""" $p$ is a probability distribution. The first sentence is judged as printed, "if"; the
    "thus" after it needs "only if", which is true.""",
    depends_on=("A.directional-derivative", "A.discrete-subdifferential"),
)
both_conditions = condition.corrected(
    r"""At $\theta_1 = \theta_2$, $p \in \partial f(\theta)$ if and only if $\frac34v_1 + \frac14v_2
    \ge \langle p, v \rangle$ for every $v_1 \ge v_2$, which says $p_1 \le \frac34$, and $\frac14v_1
    + \frac34v_2 \ge \langle p, v \rangle$ for every $v_2 \ge v_1$, which says $p_1 \ge
    \frac14$.""",
    assumes=TWO_COINS + r" $p$ is a probability distribution.",
    depends_on="A.directional-derivative",
)
DIRECTIONS = [(Fraction(x), Fraction(y)) for x in range(-3, 4) for y in range(-3, x + 1)]
"""Directions with v_1 >= v_2; exchanged, those with v_2 >= v_1."""
SHARES = [Fraction(n, 8) for n in range(9)]


def _slope_bounds(p: Fraction, *, swapped: bool) -> bool:
    """The condition on v_1 >= v_2, or on v_2 >= v_1, from slopes of f at 0."""
    h = Fraction(1, 16)
    start = rational.discrete([0, 0], COIN).value
    for v in DIRECTIONS:
        one, two = reversed(v) if swapped else v
        slope = (rational.discrete([h * one, h * two], COIN).value - start) / h
        if slope < p * one + (1 - p) * two:
            return False
    return True


@condition.part(r"$p \in \partial f(\theta)$ if the condition holds for every $v_1 \ge v_2$")
def half_is_enough():
    cell = expected_max(COINS).subdifferential(np.array([0, 0]))
    start, there = (rational.discrete(theta, COIN).value for theta in ([0, 0], [0, 1]))
    met = _slope_bounds(Fraction(0), swapped=False)
    cases = r"""$p = (0, 1)$: all $v_1 \ge v_2$ of $\{-3, \dots, 3\}^2$, and $f(\tau) \ge f(\theta)
        + \langle p, \tau - \theta\rangle$ at $\tau = (0, 1)$"""
    yield exact("rational", not met or there >= start + 1, cases=cases)
    cases = r"$p = (0, 1)$ in $\partial f(0)$, a base polytope"
    yield exact("engine, base polytope", not met or cell.contains([0, 1]), cases=cases)
    yield witness(
        {
            r"$\theta$": [0, 0],
            "$p$": [0, 1],
            r"$\frac34v_1 + \frac14v_2 - \langle p, v\rangle$": r"$\frac34(v_1 - v_2) \ge 0$",
            r"$\tau$": [0, 1],
            r"$f(\tau)$": str(there),
            r"$f(\theta) + \langle p, \tau - \theta\rangle$": str(start + 1),
        }
    )


@condition.part(r"the condition for $v_1 \ge v_2$ gives $p_1 \le \frac34$", swapped=False)
@condition.part(r"the condition for $v_2 \ge v_1$ gives $p_1 \ge \frac14$", swapped=True)
@both_conditions.part(r"for $v_1 \ge v_2$ it says $p_1 \le \frac34$", swapped=False)
@both_conditions.part(r"for $v_2 \ge v_1$ it says $p_1 \ge \frac14$", swapped=True)
def half_says(swapped):
    v, w, p = sp.symbols("v_1 v_2 p_1", real=True)
    slope = _Q * v + _C * w if swapped else _C * v + _Q * w
    room = (p - _Q) * (w - v) if swapped else (_C - p) * (v - w)
    why = "the second factor is not negative, and positive for some $v$: so is the first, or not"
    yield exact("sympy", eq(slope - (p * v + (1 - p) * w), room, why))
    right = [_slope_bounds(x, swapped=swapped) for x in SHARES]
    expected = [x >= _Q if swapped else x <= _C for x in SHARES]
    cases = f"{len(SHARES)} $p$ and {len(DIRECTIONS)} directions, slopes of $f$ by enumeration"
    yield exact("rational, slopes of f", right == expected, cases=cases)


@condition.part(r"with both, $p \in \partial f(\theta)$")
@both_conditions.part(r"both together: $p \in \partial f(\theta)$, and without one of them not")
def both_are_enough():
    cell = expected_max(COINS).subdifferential(np.array([0, 0]))
    at = rational.discrete([0, 0], COIN)
    members = [cell.contains([x, 1 - x]) for x in SHARES]
    both = [_slope_bounds(x, swapped=False) and _slope_bounds(x, swapped=True) for x in SHARES]
    yield exact(
        "all directions",
        argued(r"every $v$ has $v_1 \ge v_2$ or $v_2 \ge v_1$", "order of the line"),
        argued("so both conditions are those on all directions", "A.directional-derivative"),
        shown(
            r"$P(A = \{1\}) = \frac14$ and $P(1 \in A) = \frac34$ at $\theta = 0$, the ends of "
            r"$(\partial f(0))_1$",
            (at.only[0], at.some[0]) == (_Q, _C),
            "four outcomes",
        ),
    )
    yield exact("engine, base polytope", members == both, cases=f"{len(SHARES)} $p$")
