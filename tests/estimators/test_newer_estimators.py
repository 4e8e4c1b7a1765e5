"""Estimators of 2020 to 2023: their formulas another way, and moments that are sums over all z."""

import itertools
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from scipy.special import expit, softmax

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.estimators import _carms, _gumbel_rao_law
from perturbtheory.testing.strategies import thetas

KEY = jax.random.key(11)
THETA = np.array([0.3, -0.2, 1.1])
LATENTS = np.random.default_rng(3).normal(size=(2, 2, 3))
"""A batch of two, of two latents each."""
ENUMERATED = {
    "score": es.ScoreFunction(),
    "score-leave-one-out": es.ScoreFunction(pt.Normal(), 3, "leave-one-out"),
    "straight-through": es.StraightThrough(),
    "reinmax": es.ReinMax(1.4),
    "gapped": es.GappedStraightThrough(0.7, 0.5),
}
DEVIATIONS = 5.5
"""Standard errors in a radius: 4e-8 for each of fewer than 100 entries."""


def smooth(z):
    """One value for all latents, of no low degree in any of them; z of shape (..., N, K)."""
    weight = jnp.arange(z.shape[-2] * z.shape[-1], dtype=z.dtype).reshape(z.shape[-2:])
    return jnp.sin(jnp.sum(jnp.cos(weight) * z, (-2, -1))) + jnp.prod(z[..., 0] ** 3 + 0.5, -1)


def quadratic_in_each(z):
    """For two latents: of degree two in each alone, of degree four in both."""
    first, second = (z[..., n, :] @ jnp.asarray([1.0, -0.5, 2.0], z.dtype) for n in range(2))
    return first**2 * second**2 - 3 * first * z[..., 1, 1] + z[..., 0, 0] * z[..., 0, 2]


def states(latents, categories):
    return [
        np.eye(categories)[list(k)] for k in itertools.product(range(categories), repeat=latents)
    ]


def by_hand(estimate, theta, p):
    """Mean and variance of estimate(z) over all z of one element of a batch."""
    found = [(np.prod((p * z).sum(-1)), estimate(z)) for z in states(*theta.shape)]
    mean = sum(w * v for w, v in found)
    return mean, sum(w * (v - mean) ** 2 for w, v in found)


def apply(p, v):
    """(diag p - p p^T) v by that matrix, row by row."""
    return np.stack([(np.diag(q) - np.outer(q, q)) @ x for q, x in zip(p, v, strict=True)])


