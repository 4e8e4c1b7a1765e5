"""Perturbations with finitely many atoms."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.checks import finite, parameter, require, slack
from perturbtheory.numerics import choice, floats, is_jax, is_known, namespace, register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Discrete(AbstractPerturbation):
    """P(gamma_i = atoms[k]) = weights[k].

    `atoms` has shape ``(m,)`` for identically distributed coordinates or ``(d, m)``; `weights`
    the same shape, positive with sum 1 along the last axis, equal by default.
    ``Discrete([-1.0, 1.0])`` is the fair coin of Proposition 5.5 of paper A.
    Raises ValueError for atoms that are not finite, for negative weights, weights that do not
    sum to one, or shapes that differ.

    Example:
        >>> import perturbtheory as pt
        >>> pt.expected_max(pt.Discrete([-1, 1])).probabilities([1, 0]).tolist()
        [0.75, 0.25]
    """

    atoms: Float[Array, "*d m"]
    weights: Float[Array, "*d m"] = None  # pyright: ignore[reportAssignmentType]
    tail: ClassVar[Tail] = "none"
    continuous: ClassVar[bool] = False
    smooth: ClassVar[bool] = False
    positive: ClassVar[bool] = False
    formula: ClassVar[str] = r"P(\gamma_i = a_k) = w_k"

    def __post_init__(self) -> None:
        given = [self.weights]
        atoms = parameter("atoms", self.atoms)
        require("atoms", atoms, finite, "be finite", "pass finite atoms", most=2)
        if self.weights is None:
            count = np.shape(atoms)[-1] if np.ndim(atoms) else 1
            given = [np.full(np.shape(atoms), 1.0 / count)]
        weights = parameter("weights", given[0])
        for name, value in (("atoms", atoms), ("weights", weights)):
            object.__setattr__(self, name, value)
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
        total = np.asarray(weights).sum(-1, keepdims=True)
        off = np.abs(total - 1)
        if np.any(off > _slack(np.float64)):
            if np.any(off > _slack(np.asarray(given[0]).dtype)):
                worst = np.ravel(total)[np.argmax(np.ravel(off))]
                msg = f"`weights` must sum to one, got {weights!r} with sum {worst}; divide by it"
                raise ValueError(msg)
            if not is_jax(weights):
                # They were rounded to fewer bits, and are 64 bits now.
                object.__setattr__(self, "weights", weights / total)

    @property
    def valid(self) -> Array:
        xp, atoms, weights = floats(self.atoms, self.weights)
        one = xp.all(xp.abs(xp.sum(weights, -1) - 1) <= _slack(weights.dtype))
        return xp.all(xp.isfinite(atoms)) & xp.all(weights >= 0) & one

    def _numbers(self, *values: Any) -> tuple[Any, ...]:
        """(xp, *values, atoms, weights); NaN if they are invalid and known too late to raise."""
        xp, *arrays, atoms, weights = floats(*values, self.atoms, self.weights)
        if not (is_known(self.atoms) and is_known(self.weights)):
            atoms, weights = (xp.where(self.valid, a, xp.nan) for a in (atoms, weights))
        return xp, *arrays, atoms, weights

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.atoms)[:-1]

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        xp, atoms, weights = self._numbers()
        low = xp.min(xp.where(weights == 0, xp.inf, atoms), -1)
        return low, xp.max(xp.where(weights == 0, -xp.inf, atoms), -1)

    @property
    def resolution(self) -> Float[Array, "#d"]:
        low, high = self.support
        return high - low

    @property
    def mean(self) -> Float[Array, "#d"]:
        xp, atoms, weights = self._numbers()
        return xp.sum(atoms * weights, -1)

    @property
    def variance(self) -> Float[Array, "#d"]:
        xp, atoms, weights = self._numbers()
        return xp.sum(xp.square(atoms - self.mean[..., None]) * weights, -1)

    def _log_mass(self, x: Float[Array, "..."], chosen: Any) -> Float[Array, "..."]:
        xp, x, atoms, weights = self._numbers(x)
        hit = chosen(atoms, x[..., None])
        # Summing the smaller side keeps log F exact next to 0; with few atoms a sum will do.
        return xp.log(xp.minimum(xp.sum(xp.where(hit, weights, 0 * weights), -1), 1.0))

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log P(gamma_i = x): the logarithm of the mass, there being no density."""
        return self._log_mass(x, lambda atom, point: atom == point)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._log_mass(x, lambda atom, point: atom <= point)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._log_mass(x, lambda atom, point: atom > point)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """The smallest atom x with F_i(x) >= q."""
        xp, q, atoms, weights = self._numbers(q)
        order = xp.argsort(atoms, -1)
        atoms = xp.take_along_axis(atoms, order, -1)
        below = xp.cumsum(xp.take_along_axis(weights, order, -1), -1)
        index = xp.sum(below[..., :-1] < q[..., None] * (1 - 1e-15), -1)
        shape = np.broadcast_shapes(index.shape, self.shape)
        table = xp.broadcast_to(atoms, (*shape, atoms.shape[-1]))
        return xp.take_along_axis(table, xp.broadcast_to(index, shape)[..., None], -1)[..., 0]

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        index = choice(key, self.weights, shape)
        _, atoms, _ = self._numbers()
        xp = namespace(index, atoms)
        atoms = xp.asarray(atoms)
        if not self.shape:
            return atoms[index]
        table = xp.broadcast_to(atoms, (*shape, atoms.shape[-1]))
        return xp.take_along_axis(table, index[..., None], -1)[..., 0]

    def take(self, keep: np.ndarray) -> Self:
        if not self.shape:
            return self
        return dataclasses.replace(self, atoms=self.atoms[keep], weights=self.weights[keep])

    def rescaled(self, power: int) -> Self:
        return dataclasses.replace(self, atoms=np.ldexp(np.asarray(self.atoms), power))


def _slack(dtype: Any) -> float:
    """How far from one a sum of weights of this dtype may be."""
    rounded = slack(dtype)
    return rounded if rounded > slack(np.float64) else 1e-12
