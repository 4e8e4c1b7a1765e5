"""Noise that is uniform on several intervals: exact p and weights, and which of them are zero."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from perturbtheory.claims.exhibits.draws import shares
from perturbtheory.estimate import Estimate
from perturbtheory.perturbations import Uniform
from perturbtheory.routes import enclosure

Intervals = Sequence[tuple[Fraction, Fraction]]


def intervals(*ends: tuple[float, float]) -> Intervals:
    """Intervals with these ends, which are exact in binary."""
    return [(Fraction(low), Fraction(high)) for low, high in ends]


class Answer(NamedTuple):
    """p, and the weights w_ij = -H_ij of the pairs i < j."""

    p: list[Fraction]
    weights: dict[tuple[int, int], Fraction]


def uniform_on(supports: Sequence[Intervals], theta: Sequence[Fraction | int]) -> Answer:
    """Every coordinate uniform on one of its intervals, each equally likely.

    p and w are integrals of products with one factor per coordinate, so they are averages over
    one interval per coordinate.
    """
    d = range(len(supports))
    p, weights = [Fraction(0) for _ in d], {pair: Fraction(0) for pair in combinations(d, 2)}
    choices = list(product(*supports))
    for choice in choices:
        low, high = (np.array([float(x[k]) for x in choice]) for k in (0, 1))
        law = Uniform(low, high)
        share, hessian = enclosure.probabilities(law, theta), enclosure.hessian(law, theta)
        for i in d:
            p[i] += share[i].low / len(choices)
        for i, j in weights:
            weights[i, j] -= hessian[i][j].low / len(choices)
    return Answer(p, weights)


def edges(
    supports: Sequence[Intervals], theta: Sequence[Fraction | int]
) -> Iterator[tuple[int, int]]:
    """Pairs that can be level with each other, both above the least value of every coordinate."""
    floor = max(s[0][0] + t for s, t in zip(supports, theta, strict=True))
    for i, j in combinations(range(len(supports)), 2):
        for one, two in product(supports[i], supports[j]):
            low = max(one[0] + theta[i], two[0] + theta[j], floor)
            if low < min(one[1] + theta[i], two[1] + theta[j]):
                yield i, j
                break


def frequencies(supports: Sequence[Intervals], samples: int, *, seed: int) -> Estimate:
    """Shares of the arg max at theta = 0 in draws, with the radius of Hoeffding's inequality."""
    rng = np.random.default_rng(seed)
    drawn = []
    for s in supports:
        ends = np.array(s, float)[rng.integers(len(s), size=samples)]
        drawn.append(rng.uniform(ends[:, 0], ends[:, 1]))
    share = np.bincount(np.argmax(drawn, 0), minlength=len(supports)) / samples
    return shares(share, samples, share.size)


def components(d: int, linked: Sequence[tuple[int, int]]) -> list[set[int]]:
    """Connected components of the graph on 0, ..., d - 1."""
    groups = [{i} for i in range(d)]
    for i, j in linked:
        one, two = (next(g for g in groups if k in g) for k in (i, j))
        if one is not two:
            groups.remove(two)
            one |= two
    return groups


GAPS = {
    "a gap, d = 2": [intervals((0, 1), (4, 5)), intervals((2, 3))],
    "a path, d = 3": [intervals((0, 1), (4, 5)), intervals((2, 3)), intervals((0, 6))],
    "one alone, d = 3": [
        intervals((0, 1), (4, 5)),
        intervals((2, 3), (6, 7)),
        intervals((0, 0.5), (4.25, 4.75)),
    ],
}
"""Supports of independent coordinates; theta = 0."""
