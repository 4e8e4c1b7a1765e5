r"""Section 9.5: the printed pieces as data, and the truth by another way than the paper's.

Keys are LaTeX without dollar signs, so that parts can be named after them.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.uniform_lines import H, Q, Z
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Check, Step, argued, exact, shown
from perturbtheory.perturbations import Uniform
from perturbtheory.potential import expected_max

T, ONE, TWO = sp.symbols("theta theta_1 theta_2", real=True)
_S, _Y = sp.symbols("s y", real=True)


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
    r"z < -2": _piece(-5, -2, lambda z: 0 * z),
    r"-2 \le z < 0": _piece(-2, 0, lambda z: Q * (2 + z) ** 2 / 2),
    r"0 \le z \le 2": _piece(0, 2, lambda z: Q * (4 - (2 - z) ** 2 / 2)),
    r"z > 2": _piece(2, 5, lambda z: 0 * z),
}
PDF = {
    r"-2 \le z < 0": _piece(-2, 0, lambda z: Q * (2 + z)),
    r"0 \le z \le 2": _piece(0, 2, lambda z: Q * (2 - z)),
    r"z < -2": _piece(-5, -2, lambda z: 0 * z),
    r"z > 2": _piece(2, 5, lambda z: 0 * z),
}
BEYOND = {r"z > 2": _piece(2, 5, lambda z: 1 + 0 * z)}
"""The last piece of the cdf as it should be."""


def _cubic(sign: int) -> Callable[[Any, Any], Any]:
    def formula(a: Any, b: Any) -> Any:
        return Q * (
            Fraction(4, 3) + 2 * (a + b) + (a - b) ** 2 + sign * Fraction(1, 6) * (a - b) ** 3
        )

    return formula


# (102) and (103) print the same four pieces, in opposite order; keys are in theta.
POTENTIAL = {
    r"(80), (102), (103), $\theta > 2$": _piece(2, 5, lambda a, b: a + 0 * b),
    r"(90), (102), (103), $0 \le \theta \le 2$": _piece(0, 2, _cubic(-1)),
    r"(85), (102), (103), $-2 \le \theta \le 0$": _piece(-2, 0, _cubic(+1)),
    r"(101), (102), (103), $\theta < -2$": _piece(-5, -2, lambda a, b: b + 0 * a),
}
_E = Fraction(1, 8)
PROBABILITIES = {
    r"\theta > 2": _piece(2, 5, lambda t: (1 + 0 * t, 0 * t)),
    r"0 \le \theta \le 2": _piece(0, 2, lambda t: (H + H * t - _E * t**2, H - H * t + _E * t**2)),
    r"-2 \le \theta \le 0": _piece(-2, 0, lambda t: (H + H * t + _E * t**2, H - H * t - _E * t**2)),
    r"\theta < -2": _piece(-5, -2, lambda t: (0 * t, 1 + 0 * t)),
}


def potential_integral(low: Fraction) -> Any:
    """F by integrating cdfs over the plane's diagonal, for theta_1 - theta_2 in a piece from `low`.

    f = h - int (F_1 F_2)(s) ds below h, the upper end of the larger support; not carried out.
    """
    if low < 0:
        swapped = potential_integral(-low - 2 if low >= -2 else Fraction(2))
        return swapped.subs({ONE: TWO, TWO: ONE}, simultaneous=True)
    first, second = (_S - ONE + 1) / 2, (_S - TWO + 1) / 2
    middle = TWO + 1 if low < 2 else ONE - 1
    both = sp.Integral(first * second, (_S, ONE - 1, middle)) if low < 2 else 0
    return ONE + 1 - both - sp.Integral(first, (_S, middle, ONE + 1))


def true_potential(low: Fraction) -> Any:
    """`potential_integral`, carried out."""
    return sp.expand(potential_integral(low).doit())


def true_cdf(low: Fraction) -> Any:
    """P(gamma_1 - gamma_2 <= z) as an area: inner length times 1/4, integrated over gamma_2.

    The integrals are not carried out.
    """
    if low >= 2 or low < -2:
        return sp.Integral(sp.Rational(int(low >= 2), 2), (_Y, -1, 1))
    # gamma_1 ranges over [-1, z + y], capped at 1 from y = 1 - z on where z >= 0.
    start, stop = (-1 - Z, 1) if low < 0 else (-1, 1 - Z)
    area = sp.Integral((Z + _Y + 1) / 4, (_Y, start, stop))
    return area if low < 0 else area + sp.Integral(sp.Rational(1, 2), (_Y, stop, 1))


def engine_at(differences: Sequence[Fraction], what: Literal["value", "probabilities"]) -> Estimate:
    """The engine's answer at theta = (t + 1/2, 1/2) for every difference t."""
    points = np.array([[float(t) + 0.5, 0.5] for t in differences])
    return engine(expected_max(Uniform()), points, what)


def at_points(printed: Sequence[Any], values: Sequence[Any], degree: str) -> Check:
    """Printed and exact values at enough points to decide a polynomial piece of that degree."""
    return exact("rational", *at_points_steps(printed, values, degree))


def at_points_steps(printed: Sequence[Any], values: Sequence[Any], degree: str) -> list[Step]:
    """The steps of `at_points`: `degree` says of what degree, in which variables."""
    count = len(printed)
    return [
        shown(
            f"the printed and the true values are equal at {count} rational points",
            all(one == two for one, two in zip(printed, values, strict=True)),
            "exact arithmetic in fractions",
        ),
        argued(
            f"both sides are {degree}, and so many points determine one",
            "the truth is a polynomial between the points where an end of one support passes an "
            "end of the other",
        ),
    ]


def first_wrong(
    name: str, points: Sequence[Any], printed: Sequence[Any], values: Sequence[Any]
) -> dict[str, Any]:
    """The first point at which the printed value is not the true one; empty if there is none."""
    for point, one, two in zip(points, printed, values, strict=True):
        if one != two:
            return {name: _text(point), "printed": _text(one), "true": _text(two)}
    return {}


def _text(value: Any) -> Any:
    return [str(v) for v in value] if isinstance(value, tuple) else str(value)
