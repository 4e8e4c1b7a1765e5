"""Laws of scipy.stats far from zero, tiny, huge, and bent where nobody said so.

A location belongs to theta, a scale to the unit of length: both are changes of variables, so the
answer is known from that of the law without them. theta and locations are dyadic: sums are exact.
"""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import perturbtheory as pt

LAWS = {
    "t": scipy.stats.t(5.0),
    "norm": scipy.stats.norm(),
    "lognorm": scipy.stats.lognorm(0.5),
    "gamma-0.5": scipy.stats.gamma(0.5),
    "beta": scipy.stats.beta(0.5, 2.0),
    "pareto": scipy.stats.pareto(3.0),
    "weibull-max-0.5": scipy.stats.weibull_max(0.5),
    "vector": scipy.stats.gamma([0.5, 3.0, 1.0]),
}
FAR = [
    np.array([-1e4, -1e4, -1e6]),
    np.array([3.0, -(2.0**40), 2.0**-20]),
    np.array([0.25, 0.0, 1e6]),
    np.array([-(2.0**60), 5.0, 2.0**60]),
]
near = st.lists(st.integers(-16, 16), min_size=3, max_size=3).map(lambda k: np.array(k) / 8)


def placed(law, **where):
    return law.dist(*law.args, **where)


def agree(one, two, shift=0.0):
    """Two estimates of the same numbers, but for a shift, to within their radii."""
    gap = np.abs(np.asarray(one.value) - shift - np.asarray(two.value))
    return bool(np.all(gap <= np.asarray(one.radius) + np.asarray(two.radius)))


@pytest.mark.parametrize("name", LAWS)
@settings(max_examples=4)
@given(theta=near, loc=st.sampled_from(FAR))
def test_a_location_of_each_coordinate_belongs_to_theta(name, theta, loc):
    law = LAWS[name]
    f = pt.expected_max(pt.FromScipy(law))
    g = pt.expected_max(pt.FromScipy(placed(law, loc=loc)))
    # Once theta brings all of them together, and once it leaves them where they are.
    for moved, here, shift in ((theta - loc, theta, 0.0), (theta, theta + (loc - loc[2]), loc[2])):
        if np.any(moved + loc - shift != here):  # not a dyadic sum that 64 bits hold
            continue
        assert agree(g.estimate(moved), f.estimate(here), shift)
        p, q = g.estimate_probabilities(moved), f.estimate_probabilities(here)
        assert agree(p, q)
        assert np.max(p.radius) <= 1e-13 + 2 * np.max(q.radius)
        np.testing.assert_allclose(
            g.log_probabilities(moved), f.log_probabilities(here), rtol=1e-11, atol=1e-11
        )
        np.testing.assert_allclose(g.hessian(moved), f.hessian(here), rtol=1e-8, atol=1e-11)


def test_what_rounding_takes_from_theta_and_location_is_kept():
    # theta + loc is 2^-30 and -2^-30 next to 2^12, which 64 bits do not hold beside it.
    loc, theta = np.array([2.0**12, 2.0**12, 0.0]), np.array([2.0**-50, -(2.0**-50), 0.0])
    assert np.all((loc + theta)[:2] == loc[:2])
    law = scipy.stats.gamma(0.5)
    f, g = (pt.expected_max(pt.FromScipy(placed(law, loc=shift))) for shift in (0.0, loc))
    # d p_i / d theta_i is infinite where the poles meet: half a rounding shows.
    p, q = f.probabilities(theta[:2]), g.probabilities(theta)[:2]
    np.testing.assert_allclose(q[0] - q[1], p[0] - p[1], rtol=1e-6)
    masked = np.array([theta[0], -np.inf, 0.0])
    assert g.probabilities(masked)[1] == 0.0
    assert abs(g.anchored(theta) - (g(theta) - g(np.zeros(3)))) <= 1e-15 * 2.0**12


