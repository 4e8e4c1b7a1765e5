"""Many rows of theta at once, for noise whose nodes need not depend on theta.

Under analytic noise with light tails the trapezoidal rule of `trapezoid_nodes`, or where scales
differ of `step`, is right to rounding for every theta: no row need be looked at by itself. The
integrals are those of `_integrals`, with an axis more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

FLOOR, _CEILING = -92.0, -41.0
"""Log probabilities cut off below and above, for which laws declare how many nodes they need."""
_TYPICAL, _RATIO, _SHARE = 100, 16.0, 0.8
"""About how many nodes a row has; how far apart scales may be for one rule; the share of `step`
that is right to rounding in one go."""
_ELEMENTS = 2**14
"""Rows times nodes times coordinates held in memory at a time."""


class Piece(NamedTuple):
    """Some rows: which, the nodes s of each from its largest theta, w F and r at them."""

    which: slice
    s: Float[np.ndarray, "n nodes"]
    mass: Float[np.ndarray, "n nodes"]
    rate: Float[np.ndarray, "n nodes d"]


def serves(noise: Any, dimension: int) -> bool:
    """Whether one rule is right to rounding for every theta."""
    if not noise.continuous or noise.step is None:
        return False
    if noise.shape:
        return bool(np.max(noise.resolution) < _RATIO * np.min(noise.resolution))
    return noise.trapezoid_nodes(dimension) is not None


def _count(noise: Any, dimension: int, width: float, floor: float) -> int:
    """How many nodes a window of that width needs."""
    if not noise.shape and floor == FLOOR:
        return noise.trapezoid_nodes(dimension)
    # The largest of many varies less than one of them.
    many = 1 + 0.5 * max(math.log10(dimension / 10), 0.0)
    return math.ceil(width * many / (_SHARE * noise.step * float(np.min(noise.resolution))))


def pieces(
    noise: Any, theta: Float[np.ndarray, "n d"], finer: int, floor: float
) -> Iterator[Piece]:
    """The rows, a few at a time, with `finer` times as many nodes as the noise declares.

    `floor` is the log probability of the largest below which its law is cut off.
    """
    d = theta.shape[1]
    size = max(1, _ELEMENTS // (_TYPICAL * d))
    for k in range(0, len(theta), size):
        which = slice(k, k + size)
        own = theta[which]
        own = own - own.max(1, keepdims=True)
        low, high = _window(noise, own, floor)
        count = finer * _count(noise, d, float(np.max(high - low)), floor)
        step = (high - low) / count
        s = low + step * (np.arange(count) + 0.5)
        cdf, rate = noise.cdf_and_rate(s[:, :, None] - own[:, None, :])
        yield Piece(which, s, step * np.multiply.reduce(cdf, axis=2), rate)


def _window(
    noise: Any, theta: Float[np.ndarray, "n d"], floor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Between the grid points where prod F goes from nothing to one, in two rounds of seven."""
    ends = noise.bracket(floor - 3, _CEILING - 1 - math.log(theta.shape[1]))
    low, high = (np.max(theta + end, 1, keepdims=True) for end in ends)
    for _ in range(2):
        grid = low + (high - low) * (np.arange(1, 8) / 8)
        log_cdf = noise.log_cdf_and_rate(grid[:, :, None] - theta[:, None, :])[0].sum(2)
        below = (log_cdf < floor).sum(1, keepdims=True)
        above = (log_cdf > -math.exp(_CEILING)).sum(1, keepdims=True)
        low, high = low + (high - low) * below / 8, high - (high - low) * above / 8
    return low, high


def first(
    noise: Any, theta: Float[np.ndarray, "n d"], *, finer: int = 1, floor: float = FLOOR
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n d"], Float[np.ndarray, "n"]]:
    """(f - max theta, p, the mass that the rule found) of every row."""
    value, p = np.empty(len(theta)), np.empty(theta.shape)
    for which, s, mass, rate in pieces(noise, theta, finer, floor):
        p[which] = np.matmul(mass[:, None, :], rate)[:, 0]
        value[which] = np.sum(mass * s * rate.sum(2), 1)
    total = p.sum(1)
    return value, p / total[:, None], total


def weighted(
    noise: Any,
    theta: Float[np.ndarray, "n d"],
    rows: Float[np.ndarray, "m n"],
    terms: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    finer: int = 1,
    floor: float = FLOOR,
) -> np.ndarray:
    """sum_n rows_mn of an integral over nodes; `terms` takes (w F, r) of shapes (k,), (k, d)."""
    out: Any = 0.0
    for which, _, mass, rate in pieces(noise, theta, finer, floor):
        flat = rate.reshape(-1, rate.shape[2])
        parts = [terms((row[which, None] * mass).ravel(), flat) for row in rows]
        out = out + np.stack(parts)
    return out
