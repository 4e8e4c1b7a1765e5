"""A law of one's own that bends inside its support, with and without a word about where."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import perturbtheory as pt


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class Mixture(pt.AbstractPerturbation):
    """An equal mixture of Laplace laws of scales 1 and 3, which bends at zero."""

    mean, variance, smooth = 0.0, 10.0, False

    def log_pdf(self, x):
        xp, x = pt.numerics.floats(x)
        size = xp.abs(x)
        return xp.logaddexp(-size, -size / 3 - math.log(3)) - math.log(4)

    def log_cdf(self, x):
        xp, x = pt.numerics.floats(x)
        size = xp.abs(x)
        low = xp.logaddexp(-size, -size / 3) - math.log(4)
        return xp.where(x < 0, low, xp.log1p(-xp.exp(low)))

    def log_sf(self, x):
        return self.log_cdf(-x)

    def sample(self, key, shape):
        dtype = pt.numerics.dtype_of_draws(key)
        xp, u = pt.numerics.floats(pt.numerics.draw(key, "uniform", (3, *shape), dtype))
        return xp.where(u[0] < 0.5, 1.0, 3.0) * xp.log(u[1] / u[2])


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class Named(Mixture):
    """The same, and it says where it bends."""

    kinks = (0.0,)


def exact(theta):
    """p of a pair, by pieces between the kinks."""
    law = Mixture()
    cuts = [-150.0, *sorted(theta), 150.0]
    lower = sum(
        scipy.integrate.quad(
            lambda s: math.exp(law.log_pdf(s - theta[0]) + law.log_cdf(s - theta[1])),
            a, b, epsabs=1e-14, epsrel=1e-13, limit=200,
        )[0]
        for a, b in itertools.pairwise(cuts)
    )  # fmt: skip
    return np.array([lower, 1 - lower])


# Halving panels missed the kink at the first of these, in every rule alike.
@pytest.mark.parametrize(
    "theta",
    [
        [-0.5253541935093484, 0.6968198386441191],
        [-0.21908217240455685, 0.595867772194042],
        [-0.8087975458205112, -0.2997069984788452],
    ],
)
def test_radii_hold_where_nothing_is_said(theta):
    found = pt.expected_max(Mixture()).estimate_probabilities(theta)
    assert np.all(np.abs(found.value - exact(theta)) <= found.radius + 1e-13)


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=2))
def test_a_name_makes_it_right(theta):
    found = pt.expected_max(Named()).estimate_probabilities(theta)
    np.testing.assert_allclose(found.value, exact(theta), atol=1e-13)
    assert np.all(found.radius < 1e-13)


def test_the_kit_passes_it():
    assert pt.testing.check_perturbation(Named(), examples=3).passed


def test_a_class_that_is_not_registered_is_named():
    @dataclasses.dataclass(frozen=True, eq=False)
    class Forgotten(Named):
        """Only what it is made of is registered."""

    with pytest.raises(TypeError, match=r"`perturbation`.*Forgotten.*@pt\.register"):
        pt.expected_max(Forgotten())


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class Counted(Mixture):
    """In units of `scale`; it counts how often it is asked."""

    scale: np.ndarray
    asked = 0

    def log_cdf(self, x):
        Counted.asked += 1
        return super().log_cdf(x / self.scale)


def test_quantiles_are_kept_for_as_long_as_the_parameters_stay():
    law = Counted(np.array([1.0]))
    first = law.log_quantile(-3.0)
    Counted.asked = 0
    assert law.log_quantile(-3.0) == first
    assert Counted.asked == 0
    law.scale[0] = 2.0
    np.testing.assert_allclose(law.log_quantile(-3.0), 2 * first, rtol=1e-14)


def test_scipy_is_not_asked_for_a_tail_in_which_it_disagrees(monkeypatch):
    law = pt.FromScipy(scipy.stats.skewnorm(3.0))
    asked, true = [], type(law)._call
    law.log_cdf(-100.0)
    monkeypatch.setattr(
        type(law), "_call", lambda self, how, x: (asked.append(np.size(x)), true(self, how, x))[1]
    )
    law.log_cdf(np.linspace(-100.0, 1.0, 1000))
    assert asked == []


@pytest.mark.parametrize("x", [-100.0, [-100.0, 0.5], np.array([[-100.0], [0.5]])])
def test_a_tail_beyond_the_table_takes_numbers_and_lists(x):
    found = pt.FromScipy(scipy.stats.norm()).log_cdf(x)
    np.testing.assert_allclose(found, scipy.stats.norm.logcdf(x), rtol=1e-12)
