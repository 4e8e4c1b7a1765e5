"""gamma + t G, with G zero-mean Gumbel: what turns Perturb-Argmax into Perturb-Softmax."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from perturbtheory.checks import parameter, positive, require
from perturbtheory.numerics import Landmarks, floats, is_known, leaves, namespace, register, split
from perturbtheory.perturbations._adaptive import Zone, resolve
from perturbtheory.perturbations._base import AbstractPerturbation, Tail, require_perturbation
from perturbtheory.perturbations._convolution import SWING, Convolution, gumbel_cuts
from perturbtheory.perturbations._discrete import Discrete
from perturbtheory.perturbations._discrete_plus_gumbel import DiscretePlusGumbel
from perturbtheory.perturbations._gumbel import EULER, Gumbel
from perturbtheory.perturbations._scale import EXPONENTIAL_NODES
from perturbtheory.perturbations._shown import ShownSum
from perturbtheory.perturbations._table import Table, tabulate
from perturbtheory.perturbations._tabulated import AbstractTabulated
from perturbtheory.perturbations._units import Units
from perturbtheory.perturbations._zones import FARTHEST, kinks_of, log_density_near, zones_of

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array

_DEPTH = 250.0
"""-log of the smallest F and S that the table holds before it continues them."""
_DEEPER = 1.4 * _DEPTH
"""-log of the smallest probabilities of gamma and G that are convolved."""
_NARROWEST = -80
"""Power of two of the temperature below which the width of the noise has no effect."""
_APART = 50.0
"""In temperatures, how wide a law with kinks may be before they are told apart."""
_SWING = 100.0


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Smoothed(ShownSum, AbstractTabulated):
    """f(x) = E_G[f_gamma(x - t G)] for any continuous gamma; made by `smoothed`.

    The law is one function of one variable: log f is computed once as integrals of positive terms,
    log F and log S as sums of those from either end, and all are kept as a table.
    """

    base: AbstractPerturbation
    temperature: Float[Array, ""] | float

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The heavier of the base's tail and the exponential tail of G."""
        return "polynomial" if self.base.tail == "polynomial" else "exponential"

    @property
    def valid(self) -> Array:
        xp, t = floats(self.temperature)
        return self.base.valid & xp.all(xp.isfinite(t) & (t > 0))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.base.shape

    @property
    def mean(self) -> Float[Array, "#d"]:
        return self.base.mean

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, base, t = floats(self.base.variance, self.temperature)
        return base + xp.square(t) * (np.pi**2 / 6)

    @property
    def _is_narrow(self) -> bool:
        """Whether t is so small that panels around the kinks are cheaper than an even grid."""
        numbers = leaves(self)
        if self.base.step is not None or not all(map(is_known, numbers)):
            return False
        return bool(np.any(self.base.resolution > _APART * np.asarray(self.temperature)))

    @property
    def step(self) -> float | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the wider law; of G where the base has none and t is not small."""
        if self.tail == "polynomial" or self._is_narrow:
            return None
        return min(self.base.step or 1.0, Gumbel.step or 1.0)

    @property
    def resolution(self) -> Float[Array, "#d"]:
        xp, base, t = floats(self.base.resolution, self.temperature)
        return xp.maximum(base, t) if self.base.step is not None else xp.broadcast_to(t, base.shape)

    @property
    def fringe(self) -> tuple[float, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The panels of t G around every kink, and the fringe of the base farther out."""
        if not self._is_narrow:
            return ()
        t = float(self.temperature)
        own = t * (gumbel_cuts(100.0) - EULER)
        outer = [offset for offset in self.base.fringe if not own[0] < offset < own[-1]]
        return tuple(sorted([*own.tolist(), *outer]))

    def landmarks(self, dimension: int) -> Landmarks:
        marks = self.base.landmarks(dimension)
        if self._is_narrow and not self.base.smooth and not namespace(*leaves(self)).traced:
            return marks
        return smoothed_landmarks(marks, self.temperature)

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        one, two = split(key)
        _, base, gumbel, t = floats(
            self.base.sample(one, shape), Gumbel().sample(two, shape), self.temperature
        )
        return base + t * gumbel

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        # Adding zero-mean noise of scale t moves a polynomial tail by a relative (t / x)^2.
        return self.base.upper_partial_mean(x)

    def take(self, keep: np.ndarray) -> Self:
        if not self.shape:
            return self
        return dataclasses.replace(self, base=self.base.take(keep))

    def unshifted(self) -> tuple[AbstractPerturbation, Any]:
        return self._unshifted

    @functools.cached_property
    def _unshifted(self) -> tuple[AbstractPerturbation, Any]:
        near, shift = self.base.unshifted()
        return self if near is self.base else dataclasses.replace(self, base=near), shift

    def shifted(self, by: Float[np.ndarray, "d"]) -> Self:
        return dataclasses.replace(self, base=self.base.shifted(by))

    def units(self) -> Units:
        near, shift = self._unshifted
        if near is self:
            return super().units()
        laws, which, rest, scale = near.units()  # pyright: ignore[reportAttributeAccessIssue]
        size = int(np.prod(self.shape))
        which, rest, scale = (np.broadcast_to(a, size) for a in (which, rest, scale))
        return Units(laws, which, rest + shift, scale)

    def rescaled(self, power: int) -> Self:
        temperature = float(np.ldexp(float(self.temperature), power))
        return dataclasses.replace(self, base=self.base.rescaled(power), temperature=temperature)

    def trapezoid_nodes(self, dimension: int) -> int | None:
        # Where one law is narrow the other is wide: the nodes for both are enough for either.
        base = self.base.trapezoid_nodes(dimension)
        return None if base is None else base + EXPONENTIAL_NODES

    def table_of_one(self) -> Table:
        # In units of the power of two next to t, so that the table is the same in every unit.
        t, power = math.frexp(float(self.temperature))
        size = int(np.frexp(np.max(np.asarray(self.base.resolution)))[1]) - power
        # Noise that is narrower still is no noise; its density would round, for its size.
        widened = max(0, _NARROWEST - size)
        try:
            base = self.base.rescaled(widened - power)
        except ValueError:  # a law that has no such form
            return _tabulate(self.base, float(self.temperature))
        return _tabulate(base, t).moved(0.0, math.ldexp(1.0, power))

    def direct(self) -> AbstractPerturbation:
        from perturbtheory.perturbations._traced import tabulated

        return tabulated(self)


