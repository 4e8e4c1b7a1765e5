"""Perturbations that lie to the engine: about JAX, ties, kinks, places, shifts and closed forms."""

import dataclasses
from typing import Any, ClassVar

import numpy as np

from perturbtheory.numerics import is_jax, namespace
from perturbtheory.perturbations import AbstractPerturbation, Discrete, Laplace, Logistic, Normal
from perturbtheory.testing.liars._kept import kept_in
from perturbtheory.testing.liars._noises import Honest

_BASE = Logistic()
_BENT = Laplace()
MADE: dict[str, tuple[AbstractPerturbation, str]] = {}
liar = kept_in(MADE)


@liar("draws in JAX")
class WrongDrawsInJax(Honest):
    """Its draws by a key of JAX are twice as wide."""

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        drawn = _BASE.sample(key, shape)
        return 2.0 * drawn if is_jax(drawn) else drawn


@liar("slopes in JAX")
class Detached(Honest):
    """Its distribution function has no derivative in JAX."""

    def log_cdf(self, x: Any) -> Any:
        if is_jax(x):
            import jax

            x = jax.lax.stop_gradient(x)
        return _BASE.log_cdf(x)


@liar("declarations")
class TooDense(Honest):
    """Its density integrates to more than one."""

    def log_pdf(self, x: Any) -> Any:
        return _BASE.log_pdf(x) + 0.5


@liar("bounds")
class MeanTooHigh(Honest):
    """It declares a mean above its own, so that the potential is below Jensen's bound."""

    @property
    def mean(self) -> Any:
        return np.asarray(0.5)


@liar("permutation")
class Placed(Honest):
    """Coordinates that it declares alike move by their place."""

    def _moved(self, x: Any) -> Any:
        few = np.ndim(x) >= 2 and np.shape(x)[-1] < 20
        return x + 0.01 * np.arange(np.shape(x)[-1]) if few else x

    def log_pdf(self, x: Any) -> Any:
        return _BASE.log_pdf(self._moved(x))

    def log_cdf(self, x: Any) -> Any:
        return _BASE.log_cdf(self._moved(x))

    def log_sf(self, x: Any) -> Any:
        return _BASE.log_sf(self._moved(x))


@liar("kinks")
class MovedLaplace(Honest):
    """Its density bends at 0.37, and it names no kink."""

    @property
    def mean(self) -> Any:
        return np.asarray(0.37)

    @property
    def variance(self) -> Any:
        return np.asarray(2.0)

    def log_pdf(self, x: Any) -> Any:
        return _BENT.log_pdf(x - 0.37)

    def log_cdf(self, x: Any) -> Any:
        return _BENT.log_cdf(x - 0.37)

    def log_sf(self, x: Any) -> Any:
        return _BENT.log_sf(x - 0.37)

    def sample(self, key: Any, shape: tuple[int, ...]) -> Any:
        return _BENT.sample(key, shape) + 0.37


@liar("derivatives to nine digits")
class SmoothLaplace(Laplace):
    """Its density has a kink, and it declares that there is none."""

    smooth: ClassVar[bool] = True


@liar("one category")
class HalfShifted(Honest):
    """It says that it is itself, moved by a half."""

    def unshifted(self) -> tuple[AbstractPerturbation, Any]:
        return self, np.asarray(0.5)


@liar("sampled probabilities")
class NormalAsGumbel(Normal):
    """It declares the closed form of Gumbel noise."""

    @property
    def gumbel_scale(self) -> Any:
        return np.asarray(1.0)


@liar("atoms")
class StrictCoin(Discrete):
    """Its distribution function is P(gamma < x), which leaves out the atom at x."""

    atoms: Any = dataclasses.field(default_factory=lambda: np.array([-1.0, 1.0]))

    def log_cdf(self, x: Any) -> Any:
        return super().log_cdf(namespace(x).nextafter(x, -np.inf))
