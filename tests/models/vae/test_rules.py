"""Discrete VAEs: training with every rule, the learnt control, the schedule of temperatures."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from perturbtheory import estimators as es
from perturbtheory.models import vae
from tests.models.vae.networks import (
    FAST,
    KEY,
    NOISY,
    RULES,
    STRUCTURED,
    by_parameters,
    floats,
    leaves,
    network,
    one_epoch,
    same,
)


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
