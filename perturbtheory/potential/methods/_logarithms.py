"""log p_i where p_i is too small for the nodes that serve all: each such i on a window of its own.

    p_i = int exp(g_i(s)) ds,   g_i = sum_j log F_j(s - theta_j) + log f_i - log F_i at s - theta_i.

All that counts lies where g_i is within e^-50 of its maximum. A log-concave law gives one such
place; under others, such as those with polynomial tails, i wins by a jump of its own or by one of
every other coordinate, and g_i has a maximum for each of these.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.numerics import gauss_legendre
from perturbtheory.potential.methods import _bounds, _chebyshev, _cuts, _panels
from perturbtheory.potential.methods._integrals import Block

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

    Vector = Float[np.ndarray, "d"]

Curve = Callable[[np.ndarray], np.ndarray]
_DEPTH, _FALL, _FARTHEST = 50.0, 16.0, -1e5
_TABLE = 2**22
"""From how many evaluations on sum_j log F_j is tabulated first."""
_WALKED = 2**17
"""Up to how many kinks times coordinates a walk stops at all of them."""
_AT_ONCE, _MOST, _WALKS = 2**20, 64, 4000
"""Evaluations held in memory, most panels of an integral, most windows of a walk."""


def log_probabilities(noise: Any, theta: Vector, which: Int[np.ndarray, "n"]) -> np.ndarray:
    """log p_i for i in `which`; -inf where i can never win."""
    out = np.full(len(which), -np.inf)
    wins = can_win(noise, theta, which)
    which = which[wins]
    if not len(which):
        return out
    found = np.empty(len(which))
    with np.errstate(all="ignore"):
        walked = is_walked(noise, theta, which)
        for serve, own in ((_walked, walked), (_by_windows, ~walked)):
            if own.any():
                found[own] = serve(noise, theta, which[own])
    out[wins] = np.minimum(found, 0.0)
    return out


def can_win(noise: Any, theta: Vector, which: Int[np.ndarray, "n"]) -> np.ndarray:
    """Whether i may be largest, for i in `which`: under bounded noise it may be out of reach."""
    low, high = (np.broadcast_to(end, theta.shape) for end in noise.support)
    return theta[which] + high[which] > np.max(theta + low)


def is_walked(noise: Any, theta: Vector, which: Int[np.ndarray, "n"]) -> Bool[np.ndarray, "n"]:
    """Whether panels serve, and not windows: a walk stops at every kink on its way."""
    kinks = sum(noise.landmarks(theta.size).kinks)
    windows_serve = noise.step is not None or not (kinks or noise.tail == "polynomial")
    if windows_serve or kinks * (1 + len(noise.fringe)) * theta.size**2 >= _WALKED:
        return np.zeros(len(which), bool)
    return is_near(noise, theta, which)  # which takes long for many


def is_near(noise: Any, theta: Vector, which: Int[np.ndarray, "n"]) -> Bool[np.ndarray, "n"]:
    """Whether a walk from the top gets to where g_i counts: log F is not too small there."""
    near = np.ones(len(which), bool)
    if len(which):
        near = _bounds.log_cdf_of_maximum(noise, theta, theta[which]) > _FARTHEST
    far = which[~near]
    if len(far):
        part, own = part_of(noise, theta, far), theta[far]

        def exponent(s: np.ndarray) -> np.ndarray:
            x = s - own
            g = _bounds.log_of_product(noise, theta, s.ravel()).reshape(s.shape)
            g = g + (part.log_pdf(x) - part.log_cdf(x))
            return np.where(np.isnan(g), -np.inf, g)

        low, high = windows(exponent, *ends(noise, theta, far))
        grid = low + (high - low) * np.arange(17)[:, None] / 16
        g = exponent(grid)
        first = grid[np.argmax(g > np.max(g, 0) - _DEPTH, 0), np.arange(len(far))]
        near[~near] = _bounds.log_cdf_of_maximum(noise, theta, first) > _FARTHEST
    return near


def part_of(noise: Any, theta: Vector, which: np.ndarray) -> Any:
    chosen = np.zeros(theta.size, bool)
    chosen[which] = True
    return noise.take(chosen)


def _by_windows(noise: Any, theta: Vector, which: np.ndarray) -> np.ndarray:
    """Gauss-Legendre on windows found by sixteen points at a time.

    Where a law has kinks they are small ones of a sum of many logarithms, which is then known to
    a share of 1e-6.
    """
    part, own = part_of(noise, theta, which), theta[which]
    low, high = ends(noise, theta, which)

    def direct(s: np.ndarray) -> np.ndarray:
        return _bounds.log_of_product(noise, theta, s.ravel()).reshape(s.shape)

    def exponent(curve: Curve, at: Int[np.ndarray, "m"]) -> Curve:
        law = part if not part.shape else _sliced(part, len(own), at)

        def g(s: np.ndarray) -> np.ndarray:
            x = s - own[at]
            value = curve(s) + (law.log_pdf(x) - law.log_cdf(x))
            return np.where(np.isnan(value), -np.inf, value)

        return g

    curve: Curve = direct
    if 200 * len(which) * theta.size > _TABLE:
        # A rough table says which part of the curve matters, a fine one is made of that part.
        rough = _chebyshev.interpolant(direct, float(low.min()), float(high.max()), 1e-4)
        low, high = windows(exponent(rough, np.arange(len(which))), low, high)
        tolerance = 1e-14 + 1e-15 * theta.size**0.5 if noise.smooth else 1e-6
        curve = _chebyshev.interpolant(direct, float(low.min()), float(high.max()), tolerance)
    out, flat = np.empty(len(which)), np.zeros(len(which), bool)
    size = max(1, _AT_ONCE // (64 * (theta.size if curve is direct else 16)))
    for k in range(0, len(which), size):
        at = np.arange(k, min(k + size, len(which)))
        out[at], flat[at] = _integral(functools.partial(exponent, curve), at, low[at], high[at])
    # Among many kinks there is nothing better, elsewhere there is.
    if flat.any() and noise.smooth:
        flat &= is_near(noise, theta, which)
    if flat.any() and noise.smooth:
        out[flat] = _walked(noise, theta, which[flat])
    return out


def ends(noise: Any, theta: Vector, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between which points all that counts of each integrand lies."""
    bottom, top = noise.bracket(_bounds.FLOOR, _bounds.CEILING)
    low = np.broadcast_to(theta + bottom, theta.shape)[which]
    # Above everything else only f_i is left, which falls by e^-50 within 50 lengths at most.
    high = np.max(theta + top) + _DEPTH * np.broadcast_to(noise.resolution, theta.shape)[which]
    low = np.maximum(low, np.max(theta + noise.support[0]))
    return low, np.minimum(high, np.broadcast_to(theta + noise.support[1], theta.shape)[which])


