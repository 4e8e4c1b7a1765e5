"""What a perturbation is: independent noise gamma_i that declares its mathematics."""

from __future__ import annotations

import abc
import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from perturbtheory.numerics import Landmarks, floats, leaves, mapped, namespace
from perturbtheory.perturbations._answers import wrap
from perturbtheory.perturbations._bisection import bisect, bisect_log_quantile
from perturbtheory.perturbations._partial_mean import upper_partial_mean
from perturbtheory.perturbations._shown import Shown

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from perturbtheory.numerics import Array

Tail = Literal["none", "gaussian", "exponential", "polynomial"]
LANDMARKS = (-95.0, -60.0, -36.0, -20.0, -10.0, -5.0, -2.5, -1.2, -math.log(2.0))
"""Log probabilities at whose quantiles the landmarks of a law are, unless it says otherwise."""


class AbstractPerturbation(Shown, abc.ABC):
    """Noise gamma = (gamma_1, ..., gamma_d) with independent real coordinates.

    Parameters are scalars (independent, identically distributed coordinates) or vectors of
    shape ``(d,)`` (one value per coordinate). Points x have shape ``(..., d)`` or, where the
    parameters are scalars, any shape. Methods answer in NumPy and float64, unless x or a parameter
    is a JAX array: then in JAX. Subclasses are final: frozen dataclasses under `register`.
    A new one needs `log_pdf`, `log_cdf`, `log_sf`, `mean`, `variance`, `sample` and its
    declarations; quantiles and quadrature follow, and `formula` shows it. Its formulas serve both
    libraries if they begin with ``xp, x, ... = pt.numerics.floats(x, ...)``.
    """

    tail: ClassVar[Tail] = "exponential"
    """How the heavier of the two tails decays."""
    gaussian: ClassVar[bool] = False  # whether the law is normal
    independent: ClassVar[bool] = True
    """Whether the coordinates are independent."""
    continuous: ClassVar[bool] = True
    """Whether gamma_i has a density; where not, `atoms` and `weights` say where its mass is."""
    smooth: ClassVar[bool] = True
    """Whether the density is differentiable on the whole line."""
    kinks: tuple[float, ...] = ()
    """Where it jumps or bends inside the support; places that are missing cost digits."""
    positive: ClassVar[bool] = True
    """Whether the density is positive on the whole line."""
    differentiable: ClassVar[bool] = True
    """Whether JAX can differentiate the formulas of the law."""
    has_formula: ClassVar[bool] = True
    """Whether JAX can differentiate log F in the parameters; if not, differences are taken."""
    step: ClassVar[float | None] = None
    """Step in units of `resolution` at which the trapezoidal rule serves; None for panels."""
    exponent: ClassVar[float | None] = None
    """c where the density is a sum of exp(a x / resolution), |a| <= c, between named kinks."""
    fringe: tuple[float, ...] = ()
    """Offsets around every kink at which a quadrature panel must end."""
    accuracy: ClassVar[tuple[float, float]] = (1024.0, 2.3e-308)
    """(n, a): F_i and 1 - F_i are known to n roundings of themselves, and to a."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        wrap(cls)

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        """(l, u) with P(l_i <= gamma_i <= u_i) = 1, the tightest such; infinite by default."""
        xp = namespace(*leaves(self))
        return xp.asarray(-xp.inf), xp.asarray(xp.inf)

    @property
    @abc.abstractmethod
    def mean(self) -> Float[Array, "#d"]:
        """E[gamma_i]; infinite or NaN where there is no finite mean, see `finite_mean`."""

    @property
    @abc.abstractmethod
    def variance(self) -> Float[Array, "#d"]:
        """Var[gamma_i]; infinite where it diverges."""

    @property
    def finite_mean(self) -> Array:
        """Whether E|gamma_i| < infinity, for every coordinate."""
        mean = self.mean
        xp = namespace(mean)
        return xp.all(xp.isfinite(mean))

    @property
    def valid(self) -> Array:
        """Whether every parameter is a finite number; traced parameters are only known late."""
        numbers = leaves(self)
        xp = namespace(*numbers)
        checks = [xp.all(xp.isfinite(number)) for number in numbers]
        return xp.all(xp.stack(checks)) if checks else xp.asarray(True)

    @property
    def shape(self) -> tuple[int, ...]:
        """() for identically distributed coordinates, (d,) where parameters differ."""
        shapes = set(map(np.shape, leaves(self)))
        return np.broadcast_shapes(*shapes) if len(shapes) > 1 else next(iter(shapes), ())

    @property
    def resolution(self) -> Float[Array, "#d"]:
        """The length on which the density varies: its width, or the narrowest feature of it."""
        upper, lower = (self.log_quantile(-math.log(8.0), upper=u) for u in (True, False))
        return upper - lower

    @property
    def gumbel_scale(self) -> Array | float | None:
        """b where E[max(theta + gamma)] = b log sum exp(theta / b), as for Gumbel noise of scale b.

        None for all noise that is not max-stable in this sense.
        """
        return None

    @abc.abstractmethod
    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log f_i(x), minus infinity off the support."""

    @abc.abstractmethod
    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log F_i(x) = log P(gamma_i <= x), accurate in both tails."""

    @abc.abstractmethod
    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log S_i(x) = log P(gamma_i > x), accurate in both tails."""

    @abc.abstractmethod
    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Independent draws of the given shape, whose last axis is the coordinate.

        `key` is a `numpy.random.Generator`, which draws in NumPy, or a JAX key.
        """

    def cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """F_i(x) = P(gamma_i <= x)."""
        log_cdf = self.log_cdf(x)
        return namespace(log_cdf).exp(log_cdf)

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """(log F_i(x), f_i(x) / F_i(x)): all that the quadrature of E[max] asks for.

        The second is the reversed hazard rate, the derivative of the first. Only called where
        F_i(x) > 0.
        """
        log_cdf, log_pdf = self.log_cdf(x), self.log_pdf(x)
        xp = namespace(log_cdf)
        # A node may round onto the end of the support, where F is zero or f infinite.
        usable = xp.isfinite(log_cdf) & xp.isfinite(log_pdf)
        return log_cdf, xp.where(usable, xp.exp(log_pdf - xp.where(usable, log_cdf, 0.0)), 0.0)

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """(F_i(x), f_i(x) / F_i(x)), where no digits of a small F are needed."""
        log_cdf, rate = self.log_cdf_and_rate(x)
        return namespace(log_cdf).exp(log_cdf), rate

    def cdf_and_rate_at(
        self, x: Float[Array, "..."], rest: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """`cdf_and_rate` at x + rest, where adding the two may lose digits that the law needs."""
        return self.cdf_and_rate(x + rest)

    def score(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """|d log f_i / dx|, or a bound: by how much of itself a rounding of x moves the density."""
        gap = 1e-4 * self.resolution
        xp, x, gap = floats(x, gap)
        slope = xp.abs(self.log_pdf(x + gap) - self.log_pdf(x - gap)) / (2 * gap)
        return xp.where(xp.isfinite(slope), slope, 0.0)

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        """x with log F_i(x) = level, or log S_i(x) = level if `upper`, by bisection; level < 0."""
        return bisect_log_quantile(self, level, upper)

    def log_quantiles(
        self, levels: tuple[float, ...], *, upper: bool = False
    ) -> Float[Array, "m #d"]:
        """`log_quantile` of every level, one per row."""
        return bisect_log_quantile(self, np.asarray(levels, float)[:, None], upper)

    def bracket(self, floor: float, ceiling: float) -> tuple[Array, Array]:
        """(x, y), scalars or of shape (d,), with log F_i(x) <= floor and log S_i(y) <= ceiling."""
        return self.log_quantile(floor), self.log_quantile(ceiling, upper=True)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """x with F_i(x) = q for 0 < q < 1, of the shape of q; by bisection unless overridden."""
        xp, q, *_ = floats(q, *leaves(self))
        lower_half = q < 0.5
        log_q, log_rest = xp.log(q), xp.log1p(-q)

        def is_right(x: Array) -> Array:
            return xp.where(lower_half, self.log_cdf(x) < log_q, self.log_sf(x) > log_rest)

        return bisect(xp.zeros(np.broadcast_shapes(q.shape, self.shape), q.dtype), is_right)

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """E[gamma_i; gamma_i > x] = x S_i(x) + int_x^inf S_i(y) dy, for x far in the upper tail.

        Only polynomial tails need it; by default a quadrature.
        """
        return upper_partial_mean(self, x)

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        """How many nodes of the trapezoidal rule reach rounding error for every theta, or None.

        Asked by the compiled engine, whose number of nodes cannot depend on theta: a number needs
        an analytic law with light tails and scalar parameters; None means Gauss-Legendre on the
        panels that `landmarks` cut out.
        """
        return None

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        """Where quadrature panels must be narrow; by default quantiles and what lies between."""
        below = self.log_quantiles(LANDMARKS)
        above = self.log_quantiles(LANDMARKS[-2::-1], upper=True)
        xp = namespace(below, above)
        location = xp.concatenate([below, above])
        gap = xp.diff(location, axis=0)
        inner = xp.minimum(gap[1:], gap[:-1])
        width = xp.concatenate([gap[:1], inner, gap[-1:]]) / 3
        places = (*self.support, *self.kinks)
        ends = xp.stack([xp.broadcast_to(xp.asarray(e), location.shape[1:]) for e in places])
        # An infinite end is no landmark: park it on a quantile that is one already.
        parked = location[np.asarray([0, -1] + [0] * len(self.kinks))]
        ends = xp.where(xp.isfinite(ends), ends, parked)
        kinks = (False,) * len(location) + (True,) * len(places)
        location = xp.concatenate([location, ends.astype(location.dtype)])
        width = xp.concatenate([width, xp.full_like(ends, xp.inf)])
        return Landmarks(location, width, xp.zeros_like(location), kinks)

    def weighted_sum(self, weights: Float[np.ndarray, "d"]) -> AbstractPerturbation | None:  # noqa: ARG002
        """The law of sum_i weights_i gamma_i, where it has a closed form; otherwise None."""
        return None

    def log_integral_over_shifts(
        self,
        x: Float[Array, "... d"],  # noqa: ARG002
        there: Bool[Array, "... d"],  # noqa: ARG002
    ) -> Float[Array, "..."] | None:
        """log int prod_i f_i(x_i + s) ds in closed form, or None; over i where `there` is True.

        The log density of differences of gamma, by quadrature where there is no formula.
        """
        return None

    def take(self, keep: np.ndarray) -> Self:
        """The law of the coordinates at which the boolean array `keep` is True."""
        if not self.shape:
            return self
        return mapped(lambda leaf: leaf[keep] if np.ndim(leaf) else leaf, self)

    def unshifted(self) -> tuple[AbstractPerturbation, Any]:
        """(a law near zero, c) such that gamma is c plus that law; c is a number or of shape (d,).

        The engine adds a number c to f, and a vector to theta, so that digits of distances to
        kinks are not lost to c. A law that answers with a vector must have `shifted`.
        """
        return self, 0.0

    def shifted(self, by: Float[np.ndarray, "d"]) -> Self:
        """The law of gamma + by: what is left when theta + c has been rounded."""
        raise NotImplementedError("a law whose `unshifted` answers with a vector needs `shifted`")

    def rescaled(self, power: int) -> Self:
        """The law of 2^power gamma, so that nothing overflows; raises ValueError if it has none."""
        msg = (
            f"`perturbation` {self} has no exact rescaling by 2^{power}, which numbers of this "
            "size need; bring theta and the noise nearer to one"
        )
        raise ValueError(msg)

    def astype(self, dtype: Any) -> Self:
        """The same perturbation with every parameter an array of the given dtype."""
        return mapped(lambda leaf: namespace(leaf).asarray(leaf, dtype), self)

    def untabulated(self) -> AbstractPerturbation:
        """The law of which this is a table; itself if it is none."""
        return self

    def prepare(self, dtype: Any) -> AbstractPerturbation:
        """The law with parameters of one dtype, for the compiled engine; a table if F is slow."""
        return self.astype(dtype)


def require_perturbation(name: str, value: Any) -> None:
    """Raise TypeError unless `value` is a perturbation, whose coordinates are independent."""
    if not isinstance(value, AbstractPerturbation):
        from perturbtheory.perturbations._dependent import not_independent

        raise TypeError(not_independent(name, value))


wrap(AbstractPerturbation)
