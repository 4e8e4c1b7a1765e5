"""An encoder h(z; phi) and a reward f(z) for a symbolic number k of categories: sums and means."""

from typing import Any

import sympy as sp

Z: Any = sp.Symbol("z", integer=True, positive=True)
K: Any = sp.Symbol("k", integer=True, positive=True)
PHI: Any = sp.Symbol("phi", real=True)
EPSILON: Any = sp.Symbol("epsilon", real=True)


def indexed(name: str, **assumptions: bool) -> Any:
    """A quantity that depends on the category z."""
    base: Any = sp.IndexedBase
    return base(name, **assumptions)[Z]


_H: Any = sp.Function("h", real=True)
F, H = indexed("f", real=True), _H(Z, PHI)
"""The reward f_z and the score h(z, phi) of category z; the gradient is taken in phi."""
SLOPE: Any = sp.Derivative(H, PHI)


def total(term: Any) -> Any:
    """Sum of the term over z = 1, ..., k, not evaluated."""
    return sp.Sum(term, (Z, 1, K))


def mean(term: Any, epsilon: Any = 0) -> Any:
    """E[term(z)] for z with the law softmax(h + epsilon f)."""
    weight = sp.exp(H + epsilon * F)
    return total(weight * term) / total(weight)


COVARIANCE: Any = mean(F * SLOPE) - mean(F) * mean(SLOPE)
"""Cov_q(f, dh/dphi) under q = softmax(h)."""
POTENTIAL: Any = sp.log(total(sp.exp(H + EPSILON * F)))
"""G(phi, epsilon) = E max{epsilon f + h + gamma} in closed form."""


def at_zero(expression: Any) -> Any:
    """The expression at epsilon = 0, not evaluated."""
    return sp.Subs(expression, EPSILON, 0)
