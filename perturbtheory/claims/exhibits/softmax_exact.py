"""Softmax of integers, exactly; small sets of parameters; steps that several claims share."""

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.symbols import REST
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Check, Step, agree, eq, exact
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories

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


def pairs_of_points(dimensions: Sequence[int]) -> list[tuple[Vector, Vector]]:
    """The sets of two points of {0, 1, 2}^d, for every d."""
    grids = [product(range(3), repeat=d) for d in dimensions]
    return [pair for grid in grids for pair in combinations(grid, 2)]


def _shared_by_engine(pairs: Sequence[tuple[Vector, Vector]]) -> int:
    """How many pairs have one softmax to ten digits, by the engine's probabilities."""
    f, gaps = expected_max(Gumbel()), [1.0]
    for d in {len(theta) for theta, _ in pairs}:
        points = np.array([pair for pair in pairs if len(pair[0]) == d], float)
        p = np.asarray(f.estimate_probabilities(points.reshape(-1, d)).value).reshape(-1, 2, d)
        gaps += list(np.abs(p[:, 0] - p[:, 1]).max(-1))
    return int(np.sum(np.array(gaps) < 1e-10))


def shared(
    pairs: Sequence[tuple[Vector, Vector]],
    expected: bool | Sequence[bool],
    cases: str,
    what: str = "",
) -> Iterator[Check]:
    """Whether the expected pairs share their p: with odds 2^k, with odds e^k, by the engine."""
    each = [expected] * len(pairs) if isinstance(expected, bool) else list(expected)
    for route, base in BASES.items():
        yield exact(route, [same(*pair, base) for pair in pairs] == each, cases=cases)
    if what:
        yield agree("engine", _shared_by_engine(pairs), sum(each), what)


def by_engine(points: np.ndarray) -> Estimate:
    """The engine's softmax at every row of `points`."""
    return expected_max(Gumbel()).estimate_probabilities(points)


def written(points: Sequence[Sequence[Any]]) -> str:
    """As a set: {(0, 1), (1, 2)}."""
    return "{" + ", ".join(f"({', '.join(map(str, x))})" for x in points) + "}"


def any_d(left: Any, right: Any, why: str = "") -> Step:
    """The equation between terms of `categories()`, where d is i + m, shown with d."""
    step = eq(left, right, why).step()
    says = step.says.replace(r"\left(i + m\right)", "d").replace("i + m", "d")
    return dataclasses.replace(step, says=says)


def log_share_step() -> Step:
    """The logarithm of a softmax."""
    theta = sp.Symbol("theta_i", real=True)
    why = r"the logarithm of $p_i$, with $S = \sum_j e^{\theta_j}$"
    return eq(sp.log(sp.exp(theta) / REST), theta - sp.log(REST), why).step()


def translation_step() -> Step:
    """The log-sum-exp rises by c along c1, for symbolic d."""
    _, _, j, theta = (s := categories())
    c = sp.Symbol("c", real=True)
    one, two = (sp.log(s.sum(sp.exp(theta[j] + x))) for x in (c, 0))
    return any_d(one, c + two)


def same_share_step() -> Step:
    """The softmax stays along c1, for symbolic d."""
    _, i, j, theta = (s := categories())
    c = sp.Symbol("c", real=True)
    one, two = (sp.exp(theta[i] + x) / s.sum(sp.exp(theta[j] + x)) for x in (c, 0))
    return any_d(one, two)
