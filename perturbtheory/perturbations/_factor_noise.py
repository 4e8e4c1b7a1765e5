"""Noise of one law plus few normal factors that all coordinates share."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.checks import finite, parameter, require
from perturbtheory.display import plain_repr
from perturbtheory.numerics import (
    draw,
    dtype_of_draws,
    floats,
    is_known,
    leaves,
    namespace,
    register,
    require_registered,
    split,
)
from perturbtheory.perturbations._base import AbstractPerturbation, Tail, require_perturbation
from perturbtheory.perturbations._dependent import AbstractDependentNoise
from perturbtheory.perturbations._factor_nodes import FEWEST, NODES, POINTS, RULES, require_nodes

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class FactorNoise(AbstractDependentNoise):
    """gamma + B u: independent gamma_i = `noise`, loadings B, u standard normal of rank r.

    `loadings` has shape ``(d, r)``, or ``(d,)`` for one factor. The coordinates are dependent, with
    covariance D + B B', D diagonal; given u they are independent. It is no `AbstractPerturbation`,
    whose coordinates always are: `expected_max` and `expected_logsumexp` take it, and `sample`
    draws it. A constant added to a column of B changes no probability, nor the potential.

    With normal `noise` this is the multinomial probit of factor form; with `expected_logsumexp`, or
    with Gumbel `noise`, the mixed logit with error components (McFadden and Train, 2000). Rank 1
    and 2 are computed to rounding. From rank 3 on answers are means over `nodes` quasi-Monte-Carlo
    points, the same in every call, by which p is right to about 1e-4 for moderate loadings:
    `estimate_probabilities` says how far, and a log p_i that rests on few points is refused. Normal
    noise of up to six categories is answered as `JointNormal` then, exactly, unless `nodes` are
    given. Where the law of `noise` has kinks or atoms, rank 1 alone is served; under atoms no two
    rows of B may be equal, or ties remain.

    Raises ValueError for loadings of another shape, NaN or infinite, and `nodes` out of range;
    TypeError for a `noise` that is no perturbation.

    Example:
        >>> import perturbtheory as pt
        >>> f = pt.expected_max(pt.FactorNoise(pt.Normal(), [1.0, 1.0, 0.0]))
        >>> f.probabilities([0.0, 0.0, 0.0]).round(4).tolist()  # the first two move together
        [0.3169, 0.3169, 0.3661]
    """

    noise: AbstractPerturbation
    loadings: Float[Array, "d r"]
    nodes: int | None = dataclasses.field(default=None, metadata={"static": True})
    """Nodes per factor under JAX; by default what known loadings need, else 256 or 96. Of three and
    more factors the points in all, in NumPy too: a power of two from 2**10 on, by default 2**14, or
    2**11 under laws such as Student's, of which every point is computed by itself."""

    formula: ClassVar[str] = r"\gamma + B u,\quad u \sim \mathrm{N}(0, I)"

    def __post_init__(self) -> None:
        require_perturbation("noise", self.noise)
        require_registered("noise", self.noise)
        loadings = parameter("loadings", self.loadings)
        way_out = "pass an array of shape (d,) or (d, r)"
        require("loadings", loadings, finite, "be finite", way_out, most=2)
        if np.ndim(loadings) == 0:
            msg = f"`loadings` must have one row per category, got {loadings}; {way_out}"
            raise ValueError(msg)
        loadings = loadings[:, None] if np.ndim(loadings) == 1 else loadings
        object.__setattr__(self, "loadings", loadings)
        if self.nodes is not None:
            require_nodes(self.nodes, loadings.shape[1])
        d = loadings.shape[0]
        if self.noise.shape and self.noise.shape != (d,):
            msg = (
                f"`loadings` must have {self.noise.shape[0]} rows, one for each coordinate of "
                f"`noise`, got shape {loadings.shape}; {way_out}"
            )
            raise ValueError(msg)
        if not self.noise.continuous and is_known(loadings):
            rows = np.unique(np.asarray(loadings, float), axis=0)
            if len(rows) < d:
                msg = (
                    f"`loadings` must differ between categories under {self.noise}, got equals, "
                    "whose ties remain; use `noise` alone if all are equal, or smooth it "
                    "with `smoothed(noise, temperature)`"
                )
                raise ValueError(msg)

    @property
    def form(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """`factors`, over which a rule of one or two variables goes, or `points` for more."""
        many = np.shape(self.loadings)[1] > RULES
        if many and is_known(self.loadings):
            many = self.centred().shape[1] > RULES
        return "points" if many else "factors"

    def computed(self) -> AbstractDependentNoise:
        """`JointNormal` in the place of points that nobody asked for, where it serves."""
        from perturbtheory.perturbations._joint_normal import MOST, JointNormal

        few = self.shape[0] <= MOST and self.nodes is None
        if not (few and self.noise.gaussian and self.form == "points"):
            return self
        xp, own, loadings = floats(self.noise.variance, self.loadings)
        own = xp.broadcast_to(own, loadings.shape[:1])
        return JointNormal(xp.diag(own) + loadings @ loadings.T)

    @property
    def points(self) -> int:
        """How many points there are for three and more factors; fewer of laws that take longer."""
        one_rule = self.noise.step is not None or self.noise.gumbel_scale is not None
        return self.nodes or (POINTS if one_rule else POINTS // 8)

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of `noise` if it is heavier than the Gaussian tail of the factors."""
        return "gaussian" if self.noise.tail == "none" else self.noise.tail

    @property
    def shape(self) -> tuple[int, ...]:
        """``(d,)``: every coordinate has its own loadings."""
        return np.shape(self.loadings)[:1]

    @property
    def differentiable(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether JAX can differentiate the formulas of the law."""
        return self.noise.differentiable

    @property
    def valid(self) -> Array:
        """Whether every parameter is a number."""
        xp, loadings = floats(self.loadings)
        return self.noise.valid & xp.all(xp.isfinite(loadings))

    @property
    def finite_mean(self) -> Array:
        """Whether E|gamma_i| is finite; that of u always is."""
        return self.noise.finite_mean

    @property
    def mean(self) -> Float[Array, "d"]:
        """E[gamma_i]: the factors have mean zero."""
        xp, mean, loadings = floats(self.noise.mean, self.loadings)
        return xp.broadcast_to(mean, loadings.shape[:1])

    @property
    def variance(self) -> Float[Array, "d"]:
        """Var[gamma_i] + sum_k B_ik^2."""
        xp, variance, loadings = floats(self.noise.variance, self.loadings)
        return variance + xp.sum(xp.square(loadings), -1)

    @property
    def resolution(self) -> Float[Array, "#d"]:
        """That of `noise`; of atoms the size of the loadings, which spread them."""
        if self.noise.continuous:
            return self.noise.resolution
        loadings = np.asarray(self.loadings, float)
        return np.max(np.abs(loadings - loadings.mean(0)))

    @property
    def accuracy(self) -> tuple[float, float]:
        """That of `noise`."""
        return self.noise.accuracy

    def margins(self) -> tuple[AbstractPerturbation, Any]:
        """(a law, c) such that c_i times it is about as wide as coordinate i: where to begin."""
        xp, width, loadings = floats(self.resolution, self.loadings)
        if not self.noise.continuous:
            from perturbtheory.perturbations._normal import Normal

            return Normal(), xp.sqrt(xp.sum(xp.square(loadings), -1) + xp.square(width))
        return self.noise, xp.sqrt(1 + xp.sum(xp.square(loadings), -1) / xp.square(width))

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Draws of the given shape, whose last axis is the coordinate; of u one per row.

        `key` is a `numpy.random.Generator`, which draws in NumPy, or a JAX key.
        """
        self.require_coordinates(shape)
        one, two = split(key)
        dtype = dtype_of_draws(key, *leaves(self))
        u = draw(two, "normal", (*shape[:-1], np.shape(self.loadings)[1]), dtype)
        _, own, u, loadings = floats(self.noise.sample(one, shape), u, self.loadings)
        return own + u @ loadings.T

    def take(self, keep: Any) -> Self:
        """The law of the coordinates at which the boolean array `keep` is True."""
        return self._with(self.noise.take(keep), self.loadings[keep])

    def unshifted(self) -> tuple[Self, Any]:
        """(a law near zero, c) such that gamma is c plus that law."""
        near, shift = self.noise.unshifted()
        return self if near is self.noise else self._with(near, self.loadings), shift

    def shifted(self, by: Float[np.ndarray, "d"]) -> Self:
        """The law of gamma + by."""
        return self._with(self.noise.shifted(by), self.loadings)

    def rescaled(self, power: int) -> Self:
        """The law of 2^power times this."""
        return self._with(self.noise.rescaled(power), np.ldexp(self.loadings, power))

    def smoothed(self, temperature: Any) -> Self:
        """gamma + B u + t G."""
        from perturbtheory.perturbations._smoothed import smoothed

        return self._with(smoothed(self.noise, temperature), self.loadings)

    def prepare(self, dtype: Any) -> Self:
        """The form for the compiled engine, which has to know how many nodes there are."""
        loadings = self.loadings
        known = all(map(is_known, leaves(self)))
        nodes = self.nodes or NODES.get(np.shape(loadings)[1], self.points)
        if known and self.form == "factors":
            if np.shape(loadings)[1] > RULES:
                loadings = self.centred() if self.slope() else 0 * loadings[:, :1]
                nodes = None  # those were points
            if self.nodes is None or nodes is None:
                nodes = 2 * math.ceil(FEWEST * math.sqrt(1 + self.slope() ** 2 / 2))
        loadings = namespace(loadings).asarray(loadings, dtype)
        return self._with(self.noise.prepare(dtype), loadings, nodes)

    def known(self, noise: AbstractPerturbation) -> Self:
        """This law of `noise`, inside of a callback of JAX's: loadings in NumPy."""
        return self._with(noise, np.asarray(self.loadings, np.float64))

    def columns(self) -> Float[np.ndarray, "d r"]:
        """B with the middle of every column at zero."""
        loadings = np.asarray(self.loadings, float)
        return loadings - (loadings.max(0) + loadings.min(0)) / 2

    def centred(self) -> Float[np.ndarray, "d k"]:
        """B with the middle of every column at zero, and fewer columns where they are dependent."""
        loadings = np.asarray(self.loadings, float)
        if loadings.shape[1] == 0:
            return loadings
        mean = loadings - loadings[:1]
        mean = mean - mean.mean(0)
        rounding = 8 * float(np.finfo(float).eps) * np.max(np.abs(loadings))
        if loadings.shape[1] > 1:
            left, size, _ = np.linalg.svd(mean, full_matrices=False)
            kept = size > rounding * np.sqrt(loadings.size)
            mean = left[:, kept] * size[kept]
        elif np.max(np.abs(mean)) <= rounding:
            return mean[:, :0]
        return mean - (mean.max(0) + mean.min(0)) / 2

    def slope(self) -> float:
        """How fast differences change with the factors, in widths of the noise."""
        loadings = np.asarray(self.loadings, float)
        span = float(np.linalg.norm(np.ptp(loadings, axis=0)))
        return span / float(np.min(np.asarray(self.resolution, float))) if span else 0.0

    def smoothing(self) -> tuple[Any, Any] | None:
        """(gamma + B u, t) where `noise` is gamma + t G."""
        parts = self.noise.smoothing()
        return None if parts is None else (self._with(parts[0], self.loadings), parts[1])

    def written(self) -> str:
        from perturbtheory.display import exact_array

        inside = f"{plain_repr(self.noise)}, {exact_array(self.loadings)}"
        nodes = "" if self.nodes is None else f", nodes={self.nodes}"
        return f"FactorNoise({inside}{nodes})"

    def _with(self, noise: Any, loadings: Any, nodes: int | None = None) -> Self:
        """Not through the constructor: parts of what has been checked need no check."""
        made = object.__new__(type(self))
        object.__setattr__(made, "noise", noise)
        object.__setattr__(made, "loadings", loadings)
        object.__setattr__(made, "nodes", nodes or self.nodes)
        return made
