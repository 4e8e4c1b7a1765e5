"""Section 3.1 and footnote 1: the condition under which Theta is minimal for the softmax."""

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.softmax_exact import (
    BASES,
    Vector,
    first_set,
    is_minimal,
    log_share_step,
    same,
    softmax,
    written,
)
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories, identity


def printed_condition(theta: Vector, tau: Vector) -> bool:
    """theta_i = tau_i = c for every i and some c."""
    return len({*theta, *tau}) == 1


def _suffices(name: str, pairs: Callable[[Sequence[Vector]], Any]) -> Part:
    """Whether a set no pair of which is as printed is minimal, over all sets of two points."""
    found = {
        route: first_set(
            lambda points, base=base: (
                not any(printed_condition(*pair) for pair in pairs(points))
                and not is_minimal(points, base)
            )
        )
        for route, base in BASES.items()
    }
    what = "sets of one or two points of {0, 1, 2}^d, d = 1, 2: satisfied but not minimal"
    checks = tuple(
        exact(
            route,
            points is None,
            f"{what}: {'none' if points is None else written(points)}",
            universal=False,
        )
        for route, points in found.items()
    )
    points = found["sympy, odds e^k"]
    if points is None:
        return Part(name, checks)
    p = [str(sp.simplify(x)).replace("E", "e") for x in softmax(points[0], sp.E)]
    return Part(name, checks, {"d": len(p), "Theta": written(points), "softmax of both": p})


@claim("A.softmax-minimal-condition", corrected="A.softmax-minimal-condition.corrected")
def softmax_minimal_condition(budget: Budget) -> list[Part]:
    r"""Statement: Theta is minimal for the softmax if there are no theta, tau in Theta with
    theta_i = tau_i = c for every i; consequently {sum theta = 0} and {theta_1 = 0} are.

    LaTeX: if there are no $\theta, \tau \in \Theta$ for which $\theta_i = \tau_i = c$ for every
    $i = 1, \dots, d$, then $\Theta$ is minimal. If $\operatorname{softmax}(\theta) =
    \operatorname{softmax}(\tau)$, then $\theta_i - \tau_i = c = \log\sum_j e^{\theta_j} -
    \log\sum_j e^{\tau_j}$

    Source: A, section 3.1 and footnote 1

    Assumptions: c is any number, the same for every i. As printed, theta and tau are both c1. Two
    readings: theta = tau is allowed, so that Theta must contain no multiple of 1; or theta and tau
    differ, so that the condition is empty. The footnote has a minus sign where the text has an
    equality; if that is meant, what is missing is only that theta and tau differ.

    Computed: footnote 1 for symbolic d; both readings over all sets of two points, with odds 2^k
    and e^k, exactly.
    """
    d, c = sp.Symbol("d", positive=True), sp.Symbol("c", real=True)
    levels = sp.solve(d * c, c)
    plane = [x for x in product(range(-2, 3), repeat=2) if sum(x) == 0]
    inside = [x for x in plane if printed_condition(x, x)]
    return [
        Part("footnote 1", _difference_of_potentials(budget)),
        _suffices("the condition, theta = tau allowed, suffices", lambda x: product(x, repeat=2)),
        _suffices("the condition, for theta and tau that differ, suffices", _distinct),
        Part(
            "{sum theta = 0} satisfies the condition, theta = tau allowed",
            (
                exact(
                    "sympy, symbolic d",
                    not levels,
                    f"c1 lies in it for d c = 0: c in {levels}",
                    universal=False,
                ),
                exact("integers", not inside, "integer points of it, d = 2", universal=False),
            ),
            {"d": 2, "theta = tau": list(inside[0]), "c": inside[0][0]} if inside else None,
        ),
    ]


def _distinct(points: Sequence[Vector]) -> Any:
    return combinations(points, 2)


def _difference_of_potentials(budget: Budget) -> tuple[Check, ...]:
    """softmax(theta) = softmax(tau) implies theta_i - tau_i = LSE(theta) - LSE(tau)."""
    c = 1.75
    points = thetas(3, budget)
    one, two = (engine(expected_max(Gumbel()), x) for x in (points + c, points))
    rise = one._replace(
        value=np.asarray(one.value) - np.asarray(two.value),
        radius=np.asarray(one.radius) + np.asarray(two.radius),
    )
    return (
        proof(
            "sympy, symbolic d",
            "logarithms of both sides",
            log_share_step(),
            argued(
                r"the same for $\tau$; the left sides are equal, so $\theta_i - \tau_i = "
                r"\log\sum_j e^{\theta_j} - \log\sum_j e^{\tau_j}$, the same for every $i$",
                "subtraction",
            ),
        ),
        agree("engine", "quadrature", rise, c, "log-sum-exp at theta + c1 less that at theta"),
    )


@claim("A.softmax-minimal-condition.corrected")
def softmax_minimal_condition_corrected(_: Budget) -> list[Part]:
    r"""Statement: softmax(theta) = softmax(tau) exactly if theta - tau is a multiple of 1; so Theta
    is minimal exactly if no two different points of it differ by a multiple of 1.

    LaTeX: $\operatorname{softmax}(\theta) = \operatorname{softmax}(\tau)$ if and only if there is
    $c \in \mathbb R$ with $\theta_i - \tau_i = c$ for every $i$; $\Theta$ is minimal if and only
    if there are no $\theta \ne \tau \in \Theta$ with $\theta - \tau \in \mathbb R\mathbf 1$

    Source: corrects A, section 3.1 and footnote 1

    Assumptions: d >= 1; any Theta, convex or not.

    Computed: both directions for symbolic d; all pairs of {0, 1, 2}^d, d = 1, 2, 3, exactly.
    """
    _, i, j, theta = (s := categories())
    c, total = sp.Symbol("c", real=True), s.sum(sp.exp(theta[j]))
    moved = sp.factor_terms(s.sum(sp.expand(sp.exp(theta[j] + c))))
    pairs = [pair for d in (1, 2, 3) for pair in combinations(list(product(range(3), repeat=d)), 2)]
    checks = [
        exact(
            route,
            all(
                same(*pair, base) == (len({a - b for a, b in zip(*pair, strict=True)}) == 1)
                for pair in pairs
            ),
            "pairs of {0, 1, 2}^d, d = 1, 2, 3: equal probabilities exactly for translates",
            universal=False,
        )
        for route, base in BASES.items()
    ]
    return [
        Part(
            "equal probabilities exactly for translates",
            (
                proof(
                    "sympy, symbolic d",
                    "both directions",
                    shown(
                        r"translates: $e^{\theta_i + c} / \sum_j e^{\theta_j + c} = "
                        r"e^{\theta_i} / \sum_j e^{\theta_j}$",
                        identity(
                            sp.expand(sp.exp(theta[i] + c)) / moved - sp.exp(theta[i]) / total
                        ),
                    ),
                    log_share_step(),
                    argued(
                        r"so equal probabilities give $\theta_i - \tau_i = \log\sum_j e^{\theta_j}"
                        r" - \log\sum_j e^{\tau_j}$, a number without $i$",
                        "subtraction",
                    ),
                    argued(
                        "minimal means that different points have different probabilities",
                        "definition",
                    ),
                ),
                *checks,
            ),
        )
    ]
