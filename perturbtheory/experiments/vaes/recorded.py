"""The VAEs that were trained: results/vaes.json, written by `perturbtheory vae record`.

Runs of any length. Of one of more than 20 epochs the lists have every tenth after them, the last
and those that are best by a criterion, whose numbers are then under `epochs`; `seconds` there are
those since the epoch kept before. The tables made of all stand beside it in results/vaes.md.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perturbtheory import results as files
from perturbtheory.experiments.numbers import require_numbers
from perturbtheory.experiments.recorded import RunFile
from perturbtheory.experiments.vaes.markdown import markdown
from perturbtheory.experiments.vaes.settings import VaeRun
from perturbtheory.models.vae import CRITERIA, Bounds

WHOLE, EVERY = 20, 10
"""Up to how many epochs each one is kept, and how many lie between those kept after them."""


def thinned(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result with the epochs that are kept of it; itself if that is all of them."""
    count = len(result["loss"])
    if count <= WHOLE or "epochs" in result:
        return dict(result)
    kept = _kept(count, result)

    def of(values: Sequence[float]) -> list[float]:
        return [values[epoch - 1] for epoch in kept]

    parts = zip([0, *kept], kept, strict=False)
    return {
        "epochs": kept,
        **result,
        "loss": of(result["loss"]),
        "reconstruction": of(result["reconstruction"]),
        "validation": {name: of(values) for name, values in result["validation"].items()},
        "seconds": [round(sum(result["seconds"][i:j]), 2) for i, j in parts],
    }


def _kept(count: int, result: Mapping[str, Any]) -> list[int]:
    best = {int(found["epoch"]) for found in result["test"].values()}
    return sorted({*range(1, WHOLE + 1), *range(WHOLE, count, EVERY), count, *best})


def _lengths(run: VaeRun, result: Any) -> dict[str, int | None]:
    """How many numbers a result has, see `run_vae`."""
    each = ["loss", "reconstruction", "seconds", *(f"validation/{b}" for b in Bounds._fields)]
    tested = [f"test/{c}/{b}" for c in (*CRITERIA, "last") for b in (*Bounds._fields, "epoch")]
    count = run.epochs
    if count > WHOLE:
        require_numbers(result, dict.fromkeys(tested))
        kept = _kept(count, result)
        if result["epochs"] != kept:
            msg = f"'epochs' of a result of {count} must be {kept}, got {result['epochs']}"
            raise ValueError(msg)
        count = len(kept)
    return dict.fromkeys(each, count) | dict.fromkeys(tested)


FILE = RunFile(
    VaeRun,
    file="vaes.json",
    rows="vaes",
    what="recorded VAEs",
    remedy="install the package again, or delete the file and run `perturbtheory vae grid all "
    "--record` in a checkout",
    lengths=_lengths,
)
load = FILE.load
location = FILE.location
destination = FILE.destination
finished = FILE.finished
missing = FILE.missing


def save(directory: Path) -> Path:
    """Add the runs of `directory` to the record, and make the tables of all of them again.

    See `RunFile.add`; raises RecordError as it does. Returns the path of the record.
    """
    hint = "run `perturbtheory vae grid`"
    FILE.add(
        directory, lambda _, result: thinned(result), hint,
        beside=lambda results: files.write_text(files.destination("vaes.md"), markdown(results)),
    )  # fmt: skip
    return FILE.destination()
