"""Small sympy helpers: sums over a symbolic number d of categories."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import sympy as sp

from perturbtheory.ledger import Outcome, identity


class Categories(NamedTuple):
    """theta_1, ..., theta_d for a symbolic d >= 1, with i one of the indices and j running.

    Attributes:
        d: number of categories, written i + m with m >= 0 so that i <= d is known.
        i: an index.
        j: the index of summation.
        theta: real, indexed.
    """

    d: Any
    i: Any
    j: Any
    theta: Any

    def sum(self, term: Any) -> Any:
        """sum_{j = 1}^d term."""
        return sp.Sum(term, (self.j, 1, self.d))


def categories() -> Categories:
    """Fresh symbols for a statement about every d."""
    i, j = sp.symbols("i j", integer=True, positive=True)
    m = sp.Symbol("m", integer=True, nonnegative=True)
    return Categories(i + m, i, j, sp.IndexedBase("theta", real=True))


def variance_identity() -> Outcome:
    """sum_j p_j (v_j - m)^2 = sum_j p_j v_j^2 - m^2 for m = sum_j p_j v_j, sum_j p_j = 1, any d."""
    _, _, j, _ = (s := categories())
    p: Any = sp.IndexedBase("p")
    v: Any = sp.IndexedBase("v")
    m = sp.Symbol("m")
    terms = sp.Integer(0)
    squares: Any = sp.expand(p[j] * (v[j] - m) ** 2).args
    for term in squares:
        constant, running = term.as_independent(j)
        terms += constant * s.sum(running)
    terms = terms.subs({s.sum(p[j]): 1, s.sum(p[j] * v[j]): m})
    return identity(terms - (s.sum(p[j] * v[j] ** 2) - m**2))


def rational(expression: Any, point: Mapping[Any, int | Fraction]) -> Fraction:
    """The exact value at a rational point of an expression that is rational there."""
    number = sp.nsimplify(
        sp.sympify(expression).subs({k: sp.Rational(v) for k, v in point.items()})
    )
    if not isinstance(number, sp.Rational):
        msg = f"`expression` must be rational at {dict(point)}, got {number}; choose another point"
        raise ValueError(msg)
    return Fraction(int(number.p), int(number.q))