class TestMomentsOfFunctions:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", ENUMERATED)
    def test_are_those_of_draws(self, name):
        estimator = ENUMERATED[name]
        mean, variance = estimator.moments(jnp.asarray(LATENTS), smooth)
        keys = jax.random.split(KEY, 20_000)
        draw = jax.jit(jax.vmap(lambda key: estimator(key, jnp.asarray(LATENTS), smooth)))
        drawn = np.asarray(draw(keys))
        for found, exact in ((drawn, mean), ((drawn - mean) ** 2, variance)):
            error = found.std(0) / np.sqrt(len(found))
            assert np.all(np.abs(found.mean(0) - exact) <= DEVIATIONS * error + 1e-12)
        if estimator.unbiased:
            exact = es.Exact(estimator.law)(None, jnp.asarray(LATENTS), smooth)
            np.testing.assert_allclose(mean, exact, atol=1e-14)

    @pytest.mark.slow
    def test_are_the_same_compiled_and_for_numpy(self):
        for name, estimator in ENUMERATED.items():
            here = estimator.moments(LATENTS, smooth)
            there = jax.jit(lambda theta, e=estimator: e.moments(theta, smooth))(LATENTS)
            for one, two in zip(here, there, strict=True):
                np.testing.assert_allclose(one, two, rtol=1e-11, atol=1e-14, err_msg=name)

    @pytest.mark.parametrize("rule", [es.Carms(), es.Direct(0.7), es.ScoreFunction()], ids=repr)
    @pytest.mark.parametrize(
        "library", [np, pytest.param(jnp, marks=pytest.mark.slow)], ids=["numpy", "jax"]
    )
    def test_a_function_of_one_latent_is_its_values(self, rule, library):
        theta = library.asarray(np.stack([THETA, 2 * THETA]))
        values = np.array([2.0, -1.0, 0.5])
        found = rule.moments(theta, lambda z: (z @ values) ** 3)
        assert all(isinstance(x, np.ndarray) == (library is np) for x in found)
        for one, two in zip(found, rule.moments(theta, values**3), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-14)
        # With an axis for the one latent.
        axis = rule.moments(theta[:, None], lambda z: (z @ values)[:, 0] ** 3)
        np.testing.assert_allclose(axis[1][:, 0], found[1], rtol=1e-12)

    def test_exact_has_no_variance(self):
        mean, variance = es.Exact().moments(jnp.asarray(LATENTS), smooth)
        np.testing.assert_array_equal(mean, es.Exact()(None, jnp.asarray(LATENTS), smooth))
        assert not np.asarray(variance).any()

    @pytest.mark.slow
    def test_a_state_that_cannot_be_drawn_counts_for_nothing(self):
        """Not even where f has no value there."""
        theta = np.array([[0.3, -np.inf, 1.1], [-0.2, 0.4, 0.1]])

        def partial(z):
            return smooth(z) + jnp.where(z[..., 0, 1] > 0, jnp.nan, 0.0)

        for estimator in ENUMERATED.values():
            masked = estimator.moments(jnp.asarray(theta)[None], partial)
            low = estimator.moments(jnp.asarray(np.maximum(theta, -200.0))[None], smooth)
            for one, two in zip(masked, low, strict=True):
                np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-14)

    def test_too_many_states(self):
        with pytest.raises(ValueError, match="`f` must have at most 65536 joint states"):
            es.ReinMax().moments(jnp.zeros((17, 2)), jnp.sum)


class TestReinMax:
    @pytest.mark.parametrize("temperature", [1.0, 1.4])
    def test_by_the_jacobians_of_its_paper(self, temperature):
        theta = LATENTS[0]
        p, q = softmax(theta, -1), softmax(theta / temperature, -1)

        gradient = jax.jit(jax.grad(smooth))

        def estimate(z):
            slope = np.asarray(gradient(jnp.asarray(z)))
            return 2 * apply((q + z) / 2, slope) - apply(p, slope) / 2

        found = es.ReinMax(temperature).moments(jnp.asarray(theta), smooth)
        for one, two in zip(found, by_hand(estimate, theta, p), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-11, atol=1e-15)

    @pytest.mark.slow
    def test_no_bias_for_what_is_quadratic_in_each_latent(self):
        theta = jnp.asarray(LATENTS)
        exact = es.Exact()(None, theta, quadratic_in_each)
        mean = es.ReinMax().moments(theta, quadratic_in_each)[0]
        np.testing.assert_allclose(mean, exact, atol=1e-14)
        for rule in (es.StraightThrough(), es.ReinMax(1.1)):
            off = rule.moments(theta, quadratic_in_each)[0] - exact
            assert np.abs(off).max() > 0.01
        cubic = es.ReinMax().moments(theta, smooth)[0] - es.Exact()(None, theta, smooth)
        assert np.abs(cubic).max() > 0.005


class TestGapped:
    def test_by_the_movers_of_its_paper(self):
        """Two shifts of the logits without a gradient, and the derivative through the softmax."""
        theta, t, gap = LATENTS[0], 0.7, 0.5

        @jax.jit
        def gradient(z):
            def backward(x):
                held = jax.lax.stop_gradient(x)
                top = held.max(-1, keepdims=True)
                raised = (top - held) * z
                lowered = jnp.maximum(held + gap - top, 0.0) * (1 - z)
                s = jax.nn.softmax((x + raised - lowered) / t, -1)
                return smooth(s + jax.lax.stop_gradient(z - s))

            return jax.grad(backward)(jnp.asarray(theta))

        def estimate(z):
            return np.asarray(gradient(jnp.asarray(z)))

        rule = es.GappedStraightThrough(t, gap)
        found = rule.moments(jnp.asarray(theta), smooth)
        for one, two in zip(found, by_hand(estimate, theta, softmax(theta, -1)), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-11, atol=1e-15)

    def test_a_gap_of_zero_is_of_the_logits(self):
        """At logits all equal nothing is moved: straight-through at temperature t."""
        found = es.GappedStraightThrough(1.0, 0.0).moments(np.zeros(3), [1.0, 2.0, 4.0])[0]
        np.testing.assert_allclose(found, es.exact_gradient(np.zeros(3), [1.0, 2.0, 4.0]))


