"""Two binary variables with one pair of Gumbel variables each: the law of both arg maxes.

The score of z = (z_1, z_2) is table(z) + L_1 z_1 + L_2 z_2 with L_i logistic, the difference of the
two Gumbel variables of coordinate i. Given L_1 every arg max is a step function of L_2, so that one
integral over L_1 is left: smooth between the points where two scores cross.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from perturbtheory.estimate import Estimate

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_END = 45.0
Bits = tuple[int, ...]
BITS: list[Bits] = list(itertools.product((0, 1), repeat=2))
"""00, 01, 10, 11: z = (z_1, z_2) in the order of every table."""


def table(values: Sequence[Any]) -> dict[Bits, Any]:
    """The values at 00, 01, 10, 11 by z."""
    return dict(zip(BITS, values, strict=True))


def pairwise(first: float, second: float, both: float) -> np.ndarray:
    """h(z) = first z_1 + second z_2 + both z_1 z_2 as a table, shape (2, 2)."""
    return np.array([[0.0, second], [first, first + second + both]])


def decomposed(f: np.ndarray) -> np.ndarray:
    """f-tilde(z) = f(z_1, w_2) + f(w_1, z_2) for every prediction w, shape (2, 2, 2, 2)."""
    bits = (0, 1)
    rows = [[f[:, [w2]] + f[[w1], :] for w2 in bits] for w1 in bits]
    return np.array(rows)


def law(start: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """P(z* = w, z*(e) = z), shape (2, 2, 2, 2), for z* by `start` and z*(e) by moved[w].

    `moved` is one table, shape (2, 2), or one for every prediction w, shape (2, 2, 2, 2).
    """
    moved = np.broadcast_to(moved, (2, 2, 2, 2))
    tables = [start, *moved.reshape(4, 2, 2)]
    kinks = {float(c[0, k] - c[1, k]) for c in tables for k in (0, 1)}
    grid = {*np.arange(-_END, _END + 1), *(k for k in kinks if abs(k) < _END)}
    out = np.zeros((2, 2, 2, 2))
    for panel in itertools.pairwise(sorted(grid)):
        edges = _split(start, moved, panel)
        for left, right in itertools.pairwise(edges):
            _add(out, start, moved, left, right)
    return out


def marginal(start: np.ndarray) -> np.ndarray:
    """P(z* = z), shape (2, 2)."""
    return law(start, start).sum((2, 3))


def _column(table: np.ndarray, x: np.ndarray) -> tuple[list[int], np.ndarray]:
    """z_1 for z_2 = 0 and 1, at the middle of the points x, and the L_2 from which z_2 = 1."""
    one, none = table[1] + x[:, None], table[0]
    best = np.maximum(one, none)
    return [int(c) for c in (one > none)[x.size // 2]], best[:, 0] - best[:, 1]


def _thresholds(
    start: np.ndarray, moved: np.ndarray, x: np.ndarray
) -> tuple[list[int], np.ndarray, list[list[int]], list[np.ndarray]]:
    winners, threshold = _column(start, x)
    later = [_column(moved[winners[k], k], x) for k in (0, 1)]
    return winners, threshold, [z for z, _ in later], [t for _, t in later]


def _split(start: np.ndarray, moved: np.ndarray, panel: tuple[float, float]) -> list[float]:
    """The panel cut where two thresholds, linear on it, cross."""
    low, high = panel
    x = low + (high - low) * np.array([0.25, 0.5, 0.75])
    _, threshold, _, later = _thresholds(start, moved, x)
    edges = [low, high]
    for other in later:
        gap = threshold - other
        if gap[0] != gap[2]:
            root = float(x[0] - gap[0] * (x[2] - x[0]) / (gap[2] - gap[0]))
            edges += [root] if low < root < high else []
    return sorted(edges)


def _add(out: np.ndarray, start: np.ndarray, moved: np.ndarray, left: float, right: float) -> None:
    x = (left + right) / 2 + (right - left) / 2 * _NODES
    weight = (right - left) / 2 * _WEIGHTS * expit(x) * expit(-x)
    winners, threshold, later, limits = _thresholds(start, moved, x)
    first, last = np.minimum(threshold, limits[0]), np.maximum(threshold, limits[1])
    out[winners[0], 0, later[0][0], 0] += weight @ expit(first)
    out[winners[0], 0, later[0][1], 1] += weight @ (expit(threshold) - expit(first))
    out[winners[1], 1, later[1][0], 0] += weight @ (expit(last) - expit(threshold))
    out[winners[1], 1, later[1][1], 1] += weight @ expit(-last)


def mean(start: np.ndarray, moved: np.ndarray, slope: np.ndarray, epsilon: float) -> float:
    """E[slope(z*(e)) - slope(z*)] / e, slope being the derivative of h in one parameter."""
    joint = law(start, moved).reshape(4, 4)
    steps = slope.reshape(4) - slope.reshape(4)[:, None]
    return float((joint * steps).sum() / epsilon)


def limit(function: Callable[[float], Any]) -> Estimate:
    """Its limit at 0 from above by Richardson's extrapolation; twice the step gives the radius."""

    def rule(e: float) -> np.ndarray:
        return (8 * np.array(function(e)) - 6 * function(2 * e) + function(4 * e)) / 3

    fine, coarse = rule(2.0**-11), rule(2.0**-10)
    return Estimate(fine, np.abs(fine - coarse) + 1e-11, "quadrature")
