"""Discrete VAEs: network, loss, schedules, training, checkpoints and bounds, on a few images.

What has few states is enumerated in NumPy, in 64-bit, by code of its own. Sampled numbers are
compared within 5 standard errors, fewer than 60 of them: 4e-5 for the file. Keys are fixed.
"""

import itertools
import json
import math
import operator
import os

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from jax.tree_util import Partial

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models import vae
from perturbtheory.models.vae import _epoch, _evaluation, _training

KEY = jax.random.key(11)
RNG = np.random.default_rng(0)
PATTERNS = RNG.integers(0, 2, (4, 784)).astype(np.uint8)
STRUCTURED = PATTERNS[np.arange(60) % 4]
"""Four images, over and over: what two latents of three categories can learn."""
NOISY = RNG.integers(0, 2, (60, 784)).astype(np.uint8)


def network(latents=2, categories=3, hidden=8, *, sharp=1.0, seed=1):
    """`sharp` multiplies the last weights of the encoder: logits that are not all near zero."""
    model = vae.DiscreteVAE(latents, categories, hidden=hidden, key=jax.random.key(seed))
    return eqx.tree_at(lambda m: m.encoder.layers[1].weight, model, replace_fn=lambda w: sharp * w)


def floats(x):
    return jnp.asarray(x, jnp.float32)


# NumPy, in 64-bit


def layers(mlp, x):
    """W_2 relu(W_1 x + b_1) + b_2."""
    first, second = (
        tuple(np.asarray(a, np.float64) for a in (one.weight, one.bias)) for one in mlp.layers
    )
    hidden = np.maximum(np.asarray(x, np.float64) @ first[0].T + first[1], 0)
    return hidden @ second[0].T + second[1]


def theta_of(model, x):
    return layers(model.encoder, x).reshape(len(x), model.latents, model.categories)


def law(noise, theta):
    return np.asarray(pt.expected_max(noise).probabilities(np.asarray(theta, np.float64)))


def negative_log(model, x, z):
    """-log p(x|z) for z of shape (B, N, K)."""
    logits = layers(model.decoder, z.reshape(len(z), -1))
    p = scipy.special.log_expit(np.where(np.asarray(x) == 1, logits, -logits))
    return -p.sum(-1)


def states(model):
    every = itertools.product(range(model.categories), repeat=model.latents)
    return np.eye(model.categories)[np.array(list(every))]


def table(model, x):
    """-log p(x|z) for every joint state: (B, K^N)."""
    return np.stack([negative_log(model, x, np.tile(z, (len(x), 1, 1))) for z in states(model)], 1)


def chances(model, x, noise):
    """q(z|x) for every joint state: (B, K^N)."""
    p = law(noise, theta_of(model, x))
    return np.stack([np.prod((p * z).sum(-1), -1) for z in states(model)], 1)


def divergence(p):
    """sum_n log K + sum_k p log p."""
    return (np.log(p.shape[-1]) + scipy.special.xlogy(p, p).sum(-1)).sum(-1)


def elbo(model, x, noise):
    """The negative ELBO of each image."""
    kl = divergence(law(noise, theta_of(model, x)))
    return (chances(model, x, noise) * table(model, x)).sum(1) + kl


def evidence(model, x):
    """-log p(x)."""
    return -scipy.special.logsumexp(-table(model, x) - model.latents * np.log(model.categories), 1)


def leaves(tree):
    return [np.asarray(a) for a in jax.tree.leaves(tree) if eqx.is_array(a)]


def same(a, b):
    """Whether all arrays are equal bit for bit."""
    return all(x.tobytes() == y.tobytes() for x, y in zip(leaves(a), leaves(b), strict=True))


class TestNetwork:
    def test_is_the_one_of_the_papers(self) -> None:
        model, x = network(sharp=5.0), floats(NOISY[:7])
        theta = model.logits(x)
        assert (theta.shape, theta.dtype) == ((7, 2, 3), jnp.float32)
        np.testing.assert_allclose(theta, theta_of(model, x), atol=1e-4)
        z = jax.nn.softmax(theta)
        np.testing.assert_allclose(
            model.decode(z), layers(model.decoder, np.reshape(z, (7, -1))), atol=1e-5
        )
        found = model.reconstruction(x, z)
        assert found.shape == (7,)
        np.testing.assert_allclose(found, negative_log(model, x, np.asarray(z)), rtol=1e-5)

    def test_reconstructions_are_those_of_every_category(self) -> None:
        model, x = network(1, 5), floats(NOISY[:7])
        found = model.reconstructions(x)
        assert found.shape == (7, 5)
        for k in range(5):
            z = jnp.zeros((7, 1, 5), jnp.float32).at[:, 0, k].set(1)
            np.testing.assert_allclose(found[:, k], model.reconstruction(x, z), rtol=1e-5)

    def test_start(self) -> None:
        """Uniform in (-1, 1)/sqrt(inputs): all four quarters hold a quarter, within 5 errors."""
        model = network(10, 10, 100)
        for mlp in (model.encoder, model.decoder):
            assert len(mlp.layers) == 2
            for layer in mlp.layers:
                bound = 1 / math.sqrt(layer.weight.shape[1])
                for values in (np.ravel(layer.weight), np.ravel(layer.bias)):
                    n = values.size
                    assert np.abs(values).max() <= bound
                    counts = np.histogram(values, 4, (-bound, bound))[0]
                    assert np.all(np.abs(counts - n / 4) <= 5 * np.sqrt(n * 3 / 16))
        assert not same(model, network(10, 10, 100, seed=2))
        assert same(model, network(10, 10, 100))

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("latents", (0, 3, 8)), ("latents", (2.0, 3, 8)), ("latents", (True, 3, 8)),
            ("categories", (2, 1, 8)), ("categories", (2, "3", 8)), ("hidden", (2, 3, 0)),
        ],
    )  # fmt: skip
    def test_arguments(self, name, arguments) -> None:
        latents, categories, hidden = arguments
        with pytest.raises(
            ValueError, match=f"`{name}` must be (an integer of at least|a positive integer)"
        ):
            vae.DiscreteVAE(latents, categories, hidden=hidden, key=KEY)


