"""Sampled routes: unbiased, honest radii, the same draws for the same seed."""

import numpy as np
import pytest

import perturbtheory as pt
from perturbtheory.routes import sampling

THETA = np.array([0.5, -0.25, 1.0])
METHODS = ("monte-carlo", "quasi-monte-carlo")
LAWS = {
    "normal": pt.Normal(),
    "gumbel": pt.Gumbel(0.5),
    "uniform": pt.Uniform(),
    "coin": pt.Discrete(np.array([-1.0, 1.0])),
    "per-coordinate": pt.Logistic(np.array([0.5, 1.0, 2.0])),
}


def potential(law, temperature):
    return pt.expected_logsumexp(law, temperature) if temperature else pt.expected_max(law)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", LAWS)
def test_agrees_with_the_engine_at_temperature_zero(name, method):
    f, options = pt.expected_max(LAWS[name]), {"seed": 1, "samples": 2**12, "method": method}
    value = sampling.value(LAWS[name], THETA, **options)
    p = sampling.probabilities(LAWS[name], THETA, **options)
    assert value.kind == p.kind == method
    assert value.confidence == p.confidence == 1 - sampling.ERROR_RATE
    assert value.contains(f(THETA))
    assert p.contains(f.probabilities(THETA))
    assert value.radius < 0.3
    assert np.max(p.radius) < 0.1
    assert np.sum(p.value) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_agrees_with_the_engine_at_positive_temperature(method):
    f, options = pt.expected_logsumexp(pt.Uniform(), 0.5), {"seed": 2, "samples": 2**12}
    options |= {"method": method, "temperature": 0.5}
    assert sampling.value(pt.Uniform(), THETA, **options).contains(f(THETA))
    assert sampling.probabilities(pt.Uniform(), THETA, **options).contains(f.probabilities(THETA))


def test_quasi_monte_carlo_is_much_tighter():
    options = {"seed": 3, "samples": 2**14}
    plain = sampling.value(pt.Normal(), THETA, **options)
    quasi = sampling.value(pt.Normal(), THETA, method="quasi-monte-carlo", **options)
    assert quasi.radius < plain.radius / 10


@pytest.mark.parametrize("method", METHODS)
def test_seed_fixes_the_draws(method):
    one, two, other = (
        sampling.value(pt.Normal(), THETA, seed=s, samples=2**8, method=method) for s in (5, 5, 6)
    )
    assert one == two
    assert one.value != other.value


def test_more_draws_than_one_chunk():
    samples = sampling._CHUNK + 1000
    one = sampling.value(pt.Normal(), THETA, seed=7, samples=samples)
    assert one.contains(pt.expected_max(pt.Normal())(THETA))
    draws = np.concatenate(list(sampling._draws(pt.Normal(), THETA, 7, samples)))
    assert len(draws) == samples
    assert len(np.unique(draws[:, 0])) > samples - 10
    assert one.value == pytest.approx((THETA + draws).max(1).mean(), abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_an_event_never_seen_has_a_radius_all_the_same(method):
    p = sampling.probabilities(
        pt.Normal(), np.array([0.0, -6.0]), seed=9, samples=2**10, method=method
    )
    assert np.asarray(p.value)[1] == 0
    assert p.contains(pt.expected_max(pt.Normal()).probabilities(np.array([0.0, -6.0])))


def test_radius_covers_at_a_moderate_error_rate():
    # 200 independent answers, each wrong with probability 0.1 at most: 45 or more wrong ones
    # have probability below 1e-6 if the rate is kept.
    truth = float(pt.expected_max(pt.Normal())(THETA))
    wrong = sum(
        not sampling.value(pt.Normal(), THETA, seed=s, samples=256, error_rate=0.1).contains(truth)
        for s in range(200)
    )
    assert 0 < wrong < 45


def test_ties_are_shared():
    coin = pt.Discrete(np.array([-1.0, 1.0]))
    p = sampling.probabilities(coin, np.zeros(2), seed=4, samples=2**12)
    np.testing.assert_allclose(p.value, 0.5, atol=np.max(p.radius))
    assert np.max(p.radius) < 0.1


def test_misuse():
    with pytest.raises(ValueError, match="`samples` must be at least 32"):
        sampling.value(pt.Normal(), THETA, seed=0, samples=3)
    with pytest.raises(ValueError, match="`theta` a vector"):
        sampling.value(pt.Normal(), THETA[None], seed=0, samples=100)
