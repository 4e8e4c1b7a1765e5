"""Value, probabilities, logarithms and radii against the definition, in balls or fractions.

Errors are taken in exact arithmetic: a radius must hold for the number as it was returned.
"""

import dataclasses
import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
import scipy.stats
from flint import acb
from hypothesis import assume, given
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.testing.strategies import dyadic_thetas
from tests import oracles
from tests.laws import (
    ATOMS,
    DISCRETE,
    EXACT,
    WITH_MEAN,
    D,
    every,
    exact,
    placed,
    potential,
)

points = dyadic_thetas(D)


def honest(estimate, truth, least=1e-13):
    """Within the radius, which is of some use; errors are taken in exact arithmetic."""
    off, radius = oracles.errors(estimate.value, truth), np.ravel(estimate.radius)
    assert np.all(off <= radius + oracles.BEYOND), (off / radius).max()
    size = max(1.0, float(np.max(np.abs(estimate.value))))
    assert np.all(radius <= 1e-10 * size)
    assert np.all(off <= least * size)


def agrees(f, theta, answer, *, smallest=1e-30, rtol=1e-12):
    """Value, probabilities and logarithms are those of the answer, and the radii hold."""
    theta = np.asarray(theta, float)
    p = answer.probabilities
    found = f.estimate_probabilities(theta)
    honest(found, p)
    large = np.array([x > smallest for x in p])
    assert np.all(oracles.relative(found.value, p)[large] <= rtol)
    logs = f.log_probabilities(theta)
    for log_p, x in zip(logs.tolist(), p, strict=True):
        if x > smallest:
            with mp.workdps(30):
                log_x = float(mp.log(mp.mpf(x.numerator) / x.denominator))
            assert abs(log_p - log_x) <= rtol * max(1.0, abs(log_x))
    if answer.value is not None:
        honest(f.estimate(theta), [answer.value])


@every([*EXACT, *ATOMS])
@pytest.mark.parametrize("theta", [(0.3, -0.2, 1.1, 0.25), (0.0, 0.0, -2.5, 0.75)], ids=str)
def test_against_the_definition(name, theta):
    f, theta, _ = placed(name, np.array(theta))
    agrees(f, theta, exact(name, theta, value=name in WITH_MEAN), rtol=1e-11)


@dataclasses.dataclass(frozen=True)
class Problem:
    """A law, the same law apart from the package, and a theta that is hard for it."""

    noise: pt.AbstractPerturbation
    laws: object
    theta: tuple[float, ...]
    tags: frozenset[str]


def unequal(family, law, scales, theta, *tags):
    laws = [law().scaled(s) for s in scales]
    return Problem(family(np.array(scales)), laws, theta, frozenset({"unequal-scales", *tags}))


