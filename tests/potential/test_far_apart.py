"""What is decided far from where the nodes are: single large jumps, supports that hardly meet."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import perturbtheory as pt


@pytest.mark.parametrize("gap", [1e3, 1e8, 1e15, 1e17, 1e18, 1e30, 1e100, 1e200])
@pytest.mark.parametrize("lower", [0.0, 1e9])
def test_a_pair_under_cauchy_noise(gap, lower):
    """gamma_1 - gamma_2 is Cauchy of scale 2: one half of p is a jump of either."""
    theta = [lower, lower + gap]
    exact = math.atan(2 / (theta[1] - theta[0])) / math.pi
    f = pt.expected_max(pt.StudentT(1.0))
    found = f.estimate_probabilities(theta)
    assert abs(found.value[0] - exact) <= found.radius[0] <= 1e-9 * exact
    np.testing.assert_allclose(f.log_probabilities(theta)[0], math.log(exact), rtol=1e-12)


@pytest.mark.parametrize("gap", [1e8, 1e15, 1e30, 1e90])
def test_a_pair_under_student_noise(gap):
    """P(gamma_1 - gamma_2 > D) = 2 S(D) (1 + O(D^-2)), for a jump of both is rarer."""
    exact = 2 * scipy.stats.t(3).sf(gap)
    found = pt.expected_max(pt.StudentT(3.0)).estimate_probabilities([0.0, gap])
    assert abs(found.value[0] - exact) <= found.radius[0] <= 1e-9 * exact


def test_jumps_among_three():
    """The lowest wins by a jump of its own, the middle one by that or by one of the highest."""
    gap, tail = 1e20, scipy.stats.cauchy.sf
    p = pt.expected_max(pt.StudentT(1.0)).probabilities([0.0, gap, 2 * gap])
    np.testing.assert_allclose(p[:2], [tail(2 * gap), 2 * tail(gap)], rtol=1e-11)


def overlap(a: Fraction, b: Fraction, c: Fraction, d: Fraction) -> Fraction:
    """P(X > Y) for X uniform on [a, b] and Y uniform on [c, d], exactly."""
    places = sorted({a, b, *(x for x in (c, d) if a < x < b)})
    below = [min(max(x - c, Fraction(0)), d - c) for x in places]
    area = sum(
        (y + z) / 2 * (v - u)
        for u, v, y, z in zip(places, places[1:], below, below[1:], strict=False)
    )
    return area / ((b - a) * (d - c))


@given(
    st.lists(st.floats(1e-3, 1e3), min_size=4, max_size=4),
    st.floats(-1e3, 1e3),
    st.floats(0.0, 8.0),
)
def test_radii_hold_where_supports_hardly_meet(ends, theta, digits):
    low, high = -np.array(ends[:2]), np.array(ends[2:])
    other = theta + high[0] - low[1]
    other -= 10**digits * np.spacing(abs(theta) + abs(other) + max(ends))
    found = pt.expected_max(pt.Uniform(low, high)).estimate_probabilities([theta, other])
    one, two = Fraction(theta), Fraction(other)
    rows = [Fraction(float(x)) for x in (low[0], high[0], low[1], high[1])]
    exact = overlap(one + rows[0], one + rows[1], two + rows[2], two + rows[3])
    assert abs(Fraction(float(found.value[0])) - exact) <= Fraction(float(found.radius[0]))


@pytest.mark.parametrize("x", [1e-3, 1e-6, 1e-10, 1e-20])
def test_anchored_values_keep_their_digits_near_zero(x):
    # The integral of p_1 = 1/2 + arctan(x / 2) / pi.
    cauchy = x / 2 + (x * math.atan(x / 2) - math.log1p(x * x / 4)) / math.pi
    np.testing.assert_allclose(
        pt.expected_max(pt.StudentT(1.0)).anchored([x, 0.0]), cauchy, rtol=1e-13
    )
    # E max(x, N) for N normal of variance 2, less that at zero.
    law = scipy.stats.norm(scale=math.sqrt(2))
    normal = scipy.integrate.quad(law.cdf, 0, x, epsabs=0)[0]
    np.testing.assert_allclose(pt.expected_max(pt.Normal()).anchored([x, 0.0]), normal, rtol=1e-13)


def test_laws_on_the_circle_are_refused():
    with pytest.raises(ValueError, match="`distribution`.*vonmises_line"):
        pt.FromScipy(scipy.stats.vonmises(2.0))


def test_the_unit_of_a_law_is_of_the_same_name():
    """The class of vonmises_line is that of vonmises."""
    law = scipy.stats.vonmises_line(2.0)
    exact = scipy.integrate.quad(lambda x: law.pdf(x) * law.cdf(x + 0.3), *law.support())[0]
    p = pt.expected_max(pt.FromScipy(law)).probabilities([0.3, 0.0])
    np.testing.assert_allclose(p[0], exact, rtol=1e-7)


def test_scales_without_a_common_unit_are_refused():
    f = pt.expected_max(pt.Exponential(np.array([1e-300, 1.0])))
    with pytest.raises(ValueError, match="`perturbation` must have scales within"):
        f.probabilities([1.0, 0.0])


@pytest.mark.parametrize("power", [0.1, 0.3, 0.5, 0.8])
def test_an_upper_end_that_meets_a_pole(power):
    """The first cannot win, so that the others are as without it."""
    f = pt.expected_max(pt.FromScipy(scipy.stats.powerlaw(power)))
    found, alone = (f.estimate_probabilities(theta) for theta in ([0.0, 0.5, 1.0], [0.5, 1.0]))
    assert found.value[0] == 0
    np.testing.assert_allclose(found.value[1:], alone.value, rtol=1e-12)
    assert np.max(found.radius) < 1e-12


@pytest.mark.parametrize(
    ("law", "own", "theta"),
    [
        (scipy.stats.norm(), pt.Normal(), [0.0, 52.0]),
        (scipy.stats.logistic(), pt.Logistic(), [0.0, 650.0]),
        (scipy.stats.laplace(), pt.Laplace(), [0.0, 650.0]),
        (scipy.stats.cauchy(), pt.StudentT(1.0), [0.0, 1e200]),
    ],
)
def test_radii_of_scipy_laws_hold_to_the_end_of_64_bits(law, own, theta):
    places = (0.0,) if isinstance(own, pt.Laplace) else ()
    found = pt.expected_max(pt.FromScipy(law, places)).estimate_probabilities(theta)
    exact = pt.expected_max(own).estimate_probabilities(theta)
    assert 0 < exact.value[0] < 1e-200
    assert np.all(np.abs(found.value - exact.value) <= found.radius + exact.radius)


@pytest.mark.parametrize("gap", [0.3, 40.0, 80.0, 650.0])
def test_a_kink_without_a_name_is_found(gap):
    law = scipy.stats.laplace(loc=[0.3, -0.1], scale=[1.0, 2.0])
    found = pt.expected_max(pt.FromScipy(law)).estimate_probabilities([-0.3, gap + 0.1])
    exact = pt.expected_max(pt.Laplace(np.array([1.0, 2.0]))).estimate_probabilities([0.0, gap])
    np.testing.assert_allclose(found.value, exact.value, rtol=1e-11)
    assert np.all(np.abs(found.value - exact.value) <= found.radius + exact.radius)


@pytest.mark.parametrize("gap", [60.0, 300.0, 3000.0])
def test_log_probabilities_of_scipy_laws_beyond_their_tables(gap):
    theta = [0.0, gap, gap / 2]
    for law, own in ((scipy.stats.norm, pt.Normal), (scipy.stats.logistic, pt.Logistic)):
        scale = np.array([1.0, 2.0, 0.5])
        found = pt.expected_max(pt.FromScipy(law(scale=scale))).log_probabilities(theta)
        exact = pt.expected_max(own(scale)).log_probabilities(theta)
        np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("peak", [0.3, 0.5])
def test_a_kink_is_found_wherever_it_is(peak):
    """Also in the middle, where the two halves of the table meet."""
    law = scipy.stats.triang(peak)
    for theta in ([0.0, 0.21], [-0.4, 0.3], [0.0, 0.0]):
        found = pt.expected_max(pt.FromScipy(law)).probabilities(theta)
        named = pt.expected_max(pt.FromScipy(law, breakpoints=(peak,))).probabilities(theta)
        np.testing.assert_allclose(found, named, rtol=1e-13)
