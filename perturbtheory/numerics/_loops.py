"""Loops in two forms, and Gauss-Legendre rules."""

import functools
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from perturbtheory.numerics._namespace import Namespace

State = TypeVar("State")


def repeat(xp: Namespace, count: int, body: Callable[[State], State], state: State) -> State:
    """`body` applied `count` times to `state`."""
    if xp.traced:
        import jax

        return jax.lax.fori_loop(0, count, lambda _, s: body(s), state)
    for _ in range(count):
        state = body(state)
    return state


@functools.cache
def gauss_legendre(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of the Gauss-Legendre rule on [-1, 1] in float64."""
    rule = np.polynomial.legendre.leggauss(count)
    for numbers in rule:
        numbers.setflags(write=False)
    return rule
