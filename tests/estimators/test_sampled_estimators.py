"""Sampled gradient estimators: one law test for all, exact moments, honesty, bad input.

Whatever is sampled is compared within a radius that holds with probability 1 - 1e-6 for each of
fewer than 200 comparisons: 2e-4 for the whole file. Keys are fixed, so the file does not flicker.
"""

import dataclasses
import itertools
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jax.tree_util import Partial
from scipy.special import expit, softmax

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.estimators import _control, _direct, _draws, _measure, _objective, _states
from perturbtheory.testing.strategies import thetas

KEY = jax.random.key(20)
DRAWS = 20_000


def quadratic(z):
    """A function of one latent, not linear inside the simplex; z of shape (..., 3)."""
    return (z @ jnp.asarray([1.0, -0.5, 2.0], z.dtype)) ** 2 + z[..., 0] * z[..., 1]


def joint(z):
    """One value for all latents of each element of a batch; z of shape (B, N, K)."""
    weight = jnp.arange(z.shape[1] * z.shape[2], dtype=z.dtype).reshape(z.shape[1:])
    total = jnp.sum(jnp.sin(1 + weight) * z, (1, 2))
    return total**2 + jnp.prod(z[..., 0] + 0.5, -1)


def wild(z):
    """A control variate that has nothing to do with f; sums over everything but the batch."""
    return 3 * jnp.sum(jnp.sin(4 * z) + z, tuple(range(1, z.ndim)))


def wild_rows(z):
    """The same row by row, for values of which each row has its own."""
    return 3 * jnp.sum(jnp.sin(4 * z) + z, -1)


ESTIMATORS = {
    "exact": es.Exact(),
    "exact-normal": es.Exact(pt.Normal()),
    "score": es.ScoreFunction(),
    "score-leave-one-out": es.ScoreFunction(pt.Gumbel(1.5), 3, "leave-one-out"),
    "score-normal": es.ScoreFunction(pt.Normal()),
    "straight-through": es.StraightThrough(),
    "relaxed": es.Relaxed(temperature=0.5),
    "relaxed-straight-through": es.Relaxed(pt.Normal(), 0.5, straight_through=True),
    "direct": es.Direct(0.7),
    "direct-normal-two-sided": es.Direct(-0.7, pt.Normal(), two_sided=True),
    "direct-uniform": es.Direct(0.7, pt.Uniform()),
    "perturbed": es.PerturbedArgmax(samples=2),
    "perturbed-leave-one-out": es.PerturbedArgmax(pt.Gumbel(), 3, "leave-one-out"),
    "rebar": es.Rebar(),
    "rebar-absurd": es.Rebar(0.05, -2.0),
    "relax": es.Relax(wild),
    "arm": es.Arm(),
    "reinmax": es.ReinMax(),
    "reinmax-hot": es.ReinMax(1.5),
    "gapped": es.GappedStraightThrough(0.7, 0.5),
    "gumbel-rao": es.GumbelRao(0.5, 3),
    "disarm": es.DisArm(),
    "carms": es.Carms(),
    "carms-four": es.Carms(4),
}
CLOSED = [
    "exact", "exact-normal", "score", "score-leave-one-out", "score-normal", "straight-through",
    "direct", "direct-normal-two-sided", "direct-uniform", "reinmax", "reinmax-hot", "gapped",
    "carms", "gumbel-rao",
]  # fmt: skip
"""Those whose mean and variance are exact for linear f; `TestRelaxedLaw` has the relaxation."""
BINARY = ("arm", "disarm")
WITHOUT_BIAS_IF_LINEAR = ("straight-through", "reinmax")
# Rows: all equal, ties among the values, a spread, and two categories alone.
THETA = jnp.array([[0.0, 0.0, 0.0], [0.3, -0.2, 1.1], [2.0, -1.0, 0.5], [0.4, -0.3, -60.0]])
VALUES = jnp.array([[1.0, 1.0, -0.5], [1.0, -0.5, 2.0], [0.0, 3.0, -2.0], [1.0, -0.5, 0.0]])
ROWS, GIVEN = np.asarray(THETA), np.asarray(VALUES)
"""The same in NumPy, where exact moments come at once; `test_moments_in_both_worlds`."""
DEVIATIONS = 6.0
"""Standard errors in a radius: 2e-9 for a normal mean, 1e-6 for the skewed ones of these tests."""


def joint_theta(name: str = "", dtype=jnp.float64) -> jax.Array:
    shape = (2, 3, 2) if name in BINARY else (2, 2, 3)
    return jnp.asarray(np.random.default_rng(3).normal(size=shape), dtype)


@jax.jit
def draw_joint(estimator, keys, theta):
    return jax.vmap(lambda key: estimator(key, theta, joint))(keys)


@jax.jit
def draw_linear(estimator, keys, theta, values):
    return jax.vmap(lambda key: estimator(key, theta, values))(keys)


@jax.jit
def once(estimator):
    return estimator(KEY, THETA, quadratic)


