"""The runs that were made: results/structured.json, written by `perturbtheory vae structured`."""

import dataclasses
from pathlib import Path
from typing import Any

from perturbtheory import results as files
from perturbtheory.experiments.recorded import RunFile, versions
from perturbtheory.experiments.structured.settings import StructuredRun

_TEST = (
    "as_published", "bound", "bound_error", "least_bound", "negative_log", "negative_log_error",
    "epoch",
)  # fmt: skip


def _lengths(run: StructuredRun, result: Any) -> dict[str, int | None]:
    """How many numbers a result has, see `run_structured`."""
    del result
    criteria = ("bound", "as_published")
    each = ("loss", "seconds", *(f"validation/{name}" for name in criteria))
    tested = [f"test/{name}/{number}" for name in (*criteria, "last") for number in _TEST]
    return dict.fromkeys(each, run.epochs) | dict.fromkeys(tested)


FILE = RunFile(
    StructuredRun,
    file="structured.json",
    rows="runs",
    what="recorded VAEs with coupled bits",
    remedy="run `perturbtheory vae structured --record` in a checkout",
    lengths=_lengths,
)
load = FILE.load
location = FILE.location
destination = FILE.destination
finished = FILE.finished


def save(directory: Path) -> Path:
    """Add the runs of `directory` to the record, in the place of the same ones.

    Raises:
        RecordError: if the directory holds no run; if there is a record and it is corrupt.
    """
    made = FILE.made(directory)
    if not made:
        msg = f"{FILE.what} would be unchanged: {directory} holds no run; leave out --record"
        raise files.RecordError(msg)
    path = FILE.destination()
    before = {"commands": [], "versions": [], "runs": []}
    before |= FILE.read(path) if path.exists() else {}
    found = FILE.results(before | {"runs": before.get("runs", [])}, path)
    found |= {run: record.result for run, record in made.items()}
    results = dict(sorted(found.items(), key=lambda pair: dataclasses.astuple(pair[0])))
    head = {
        "commands": sorted({*before["commands"], *(record.command for record in made.values())}),
        "versions": versions([*before["versions"], *(record.versions for record in made.values())]),
    }
    return FILE.write(head, results, sum(sum(result["seconds"]) for result in results.values()))
