r"""Section 3.1: $\mathbb R^d$ is complete for the softmax: which $p$ it represents."""

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import numbers
from perturbtheory.claims.exhibits.softmax_exact import any_d, by_engine
from perturbtheory.claims.exhibits.symbols import indexed
from perturbtheory.ledger import Budget, Claim, agree, argued, exact, positive, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.routes import enclosure, symbolic

P = indexed("p", positive=True)

softmax_complete = Claim(
    "A.softmax-complete",
    "A, section 3.1; Theorem 8.1, first sentence",
    r"""$\Theta = \mathbb R^d$ is complete for the softmax: for every $p \in \Delta = \{p \in
    \mathbb R^d : p(i) \ge 0, \sum_{i=1}^d p(i) = 1\}$, zero entries included, there is a $\theta
    \in \mathbb R^d$, namely $\theta = \log p$, with $p = \operatorname{softmax}(\theta)$.""",
    assumes=r"""The simplex as the paper defines it, closed; $\theta \in \mathbb R^d$ has finite
    entries.""",
)
onto_interior = softmax_complete.corrected(
    r"""The softmax maps $\mathbb R^d$ onto the relative interior of the simplex and nothing else:
    $\{\operatorname{softmax}(\theta) : \theta \in \mathbb R^d\} = \operatorname{ri}(\Delta) =
    \{p \in \Delta : p(1), \dots, p(d) > 0\}$. Every other $p$ is a limit only: the closure is
    $\Delta$.""",
    source="corrects A, section 3.1",
    assumes=r"""$d \ge 1$. The claims that follow read "complete" in this sense, which is that of
    (8).""",
)


def positive_shares(budget: Budget) -> np.ndarray:
    """Positive probability vectors, d = 3."""
    odds = np.exp(numbers.thetas(3, budget))
    return odds / odds.sum(1, keepdims=True)


def onto_positive(what, numeric, p):
    """softmax(log p - c1) = p for p > 0, whatever c: `what` in LaTeX, and as numbers."""
    _, i, j, _ = (s := symbolic.categories())
    c = sp.Symbol("c", real=True)
    share = sp.exp(sp.log(P[i]) - c) / s.sum(sp.exp(sp.log(P[j]) - c))
    yield exact(
        "sympy, symbolic d",
        argued(r"every $p_i > 0$, so that $\log p_i$ is real", "the logarithm"),
        any_d(share, P[i] / s.sum(P[j])),
        rf"""entry $i$ of $\operatorname{{softmax}}(\log p - c\mathbf 1)$, with ${what}$; it is
            $p_i$, since $\sum_j p_j = 1$""",
    )
    yield agree("engine", by_engine(numeric), p, rf"$p$ at ${what}$, $d = 3$")


@softmax_complete.part("$p$ with positive entries")
@onto_interior.part("every positive $p$ is reached")
def positive_entries(budget):
    p = positive_shares(budget)
    yield from onto_positive(r"\theta = \log p", np.log(p), p)


@softmax_complete.part("$p$ with a zero entry")
def zero_entry():
    t = sp.Symbol("t", real=True)
    one, half = (
        sp.solveset(sp.exp(t) / (sp.exp(t) + 1) - x, t, sp.S.Reals) for x in (1, sp.Rational(1, 2))
    )
    balls = [enclosure.probabilities(Gumbel(), [k, 0])[0] for k in range(0, 21, 5)]
    holds = "unknown" if half != sp.FiniteSet(0) else one is not sp.S.EmptySet
    cases = r"""real $t$ with $e^t/(e^t + 1) = p_1$: $\{0\}$ for $p_1 = \frac12$, none for $p_1 =
        1$; $\theta = (t, 0)$ is general at $d = 2$, for $\operatorname{softmax}(\theta + c\mathbf
        1) = \operatorname{softmax}(\theta)$"""
    yield exact("sympy, equation", holds, cases=cases)
    cases = r"$p_1 = 1$ at $\theta = (t, 0)$, $t = 0, 5, \dots, 20$, in 30 digits"
    yield exact("ball arithmetic", any(ball.contains(1) for ball in balls), cases=cases)
    yield witness(
        {
            "$d$": 2,
            "$p$": [1, 0],
            r"$\log p$": r"$(0, -\infty)$",
            r"$\theta$ with $\operatorname{softmax}(\theta) = p$": "none",
            r"$\operatorname{softmax}(20, 0)_2$": f"{float(1 - balls[-1].middle):.6g} > 0",
        }
    )


@onto_interior.part("only positive $p$ are reached")
def only_positive():
    _, i, j, theta = (s := symbolic.categories())
    share = sp.exp(theta[i]) / s.sum(sp.exp(theta[j])).function
    yield exact(
        "sympy, symbolic d",
        shown(r"$e^{\theta_i} > 0$ for real $\theta_i$", bool(share.is_positive)),
        argued("a positive number over a sum of positive numbers is positive", "arithmetic"),
    )
    yield positive("engine", by_engine(np.log(_near_a_corner())), "$p$ where one entry is nearly 1")


@onto_interior.part("every $p$ is a limit")
def limits():
    _, _, j, _ = (s := symbolic.categories())
    eps = sp.Symbol("epsilon", positive=True)
    mixed = (1 - eps) * P[j] + eps / s.d
    near = _near_a_corner()
    yield exact(
        "sympy, symbolic d",
        argued(r"""$q = (1 - \epsilon) p + \epsilon \mathbf 1/d$, $0 < \epsilon < 1$, has entries
            that are at least $\epsilon/d > 0$ [$p_j \ge 0$]"""),
        any_d(s.sum(mixed), (1 - eps) * s.sum(P[j]) + eps, r"which is 1, for $\sum_j p_j = 1$"),
        any_d(mixed - P[j], eps * (1 / s.d - P[j]), r"at most $\epsilon$ in size"),
        argued(r"$q = \operatorname{softmax}(\log q) \to p$", "the first part"),
    )
    yield agree("engine", by_engine(np.log(near)), near, r"$p$ at $\log q$ for $p = (1, 0, 0)$")


def _near_a_corner() -> np.ndarray:
    weights = np.array([[2.0**-k] for k in (4, 8, 16, 24)])
    return (1 - weights) * np.array([1.0, 0.0, 0.0]) + weights / 3
