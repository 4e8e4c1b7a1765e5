"""How a potential is used: traced numbers, vocabularies, jit, batches, columns, errors."""

import tracemalloc

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory import models, properties
from perturbtheory.experiments.sweep import sweep

THETA = np.array([0.3, -0.2, 1.1])

# Bad numbers that are known late


SCALES = (pt.Normal, pt.Gumbel, pt.Logistic, pt.Laplace)


@pytest.mark.parametrize("family", SCALES)
def test_traced_scales_that_are_negative_give_nan(family):
    @jax.jit
    def outputs(scale):
        noise, x = family(scale), jnp.asarray([0.25, 0.5])
        draws = noise.sample(jax.random.key(0), (2,))
        methods = (noise.cdf, noise.quantile, noise.log_pdf, noise.log_cdf, noise.log_sf)
        return [draws, noise.variance, *(method(x) for method in methods)]

    assert all(np.all(np.isfinite(x)) for x in outputs(jnp.asarray(2.0)))
    assert all(np.all(np.isnan(x)) for x in outputs(jnp.asarray(-1.0)))


def test_a_traced_temperature_that_is_negative_gives_nan():
    @jax.jit
    def draws(t):
        family = models.PerturbSoftmax(pt.Normal(), t)
        return family.sample(jnp.asarray(THETA), jax.random.key(0), 4)

    assert np.all(np.isfinite(draws(jnp.asarray(1.0))))
    assert np.all(np.isnan(draws(jnp.asarray(-1.0))))


def test_known_numbers_that_are_bad_are_errors():
    with pytest.raises(ValueError, match="`target`"):
        models.l1([0.5, 0.5], [1.0])
    with pytest.raises(ValueError, match="`dimension`"):
        pt.diagnose(pt.Normal(np.ones(2)), dimension=3)
    with pytest.raises(ValueError, match="`two_sided`"):
        es.Direct(two_sided="yes")(jax.random.key(0), jnp.asarray(THETA), jnp.asarray(THETA))
    for bound in (properties.gaussian_bound, properties.gumbel_bound):
        with pytest.raises(ValueError, match="`t`"):
            bound(np.array([-1.0]), 1.0)
        with pytest.raises(ValueError, match="`sigma`"):
            bound(np.array([1.0]), -1.0)


# Size


LARGE = 50_000


