"""Using the commands: what is meant, what is quiet, what is kept, what a poor terminal shows."""

import io
import json
import os
import pty
import re
import subprocess
import sys

import pytest
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from perturbtheory import cli
from perturbtheory.checks import require_one_of
from perturbtheory.display import ascii_text
from perturbtheory.tables import Table, Words


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return stop.value.code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verfy"], 'Did you mean "verify"?'),
        (
            ["vae", "tabel"],
            "`perturbtheory vae` has no use for 'tabel'; did you mean table or tables?",
        ),
        (
            ["vae", "semi", "grd"],
            "`perturbtheory vae semi` has no use for 'grd'; did you mean grid",
        ),
        (["fit", "tabel"], "`perturbtheory fit` has no use for 'tabel'; did you mean table"),
        (["figures", "--directry", "x"], "Did you mean --directory?"),
        (["diagnose", "normel"], "did you mean normal"),
        (["figures", "figure-22"], "did you mean figure-2"),
        (["fit", "--target", "binomal"], "got 'binomal'; did you mean binomial"),
        (["vae", "--rule", "relxed"], "did you mean relaxed"),
        (["vae", "grid", "tabel-3"], "did you mean table-3"),
        (["diagnose", "normal", "--scal", "2"], "Did you mean --scale?"),
        (["fit", "--quiet", "tables"], "write `perturbtheory fit tables` before its options"),
        (["fit", "table-2"], "did you mean `perturbtheory fit grid table-2`?"),
        (["diagnose", "triangular"], "perturbtheory.diagnose(perturbtheory.FromScipy(law))"),
        (["figures", "rose"], "`NAME` must be one of figure-1, "),
        (["verify", "."], "`perturbtheory.claims.index()`"),
        (["fit", "record", "-d", "not-there"], "'not-there', which is none"),
    ],
)
def test_what_is_meant_is_said(arguments, words, capsys):
    assert run(*arguments) == cli.MISUSED
    err = capsys.readouterr().err
    assert words in err
    assert err.startswith("perturbtheory: ")
    assert err.count("\n") == 1


def test_a_word_like_none_of_the_known_ones_has_no_suggestion():
    with pytest.raises(ValueError, match=r"got 'zzz'$"):
        require_one_of("x", "zzz", ("alpha", "beta"))
    with pytest.raises(ValueError, match=r"got 3$"):
        require_one_of("x", 3, ("alpha", "beta"))


def test_without_arguments_it_says_what_to_try_first(capsys):
    assert run() == cli.AGREES
    out = capsys.readouterr().out
    tried = re.findall(r"• (perturbtheory [^:]+):", out)
    assert len(tried) >= 3
    for line in tried:
        cli.app.parse_args(line.split()[1:], exit_on_error=False, print_error=False)
    assert run("vae", "tables", "--help") == cli.AGREES
    assert "Try first" not in capsys.readouterr().out


def test_quiet_prints_nothing_and_keeps_files(tmp_path, capsys):
    kept = tmp_path / "found.json"
    assert run("vae", "tables", "--quiet", "--json", str(kept)) == cli.AGREES
    assert run("diagnose", "normal", "-q", "--json", str(tmp_path / "normal.json")) == cli.AGREES
    printed = capsys.readouterr()
    assert printed.out == printed.err == ""
    found = json.loads(kept.read_text("utf-8"))
    assert {"run", "result"} == set(found[0])
    assert "rule" in found[0]["run"]
    assert json.loads((tmp_path / "normal.json").read_text("utf-8"))["dimension"] == 3


def commands(app, *chain):
    """Every command with its parameters, and its name."""
    for name in app:
        if not name.startswith("-"):
            yield from commands(app[name], *chain, name)
    if app.default_command is not None:
        yield (
            " ".join(chain),
            {
                option
                for argument in app.assemble_argument_collection()
                for option in argument.names
            },
        )


def test_options_are_of_one_shape():
    found = dict(commands(cli.app))
    one = {f"{kind} {name}" for kind in ("vae", "vae semi") for name in ("train", "grid")}
    many = {
        f"{kind} {name}"
        for kind in ("fit", "vae", "vae semi", "vae structured")
        for name in ("grid", "tables", "record")
    }
    assert {"verify", "diagnose", "figures", "fit", "fit run", *one, *many} <= set(found)
    for name, options in found.items():
        assert {"--quiet", "-q"} <= options, name
        assert ("-d" in options) == ("--directory" in options), name
        if name != "figures":
            assert "--json" in options, name


@pytest.mark.parametrize("words", [(), ("nosuch",), ("vae",), ("fit", "run")])
def test_a_lost_working_directory_is_said_by_every_command(words, capsys, monkeypatch):
    def lost():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(cli.os, "getcwd", lost)
    assert run(*words) == cli.MISUSED
    assert "the working directory cannot be used" in capsys.readouterr().err


def test_misuse_is_said_however_quiet(capsys):
    assert run("diagnose", "normal", "--quiet", "--temperature", "-1") == cli.MISUSED
    assert "`--temperature`" in capsys.readouterr().err


