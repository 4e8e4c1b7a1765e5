"""Numbers that were once wrong: each stands for a kind, whose law is in a file beside this one.

Exact values are computed here, by fractions, enumeration, balls or mpmath, never by the package.
"""

import itertools
import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import scipy.special
import scipy.stats

import perturbtheory as pt
from tests import oracles

THETA = np.array([0.3, -0.2, 1.1])

# Ties of atoms that are equal, or equal but for rounding


@pytest.mark.parametrize(
    ("atoms", "weights"),
    [
        ([0.0, 1.0, 1.0], [0.5, 0.25, 0.25]),
        ([0.0, 1.0], [0.5, 0.5]),
        ([1.0, 0.0, 1.0, 1.0], [0.125, 0.5, 0.125, 0.25]),
        ([0.0, np.nextafter(1.0, 2), 1.0], [0.5, 0.25, 0.25]),
    ],
)
def test_equal_atoms_at_a_tie(atoms, weights):
    f = pt.expected_max(pt.Discrete(np.array(atoms), np.array(weights)))
    for theta in ([1.0, 0.0], [0.0, 1.0], [0.0, -1.0]):
        first = 7 / 8 if theta[0] > theta[1] else 1 / 8
        found = f.estimate_probabilities(theta)
        np.testing.assert_allclose(found.value, [first, 1 - first], atol=1e-15)
        assert found.contains(np.array([first, 1 - first]))


def test_atoms_that_are_equal_but_for_rounding():
    f = pt.expected_max(pt.Discrete(np.array([0.3, 0.1 + 0.2, 1.3]), np.array([0.25, 0.25, 0.5])))
    np.testing.assert_allclose(f.probabilities([1.0, 0.0]), [7 / 8, 1 / 8], atol=1e-15)
    wide = jnp.asarray([1.0, 0.0])
    np.testing.assert_allclose(jax.grad(f)(wide), [7 / 8, 1 / 8], atol=1e-15)


# Small differences beside large numbers


def check(noise, theta, laws, i, rtol, **options):
    """p_i is relatively accurate and its radius holds."""
    answer = oracles.solve(laws, theta, value=False, **options).probabilities
    found = pt.expected_max(noise).estimate_probabilities(np.array(theta))
    off = oracles.errors(found.value, answer)
    assert np.all(off <= found.radius), off / found.radius
    assert off[i] <= rtol * float(answer[i])


def test_a_wide_coordinate_does_not_round_the_narrow_ones():
    theta, scales = (900.0, 0.000123456789, 0.000433), np.array([1000.0, 1e-3, 1e-3])
    noise = pt.Uniform(np.array([-1000.0, 0, 0]), scales)
    laws = [oracles.uniform(-1000, 1000), oracles.uniform(0, 1e-3), oracles.uniform(0, 1e-3)]
    check(noise, theta, laws, 1, 1e-14)
    found = pt.expected_max(noise).probabilities(theta)
    assert abs(found[1] - 0.0119183709033003984) < 1e-17
    theta = (2000.0, 0.000123456789, 0.000433)
    for family, law in (
        (pt.Normal, oracles.normal()),
        (pt.Logistic, oracles.logistic()),
        (pt.Laplace, oracles.laplace()),
    ):
        check(family(scales), theta, [law.scaled(s) for s in scales], 1, 1e-13)


def test_tiny_probabilities_under_one_scale():
    corner = (-0.9547789389062398, -2.9547789378999894)
    check(pt.Uniform(), corner, oracles.uniform(-1, 1), 1, 1e-14, smallest=1e-20)
    exact = (2 - (Fraction(corner[0]) - Fraction(corner[1]))) ** 2 / 8
    found = pt.expected_max(pt.Uniform()).estimate_probabilities(np.array(corner))
    assert abs(Fraction(found.value[1]) - exact) <= Fraction(float(found.radius[1]))
    apart = (0.21013870299473, -31.869808050522295)
    check(pt.Gumbel(0.7), apart, oracles.gumbel().scaled(0.7), 1, 1e-14, smallest=1e-22)


@pytest.mark.parametrize("scale", [3.0, 777.7, 0.1])
def test_gumbel_noise_where_theta_is_large(scale):
    # theta / scale rounds, theta_i - theta_j does not.
    for base in (1e3, 1e6, 1e9):
        theta = base + np.array([0.125, -20.5, 3.25]) * scale
        with mp.workdps(40):
            shares = [
                mp.exp((mp.mpf(t) - mp.mpf(theta[0])) / mp.mpf(scale)) for t in theta.tolist()
            ]
            exact = [Fraction(int(x / mp.fsum(shares) * 2**400), 2**400) for x in shares]
        found = pt.expected_max(pt.Gumbel(scale)).estimate_probabilities(theta)
        off = oracles.errors(found.value, exact)
        assert np.all(off <= found.radius)
        assert np.all(oracles.relative(found.value, exact) <= 1e-13)


