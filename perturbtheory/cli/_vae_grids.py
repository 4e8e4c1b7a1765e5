"""The grids of `perturbtheory vae`: run them, record them, print their tables."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import cyclopts

from perturbtheory.cli._output import Output, Quiet, entries, say, terminal
from perturbtheory.cli._use import DRIFTED, MisuseError, Whole, require_directory, require_writable

Folder = Annotated[Path, cyclopts.Parameter(name=["--directory", "-d"])]


def grid(
    *names: str,
    directory: Folder = Path("vaes"),
    workers: str = "2",
    epochs: Whole | None = None,
    data: Path | None = None,
    record: bool = False,
    json: Path | None = None,
    quiet: Quiet = False,
) -> int:
    """Run experiments of both papers and print their tables.

    Every run is kept in a file of its own: a command that was stopped resumes where it was.

    Parameters
    ----------
    names
        table-3 (paper A), table-3-audited, table-3-unit, curves (Figures 5 and 10), long, table-1
        (paper B), seeds and longer (again with other seeds, and four times as long, at the best
        temperatures found); several, or all of these: three hours on two slow cores. Of 300 epochs,
        and not among all: published (the temperature annealed), constant, one-latent (paper B).
    directory
        Where the files of the runs are; made if it does not exist.
    workers
        0 for this process, a number of processes, or the address of a Dask scheduler.
    epochs
        In the place of 5, or of 300; runs of 20 have four times as many.
    data
        Folder with the files of the images; no other place is looked at.
    record
        Add what is in the directory to the recorded results, as the command record does.
    json
        Write all results that the tables are made of to this file.
    """
    if epochs is not None and epochs < 1:
        msg = f"`--epochs` must be a positive number of passes, got {epochs}"
        raise MisuseError(msg)
    require_data(data)
    every = _every(names)
    if data is not None:
        # The workers of a grid are other processes.
        os.environ["PERTURBTHEORY_DATA"] = str(data.absolute())
    require_directory("--directory", directory)
    from perturbtheory.experiments.vaes import recorded

    require_writable("--json", json)
    output = Output(quiet=quiet)

    def work() -> Any:
        if record:
            require_writable("--record", recorded.destination())
        _run(every, " ".join(names), directory, workers, epochs, shown=not quiet)
        if record:
            _add("--record", directory, output)
        return recorded.load() if record else recorded.finished(directory)

    return _shown(work, output, json)


def tables(*, json: Path | None = None, quiet: Quiet = False) -> int:
    """Print the tables of both papers beside the recorded runs; train nothing.

    Parameters
    ----------
    json
        Write all results that the tables are made of to this file.
    """
    from perturbtheory.experiments.vaes import recorded

    require_writable("--json", json)
    return _shown(recorded.load, Output(quiet=quiet), json)


def record(
    *, directory: Folder = Path("vaes"), json: Path | None = None, quiet: Quiet = False
) -> int:
    """Add the runs in a directory to the recorded ones, in place of the same, and print all tables.

    Parameters
    ----------
    directory
        Where the files of the runs are.
    json
        Write all results that the tables are made of to this file.
    """
    from perturbtheory.experiments.vaes import recorded

    require_writable("--json", json)
    output = Output(quiet=quiet)

    def work() -> Any:
        _add("record", directory, output)
        return recorded.load()

    return _shown(work, output, json)


def require_data(folder: Path | None) -> None:
    """Raise for a folder of images that is none."""
    if folder is not None and not folder.is_dir():
        msg = f"`--data` must be a directory, got {str(folder)!r}; name the one with the images"
        raise MisuseError(msg)


def _shown(work: Callable[[], Any], output: Output, json: Path | None) -> int:
    """The tables of what the work comes back with; an exit status."""
    from perturbtheory.experiments.sweep import SweepError
    from perturbtheory.experiments.vaes import render
    from perturbtheory.results import RecordError, write_json

    try:
        found = work()
    except ValueError as error:
        raise MisuseError(str(error)) from error
    except (SweepError, RecordError) as error:
        say(str(error))
        return DRIFTED
    output.show(lambda: terminal().print(render.tables(found)))
    if json is not None:
        output.keep("--json", json, lambda: write_json(json, entries(found)))
    return output.status


def _add(what: str, directory: Path, output: Output) -> None:
    from perturbtheory.experiments.vaes import recorded

    path = recorded.destination()
    if output.keep(what, path, lambda: recorded.save(directory)):
        output.show(lambda: sys.stdout.write(f"{path.name} recorded\n"))


def _every(names: tuple[str, ...]) -> tuple[str, ...]:
    """The grids that are meant, of which all are known."""
    from perturbtheory.checks import require_one_of
    from perturbtheory.experiments.vaes import grids

    known = ("all", *grids.GRIDS, *grids.AFTER, *grids.LENGTHY)
    if not names:
        msg = f"`NAMES` must be one or more of {', '.join(known)}, got none; long is the shortest"
        raise MisuseError(msg)
    try:
        for name in names:
            require_one_of("NAMES", name, known)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    return (*grids.GRIDS, *grids.AFTER) if "all" in names else names


def _run(
    every: tuple[str, ...],
    said: str,
    directory: Path,
    workers: str,
    epochs: int | None,
    *,
    shown: bool,
) -> None:
    from perturbtheory.experiments.sweep import sweep
    from perturbtheory.experiments.vaes import grids, recorded, require_run, run_vae

    command = f"perturbtheory vae grid {said}" + ("" if epochs is None else f" --epochs {epochs}")
    options: dict[str, Any] = {
        "workers": workers, "packages": ("equinox", "optax"), "resumable": True,
        "progress": shown,
    }  # fmt: skip
    for name in every:
        done = recorded.finished(directory) if name in grids.AFTER else {}
        runs = grids.runs(name, epochs=epochs, done=done)
        for run in runs:
            require_run(run)
        sweep(run_vae, runs, directory, command=command, **options)
