"""Discrete VAEs: the network, its divergences, its loss and gradient, against enumeration.

Sampled numbers are compared within 5 standard errors.
"""

import math
import operator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models import vae
from tests.models.vae.networks import (
    KEY,
    NOISY,
    chances,
    divergence,
    elbo,
    floats,
    law,
    layers,
    leaves,
    negative_log,
    network,
    same,
    states,
    table,
    theta_of,
)


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
