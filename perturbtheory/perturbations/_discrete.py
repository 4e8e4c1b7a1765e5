"""Perturbations with finitely many atoms."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float

from perturbtheory.checks import finite, is_known, require
from perturbtheory.perturbations._base import AbstractPerturbation, Landmarks, Tail, register
from perturbtheory.perturbations._scale import Gumbel

_GUMBEL = Gumbel()


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Discrete(AbstractPerturbation):
    """P(gamma_i = atoms[k]) = weights[k].

    `atoms` has shape ``(m,)`` for identically distributed coordinates or ``(d, m)``; `weights`
    the same shape, positive with sum 1 along the last axis, equal by default.
    ``Discrete([-1.0, 1.0])`` is the fair coin of Proposition 5.5 of paper A.
    Raises ValueError for atoms that are not finite, for negative weights, weights that do not
    sum to one, or shapes that differ.
    """

    atoms: Float[Array, "*d m"]
    weights: Float[Array, "*d m"] = None  # pyright: ignore[reportAssignmentType]
    tail: ClassVar[Tail] = "none"
    continuous: ClassVar[bool] = False
    smooth: ClassVar[bool] = False
    positive: ClassVar[bool] = False

    def __post_init__(self) -> None:
        atoms = _as_array("atoms", self.atoms)
        require("atoms", atoms, finite, "be finite", "pass finite atoms", most=2)
        object.__setattr__(self, "atoms", atoms)
        if self.weights is None:
            count = np.shape(atoms)[-1] if np.ndim(atoms) else 1
            object.__setattr__(self, "weights", np.full(np.shape(atoms), 1.0 / count))
        weights = _as_array("weights", self.weights)
        object.__setattr__(self, "weights", weights)
        way_out = "pass weights >= 0 that sum to one"
        require(
            "weights",
            weights,
            lambda w: np.isfinite(w) & (w >= 0),
            "not be negative",
            way_out,
            most=2,
        )
        if not (is_known(atoms) and is_known(weights)):
            return
        if np.ndim(atoms) not in (1, 2) or np.shape(atoms) != np.shape(weights):
            msg = (
                f"`atoms` and `weights` must have one shape, (m,) or (d, m), got "
                f"{np.shape(atoms)} and {np.shape(weights)}; give every atom one weight"
            )
            raise ValueError(msg)
        total = np.asarray(weights).sum(-1)
        slack = 1e-6 if np.asarray(weights).dtype == np.float32 else 1e-12
        if np.any(np.abs(total - 1) > slack):
            worst = np.ravel(total)[np.argmax(np.abs(np.ravel(total) - 1))]
            msg = f"`weights` must sum to one, got {weights!r} with sum {worst}; divide by the sum"
            raise ValueError(msg)

    @property
    def valid(self) -> Array:
        weights, atoms = jnp.asarray(self.weights), jnp.asarray(self.atoms)
        slack = 1e-6 if weights.dtype == jnp.float32 else 1e-12
        one = jnp.all(jnp.abs(jnp.sum(weights, -1) - 1) <= slack)
        return jnp.all(jnp.isfinite(atoms)) & jnp.all(weights >= 0) & one

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.atoms)[:-1]

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        charged = jnp.asarray(self.weights) > 0
        low = jnp.min(jnp.where(charged, self.atoms, jnp.inf), -1)
        return low, jnp.max(jnp.where(charged, self.atoms, -jnp.inf), -1)

    @property
    def mean(self) -> Float[Array, "#d"]:
        return jnp.sum(jnp.asarray(self.atoms) * jnp.asarray(self.weights), -1)

    @property
    def variance(self) -> Float[Array, "#d"]:
        centred = jnp.asarray(self.atoms) - self.mean[..., None]
        return jnp.sum(jnp.square(centred) * jnp.asarray(self.weights), -1)

    def _log_mass(self, x: Float[Array, "..."], chosen: Any) -> Float[Array, "..."]:
        hit = chosen(jnp.asarray(self.atoms), jnp.asarray(x)[..., None])
        # Summing the smaller side keeps log F exact next to 0; with few atoms a sum will do.
        return jnp.log(jnp.minimum(jnp.sum(jnp.where(hit, self.weights, 0.0), -1), 1.0))

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log P(gamma_i = x): the logarithm of the mass, there being no density."""
        return self._log_mass(x, lambda atom, point: atom == point)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._log_mass(x, lambda atom, point: atom <= point)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._log_mass(x, lambda atom, point: atom > point)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """The smallest atom x with F_i(x) >= q."""
        q = jnp.asarray(q)
        order = jnp.argsort(jnp.asarray(self.atoms), -1)
        atoms = jnp.take_along_axis(jnp.asarray(self.atoms), order, -1)
        below = jnp.cumsum(jnp.take_along_axis(jnp.asarray(self.weights), order, -1), -1)
        index = jnp.sum(below[..., :-1] < q[..., None] * (1 - 1e-15), -1)
        shape = jnp.broadcast_shapes(index.shape, self.shape)
        table = jnp.broadcast_to(atoms, (*shape, atoms.shape[-1]))
        return jnp.take_along_axis(table, jnp.broadcast_to(index, shape)[..., None], -1)[..., 0]

    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        logits = jnp.log(jnp.asarray(self.weights))
        if self.shape:
            index = jax.random.categorical(key, logits, shape=shape)
            table = jnp.broadcast_to(jnp.asarray(self.atoms), (*shape, self.atoms.shape[-1]))
            return jnp.take_along_axis(table, index[..., None], -1)[..., 0]
        return jnp.asarray(self.atoms)[jax.random.categorical(key, logits, shape=shape)]


