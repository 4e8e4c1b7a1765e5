"""The density of gamma + t G at many points, by Gauss-Legendre on the merged panels of both.

    f(x) = int f_gamma(y) f_G((x - y) / t) dy / t

All terms are positive and kept as logarithms, so nothing cancels or underflows, however the two
scales compare. Positions are relative to the kink of gamma that is next to them.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from perturbtheory.numerics import gauss_legendre
from perturbtheory.perturbations._adaptive import horner
from perturbtheory.perturbations._gumbel import EULER

if TYPE_CHECKING:
    from perturbtheory.perturbations._adaptive import Pieces

SWING = 12.0
"""How much log f may change on a panel, so that sixteen points integrate it exactly."""
_NEGLIGIBLE = 40.0
_ROWS = 256
"""How many points are served at a time."""


@functools.cache
def gumbel_cuts(depth: float) -> np.ndarray:
    """Panels for g + c where log f_G(g) > -depth: as wide as a Gaussian of its curvature allows."""
    cuts = [-np.log(depth)]
    while cuts[-1] < depth:
        z = cuts[-1]
        cuts.append(z + min(4.0 * np.exp(z / 2), 1.8 + max(z - 4.0, 0.0), SWING))
    return np.asarray(cuts)


class Convolution:
    """log f of gamma + t G, from the panels of log f_gamma; `depth` bounds -log f_G."""

    def __init__(self, pieces: list[Pieces], temperature: float, depth: float) -> None:
        self._t = temperature
        self._left, self._right = (
            np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("left", "right")
        )
        self._series = np.concatenate([piece.series for piece in pieces])
        counts = [len(piece.left) for piece in pieces]
        self._origin, self._scale = (
            np.repeat([getattr(piece.zone, name) for piece in pieces], counts)
            for name in ("origin", "scale")
        )
        self._low, self._high = (self._scale * np.sinh(v) for v in (self._left, self._right))
        sample = horner(self._series.T[..., None], np.linspace(-1.0, 1.0, 9))
        self._bounds = np.min(sample, -1), np.max(sample, -1)
        z = -gumbel_cuts(depth)[::-1]
        self._cuts = z + EULER
        ends = z - np.exp(z)
        smaller = np.minimum(ends[:-1], ends[1:])
        inside = np.where((z[:-1] < 0) & (z[1:] > 0), -1.0, np.maximum(ends[:-1], ends[1:]))
        self._gumbel_bounds = smaller, inside

    def __call__(self, origin: float, x: np.ndarray) -> np.ndarray:
        """Log f at origin + x."""
        flat = x.ravel()
        parts = [self._some(origin, flat[i : i + _ROWS]) for i in range(0, flat.size, _ROWS)]
        return np.concatenate(parts).reshape(x.shape)

    def _some(self, origin: float, x: np.ndarray) -> np.ndarray:
        row, panel, low, length, h = self._intervals(origin, x)
        nodes, weights = gauss_legendre(16)
        log_f, width = self._log_terms(panel, low, length, h, nodes)
        first = np.searchsorted(row, np.arange(len(x)))
        top = np.maximum.reduceat(np.max(log_f, -1), first)
        total = np.sum(np.exp(log_f - top[row][:, None]) * width * weights, -1) / self._t
        return np.log(np.add.reduceat(total, first)) + top

    def _log_terms(
        self, panel: np.ndarray, low: np.ndarray, length: np.ndarray, h: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(log f_gamma + log f_G, half the width of the interval in x) at y in [-1, 1].

        The interval begins at `low` relative to the origin of the panel, and at h = -g for G.
        Nodes are placed by their distance from there, which is known however small it is.
        """
        scale = self._scale[panel]
        start = low / scale
        v = np.arcsinh(start)
        centre = (v + np.arcsinh(start + length / scale)) / 2
        half = np.arcsinh(length / (2 * scale * np.cosh(centre)))[:, None]
        step = half * (1 + y)
        ahead = 2 * np.cosh(v[:, None] + step / 2) * np.sinh(step / 2)
        z = h[:, None] + (scale / self._t)[:, None] * ahead - EULER
        left, right = self._left[panel][:, None], self._right[panel][:, None]
        place = np.clip((2 * (v[:, None] + step) - left - right) / (right - left), -1.0, 1.0)
        log_f = horner(self._series[panel].T[..., None], place) + z - np.exp(z)
        local = start[:, None] + ahead
        return log_f, half * scale[:, None] * np.sqrt(1 + local * local)

    def _intervals(self, origin: float, x: np.ndarray) -> tuple[np.ndarray, ...]:
        """(row of x, panel of gamma, low, length, h) of the intervals that matter."""
        gap = (origin - self._origin) + x[:, None]
        base = (self._low - gap) / self._t
        last = (self._high[-1] - gap[:, -1:]) / self._t
        count = base.shape[1]
        cuts = np.broadcast_to(self._cuts, (len(x), self._cuts.size))
        place = np.concatenate([base, last, cuts], 1)
        order = np.argsort(place, axis=1, kind="stable")
        place = np.take_along_axis(place, order, 1)
        of_gamma = order <= count
        panel = np.cumsum(of_gamma, 1)[:, :-1] - 1
        gumbel = np.cumsum(~of_gamma, 1)[:, :-1] - 1
        valid = (panel >= 0) & (panel < count) & (gumbel >= 0) & (gumbel < self._cuts.size - 1)
        row, column = np.nonzero(valid)
        panel, gumbel, h = panel[row, column], gumbel[row, column], place[row, column]
        first, last = of_gamma[row, column], of_gamma[row, column + 1]
        low, high = self._low[panel], self._high[panel]
        # Where an end is a cut of G it is known through h; panels of gamma are known exactly.
        start = np.where(first, low, np.clip(gap[row, panel] + self._t * h, low, high))
        length = self._t * (place[row, column + 1] - h)
        length = np.where(first & last, high - low, np.minimum(length, high - start))
        return self._that_matter(row, panel, gumbel, start, length, h)

    def _that_matter(
        self,
        row: np.ndarray,
        panel: np.ndarray,
        gumbel: np.ndarray,
        low: np.ndarray,
        length: np.ndarray,
        h: np.ndarray,
    ) -> tuple[np.ndarray, ...]:
        """First by bounds of both densities, then by their values in the middle."""
        rows = np.arange(row[-1] + 1)
        log_length = np.log(np.maximum(length, 0.0))
        least, most = (
            f[panel] + g[gumbel] + log_length
            for f, g in zip(self._bounds, self._gumbel_bounds, strict=True)
        )
        first = np.searchsorted(row, rows)
        keep = (most >= np.maximum.reduceat(least, first)[row] - _NEGLIGIBLE) & (length > 0)
        row, log_length = row[keep], log_length[keep]
        panel, low, length, h = (a[keep] for a in (panel, low, length, h))
        level = self._log_terms(panel, low, length, h, np.zeros(1))[0][:, 0] + log_length
        first = np.searchsorted(row, rows)
        keep = level >= np.maximum.reduceat(level, first)[row] - _NEGLIGIBLE - SWING
        return tuple(a[keep] for a in (row, panel, low, length, h))
