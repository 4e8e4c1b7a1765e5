"""The record of VAEs: what is kept, added and refused; nothing is trained."""

import json
from pathlib import Path

import numpy as np
import pytest

from perturbtheory.experiments.fits import FitRun
from perturbtheory.experiments.sweep import identity, sweep
from perturbtheory.experiments.vaes import VaeRun, grids, markdown, recorded
from perturbtheory.experiments.vaes import tables as vae_tables
from perturbtheory.models import vae
from perturbtheory.results import RecordError
from tests.experiments.vaes.results import made_up, recordable, results_of

NAME = "VaeRun-279cca4af85a0ef8"


class TestRecord:
    def test_round_trip(self, tmp_path, monkeypatch):
        runs = grids.runs("long")
        sweep(recordable, runs, tmp_path / "cells", command="a test", packages=("numpy",))
        monkeypatch.setattr(recorded.files, "destination", lambda name: tmp_path / name)
        monkeypatch.setattr(recorded.files, "location", lambda name: tmp_path / name)
        path = recorded.save(tmp_path / "cells")
        assert recorded.load() == {run: recordable(run) for run in runs}
        assert json.loads(path.read_text())["commands"] == ["a test"]
        assert (tmp_path / "vaes.md").read_text().startswith("# Discrete VAEs")
        path.write_text(path.read_text()[:-40])
        with pytest.raises(RecordError, match="corrupt.*vaes.json"):
            recorded.save(tmp_path / "cells")
        with pytest.raises(RecordError, match="corrupt.*vaes.json"):
            recorded.load()
        path.unlink()
        with pytest.raises(RecordError, match="missing.*vaes.json"):
            recorded.load()

    def test_what_was_recorded_before_stays(self, tmp_path, monkeypatch):
        """Cells are on the machine that made them; the next one has the record alone."""
        monkeypatch.setattr(recorded.files, "destination", lambda name: tmp_path / name)
        monkeypatch.setattr(recorded.files, "location", lambda name: tmp_path / name)
        first, second = grids.runs("long"), grids.runs("curves")
        sweep(recordable, first, tmp_path / "one", command="one", packages=("numpy",))
        recorded.save(tmp_path / "one")
        again = lambda run: recordable(run) | {"loss": [3.0] * run.epochs}  # noqa: E731
        sweep(again, [*second, first[0]], tmp_path / "two", command="two", packages=("numpy",))
        path = recorded.save(tmp_path / "two")
        found = recorded.load()
        assert set(found) == {*first, *second}
        assert [found[run]["loss"][0] for run in (*first, second[0])] == [3.0, 110.0, 3.0]
        head = json.loads(path.read_text())
        assert head["commands"] == ["one", "two"]
        assert head["runs"] == 20
        assert head["seconds"] == 40

    def test_cells_of_other_sweeps_in_the_folder_are_left_alone(self, tmp_path):
        sweep(lambda fit: {"found": 1}, [FitRun("poisson")], tmp_path, packages=("numpy",))
        runs = grids.runs("long")
        sweep(made_up, runs, tmp_path, packages=("numpy",))
        assert set(recorded.finished(tmp_path)) == set(runs)

    def test_a_long_run_is_kept_by_some_of_its_epochs(self):
        run = VaeRun(epochs=300)
        whole = {
            "loss": [1000.0 - k for k in range(1, 301)],
            "reconstruction": [float(k) for k in range(1, 301)],
            "validation": {name: [float(k) for k in range(1, 301)] for name in vae.Bounds._fields},
            "seconds": [1.0] * 300,
        }
        test = {"bound": 137, "as_published": 12, "relaxed_loss": 300, "last": 300}
        bounds = made_up(run)["test"]["last"]
        whole["test"] = {name: bounds | {"epoch": epoch} for name, epoch in test.items()}
        found = recorded.thinned(whole)
        epochs = [*range(1, 21), *range(30, 131, 10), 137, *range(140, 301, 10)]
        assert grids.kept_epochs(found) == found["epochs"] == epochs
        assert found["loss"] == [1000.0 - k for k in epochs]
        assert found["reconstruction"] == found["validation"]["hard"] == epochs
        assert sum(found["seconds"]) == 300
        assert found["seconds"][:20] == [1.0] * 20
        assert found["seconds"][20:] == [10.0] * 11 + [7.0, 3.0] + [10.0] * 16
        assert found["test"] == whole["test"]
        assert recorded.thinned(found) == found
        short = recordable(VaeRun(epochs=20))
        assert recorded.thinned(short) == short
        assert grids.kept_epochs(short) == list(range(1, 21))

    def test_runs_of_any_length_are_recorded(self, tmp_path, monkeypatch):
        monkeypatch.setattr(recorded.files, "destination", lambda name: tmp_path / name)
        monkeypatch.setattr(recorded.files, "location", lambda name: tmp_path / name)
        runs = [VaeRun(epochs=count) for count in (3, 5, 20, 21, 300)]
        sweep(recordable, runs, tmp_path / "cells", command="a test", packages=("numpy",))
        path = recorded.save(tmp_path / "cells")
        found = recorded.load()
        assert found == {run: recorded.thinned(recordable(run)) for run in runs}
        kept = [len(found[run]["loss"]) for run in runs]
        assert kept == [3, 5, 20, 21, 48]
        assert sum(found[runs[-1]]["seconds"]) == 2
        # Saved again with nothing new it is the same file.
        before = path.read_bytes()
        assert recorded.save(tmp_path / "cells").read_bytes() == before
        for other in ([], [*range(1, 301)], found[runs[-1]]["epochs"][1:], None, 3):
            changed = json.loads(before)
            (row,) = (r for r in changed["vaes"] if r["run"].get("epochs") == 300)
            row["result"]["epochs"] = other
            path.write_text(json.dumps(changed))
            with pytest.raises(RecordError, match="corrupt"):
                recorded.load()

    def test_short_tables_do_not_see_long_runs(self):
        short = results_of("table-3", "table-1")
        both = short | {run: recordable(run) for run in grids.runs("published")}
        both |= {run: recordable(run) for run in grids.runs("constant")}
        assert len(both) > 2 * len(short) - 100
        assert vae_tables.table_3(both) == vae_tables.table_3(short)
        assert vae_tables.table_1(both) == vae_tables.table_1(short)
        assert vae_tables.audit(both) == vae_tables.audit(short)

    def test_nothing_to_record_raises(self, tmp_path):
        with pytest.raises(RecordError, match="holds no run"):
            recorded.save(tmp_path)

    def test_the_record_itself(self):
        found = recorded.load()
        assert set(grids.runs("table-3")) <= set(found)
        for run, result in found.items():
            kept = grids.kept_epochs(result)
            assert len(result["loss"]) == len(kept)
            assert kept[-1] == run.epochs
            assert result["loss"][-1] < result["loss"][0]
            if run.noise == "gumbel" and not run.unit:
                assert np.isclose(grids.loss(result, "bound"),
                                  grids.loss(result, "as_published"), atol=1e-3)  # fmt: skip
        with pytest.raises(RecordError, match="seed=99"):
            found[VaeRun(seed=99)]

    def test_the_committed_tables_are_those_of_the_record(self):
        committed = Path(__file__).parents[3] / "results" / "vaes.md"
        assert committed.read_text("utf-8") == markdown.markdown(recorded.load())

    def test_names_of_cells_do_not_change(self):
        """Files of a sweep are found by them."""
        assert identity(VaeRun()) == NAME