@register
@dataclasses.dataclass(frozen=True, eq=False)
class DiscretePlusGumbel(AbstractPerturbation):
    """gamma + t G for discrete gamma: a finite mixture of Gumbel laws, in closed form.

    F(x) = sum_k weights[k] exp(-exp(-((x - atoms[k]) / t + c))); made by
    `perturbtheory.perturbations.smoothed`.
    """

    base: Discrete
    temperature: Float[Array, ""] | float
    tail: ClassVar[Tail] = "exponential"

    @property
    def valid(self) -> Array:
        t = jnp.asarray(self.temperature)
        return self.base.valid & jnp.all(jnp.isfinite(t) & (t > 0))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.base.shape

    @property
    def mean(self) -> Float[Array, "#d"]:
        return self.base.mean

    @property
    def variance(self) -> Float[Array, "#d"]:
        return self.base.variance + jnp.square(jnp.asarray(self.temperature)) * (jnp.pi**2 / 6)

    def _mixture(self, x: Float[Array, "..."], law: Callable[[Array], Array]) -> Array:
        """log sum_k weights[k] exp(law((x - atoms[k]) / t))."""
        z = (jnp.asarray(x)[..., None] - jnp.asarray(self.base.atoms)) / self.temperature
        return logsumexp(law(z), b=jnp.asarray(self.base.weights), axis=-1)

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._mixture(x, _GUMBEL.unit_log_pdf) - jnp.log(self.temperature)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        upper = self._mixture(x, _GUMBEL.unit_log_sf)
        near_one = jnp.log1p(-jnp.exp(jnp.minimum(upper, -0.5)))
        return jnp.where(upper < -0.7, near_one, self._mixture(x, _GUMBEL.unit_log_cdf))

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._mixture(x, _GUMBEL.unit_log_sf)

    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        one, two = jax.random.split(key)
        return self.base.sample(one, shape) + self.temperature * _GUMBEL.sample(two, shape)

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        location = jnp.atleast_2d(jnp.asarray(self.base.atoms)).T
        t = jnp.asarray(self.temperature)
        width = jnp.broadcast_to(1.5 * t, location.shape)
        return Landmarks(location, width, 5.0 * width, (False,) * len(location))


def _as_array(name: str, value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    try:
        return np.asarray(value)
    except ValueError as error:
        msg = f"`{name}` must be a rectangular array of numbers, got {value!r}"
        raise ValueError(msg) from error
