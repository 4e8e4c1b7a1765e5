"""The fits that were made: results/fits.json, written by `perturbtheory fit record`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perturbtheory.experiments.fits import grids
from perturbtheory.experiments.fits.settings import FitRun
from perturbtheory.experiments.recorded import RunFile, versions
from perturbtheory.results import RecordError

COMMAND = "perturbtheory fit grid --record"
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
    remedy="run `perturbtheory fit grid --record` in a checkout, or install the package again",
    lengths=_lengths,
)
load = FILE.load
location = FILE.location
destination = FILE.destination
finished = FILE.finished


def save(directory: Path) -> Path:
    """Make the runs of all grids in the directory the record; returns its path.

    The fitted distributions are kept of Table 2 alone. The head says how to make the runs again,
    with which versions they were made and how long it took.

    Raises:
        RecordError: if the directory lacks a run of the grids; then nothing is written.
    """
    found, every = FILE.made(directory), grids.runs(*grids.GRIDS)
    missing = [run for run in every if run not in found]
    if missing:
        what = f"{directory} lacks {len(missing)} of the {len(every)} runs that are recorded"
        msg = f"{FILE.what} would be incomplete: {what}; run `perturbtheory fit grid`"
        raise RecordError(msg)
    records = {run: found[run] for run in every}
    shown = set(grids.runs("table-2"))
    head = {"command": COMMAND, "versions": versions(r.versions for r in records.values())}
    results = {run: _kept(record.result, whole=run in shown) for run, record in records.items()}
    return FILE.write(head, results, sum(record.seconds for record in records.values()))


def _kept(result: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    return {k: v for k, v in result.items() if whole or k not in _BULKY}