@jax.jit
def exact_joint(noise, theta):
    return es.Exact(noise)(None, theta, joint)


def assert_mean(draws, mean) -> None:
    """Every entry of the mean within its radius; rounding is all there is without variance."""
    error = draws.std(0) / np.sqrt(len(draws)) + 1e-12
    assert np.all(np.abs(draws.mean(0) - mean) <= DEVIATIONS * error)


class TestLaws:
    """What holds for every estimator."""

    @pytest.mark.parametrize("name", [n for n in ESTIMATORS if n != "direct-uniform"])
    def test_joint_latents(self, name) -> None:
        estimator, theta = ESTIMATORS[name], joint_theta(name)
        keys = jax.random.split(KEY, DRAWS)
        keys = keys.at[0].set(keys[1])
        draws = np.asarray(draw_joint(estimator, keys, theta))
        assert draws.shape == (DRAWS, *theta.shape)
        assert draws.dtype == np.float64
        assert np.all(np.isfinite(draws))
        # A pure function of the key, which matters unless the estimator says it does not.
        np.testing.assert_array_equal(draws[0], draws[1])
        assert estimator.random == (np.ptp(draws, axis=0).max() > 1e-6)
        # Neither the arg max nor the softmax feel a constant, but grad log density and c may.
        if not name.startswith("perturbed") and name != "relax":
            np.testing.assert_allclose(draws.sum(-1), 0, atol=1e-11)
        if estimator.unbiased:
            assert_mean(draws, exact_joint(estimator.law, theta))
        bad = np.asarray(draw_joint(estimator, keys, theta.at[0, 0, 0].set(jnp.inf)))
        assert np.all(np.isnan(bad[:, 0]))
        np.testing.assert_allclose(bad[:, 1], draws[:, 1], rtol=1e-9, atol=1e-11)

    @pytest.mark.parametrize("name", ["score-normal", "direct", "rebar", "arm", "reinmax", "carms"])
    def test_eager_is_compiled(self, name) -> None:
        estimator, theta = ESTIMATORS[name], joint_theta(name)
        keys = jax.random.split(KEY, DRAWS)
        eager = estimator(keys[7], theta, joint)
        compiled = draw_joint(estimator, keys, theta)[7]
        np.testing.assert_allclose(eager, compiled, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("name", ESTIMATORS)
    def test_dtype_is_that_of_theta(self, name) -> None:
        for dtype in (jnp.float32, jnp.float64):
            theta = joint_theta(name, dtype)
            out = jax.eval_shape(lambda k, t: ESTIMATORS[name](k, t, joint), KEY, theta)
            assert (out.shape, out.dtype) == (theta.shape, dtype)

    @pytest.mark.parametrize("name", [*CLOSED, *BINARY])
    def test_mean_and_variance_of_linear_functions(self, name) -> None:
        estimator, theta, values = ESTIMATORS[name], THETA, VALUES
        if name in BINARY:
            theta, values = theta[:, :2], values[:, :2]
        draws = np.asarray(draw_linear(estimator, jax.random.split(KEY, DRAWS), theta, values))
        theta, values = np.asarray(theta), np.asarray(values)
        mean, variance = estimator.moments(theta, values)
        assert_mean(draws, mean)
        assert_mean((draws - mean) ** 2, variance)
        assert variance.min() >= -1e-14
        exact = es.Exact(estimator.law)(None, theta, values)
        if estimator.unbiased or name in WITHOUT_BIAS_IF_LINEAR:
            np.testing.assert_allclose(mean, exact, atol=1e-12)
        else:
            assert np.abs(mean - exact).max() > 0.01
        if not estimator.random or name == "straight-through":
            assert np.ptp(draws, axis=0).max() < 1e-14

    def test_moments_in_both_worlds(self) -> None:
        names = ["score-normal", "straight-through", "direct", "direct-uniform", "reinmax", "carms"]

        @jax.jit
        def moments(theta, values):
            return [ESTIMATORS[name].moments(theta, values) for name in names]

        for name, there in zip(names, moments(THETA, VALUES), strict=True):
            here = ESTIMATORS[name].moments(ROWS, GIVEN)
            for one, two in zip(here, there, strict=True):
                assert isinstance(one, np.ndarray), name
                np.testing.assert_allclose(two, one, rtol=1e-11, atol=1e-12, err_msg=name)

    @pytest.mark.parametrize(
        "name", ["rebar", "perturbed", "perturbed-leave-one-out", "carms-four"]
    )
    def test_unbiased_without_closed_variance(self, name) -> None:
        estimator, keys = ESTIMATORS[name], jax.random.split(KEY, DRAWS)
        draws = np.asarray(draw_linear(estimator, keys, THETA, VALUES))
        assert_mean(draws, es.Exact(estimator.law)(None, ROWS, GIVEN))


def enumerated(noise, theta, f):
    """grad of sum_z prod_n p_n(z_n) f(z), by JAX through every state; theta of shape (B, N, K)."""
    shape = theta.shape[1:]
    states = list(itertools.product(range(shape[1]), repeat=shape[0]))
    z = jax.nn.one_hot(jnp.array(states), shape[1], dtype=theta.dtype)
    potential = pt.expected_max(noise)

    def expectation(theta):
        p = potential.probabilities(theta)
        weight = jnp.prod(jnp.sum(p[:, None] * z, -1), -1)
        return jnp.sum(weight * jax.vmap(lambda s: f(jnp.broadcast_to(s, theta.shape)), 0, 1)(z))

    return jax.grad(expectation)(theta)


class TestExact:
    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Gumbel(0.5), pt.Normal()], ids=str)
    def test_joint_latents_by_enumeration(self, noise) -> None:
        theta = joint_theta()
        found = es.Exact(noise)(None, theta, joint)
        np.testing.assert_allclose(found, enumerated(noise, theta, joint), atol=1e-12)

    @given(theta=thetas(5), values=hnp.arrays(np.float64, 5, elements=st.integers(-2, 2)))
    @settings(max_examples=20)
    def test_closed_form_and_permutations(self, theta, values) -> None:
        found = es.Exact()(None, theta, values)
        np.testing.assert_allclose(found, es.exact_gradient(theta, values), atol=1e-14)
        order = np.array([3, 0, 4, 1, 2])
        moved = es.Exact()(None, theta[order], values[order])
        np.testing.assert_allclose(moved, found[order], atol=1e-14)

    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=str)
    def test_values_and_the_function_that_they_are(self, noise) -> None:
        exact = es.Exact(noise)
        rows = exact(None, ROWS, GIVEN)
        f = exact(None, ROWS, lambda z: (z * GIVEN).sum(-1))
        np.testing.assert_allclose(rows, f, atol=1e-14)
        np.testing.assert_allclose(rows[1], exact(None, ROWS[1], GIVEN[1]), atol=1e-14)

    def test_a_temperature_of_zero_stays_the_arg_max(self) -> None:
        zero = es.Exact(temperature=0.0)
        assert zero.unbiased
        assert not es.Exact(temperature=0.5).unbiased
        np.testing.assert_array_equal(zero(None, THETA, VALUES), es.Exact()(None, THETA, VALUES))

    def test_sixteen_bits_are_enumerated_and_seventeen_are_not(self) -> None:
        def parity(z):
            return jnp.prod(1 - 2 * z[..., 1], -1)

        for bits in (16, 17):
            objective = _objective.Objective.of(jnp.zeros((bits, 2)), parity)
            assert _states.enumerable(objective) == (bits == 16)
        theta = jnp.zeros((17, 2))
        with pytest.raises(ValueError, match="at most 65536 joint states.*2 categories to the"):
            es.Exact()(None, theta, parity)
        assert es.measure(es.Arm(), theta, parity, key=KEY, draws=32).bias is None

    def test_discrete_noise_has_no_gradient(self) -> None:
        coin = pt.Discrete([-1.0, 1.0])
        theta = jnp.array([0.3, 0.0, -0.5])
        np.testing.assert_array_equal(es.Exact(coin)(None, theta, theta), 0)
        with pytest.raises(ValueError, match="`theta` must have no tie"):
            es.Exact(coin)(None, jnp.zeros(3), theta)


