"""VAEs with coupled bits: which runs there are, the command, its record, table and figure."""

import dataclasses
import json

import numpy as np
import pytest

from perturbtheory import cli, results
from perturbtheory.experiments.structured import StructuredRun, grids, recorded, tables
from perturbtheory.experiments.structured import run as runs
from perturbtheory.figures import structured as figure
from perturbtheory.models import vae
from perturbtheory.models.vae import structured

SMALL = {"latents": 3, "epochs": 2}


class TestRuns:
    def test_every_run_of_the_grid_can_be_made(self) -> None:
        every = grids.runs(seeds=(0,))
        assert len(every) == len(set(every)) == len(grids.METHODS) - 1
        for run in every:
            runs.require_run(run)
        assert len(grids.runs()) == 3 * len(every)
        assert {run.epochs for run in grids.runs(7)} == {7}

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"images": "cifar"}, "`images`"), ({"couplings": "tree"}, "`couplings`"),
            ({"rule": "exact"}, "`rule`"), ({"schedule": "annealed"}, "`schedule`"),
            ({"rule": "arm"}, "`schedule` must be constant for arm"),
            ({"rule": "relaxed", "couplings": "general"}, "`rule` must be direct with couplings"),
            ({"rule": "relaxed", "exact": True}, "`rule` must be direct with couplings"),
            ({"noise": "all"}, "`noise`"), ({"divergence": "kl"}, "`divergence`"),
            ({"couplings": "general", "divergence": "argmax"}, "`divergence` must be softmax or"),
            ({"latents": 21}, "`latents`"), ({"epochs": 0}, "`epochs`"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_run(self, changes, words) -> None:
        with pytest.raises(ValueError, match=words):
            runs.require_run(dataclasses.replace(StructuredRun(), **changes))

    def test_tasks(self) -> None:
        assert isinstance(runs.task(StructuredRun()), vae.ByEstimator)
        task = runs.task(StructuredRun("general", exact=True))
        assert isinstance(task, structured.PairwiseDirect)
        assert task.exact
        assert task.schedule == vae.PUBLISHED
        assert runs.task(StructuredRun(schedule="constant")).schedule is None


def few(count=100):
    rng = np.random.default_rng(0)
    patterns = rng.random((4, 784)) < 0.3
    return tuple(patterns[rng.integers(0, 4, count)].astype(np.uint8) for _ in range(3))


def made_up(run):
    bound = 300.0 + 10 * (run.couplings == "general") + run.seed
    numbers = {
        "as_published": bound - 5, "bound": bound, "bound_error": 0.1, "least_bound": bound - 1,
        "negative_log": bound - 20, "negative_log_error": 0.1, "epoch": run.epochs,
    }  # fmt: skip
    curve = [bound + 1.0] * (run.epochs - 1) + [bound]
    return {
        "loss": curve, "validation": {"bound": curve, "as_published": curve},
        "seconds": [60.0] * run.epochs,
        "test": dict.fromkeys(("bound", "as_published", "last"), numbers),
    }  # fmt: skip


class TestTable:
    def test_rows(self) -> None:
        found = {run: made_up(run) for run in grids.runs(2) if run.rule == "direct"}
        rows = {row[0]: row[1:] for row in tables.table(found, 2)}
        assert list(rows) == list(grids.METHODS)
        assert rows["general"] == (
            "306.000 ± 1.000", "311.000 ± 1.000", "310.000 ± 1.000", "291.000 ± 1.000", "60.0", "3"
        )  # fmt: skip
        assert rows["REBAR"] == 6 * ("–",)
        assert tables.lengths(found) == [2]


class TestFigure:
    def test_three_panels_from_a_record(self, monkeypatch, tmp_path) -> None:
        found = {run: made_up(run) for run in grids.runs(3)}
        monkeypatch.setattr(recorded, "load", lambda: found)
        data = figure.data()
        np.testing.assert_allclose(data["general/mean"], [312, 312, 311])
        np.testing.assert_allclose(data["direct/most"] - data["direct/least"], 2)
        np.testing.assert_allclose(data["ARM/minutes"], [1, 2, 3])
        assert set(data) == set(figure.STRUCTURED.labels)
        written = figure.STRUCTURED.write(tmp_path, "structured")
        assert all(path.stat().st_size > 1000 for path in written)

    def test_one_longer_run_takes_nothing_away(self, monkeypatch) -> None:
        found = {run: made_up(run) for run in grids.runs(3)}
        longer = dataclasses.replace(grids.RIGHT["general"], epochs=5)
        monkeypatch.setattr(recorded, "load", lambda: found | {longer: made_up(longer)})
        data = figure.data()
        assert set(data) == set(figure.STRUCTURED.labels)
        assert len(data["general/mean"]) == len(data["general/minutes"]) == 5
        assert len(data["direct/mean"]) == len(data["direct/minutes"]) == 3
        monkeypatch.setattr(recorded, "load", dict)
        assert not figure.data()


class TestCommand:
    def main(self, *arguments):
        with pytest.raises(SystemExit) as caught:
            cli.main(["vae", "structured", *arguments])
        return caught.value.code

    @pytest.mark.parametrize("name", ["--epochs", "--seeds"])
    def test_refused(self, name, capsys, tmp_path) -> None:
        assert self.main(name, "0", "-d", str(tmp_path)) == cli.MISUSED
        assert f"`{name}` must be a positive number" in capsys.readouterr().err

    def test_what_cannot_be_recorded_is_not_run(self, capsys, monkeypatch, tmp_path) -> None:
        monkeypatch.setattr(runs, "run_structured", None)
        monkeypatch.setattr(results, "destination", lambda name: tmp_path / "none" / name)
        place = ("-d", str(tmp_path / "runs"), "--workers", "0", "--record")
        assert self.main(*place) == cli.MISUSED
        assert "`--record` must be a file that can be written" in capsys.readouterr().err

    def test_runs_and_records(self, capsys, monkeypatch, tmp_path) -> None:
        """Coupled and independent bits, by f-tilde and by f itself, on few images."""
        methods = {
            "unstructured": StructuredRun(latents=3),
            "supermodular": StructuredRun("supermodular", latents=3),
        }
        monkeypatch.setattr(runs, "_images", lambda name: few())
        monkeypatch.setattr(grids, "METHODS", methods)
        monkeypatch.setattr(tables, "METHODS", methods)
        for name in ("location", "destination"):
            monkeypatch.setattr(results, name, lambda name: tmp_path / name)
        place = ("-d", str(tmp_path / "runs"), "--workers", "0", "--epochs", "2", "--seeds", "1")
        assert self.main(*place, "--record") == cli.AGREES
        out = capsys.readouterr().out
        assert "structured.json recorded" in out
        assert "supermodular" in out
        data = json.loads((tmp_path / "structured.json").read_text())
        assert data["commands"] == ["perturbtheory vae structured grid --epochs 2 --seeds 1"]
        found = recorded.load()
        assert len(found) == 2
        for run, result in found.items():
            assert run.epochs == 2
            test = result["test"]["bound"]
            assert test["negative_log"] < test["bound"]
            assert test["least_bound"] <= test["bound"]
            if run.couplings == "none":
                assert test["bound"] == test["least_bound"] == test["as_published"]
        before = (tmp_path / "structured.json").read_bytes()
        assert self.main(*place, "--record") == cli.AGREES
        assert (tmp_path / "structured.json").read_bytes() == before
