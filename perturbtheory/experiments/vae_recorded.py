"""The VAEs that were trained: results/vaes.json, written by `perturbtheory vae --record`.

One line a run: the fields that differ from the defaults of `VaeRun`, then its result. The tables
made of them stand beside it in results/vaes.md.
"""

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

from perturbtheory import results as files
from perturbtheory.experiments._cells import Record, fields
from perturbtheory.experiments._shape import require_numbers
from perturbtheory.experiments._sweep import records
from perturbtheory.experiments.vae_grids import LONG
from perturbtheory.experiments.vae_markdown import markdown
from perturbtheory.experiments.vaes import EPOCHS, VaeRun
from perturbtheory.models.vae import CRITERIA, Bounds

_FILE, _WHAT = "vaes.json", "recorded VAEs"
_REMEDY = (
    "install the package again, or delete the file and run `perturbtheory vae --grid all --record` "
    "in a checkout"
)
_CLASS = fields(VaeRun())["class"]
_DEFAULTS = {f.name: f.default for f in dataclasses.fields(VaeRun)}


def destination() -> Path:
    """Where `save` writes; raises RecordError outside of a checkout."""
    return files.destination(_FILE)


class Recorded(dict[VaeRun, dict[str, Any]]):
    """Results by run; raises RecordError for a run that was not made."""

    def __missing__(self, run: VaeRun) -> dict[str, Any]:
        """No result: say how to make one."""
        msg = f"{_WHAT} have no {run}"
        raise missing(msg)


def missing(what: str) -> files.RecordError:
    """The error for runs that are not there, with the remedy."""
    return files.RecordError(f"{what}; {_REMEDY}")


def load() -> Recorded:
    """Recorded results by run.

    Raises:
        RecordError: if the file is missing or is not what `save` writes.
    """
    path = files.location(_FILE)
    return Recorded(_loaded(path, files.stamp(path)))


@functools.lru_cache(maxsize=2)
def _loaded(path: Path, stamp: tuple[int, int] | None) -> Recorded:  # noqa: ARG001
    return _results(_read(path), path)


def finished(directory: Path) -> Recorded:
    """What the result files of a sweep hold."""
    return Recorded({run: record.result for run, record in _made(directory).items()})


def save(directory: Path) -> Path:
    """Add the runs of `directory` to the record, and make the tables of all of them again.

    A run that the record has already is replaced. With the runs are kept the commands and versions
    that made them, and the seconds of their epochs.

    Raises:
        RecordError: if the directory holds no run; if its runs have other numbers of epochs than
            the claims and figures, which speak of `EPOCHS` and `LONG` times as many; if there is a
            record and it is corrupt.
    """
    made = _made(directory)
    if not made:
        msg = (
            f"{_WHAT} would be unchanged: {directory} holds no run; run `perturbtheory vae --grid`"
        )
        raise files.RecordError(msg)
    others = {run.epochs for run in made} - {EPOCHS, LONG * EPOCHS}
    if others:
        msg = (
            f"{_WHAT} are of {EPOCHS} and {LONG * EPOCHS} epochs, {directory} has runs of "
            f"{min(others)}; change EPOCHS in perturbtheory/experiments/vaes.py to record others"
        )
        raise files.RecordError(msg)
    path = destination()
    before = {"commands": [], "versions": [], "vaes": []}
    before |= _read(path) if path.exists() else {}
    results = _results(before, path) | {run: record.result for run, record in made.items()}
    every = sorted(results.items(), key=lambda pair: dataclasses.astuple(pair[0]))
    commands = {*before["commands"], *(record.command for record in made.values())}
    versions = [*before["versions"], *(record.versions for record in made.values())]
    texts = sorted({json.dumps(v, sort_keys=True) for v in versions})
    head = {
        "commands": sorted(commands),
        "versions": [json.loads(text) for text in texts],
        "runs": len(results),
        "seconds": round(sum(sum(result["seconds"]) for result in results.values())),
    }
    rows = [
        json.dumps({"run": _fields(run), "result": result}, allow_nan=False)
        for run, result in every
    ]
    body = ",\n".join(f" {row}" for row in rows)
    start = json.dumps(head, indent=1)[:-2]
    files.write_text(path, f'{start},\n "vaes": [\n{body}\n ]\n}}\n')
    files.write_text(files.destination("vaes.md"), markdown(results))
    return path


def _read(path: Path) -> dict[str, Any]:
    return files.read_json(path, _WHAT, _REMEDY)


def _results(data: dict[str, Any], path: Path) -> Recorded:
    try:
        found = Recorded({VaeRun(**entry["run"]): entry["result"] for entry in data["vaes"]})
        for run, result in found.items():
            require_numbers(result, _lengths(run))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        msg = f"{_WHAT} are corrupt: {path}: {type(error).__name__}: {error}; {_REMEDY}"
        raise files.RecordError(msg) from error
    return found


def _lengths(run: VaeRun) -> dict[str, int | None]:
    """How many numbers a result has, see `run_vae`."""
    each = ["loss", "reconstruction", "seconds", *(f"validation/{b}" for b in Bounds._fields)]
    tested = [f"test/{c}/{b}" for c in (*CRITERIA, "last") for b in (*Bounds._fields, "epoch")]
    return dict.fromkeys(each, run.epochs) | dict.fromkeys(tested)


def _made(directory: Path) -> dict[VaeRun, Record]:
    """Records by run; cells of other classes in the same folder are left alone."""
    cells = ((dict(record.cell), record) for record in records(directory).values())
    return {VaeRun(**cell): record for cell, record in cells if cell.pop("class") == _CLASS}


def _fields(run: VaeRun) -> dict[str, Any]:
    return {k: v for k, v in vars(run).items() if v != _DEFAULTS[k]}
