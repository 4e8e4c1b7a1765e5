"""Perturbations whose functions contradict each other or their declarations, one way each."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from perturbtheory.numerics import namespace, register
from perturbtheory.perturbations import (
    AbstractPerturbation,
    Discrete,
    Logistic,
    StudentT,
    Tail,
    Uniform,
)
from perturbtheory.testing.liars._kept import kept_in

_BASE = Logistic()
MADE: dict[str, tuple[AbstractPerturbation, str]] = {}
liar = kept_in(MADE)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Honest(AbstractPerturbation):
    """The logistic law, written as an author of a noise would: it breaks no law.

    Example:
        >>> from perturbtheory.testing import liars
        >>> liars.Honest(2.0)
        Honest(scale=2.0)
    """

    scale: float = 1.0

    @property
    def mean(self) -> Any:
        return np.asarray(0.0)

    @property
    def variance(self) -> Any:
        return np.asarray(np.pi**2 / 3)

    def log_pdf(self, x: Any) -> Any:
        return _BASE.log_pdf(x)

    def log_cdf(self, x: Any) -> Any:
        return _BASE.log_cdf(x)

    def log_sf(self, x: Any) -> Any:
        return _BASE.log_sf(x)

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        return _BASE.sample(key, shape)


@liar("density")
class WrongDensity(Honest):
    """Its density is off by a hundredth."""

    def log_pdf(self, x: Any) -> Any:
        return _BASE.log_pdf(x) + 0.01 * namespace(x).sin(x)


@liar("complements")
class WrongSurvival(Honest):
    """Its survival function is that of a law that is moved."""

    def log_sf(self, x: Any) -> Any:
        return _BASE.log_sf(x + 0.001)


@liar("tails")
class ShallowTail(Honest):
    """Its survival function is one less F, which has no digits far out."""

    def log_sf(self, x: Any) -> Any:
        xp = namespace(x)
        return xp.log(xp.maximum(1 - xp.exp(_BASE.log_cdf(x)), 1e-300))


@liar("support")
class NarrowSupport(Honest):
    """It declares a support that its density leaves."""

    positive: ClassVar[bool] = False

    @property
    def support(self) -> Any:
        return np.asarray(-3.0), np.asarray(3.0)


@liar("support")
class NotPositive(Honest):
    """It is uniform on [-1, 1], and forgets to say that it has a support."""

    def log_pdf(self, x: Any) -> Any:
        return Uniform().log_pdf(x)

    def log_cdf(self, x: Any) -> Any:
        return Uniform().log_cdf(x)

    def log_sf(self, x: Any) -> Any:
        return Uniform().log_sf(x)


class _Cauchy(Honest):
    def log_pdf(self, x: Any) -> Any:
        return StudentT(1.0).log_pdf(x)

    def log_cdf(self, x: Any) -> Any:
        return StudentT(1.0).log_cdf(x)

    def log_sf(self, x: Any) -> Any:
        return StudentT(1.0).log_sf(x)

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        return StudentT(1.0).sample(key, shape)


@liar("mean")
class CauchyWithAMean(_Cauchy):
    """It has no mean, and declares one."""

    tail: ClassVar[Tail] = "polynomial"


@liar("tail weight")
class LightCauchy(_Cauchy):
    """It declares tails lighter than its own."""

    @property
    def mean(self) -> Any:
        return np.asarray(np.nan)

    @property
    def variance(self) -> Any:
        return np.asarray(np.inf)


@liar("mean")
class WrongMean(Honest):
    """It declares another mean."""

    @property
    def mean(self) -> Any:
        return np.asarray(0.1)


@liar("variance")
class WrongVariance(Honest):
    """It declares another variance."""

    @property
    def variance(self) -> Any:
        return np.asarray(4.0)


@liar("draws")
class WrongDraws(Honest):
    """It draws from a law that is twice as wide."""

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        return 2.0 * _BASE.sample(key, shape)


@liar("draws")
class ClippedDraws(Honest):
    """Its draws leave out a tail of probability 1/400."""

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        drawn = _BASE.sample(key, shape)
        return namespace(drawn).minimum(drawn, 6.0)


@liar("independent draws")
class SharedDraws(Honest):
    """All coordinates of a draw are one number."""

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        drawn = _BASE.sample(key, (*shape[:-1], 1))
        return namespace(drawn).broadcast_to(drawn, shape)


@liar("repeatable draws")
class FixedDraws(Honest):
    """Its draws do not depend on the key."""

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        del key
        return np.asarray(_BASE.sample(np.random.default_rng(0), shape))


@liar("quantiles")
class WrongQuantile(Honest):
    """Its quantiles are those of a law that is wider by a millionth."""

    def quantile(self, q: Any) -> Any:
        return _BASE.quantile(q) * (1 + 1e-6)


@liar("rate")
class WrongRate(Honest):
    """Its hazard rate is that of the upper tail."""

    def log_cdf_and_rate(self, x: Any) -> Any:
        xp = namespace(x)
        return _BASE.log_cdf(x), xp.exp(_BASE.log_pdf(x) - _BASE.log_sf(x))


@liar("both libraries")
class NumPyAlone(Honest):
    """Its density in JAX is another one, because of a constant that it left behind."""

    def log_pdf(self, x: Any) -> Any:
        found = _BASE.log_pdf(x)
        return found if isinstance(found, np.ndarray | float) else found + 0.25


@liar("form")
class UnknownTail(Honest):
    """It declares a tail that there is not."""

    tail: ClassVar[Any] = "thin"


@liar("moments of atoms")
class BiasedCoin(Discrete):
    """A coin that declares the mean of a fair one."""

    atoms: Any = dataclasses.field(default_factory=lambda: np.array([-1.0, 1.0]))
    weights: Any = dataclasses.field(default_factory=lambda: np.array([0.25, 0.75]))

    @property
    def mean(self) -> Any:
        return np.asarray(0.0)


@liar("integral")
class FalseGumbel(Honest):
    """It declares a closed form of the potential that is that of Gumbel noise."""

    @property
    def gumbel_scale(self) -> Any:
        return 1.1
