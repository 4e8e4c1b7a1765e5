"""`perturbtheory vae structured`: Figure 3 of paper B, run, recorded and in a table."""

import os
import sys
from pathlib import Path

from perturbtheory.cli._output import Output, say, terminal
from perturbtheory.cli._use import DRIFTED, MisuseError, require_directory
from perturbtheory.cli._vae_grids import Folder, require_data
from perturbtheory.experiments.structured import EPOCHS


def structured(
    *,
    directory: Folder = Path("structured"),
    workers: str = "2",
    epochs: int = EPOCHS,
    seeds: int = 3,
    data: Path | None = None,
    record: bool = False,
) -> int:
    """Train VAEs with fifteen binary latents, coupled or not, on Fashion-MNIST: a table.

    Figure 3 of paper B, and the same with exact f and with one objective. Every run is kept in a
    file of its own: a command that was stopped goes on where it was. Many hours for 50 epochs.

    Parameters
    ----------
    directory
        Where the files of the runs are; made if it does not exist.
    workers
        0 for this process, a number of processes, or the address of a Dask scheduler.
    epochs
        Passes through the training images.
    seeds
        Runs of each kind.
    data
        Folder with the files of the images; no other place is looked at.
    record
        Add what is in the directory to the recorded results.
    """
    for name, value in (("--epochs", epochs), ("--seeds", seeds)):
        if value < 1:
            msg = f"`{name}` must be a positive number, got {value}"
            raise MisuseError(msg)
    require_data(data)
    if data is not None:
        # The workers of a grid are other processes.
        os.environ["PERTURBTHEORY_DATA"] = str(data.absolute())
    require_directory("--directory", directory)
    from perturbtheory.experiments.structured import grids, recorded
    from perturbtheory.experiments.structured.render import tables
    from perturbtheory.experiments.structured.run import require_run, run_structured
    from perturbtheory.experiments.sweep import SweepError, sweep
    from perturbtheory.results import RecordError

    output = Output()
    command = f"perturbtheory vae structured --epochs {epochs} --seeds {seeds}"
    try:
        runs = grids.runs(epochs, tuple(range(seeds)))
        for run in runs:
            require_run(run)
        sweep(
            run_structured, runs, directory, command=command, workers=workers,
            packages=("equinox", "optax"),
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
    output.show(lambda: terminal().print(tables(found)))
    return output.status
