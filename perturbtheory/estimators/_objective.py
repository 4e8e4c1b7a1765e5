"""The function f whose mean is differentiated: values of every category, or a function of z."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.checks import as_vectors
from perturbtheory.numerics import is_jax, namespace

if TYPE_CHECKING:
    from jax.typing import ArrayLike
    from jaxtyping import Array, Float

    Values = Float[ArrayLike, "..."] | Callable[[Float[Array, "..."]], Float[Array, "..."]]
    """<values, z> row by row as an array, or f as a function of z."""

AT_ONCE = 2**22
"""Most entries of z, all evaluations of f together, that are held in memory at a time."""


def as_pytree(function: Any) -> Any:
    """`function` as an argument that compiled code takes: a plain one becomes a `Partial`."""
    from jax.tree_util import Partial, all_leaves

    plain = callable(function) and all_leaves([function])
    return Partial(function) if plain else function


def first_of_each(theta: Any) -> np.ndarray:
    """The z whose every row is e_1, as a NumPy array of theta's shape."""
    z = np.zeros(theta.shape)
    z[..., 0] = 1.0
    return z


@dataclasses.dataclass(frozen=True, eq=False)
class Objective:
    """f(z) for z of shape ``(*batch, *latents, K)``: one value for each element of the batch.

    Attributes:
        f: values of z's shape, f(z) = <f, z> row by row; or a function of z that returns the
            shape of the batch.
        shape: that of theta and of z.
        lead: how many axes the batch has. The axes between it and the last are latents that
            share one f; for an array there are none.
        dtype: that of theta, in which values are returned.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax.numpy as jnp
        >>> es.Objective.of(jnp.zeros(3), jnp.arange(3.0)).batch
        ()
    """

    f: Any
    shape: tuple[int, ...]
    lead: int
    dtype: Any

    @classmethod
    def of(cls, theta: Float[Array, "... K"], f: Values) -> Objective:
        """F with the shape that it has for this theta.

        Raises:
            ValueError: for values that are not finite or do not broadcast to theta's shape; for a
                function that returns anything but one array whose shape theta's begins with.
        """
        shape, dtype = theta.shape, theta.dtype
        xp = namespace(theta)
        if not callable(f):
            values = xp.asarray(as_vectors("f", f), dtype)
            if values.ndim > len(shape) or any(
                n not in (1, m) for n, m in zip(values.shape[::-1], shape[::-1], strict=False)
            ):
                msg = (
                    f"`f` must be values that broadcast to the shape of `theta`, got "
                    f"{values.shape} and {shape}; give one value for each category, or a function"
                )
                raise ValueError(msg)
            return cls(xp.broadcast_to(values, shape), shape, len(shape) - 1, dtype)
        out = _answer(f, theta)
        if not hasattr(out, "shape"):
            msg = f"`f` must return one array, got {type(out).__name__}; return the values alone"
            raise ValueError(msg)
        lead = len(out.shape)
        if lead >= len(shape) or out.shape != shape[:lead]:
            msg = (
                f"`f` must return values whose shape is that of `theta` without its last axes, "
                f"got {out.shape} for theta of shape {shape}; sum over the latents that share one f"
            )
            raise ValueError(msg)
        return cls(as_pytree(f) if xp.traced else f, shape, lead, dtype)

    @property
    def batch(self) -> tuple[int, ...]:
        """Shape of the values of f."""
        return self.shape[: self.lead]

    @property
    def latents(self) -> int:
        """How many latents share one f."""
        return math.prod(self.shape[self.lead : -1])

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*batch"]:
        """f(z)."""
        xp = namespace(z)
        if not callable(self.f):
            return xp.sum(self.f * z, -1)
        return xp.asarray(self.f(z)).astype(self.dtype)

    def gradient(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """df/dz, for every element of the batch; raises ValueError for an f of integers."""
        if not callable(self.f):
            return self.f
        self.require_floating(z)
        import jax

        return jax.grad(lambda x: jax.numpy.sum(self(x)))(z)

    def require_floating(self, z: Float[Array, "*shape"]) -> None:
        """Raise ValueError for an f that returns integers: it has no derivative."""
        kind = self.dtype if not callable(self.f) else _answer(self.f, z).dtype
        xp = namespace(z)
        if not xp.issubdtype(kind, xp.floating):
            msg = (
                f"`f` must return floating numbers where it is differentiated, got {kind}; use an "
                "estimator that does not relax z, such as ScoreFunction"
            )
            raise ValueError(msg)

    def on_rows(self, values: Float[Array, "..."]) -> Float[Array, "..."]:
        """Values of shape ``(..., *batch)`` with an axis of one for each latent axis and for K."""
        added = len(self.shape) - self.lead
        return values.reshape(values.shape + (1,) * added)

    def neighbours(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """f(z with row n replaced by e_k) at entry (n, k), for one-hot z; paper B, section 4.1.

        One evaluation of f at z and one for each other category of each latent. With one latent
        these are the values of all categories, whatever z is.
        """
        if not callable(self.f):
            return self.f
        import jax
        import jax.numpy as jnp

        middle, categories = self.shape[self.lead : -1], self.shape[-1]
        others = categories - 1

        def moved(index: Array) -> Array:
            row, step = index // others, 1 + index % others
            chosen = (jnp.arange(self.latents) == row).reshape(*middle, 1)
            return self(jnp.where(chosen, jnp.roll(z, step, -1), z))

        count = self.latents * others
        found = jax.lax.map(moved, jnp.arange(count), batch_size=self.at_once(count))
        found = found.reshape(*middle, others, *self.batch)
        found = jnp.moveaxis(found, range(len(middle) + 1), range(-len(middle) - 1, 0))
        here = jnp.broadcast_to(self.on_rows(self(z)), (*self.shape[:-1], 1))
        # Entry s is f with the row moved s categories on from its own.
        steps = jnp.arange(categories) - jnp.argmax(z, -1, keepdims=True)
        return jnp.take_along_axis(
            jnp.concatenate([here, found], -1), jnp.mod(steps, categories), -1
        )

    def at_once(self, count: int) -> int:
        """How many of `count` evaluations of f are made together."""
        return max(1, min(count, AT_ONCE // math.prod(self.shape)))


def _answer(f: Callable[..., Any], z: Any) -> Any:
    """What f returns for z of this shape: in JAX no more than its shape and dtype."""
    if is_jax(z):
        import jax

        return jax.eval_shape(f, jax.ShapeDtypeStruct(z.shape, z.dtype))
    out = f(first_of_each(z))
    return np.asarray(out) if isinstance(out, float | int) else out
