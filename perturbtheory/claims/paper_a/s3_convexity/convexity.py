"""Section 8.1.1: directional derivatives, subgradients and differentiability."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.slopes import INTERVALS, STEP, TIES, polytope, slope, slopes
from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Part, Step
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity


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


@claim("A.directional-derivative")
def directional_derivative(_: Budget) -> list[Part]:
    r"""Statement: p is a subgradient of f at theta exactly if the directional derivative of f along
    v is at least <p, v> for every admissible v.

    LaTeX: $p \in \partial f(\theta)$ iff $\nabla_v f(\theta) \ge \langle p, v \rangle$ for every
    admissible $v$

    Source: A, (20)

    Assumptions: f convex on a convex Theta. The derivative is the one-sided limit, as in the
    theorem of Rockafellar that the paper cites (23.2), and v is admissible if theta + eps v lies in
    Theta for small eps > 0: see A.directional-limit. It may be minus infinity, where Theta ends.

    Computed: both directions from the monotonicity of difference quotients, for symbolic numbers;
    functions on intervals, ends included; the subdifferentials of discrete noise, whose engine is
    exact there, against slopes in all directions of {-1, 0, 1}^d.
    """
    agrees, count = _polytopes_agree()
    return [
        Part(
            "(20)",
            (
                proof(
                    "sympy, any d",
                    "difference quotients grow with eps",
                    argued(
                        r"$p \in \partial f(\theta)$ gives $\frac{f(\theta + \epsilon v) - "
                        r"f(\theta)}\epsilon \ge \langle p, v\rangle$ for every $\epsilon > 0$, "
                        r"hence in the limit",
                        r"definition at $\tau = \theta + \epsilon v$",
                    ),
                    quotients_grow(),
                    argued(
                        r"$v = \tau - \theta$ is admissible because $\Theta$ is convex; its "
                        r"quotient at $\epsilon = 1$ is at least the limit: $f(\tau) - f(\theta) "
                        r"\ge \nabla_v f(\theta) \ge \langle p, \tau - \theta\rangle$ for every "
                        r"$\tau \in \Theta$, so $p \in \partial f(\theta)$",
                        "the right side of (20)",
                    ),
                ),
                exact(
                    "rational, intervals",
                    not list(_mismatches((1,))),
                    f"{len(INTERVALS)} functions, every quarter theta, p in [-4, 4]",
                    universal=False,
                ),
                exact(
                    "rational, discrete noise",
                    agrees,
                    f"the engine's polytope contains p exactly if slopes dominate: {count} p, "
                    f"{len(TIES)} theta, d = 2, 3; its support function is the slope",
                    universal=False,
                ),
            ),
        )
    ]


def quotients_grow() -> Step:
    """Step: (f(theta + s v) - f(theta))/s <= (f(theta + t v) - f(theta))/t for 0 < s < t."""
    s, t, f, g = sp.symbols("s t f_0 f_t", positive=True)
    bound = (1 - s / t) * f + s / t * g
    return shown(
        r"for $0 < s < t$, $f(\theta + sv) \le (1 - \frac st) f(\theta) + \frac st f(\theta + tv)$ "
        r"by convexity, and this bound less $f(\theta)$, over $s$, is $\frac{f(\theta + tv) - "
        r"f(\theta)}t$: the quotient does not decrease in $\epsilon > 0$",
        identity((bound - f) / s - (g - f) / t),
    )


@claim("A.directional-limit", corrected="A.directional-limit.corrected")
def directional_limit(_: Budget) -> list[Part]:
    r"""Statement: The directional derivative of a convex f is the limit of the difference quotient
    as eps -> 0, for every v with theta + eps v in Theta for small enough eps.

    LaTeX: $\nabla_v f(\theta) = \lim_{\epsilon\to 0} \frac{f(\theta+\epsilon v) - f(\theta)}
    \epsilon$ for every $v$ with $\theta + \epsilon v \in \Theta$ for small enough $\epsilon$

    Source: A, (17) and the sentence after (20)

    Assumptions: f convex on a convex Theta; eps has either sign, as printed. The paper needs the
    derivative where f has a kink, for discrete noise. The sentence before (17) supposes f to be
    twice differentiable; then the limit exists at interior points and the second part remains. Read
    with eps > 0 throughout, as Rockafellar does, both are right: A.directional-derivative.

    Computed: both one-sided limits of |theta| at 0, and slopes of E[max(theta + gamma)] for
    gamma_i = -1 or 1 at theta = (0, 0), exactly; (20) at the end of an interval.
    """
    e, p = sp.symbols("epsilon p", real=True)
    above, below = (sp.limit(sp.Abs(e) / e, e, 0, sign) for sign in ("+", "-"))
    v = (1, 0)
    right, left = (slope((0, 0), v, sign) for sign in (1, -1))
    # f = theta on [0, 1] at 0: tau - p tau >= 0 for every tau of the interval, linear in tau.
    subgradients = _solve(1 - p, p)
    unit = INTERVALS["theta on [0, 1]"]
    admissible = [w for w in (-1, 1) if unit.is_admissible(w, Fraction(0), (-1, 1))]
    dominated = sp.Intersection(sp.S.Reals, *(_solve(w - p * w, p) for w in admissible))
    wrong = next(_mismatches((-1, 1)), None)
    return [
        Part(
            "(17): the limit exists",
            (
                exact("sympy, limits", above == below, "|theta| at 0 along v = 1", universal=False),
                exact(
                    "rational, discrete noise",
                    right == left,
                    f"slopes at theta = (0, 0) along (1, 0): {right} from above, {left} from below",
                    universal=False,
                ),
            ),
            {
                "d": 1,
                "f": "|theta|",
                "theta": 0,
                "v": 1,
                "limit from above": int(above),
                "limit from below": int(below),
            },
        ),
        Part(
            "(20) with v admissible for eps of both signs",
            (
                exact(
                    "sympy, sets",
                    subgradients == dominated,
                    f"f = theta on [0, 1] at 0: subgradients {subgradients}, dominated {dominated}",
                    universal=False,
                ),
                exact(
                    "rational, intervals",
                    wrong is None,
                    "functions on intervals, ends included",
                    universal=False,
                ),
            ),
            wrong
            and {
                "f": wrong[0],
                "theta": str(wrong[1]),
                "admissible v": "0",
                "p": str(wrong[2]),
                "p is a subgradient": str(INTERVALS[wrong[0]].is_subgradient(wrong[2], wrong[1])),
            },
        ),
    ]


def _solve(expression: Any, p: Any) -> Any:
    """Every p with expression >= 0."""
    return sp.solve_univariate_inequality(expression >= 0, p, relational=False)


@claim("A.directional-limit.corrected")
def directional_limit_corrected(_: Budget) -> list[Part]:
    r"""Statement: For eps decreasing to 0 the quotient decreases, so that its limit exists for
    every v with theta + eps v in Theta for small eps > 0; it is finite if -v is such a v too, and
    then the two-sided limit exists exactly if the derivatives along v and -v add up to 0.

    LaTeX: $\nabla_v f(\theta) = \lim_{\epsilon \downarrow 0} \frac{f(\theta+\epsilon v)-f(\theta)}
    \epsilon = \inf_{\epsilon > 0} \frac{f(\theta+\epsilon v)-f(\theta)}\epsilon \in [-\infty,
    \infty)$; if $-v$ is such a $v$ too, both are finite and $\nabla_v f(\theta) \ge -\nabla_{-v}
    f(\theta)$, with equality if and only if the limit for $\epsilon \to 0$ exists

    Source: corrects A, (17)

    Assumptions: f convex and finite on a convex Theta. At the boundary of Theta the derivative may
    be minus infinity; then there is no subgradient, and (20) says so.

    Computed: the two inequalities symbolically from convexity; slopes of |theta| and of discrete
    noise; f = -theta^(1/2) at 0.
    """
    s, t, f, g, b = sp.symbols("s t f_0 f_s f_minus", positive=True)
    # theta is the mean of theta + s v and theta - t v with weights t/(s + t) and s/(s + t).
    room = (t * g + s * b) / (s + t) - f
    e = sp.Symbol("epsilon", positive=True)
    quotients = [_quotients((0, 0), v) for v in ((1, 0), (-1, 0), (1, 2), (3, -1))]
    falls = [(-Fraction(1, 2**k)) / Fraction(1, 4**k) for k in range(8)]
    pairs = [
        (slope(theta, v), slope(theta, [-x for x in v]), slope(theta, v, -1))
        for theta in TIES
        for v in product((-1, 0, 1), repeat=len(theta))
    ]
    return [
        Part(
            "the one-sided limit exists and is the infimum",
            (
                proof(
                    "sympy, any d",
                    "convexity on one ray",
                    quotients_grow(),
                    argued("a monotone quotient has a limit, its infimum", "real numbers"),
                ),
                exact(
                    "rational, discrete noise",
                    all(one <= two for q in quotients for one, two in pairwise(q)),
                    "quotients at theta = (0, 0) for eps = 1/16, 1/8, ..., 8, four directions",
                    universal=False,
                ),
            ),
        ),
        Part(
            "derivatives along v and -v",
            (
                proof(
                    "sympy, any d",
                    "convexity on both rays",
                    shown(
                        r"$f(\theta) \le \frac{t f(\theta + sv) + s f(\theta - tv)}{s + t}$ says "
                        r"$\frac{f(\theta + sv) - f(\theta)}s + \frac{f(\theta - tv) - f(\theta)}t "
                        r"\ge 0$",
                        identity(room - s * t / (s + t) * ((g - f) / s + (b - f) / t)),
                    ),
                    argued(
                        r"so $\nabla_v f + \nabla_{-v} f \ge 0$, both are finite, and the limit "
                        r"from below is $-\nabla_{-v} f$",
                        r"$s, t \downarrow 0$",
                    ),
                ),
                exact(
                    "rational, discrete noise",
                    all(
                        one + two >= 0 and (one + two == 0) == (one == below)
                        for one, two, below in pairs
                    ),
                    f"{len(pairs)} directions at {len(TIES)} theta, d = 2, 3",
                    universal=False,
                ),
            ),
        ),
        Part(
            "minus infinity at the boundary: f = -theta^(1/2) on [0, 1] at 0",
            (
                exact("sympy, limit", sp.limit(-sp.sqrt(e) / e, e, 0, "+") == -sp.oo, "v = 1"),
                exact(
                    "rational",
                    all(two == 2 * one for one, two in pairwise(falls)) and falls[0] < 0,
                    "quotients at eps = 4^-k are -2^k: below every <p, v>, so no subgradient",
                    universal=False,
                ),
            ),
        ),
    ]


def _quotients(theta: Sequence[int], v: Sequence[int]) -> list[Fraction]:
    """Difference quotients for eps = 1/16, 1/8, ..., 8."""
    start = rational.discrete(theta, COIN).value
    steps = [STEP * 2**k for k in range(8)]
    moved = [[t + e * x for t, x in zip(theta, v, strict=True)] for e in steps]
    values = [rational.discrete(x, COIN).value for x in moved]
    return [(value - start) / e for value, e in zip(values, steps, strict=True)]
