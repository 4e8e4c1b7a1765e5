"""Tails of F(gamma) - E F: exact against closed forms, sampled against exact, bounds on both."""

import functools
import itertools

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import scipy.stats as st

import perturbtheory as pt
from perturbtheory.perturbations import EULER
from perturbtheory.properties import _concentration as c
from perturbtheory.properties import _deviation

T = np.array([0.0, 0.3, 1.0, 2.5, 6.0])
COIN = pt.Discrete(np.array([-1.0, 1.0]))
LINEAR = {"function": "linear", "dimension": 1}


def close(found, truth, relative=1e-10):
    """Within the radius, which is itself tight."""
    np.testing.assert_array_less(np.abs(found.value - truth), found.radius + 1e-300)
    assert np.all(found.radius <= relative * np.asarray(truth) + 1e-300)
    assert found.confidence == 1.0
    return True


@pytest.mark.parametrize("weight", [1.0, 2.0, -0.5])
def test_one_normal_coordinate_is_the_normal_tail(weight):
    t = np.array([0.0, 1.0, 5.0, 30.0]) * abs(weight)
    found = c.tail(pt.Normal(), t, weights=np.array([weight]), **LINEAR)
    assert close(found, st.norm.sf(t / abs(weight)))
    assert found.kind == "closed form"


def test_weighted_normal_noise_with_a_scale_for_each_coordinate():
    scale, weights = np.array([1.0, 2.0, 0.5]), np.array([0.3, -1.0, 2.0])
    found = c.tail(pt.Normal(scale), T, function="linear", dimension=3, weights=weights)
    assert close(found, st.norm.sf(T / np.sqrt(0.09 + 4 + 1)))


def test_a_negative_weight_takes_the_other_tail():
    gumbel = st.gumbel_r(-EULER)
    options = {"function": "linear", "dimension": 3}
    up = c.tail(pt.Gumbel(), T, weights=np.array([0.0, 0.5, 0.0]), **options)
    down = c.tail(pt.Gumbel(), T[:4], weights=np.array([0.0, -0.5, 0.0]), **options)
    assert close(up, gumbel.sf(2 * T))
    assert close(down, gumbel.cdf(-2 * T[:4]))
    own = pt.Gumbel(np.array([1.0, 2.0, 3.0]))
    assert close(c.tail(own, T, weights=np.array([0.0, 0.5, 0.0]), **options), gumbel.sf(T))


def test_maximum_of_normal_noise_keeps_its_digits():
    t = np.array([0.0, 1.0, 10.0, 25.0])
    sf = st.norm.sf(t + 1 / np.sqrt(np.pi))
    assert close(c.tail(pt.Normal(), t), 2 * sf - sf**2)


@pytest.mark.parametrize("df", [3.0, 100.0])
def test_student_noise_to_its_last_digits(df):
    t = np.array([0.0, 0.5, 1.0, 2.0, 20.0])
    found = c.tail(pt.StudentT(df), t, weights=np.ones(1), **LINEAR)
    with mpmath.workdps(40):
        a = mpmath.mpf(df) / 2
        w = [a / (a + mpmath.mpf(x) ** 2 / 2) for x in t]
        truth = [float(mpmath.betainc(a, 0.5, 0, x, regularized=True) / 2) for x in w]
    assert close(found, np.array(truth))


@pytest.mark.parametrize("d", [1, 2, 7])
def test_maximum_of_gumbel_noise_is_gumbel_again(d):
    t = np.array([0.0, 0.5, 3.0, 40.0, 300.0])
    found = c.tail(pt.Gumbel(1.5), t, dimension=d)
    assert close(found, st.gumbel_r(-EULER, 1).sf(t / 1.5))
    assert found.kind == "closed form"


def test_maximum_of_uniform_noise_and_of_unequal_scales():
    # M of two uniforms on (-1, 1) has mean 1/3 and P(M >= x) = 1 - ((1 + x) / 2)^2.
    t = np.array([0.0, 0.25, 0.6, 0.7, 5.0])
    found = c.tail(pt.Uniform(), t)
    assert close(found, np.where(t < 2 / 3, 1 - ((4 / 3 + t) / 2) ** 2, 0.0))
    assert found.kind == "quadrature"
    scale = np.array([1.0, 3.0])
    mean = np.sqrt(10) / np.sqrt(2 * np.pi)
    truth = 1 - np.prod(st.norm.cdf((mean + T)[:, None] / scale), 1)
    assert close(c.tail(pt.Normal(scale), T), truth)


