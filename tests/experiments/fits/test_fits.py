"""The fits of section 6.1: the record is what the code gives, the rules, the command line."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from perturbtheory import __version__, cli, results
from perturbtheory.claims.exhibits.criteria import below, beyond
from perturbtheory.claims.exhibits.fits import iterations_to
from perturbtheory.experiments import fits
from perturbtheory.experiments.fits import FitRun, grids, recorded, run_fit, study
from perturbtheory.experiments.fits import tables as table_2
from perturbtheory.experiments.spread import Spread
from perturbtheory.experiments.sweep import identity, sweep
from perturbtheory.models.targets import probabilities


@pytest.fixture(scope="module")
def record():
    return recorded.load()


class TestRecord:
    def test_every_run_of_every_grid_is_recorded(self, record) -> None:
        assert list(record) == grids.runs(*grids.GRIDS)

    def test_results_are_possible(self, record) -> None:
        for run, found in record.items():
            sizes = {len(found[key]) for key in ("objective", "l1", "l1_hard", "spread")}
            assert sizes == {len(run.seeds)}
            numbers = np.concatenate([found["l1"], found["l1_hard"]])
            assert np.all((numbers >= 0) & (numbers <= 2))
            # Adam moves no logit by more than about its rate a step.
            assert max(found["spread"]) <= 2.2 * run.learning_rate * run.steps + 1
            if found["l1_curve"]:
                assert len(found["l1_curve"]) == len(found["iterations"])
                assert found["l1_curve"][-1] == pytest.approx(np.mean(found["l1"]), abs=2e-6)

    @pytest.mark.parametrize("model", grids.PAIR)
    def test_a_fit_without_sampling_is_made_again(self, record, model) -> None:
        run = grids.exact(grids.printed("discrete", model))
        again = run_fit(run)
        np.testing.assert_allclose(again["l1_curve"], record[run]["l1_curve"], atol=2e-4)
        np.testing.assert_allclose(again["p"], record[run]["p"], atol=2e-4)
        np.testing.assert_allclose(again["l1_hard"], record[run]["l1_hard"], atol=2e-3)

    def test_a_sampled_fit_is_made_again(self, record) -> None:
        run = grids.printed("discrete", "gumbel")
        again = run_fit(dataclasses.replace(run, seeds=(0, 7)))
        old = record[run]
        np.testing.assert_allclose(
            again["objective"], np.array(old["objective"])[[0, 7]], atol=2e-3
        )
        np.testing.assert_allclose(again["l1"], np.array(old["l1"])[[0, 7]], atol=2e-3)

    def test_names_of_files_do_not_change(self) -> None:
        assert identity(FitRun("poisson")) == "FitRun-a650c6c9c871b1fb"

    def test_a_run_that_was_not_made_is_named(self, record) -> None:
        with pytest.raises(results.RecordError, match=r"no FitRun\(target='poisson'.*--record"):
            _ = record[FitRun("poisson", steps=17)]

    def test_round_trip(self, record, tmp_path, monkeypatch) -> None:
        runs = grids.runs("table-2")[:3]
        path, folder = tmp_path / "fits.json", tmp_path / "fits"
        monkeypatch.setattr(results, "destination", lambda _: path)
        monkeypatch.setattr(results, "location", lambda _: path)
        monkeypatch.setattr(
            grids, "GRIDS", {"table-2": lambda: runs[:1], "study": lambda: runs[1:]}
        )
        sweep(lambda run: record[run], runs[:2], folder, progress=False)
        with pytest.raises(
            results.RecordError, match="lacks 1 of the 3 runs .* `perturbtheory fit"
        ):
            recorded.save(folder)
        assert not path.exists()
        sweep(lambda run: record[run], runs, folder, progress=False)
        assert recorded.save(folder) == path
        found = recorded.load()
        assert list(found) == runs
        assert found[runs[0]] == record[runs[0]]
        assert "p" not in found[runs[1]]
        head = json.loads(path.read_text())
        assert (head["runs"], head["command"]) == (3, recorded.COMMAND)
        assert head["versions"][0]["perturbtheory"] == __version__

    @pytest.mark.parametrize("text", ["{", "[]", '{"fits": [{"run": {"target": "x", "y": 1}}]}'])
    def test_a_corrupt_record_is_named(self, text, tmp_path, monkeypatch) -> None:
        path = tmp_path / "fits.json"
        path.write_text(text)
        monkeypatch.setattr(results, "location", lambda _: path)
        with pytest.raises(results.RecordError, match=r"corrupt: .*fits\.json.*--record"):
            recorded.load()
        path.unlink()
        with pytest.raises(results.RecordError, match=r"fits\.json does not exist"):
            recorded.load()


class TestRules:
    @pytest.mark.parametrize(
        ("printed", "found", "reproduces"),
        [
            (Spread(0.026, 0.002, 0), Spread(0.024, 0.006, 10), True),
            (Spread(0.036, 0.003, 0), Spread(0.052, 0.005, 10), False),
            (Spread(0.618, 0.007, 0), Spread(0.143, 0.008, 10), False),
            (Spread(0.100, 0.0, 0), Spread(0.1004, 0.0, 10), True),
            (Spread(0.100, 0.0, 0), Spread(0.1006, 0.0, 10), False),
        ],
    )
    def test_reproduces(self, printed, found, reproduces) -> None:
        assert (table_2.off(printed, found) <= 1) is reproduces

    def test_ahead(self) -> None:
        assert table_2.ahead(Spread(0.02, 0.01, 10)) == "Normal"
        assert table_2.ahead(Spread(-0.02, 0.01, 10)) == "Gumbel"
        assert table_2.ahead(Spread(0.009, 0.01, 10)) == "neither"

    def test_checks_of_spreads_can_fail_and_can_be_undecided(self) -> None:
        def outcomes(check, mean, level):
            return check("route", Spread(mean, 0.001 * np.sqrt(10), 10), "x", level).outcome

        assert outcomes(beyond, 0.1, 0.0) == "holds"
        assert outcomes(beyond, 0.002, 0.0) == "unknown"
        assert outcomes(beyond, -0.1, 0.0) == "fails"
        assert outcomes(below, -0.001, 0.005) == "holds"
        assert outcomes(below, 0.1, 0.005) == "fails"
        assert beyond("one fit", Spread(0.001, 0.0, 1), "x").outcome == "unknown"

    def test_iterations_to_a_level(self) -> None:
        assert iterations_to([4, 2, 1], [0, 10, 20], 3.0) == 5.0
        assert iterations_to([4, 2, 1], [0, 10, 20], 5.0) == 0.0
        assert iterations_to([4, 2, 1], [0, 10, 20], 0.5) == np.inf

    @pytest.mark.parametrize("target", grids.TARGETS)
    def test_the_terms_sum_to_the_advantage(self, record, target) -> None:
        terms = study.decomposition(record, target)
        assert sum(terms[1:]) == pytest.approx(terms.seen, abs=1e-12)
        assert terms.seen == pytest.approx(
            np.mean(record[grids.printed(target, "gumbel")]["objective"])
            - np.mean(record[grids.printed(target, "normal")]["objective"])
        )


class TestRunFit:
    def test_l1_is_that_of_the_probabilities(self) -> None:
        run = FitRun("discrete-igr", "laplace", draws=30, steps=4, seeds=(0, 1))
        found = run_fit(run)
        target = probabilities("discrete-igr")
        assert found["l1"][0] == pytest.approx(
            np.abs(np.array(found["p"]) - target).sum(), abs=1e-5
        )
        assert found["l1_hard"][0] == pytest.approx(
            np.abs(np.array(found["p_hard"]) - target).sum(), abs=1e-5
        )
        assert found["iterations"][0] == 0
        assert found["l1_curve"][0] == pytest.approx(np.abs(target - 0.1).sum(), abs=1e-6)
        assert jax.config.jax_enable_x64

    def test_a_histogram_stands_for_the_target(self) -> None:
        run = FitRun("discrete", draws=20, steps=2, observed=50, seeds=(3,))
        seen = run_fit(run)["objective"][0]
        whole = run_fit(dataclasses.replace(run, observed=None))["objective"][0]
        assert seen != whole

    @pytest.mark.parametrize(
        ("run", "message"),
        [
            (FitRun("poisson", "cauchy"), "`model` must be one of normal, .* got 'cauchy'"),
            (FitRun("poisson", "igr", 2.0), "`scale` must be 1 for igr"),
            (FitRun("fish"), "`target` must be one of"),
            (FitRun("poisson", loss="l3"), "`loss` must be one of"),
            (FitRun("poisson", steps=0), "`steps` must be a positive integer"),
            (FitRun("discrete-printed", loss="fenchel-young"), "sum 0.94"),
            (FitRun("poisson", observed=0), "`observed` must be a positive integer, got 0"),
        ],
    )
    def test_bad_runs(self, run, message) -> None:
        with pytest.raises(ValueError, match=message):
            fits.require_run(run)


def command(*arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(["fit", *arguments])
    return stop.value.code


class TestCommandLine:
    TINY = ("--target", "discrete", "--model", "normal", "--draws", "10", "--steps", "3",
            "--seeds", "2")  # fmt: skip

    def test_a_fit_is_made_once(self, tmp_path, capsys) -> None:
        place, out = tmp_path / "fits", tmp_path / "out.json"
        with jax.enable_x64(False):  # as in a fresh process
            assert command(*self.TINY, "-d", str(place), "--json", str(out)) == cli.AGREES
        assert "draws 10, steps 3" in capsys.readouterr().out
        files = {path: path.stat().st_mtime_ns for path in place.glob("FitRun-*.json")}
        assert len(files) == 1
        assert command(*self.TINY, "-d", str(place)) == cli.AGREES
        assert {path: path.stat().st_mtime_ns for path in place.glob("FitRun-*.json")} == files
        (entry,) = json.loads(out.read_text())
        assert entry["run"]["steps"] == 3
        assert len(entry["result"]["l1"]) == 2
        text = (place / "manifest.json").read_text() + next(iter(files)).read_text()
        assert str(tmp_path) not in text
        assert "perturbtheory fit run --target discrete" in text

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--target", "fish"], ["`--target` must be one of", "'fish'"]),
            (["--model", "cauchy"], ["`--model` must be one of"]),
            (["--target", "poisson", "--draws", "many"], ["`--draws` must be a number or 'exact'"]),
            (["--target", "poisson", "--seeds", "0"], ["`--seeds` must be at least 1, got 0"]),
            (["--target", "poisson", "--temperature", "-1"], ["`--temperature` must be positive"]),
            (["grid", "table-3"], ["`NAMES` must be one of all, table-2", "'table-3'"]),
            (["grid", "study", "--steps", "3"], ["--steps"]),
            (["run", "--record"], ["--record"]),
            (["tables", "--loss", "kl"], ["--loss"]),
            (["--directory", "/dev/null/x"], ["`--directory`", "/dev/null/x"]),
            (["--workers", "-1"], ["`--workers`"]),
            (["--temperature", "nan"], ["`--temperature` must be positive and finite, got nan"]),
        ],
    )
    def test_misuse_is_status_2_with_a_way_out(self, arguments, words, tmp_path, capsys) -> None:
        place = [] if "--directory" in arguments else ["-d", str(tmp_path / "fits")]
        assert command(*arguments, *place) == cli.MISUSED
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("perturbtheory: ")
        for word in words:
            assert word in err

    def test_a_fit_that_fails_is_status_1(self, tmp_path, capsys) -> None:
        arguments = ("--loss", "kl", "--temperature", "0.001", "--draws", "2", "--steps", "2")
        place = ("--target", "discrete", "--model", "normal", "--seeds", "1", "-d", str(tmp_path))
        assert command(*arguments, *place) == cli.DRIFTED
        assert "`learning_rate` must keep the fit finite" in capsys.readouterr().err

    def test_table_2_beside_its_print(self, record, tmp_path, monkeypatch, capsys) -> None:
        monkeypatch.setattr("perturbtheory.experiments.fits.run_fit", lambda run: record[run])
        assert command("-d", str(tmp_path)) == cli.AGREES
        out = capsys.readouterr().out
        assert "0.618 ± 0.007" in out
        reproduced = sum(cell.reproduced for cell in table_2.cells(record))
        assert f"{reproduced} of 8 printed numbers reproduce" in out
        assert command("grid", "table-2", "-d", str(tmp_path)) == cli.AGREES
        assert capsys.readouterr().out == out
        for name in ("tables", "table"):
            assert command(name) == cli.AGREES
            table, kept = out.rsplit("\n", 2)[:2]
            assert capsys.readouterr().out == f"{table}\n"
            assert kept.startswith(f"The runs are kept in {tmp_path}")
