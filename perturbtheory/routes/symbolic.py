"""Small sympy helpers: sums over a symbolic number d of categories."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import sympy as sp


class Categories(NamedTuple):
    """theta_1, ..., theta_d for a symbolic d >= 1, with i one of the indices and j running.

    Attributes:
        d: number of categories, written i + m with m >= 0 so that i <= d is known.
        i: an index.
        j: the index of summation.
        theta: real, indexed.

    Example:
        >>> from perturbtheory.routes import symbolic
        >>> symbols = symbolic.categories()
        >>> symbols.sum(symbols.theta[symbols.j])
        Sum(theta[j], (j, 1, i + m))
    """

    d: Any
    i: Any
    j: Any
    theta: Any

    def sum(self, term: Any) -> Any:
        """sum_{j = 1}^d term."""
        return sp.Sum(term, (self.j, 1, self.d))


def categories() -> Categories:
    """Fresh symbols for a statement about every d.

    Example:
        >>> from perturbtheory.routes import symbolic
        >>> symbols = symbolic.categories()
        >>> symbols.theta
        theta
    """
    i, j = sp.symbols("i j", integer=True, positive=True)
    m = sp.Symbol("m", integer=True, nonnegative=True)
    return Categories(i + m, i, j, sp.IndexedBase("theta", real=True))


def rational(expression: Any, point: Mapping[Any, int | Fraction]) -> Fraction:
    """The exact value at a rational point of an expression that is rational there.

    Example:
        >>> from perturbtheory.routes import symbolic
        >>> import sympy as sp
        >>> x = sp.Symbol("x")
        >>> symbolic.rational(x / 3, {x: 2})
        Fraction(2, 3)
    """
    number = sp.nsimplify(
        sp.sympify(expression).subs({k: sp.Rational(v) for k, v in point.items()})
    )
    if not isinstance(number, sp.Rational):
        msg = f"`expression` must be rational at {dict(point)}, got {number}; choose another point"
        raise ValueError(msg)
    return Fraction(int(number.p), int(number.q))
