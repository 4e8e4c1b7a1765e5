"""`perturbtheory vae semi`: what is not said, and records that cannot be written or added to."""

import json

import pytest

from perturbtheory import cli, data, results
from perturbtheory.cli import _vae_semi as command
from perturbtheory.experiments.semi import run as runs
from tests.experiments.semi.made_up import made_up
from tests.experiments.semi.test_semi_runs import few, main, small


class TestCommands:
    @pytest.mark.parametrize("text", ["[1]", "null", "[]", '{"commands": null}', "{}"])
    def test_a_corrupt_record_is_named(self, text, capsys, monkeypatch, tmp_path):
        assert self.recorded(monkeypatch, tmp_path, made_up, text) == cli.DRIFTED
        err = capsys.readouterr().err
        assert f"are corrupt: {tmp_path / 'semi.json'}" in err
        assert "without the file if it is there" in err
        assert (tmp_path / "semi.json").read_text() == text

    @pytest.mark.parametrize("head", [{"commands": None}, {"versions": [3]}, {"commands": [3]}])
    def test_a_corrupt_head_is_named(self, head, capsys, monkeypatch, tmp_path):
        text = json.dumps({"semi": [], **head})
        assert self.recorded(monkeypatch, tmp_path, made_up, text) == cli.DRIFTED
        err = capsys.readouterr().err
        assert f"are corrupt: {tmp_path / 'semi.json'}: {next(iter(head))!r} must be" in err

    def test_results_without_their_numbers_are_not_recorded(self, capsys, monkeypatch, tmp_path):
        lacking = lambda run: {k: v for k, v in made_up(run).items() if k != "seconds"}  # noqa: E731
        assert self.recorded(monkeypatch, tmp_path, lacking) == cli.DRIFTED
        err = capsys.readouterr().err
        assert f"cannot be recorded: {tmp_path / 'runs'}" in err
        assert "a result has no 'seconds'; delete it and run it again" in err
        assert not (tmp_path / "semi.json").exists()

    def recorded(self, monkeypatch, tmp_path, made, text=None):
        """The exit status of a grid of two runs that is recorded over a file with this text."""
        monkeypatch.setattr(runs, "run_semi", lambda run, checkpoint: made(run))
        monkeypatch.setattr(runs, "start", small)
        monkeypatch.setattr(results, "destination", lambda name: tmp_path / name)
        if text is not None:
            (tmp_path / "semi.json").write_text(text)
        place = ("-d", str(tmp_path / "runs"), "--workers", "0", "--epochs", "2", "--seeds", "1")
        return main("grid", "figure-4", *place, "--record")

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("--rule=exact", {"from_labels": True, "learns": "both"}),
            ("--rule=exact --learns=labels", {"from_labels": False, "learns": "labels"}),
            ("--rule=exact --learns=images", {"from_labels": False, "labels": 0}),
            ("--learns=images", {"labels": 0}),
            ("--rule=relaxed --learns=images", {"labels": 0, "weight": 20.0}),
            ("--rule=relaxed --learns=images --from-labels", {"labels": 100, "weight": 20.0}),
            ("--learns=labels", {"labels": 100, "schedule": "constant"}),
            ("--learns=images --first=3", {"labels": 100}),
            ("--learns=images --from-labels", {"from_labels": True, "labels": 100}),
        ],
    )
    def test_what_is_not_said_goes_with_what_is_learnt_from(self, words, expected, monkeypatch):
        asked = []
        monkeypatch.setattr(
            command,
            "train_and_show",
            lambda kind, *rest, quiet: asked.append(kind.made().run) or 0,
        )
        monkeypatch.setattr(data, "default", lambda folder: few())
        monkeypatch.setattr(runs, "start", small)
        assert main(*words.split()) == cli.AGREES
        assert {name: getattr(asked[0], name) for name in expected} == expected
