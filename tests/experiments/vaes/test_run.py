"""Runs of VAEs: what can be run, and with which settings."""

import dataclasses

import numpy as np
import pytest

from perturbtheory.estimators import Direct, Exact, Relaxed
from perturbtheory.experiments import vaes
from perturbtheory.experiments.vaes import VaeRun, grids
from perturbtheory.models import vae


class TestRuns:
    @pytest.mark.parametrize("images", grids.IMAGES)
    def test_every_run_of_a_grid_can_be_made(self, images):
        for name in grids.GRIDS:
            for run in grids.runs(name):
                if run.images == images and run.temperature in (0.1, 1.0):
                    vaes.require_run(run)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"images": "cifar"}, "`images`.*'cifar'"),
            ({"rule": "magic"}, "`rule`.*'magic'"),
            ({"noise": "cauchy"}, "`noise`.*'cauchy'"),
            ({"schedule": "rising"}, "`schedule`.*'rising'"),
            ({"divergence": "none at all"}, "`divergence`.*'none at all'"),
            ({"rule": "rebar", "noise": "normal"}, "`noise` must be unit gumbel"),
            ({"rule": "arm"}, "`categories` must be 2 for arm, got 10"),
            ({"rule": "disarm"}, "`categories` must be 2 for disarm"),
            ({"rule": "carms", "noise": "normal"}, "`noise` must be unit gumbel for carms"),
            ({"rule": "reinmax", "temperature": 0.4}, "`temperature` must be 1 for reinmax"),
            ({"rule": "exact"}, "`latents` must be 1"),
            ({"temperature": 0.0}, "`temperature`"),
            ({"epochs": 0}, "`epochs`"),
            ({"categories": 1}, "`categories`"),
            ({"latents": 0}, "`latents`"),
            ({"rule": "exact", "latents": 1, "schedule": "published"}, "`schedule`"),
            ({"rule": "exact", "latents": 1, "temperature": 0.4}, "`temperature` must be 1 for ex"),
            ({"schedule": "published", "temperature": 0.4}, "`temperature` must be 1 for the publ"),
        ],
    )
    def test_what_cannot_be_run_raises(self, changes, words):
        with pytest.raises(ValueError, match=words):
            vaes.require_run(dataclasses.replace(VaeRun(), **changes))

    @pytest.mark.parametrize("rule", vaes.RULES)
    def test_what_suits_a_rule_can_be_run(self, rule):
        """It is the rule, by its own KL, with a temperature where there is one."""
        gumbel = ("rebar", "relax", "arm", "disarm", "carms", "reinmax", "gumbel-rao", "gapped")
        tempered = rule in (
            "relaxed", "straight-through", "direct", "rebar", "gumbel-rao", "gapped",
        )  # fmt: skip
        for schedule in ("constant", "published") if tempered else ("constant",):
            run = vaes.suited(rule, schedule)
            vaes.require_run(run)
            assert (run.rule, run.divergence, run.schedule) == (rule, "argmax", schedule)
            assert (run.temperature != 1) == (tempered and schedule == "constant")
            assert (run.noise == "gumbel") == (rule in gumbel)
            # Noise is compared by identity, and each rule has its own.
            assert repr(vaes.training(run, 100).rule) == repr(vaes.rule(run))

    def test_rules(self):
        assert isinstance(vaes.rule(VaeRun(temperature=0.3)), Relaxed)
        direct = vaes.rule(VaeRun(rule="direct", temperature=0.2))
        assert isinstance(direct, Direct)
        assert direct.epsilon == 0.2
        assert isinstance(vaes.rule(VaeRun(rule="exact", latents=1)), Exact)
        unit = vaes.noise(VaeRun(unit=True))
        assert np.isclose(float(unit.scale), np.sqrt(6) / np.pi)

    def test_schedules(self):
        assert vaes.training(VaeRun(), 50_000).schedule is None
        assert vaes.training(VaeRun(schedule="published"), 50_000).schedule == vae.PUBLISHED
        annealed = VaeRun(schedule="annealed", temperature=0.1, epochs=5)
        settings = vaes.training(annealed, 50_000)
        assert np.isclose(settings.temperature(0), 1.0)
        assert np.isclose(settings.temperature(5 * 500 - 1), 0.1)
