"""Ctrl-C at any moment: status 130, and not a word."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DURING_IMPORT = """
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            try:
                os.kill(os.getpid(), signal.SIGINT)
                for _ in range(10**6): pass
            except KeyboardInterrupt:
                raise ImportError("broken off") from None
sys.meta_path.insert(0, Finder())
"""


def interrupted(harm, *arguments):
    code = f"import os, signal, sys\n{harm}\nfrom perturbtheory.__main__ import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["cyclopts", "perturbtheory.cli._vae", "sympy", "numpy"])
def test_during_an_import(name):
    """A library that is broken off may raise anything; here it raises an ImportError."""
    harm = DURING_IMPORT.format(name=name)
    assert interrupted(harm, "verify", "A.gumbel-density") == (130, "", "")


def test_during_the_work():
    harm = (
        "import perturbtheory.ledger as ledger\n"
        "def run(*_):\n    os.kill(os.getpid(), signal.SIGINT)\n    while True: pass\n"
        "ledger.run = run\n"
    )
    assert interrupted(harm, "verify", "A.gumbel-density") == (130, "", "")


def test_the_command_line_alone(monkeypatch, capsys):
    from perturbtheory import claims, cli

    def find(ids=()):
        raise KeyboardInterrupt

    monkeypatch.setattr(claims, "find", find)
    with pytest.raises(SystemExit) as stop:
        cli.main(["verify", "A.gumbel-density"])
    assert stop.value.code == cli.INTERRUPTED == 130
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_that_is_ignored_stays_ignored():
    harm = "signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + DURING_IMPORT.format(name="cyclopts")
    status, out, err = interrupted(harm, "--version")
    assert (status, err) == (0, "")
    assert out
