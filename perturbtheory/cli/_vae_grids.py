"""The grids of `perturbtheory vae`: run them, record them, print their tables."""

import sys
from pathlib import Path
from typing import Any

from perturbtheory.cli._output import Output, say, terminal
from perturbtheory.cli._use import DRIFTED, MisuseError, require_directory


def experiments(
    grid: tuple[str, ...],
    directory: Path,
    workers: str,
    epochs: int | None,
    *,
    tables: bool,
    record: bool,
) -> int:
    """Run the grids, add to the record, print the tables; an exit status."""
    from perturbtheory.experiments.sweep import SweepError
    from perturbtheory.experiments.vaes import recorded as vae_recorded
    from perturbtheory.results import RecordError

    if epochs is not None and epochs < 1:
        msg = f"`--epochs` must be a positive number of passes, got {epochs}"
        raise MisuseError(msg)
    output = Output()
    try:
        if grid:
            require_directory("--directory", directory)
            _run(grid, directory, workers, epochs)
        if record:
            path = vae_recorded.destination()
            if output.keep("--record", path, lambda: vae_recorded.save(directory)):
                output.show(lambda: sys.stdout.write(f"{path.name} recorded\n"))
        shown = vae_recorded.load() if tables or record else vae_recorded.finished(directory)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    except (SweepError, RecordError) as error:
        say(str(error))
        return DRIFTED
    from perturbtheory.experiments.vaes import render as vae_render

    output.show(lambda: terminal().print(vae_render.tables(shown)))
    return output.status


def _run(grid: tuple[str, ...], directory: Path, workers: str, epochs: int | None) -> None:
    from perturbtheory.experiments.sweep import sweep
    from perturbtheory.experiments.vaes import grids as vae_grids
    from perturbtheory.experiments.vaes import recorded as vae_recorded
    from perturbtheory.experiments.vaes import require_run, run_vae

    command = " ".join(["perturbtheory vae --grid", *grid])
    command += "" if epochs is None else f" --epochs {epochs}"
    options: dict[str, Any] = {"workers": workers, "packages": ("equinox", "optax")}
    for name in (*vae_grids.GRIDS, *vae_grids.AFTER) if "all" in grid else grid:
        done = vae_recorded.finished(directory) if name in vae_grids.AFTER else {}
        runs = vae_grids.runs(name, epochs=epochs, done=done)
        for run in runs:
            require_run(run)
        sweep(run_vae, runs, directory, command=command, **options)
