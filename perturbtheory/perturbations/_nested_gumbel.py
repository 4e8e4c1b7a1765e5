"""Gumbel noise with nests: the laws behind nested and cross-nested logit."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.checks import parameter, positive, require, slack
from perturbtheory.numerics import (
    draw,
    dtype_of_draws,
    floats,
    is_known,
    leaves,
    namespace,
    register,
    split,
)
from perturbtheory.perturbations._dependent import AbstractDependentNoise
from perturbtheory.perturbations._gumbel import EULER, Gumbel

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array

_WAY_OUT = "pass labels 0, ..., m - 1 of shape (d,), or shares of shape (d, m), rows of sum one"


@register
@dataclasses.dataclass(frozen=True, eq=False)
class NestedGumbel(AbstractDependentNoise):
    r"""F(x) = exp(-sum_m (sum_i (a_im e^(-x_i / b - c))^(1 / lambda_m))^lambda_m), c = 0.5772...

    Zero-mean Gumbel coordinates of scale b that are alike within m nests, in which lambda_m in
    (0, 1], from 1e-30 on, is the `dissimilarity`: 1 for independent noise, near 0 for equal
    coordinates, and 1 - lambda_m^2 the correlation within a nest. Under it, with theta / b in the
    place of theta and of f where b is not one,

        f(theta) = log sum_m e^(lambda_m I_m),    I_m = log sum_i (a_im e^theta_i)^(1 / lambda_m),
        p_i = sum_m p(m) p(i | m),    p(m) = softmax(lambda_m I_m)_m,

    p(i | m) the softmax of (theta_i + log a_im) / lambda_m: nested logit where each category is in
    one nest, cross-nested logit where categories have shares a_im in several (Williams, 1977; Daly
    and Zachary, 1978; McFadden, 1978). The coordinates are dependent, so that this is no
    `AbstractPerturbation`; `expected_max` takes it. Under JAX all parameters have derivatives of
    every order.

    Args:
        nests: the nest of each category, integers 0, ..., m - 1 of shape ``(d,)``; or the shares
            a_im >= 0 of each category, shape ``(d, m)``, rows of sum one.
        dissimilarity: lambda, a number or one per nest, shape ``(m,)``.
        scale: b > 0, a number.

    Raises:
        ValueError: for other nests, or numbers outside these ranges. With lambda_m > 1 in a nest of
            two or more the formula for f is no expected maximum, whatever the noise: where the nest
            is unlikely, a gain of one of its categories raises the others.

    Example:
        >>> import perturbtheory as pt
        >>> buses = pt.NestedGumbel([0, 1, 1], [1.0, 0.01])  # two buses, as good as one
        >>> pt.expected_max(buses).probabilities([0.0, 0.0, 0.0]).round(4).tolist()
        [0.4983, 0.2509, 0.2509]
    """

    nests: Any  # after construction the shares, Float[Array, "d m"]
    dissimilarity: Any  # Float[Array, "m"]
    scale: Float[Array, ""] | float = 1.0

    form: ClassVar[str] = "nests"
    formula: ClassVar[str] = (
        r"F(x) = \exp\Bigl(-\sum_m \Bigl(\sum_i (a_{im} e^{-x_i/\sigma - 0.57721\ldots})"
        r"^{1/\lambda_m}\Bigr)^{\lambda_m}\Bigr)"
    )

    def __post_init__(self) -> None:
        if isinstance(self.nests, list | tuple | np.ndarray) and _are_words(self.nests):
            msg = (
                f"`nests` must be labels 0, ..., m - 1, got {self.nests!r}; pass "
                "numpy.unique(nests, return_inverse=True)[1]"
            )
            raise ValueError(msg)
        shares = _shares(parameter("nests", self.nests))
        many = shares.shape[1]
        dissimilarity = parameter("dissimilarity", self.dissimilarity)
        way_out = "pass a number, or one per nest; 1 stands for independent noise"
        require("dissimilarity", dissimilarity, _in_range, "be from 1e-30 to 1", way_out)
        if np.ndim(dissimilarity) == 0:
            dissimilarity = namespace(dissimilarity).broadcast_to(dissimilarity, (many,))
        if np.shape(dissimilarity) != (many,):
            msg = (
                f"`dissimilarity` must have {many} entries, one per nest, got shape "
                f"{np.shape(dissimilarity)}; {way_out}"
            )
            raise ValueError(msg)
        scale = parameter("scale", self.scale)
        require("scale", scale, positive, "be positive and finite", "pass a number > 0", most=0)
        self._set(shares, dissimilarity, scale)

    @property
    def shape(self) -> tuple[int, ...]:
        """``(d,)``: every coordinate has its own nest."""
        return np.shape(self.nests)[:1]

    @property
    def valid(self) -> Array:
        """Whether every parameter is in its range; traced parameters are only known late."""
        xp, shares, dissimilarity, scale = floats(self.nests, self.dissimilarity, self.scale)
        sums = xp.abs(xp.sum(shares, 1) - 1) <= slack(shares.dtype)
        inside = xp.all(_in_range(dissimilarity)) & (scale > 0) & (scale < xp.inf)
        return xp.all(shares >= 0) & xp.all(sums) & inside

    @property
    def finite_mean(self) -> Array:
        """True."""
        return namespace(self.scale).asarray(True)

    @property
    def mean(self) -> Float[Array, "d"]:
        """Zero."""
        xp, shares = floats(self.nests)
        return xp.zeros(shares.shape[:1], shares.dtype)

    @property
    def variance(self) -> Float[Array, "d"]:
        """(pi scale)^2 / 6, that of Gumbel noise: nests change no coordinate by itself."""
        return self.mean + self.margins()[0].variance

    @property
    def resolution(self) -> Float[Array, ""]:
        """That of Gumbel noise."""
        return self.margins()[0].resolution

    @property
    def accuracy(self) -> tuple[float, float]:
        """That of Gumbel noise."""
        return self.margins()[0].accuracy

    def margins(self) -> tuple[Gumbel, Any]:
        """(the law of a coordinate, 1)."""
        return Gumbel(self.scale), 1.0

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Draws of the given shape, whose last axis is the coordinate.

        gamma_i / b + c is the largest of log a_im + lambda_m (log S_m + G_im), G_im independent
        Gumbel variables and S_m positive stable of index lambda_m (Kanter, 1975).
        `key` is a `numpy.random.Generator`, which draws in NumPy, or a JAX key.
        """
        self.require_coordinates(shape)
        one, two = split(key)
        dtype, many = dtype_of_draws(key, *leaves(self)), np.shape(self.nests)[1]
        gumbel = draw(one, "gumbel", (*shape, many), dtype)
        stable = log_stable(two, self.dissimilarity, (*shape[:-1], many), dtype)
        xp, gumbel, stable, shares, dissimilarity, scale = floats(
            gumbel, stable, self.nests, self.dissimilarity, self.scale
        )
        log_share = xp.where(shares > 0, xp.log(xp.where(shares > 0, shares, 1.0)), -xp.inf)
        each = log_share + dissimilarity * (stable[..., None, :] + gumbel)
        return scale * (xp.max(each, -1) - EULER)

    def take(self, keep: Any) -> Self:
        """The law of the coordinates at which the boolean array `keep` is True."""
        return self._with(self.nests[keep], self.dissimilarity, self.scale)

    def rescaled(self, power: int) -> Self:
        """The law of 2^power times this."""
        return self._with(self.nests, self.dissimilarity, np.ldexp(self.scale, power))

    def smoothed(self, temperature: Any) -> Self:
        """Raise ValueError: the law of gamma + t G has no formula."""
        msg = (
            f"`NestedGumbel` noise has no formula at a temperature, got {temperature} and {self}; "
            "average softmax((theta + gamma) / t) over `sample`, or use `FactorNoise` "
            "over Gumbel noise for categories that are alike"
        )
        raise ValueError(msg)

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        """A row takes m numbers for every coordinate."""
        return np.shape(self.nests)[1]

    def prepare(self, dtype: Any) -> Self:
        """Parameters of one dtype, for the compiled engine."""
        return self._with(*(namespace(a).asarray(a, dtype) for a in leaves(self)))

    def written(self) -> str:
        from perturbtheory.display import exact_array

        shares = self.nests
        whole = is_known(shares) and bool(np.all((np.asarray(shares) == 0) | (shares == 1)))
        plain = whole and bool(np.all(np.any(shares, 0)))
        nests = np.argmax(np.asarray(shares), 1) if plain else shares
        scale = "" if is_known(self.scale) and self.scale == 1 else f", {exact_array(self.scale)}"
        inside = f"{exact_array(nests)}, {exact_array(self.dissimilarity)}"
        return f"NestedGumbel({inside}{scale})"

    def _set(self, *parameters: Any) -> None:
        for field, value in zip(dataclasses.fields(self), parameters, strict=True):
            object.__setattr__(self, field.name, value)

    def _with(self, *parameters: Any) -> Self:
        """Not through the constructor: parts of what has been checked need no check."""
        made = object.__new__(type(self))
        made._set(*parameters)
        return made


