"""The laws as distributions of Distrax: shapes, draws, probabilities, moments, divergences, jit."""

import math

import distrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from perturbtheory import distributions as exact
from perturbtheory.distributions.distrax import PerturbArgmax, PerturbSoftmax
from tests.laws import every

THETA = jnp.asarray([0.3, -0.2, 0.8])
ROWS = jnp.stack([THETA, -THETA])
D, KEY = 3, jax.random.key(0)
LAWS = {
    "argmax-gumbel": lambda: PerturbArgmax(pt.Gumbel(), THETA),
    "argmax-normal-rows": lambda: PerturbArgmax(pt.Normal(), ROWS),
    "softmax-gumbel": lambda: PerturbSoftmax(pt.Gumbel(), THETA, 0.7),
    "softmax-normal-rows": lambda: PerturbSoftmax(pt.Normal(jnp.asarray(1.5)), ROWS, 0.7),
}
SLOW = ["argmax-normal-rows", "softmax-gumbel"]


@every(LAWS, slow=SLOW)
@pytest.mark.parametrize("before", [(), 2, (2, 3)])
def test_draws_have_their_shape_and_their_probabilities(name, before):
    law = LAWS[name]()
    draws, found = law.sample_and_log_prob(seed=KEY, sample_shape=before)
    shape = (before,) if isinstance(before, int) else before
    assert draws.shape == shape + law.batch_shape + law.event_shape
    assert np.array_equal(draws, law.sample(seed=KEY, sample_shape=before))
    assert draws.dtype == law.dtype
    assert found.shape == shape + law.batch_shape
    np.testing.assert_allclose(found, law.law.log_prob(draws), rtol=1e-12)
    np.testing.assert_allclose(law.prob(draws), np.exp(found), rtol=1e-10)
    assert distrax.Distribution.batch_shape.fget(law) == law.batch_shape  # by a draw
    assert law.name == type(law).__name__


@every(LAWS, slow=SLOW)
def test_it_is_an_argument_and_an_answer_of_compiled_code(name):
    law = LAWS[name]()
    z = law.sample(seed=1)
    same = jax.jit(lambda law: law)(law)
    assert type(same) is type(law)
    compiled = jax.jit(lambda law, z: law.log_prob(z))
    np.testing.assert_allclose(compiled(same, z), law.log_prob(z), rtol=1e-12)

    def total(theta):
        rest = (law.law.temperature,) if name.startswith("softmax") else ()
        return type(law)(law.law.noise, theta, *rest).log_prob(z).sum()

    slope, h = jax.jit(jax.grad(total))(law.law.theta), 1e-5
    step = jnp.zeros_like(law.law.theta).at[..., 0].set(h)
    expected = (total(law.law.theta + step) - total(law.law.theta - step)) / (2 * h)
    np.testing.assert_allclose(slope[..., 0].sum(), expected, rtol=1e-5, atol=1e-7)
    batched = jax.vmap(lambda key: law.sample(seed=key))(jax.random.split(KEY, 4))
    assert batched.shape == (4, *z.shape)


def test_categories_are_as_often_as_they_are_likely():
    law, n = LAWS["argmax-gumbel"](), 20_000
    counts = np.bincount(law.sample(seed=KEY, sample_shape=n), minlength=D)
    assert scipy.stats.chisquare(counts, n * np.asarray(law.probs)).pvalue > 1e-9
    like = distrax.Categorical(logits=THETA)
    for found, expected in (
        (law.probs, like.probs), (law.logits, like.logits), (law.entropy(), like.entropy()),
        (law.mode(), like.mode()), (law.num_categories, like.num_categories),
    ):  # fmt: skip
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_moments_are_those_of_draws():
    law, n = LAWS["softmax-gumbel"](), 20_000
    draws = np.asarray(law.sample(seed=KEY, sample_shape=n))
    # Six standard errors: draws by another key would fail one of six numbers at a rate of 1e-8.
    error = 6 * np.std(draws, 0) / math.sqrt(n)
    assert np.all(np.abs(draws.mean(0) - law.mean()) < error)
    square = (draws - np.asarray(law.mean())) ** 2
    assert np.all(np.abs(square.mean(0) - law.variance()) < 6 * np.std(square, 0) / math.sqrt(n))
    np.testing.assert_allclose(law.stddev() ** 2, law.variance(), rtol=1e-12)


def test_an_index_picks_rows_of_the_batch():
    rows = jnp.stack([ROWS, 2 * ROWS, 3 * ROWS])
    for index in (0, (1, 0), slice(1, None), (..., -1)):
        hard, soft = PerturbArgmax(pt.Gumbel(), rows), PerturbSoftmax(pt.Gumbel(), rows, 0.7)
        kept = np.asarray(rows)[(*index, slice(None)) if isinstance(index, tuple) else index]
        for law in (hard, soft):
            assert np.array_equal(law[index].law.theta, kept)
            assert law[index].batch_shape == kept.shape[:-1]
        assert soft[index].law.temperature == 0.7


def test_divergences_are_exact_and_know_the_categorical_of_distrax():
    law, gumbel = LAWS["argmax-normal-rows"](), LAWS["argmax-gumbel"]()
    like = distrax.Categorical(logits=5 + THETA)
    base = exact.PerturbArgmax(pt.Gumbel(), THETA)
    forward, back = law.law.kl_divergence(base), base.kl_divergence(law.law)
    for other in (gumbel, like):
        np.testing.assert_allclose(law.kl_divergence(other), forward, rtol=1e-12)
        np.testing.assert_allclose(other.kl_divergence(law), back, rtol=1e-12)
    cross = -np.sum(np.asarray(law.probs) * np.asarray(like.logits), -1)
    np.testing.assert_allclose(law.cross_entropy(like), cross, rtol=1e-12)


def test_arguments_are_validated():
    with pytest.raises(ValueError, match="`theta` must be finite"):
        PerturbArgmax(pt.Normal(), [0.0, math.nan])
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        PerturbSoftmax(pt.Normal(), [0.0, 0.0], -1.0)
    with pytest.raises(ValueError, match="`category` must be one of 3"):
        LAWS["argmax-gumbel"]().log_prob(jnp.asarray(3))
