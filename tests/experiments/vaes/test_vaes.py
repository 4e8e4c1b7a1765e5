"""Runs of VAEs: what can be run, grids, record, tables and the command; hardly any training."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from perturbtheory import cli, data
from perturbtheory.claims.exhibits import vae_losses as claims
from perturbtheory.estimators import Direct, Exact, Relaxed
from perturbtheory.experiments import vaes
from perturbtheory.experiments.fits import FitRun
from perturbtheory.experiments.sweep import identity, sweep
from perturbtheory.experiments.vaes import VaeRun
from perturbtheory.experiments.vaes import grids as vae_grids
from perturbtheory.experiments.vaes import markdown as vae_markdown
from perturbtheory.experiments.vaes import recorded as vae_recorded
from perturbtheory.experiments.vaes import tables as vae_tables
from perturbtheory.models import vae
from perturbtheory.results import RecordError


def made_up(run: VaeRun) -> dict:
    """A result whose numbers tell the run: lower for a temperature near 0.4, KL by the noise."""
    hard = 100 + abs(run.temperature - 0.4) + 0.01 * run.seed
    divergence = {"normal": 14.0, "gumbel": 12.0, "logistic": 13.0}[run.noise]
    bounds = {
        "relaxed": 95.0,
        "hard": hard,
        "hard_error": 0.1,
        "divergence": divergence,
        "softmax_divergence": 12.0 - 0.5 * (run.noise == "normal"),
    }
    return {
        "loss": [110.0, 105.0],
        "reconstruction": [100.0, 94.0],
        "validation": {name: [value + 1, value] for name, value in bounds.items()},
        "test": {name: bounds | {"epoch": 2} for name in (*vae.CRITERIA, "last")},
        "seconds": [1.0, 1.0],
    }


def recordable(run: VaeRun) -> dict:
    """The same with as many epochs as the run has, which a record must have."""
    found, more = made_up(run), run.epochs - 2
    padded = {name: found[name][:1] * more + found[name] for name in ("loss", "reconstruction")} | {
        "seconds": [0.0] * more + found["seconds"]
    }
    validation = {name: v[:1] * more + v for name, v in found["validation"].items()}
    test = {name: bounds | {"epoch": run.epochs} for name, bounds in found["test"].items()}
    return found | padded | {"validation": validation, "test": test}


def results_of(*names: str) -> dict[VaeRun, dict]:
    found = {run: made_up(run) for name in names for run in vae_grids.runs(name)}
    return found | {run: made_up(run) for run in vae_grids.seeds(found)}


class TestRuns:
    @pytest.mark.parametrize("images", vae_grids.IMAGES)
    def test_every_run_of_a_grid_can_be_made(self, images):
        for name in vae_grids.GRIDS:
            for run in vae_grids.runs(name):
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
            ({"rule": "arm"}, "2 categories"),
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
        tempered = rule in ("relaxed", "straight-through", "direct", "rebar")
        for schedule in ("constant", "published") if tempered else ("constant",):
            run = vaes.suited(rule, schedule)
            vaes.require_run(run)
            assert (run.rule, run.divergence, run.schedule) == (rule, "argmax", schedule)
            assert (run.temperature != 1) == (tempered and schedule == "constant")
            assert (run.noise == "gumbel") == (rule in ("rebar", "relax", "arm"))
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


class TestGrids:
    def test_sizes(self):
        sizes = {name: len(vae_grids.runs(name)) for name in vae_grids.GRIDS}
        assert sizes == {
            "table-3": 60, "table-1": 75, "table-3-audited": 18, "table-3-unit": 30,
            "curves": 18, "long": 2,
        }  # fmt: skip

    def test_runs_of_the_published_length(self):
        """The most telling first: every column of every data set, before any second seed."""
        runs = vae_grids.runs("published")
        assert len(set(runs)) == len(runs) == 45
        assert [run.seed for run in runs] == [0] * 15 + [1] * 15 + [2] * 15
        same = {(r.temperature, r.schedule, r.epochs, r.latents, r.categories) for r in runs}
        assert same == {(0.22, "annealed", 300, 10, 10)}
        columns = {("normal", False, "softmax"), ("gumbel", False, "softmax"),
                   ("logistic", False, "softmax"), ("normal", False, "argmax"),
                   ("gumbel", True, "softmax")}  # fmt: skip
        assert {(r.images, r.noise, r.unit, r.divergence) for r in runs[:15]} == {
            (images, *column) for images in vae_grids.IMAGES for column in columns
        }
        others = vae_grids.runs("constant")
        assert len(set(others)) == 45 * len(vae_grids.OPEN)
        assert {(r.schedule, r.epochs) for r in others} == {("constant", 300)}
        assert {r.epochs for r in vae_grids.runs("published", epochs=2)} == {2}
        for run in (*runs[:15], *others[:15]):
            vaes.require_run(run)

    def test_the_end_of_the_published_schedule(self):
        """Steps of MNIST and Fashion-MNIST, and of Omniglot."""
        run = vae_grids.runs("published")[0]
        for images, steps, near in ((50_000, 500, True), (23_000, 230, False)):
            ours = vaes.training(run, images)
            theirs = vaes.training(
                dataclasses.replace(run, schedule="published", temperature=1.0), images
            )
            at = range(0, 300 * steps, 5_000)
            off = [ours.temperature(k) / theirs.temperature(k) - 1 for k in (*at, 300 * steps - 1)]
            assert (np.max(np.abs(off)) < 0.1) == near

    def test_epochs(self):
        assert {run.epochs for run in vae_grids.runs("table-3", epochs=300)} == {300}
        assert {run.epochs for run in vae_grids.runs("long", epochs=10)} == {10 * vae_grids.LONG}

    def test_seeds_are_at_the_best_temperature(self):
        more = vae_grids.seeds(results_of("table-3"))
        assert {run.temperature for run in more} == {0.4}
        assert {run.seed for run in more} == set(vae_grids.MORE_SEEDS)
        assert {run.noise for run in more} == {"normal", "gumbel"}

    def test_seeds_without_results_and_unknown_grids_raise(self):
        with pytest.raises(ValueError, match="run that grid first"):
            vae_grids.runs("seeds")
        with pytest.raises(ValueError, match="`grid` must be one of.*'table-9'"):
            vae_grids.runs("table-9")

    def test_longer_is_the_best_for_longer(self):
        more = vae_grids.runs("longer", done=results_of("table-3"))
        assert {run.epochs for run in more} == {vae_grids.LONG * vae_grids.EPOCHS}
        assert {(run.temperature, run.seed) for run in more} == {(0.4, 0)}
        assert len(more) == 6
        with pytest.raises(ValueError, match="`grid` longer needs runs"):
            vae_grids.runs("longer")

    def test_losses(self):
        found = made_up(VaeRun(noise="normal", temperature=0.4))
        assert vae_grids.loss(found, "bound") == 114
        assert vae_grids.loss(found, "as_published") == 111.5
        assert vae_grids.loss(found, "relaxed_loss") == 106.5
        assert vae_grids.validation(found, "bound") == [116, 114]


class TestTables:
    def test_what_was_not_run_is_a_dash(self):
        rows = vae_tables.table_3(results_of("table-3"))
        assert len(rows) == 3 * 11
        assert rows[0][:4] == ("MNIST", "0.01", "117.29", "114.26")
        assert rows[0][-1] == vae_tables.MISSING
        assert rows[10][1] == "best"
        assert "(t = 0.4)" in rows[10][4]
        assert "±" in rows[10][4]
        assert {row[3] for row in vae_tables.table_1(results_of("table-3"))} == {vae_tables.MISSING}

    def test_numbers_are_those_of_the_results(self):
        results = results_of("table-3", "table-1")
        rows = vae_tables.table_3(results)
        assert rows[5][4:6] == ("112.00", "111.50")
        audit = {row[1]: row for row in vae_tables.audit(results)[:2]}
        assert audit["Normal"][2:4] == ("0.4", str(1 + len(vae_grids.MORE_SEEDS)))
        assert audit["Normal"][5].startswith("114.02")
        assert vae_tables.table_1(results)[0][2] == "164.53 165.26 167.88"
        assert vae_tables.MISSING not in sum(vae_tables.table_1(results), ())

    def test_the_relaxed_loss_chooses_by_itself(self):
        """Here it falls with the temperature, and the hard loss has its best at 0.4."""
        results = results_of("table-3")
        for run, result in results.items():
            falling = [95 - run.temperature, 96 - run.temperature]
            result["validation"]["relaxed"] = falling
            result["test"]["relaxed_loss"] |= {"relaxed": falling[0], "epoch": 1}
        row = vae_tables.audit(results, chosen_by="relaxed_loss")[1]
        assert row == ("", "Normal", "1", "1", "112.10", "114.60", "105.50")

    def test_seeds_are_paired_by_their_number(self):
        """A seed that one column lacks is left out of both."""
        results = results_of("table-3")
        lead = claims.leads(results, "mnist", "bound")
        assert lead == pytest.approx(dict.fromkeys(range(5), -2.0))
        del results[VaeRun(noise="normal", temperature=0.4, seed=1)]
        results[VaeRun(temperature=0.4, seed=2)]["test"]["as_published"]["hard"] += 7
        found = claims.leads(results, "mnist", "bound")
        assert found == pytest.approx({0: -2.0, 2: 5.0, 3: -2.0, 4: -2.0})

    def test_certain_encoders_are_marked(self):
        results = results_of("table-3", "table-1")
        for run, result in results.items():
            if run.rule == "relaxed":
                result["test"]["bound"]["divergence"] = np.log(run.categories) - 0.005
            if run.rule == "direct":
                result["test"]["bound"]["divergence"] = np.log(run.categories) - 0.05
        row = vae_tables.table_1(results)[0]
        assert [text.endswith("†") for text in row[-5:]] == [False, False, False, True, True]

    def test_the_published_length_has_tables_of_its_own(self):
        """Mean and deviation over seeds where there are any, and nothing where there is none."""
        short = results_of("table-3")
        assert vae_tables.published(short) == vae_tables.lengths(short) == []
        assert vae_tables.table_1_published(results_of("table-3", "table-1")) == []
        assert "300 epochs" not in vae_markdown.markdown(short).split("##", 1)[1]
        runs = [run for run in vae_grids.runs("published") if run.images == "mnist"]
        long = {VaeRun(noise="normal", temperature=0.25, epochs=300): None} | dict.fromkeys(runs)
        long = short | {run: recordable(run) for run in long}
        rows = vae_tables.published(long)
        assert [row[:5] for row in rows] == [
            ("MNIST", "Normal", "10", "1 to 0.22", "3"),
            ("", "Normal", "10", "0.25", "1"),
            ("", "Gumbel", "10", "1 to 0.22", "3"),
            ("", "Logistic", "10", "1 to 0.22", "3"),
            ("", "Normal, own KL", "10", "1 to 0.22", "3"),
            ("", "Gumbel, variance 1", "10", "1 to 0.22", "3"),
        ]
        assert rows[0][5:] == (
            "–", "111.69 ± 0.01", "114.19 ± 0.01", "106.50 ± 0.00", "300"
        )  # fmt: skip
        assert rows[1][5:] == ("101.15", "111.65", "114.15", "106.50", "300")
        assert vae_tables.lengths(long) == [("MNIST", "Normal", "0.25", "114.15", "–", "114.15")]
        text = vae_markdown.markdown(long)
        assert "## Paper A, 300 epochs" in text
        assert "## What more epochs change" in text
        assert "## Table 1 of paper B, 300" not in text

    def test_of_several_seeds_it_is_said_how_many_are_certain(self):
        run = dataclasses.replace(vae_grids.METHODS["Gumbel-Softmax"], images="mnist", epochs=300)
        results = {r: made_up(r) for s in range(3) if (r := dataclasses.replace(run, seed=s))}
        results[run]["test"]["bound"]["divergence"] = np.log(10)
        (row,) = vae_tables.table_1_published(results)
        assert row[:2] == ("MNIST", "10")
        assert row[6].endswith("(† 1 of 3)")
        assert row[3:6] == ("–",) * 3

    def test_markdown(self):
        text = vae_markdown.markdown(results_of("table-3"))
        widths = {line.count("|") for line in text.splitlines() if line.startswith("| MNIST")}
        assert widths == {9, 8}  # table 3; the other two
        assert "## Table 1 of paper B" in text


class TestRecord:
    def test_round_trip(self, tmp_path, monkeypatch):
        runs = vae_grids.runs("long")
        sweep(recordable, runs, tmp_path / "cells", command="a test", packages=("numpy",))
        monkeypatch.setattr(vae_recorded.files, "destination", lambda name: tmp_path / name)
        monkeypatch.setattr(vae_recorded.files, "location", lambda name: tmp_path / name)
        path = vae_recorded.save(tmp_path / "cells")
        assert vae_recorded.load() == {run: recordable(run) for run in runs}
        assert json.loads(path.read_text())["commands"] == ["a test"]
        assert (tmp_path / "vaes.md").read_text().startswith("# Discrete VAEs")
        path.write_text(path.read_text()[:-40])
        with pytest.raises(RecordError, match="corrupt.*vaes.json"):
            vae_recorded.save(tmp_path / "cells")
        with pytest.raises(RecordError, match="corrupt.*vaes.json"):
            vae_recorded.load()
        path.unlink()
        with pytest.raises(RecordError, match="missing.*vaes.json"):
            vae_recorded.load()

    def test_what_was_recorded_before_stays(self, tmp_path, monkeypatch):
        """Cells are on the machine that made them; the next one has the record alone."""
        monkeypatch.setattr(vae_recorded.files, "destination", lambda name: tmp_path / name)
        monkeypatch.setattr(vae_recorded.files, "location", lambda name: tmp_path / name)
        first, second = vae_grids.runs("long"), vae_grids.runs("curves")
        sweep(recordable, first, tmp_path / "one", command="one", packages=("numpy",))
        vae_recorded.save(tmp_path / "one")
        again = lambda run: recordable(run) | {"loss": [3.0] * run.epochs}  # noqa: E731
        sweep(again, [*second, first[0]], tmp_path / "two", command="two", packages=("numpy",))
        path = vae_recorded.save(tmp_path / "two")
        found = vae_recorded.load()
        assert set(found) == {*first, *second}
        assert [found[run]["loss"][0] for run in (*first, second[0])] == [3.0, 110.0, 3.0]
        head = json.loads(path.read_text())
        assert head["commands"] == ["one", "two"]
        assert head["runs"] == 20
        assert head["seconds"] == 40

    def test_cells_of_other_sweeps_in_the_folder_are_left_alone(self, tmp_path):
        sweep(lambda fit: {"found": 1}, [FitRun("poisson")], tmp_path, packages=("numpy",))
        runs = vae_grids.runs("long")
        sweep(made_up, runs, tmp_path, packages=("numpy",))
        assert set(vae_recorded.finished(tmp_path)) == set(runs)

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
        found = vae_recorded.thinned(whole)
        epochs = [*range(1, 21), *range(30, 131, 10), 137, *range(140, 301, 10)]
        assert vae_grids.kept_epochs(found) == found["epochs"] == epochs
        assert found["loss"] == [1000.0 - k for k in epochs]
        assert found["reconstruction"] == found["validation"]["hard"] == epochs
        assert sum(found["seconds"]) == 300
        assert found["seconds"][:20] == [1.0] * 20
        assert found["seconds"][20:] == [10.0] * 11 + [7.0, 3.0] + [10.0] * 16
        assert found["test"] == whole["test"]
        assert vae_recorded.thinned(found) == found
        short = recordable(VaeRun(epochs=20))
        assert vae_recorded.thinned(short) == short
        assert vae_grids.kept_epochs(short) == list(range(1, 21))

    def test_runs_of_any_length_are_recorded(self, tmp_path, monkeypatch):
        monkeypatch.setattr(vae_recorded.files, "destination", lambda name: tmp_path / name)
        monkeypatch.setattr(vae_recorded.files, "location", lambda name: tmp_path / name)
        runs = [VaeRun(epochs=count) for count in (3, 5, 20, 21, 300)]
        sweep(recordable, runs, tmp_path / "cells", command="a test", packages=("numpy",))
        path = vae_recorded.save(tmp_path / "cells")
        found = vae_recorded.load()
        assert found == {run: vae_recorded.thinned(recordable(run)) for run in runs}
        kept = [len(found[run]["loss"]) for run in runs]
        assert kept == [3, 5, 20, 21, 48]
        assert sum(found[runs[-1]]["seconds"]) == 2
        # Saved again with nothing new it is the same file.
        before = path.read_bytes()
        assert vae_recorded.save(tmp_path / "cells").read_bytes() == before
        for other in ([], [*range(1, 301)], found[runs[-1]]["epochs"][1:], None, 3):
            changed = json.loads(before)
            (row,) = (r for r in changed["vaes"] if r["run"].get("epochs") == 300)
            row["result"]["epochs"] = other
            path.write_text(json.dumps(changed))
            with pytest.raises(RecordError, match="corrupt"):
                vae_recorded.load()

    def test_short_tables_do_not_see_long_runs(self):
        short = results_of("table-3", "table-1")
        both = short | {run: recordable(run) for run in vae_grids.runs("published")}
        both |= {run: recordable(run) for run in vae_grids.runs("constant")}
        assert len(both) > 2 * len(short) - 100
        assert vae_tables.table_3(both) == vae_tables.table_3(short)
        assert vae_tables.table_1(both) == vae_tables.table_1(short)
        assert vae_tables.audit(both) == vae_tables.audit(short)

    def test_nothing_to_record_raises(self, tmp_path):
        with pytest.raises(RecordError, match="holds no run"):
            vae_recorded.save(tmp_path)

    def test_the_record_itself(self):
        found = vae_recorded.load()
        assert set(vae_grids.runs("table-3")) <= set(found)
        for run, result in found.items():
            assert len(result["loss"]) == run.epochs
            assert result["loss"][-1] < result["loss"][0]
            if run.noise == "gumbel" and not run.unit:
                assert np.isclose(vae_grids.loss(result, "bound"),
                                  vae_grids.loss(result, "as_published"), atol=1e-3)  # fmt: skip
        with pytest.raises(RecordError, match="seed=99"):
            found[VaeRun(seed=99)]

    def test_the_committed_tables_are_those_of_the_record(self):
        committed = Path(__file__).parents[3] / "results" / "vaes.md"
        assert committed.read_text("utf-8") == vae_markdown.markdown(vae_recorded.load())

    def test_names_of_cells_do_not_change(self):
        """Files of a sweep are found by them."""
        assert identity(VaeRun()) == NAME


NAME = "VaeRun-279cca4af85a0ef8"


class TestCommand:
    def main(self, *arguments):
        with pytest.raises(SystemExit) as caught:
            cli.main(["vae", *arguments])
        return caught.value.code

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("--images", "cifar"), "`--images` must be one of"),
            (("--data", "/no/such/folder"), "`--data`"),
            (("--data", str(Path(__file__).parent)), "missing"),
            (("--data", str(Path(__file__).parent), "--images", "fashion-mnist"), "missing"),
            (("--images", "mnist-5000", "--rule", "magic"), "'magic'"),
            (("--images", "mnist-5000", "--temperature", "-1"), "`temperature`"),
            (("--images", "mnist-5000", "--epochs", "-1"), "`epochs`"),
            (("--images", "mnist-5000", "--importance", "-1"), "`--importance`"),
            (("--json", "/no/such/folder/x.json"), "`--json`"),
            (("--grid", "table-9"), "table-9"),
            (("--grid", "table-3", "--rule", "direct"), "`--rule` has no part in --grid"),
            (("--grid", "table-3", "--epochs", "0"), "`--epochs` must be a positive number"),
            (("--tables", "--json", "x.json"), "`--json` has no part in --tables"),
            (("--tables", "--directory", "x"), "`--directory` has no part in --tables"),
            (("--record", "--workers", "1"), "`--workers` has no part in --record"),
            (("--workers", "1"), "`--workers` goes with --grid"),
            (("--rule", "exact", "--temperature", "0.4"), "`temperature` must be 1 for exact"),
        ],
    )
    def test_misuse(self, arguments, words, capsys):
        assert self.main(*arguments) == cli.MISUSED
        assert words in capsys.readouterr().err

    def test_tables(self, capsys):
        assert self.main("--tables") == cli.AGREES
        assert "Table 3 of paper A" in capsys.readouterr().out

    def test_trains_and_draws(self, tmp_path, capsys, monkeypatch):
        few = tuple(x[:200] for x in vaes.binary(data.load("mnist-5000")))
        monkeypatch.setattr(vaes, "binary", lambda images: few)
        options = ["--images", "mnist-5000", "--rule", "exact", "--categories"]
        options += ["3", "--noise", "gumbel", "--epochs", "3", "--output", str(tmp_path / "out")]
        options += ["--json", str(tmp_path / "x.json"), "--importance", "5"]
        assert self.main(*options, "--checkpoint", str(tmp_path / "state")) == cli.AGREES
        assert "hard + KL of the arg max" in capsys.readouterr().out
        found = json.loads((tmp_path / "x.json").read_text())
        assert found["run"]["categories"] == 3
        assert found["result"]["loss"][-1] < found["result"]["loss"][0]
        names = {path.name for path in (tmp_path / "out").iterdir()}
        assert names == {f"{n}.{k}" for n in ("samples", "reconstructions", "loss")
                         for k in ("png", "pdf")}  # fmt: skip
        # Resumed with nothing left to do, the seconds are those of the first process still.
        before = found["result"]["seconds"]
        assert self.main(*options, "--checkpoint", str(tmp_path / "state")) == cli.AGREES
        found = json.loads((tmp_path / "x.json").read_text())
        assert found["result"]["seconds"] == before
        assert len(before) == 3
        (tmp_path / "state").write_bytes(b"nothing")
        assert self.main(*options, "--checkpoint", str(tmp_path / "state")) == cli.MISUSED
        assert "checkpoint" in capsys.readouterr().err