argmax_divergence = jax.jit(vae.argmax_divergence)


class TestDivergence:
    THETA = np.random.default_rng(5).normal(size=(6, 2, 3), scale=2).astype(np.float32)

    def test_under_unit_gumbel_noise_both_are_one(self) -> None:
        found = argmax_divergence(pt.Gumbel(), self.THETA)
        np.testing.assert_allclose(found, vae.softmax_divergence(self.THETA), atol=1e-5)
        expected = divergence(scipy.special.softmax(self.THETA.astype(float), -1))
        np.testing.assert_allclose(found, expected, atol=1e-5)

    @pytest.mark.parametrize("noise", [pt.Normal(), pt.Gumbel(2.0)], ids=str)
    def test_is_that_of_the_arg_max(self, noise) -> None:
        found = argmax_divergence(noise, self.THETA)
        assert found.shape == (6,)
        np.testing.assert_allclose(found, divergence(law(noise, self.THETA)), atol=5e-5)
        assert np.abs(found - vae.softmax_divergence(self.THETA)).max() > 0.1

    def test_is_zero_for_uniform_logits_and_never_negative(self) -> None:
        zero = jnp.zeros((1, 2, 3), jnp.float32)
        for theta in (zero, 1e-3 * self.THETA, self.THETA):
            for found in (argmax_divergence(pt.Normal(), theta), vae.softmax_divergence(theta)):
                assert np.min(found) >= -1e-5
        np.testing.assert_allclose(argmax_divergence(pt.Normal(), zero), 0, atol=1e-5)
        certain = vae.softmax_divergence(jnp.asarray([[[0.0, 800.0]]], jnp.float32))
        np.testing.assert_allclose(certain, np.log(2), rtol=1e-6)


@eqx.filter_jit
def losses(model, x, key, rule, kind):
    """(loss, parts) and the gradient in the model."""
    return eqx.filter_value_and_grad(
        lambda model: vae.loss(model, x, key, rule, kind), has_aux=True
    )(model)


@eqx.filter_jit
def enumerated(model, x, noise):
    """Gradient of the negative ELBO over all states, in 64-bit."""
    every = jnp.asarray(states(model))

    def total(model):
        p = pt.expected_max(noise).probabilities(model.logits(x).astype(jnp.float64))
        chance = jnp.prod(jnp.sum(p[:, None] * every, -1), -1)
        logits = jax.vmap(model.decoder)(floats(every.reshape(len(every), -1)))
        f = jnp.sum(jax.nn.softplus(logits), -1) - x @ logits.T
        kl = jnp.sum(math.log(p.shape[-1]) + jnp.sum(p * jnp.log(p), -1), -1)
        return jnp.mean(jnp.sum(chance * f.astype(jnp.float64), -1) + kl)

    return eqx.filter_grad(total)(model)


