"""Benchmarks are not run here, but what they import from the package is there."""

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
NEEDS_PYTORCH = {"vae_peers"}
MODULES = sorted({path.stem for path in FOLDER.glob("*.py")} - NEEDS_PYTORCH - {"conftest"})


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_can_be_imported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    module = importlib.import_module(name)
    assert module.__file__ == str(FOLDER / f"{name}.py")
    for new in set(sys.modules) - before:
        if (FOLDER / f"{new}.py").exists():
            del sys.modules[new]
