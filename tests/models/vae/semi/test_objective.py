"""The losses of a batch, against enumeration, finite differences and one another."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models.vae import semi
from tests.models.vae.networks import divergence, floats, law, leaves
from tests.models.vae.semi.mixed import (
    KEY,
    X,
    attributes,
    encode,
    mixture,
    negative_log,
    of_category,
    row_divergence,
)


class TestNetwork:
    def test_encoder_is_the_one_of_the_paper(self) -> None:
        for model in (mixture(), attributes()):
            found, logits = eqx.filter_jit(lambda m, x: (m.encode(x), m.logits(x)))(
                model, floats(X)
            )
            theta, mean, log_variance = encode(model, X)
            np.testing.assert_allclose(found.theta, theta, atol=1e-5)
            np.testing.assert_allclose(logits, theta, atol=1e-5)
            np.testing.assert_allclose(found.mean, mean, atol=1e-5)
            np.testing.assert_allclose(found.log_variance, log_variance, atol=1e-5)
            expected = row_divergence(mean, log_variance)
            np.testing.assert_allclose(found.divergence, expected, rtol=1e-4, atol=1e-5)
        assert semi.Widths() == (400, 200, 100, 100, 66, 400)
        assert np.abs(mean[:1] - mean).max() > 1e-3

    def test_rows_have_laws_of_their_own(self) -> None:
        _, mean, _ = encode(mixture(), X)
        assert np.abs(mean[:, 0] - mean[:, 1]).max() > 1e-3

    def test_rows_are_drawn_from_them(self) -> None:
        encoded = mixture().encode(floats(X[:1]))
        draws = np.asarray(jax.vmap(encoded.rows)(jax.random.split(KEY, 4000)), np.float64)[:, 0]
        mean = np.asarray(encoded.mean[0], np.float64)
        sigma = np.exp(np.asarray(encoded.log_variance[0], np.float64) / 2)
        assert np.all(np.abs(draws.mean(0) - mean) <= 5 * sigma / np.sqrt(4000))
        assert np.all(np.abs(draws.var(0) / sigma**2 - 1) <= 5 * np.sqrt(2 / 4000))

    def test_what_the_decoder_sees(self) -> None:
        """One row of c, the one that z chooses; or z beside c."""
        model, c = mixture(), floats(np.arange(12).reshape(2, 3, 2))
        z = floats(np.eye(3)[[2, 0]][:, None])
        assert model.code(z, c).tolist() == [[0, 0, 0, 0, 4, 5], [6, 7, 0, 0, 0, 0]]
        assert model.used(z, floats([[1, 2, 3], [4, 5, 6]])).tolist() == [3, 4]
        other, c = attributes(), floats([[[7, 8, 9]]])
        assert other.code(floats([[[1, 0], [0, 1]]]), c).tolist() == [[1, 0, 0, 1, 7, 8, 9]]
        assert other.used(z, floats([[5]])).tolist() == [5]

    @pytest.mark.parametrize(
        ("make", "name"),
        [
            (lambda: semi.MixtureVAE(1, key=KEY), "categories"),
            (lambda: semi.MixtureVAE(3, 0, key=KEY), "continuous"),
            (lambda: semi.AttributeVAE(0, key=KEY), "latents"),
            (lambda: semi.MixtureVAE(widths=semi.Widths(head=0), key=KEY), "head"),
            (lambda: semi.MixtureVAE(key=None), "key"),
        ],
    )
    def test_arguments(self, make, name) -> None:
        with pytest.raises(ValueError, match=f"`{name}` must be"):
            make()


@eqx.filter_jit
def unlabelled(model, x, key, rule, kind):
    return semi.unlabelled(model, x, key, rule, kind)


def total(model, rule, kind, key=KEY):
    _, evidence, kl = unlabelled(model, floats(X), key, rule, kind)
    return jnp.mean(evidence + kl)


class TestUnlabelled:
    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=["gumbel", "normal"])
    def test_sum_over_categories(self, noise) -> None:
        """The objective of M2 for images without labels, category by category, at one draw of c."""
        model = mixture()
        theta, found, kl = unlabelled(model, floats(X), KEY, es.Exact(noise), "argmax")
        c = model.encode(floats(X)).rows(jax.random.split(KEY)[0])
        p = law(noise, encode(model, X)[0])[:, 0]
        values = [sum(of_category(model, X, c, k)) for k in range(3)]
        np.testing.assert_allclose(found, (p * np.stack(values, 1)).sum(1), rtol=1e-5)
        np.testing.assert_allclose(kl, divergence(p[:, None]), atol=1e-4)
        np.testing.assert_allclose(theta, encode(model, X)[0], atol=1e-5)

    def test_its_gradient(self) -> None:
        """In all parameters, of the sum over categories written out."""
        model = mixture()

        def enumerated(model):
            encoded = model.encode(floats(X))
            c = encoded.rows(jax.random.split(KEY)[0])
            p = jax.nn.softmax(encoded.theta[:, 0])
            value = 0.0
            for k in range(3):
                code = jnp.zeros_like(c).at[:, k].set(c[:, k]).reshape(len(X), -1)
                logits = jax.vmap(model.decoder)(code)
                f = jnp.sum(jnp.logaddexp(0, logits) - floats(X) * logits, -1)
                value = value + p[:, k] * (f + encoded.divergence[:, k] + jnp.log(3 * p[:, k]))
            return jnp.mean(value)

        slopes = (lambda m: total(m, es.Exact(), "argmax"), enumerated)
        found, expected = (eqx.filter_jit(eqx.filter_grad(f))(model) for f in slopes)
        for a, b in zip(leaves(found), leaves(expected), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4 * np.abs(b).max() + 1e-6)

    def test_direct_at_small_epsilon(self) -> None:
        """The mean gradient in the logits is that of sum p_k(theta) f_k, by finite differences."""
        model, x = mixture(), floats(X[:2])
        encoded = model.encode(x)
        f = semi.log_evidence(model, x, encoded, KEY)
        c = jax.jit(type(encoded).rows)(encoded, KEY)
        values = -np.stack([sum(of_category(model, X[:2], c, k)) for k in range(3)], 1)
        theta = encode(model, X[:2])[0][:, 0]

        def mean(theta):
            return (scipy.special.softmax(theta, -1) * values).sum()

        step = 1e-5 * np.eye(6).reshape(6, 2, 3)
        expected = np.reshape([(mean(theta + s) - mean(theta - s)) / 2e-5 for s in step], (2, 3))
        rule = es.Direct(0.02)
        slopes = jax.jit(
            jax.vmap(
                jax.grad(lambda t, k: jnp.sum(rule.surrogate(k, t, f)).astype(jnp.float32)),
                (None, 0),
            )
        )(encoded.theta, jax.random.split(KEY, 20_000))
        draws = np.asarray(slopes, np.float64)[:, :, 0]
        error = draws.std(0) / np.sqrt(len(draws))
        bias = 0.02 * np.square(np.ptp(values, axis=1))[:, None]
        assert np.all(np.abs(draws.mean(0) - expected) <= 5 * error + bias)
        assert np.abs(expected).max() > 3 * (5 * error + bias).min()

    def test_relaxed_rows_are_multiplied(self) -> None:
        """At a hot temperature z is the centre: every row by a third, and a third of its KL."""
        model = mixture()
        _, found, _ = unlabelled(model, floats(X), KEY, es.Relaxed(temperature=1e6), "softmax")
        c = model.encode(floats(X)).rows(jax.random.split(KEY)[0])
        _, mean, log_variance = encode(model, X)
        code = np.asarray(c, np.float64).reshape(len(X), -1) / 3
        expected = negative_log(model, X, code) + row_divergence(mean, log_variance).mean(-1)
        np.testing.assert_allclose(found, expected, rtol=1e-4)

    def test_none_leaves_the_divergence_out(self) -> None:
        model, rule = mixture(), es.Direct(1.0)
        slopes = [
            eqx.filter_jit(eqx.filter_grad(lambda m, k=kind: total(m, rule, k)))(model)
            .discrete.layers[1]
            .bias
            for kind in ("none", "softmax", "argmax")
        ]
        soft = eqx.filter_grad(
            lambda m: jnp.mean(
                jnp.sum(jax.nn.softmax(m.logits(floats(X))) *
                        jax.nn.log_softmax(m.logits(floats(X))), (1, 2))
            )
        )(model).discrete.layers[1].bias  # fmt: skip
        assert np.abs(soft).max() > 1e-4
        for found in slopes[1:]:
            np.testing.assert_allclose(found - slopes[0], soft, atol=1e-6)


class TestLabels:
    LABELS = np.array([[0], [2], [1], [1], [0], [2]])

    def test_bound_at_the_label(self) -> None:
        """log K - f(y), by the row of the label alone."""
        model = mixture()
        found = semi.given_labels(model, floats(X), jnp.asarray(self.LABELS), KEY)
        c = model.encode(floats(X)).rows(KEY)
        values = np.stack([sum(of_category(model, X, c, k)) for k in range(3)], 1)
        expected = np.take_along_axis(values, self.LABELS, 1)[:, 0] + np.log(3)
        np.testing.assert_allclose(found, expected, rtol=1e-5)

    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=["gumbel", "normal"])
    def test_exact_is_the_cross_entropy(self, noise) -> None:
        theta = 2 * np.random.default_rng(1).normal(size=(6, 1, 3))
        found = semi.label_loss(es.Exact(noise), KEY, floats(theta), jnp.asarray(self.LABELS))
        p = np.take_along_axis(law(noise, theta), self.LABELS[..., None], -1)
        np.testing.assert_allclose(found, -np.log(p).sum((1, 2)), rtol=1e-3)

    def test_latents_are_summed_over(self) -> None:
        theta = floats(np.random.default_rng(1).normal(size=(6, 2, 3)))
        labels = np.concatenate([self.LABELS, self.LABELS[::-1]], 1)
        found = semi.label_loss(es.Exact(), KEY, theta, jnp.asarray(labels))
        each = [
            semi.label_loss(es.Exact(), KEY, theta[:, [n]], jnp.asarray(labels[:, [n]]))
            for n in (0, 1)
        ]
        np.testing.assert_allclose(found, sum(each), rtol=1e-5)

    def test_relaxed(self) -> None:
        """-log s_y at the temperature: no less than zero, and its gradient is its own."""
        theta, rule = floats([[[0.3, -0.2, 0.1]]]), es.Relaxed(temperature=0.5)
        y = jnp.asarray([[1]])
        found, slope = jax.value_and_grad(lambda t: semi.label_loss(rule, KEY, t, y)[0])(theta)
        x = np.asarray(theta + es.draw(rule.law, KEY, theta), np.float64)[0, 0] / 0.5
        s = scipy.special.softmax(x)
        np.testing.assert_allclose(found, -np.log(s[1]), rtol=1e-5)
        np.testing.assert_allclose(slope[0, 0], (s - [0, 1, 0]) / 0.5, rtol=1e-4)

    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=["gumbel", "normal"])
    def test_direct_is_a_draw_of_the_cross_entropy(self, noise) -> None:
        """z*(epsilon) = y: one draw of p - y, whatever epsilon."""
        theta, y = floats([[[1.0, -0.5, 0.2]]]), jnp.asarray([[1]])
        p = law(noise, theta)[0, 0]

        def one(key):
            return jax.value_and_grad(
                lambda t: semi.label_loss(es.Direct(0.3, noise), key, t, y)[0]
            )(theta)

        values, slopes = jax.jit(jax.vmap(one))(jax.random.split(KEY, 4000))
        z = np.asarray(slopes, np.float64)[:, 0, 0] + [0, 1, 0]
        assert set(np.unique(z)) == {0, 1}
        assert np.all(z.sum(1) == 1)
        assert np.all(np.abs(z.mean(0) - p) <= 5 * np.sqrt(p * (1 - p) / 4000))
        np.testing.assert_array_equal(values, 1 - z[:, 1])

    @pytest.mark.parametrize(
        "rule", [es.Direct(1.0), es.Relaxed(), es.Exact()], ids=["direct", "gsm", "exact"]
    )
    def test_a_step_moves_towards_the_label(self, rule) -> None:
        """On average over 300 draws of the noise."""
        theta = floats(np.random.default_rng(2).normal(size=(6, 1, 3)))
        y = jnp.asarray(self.LABELS)

        def slope(key):
            return jax.grad(lambda t: jnp.sum(semi.label_loss(rule, key, t, y)))(theta)

        mean = jnp.mean(jax.vmap(slope)(jax.random.split(KEY, 300)), 0)
        before, after = (
            np.take_along_axis(np.asarray(jax.nn.softmax(t)), self.LABELS[..., None], -1)
            for t in (theta, theta - 0.1 * mean)
        )
        assert np.all(after > before + 1e-3)