NEEDLE = ((2000.0, 0.000123456789, 0.000433), (1e3, 1e-3, 1e-3))
SHIFTED = ((1e6 + 0.3, 1e6 - 0.2, 1e6 + 1.1),)
PROBLEMS = {
    "normal-needles": unequal(pt.Normal, oracles.normal, NEEDLE[1], NEEDLE[0], "smooth"),
    "logistic-needles": unequal(pt.Logistic, oracles.logistic, NEEDLE[1], NEEDLE[0], "smooth"),
    "laplace-needles": unequal(pt.Laplace, oracles.laplace, NEEDLE[1], NEEDLE[0], "kinks"),
    "gumbel-needles": unequal(pt.Gumbel, oracles.gumbel, NEEDLE[1], NEEDLE[0], "smooth"),
    "exponential-needles": unequal(
        pt.Exponential, oracles.exponential, NEEDLE[1], (0.0001, 0.000123456789, 0.000433), "kinks"
    ),
    "normal-one-needle": unequal(
        pt.Normal, oracles.normal, (1.0, 1e-6, 2.0, 0.5), (0.3, 0.1, 0.2, -0.4), "smooth"
    ),
    "laplace-one-needle": unequal(
        pt.Laplace, oracles.laplace, (1.0, 1e-6, 2.0, 0.5), (0.3, 0.1, 0.2, -0.4), "kinks"
    ),
    "gumbel-apart": unequal(
        pt.Gumbel, oracles.gumbel, (0.5, 2.0, 1.0), (0.21, -30.0, 0.4), "far-tail"
    ),
    "normal-apart": unequal(
        pt.Normal, oracles.normal, (0.5, 2.0, 1.0), (0.21, -9.0, 0.4), "far-tail"
    ),
    "uniform-needles": Problem(
        pt.Uniform(np.array([-1000.0, 0, 0]), np.array([1000.0, 1e-3, 1e-3])),
        [oracles.uniform(-1000, 1000), oracles.uniform(0, 1e-3), oracles.uniform(0, 1e-3)],
        (900.0, 0.000123456789, 0.000433),
        frozenset({"unequal-scales", "kinks", "bounded"}),
    ),
    "uniform-corner": Problem(
        pt.Uniform(),
        oracles.uniform(-1, 1),
        (-0.9547789389062398, -2.9547789378999894),
        frozenset({"far-tail", "kinks", "bounded"}),
    ),
    "gumbel-tiny": Problem(
        pt.Gumbel(0.7),
        oracles.gumbel().scaled(0.7),
        (0.21013870299473, -31.869808050522295),
        frozenset({"far-tail", "closed-form"}),
    ),
    "gumbel-far-from-zero": Problem(
        pt.Gumbel(3.0), oracles.gumbel().scaled(3), (3000.1, 2979.7, 2996.0),
        frozenset({"closed-form", "large-theta"}),
    ),
    "gumbel-wide": Problem(
        pt.Gumbel(777.7), oracles.gumbel().scaled(777.7), (30000.1, 27777.7, 123.456),
        frozenset({"closed-form", "large-theta"}),
    ),
    "normal-far-from-zero": Problem(
        pt.Normal(), oracles.normal(), SHIFTED[0], frozenset({"large-theta", "smooth"})
    ),
    "laplace-far-from-zero": Problem(
        pt.Laplace(), oracles.laplace(), SHIFTED[0], frozenset({"large-theta", "kinks"})
    ),
    "uniform-far-from-zero": Problem(
        pt.Uniform(), oracles.uniform(-1, 1), SHIFTED[0],
        frozenset({"large-theta", "kinks", "bounded"}),
    ),
    "pareto-apart": Problem(
        pt.Pareto(3.0), oracles.pareto(3), (0.0, -40.0, 3.0), frozenset({"heavy", "kinks"})
    ),
    "frechet-apart": Problem(
        pt.Frechet(3.0), oracles.frechet(3), (0.0, -40.0, 3.0), frozenset({"heavy"})
    ),
    "weibull-apart": Problem(
        pt.Weibull(2.0), oracles.weibull(2), (0.0, -4.0, 1.0), frozenset({"far-tail", "kinks"})
    ),
    "gumbel-min-apart": Problem(
        pt.GumbelMin(), oracles.gumbel_min(), (0.0, -3.5, 1.0), frozenset({"far-tail", "smooth"})
    ),
}  # fmt: skip


def test_every_hazard_has_a_problem():
    hazards = {
        "unequal-scales", "smooth", "kinks", "far-tail", "closed-form", "large-theta", "bounded",
        "heavy",
    }  # fmt: skip
    assert set().union(*(problem.tags for problem in PROBLEMS.values())) == hazards


@pytest.mark.parametrize("name", PROBLEMS)
def test_radii_hold_where_it_is_hard(name):
    problem = PROBLEMS[name]
    answer = oracles.solve(problem.laws, problem.theta, smallest=1e-25)
    f = pt.expected_max(problem.noise)
    agrees(f, problem.theta, answer, smallest=1e-22, rtol=1e-11)


