"""Discrete VAEs: settings of a training run, what it refuses, its history and best epochs."""

import math

import jax
import numpy as np
import pytest
import scipy.special

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models import vae
from perturbtheory.models.vae import _training
from tests.models.vae.networks import (
    FAST,
    KEY,
    NOISY,
    STRUCTURED,
    divergence,
    elbo,
    network,
    same,
    theta_of,
)


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
            epoch = vae.Epoch(1.0, 1.0, bounds)
            progress = progress.after(progress.state._replace(model=model), epoch, 1.0)
        # bound: 14 9 14 9; as published: 5 11 6 9; relaxed loss: 1 11 1 8
        best = {"bound": 2, "as_published": 1, "relaxed_loss": 1}
        assert progress.best_epoch == best
        for name, number in best.items():
            assert same(progress.best[name], models[number - 1])
