"""The runs that were made: results/semi.json, written by `perturbtheory vae semi record`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perturbtheory.data.attributes import NAMES
from perturbtheory.experiments.recorded import RunFile
from perturbtheory.experiments.semi.settings import SemiRun

_TEST = (
    "as_published", "bound", "bound_error", "accuracy", "drawn_accuracy", "matched", "epoch",
)  # fmt: skip


def _lengths(run: SemiRun, result: Any) -> dict[str, int | None]:
    """How many numbers a result has, see `run_semi`."""
    del result
    criteria = ("bound", "error")
    each = ("loss", "labels", "seconds", *(f"validation/{name}" for name in criteria))
    tested = [f"test/{name}/{number}" for name in (*criteria, "last") for number in _TEST]
    count = len(NAMES)
    apart: dict[str, int | None] = (
        {"switching/follows": count, "switching/moves": count**2}
        if run.latent == "attributes"
        else {}
    )
    return dict.fromkeys(each, run.epochs) | dict.fromkeys(tested) | apart


FILE = RunFile(
    SemiRun,
    file="semi.json",
    rows="semi",
    what="recorded semi-supervised VAEs",
    remedy="run `perturbtheory vae semi grid --record` in a checkout, "
    "without the file if it is there",
    lengths=_lengths,
)
load = FILE.load
location = FILE.location
destination = FILE.destination
finished = FILE.finished


def save(directory: Path) -> Path:
    """Add the runs of `directory` to the record, see `RunFile.add`; the path of the record."""
    FILE.add(directory, _kept, "run `perturbtheory vae semi grid`")
    return FILE.destination()


def _kept(run: SemiRun, result: Mapping[str, Any]) -> dict[str, Any]:
    """All but pictures that no figure shows."""
    return {k: v for k, v in result.items() if k != "pictures" or shown(run)}


def shown(run: SemiRun) -> bool:
    """Whether a figure can show its pictures: of direct optimisation, the first seed."""
    return run.seed == 0 and run.rule == "direct" and run.learns in ("both", "images")