@pytest.mark.parametrize("colour", [True, False])
def test_colours_obey_the_environment(colour):
    """In a terminal: green and red, or bold and dim alone."""
    code = (
        "from rich.text import Text\n"
        "from perturbtheory.cli._output import terminal\n"
        "terminal().print(Text.assemble(('one', 'bold green'), ('two', 'red')))\n"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm-256color"} | ({} if colour else {"NO_COLOR": "1"})
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", code]
    subprocess.run(command, stdout=theirs, check=True, env=environment, timeout=120)
    os.close(theirs)
    codes = re.findall(rb"\x1b\[([\d;]*)m", os.read(ours, 2**16))
    os.close(ours)
    assert any(b"3" in code.split(b";")[-1] for code in codes) == colour
    assert b"1" in {part for code in codes for part in code.split(b";")}


class TestAscii:
    def shown(self, *renderables, width=40):
        raw = io.BytesIO()
        with io.TextIOWrapper(raw, encoding="ascii", write_through=True) as stream:
            console = Console(file=stream, width=width)
            for one in renderables:
                console.print(one)
            return raw.getvalue().decode("ascii")

    def test_a_table_is_laid_out_in_ascii(self):
        table = Table("claim", "θ ≤ λ", "decided by")
        table.add_row("A.one", Text("Γ(α) ± ε", "red"), "λθ " * 8)
        out = self.shown(table)
        assert max(map(len, out.splitlines())) <= 40
        header, first = (re.split(r"  +", line.strip()) for line in out.splitlines()[:2])
        assert header == ["claim", "theta <= lambda", "decided by"]
        assert first[0] == "A.one"
        assert "Gamma(alpha) +-" in first[1]
        columns = [line.find("lambda theta") for line in out.splitlines()[1:] if "lambda t" in line]
        assert len(set(columns)) == 1

    def test_words_are_wrapped_as_they_are_printed(self):
        out = self.shown(Padding(Words("λθ ≤ " * 20), 0))
        assert max(map(len, out.splitlines())) <= 40
        assert out.count("lambda theta") + out.count("lambda\ntheta") >= 10

    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("λθ", "lambda theta"),
            ("f(λx) ≥ θ_1", "f(lambda x) >= theta_1"),
            ("2Γ", "2Gamma"),
            ("Hölder", "Holder"),
            ("plain", "plain"),
            ("\udcff", r"\udcff"),
        ],
    )
    def test_text(self, text, plain):
        assert ascii_text(text) == plain


def test_a_table_of_forty_columns_keeps_every_word(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert run("diagnose", "uniform") == cli.AGREES
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 40
    for word in ("completeness", "Perturb-Argmax: fails", "0.3009"):
        assert word in out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["verify", "A.gumbel-d"], "A.gumbel-density.corrected"),
        (["figures", "figure-1"], "figure-10"),
        (["diagnose", "no"], "normal"),
        (["fit", "grid", "st"], "study"),
        (["vae", "grid", "tab"], "table-3"),
        (["vae", "semi", "grid", "co"], "code"),
        (["vae", "structured", "grid", "l"], "left"),
    ],
)
def test_names_are_completed(typed, offered, capsys):
    """What the scripts of shells ask for when Tab is pressed."""
    assert run("__complete", *typed) == cli.AGREES
    assert offered in capsys.readouterr().out.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed(shell, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / "script"
    assert run("--install-completion", "--shell", shell, "--output", str(place)) == cli.AGREES
    assert str(place) in capsys.readouterr().out
    script = place.read_text("utf-8")
    for word in ("verify", "structured", "learning-rate", "quiet"):
        assert word in script


@pytest.mark.parametrize("kind", ["semi", "structured"])
def test_a_directory_without_runs_says_what_to_run(kind, capsys, tmp_path):
    assert run("vae", kind, "record", "-d", str(tmp_path)) == cli.DRIFTED
    assert f"holds no run; run `perturbtheory vae {kind} grid`" in capsys.readouterr().err


def test_a_part_of_the_fits_is_no_record(capsys, tmp_path):
    """It is refused before anything is run."""
    place = tmp_path / "fits"
    assert run("fit", "grid", "table-2", "--record", "-d", str(place)) == cli.MISUSED
    assert "`--record` keeps the whole record, got table-2" in capsys.readouterr().err
    assert not place.exists()


@pytest.mark.parametrize("option", [("--target", "poison"), ("--steps", "0")])
def test_misuse_leaves_no_directory(option, capsys, tmp_path):
    place = tmp_path / "fits"
    assert run("fit", "run", *option, "-d", str(place)) == cli.MISUSED
    assert capsys.readouterr().err
    assert not place.exists()


def test_several_numbers_may_follow_an_option(capsys, monkeypatch, tmp_path):
    found = []
    monkeypatch.setattr(
        cli._vae_semi, "run_and_show", lambda _, grids, *rest, **more: found.append(grids()) or 0
    )
    labels = ("--labels", "50", "100", "--seeds", "1", "-d", str(tmp_path))
    assert run("vae", "semi", "grid", "table-2", *labels) == cli.AGREES
    assert {made.labels for made in found[0][0]} == {50, 100}
    assert not capsys.readouterr().err


def test_whole_numbers_are_asked_for_alike(capsys):
    for words in (("diagnose", "normal", "--dimension", "2.5"), ("fit", "--steps", "1.5")):
        assert run(*words) == cli.MISUSED
        assert f"`{words[-2]}` must be a whole number, got '{words[-1]}'" in capsys.readouterr().err
