"""Entropy of the arg max: its value, gradient and Hessian, and the coarse route in 32-bit.

The coarse route is measured against the other one, under `jit` and inside `scan`, with the
optimisations that tests switch off: how XLA fuses it must not matter.
"""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.potential import _entropy
from perturbtheory.testing.strategies import thetas
from tests.laws import CONTINUOUS, DISCRETE

THETA = np.array(
    [[0.0, 0.0, 0.0, 0.0, 0.0], [0.3, -0.2, 1.1, 0.0, -0.7], [3.0, 2.8, -6.0, 0.0, 0.9]]
)
KINDS = {
    name: CONTINUOUS[name]
    for name in ("normal", "gumbel", "logistic", "laplace", "student-3", "uniform", "scipy-beta")
}
"""One of every family: each costs a compilation."""
NAMES = [
    pytest.param(n, marks=[pytest.mark.slow] * (n in ("student-3", "laplace", "scipy-beta")))
    for n in (*KINDS, "coin")
]
ROWS = 1000


def xlogy(p: np.ndarray) -> np.ndarray:
    """-sum p log p."""
    return -scipy.special.xlogy(p, p).sum(-1)


@jax.jit
def both(noise, theta):
    """Entropy and gradient, row by row."""
    potential = pt.expected_max(noise)
    return jax.vmap(jax.value_and_grad(potential.entropy))(theta)


@jax.jit
def everything(noise, theta):
    """Entropy, its gradient, probabilities and -H log p, row by row."""
    potential = pt.expected_max(noise)
    p = potential.probabilities(theta)
    slope = -potential.hvp(theta, jnp.where(p > 0, jnp.log(jnp.where(p > 0, p, 1.0)), 0.0))
    gradient = jax.grad(lambda x: jnp.sum(potential.entropy(x)))(theta)
    return potential.entropy(theta), gradient, p, slope


class TestEntropy:
    @pytest.mark.parametrize("name", NAMES)
    def test_is_that_of_the_probabilities(self, name) -> None:
        """And its gradient that of the probabilities, by the Hessian."""
        value, gradient, p, slope = map(np.asarray, everything((KINDS | DISCRETE)[name], THETA))
        assert (value.shape, value.dtype) == ((3,), np.float64)
        np.testing.assert_allclose(value, xlogy(p), rtol=1e-13, atol=1e-14)
        assert np.all((value >= 0) & (value <= np.log(5) * (1 + 1e-14)))
        np.testing.assert_allclose(value[0], np.log(5), rtol=1e-12)
        tied = [name == "coin", False, False]
        assert np.isnan(gradient).all(-1).tolist() == tied
        np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-12)

    @given(theta=thetas(5), shift=st.floats(-50, 50), order=st.permutations(range(5)))
    def test_translations_and_permutations(self, theta, shift, order) -> None:
        potential = pt.expected_max(pt.Normal())
        rows = np.stack([theta, theta + shift, theta[list(order)]])
        value, moved, permuted = np.asarray(potential.entropy(rows))
        assert 0 <= value <= np.log(5) + 1e-13
        np.testing.assert_allclose([moved, permuted], value, rtol=1e-9, atol=1e-12)

    def test_under_gumbel_noise_it_is_that_of_the_softmax(self) -> None:
        for scale in (1.0, 2.0):
            found = pt.expected_max(pt.Gumbel(scale)).entropy(THETA)
            expected = xlogy(scipy.special.softmax(THETA / scale, -1))
            np.testing.assert_allclose(found, expected, rtol=1e-13)

    def test_two_categories_under_normal_noise(self) -> None:
        p = scipy.stats.norm.cdf(np.array([0.0, 0.5, 3.0]) / np.sqrt(2))
        theta = np.array([[0.0, 0.0], [0.5, 0.0], [1.0, -2.0]])
        found = pt.expected_max(pt.Normal()).entropy(theta)
        np.testing.assert_allclose(found, xlogy(np.stack([p, 1 - p], -1)), rtol=1e-12)

    def test_second_derivative(self) -> None:
        potential, theta, h = pt.expected_max(pt.Normal()), jnp.array([0.3, -0.2, 1.1]), 1e-5
        gradient = jax.jit(jax.grad(potential.entropy))
        found = jax.hessian(potential.entropy)(theta)
        expected = [
            (gradient(theta + h * e) - gradient(theta - h * e)) / (2 * h) for e in np.eye(3)
        ]
        np.testing.assert_allclose(found, jnp.stack(expected), atol=1e-8)
        np.testing.assert_allclose(found, found.T, atol=1e-11)

    def test_zero_probabilities(self) -> None:
        """Two of four can never win: what is left is the entropy of the other two."""
        potential, theta = pt.expected_max(pt.Uniform()), jnp.array([0.3, 0.0, -9.0, -9.0])
        assert np.sum(np.asarray(potential.probabilities(theta)) == 0) == 2
        value, gradient = jax.value_and_grad(potential.entropy)(theta)
        np.testing.assert_allclose(value, potential.entropy(theta[:2]), rtol=1e-12)
        np.testing.assert_allclose(
            gradient, [*jax.grad(potential.entropy)(theta[:2]), 0, 0], rtol=1e-10, atol=1e-14
        )

    def test_discrete_noise(self) -> None:
        gradient = jax.jit(jax.grad(pt.expected_max(DISCRETE["coin"]).entropy))
        np.testing.assert_array_equal(gradient(jnp.array([0.3, 0.0, -0.5])), 0)
        assert np.all(np.isnan(gradient(jnp.array([0.5, 0.5, -0.5]))))
        assert np.all(np.isnan(gradient(jnp.array([2.0, 0.0, -0.5]))))

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_bad_theta(self, dtype, bad) -> None:
        """Known, an error; traced, NaN in this row and in no other."""
        potential = pt.expected_max(pt.Normal())
        theta = np.array([[0.1, 0.2, 0.0], [0.1, bad, 0.0]], dtype)
        with pytest.raises(ValueError, match="`theta` must be finite"):
            potential.entropy(theta)
        value, gradient = both(pt.Normal(), theta)
        assert value.dtype == gradient.dtype == dtype
        np.testing.assert_array_equal(np.isnan(value), [False, True])
        np.testing.assert_array_equal(np.isnan(gradient), [[False] * 3, [True] * 3])

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_bad_scale(self, dtype) -> None:
        theta = np.zeros((1, 3), dtype)
        for found in both(pt.Normal(1.0), theta):
            assert np.all(np.isfinite(found))
        for scale in (-1.0, np.nan):
            found = jax.jit(lambda s: pt.expected_max(pt.Normal(s)).entropy(theta))(scale)
            assert np.all(np.isnan(found))

    def test_a_slope_in_the_scale_is_that_of_the_unit(self) -> None:
        theta = jnp.asarray([0.4, 0.0, -0.3])

        def of_scale(scale):
            return pt.expected_max(pt.Normal(scale)).entropy(theta)

        def of_unit(scale):
            return pt.expected_max(pt.Normal()).entropy(theta / scale)

        np.testing.assert_allclose(jax.grad(of_scale)(1.0), jax.grad(of_unit)(1.0), rtol=1e-12)
        with pytest.raises(TypeError, match="`perturbation` cannot be differentiated here"):
            jax.grad(lambda s: pt.expected_max(pt.Normal(s)).entropy(theta.astype(jnp.float32)))(
                jnp.float32(1.0)
            )

    def test_dimension_of_the_noise(self) -> None:
        with pytest.raises(ValueError, match="`theta` must have"):
            pt.expected_max(pt.Normal(np.ones(3))).entropy(np.zeros(4))