def smoothed(base: AbstractPerturbation, temperature: float | Array) -> AbstractPerturbation:
    """Gamma + t G for G zero-mean Gumbel: E[softmax((theta + gamma)/t)] is its arg max law.

    Raises ValueError unless `temperature` is positive and finite. A traced temperature or
    parameter is allowed; the table is then made inside the computation.

    Example:
        >>> import perturbtheory as pt
        >>> noise = pt.smoothed(pt.Uniform(), 0.5)
        >>> pt.expected_max(noise).probabilities([1.0, 0.0]).round(6).tolist()
        [0.796602, 0.203398]
    """
    way_out = "pass a temperature > 0; for temperature 0 use `expected_max`"
    if temperature is None:
        msg = f"`temperature` must be a number, got None; {way_out}"
        raise ValueError(msg)
    temperature = parameter("temperature", temperature)
    require("temperature", temperature, positive, "be positive and finite", way_out, most=0)
    if not getattr(base, "independent", True):
        return base.smoothed(temperature)  # pyright: ignore[reportAttributeAccessIssue]
    require_perturbation("base", base)
    if isinstance(base, Discrete):
        return DiscretePlusGumbel(base, temperature)
    return Smoothed(base, temperature)


def smoothed_landmarks(base: Landmarks, temperature: Any) -> Landmarks:
    """A smooth law keeps its own width if that exceeds t's; a kink becomes a feature of width t."""
    xp, location, width, reach, t = floats(*base[:3], temperature)
    t = 1.5 * t
    bent = np.flatnonzero(base.kinks)
    corner = xp.broadcast_to(t, location[bent].shape)
    width = xp.concatenate([xp.maximum(width, t), corner])
    reach = xp.concatenate([reach, xp.zeros_like(corner)]) + 4 * t
    location = xp.concatenate([location, location[bent]])
    return Landmarks(location, width, reach, (False,) * len(location))