# Noise and temperatures far apart


@pytest.mark.parametrize(
    "noise",
    [
        pt.Uniform(-1e-4, 1e-4), pt.Uniform(-1e-6, 1e-6), pt.Uniform(-1e-12, 1e-12),
        pt.Normal(1e-6), pt.Normal(1e-12), pt.Normal(1e-200), pt.Laplace(1e-9),
    ],
)  # fmt: skip
def test_hardly_any_noise_under_a_softmax(noise):
    f = pt.expected_logsumexp(noise, 1.0)
    p = scipy.special.softmax(THETA)
    bend = float(noise.variance) / 2 * (p @ (1 - p))
    estimate = f.estimate(THETA)
    assert abs(estimate.value - scipy.special.logsumexp(THETA) - bend) <= 1e-13
    assert estimate.radius < 1e-13
    assert np.abs(f.probabilities(THETA) - p).max() <= 4 * bend + 1e-14


@pytest.mark.parametrize("t", [1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 1e-15])
def test_tiny_temperatures(t):
    exact = oracles.solve(oracles.uniform(-1, 1), THETA)
    f = pt.expected_logsumexp(pt.Uniform(), t)
    assert abs(f(THETA) - float(exact.value)) <= 4 * t**2 + 1e-13
    assert np.all(oracles.errors(f.probabilities(THETA), exact.probabilities) <= 4 * t**2 + 1e-13)
    estimate = pt.expected_logsumexp(pt.Discrete([-1.0, 1.0]), t).estimate(THETA)
    p = pt.expected_logsumexp(pt.Discrete([-1.0, 1.0]), t).estimate_probabilities(THETA)
    assert abs(estimate.value - 1.4875) <= 1e-13
    np.testing.assert_allclose(p.value, [0.25, 0.125, 0.625], rtol=0, atol=1e-13)
    assert estimate.radius < 1e-12
    assert np.max(p.radius) < 1e-12


# Numbers near the ends of the floating point range: right, or an error that names an argument

