"""`namespace(...)`: the array library that fits, with the special functions that laws need.

It is the only place that asks whether something is a JAX array, and it never imports JAX: as long
as nobody has imported it, nothing can be one. `array_api_compat` does not serve: it has no erfc,
betainc, log-sum-exp or gammaln.
"""

import functools
import sys
from typing import Any

import numpy as np
import scipy.special

Array = Any
"""A NumPy array or a JAX array: type checkers need not know which."""


class Namespace:
    """One set of names for NumPy with SciPy and for JAX: all of numpy, and those listed here.

    Attributes:
        traced: whether arrays are JAX's, so that neither their numbers nor loops of a length that
            depends on them can be had.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> xp = numerics.namespace(np.zeros(2))
        >>> xp.traced, float(xp.logsumexp(np.zeros(2)).round(6))
        (False, 0.693147)
    """

    traced: bool

    def __init__(self, library: Any, *, traced: bool, **functions: Any) -> None:
        self.traced = traced
        self._library = library
        vars(self).update(functions)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._library, name)
        setattr(self, name, value)  # the next look-up finds it at once
        return value


_SPECIAL = (
    "erfc", "erfcx", "expit", "log_expit", "gammaln", "gammainc", "betainc", "exp1", "ndtri",
)  # fmt: skip
NUMPY = Namespace(
    np,
    traced=False,
    **{name: getattr(scipy.special, name) for name in _SPECIAL},
    logsumexp=scipy.special.logsumexp,
    softmax=scipy.special.softmax,
    segment_sum=lambda values, index, count: np.bincount(index, values, count),
)


@functools.cache
def _jax() -> Namespace:
    import jax
    import jax.numpy as jnp
    from jax.scipy import special

    return Namespace(
        jnp,
        traced=True,
        erfc=special.erfc,
        expit=jax.nn.sigmoid,
        log_expit=jax.nn.log_sigmoid,
        gammaln=special.gammaln,
        gammainc=special.gammainc,
        betainc=special.betainc,
        exp1=special.exp1,
        ndtri=special.ndtri,
        logsumexp=special.logsumexp,
        softmax=jax.nn.softmax,
        segment_sum=jax.ops.segment_sum,
    )


_OURS = (float, int, np.ndarray, np.float64, list, tuple)
"""Types of which it is known at once; asking JAX takes a microsecond each."""


def is_jax(value: Any) -> bool:
    """Whether `value` is a JAX array, concrete or traced.

    Example:
        >>> from perturbtheory import numerics
        >>> import jax.numpy as jnp
        >>> numerics.is_jax(jnp.zeros(2)), numerics.is_jax([0.0])
        (True, False)
    """
    if type(value) in _OURS:
        return False
    jax = sys.modules.get("jax")
    # While JAX itself is being imported the module is there and `Array` may not be yet.
    kind = getattr(jax, "Array", None)
    return kind is not None and isinstance(value, kind)


def is_known(value: Any) -> bool:
    """Whether the numbers in `value` can be looked at now: neither traced nor a placeholder.

    Example:
        >>> from perturbtheory import numerics
        >>> numerics.is_known(1.0), numerics.is_known(object())
        (True, False)
    """
    if is_jax(value):
        return not isinstance(value, sys.modules["jax"].core.Tracer)
    return isinstance(value, int | float | np.ndarray | np.generic)


def namespace(*values: Any) -> Namespace:
    """The names of JAX if any of the values is a JAX array, else those of NumPy and SciPy.

    Example:
        >>> from perturbtheory import numerics
        >>> import jax.numpy as jnp
        >>> numerics.namespace([1.0]).traced, numerics.namespace(jnp.ones(1)).traced
        (False, True)
    """
    if "jax" in sys.modules and any(map(is_jax, values)):
        return _jax()
    return NUMPY


def floats(*values: Any) -> tuple[Any, ...]:
    """(xp, *values): the namespace, and the values as its arrays of one floating dtype.

    float64 in NumPy. In JAX the dtype of the JAX arrays among the values, and its default where
    these are integers; numbers and NumPy arrays among them take that dtype.

    Example:
        >>> from perturbtheory import numerics
        >>> xp, x, scale = numerics.floats([1, 2], 3)
        >>> x, xp.traced
        (array([1., 2.]), False)
    """
    xp = namespace(*values)
    if not xp.traced:
        return xp, *(np.asarray(v, np.float64) for v in values)
    # Python numbers are weak: they never widen the dtype of an array.
    floating = [v for v in values if is_jax(v) and xp.issubdtype(v.dtype, xp.floating)]
    dtype = xp.result_type(*floating) if floating else xp.result_type(float)
    return xp, *(xp.asarray(v, dtype) for v in values)


def array(value: Any, like: Any) -> Any:
    """`value` as an array of the library and dtype of `like`.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> numerics.array(1, np.zeros(2))
        array(1.)
    """
    return namespace(like).asarray(value, like.dtype)


def divided(x: Any, temperature: Any) -> Any:
    """x / t, where masked entries, -inf, have no slope in t.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> numerics.divided(np.array([1.0, -np.inf]), 0.5).tolist()
        [2.0, -inf]
    """
    xp = namespace(x, temperature)
    open_ = x != -xp.inf
    return xp.where(open_, xp.where(open_, x, 0.0) / temperature, -xp.inf)
