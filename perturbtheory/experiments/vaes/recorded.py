"""The VAEs that were trained: results/vaes.json, written by `perturbtheory vae --record`.

The tables made of them stand beside it in results/vaes.md.
"""

import dataclasses
from pathlib import Path
from typing import Any

from perturbtheory import results as files
from perturbtheory.experiments.recorded import RunFile, versions
from perturbtheory.experiments.vaes.grids import LONG, PUBLISHED
from perturbtheory.experiments.vaes.markdown import markdown
from perturbtheory.experiments.vaes.run import EPOCHS, VaeRun
from perturbtheory.models.vae import CRITERIA, Bounds


def _lengths(run: VaeRun, result: Any) -> dict[str, int | None]:
    """How many numbers a result has, see `run_vae`."""
    del result
    each = ["loss", "reconstruction", "seconds", *(f"validation/{b}" for b in Bounds._fields)]
    tested = [f"test/{c}/{b}" for c in (*CRITERIA, "last") for b in (*Bounds._fields, "epoch")]
    return dict.fromkeys(each, run.epochs) | dict.fromkeys(tested)


FILE = RunFile(
    VaeRun,
    file="vaes.json",
    rows="vaes",
    what="recorded VAEs",
    remedy="install the package again, or delete the file and run `perturbtheory vae --grid all "
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

    A run that the record has already is replaced. With the runs are kept the commands and versions
    that made them, and the seconds of their epochs.

    Raises:
        RecordError: if the directory holds no run; if its runs have other numbers of epochs than
            the claims and figures, which speak of `EPOCHS`, `LONG` times as many and `PUBLISHED`;
            if there is a record and it is corrupt.
    """
    made = FILE.made(directory)
    if not made:
        msg = (
            f"{FILE.what} would be unchanged: {directory} holds no run; "
            "run `perturbtheory vae --grid`"
        )
        raise files.RecordError(msg)
    others = {run.epochs for run in made} - {EPOCHS, LONG * EPOCHS, PUBLISHED}
    if others:
        msg = (
            f"{FILE.what} are of {EPOCHS}, {LONG * EPOCHS} and {PUBLISHED} epochs, {directory} has "
            f"runs of {min(others)}; change EPOCHS in perturbtheory/experiments/vaes/run.py to record "
            "others"
        )
        raise files.RecordError(msg)
    path = FILE.destination()
    before = {"commands": [], "versions": [], "vaes": []}
    before |= FILE.read(path) if path.exists() else {}
    found = FILE.results(before, path) | {run: record.result for run, record in made.items()}
    results = dict(sorted(found.items(), key=lambda pair: dataclasses.astuple(pair[0])))
    head = {
        "commands": sorted({*before["commands"], *(record.command for record in made.values())}),
        "versions": versions([*before["versions"], *(record.versions for record in made.values())]),
    }
    FILE.write(head, results, sum(sum(result["seconds"]) for result in results.values()))
    files.write_text(files.destination("vaes.md"), markdown(results))
    return path