class TestLoss:
    @pytest.mark.parametrize(
        ("noise", "latents"), [(pt.Gumbel(), 2), (pt.Normal(), 1)], ids=["gumbel", "normal"]
    )
    def test_exact(self, noise, latents) -> None:
        """The negative ELBO of every image, and its gradient in all parameters, by enumeration."""
        model, x = network(latents, 3, sharp=5.0), floats(NOISY[:6])
        (found, parts), slope = losses(model, x, KEY, es.Exact(noise), "argmax")
        np.testing.assert_allclose(found, elbo(model, x, noise).mean(), rtol=1e-5)
        mean = (chances(model, x, noise) * table(model, x)).sum(1)
        np.testing.assert_allclose(parts.reconstruction, mean, rtol=1e-5)
        np.testing.assert_allclose(
            parts.divergence, divergence(law(noise, theta_of(model, x))), atol=1e-4
        )
        for a, b in zip(leaves(slope), leaves(enumerated(model, x, noise)), strict=True):
            np.testing.assert_allclose(a, b, atol=2e-4 * np.abs(b).max(), rtol=1e-3)

    def test_divergences(self) -> None:
        """Which KL is reported, and which is differentiated: "none" is not."""
        model, x, rule = network(sharp=5.0), floats(NOISY[:6]), es.Relaxed(pt.Normal())
        theta = theta_of(model, x)
        soft = divergence(scipy.special.softmax(theta, -1))
        expected = {"argmax": divergence(law(pt.Normal(), theta)), "softmax": soft, "none": soft}
        slopes = {}
        for kind, kl in expected.items():
            (value, parts), slopes[kind] = losses(model, x, KEY, rule, kind)
            np.testing.assert_allclose(parts.divergence, kl, atol=1e-4)
            total = np.asarray(parts.reconstruction) + kl
            np.testing.assert_allclose(value, total.mean(), rtol=1e-5)

        @eqx.filter_jit
        def of_divergence(model):
            softmax = eqx.filter_grad(lambda m: jnp.mean(vae.softmax_divergence(m.logits(x))))
            argmax = eqx.filter_grad(
                lambda m: jnp.mean(vae.argmax_divergence(pt.Normal(), m.logits(x)))
            )
            reconstruction = eqx.filter_grad(
                lambda m: (
                    -jnp.mean(rule.surrogate(KEY, m.logits(x), lambda z: -m.reconstruction(x, z)))
                )
            )
            return softmax(model), argmax(model), reconstruction(model)

        softmax, argmax, reconstruction = map(leaves, of_divergence(model))
        zero = [np.zeros_like(a) for a in softmax]
        for kind, added in (("softmax", softmax), ("argmax", argmax), ("none", zero)):
            for a, b, c in zip(leaves(slopes[kind]), reconstruction, added, strict=True):
                np.testing.assert_allclose(a, b + c, atol=1e-4 * max(1.0, np.abs(b).max()))
        assert max(np.abs(a).max() for a in softmax) > 1e-3

    def test_direct_estimates_the_gradient_in_the_logits(self) -> None:
        """epsilon is small; the radius has room for its bias."""
        model, x = network(1, 3, sharp=5.0), floats(NOISY[:3])
        values = -table(model, x)
        values = values - values.mean(1, keepdims=True)
        theta = theta_of(model, x)
        p = scipy.special.softmax(theta[:, 0], -1)
        expected = p * (values - (p * values).sum(1, keepdims=True))

        @jax.jit
        def slopes(keys, epsilon):
            def one(key):
                f = vae._objective.log_likelihood(model, x, es.Direct())
                rule = es.Direct(epsilon)
                return jax.grad(lambda t: jnp.sum(rule.surrogate(key, t, f)))(floats(theta))[:, 0]

            return jax.vmap(one)(keys)

        draws = np.asarray(slopes(jax.random.split(KEY, 20_000), floats(0.02)), np.float64)
        error = draws.std(0) / np.sqrt(len(draws))
        # The bias is about epsilon times half the second derivative: 0.02 Var f / 2.
        bias = 0.02 * np.square(np.ptp(values, axis=1))[:, None]
        assert np.all(np.abs(draws.mean(0) - expected) <= 5 * error + bias)
        assert np.abs(expected).max() > 3 * (5 * error + bias).min()

    @pytest.mark.parametrize("latents", [1, 2])
    def test_a_step_of_direct_lowers_the_loss(self, latents) -> None:
        """With positive epsilon, as paper B has it; the KL is left out of the gradient."""
        model, x = network(latents, 3, sharp=5.0), floats(NOISY[:20])
        noise = pt.Normal()

        @eqx.filter_jit
        def mean_slope(model):
            def total(model, key):
                return vae.loss(model, x, key, es.Direct(1.0, noise), "none")[0]

            grads = jax.vmap(lambda k: eqx.filter_grad(total)(model, k))(jax.random.split(KEY, 300))
            return jax.tree.map(lambda a: jnp.mean(a, 0), grads)

        slope = mean_slope(model)

        def reconstruction(model):
            return (chances(model, x, noise) * table(model, x)).sum(1).mean()

        for part in ("encoder", "decoder"):
            arrays = eqx.filter(getattr(slope, part), eqx.is_array)
            step = jax.tree.map(lambda a: None if a is None else -2e-3 * a, arrays)
            new = eqx.apply_updates(getattr(model, part), step)
            moved = eqx.tree_at(operator.attrgetter(part), model, new)
            assert reconstruction(moved) < reconstruction(model) - 1e-5

    def test_values_are_those_of_one_draw(self) -> None:
        model, x = network(2, 3, sharp=5.0), floats(NOISY[:6])
        for rule in (es.ScoreFunction(), es.Direct(), es.Rebar()):
            parts = losses(model, x, KEY, rule, "none")[0][1]
            away = np.abs(np.asarray(parts.reconstruction)[:, None] - table(model, x)).min(1)
            assert away.max() < 1e-2


MLP = eqx.nn.MLP(6, "scalar", 4, 1, activation=jnp.tanh, dtype=jnp.float32, key=KEY)


def by_parameters(parameters, x):
    """A control variate of one value for each image."""
    return jnp.sum(jnp.tanh(parameters * x), (1, 2))


class Control(eqx.Module):
    """A network of all latents of each image."""

    inner: eqx.nn.MLP

    def __call__(self, x):
        return jax.vmap(self.inner)(x.reshape(len(x), -1))


RULES = {
    "relaxed-normal": (es.Relaxed(pt.Normal()), 2, 3),
    "relaxed-gumbel": (es.Relaxed(temperature=0.7), 2, 3),
    "straight-through": (es.Relaxed(pt.Normal(), 1.0, straight_through=True), 2, 3),
    "hessian": (es.StraightThrough(pt.Normal()), 2, 3),
    "direct": (es.Direct(1.0), 2, 3),
    "exact": (es.Exact(pt.Normal()), 1, 4),
    "score": (es.ScoreFunction(pt.Gumbel(), 2, "leave-one-out"), 2, 3),
    "rebar": (es.Rebar(), 2, 3),
    "relax-module": (es.Relax(Control(MLP)), 2, 3),
    "relax-partial": (es.Relax(Partial(by_parameters, jnp.ones((2, 3), jnp.float32))), 2, 3),
    "arm": (es.Arm(), 2, 2),
}
FAST = {"batch": 20, "learning_rate": 0.02}


def one_epoch(rule, images, number=0, schedule=None):
    """The state after an epoch that starts with new moments, in batches of 20."""
    start = _training._Progress.start(network(), vae.Training(rule)).state
    with jax.numpy_dtype_promotion("standard"):
        return _epoch.train_epoch(
            start, jnp.asarray(images), KEY, jnp.asarray(number), _epoch.traced(rule),
            schedule, "softmax", 20, 0.02,
        )[0]  # fmt: skip


