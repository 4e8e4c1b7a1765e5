"""log p_i where p_i is small, each by a trapezoidal rule of its own among nodes that all share.

    p_i = int exp(g_i(s)) ds,   g_i = sum_j log F_j(s - theta_j) + log f_i - log F_i at s - theta_i.

What is dear is log F, and it is the same for all i: it is known at the nodes of the window, and is
found besides at halves of their distance where some g_i is narrow, and below the window.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.potential.methods import _bounds
from perturbtheory.potential.methods._integrals import ELEMENTS, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from perturbtheory.potential.methods._trapezoid import Grid

_DEPTH = 40.0
"""A rule ends where g_i has fallen by so much."""
_NODES, _FINEST, _FURTHER, _ROUNDS = 80, 2**15, 16, 4
"""Most nodes of a rule at first, most of the line, nodes added below, and how often."""
_AGREED = 1e-14
"""By how much of itself p_i may be wrong."""
_SMALL = 3.0
"""-log F_i that hardly makes a rule longer."""
_SEEN, _SURE = -30.0, -39.0
"""log S_i at which F_i is nearly one, and one."""
UNDERFLOW = -700.0
"""log p_i below which numbers underflow."""


class _Line(NamedTuple):
    """log F at low + k step; NaN where it is not known."""

    low: float
    step: float
    log_cdf: np.ndarray

    def at(self, k: np.ndarray) -> np.ndarray:
        return self.low + self.step * k


class _Group:
    """Some of the coordinates; log F_i matters for the last of them, from `sure` on."""

    def __init__(self, noise: Any, theta: np.ndarray, index: np.ndarray, sure: int) -> None:
        self.noise, self.theta, self.index, self.sure = noise, theta, index, sure

    def exponents(self, s: np.ndarray, log_cdf: np.ndarray, at: slice) -> np.ndarray:
        """g_i at s of shape (m, 1) or (m, n)."""
        index = self.index[at]
        law, x = self.noise.take(index) if self.noise.shape else self.noise, s - self.theta[index]
        sure = at.stop <= self.sure
        g = law.log_pdf(x) if sure else np.log(law.cdf_and_rate(x)[1])
        g += log_cdf
        g[np.isnan(g)] = -np.inf
        return g

    def each(self, rows: int, function: Callable[[slice], Any]) -> list[np.ndarray]:
        """What `function` answers for all coordinates, some at a time."""
        size = max(1, ELEMENTS // rows)
        ends = [*range(0, self.sure, size), *range(self.sure, len(self.index), size)]
        ends = [*ends, len(self.index)]

        @np.errstate(all="ignore")
        def task(k: int) -> Any:
            return function(slice(ends[k], ends[k + 1]))

        parts = in_turn(task, len(ends) - 1, threads=len(ends) > 3)
        return [np.concatenate(part) for part in zip(*parts, strict=True)]


def log_probabilities(
    noise: Any, theta: np.ndarray, which: np.ndarray, grid: Grid, least: float
) -> np.ndarray:
    """log p_i for i in `which`, NaN where these rules do not tell.

    Those below `least` need not be right. theta is counted from its largest entry.
    """
    with np.errstate(all="ignore"):
        low, high = grid.ends
        line = _Line(low, (high - low) / grid.steps, np.log(grid.product))
        return _solved(noise, theta, which, line, least)


def _solved(
    noise: Any, theta: np.ndarray, which: np.ndarray, line: _Line, least: float
) -> np.ndarray:
    line, first, last, top = _reached(noise, theta, which, line, least)
    # A product that has underflowed hides what is there.
    hidden = (first == 0) | ~(line.log_cdf[first] > UNDERFLOW)
    tiny = (top < least) & ~(line.log_cdf[0] > least)
    inside = (last < len(line.log_cdf) - 1) & (~hidden | tiny)
    out, due, nodes = np.where(inside, top, np.nan), np.flatnonzero(inside & ~tiny), _NODES
    own = noise.take(which) if noise.shape else noise
    narrowest = _narrowest(noise, theta)
    limit = 1e-6 if noise.tail == "gaussian" else 1e-8
    sure = np.broadcast_to(own.log_sf(line.at(first) - theta[which]) < _SURE, which.shape)
    for _ in range(_ROUNDS):
        if not due.size:
            break
        one, two = first[due], last[due]
        halvings = np.floor(np.log2((nodes - 1) / np.maximum(two - one, 1)))
        # What is narrower than a step might stand unseen.
        wanted = np.log2(line.step / narrowest(line.at(one)))
        later, ready = due[halvings < wanted], halvings >= wanted
        due, one, two, halvings = due[ready], one[ready], two[ready], halvings[ready].astype(int)
        if not due.size:
            due, nodes = later, 2 * nodes
            continue
        order = np.argsort(~sure[due], kind="stable")
        due, one, two, halvings = due[order], one[order], two[order], halvings[order]
        times = 2 ** max(0, int(halvings.max()))
        if (len(line.log_cdf) - 1) * times > _FINEST:
            break
        line = _finer(noise, theta, line, (one, two, halvings))
        first, last, stride = first * times, last * times, (times / 2.0**halvings).astype(int)
        group = _Group(noise, theta, which[due], int(np.count_nonzero(sure[due])))
        # All rules of a stride share their nodes.
        one = first[due] // stride * stride
        rule = functools.partial(_sums, group, line, one, last[due], stride, nodes, limit)
        found, agreed, first[due], last[due] = group.each(nodes, rule)
        out[due] = np.where(agreed, found, np.nan)
        due, nodes = np.concatenate([due[~agreed], later]), 2 * nodes
    out[due] = np.nan
    return out


def _narrowest(noise: Any, theta: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """s -> the step that sees the narrowest law that reaches beyond s."""
    share = 0.7 if noise.tail == "gaussian" else 0.5
    if not noise.shape:
        return lambda s: np.full(s.shape, share * float(noise.resolution))
    reach = theta + noise.log_quantile(_SEEN, upper=True)
    order = np.argsort(-reach)
    least = np.minimum.accumulate(noise.resolution[order])
    return lambda s: share * least[np.maximum(np.searchsorted(-reach[order], -s) - 1, 0)]


def _reached(
    noise: Any, theta: np.ndarray, which: np.ndarray, line: _Line, least: float
) -> tuple[_Line, np.ndarray, np.ndarray, np.ndarray]:
    """The line, with nodes below it until it has all that counts; first, last, largest g."""
    first, last, top = _spans(noise, theta, which, line)
    for _ in range(_ROUNDS):
        below = np.flatnonzero(first == 0)
        if not below.size or not line.log_cdf[0] > least:
            break
        low = line.low - _FURTHER * line.step
        new = _bounds.log_of_product(noise, theta, low + line.step * np.arange(_FURTHER))
        line = _Line(low, line.step, np.concatenate([new, line.log_cdf]))
        first, last = first + _FURTHER, last + _FURTHER
        first[below], last[below], top[below] = _spans(noise, theta, which[below], line)
    return line, first, last, top


def _spans(noise: Any, theta: np.ndarray, which: np.ndarray, line: _Line) -> list[np.ndarray]:
    """(first, last, g): the nodes next to those at which g_i counts, and its largest value.

    Where F_i is nowhere small, g_i without it is off by that at most.
    """
    own = noise.take(which) if noise.shape else noise
    off = -np.broadcast_to(own.log_cdf(line.low - theta[which]), which.shape)
    order = np.argsort(off > _SMALL, kind="stable")
    group = _Group(noise, theta, which[order], int(np.count_nonzero(off <= _SMALL)))
    depth = _DEPTH + np.where(off <= _SMALL, off, 0.0)[order]
    k = np.arange(len(line.log_cdf))[:, None]

    def some(part: slice) -> tuple[np.ndarray, ...]:
        g = group.exponents(line.at(k), line.log_cdf[:, None], part)
        top = np.max(g, 0)
        counts = g > top - depth[part]
        first = np.maximum(np.argmax(counts, 0) - 1, 0)
        return first, np.minimum(len(k) - np.argmax(counts[::-1], 0), len(k) - 1), top

    back = np.argsort(order)
    return [a[back] for a in group.each(len(k), some)]


def _finer(
    noise: Any, theta: np.ndarray, line: _Line, due: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> _Line:
    """The line with as many halvings as are due between first and last, known at those nodes."""
    first, last, halvings = due
    most = max(0, int(halvings.max()))
    size = (len(line.log_cdf) - 1) * 2**most + 1
    log_cdf, missing = np.full(size, np.nan), np.zeros(size, bool)
    log_cdf[:: 2**most] = line.log_cdf
    for k in np.unique(halvings):
        mine, stride = halvings == k, 2 ** (most - int(k))
        ends = np.bincount((first[mine] << most) // stride * stride, minlength=size)
        ends -= np.bincount((last[mine] << most) + 1, minlength=size + 1)[:size]
        missing[::stride] |= np.cumsum(ends)[::stride] > 0
    missing &= ~(log_cdf > _bounds.UNDERFLOW)
    fine, k = _Line(line.low, line.step / 2**most, log_cdf), np.flatnonzero(missing)
    if k.size:
        log_cdf[k] = _bounds.log_of_product(noise, theta, fine.at(k))
    return fine


def _sums(
    group: _Group,
    line: _Line,
    first: np.ndarray,
    last: np.ndarray,
    stride: np.ndarray,
    nodes: int,
    limit: float,
    at: slice,
) -> tuple[np.ndarray, ...]:
    """(log int exp(g_i) ds, whether it is right, first, last): the latter as they are now known.

    The error of step h falls like exp(-c / h), so that those of 2 h and 4 h tell it; the latter
    from all four phases, for one of them may vanish by chance.
    """
    first, last, stride = first[at], last[at], stride[at]
    k = first + stride * np.arange(nodes + 1)[:, None]
    beyond = k > last
    k[beyond] = 0
    g = group.exponents(line.at(k), line.log_cdf[k], at)
    g[beyond] = -np.inf
    top = np.max(g, 0)
    terms = np.exp(g - top)
    phases = np.stack([terms[n::4].sum(0) for n in range(4)])
    fine = phases.sum(0)
    even, odd = phases[::2], phases[1::2]
    half = np.abs(even.sum(0) - odd.sum(0)) / fine
    quarter = np.hypot(even[0] - even[1], odd[0] - odd[1]) / fine
    half, quarter = np.maximum(half, np.maximum(quarter**4, 1e-16)), np.maximum(quarter, 1e-4)
    agreed = (half < limit) & (half**3 <= _AGREED * quarter**2)
    counts = g > top - _DEPTH
    one = np.maximum(np.argmax(counts, 0) - 1, 0)
    two = len(k) - np.argmax(counts[::-1], 0)
    return (
        top + np.log(fine * (line.step * stride)),
        agreed,
        first + one * stride,
        np.minimum(first + two * stride, last),
    )
