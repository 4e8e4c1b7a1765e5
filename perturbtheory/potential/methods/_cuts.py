"""Panels cut at the kinks of every coordinate, and graded towards ends with a power law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from perturbtheory.numerics import accurate_sum

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    Vector = Float[np.ndarray, "d"]

_RATIO, _LEVELS = 4.0, 10
"""Towards a power law panels shrink by the first, so often."""
_ORDER, _NOTHING = 8.0, 1e-280
"""On the last panel x = u^k, such that F ~ u^8."""
_SOME, _MANY = 32, 2**16
"""From how many coordinates, and kinks times coordinates, on cutting everywhere takes long."""


class Panels(NamedTuple):
    """Panels of points theta_frame + left + rest + width u^power for u in [0, 1].

    `left` is a kink of the frame, or any place. Widths may be negative: by a rounding where two
    kinks stand next to each other, and where power > 1 below a kink.
    """

    frame: Int[np.ndarray, "n"]
    left: Float[np.ndarray, "n"]
    rest: Float[np.ndarray, "n"]
    width: Float[np.ndarray, "n"]
    power: Float[np.ndarray, "n"]

    def nodes(self, at: slice, u: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(rest + width u^power, its weights), given a rule (u, w) on [0, 1]."""
        rest, width, power = (a[at, None] for a in (self.rest, self.width, self.power))
        if np.all(power == 1.0):
            return rest + width * u, width * w
        weight = np.where(power > 1.0, np.abs(width), width) * power * u ** (power - 1)
        return rest + width * u**power, weight * w

    def halved(self) -> Panels:
        """Every panel as two; of one with a power, the last quarter without it and the rest."""
        frame, left, power = (np.repeat(a, 2) for a in (self.frame, self.left, self.power))
        share = np.where(self.power > 1.0, 1 / _RATIO, 0.5)
        width = np.stack([self.width * share, self.width * (1 - share)], 1).ravel()
        rest = np.repeat(self.rest, 2)
        rest[1::2] += width[::2]
        # Below a kink the part without a power is walked upwards.
        turned = (power > 1.0) & (width < 0) & (np.arange(len(width)) % 2 == 1)
        rest, width = np.where(turned, rest + width, rest), np.where(turned, -width, width)
        power[1::2] = 1.0
        return Panels(frame, left, rest, width, power)


class _Cuts(NamedTuple):
    """Places theta_frame + left + rest in ascending order.

    `power` is the exponent of the density on either side of a kink, NaN where that is no trouble.
    """

    frame: np.ndarray
    left: np.ndarray
    rest: np.ndarray
    power: np.ndarray

    def pick(self, order: np.ndarray) -> Self:
        return type(self)(*(a[order] for a in self))


def cut_at_kinks(noise: Any, theta: Vector, bounds: Float[np.ndarray, "n"]) -> Panels:
    """The panels between `bounds`, each referring to the coordinate whose kink is at its end."""
    kinks = _kinks(noise, theta, bounds[0], bounds[-1])
    bounds = _away(bounds, (theta[kinks.frame] + kinks.left)[~np.isnan(kinks.power).all(1)])
    cuts, sharp = _places(theta, np.argsort(theta), bounds), _sharp(noise, theta, bounds)
    if not len(kinks.frame) + len(sharp.frame):
        return _between(theta, cuts)
    cuts = _Cuts(*(np.concatenate(three) for three in zip(cuts, kinks, sharp, strict=True)))
    place = theta[cuts.frame] + cuts.left + cuts.rest
    # Where kinks meet a power law above is next to the panel above, one below to that below.
    above, below = (~np.isnan(cuts.power[:, side]) for side in (1, 0))
    order = np.lexsort((above.astype(int) - below, cuts.rest, place))
    return _between(theta, cuts.pick(order))


def _fringe(noise: Any) -> np.ndarray:
    """Zero and the offsets from a kink at which cuts are due besides; towards ends of the support
    `_graded` does it with fewer.
    """
    graded = np.any(np.isfinite(noise.support))
    return np.array([0.0, *(() if graded else noise.fringe)])


def many_kinks(
    noise: Any, theta: Vector, bounds: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "m #d"] | None:
    """Where the kinks of a coordinate are, if cutting at all of them would take too long."""
    marks = noise.landmarks(theta.size)
    location = marks.location[np.asarray(marks.kinks, bool)]
    fringe = _fringe(noise)
    location = (location + fringe[:, None, None]).reshape(-1, location.shape[1])
    place = theta + location
    inside = np.count_nonzero((place > bounds[0]) & (place < bounds[-1]))
    if theta.size < _SOME or inside * theta.size < _MANY:
        return None
    # Next to a pole only differences from the pole itself will do.
    if len(fringe) == 1 and not np.all(np.isnan(_powers(noise, location))):
        return None
    return location


def _away(bounds: np.ndarray, poles: np.ndarray) -> np.ndarray:
    """The bounds but for those next to a pole, beyond which the density would be steep unseen."""
    if not len(poles):
        return bounds
    poles = np.sort(poles)
    k = np.searchsorted(poles, bounds)
    after = poles[np.minimum(k, len(poles) - 1)] - bounds
    distance = np.minimum(np.abs(after), np.abs(bounds - poles[np.maximum(k - 1, 0)]))
    width = np.diff(bounds)
    keep = distance > 0.5 * np.minimum(np.append(width, np.inf), np.append(np.inf, width))
    keep[[0, -1]] = True
    return bounds[keep]