class TestRules:
    @pytest.mark.parametrize("name", RULES)
    def test_trains(self, name) -> None:
        """From 543 nats, which is 784 log 2."""
        rule, latents, categories = RULES[name]
        training = vae.Training(rule, epochs=4, **FAST)
        model = network(latents, categories)
        before = leaves(model)
        found = vae.train(model, training, STRUCTURED, NOISY[:20])
        losses = [epoch.loss for epoch in found.history]
        assert len(losses) == 4
        assert losses[-1] < losses[0] - 40
        assert all(np.array_equal(a, b) for a, b in zip(before, leaves(model), strict=True))
        assert not any(
            np.array_equal(a, b) for a, b in zip(before, leaves(found.model), strict=True)
        )

    @pytest.mark.parametrize("name", ["relax-module", "relax-partial"])
    def test_the_control_of_relax_is_learnt(self, name) -> None:
        """By Adam, whose first steps are of the size of the rate, whatever the gradient."""
        rule = RULES[name][0]
        state = one_epoch(rule, STRUCTURED[:20])
        pairs = list(zip(leaves(rule.control), leaves(state.control), strict=True))
        assert pairs
        for before, after in pairs:
            np.testing.assert_allclose(np.abs(after - before).max(), 0.02, rtol=0.05)

    def test_the_step_of_the_control_lowers_the_variance(self) -> None:
        """Its gradient is that of the squared estimate, and is not in the model's."""
        control = Partial(by_parameters, jnp.ones((2, 3), jnp.float32))
        model, x = network(), floats(STRUCTURED[:20])

        @jax.jit
        def slope(c):
            """Of the loss alone, in the control."""
            return jax.grad(lambda c: vae.loss(model, x, KEY, es.Relax(c), "none")[0])(c)

        @jax.jit
        def square(c):
            theta, f = model.logits(x), vae._objective.log_likelihood(model, x, es.Relax(c))
            return jnp.sum(jnp.square(es.Relax(c)(KEY, theta, f))) / len(x)

        expected = jax.grad(square)(control).args[0]
        np.testing.assert_allclose(slope(control).args[0], expected, rtol=1e-3)
        assert np.all(np.abs(expected) > 0)


class TestSchedule:
    def test_stages(self) -> None:
        schedule = vae.Schedule(2.0, 0.1, 0.5, every=5)
        at = {0: 2.0, 4: 2.0, 5: 2 * math.exp(-0.5), 9: 2 * math.exp(-0.5), 10: 2 * math.exp(-1)}
        for i, value in (at | {14: 2 * math.exp(-1), 15: 0.5, 10_000: 0.5}).items():
            found = schedule(jnp.asarray(i))
            assert found.dtype == jnp.float32
            np.testing.assert_allclose(found, value, rtol=1e-6)
        assert float(vae.Schedule(0.3)(jnp.asarray(10**6))) == np.float32(0.3)

    @pytest.mark.parametrize("iterations", [2, 19, 20, 21, 100, 999, 5000])
    def test_ending_at(self, iterations) -> None:
        schedule = vae.ending_at(0.1, iterations, start=2.0)
        values = np.array(jax.vmap(schedule)(jnp.arange(iterations)))
        assert values[0] == 2
        np.testing.assert_allclose(values[-1], 0.1, rtol=1e-5)
        assert np.all(np.diff(values) <= 0)
        stages = np.unique(values)
        assert len(stages) <= 20
        if iterations % 20 == 0:
            assert len(stages) == 20
        ratios = stages[1:] / stages[:-1]
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-4)

    def test_published(self) -> None:
        last = float(vae.PUBLISHED(jnp.asarray(300 * 500 - 1)))
        np.testing.assert_allclose(last, math.exp(-1.49), rtol=1e-5)
        assert abs(last - 0.22) < 0.01
        assert float(vae.PUBLISHED(jnp.asarray(999))) == 1
        assert float(vae.PUBLISHED(jnp.asarray(1000))) < 1
        assert float(vae.PUBLISHED(jnp.asarray(10**6))) == np.float32(0.1)

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("start", {"start": 0.0}), ("start", {"start": math.nan}), ("rate", {"rate": -1e-5}),
            ("rate", {"rate": math.inf}), ("floor", {"floor": -0.1}),
            ("floor", {"floor": math.nan}), ("every", {"every": 0}), ("every", {"every": 1.5}),
            ("rate", {"rate": "slow"}), ("every", {"every": "3"}),
        ],
    )  # fmt: skip
    def test_numbers(self, name, arguments) -> None:
        with pytest.raises(ValueError, match=f"`{name}` must be"):
            vae.Schedule(**{"start": 1.0} | arguments)

    @pytest.mark.parametrize("end", [0.0, -1.0, math.nan, 2.0])
    def test_end(self, end) -> None:
        with pytest.raises(ValueError, match="must be"):
            vae.ending_at(end, 100)

    def test_is_what_the_rule_sees(self) -> None:
        """A schedule that is constant is a rule of that temperature, whatever the rule's own."""
        for rule, other in (
            (es.Relaxed(temperature=0.3), es.Relaxed(temperature=5.0)),
            (es.Direct(0.3), es.Direct(5.0)),
        ):
            found = [
                one_epoch(used, NOISY, 1, schedule).model
                for used, schedule in ((rule, None), (other, vae.Schedule(0.3)), (other, None))
            ]
            for a, b in zip(leaves(found[0]), leaves(found[1]), strict=True):
                np.testing.assert_allclose(a, b, atol=1e-6)
            assert not same(found[0], found[2])

    def test_goes_on_from_epoch_to_epoch(self) -> None:
        """Iteration 3 begins the second epoch of three batches: there the stage changes."""
        steep = vae.Schedule(1.0, 1.0, 0.2, every=3)
        for number, t in ((0, 1.0), (1, 0.2)):
            expected = one_epoch(es.Relaxed(temperature=t), NOISY, number).model
            found = one_epoch(es.Relaxed(), NOISY, number, steep).model
            for a, b in zip(leaves(found), leaves(expected), strict=True):
                np.testing.assert_allclose(a, b, atol=1e-6)

    def test_temperature_of_the_validation(self) -> None:
        halved = vae.Schedule(1.0, math.log(2), every=1)
        assert vae.Training(es.Relaxed(temperature=0.4)).temperature(7) == pytest.approx(0.4)
        assert vae.Training(es.Relaxed(), schedule=halved).temperature(3) == pytest.approx(0.125)
        assert vae.Training(es.Direct(0.1), schedule=halved).temperature(3) == 1
        assert vae.Training(es.Arm()).temperature(3) == 1
        assert vae.Training(es.Rebar(0.3)).temperature(3) == pytest.approx(0.3)