RANDOM = {
    "uniform": (60, lambda scale, low: (oracles.uniform(low, low + scale), (low, low + scale))),
    "laplace": (20, lambda scale, _: (oracles.laplace().scaled(scale), (scale,))),
    "exponential": (20, lambda scale, _: (oracles.exponential().scaled(scale), (scale,))),
    "normal": (6, lambda scale, _: (oracles.normal().scaled(scale), (scale,))),
    "gumbel": (6, lambda scale, _: (oracles.gumbel().scaled(scale), (scale,))),
    "logistic": (3, lambda scale, _: (oracles.logistic().scaled(scale), (scale,))),
}
FAMILIES = {
    "uniform": pt.Uniform, "laplace": pt.Laplace, "exponential": pt.Exponential,
    "normal": pt.Normal, "gumbel": pt.Gumbel, "logistic": pt.Logistic,
}  # fmt: skip


@pytest.mark.parametrize("family", RANDOM)
def test_radii_hold_under_random_scales(family):
    """Scales from 1e-3 to 1e3, theta from 1e-4 to 1e3, two to four categories."""
    random, (count, make) = np.random.default_rng(5), RANDOM[family]
    for _ in range(count):
        d = int(random.integers(2, 5))
        scales = 10.0 ** random.uniform(-3, 3, d)
        lows = -scales * random.uniform(0, 1, d)
        laws, parameters = zip(*map(make, scales.tolist(), lows.tolist()), strict=True)
        theta = random.normal(size=d) * 10.0 ** random.uniform(-4, 3, d)
        f = pt.expected_max(FAMILIES[family](*np.array(parameters).T))
        answer = oracles.solve(laws, theta.tolist(), smallest=1e-20)
        honest(f.estimate_probabilities(theta), answer.probabilities)
        honest(f.estimate(theta), [answer.value])
        tiny = np.array([x < 1e-20 for x in answer.probabilities])
        wrong = oracles.relative(f.probabilities(theta), answer.probabilities)
        assert np.all(wrong[~tiny] <= 1e-11), (scales, theta)


@every()
@given(theta=points)
def test_radii_hold_against_a_translate(name, theta):
    """A translate by no round number has other nodes; both answers lie within their radii."""
    f, theta, unit = placed(name, theta)
    shift = 0.37 * unit
    rounded = 4 * np.spacing(np.abs(theta).max() + shift)
    if name in WITH_MEAN:
        one, two = f.estimate(theta), f.estimate(theta + shift)
        assert abs(one.value + shift - two.value) <= one.radius + two.radius + rounded
    if name not in ATOMS:
        one, two = f.estimate_probabilities(theta), f.estimate_probabilities(theta + shift)
        # Rounding theta moves p by the Hessian, whose entries are below 20 / unit here.
        slack = one.radius + two.radius + 20 * rounded / unit
        assert np.all(np.abs(one.value - two.value) <= slack)


