"""Draws by a NumPy generator or a JAX key."""

from typing import Any

import numpy as np

from perturbtheory.numerics._namespace import is_jax

_NUMPY = {"normal": "standard_normal", "t": "standard_t", "uniform": "random"}
"""What the generator calls laws that JAX calls otherwise."""


def is_key(value: Any) -> bool:
    """Whether `value` is one key of jax.random, of either form and perhaps traced.

    Example:
        >>> from perturbtheory import numerics
        >>> import jax
        >>> numerics.is_key(jax.random.key(0)), numerics.is_key(0)
        (True, False)
    """
    if not is_jax(value):
        return False
    import jax

    typed = jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key) and value.shape == ()
    return typed or (value.dtype == np.uint32 and value.shape == (2,))


def dtype_of_draws(key: Any, *parameters: Any) -> Any:
    """The floating dtype of draws by this key of a law with these parameters.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> numerics.dtype_of_draws(np.random.default_rng(0), 1.0)
        <class 'numpy.float64'>
    """
    if isinstance(key, np.random.Generator):
        return np.float64
    import jax.numpy as jnp

    return jnp.result_type(float, *parameters)


def draw(key: Any, name: str, shape: tuple[int, ...], dtype: Any, *parameters: Any) -> Any:
    """Draws of the law that `jax.random` calls `name`, at unit scale.

    `key` is a `numpy.random.Generator`, which answers in float64 whatever `dtype` is, or a JAX key.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> numerics.draw(rng, "normal", (2,), float).shape
        (2,)
    """
    if isinstance(key, np.random.Generator):
        return getattr(key, _NUMPY.get(name, name))(*parameters, size=shape)
    import jax

    return getattr(jax.random, name)(key, *parameters, shape, dtype)


def choice(key: Any, weights: Any, shape: tuple[int, ...]) -> Any:
    """Indices k with probability weights[..., k], by a NumPy generator or a JAX key.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> weights = np.array([0.0, 1.0])
        >>> numerics.choice(np.random.default_rng(0), weights, (3,)).tolist()
        [1, 1, 1]
    """
    if isinstance(key, np.random.Generator):
        below = np.cumsum(np.asarray(weights), -1)
        return np.sum(key.random(shape)[..., None] * below[..., -1:] >= below, -1)
    import jax
    import jax.numpy as jnp

    return jax.random.categorical(key, jnp.log(jnp.asarray(weights)), shape=shape)


def split(key: Any) -> tuple[Any, Any]:
    """Two independent keys; a NumPy generator serves twice.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> len(numerics.split(np.random.default_rng(0)))
        2
    """
    if isinstance(key, np.random.Generator):
        return key, key
    import jax

    one, two = jax.random.split(key)
    return one, two
