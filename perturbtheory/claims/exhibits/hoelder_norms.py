"""The two ways to write Hoelder's inequality that paper A mixes up, in rationals and on average."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.cosets import ATOMS
from perturbtheory.ledger import eq, shown

Norms = Callable[[Any], tuple[Any, Any]]
"""Exponents (of u, of v) of the two norms, as functions of lambda."""
THIRD = Fraction(1, 3)


def printed(share: Any) -> tuple[Any, Any]:
    """<u, v> <= ||v||_(1/lambda) ||u||_(1/(1 - lambda)), as printed."""
    return 1 / (1 - share), 1 / share


def swapped(share: Any) -> tuple[Any, Any]:
    """<u, v> <= ||u||_(1/lambda) ||v||_(1/(1 - lambda))."""
    return 1 / share, 1 / (1 - share)


def young(share: Any) -> tuple[Any, ...]:
    """Steps to r^lambda <= lambda r + 1 - lambda for r > 0, with equality for r = 1 alone."""
    r, mu = sp.symbols("r mu", positive=True)
    gap = share * r + 1 - share - r**share
    return (
        eq(sp.Subs(gap, r, 1), 0, rf"$g(1)$ for $g(r) = {sp.latex(gap)}$"),
        eq(sp.Subs(sp.Derivative(gap, r), r, 1), 0, "$g'(1)$"),
        eq(sp.Derivative(gap, (r, 2)), share * (1 - share) * r ** (share - 2)),
        shown(
            r"positive for $\lambda > 0$, $\mu = 1-\lambda > 0$, so $g(r) > 0$ unless $r = 1$",
            bool((share * mu * r ** (share - 2)).is_positive),
        ),
    )


def power_sum(logs: Sequence[int], factor: Fraction) -> Fraction:
    """sum_i 2^(factor logs_i), for integer exponents."""
    exponents = [factor * x for x in logs]
    if any(x.denominator != 1 for x in exponents):
        msg = f"`logs` times `factor` must be integers, got {logs} and {factor}; multiply by 3"
        raise ValueError(msg)
    return sum((Fraction(2) ** int(x) for x in exponents), Fraction(0))


def cubes(norms: Norms, theta: Sequence[int], tau: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Cubes of ||u|| ||v|| and of e^(lambda f(theta) + (1 - lambda) f(tau)), lambda = 1/3.

    gamma = 0, and the units are log 2: u_i = 2^(theta_i / 3), v_i = 2^(2 tau_i / 3).
    """
    a, b = norms(THIRD)
    u = power_sum(theta, a * THIRD) ** int(3 / a)
    v = power_sum(tau, b * 2 * THIRD) ** int(3 / b)
    one = Fraction(1)
    return u * v, power_sum(theta, one) * power_sum(tau, one) ** 2


def logs(theta: np.ndarray, tau: np.ndarray, norms: Norms | None = None) -> np.ndarray:
    """E log <u, v>, or E log(||u|| ||v||), over all outcomes of three atoms, lambda = 0.3."""
    gamma = np.array(list(product(ATOMS, repeat=theta.shape[1])))
    both = 0.3 * (theta[:, None] + gamma), 0.7 * (tau[:, None] + gamma)
    if norms is None:
        return np.log(np.exp(both[0] + both[1]).sum(-1)).mean(1)
    exponents = norms(0.3)
    terms = [np.log(np.exp(e * x).sum(-1)) / e for x, e in zip(both, exponents, strict=True)]
    return (terms[0] + terms[1]).mean(1)