class TestDirect:
    @pytest.mark.parametrize("two_sided", [False, True])
    def test_moments_by_the_engine_are_those_of_the_joint_law(self, two_sided) -> None:
        for theta, values in zip(ROWS, GIVEN, strict=True):
            mean, variance = _direct.by_engine(pt.Gumbel(), theta, values, 0.7, two_sided=two_sided)
            law = es.direct_mean(theta, values, 0.7, two_sided=two_sided)
            np.testing.assert_allclose(mean, law, atol=1e-13)
            law = es.direct_variance(theta, values, 0.7, two_sided=two_sided)
            np.testing.assert_allclose(variance, law, atol=1e-12)

    def test_scale_of_the_noise(self) -> None:
        estimator = es.Direct(0.7, pt.Gumbel(2.0))
        exact = _direct.by_engine(estimator.noise, ROWS, GIVEN, 0.7, two_sided=False)
        for found, expected in zip(estimator.moments(ROWS, GIVEN), exact, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-12)

    def test_neighbours_are_all_evaluations_with_one_row_replaced(self, monkeypatch) -> None:
        theta = joint_theta()
        z = jax.nn.one_hot(jnp.array([[0, 2], [1, 1]]), 3, dtype=theta.dtype)
        for at_once in (2**22, 25):
            monkeypatch.setattr(_objective, "AT_ONCE", at_once)
            found = _objective.Objective.of(theta, joint).neighbours(z)
            for n, k in itertools.product(range(2), range(3)):
                moved = z.at[:, n].set(jnp.eye(3)[k])
                np.testing.assert_allclose(found[:, n, k], joint(moved), atol=1e-14)

    def test_mean_with_the_approximation_of_section_4_1(self) -> None:
        """Given the other latent, a difference of softmax; averaged over that."""
        theta, e = np.asarray(joint_theta()), 0.7
        states = np.eye(3)[np.array(list(itertools.product(range(3), repeat=2)))]
        f = np.stack([joint(jnp.broadcast_to(z, (2, 2, 3))) for z in jnp.asarray(states)], -1)
        f = f.reshape(2, 3, 3)
        p = softmax(theta, -1)
        mean = np.zeros(theta.shape)
        for b, other in itertools.product(range(2), range(3)):
            moved = softmax(theta[b, 0] + e * f[b, :, other])
            mean[b, 0] += p[b, 1, other] * (moved - p[b, 0]) / e
            moved = softmax(theta[b, 1] + e * f[b, other])
            mean[b, 1] += p[b, 0, other] * (moved - p[b, 1]) / e
        keys = jax.random.split(KEY, DRAWS)
        assert_mean(np.asarray(draw_joint(es.Direct(e), keys, joint_theta())), mean)

    def test_a_function_of_one_latent_is_its_values(self) -> None:
        values = quadratic(jnp.eye(3))
        for name in ("direct", "direct-normal-two-sided"):
            one, two = (ESTIMATORS[name](KEY, THETA, f) for f in (quadratic, values))
            np.testing.assert_array_equal(one, two)

    def test_a_schedule_does_not_compile_again(self) -> None:
        traces = []

        @jax.jit
        def step(estimator):
            traces.append(1)
            return estimator(KEY, THETA, VALUES)

        for epsilon in (0.5, 0.25):
            np.testing.assert_array_equal(
                step(es.Direct(epsilon)), es.Direct(epsilon)(KEY, THETA, VALUES)
            )
        assert len(traces) == 1


