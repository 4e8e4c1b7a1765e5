"""`perturbtheory vae structured`: Figure 3 of paper B, run, recorded and in a table."""

from pathlib import Path
from typing import Annotated

from perturbtheory.cli._options import Data, Folder, Json, Quiet, Record, Workers, among, commands
from perturbtheory.cli._sweeps import (
    Kind,
    add_tables_and_record,
    require_positive,
    run_and_show,
    use_data,
)
from perturbtheory.cli._use import Whole
from perturbtheory.experiments.structured import EPOCHS

PLACE = "structured"
"""Where runs are if nothing is said."""

app = commands("structured", "Train VAEs with coupled binary latents: Figure 3 of paper B.")


def kind() -> Kind:
    """VAEs with coupled binary latents."""
    from perturbtheory.experiments.structured import recorded
    from perturbtheory.experiments.structured.render import tables
    from perturbtheory.experiments.structured.run import require_run, run_structured

    return Kind(require_run, run_structured, recorded, tables)


def _known() -> tuple[str, ...]:
    from perturbtheory.experiments.structured import grids

    return tuple(grids.PANELS)


@app.default
@app.command
def grid(
    *names: Annotated[str, among(_known)],
    directory: Folder = Path(PLACE),
    workers: Workers = "2",
    epochs: Whole = EPOCHS,
    seeds: Whole = 3,
    data: Data = None,
    record: Record = False,
    json: Json = None,
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
    epochs
        Passes through the training images.
    seeds
        Runs of each kind.
    """
    require_positive(epochs=epochs, seeds=seeds)
    use_data(data)

    def grids() -> list[list[object]]:
        from perturbtheory.experiments.structured import grids

        return [list(grids.runs(epochs, tuple(range(seeds)), names))]

    said = " ".join(("perturbtheory vae structured grid", *names))
    command = f"{said} --epochs {epochs} --seeds {seeds}"
    return run_and_show(kind, grids, command, directory, workers, json, record=record, quiet=quiet)


add_tables_and_record(app, kind, PLACE)