@pytest.fixture
def little_memory():
    """At most 512 MB at a time: 1,300 vectors of this size, 1/40 of a square matrix."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**29


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("noise", [pt.Normal(), pt.Gumbel(), pt.Uniform(), pt.Laplace()], ids=str)
def test_vocabularies(noise):
    theta = 3 * np.sin(np.arange(LARGE) * 1.7)
    label = np.eye(1, LARGE, 17)[0]
    f = pt.expected_max(noise)
    p = f.probabilities(theta)
    loss = f.fenchel_young(theta, label)
    # f*(e_i) = -E gamma_i.
    np.testing.assert_allclose(loss, f(theta) - theta[17] - np.ravel(noise.mean)[0], rtol=1e-12)
    assert abs(f.conjugate(label) + np.ravel(noise.mean)[0]) <= 1e-14
    assert abs(f.hvp(theta, theta) @ np.ones(LARGE)) <= 1e-12
    np.testing.assert_allclose(f.entropy(theta), scipy.stats.entropy(p), rtol=1e-12)


@pytest.mark.usefixtures("little_memory")
def test_parameters_of_a_vocabulary_under_gumbel_noise():
    random = np.random.default_rng(0)
    p = random.dirichlet(np.full(LARGE, 0.5)) + 1e-12
    p /= p.sum()
    found = pt.expected_max(pt.Gumbel()).parameters(p)
    np.testing.assert_allclose(found, np.log(p) - np.log(p).mean(), rtol=1e-12, atol=1e-12)


# Use under JAX


def test_estimates_and_lists_go_through_jit():
    f = pt.expected_max(pt.Normal())
    estimate = jax.jit(f.estimate)(jnp.asarray(THETA))
    np.testing.assert_allclose(estimate.value, f(THETA), rtol=1e-14)
    p = jax.jit(f.estimate_probabilities)(jnp.asarray(THETA))
    assert p.kind == f.estimate_probabilities(THETA).kind
    np.testing.assert_allclose(p.value, f.probabilities(THETA), atol=1e-14)
    listed = jax.jit(f.probabilities)([0.3, -0.2, 1.1])
    np.testing.assert_allclose(listed, f.probabilities(THETA), atol=1e-14)


def test_an_empty_batch_has_empty_answers():
    f, empty = pt.expected_max(pt.Normal()), np.zeros((0, 3))
    assert f(empty).shape == f.entropy(empty).shape == f.has_tie(empty).shape == (0,)
    assert f.probabilities(empty).shape == f.hvp(empty, empty).shape == (0, 3)
    assert f.hessian(empty).shape == (0, 3, 3)
    assert f.estimate(empty).radius.shape == (0,)
    assert f.probabilities(jnp.zeros((2, 0, 3))).shape == (2, 0, 3)
    with pytest.raises(ValueError, match="`theta` must have at least one entry"):
        f(np.zeros((3, 0)))


class Column:
    """A column of a table: like a pandas Series it has `__array__` and nothing else is asked."""

    def __init__(self, *values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


@pytest.mark.parametrize("make", [pt.Normal, pt.Gumbel, pt.Laplace, pt.Logistic])
def test_columns_of_a_table_are_parameters_and_thetas(make):
    scales = np.array([1.0, 0.5, 2.0])
    found = pt.expected_max(make(Column(*scales))).probabilities(Column(*THETA))
    assert np.array_equal(found, pt.expected_max(make(scales)).probabilities(THETA))


def test_sixteen_bits():
    f = pt.expected_max(pt.Normal())
    narrow = jnp.asarray(THETA, jnp.bfloat16)
    p = f.probabilities(narrow)
    assert isinstance(p, jax.Array)
    assert p.dtype == jnp.bfloat16
    exact = f.probabilities(np.asarray(narrow, np.float64))
    np.testing.assert_allclose(np.asarray(p, np.float64), exact, atol=4e-3)
    for dtype in (np.float16, jnp.bfloat16):
        held = THETA.astype(dtype)
        found = f.probabilities(held)
        assert found.dtype == np.float64
        assert np.array_equal(found, f.probabilities(held.astype(np.float64)))


def test_nothing_is_compiled_twice(caplog):
    """A second eager call at another theta compiles nothing."""
    f = pt.expected_logsumexp(pt.Normal(), 0.5)
    slope = jax.grad(f.entropy)
    one, two = jnp.asarray(THETA), jnp.asarray(THETA[::-1].copy())
    slope(one)
    with jax.log_compiles():
        slope(two)
    assert not [r.getMessage() for r in caplog.records if "Compiling" in r.getMessage()]


WORDS = {
    "smoothed": (lambda: pt.smoothed(3, 1.0), "`(base|perturbation)`"),
    "potential": (lambda: pt.Potential(3)([0.0, 1.0]), "`(noise|perturbation)`"),
    "breakpoints": (lambda: pt.FromScipy(scipy.stats.norm(), breakpoints="here"), "`breakpoints`"),
    "direct": (
        lambda: es.Direct(pt.Normal())(jax.random.key(0), jnp.asarray(THETA), jnp.asarray(THETA)),
        "`epsilon`",
    ),
    "vae-key": (lambda: models.vae.DiscreteVAE(2, 3, hidden=4, key=None), "`key`"),
    "sweep": (lambda: sweep(dict, [], None), "`directory`"),
    "declarations": (lambda: properties.check_declarations(3), "`perturbation`"),
}


@pytest.mark.parametrize("name", WORDS)
def test_errors_name_the_argument(name):
    call, message = WORDS[name]
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_long_doubles_are_read_or_refused_by_name():
    theta = THETA.astype(np.longdouble)
    found = pt.expected_max(pt.Normal()).probabilities(theta)
    assert np.array_equal(found, pt.expected_max(pt.Normal()).probabilities(THETA))
