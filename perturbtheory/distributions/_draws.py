"""Draws of theta + gamma, in the library of the key."""

import operator
from typing import Any, TypeVar

import numpy as np

from perturbtheory.numerics import Array, is_jax, is_key, is_known, leaves, mapped, namespace

Law = TypeVar("Law")


def in_library_of(key: Any, law: Law) -> Law:
    """The law with arrays of NumPy where `key` is a generator of NumPy's; as it is for JAX.

    Raises ValueError for what is no key, TypeError for a generator where the law is traced.
    """
    if is_key(key):
        return law
    if not isinstance(key, np.random.Generator):
        msg = (
            f"`key` must be a numpy.random.Generator or one key of jax.random, got {key!r}; pass "
            "np.random.default_rng(seed) or jax.random.key(seed)"
        )
        raise ValueError(msg)
    if any(is_jax(leaf) and not is_known(leaf) for leaf in leaves(law)):
        msg = (
            f"`key` must be a key of jax.random where theta or the noise is traced, got {key!r}, "
            "which would draw once for all calls; pass jax.random.key(seed)"
        )
        raise TypeError(msg)
    return mapped(lambda leaf: np.asarray(leaf, np.float64) if is_jax(leaf) else leaf, law)


def lengths(shape: Any) -> tuple[int, ...]:
    """`shape` as a tuple of lengths, from a number or several.

    Raises ValueError for what is none.
    """
    try:
        whole = tuple(map(operator.index, shape if isinstance(shape, tuple | list) else (shape,)))
    except TypeError:
        whole = (-1,)
    if any(length < 0 for length in whole):
        msg = f"`shape` must be a tuple of lengths, got {shape!r}; pass () for a single draw"
        raise ValueError(msg)
    return whole


def perturbed(key: Any, law: Any, shape: tuple[int, ...]) -> Array:
    """theta + gamma of shape ``(*shape, *theta.shape)``, in no fewer than 32 bits."""
    gamma = widened(law.noise.sample(key, (*shape, *law.theta.shape)))
    xp = namespace(gamma, law.theta)
    dtype = _wider(gamma.dtype, law.theta.dtype) if is_jax(law.theta) else gamma.dtype
    return xp.asarray(law.theta, dtype) + xp.asarray(gamma, dtype)


def widened(x: Array) -> Array:
    """`x` in no fewer than 32 bits: in 16 bits draws are coarse, and many entries would tie."""
    xp = namespace(x)
    return xp.asarray(x, _wider(x.dtype, np.float32))


def _wider(one: Any, two: Any) -> Any:
    return max(one, two, key=lambda dtype: np.dtype(dtype).itemsize)
