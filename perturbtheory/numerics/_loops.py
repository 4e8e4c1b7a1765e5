"""Loops in two forms, sums whose rounding is known, and Gauss-Legendre rules."""

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from perturbtheory.numerics._namespace import Namespace

State = TypeVar("State")


def repeat(xp: Namespace, count: int, body: Callable[[State], State], state: State) -> State:
    """`body` applied `count` times to `state`.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> numerics.repeat(numerics.namespace(np.ones(1)), 3, lambda x: 2 * x, 1)
        8
    """
    if xp.traced:
        import jax

        return jax.lax.fori_loop(0, count, lambda _, s: body(s), state)
    for _ in range(count):
        state = body(state)
    return state


def total(xp: Namespace, function: Callable[..., Any], *columns: Any) -> Any:
    """The sum of function(*row) over the rows of the columns; it answers with a tuple.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> xp = numerics.namespace(np.ones(1))
        >>> numerics.total(xp, lambda x: (x, x * x), np.arange(4.0))
        (np.float64(6.0), np.float64(14.0))
    """
    if not xp.traced:
        parts = (function(*row) for row in zip(*columns, strict=True))
        return functools.reduce(lambda one, two: tuple(map(operator.add, one, two)), parts)
    import jax

    def add(sums: Any, row: Any) -> tuple[Any, None]:
        return jax.tree.map(operator.add, sums, function(*row)), None

    shapes = jax.eval_shape(function, *(c[0] for c in columns))
    zero = jax.tree.map(lambda s: xp.zeros(s.shape, s.dtype), shapes)
    return jax.lax.scan(add, zero, columns)[0]


def two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a + b rounded, what the rounding took), by Knuth.

    Example:
        >>> total, rest = two_sum(np.array(1.0), np.array(1e-20))
        >>> float(total), float(rest)
        (1.0, 1e-20)
    """
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def accurate_sum(*terms: np.ndarray) -> np.ndarray:
    """The sum, rounded nearly once: what every addition loses is added at the end.

    Example:
        >>> float(accurate_sum(*map(np.array, (1.0, 1e-20, -1.0))))
        1e-20
    """
    total, lost = terms[0], np.zeros_like(terms[0])
    for term in terms[1:]:
        total, rest = two_sum(total, term)
        lost = lost + rest
    return total + lost


@functools.cache
def gauss_legendre(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the Gauss-Legendre rule on [-1, 1] in float64.

    Example:
        >>> from perturbtheory import numerics
        >>> [float(x.sum().round(12)) for x in numerics.gauss_legendre(8)]
        [0.0, 2.0]
    """
    rule = np.polynomial.legendre.leggauss(count)
    for numbers in rule:
        numbers.setflags(write=False)
    return rule
