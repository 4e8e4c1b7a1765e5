"""Softmax of integers, exactly; small sets of parameters; steps that several claims share."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import sympy as sp

from perturbtheory.claims.legacy import shown
from perturbtheory.ledger import Step
from perturbtheory.routes.symbolic import categories, identity

Vector = tuple[int, ...]
BASES: dict[str, Any] = {"rational odds 2^k": Fraction(2), "sympy, odds e^k": sp.E}
"""Softmax of k log(base) for integers k: rational for one base, transcendental for the other."""


def softmax(theta: Sequence[int], base: Any) -> list[Any]:
    """The softmax of theta log(base), exactly."""
    odds = [base**k for k in theta]
    return [u / sum(odds) for u in odds]


def same(theta: Sequence[int], tau: Sequence[int], base: Any) -> bool:
    """Whether theta log(base) and tau log(base) have one softmax: exactly, for either base."""
    if isinstance(base, Fraction):
        return softmax(theta, base) == softmax(tau, base)
    # Powers of e are independent over the rationals, so that expanding products decides.
    u, v = ([base**k for k in x] for x in (theta, tau))
    return all(sp.expand(a * sum(v) - b * sum(u)) == 0 for a, b in zip(u, v, strict=True))


def is_minimal(points: Sequence[Vector], base: Any) -> bool:
    """Whether different points have different probabilities."""
    return not any(same(theta, tau, base) for theta, tau in combinations(points, 2))


def first_set(bad: Callable[[Sequence[Vector]], bool]) -> Sequence[Vector] | None:
    """The smallest bad set of one or two points of {0, 1, 2}^d, d = 1, 2."""
    for d, size in product((1, 2), (1, 2)):
        for points in combinations(product(range(3), repeat=d), size):
            if bad(points):
                return points
    return None


def written(points: Sequence[Sequence[Any]]) -> str:
    """As a set: {(0, 1), (1, 2)}."""
    return "{" + ", ".join(f"({', '.join(map(str, x))})" for x in points) + "}"


def log_share_step() -> Step:
    """The logarithm of a softmax, for symbolic d."""
    _, i, j, theta = (s := categories())
    total = s.sum(sp.exp(theta[j]))
    log_share = sp.expand_log(sp.log(sp.exp(theta[i]) / total), force=True)
    return shown(
        r"$\log \operatorname{softmax}(\theta)_i = \theta_i - \log\sum_j e^{\theta_j}$",
        identity(log_share - theta[i] + sp.log(total)),
    )


def translation_step() -> Step:
    """The log-sum-exp rises by c along c1, for symbolic d."""
    _, _, j, theta = (s := categories())
    c = sp.Symbol("c", real=True)
    moved = sp.factor_terms(s.sum(sp.expand(sp.exp(theta[j] + c))))
    rise = sp.expand_log(sp.log(moved), force=True) - sp.log(s.sum(sp.exp(theta[j])))
    return shown(r"$\log\sum_j e^{\theta_j + c} = \log\sum_j e^{\theta_j} + c$", identity(rise - c))
