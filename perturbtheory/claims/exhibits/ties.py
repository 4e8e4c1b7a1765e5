"""Discrete noise at thetas where coordinates tie: the law of the set of maximisers, by enumeration.

What the engine says of the same cases stands beside it.
"""

import functools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, combinations, permutations, product
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog

from perturbtheory.claims.exhibits.outcomes import draws, winning_sets
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import Potential, Subdifferential, expected_max


class Case(NamedTuple):
    """Independent coordinates on atoms, at theta."""

    theta: tuple[int, ...]
    atoms: tuple[int, ...]
    weights: tuple[Fraction, ...]

    @property
    def sets(self) -> dict[tuple[int, ...], Fraction]:
        """P(A = S), A the set of maximisers, by enumeration."""
        return _winning_sets(self)

    @property
    def polytope(self) -> Subdifferential:
        """The engine's answer, from sorted positions."""
        return self.potential.subdifferential(np.array(self.theta))

    @property
    def potential(self) -> Potential:
        """f, by the engine."""
        law = Discrete(np.array(self.atoms, float), np.array([float(w) for w in self.weights]))
        return expected_max(law)


@functools.cache
def _winning_sets(case: Case) -> dict[tuple[int, ...], Fraction]:
    return winning_sets(case.theta, case.atoms, case.weights)


_Q = Fraction(1, 4)
_COIN, _THREE = ((-1, 1), (2 * _Q, 2 * _Q)), ((-1, 0, 2), (_Q, 2 * _Q, _Q))
CASES = (
    Case((1, 0), *_COIN),
    Case((0, 0), *_COIN),
    Case((0, 0, 0), *_COIN),
    Case((2, 0, 0), *_COIN),
    Case((0, 1, 3), *_COIN),
    Case((0, 1, 2), *_THREE),
    Case((1, 0, 0), *_THREE),
    Case((0, 0, 2, 1), *_COIN),
)


def next_to_ties() -> tuple[np.ndarray, np.ndarray]:
    """p where theta is moved by so little in some order, and ties broken by that order."""
    found, expected = [], []
    for case in CASES:
        d = len(case.theta)
        orders = list(permutations(range(d)))
        # The first of the order stays where it is, the others fall behind it one by one.
        raised = -(2.0**-30) * np.argsort(orders, axis=1)
        found.append(case.potential.probabilities(np.array(case.theta, float) + raised).ravel())
        expected.append([float(x) for order in orders for x in broken(case, order)])
    return np.concatenate(found), np.concatenate(expected)


def polytopes() -> list[tuple[Case, Subdifferential]]:
    """The cases with the engine's answers."""
    return [(case, case.polytope) for case in CASES]


def subsets(d: int) -> Iterator[tuple[int, ...]]:
    """All 2^d sets of coordinates."""
    return chain.from_iterable(combinations(range(d), k) for k in range(d + 1))


def belief(case: Case, subset: Sequence[int]) -> Fraction:
    """P(A subset of S)."""
    inside = (chance for s, chance in case.sets.items() if set(s) <= set(subset))
    return sum(inside, Fraction(0))


def is_member(case: Case, p: Sequence[Fraction]) -> bool:
    """Every inequality, by enumeration."""
    return sum(p) == 1 and all(
        sum((p[i] for i in s), Fraction(0)) >= belief(case, s) for s in subsets(len(p))
    )


def broken(case: Case, order: Sequence[int]) -> list[Fraction]:
    """P(arg max = i) with ties broken in favour of whoever comes first in `order`."""
    p = [Fraction(0)] * len(order)
    for draw in draws(case.theta, case.atoms, case.weights):
        p[min(draw.winners, key=order.index)] += draw.chance
    return p


def has_shares(case: Case, p: Sequence[Fraction]) -> bool:
    """Whether HiGHS finds y_(S, i) >= 0 with sum_i y = P(A = S) and sum_S y = p_i."""
    pairs = [(s, i) for s in case.sets for i in s]
    rows = [[float(s == t) for t, _ in pairs] for s in case.sets]
    rows += [[float(i == j) for _, j in pairs] for i in range(len(p))]
    right = [float(x) for x in (*case.sets.values(), *p)]
    return linprog(np.zeros(len(pairs)), A_eq=rows, b_eq=right, bounds=(0, None)).status == 0


def eighths() -> list[list[Fraction]]:
    """Every vector of three eighths with sum one, some with a negative entry."""
    heads = product(range(9), repeat=2)
    return [[Fraction(k, 8) for k in (*head, 8 - sum(head))] for head in heads]


def next_to_vertices(case: Case) -> list[list[Fraction]]:
    """The vertices of the orders of three, with a thousandth moved from one entry to another."""
    step = Fraction(1, 1000)
    return [
        [x + step * ((k == i) - (k == j)) for k, x in enumerate(broken(case, order))]
        for order in permutations(range(3))
        for i, j in permutations(range(3), 2)
    ]
