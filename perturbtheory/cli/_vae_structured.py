"""`perturbtheory vae structured`: Figure 3 of paper B, run, recorded and in a table."""

from pathlib import Path

from perturbtheory.cli._output import Quiet
from perturbtheory.cli._use import Whole
from perturbtheory.cli._vae_grids import Folder
from perturbtheory.cli._vae_sweep import Kind, require_positive, sweep_and_show, use_data
from perturbtheory.experiments.structured import EPOCHS


def structured(
    *names: str,
    directory: Folder = Path("structured"),
    workers: str = "2",
    epochs: Whole = EPOCHS,
    seeds: Whole = 3,
    data: Path | None = None,
    record: bool = False,
    json: Path | None = None,
    quiet: Quiet = False,
) -> int:
    """Train VAEs with fifteen binary latents, coupled or not, on Fashion-MNIST: a table.

    Figure 3 of paper B, and the same with exact f and with one objective. Every run is kept in a
    file of its own: a command that was stopped resumes where it was. Many hours for 50 epochs.

    Parameters
    ----------
    names
        left (rules), right (encoders; the middle panel has the same runs) and audited; all of them
        if none is named.
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
    json
        Write all results that the tables are made of to this file.
    """
    require_positive(epochs=epochs, seeds=seeds)
    use_data(data)

    def kind() -> Kind:
        from perturbtheory.experiments.structured import grids, recorded
        from perturbtheory.experiments.structured.render import tables
        from perturbtheory.experiments.structured.run import require_run, run_structured

        return Kind(
            lambda: grids.runs(epochs, tuple(range(seeds)), names),
            require_run, run_structured, recorded, tables,
        )  # fmt: skip

    said = " ".join(("perturbtheory vae structured", *names))
    command = f"{said} --epochs {epochs} --seeds {seeds}"
    return sweep_and_show(kind, command, directory, workers, json, record=record, quiet=quiet)
