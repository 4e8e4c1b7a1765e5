"""Symbols that many proofs use."""

from typing import Any

import sympy as sp

_real: Any = sp.symbols("t x y z D", real=True)
T, X, Y, Z, D = _real
"""Real numbers."""
_positive: Any = sp.symbols("a b u S", positive=True)
A, B, U, REST = _positive
"""Positive numbers: e^theta, a value that is substituted, and a sum of the others."""


def indexed(name: str, **assumptions: bool) -> Any:
    """An indexed symbol, such as p with entries `p[j]`, for sums over a symbolic d."""
    made: Any = sp.IndexedBase
    return made(name, **assumptions)


def logistic_slope(x: Any) -> Any:
    """sigma'(x) = cosh(x/2)^(-2)/4, for sigma(x) = 1/(1 + exp(-x))."""
    return 1 / (4 * sp.cosh(x / 2) ** 2)
