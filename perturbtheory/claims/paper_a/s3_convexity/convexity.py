"""Section 8.1.1: directional derivatives and subgradients."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import noises, numbers
from perturbtheory.claims.exhibits.slopes import INTERVALS, STEP, TIES, polytope, slope, slopes
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.perturbations import Normal
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import rational

_s, _t, _f, _g, _b, _e = sp.symbols("s t f_0 f_+ f_- epsilon", positive=True)
"""f_0 is f(theta), f_+ is f at theta + s v or theta + t v, f_- is f(theta - t v)."""

directional_derivative = Claim(
    "A.directional-derivative",
    "A, (20)",
    r"""$p$ is a subgradient of $f$ at $\theta$ exactly if the directional derivative of $f$ along
    $v$ is at least $\langle p, v\rangle$ for every admissible $v$: $p \in \partial f(\theta)$ iff
    $\nabla_v f(\theta) \ge \langle p, v \rangle$.""",
    assumes=r"""$f$ convex on a convex $\Theta$. The derivative is the one-sided limit, as in the
    theorem of Rockafellar that the paper cites (23.2), and $v$ is admissible if $\theta + \epsilon
    v$ lies in $\Theta$ for small $\epsilon > 0$: see A.directional-limit. It may be minus infinity,
    where $\Theta$ ends.""",
)
directional_limit = Claim(
    "A.directional-limit",
    "A, (17) and the sentence after (20)",
    r"""The directional derivative of a convex $f$ is $\nabla_v f(\theta) = \lim_{\epsilon\to 0}
    \frac{f(\theta+\epsilon v) - f(\theta)}\epsilon$, for every $v$ with $\theta + \epsilon v \in
    \Theta$ for small enough $\epsilon$; such $v$ are the admissible ones of (20).""",
    assumes=r"""$f$ convex on a convex $\Theta$; $\epsilon$ has either sign, as printed. (17) has
    two readings: for every convex $f$, as the paper needs the derivative where $f$ has a kink, for
    discrete noise; or for twice differentiable $f$, of which the sentence before (17) speaks, at
    interior points. The first fails. Read with $\epsilon > 0$ throughout, as Rockafellar does, (17)
    and (20) are right: A.directional-derivative.""",
)
one_sided = directional_limit.corrected(
    r"""For $\epsilon$ decreasing to 0 the quotient decreases, so that its limit exists for every
    $v$ with $\theta + \epsilon v \in \Theta$ for small $\epsilon > 0$: $\nabla_v f(\theta) =
    \lim_{\epsilon \downarrow 0} \frac{f(\theta+\epsilon v)-f(\theta)} \epsilon = \inf_{\epsilon >
    0} \frac{f(\theta+\epsilon v)-f(\theta)}\epsilon \in [-\infty, \infty)$. If $-v$ is such a $v$
    too, both are finite and $\nabla_v f(\theta) \ge -\nabla_{-v} f(\theta)$, with equality if and
    only if the limit for $\epsilon \to 0$ exists.""",
    source="corrects A, (17)",
    assumes=r"""$f$ convex and finite on a convex $\Theta$. At the boundary of $\Theta$ the
    derivative may be minus infinity; then there is no subgradient, and (20) says so.""",
)


def quotients_grow():
    """Step: (f(theta + s v) - f(theta))/s <= (f(theta + t v) - f(theta))/t for 0 < s < t."""
    bound = (1 - _s / _t) * _f + _s / _t * _g
    return eq(
        (bound - _f) / _s,
        (_g - _f) / _t,
        r"for $0 < s < t$, $f(\theta + sv) \le (1 - \frac st) f(\theta) + \frac st f(\theta + tv)$ "
        r"by convexity, with $f_0 = f(\theta)$ and $f_+ = f(\theta + tv)$: the quotient does not "
        r"decrease in $\epsilon > 0$",
    )


@directional_derivative.part("(20)")
def subgradients():
    agreement, count = _polytopes_agree()
    yield exact(
        "sympy, any d",
        argued(r"""$p \in \partial f(\theta)$ gives $\frac{f(\theta + \epsilon v) -
            f(\theta)}\epsilon \ge \langle p, v\rangle$ for every $\epsilon > 0$, hence in the limit
            [definition at $\tau = \theta + \epsilon v$]"""),
        quotients_grow(),
        argued(r"""$v = \tau - \theta$ is admissible because $\Theta$ is convex; its quotient at
            $\epsilon = 1$ is at least the limit: $f(\tau) - f(\theta) \ge \nabla_v f(\theta) \ge
            \langle p, \tau - \theta\rangle$ for every $\tau \in \Theta$, so $p \in \partial
            f(\theta)$ [the right side of (20)]"""),
    )
    cases = rf"{len(INTERVALS)} functions, every quarter $\theta$, $p \in [-4, 4]$"
    yield exact("rational, intervals", not list(_mismatches((1,))), cases=cases)
    cases = rf"""the engine's polytope contains $p$ exactly if slopes dominate: {count} $p$,
        {len(TIES)} $\theta$, $d = 2, 3$; its support function is the slope"""
    yield exact("rational, discrete noise", agreement, cases=cases)


def _mismatches(signs: Sequence[int]) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Function, theta and p for which the two sides of (20) differ."""
    for name, on in INTERVALS.items():
        for theta, k in product(on.grid(), range(-16, 17)):
            p = Fraction(k, 4)
            if on.is_subgradient(p, theta) != on.is_dominated(p, theta, signs):
                yield name, theta, p