_LEAST = 1e-30
"""The smallest dissimilarity: its inverse is a number in 32 bits too."""


def _in_range(array: Any) -> Any:
    return (array >= _LEAST) & (array <= 1)


def _are_words(nests: Any) -> bool:
    return any(isinstance(label, str) for label in np.asarray(nests, object).ravel())


def _shares(nests: Any) -> Any:
    """Shares of shape ``(d, m)``, from labels or as they are."""
    require("nests", nests, np.isfinite, "be finite", _WAY_OUT, most=2)
    if np.ndim(nests) == 2:
        require("nests", nests, lambda a: a >= 0, "not be negative", _WAY_OUT, most=2)
        if is_known(nests):
            sums = np.sum(np.asarray(nests, float), 1)
            off = np.abs(sums - 1)
            if np.any(off > slack(nests.dtype)):
                worst = int(off.argmax())
                msg = (
                    f"`nests` must have rows of sum one, got the sum {sums[worst]} in row {worst}; "
                    "divide each row by its sum"
                )
                raise ValueError(msg)
        return nests
    if np.ndim(nests) == 0 or not is_known(nests):
        msg = f"`nests` must be known labels or a matrix of shares, got {nests}; {_WAY_OUT}"
        raise ValueError(msg)
    labels = np.asarray(nests, float)
    if np.any(labels < 0) or np.any(labels != np.round(labels)):
        msg = f"`nests` must be labels 0, 1, ..., got {nests}; {_WAY_OUT}"
        raise ValueError(msg)
    count = int(labels.max()) + 1
    missing = np.setdiff1d(np.arange(min(count, labels.size + 1)), labels)
    if missing.size:
        msg = f"`nests` must use every label from 0 on, got none of {missing[0]:.0f}; {_WAY_OUT}"
        raise ValueError(msg)
    return parameter("nests", np.eye(count)[labels.astype(int)])


def log_stable(key: Any, index: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """log S with E e^(-t S) = e^(-t^index), 0 < index <= 1, in Kanter's form.

    S = sin(a U) / sin(U)^(1/a) (sin((1 - a) U) / E)^((1 - a) / a), U uniform on (0, pi), E standard
    exponential.
    """
    one, two = split(key)
    u = draw(one, "uniform", shape, dtype)
    e = draw(two, "exponential", shape, dtype)
    xp, u, e, index = floats(u, e, index)
    tiny = xp.finfo(u.dtype).tiny
    u, e = math.pi * xp.where(u > 0, u, 0.5), xp.maximum(e, tiny)
    rest = xp.where(index < 1, 1 - index, 0.5)
    spread = xp.log(xp.maximum(xp.sin(rest * u), tiny) / e)
    stable = xp.log(xp.sin(index * u)) - (xp.log(xp.sin(u)) - rest * spread) / index
    return xp.where(index < 1, stable, 0.0)