def _sliced(part: Any, count: int, at: Int[np.ndarray, "m"]) -> Any:
    keep = np.zeros(count, bool)
    keep[at] = True
    return part.take(keep)


def windows(exponent: Curve, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The parts of [low, high] on which each exponent is within 50 of its maximum."""
    index, sixteenths = np.arange(len(low)), np.arange(17)[:, None] / 16
    for _ in range(40):
        grid = low + (high - low) * sixteenths
        g = exponent(grid)
        counts = g > np.max(g, 0) - _DEPTH
        first = np.maximum(np.argmax(counts, 0) - 1, 0)
        last = np.minimum(17 - np.argmax(counts[::-1], 0), 16)
        low, high = grid[first, index], grid[last, index]
        if np.all(last - first > 8):
            break
    return low, high


def _integral(
    exponent: Callable[[Int[np.ndarray, "m"]], Curve],
    at: Int[np.ndarray, "n"],
    low: np.ndarray,
    high: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """log int exp(exponent(at)) ds between low and high, one integral for each of `at`.

    To about a share of 1e-9; True where that was not reached: exponential tails may make an
    integrand flat and wide.
    """
    low, high = windows(exponent(at), low, high)
    fine, panels, off = _log_sum(exponent(at), low, high, 4), 4, np.ones(len(at), bool)
    while True:
        coarse, panels = fine[off], 2 * panels
        fine[off] = _log_sum(exponent(at[off]), low[off], high[off], panels)
        off[off] = np.abs(fine[off] - coarse) > 1e-9
        if not np.any(off) or panels >= _MOST:
            return fine, off


def _log_sum(exponent: Curve, low: np.ndarray, high: np.ndarray, panels: int) -> np.ndarray:
    """log int exp(exponent) ds between low and high, by so many Gauss-Legendre panels."""
    nodes, weights = gauss_legendre(16)
    at = ((np.arange(panels)[:, None] + (1 + nodes) / 2) / panels).ravel()
    g = exponent(low + (high - low) * at[:, None])
    most = np.max(g, 0)
    terms = np.exp(g - np.where(np.isfinite(most), most, 0.0))
    return most + np.log(np.tile(weights / 2 / panels, panels) @ terms * (high - low))


def _walked(noise: Any, theta: Vector, which: np.ndarray) -> np.ndarray:
    """Gauss-Legendre on panels with kinks, from the top of the window down until all is found."""
    return walk(noise, theta, which, lambda g, _, weights: logs_of_sums(g, weights))


def walk(
    noise: Any, theta: Vector, which: np.ndarray, add: Callable[..., np.ndarray]
) -> np.ndarray:
    """log p_i for i in `which`; `add` is given g_i, the rates and weights of every block of nodes.

    It answers with what the block adds to log p_i.
    """
    part, own = part_of(noise, theta, which), theta[which]
    bounds = _bounds.panel_bounds(noise, theta)
    out = part.log_sf(bounds[-1] - own)  # above the window, where all others are below
    last = np.full(len(which), -np.inf)
    for k in range(_WALKS):
        panels = _cuts.cut_at_kinks(noise, theta, _graded(part, own, bounds))
        new = np.full(len(which), -np.inf)
        for make in _panels.blocks_of(theta, panels):
            block = make()
            new = np.logaddexp(new, add(*_exponents(noise, block, which), block.weights[0]))
        out = np.logaddexp(out, new)
        # What is left is less than F there: prod F_j grows, and the integral of f_i is F_i.
        done = _bounds.log_cdf_of_maximum(noise, theta, bounds[:1]) < out - 40.0
        if noise.tail != "polynomial":  # the maximum has been passed where what is added falls
            done |= (new < out - 40.0) & (new <= last) & np.isfinite(out)
        if np.all(done):
            break
        last = np.maximum(new, -1e300)
        bounds = _bounds.bounds_below(noise, theta, float(bounds[0]), 64.0 * 2 ** min(k, 6))
        if len(bounds) < 2:
            break
    return out


def _graded(part: Any, own: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Panels on which no log f_i moves by more than 16, next to the end where f_i is largest.

    F rises by e^16 at most on a panel: where f_i falls by more, all that counts is at its left end.
    """
    density = part.log_pdf(bounds[:, None] - own)
    rise = np.diff(np.where(np.isfinite(density), density, np.nan), axis=0)
    cuts = [bounds]
    for move, left, share in ((-rise, bounds[:-1], 1.0), (rise, bounds[1:], -1.0)):
        most = np.max(np.nan_to_num(move, nan=0.0), 1)
        for k in np.flatnonzero(most > _FALL):
            halves = 0.5 ** np.arange(1, 1 + np.ceil(np.log2(most[k] / _FALL)))
            cuts.append(left[k] + share * (bounds[k + 1] - bounds[k]) * halves)
    return np.unique(np.concatenate(cuts)) if len(cuts) > 1 else bounds


def _exponents(noise: Any, block: Block, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(g_i for i in `which`, log r_j for every j) at the nodes of a block."""
    rest = 0.0 if block.rest is None else block.rest
    x = block.x + rest
    cdf, rate = noise.cdf_and_rate_at(block.x, np.broadcast_to(rest, x.shape))
    small = cdf < 1e-290
    log_cdf = np.where(small, noise.log_cdf(x), np.log(np.where(small, 1.0, cdf)))
    usual = (rate > 1e-290) & ~small
    log_rate = np.where(usual, np.log(np.maximum(rate, 1e-300)), noise.log_pdf(x) - log_cdf)
    g = np.sum(log_cdf, 1)[:, None] + log_rate[:, which]
    return np.where(np.isnan(g), -np.inf, g), log_rate


def logs_of_sums(g: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """log sum_k weights_k exp(g_k), column by column."""
    most = np.max(g, 0)
    safe = np.where(np.isfinite(most), most, 0.0)
    return safe + np.log(np.maximum(weights @ np.exp(g - safe), 0.0))
