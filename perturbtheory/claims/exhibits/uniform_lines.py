r"""The printed lines of section 9.5 that lead to the potential, for numbers and symbols alike.

In every line `integral(integrand, low, high)` is the integral sign: symbolic, or Simpson's rule
in fractions, which is exact for the cubics that occur. $\theta_2$ is left out where it is printed.
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


def symbolic_integral(integrand: Formula, low: Any, high: Any) -> Any:
    """The integral of integrand(z) over z, not carried out."""
    return sp.Integral(integrand(Z), (Z, low, high))


def _bracket(primitive: Formula, low: Any, high: Any) -> Any:
    return primitive(high) - primitive(low)


def _split(integral: Integral, t: Any, low: Any, high: Any, sign: int) -> Any:
    """The four integrals of (84), (91) and (95); the last two have this sign."""
    first = H * integral(lambda z: t + 0 * z, low, high) + H * integral(lambda z: z, low, high)
    last = Q * integral(lambda z: z * t, low, high) + Q * integral(lambda z: z**2, low, high)
    return first + sign * last


def _bracketed(t: Any, low: Any, high: Any, sign: int) -> Any:
    """The four brackets of (92) and (96)."""
    first = _bracket(lambda z: t * z, low, high) + _bracket(lambda z: z**2 / 2, low, high)
    last = _bracket(lambda z: z**2 * t / 2, low, high) + _bracket(lambda z: z**3 / 3, low, high)
    return H * first + sign * Q * last


# Lines of cases 2 and 3, less theta_2 where it is printed; `integral` integrates, t is theta.
_ZERO, _TWO = Fraction(0), Fraction(2)
LOWER: list[Line] = [
    lambda integral, t: integral(lambda z: Q * (2 + z) * (t + z), -t, 0 * t),
    lambda integral, t: _split(integral, t, -t, 0 * t, +1),
    lambda _, t: _bracketed(t, -t, _ZERO, +1),
    lambda _, t: Q * (t**2 - t**3 / 6),
]
UPPER: list[Line] = [
    lambda integral, t: integral(lambda z: Q * (2 - z) * (t + z), _ZERO, _TWO),
    lambda integral, t: integral(lambda z: Q * (2 * t + 2 * z - z * t - z**2), _ZERO, _TWO),
    lambda integral, t: _split(integral, t, _ZERO, _TWO, -1),
    lambda _, t: _bracketed(t, _ZERO, _TWO, -1),
    lambda _, t: Q * (2 * t + Fraction(4, 3)),
]
LINES: dict[str, list[Line]] = {
    "(82)-(84)": [
        lambda integral, t: integral(lambda z: Q * (2 - z) * (t + z), -t, _TWO),
        lambda integral, t: _split(integral, t, -t, _TWO, -1),
    ],
    "(87)-(89)": [
        lambda integral, t: LOWER[0](integral, t) + UPPER[0](integral, t),
        lambda _, t: Q * (t**2 - Fraction(1, 6) * t**3) + Q * (2 * t + Fraction(4, 3)),
    ],
}
STARTS = {"(82)-(84)": Fraction(-2), "(87)-(89)": Fraction(0)}
"""Where the piece of theta begins on which the lines hold."""
CHAINS = {"(91)-(93)": LOWER, "(94)-(97)": UPPER}