def two_categories(noise, t, theta, values):
    """E[v] and Var[v] at the first of two categories; L is the difference of the two noises."""

    def moment(power):
        def one(u):
            s = expit((theta[0] - theta[1] + u) / t)
            return noise.pdf(u) * (s * (1 - s) * (values[0] - values[1]) / t) ** power

        centre = float(theta[1] - theta[0])
        options = {"points": sorted({centre - t, centre, centre + t}), "limit": 400}
        return scipy.integrate.quad(one, -60, 60, epsabs=1e-15, epsrel=1e-12, **options)[0]

    return moment(1), moment(2) - moment(1) ** 2


DIFFERENCES = {
    "gumbel": (pt.Gumbel(), scipy.stats.logistic(), 0.5),
    "normal": (pt.Normal(), scipy.stats.norm(scale=2**0.5), 0.5),
    **{
        name: pytest.param(*case, marks=pytest.mark.slow)
        for name, case in {
            "gumbel-cold": (pt.Gumbel(), scipy.stats.logistic(), 0.02),
            "gumbel-hot": (pt.Gumbel(), scipy.stats.logistic(), 20.0),
            "gumbel-narrow": (pt.Gumbel(0.3), scipy.stats.logistic(scale=0.3), 2.0),
            "normal-wide": (pt.Normal(3.0), scipy.stats.norm(scale=3 * 2**0.5), 0.2),
            "normal-hot": (pt.Normal(), scipy.stats.norm(scale=2**0.5), 5.0),
            "laplace": (
                pt.FromScipy(scipy.stats.expon()), scipy.stats.laplace(), 0.5
            ),
            "uniform": (pt.Uniform(), scipy.stats.triang(0.5, -2.0, 4.0), 0.5),
        }.items()
    },
}  # fmt: skip


class TestRelaxedLaw:
    @pytest.mark.parametrize(
        ("noise", "difference", "t"), DIFFERENCES.values(), ids=list(DIFFERENCES)
    )
    def test_two_categories_by_an_integral_and_three_by_draws(self, noise, difference, t) -> None:
        """A third category at -60 never wins: the batch compiles once for both."""
        theta, values = ROWS.copy(), GIVEN
        theta[3, 2] = -60.0 * max(t, 1)
        estimator = es.Relaxed(noise, t)
        mean, variance = estimator.moments(theta, values)
        first, spread = two_categories(difference, t, theta[3], values[3])
        np.testing.assert_allclose(mean[3], [first, -first, 0], rtol=1e-9, atol=1e-15)
        # Of the second moment about 1e-13 is lost, and for hot t nearly all of it is the mean's.
        slack = 1e-9 * spread + 1e-12 * first**2
        np.testing.assert_allclose(variance[3], [spread, spread, 0], rtol=0, atol=slack)
        exact = es.Exact(noise, t)(None, theta, values)
        np.testing.assert_allclose(mean, exact, rtol=1e-9, atol=1e-14)
        keys = jax.random.split(KEY, DRAWS)
        draws = np.asarray(draw_linear(estimator, keys, jnp.asarray(theta), VALUES))
        assert_mean(draws[:, :3], mean[:3])
        assert_mean((draws[:, :3] - mean[:3]) ** 2, variance[:3])

    def test_relaxed_variance_is_the_variance_of_the_estimator(self) -> None:
        theta, values = ROWS[1:2], GIVEN[1:2]
        _, variance = es.Relaxed(temperature=0.5).moments(theta, values)
        found = es.relaxed_variance(pt.Gumbel(), theta[0], values[0], 0.5)
        np.testing.assert_allclose(found, variance[0], rtol=1e-12)


