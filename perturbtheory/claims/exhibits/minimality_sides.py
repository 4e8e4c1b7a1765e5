"""Both sides of the printed steps of section 9.3, for Gumbel and uniform noise."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import uniform_lines
from perturbtheory.claims.exhibits.draws import sample_mean
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget
from perturbtheory.perturbations import Uniform
from perturbtheory.routes import enclosure, rational

V = (0, 1, -1)
HALF = Fraction(1, 2)
L = sp.Symbol("lambda", positive=True)


def gumbel_sides() -> tuple[Any, Any]:
    """g(lambda) with the printed j, and f(lambda v), for Gumbel noise at theta = 0, d = 3.

    The largest of k zero-mean Gumbel variables moved by t_1, ..., t_k has mean log sum e^t_i, and
    which one it is says nothing about its height: with the printed j = arg max(gamma_2, gamma_3),
    gamma_j is a Gumbel variable moved by log 2, and j is 2 or 3 with probability 1/2 each.
    """
    up, down = sp.exp(L), sp.exp(-L)
    printed = (sp.log(1 + 2 * up) + sp.log(1 + 2 * down)) / 2
    return printed, sp.log(1 + up + down)


def sampled(budget: Budget, at: float) -> tuple[Estimate, Estimate]:
    """Means of the printed max less the true one, and of the printed slope less the true one."""
    gamma = np.random.default_rng(53).gumbel(size=(budget.samples, 3))
    rows = np.arange(budget.samples)
    moved = gamma + at * np.array(V)
    first = 1 + np.argmax(gamma[:, 1:], 1)
    printed = np.where(moved[:, 0] > moved[rows, first], 0, first)
    true = np.argmax(moved, 1)
    gaps = moved[rows, printed] - moved[rows, true], np.array(V)[printed] - np.array(V)[true]
    return sample_mean(gaps[0]), sample_mean(gaps[1])


def four_terms(shift: int) -> tuple[Any, Any]:
    """The printed four terms, and g(lambda + e) - g(lambda), given gamma_2, ..., gamma_d.

    With P the distribution function of gamma_1 and Q the integral of x dP up to a and up to
    b = a + e (v_j - v_1). `shift` = 1 has lambda + e in the last two terms, as printed; 0 lambda.
    """
    low, high, q_low, q_high, q = sp.symbols("P_a P_b Q_a Q_b Q", real=True)
    other, one, vj, v1, e, lam = sp.symbols("c_j theta_1 v_j v_1 epsilon lambda", real=True)

    def upper(at: Any) -> Any:
        """theta_j + at v_j + gamma_j."""
        return other + at * vj

    def lower(at: Any) -> Any:
        return one + at * v1

    def g(at: Any, cdf: Any, partial: Any) -> Any:
        return upper(at) * cdf + lower(at) * (1 - cdf) + q - partial

    last = lam + shift * e
    printed = e * vj * high + e * v1 * (1 - high)
    printed += upper(last) * (high - low) - lower(last) * (high - low) - (q_high - q_low)
    return printed, g(lam + e, high, q_high) - g(lam, low, q_low)


def uniform_difference(shift: int) -> tuple[Fraction, Fraction]:
    """Printed four terms and the truth: uniform noise, theta = 0, v = (0, 1), from 0 to e = 1/2."""
    e = HALF

    def given(y: Fraction) -> Fraction:
        """Given gamma_2 = y; gamma_1 is uniform on [-1, 1], a = y and b = y + e."""
        low, high = (1 + y) / 2, (1 + min(Fraction(1), y + e)) / 2
        partial = (min(Fraction(1), y + e) ** 2 - y**2) / 4
        return e * high + (shift * e + y) * (high - low) - partial

    ends = (Fraction(-1), 1 - e, Fraction(1))
    pieces = [uniform_lines.simpson(given, a, b) for a, b in pairwise(ends)]
    start, stop = (rational.uniform([0, t]).value for t in (0, e))
    return sum(pieces, Fraction(0)) / 2, stop - start


def two_intervals(t: Fraction) -> tuple[Fraction, Fraction]:
    """p_1 and its slope at theta = (t, 0): gamma_1 on [-2, -1] and [1, 2], gamma_2 on [-1, 1]."""
    p, slope = Fraction(0), Fraction(0)
    for low in (-2.0, 1.0):
        law = Uniform(np.array([low, -1.0]), np.array([low + 1, 1.0]))
        p += enclosure.probabilities(law, [t, 0])[0].middle / 2
        slope += enclosure.hessian(law, [t, 0])[0][0].middle / 2
    return p, slope
