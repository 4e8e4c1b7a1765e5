"""Logarithms of probabilities, where these underflow and where they are zero."""

import math

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import scipy.special
import scipy.stats

import perturbtheory as pt
from tests import oracles
from tests.laws import (
    ALL,
    BOUNDED,
    UNITS,
    every,
    potential,
)


@every(oracles.LOG_PAIRS)
@pytest.mark.parametrize("x", [1.0, 14.0, 20.0, 50.0, 100.0, 800.0, 3000.0])
def test_log_probabilities_of_a_pair(name, x):
    with mp.workdps(60):
        truth = float(oracles.LOG_PAIRS[name](mp.mpf(x)))
    found = potential(name).log_probabilities(np.array([0.0, -x]))
    np.testing.assert_allclose(found[1], truth, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found[0], np.log1p(-np.exp(truth)), rtol=1e-11, atol=1e-15)


@every([name for name in ALL if name not in BOUNDED])
def test_log_probabilities_are_finite_where_probabilities_underflow(name):
    f, unit = potential(name), UNITS.get(name, 1.0)
    theta = np.array([0.0, -1.0, -1e3, -2e3]) * unit
    log_p = f.log_probabilities(theta)
    assert np.all(np.isfinite(log_p))
    p = f.probabilities(theta)
    np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-12, atol=1e-300)
    gap = f.log_probabilities(theta[2:] - theta[2]) if ALL[name].shape == () else None
    if gap is not None:
        # One that is far behind is further behind than one of two that are alone.
        assert log_p[3] <= gap[1] + 1e-9


@every(BOUNDED)
def test_log_probabilities_of_what_cannot_win(name):
    theta = np.array([0.0, 0.1, -20.0, -30.0])
    assert potential(name).log_probabilities(theta)[2:].tolist() == [-math.inf, -math.inf]


@pytest.mark.parametrize("law", [pt.Gumbel, pt.Normal, pt.Logistic, pt.GumbelMin])
@pytest.mark.parametrize("d", [500, 1000])
def test_many_scales_lose_no_category(law, d):
    """log F of Gumbel noise falls to -1e8 within the window of another coordinate."""
    random = np.random.default_rng(d)
    f, theta = pt.expected_max(law(random.uniform(0.1, 2, d))), random.normal(size=d)
    p, estimate = f.probabilities(theta), f.estimate_probabilities(theta)
    assert abs(p.sum() - 1) <= 1e-14
    np.testing.assert_allclose(p, estimate.value, rtol=1e-12, atol=1e-30)
    np.testing.assert_allclose(np.exp(f.log_probabilities(theta)), p, rtol=1e-12, atol=1e-300)


def test_many_scales_against_a_plain_rule():
    """The plain trapezoidal rule on the line, with scipy's own cdf."""
    random = np.random.default_rng(7)
    theta, scale = random.normal(size=500), random.uniform(0.1, 2, 500)
    s = np.linspace(0.0, 20.0, 4001)[:, None]
    z = (s - theta) / scale
    cdf, density = scipy.stats.norm.cdf(z), scipy.stats.norm.pdf(z) / scale
    rule = 0.005 * (cdf.prod(1)[:, None] * density / np.maximum(cdf, 1e-300)).sum(0)
    p = pt.expected_max(pt.Normal(scale)).probabilities(theta)
    np.testing.assert_allclose(p, rule, rtol=1e-11, atol=1e-25)


@pytest.mark.parametrize("d", [100, 3000])
def test_small_probabilities_of_many_scales(d):
    """The plain trapezoidal rule in logarithms, with a tenth of the step of the narrowest scale."""
    random = np.random.default_rng([d, 1])
    theta, scale = np.random.default_rng(d).normal(size=d), random.uniform(0.1, 2, d)
    step = 0.01
    s = np.arange(theta.max() - 4, theta.max() + 17, step)
    log_cdf = np.concatenate(
        [scipy.special.log_ndtr((part[:, None] - theta) / scale).sum(1) for part in np.split(s, 10)]
    )
    f = pt.expected_max(pt.Normal(scale))
    p, log_p = f.probabilities(theta), f.log_probabilities(theta)
    some = np.flatnonzero((log_p > -600) & (log_p < -15))[:: max(1, d // 300)]
    z = (s[:, None] - theta[some]) / scale[some]
    terms = log_cdf[:, None] - scipy.special.log_ndtr(z) + scipy.stats.norm.logpdf(z)
    truth = scipy.special.logsumexp(terms, axis=0) + np.log(step / scale[some])
    assert len(some) > 10
    np.testing.assert_allclose(log_p[some], truth, rtol=0, atol=1e-11)
    np.testing.assert_allclose(p[some], np.exp(truth), rtol=1e-11)


def test_a_batch_under_jax_asks_numpy_once(monkeypatch):
    """As do the batches of transformations, and laws that differ from element to element."""
    from perturbtheory.potential import _log_slopes

    f, rows = pt.expected_max(pt.Normal()), np.random.default_rng(0).normal(size=(20, 3))
    logarithms, asked = _log_slopes.logarithms, []
    monkeypatch.setattr(
        _log_slopes, "logarithms", lambda *a: asked.append(a[1].shape) or logarithms(*a)
    )
    exact = f.log_probabilities(rows)
    for call in (jax.jit(f.log_probabilities), jax.vmap(f.log_probabilities)):
        np.testing.assert_allclose(call(jnp.asarray(rows)), exact, rtol=1e-13)
    assert asked == [(20, 3), (20, 3)]
    scales = jnp.linspace(0.5, 2.0, 4)
    many = jax.vmap(lambda s: pt.expected_max(pt.Normal(s)).log_probabilities(rows[0]))(scales)
    one_by_one = [pt.expected_max(pt.Normal(float(s))).log_probabilities(rows[0]) for s in scales]
    np.testing.assert_allclose(many, one_by_one, rtol=1e-13)


def test_one_invalid_row_is_nan_and_leaves_the_others():
    f = pt.expected_max(pt.Normal())
    rows = jnp.asarray([[0.0, 1.0], [jnp.nan, 1.0], [0.0, -2.0]])
    found = jax.jit(f.log_probabilities)(rows)
    assert np.all(np.isnan(found[1]))
    np.testing.assert_allclose(found[::2], f.log_probabilities(np.asarray(rows)[::2]), rtol=1e-13)