class TestControl:
    def test_conditional_law(self) -> None:
        """(x~, z) has the law of (x, z): moments of every category given every winner."""
        theta, count = jnp.array([0.3, -0.2, 1.1]), 100_000

        @jax.jit
        def both(key):
            gamma, other = pt.Gumbel().sample(key, (2, count, 3))
            x = theta + gamma
            z = _draws.one_hot(x)
            return x, z, _control.given_argmax(jnp.broadcast_to(theta, x.shape), z, other)

        x, z, conditional = (np.asarray(a) for a in both(KEY))
        np.testing.assert_array_equal(conditional.argmax(-1), x.argmax(-1))
        for g in (lambda y: y, lambda y: y**2, lambda y: np.exp(y / 4), lambda y: y[:, ::-1] * y):
            assert_mean(z[:, :, None] * (g(conditional) - g(x))[:, None, :], 0)

    def test_values_with_a_control_row_by_row(self) -> None:
        keys = jax.random.split(KEY, DRAWS)
        draws = np.asarray(draw_linear(es.Relax(wild_rows), keys, THETA, VALUES))
        assert_mean(draws, es.Exact()(None, ROWS, GIVEN))

    def test_without_control_it_is_the_score_function(self) -> None:
        gamma = _draws.draw(pt.Gumbel(), jax.random.split(KEY)[0], THETA)
        z = _draws.one_hot(THETA + gamma)
        expected = quadratic(z)[:, None] * (z - jax.nn.softmax(THETA))
        np.testing.assert_allclose(once(es.Rebar(scale=0.0)), expected, atol=1e-13)

    def test_when_cold_the_control_is_f_and_nothing_is_left(self) -> None:
        """Because x~ has the arg max of x; without that the estimate is unbiased all the same."""
        keys = jax.random.split(KEY, DRAWS)
        draws = np.asarray(draw_linear(es.Rebar(1e-3), keys, THETA, VALUES))
        assert np.mean(np.abs(draws).max(-1) < 1e-3, axis=0).min() > 0.9

    def test_rebar_is_relax_with_its_control(self) -> None:
        control = Partial(lambda t, x: 0.8 * quadratic(jax.nn.softmax(x / t)), 0.5)
        np.testing.assert_allclose(once(es.Rebar(0.5, 0.8)), once(es.Relax(control)), atol=1e-13)

    def test_the_gradient_of_the_variance_is_that_of_the_measured_one(self) -> None:
        """With common keys the sum of squares is a smooth function of temperature and scale."""
        keys = jax.random.split(KEY, 500)

        @jax.jit
        def square(estimator):
            out = jax.vmap(lambda key: estimator(key, THETA, quadratic))(keys)
            return jnp.mean(jnp.sum(out**2, (1, 2)))

        at = es.Rebar(0.5, 0.7)
        slope = jax.jit(jax.grad(square))(at)
        assert isinstance(slope, es.Rebar)
        step = 1e-5
        for field in ("temperature", "scale"):
            value = getattr(at, field)
            ends = [
                square(es.Rebar(**{"temperature": 0.5, "scale": 0.7, field: value + s}))
                for s in (step, -step)
            ]
            assert getattr(slope, field) == pytest.approx(
                float(ends[0] - ends[1]) / (2 * step), rel=1e-6
            )

    def test_learning_the_control_lowers_the_variance(self) -> None:
        def network(parameters, x):
            return jnp.tanh(x @ parameters[0]) @ parameters[1]

        rng = np.random.default_rng(8)
        parameters = tuple(jnp.asarray(rng.normal(size=s)) for s in ((3, 4), (4,)))
        theta, f = jnp.array([0.3, -0.2, 1.1]), quadratic

        def square(estimator, keys):
            return jnp.mean(jnp.sum(jax.vmap(lambda k: estimator(k, theta, f))(keys) ** 2, -1))

        @jax.jit
        def learn(estimator):
            def step(estimator, key):
                slope = jax.grad(square)(estimator, jax.random.split(key, 50))
                return jax.tree.map(lambda x, dx: x - 0.1 * dx, estimator, slope), None

            return jax.lax.scan(step, estimator, jax.random.split(KEY, 200))[0]

        start = es.Relax(Partial(network, parameters))
        end = learn(start)
        before, after = (
            es.measure(e, theta, f, key=jax.random.key(1), draws=DRAWS) for e in (start, end)
        )
        assert after.bias.contains(0)
        top = after.variance.value + after.variance.radius
        assert top < before.variance.value - before.variance.radius