THIRDS = [1 / 3] * 3
EXTREMES = {
    "normal-1e300": (lambda: pt.Normal(1e300), THETA, 1.5 / math.sqrt(math.pi) * 1e300, THIRDS),
    "normal-1e-320": (lambda: pt.Normal(1e-320), THETA, 1.1, [0, 0, 1]),
    "normal-5e-324": (lambda: pt.Normal(5e-324), THETA, 1.1, [0, 0, 1]),
    "theta-1e308": (pt.Normal, [1e308, -1e308], 1e308, [1, 0]),
    "theta-1e308-uniform": (pt.Uniform, [1e308, -1e308], 1e308, [1, 0]),
    "theta-1e308-student": (lambda: pt.StudentT(3.0), [1e308, -1e308], 1e308, [1, 0]),
    "theta-1e308-gumbel": (pt.Gumbel, [1e308, -1e308], 1e308, [1, 0]),
    "theta-1e308-coin": (lambda: pt.Discrete([-1.0, 1.0]), [1e308, -1e308], 1e308, [1, 0]),
    "uniform-1e308": (lambda: pt.Uniform(-1e308, 1e308), THETA, 5e307, THIRDS),
    "laplace-1e307": (lambda: pt.Laplace(1e307), np.zeros(2), 0.75e307, [0.5, 0.5]),
    "coin-1e308": (lambda: pt.Discrete([-1e308, 1e308]), [5e307, 0.0], 8.75e307, [0.75, 0.25]),
    "temperature-1e300": (
        lambda: pt.smoothed(pt.Normal(), 1e300), THETA, math.log(3) * 1e300, THIRDS,
    ),
    "temperature-1e-300": (
        lambda: pt.smoothed(pt.Discrete([-1.0, 1.0]), 1e-300), THETA, 1.4875, [0.25, 0.125, 0.625],
    ),
    "float16": (pt.Normal, np.array([65504, -65504], np.float16), 65504.0, [1, 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXTREMES)
def test_extremes_are_right_or_refused(name):
    refused, (make, theta, value, p) = "", EXTREMES[name]
    try:
        f = pt.expected_max(make())
        found = [f(theta), f.probabilities(theta), f.log_probabilities(theta), f.estimate(theta)]
    except ValueError as error:
        refused = str(error)
    if refused:
        assert any(word in refused for word in ("`theta`", "`scale`", "`low`", "`temperature`"))
        return
    np.testing.assert_allclose(found[0], value, rtol=1e-12)
    np.testing.assert_allclose(found[1], p, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(np.exp(found[2]), p, rtol=1e-11, atol=1e-300)
    assert found[3].radius <= 1e-9 * abs(value)
    assert np.all(np.isfinite(f.hessian(theta)))


# Poles


def _power_below(x, shape):
    """F(x) and f(x) of scipy's weibull_max: exp(-(-x)^shape) on (-inf, 0]."""
    y = -x
    return mp.exp(-(y**shape)), shape * y ** (shape - 1) * mp.exp(-(y**shape))


POLES = {
    "arcsine": (
        scipy.stats.arcsine(),
        lambda y: (2 / mp.pi * mp.asin(mp.sqrt(y)), 1 / (mp.pi * mp.sqrt(y * (1 - y)))),
        1,
        0.5,
    ),
    "beta-2-0.3": (
        scipy.stats.beta(2.0, 0.3),
        lambda y: (
            mp.betainc(2, mp.mpf(0.3), 0, y, regularized=True),
            y * (1 - y) ** (mp.mpf(0.3) - 1) / mp.beta(2, mp.mpf(0.3)),
        ),
        1,
        0.3,
    ),
    "weibull-max-0.5": (
        scipy.stats.weibull_max(0.5),
        lambda y: _power_below(y, mp.mpf(0.5)),
        0,
        0.5,
    ),
}


@pytest.mark.parametrize("name", POLES)
def test_densities_with_a_pole_at_the_upper_end(name):
    law, functions, end, power = POLES[name]
    with mp.workdps(100):
        x = mp.mpf(0.37)
        start = x if name != "weibull-max-0.5" else -mp.mpf(4000)
        cuts = [start, *([-400, -40, -4, -0.4] if end == 0 else []), end]
        # P(X_2 > X_1 + x) = int f(y) F(y - x) dy, in u = (end - y)^power that removes the pole.
        power = mp.mpf(power)

        def integrand(u):
            y = end - u ** (1 / power)
            return u ** (1 / power - 1) / power * functions(y)[1] * functions(y - x)[0]

        ends = [mp.mpf("1e-20"), *((end - c) ** power for c in cuts[-2::-1])]
        exact = mp.quad(integrand, ends, maxdegree=8)
    estimate = pt.expected_max(pt.FromScipy(law)).estimate_probabilities(np.array([0.37, 0.0]))
    off = abs(float(estimate.value[1] - exact))
    assert off <= float(estimate.radius[1])
    assert off <= 1e-7
    if name == "arcsine":
        assert abs(float(exact) - 0.2450088340049768) < 1e-15


# The inverse map


def closes_or_refuses(f, p, rtol):
    """Whether theta(p) was found, which then gives p; else the error names p and the cause."""
    refused = ""
    try:
        found = f.parameters(p)
    except ValueError as error:
        refused = str(error)
    if refused:
        assert "`p`" in refused
        assert "1e-30" not in refused
        return False
    np.testing.assert_allclose(f.probabilities(found), p, rtol=rtol)
    return True


def test_parameters_close_under_unequal_widths():
    for order in itertools.permutations(range(4), 4):
        widths = np.geomspace(0.1, 10, 4)[list(order)]
        f = pt.expected_max(pt.Uniform(-widths / 2, widths / 2))
        closes_or_refuses(f, np.array([1e-12, 1 - 3e-12, 1e-12, 1e-12]), 1e-10)
        assert closes_or_refuses(f, np.array([1e-6, 1 - 3e-6, 1e-6, 1e-6]), 1e-10)


@pytest.mark.parametrize(
    "noise", [pt.Normal(), pt.Logistic(), pt.Uniform(), pt.StudentT(1.0)], ids=str
)
def test_parameters_are_right_or_refused_for_the_right_cause(noise):
    found = closes_or_refuses(pt.expected_max(noise), np.array([1e-25, 0.25, 0.75]), 1e-9)
    assert found == (noise.tail in ("gaussian", "exponential"))


# Small logarithms


def test_log_probabilities_do_not_inherit_the_errors_of_small_probabilities():
    with mp.workdps(60):
        pairs = {
            pt.Normal(): (20.0, mp.log(mp.ncdf(-20 / mp.sqrt(2)))),
            pt.Laplace(): (95.0, mp.log(97) - mp.log(4) - 95),
            pt.Logistic(): (100.0, mp.log(mp.exp(-100) * (99 + mp.exp(-100)))),
        }
    for noise, (x, exact) in pairs.items():
        found = pt.expected_max(noise).log_probabilities(np.array([0.0, -x]))[1]
        assert abs(found - float(exact)) <= 1e-12, noise
