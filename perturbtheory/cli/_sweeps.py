"""What the commands with many runs share: run a grid, record it, and print its tables."""

import dataclasses
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cyclopts

from perturbtheory.cli._options import Folder, Json, Quiet
from perturbtheory.cli._output import Output, entries, say, terminal
from perturbtheory.cli._use import DRIFTED, MisuseError, require_directory, require_writable


class Kind(NamedTuple):
    """What runs of one kind need of their experiment, which is imported for it.

    Attributes:
        require_run: ValueError for a run that cannot be made.
        run: makes one.
        recorded: the module with its record.
        tables: what is printed of results.
        packages: whose versions are kept with a result.
        resumable: whether a run that was killed resumes from a state of its own.
    """

    require_run: Callable[[Any], None]
    run: Callable[[Any], dict[str, Any]]
    recorded: Any
    tables: Callable[[Any], Any]
    packages: tuple[str, ...] = ("equinox", "optax")
    resumable: bool = True


def require_positive(**options: int | None) -> None:
    """Raise MisuseError, naming the option, for numbers that are not positive."""
    for name, value in options.items():
        if value is not None and value < 1:
            msg = f"`--{name}` must be a positive number, got {value}"
            raise MisuseError(msg)


def require_data(folder: Path | None) -> None:
    """Raise for a folder of images that is none."""
    if folder is not None and not folder.is_dir():
        msg = f"`--data` must be a directory, got {str(folder)!r}; name the one with the images"
        raise MisuseError(msg)


def use_data(folder: Path | None) -> None:
    """Search for images in this folder alone, here and in workers, which are other processes."""
    require_data(folder)
    if folder is not None:
        os.environ["PERTURBTHEORY_DATA"] = str(folder.absolute())


def run_and_show(
    kind: Callable[[], Kind],
    grids: Callable[[], Iterable[Sequence[Any]]],
    command: str,
    directory: Path,
    workers: str,
    json: Path | None,
    *,
    quiet: bool,
    record: bool = False,
    alone: bool = False,
) -> int:
    """Run what is missing of grids, record it if that is asked for, and print tables.

    Args:
        kind: of the runs.
        grids: the runs of one grid after the other, each asked for when those before are done;
            ValueError for what cannot be.
        command: what to type to make them again.
        directory: where the files of the runs are.
        workers: see `open_executor`.
        json: where the results are written.
        quiet: whether nothing is shown.
        record: whether all in the directory is added to the record.
        alone: whether the tables are of these runs, and not of all in the directory.
    """
    require_writable("--json", json)
    made, output = kind(), Output(quiet=quiet, json=json)

    def work() -> Any:
        from perturbtheory.experiments.sweep import require_workers, sweep

        require_workers(workers)
        if record:
            require_writable("--record", made.recorded.destination())
        asked = []
        for runs in grids():
            # Networks are built for it, which takes a while: those of other seeds are alike.
            for run in dict.fromkeys(map(_without_seed, runs)):
                made.require_run(run)
            require_directory("--directory", directory)  # not before, which would leave it empty
            sweep(
                made.run, runs, directory, command=command, workers=workers,
                packages=made.packages, resumable=made.resumable, progress=not quiet,
            )  # fmt: skip
            asked += runs
        if record:
            _add(made, "--record", directory, output)
        found = made.recorded.load() if record else made.recorded.finished(directory)
        return {run: found[run] for run in asked} if alone else found

    status = _shown(made, work, output)
    kept = f"The runs are kept in {directory}, where the same command finds them again.\n"
    output.show(lambda: sys.stdout.write(kept))
    return status


def _without_seed(run: Any) -> Any:
    return dataclasses.replace(run, seed=0) if hasattr(run, "seed") else run


ADDS = """Add the runs in a directory to the recorded ones, and print all tables.

A run that is recorded already is replaced.
"""
"""What most commands `record` do."""


def add_tables_and_record(
    app: cyclopts.App, kind: Callable[[], Kind], place: str, records: str = ADDS
) -> None:
    """Give the app the commands `tables` and `record`; runs are in `place` if nothing is said.

    Args:
        app: of the other commands.
        kind: of the runs.
        place: a directory.
        records: the help of `record`.
    """

    def tables(*, json: Json = None, quiet: Quiet = False) -> int:
        """Print the tables of the papers beside the recorded runs; run nothing."""
        require_writable("--json", json)
        made = kind()
        return _shown(made, made.recorded.load, Output(quiet=quiet, json=json))

    def record(*, directory: Folder = Path(place), json: Json = None, quiet: Quiet = False) -> int:
        require_writable("--json", json)
        made, output = kind(), Output(quiet=quiet, json=json)
        if not directory.is_dir():
            msg = (
                f"`--directory` must be one with runs, got {str(directory)!r}, which is none; "
                "run a grid into it first, or name another"
            )
            raise MisuseError(msg)

        def work() -> Any:
            _add(made, "record", directory, output)
            return made.recorded.load()

        return _shown(made, work, output)

    app.command(tables, name=["tables", "table"])
    app.command(record, help=records)


def _shown(kind: Kind, work: Callable[[], Any], output: Output) -> int:
    """The tables of what the work comes back with; an exit status."""
    from perturbtheory.experiments.sweep import SweepError
    from perturbtheory.results import RecordError

    try:
        found = work()
    except ValueError as error:
        raise MisuseError(str(error)) from error
    except (SweepError, RecordError) as error:
        say(str(error))
        return DRIFTED
    output.show(lambda: terminal().print(kind.tables(found)))
    output.keep_json(lambda: entries(found))
    return output.status


def _add(kind: Kind, what: str, directory: Path, output: Output) -> None:
    path = kind.recorded.destination()
    if output.keep(what, path, lambda: kind.recorded.save(directory)):
        output.show(lambda: sys.stdout.write(f"{path.name} recorded\n"))
