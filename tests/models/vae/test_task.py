"""The training loop asks its task for everything: a model, data and numbers of another kind."""

from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from perturbtheory import estimators as es
from perturbtheory.models import vae
from tests.models.vae.networks import NOISY, network, same

RNG = np.random.default_rng(3)
POINTS, SLOPE = RNG.normal(size=(30, 2)), np.array([2.0, -1.0])
LABELS = POINTS @ SLOPE


class Errors(NamedTuple):
    squared: float
    absolute: float


class Epoch(NamedTuple):
    fit: float
    seen: float
    penalty: float
    validation: Any


class Line(vae.AbstractTask):
    """Least squares with a learnt offset beside the model, and a factor that falls by step."""

    factor: Any = 1.0
    offset: Any = 0.0
    criteria: ClassVar[tuple[str, ...]] = ("absolute", "squared")
    numbers: ClassVar[Any] = Errors
    epoch: ClassVar[Any] = Epoch

    @property
    def control(self):
        return jnp.zeros((), jnp.float32)

    def with_control(self, control):
        return Line(self.factor, control)

    def at(self, step):
        return Line(self.factor + step.astype(jnp.float32), self.offset)

    def data(self, name, given):
        points, labels = given
        if len(points) != len(labels):
            msg = f"`{name}` must have a label for each point"
            raise ValueError(msg)
        return np.asarray(points, np.float32), np.asarray(labels, np.float32)

    def loss(self, model, batch, key):
        del key
        points, labels = batch
        squares = jnp.square(points @ model + self.offset - labels)
        return jnp.mean(squares), (squares, self.factor * jnp.ones(3), jnp.square(model))

    def evaluate(self, model, data, *, step, draws, key):
        del key
        points, labels = data
        away = points @ np.asarray(model) - labels
        return Errors(float(step), float(np.abs(away).mean()) + draws)

    def check(self, model):
        if np.shape(model) != (2,):
            msg = f"`model` must be two numbers, got {model!r}"
            raise TypeError(msg)


START = np.zeros(2, np.float32)


def run(task, epochs, path=None, points=POINTS, **options):
    settings = vae.Settings(task, epochs, 10, **{"learning_rate": 0.3} | options)
    data = (points, LABELS)
    return vae.train(jnp.asarray(START), settings, data, (points[:8], LABELS[:8]), checkpoint=path)


class TestTask:
    def test_another_model(self) -> None:
        """What is learnt, what changes by step, and what is kept, are the task's."""
        found = run(Line(), 60)
        np.testing.assert_allclose(found.model, SLOPE, atol=1e-2)
        assert set(found.best) == {"absolute", "squared"}
        # Three steps an epoch; the factor grows by one a step, from one.
        assert [epoch.seen for epoch in found.history[:3]] == [2.0, 5.0, 8.0]
        assert [epoch.validation.squared for epoch in found.history[:3]] == [2.0, 5.0, 8.0]
        assert found.best_epoch["squared"] == 1
        assert found.best_epoch["absolute"] > 10
        assert not same(found.best["squared"], found.best["absolute"])
        assert min(epoch.validation.absolute for epoch in found.history) > 1.0

    def test_the_control_is_learnt(self) -> None:
        """Labels with an offset: without a control no line would fit."""
        settings = vae.Settings(Line(), 80, 10, 0.3)
        data = (POINTS, LABELS + 5)
        found = vae.train(jnp.asarray(START), settings, data, data)
        assert found.history[-1].fit < 1e-3

    def test_goes_on_from_a_checkpoint_of_the_same_format(self, tmp_path) -> None:
        whole, path = run(Line(), 4), tmp_path / "run"
        assert path.parent.is_dir()
        run(Line(), 2, path)
        assert path.read_bytes().startswith(b"perturbtheory checkpoint 3 ")
        found = run(Line(), 4, path)
        assert same(found._replace(seconds=[]), whole._replace(seconds=[]))
        assert found.history == whole.history
        assert isinstance(found.history[0], Epoch)
        assert isinstance(found.history[0].validation, Errors)

    @pytest.mark.parametrize(
        ("task", "points", "options"),
        [
            (Line(2.0), POINTS, {}), (Line(1.0, 1.0), POINTS, {}), (Line(), 2 * POINTS, {}),
            (Line(), POINTS, {"seed": 1}),
        ],
    )  # fmt: skip
    def test_other_runs(self, task, points, options, tmp_path) -> None:
        """Every number of the task, and every array of the data, names the run."""
        path = tmp_path / "run"
        run(Line(), 1, path)
        with pytest.raises(vae.CheckpointError, match=r"run: .* other settings or images"):
            run(task, 2, path, points, **options)

    def test_what_does_not_fit(self) -> None:
        with pytest.raises(TypeError, match="`model` must be two numbers, got 'm'"):
            vae.train("m", vae.Settings(Line()), (POINTS, LABELS), (POINTS, LABELS))
        settings = vae.Settings(Line())
        for data, held_out, name in (
            ((POINTS[1:], LABELS), (POINTS, LABELS), "images"),
            ((POINTS, LABELS), (POINTS[1:], LABELS), "validation"),
        ):
            with pytest.raises(ValueError, match=f"`{name}` must have a label for each point"):
                vae.train(jnp.asarray(START), settings, data, held_out)
        with pytest.raises(ValueError, match="at least one batch of 31, got 30"):
            vae.train(jnp.asarray(START), vae.Settings(Line(), batch=31), *2 * [(POINTS, LABELS)])
        with pytest.raises(TypeError, match="`task` must be a task such as"):
            vae.Settings(es.Relaxed())

    def test_training_is_settings_of_an_estimator(self) -> None:
        """Two ways to say the same run."""
        rule = es.Relaxed(temperature=0.7)
        one = vae.Training(rule, "softmax", epochs=1, batch=20, draws=2, seed=3)
        other = vae.Settings(vae.ByEstimator(rule, "softmax"), 1, 20, draws=2, seed=3)
        assert vars(one) == vars(other)
        a, b = (vae.train(network(), settings, NOISY, NOISY) for settings in (one, other))
        assert same(a.model, b.model)
        assert a.history == b.history
        assert (one.rule, one.divergence, one.schedule) == (rule, "softmax", None)


def test_rows_are_an_order_of_all() -> None:
    rows = Line().rows(jax.random.key(0), (POINTS, LABELS), 7)
    assert rows.shape == (4, 7)
    assert len(set(np.asarray(rows).ravel())) == 28
    assert not np.array_equal(rows, Line().rows(jax.random.key(1), (POINTS, LABELS), 7))
