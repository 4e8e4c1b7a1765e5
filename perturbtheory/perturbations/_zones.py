"""Into which zones the line is cut to describe the density of a law: kinks, poles and tails."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.perturbations._adaptive import Zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from perturbtheory.perturbations._base import AbstractPerturbation

FARTHEST = 1e150
"""In units of the resolution, how far heavy tails are followed."""
_CUTS = 4
_STEEP, _VANISHING = 30.0, 560.0
"""Where f vanishes faster than any power, F is followed down to exp(-560) there: F of the smoothed
law is as small not far below."""
_NEAR = 1e-2
"""In units of the width, how far from a kink its own scale is used."""


def log_density_near(law: AbstractPerturbation, origin: float) -> Callable[..., Any]:
    """Log f at origin + x of a law of one coordinate, for arrays x.

    Next to a pole, and to an end at which f may vanish, the law itself must add the two; elsewhere
    the sum is as good.
    """
    at_end = any(np.ravel(end)[0] == origin for end in law.support)

    def log_density(x: np.ndarray) -> Any:
        points: Any = x.reshape(-1, 1)
        if not (law.fringe or at_end):
            return law.log_pdf(origin + points).reshape(x.shape)
        near: Any = np.full(points.shape, origin)
        cdf, rate = law.cdf_and_rate_at(near, points)
        with np.errstate(divide="ignore"):
            return (np.log(cdf) + np.log(rate)).reshape(x.shape)

    return log_density


def kinks_of(law: AbstractPerturbation) -> list[float]:
    """The kinks of a law of one coordinate, ascending; landmarks far out in a tail are none."""
    marks = law.landmarks(1)
    kinks = {float(row[0]) for row, kink in zip(marks.location, marks.kinks, strict=True) if kink}
    ends = [float(np.ravel(end)[0]) for end in law.support]

    def is_inside(kink: float) -> bool:
        x: Any = np.asarray([kink])
        return min(float(law.log_cdf(x)[0]), float(law.log_sf(x)[0])) > -90.0

    return sorted(kink for kink in kinks if kink in ends or is_inside(kink))


def zones_of(
    kinks: list[float],
    ends: tuple[float, float],
    resolution: float,
    log_density: Callable[[float], Callable[..., Any]],
    depth: float,
    *,
    deep: bool,
) -> list[Zone]:
    """Zones from one end to the other, one around every kink (or any point of a law without).

    `log_density` gives log f around an origin. Where f vanishes or explodes as a power at a kink,
    and with `deep` at the ends of the support, positions go down to where the mass between them
    and the kink is exp(-depth).
    """
    low, high = ends
    meet = [low, *((a + b) / 2 for a, b in itertools.pairwise(kinks)), high]
    zones = []
    for kink, left, right in zip(kinks, meet[:-1], meet[1:], strict=True):
        near = log_density(kink)
        size = min(resolution, right - left)
        sides = [s for s, room in ((-1.0, kink - left), (1.0, right - kink)) if room > 0]
        powers = [power_at(near, side * size) for side in sides]
        at_end = len(sides) == 1
        if (deep and at_end) or any(abs(power) > 1e-4 for power in powers):
            deeper = _VANISHING if max(powers) > _STEEP else depth
            scale = min(_scale(near, side * size, deeper) for side in sides)
            gap, split = 1.0, max(_NEAR * size, 100.0 * scale)
        else:
            scale, gap, split = size, 0.0, math.inf
        # Positions are rounded at the size of v, so farther out they are counted by the width.
        inner = max(left, kink - split), min(right, kink + split)
        if left < inner[0]:
            zones.append(Zone(kink, size, _spread((left - kink) / size, (inner[0] - kink) / size)))
        cuts: list[float] = []
        if left < kink:
            cuts += _spread((inner[0] - kink) / scale, -math.sinh(gap))
        if right > kink:
            cuts += _spread(math.sinh(gap), (inner[1] - kink) / scale)
        zones.append(Zone(kink, scale, tuple(sorted(set(cuts)))))
        if inner[1] < right:
            zones.append(Zone(kink, size, _spread((inner[1] - kink) / size, (right - kink) / size)))
    return zones


def _spread(low: float, high: float) -> tuple[float, ...]:
    return tuple(np.linspace(math.asinh(low), math.asinh(high), _CUTS + 1).tolist())


def power_at(log_density: Callable[..., np.ndarray], size: float) -> float:
    """d log f / d log |x| next to a kink."""
    near, far = log_density(size * np.array([1e-8, 1e-6]))
    power = (far - near) / math.log(100.0)
    return power if np.isfinite(power) else 0.0


def _scale(log_density: Callable[..., np.ndarray], size: float, depth: float) -> float:
    """The largest distance at which x f(x) is below exp(-depth): no mass is left nearer."""
    x = size * 10.0 ** -np.arange(0.05, 250.0, 0.05)
    fallen = np.flatnonzero(log_density(x) + np.log(np.abs(x / size)) < -depth)
    return float(abs(x[fallen[0]] if fallen.size else x[-1]))
