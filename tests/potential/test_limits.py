"""Limits, units, shifts and atoms: another law whose answer is known from the first."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.testing.strategies import dyadic_thetas
from tests import oracles
from tests.laws import (
    ALL,
    DISCRETE,
    IDENTICAL,
    SMOOTHED,
    D,
    every,
)

points = dyadic_thetas(D)


def base_of(scale):
    return {
        "normal": pt.Normal(scale),
        "laplace": pt.Laplace(scale),
        "logistic": pt.Logistic(scale),
        "uniform": pt.Uniform(-scale, scale),
        "coin": pt.Discrete(np.array([-scale, scale])),
    }


SHRINKING = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12, 1e-15, 1e-30, 1e-200]


@pytest.mark.parametrize("name", base_of(1.0))
def test_without_noise_a_logarithm_of_a_sum_remains(name):
    # f_t(theta) = t lse(theta/t) + (variance / 2t) sum p (1 - p) + ... for small mean-zero noise.
    theta = np.array([0.3, -0.2, 1.1])
    for t in (1.0, 8.0):
        p0, f0 = scipy.special.softmax(theta / t), t * scipy.special.logsumexp(theta / t)
        for scale in SHRINKING:
            noise = base_of(scale)[name]
            f = pt.expected_logsumexp(noise, t)
            bend = float(noise.variance) / (2 * t) * (p0 @ (1 - p0))
            fourth = 40 * scale**4 / t**3 + 1e-13 * max(1.0, f0)
            estimate, p = f.estimate(theta), f.estimate_probabilities(theta)
            assert abs(estimate.value - f0 - bend) <= fourth, scale
            assert estimate.radius <= 1e-12
            assert np.abs(p.value - p0).max() <= 4 * scale**2 / t**2 + 1e-14, scale
            assert np.max(p.radius) <= 1e-12


@pytest.mark.parametrize("name", base_of(1.0))
def test_high_temperature_is_small_noise(name):
    # f_t(theta; gamma) = t f_1(theta / t; gamma / t), a change of units.
    theta = np.array([0.3, -0.2, 1.1])
    for k in (10, 20, 40, 100):
        t = 2.0**k
        one = pt.expected_logsumexp(base_of(1.0)[name], t)
        two = pt.expected_logsumexp(base_of(1 / t)[name], 1.0)
        np.testing.assert_allclose(one(theta), t * two(theta / t), rtol=1e-13)
        np.testing.assert_allclose(
            one.probabilities(theta), two.probabilities(theta / t), rtol=1e-13
        )


COOLING = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15]


@every(["normal", "laplace", "uniform", "exponential", "coin", "three-atoms", "student-3"])
def test_temperature_to_zero_is_the_maximum(name):
    # max <= t lse(./t) <= max + t log d; the difference of the gradients is of order t (or less).
    theta = np.array([0.3, -0.25, 1.1])  # no tie under any of the atoms
    limit = pt.expected_max(ALL[name])
    f0, p0 = limit(theta), limit.probabilities(theta)
    last = math.inf
    for t in COOLING:
        f = pt.expected_logsumexp(ALL[name], t)
        estimate, p = f.estimate(theta), f.estimate_probabilities(theta)
        gap = estimate.value - f0
        assert -2e-13 <= gap <= t * math.log(3) + 2e-13, t
        assert gap <= last + 2e-13
        last = gap
        assert np.abs(p.value - p0).max() <= t + 2e-13, t
        assert estimate.radius <= 1e-11
        assert np.max(p.radius) <= 1e-11


@every(IDENTICAL)
@given(theta=points, power=st.sampled_from([-900, -300, -60, -1, 1, 60, 300, 900]))
def test_units_are_exact(name, theta, power):
    """A law and theta times a power of two: nothing is rounded."""
    noise, unit = ALL[name], 2.0**power
    # A table of a sum with Gumbel noise has other cuts in other units.
    rough = 1e-11 if name in SMOOTHED else 1e-300
    assume(np.all(np.abs(theta * unit) < 1e300))
    f, scaled = pt.expected_max(noise), pt.expected_max(noise.rescaled(power))
    np.testing.assert_allclose(
        scaled.probabilities(theta * unit), f.probabilities(theta), rtol=1e-12, atol=rough
    )
    np.testing.assert_allclose(
        scaled.anchored(theta * unit), f.anchored(theta) * unit, rtol=1e-11, atol=rough * unit
    )


MOVED = {
    "gamma-0.2": scipy.stats.gamma(0.2),
    "gamma-3": scipy.stats.gamma(3.0),
    "expon": scipy.stats.expon(),
    "beta": scipy.stats.beta(2.0, 3.0),
    "arcsine": scipy.stats.arcsine(),
    "weibull-0.5": scipy.stats.weibull_min(0.5),
    "weibull-max-0.5": scipy.stats.weibull_max(0.5),
    "lognorm": scipy.stats.lognorm(0.8),
    "norm": scipy.stats.norm(),
    "t": scipy.stats.t(3.0),
}


@pytest.mark.parametrize("name", MOVED)
@pytest.mark.parametrize("shift", [0.3, 1.0, -100.0, 1e4, -1e6])
def test_a_shift_of_a_law_is_a_shift_of_the_value(name, shift):
    law, theta = MOVED[name], np.array([0.37, 0.0, -0.2])
    there = type(law)(law.dist, *law.args, **(law.kwds | {"loc": shift}))
    f, g = pt.expected_max(pt.FromScipy(law)), pt.expected_max(pt.FromScipy(there))
    slack = 5e-12 + 64 * np.spacing(abs(shift))
    np.testing.assert_allclose(g.probabilities(theta), f.probabilities(theta), atol=1e-12)
    np.testing.assert_allclose(g(theta), f(theta) + shift, rtol=0, atol=slack)


@given(theta=points, low=st.integers(-6, 0), width=st.integers(1, 8), shift=st.integers(-999, 999))
def test_a_shift_of_bounded_and_of_discrete_laws(theta, low, width, shift):
    pairs = [
        (pt.Uniform(low, low + width), pt.Uniform(low + shift, low + width + shift)),
        (pt.Discrete([low, low + width]), pt.Discrete([low + shift, low + width + shift])),
        (
            pt.Discrete([low, 1.0, width], [0.2, 0.5, 0.3]),
            pt.Discrete([low + shift, 1.0 + shift, width + shift], [0.2, 0.5, 0.3]),
        ),
    ]
    for here, there in pairs:
        f, g = pt.expected_max(here), pt.expected_max(there)
        np.testing.assert_allclose(g.probabilities(theta), f.probabilities(theta), atol=1e-14)
        np.testing.assert_allclose(g(theta), f(theta) + shift, rtol=1e-14, atol=1e-13)


@every(DISCRETE)
@given(data=st.data())
def test_splitting_an_atom_changes_nothing(name, data):
    """Into equal atoms, or atoms within an ulp, with weights that add up; exact by enumeration."""
    noise, d = DISCRETE[name], 3
    theta = data.draw(dyadic_thetas(d, spread=2, parts=2))
    atoms, weights = list(map(float, noise.atoms)), list(map(float, noise.weights))
    at = data.draw(st.integers(0, len(atoms) - 1))
    share = data.draw(st.sampled_from([0.25, 0.5, 0.75]))
    side = data.draw(st.sampled_from([-math.inf, atoms[at], math.inf]))
    split = pt.Discrete(
        np.array([*atoms, np.nextafter(atoms[at], side)]),
        np.array(
            [*weights[:at], share * weights[at], *weights[at + 1 :], (1 - share) * weights[at]]
        ),
    )
    answer = oracles.enumerated(atoms, weights, theta)
    f, g = pt.expected_max(noise), pt.expected_max(split)
    for one in (f, g):
        assert np.all(oracles.errors(one.probabilities(theta), answer.probabilities) < 1e-14)
        assert oracles.errors(one(theta), [answer.value])[0] < 1e-14
    assert one.estimate_probabilities(theta).contains(np.array(answer.probabilities, float))
    assert f.has_tie(theta) == g.has_tie(theta)
    t = data.draw(st.sampled_from([0.5, 1e-3, 1e-9]))
    warm, other = (pt.expected_logsumexp(x, t).probabilities(theta) for x in (noise, split))
    np.testing.assert_allclose(warm, other, atol=1e-13 + 1e-15 / t)
