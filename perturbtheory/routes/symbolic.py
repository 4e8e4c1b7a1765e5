"""Small sympy helpers: sums over a symbolic number d of categories, and identities three-valued."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import sympy as sp

Outcome = Literal["holds", "fails", "unknown"]


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


def identity(expression: Any, *, probes: int = 5) -> Outcome:
    """Whether `expression` is identically zero: simplified, and if that fails, evaluated.

    "fails" means that 30 digits at a rational point differ from zero: a proof of the contrary.
    """
    difference = sp.simplify(sp.expand(expression))
    if difference == 0:
        return "holds"
    free = sorted(difference.free_symbols, key=str)
    for k in range(1, probes + 1):
        point = {s: sp.Rational(3 * k + 2 * n + 1, 7 + k) for n, s in enumerate(free)}
        number = sp.N(difference.subs(point), 30)
        if number.is_number and number.is_finite and abs(number) > sp.Rational(1, 10**15):
            return "fails"
    return "unknown"


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