@pytest.mark.parametrize("shape", [0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("count", [2, 5])
def test_poles_that_meet_at_zero(shape, count):
    f = pt.expected_max(pt.FromScipy(scipy.stats.gamma(shape)))
    found = f.estimate_probabilities(np.zeros(count))
    np.testing.assert_allclose(found.value, 1 / count, rtol=1e-12)
    assert np.max(found.radius) < 1e-9


@pytest.mark.parametrize("name", ["t", "lognorm", "gamma-0.5", "vector"])
@pytest.mark.parametrize("loc", [1e6, np.array([-1e6, 2.0**21, 1e6])])
def test_smoothed_laws_far_from_zero(name, loc):
    theta = np.array([0.25, -0.5, 0.125])
    f = pt.expected_max(pt.smoothed(pt.FromScipy(LAWS[name]), 0.5))
    g = pt.expected_max(pt.smoothed(pt.FromScipy(placed(LAWS[name], loc=loc)), 0.5))
    moved = theta if np.ndim(loc) == 0 else theta - loc
    assert agree(g.estimate(moved), f.estimate(theta), loc if np.ndim(loc) == 0 else 0.0)
    assert agree(g.estimate_probabilities(moved), f.estimate_probabilities(theta))


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("power", [-664, 66, 664])
def test_scales_of_any_size(name, power):
    theta = np.array([0.25, -0.5, 0.125])
    f = pt.expected_max(pt.FromScipy(LAWS[name]))
    g = pt.expected_max(pt.FromScipy(placed(LAWS[name], scale=2.0**power, loc=2.0**power)))
    moved = np.ldexp(theta, power)
    found = g.estimate(moved)
    here = f.estimate(theta)
    assert abs(np.ldexp(found.value, -power) - 1.0 - here.value) <= 1e-14 + 2 * here.radius
    assert agree(g.estimate_probabilities(moved), f.estimate_probabilities(theta))


KINKED = {
    "laplace": (scipy.stats.laplace(), 0.0),
    "triang": (scipy.stats.triang(0.3), 0.3),
    "asymmetric": (scipy.stats.laplace_asymmetric(2.0), 0.0),
}


@pytest.mark.parametrize("name", KINKED)
@settings(max_examples=4)
@given(theta=near, loc=near, scale=st.lists(st.integers(1, 12), min_size=3, max_size=3))
def test_a_kink_that_nobody_named_shows_in_the_radius(name, theta, loc, scale):
    law, place = KINKED[name]
    loc, scale = 1.7 * loc, np.array(scale) / 5
    law = placed(law, loc=loc, scale=scale)
    named = pt.expected_max(pt.FromScipy(law, breakpoints=(loc + scale * place,)))
    unnamed = pt.expected_max(pt.FromScipy(law))
    assert np.max(named.estimate_probabilities(theta).radius) < 1e-13
    assert agree(unnamed.estimate(theta), named.estimate(theta))
    assert agree(unnamed.estimate_probabilities(theta), named.estimate_probabilities(theta))


def test_breakpoints_are_places_on_the_axis_of_the_noise():
    theta, loc = np.array([0.25, -0.5]), np.array([3.0, -1.0])
    laws = [
        pt.FromScipy(scipy.stats.laplace(loc), breakpoints=(loc,)),
        pt.FromScipy(scipy.stats.laplace(loc), breakpoints=(3.0, -1.0)),
        pt.FromScipy(scipy.stats.laplace(loc, scale=[1.0, 1.0]), breakpoints=[[3.0, -1.0]]),
    ]
    answer = pt.expected_max(pt.Laplace()).estimate_probabilities(theta + loc)
    for noise in laws:
        found = pt.expected_max(noise).estimate_probabilities(theta)
        assert np.max(found.radius) < 1e-13
        assert agree(found, answer)
    with pytest.raises(ValueError, match="`breakpoints` must be numbers, or vectors of the shape"):
        pt.FromScipy(scipy.stats.laplace(loc), breakpoints=([1.0, 2.0, 3.0],))


@pytest.mark.parametrize("index", [1.001, 1.05, 2.0, 9.0])
@pytest.mark.parametrize("loc", [0.0, -1e3])
def test_the_upper_partial_mean_of_a_power(index, loc):
    noise = pt.FromScipy(scipy.stats.pareto(index, loc=loc))
    y = np.array([2.0, 1e17 ** (1 / index)])
    exact = index / (index - 1) * y ** (1 - index) + loc * y**-index
    # A table knows log S to some roundings, which a power just above one multiplies.
    slope = 2 * noise.accuracy[0] * np.finfo(float).eps * index
    rtol = max(1e-10, slope / (index - 1))
    np.testing.assert_allclose(noise.upper_partial_mean(y + loc), exact, rtol=rtol)
    f = pt.expected_max(noise)
    found = f.estimate([0.0])
    assert abs(found.value - noise.mean) <= found.radius + 1e-13 * abs(noise.mean)


def test_laws_that_differ_in_location_and_scale_share_a_table():
    scale, loc = np.linspace(0.5, 2.0, 7), np.linspace(-3.0, 3.0, 7)
    for noise in (
        pt.StudentT(5.0, scale),
        pt.FromScipy(scipy.stats.t(5.0, loc=loc, scale=scale)),
        pt.smoothed(pt.FromScipy(scipy.stats.t(5.0, loc=loc)), 0.5),
    ):
        assert len(noise.units().laws) == 1


@pytest.mark.parametrize("family", [pt.Normal, pt.Laplace, pt.Logistic, pt.Gumbel])
@pytest.mark.parametrize("narrow", [1e-12, 1e-30])
@pytest.mark.parametrize("offset", [-3e5, 1.0, 3e5])
def test_a_constant_is_no_matter_where_one_law_is_narrower_than_its_rounding(
    family, narrow, offset
):
    f, theta = pt.expected_max(family(np.array([narrow, 1.0]))), np.array([0.0, 3.0])
    for at in (theta, 0 * theta):
        np.testing.assert_allclose(
            f.log_probabilities(at + offset), f.log_probabilities(at), rtol=1e-10, atol=1e-14
        )
        assert abs(f(at + offset) - offset - f(at)) < 1e-9


@pytest.mark.parametrize("low", [17.0, 1e6, -1e9, np.array([1e6, -2e6, 3e3])])
def test_uniform_noise_far_from_zero(low):
    """Exact in the ends that doubles hold; f and f* lack nothing but the rounding of the mean."""
    theta, q = np.array([0.25, -0.125, 0.625]), np.array([0.2, 0.3, 0.5])
    low = np.asarray(low)[()]
    f, g = pt.expected_max(pt.Uniform(0.0, 1.0)), pt.expected_max(pt.Uniform(low, low + 1))
    moved, size = theta if np.ndim(low) == 0 else theta - low, np.max(np.abs(low))
    shift = low if np.ndim(low) == 0 else 0.0
    assert agree(g.estimate(moved), f.estimate(theta), shift)
    assert np.max(g.estimate(moved).radius) < 1e-15 * (100 + size)
    rounded = 4 * np.finfo(float).eps * size * np.ndim(low)
    np.testing.assert_allclose(g.probabilities(moved), f.probabilities(theta), atol=1e-14 + rounded)
    assert abs(g.conjugate(q) + np.sum(q * low) - f.conjugate(q)) < 1e-15 * (100 + 2 * size)
    assert abs(g.anchored(moved) - (g(moved) - g(0 * moved))) < 1e-15 * (100 + 2 * size)
