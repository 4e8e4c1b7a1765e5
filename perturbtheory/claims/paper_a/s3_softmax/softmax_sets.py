"""Section 3.1: R^d is complete for the softmax: which p it represents."""

from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure
from perturbtheory.routes.symbolic import categories, identity

P: Any = sp.IndexedBase("p", positive=True)


def _engine(points: np.ndarray) -> Estimate:
    return engine(expected_max(Gumbel()), points, "probabilities")


def positive_shares(budget: Budget) -> np.ndarray:
    """Positive probability vectors, d = 3."""
    odds = np.exp(thetas(3, budget))
    return odds / odds.sum(1, keepdims=True)


def onto_positive(budget: Budget, what: str, shift: str, numeric: np.ndarray) -> tuple[Check, ...]:
    """softmax(log p - shift) = p for p > 0, whatever the shift."""
    _, i, j, _ = (s := categories())
    c, total = sp.Symbol("c", real=True), s.sum(P[j])
    odds = sp.factor_terms(s.sum(sp.expand(sp.exp(sp.log(P[j]) - c))))
    share = sp.expand(sp.exp(sp.log(P[i]) - c)) / odds
    p = positive_shares(budget)
    return (
        proof(
            "sympy, symbolic d",
            f"theta = {what}",
            argued(r"every $p_i > 0$, so that $\log p_i$ is real", "the logarithm"),
            shown(
                rf"$e^{{\log p_i - c}} / \sum_j e^{{\log p_j - c}} = p_i / \sum_j p_j = p_i$, "
                rf"here with $c = {shift}$",
                identity(share.subs(total, 1) - P[i]),
            ),
        ),
        agree("engine", "quadrature", _engine(numeric), p, f"p at theta = {what}, d = 3"),
    )


@claim("A.softmax-complete", corrected="A.softmax-complete.corrected")
def softmax_complete(budget: Budget) -> list[Part]:
    r"""Statement: Theta = R^d is complete for the softmax: every p of the simplex, zero entries
    included, is softmax(theta) for some theta, namely theta = log p.

    LaTeX: for every $p \in \Delta = \{p \in \mathbb R^d : p(i) \ge 0, \sum_{i=1}^d p(i) = 1\}$
    there is $\theta = \log p \in \mathbb R^d$ with $p = \operatorname{softmax}(\theta)$

    Source: A, section 3.1; Theorem 8.1, first sentence

    Assumptions: the simplex as the paper defines it, closed; theta in R^d has finite entries.

    Computed: theta = log p for positive p and symbolic d; for p = (1, 0) the equation is solved
    over the reals, and p_1 is enclosed at theta = (t, 0).
    """
    corner, t = (1, 0), sp.Symbol("t", real=True)
    share = sp.exp(t) / (sp.exp(t) + 1)
    solutions, middle = (
        sp.solveset(share - x, t, sp.S.Reals) for x in (corner[0], sp.Rational(1, 2))
    )
    balls = [enclosure.probabilities(Gumbel(), [k, 0])[0] for k in range(0, 21, 5)]
    return [
        Part(
            "p with positive entries",
            onto_positive(budget, "log p", "0", np.log(positive_shares(budget))),
        ),
        Part(
            "p with a zero entry",
            (
                exact(
                    "sympy, equation",
                    solutions is not sp.S.EmptySet if middle == sp.FiniteSet(0) else "unknown",
                    f"real t with e^t/(e^t + 1) = p_1: {middle} for p_1 = 1/2, {solutions} for "
                    "p_1 = 1; theta = (t, 0) is general at d = 2, for softmax(theta + c1) = "
                    "softmax(theta)",
                    universal=False,
                ),
                exact(
                    "ball arithmetic",
                    any(ball.contains(corner[0]) for ball in balls),
                    "p_1 at theta = (t, 0), t = 0, 5, ..., 20, in 30 digits",
                    universal=False,
                ),
            ),
            {
                "d": 2,
                "p": list(corner),
                "log p": [str(sp.log(x)).replace("zoo", "-inf") for x in corner],
                "theta with softmax(theta) = p": "none" if not solutions else str(solutions),
                "softmax(20, 0)_2": f"{float(1 - balls[-1].middle):.6g} > 0",
            },
        ),
    ]


@claim("A.softmax-complete.corrected")
def softmax_complete_corrected(budget: Budget) -> list[Part]:
    r"""Statement: The softmax maps R^d onto the relative interior of the simplex, the p with all
    entries positive, and nothing else; every other p is a limit only.

    LaTeX: $\{\operatorname{softmax}(\theta) : \theta \in \mathbb R^d\} = \operatorname{ri}(\Delta)
    = \{p \in \Delta : p(1), \dots, p(d) > 0\}$, whose closure is $\Delta$

    Source: corrects A, section 3.1

    Assumptions: d >= 1. The claims that follow read "complete" in this sense, which is that of (8).

    Computed: both inclusions and the limit for symbolic d; the engine's probabilities.
    """
    _, i, j, theta = (s := categories())
    total = s.sum(sp.exp(theta[j]))
    eps = sp.Symbol("epsilon", positive=True)
    mixed = (1 - eps) * P[j] + eps / s.d
    sum_mixed = (1 - eps) * s.sum(P[j]) + s.sum(eps / s.d).doit()
    weights = np.array([[2.0**-k] for k in (4, 8, 16, 24)])
    near = (1 - weights) * np.array([1.0, 0.0, 0.0]) + weights / 3
    found = _engine(np.log(near))
    return [
        Part(
            "every positive p is reached",
            onto_positive(budget, "log p", "0", np.log(positive_shares(budget))),
        ),
        Part(
            "only positive p are reached",
            (
                exact(
                    "sympy, symbolic d",
                    bool(sp.exp(theta[i]).is_positive and total.function.is_positive),
                    "a positive number over a sum of positive numbers",
                ),
                positive("engine", "quadrature", found, "p where one entry is nearly 1"),
            ),
        ),
        Part(
            "every p is a limit",
            (
                proof(
                    "sympy, symbolic d",
                    "p mixed with the uniform vector",
                    shown(
                        r"$q = (1 - \epsilon) p + \epsilon \mathbf 1/d$ has entries that are at "
                        r"least $\epsilon/d > 0$ and add up to one",
                        identity(sum_mixed.subs(s.sum(P[j]), 1) - 1),
                    ),
                    shown(
                        r"$q_j - p_j = \epsilon (1/d - p_j)$, which is at most $\epsilon$ in size",
                        identity(mixed - P[j] - eps * (1 / s.d - P[j])),
                    ),
                    argued(r"$q = \operatorname{softmax}(\log q) \to p$", "the first part"),
                ),
                agree("engine", "quadrature", found, near, "p at log q for p = (1, 0, 0)"),
            ),
        ),
    ]
