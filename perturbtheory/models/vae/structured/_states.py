"""All 2^n vectors of n bits, and their scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from perturbtheory.numerics import namespace

MOST = 20
"""Bits whose states are held in memory: a million."""


def states(n: int) -> Bool[np.ndarray, "S n"]:
    """All vectors of n bits: entry k of state s is bit k of the number s.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> structured.states(2).tolist()
        [[False, False], [True, False], [False, True], [True, True]]
    """
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1


def pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(i, j) of every pair i < j, in the order in which couplings lie: (0, 1), (0, 2), ...

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> [x.tolist() for x in structured.pairs(3)]
        [[0, 0, 1], [1, 2, 2]]
    """
    return np.triu_indices(n, 1)


def scores(
    theta: Float[Array, "*batch n 2"], alpha: Float[Array, "*batch P"] | None = None
) -> Float[Array, "*batch S"]:
    """sum_i theta_i,z_i + sum_{i<j} alpha_ij z_i z_j for all S = 2^n states z, in their order.

    The bits fall into a lower and an upper half: scores within each are a product with its 2^(n/2)
    states, and the couplings between them one of (2^(n/2) x n/2) by (n/2 x 2^(n/2)), which for 15
    bits is 17 times fewer operations than the product of 120 terms with a matrix of all states.
    Of NumPy for its arrays, of JAX for those of JAX; without `alpha` nothing is coupled.

        >>> scores(np.array([[0.0, 1.0], [0.0, 2.0]]), np.array([-4.0])).tolist()
        [0.0, 1.0, 2.0, -1.0]
    """
    xp: Any = namespace(theta)
    n, step = theta.shape[-2], theta[..., 1] - theta[..., 0]
    middle = (n + 1) // 2
    parts = (range(middle), range(middle, n))
    low, high = (
        step[..., part.start : part.stop] @ xp.asarray(states(len(part)).T, theta.dtype)
        for part in parts
    )
    if alpha is not None:
        low, high = (
            total + _within(xp, alpha, n, part)
            for total, part in zip((low, high), parts, strict=True)
        )
    total = low[..., None, :] + high[..., :, None]
    if alpha is not None:
        below, above = (xp.asarray(states(len(part)), alpha.dtype) for part in parts)
        across = alpha[..., _places(n)[middle:, :middle]]
        total = total + above @ (across @ below.T)
    base = xp.sum(theta[..., 0], -1)
    return base[..., None] + total.reshape(*base.shape, 2**n)


def _within(xp: Any, alpha: Float[Array, "*batch P"], n: int, part: range) -> Array:
    """What the couplings of these bits alone add to each of their states."""
    first, second = pairs(len(part))
    z = states(len(part))
    both = xp.asarray((z[:, first] & z[:, second]).T, alpha.dtype)
    return alpha[..., _places(n)[part.start + first, part.start + second]] @ both


def _places(n: int) -> np.ndarray:
    """Where the coupling of two bits lies, in either order."""
    where = np.zeros((n, n), int)
    first, second = pairs(n)
    where[first, second] = where[second, first] = np.arange(first.size)
    return where


def best(h: Float[Array, "*batch S"]) -> Int[Array, "*batch"]:
    """The number of the state with the largest of all scores, the first of several: `jnp.argmax`.

    The largest of each of 2^(n/2) rows, then its row, then its place there: a maximum of many
    numbers is compiled to vector instructions for a CPU, an arg max is not, and takes four times as
    long.
    """
    import jax.numpy as jnp

    n = h.shape[-1].bit_length() - 1
    rows = h.reshape(*h.shape[:-1], 2 ** (n // 2), -1)
    row = jnp.argmax(jnp.max(rows, -1), -1)
    within = jnp.take_along_axis(rows, row[..., None, None], -2)[..., 0, :]
    return row * rows.shape[-1] + jnp.argmax(within, -1)


def bits(state: Int[Array, "..."], n: int) -> Float[Array, "... n 2"]:
    """The one-hot vectors of the bits of a state's number: what the decoder takes."""
    import jax.numpy as jnp

    bit = (state[..., None] >> jnp.arange(n, dtype=state.dtype)) & 1
    return jnp.stack([1 - bit, bit], -1).astype(jnp.float32)


def score(
    theta: Float[Array, "*batch n 2"],
    alpha: Float[Array, "*batch P"] | None,
    z: Float[Array, "*batch n 2"],
) -> Float[Array, "*batch"]:
    """The score of one-hot bits z."""
    xp: Any = namespace(theta)
    unary = xp.sum(theta * z, (-1, -2))
    if alpha is None:
        return unary
    first, second = pairs(theta.shape[-2])
    return unary + xp.sum(alpha * z[..., first, 1] * z[..., second, 1], -1)
