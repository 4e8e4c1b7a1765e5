"""Draws of z by a key, and what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perturbtheory.numerics import floats, is_jax, is_key

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.perturbations import AbstractPerturbation


def require_key(key: Any) -> None:
    """Raise ValueError unless `key` is one key of jax.random.

    Example:
        >>> from perturbtheory import estimators as es
        >>> es.require_key(0)
        Traceback (most recent call last):
            ...
        ValueError: `key` must be one key of jax.random, got 0; pass jax.random.key(seed), ...
    """
    if not is_key(key):
        got = f"shape {key.shape}" if is_jax(key) and key.shape else repr(key)
        msg = (
            f"`key` must be one key of jax.random, got {got}; pass jax.random.key(seed), and use "
            "jax.vmap over keys for many estimates"
        )
        raise ValueError(msg)


def draw(
    noise: AbstractPerturbation, key: Array, theta: Float[Array, "... K"], *lead: int
) -> Float[Array, "... K"]:
    """gamma of shape ``(*lead, *theta.shape)`` and of theta's dtype.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> es.draw(pt.Normal(), jax.random.key(0), jax.numpy.zeros(3), 5).shape
        (5, 3)
    """
    shape = (*lead, *theta.shape)
    return noise.astype(theta.dtype).sample(key, shape).astype(theta.dtype)


def constant(tree: Any) -> Any:
    """`tree` without derivatives; activations among its leaves stay as they are.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> jax.grad(lambda x: x * es.constant(x))(3.0).item()
        3.0
    """
    import jax

    return jax.tree.map(lambda a: a if callable(a) else jax.lax.stop_gradient(a), tree)


def one_hot(x: Float[Array, "... K"]) -> Float[Array, "... K"]:
    """e_argmax(x), row by row.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax.numpy as jnp
        >>> es.one_hot(jnp.array([0.1, 0.7, 0.2])).tolist()
        [0.0, 1.0, 0.0]
    """
    xp, x = floats(x)
    return xp.asarray(xp.argmax(x, -1, keepdims=True) == xp.arange(x.shape[-1]), x.dtype)
