"""The fits that were made: results/fits.json, written by `perturbtheory fit --record`.

One line a run: the fields that differ from the defaults of `FitRun`, then its result.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perturbtheory import results as files
from perturbtheory.experiments._cells import Record
from perturbtheory.experiments._shape import require_numbers
from perturbtheory.experiments.fits import FitRun

_FILE, _WHAT = "fits.json", "recorded fits"
_REMEDY = "run `perturbtheory fit --record` in a checkout, or install the package again"
COMMAND = "perturbtheory fit --grid all --record"
"""What makes the whole record, or again what is missing of it."""
_DEFAULTS = {f.name: f.default for f in dataclasses.fields(FitRun)}
_PER_SEED = ("objective", "l1", "l1_hard", "spread")
_CURVES = ("iterations", "objective_mean", "objective_std")
_BULKY = ("p", "p_hard")
"""Kept only for runs that a figure shows."""


def location() -> Path:
    """The record shipped with an installed package, or results/fits.json of a checkout."""
    return files.location(_FILE)


def destination() -> Path:
    """Where `save` writes; raises RecordError outside of a checkout."""
    return files.destination(_FILE)


class Recorded(dict[FitRun, dict[str, Any]]):
    """Results by run; raises RecordError for a run that was not made."""

    def __missing__(self, run: FitRun) -> dict[str, Any]:
        """No result: say how to make one."""
        msg = f"{_WHAT} have no {run}; {_REMEDY}"
        raise files.RecordError(msg)


def load() -> Recorded:
    """Recorded results by run.

    Raises:
        RecordError: if the file is missing or is not what `save` writes.
    """
    path = location()
    return Recorded(_loaded(path, files.stamp(path)))


@functools.lru_cache(maxsize=2)
def _loaded(path: Path, stamp: tuple[int, int] | None) -> Recorded:  # noqa: ARG001
    data = files.read_json(path, _WHAT, _REMEDY)
    try:
        found = Recorded({_run(entry["run"]): entry["result"] for entry in data["fits"]})
        for run, result in found.items():
            require_numbers(result, _lengths(run, result))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        msg = f"{_WHAT} are corrupt: {path}: {type(error).__name__}: {error}; {_REMEDY}"
        raise files.RecordError(msg) from error
    return found


def save(records: Mapping[FitRun, Record], shown: set[FitRun]) -> Path:
    """Write the record; `shown` are the runs whose fitted distributions are kept.

    The head says how to make them again, with which versions they were made and how long it took.
    """
    made = list(records.values())
    head = {
        "command": COMMAND,
        "versions": sorted({json.dumps(record.versions, sort_keys=True) for record in made}),
        "runs": len(made),
        "seconds": round(sum(record.seconds for record in made)),
    }
    head["versions"] = [json.loads(text) for text in head["versions"]]
    rows = [
        json.dumps(
            {"run": _fields(run), "result": _kept(record.result, whole=run in shown)},
            allow_nan=False,
        )
        for run, record in records.items()
    ]
    body = ",\n".join(f" {row}" for row in rows)
    start = json.dumps(head, indent=1)[:-2]
    path = destination()
    files.write_text(path, f'{start},\n "fits": [\n{body}\n ]\n}}\n')
    return path


def _fields(run: FitRun) -> dict[str, Any]:
    return {k: v for k, v in vars(run).items() if k == "target" or v != _DEFAULTS[k]}


def _run(fields: dict[str, Any]) -> FitRun:
    run = FitRun(**fields)
    return dataclasses.replace(run, seeds=tuple(run.seeds))


def _lengths(run: FitRun, result: Any) -> dict[str, int]:
    """How many numbers a result has, see `run_fit`."""
    known = [] if result["l1_curve"] is None else ["l1_curve"]  # It is not, for some models.
    points = len(result["iterations"])
    return dict.fromkeys(_PER_SEED, len(run.seeds)) | dict.fromkeys([*_CURVES, *known], points)


def _kept(result: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    return {k: v for k, v in result.items() if whole or k not in _BULKY}