def _tabulate(base: AbstractPerturbation, t: float) -> Table:
    resolution = float(np.ravel(base.resolution)[0])
    heavy = base.tail == "polynomial"
    low, high = _ends(base, resolution)
    kinks = [] if base.smooth else [k for k in kinks_of(base) if low <= k <= high]
    middle = float(np.ravel(base.log_quantile(-np.log(2.0)))[0])

    def near(origin: float) -> Any:
        return log_density_near(base, origin)

    zones = zones_of(kinks or [middle], (low, high), resolution, near, 40.0, deep=False)
    law = Convolution([resolve(near(z.origin), z, SWING) for z in zones], t, 2 * _DEEPER + 50)
    reach = (low - np.log(_DEEPER) * t, high + _DEPTH * t)
    scale = t if kinks else max(2 * resolution, t)
    origins = _clusters(kinks, _APART * t) if kinks else [(middle, middle)]
    meet = [(a[1] + b[0]) / 2 for a, b in itertools.pairwise(origins)]
    pieces = []
    for (origin, _), left, right in zip(origins, [reach[0], *meet], [*meet, reach[1]], strict=True):
        ends = left - origin, right - origin
        if not heavy:
            ends = _deep_enough(law, origin, ends, left == reach[0], right == reach[1], t)
        first, last = np.arcsinh(np.asarray(ends) / scale)
        cuts = np.linspace(first, last, 9)

        def log_density(x: np.ndarray, origin: float = origin) -> np.ndarray:
            return law(origin, x)

        pieces.append(resolve(log_density, Zone(origin, scale, tuple(cuts)), _SWING))
    return tabulate(pieces, heavy=heavy, ends=(False, False))


def _ends(base: AbstractPerturbation, resolution: float) -> tuple[float, float]:
    """Where gamma is cut off: at exp(-_DEEPER), the end of its support, or absurdly far out."""
    low, high = (float(np.ravel(end)[0]) for end in base.bracket(-_DEEPER, -_DEEPER))
    least, most = (float(np.ravel(end)[0]) for end in base.support)
    far = FARTHEST * resolution
    if not base.smooth:
        # A kink at the end of the support is part of the law, however little mass is next to it.
        low, high = (e if np.isfinite(e) else q for e, q in ((least, low), (most, high)))
    return max(low, least, -far), min(high, most, far)


def _clusters(kinks: list[float], gap: float) -> list[tuple[float, float]]:
    """(first, last) of the kinks that are closer to each other than `gap`."""
    clusters = [(kinks[0], kinks[0])]
    for kink in kinks[1:]:
        if kink - clusters[-1][1] > gap:
            clusters.append((kink, kink))
        else:
            clusters[-1] = (clusters[-1][0], kink)
    return clusters


def _deep_enough(
    law: Convolution, origin: float, ends: tuple[float, float], low: bool, high: bool, t: float
) -> tuple[float, float]:
    """The outer ends moved in to where log f has fallen to -_DEPTH: no deeper than it is known."""
    out = list(ends)
    for k, is_outer in enumerate((low, high)):
        if not is_outer:
            continue
        far, near = out[k], 0.0
        for _ in range(3):
            grid = near + (far - near) * np.linspace(0.0, 1.0, 17)
            fallen = np.flatnonzero(law(origin, grid) + np.log(t) < -_DEPTH)
            if not fallen.size:
                break
            first = max(int(fallen[0]), 1)
            near, far = grid[first - 1], grid[first]
        out[k] = far
    return out[0], out[1]
