"""The laws of the public kit over every perturbation: what it declares is what it does."""

from collections import Counter

import mpmath
import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from perturbtheory.testing import laws
from tests.laws import ALL, COORDINATES

PLAIN = ("normal", "uniform", "coin")
"""Families for which JAX compiles quickly."""

RATE = 1e-9
"""The probability that one of these tests fails without a defect, for each that draws."""
SLOW = ("both libraries", "slopes in JAX", "independent draws", "repeatable draws")
"""Laws that JAX compiles anew for each family, which the plain families stand for."""
PAIRS = [(law, name) for law in laws.DISTRIBUTION for name in ALL if not law.applies(ALL[name])]
FAMILIES = {
    "form": 26, "complements": 23, "kinks": 23, "density": 23, "support": 23, "tails": 21,
    "tail weight": 19, "rate": 23, "quantiles": 23, "mean": 23, "variance": 23, "atoms": 3,
    "moments of atoms": 3, "repeatable draws": 26, "draws": 26, "draws in JAX": 26,
    "independent draws": 26, "both libraries": 23, "slopes in JAX": 23, "declarations": 23,
}  # fmt: skip


def test_no_law_has_lost_a_family() -> None:
    assert Counter(law.name for law, _ in PAIRS) == FAMILIES


def marks(law, name):
    compiled = law.name in SLOW and name not in PLAIN
    drawn = law.name == "draws in JAX" and name in COORDINATES
    return [pytest.mark.slow] * (compiled or drawn)


@pytest.mark.parametrize(
    ("law", "name"),
    [pytest.param(law, n, id=f"{law.name}-{n}", marks=marks(law, n)) for law, n in PAIRS],
)
def test_law(law, name) -> None:
    law.check(ALL[name], **({"seed": 0, "rate": RATE} if law.statistical else {}))


TWINS = {
    "normal": (pt.Normal(2.0), scipy.stats.norm(scale=2.0)),
    "gumbel": (pt.Gumbel(0.5), scipy.stats.gumbel_r(-0.5 * np.euler_gamma, 0.5)),
    "logistic": (pt.Logistic(2.0), scipy.stats.logistic(scale=2.0)),
    "laplace": (pt.Laplace(0.3), scipy.stats.laplace(scale=0.3)),
    "student": (pt.StudentT(2.5, 3.0), scipy.stats.t(2.5, scale=3.0)),
    "student-1000": (pt.StudentT(1000.0), scipy.stats.t(1000.0)),
    "uniform": (pt.Uniform(-1.0, 3.0), scipy.stats.uniform(-1.0, 4.0)),
    "gumbel-min": (pt.GumbelMin(0.5), scipy.stats.gumbel_l(0.5 * np.euler_gamma, 0.5)),
    "exponential": (pt.Exponential(2.0), scipy.stats.expon(scale=2.0)),
    "pareto": (pt.Pareto(2.5, 0.5), scipy.stats.pareto(2.5, scale=0.5)),
    "frechet": (pt.Frechet(2.5, 0.5), scipy.stats.invweibull(2.5, scale=0.5)),
    "weibull": (pt.Weibull(1.5, 2.0), scipy.stats.weibull_min(1.5, scale=2.0)),
    "weibull-0.5": (pt.Weibull(0.5, 2.0), scipy.stats.weibull_min(0.5, scale=2.0)),
}


@pytest.mark.parametrize("name", TWINS)
def test_agrees_with_scipy(name: str) -> None:
    noise, law = TWINS[name]
    x = np.array([-7.0, -2.0, -0.9, -0.1, 0.0, 0.3, 1.0, 2.9, 8.0])
    with np.errstate(divide="ignore"):
        pairs = [("log_pdf", law.logpdf), ("log_cdf", law.logcdf), ("log_sf", law.logsf)]
        for ours, theirs in pairs:
            np.testing.assert_allclose(getattr(noise, ours)(x), theirs(x), rtol=3e-11, atol=1e-13)
    np.testing.assert_allclose(noise.mean, law.mean(), atol=1e-15)
    np.testing.assert_allclose(noise.variance, law.var(), rtol=1e-14)