class TestGumbelRao:
    @pytest.mark.slow
    def test_mean_is_that_of_straight_through_gumbel_softmax(self):
        """And the spread given z is all that more inner draws take away."""
        theta = jnp.asarray(LATENTS)
        many, once, relaxed = (
            es.measure(rule, theta, smooth, key=KEY, draws=20_000)
            for rule in (
                es.GumbelRao(0.5, 64),
                es.GumbelRao(0.5, 1),
                es.Relaxed(temperature=0.5, straight_through=True),
            )
        )
        for found in (many, once):
            apart = np.abs(found.mean.value - relaxed.mean.value)
            assert np.all(apart <= found.mean.radius + relaxed.mean.radius)
        apart = abs(once.variance.value - relaxed.variance.value)
        assert apart <= once.variance.radius + relaxed.variance.radius
        assert many.variance.value + many.variance.radius < once.variance.value / 2

    @pytest.mark.slow
    def test_the_mean_of_a_linear_function_is_the_relaxed_gradient(self):
        values = np.array([1.0, -0.5, 2.0])
        found = es.measure(es.GumbelRao(0.5, 4), THETA, values, key=KEY, draws=20_000)
        exact = es.Relaxed(temperature=0.5).moments(THETA, values)[0]
        assert found.mean.contains(exact)

    @pytest.mark.parametrize("t", [0.1, 0.7, 3.0])
    def test_means_given_z_by_an_integral_and_on_average(self, t):
        """Two categories: x_1 - x_2 is logistic, and z tells its sign."""
        theta, f = np.array([0.4, -0.7]), np.array([1.0, -0.5])
        p, gap = softmax(theta), theta[0] - theta[1]

        def one(x):
            s = expit((gap + x) / t)
            return expit(x) * expit(-x) * s * (1 - s) * (f[0] - f[1]) / t

        ends = [
            [-gap + k * t for k in (0, 1, 5)] + [50.0],
            [-gap - k * t for k in (0, 1, 5)] + [-50.0],
        ]
        means = [
            sum(
                scipy.integrate.quad(one, *sorted(x), epsabs=1e-15)[0]
                for x in itertools.pairwise(e)
            )
            for e in ends
        ] / p
        found = _gumbel_rao_law._means(p, f, t)
        np.testing.assert_allclose(found[:, 0], means, rtol=1e-10)
        np.testing.assert_allclose(found[:, 1], -means, rtol=1e-10)
        rate, f = softmax(THETA), np.array([1.0, -0.5, 2.0])
        mean = es.Relaxed(temperature=t).moments(THETA, f)[0]
        np.testing.assert_allclose(rate @ _gumbel_rao_law._means(rate, f, t), mean, rtol=1e-9)

    def test_the_first_inner_draw_is_the_relaxed_variance_and_the_last_is_that_of_means(self):
        f = np.array([1.0, -0.5, 2.0])
        relaxed = es.Relaxed(temperature=0.5).moments(THETA, f)[1]
        once, many = (es.GumbelRao(0.5, n).moments(THETA, f)[1] for n in (1, 10**9))
        np.testing.assert_allclose(once, relaxed, rtol=1e-12)
        least = _gumbel_rao_law.variance_of_means(THETA, f, 0.5)
        np.testing.assert_allclose(many, least, rtol=1e-6)
        assert np.all(least < relaxed / 2)

    def test_moments_are_of_known_numbers(self):
        with pytest.raises(ValueError, match="`moments` must have a closed form, got GumbelRao"):
            jax.jit(lambda theta: es.GumbelRao().moments(theta, THETA))(jnp.asarray(THETA))

    @pytest.mark.slow
    def test_one_z_for_all_inner_draws(self):
        """For f whose gradient tells z, at a temperature at which the softmax is z."""
        found = es.GumbelRao(1e-4, 16)(KEY, THETA, lambda z: jnp.sum(z * jnp.arange(3.0)))
        np.testing.assert_allclose(found, 0.0, atol=1e-12)


