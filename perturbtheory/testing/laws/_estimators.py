"""A gradient estimator as the laws see it: what it declares, and the problems that it is given."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from perturbtheory.estimators import AbstractEstimator
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.testing.laws._coordinates import unit
from perturbtheory.testing.laws._law import Need

DRAWS = 20_000
_THETA = np.array([[0.0, 0.0, 0.0], [0.3, -0.2, 1.1], [2.0, -1.0, 0.5]])
_VALUES = np.array([[1.0, 1.0, -0.5], [1.0, -0.5, 2.0], [0.0, 3.0, -2.0]])
"""Rows: all equal, ties among the values, a spread."""


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """An estimator, or a function with its signature, and the noise whose gradient it estimates.

    Example:
        >>> from perturbtheory.testing import laws
        >>> from perturbtheory import estimators as es
        >>> laws.Subject(es.Direct(), es.GUMBEL).declared("unbiased")
        False
    """

    estimator: Any
    noise: AbstractPerturbation

    def __str__(self) -> str:
        return f"{self.estimator!r} under {self.noise!r}"

    def declared(self, name: str) -> Any:
        """What it declares; a plain function declares what an estimator does by default."""
        return getattr(self.estimator, name, getattr(AbstractEstimator, name))

    @property
    def categories(self) -> int:
        """K of the problems: the only one that it serves, or three."""
        if self.noise.shape:
            return self.noise.shape[0]
        return self.declared("categories") or 3

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Theta and values of shape (3, K)."""
        return _resized(_THETA, self.categories) * unit(self.noise), _resized(
            _VALUES, self.categories
        )

    def pair(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The smallest problem, of two categories, where it is not `rows` already."""
        if self.noise.shape or self.categories == 2:
            return None
        return np.array([[0.5, -0.25]]) * unit(self.noise), np.array([[1.0, 0.0]])

    def several(self) -> np.ndarray:
        """Theta of two elements of a batch, of two latents each."""
        rng = np.random.default_rng(3)
        return rng.normal(size=(2, 2, self.categories)) * unit(self.noise)


def _resized(rows: np.ndarray, k: int) -> np.ndarray:
    more = np.random.default_rng(3).normal(size=(len(rows), max(k - 3, 0)))
    return np.concatenate([rows[:, :k], more], 1)


def quadratic(z: Any) -> Any:
    """A function of one latent that is not linear in the simplex: values of shape (rows,)."""
    import jax.numpy as jnp

    weight = jnp.arange(z.shape[-1], dtype=z.dtype) - 0.75
    return (z @ weight) ** 2 + z[..., 0] * z[..., 1] + z[..., 0]


def joint(z: Any) -> Any:
    """One value for all latents of an element of a batch; z of shape (batch, latents, K)."""
    import jax.numpy as jnp

    weight = jnp.arange(z.shape[1] * z.shape[2], dtype=z.dtype).reshape(z.shape[1:])
    total = jnp.sum(jnp.sin(1 + weight) * z, (1, 2))
    return total**2 + jnp.prod(z[..., 0] + 0.5, -1)


def constant(z: Any) -> Any:
    """3, whatever z is; values of shape (batch,)."""
    import jax.numpy as jnp

    return jnp.sum(z, tuple(range(1, z.ndim))) * 0 + 3.0


def estimates(subject: Subject, theta: Any, f: Any, seed: int, draws: int = DRAWS) -> np.ndarray:
    """Estimates by independent keys, stacked."""
    import jax
    import jax.numpy as jnp

    keys = jax.random.split(jax.random.key(seed), draws)
    given = f if callable(f) else jnp.asarray(f)
    return np.asarray(_compiled(subject.estimator, f if callable(f) else None)(keys, theta, given))


@functools.lru_cache(maxsize=32)
def _compiled(estimator: Any, f: Callable[..., Any] | None) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    def every(keys: Any, theta: Any, values: Any) -> Any:
        return jax.vmap(lambda key: estimator(key, theta, f or values))(keys)

    compiled = jax.jit(every)

    def call(keys: Any, theta: Any, given: Any) -> Any:
        return compiled(keys, jnp.asarray(theta), None if f else given)

    return call


def closed_moments(subject: Subject) -> tuple[Any, Any] | None:
    """Mean and variance for values, or None where no closed form is known."""
    if not hasattr(subject.estimator, "moments"):
        return None
    try:
        return subject.estimator.moments(*subject.rows())
    except ValueError as error:
        if "closed form" in str(error):
            return None
        raise


UNBIASED = Need(
    "estimators that are unbiased",
    lambda s: bool(s.declared("unbiased")),
    "it declares that it is biased",
)
MOMENTS = Need(
    "estimators whose moments have a closed form",
    lambda s: closed_moments(s) is not None,
    "it has no closed form of its moments",
)
MASKS = Need(
    "estimators that take masked categories",
    lambda s: bool(s.declared("masks")) and s.categories > 2,
    "it declares that it takes no masks, or two categories alone",
)
SURROGATE = Need(
    "estimators with a surrogate",
    lambda s: hasattr(s.estimator, "surrogate"),
    "it is a function, without a surrogate to differentiate",
)
CHECKED = Need(
    "estimators of this package's form",
    lambda s: hasattr(s.estimator, "check"),
    "it is a function, which need not check its arguments",
)
