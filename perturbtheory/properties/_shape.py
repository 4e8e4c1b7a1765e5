"""What decides which probabilities a law can represent, and laws as the checkers take them.

Checkers compute in NumPy, in 64 bits: numbers of JAX among the parameters are taken as NumPy's.
A law whose own functions answer in JAX serves if they answer in 64 bits.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from perturbtheory.numerics import is_jax, is_known, leaves, mapped
from perturbtheory.perturbations import AbstractPerturbation, require_perturbation
from perturbtheory.potential import Potential
from perturbtheory.properties._polyhedron import AbstractParameterSet


@dataclass(frozen=True)
class Shape:
    """What decides which probabilities a law can represent.

    Attributes:
        low: shape ``(d,)``, the lower end of the support of every coordinate, or -infinity.
        high: its upper end, or infinity.
        atoms: whether single points have positive probability.
        gap: (coordinate, from, to): an interval inside the support without any mass, or None.
        probes: at how many points the density was looked at.
        spread: half the distance of the widest coordinate's 16% and 84% quantiles, about.
    """

    low: np.ndarray
    high: np.ndarray
    atoms: bool
    gap: tuple[int, float, float] | None
    probes: int
    spread: float

    @property
    def widths(self) -> np.ndarray:
        """high_i - low_k, shape ``(d, d)``: by how much i can beat k."""
        return self.high[:, None] - self.low[None, :]

    @property
    def unbounded(self) -> bool:
        """Whether every coordinate beats every other by any amount with positive probability."""
        off = ~np.eye(len(self.low), dtype=bool)
        return bool(np.all(np.isinf(self.widths[off])))

    @property
    def injective_everywhere(self) -> bool:
        """No atoms, no gaps, no bounds: p is one-to-one up to translation on all of R^d."""
        return self.unbounded and not self.atoms and self.gap is None

    @property
    def injective_inside(self) -> bool:
        """The same on {theta_i + high_i >= theta_k + low_k for all i, k}, and there onto all p."""
        return not self.atoms and self.gap is None


def in_numpy(f: Any) -> Potential:
    """The potential with parameters in NumPy; TypeError for anything that is no potential."""
    if not isinstance(f, Potential):
        msg = f"`f` must be a potential such as pt.expected_max(pt.Normal()), got {f!r}; make one"
        raise TypeError(msg)
    noise = law_in_numpy(f.noise)
    return f if noise is f.noise else Potential(noise)


def law_in_numpy(perturbation: Any) -> AbstractPerturbation:
    """The law with parameters in NumPy; TypeError for what is none, or traced by JAX."""
    require_perturbation("perturbation", perturbation)
    numbers = [leaf for leaf in leaves(perturbation) if is_jax(leaf)]
    if not all(map(is_known, numbers)):
        msg = (
            f"`perturbation` must be known, got {perturbation}; call outside of jax.jit, jax.vmap "
            "and jax.grad"
        )
        raise TypeError(msg)
    return _moved(perturbation) if numbers else perturbation


@functools.lru_cache(maxsize=64)
def _moved(perturbation: AbstractPerturbation) -> AbstractPerturbation:
    return mapped(lambda a: np.asarray(a, np.float64) if is_jax(a) else a, perturbation)


def dimension_of(over: Any) -> int:
    """The dimension of a parameter set; TypeError for anything else."""
    if not isinstance(over, AbstractParameterSet):
        msg = f"`over` must be a set of parameters such as gauge(3), got {over!r}; make one"
        raise TypeError(msg)
    return over.dimension


def answer(perturbation: AbstractPerturbation, method: str, x: Any) -> np.ndarray:
    """What a function of the law answers at x; raises ValueError if it is in 32 bits."""
    return doubles(perturbation, getattr(perturbation, method)(x))


def doubles(perturbation: AbstractPerturbation, values: Any) -> np.ndarray:
    """Numbers that the law has answered; raises ValueError if they are in 32 bits."""
    if is_jax(values) and values.dtype != np.float64:
        msg = (
            f"`perturbation` {perturbation} must answer in 64 bits, got {values.dtype} from JAX: "
            "32 bits cannot tell a small weight from none; write it with "
            "pt.numerics.floats, or call jax.config.update('jax_enable_x64', True) first"
        )
        raise ValueError(msg)
    return np.asarray(values, np.float64)


def sampler(
    perturbation: AbstractPerturbation, seed: int
) -> Callable[[tuple[int, ...]], np.ndarray]:
    """Independent draws of a shape at every call, fixed by the seed."""
    rng, calls = np.random.default_rng(seed), iter(range(2**31))

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        try:
            return np.asarray(perturbation.sample(rng, shape), np.float64)
        except TypeError:
            # A law that is written for keys of JAX alone.
            import jax

            key = jax.random.fold_in(jax.random.key(seed), next(calls))
            return np.asarray(perturbation.sample(key, shape), np.float64)

    return draw
