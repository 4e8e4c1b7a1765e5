"""The grids of `perturbtheory vae`: run them, record them, print their tables."""

import sys
from pathlib import Path
from typing import Any

from perturbtheory.cli._use import AGREES, DRIFTED, MisuseError, require_directory


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
    from perturbtheory.experiments import SweepError, sweep, vae_grids, vae_recorded
    from perturbtheory.experiments.vaes import require_run, run_vae
    from perturbtheory.results import RecordError

    if epochs is not None and epochs < 1:
        msg = f"`--epochs` must be a positive number of passes, got {epochs}"
        raise MisuseError(msg)
    try:
        if grid:
            require_directory("--directory", directory)
            command = " ".join(["perturbtheory vae --grid", *grid])
            command += "" if epochs is None else f" --epochs {epochs}"
            options: dict[str, Any] = {"workers": workers, "packages": ("equinox", "optax")}
            for name in (*vae_grids.GRIDS, *vae_grids.AFTER) if "all" in grid else grid:
                done = vae_recorded.finished(directory) if name in vae_grids.AFTER else {}
                runs = vae_grids.runs(name, epochs=epochs or vae_grids.EPOCHS, done=done)
                for run in runs:
                    require_run(run)
                sweep(run_vae, runs, directory, command=command, **options)
        if record:
            path = vae_recorded.save(directory)
            sys.stdout.write(f"{path.name} recorded\n")
        from rich.console import Console

        from perturbtheory.experiments import vae_render

        shown = vae_recorded.load() if tables or record else vae_recorded.finished(directory)
        Console().print(vae_render.tables(shown))
    except ValueError as error:
        raise MisuseError(str(error)) from error
    except (SweepError, RecordError) as error:
        sys.stderr.write(f"perturbtheory: {error}\n")
        return DRIFTED
    return AGREES