@pytest.mark.parametrize(
    ("name", "estimator"), [("arm", es.Arm()), ("", es.Rebar(1.0)), ("", es.Carms())]
)
def test_less_variance_than_the_score_function(name, estimator) -> None:
    theta, keys = joint_theta(name), jax.random.split(KEY, DRAWS)
    gaps = []
    for one in (estimator, es.ScoreFunction()):
        draws = np.asarray(draw_joint(one, keys, theta))
        gaps.append(((draws - draws.mean(0)) ** 2).sum((1, 2, 3)))
    error = np.hypot(*(gap.std() / np.sqrt(DRAWS) for gap in gaps))
    assert gaps[0].mean() + DEVIATIONS * error < gaps[1].mean()


class TestRelaxed:
    """One draw at a time, for a function that is not linear."""

    @pytest.mark.parametrize("straight_through", [False, True])
    def test_gradient_of_f_through_the_softmax(self, straight_through) -> None:
        noise, t = pt.Normal(), 0.5
        x = THETA + _draws.draw(noise, KEY, THETA)
        s, backward = jax.vjp(lambda theta: jax.nn.softmax((x + theta) / t), jnp.zeros_like(THETA))
        at = _draws.one_hot(x) if straight_through else s
        (expected,) = backward(jax.grad(lambda z: jnp.sum(quadratic(z)))(at))
        found = once(es.Relaxed(noise, t, straight_through))
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)

    def test_slope_in_the_temperature(self) -> None:
        @jax.jit
        def square(t):
            return jnp.sum(es.Relaxed(pt.Normal(), t)(KEY, THETA[1], VALUES[1]) ** 2)

        step = 1e-5
        difference = (square(0.5 + step) - square(0.5 - step)) / (2 * step)
        assert float(jax.grad(square)(0.5)) == pytest.approx(float(difference), rel=1e-7)

    def test_straight_through_the_probabilities(self) -> None:
        noise = pt.Normal()
        z = _draws.one_hot(THETA + _draws.draw(noise, KEY, THETA))
        slope = jax.grad(lambda z: jnp.sum(quadratic(z)))(z)
        hessian = pt.expected_max(noise).hessian(ROWS)
        expected = np.sum(hessian * np.asarray(slope)[:, None, :], -1)
        np.testing.assert_allclose(once(es.StraightThrough(noise)), expected, atol=1e-13)


class TestMeasure:
    def test_moments_are_those_of_the_draws(self, monkeypatch) -> None:
        """In chunks as at once, and rounded up to whole chunks."""
        monkeypatch.setattr(_measure, "_CHUNK", 40 * 3)
        theta, values = THETA[1], VALUES[1]
        found = es.measure(es.ScoreFunction(), theta, values, key=KEY, draws=101)
        assert found.draws == 102
        keys = [jax.random.split(jax.random.fold_in(KEY, chunk), 34) for chunk in range(3)]
        each = jax.vmap(lambda key: es.ScoreFunction()(key, theta, values))
        draws = np.concatenate([each(k) for k in keys])
        np.testing.assert_allclose(found.mean.value, draws.mean(0), atol=1e-14)
        squares = ((draws - draws.mean(0)) ** 2).sum(1)
        assert found.variance.value == pytest.approx(draws.var(0, ddof=1).sum(), rel=1e-13)
        z = scipy.stats.t.isf(1e-6 / 2, 101)
        assert found.variance.radius == pytest.approx(
            z * squares.std(ddof=1) / np.sqrt(102), rel=1e-9
        )
        z = scipy.stats.t.isf(1e-6 / 2 / 3, 101)
        expected = z * draws.std(0, ddof=1) / np.sqrt(102)
        np.testing.assert_allclose(found.mean.radius, expected, rtol=1e-9)

    def test_honest(self) -> None:
        """Radii for an error rate of 1/10 hold in nine of ten answers, binomially."""
        theta, values, repeats = THETA[1], VALUES[1], 100
        mean, variance = es.ScoreFunction().moments(ROWS[1], GIVEN[1])
        held = np.zeros(3, int)
        for key in jax.random.split(KEY, repeats):
            found = es.measure(
                es.ScoreFunction(), theta, values, key=key, draws=500, error_rate=0.1
            )
            assert found.mean.confidence == 0.9
            held += [
                found.mean.contains(mean),
                found.bias.contains(0),
                found.variance.contains(variance.sum()),
            ]
        least, most = (scipy.stats.binom(repeats, 0.9).ppf(q) for q in (1e-4, 1 - 1e-6))
        assert np.all(held >= least)
        # Three entries that sum to zero share the rate, so the mean's radius is a little wide.
        assert held[2] <= most

    def test_without_variance_rounding_is_covered(self) -> None:
        for dtype in (jnp.float64, jnp.float32):
            theta, values = THETA[:3].astype(dtype), VALUES[:3].astype(dtype)
            found = es.measure(es.StraightThrough(), theta, values, key=KEY, draws=1000)
            assert found.bias.contains(0)
            assert np.all(found.mean.radius < 100 * jnp.finfo(dtype).eps)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class Opaque(pt.Normal):
    """A law whose formulas JAX could not differentiate, it says."""

    differentiable: ClassVar[bool] = False