COARSE = {"normal": pt.Normal(), "normal-2": pt.Normal(2.0), "logistic": pt.Logistic()}
SPREADS = (0.1, 2.0, 10.0)


@functools.cache
def sample(d):
    """Theta of shape (spreads, ROWS, d), in 32-bit."""
    rng = np.random.default_rng(d)
    return np.stack([s * rng.normal(size=(ROWS, d)) for s in SPREADS]).astype(np.float32)


def stacked(pairs):
    return [np.stack(x) for x in zip(*pairs, strict=True)]


@functools.cache
def fine(name, d):
    """The route of 64-bit."""
    return stacked(both(COARSE[name], jnp.asarray(x, jnp.float64)) for x in sample(d))


def rowwise(noise, theta):
    """Of all rows at once, as a loss is written."""
    potential = pt.expected_max(noise)
    return potential.entropy(theta), jax.grad(lambda x: jnp.sum(potential.entropy(x)))(theta)


def scanned(noise, batches):
    """As a training loop has it: a step within `scan`."""
    return jax.lax.scan(lambda carry, x: (carry, rowwise(noise, x)), 0, batches)[1]


class TestCoarse:
    @pytest.fixture
    def optimised(self):
        """Tests compile without optimisation, where what fusion does would not be seen."""
        option = "jax_disable_most_optimizations"
        before = jax.config.values[option]
        jax.config.update(option, False)
        jax.clear_caches()
        yield
        jax.config.update(option, before)
        jax.clear_caches()

    @pytest.mark.slow
    @pytest.mark.usefixtures("optimised")
    @pytest.mark.parametrize("d", [2, 10, 50])
    def test_against_64_bit(self, d) -> None:
        for name, wide in itertools.product(COARSE, [True, False]):
            if name != "normal" and not wide:
                continue
            value, slope = fine(name, d)
            with jax.enable_x64(wide):
                assert _entropy.is_coarse(COARSE[name], jnp.asarray(sample(d)[0]))
                single = jax.jit(rowwise)
                ways = {
                    "jit": stacked(single(COARSE[name], x) for x in sample(d)),
                    "scan": [np.asarray(x) for x in jax.jit(scanned)(COARSE[name], sample(d))],
                }
            for way, (found, gradient) in ways.items():
                about = f"{name}, {way}, 64-bit {wide}"
                assert found.dtype == gradient.dtype == np.float32
                np.testing.assert_allclose(found, value, rtol=0, atol=2e-5, err_msg=about)
                np.testing.assert_allclose(gradient, slope, rtol=0, atol=1e-4, err_msg=about)
