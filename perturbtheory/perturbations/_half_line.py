"""Perturbations gamma = scale * Z of a law Z on a half-line."""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.checks import parameter, positive, require, require_one_shape
from perturbtheory.numerics import draw, dtype_of_draws, floats, is_known, leaves, namespace
from perturbtheory.perturbations._answers import known_floats
from perturbtheory.perturbations._base import AbstractPerturbation

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


class AbstractHalfLine(AbstractPerturbation):
    """gamma = scale * Z with Z >= 0 or Z >= 1; its mean is not zero.

    All parameters are positive and finite. Draws are images of exponential variables E, as
    `_image` gives them.
    """

    scale: Float[Array, "#d"] | float
    smooth: ClassVar[bool] = False
    positive: ClassVar[bool] = False
    start: ClassVar[float] = 0.0
    """The lower end of the support, in scales."""

    def __post_init__(self) -> None:
        numbers = {}
        for field in dataclasses.fields(self):  # pyright: ignore[reportArgumentType]
            name = field.name
            value = numbers[name] = parameter(name, getattr(self, name))
            object.__setattr__(self, name, value)
            require(name, value, positive, "be positive and finite", f"pass {name} > 0")
        if all(map(is_known, numbers.values())):
            require_one_shape(**numbers)

    def _parameters(self, *values: Any) -> tuple[Any, ...]:
        """(xp, *values, *parameters): NaN for those that are invalid and known too late to raise.

        The parameters come in the order of the fields.
        """
        if (known := known_floats(self, None, *values)) is not None:
            return known
        numbers = leaves(self)
        xp, *arrays = floats(*values, *numbers)
        if not all(map(is_known, numbers)):
            given, numbers = arrays[: len(values)], arrays[len(values) :]
            good = True
            for number in numbers:
                good = good & xp.isfinite(number) & (number > 0)
            arrays = [*given, *(xp.where(good, number, xp.nan) for number in numbers)]
        return xp, *arrays

    @property
    def valid(self) -> Array:
        xp, *numbers = floats(*leaves(self))
        return xp.all(xp.stack([xp.all(xp.isfinite(n) & (n > 0)) for n in numbers]))

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        xp, *_, scale = self._parameters()
        low = xp.broadcast_to(self.start * scale, self.shape)
        return low, low + xp.inf

    @property
    def resolution(self) -> Float[Array, "#d"]:
        # The density falls by a factor of e within one scale, or within 1 / tail_index of it.
        *_, index, scale = self._parameters()
        return scale / (1 + index)

    @abc.abstractmethod
    def _image(self, e: Any, log_e: Any, *, falls: bool) -> Array:
        """x with -log S(x) = e or, if `falls`, with -log F(x) = e; for e > 0.

        log e is given as well because e may underflow.
        """

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, q = floats(q, *leaves(self))[:2]
        e = -xp.log1p(-q)
        return self._image(e, xp.log(e), falls=False)

    def log_quantile(self, level: Any, *, upper: bool = False) -> Float[Array, "#d"]:
        xp, level = floats(level, *leaves(self))[:2]
        # Heavier tails are cut off where integrals end.
        most = 1e297 if level.dtype == np.float64 else 1e37
        return xp.minimum(self._image(-level, xp.log(-level), falls=not upper), most)

    def log_quantiles(
        self, levels: tuple[float, ...], *, upper: bool = False
    ) -> Float[Array, "m #d"]:
        return self.log_quantile(np.asarray(levels, float)[:, None], upper=upper)

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        dtype = dtype_of_draws(key, *leaves(self))
        e = draw(key, "exponential", shape, dtype)
        xp = namespace(e)
        # Zero, which some generators draw, stands for numbers below half a rounding.
        e = xp.maximum(e, xp.finfo(e.dtype).eps / 2)
        return self._image(e, xp.log(e), falls=False)

    def rescaled(self, power: int) -> Self:
        return dataclasses.replace(self, scale=np.ldexp(np.float64(self.scale), power))  # pyright: ignore[reportArgumentType, reportCallIssue]
