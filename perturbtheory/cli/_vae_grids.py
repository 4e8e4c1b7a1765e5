"""The grids of `perturbtheory vae`: run them, record them, print their tables."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from perturbtheory.cli._options import Data, Folder, Json, Quiet, Record, Workers, among
from perturbtheory.cli._sweeps import Kind, require_positive, run_and_show, use_data
from perturbtheory.cli._use import MisuseError, Whole

PLACE = "vaes"
"""Where runs are if nothing is said."""


def kind() -> Kind:
    """Discrete VAEs with independent latents."""
    from perturbtheory.experiments.vaes import recorded, render, require_run, run_vae

    return Kind(require_run, run_vae, recorded, render.tables)


def _known() -> tuple[str, ...]:
    from perturbtheory.experiments.vaes import grids

    return ("all", *grids.GRIDS, *grids.AFTER, *grids.LENGTHY)


def grid(
    *names: Annotated[str, among(_known)],
    directory: Folder = Path(PLACE),
    workers: Workers = "2",
    epochs: Whole | None = None,
    data: Data = None,
    record: Record = False,
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Run experiments of both papers and print their tables.

    Every run is kept in a file of its own: a command that was stopped resumes where it was.

    Parameters
    ----------
    names
        table-3 (paper A), table-3-audited, table-3-unit, curves (Figures 5 and 10), long, table-1
        (paper B), certainty (how often the encoders of Table 1 become certain of one category, and
        what changes it), seeds and longer (again with other seeds, and four times as long, at the
        best temperatures found); several, or the word all for these: four hours on two slow cores.
        Of 300 epochs, and not among all: published (the temperature annealed), constant, one-latent
        (paper B).
    epochs
        Instead of 5, or of 300; runs of 20 have four times as many.
    """
    require_positive(epochs=epochs)
    use_data(data)
    every = _every(names)

    def grids() -> Iterator[Sequence[Any]]:
        from perturbtheory.experiments.vaes import grids, recorded

        for name in every:
            done = recorded.finished(directory) if name in grids.AFTER else {}
            yield grids.runs(name, epochs=epochs, done=done)

    said = " ".join(("perturbtheory vae grid", *names))
    command = said + ("" if epochs is None else f" --epochs {epochs}")
    return run_and_show(kind, grids, command, directory, workers, json, record=record, quiet=quiet)


def _every(names: tuple[str, ...]) -> tuple[str, ...]:
    """The grids that are meant, of which all are known."""
    from perturbtheory.checks import require_one_of
    from perturbtheory.experiments.vaes import grids

    known = _known()
    if not names:
        msg = f"`NAMES` must be one or more of {', '.join(known)}, got none; long is the shortest"
        raise MisuseError(msg)
    try:
        for name in names:
            require_one_of("NAMES", name, known)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    return (*grids.GRIDS, *grids.AFTER) if "all" in names else names