def test_discrete_noise_counts_the_atom():
    # Two coins: E max = 1/2, and the maximum is 1 with probability 3/4.
    t = np.array([0.0, 0.4, 0.5, 0.5 + 1e-12, 1.0])
    found = c.tail(COIN, t)
    np.testing.assert_allclose(found.value, [0.75, 0.75, 0.75, 0, 0], rtol=1e-15)
    assert np.max(found.radius) < 1e-12
    assert found.kind == "exact sum"
    # The mean 0.2 is not exact in binary: an atom must not fall to rounding, on either side.
    dice = pt.Discrete(np.array([-0.1, 0.1, 0.3]), np.array([0.1, 0.3, 0.6]))
    for weight in (1.0, -1.0, 3.0):
        t = abs(weight) * np.array([0.1, 0.3])
        found = c.tail(dice, t, weights=np.array([weight]), **LINEAR)
        np.testing.assert_allclose(found.value, [0.6, 0] if weight > 0 else [0.4, 0.1], rtol=1e-14)


@pytest.mark.parametrize("function", ["linear", "logsumexp"])
def test_sampling_contains_the_sum_over_all_outcomes(function):
    weights = np.array([0.5, -2.0]) if function == "linear" else None
    outcomes = np.array(list(itertools.product([-1.0, 1.0], repeat=2)))
    values = 0.5 * np.log(np.exp(outcomes / 0.5).sum(1))
    if function == "linear":
        values = outcomes @ np.array([0.5, -2.0])
    options = {"function": function, "dimension": 2, "weights": weights, "temperature": 0.5}
    # Thresholds on the atoms themselves: >= includes them.
    t = np.unique(np.round(values - values.mean(), 13))
    t = t[t > 0] * (1 - 1e-12)
    found = c.tail(COIN, t, samples=2**16, **options)
    assert found.kind == "monte-carlo"
    assert found.confidence == 1 - 1e-6
    assert found.contains((values - values.mean() >= t[:, None] - 1e-10).mean(1))
    assert np.max(found.radius) < 0.02


def as_if_unknown(monkeypatch):
    law_of = _deviation.law_of

    def unknown(*arguments):
        return law_of(*arguments)._replace(survival=None, kind="monte-carlo")

    monkeypatch.setattr(_deviation, "law_of", unknown)


def test_sampling_contains_the_exact_tail(monkeypatch):
    cases = [
        (pt.Normal(), {}),
        (pt.Normal(), {"function": "linear", "weights": np.array([1.0, -2.0])}),
        (COIN, {}),
    ]
    exact = [c.tail(law, T, **options) for law, options in cases]
    as_if_unknown(monkeypatch)
    for (law, options), truth in zip(cases, exact, strict=True):
        found = c.tail(law, T, samples=2**15, seed=3, **options)
        assert found.kind == "monte-carlo"
        assert found.contains(truth.value)
        assert 0 < np.max(found.radius) < 0.03


def test_the_sampled_radius_is_that_of_clopper_and_pearson_for_all_t(monkeypatch):
    as_if_unknown(monkeypatch)
    n, found = 4096, c.tail(pt.Normal(), T, samples=4096, dimension=1)
    for value, radius in zip(found.value, found.radius, strict=True):
        exact = st.binomtest(round(value * n), n).proportion_ci(1 - 1e-6 / T.size, method="exact")
        # Draws within rounding of the threshold could add to it; there are none.
        assert radius == pytest.approx(max(exact.high - value, value - exact.low), rel=1e-9)


def test_an_uncertain_mean_widens_the_radius(monkeypatch):
    law_of = _deviation.law_of
    monkeypatch.setattr(_deviation, "law_of", lambda *a: law_of(*a)._replace(radius=0.01))
    found = c.tail(pt.Gumbel(), T)
    for shift in (-0.01, 0.01):
        assert found.contains(st.gumbel_r(-EULER).sf(T + shift))
    as_if_unknown(monkeypatch)
    sampled = c.tail(pt.Gumbel(), T, samples=2**20)
    for shift in (-0.01, 0.01):
        assert sampled.contains(st.gumbel_r(-EULER).sf(T + shift))
    assert sampled.radius[1] > 0.005


