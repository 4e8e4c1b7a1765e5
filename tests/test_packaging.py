"""What is installed: for development everything that a test may import, and the program."""

import importlib
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_development_installs_every_extra():
    """Else the tests and benchmarks of an extra would run nowhere."""
    extras = PROJECT["optional-dependencies"]
    wanted = {e for line in extras["dev"] for e in re.findall(r"^perturbtheory\[(.*)\]", line)}
    assert {name for line in wanted for name in line.split(",")} == set(extras) - {"dev"}


def test_no_test_is_skipped_for_want_of_a_package():
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text("utf-8")
        assert "importor" + "skip" not in text, path
        assert not re.search(r"skip\w*\([^)]*find_" + "spec", text), path


def test_the_program_is_the_one_that_hears_ctrl_c():
    module, _, name = PROJECT["scripts"]["perturbtheory"].partition(":")
    assert module == "perturbtheory.__main__"
    assert callable(getattr(importlib.import_module(module), name))
