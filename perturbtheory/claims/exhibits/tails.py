"""Tails of functions of noise against bounds e^-exponent(t, sigma): what section 3.4 needs."""

from collections.abc import Callable
from fractions import Fraction
from math import factorial
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory import properties
from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.draws import shares
from perturbtheory.claims.exhibits.symbols import Z
from perturbtheory.ledger import Check, Outcome, agree, positive, sign
from perturbtheory.perturbations import AbstractPerturbation

GRID = np.array([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
"""Deviations t, in units of sigma, at which tails are compared with bounds."""
_ERROR_RATE = 1e-6
PHI: Any = sp.exp(-(Z**2) / 2) / sp.sqrt(2 * sp.pi)
"""The standard normal density."""
MILLS: Any = Z * PHI / (1 + Z**2)
"""P(gamma_1 >= z) exceeds it, for z > 0: Mills' ratio."""


def printed_exponent(t: Any, _: Any) -> Any:
    """x of the bound e^-x that Theorem 3.1 prints: t^2/2, whatever sigma is."""
    return t**2 / 2


def gaussian_exponent(t: Any, sigma: Any) -> Any:
    """x of the corrected bound e^-x: t^2 / (2 sigma^2)."""
    return t**2 / (2 * sigma**2)


def gumbel_exponent(t: Any, sigma: Any) -> Any:
    """x of the bound e^-x of Theorem 3.2: min(t / (4 sigma), t^2 / (32 sigma^2))."""
    return np.minimum(t / (4 * sigma), t**2 / (32 * sigma**2))


def linear(noise: AbstractPerturbation, weight: float, exponent: Callable[..., Any]) -> Check:
    """P(f - E f >= t) <= e^-exponent(t, sigma) for f = weight gamma_1, sigma = |weight|."""
    sigma = abs(weight)
    found = properties.concentration(
        noise,
        lambda t: np.exp(-exponent(t, sigma)),
        function="linear",
        weights=np.array([weight]),
        dimension=1,
        t=GRID * sigma,
    )
    detail = f"$f = {weight:g} \\gamma_1$, {GRID.size} values of $t$ up to {GRID[-1] * sigma:g}"
    route, holds = f"engine, {weight:g} gamma_1", cosets.outcomes([found])
    return agree(route, holds, [1.0], detail, kind="quadrature")


def sampled(noise: AbstractPerturbation, exponent: Callable[..., Any], samples: int) -> Check:
    """The empirical tail of f = log sum_i e^gamma_i, d = 8, sigma = 1, against the bound.

    P(f >= x) is known to the Dvoretzky-Kiefer-Wolfowitz radius, E f to five standard errors.
    """
    draws = np.asarray(noise.sample(np.random.default_rng(13), (samples, 8)), float)
    f = np.asarray(special.logsumexp(draws, axis=1))
    t = np.array([0.1, 0.25, 0.5, 1.0, 1.5, 2.0])
    start = f.mean() - 5 * f.std() / np.sqrt(samples) + t
    share = (f[:, None] >= start).mean(0)
    margin = shares(np.exp(-exponent(t, 1.0)) - share, samples)
    return positive("sampling", margin, r"bound $-$ tail of $\log\sum_i e^{\gamma_i}$, $d = 8$")


def _tail(z: Fraction) -> tuple[Fraction, Fraction]:
    """low <= P(gamma_1 >= z) <= high for 0 <= z <= 1, in rational arithmetic.

    int_0^z e^(-x^2/2) dx is an alternating series; 223/71 < pi < 22/7 is Archimedes'.
    """
    terms = [
        Fraction(-1, 2) ** k * z ** (2 * k + 1) / ((2 * k + 1) * factorial(k)) for k in range(9)
    ]
    low_root, high_root = Fraction(2506, 1000), Fraction(25072, 10000)  # around sqrt(2 pi)
    known = low_root**2 < 2 * Fraction(223, 71) < 2 * Fraction(22, 7) < high_root**2
    half, spread = Fraction(1, 2), Fraction(0 if known else 1)
    return half - sum(terms) / low_root - spread, half - sum(terms[:-1]) / high_root + spread


def _exponential(x: Fraction) -> tuple[Fraction, Fraction]:
    """low <= e^-x <= high for 0 <= x <= 10, from 30 terms of e^x and a geometric rest."""
    head = sum((x**k / factorial(k) for k in range(30)), Fraction(0))
    rest = x**30 / factorial(30) / (1 - x / 31)
    return 1 / (head + rest), 1 / head


def rational_tail(t: Fraction, sigma: Fraction, exponent: Callable[..., Any]) -> Outcome:
    """P(sigma gamma_1 >= t) <= e^-exponent for normal noise, in rational arithmetic."""
    low, high = _tail(t / sigma)
    least, most = _exponential(exponent(t, sigma))
    return "fails" if low > most else "holds" if high <= least else "unknown"


def ball_tail(t: Fraction, sigma: Fraction, exponent: Callable[..., Any]) -> Outcome:
    """The same in ball arithmetic."""
    from flint import arb, fmpq

    z, x = (arb(fmpq(y.numerator, y.denominator)) for y in (t / sigma, exponent(t, sigma)))
    return sign((-x).exp() - (z / arb(2).sqrt()).erfc() / 2)