def arm_given(phi, high, low):
    """E[u - 1/2 | z, z'] of Arm by the interval of u on which the two draws are these."""
    ends = sorted({0.0, 1.0, expit(phi), expit(-phi)})
    length, total = 0.0, 0.0
    for a, b in itertools.pairwise(ends):
        u = (a + b) / 2
        if (u > expit(-phi), u < expit(phi)) == (high, low):
            length, total = length + b - a, total + (b - a) * (u - 0.5)
    return total / length


class TestDisArm:
    @pytest.mark.parametrize("phi", [0.7, -1.3])
    def test_is_arm_given_both_draws(self, phi):
        theta, values = jnp.array([0.0, phi]), jnp.array([0.5, 2.0])
        kinds = set()
        for key in jax.random.split(KEY, 20):
            u = float(jax.random.uniform(key, (), theta.dtype))
            high, low = u > expit(-phi), u < expit(phi)
            kinds.add((high, low))
            slope = (values[int(high)] - values[int(low)]) * arm_given(phi, high, low)
            np.testing.assert_allclose(es.DisArm()(key, theta, values), [-slope, slope], rtol=1e-12)
        assert len(kinds) == 3

    @given(phi=hnp.arrays(np.float64, (), elements={"min_value": -20, "max_value": 20}))
    @settings(max_examples=50)
    def test_variance_is_at_most_that_of_arm_and_that_of_carms(self, phi):
        theta, values = np.array([0.0, float(phi)]), np.array([0.5, 2.0])
        mean, variance = es.DisArm().moments(theta, values)
        assert np.all(variance <= es.Arm().moments(theta, values)[1] + 1e-15)
        np.testing.assert_allclose(mean, es.exact_gradient(theta, values), rtol=1e-12)
        for one, two in zip((mean, variance), es.Carms().moments(theta, values), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-15)

    def test_no_variance_for_a_fair_coin(self):
        drawn = [es.DisArm()(k, jnp.zeros(2), jnp.array([0.0, 1.0])) for k in jax.random.split(KEY)]
        np.testing.assert_allclose(drawn, [[-0.25, 0.25]] * 2, rtol=1e-12)


def pair_law(p):
    """P(z = e_i, z' = e_j) for p in ascending order and u, 1 - u for every stick, in fractions."""
    d = len(p)
    stop = [x / sum(p[c:]) for c, x in enumerate(p)]
    law = [[Fraction(0)] * d for _ in p]
    alive = Fraction(1)
    for c, pi in enumerate(stop):
        # The intervals of u on which the first and the second stop here.
        ends = sorted({Fraction(0), Fraction(1), pi, 1 - pi})
        chance = dict.fromkeys(itertools.product((True, False), repeat=2), Fraction(0))
        for a, b in itertools.pairwise(ends):
            u = (a + b) / 2
            chance[u < pi, 1 - u < pi] += b - a
        law[c][c] += alive * chance[True, True]
        left = Fraction(1)
        for later in range(c + 1, d):
            law[c][later] += alive * chance[True, False] * left * stop[later]
            law[later][c] += alive * chance[False, True] * left * stop[later]
            left *= 1 - stop[later]
        alive *= chance[False, False]
    return law


