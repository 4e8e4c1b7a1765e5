"""Panels for an integral over a common shift, on which 16 points of Gauss-Legendre converge.

    I(x) = int prod_i f_i(x_i + s) ds

is the density of differences of gamma at those of x. Panels end at quantiles and kinks of all
factors, and are halved until that changes I by less than a part in 1e13 per panel. All is done in
logarithms, so that I itself may underflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.numerics import gauss_legendre

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

_LEVELS = (-46.0, -20.0, -10.0, -5.0, -2.5, -1.2, -0.693)
"""Log probabilities at whose quantiles panels end."""
_MOST = 256
"""How many of those places serve for a row at most; kinks all do."""
_CLOSE, _NOTHING = 1e-13, -32.0
"""To what share of I a panel is right, and the log of a share that is none."""
_ROUNDS, _ELEMENTS = 120, 2**20
"""How often panels are halved at most, and how many numbers are held at a time."""
_EPS = float(np.finfo(float).eps)


class Panels(NamedTuple):
    """Where panels begin and end, from the origin of their row, and the log of I on each."""

    row: Int[np.ndarray, "p"]
    left: Float[np.ndarray, "p"]
    right: Float[np.ndarray, "p"]
    log_part: Float[np.ndarray, "p"]

    def pick(self, which: Any) -> Panels:
        """Some of them, by index or by mask."""
        return Panels(*(a[which] for a in self))


def ends(xp: Any, noise: Any, x: Any, there: Any) -> tuple[Any, Any]:
    """(L, H): all factors are positive between them alone; `there` says which coordinates count."""
    low, high = (xp.asarray(end, x.dtype) for end in noise.support)
    low, high = xp.where(there, low - x, -xp.inf), xp.where(there, high - x, xp.inf)
    return xp.max(low, -1), xp.min(high, -1)


def origin(xp: Any, x: Any, there: Any, low: Any, high: Any) -> Any:
    """L, else H, else where the largest x_i + s is zero: s is counted from there."""
    free = -xp.max(xp.where(there, x, -xp.inf), -1)
    return xp.where(low > -xp.inf, low, xp.where(high < xp.inf, high, free))


def log_integrand(xp: Any, noise: Any, x: Any, there: Any, s: Any) -> Any:
    """sum_i log f_i(x_i + s), for x of shape ``(n, d)`` and s of shape ``(n, k)``."""
    terms = noise.log_pdf(x[..., None, :] + s[..., None])
    return xp.sum(xp.where(there[..., None, :], terms, 0.0), -1)


def log_weighted(xp: Any, log_values: Any, weights: Any) -> Any:
    """log sum_k w_k exp(g_k) along the last axis, -inf where all w_k or exp(g_k) are zero."""
    top = xp.max(log_values, -1, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0.0)
    total = xp.sum(weights * xp.exp(log_values - top), -1)
    positive = total > 0
    return xp.where(positive, xp.log(xp.where(positive, total, 1.0)) + top[..., 0], -xp.inf)


@np.errstate(all="ignore")
def panels(noise: Any, x: Float[np.ndarray, "n d"], there: Bool[np.ndarray, "n d"]) -> Panels:
    """The panels of all rows; a row where I is zero has none."""
    low, high = ends(np, noise, x, there)
    start = origin(np, x, there, low, high)
    x = np.where(there, x, 0.0) + start[:, None]
    rows, count = _Rows(noise, x, there), len(x)
    active = _first(noise, x, there, low - start, high - start)
    active = active._replace(log_part=rows(active)[0])
    done: list[Panels] = []
    for _ in range(_ROUNDS):
        middle = (active.left + active.right) / 2
        halves = [active._replace(right=middle), active._replace(left=middle)]
        (one, depth, most), (two, *others) = (rows(half) for half in halves)
        depth, most = np.maximum(depth, others[0]), np.maximum(most, others[1])
        both = active._replace(log_part=np.logaddexp(one, two))
        width = active.right - active.left
        total = log_totals([*done, both], count)[active.row]
        share = np.exp(both.log_part - total)
        gap = np.abs(share - np.exp(active.log_part - total))
        good = (gap <= _CLOSE + 16 * _EPS * depth * share) & (gap <= 0.1 * share)
        good |= most + np.log(width) < total + _NOTHING
        good |= width <= 32 * _EPS * np.abs(middle)
        done.append(both.pick(good))
        if good.all():
            break
        halves = [
            half._replace(log_part=v).pick(~good)
            for half, v in zip(halves, (one, two), strict=True)
        ]
        active = joined(halves)
    else:
        done.append(active)
    return joined(done)


def joined(parts: list[Panels]) -> Panels:
    """All panels of the parts."""
    return Panels(*map(np.concatenate, zip(*parts, strict=True)))


@np.errstate(divide="ignore")
def log_totals(parts: list[Panels], count: int) -> Float[np.ndarray, "count"]:
    """log I of every row, as far as the panels of the parts cover it."""
    row, _, _, log_part = joined(parts)
    top = np.full(count, -np.inf)
    np.maximum.at(top, row, log_part)
    top = np.where(np.isfinite(top), top, 0.0)
    return top + np.log(np.bincount(row, np.exp(log_part - top[row]), count))


def _first(
    noise: Any,
    x: Float[np.ndarray, "n d"],
    there: Bool[np.ndarray, "n d"],
    low: Float[np.ndarray, "n"],
    high: Float[np.ndarray, "n"],
) -> Panels:
    """Panels between the quantiles and kinks of all factors of a row, from `low` to `high`."""
    marks = noise.landmarks(x.shape[1])
    kinks = np.asarray(marks.kinks, bool)
    sides = [noise.log_quantiles(_LEVELS, upper=upper) for upper in (False, True)]
    smooth = _places([*sides, marks.location[~kinks]], x, there)
    low, high = (
        np.maximum(low, smooth[:, 0])[:, None],
        np.minimum(high, np.nanmax(smooth, 1))[:, None],
    )
    if smooth.shape[1] > _MOST:
        last = np.sum(~np.isnan(smooth), 1, keepdims=True) - 1
        index = np.round(np.linspace(0.0, 1.0, _MOST) * last).astype(int)
        smooth = np.take_along_axis(smooth, index, 1)
    places = np.concatenate([low, smooth, _places([marks.location[kinks]], x, there), high], 1)
    places = np.sort(np.clip(np.where(np.isnan(places), low, places), low, high), 1)
    row, k = np.nonzero(places[:, 1:] > places[:, :-1])
    return Panels(row, places[row, k], places[row, k + 1], np.zeros(row.size))


def _places(
    locations: list[np.ndarray], x: Float[np.ndarray, "n d"], there: Bool[np.ndarray, "n d"]
) -> Float[np.ndarray, "n m"]:
    """location - x of all coordinates that count, in ascending order, then NaN for the others."""
    each = np.concatenate([np.broadcast_to(a, (len(a), x.shape[1])) for a in locations])
    places = np.where(there[:, None, :], each - x[:, None, :], np.nan)
    return np.sort(places.reshape(len(x), -1), 1)


class _Rows:
    """(log of the integral, the largest |g|, a bound on g) on panels, for the integrand exp(g)."""

    def __init__(self, noise: Any, x: np.ndarray, there: np.ndarray) -> None:
        self._noise, self._x, self._there = noise, x, there

    def __call__(self, panels: Panels) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        nodes, weights = gauss_legendre(16)
        size = max(1, _ELEMENTS // (16 * self._x.shape[1]))
        parts = [np.zeros((3, 0))]
        for k in range(0, panels.row.size, size):
            row, left, right, _ = panels.pick(slice(k, k + size))
            half = (right - left)[:, None] / 2
            s = left[:, None] + half * (1 + nodes)
            g = log_integrand(np, self._noise, self._x[row], self._there[row], s)
            finite = np.isfinite(g)
            largest = np.max(np.where(finite, np.abs(g), 0.0), 1)
            # Between nodes g may rise as much further as it does from one to the next.
            jump = np.max(np.where(finite[:, 1:] & finite[:, :-1], np.abs(np.diff(g)), 0.0), 1)
            parts.append(np.stack([log_weighted(np, g, half * weights), largest, g.max(1) + jump]))
        log_part, largest, most = np.concatenate(parts, 1)
        return log_part, largest, most
