"""Grids of VAEs: how many runs, which, and in which order."""

import dataclasses

import numpy as np
import pytest

from perturbtheory.experiments import vaes
from perturbtheory.experiments.vaes import VaeRun, grids
from tests.experiments.vaes.results import made_up, results_of


class TestGrids:
    def test_sizes(self):
        sizes = {name: len(grids.runs(name)) for name in grids.GRIDS}
        assert sizes == {
            "table-3": 60, "table-1": 75, "table-3-audited": 18, "table-3-unit": 30,
            "curves": 18, "long": 2, "certainty": 110,
        }  # fmt: skip

    def test_runs_of_the_published_length(self):
        """The most telling first: all seeds of a column, all columns of a data set."""
        runs = grids.runs("published")
        assert len(set(runs)) == len(runs) == 45
        assert [run.seed for run in runs] == [0, 1, 2] * 15
        assert [run.images for run in runs] == [i for i in grids.IMAGES for _ in range(15)]
        same = {(r.temperature, r.schedule, r.epochs, r.latents, r.categories) for r in runs}
        assert same == {(0.22, "annealed", 300, 10, 10)}
        columns = {("normal", False, "softmax"), ("gumbel", False, "softmax"),
                   ("logistic", False, "softmax"), ("normal", False, "argmax"),
                   ("gumbel", True, "softmax")}  # fmt: skip
        assert {(r.images, r.noise, r.unit, r.divergence) for r in runs[::3]} == {
            (images, *column) for images in grids.IMAGES for column in columns
        }
        others = grids.runs("constant")
        assert len(set(others)) == 45 * len(grids.OPEN)
        assert {(r.schedule, r.epochs) for r in others} == {("constant", 300)}
        assert {r.epochs for r in grids.runs("published", epochs=2)} == {2}
        latent = grids.runs("one-latent")
        assert len(set(latent)) == 3 * 3 * 15
        assert {(r.latents, r.epochs) for r in latent} == {(1, 300)}
        assert {r.seed for r in latent[:45]} == {0}
        for run in (*runs[::3], *others[:45:3], *latent[:9]):
            vaes.require_run(run)

    def test_the_end_of_the_published_schedule(self):
        """Steps of MNIST and Fashion-MNIST, and of Omniglot."""
        run = grids.runs("published")[0]
        for images, steps, near in ((50_000, 500, True), (23_000, 230, False)):
            ours = vaes.training(run, images)
            theirs = vaes.training(
                dataclasses.replace(run, schedule="published", temperature=1.0), images
            )
            at = range(0, 300 * steps, 5_000)
            off = [ours.temperature(k) / theirs.temperature(k) - 1 for k in (*at, 300 * steps - 1)]
            assert (np.max(np.abs(off)) < 0.1) == near

    def test_epochs(self):
        assert {run.epochs for run in grids.runs("table-3", epochs=300)} == {300}
        assert {run.epochs for run in grids.runs("long", epochs=10)} == {10 * grids.LONG}

    def test_seeds_are_at_the_best_temperature(self):
        more = grids.seeds(results_of("table-3"))
        assert {run.temperature for run in more} == {0.4}
        assert {run.seed for run in more} == set(grids.MORE_SEEDS)
        assert {run.noise for run in more} == {"normal", "gumbel"}

    def test_seeds_without_results_and_unknown_grids_raise(self):
        with pytest.raises(ValueError, match="run that grid first"):
            grids.runs("seeds")
        with pytest.raises(ValueError, match="`grid` must be one of.*'table-9'"):
            grids.runs("table-9")

    def test_longer_is_the_best_for_longer(self):
        more = grids.runs("longer", done=results_of("table-3"))
        assert {run.epochs for run in more} == {grids.LONG * grids.EPOCHS}
        assert {(run.temperature, run.seed) for run in more} == {(0.4, 0)}
        assert len(more) == 6
        with pytest.raises(ValueError, match="`grid` longer needs runs"):
            grids.runs("longer")

    def test_losses(self):
        found = made_up(VaeRun(noise="normal", temperature=0.4))
        assert grids.loss(found, "bound") == 114
        assert grids.loss(found, "as_published") == 111.5
        assert grids.loss(found, "relaxed_loss") == 106.5
        assert grids.validation(found, "bound") == [116, 114]
