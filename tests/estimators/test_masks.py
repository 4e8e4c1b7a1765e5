"""Masked categories, theta_k = -inf: no gradient, and else the problem without them."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import perturbtheory as pt
from perturbtheory import estimators as es

HIDDEN = -math.inf
THETA = np.array(
    [[0.3, HIDDEN, 1.1, -0.2], [HIDDEN, 0.5, HIDDEN, 0.0], [0.0, HIDDEN, HIDDEN, HIDDEN]]
)
VALUES = np.array([[1.0, -9.0, 2.0, 0.5], [7.0, -0.5, 3.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
ESTIMATORS = {
    "exact": es.Exact(),
    "exact-normal": es.Exact(pt.Normal()),
    "exact-warm": es.Exact(pt.Normal(), 0.5),
    "score": es.ScoreFunction(),
    "score-normal": es.ScoreFunction(pt.Normal(), 3, "leave-one-out"),
    "straight-through": es.StraightThrough(),
    "relaxed": es.Relaxed(temperature=0.5),
    "relaxed-straight-through": es.Relaxed(pt.Normal(), 0.5, straight_through=True),
    "direct": es.Direct(0.7),
    "direct-two-sided": es.Direct(-0.7, pt.Normal(), two_sided=True),
    "perturbed": es.PerturbedArgmax(samples=2),
    "rebar": es.Rebar(),
    "reinmax": es.ReinMax(1.3),
    "gapped": es.GappedStraightThrough(0.7, 0.5),
    "gumbel-rao": es.GumbelRao(0.5, 3),
    "carms": es.Carms(),
    "carms-three": es.Carms(3),
}
UNKNOWN = ("perturbed", "rebar", "carms-three")
"""Whose moments have no closed form."""
CLOSED = [name for name in ESTIMATORS if name not in UNKNOWN]
every = pytest.mark.parametrize("name", ESTIMATORS)


def rows_of(f):
    """<values, z> + sin of it, as a function of z."""
    return lambda z: jnp.sin(jnp.sum(f * z, -1)) + jnp.sum(f * z, -1)


def drawn_with_slopes(estimator, theta, values):
    """(estimate, surrogate, its derivative) for values, and for a function of z."""
    key, found = jax.random.key(1), []
    for f in (values, rows_of(values)):
        if f is values or estimator.unbiased or estimator.random:
            surrogate = jax.value_and_grad(lambda x, f=f: estimator.surrogate(key, x, f).sum())
            found.append((estimator(key, theta, f), *surrogate(theta)))
    return found


@every
def test_a_masked_category_has_no_gradient_and_no_nan(name):
    draw = jax.jit(functools.partial(drawn_with_slopes, ESTIMATORS[name]))
    found = draw(jnp.asarray(THETA), jnp.asarray(VALUES))
    # A relaxed objective has an exact gradient for values alone.
    assert len(found) == 1 + (name != "exact-warm")
    for estimate, value, slope in found:
        assert np.all(np.isfinite(estimate))
        assert not estimate[~np.isfinite(THETA)].any()
        # One category alone has no gradient but that of noise which decided nothing.
        np.testing.assert_allclose(estimate[2], 0, atol=9 if name == "perturbed" else 1e-14)
        assert np.isfinite(value)
        np.testing.assert_allclose(slope, estimate, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("library", [np, jnp], ids=["numpy", "jax"])
def test_moments_are_those_without_the_category(name, library):
    found = ESTIMATORS[name].moments(library.asarray(THETA), library.asarray(VALUES))
    for moment, k in zip(found, (0, 1), strict=True):
        assert np.all(np.isfinite(moment))
        for row, theta, values in zip(np.asarray(moment), THETA, VALUES, strict=True):
            open_ = np.isfinite(theta)
            assert not row[~open_].any()
            if open_.sum() > 1:
                less = ESTIMATORS[name].moments(theta[open_], values[open_])[k]
                np.testing.assert_allclose(row[open_], less, rtol=1e-9, atol=1e-11)
            else:
                np.testing.assert_allclose(row, 0, atol=1e-14)


@pytest.mark.parametrize("name", ["relaxed", "rebar"])
def test_masked_categories_have_no_slope_in_the_temperature(name):
    def square(estimator):
        drawn = estimator(jax.random.key(2), jnp.asarray(THETA), jnp.asarray(VALUES))
        return jnp.sum(drawn**2)

    make = {"relaxed": lambda t: es.Relaxed(temperature=t), "rebar": es.Rebar}[name]
    value, slope = (jax.jit(of(lambda t: square(make(t)))) for of in (lambda f: f, jax.grad))
    step = (value(0.5 + 1e-5) - value(0.5 - 1e-5)) / 2e-5
    slope = slope(0.5)
    np.testing.assert_allclose(slope, step, rtol=1e-5)


@pytest.mark.parametrize("name", ["score", "perturbed", "rebar", "direct", "carms-three"])
def test_the_mean_of_draws_is_that_without_the_category(name):
    """Within five standard errors, of a fixed key."""
    estimator, theta, values = ESTIMATORS[name], THETA[0], VALUES[0]
    open_ = np.isfinite(theta)
    keys = jax.random.split(jax.random.key(3), 4000)
    draw = jax.jit(jax.vmap(lambda k: estimator(k, jnp.asarray(theta), jnp.asarray(values))))
    drawn = np.asarray(draw(keys))
    if name == "direct":
        exact = estimator.moments(theta[open_], values[open_])[0]
    else:
        exact = es.Exact(estimator.law)(None, theta[open_], values[open_])
    error = drawn.std(0)[open_] / np.sqrt(len(drawn))
    assert np.all(np.abs(drawn.mean(0)[open_] - exact) <= 5 * error)


@pytest.mark.parametrize("rule", [es.Arm(), es.DisArm()], ids=repr)
def test_two_categories_of_which_one_is_masked(rule):
    theta = jnp.asarray([[0.0, HIDDEN], [HIDDEN, 0.0]])
    found = rule(jax.random.key(0), theta, jnp.asarray([[1.0, 2.0], [3.0, 5.0]]))
    assert not np.asarray(found).any()
    mean, variance = rule.moments(theta, np.array([1.0, 2.0]))
    assert not np.asarray(mean).any()
    np.testing.assert_allclose(variance, 0, atol=1e-15)


def test_a_control_of_ones_own_is_not_asked_at_minus_infinity():
    estimator = es.Relax(lambda x: jnp.sum(jnp.sin(x), -1))
    with pytest.raises(ValueError, match="`theta` must be finite, got -inf"):
        estimator(jax.random.key(0), THETA, VALUES)


@every
def test_masked_everywhere_is_an_error(name):
    with pytest.raises(ValueError, match="`theta` must have a category that can win"):
        ESTIMATORS[name](jax.random.key(0), np.full(3, HIDDEN), np.arange(3.0))
    traced = jax.jit(lambda x: ESTIMATORS[name](jax.random.key(0), x, jnp.arange(3.0)))
    assert np.all(np.isnan(traced(jnp.full(3, HIDDEN))))


LAWS = {
    "direct_mean": lambda h, f: es.direct_mean(h, f, 0.5),
    "direct_bias": lambda h, f: es.direct_bias(h, f, 0.5, two_sided=True),
    "direct_variance": lambda h, f: es.direct_variance(h, f, 0.5),
    "direct_law": lambda h, f: es.direct_law(h, f, 0.5),
    "exact_gradient": es.exact_gradient,
    "relaxed_bias": lambda h, f: es.relaxed_bias(pt.Normal(), h, f, 0.5),
    "relaxed_variance": lambda h, f: es.relaxed_variance(pt.Normal(), h, f, 0.5),
}


@pytest.mark.parametrize("name", LAWS)
def test_laws_of_logits_with_a_mask(name):
    theta, values, keep = THETA[0], VALUES[0], np.array([0, 2, 3])
    found, less = LAWS[name](theta, values), LAWS[name](theta[keep], values[keep])
    at = np.ix_(keep, keep) if found.ndim == 2 else keep
    np.testing.assert_allclose(found[at], less, rtol=1e-12, atol=1e-14)
    assert not np.delete(found, keep, 0).any()
    with pytest.raises(ValueError, match="`logits`"):
        LAWS[name](np.full(3, HIDDEN), np.arange(3.0))