def _places(theta: Vector, ordered: np.ndarray, bounds: np.ndarray) -> _Cuts:
    """Places that are no kinks, each from the theta next to it."""
    k = np.clip(np.searchsorted(theta[ordered], bounds), 1, max(1, theta.size - 1))
    below, above = ordered[k - 1], ordered[np.minimum(k, theta.size - 1)]
    frame = np.where(bounds - theta[below] < theta[above] - bounds, below, above)
    none = np.full((len(bounds), 2), np.nan)
    return _Cuts(frame, bounds - theta[frame], 0 * bounds, none)


def _kinks(noise: Any, theta: Vector, low: float, high: float) -> _Cuts:
    marks = noise.landmarks(theta.size)
    location = marks.location[np.asarray(marks.kinks, bool)]
    if not len(location):
        return _Cuts(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros((0, 2)))
    fringe = _fringe(noise)
    shape = (len(location), theta.size, len(fringe))
    place = (theta + location)[:, :, None] + fringe
    inside = (place >= low) & (place <= high)
    frame = np.broadcast_to(np.arange(theta.size)[:, None], shape)[inside]
    left = np.broadcast_to(location[:, :, None], shape)[inside]
    rest = np.broadcast_to(fringe, shape)[inside]
    power = np.full((*location.shape, 2), np.nan)
    if len(frame) and len(fringe) == 1:
        power = _powers(noise, location)
    power = np.broadcast_to(power[:, :, None], (*shape, 2))[inside]
    power = np.where(rest[:, None] == 0, power, np.nan)
    return _Cuts(frame, left, rest, power)


def _sharp(noise: Any, theta: Vector, bounds: Float[np.ndarray, "n"]) -> _Cuts:
    """Cuts about every theta_i next to which numbers are further apart than the law is wide.

    The nearest are one width away, others three times as far, up to where `bounds` serve.
    """
    width = np.broadcast_to(noise.resolution, theta.shape)
    gap = np.spacing(np.abs(theta))
    blurred = (gap > width / 64) & (theta >= bounds[0]) & (theta <= bounds[-1])
    frame = np.flatnonzero(blurred)
    frame = frame[np.unique(np.stack([theta, width])[:, frame], axis=1, return_index=True)[1]]
    if not frame.size:
        return _Cuts(frame, np.zeros(0), np.zeros(0), np.zeros((0, 2)))
    steps = 3.0 ** np.arange(np.ceil(np.log(np.max(64 * gap[frame] / width[frame])) / np.log(3.0)))
    rest = np.ravel(width[frame, None] * np.concatenate([-steps[::-1], [0.0], steps]))
    frame = np.repeat(frame, 2 * steps.size + 1)
    keep = np.abs(rest) < 64 * gap[frame]
    frame, rest = frame[keep], rest[keep]
    return _Cuts(frame, 0 * rest, rest, np.full((rest.size, 2), np.nan))


def _powers(noise: Any, location: Float[np.ndarray, "m #d"]) -> Float[np.ndarray, "m #d 2"]:
    """a where f(x) ~ |x - kink|^a below and above it; NaN where f vanishes or a is a whole number.

    Between whole numbers, and at poles, Gauss-Legendre converges slowly.
    """
    near = np.array([1e-4, 1e-6])
    step = np.stack([-near, near])[:, :, None, None] * noise.resolution
    at = np.broadcast_to(location, np.broadcast_shapes(location.shape, step.shape))
    step = np.broadcast_to(step, at.shape)
    cdf, rate = noise.cdf_and_rate_at(at, step)
    density = cdf * rate
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.log(density[:, 0] / density[:, 1]) / np.log(near[0] / near[1])
    plain = (np.abs(power - np.round(power)) < 2e-3) & (power > -0.5)
    power = np.where(np.isfinite(power) & ~plain, np.clip(power, -0.95, 7.0), np.nan)
    return np.moveaxis(power, 0, -1)


def _between(theta: Vector, cuts: _Cuts) -> Panels:
    """One panel between neighbours, from the kink at its left end, else from that at its right."""
    one, two = cuts.pick(slice(None, -1)), cuts.pick(slice(1, None))  # pyright: ignore[reportArgumentType]
    width = accurate_sum(
        theta[two.frame], -theta[one.frame], two.left, -one.left, two.rest, -one.rest
    )
    rising, falling = one.power[:, 1], two.power[:, 0]
    both = ~np.isnan(falling)
    share = np.where(both, 0.5, 1.0)
    left = _graded(one, width * share, rising, 1.0)
    turned = _graded(two.pick(both), width[both] / 2, falling[both], -1.0)
    panels = Panels(*(np.concatenate(pair) for pair in zip(left, turned, strict=True)))
    return Panels(*(a[np.abs(panels.width) > _NOTHING] for a in panels))


def _graded(cuts: _Cuts, width: np.ndarray, power: np.ndarray, sign: float) -> Panels:
    """The panel of this width beside every cut, in pieces that shrink towards it at a power law."""
    levels = np.where(np.isnan(power), 0, _LEVELS)
    owner = np.repeat(np.arange(len(levels)), levels + 1)
    level = np.arange(len(owner)) - np.repeat(np.cumsum(levels + 1) - levels - 1, levels + 1)
    far = width[owner] * _RATIO ** -level.astype(float)
    last = level == levels[owner]
    near = np.where(last, 0.0, far / _RATIO)
    curved = last & ~np.isnan(power[owner]) & (far > 0)
    exponent = np.where(curved, _ORDER / (1 + np.nan_to_num(power[owner])), 1.0)
    # Below a kink panels are walked upwards, but for those with a power.
    start = near if sign > 0 else np.where(curved, 0.0, -far)
    length = np.where(curved, sign * far, far - near)
    return Panels(cuts.frame[owner], cuts.left[owner], cuts.rest[owner] + start, length, exponent)
