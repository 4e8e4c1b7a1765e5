"""Training with labels: what the task takes and refuses, what it learns, and how it is measured."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import perturbtheory as pt
from perturbtheory import data
from perturbtheory import estimators as es
from perturbtheory.models import vae
from perturbtheory.models.vae import _images, semi
from tests.models.vae.networks import divergence, floats, law, same
from tests.models.vae.semi.mixed import (
    CLASSES,
    KEY,
    PATTERNS,
    attributes,
    encode,
    mixture,
    negative_log,
    of_category,
)

ALL = semi.labelled(PATTERNS, CLASSES)
FEW = semi.labelled(PATTERNS, CLASSES, np.arange(8))


def task(rule=None, **options):
    by = vae.ByEstimator(rule or es.Exact(), options.pop("divergence", "argmax"))
    return semi.SemiSupervised(by, **{"categories": 4} | options)


class TestLabelled:
    def test_places_keep_their_labels(self) -> None:
        assert FEW.labels.shape == (60, 1)
        assert FEW.labels[:8, 0].tolist() == CLASSES[:8].tolist()
        assert set(FEW.labels[8:, 0]) == {semi.UNKNOWN}
        both = semi.labelled(PATTERNS, np.stack([CLASSES, CLASSES], 1), [5, 3])
        assert np.flatnonzero(both.labels[:, 1] >= 0).tolist() == [3, 5]

    @pytest.mark.parametrize(
        ("labels", "places", "message"),
        [
            (CLASSES[:5], None, r"`labels` must be integers .* for 60 images, got int64 of shape"),
            (CLASSES / 1, None, "`labels` must be integers .* got float64"),
            (CLASSES, [60], "`places` must be integers from 0 to 59"),
            (CLASSES, [0.5], "`places` must be integers from 0 to 59, got float64"),
            (CLASSES, [3, 3], "`places` must name an image once, got 2 of 1"),
        ],
    )
    def test_arguments(self, labels, places, message) -> None:
        with pytest.raises(ValueError, match=message):
            semi.labelled(PATTERNS, labels, places)


class TestTask:
    def test_settings(self) -> None:
        for name, value in (
            ("learns", "nothing"), ("weight", 0.0), ("weight", math.nan), ("latents", 0),
            ("categories", 1),
        ):  # fmt: skip
            with pytest.raises(ValueError, match=f"`{name}` must"):
                task(**{name: value})
        with pytest.raises(TypeError, match="`by` must be a ByEstimator, got Exact"):
            semi.SemiSupervised(es.Exact())

    def test_models(self) -> None:
        with pytest.raises(TypeError, match="`model` must be a mixed VAE"):
            task().check(vae.DiscreteVAE(1, 4, hidden=3, key=KEY))
        with pytest.raises(ValueError, match="`model` must have 1 latents of 4 .* got 1 of 3"):
            task().check(mixture(3))
        with pytest.raises(ValueError, match="`epsilon` must"):
            task(es.Direct(0.0)).check(mixture(4))

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (PATTERNS, "must be made by perturbtheory.models.vae.semi.labelled"),
            (semi.labelled(PATTERNS * 2, CLASSES), "must be 0 or 1, got 2"),
            (semi.labelled(PATTERNS, CLASSES + 1), "must have labels from 0 to 3 .* got 4"),
            (semi.labelled(PATTERNS, CLASSES - 2), "must have labels from 0 to 3 .* got -2"),
            (semi.labelled(PATTERNS, np.stack([CLASSES] * 2, 1)), r"must have labels of shape"),
            (
                semi.labelled(PATTERNS, CLASSES, np.arange(0)),
                "must have some labels where `learns` is",
            ),
        ],
    )
    def test_images(self, given, message) -> None:
        with pytest.raises(ValueError, match=f"`images` {message}"):
            task().data("images", given)

    def test_what_is_known_in_part(self) -> None:
        with pytest.raises(ValueError, match="`validation` must have labels for all .* got 8 of"):
            task().data("validation", FEW)
        part = semi.Labelled(PATTERNS[:1], np.array([[1, semi.UNKNOWN]]))
        with pytest.raises(ValueError, match=r"must know all labels .* \[1, -1\] for image 0"):
            task(latents=2).data("images", part)
        none = semi.labelled(PATTERNS, CLASSES, np.arange(0))
        assert len(task(learns="images").data("images", none).places) == 0

    def test_batches(self) -> None:
        """All images once an epoch; beside them only images that have labels, with these."""
        this = task()
        found = this.data("images", FEW)
        images, places = this.rows(KEY, jax.tree.map(jnp.asarray, found), 20)
        assert np.sort(np.ravel(images)).tolist() == list(range(60))
        assert places.shape == (3, 8)
        assert [sorted(row.tolist()) for row in places] == [list(range(8))] * 3
        batch = this.batch(jax.tree.map(jnp.asarray, found), (images[1], places[1]))
        np.testing.assert_array_equal(batch.labelled, PATTERNS[places[1]])
        np.testing.assert_array_equal(batch.labels[:, 0], CLASSES[places[1]])
        np.testing.assert_array_equal(batch.images, PATTERNS[images[1]])
        assert float(batch.share) == pytest.approx(8 / 60)

    def test_loss(self) -> None:
        """The sum of what it is made of, for each way to learn."""
        model, key = mixture(4), KEY
        this = task()
        found = jax.tree.map(jnp.asarray, this.data("images", FEW))
        rows = this.rows(key, found, 20)
        batch = this.batch(found, (rows[0][0], rows[1][0]))

        def loss(**options):
            value, parts = eqx.filter_jit(task(**options).loss)(model, batch, key)
            return float(value), [float(jnp.mean(part)) for part in parts]

        both, (evidence, kl, labels) = loss(weight=3.0)
        assert both == pytest.approx(evidence + kl + 3 * labels, rel=1e-5)
        p = law(pt.Gumbel(), encode(model, np.asarray(batch.labelled))[0])[:, 0]
        expected = -np.log(p[np.arange(8), np.asarray(batch.labels)[:, 0]]).mean()
        assert labels == pytest.approx(expected, rel=1e-3)
        assert loss(learns="images") == (pytest.approx(evidence + kl), [evidence, kl, 0])
        assert loss(learns="labels", weight=3.0)[0] == pytest.approx(3 * labels, rel=1e-5)
        alone, parts = loss(learns="labelled", weight=3.0)
        assert alone == pytest.approx(parts[0] + parts[1] + 3 * parts[2], rel=1e-5)
        assert parts[2] == pytest.approx(labels, rel=1e-5)
        assert parts[0] != pytest.approx(evidence, rel=1e-3)
        third = jax.random.split(key, 3)[2]
        joint = semi.given_labels(model, batch.labelled, batch.labels, third)
        more = loss(weight=3.0, from_labels=True)[0]
        assert more == pytest.approx(both + 8 / 60 * float(jnp.mean(joint)), rel=1e-5)


class TestEvaluation:
    @pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Normal()], ids=["gumbel", "normal"])
    def test_sums_over_categories(self, noise) -> None:
        model, this = mixture(4), task(es.Exact(noise))
        found = this.evaluate(model, this.data("validation", ALL), step=0, draws=3, key=KEY)
        theta = encode(model, PATTERNS)[0]
        p = law(noise, theta)[:, 0]
        # 60 images are filled up to the size of a batch, which is where c is drawn.
        filled = np.concatenate([PATTERNS, PATTERNS[:1].repeat(440, 0)])
        first = jax.random.fold_in(KEY, 0)
        encoded = model.encode(floats(filled))
        drawn = [encoded.rows(jax.random.fold_in(first, i))[:60] for i in range(3)]
        each = [[of_category(model, PATTERNS, c, k) for k in range(4)] for c in drawn]
        hard, rows = np.moveaxis(np.array(each).mean(0), 1, 0)
        np.testing.assert_allclose(found.hard, (p.T * hard).sum(0).mean(), rtol=1e-5)
        np.testing.assert_allclose(found.rows, (p.T * rows).sum(0).mean(), rtol=1e-4)
        np.testing.assert_allclose(found.divergence, divergence(p[:, None]).mean(), atol=1e-4)
        assert found.bound == found.hard + found.rows + found.divergence
        assert found.as_published == found.hard + found.rows + found.softmax_divergence
        each = (p.T * (hard + rows)).sum(0) + divergence(p[:, None])
        np.testing.assert_allclose(found.bound_error, each.std() / math.sqrt(60), rtol=1e-3)
        mode = theta[:, 0].argmax(-1)
        assert found.accuracy == pytest.approx((mode == CLASSES).mean())
        met = p[np.arange(60), CLASSES].mean()
        assert found.drawn_accuracy == pytest.approx(met, abs=1e-5)

    def test_several_latents_are_drawn(self, monkeypatch) -> None:
        """Its mean over draws is the sum over the four states."""
        monkeypatch.setattr(_images, "BATCH", 1)
        model = attributes()
        labels = np.stack([CLASSES % 2, CLASSES // 2], 1)
        this = task(latents=2, categories=2)
        one = this.data("validation", semi.labelled(PATTERNS[:1], labels[:1]))
        found = [
            this.evaluate(model, one, step=0, draws=400, key=jax.random.key(seed)).hard
            for seed in range(4)
        ]
        x = np.repeat(PATTERNS[:1], 20_000, 0)
        theta, mean, log_variance = encode(model, PATTERNS[:1])
        rng = np.random.default_rng(0)
        c = mean[0, 0] + np.exp(log_variance[0, 0] / 2) * rng.normal(size=(20_000, 3))
        p = law(pt.Gumbel(), theta)[0]
        z = np.stack([rng.random(20_000) < p[n, 1] for n in range(2)], 1).astype(int)
        code = np.concatenate([np.eye(2)[z].reshape(-1, 4), c], 1)
        values = negative_log(model, x, code)
        error = values.std() * math.sqrt(1 / 1600 + 1 / 20_000)
        assert abs(np.mean(found) - values.mean()) <= 5 * error
        assert values.std() > 0.1


class TestTraining:
    @pytest.mark.slow
    def test_learns_what_the_labels_say(self) -> None:
        """Four patterns, two labels of each: every rule names all 60 images at the end."""
        for rule, options in (
            (es.Direct(1.0), {}), (es.Relaxed(), {}), (es.Exact(), {"from_labels": True}),
            (es.Exact(), {"learns": "labels"}),
        ):  # fmt: skip
            settings = vae.Settings(task(rule, **options), epochs=15, batch=20, learning_rate=0.02)
            found = vae.train(mixture(4), settings, FEW, ALL)
            first, last = found.history[0], found.history[-1]
            assert last.validation.accuracy == 1, rule
            if options.get("learns") != "labels":
                assert last.validation.bound < first.validation.bound - 50

    @pytest.mark.slow
    def test_digits(self) -> None:
        """Of 500 digits with 100 labels: four epochs name half of others, not a tenth."""
        digits = data.load("mnist-5000", download=False)
        x, held = (data.threshold(a)[:500].astype(np.uint8) for a in (digits.train, digits.test))
        classes = digits.labels.train[:500]
        few = semi.labelled(x, classes, data.draw_labelled(classes, 100, 0))
        rest = semi.labelled(held, digits.labels.test[:500])
        this = semi.SemiSupervised(vae.ByEstimator(es.Direct(1.0), "none"))
        settings = vae.Settings(this, epochs=4, batch=20, learning_rate=2e-3)
        model = semi.MixtureVAE(widths=semi.Widths(64, 32, 16, 8, 8, 64), key=KEY)
        found = vae.train(model, settings, few, rest)
        assert found.history[-1].validation.accuracy > 0.5

    def test_goes_on_from_a_checkpoint(self, tmp_path) -> None:
        def run(epochs, path):
            settings = vae.Settings(task(es.Direct(1.0)), epochs=epochs, batch=20)
            return vae.train(mixture(4), settings, FEW, ALL, checkpoint=path)

        run(1, tmp_path / "run")
        found, whole = run(2, tmp_path / "run"), run(2, tmp_path / "other")
        assert same(found.model, whole.model)
        assert found.history == whole.history
        assert set(found.best) == {"bound", "error"}
        other = vae.Settings(task(es.Direct(1.0), weight=5.0), epochs=2, batch=20)
        with pytest.raises(vae.CheckpointError, match="of other settings"):
            vae.train(mixture(4), other, FEW, ALL, checkpoint=tmp_path / "run")