def _polytopes_agree() -> tuple[bool, int]:
    """Membership and support function of the polytope against slopes; how many comparisons."""
    good, count = True, 0
    for theta in TIES:
        cell, rises = polytope(theta), slopes(theta)
        good &= all(cell.support(v) == rise for v, rise in rises.items())
        for head in product(range(-1, 9), repeat=len(theta) - 1):
            p = [Fraction(k, 8) for k in (*head, 8 - sum(head))]
            dominated = all(
                sum(x * y for x, y in zip(p, v, strict=True)) <= rise for v, rise in rises.items()
            )
            good &= cell.contains(p) == dominated
            count += 1
    return good, count


@directional_limit.part("(17): the limit exists, for convex $f$")
def two_sided():
    e = sp.Symbol("epsilon", real=True)
    above, below = (sp.limit(sp.Abs(e) / e, e, 0, side) for side in ("+", "-"))
    right, left = (slope((0, 0), (1, 0), side) for side in (1, -1))
    yield exact("sympy, limits", above == below, cases=r"$|\theta|$ at 0 along $v = 1$")
    cases = rf"slopes at $\theta = (0, 0)$ along $(1, 0)$: {right} from above, {left} from below"
    yield exact("rational, discrete noise", right == left, cases=cases)
    yield witness(
        d=1,
        f=r"$|\theta|$",
        theta=0,
        v=1,
        **{"limit from above": int(above), "limit from below": int(below)},
    )


@directional_limit.part("(17): the limit exists, for twice differentiable $f$")
def two_sided_where_smooth(budget):
    f, points = expected_logsumexp(Normal(), 1.0), numbers.thetas(3, budget)
    slopes_ = [numbers.gradient_by_differences(f, theta) for theta in points]
    value, radius = (np.stack([np.asarray(g[k]) for g in slopes_]) for k in (0, 1))
    yield exact(
        "Taylor",
        argued(r"""$g(\epsilon) = f(\theta + \epsilon v)$ is differentiable at 0, for an interior
            $\theta$: both limits are $\langle\nabla f(\theta), v\rangle$ [chain rule]"""),
    )
    yield agree(
        "central differences",
        Estimate(value, radius, "quadrature"),
        np.asarray(f.probabilities(points)),
        "expected log-sum-exp under Normal noise, along every $e_i$, both signs in every "
        r"difference, against its gradient, $d = 3$",
    )