class TestCarms:
    @pytest.mark.parametrize("shares", [(1, 2, 4), (1, 1, 1, 1), (2, 3, 5, 7, 11), (1, 9)])
    def test_weights_are_the_ratios_of_the_laws_of_pairs(self, shares):
        p = [Fraction(x, sum(shares)) for x in shares]
        law = pair_law(p)
        assert [sum(row) for row in law] == p
        sticks = _carms.Sticks.of(np.log(shares), 2)
        for i, j in itertools.combinations(range(len(p)), 2):
            ratio = p[i] * p[j] / law[i][j]
            assert sticks.weight[i] == pytest.approx(float(ratio), rel=1e-13)
            assert ratio <= 1 - min(p)

    @given(theta=thetas(5))
    @settings(max_examples=50)
    def test_weights_are_at_most_one_less_the_smallest_probability(self, theta):
        weight = _carms.Sticks.of(theta, 2).weight
        assert np.all(weight <= 1 - softmax(theta).min() + 1e-14)
        values = np.array([1.0, -2.0, 0.5, 3.0, 0.0])
        mean, variance = es.Carms().moments(theta, values)
        two = es.ScoreFunction(samples=2, baseline="leave-one-out").moments(theta, values)
        np.testing.assert_allclose(mean, es.exact_gradient(theta, values), atol=1e-13)
        assert np.all(variance <= two[1] + 1e-13)

    @pytest.mark.slow
    @pytest.mark.parametrize("samples", [2, 3, 5])
    def test_samples_have_the_law_and_pairs_the_weights_that_are_said(self, samples):
        """The estimate for f = e_j at category i tells how often a pair is (i, j)."""
        theta = jnp.asarray([0.1, -0.2, 0.05])
        sticks = _carms.Sticks.of(np.asarray(theta), samples)
        p, rank = softmax(np.asarray(theta)), np.argsort(sticks.order)
        keys = jax.random.split(KEY, 40_000)
        for j in range(3):
            f = jnp.eye(3)[j]
            draw = jax.jit(jax.vmap(lambda key, f=f: es.Carms(samples)(key, theta, f)))
            drawn = np.asarray(draw(keys))
            error = drawn.std(0) / np.sqrt(len(keys))
            exact = es.exact_gradient(np.asarray(theta), np.asarray(f))
            assert np.all(np.abs(drawn.mean(0) - exact) <= DEVIATIONS * error)
            for i in set(range(3)) - {j}:
                weight = sticks.weight[min(rank[i], rank[j])]
                pairs = -drawn[:, i] * samples * (samples - 1) / weight
                np.testing.assert_allclose(pairs, np.round(pairs), atol=1e-9)
                chance = p[i] * p[j] / weight
                # Ordered pairs of samples, each with that chance.
                assert pairs.mean() / (samples * (samples - 1)) == pytest.approx(
                    chance, abs=DEVIATIONS * pairs.std() / samples / (samples - 1) / 200
                )

    def test_the_dirichlet_copula(self):
        """P(u < x, u' < x) of three samples by an integral of the law of the simplex."""
        x = 0.6
        a = 1 - x**0.5
        inside = scipy.integrate.dblquad(lambda *_: 2.0, a, 1 - a, lambda _: a, lambda d: 1 - d)[0]
        expected = max(2 * x**0.5 - 1, 0) ** 2
        assert inside == pytest.approx(expected, rel=1e-9)
        # As the first of two sticks: 1 - 2 x + P is the chance that neither stops.
        sticks = _carms.Sticks.of(np.log([0.4, 0.6]), 3)
        both = max(2 * 0.4**0.5 - 1, 0) ** 2
        assert sticks.weight[0] == pytest.approx(0.4 * 0.6 / (0.4 - both), rel=1e-13)

    def test_order_of_the_categories_does_not_matter(self):
        theta, values = np.array([0.3, -1.0, 1.1, -0.2]), np.array([1.0, 2.0, -0.5, 4.0])
        order = np.array([2, 0, 3, 1])
        for one, two in zip(
            es.Carms().moments(theta[order], values[order]),
            es.Carms().moments(theta, values),
            strict=True,
        ):
            np.testing.assert_allclose(one, two[order], rtol=1e-12)

    def test_moments_are_known_for_two_samples(self):
        with pytest.raises(ValueError, match="`moments` must have a closed form, got Carms"):
            es.Carms(3).moments(THETA, THETA)