def test_shape_seed_and_jax_input():
    assert np.shape(c.tail(pt.Gumbel(), 1.0).value) == ()
    assert np.shape(c.tail(pt.Gumbel(), jnp.ones(3)).radius) == (3,)
    options = {"function": "linear", "weights": np.array([1.0, 1.0]), "samples": 4096}
    one, two, other = (c.tail(pt.Gumbel(), T, seed=s, **options) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.value, two.value)
    assert np.any(one.value != other.value)


def test_bounds_are_the_printed_formulas():
    t = np.array([0.0, 1.0, 4.0, 16.0])
    np.testing.assert_allclose(pt.properties.gaussian_bound(t, 2.0), np.exp([0, -1 / 8, -2, -32]))
    np.testing.assert_allclose(
        pt.properties.gaussian_bound_as_printed(t, 2.0), np.exp([0, -0.5, -8, -128])
    )
    np.testing.assert_allclose(pt.properties.gumbel_bound(t, 0.5), np.exp([0, -1 / 8, -2, -8]))
    np.testing.assert_allclose(
        pt.properties.gumbel_bound(t, 2.0), np.exp([0, -1 / 128, -1 / 8, -2])
    )


def test_theorem_31_as_printed_fails_for_sigma_2():
    check = c.concentration(
        pt.Normal(), pt.properties.gaussian_bound_as_printed, weights=np.array([2.0]), **LINEAR
    )
    assert check.outcome == "fails"
    assert check.margin is not None
    assert check.margin < -90
    seen = check.witness
    assert seen["sigma"] == 2.0
    truth = st.norm.sf(seen["t"] / 2)
    assert abs(truth - seen["tail"]) <= seen["radius"]
    assert seen["bound"] == pytest.approx(np.exp(-(seen["t"] ** 2) / 2), rel=1e-12)
    assert truth > seen["bound"] * 2
    # The smallest replay by hand: P(2 gamma >= 4) = 0.0228 > exp(-8) = 0.0003.
    assert not c.concentration(
        pt.Normal(),
        pt.properties.gaussian_bound_as_printed,
        t=np.array([4.0]),
        weights=[2.0],
        **LINEAR,
    )


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 5.0])
def test_theorem_31_corrected_holds_for_linear_functions(sigma):
    weights = np.array([0.6, -0.8]) * sigma
    check = c.concentration(
        pt.Normal(), pt.properties.gaussian_bound, function="linear", weights=weights
    )
    assert check
    assert check.witness["sigma"] == pytest.approx(sigma)
    assert check.margin == pytest.approx(-np.log(st.norm.sf(0.05)) - 0.05**2 / 2)
    assert "grid of 40 points" in check.method
    assert "not in between" in check.method
    assert "closed form" in check.method


@pytest.mark.parametrize("d", [2, 5])
def test_both_theorems_hold_for_the_maximum(d):
    assert c.concentration(pt.Normal(), pt.properties.gaussian_bound, dimension=d)
    assert c.concentration(pt.Gumbel(), pt.properties.gumbel_bound, dimension=d)
    # The Gumbel tail is not Gaussian: exponential tails pass any Gaussian bound.
    check = c.concentration(pt.Gumbel(), pt.properties.gaussian_bound, dimension=d)
    assert check.outcome == "fails"
    assert st.gumbel_r(-EULER).sf(check.witness["t"]) > check.witness["bound"]


def test_theorem_32_holds_for_sigma_below_one():
    options = {"function": "linear", "weights": np.array([0.3, -0.4])}
    check = c.concentration(pt.Gumbel(), pt.properties.gumbel_bound, **options)
    assert check
    assert check.witness["sigma"] == pytest.approx(0.5)
    assert "262144 draws" in check.method
    assert "confidence 0.999999" in check.method
    few = c.concentration(pt.Gumbel(), pt.properties.gumbel_bound, samples=64, **options)
    assert few.outcome == "unknown"
    assert not few
    assert few.witness["tail"] + few.witness["radius"] > few.witness["bound"]


