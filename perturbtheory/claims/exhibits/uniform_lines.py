"""The printed lines of section 9.5 that lead to the potential, for numbers and symbols alike.

In every line `integral(integrand, low, high)` is the integral sign: symbolic, or Simpson's rule
in fractions, which is exact for the cubics that occur. theta_2 is left out where it is printed.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

Formula = Callable[[Any], Any]
"""A printed formula, written for numbers and symbols alike."""
Integral = Callable[[Formula, Any, Any], Any]
Line = Callable[[Integral, Any], Any]
Z = sp.Symbol("z", real=True)
Q, H = Fraction(1, 4), Fraction(1, 2)


def simpson(integrand: Formula, low: Any, high: Any) -> Any:
    """Exact for polynomials of degree three or less."""
    middle = (low + high) / Fraction(2)
    return (high - low) * (integrand(low) + 4 * integrand(middle) + integrand(high)) / Fraction(6)


def _bracket(primitive: Formula, low: Any, high: Any) -> Any:
    return primitive(high) - primitive(low)


def symbolic_integral(integrand: Formula, low: Any, high: Any) -> Any:
    """The integral of integrand(z) over z, by sympy."""
    return sp.integrate(integrand(Z), (Z, low, high))


# Lines of cases 2 and 3, less theta_2 where it is printed; I integrates, t is theta.
LOWER: list[Line] = [
    lambda integral, t: integral(lambda z: Q * (2 + z) * (t + z), -t, 0 * t),
    lambda integral, t: (
        H * integral(lambda z: t + 0 * z, -t, 0 * t)
        + H * integral(lambda z: z, -t, 0 * t)
        + Q * integral(lambda z: z * t, -t, 0 * t)
        + Q * integral(lambda z: z**2, -t, 0 * t)
    ),
    lambda _, t: (
        H * _bracket(lambda z: t * z, -t, 0)
        + H * _bracket(lambda z: z**2 / Fraction(2), -t, Fraction(0))
        + Q * _bracket(lambda z: z**2 * t / 2, -t, Fraction(0))
        + Q * _bracket(lambda z: z**3 / Fraction(3), -t, Fraction(0))
    ),
    lambda _, t: Q * (t**2 - t**3 / 6),
]
_TO_TWO = (Fraction(0), Fraction(2))
UPPER: list[Line] = [
    lambda integral, t: integral(lambda z: Q * (2 - z) * (t + z), *_TO_TWO),
    lambda integral, t: integral(lambda z: Q * (2 * t + 2 * z - z * t - z**2), *_TO_TWO),
    lambda integral, t: (
        H * integral(lambda z: t + 0 * z, *_TO_TWO)
        + H * integral(lambda z: z, *_TO_TWO)
        - Q * integral(lambda z: z * t, *_TO_TWO)
        - Q * integral(lambda z: z**2, *_TO_TWO)
    ),
    lambda _, t: (
        H * _bracket(lambda z: t * z, *_TO_TWO)
        + H * _bracket(lambda z: z**2 / Fraction(2), *_TO_TWO)
        - Q * _bracket(lambda z: z**2 * t / 2, *_TO_TWO)
        - Q * _bracket(lambda z: z**3 / Fraction(3), *_TO_TWO)
    ),
    lambda _, t: Q * (2 * t + Fraction(4, 3)),
]
# Where the piece of theta begins on which the lines hold.
LINES: dict[str, tuple[Fraction, list[Line]]] = {
    "(82)-(84)": (
        Fraction(-2),
        [
            lambda integral, t: integral(lambda z: Q * (2 - z) * (t + z), -t, Fraction(2)),
            lambda integral, t: (
                H * integral(lambda z: t + 0 * z, -t, Fraction(2))
                + H * integral(lambda z: z, -t, Fraction(2))
                - Q * integral(lambda z: z * t, -t, Fraction(2))
                - Q * integral(lambda z: z**2, -t, Fraction(2))
            ),
        ],
    ),
    "(87)-(89)": (
        Fraction(0),
        [
            lambda integral, t: LOWER[0](integral, t) + UPPER[0](integral, t),
            lambda _, t: Q * (t**2 - Fraction(1, 6) * t**3) + Q * (2 * t + Fraction(4, 3)),
        ],
    ),
}
CHAINS = {"(91)-(93)": LOWER, "(94)-(97)": UPPER}
