"""What the grids of `vae structured` and `vae semi` share: run, record, and print the tables."""

import dataclasses
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from perturbtheory.cli._output import Output, entries, say, terminal
from perturbtheory.cli._use import DRIFTED, MisuseError, require_directory, require_writable
from perturbtheory.cli._vae_grids import require_data


class Kind(NamedTuple):
    """What a grid of one kind needs of its experiment.

    Attributes:
        runs: those that are meant; ValueError for what cannot be.
        require_run: ValueError for a run that cannot be made.
        run: makes one.
        recorded: the module with its record.
        tables: what is printed of results.
    """

    runs: Callable[[], Iterable[Any]]
    require_run: Callable[[Any], None]
    run: Callable[[Any], dict[str, Any]]
    recorded: Any
    tables: Callable[[Any], Any]


def require_positive(**options: int) -> None:
    """Raise MisuseError, naming the option, for numbers that are not positive."""
    for name, value in options.items():
        if value < 1:
            msg = f"`--{name}` must be a positive number, got {value}"
            raise MisuseError(msg)


def use_data(folder: Path | None) -> None:
    """Look for images in this folder alone, here and in the workers, which are other processes."""
    require_data(folder)
    if folder is not None:
        os.environ["PERTURBTHEORY_DATA"] = str(folder.absolute())


def sweep_and_show(
    kind: Callable[[], Kind],
    command: str,
    directory: Path,
    workers: str,
    json: Path | None,
    *,
    record: bool,
    quiet: bool,
) -> int:
    """Run what is missing of a grid, record it if that is asked for, and print tables."""
    require_directory("--directory", directory)
    require_writable("--json", json)
    from perturbtheory.experiments.sweep import SweepError, require_workers, sweep
    from perturbtheory.results import RecordError

    output, made = Output(quiet=quiet), kind()
    recorded = made.recorded
    try:
        require_workers(workers)
        if record:
            require_writable("--record", recorded.destination())
        runs = list(made.runs())
        # Networks are built for it, which takes a while: those of other seeds are alike.
        for run in dict.fromkeys(dataclasses.replace(run, seed=0) for run in runs):
            made.require_run(run)
        sweep(
            made.run, runs, directory, command=command, workers=workers,
            packages=("equinox", "optax"), resumable=True, progress=not quiet,
        )  # fmt: skip
        if record:
            path = recorded.destination()
            if output.keep("--record", path, lambda: recorded.save(directory)):
                output.show(lambda: sys.stdout.write(f"{path.name} recorded\n"))
        found = recorded.load() if record else recorded.finished(directory)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    except (SweepError, RecordError) as error:
        say(str(error))
        return DRIFTED
    output.show(lambda: terminal().print(made.tables(found)))
    if json is not None:
        from perturbtheory.results import write_json

        output.keep("--json", json, lambda: write_json(json, entries(found)))
    return output.status