@pytest.mark.parametrize("d", [10, 1000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_many_categories_with_an_exact_answer(d):
    zero, one = np.zeros(d), np.eye(1, d)[0] * 0.5
    values = {
        pt.Uniform(): 1 - 2 / (d + 1),
        pt.Logistic(): float(mp.harmonic(d - 1)),
        pt.Exponential(): float(mp.harmonic(d)),
        pt.Gumbel(): math.log(d),
        pt.Discrete([-1.0, 1.0]): 1 - 2 * 0.5**d,
    }
    for noise, value in values.items():
        f = pt.expected_max(noise)
        estimate, p = f.estimate(zero), f.estimate_probabilities(zero)
        assert estimate.contains(value), noise
        assert estimate.radius <= 1e-11 * max(1, d / 1000)  # sums of d terms are rounded
        np.testing.assert_allclose(p.value, 1 / d, rtol=1e-11)
        assert p.contains(1 / d)
    # int_x/2^1 u^(d-1) du + x/2 for the first, x = 1/2 ahead of the others.
    p = pt.expected_max(pt.Uniform()).probabilities(one)
    np.testing.assert_allclose(p[0], (1 - 0.25**d) / d + 0.25, rtol=1e-12)
    np.testing.assert_allclose(p[1:], (1 - p[0]) / (d - 1), rtol=1e-11)
    p = pt.expected_max(pt.Gumbel(0.5)).probabilities(one)
    np.testing.assert_allclose(p[0], math.e / (math.e + d - 1), rtol=1e-13)


@given(data=st.data())
def test_atoms_of_each_coordinate_against_every_outcome(data):
    d, m = data.draw(st.sampled_from([(2, 3), (3, 2), (3, 3), (4, 2)]))
    quarters = st.integers(-6, 6).map(lambda k: k / 4)
    atoms = np.array(data.draw(st.lists(quarters, min_size=d * m, max_size=d * m))).reshape(d, m)
    counts = np.array(data.draw(st.lists(st.integers(1, 4), min_size=d * m, max_size=d * m)))
    parts = counts.reshape(d, m)
    eighths = 2.0**-parts
    weights = eighths / eighths.sum(1, keepdims=True)
    assume(np.all(weights.sum(1) == 1))
    theta = data.draw(dyadic_thetas(d, spread=1, parts=4))
    answer = oracles.enumerated(atoms, weights, theta)
    f = pt.expected_max(pt.Discrete(atoms, weights))
    honest(f.estimate_probabilities(theta), answer.probabilities)
    honest(f.estimate(theta), [answer.value])


def triangle(peak):
    """scipy's triang: up on [0, peak], down on [peak, 1]."""
    up, down = (acb(oracles.ball(x)) for x in (peak, 1 - peak))  # dyadic, so that these are exact
    return oracles.joined(
        oracles.one_piece(lambda z, _: 2 * z / up, lambda z, _: z * z / up, 0, Fraction(peak)),
        oracles.one_piece(
            lambda z, _: 2 * (1 - z) / down, lambda z, _: 1 - (1 - z) ** 2 / down, Fraction(peak), 1
        ),
    )


UNDECLARED = {
    "laplace": (scipy.stats.laplace(), oracles.laplace()),
    "triangle": (scipy.stats.triang(0.375), triangle(0.375)),
    "beta": (scipy.stats.beta(2.0, 3.0), oracles.beta_2_3()),
}


@pytest.mark.parametrize("name", UNDECLARED)
def test_radii_hold_where_a_kink_is_not_declared(name):
    """The law is right and its kink unknown: less accurate, and the radius says so."""
    law, exactly = UNDECLARED[name]
    f = pt.expected_max(pt.FromScipy(law))
    for theta in ([0.3, 0.0], [0.0625, 0.0, 0.2], [0.0, 0.41, 0.05, -0.3]):
        answer = oracles.solve(exactly, theta)
        for found, truth in (
            (f.estimate_probabilities(theta), answer.probabilities),
            (f.estimate(theta), [answer.value]),
        ):
            off, radius = oracles.errors(found.value, truth), np.ravel(found.radius)
            assert np.all(off <= radius), off / radius
            assert np.all(radius <= 1e-3)


@pytest.mark.parametrize("gap", [1e-14, 1e-12, 1e-9, 1e-6])
def test_what_is_nearly_a_tie_is_none(gap):
    f = pt.expected_max(DISCRETE["coin"])
    for theta in ([0.5 + gap, 0.5, -1.0], [2.0 - gap, 0.0, 0.25], [gap, 2.0, -0.5]):
        answer = oracles.enumerated([-1, 1], [0.5, 0.5], theta)
        assert not f.has_tie(theta)
        honest(f.estimate_probabilities(theta), answer.probabilities)
        assert not f.hessian(theta).any()


@every(oracles.LOG_PAIRS)
def test_radii_hold_in_far_tails(name):
    """Down to 1e-200: what a rounding of theta - s does to a steep law is in the radius."""
    f, random = potential(name), np.random.default_rng(3)
    for x in random.uniform(1, 30 if name == "normal" else 400, 40).tolist():
        with mp.workdps(60):
            exactly = mp.exp(oracles.LOG_PAIRS[name](mp.mpf(x)))
            found = f.estimate_probabilities(np.array([0.0, -x]))
            off = abs(mp.mpf(float(found.value[1])) - exactly)
            assert off <= found.radius[1], (x, float(off / exactly))
            assert found.radius[1] <= 1e-9 * exactly + mp.mpf("1e-299")