@directional_limit.part(r"(20) with $v$ admissible for $\epsilon$ of both signs")
def both_signs():
    p = sp.Symbol("p", real=True)
    # f = theta on [0, 1] at 0: tau - p tau >= 0 for every tau of the interval, linear in tau.
    members = _solve(1 - p, p)
    unit = INTERVALS["theta on [0, 1]"]
    admissible = [w for w in (-1, 1) if unit.is_admissible(w, Fraction(0), (-1, 1))]
    dominated = sp.Intersection(sp.S.Reals, *(_solve(w - p * w, p) for w in admissible))
    name, theta, wrong = next(_mismatches((-1, 1)), ("", Fraction(0), None))
    cases = rf"""$f = \theta$ on $[0, 1]$ at 0: subgradients ${sp.latex(members)}$, dominated
        ${sp.latex(dominated)}$"""
    yield exact("sympy, sets", members == dominated, cases=cases)
    yield exact("rational, intervals", wrong is None, cases="functions on intervals, ends included")
    if wrong is not None:
        yield witness(
            {
                "f": name,
                "theta": str(theta),
                "admissible v": "0",
                "p": str(wrong),
                "p is a subgradient": str(INTERVALS[name].is_subgradient(wrong, theta)),
            }
        )


def _solve(expression: Any, p: Any) -> Any:
    """Every p with expression >= 0."""
    return sp.solve_univariate_inequality(expression >= 0, p, relational=False)


@one_sided.part("the one-sided limit exists and is the infimum")
def infimum():
    quotients = [_quotients((0, 0), v) for v in ((1, 0), (-1, 0), (1, 2), (3, -1))]
    yield exact(
        "sympy, any d",
        quotients_grow(),
        argued("a monotone quotient has a limit, its infimum", "real numbers"),
    )
    holds = all(one <= two for q in quotients for one, two in pairwise(q))
    cases = r"""quotients at $\theta = (0, 0)$ for $\epsilon = \frac1{16}, \frac18, \dots, 8$, four
        directions"""
    yield exact("rational, discrete noise", holds, cases=cases)


@one_sided.part("derivatives along $v$ and $-v$")
def opposite():
    # theta is the mean of theta + s v and theta - t v with weights t/(s + t) and s/(s + t).
    pairs = [
        (slope(theta, v), slope(theta, [-x for x in v]), slope(theta, v, -1))
        for theta in TIES
        for v in product((-1, 0, 1), repeat=len(theta))
    ]
    yield exact(
        "sympy, any d",
        eq(
            (_t * _g + _s * _b) / (_s + _t) - _f,
            _s * _t / (_s + _t) * ((_g - _f) / _s + (_b - _f) / _t),
            r"not negative by convexity, with $f_0 = f(\theta)$, $f_+ = f(\theta + sv)$, $f_- = "
            r"f(\theta - tv)$: so the sum of the two quotients is not negative either",
        ),
        argued(r"""so $\nabla_v f + \nabla_{-v} f \ge 0$, both are finite, and the limit from below
            is $-\nabla_{-v} f$ [$s, t \downarrow 0$]"""),
    )
    holds = all(one + two >= 0 and (one + two == 0) == (one == below) for one, two, below in pairs)
    cases = rf"{len(pairs)} directions at {len(TIES)} $\theta$, $d = 2, 3$"
    yield exact("rational, discrete noise", holds, cases=cases)


@one_sided.part(r"minus infinity at the boundary: $f = -\sqrt\theta$ on $[0, 1]$ at 0")
def infinite():
    falls = [(-Fraction(1, 2**k)) / Fraction(1, 4**k) for k in range(8)]
    says = r"""$\lim_{\epsilon \downarrow 0} -\sqrt\epsilon / \epsilon = -\infty$, the derivative
        along $v = 1$"""
    yield exact("sympy, limit", shown(says, sp.limit(-sp.sqrt(_e) / _e, _e, 0, "+") == -sp.oo))
    holds = all(two == 2 * one for one, two in pairwise(falls)) and falls[0] < 0
    cases = r"""quotients at $\epsilon = 4^{-k}$, $k < 8$, are $-2^k$: below every $\langle p,
        v\rangle$, so no subgradient"""
    yield exact("rational", holds, cases=cases)


def _quotients(theta: Sequence[int], v: Sequence[int]) -> list[Fraction]:
    """Difference quotients for eps = 1/16, 1/8, ..., 8."""
    start = rational.discrete(theta, noises.COIN).value
    steps = [STEP * 2**k for k in range(8)]
    moved = [[t + e * x for t, x in zip(theta, v, strict=True)] for e in steps]
    values = [rational.discrete(x, noises.COIN).value for x in moved]
    return [(value - start) / e for value, e in zip(values, steps, strict=True)]
