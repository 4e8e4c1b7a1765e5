"""d log p_i / d theta_j where p_i is too small for the nodes that serve all.

With g_i as in `_logarithms` and <.>_i the mean under the density exp(g_i) / p_i of the maximum,

    d log p_i / d theta_j = -<r_j>_i    for j != i; rows sum to zero,

on the window of g_i. So H_ij = p_i d log p_i / d theta_j keeps the digits of p_i.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.numerics import gauss_legendre
from perturbtheory.potential.methods import _logarithms

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    Vector = Float[np.ndarray, "d"]

_AT_ONCE, _MOST = 2**20, 64
"""Evaluations held in memory, most panels of an integral."""
_AGREED = 1e-11


class Slopes(NamedTuple):
    """log p_i, and the row of its derivatives, for some i."""

    log_p: Float[np.ndarray, "n"]
    rows: Float[np.ndarray, "n d"]


def slopes(noise: Any, theta: Vector, which: Int[np.ndarray, "n"]) -> Slopes:
    """For i in `which`; -inf and zeros where i can never win, or log p_i is below -1e308."""
    log_p, rows = np.full(len(which), -np.inf), np.zeros((len(which), theta.size))
    wins = np.flatnonzero(_logarithms.can_win(noise, theta, which))
    # A window begins with sixteen panels of a few nodes; rows are taken as memory allows.
    size = max(1, _AT_ONCE // (256 * theta.size))
    with np.errstate(all="ignore"):
        walked = _logarithms.is_walked(noise, theta, which[wins])
        for serve, own in ((_walked, wins[walked]), (_by_windows, wins[~walked])):
            for k in range(0, len(own), size):
                at = own[k : k + size]
                log_p[at], rows[at] = serve(noise, theta, which[at])
    # Where log p_i itself is no number its slope is none.
    rows[~np.isfinite(log_p)] = 0.0
    own = (np.arange(len(which)), which)
    rows[own] = 0.0
    rows[own] = -rows.sum(1)
    return Slopes(np.minimum(log_p, 0.0), rows)


def _by_windows(noise: Any, theta: Vector, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre on the window of each g_i, with twice the panels until two rules agree."""

    def exponents(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = s[..., None] - theta
        log_cdf = noise.log_cdf(x)
        log_rate = noise.log_pdf(x) - log_cdf
        g = np.sum(log_cdf, -1) + np.take_along_axis(log_rate, which[None, :, None], -1)[..., 0]
        return np.where(np.isnan(g), -np.inf, g), log_rate

    low, high = _logarithms.ends(noise, theta, which)
    low, high = _logarithms.windows(lambda s: exponents(s)[0], low, high)
    nodes, weights = gauss_legendre(16)
    panels, before = 4, None
    while True:
        at = ((np.arange(panels)[:, None] + (1 + nodes) / 2) / panels).ravel()
        g, log_rate = exponents(low + (high - low) * at[:, None])
        share = np.tile(weights / 2 / panels, panels)
        log_p = _logarithms.logs_of_sums(g, share) + np.log(high - low)
        mass = share[:, None] * np.exp(g - log_p) * (high - low)
        rate = np.where(mass[..., None] > 0, np.exp(log_rate), 0.0)
        rows = -np.einsum("nk,nkd->kd", mass, rate)
        if before is not None:
            off = np.abs(rows - before).max(1) > _AGREED * np.abs(rows).max(1)
            if not off.any() or panels >= _MOST:
                break
        panels, before = 2 * panels, rows
    # Features narrower than such panels are what a walk stops at.
    off &= _logarithms.is_near(noise, theta, which)
    if off.any() and noise.smooth:
        log_p[off], rows[off] = _walked(noise, theta, which[off])
    return log_p, rows


def _walked(noise: Any, theta: Vector, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """On panels with kinks, as `_logarithms.walk`; masses are kept in units of the largest."""
    total, rows = np.full(len(which), -np.inf), np.zeros((len(which), theta.size))

    def add(g: np.ndarray, log_rate: np.ndarray, weights: np.ndarray) -> np.ndarray:
        nonlocal total, rows
        new = _logarithms.logs_of_sums(g, weights)
        larger = np.maximum(total, new)
        unit = np.where(np.isfinite(larger), larger, 0.0)
        mass = weights[:, None] * np.exp(g - unit)
        rate = np.where(np.isnan(log_rate), 0.0, np.exp(log_rate))
        here = mass.T @ np.where(np.any(mass > 0, 1)[:, None], rate, 0.0)
        rows = rows * np.where(np.isfinite(total), np.exp(total - unit), 0.0)[:, None] - here
        total = larger
        return new

    log_p = _logarithms.walk(noise, theta, which, add)
    return log_p, rows * np.exp(total - log_p)[:, None]
