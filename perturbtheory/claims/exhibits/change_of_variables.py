"""Both sides of (62): integral of p(gamma) max(theta + gamma), and of p(theta - y) max(y)."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.legacy import argued, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Check
from perturbtheory.numerics import gauss_legendre
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity

_X = sp.Symbol("x", real=True)


def _density(x: Any) -> Any:
    """30 x^2 (1 - x)^2 on [0, 1]: differentiable on the whole line, with mean 1/2."""
    return 30 * x**2 * (1 - x) ** 2


def substituted_sides(theta: Any) -> tuple[Any, Any]:
    """Integrals of p(y - theta) y and of p(theta - y) y over y, d = 1."""
    shifted = sp.integrate(sp.expand(_density(_X - theta) * _X), (_X, theta, theta + 1))
    mirrored = sp.integrate(sp.expand(_density(theta - _X) * _X), (_X, theta - 1, theta))
    return shifted, mirrored


def polynomial_sides() -> tuple[Any, Any]:
    """Left and right side of (62) at theta = 0, d = 1."""
    left = sp.integrate(sp.expand(_density(_X) * _X), (_X, 0, 1))
    return left, substituted_sides(sp.Integer(0))[1]


def gauss_sides(at: float = 0.0) -> tuple[float, float]:
    """Both sides at theta = `at`, d = 1, by a rule that is exact for them."""
    nodes, weights = gauss_legendre(8)
    x = (1 + nodes) / 2
    left = weights @ (_density(x) * (at + x)) / 2
    y = at - x
    return float(left), float(weights @ (_density(at - y) * y) / 2)


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


def estimate(number: float, radius: float) -> Estimate:
    """A number with the radius that its quadrature states."""
    return Estimate(number, radius, "quadrature")


def spike_falls() -> tuple[Any, np.ndarray]:
    """Integral of x p'(x)/c from the centre n of a spike to its end n + n^-3: its limit; numbers.

    p is c/n (1 - u^2)^2, u = (x - n) n^3, on spikes n = 2, 3, ...: differentiable, with finite
    mass and mean. An integral over the line would need this to tend to 0.
    """
    n = sp.Symbol("n", positive=True)
    u = sp.Symbol("u", real=True)
    slope = sp.diff((1 - u**2) ** 2, u) / n
    fall = sp.limit(sp.integrate(sp.expand((n + u / n**3) * slope), (u, 0, 1)), n, sp.oo)
    nodes, weights = gauss_legendre(8)
    v = (1 + nodes) / 2
    numbers = [
        float(weights @ ((k + v / k**3) * (-4 * v * (1 - v**2)) / k)) / 2
        for k in (10.0, 100.0, 1000.0)
    ]
    return fall, np.array(numbers)


def substitution_proof(sign: int) -> Check:
    """int p(sign (y - theta)) max(y) dy = E max(theta + sign gamma)."""
    theta, gamma, y = sp.symbols("theta_i gamma_i y_i", real=True)
    moved = theta + sign * gamma
    way = "+" if sign > 0 else "-"
    return proof(
        "substitution, any d",
        f"y = theta {way} gamma",
        shown(
            rf"$y_i = \theta_i {way} \gamma_i$ gives $\gamma_i = {'' if sign > 0 else '-'}"
            r"(y_i - \theta_i)$",
            identity(sp.solve(sp.Eq(moved, y), gamma)[0] - sign * (y - theta)),
        ),
        shown(
            r"the Jacobian is diagonal with entries $\pm 1$: $d\gamma = dy$",
            sp.Abs(sp.diff(moved, gamma)) == 1,
        ),
        argued(
            rf"$\int p(\gamma)\max\{{\theta {way} \gamma\}}\,d\gamma = \int "
            rf"p({'y - theta' if sign > 0 else 'theta - y'})\max\{{y\}}\,dy$".replace(
                "theta - y", r"\theta - y"
            ).replace("y - theta", r"y - \theta"),
            "change of variables",
        ),
    )


def equality_proof() -> Check:
    """E max(theta + gamma) = E max(theta - gamma) in the two cases."""
    x, g = sp.symbols("x g", real=True), sp.Symbol("g", nonnegative=True)
    low, gap = x[0], g
    # max = half the sum plus half the distance, whichever is larger by g.
    first = (low + gap) - ((2 * low + gap) / 2 + gap / 2)
    return proof(
        "laws of gamma and of its differences",
        "the two means agree",
        argued(
            r"symmetric noise: $-\gamma$ has the law of $\gamma$, so $\mathbb E\max(\theta-\gamma) "
            r"= \mathbb E\max(\theta+\gamma)$ for every d",
            "definition",
        ),
        shown(
            r"d = 2: $\max(a, b) = \frac{a + b}2 + \frac{|a - b|}2$",
            identity(first),
        ),
        argued(
            r"$D = \gamma_1 - \gamma_2$ has the law of $-D$ by exchanging the coordinates, so "
            r"$\mathbb E|\theta_1 - \theta_2 + D| = \mathbb E|\theta_1 - \theta_2 - D|$, and "
            r"$\mathbb E\gamma_i = 0$ leaves $\frac{\theta_1 + \theta_2}2$ of the sums",
            "one law, independent, mean zero",
        ),
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