class TestTraining:
    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("divergence", {"divergence": "kl"}), ("divergence", {"divergence": None}),
            ("epochs", {"epochs": 0}), ("epochs", {"epochs": 2.0}), ("batch", {"batch": 0}),
            ("batch", {"batch": True}), ("draws", {"draws": -1}),
            ("learning_rate", {"learning_rate": 0.0}),
            ("learning_rate", {"learning_rate": math.nan}),
            ("seed", {"seed": -1}), ("seed", {"seed": 2**32}), ("seed", {"seed": 1.5}),
            ("schedule", {"rule": es.Arm(), "schedule": vae.PUBLISHED}),
            ("schedule", {"rule": es.ScoreFunction(), "schedule": vae.PUBLISHED}),
        ],
    )  # fmt: skip
    def test_settings(self, name, arguments) -> None:
        with pytest.raises(ValueError, match=f"`{name}` must"):
            vae.Training(**{"rule": es.Relaxed()} | arguments)

    def test_validation_has_the_temperature_of_the_last_step(self) -> None:
        """The schedule falls with every step: one step on is another number."""
        rule, schedule = es.Relaxed(temperature=1.0), vae.Schedule(2.0, rate=0.4, every=1)
        training = vae.Training(rule, "softmax", schedule, epochs=2, batch=20)
        found = vae.train(network(sharp=3.0), training, NOISY, NOISY)
        last = 2 * (len(NOISY) // 20) - 1
        key = jax.random.split(jax.random.fold_in(jax.random.key(0), 1))[1]
        again = [
            vae.evaluate(
                found.model, NOISY, rule.law, draws=1, key=key,
                temperature=2.0 * math.exp(-0.4 * step),
            ).relaxed
            for step in (last, last + 1)
        ]  # fmt: skip
        seen = found.history[-1].validation.relaxed
        assert abs(again[1] - again[0]) > 1e-2
        np.testing.assert_allclose(seen, again[0], rtol=1e-5)

    @pytest.mark.parametrize("rule", [None, "relaxed", es.Relaxed])
    def test_rule(self, rule) -> None:
        with pytest.raises(TypeError, match="`rule` must be an estimator"):
            vae.Training(rule)

    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (NOISY * 255, "must be 0 or 1, got 255"),
            (NOISY * 0.5, "must be 0 or 1, got 0.5"),
            (np.where(NOISY, np.nan, 0.0), "must be 0 or 1, got nan"),
            (NOISY.reshape(-1, 28, 28), r"must be an array of numbers of shape \(n, 784\)"),
            (NOISY[:0], r"must be an array of numbers of shape \(n, 784\) with n > 0"),
            (NOISY[:, :700], r"must be an array of numbers of shape \(n, 784\)"),
            (NOISY.astype(complex), r"must be an array of numbers .* got complex128"),
            ([[0, 1], [0]], r"must be an array of numbers .* got \[\[0, 1\], \[0\]\]"),
        ],
    )
    def test_images(self, images, message) -> None:
        training = vae.Training(es.Relaxed(), epochs=1, **FAST)
        with pytest.raises(ValueError, match=f"`images` {message}"):
            vae.train(network(), training, images, NOISY)
        with pytest.raises(ValueError, match=f"`validation` {message}"):
            vae.train(network(), training, NOISY, images)
        with pytest.raises(ValueError, match=f"`images` {message}"):
            vae.evaluate(network(), images, pt.Gumbel(), key=KEY)
        with pytest.raises(ValueError, match=f"`images` {message}"):
            vae.importance_bound(network(), images, pt.Gumbel(), key=KEY)

    def test_fewer_than_a_batch(self) -> None:
        with pytest.raises(ValueError, match="`images` must be at least one batch of 20, got 19"):
            vae.train(network(), vae.Training(es.Relaxed(), **FAST), NOISY[:19], NOISY)

    def test_absurd_learning_rate(self, tmp_path) -> None:
        path = tmp_path / "run"
        training = vae.Training(es.Relaxed(), epochs=3, batch=20, learning_rate=1e30)
        with pytest.raises(ValueError, match=r"`learning_rate` must keep .* 1e\+30: in epoch 1 "):
            vae.train(network(), training, NOISY, NOISY, checkpoint=path)
        assert not path.exists()

    def test_a_last_step_that_destroys_the_model(self, tmp_path) -> None:
        """The loss is seen before every step: of one step alone, the validation tells."""
        training = vae.Training(es.Relaxed(), epochs=1, batch=60, learning_rate=1e30)
        with pytest.raises(ValueError, match=r"`learning_rate` must keep .* and then nan"):
            vae.train(network(), training, NOISY, NOISY, checkpoint=tmp_path / "run")
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize(
        ("rule", "name"),
        [
            (es.Relaxed(pt.Normal(), -1.0), "temperature"), (es.Direct(math.nan), "epsilon"),
            (es.Arm(), "theta"),
            (es.Relaxed(pt.Normal(np.ones(5))), "theta"),
        ],
    )  # fmt: skip
    def test_rules_that_do_not_fit(self, rule, name) -> None:
        with pytest.raises(ValueError, match=f"`{name}` must"):
            vae.train(network(), vae.Training(rule, **FAST), NOISY, NOISY)

    def test_other_types(self) -> None:
        training = vae.Training(es.Relaxed(), **FAST)
        with pytest.raises(TypeError, match="`model` must be a DiscreteVAE, got 'm'"):
            vae.train("m", training, NOISY, NOISY)
        with pytest.raises(TypeError, match="`training` must be a Training"):
            vae.train(network(), es.Relaxed(), NOISY, NOISY)
        with pytest.raises(TypeError, match=r"`schedule` must be a Schedule or None, got 0\.5"):
            vae.Training(es.Relaxed(), schedule=0.5)

    def test_history_is_of_the_batches_and_of_the_validation(self) -> None:
        """One batch: the loss before the only step of an epoch, and the bounds after it."""
        training = vae.Training(es.Exact(), epochs=1, batch=60, learning_rate=0.02)
        model = network(1, 3)
        found = vae.train(model, training, STRUCTURED, NOISY[:20])
        (epoch,) = found.history
        np.testing.assert_allclose(
            epoch.loss, elbo(model, STRUCTURED, pt.Gumbel()).mean(), rtol=1e-5
        )
        kl = divergence(scipy.special.softmax(theta_of(model, STRUCTURED), -1)).mean()
        np.testing.assert_allclose(epoch.divergence, kl, atol=1e-5)
        after = elbo(found.model, NOISY[:20], pt.Gumbel()).mean()
        np.testing.assert_allclose(epoch.validation.bound, after, rtol=1e-5)

    def test_every_epoch_has_draws_of_its_own(self) -> None:
        """Without steps worth the name: what differs is the noise."""
        training = vae.Training(es.Relaxed(), epochs=3, batch=20, learning_rate=1e-12)
        model = network(sharp=5.0)
        history = vae.train(model, training, STRUCTURED, NOISY[:20]).history
        for numbers in (
            [epoch.reconstruction for epoch in history],
            [epoch.validation.relaxed for epoch in history],
            [epoch.validation.hard for epoch in history],
        ):
            assert len(set(numbers)) == 3
            assert np.ptp(numbers) > 1e-3
        np.testing.assert_allclose([epoch.divergence for epoch in history], history[0].divergence)

    def test_best_epochs(self) -> None:
        """Images of noise are learnt by heart: the validation is best early on."""
        seen = []
        training = vae.Training(es.Relaxed(pt.Normal()), epochs=4, batch=20, learning_rate=0.05)
        found = vae.train(
            network(), training, NOISY[:40], NOISY[40:],
            after_epoch=lambda model, history: seen.append((model, len(history))),
        )  # fmt: skip
        assert [number for _, number in seen] == [1, 2, 3, 4]
        assert same(seen[-1][0], found.model)
        assert vae.CRITERIA == ("bound", "as_published", "relaxed_loss") == tuple(found.best)
        for name in vae.CRITERIA:
            numbers = [getattr(epoch.validation, name) for epoch in found.history]
            assert found.best_epoch[name] == 1 + int(np.argmin(numbers))
            assert same(found.best[name], seen[found.best_epoch[name] - 1][0])
        assert found.best_epoch["bound"] < 4

    def test_every_criterion_has_its_own_best(self) -> None:
        """Made-up numbers: each criterion is lowest in another epoch, and ties go to the first."""
        training = vae.Training(es.Relaxed())
        models = [network(seed=s) for s in range(4)]
        made = [(5, 1, 9, 0), (9, 9, 0, 2), (5, 0, 9, 1), (5, 4, 4, 4)]
        progress = _training._Progress.start(network(seed=9), training)
        for model, (hard, relaxed, kl, soft) in zip(models, made, strict=True):
            bounds = vae.Bounds(float(relaxed), float(hard), 0.1, float(kl), float(soft))
            epoch = _training.Epoch(1.0, 1.0, bounds)
            progress = progress.after(progress.state._replace(model=model), epoch)
        # bound: 14 9 14 9; as published: 5 11 6 9; relaxed loss: 1 11 1 8
        best = {"bound": 2, "as_published": 1, "relaxed_loss": 1}
        assert progress.best_epoch == best
        for name, number in best.items():
            assert same(progress.best[name], models[number - 1])


