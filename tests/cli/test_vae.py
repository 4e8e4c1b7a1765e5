"""`perturbtheory vae`: what is refused, tables, one small training, a grid of tiny runs."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from perturbtheory import cli, data, results
from perturbtheory.cli import _vae as command
from perturbtheory.experiments import vaes
from perturbtheory.experiments.vaes import VaeRun, grids, recorded, tables
from perturbtheory.experiments.vaes import run as vaes_run


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
            (("--images", "mnist-5000", "--temperature", "-1"), "`--temperature`"),
            (("--images", "mnist-5000", "--epochs", "-1"), "`--epochs`"),
            (("--images", "mnist-5000", "--importance", "-1"), "`--importance`"),
            (("--json", "/no/such/folder/x.json"), "`--json`"),
            (("grid", "table-9"), "`NAMES` must be one of all, table-3"),
            (("grid", "curves", "table-9"), "got 'table-9'"),
            (("grid",), "`NAMES` must be one or more of all, table-3"),
            (("grid", "table-3", "--rule", "direct"), "--rule"),
            (("grid", "table-3", "--epochs", "0"), "`--epochs` must be a positive number"),
            (("grid", "table-3", "--data", "/no/such/folder"), "`--data`"),
            (("grid", "table-3", "-d", "/dev/null/x"), "`--directory`"),
            (("grid", "seeds", "-d", "{folder}"), "run that grid first"),
            (("tables", "--json", "/no/such/folder/x.json"), "`--json`"),
            (("tables", "--directory", "x"), "--directory"),
            (("record", "--workers", "1"), "--workers"),
            (("--workers", "1"), "--workers"),
            (("--noise", "cauchy", "--images", "mnist-5000"), "`--noise`"),
            (("--rule", "exact", "--temperature", "0.4"), "`--temperature` must be 1 for exact"),
        ],
    )
    def test_misuse(self, arguments, words, capsys, tmp_path):
        arguments = [text.format(folder=tmp_path) for text in arguments]
        assert self.main(*arguments) == cli.MISUSED
        assert words in capsys.readouterr().err

    def test_tables(self, capsys):
        assert self.main("tables") == cli.AGREES
        assert "Table 3 of paper A" in capsys.readouterr().out

    def test_nothing_to_record(self, capsys, tmp_path):
        assert self.main("record", "-d", str(tmp_path)) == cli.DRIFTED
        assert "holds no run; run `perturbtheory vae grid`" in capsys.readouterr().err

    def test_what_cannot_be_recorded_is_not_run(self, capsys, monkeypatch, tmp_path):
        monkeypatch.setattr(vaes, "run_vae", None)
        monkeypatch.setattr(results, "destination", lambda name: tmp_path / "none" / name)
        place = ("-d", str(tmp_path / "runs"), "--workers", "0", "--record")
        assert self.main("grid", "table-3", *place) == cli.MISUSED
        assert "`--record` must be a file that can be written" in capsys.readouterr().err

    def test_options_are_the_fields_of_a_run(self, capsys, monkeypatch):
        """Each is passed on, and what is not said suits the rule."""
        found = []
        monkeypatch.setattr(
            command,
            "train_and_show",
            lambda kind, *rest, quiet: found.append(kind.made().run) or 0,
        )
        said = {
            "rule": "direct", "noise": "gumbel", "unit": True, "temperature": 0.3, "latents": 2,
            "schedule": "annealed", "categories": 3, "divergence": "argmax", "epochs": 7, "seed": 4,
            "images": "mnist-5000", "learning_rate": 1e-4, "warmup": 2, "spread": 3.0,
        }  # fmt: skip
        assert set(said) == {field.name for field in dataclasses.fields(VaeRun)}
        words = [
            f"--{k.replace('_', '-')}={v}" if k != "unit" else "--unit" for k, v in said.items()
        ]
        assert self.main("train", *words) == self.main(*words) == cli.AGREES
        assert found == [VaeRun(**said)] * 2
        found.clear()
        assert self.main("--images=mnist-5000", "--rule=arm") == cli.AGREES
        usual = dataclasses.replace(vaes.suited("arm"), images="mnist-5000")
        assert found == [dataclasses.replace(usual, epochs=round(2500 / 40))]
        assert self.main("--help") == cli.AGREES
        assert "the gradient estimator: relaxed" in capsys.readouterr().out

    def test_a_grid_of_the_published_length_on_few_images(self, tmp_path, capsys, monkeypatch):
        """Run, recorded with some of its epochs, and shown; then recorded again, with no change."""
        few = np.random.default_rng(0).random((3, 100, 784)) < 0.2
        monkeypatch.setattr(vaes_run, "_images", lambda name: tuple(few.astype(np.uint8)))
        monkeypatch.setattr(grids, "SEEDS", (0,))
        monkeypatch.setattr(grids, "IMAGES", ("mnist",))
        one = {"Logistic": grids.PUBLISHED_COLUMNS["Logistic"]}
        monkeypatch.setattr(grids, "PUBLISHED_COLUMNS", one)
        monkeypatch.setattr(tables, "PUBLISHED_EPOCHS", 21)
        for name in ("location", "destination"):
            monkeypatch.setattr(results, name, lambda name: tmp_path / name)
        place = ("-d", str(tmp_path / "runs"))
        options = ("--epochs", "21", "--workers", "0", "--record")
        assert self.main("grid", "published", *options, *place) == cli.AGREES
        out = capsys.readouterr().out
        assert "vaes.json recorded" in out
        assert "Paper A, 300 epochs" in out
        assert "Logistic" in out
        found = recorded.load()
        assert list(found) == grids.runs("published", epochs=21)
        assert len(found) == 1
        for result in found.values():
            assert result["epochs"] == list(range(1, 22))
            assert result["loss"][-1] < result["loss"][0]
        record = (tmp_path / "vaes.json").read_bytes()
        assert json.loads(record)["commands"] == ["perturbtheory vae grid published --epochs 21"]
        assert self.main("record", *place) == cli.AGREES
        assert (tmp_path / "vaes.json").read_bytes() == record

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