VECTOR, GOOD = np.array([0.0, 1.0]), np.array([1.0, 2.0])
BAD = {
    "theta-nan": (es.Direct(), [0.0, np.nan], GOOD, "`theta` must be finite, or -inf .*got nan"),
    "theta-infinite": (es.Arm(), [0.0, np.inf], GOOD, "`theta` must be finite, or -inf .*got inf"),
    "theta-empty": (es.Exact(), np.zeros((0, 2)), GOOD, "`theta` must have at least one entry"),
    "theta-scalar": (es.Exact(), 1.0, GOOD, "`theta` must be a vector"),
    "theta-one": (es.Rebar(), [1.0], [1.0], "`theta` must have at least two categories"),
    "theta-arm": (
        es.Arm(), np.zeros(3), np.zeros(3),
        r"`theta` must have 2 categories for Arm, got shape \(3,\); ScoreFunction",
    ),
    "theta-scales": (
        es.Direct(noise=pt.Normal(np.ones(3))), VECTOR, GOOD, "`theta` must have 3 entries",
    ),
    "f-nan": (es.Direct(), VECTOR, [np.nan, 1.0], "`f` must be finite, got nan"),
    "f-shape": (
        es.Direct(), VECTOR, np.zeros(3),
        r"`f` must be values that broadcast to the shape of `theta`, got \(3,\) and \(2,\)",
    ),
    "f-wider": (es.Direct(), VECTOR, np.zeros((4, 2)), r"got \(4, 2\) and \(2,\)"),
    "f-text": (es.Direct(), VECTOR, "abc", "`f` must be real"),
    "f-returns": (
        es.Direct(), np.zeros((4, 2)), lambda z: z[0],
        r"`f` must return values .* got \(2,\) for theta of shape \(4, 2\); sum over the latents",
    ),
    "f-returns-all": (es.Rebar(), VECTOR, lambda z: z, r"`f` must return values .* got \(2,\)"),
    "f-returns-pair": (
        es.Rebar(), VECTOR, lambda z: (z[0], z[1]), "`f` must return one array, got tuple",
    ),
    "f-of-integers": (
        es.Relaxed(), VECTOR, lambda z: jnp.argmax(z, -1),
        "`f` must return floating numbers where it is differentiated, got int64",
    ),
    "f-at-a-temperature": (
        es.Exact(temperature=1.0), VECTOR, lambda z: z[0] ** 2,
        "`f` must be an array of values at temperature 1.0",
    ),
    "temperature": (
        es.Relaxed(temperature=0.0), VECTOR, GOOD,
        r"`temperature` must be positive and finite, got 0.0; .*Exact\(\)",
    ),
    "temperature-rebar": (es.Rebar(-1.0), VECTOR, GOOD, "`temperature` must be positive"),
    "temperature-exact": (es.Exact(temperature=-1.0), VECTOR, GOOD, "`temperature` must be pos"),
    "temperature-vector": (
        es.Relaxed(temperature=np.ones(2)), VECTOR, GOOD, r"`temperature` must be a number, got",
    ),
    "temperature-text": (es.Relaxed(temperature="hot"), VECTOR, GOOD, "`temperature` must be a"),
    "temperature-reinmax": (es.ReinMax(0.0), VECTOR, GOOD, "`temperature` must be positive"),
    "temperature-gapped": (
        es.GappedStraightThrough(-1.0), VECTOR, GOOD, "`temperature` must be positive",
    ),
    "gap": (
        es.GappedStraightThrough(gap=-0.5), VECTOR, GOOD,
        "`gap` must be zero or more, got -0.5; 1.0 is usual",
    ),
    "samples-rao": (es.GumbelRao(samples=0), VECTOR, GOOD, "`samples` must be an integer of at"),
    "samples-carms": (
        es.Carms(1), VECTOR, GOOD, "`samples` must be an integer of at least 2, got 1",
    ),
    "theta-disarm": (
        es.DisArm(), np.zeros(3), np.zeros(3), "`theta` must have 2 categories for DisArm, got",
    ),
    "scale": (es.Rebar(scale=np.inf), VECTOR, GOOD, "`scale` must be finite, got inf"),
    "epsilon": (es.Direct(0.0), VECTOR, GOOD, "`epsilon` must not be zero, nor infinite, got 0.0"),
    "epsilon-nan": (es.Direct(np.nan), VECTOR, GOOD, "`epsilon` must not be zero.*, got nan"),
    "epsilon-noise": (
        es.Direct(pt.Normal()), VECTOR, GOOD, "`epsilon` must be a number, got Normal",
    ),
    "two-sided": (
        es.Direct(two_sided="yes"), VECTOR, GOOD, "`two_sided` must be True or False, got 'yes'",
    ),
    "samples": (es.ScoreFunction(samples=0), VECTOR, GOOD, "`samples` must be an integer of at"),
    "samples-float": (es.ScoreFunction(samples=2.0), VECTOR, GOOD, "`samples` must .* got 2.0"),
    "samples-bool": (es.PerturbedArgmax(samples=True), VECTOR, GOOD, "`samples` .* got True"),
    "samples-one": (
        es.PerturbedArgmax(baseline="leave-one-out"), VECTOR, GOOD,
        "`samples` must be an integer of at least 2 for baseline='leave-one-out', got 1",
    ),
    "baseline": (
        es.ScoreFunction(baseline="mean"), VECTOR, GOOD,
        "`baseline` must be 'none' or 'leave-one-out', got 'mean'",
    ),
    "noise-discrete": (
        es.ScoreFunction(pt.Discrete([-1.0, 1.0])), VECTOR, GOOD,
        "`noise` must be continuous for ScoreFunction, got Discrete.*; use Direct or Relaxed",
    ),
    "noise-uniform": (
        es.PerturbedArgmax(pt.Uniform()), VECTOR, GOOD,
        "`noise` must be smooth and positive for PerturbedArgmax, got Uniform.*is not smooth",
    ),
    "noise-opaque": (
        es.PerturbedArgmax(Opaque()), VECTOR, GOOD,
        "`noise` must have a density that JAX can differentiate",
    ),
    "control": (es.Relax(3.0), VECTOR, GOOD, "`control` must be a function .*, got 3.0"),
    "control-shape": (
        es.Relax(lambda x: x), VECTOR, GOOD,
        r"`control` must return the shape of the values of f, \(\), got \(2,\)",
    ),
    "control-pair": (
        es.Relax(lambda x: (x[0], x[1])), VECTOR, GOOD, "`control` must return .* got tuple",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name) -> None:
    estimator, theta, f, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        estimator(KEY, theta, f)


@pytest.mark.parametrize("key", [None, 3, np.zeros(2), jax.random.split(KEY, 2)])
def test_bad_keys(key) -> None:
    with pytest.raises(ValueError, match="`key` must be one key of jax.random, got"):
        es.Direct()(key, VECTOR, GOOD)


def test_old_keys_serve() -> None:
    old = jax.random.PRNGKey(0)
    np.testing.assert_array_equal(
        es.Direct()(old, VECTOR, GOOD), es.Direct()(jax.random.key(0), VECTOR, GOOD)
    )


@pytest.mark.parametrize("make", [es.Exact, es.Relaxed, es.ScoreFunction, es.PerturbedArgmax])
def test_noise_that_is_none(make) -> None:
    with pytest.raises(TypeError, match="`noise` must be a perturbation such as pt.Gumbel.*None"):
        make(None)(KEY, VECTOR, GOOD)


def test_traced_settings_that_are_bad_give_nan() -> None:
    found = jax.jit(lambda estimator: estimator(KEY, VECTOR, GOOD))
    bad = (es.Relaxed(temperature=0.0), es.Direct(0.0), es.Rebar(-1.0), es.Rebar(scale=np.nan))
    for estimator in bad:
        assert np.all(np.isnan(found(estimator)))
    values = jax.jit(lambda f: es.Direct()(KEY, VECTOR, f))
    assert np.all(np.isnan(values(jnp.array([jnp.nan, 1.0]))))
    assert np.all(np.isnan(es.Direct()(KEY, VECTOR, lambda z: jnp.log(-z[0]))))


MEASURE = {
    "draws": ({"draws": 10}, "`draws` must be an integer of at least 32, got 10"),
    "draws-float": ({"draws": 1e3}, "`draws` must be an integer"),
    "rate": ({"draws": 100, "error_rate": 0.0}, "`error_rate` must be a probability, got 0.0"),
}


@pytest.mark.parametrize("name", MEASURE)
def test_bad_measurements(name) -> None:
    options, message = MEASURE[name]
    with pytest.raises(ValueError, match=message):
        es.measure(es.Direct(), VECTOR, GOOD, key=KEY, **options)


@pytest.mark.parametrize("name", ["perturbed", "rebar", "relax", "carms-four"])
def test_moments_without_a_closed_form(name) -> None:
    with pytest.raises(ValueError, match="`moments` must have a closed form.*`measure`"):
        ESTIMATORS[name].moments(THETA, VALUES)


@pytest.mark.parametrize(
    ("name", "f", "message"),
    [
        ("relaxed", quadratic, "`values` must be an array for the moments of Relaxed, got the fun"),
        ("gumbel-rao", quadratic, "`values` must be an array for the moments of GumbelRao, got"),
        ("direct", joint, "`values` must be an array, or a function of one latent, .* Direct, got"),
        ("carms", joint, r"one latent, for .* Carms, .* of theta of shape \(2, 2, 3\); use `meas"),
    ],
)
def test_moments_of_a_function(name, f, message) -> None:
    with pytest.raises(ValueError, match=message):
        ESTIMATORS[name].moments(THETA if f is quadratic else joint_theta(), f)


def test_moments_under_ties() -> None:
    with pytest.raises(ValueError, match="`noise` must be continuous for the moments of Direct"):
        es.Direct(1.0, pt.Discrete([-1.0, 1.0])).moments(VECTOR, GOOD)
