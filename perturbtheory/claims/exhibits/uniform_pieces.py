"""Section 9.5: the printed pieces as data, and the truth by another way than the paper's."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import sympy as sp

from perturbtheory.claims.exhibits.uniform_lines import H, Q, Z

T, ONE, TWO = sp.symbols("theta theta_1 theta_2", real=True)


class Piece(NamedTuple):
    """A printed piece of a piecewise function on [low, high], and points that determine a cubic."""

    low: Fraction
    high: Fraction
    formula: Any

    @property
    def points(self) -> list[Fraction]:
        """Five points of the piece, both ends included: more than a cubic needs."""
        return [self.low + (self.high - self.low) * Fraction(k, 4) for k in range(5)]


def _piece(low: int, high: int, formula: Any) -> Piece:
    return Piece(Fraction(low), Fraction(high), formula)


# Unbounded pieces are cut at +-5: on either side of +-2 the truth is one polynomial.
CDF = {
    "z < -2": _piece(-5, -2, lambda z: 0 * z),
    "-2 <= z < 0": _piece(-2, 0, lambda z: Q * (2 + z) ** 2 / 2),
    "0 <= z <= 2": _piece(0, 2, lambda z: Q * (4 - (2 - z) ** 2 / 2)),
    "z > 2": _piece(2, 5, lambda z: 0 * z),
}
PDF = {
    "-2 <= z < 0": _piece(-2, 0, lambda z: Q * (2 + z)),
    "0 <= z <= 2": _piece(0, 2, lambda z: Q * (2 - z)),
    "otherwise, z < -2": _piece(-5, -2, lambda z: 0 * z),
    "otherwise, z > 2": _piece(2, 5, lambda z: 0 * z),
}


def _cubic(sign: int) -> Callable[[Any, Any], Any]:
    def formula(a: Any, b: Any) -> Any:
        return Q * (
            Fraction(4, 3) + 2 * (a + b) + (a - b) ** 2 + sign * Fraction(1, 6) * (a - b) ** 3
        )

    return formula


# (102) and (103) print the same four pieces, in opposite order; keys are in theta.
POTENTIAL = {
    "(80), (102), (103), theta > 2": _piece(2, 5, lambda a, b: a + 0 * b),
    "(90), (102), (103), 0 <= theta <= 2": _piece(0, 2, _cubic(-1)),
    "(85), (102), (103), -2 <= theta <= 0": _piece(-2, 0, _cubic(+1)),
    "(101), (102), (103), theta < -2": _piece(-5, -2, lambda a, b: b + 0 * a),
}
_E = Fraction(1, 8)
PROBABILITIES = {
    "theta > 2": _piece(2, 5, lambda t: (1 + 0 * t, 0 * t)),
    "0 <= theta <= 2": _piece(0, 2, lambda t: (H + H * t - _E * t**2, H - H * t + _E * t**2)),
    "-2 <= theta <= 0": _piece(-2, 0, lambda t: (H + H * t + _E * t**2, H - H * t - _E * t**2)),
    "theta < -2": _piece(-5, -2, lambda t: (0 * t, 1 + 0 * t)),
}


def true_potential(low: Fraction) -> Any:
    """F by integrating cdfs over the plane's diagonal, for theta_1 - theta_2 in a piece from `low`.

    f = h - int (F_1 F_2)(s) ds below h, the upper end of the larger support.
    """
    if low < 0:
        swapped = true_potential(-low - 2 if low >= -2 else Fraction(2))
        return swapped.subs({ONE: TWO, TWO: ONE}, simultaneous=True)
    s = sp.Symbol("s", real=True)
    first, second = (s - ONE + 1) / 2, (s - TWO + 1) / 2
    middle = TWO + 1 if low < 2 else ONE - 1
    both = sp.integrate(first * second, (s, ONE - 1, middle))
    return sp.expand(ONE + 1 - both - sp.integrate(first, (s, middle, ONE + 1)))


def true_cdf(low: Fraction) -> Any:
    """P(gamma_1 - gamma_2 <= z) as an area: inner length times 1/4, integrated over gamma_2."""
    y = sp.Symbol("y", real=True)
    if low >= 2:
        return sp.Integer(1)
    if low < -2:
        return sp.Integer(0)
    # gamma_1 ranges over [-1, z + y], capped at 1 from y = 1 - z on where z >= 0.
    start, stop = (-1 - Z, 1) if low < 0 else (-1, 1 - Z)
    area = sp.integrate((Z + y + 1) / 4, (y, start, stop))
    return sp.expand(area if low < 0 else area + sp.integrate(sp.Rational(1, 2), (y, stop, 1)))
