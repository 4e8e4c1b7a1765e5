"""The runs that were made: results/structured.json, by `perturbtheory vae structured record`."""

from pathlib import Path
from typing import Any

from perturbtheory.experiments.recorded import RunFile
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
    rows="structured",
    what="recorded VAEs with coupled bits",
    remedy="run `perturbtheory vae structured grid --record` in a checkout, "
    "without the file if it is there",
    lengths=_lengths,
)
load = FILE.load
location = FILE.location
destination = FILE.destination
finished = FILE.finished


def save(directory: Path) -> Path:
    """Add the runs of `directory` to the record, see `RunFile.add`; the path of the record."""
    FILE.add(directory, lambda _, result: result, "run `perturbtheory vae structured grid`")
    return FILE.destination()