def test_logsumexp_holds_and_its_grid_is_in_standard_deviations():
    options = {"function": "logsumexp", "temperature": 0.5}
    assert c.concentration(COIN, pt.properties.gumbel_bound, samples=2**14, **options)
    values = [
        0.5 * np.log(sum(np.exp(2 * np.array(g)))) for g in itertools.product([-1, 1], [-1, 1])
    ]
    grid = _deviation.default_grid(COIN, "logsumexp", 2, None, 0.5)
    assert grid[-1] == pytest.approx(8 * np.std(values), rel=1e-10)


def test_any_callable_is_a_bound():
    assert c.concentration(pt.Gumbel(), np.ones_like)
    assert not c.concentration(pt.Gumbel(), lambda t: 0.0)
    # Chebyshev's one-sided inequality holds for every law with a variance.
    assert c.concentration(pt.Laplace(), lambda t: 1.4375 / (1.4375 + t**2))
    # sigma is handed over where it is asked for.
    assert c.concentration(
        pt.Normal(), pt.properties.gaussian_bound_as_printed, sigma=1.0, weights=[0.9], **LINEAR
    )
    assert c.concentration(pt.Normal(), pt.properties.gaussian_bound, sigma=0.4).outcome == "fails"
    # A sigma that the caller has fixed stays fixed.
    fixed = functools.partial(pt.properties.gaussian_bound, sigma=0.4)
    assert c.concentration(pt.Normal(), fixed).outcome == "fails"


def test_a_law_without_variance_is_looked_at_far_out():
    # Near the mean a power law passes for an exponential one.
    check = c.concentration(pt.StudentT(1.5), pt.properties.gumbel_bound, dimension=1)
    assert check.outcome == "fails"
    assert check.witness["t"] > 10


