"""The command line: exit statuses, messages, files, and how little `--version` loads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from perturbtheory import __version__, claims, cli
from perturbtheory.claims import recorded
from perturbtheory.ledger import Check, Claim, Step, witness

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return stop.value.code


@pytest.fixture
def one_claim(monkeypatch, tmp_path, capsys):
    """A ledger of one claim whose verdict a test can choose, and its record."""
    outcomes, path = ["holds", "holds"], tmp_path / "recorded.json"
    one = Claim("X.one", "nowhere", "a statement, $x$")

    @one.part("part")
    def part():
        for n, outcome in enumerate(outcomes):
            steps = (Step(f"r{n}", "sympy", outcome),)
            yield Check(f"r{n}", "proof", outcome, "detail", steps=steps)
        yield witness(x=1)

    find = claims.find
    monkeypatch.setattr(claims, "index", lambda: {"X.one": __name__})
    monkeypatch.setattr(recorded, "index", lambda: {"X.one": __name__})
    monkeypatch.setattr(claims, "find", lambda ids=(): find(ids))
    monkeypatch.setattr(recorded, "location", lambda: path)
    monkeypatch.setattr(recorded, "destination", lambda: path)
    assert run("verify", "--record") == cli.AGREES
    capsys.readouterr()
    return outcomes, path


def test_version_loads_little():
    """How long it takes is measured in `benchmarks/test_speed.py`."""
    code = (
        "import sys\n"
        "from perturbtheory.cli import main\n"
        "try:\n    main(['--version'])\n"
        "except SystemExit as stop:\n    assert stop.code == 0\n"
        "bad = {'jax', 'sympy', 'numpy', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == __version__


def test_exit_statuses_are_part_of_the_interface():
    assert (cli.AGREES, cli.DRIFTED, cli.MISUSED) == (0, 1, 2)


def test_agreement_with_the_record_is_status_0(one_claim, capsys):
    assert run("verify") == cli.AGREES
    out = capsys.readouterr().out
    assert "X.one" in out
    assert "proved" in out


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        (["fails", "fails"], "was proved"),
        (["holds", "fails"], "routes disagree"),
        (["unknown", "holds"], "was proved"),
    ],
)
def test_drift_and_disagreement_are_status_1(one_claim, capsys, outcomes, word):
    one_claim[0][:] = outcomes
    assert run("verify", "X.one") == cli.DRIFTED
    assert word in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("says", "another statement, $x$", "text differs"),
        ("depends_on", ["X.two"], "text differs"),
        ("checks", [], "checks differ"),
        ("id", "X.two", "X.two is recorded, and no claim has this id any more"),
    ],
)
def test_a_record_of_something_else_is_drift(one_claim, capsys, key, value, word):
    path = one_claim[1]
    (entry,) = json.loads(path.read_text())
    path.write_text(
        json.dumps([entry, entry | {key: value}] if key == "id" else [entry | {key: value}])
    )
    assert run("verify") == cli.DRIFTED
    assert word in " ".join(capsys.readouterr().out.split())


def test_a_claim_of_this_package_has_to_stand_whatever_is_recorded(one_claim, monkeypatch, capsys):
    monkeypatch.setattr(claims, "stated_here", lambda claim: claim.id == "X.one")
    for outcomes, word in (
        (["fails", "fails"], "stated as true, and refuted"),
        (["unknown", "holds"], "nothing decided"),
    ):
        one_claim[0][:] = outcomes
        assert run("verify", "--record") == cli.DRIFTED
        assert word in " ".join(capsys.readouterr().out.split())


def test_a_claim_that_is_not_recorded_is_drift(one_claim, capsys):
    one_claim[1].write_text("[]")
    assert run("verify") == cli.DRIFTED
    assert "not recorded" in capsys.readouterr().out


def test_a_disagreement_stays_status_1_when_recorded(one_claim):
    one_claim[0][:] = ["holds", "fails"]
    assert run("verify", "--record") == cli.DRIFTED
    assert json.loads(one_claim[1].read_text())[0]["verdict"] == "inconclusive"
    assert run("verify") == cli.DRIFTED


def test_record_makes_verdicts_the_recorded_ones(one_claim):
    one_claim[0][:] = ["fails", "fails"]
    assert run("verify", "--record") == cli.AGREES
    assert run("verify") == cli.AGREES
    first = one_claim[1].read_bytes()
    assert run("verify", "--record") == cli.AGREES
    assert one_claim[1].read_bytes() == first


def test_a_hyphen_prints_json_and_nothing_else(one_claim, capsys):
    one_claim[0][:] = ["holds", "holds"]
    assert run("verify", "--json", "-") == cli.AGREES
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["verdict"] == "proved"
    assert run("diagnose", "normal", "--json", "-") == cli.AGREES
    assert json.loads(capsys.readouterr().out)["name"] == "Normal(scale=1.0)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["diagnose", "normal", "--dimension", "1"], "`--dimension` must be an int >= 2, got 1"),
        (["diagnose", "pareto", "--tail-index", "-1"], "`--tail-index` must be positive"),
        (["fit", "run", "--learning-rate", "-1"], "`--learning-rate` must be positive"),
        (["fit", "--draws", "0"], "`--draws` must be a positive integer"),
        (["vae", "--epochs", "0"], "`--epochs` must be a positive integer"),
    ],
)
def test_messages_name_options_as_they_are_typed(words, said, capsys):
    assert run(*words) == cli.MISUSED
    assert said in capsys.readouterr().err


def test_json_is_a_list_of_claims(one_claim, tmp_path):
    one_claim[0][:] = ["fails", "fails"]
    path = tmp_path / "out.json"
    assert run("verify", "--json", str(path)) == cli.DRIFTED
    (entry,) = json.loads(path.read_text())
    assert entry["id"] == "X.one"
    assert entry["verdict"] == "refuted"
    assert entry["checks"][0] == {
        "part": "part",
        "route": "r0",
        "kind": "proof",
        "outcome": "fails",
        "detail": "detail",
        "measured": "",
        "steps": [{"says": "r0", "by": "sympy", "outcome": "fails"}],
    }
    assert entry["counterexample"] == {"part": {"x": 1}}
    assert {p.name for p in tmp_path.iterdir()} == {"out.json", "recorded.json"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "X.won"], ["`CLAIM`", "'X.won'", "did you mean X.one?"]),
        (["verify", "--budget", "huge"], ["--budget", "huge", '"quick", "full"']),
        (["verify", "--json", "/nope/out.json"], ["`--json`", "/nope/out.json", "create '/nope'"]),
        (["verify", "--json", "/"], ["`--json`", "is a directory"]),
        (["verify", "--nonsense"], ["--nonsense"]),
        (["bogus"], ["bogus", "verify, figures"]),
        (["figures", "figure-22"], ["`NAME`", "'figure-22'", "did you mean figure-2"]),
        (["figures", "--directory", "/dev/null/x"], ["`--directory`", "/dev/null/x"]),
    ],
)
def test_misuse_is_status_2_with_a_way_out(one_claim, capsys, arguments, words):
    assert run(*arguments) == cli.MISUSED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("perturbtheory: ")
    assert "Traceback" not in err
    for word in words:
        assert word in err


def test_missing_or_corrupt_record_is_named(one_claim, capsys):
    one_claim[1].write_text("{")
    assert run("verify") == cli.MISUSED
    assert f"corrupt: {one_claim[1]}" in capsys.readouterr().err
    one_claim[1].unlink()
    assert run("verify") == cli.MISUSED
    assert "--record" in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["30", "60", "200"])
def test_output_fits_any_width_without_colour(one_claim, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    one_claim[0][:] = ["fails", "fails"]
    assert run("verify") == cli.DRIFTED
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "refuted" in out


def test_figures_go_to_the_directory(monkeypatch, tmp_path, capsys):
    from perturbtheory import figures

    asked = []

    def draw(names, directory):
        asked.append((tuple(names), directory))
        return [directory / "a.png"]

    monkeypatch.setattr(figures, "draw", draw)
    assert run("figures", "figure-2", "--directory", str(tmp_path / "new")) == cli.AGREES
    assert asked == [(("figure-2",), tmp_path / "new")]
    assert capsys.readouterr().out == f"{tmp_path / 'new' / 'a.png'}\n"


@pytest.mark.slow
def test_figures_are_listed(capsys, tmp_path):
    from perturbtheory.figures import NAMES

    assert run("figures", "--list", "--directory", str(tmp_path / "new")) == cli.AGREES
    assert capsys.readouterr().out.split() == list(NAMES)
    assert not (tmp_path / "new").exists()


def test_many_figures_are_drawn_by_processes_as_by_one(tmp_path, capsys):
    names = ["figure-3", "figure-4", "figure-5", "figure-7", "figure-8", "long-run"]
    assert run("figures", *names, "--directory", str(tmp_path / "many")) == cli.AGREES
    printed = capsys.readouterr().out.split()
    for name in names:
        assert run("figures", name, "--directory", str(tmp_path / "one")) == cli.AGREES
    files = sorted((tmp_path / "one").iterdir())
    assert len(files) == 3 * len(names)
    assert sorted(printed) == [str(tmp_path / "many" / file.name) for file in files]
    for file in files:
        assert (tmp_path / "many" / file.name).read_bytes() == file.read_bytes()


def test_real_claims_run_and_agree_with_the_record(capsys):
    assert run("verify", "A.discrete-potential", "A.uniform-difference-law") == cli.AGREES
    out = capsys.readouterr().out
    assert "printed" in out
    assert "1 proved" in out
    assert "1 refuted" in out
