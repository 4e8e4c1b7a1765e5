"""d log p / d theta under JAX, also where p_i is too small for the compiled rule.

    d log p_i = (H d theta)_i / p_i

serves where the rule gives p_i to its own size. Below, the NumPy engine is asked for the rows of

    D_ij = d log p_i / d theta_j,

which do not underflow. Up to 1,024 categories they come as a matrix, zero where the first line
serves, which JAX transposes and differentiates as it is; beyond, row by row, for those that a loss
asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from perturbtheory.numerics import asked, mapped
from perturbtheory.potential import _rows, _rows_of

if TYPE_CHECKING:
    from jaxtyping import Array, Bool, Float

    from perturbtheory.perturbations import AbstractPerturbation

DENSE, _TWICE = 1024, 64
"""Most categories for which D is a matrix, and for which it is differentiated."""
_STEP = 1e-3
"""Of the differences that give derivatives of D, in widths of the law: right to about 1e-7."""


def tiny(p: Float[Array, "d"]) -> Bool[Array, "d"]:
    """Where p_i is too small to divide by."""
    return p < (1e-26 if p.dtype == jnp.float64 else 1e-18)


def known(noise: AbstractPerturbation) -> Any:
    """The law with its numbers, inside of a callback: a table is there for the compiled code."""
    return mapped(lambda leaf: np.asarray(leaf, np.float64)[()], getattr(noise, "law", noise))


def logarithms(law: Any, theta: np.ndarray) -> np.ndarray:
    """log p of a row, or of rows, in NumPy; NaN where theta or the law is invalid."""
    rows = np.asarray(theta, np.float64)
    out = np.full(rows.shape, np.nan)
    good = np.all(rows < np.inf, -1) & np.any(rows > -np.inf, -1) & bool(law.valid)
    if good.any():
        out[good] = _rows_of.answer("log_probabilities", law, rows[good])
    return out


def beyond(
    noise: AbstractPerturbation, theta: Float[Array, "d"], v: Float[Array, "d"], where: Array
) -> Float[Array, "d"]:
    """(D v)_i for i in `where`, zero elsewhere."""
    none = jnp.zeros((theta.size, theta.size), theta.dtype)
    return jax.lax.cond(jnp.any(where), _matrix, lambda *_: none, noise, theta, where) @ v


@jax.custom_jvp
def _matrix(noise: AbstractPerturbation, theta: Array, where: Array) -> Float[Array, "d d"]:
    return asked(_slopes, (theta.size, theta.size), noise, theta, where)


@_matrix.defjvp
def _matrix_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta, where = primals
    return _matrix(*primals), _bend(noise, theta, where) @ tangents[1]


@jax.custom_jvp
def _bend(noise: AbstractPerturbation, theta: Array, where: Array) -> Float[Array, "d d d"]:
    """d D_ij / d theta_k, NaN for more categories than it is worth the time."""
    d = theta.size
    if d > _TWICE or not (noise.smooth and noise.differentiable):
        return jnp.where(where[:, None, None], jnp.nan, jnp.zeros((d, d, d), theta.dtype))
    return asked(_differences, (d, d, d), noise, theta, where)


@_bend.defjvp
def _bend_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    # A third derivative of what underflows is nobody's need: NaN says that it is not known.
    lost = jnp.where(primals[2][:, None, None], jnp.nan, 0.0).astype(primals[1].dtype)
    out = _bend(*primals)
    return out, jnp.broadcast_to(lost * jnp.sum(tangents[1]), out.shape)


def _slopes(noise: Any, theta: Any, where: Any) -> np.ndarray:
    """The rows of D in `where`, in NumPy: a callback that calls JAX can hang."""
    where, row = np.asarray(where), np.asarray(theta, np.float64)
    out = np.zeros((row.size, row.size))
    if where.any():
        out[where] = _rows.log_slopes(known(noise), row, np.flatnonzero(where))
    return out


def _differences(noise: Any, theta: Any, where: Any) -> np.ndarray:
    where, row, law = np.asarray(where), np.asarray(theta, np.float64), known(noise)
    out, which = np.zeros((row.size,) * 3), np.flatnonzero(where)
    step = _STEP * float(np.min(law.resolution))
    for k in np.flatnonzero(np.isfinite(row)) if which.size else ():
        for far, weight in ((1, 2 / 3), (2, -1 / 12)):
            for side in (1, -1):
                moved = row.copy()
                moved[k] += side * far * step
                out[which, :, k] += side * weight / step * _rows.log_slopes(law, moved, which)
    return out


@jax.custom_jvp
def transposed(
    noise: AbstractPerturbation, theta: Float[Array, "d"], u: Float[Array, "d"], where: Array
) -> Float[Array, "d"]:
    """sum_i u_i D_ij over i in `where`, in memory of the size of theta."""
    return asked(_sum, theta.shape, noise, theta, u, where)


@transposed.defjvp
def _transposed_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta, u, where = primals
    lost = jnp.where(jnp.any(where & (u != 0)), jnp.nan, 0.0).astype(theta.dtype)
    return transposed(*primals), transposed(noise, theta, tangents[2], where) + lost * jnp.sum(
        tangents[1]
    )


_ROWS = 64
"""Rows of D held in memory at a time."""


def _sum(noise: Any, theta: Any, u: Any, where: Any) -> np.ndarray:
    row, out, law = np.asarray(theta, np.float64), np.zeros(theta.shape), known(noise)
    u = np.asarray(u, np.float64)
    # A loss asks for the row of its label alone.
    which = np.flatnonzero(np.asarray(where) & (u != 0))
    for k in range(0, len(which), _ROWS):
        some = which[k : k + _ROWS]
        out += u[some] @ _rows.log_slopes(law, row, some)
    return out
