"""The fits that were made: results/fits.json, written by `perturbtheory fit --record`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perturbtheory.experiments.fits.run import FitRun
from perturbtheory.experiments.recorded import RunFile, versions
from perturbtheory.experiments.sweep import Record

COMMAND = "perturbtheory fit --grid all --record"
"""What makes the whole record, or again what is missing of it."""
_PER_SEED = ("objective", "l1", "l1_hard", "spread")
_CURVES = ("iterations", "objective_mean", "objective_std")
_BULKY = ("p", "p_hard")
"""Kept only for runs that a figure shows."""


def _lengths(run: FitRun, result: Any) -> dict[str, int]:
    """How many numbers a result has, see `run_fit`."""
    known = [] if result["l1_curve"] is None else ["l1_curve"]  # It is not, for some models.
    points = len(result["iterations"])
    return dict.fromkeys(_PER_SEED, len(run.seeds)) | dict.fromkeys([*_CURVES, *known], points)


FILE = RunFile(
    FitRun,
    file="fits.json",
    rows="fits",
    what="recorded fits",
    remedy="run `perturbtheory fit --record` in a checkout, or install the package again",
    lengths=_lengths,
)
load = FILE.load
location = FILE.location
destination = FILE.destination


def save(records: Mapping[FitRun, Record], shown: set[FitRun]) -> Path:
    """Write the record; `shown` are the runs whose fitted distributions are kept.

    The head says how to make them again, with which versions they were made and how long it took.
    """
    made = list(records.values())
    head = {"command": COMMAND, "versions": versions(record.versions for record in made)}
    results = {run: _kept(record.result, whole=run in shown) for run, record in records.items()}
    return FILE.write(head, results, sum(record.seconds for record in made))


def _kept(result: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    return {k: v for k, v in result.items() if whole or k not in _BULKY}
