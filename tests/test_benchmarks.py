"""Benchmarks are not run here, but what they import from the package is there."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import perturbtheory as pt

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


def test_the_peers_of_the_probit_compute_the_same_probabilities(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    probit = importlib.import_module("probit")
    theta, loadings = probit.problem(4)
    p = pt.expected_max(pt.FactorNoise(pt.Normal(), loadings)).probabilities(theta)
    np.testing.assert_allclose(probit.scipy_probabilities(theta, loadings), p, atol=1e-5)
    plain = [probit.plain(theta, loadings, i) for i in range(4)]
    np.testing.assert_allclose(plain, p, rtol=1e-13)
    # Hoeffding for four means of numbers in [0, 1]: wrong once in a million seeds.
    off = np.abs(probit.ghk_probabilities(theta, loadings, 100_000) - p)
    assert np.max(off) < np.sqrt(np.log(8e6) / 2e5)
    for new in set(sys.modules) - before:
        if (FOLDER / f"{new}.py").exists():
            del sys.modules[new]


def test_the_record_of_the_probit_has_what_is_claimed_of_it() -> None:
    """To 1e-12 up to a thousand categories, and a hundred times SciPy's speed at thirty."""
    record = json.loads((FOLDER.parent / "results" / "probit.json").read_text("utf-8"))
    one = [row for row in record["entries"] if row["family"] == "Normal, one factor"]
    ours = [row for row in one if row["method"].startswith("perturbtheory")]
    assert {row["dimension"] for row in ours} == {5, 30, 100, 1_000}
    for row in ours:
        assert row["plain rule"]["max"] <= row["error"]["max"] < 1e-12
    (peer,) = (r for r in one if "SciPy" in r["method"] and r["dimension"] == 30)
    assert peer["ratio"] > 100
    five = [row for row in record["entries"] if row not in one]
    assert {row["dimension"] for row in five} == {10, 30}
    for row in five:
        assert row["reference"]["radius"] < 1e-3
        if row["method"] == "perturbtheory, 16384 points":
            assert row["error"]["max"] < 1e-3
