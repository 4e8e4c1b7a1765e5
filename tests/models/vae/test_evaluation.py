"""Discrete VAEs: bounds of a trained network, by enumeration and by importance."""

import math

import numpy as np
import pytest
import scipy.special

import perturbtheory as pt
from perturbtheory.models import vae
from perturbtheory.models.vae import _evaluation, _images
from tests.models.vae.networks import (
    KEY,
    NOISY,
    chances,
    divergence,
    elbo,
    evidence,
    floats,
    law,
    negative_log,
    network,
    table,
    theta_of,
)


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
        monkeypatch.setattr(_images, "BATCH", 1)
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
        parts = vae.over_batches(_evaluation._parts, model, many, KEY, pt.Normal(), floats(1.0), 1)
        assert {a.shape for a in parts.values()} == {(1030,)}
        np.testing.assert_allclose(parts["hard"], mean, rtol=1e-5)

    def test_batches_have_draws_of_their_own_and_padding_has_no_part(self) -> None:
        model, x = network(2, 3, sharp=5.0), np.tile(NOISY[:1], (1000, 1))

        def relaxed(images):
            options = (pt.Normal(), floats(1.0), 1)
            found = vae.over_batches(_evaluation._parts, model, images, KEY, *options)
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
        monkeypatch.setattr(_images, "BATCH", 20)
        lots = vae.importance_bound(model, many[:20], noise, draws=500, key=KEY)
        assert exact - 0.05 <= lots < one
        assert lots < mean
        assert bound - exact > 0.1