@pytest.mark.parametrize("df", [0.5, 1.0, 3.0, 20.0])
def test_partial_mean_of_a_polynomial_tail(df: float) -> None:
    noise = pt.StudentT(df) if df > 1 else pt.StudentT(df + 1.0)
    x = np.array([5.0, 50.0])
    generic = pt.AbstractPerturbation.upper_partial_mean(noise, x)
    np.testing.assert_allclose(generic, noise.upper_partial_mean(x), rtol=1e-9)


def test_parameters_broadcast_per_coordinate() -> None:
    x = np.array([[0.1, -0.3], [1.0, 2.0]])
    scales = np.array([0.5, 2.0])
    for law in (pt.Normal, pt.Gumbel, pt.Logistic, pt.Laplace):
        both = law(scales)
        for i, scale in enumerate(scales):
            single = law(float(scale)).log_cdf(x[:, i])
            np.testing.assert_allclose(both.log_cdf(x)[:, i], single, rtol=1e-15)
    mixed = pt.smoothed(pt.Normal(scales), 0.5)
    for i, scale in enumerate(scales):
        single = pt.smoothed(pt.Normal(float(scale)), 0.5).log_cdf(x[:, i])
        np.testing.assert_allclose(mixed.log_cdf(x)[:, i], single, rtol=1e-12)


def test_smoothed_laplace_against_incomplete_gamma_functions() -> None:
    # E[F(x - tG)] = e^{x/b} Gamma(1 + t/b) P(1 + t/b, A) / 2
    #                + e^{-A} - e^{-x/b} Gamma(1 - t/b, A) / 2,  A = exp(-x/t), x shifted by t c.
    import mpmath as mp

    with mp.workdps(40):
        for t in (0.05, 0.7, 3.0):
            law = pt.smoothed(pt.Laplace(), t)
            for x in (-20.0, -2.0, 0.1, 4.0):
                shifted = mp.mpf(x) + mp.mpf(t) * mp.euler
                edge = mp.exp(-shifted / t)
                below = mp.exp(shifted) * mp.gammainc(1 + mp.mpf(t), 0, edge) / 2
                above = mp.exp(-edge) - mp.exp(-shifted) * mp.gammainc(1 - mp.mpf(t), edge) / 2
                expected = float(mp.log(below + above))
                np.testing.assert_allclose(law.log_cdf(x), expected, rtol=1e-13, atol=1e-15)


def test_smoothed_gumbel_against_a_bessel_function() -> None:
    # P(G + G' <= x) = 2 sqrt(w) K_1(2 sqrt(w)), w = exp(-x - 2c).
    from scipy.special import kve

    x = np.array([-6.0, -3.0, 0.0, 2.0, 30.0])
    root = np.exp(-(x + 2 * np.euler_gamma) / 2)
    expected = np.log(2 * root * kve(1, 2 * root)) - 2 * root
    np.testing.assert_allclose(
        pt.smoothed(pt.Gumbel(), 1.0).log_cdf(x), expected, rtol=2e-13, atol=1e-15
    )


@pytest.mark.parametrize("z", [-100.0, -38.0, -37.0, -36.9, -20.0, -5.0, 0.0, 0.5, 8.0])
def test_normal_tails_are_relatively_accurate(z: float) -> None:
    with mpmath.workdps(40):
        exact = mpmath.log(mpmath.ncdf(z)) if z < 0 else mpmath.log1p(-mpmath.ncdf(-z))
        # An error of log F is a relative error of F; log F itself is rounded at 1e-16 |log F|.
        allowed = 1e-15 * (1 + abs(float(exact)))
        assert abs(float(mpmath.mpf(float(pt.Normal().log_cdf(z))) - exact)) < allowed
        assert abs(float(mpmath.mpf(float(pt.Normal().log_sf(-z))) - exact)) < allowed
