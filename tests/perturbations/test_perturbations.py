"""One body of laws over every perturbation: what it declares is what it does."""

from collections.abc import Callable

import jax
import mpmath
import numpy as np
import pytest
import scipy.stats
from numpy.polynomial.legendre import leggauss

import perturbtheory as pt
from tests.laws import CONTINUOUS, DISCRETE, SMOOTHED

ALL = CONTINUOUS | SMOOTHED
FAMILY_WISE_Z = 5.5  # two-sided 4e-8 a test: one false alarm in 10^5 runs of this file

each = pytest.mark.parametrize("name", ALL)


def _grid(noise: pt.AbstractPerturbation) -> np.ndarray:
    """Cuts between which the density is smooth: even in asinh from 1e-26 to 1e-26, and kinks."""
    low, high = (float(noise.log_quantile(-60.0, upper=upper)) for upper in (False, True))
    q = np.asarray(noise.quantile(np.array([0.25, 0.5, 0.75])))
    scale = min(q[2] - q[0], 0.2)
    ends = np.arcsinh((np.array([low, high]) - q[1]) / scale)
    cuts = q[1] + scale * np.sinh(np.linspace(*ends, 400))
    inner = np.ravel(noise.landmarks(1).location)
    inner = inner[(inner > low) & (inner < high)]
    return np.unique(np.concatenate([cuts, inner]))


def _integral(noise: pt.AbstractPerturbation, cuts: np.ndarray) -> np.ndarray:
    """int f over each cell, by Gauss-Legendre."""
    nodes, weights = leggauss(30)
    half = np.diff(cuts)[:, None] / 2
    x = cuts[:-1, None] + half * (1 + nodes)
    return np.sum(np.exp(np.asarray(noise.log_pdf(x))) * half * weights, 1)


@each
def test_density_integrates_to_the_cdf(name: str) -> None:
    noise = ALL[name]
    cuts = _grid(noise)
    found = _integral(noise, cuts)
    low, high = (np.asarray(noise.log_cdf(end)) for end in (cuts[:-1], cuts[1:]))
    np.testing.assert_allclose(found, np.exp(high) - np.exp(low), rtol=0, atol=2e-12)
    assert abs(found.sum() - 1) < 1e-11


@each
def test_cdf_and_survival_are_complements_and_exact_in_the_tails(name: str) -> None:
    noise = ALL[name]
    for level in (-80.0, -40.0, -5.0, -0.7):
        low = noise.log_quantile(level)
        high = noise.log_quantile(level, upper=True)
        if noise.tail != "none":
            np.testing.assert_allclose(noise.log_sf(high), level, rtol=1e-9)
            # No number next to an end other than zero has a cdf of e^-80.
            if noise.support[0] <= 0:
                np.testing.assert_allclose(noise.log_cdf(low), level, rtol=1e-9)
        for x in (low, high):
            total = np.exp(noise.log_cdf(x)) + np.exp(noise.log_sf(x))
            np.testing.assert_allclose(total, 1.0, rtol=0, atol=1e-14)


@each
def test_rate_is_density_over_cdf(name: str) -> None:
    noise = ALL[name]
    x = np.unique(np.clip(_grid(noise)[1:-1], -1e6, 1e6))
    x = (x[1:] + x[:-1]) / 2
    log_cdf, rate = noise.log_cdf_and_rate(x)
    np.testing.assert_allclose(log_cdf, noise.log_cdf(x), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(
        rate, np.exp(noise.log_pdf(x) - noise.log_cdf(x)), rtol=1e-9, atol=1e-300
    )


@each
def test_quantile_round_trip(name: str) -> None:
    noise = ALL[name]
    q = np.array([1e-6, 0.01, 0.3, 0.5, 0.77, 0.999])
    np.testing.assert_allclose(noise.cdf(noise.quantile(q)), q, rtol=1e-9)


@pytest.mark.parametrize("key", [np.random.default_rng, jax.random.key], ids=["numpy", "jax"])
@pytest.mark.parametrize("name", ALL | DISCRETE)
def test_samples_have_the_declared_law(name: str, key: Callable) -> None:
    noise = (ALL | DISCRETE)[name]
    draws = np.asarray(noise.sample(key(0), (40_000, 1)))[:, 0]
    for q in (0.1, 0.5, 0.9):
        x = float(noise.quantile(q))
        p = float(noise.cdf(x))
        error = np.mean(draws <= x) - p
        assert abs(error) <= FAMILY_WISE_Z * np.sqrt(p * (1 - p) / draws.size)
    if np.isfinite(noise.variance):
        deviation = float(np.sqrt(noise.variance))
        error = draws.mean() - float(noise.mean)
        assert abs(error) < FAMILY_WISE_Z * deviation / np.sqrt(draws.size)
        fourth = np.mean((draws - draws.mean()) ** 4)
        slack = FAMILY_WISE_Z * np.sqrt(fourth / draws.size)
        assert abs(draws.var() - deviation**2) < slack


@pytest.mark.parametrize("name", ALL | DISCRETE)
def test_declared_moments(name: str) -> None:
    noise = (ALL | DISCRETE)[name]
    scale_family = isinstance(noise, pt.Normal | pt.Gumbel | pt.Logistic | pt.Laplace)
    if scale_family:
        assert float(noise.mean) == 0.0
    if name == "cauchy":
        assert not noise.finite_mean
        return
    assert noise.finite_mean
    if noise.continuous and noise.tail != "polynomial":
        cuts = _grid(noise)
        nodes, weights = leggauss(30)
        half = np.diff(cuts)[:, None] / 2
        x = cuts[:-1, None] + half * (1 + nodes)
        mass = np.exp(np.asarray(noise.log_pdf(x))) * half * weights
        np.testing.assert_allclose(np.sum(mass * x), noise.mean, atol=1e-10)
        np.testing.assert_allclose(
            np.sum(mass * (x - float(noise.mean)) ** 2), noise.variance, rtol=1e-9
        )


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
