"""Both sides of (62): integral of p(gamma) max(theta + gamma), and of p(theta - y) max(y)."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.ledger import Check, argued, eq, exact
from perturbtheory.numerics import gauss_legendre
from perturbtheory.routes import rational

DENSITY = "$p(x) = 30 x^2 (1 - x)^2$ on $[0, 1]$"
"""Differentiable on the whole line, with mean 1/2."""
_N, _U = sp.Symbol("n", positive=True), sp.Symbol("u", real=True)
SPIKE_FALL = sp.Limit(
    sp.Integral((_N + _U / _N**3) * sp.diff((1 - _U**2) ** 2, _U) / _N, (_U, 0, 1)), _N, sp.oo
)
"""Integral of x p'(x)/c from the centre n of a spike to its end n + n^-3, in the limit.

p is c/n (1 - u^2)^2, u = (x - n) n^3, on spikes n = 2, 3, ...: differentiable, with finite mass and
mean. An integral over the line would need this to tend to 0.
"""


def density(x: Any) -> Any:
    """The polynomial of `DENSITY`."""
    return 30 * x**2 * (1 - x) ** 2


def sides(theta: Any) -> tuple[sp.Integral, sp.Integral]:
    """Integrals of p(y - theta) y and of p(theta - y) y over y, d = 1."""
    return (
        sp.Integral(density(X - theta) * X, (X, theta, theta + 1)),
        sp.Integral(density(theta - X) * X, (X, theta - 1, theta)),
    )


def gauss_sides(at: float = 0.0) -> tuple[float, float]:
    """E(at + gamma) and the integral of p(at - y) y, d = 1, by a rule that is exact for them."""
    nodes, weights = gauss_legendre(8)
    x = (1 + nodes) / 2
    left = weights @ (density(x) * (at + x)) / 2
    y = at - x
    return float(left), float(weights @ (density(at - y) * y) / 2)


def gumbel_sides(d: int) -> tuple[Any, Any]:
    """e^(E max gamma) and e^(E max -gamma) for zero-mean Gumbel noise.

    The largest of k has mean log k, since its cdf F^k is F moved by log k, and
    -min = sum over k of (-1)^k sums of maxima of k coordinates.
    """
    mirrored = math.prod(
        (Fraction(k) ** ((-1) ** k * math.comb(d, k)) for k in range(1, d + 1)), start=Fraction(1)
    )
    return sp.Integer(d), sp.Rational(mirrored.numerator, mirrored.denominator)


def mirrored_gumbel(s: float, d: int) -> float:
    """E max(-gamma) is the integral over s > 0 of 1 - P(max(-gamma) <= s) - P(... <= -s)."""

    def below(s: float) -> float:
        log_cdf = -math.exp(min(700.0, s - float(np.euler_gamma)))
        return (-math.expm1(log_cdf)) ** d

    return 1 - below(s) - below(-s)


def spike_falls(centres: tuple[float, ...]) -> np.ndarray:
    """The integral in `SPIKE_FALL` at these n, by a rule that is exact for it."""
    nodes, weights = gauss_legendre(8)
    v = (1 + nodes) / 2
    slope = -4 * v * (1 - v**2)
    return np.array([float(weights @ ((n + v / n**3) * slope / n)) / 2 for n in centres])


def substitution(sign: int) -> Check:
    """int p(sign (y - theta)) max(y) dy = E max(theta + sign gamma)."""
    theta, gamma, y = sp.symbols("theta_i gamma_i y_i", real=True)
    moved = theta + sign * gamma
    way, inside = ("+", r"y - \theta") if sign > 0 else ("-", r"\theta - y")
    return exact(
        "substitution, any d",
        eq(sp.Subs(sign * (y - theta), y, moved), gamma, f"$y = \\theta {way} \\gamma$"),
        eq(sp.Abs(sp.Derivative(moved, gamma)), 1, r"the Jacobian is diagonal: $d\gamma = dy$"),
        argued(rf"""$\int p(\gamma)\max\{{\theta {way} \gamma\}}\,d\gamma = \int
            p({inside})\max\{{y\}}\,dy$ [change of variables]"""),
    )


def equality() -> Check:
    """E max(theta + gamma) = E max(theta - gamma) in the two cases."""
    a, b = sp.symbols("a b", real=True)
    g = sp.Symbol("g", nonnegative=True)
    return exact(
        "laws of gamma and of its differences",
        argued(r"""symmetric noise: $-\gamma$ has the law of $\gamma$, so $\mathbb
            E\max(\theta-\gamma) = \mathbb E\max(\theta+\gamma)$ for every $d$ [definition]"""),
        eq(sp.Subs((a + b) / 2 + sp.Abs(a - b) / 2, b, a + g), a + g),
        r"which is $\max\{a, b\}$ for $g \ge 0$, and so by symmetry for all $a$, $b$",
        argued(r"""$d = 2$: $D = \gamma_1 - \gamma_2$ has the law of $-D$ by exchanging the
            coordinates, so $\mathbb E|\theta_1 - \theta_2 + D| = \mathbb E|\theta_1 - \theta_2 -
            D|$, and $\mathbb E\gamma_i = 0$ leaves $\frac{\theta_1 + \theta_2}2$ of the sums [one
            law, independent, mean zero]"""),
    )


def two_atoms(d: int) -> list[tuple[Fraction, Fraction]]:
    """E max(theta + gamma) and E max(theta - gamma), gamma_i = -1 or 2 with mean zero."""
    weights = [Fraction(2, 3), Fraction(1, 3)]
    thetas = [[Fraction(k, 2)] + [Fraction(0)] * (d - 1) for k in range(-8, 9)]
    return [
        (
            rational.discrete(theta, [-1, 2], weights).value,
            rational.discrete(theta, [1, -2], weights).value,
        )
        for theta in thetas
    ]
