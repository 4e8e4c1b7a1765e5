"""How often encoders become certain of one category: the runs, and what is said of them."""

import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from perturbtheory import estimators as es
from perturbtheory.experiments.vaes import VaeRun, certainty, grids, require_run, start
from perturbtheory.experiments.vaes.markdown import markdown
from perturbtheory.models import vae
from tests.experiments.vaes.results import recordable

LOG_K = math.log(10)


def result_with(run, divergences):
    found = recordable(run)
    later = [5.0] * (run.epochs - len(divergences))
    found["validation"]["divergence"] = [*divergences, *later]
    found["test"]["bound"]["divergence"] = found["validation"]["divergence"][-1]
    return found


def test_rows_say_how_many_became_certain_and_when_they_left_it():
    like = grids.started("Gumbel-Softmax", "wide start", "mnist")
    kinds = ([2.0], [LOG_K, 2.0, LOG_K + 0.005], [LOG_K] * like.epochs)
    runs = [replace(like, seed=seed) for seed in range(3)]
    results = {run: result_with(run, kl) for run, kl in zip(runs, kinds, strict=True)}
    (row,) = certainty.rows(results)
    assert row[:7] == ("MNIST", "Gumbel-Softmax", "wide start", "3", "2", "1", "3")
    assert row[7].endswith("(† 1 of 3)")
    assert "## Certain of one category" in markdown(results)
    assert "## Certain of one category" not in markdown(
        {replace(run, spread=2.0): recordable(run) for run in runs}
    )


def test_every_start_differs_from_the_published_one_in_one_thing():
    runs = {name: grids.started("unbiased", name, "mnist") for name in grids.STARTS}
    published = runs["as published"]
    assert published == grids.METHODS["unbiased"]
    for name, run in runs.items():
        differing = [k for k in vars(run) if getattr(run, k) != getattr(published, k)]
        assert len(differing) == (name != "as published")
    assert len(set(grids.certainty())) == len(grids.certainty()) == 110


def test_the_start_is_spread():
    run = VaeRun(latents=1)
    x = np.random.default_rng(1).integers(0, 2, (4, 784)).astype(np.float32)
    narrow, wide = (start(replace(run, spread=s)) for s in (1.0, 10.0))
    bias = narrow.encoder.layers[-1].bias
    np.testing.assert_allclose(
        wide.logits(x) - bias, 10 * (narrow.logits(x) - bias), rtol=1e-4, atol=1e-4
    )
    assert jnp.array_equal(narrow.decoder.layers[0].weight, wide.decoder.layers[0].weight)


def test_the_divergence_is_warmed_up():
    task = vae.ByEstimator(es.Exact(), warmup=4)
    weights = [float(task.at(jnp.asarray(step)).weight) for step in range(6)]
    assert weights == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert float(vae.ByEstimator(es.Exact()).at(jnp.asarray(0)).weight) == 1.0
    model, key = vae.DiscreteVAE(1, 3, hidden=5, key=jax.random.key(0)), jax.random.key(1)
    x = jnp.asarray(np.random.default_rng(1).integers(0, 2, (4, 784)), jnp.float32)
    first, parts = task.at(jnp.asarray(0)).loss(model, x, key)
    assert first == pytest.approx(float(jnp.mean(parts.reconstruction + parts.divergence / 4)))


def test_a_warmed_up_run_is_another_one_and_the_rate_counts():
    x = np.random.default_rng(1).integers(0, 2, (40, 784)).astype(np.uint8)
    found = [
        vae.train(
            vae.DiscreteVAE(1, 3, hidden=5, key=jax.random.key(0)),
            vae.Training(es.Exact(), epochs=1, batch=10, **options),
            x,
            x,
        )
        .model.encoder.layers[0]
        .weight
        for options in ({}, {"warmup": 4}, {"learning_rate": 3e-4}, {"warmup": 1})
    ]
    assert not jnp.array_equal(found[0], found[1])
    assert not jnp.array_equal(found[0], found[2])
    assert jnp.array_equal(found[0], found[3])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"warmup": -1}, "`warmup` must be an integer of at least 0"),
        ({"warmup": 2, "divergence": "none"}, "`warmup` must be 0 for the divergence none"),
        ({"spread": 0.0}, "`spread` must be positive"),
        ({"learning_rate": -1.0}, "`learning_rate` must be positive"),
    ],
)
def test_what_does_not_fit_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        require_run(replace(VaeRun(), **change))
