"""Ctrl-C at any moment: status 130, and not a word."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEARS = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""What a shell starts in the background ignores Ctrl-C, and so do its children."""
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
    code = f"import os, sys\n{HEARS}{harm}\nfrom perturbtheory.__main__ import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=120,
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
        "def run(*_, **__):\n    os.kill(os.getpid(), signal.SIGINT)\n    while True: pass\n"
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


def test_processes_that_share_the_claims(tmp_path):
    """Ctrl-C in a terminal goes to all processes of the command; none but the first says so."""
    (tmp_path / "shared.py").write_text(
        "import os, pathlib, time\n"
        "def evidence(ids, budget):\n"
        "    pathlib.Path(__file__).with_name(str(os.getpid())).touch()\n"
        "    time.sleep(600)\n"
    )
    code = (
        f"{HEARS}import os, shared, sys\nfrom perturbtheory.cli import _verify\n"
        "os.cpu_count = lambda: 2\n_verify._evidence = shared.evidence\n"
        "from perturbtheory.__main__ import main\nmain()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "verify"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        start_new_session=True,
    )
    try:
        workers = ended = []
        patience = time.monotonic() + 120
        while len(workers) < 2 and time.monotonic() < patience:
            time.sleep(0.05)
            workers = [int(path.name) for path in tmp_path.iterdir() if path.name.isdecimal()]
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")
        assert (len(workers), process.returncode) == (2, 130)
        ended = [pid for pid in workers if not Path(f"/proc/{pid}").exists()]
        assert ended == workers
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