FAMILIES = {
    "normal": (pt.Normal(2.0), "gaussian", 2.0, 0.1),
    "gumbel": (pt.Gumbel(), "exponential", 1.0, 1e-3),
    "logistic": (pt.Logistic(0.5), "exponential", 1.0, 1e-3),
    "laplace": (pt.Laplace(), "exponential", 1.0, 1e-3),
    "student": (pt.StudentT(3.0), "polynomial", 0.0, 1e-3),
    "uniform": (pt.Uniform(), "none", None, None),
    "coin": (COIN, "none", None, None),
    "gennorm": (pt.FromScipy(st.gennorm(1.5)), "other", 1.5, 0.05),
    "lognormal": (pt.FromScipy(st.lognorm(1.0)), "other", 0.0, 0.15),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_read_off_the_numbers(name):
    law, family, exponent, slack = FAMILIES[name]
    found = c.rate(law, dimension=1 if isinstance(law, pt.FromScipy | pt.StudentT) else 2)
    assert found.family == family
    assert found.exponent == (None if exponent is None else pytest.approx(exponent, abs=slack))
    assert found.power == (pytest.approx(3.0, rel=1e-6) if family == "polynomial" else None)


def test_rate_reads_the_scale_and_the_other_tail():
    assert c.rate(pt.Gumbel(2.0), dimension=3).coefficient == pytest.approx(0.5)
    # Below its mean the Gumbel law decays doubly exponentially.
    down = c.rate(pt.Gumbel(), weights=[-1.0], **LINEAR)
    assert down.exponent is not None
    assert (down.family, down.exponent > 3) == ("other", True)
    with pytest.raises(ValueError, match="`function` must have a tail known in closed form"):
        c.rate(pt.Gumbel(), function="linear", weights=np.ones(2))


@pytest.mark.parametrize("d", [1, 2, 30])
def test_variance_of_the_maximum_of_gumbel_noise(d):
    found = c.variance(pt.Gumbel(2.0), d)
    assert found.contains(4 * np.pi**2 / 6)
    assert found.radius < 1e-11


def test_variance_in_closed_form():
    cases = [
        (pt.Normal(), 2, 1 - 1 / np.pi),
        (pt.Normal(), 1, 1.0),
        (pt.Uniform(), 2, 2 / 9),  # 2^2 times that of Beta(2, 1)
        (COIN, 2, 0.75),
        (pt.Normal(np.array([1.0, 2.0])), 2, 2.5 - 5 / (2 * np.pi)),
        (pt.StudentT(3.0), 1, 3.0),
        (pt.smoothed(pt.Uniform(), 0.5), 1, 1 / 3 + np.pi**2 / 24),
    ]
    for law, d, truth in cases:
        found = c.variance(law, d)
        assert found.contains(truth), (law, found, truth)
        assert found.radius < 1e-10
    assert c.variance(COIN, 2).kind == "exact sum"
    assert c.variance(pt.Normal(), 2).kind == "quadrature"


WRONG = {
    "no-mean": (lambda: c.tail(pt.StudentT(1.0), T), "no finite mean, .* pass noise with a mean"),
    "no-variance": (lambda: c.variance(pt.StudentT(2.0), 2), "has infinite variance; use"),
    "t-negative": (lambda: c.tail(pt.Normal(), np.array([1, -1])), "`t` must be finite .* got -1"),
    "t-nan": (lambda: c.tail(pt.Normal(), np.nan), "`t` must be finite and >= 0, got nan"),
    "t-empty": (lambda: c.tail(pt.Normal(), np.zeros(0)), "`t` must not be empty"),
    "t-matrix": (lambda: c.tail(pt.Normal(), np.zeros((2, 2))), "`t` must be a number or one"),
    "t-text": (lambda: c.tail(pt.Normal(), "a"), "`t` must be real"),
    "grid": (
        lambda: c.concentration(pt.Normal(), pt.properties.gaussian_bound, t=-1.0),
        "`t` must be finite",
    ),
    "function": (lambda: c.tail(pt.Normal(), T, function="min"), "`function` must be .* 'min'"),
    "dimension": (lambda: c.tail(pt.Normal(), T, dimension=0), "`dimension` must be .* got 0"),
    "dimension-float": (lambda: c.variance(pt.Normal(), 1.5), "`dimension` must be a whole number"),
    "dimension-law": (
        lambda: c.tail(pt.Normal(np.ones(3)), T, dimension=2),
        "`dimension` must be 3, as many as .* got 2",
    ),
    "weights-none": (
        lambda: c.tail(pt.Normal(), T, function="linear"),
        "`weights` must have shape",
    ),
    "weights-length": (
        lambda: c.tail(pt.Normal(), T, function="linear", weights=np.ones(3)),
        r"`weights` must have shape \(2,\) .* \(3,\); pass one",
    ),
    "weights-nan": (
        lambda: c.tail(pt.Normal(), T, function="linear", weights=np.array([1, np.nan])),
        "`weights` must be finite, got nan",
    ),
    "weights-zero": (
        lambda: c.tail(pt.Normal(), T, function="linear", weights=np.zeros(2)),
        "`weights` must not all be zero",
    ),
    "weights-max": (lambda: c.tail(pt.Normal(), T, weights=np.ones(2)), "`weights` must be None"),
    "temperature": (
        lambda: c.tail(pt.Normal(), T, function="logsumexp", temperature=0.0),
        "`temperature` must be positive and finite, got 0.0",
    ),
    "samples": (lambda: c.tail(pt.Normal(), T, samples=3), "`samples` must be .* >= 32, got 3"),
    "bound": (
        lambda: c.concentration(pt.Normal(), 0.5),
        "`bound` must be a function of t, got 0.5",
    ),
    "bound-nan": (
        lambda: c.concentration(pt.Normal(), lambda t: t * np.nan),
        r"`bound\(t\)` must be a number >= 0, got nan",
    ),
    "sigma": (
        lambda: c.concentration(pt.Normal(), pt.properties.gaussian_bound, sigma=0.0),
        "`sigma` must be positive and finite, got 0.0",
    ),
    "bound-before": (lambda: pt.properties.gaussian_bound(-1.0, 1.0), "`t` must be >= 0, got -1.0"),
    "bound-printed": (
        lambda: pt.properties.gaussian_bound_as_printed(np.nan, 1.0),
        "`t` must be >= 0, got nan",
    ),
    "bound-sigma": (
        lambda: pt.properties.gumbel_bound(1.0, -1.0),
        "`sigma` must be positive and finite, got -1",
    ),
    "sigma-unused": (
        lambda: c.concentration(pt.Normal(), lambda t: 1.0, sigma=2.0),
        "`sigma` must not be given to a bound that does not take it, got 2.0; drop it",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_input(name):
    call, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        call()