class KilledError(Exception):
    """What stops a run in the middle."""


def run(epochs, path=None, rule=None, *, kill=None, **options):
    def after(model, history):
        if len(history) == kill:
            raise KilledError

    rule = rule or es.Relaxed(pt.Normal())
    training = vae.Training(rule, epochs=epochs, **FAST | options)
    return vae.train(
        network(), training, STRUCTURED, NOISY[:20], checkpoint=path, after_epoch=after
    )


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """The bytes of one after an epoch."""
    path = tmp_path_factory.mktemp("checkpoint") / "run"
    run(1, path)
    return path.read_bytes()


class TestCheckpoint:
    @pytest.mark.parametrize("name", ["relaxed-normal", "relax-module"])
    def test_a_run_that_goes_on_is_the_run(self, name, tmp_path) -> None:
        rule, path = RULES[name][0], tmp_path / "run"
        whole = run(4, rule=rule)
        first = run(2, str(path), rule)
        assert first.history == whole.history[:2]
        with pytest.raises(KilledError):
            run(4, path, rule, kill=3)
        found = run(4, path, rule)
        assert same(found, whole)
        assert found.history == whole.history
        assert found.best_epoch == whole.best_epoch
        assert same(found.best, whole.best)
        assert isinstance(found.history[0].validation, vae.Bounds)
        assert list(tmp_path.iterdir()) == [path]
        # There is nothing left to do.
        calls = []
        training = vae.Training(rule, epochs=4, **FAST)
        again = vae.train(
            network(), training, STRUCTURED, NOISY[:20], checkpoint=path,
            after_epoch=lambda *a: calls.append(a),
        )  # fmt: skip
        assert same(again, whole)
        assert calls == []

    def test_another_seed_is_another_run(self) -> None:
        assert not same(run(1).model, run(1, seed=1).model)
        assert same(run(1).model, run(1).model)

    @pytest.mark.parametrize(
        "harm",
        [
            lambda b: b"", lambda b: b"not a checkpoint", lambda b: b[:-1], lambda b: b[:100],
            lambda b: b[: len(b) // 2], lambda b: b[:-5] + bytes([b[-5] ^ 1]) + b[-4:],
            lambda b: b.replace(b"checkpoint 2", b"checkpoint 1"), lambda b: b"{}\n" + b,
            lambda b: b"[1]\n", lambda b: b"\xff\xfe\n",
            lambda b: b.replace(b'"history": [[', b'"history": [[1'),
        ],
    )  # fmt: skip
    def test_corrupt(self, harm, tmp_path, checkpoint) -> None:
        path = tmp_path / "run"
        path.write_bytes(harm(checkpoint))
        with pytest.raises(vae.CheckpointError, match=r"run: the checkpoint cannot .* delete it"):
            run(4, path)
        assert path.read_bytes() == harm(checkpoint)

    @pytest.mark.parametrize(
        "options",
        [
            {"seed": 1}, {"learning_rate": 0.01}, {"divergence": "softmax"}, {"batch": 10},
            {"rule": es.Relaxed(pt.Normal(2.0))}, {"rule": es.Relaxed(pt.Normal(), 0.9)},
            {"schedule": vae.PUBLISHED}, {"draws": 2},
        ],
    )  # fmt: skip
    def test_other_settings(self, options, tmp_path, checkpoint) -> None:
        path = tmp_path / "run"
        path.write_bytes(checkpoint)
        with pytest.raises(vae.CheckpointError, match=r"run: .* other settings .* delete it"):
            run(4, path, **options)
        assert path.read_bytes() == checkpoint

    def test_other_images_or_shapes(self, tmp_path, checkpoint) -> None:
        path, training = tmp_path / "run", vae.Training(es.Relaxed(pt.Normal()), epochs=2, **FAST)
        path.write_bytes(checkpoint)
        for images, held_out in ((NOISY, NOISY[:20]), (STRUCTURED, NOISY[:19])):
            with pytest.raises(vae.CheckpointError, match=r"run: .* other settings or images"):
                vae.train(network(), training, images, held_out, checkpoint=path)
        with pytest.raises(vae.CheckpointError, match=r"run: .* other settings or images"):
            vae.train(network(2, 4), training, STRUCTURED, NOISY[:20], checkpoint=path)

    def test_another_start(self, tmp_path, checkpoint) -> None:
        """The model where a run starts is one of its settings."""
        path, training = tmp_path / "run", vae.Training(es.Relaxed(pt.Normal()), epochs=2, **FAST)
        path.write_bytes(checkpoint)
        with pytest.raises(vae.CheckpointError, match=r"run: "):
            vae.train(network(seed=5), training, STRUCTURED, NOISY[:20], checkpoint=path)

    def test_fewer_epochs_than_there_are(self, tmp_path) -> None:
        path = tmp_path / "run"
        run(2, path)
        with pytest.raises(vae.CheckpointError, match=r"run: .* 2 epochs already, more than 1"):
            run(1, path)

    def test_no_directory(self, tmp_path) -> None:
        with pytest.raises(vae.CheckpointError, match=r"lies in no directory; make .*none"):
            run(1, tmp_path / "none" / "run")

    def test_a_write_that_fails_leaves_the_file_before(
        self, tmp_path, checkpoint, monkeypatch
    ) -> None:
        path = tmp_path / "run"
        path.write_bytes(checkpoint)

        def full(*paths):
            raise OSError("no space left")

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", full)
            with pytest.raises(OSError, match="no space left"):
                run(2, path)
        assert path.read_bytes() == checkpoint
        assert list(tmp_path.iterdir()) == [path]
        assert same(run(2, path), run(2))

    def test_says_what_it_is(self, checkpoint) -> None:
        kind, meta, _ = checkpoint.split(b"\n", 2)
        assert kind.startswith(b"perturbtheory checkpoint 2 ")
        head = json.loads(meta)
        assert "Normal" in head["settings"]
        assert len(head["history"]) == 1


class TestEvaluation:
    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=["gumbel", "normal"])
    def test_one_latent_is_exact(self, noise) -> None:
        model = network(1, 4, sharp=5.0)
        found = vae.evaluate(model, NOISY, noise, key=KEY)
        mean = (chances(model, NOISY, noise) * table(model, NOISY)).sum(1)
        theta = theta_of(model, NOISY)
        np.testing.assert_allclose(found.hard, mean.mean(), rtol=1e-6)
        np.testing.assert_allclose(found.hard_error, mean.std() / math.sqrt(60), rtol=1e-4)
        np.testing.assert_allclose(
            found.divergence, divergence(law(noise, theta)).mean(), atol=2e-5
        )
        soft = divergence(scipy.special.softmax(theta, -1)).mean()
        np.testing.assert_allclose(found.softmax_divergence, soft, atol=1e-5)
        np.testing.assert_allclose(found.bound, elbo(model, NOISY, noise).mean(), rtol=1e-6)
        assert found.as_published == found.hard + found.softmax_divergence
        assert found.relaxed_loss == found.relaxed + found.softmax_divergence
        assert found.bound > evidence(model, NOISY).mean()

    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=["gumbel", "normal"])
    def test_two_latents(self, noise, monkeypatch) -> None:
        """Draws of one image, so that the spread is of draws alone."""
        monkeypatch.setattr(_evaluation, "_BATCH", 1)
        model, x, draws = network(2, 3, sharp=5.0), NOISY[:1], 4000
        found = vae.evaluate(model, x, noise, key=KEY, draws=draws)
        q, values = chances(model, x, noise)[0], table(model, x)[0]
        mean = q @ values
        error = math.sqrt(q @ (values - mean) ** 2 / draws)
        assert abs(found.hard - mean) <= 5 * error + 1e-6 * mean
        assert np.ptp(values) > 50 * error

    def test_relaxed(self) -> None:
        """Hot: the centre of the simplices; cold: one-hot; and at its own temperature by draws."""
        model = network(2, 3, sharp=5.0)
        hot = vae.evaluate(model, NOISY, pt.Normal(), temperature=1e6, key=KEY).relaxed
        centre = negative_log(model, NOISY, np.full((60, 2, 3), 1 / 3)).mean()
        np.testing.assert_allclose(hot, centre, rtol=1e-5)
        cold = vae.evaluate(model, NOISY[:1], pt.Normal(), temperature=1e-4, key=KEY).relaxed
        assert np.abs(cold - table(model, NOISY[:1])).min() < 0.01
        many, rng = np.tile(NOISY[:1], (500, 1)), np.random.default_rng(6)
        found = vae.evaluate(model, many, pt.Normal(), temperature=0.7, key=KEY).relaxed
        x = theta_of(model, many) + rng.normal(size=(500, 2, 3))
        values = negative_log(model, many, scipy.special.softmax(x / 0.7, -1))
        assert abs(found - values.mean()) <= 5 * values.std() * math.sqrt(2 / 500)

    def test_the_last_batch_is_cut_off(self) -> None:
        """Two batches and a part of a third: every image counts once, in order."""
        model, many = network(1, 3, sharp=5.0), np.tile(NOISY, (18, 1))[:1030]
        many[-1] = 1
        found = vae.evaluate(model, many, pt.Normal(), key=KEY)
        mean = (chances(model, many, pt.Normal()) * table(model, many)).sum(1)
        np.testing.assert_allclose(found.hard, mean.mean(), rtol=1e-6)
        parts = _evaluation._over_batches(
            _evaluation._parts, model, many, KEY, pt.Normal(), floats(1.0), 1
        )
        assert {a.shape for a in parts.values()} == {(1030,)}
        np.testing.assert_allclose(parts["hard"], mean, rtol=1e-5)

    def test_batches_have_draws_of_their_own_and_padding_has_no_part(self) -> None:
        model, x = network(2, 3, sharp=5.0), np.tile(NOISY[:1], (1000, 1))

        def relaxed(images):
            options = (pt.Normal(), floats(1.0), 1)
            found = _evaluation._over_batches(_evaluation._parts, model, images, KEY, *options)
            return found["relaxed"]

        whole = relaxed(x)
        # Two programs, whose sums may differ in the last bit; draws differ by tenths of a nat.
        np.testing.assert_allclose(relaxed(x[:60]), whole[:60], rtol=1e-6)
        assert not np.any(whole[:500] == whole[500:])

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("temperature", {"temperature": -1.0}), ("temperature", {"temperature": 0.0}),
            ("temperature", {"temperature": math.nan}), ("draws", {"draws": 0}),
            ("key", {"key": None}), ("key", {"key": 3}), ("noise", {"noise": "normal"}),
            ("theta", {"noise": pt.Normal(np.ones(2))}),
        ],
    )  # fmt: skip
    def test_options(self, name, options) -> None:
        both = {"noise": pt.Normal(), "key": KEY} | options
        with pytest.raises((ValueError, TypeError), match=f"`{name}` must"):
            vae.evaluate(network(), NOISY, **both)
        if name != "temperature":
            with pytest.raises((ValueError, TypeError), match=f"`{name}` must"):
                vae.importance_bound(network(), NOISY, **both)

    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=["gumbel", "normal"])
    def test_importance_bound(self, noise, monkeypatch) -> None:
        """Its mean over draws of one image: the bound for one draw, -log p(x) for many."""
        model, many = network(2, 3, sharp=20.0), np.tile(NOISY[:1], (500, 1))
        q, values = chances(model, many[:1], noise)[0], table(model, many[:1])[0]
        weights = -values - 2 * np.log(3) - np.log(q)
        exact = evidence(model, many[:1])[0]
        np.testing.assert_allclose(-scipy.special.logsumexp(np.log(q) + weights), exact)
        one = vae.importance_bound(model, many, noise, draws=1, key=KEY)
        bound = elbo(model, many[:1], noise)[0]
        error = math.sqrt(q @ (weights + bound) ** 2 / 500)
        assert abs(one - bound) <= 5 * error + 1e-6 * bound
        # Two draws, exactly: all pairs of states.
        pairs = np.logaddexp(weights[:, None], weights) - math.log(2)
        chance = q[:, None] * q
        mean = -np.sum(chance * pairs)
        error = math.sqrt(np.sum(chance * (pairs + mean) ** 2) / 500)
        two = vae.importance_bound(model, many, noise, draws=2, key=KEY)
        assert abs(two - mean) <= 5 * error + 1e-6 * bound
        monkeypatch.setattr(_evaluation, "_BATCH", 20)
        lots = vae.importance_bound(model, many[:20], noise, draws=500, key=KEY)
        assert exact - 0.05 <= lots < one
        assert lots < mean
        assert bound - exact > 0.1
