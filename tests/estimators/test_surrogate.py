"""What a training loop differentiates: in theta the slope is the estimate, in f that of f(z)."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

import perturbtheory as pt
from perturbtheory import estimators as es

KEY = jax.random.key(7)
THETA = jnp.array([[0.0, 0.0, 0.0], [0.3, -0.2, 1.1], [2.0, -1.0, 0.5]])
VALUES = jnp.array([[1.0, 1.0, -0.5], [1.0, -0.5, 2.0], [0.0, 3.0, -2.0]])
DRAWS = 4000
DEVIATIONS = 5.5
"""Standard errors in a radius: 4e-8 for each of fewer than 200 entries, 8e-6 for the file."""


def inner(z):
    return tuple(range(1, z.ndim))


def joint(weight, linear, z):
    """One value for all latents, whose gradient in `linear` is z and in the weight no constant."""
    total = jnp.sum(weight * z, inner(z))
    return total**2 + jnp.sum(jnp.sin(weight) * z**3 + linear * z, inner(z))


def control(x):
    return jnp.sum(jnp.sin(2 * x) + x, inner(x))


def control_rows(x):
    return jnp.sum(jnp.sin(2 * x) + x, -1)


HARD = {
    "score": es.ScoreFunction(),
    "score-leave-one-out": es.ScoreFunction(pt.Normal(), 3, "leave-one-out"),
    "straight-through": es.StraightThrough(),
    "direct": es.Direct(0.7),
    "direct-two-sided": es.Direct(-0.7, pt.Normal(), two_sided=True),
    "perturbed": es.PerturbedArgmax(pt.Normal(), 2),
    "rebar": es.Rebar(),
    "relax": es.Relax(control),
    "arm": es.Arm(),
    "reinmax": es.ReinMax(1.3),
    "gapped": es.GappedStraightThrough(),
    "gumbel-rao": es.GumbelRao(samples=3),
    "carms": es.Carms(3),
    "relaxed-straight-through": es.Relaxed(pt.Normal(), 0.5, straight_through=True),
}
"""Whose value is f at a one-hot z."""
ESTIMATORS = {
    **HARD,
    "exact": es.Exact(),
    "exact-normal": es.Exact(pt.Normal()),
    "relaxed": es.Relaxed(temperature=0.5),
}


def arguments(name, *, rows=False, dtype=jnp.float64):
    """Estimator and theta: rows of one latent each, or a batch of two with two latents."""
    estimator = ESTIMATORS[name]
    if name == "relax" and rows:
        estimator = es.Relax(control_rows)
    categories = 2 if name == "arm" else 3
    if rows:
        return estimator, THETA[:, :categories].astype(dtype)
    shape = (2, 2, categories)
    return estimator, jnp.asarray(np.random.default_rng(3).normal(size=shape), dtype)


def weight(theta):
    return jnp.asarray(np.random.default_rng(4).normal(size=theta.shape), theta.dtype)


@jax.jit
def all_of_it(estimator, key, theta, f):
    """Value, derivatives in theta and in f of the sum, and the estimate."""

    def total(theta, f):
        value = estimator.surrogate(key, theta, f)
        return jnp.sum(value), value

    slopes, value = jax.grad(total, (0, 1), has_aux=True)(theta, f)
    return value, *slopes, estimator(key, theta, f)


def function(theta):
    return Partial(joint, weight(theta), jnp.ones_like(theta))


class TestDerivatives:
    @pytest.mark.parametrize("name", ESTIMATORS)
    def test_in_theta_for_values(self, name) -> None:
        estimator, theta = arguments(name, rows=True)
        values = VALUES[:, : theta.shape[1]]
        value, slope, in_values, estimate = all_of_it(estimator, KEY, theta, values)
        assert value.shape == (3,)
        np.testing.assert_allclose(slope, estimate, rtol=1e-5, atol=1e-12)
        # <values, z> is linear in the values: its slope is z, or p for Exact.
        np.testing.assert_allclose(np.sum(in_values, -1), 1, rtol=1e-12)
        np.testing.assert_allclose(value, np.sum(in_values * values, -1), rtol=1e-12)
        if name in HARD:
            np.testing.assert_allclose(np.sort(in_values)[:, -1], 1)
        if name.startswith("exact"):
            p = pt.expected_max(estimator.law).probabilities(theta)
            np.testing.assert_allclose(in_values, p, rtol=1e-12)

    @pytest.mark.parametrize("name", ESTIMATORS)
    def test_in_theta_and_in_f_for_a_function_of_latents(self, name) -> None:
        """f tells the z of this key: the gradient of <v, z> in v."""
        estimator, theta = arguments(name)
        f = function(theta)
        value, slope, in_f, estimate = all_of_it(estimator, KEY, theta, f)
        assert value.shape == (2,)
        np.testing.assert_allclose(slope, estimate, rtol=1e-5, atol=1e-12)
        assert np.abs(slope).max() > 0.01
        in_weight, z = in_f.args
        np.testing.assert_allclose(np.sum(z, -1), 1, rtol=1e-12)
        if name.startswith("exact"):
            return
        one_hot = np.allclose(np.sort(z)[..., -1], 1) and np.allclose(np.sort(z)[..., :-1], 0)
        assert one_hot == (name in HARD)
        assert np.all(z > -1e-12)
        np.testing.assert_allclose(value, f(z), rtol=1e-9)
        expected = jax.grad(lambda w: jnp.sum(joint(w, f.args[1], z)))(f.args[0])
        np.testing.assert_allclose(in_weight, expected, rtol=1e-9, atol=1e-11)

    @pytest.mark.parametrize("name", ["score", "relaxed", "exact", "relax"])
    def test_32_bit(self, name) -> None:
        estimator, theta = arguments(name, dtype=jnp.float32)
        found = all_of_it(estimator, KEY, theta, function(theta))
        assert {a.dtype for a in jax.tree.leaves(found)} == {jnp.dtype(jnp.float32)}
        np.testing.assert_allclose(found[1], found[3], rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("name", ["exact", "exact-normal"])
    def test_exact_is_the_sum_over_states(self, name) -> None:
        estimator, theta = arguments(name)
        value, slope, in_f, _ = all_of_it(estimator, KEY, theta, function(theta))
        states = jnp.eye(3)[np.array(list(itertools.product(range(3), repeat=2)))]

        def mean(theta, w):
            p = pt.expected_max(estimator.law).probabilities(theta)
            chance = jnp.prod(jnp.sum(p[:, None] * states, -1), -1)
            f = jax.vmap(lambda s: joint(w, jnp.ones(()), jnp.broadcast_to(s, theta.shape)), 0, 1)(
                states
            )
            return jnp.sum(chance * f, -1)

        np.testing.assert_allclose(value, mean(theta, weight(theta)), rtol=1e-10)
        total = jax.jit(jax.grad(lambda t, w: jnp.sum(mean(t, w)), (0, 1)))
        expected = total(theta, weight(theta))
        np.testing.assert_allclose(slope, expected[0], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(in_f.args[0], expected[1], rtol=1e-9, atol=1e-11)

    @pytest.mark.slow
    def test_exact_at_a_temperature(self) -> None:
        value, slope, _, estimate = all_of_it(es.Exact(temperature=0.5), KEY, THETA, VALUES)
        np.testing.assert_allclose(slope, estimate, rtol=1e-9, atol=1e-12)
        p = pt.expected_logsumexp(pt.Gumbel(), 0.5).probabilities(THETA)
        np.testing.assert_allclose(value, np.sum(p * VALUES, -1), rtol=1e-12)

    @pytest.mark.parametrize("name", ["score-leave-one-out", "direct-two-sided", "rebar", "arm"])
    def test_z_has_the_law_of_the_arg_max(self, name) -> None:
        estimator, theta = arguments(name, rows=True)
        values = VALUES[:, : theta.shape[1]]
        keys = jax.random.split(KEY, DRAWS)
        value = np.asarray(jax.vmap(lambda k: estimator.surrogate(k, theta, values))(keys))
        p = pt.expected_max(estimator.law).probabilities(theta)
        error = value.std(0) / np.sqrt(DRAWS) + 1e-12
        assert np.all(np.abs(value.mean(0) - np.sum(p * values, -1)) <= DEVIATIONS * error)

    def test_a_plain_function_may_close_over_what_is_differentiated(self) -> None:
        for name in ("score", "relaxed", "exact", "rebar"):
            estimator, theta = arguments(name)
            w = weight(theta)

            def total(theta, w, estimator=estimator):
                return jnp.sum(estimator.surrogate(KEY, theta, lambda z: joint(w, jnp.ones(()), z)))

            slopes = jax.grad(total, (0, 1))(theta, w)
            _, first, second, _ = all_of_it(estimator, KEY, theta, function(theta))
            np.testing.assert_allclose(slopes[0], first, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(slopes[1], second.args[0], rtol=1e-9, atol=1e-12)

    def test_the_numbers_of_a_rule_have_no_part_in_it(self) -> None:
        """What lowers the variance is not what lowers f."""
        slope = jax.grad(lambda r: jnp.sum(r.surrogate(KEY, THETA, VALUES)))(es.Rebar(0.5, 1.0))
        assert (float(slope.temperature), float(slope.scale)) == (0, 0)


class TestBadInput:
    @pytest.mark.parametrize("name", ESTIMATORS)
    @pytest.mark.parametrize("key", [None, 3])
    def test_key(self, name, key) -> None:
        estimator, theta = arguments(name, rows=True)
        values = VALUES[:, : theta.shape[1]]
        if not estimator.random:
            assert np.all(np.isfinite(estimator.surrogate(key, theta, values)))
            return
        with pytest.raises(ValueError, match="`key` must be one key"):
            estimator.surrogate(key, theta, values)

    @pytest.mark.parametrize("name", ESTIMATORS)
    @pytest.mark.parametrize("bad", [jnp.nan, jnp.inf])
    def test_theta(self, name, bad) -> None:
        """Known, an error; traced, NaN in this row and in no other, value and derivative."""
        estimator, theta = arguments(name, rows=True)
        values, theta = VALUES[:, : theta.shape[1]], theta.at[0, 0].set(bad)
        with pytest.raises(ValueError, match="`theta` must be finite"):
            estimator.surrogate(KEY, theta, values)
        value, slope, _, _ = all_of_it(estimator, KEY, theta, values)
        assert np.isnan(value).tolist() == [True, False, False]
        assert np.isnan(slope).all(-1).tolist() == [True, False, False]

    @pytest.mark.parametrize("name", ESTIMATORS)
    def test_values(self, name) -> None:
        estimator, theta = arguments(name, rows=True)
        with pytest.raises(ValueError, match="`f` must be values that broadcast"):
            estimator.surrogate(KEY, theta, jnp.zeros((7, 5)))
        with pytest.raises(ValueError, match="`f` must return values whose shape"):
            estimator.surrogate(KEY, theta, lambda z: jnp.zeros(9))

    @pytest.mark.parametrize("rule", [es.Relaxed, es.Rebar], ids=["relaxed", "rebar"])
    def test_temperature(self, rule) -> None:
        with pytest.raises(ValueError, match="`temperature` must be positive"):
            rule(temperature=-1.0).surrogate(KEY, THETA, VALUES)
        found = jax.jit(lambda t: rule(temperature=t).surrogate(KEY, THETA, VALUES))(-1.0)
        assert np.all(np.isnan(found))

    @pytest.mark.parametrize("name", ["relaxed", "relaxed-straight-through", "straight-through"])
    def test_a_function_of_integers_is_not_differentiated(self, name) -> None:
        with pytest.raises(ValueError, match="`f` must return floating numbers"):
            ESTIMATORS[name].surrogate(KEY, THETA, lambda z: jnp.argmax(z, -1))

    def test_a_tie_of_discrete_noise(self) -> None:
        coin = es.Exact(pt.Discrete([-1.0, 1.0]))
        with pytest.raises(ValueError, match="`theta` must have no tie"):
            coin.surrogate(None, THETA, VALUES)
        with pytest.raises(ValueError, match="`theta` must have no tie"):
            coin.surrogate(None, jnp.zeros((1, 2, 2)), lambda z: jnp.sum(z, (1, 2)) ** 2)

    def test_what_exact_cannot_sum(self) -> None:
        with pytest.raises(ValueError, match="`f` must be an array of values at temperature"):
            es.Exact(temperature=0.5).surrogate(None, THETA, lambda z: jnp.sum(z, -1))
        with pytest.raises(ValueError, match="at most 65536 joint states"):
            es.Exact().surrogate(None, jnp.zeros((1, 17, 2)), lambda z: jnp.sum(z, (1, 2)))

    def test_two_categories(self) -> None:
        with pytest.raises(ValueError, match="`theta` must have 2 categories for Arm"):
            es.Arm().surrogate(KEY, THETA, VALUES)
