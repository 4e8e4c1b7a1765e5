"""What noise with dependent coordinates declares."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Self

from perturbtheory.perturbations._shown import Shown

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array
    from perturbtheory.perturbations._base import AbstractPerturbation, Tail


class AbstractDependentNoise(Shown, abc.ABC):
    """Noise gamma = (gamma_1, ..., gamma_d) of a joint law, one row of parameters a coordinate.

    It is no `AbstractPerturbation`, whose coordinates are independent: `expected_max` takes it, and
    `sample` draws it. Its laws are `FactorNoise`, `JointNormal` and `NestedGumbel`.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.perturbations import AbstractDependentNoise
        >>> isinstance(pt.NestedGumbel([0, 0, 1], 0.5), AbstractDependentNoise)
        True
    """

    independent: ClassVar[bool] = False
    form: ClassVar[str] = "factors"
    """What the engine computes with: factors, nests or orthants."""
    gumbel_scale: ClassVar[None] = None
    step: ClassVar[None] = None
    smooth: ClassVar[bool] = True
    positive: ClassVar[bool] = True
    continuous: ClassVar[bool] = True

    tail: ClassVar[Tail] = "exponential"
    """How the heavier of the two tails of a coordinate decays."""
    differentiable: ClassVar[bool] = True
    """Whether JAX can differentiate the formulas of the law."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, ...]:
        """``(d,)``."""

    @property
    @abc.abstractmethod
    def valid(self) -> Array:
        """Whether every parameter is one that the law can have."""

    @property
    @abc.abstractmethod
    def finite_mean(self) -> Array:
        """Whether E|gamma_i| is finite."""

    @property
    @abc.abstractmethod
    def mean(self) -> Float[Array, "d"]:
        """E[gamma_i]."""

    @property
    @abc.abstractmethod
    def variance(self) -> Float[Array, "d"]:
        """Var[gamma_i]."""

    @property
    @abc.abstractmethod
    def resolution(self) -> Float[Array, "#d"]:
        """The length on which the law of a coordinate varies."""

    @property
    @abc.abstractmethod
    def accuracy(self) -> tuple[float, float]:
        """As that of `AbstractPerturbation`."""

    @abc.abstractmethod
    def margins(self) -> tuple[AbstractPerturbation, Any]:
        """(a law, c) such that c_i times it is about as wide as coordinate i: where to begin."""

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "d"]:
        """About where log F_i, or log S_i, is `level`, a measure of size."""
        law, stretch = self.margins()
        return stretch * law.log_quantile(level, upper=upper)

    @abc.abstractmethod
    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Draws of the given shape, whose last axis is the coordinate."""

    def require_coordinates(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError unless draws of this shape have a last axis of d coordinates."""
        if not shape or shape[-1] != self.shape[0]:
            msg = (
                f"`shape` must end with {self.shape[0]}, the number of coordinates, got {shape}; "
                f"pass (n, {self.shape[0]}) for n draws"
            )
            raise ValueError(msg)

    @abc.abstractmethod
    def take(self, keep: Any) -> Self:
        """The law of the coordinates at which the boolean array `keep` is True."""

    def unshifted(self) -> tuple[Self, Any]:
        """(a law near zero, c) such that gamma is c plus that law."""
        return self, 0.0

    @abc.abstractmethod
    def rescaled(self, power: int) -> Self:
        """The law of 2^power times this."""

    @abc.abstractmethod
    def smoothed(self, temperature: Any) -> Self:
        """gamma + t G, G zero-mean Gumbel and independent of gamma; ValueError if it is unknown."""

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        """How many numbers a row takes for every coordinate; None to compute rows one by one."""
        return None

    def computed(self) -> AbstractDependentNoise:
        """The same law in the form that the engine answers best."""
        return self

    @abc.abstractmethod
    def prepare(self, dtype: Any) -> Self:
        """The form for the compiled engine."""


def not_independent(name: str, value: Any) -> str:
    """What is said of a value that is no noise with independent coordinates."""
    like, given = "a perturbation, such as pt.Normal()", repr(value)
    way_out = "wrap a frozen scipy.stats distribution in pt.FromScipy"
    if isinstance(value, AbstractDependentNoise):
        like = "a perturbation with independent coordinates, such as pt.Normal()"
        way_out = "dependent noise is for `expected_max`, `expected_logsumexp` and `distributions`"
    elif isinstance(value, type):
        given, way_out = f"the class {value.__name__}", f"write {value.__name__}()"
    return f"`{name}` must be {like}, got {given}; {way_out}"
