"""theta with p(theta) = p > 0 by Newton's method, in NumPy.

It acts on the log-ratios R_i = log p_i(theta) - log p_i, so that small probabilities count as
much as large:

    H delta = -p(theta) (R - <p(theta), R>),     R(theta + a delta) = (1 - a) R + constant + O(a^2),

which shrinks max R - min R whatever theta is: halving the step where that fails makes it global.
Probabilities too small for a row of H leave the others alone; each of them is found by secants.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from perturbtheory.potential import _laplacian, _rows
from perturbtheory.potential.methods import Pass, nests

_EPS = float(np.finfo(float).eps)
_STEPS, _HALVINGS = 100, 40
_SURE = 1e-13
"""A step foreseen to end below this is not looked at, and below it there is none."""
_NEAR = 1e-5
"""What is foreseen is believed from here on."""
_BELOW = (-3.0, -10.0, -30.0)
"""Log-probabilities of the largest of all at which a start is checked."""
_ROUNDING = 1e-11
"""From here on rounding may be all that is left."""
TINY = 1e-30
"""Below, a row of the Hessian has no digits left; log-probabilities have."""
_DEPTH = -92.0
"""Log-probability down to which the bracket of a law is asked for, or twice as far, and so on."""


class Point(NamedTuple):
    """theta, log p(theta), R, max R - min R and f(theta)."""

    theta: np.ndarray
    log_q: np.ndarray
    ratio: np.ndarray
    spread: float
    value: Any


class Match(NamedTuple):
    """theta with p(theta) near p.

    Attributes:
        theta: zero at the largest entry of p.
        spread: max R - min R there, as seen or, after a step like those before it, foreseen.
        slopes: d log p_i / d theta_i: what rounding of theta is multiplied by.
        seen: the last point that was looked at.
        short: by how much <p, theta> - f(theta) is less than f*(p) there, half the Newton
            decrement: right up to the third power of its spread.
    """

    theta: np.ndarray
    spread: float
    slopes: np.ndarray
    seen: Point
    short: float = 0.0


def rounding(theta: np.ndarray, slopes: np.ndarray) -> float:
    """By how much the rounding of theta moves log p."""
    return float(np.max(slopes) * np.spacing(np.max(np.abs(theta))))


@np.errstate(invalid="ignore", divide="ignore")
def match(noise: Any, p: np.ndarray, enough: float) -> Match:
    """As near to p, all positive, as rounding allows, or to a spread of `enough`."""
    start = _start(noise, p) if len(p) > 1 else np.zeros(1)
    usual = p >= min(TINY, p.max())
    found = _newton(noise.take(usual), p[usual], start[usual], enough)
    if usual.all():
        return found
    start[usual] = found.theta
    return _secants(noise, p, start, ~usual, found)


def at(noise: Any, theta: np.ndarray, p: np.ndarray) -> Point:
    """What one pass says about theta."""
    found = _rows.solve(noise, theta)
    # Where digits of a p_i are lost, what is left of them leads on.
    log_q = logs_of(found)
    ratio = log_q - np.log(p)
    low = float(np.min(ratio))
    spread = float(np.max(ratio)) - low if low > -math.inf else math.inf
    return Point(theta, log_q, ratio, spread, found.value)


def logs_of(found: Pass) -> np.ndarray:
    """log p, and the logarithm of p itself where that has lost its digits."""
    log_p = found.log_probabilities
    lost = np.isnan(log_p)
    if not lost.any():
        return log_p
    return np.where(lost, np.log(np.maximum(found.probabilities, 1e-300)), log_p)


def _start(noise: Any, p: np.ndarray) -> np.ndarray:
    """theta with which each category alone beats a common threshold with probability p_i.

    Where laws differ or are bounded the largest of all may fall far below it. As theta_i + gamma_i
    beats the largest, of law G, with probability S_i(m - theta_i) G(m) at least, whatever m is,
    theta_i is lowered until no m gives more than p_i.
    """
    largest, level = np.argmax(p), np.log(p)
    level[largest] = min(np.log1p(-np.delete(p, largest).sum()), -_EPS)
    if not noise.independent and noise.form == "nests":
        return _grounded(nests.inverse(noise, p), p)
    if not noise.independent:
        law, stretch = noise.margins()
        start = _grounded(-stretch * _upper_quantiles(law, level), p)
        return _narrowed(noise, p, start) if noise.form == "orthants" else start
    theta = -_upper_quantiles(noise, level)
    for depth in _BELOW if noise.shape or noise.tail == "none" else ():
        low, high = float(np.min(theta + noise.bracket(_DEPTH, _DEPTH)[0])), 0.0
        for _ in range(30):
            m = (low + high) / 2
            below = np.sum(noise.log_cdf(m - theta)) < depth
            low, high = (m, high) if below else (low, m)
        lowered = high - _upper_quantiles(noise, np.minimum(level - depth, -_EPS))
        theta = np.where(level < depth, np.minimum(theta, lowered), theta)
    return _grounded(theta, p)


def _narrowed(noise: Any, p: np.ndarray, start: np.ndarray) -> np.ndarray:
    """From wider noise, where p is no cliff, to the noise, half of the width at a time."""
    width, wider = float(noise.resolution), float(np.max(noise.margins()[1]))
    while wider > 3 * width:
        start = _newton(noise.widened(wider), p, start, 1e-2).theta
        wider /= 2
    return start


def _upper_quantiles(noise: Any, level: np.ndarray) -> np.ndarray:
    """x with log S_i(x) = level_i, about, by bisection in asinh of x over the width of the law."""
    unit = np.broadcast_to(noise.resolution, level.shape)
    # Of a few levels laws remember where they are.
    depth = _DEPTH * 2.0 ** max(0, math.ceil(math.log2(level.min() / _DEPTH)))
    ends = noise.bracket(_DEPTH, depth)
    low, high = (np.arcsinh(np.broadcast_to(end, level.shape) / unit) for end in ends)
    # Next to the end of a support a relative error of what is left is one of log p.
    for _ in range(52 if noise.tail == "none" else 12):
        middle = (low + high) / 2
        above = noise.log_sf(unit * np.sinh(middle)) > level
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return unit * np.sinh((low + high) / 2)


def _newton(noise: Any, p: np.ndarray, start: np.ndarray, enough: float) -> Match:
    """From `start` as far as it goes, or until the spread is `enough` and one step more."""
    point, inverse = at(noise, start, p), None
    before = point.spread
    for _ in range(_STEPS):
        if point.spread < _SURE or point.spread == math.inf:
            break
        q = np.exp(point.log_q)
        if inverse is None or point.spread > enough:
            inverse = _laplacian.inverse(noise, point.theta, q)
        right = -q * (point.ratio - q @ point.ratio)
        delta = inverse.apply(right, 0.01 * min(1.0, point.spread))
        # Full steps square the spread, up to a factor that the last two tell.
        foreseen = 10 * point.spread * (point.spread / before) ** 2 if inverse.exact else math.inf
        held = rounding(point.theta, inverse.slopes) < _SURE
        if (foreseen < _SURE and held and point.spread < _NEAR) or point.spread <= enough:
            theta = _grounded(_moved(noise, point.theta, delta), p)
            end = min(foreseen, point.spread)
            return Match(theta, end, inverse.slopes, point, float(right @ delta) / 2)
        moved = _shorter(noise, point, delta, inverse.slopes, p)
        if not moved.spread < point.spread:
            break
        before, point = point.spread, moved
    if inverse is None:
        inverse = _laplacian.inverse(noise, point.theta, np.exp(point.log_q))
    return Match(point.theta, point.spread, inverse.slopes, point)


def _moved(noise: Any, theta: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """theta + delta, or under bounded noise what agrees with it for small delta.

    There log p_i is nearly linear in the logarithm of the room theta_i + u_i - max_k(theta_k + l_k)
    that category i has above what it must beat, l and u being the ends of the support.
    """
    if noise.tail != "none":
        return theta + delta
    low, high = (np.broadcast_to(end, theta.shape) for end in noise.support)
    floor = np.argmax(theta + low)
    room = theta + high - (theta + low)[floor]
    delta = delta - delta[floor]
    return theta + room * np.expm1(np.clip(delta / room, -3.0, 3.0))


def _grounded(theta: np.ndarray, p: np.ndarray) -> np.ndarray:
    return theta - theta[np.argmax(p)]


def _shorter(
    noise: Any, point: Point, delta: np.ndarray, slopes: np.ndarray, p: np.ndarray
) -> Point:
    """The first of the steps delta, delta / 2, ... that shrinks the spread as it should."""
    # Where rounding is all that is left, shorter steps will not help.
    left = max(_ROUNDING, 10 * rounding(point.theta, slopes))
    size, least = 1.0, 0.5 if point.spread < left else 0.5**_HALVINGS
    while True:
        moved = at(noise, _grounded(_moved(noise, point.theta, size * delta), p), p)
        if moved.spread < (1 - 0.1 * size) * point.spread or size <= least:
            return moved
        size /= 2


@np.errstate(all="ignore")
def _secants(noise: Any, p: np.ndarray, start: np.ndarray, tiny: np.ndarray, found: Match) -> Match:
    """Each theta_i of a tiny p_i by itself, as the others feel 1e-30 of it; bisection helps out."""
    target, width = np.log(p[tiny]), np.broadcast_to(noise.resolution, p.shape)[tiny]
    usual = _put(start[~tiny], ~tiny)

    def excess(x: np.ndarray) -> tuple[np.ndarray, Point]:
        point = at(noise, usual + _put(x, tiny), p)
        return point.ratio[tiny] - np.mean(point.ratio[~tiny]), point

    x = start[tiny]
    old = x - (width + np.abs(x)) / 1024
    below, seen = excess(old)
    low, high = np.full(len(x), -np.inf), np.full(len(x), np.inf)
    best, least, slope = x, np.full(len(x), np.inf), np.zeros(len(x))
    for _ in range(_STEPS):
        above, point = excess(x)
        closer = np.abs(above) < least
        seen = point if np.any(closer) else seen
        best, least = np.where(closer, x, best), np.where(closer, np.abs(above), least)
        low, high = np.where(above < 0, x, low), np.where(above < 0, high, x)
        if np.all((least < -4 * _EPS * target) | (high - low < 2 * np.spacing(np.abs(x)))):
            break
        differ = (x != old) & (above != below) & np.isfinite(above) & np.isfinite(below)
        rise = np.where(differ, above - below, 0.0)
        slope = np.where(differ, rise / np.where(differ, x - old, 1.0), slope)
        # A secant where it leads on, else the middle, or far out where there is no middle yet.
        most = width + np.abs(x) / 2
        new = x - np.clip(above / slope, -most, most)
        middle = np.where(np.isfinite(high - low), (low + high) / 2, x - np.sign(above) * most)
        old, below, x = x, above, np.where(closer & (new > low) & (new < high), new, middle)
    slopes = _put(slope, tiny) + _put(found.slopes, ~tiny)
    end = max(found.spread, float(2 * np.max(least)))
    return Match(usual + _put(best, tiny), end, slopes, seen, found.short)


def _put(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    full = np.zeros(where.shape)
    full[where] = values
    return full
