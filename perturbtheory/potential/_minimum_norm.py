"""Membership in a base polytope by its minimum-norm point (Fujishige and Wolfe).

For a submodular h with base polytope B(h), let x be the point of B(h) - p nearest to the origin.
Then min_S h(S) - p(S) = sum_i min(x_i, 0), attained by S = {i : x_i < 0}: p is a member exactly
if x = 0. The nearest point is sought among convex combinations of greedy vertices; any such x
bounds the minimum from below, and the sets that the greedy order of x passes bound it from above.

Fujishige and Isotani, A submodular function minimization algorithm based on the minimum-norm
base, Pacific Journal of Optimization 7 (2011).
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

_ROUNDING = 1e-15

Vertex = Callable[[Sequence[int] | np.ndarray], np.ndarray]


def most_violated(vertex: Vertex, p: np.ndarray) -> tuple[Any, tuple[int, ...]]:
    """(max_S p(S) - h(S), S), where `vertex` returns the greedy vertex of an order.

    All steps are rational: with Fractions the answer is exact, with floats right up to rounding.
    """
    exact = p.dtype == object
    slack = 0 if exact else _ROUNDING * len(p)
    corral = [vertex(np.arange(len(p))) - p]
    weights = np.array([Fraction(1) if exact else 1.0])
    x, best = corral[0], (p[0] * 0, ())
    # Every step lowers the norm of x, so that it ends by itself; the bound is for rounding.
    for _ in range(50 * len(p) + 100):
        order = np.argsort(x, kind="stable")
        candidate = vertex(order) - p
        surplus = -np.cumsum(candidate[order])  # p(S) - h(S) for the first 1, 2, ... of the order
        largest = int(np.argmax(surplus))
        if surplus[largest] > best[0]:
            best = (surplus[largest], tuple(sorted(int(i) for i in order[: largest + 1])))
        gap = -x[x < 0].sum() - best[0]
        if gap <= slack:
            break
        corral, weights = _nearest([*corral, candidate], np.append(weights, weights[0] * 0), exact)
        nearer = (weights[:, None] * np.array(corral)).sum(0)
        if (nearer * nearer).sum() >= (x * x).sum():
            break
        x = nearer
    return best


def _nearest(
    corral: list[np.ndarray], weights: np.ndarray, exact: bool
) -> tuple[list[np.ndarray], np.ndarray]:
    """Wolfe's minor cycle: drop vertices until the affine minimiser of the rest is convex."""
    slack = 0 if exact else _ROUNDING
    while True:
        affine = _affine_minimiser(np.array(corral), exact)
        if np.all(affine > slack):
            return corral, affine
        falling = (affine <= slack) & (weights > affine)
        shares = weights[falling] / (weights - affine)[falling]
        step = min(shares) if len(shares) else weights[0] * 0
        weights = weights + step * (affine - weights)
        kept = weights > slack
        corral = [v for v, keep in zip(corral, kept, strict=True) if keep]
        weights = weights[kept] / weights[kept].sum()
        if np.all(kept):
            return corral, weights


def _affine_minimiser(points: np.ndarray, exact: bool) -> np.ndarray:
    """Weights with sum one, of any sign, of the point nearest to the origin in the affine hull."""
    if len(points) == 1:
        return np.array([Fraction(1) if exact else 1.0])
    edges = (points[1:] - points[0]).T
    if exact:
        rest = _least_squares_exactly(edges, -points[0])
    else:
        rest = np.linalg.lstsq(edges, -points[0], rcond=None)[0]
    return np.concatenate([[1 - rest.sum()], rest])


def _least_squares_exactly(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    import flint

    def rational(values: np.ndarray) -> "flint.fmpq_mat":
        entries = [flint.fmpq(x.numerator, x.denominator) for x in values.ravel()]
        return flint.fmpq_mat(len(values), values.size // len(values), entries)

    rows, column = rational(matrix), rational(right)
    solution = (rows.transpose() * rows).solve(rows.transpose() * column)
    return np.array([Fraction(int(x.p), int(x.q)) for x in solution.entries()])
