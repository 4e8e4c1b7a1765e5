"""`perturbtheory fit`: the fits of section 6.1 of paper A, and Table 2 beside what they give."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from perturbtheory.cli._output import Output, Quiet, entries, say, terminal
from perturbtheory.cli._use import DRIFTED, MisuseError, Whole, require_directory, require_writable

if TYPE_CHECKING:
    from perturbtheory.experiments.fits import FitRun

_USUAL = {
    "scale": 1.0, "temperature": 1.0, "loss": "l1", "draws": "1000", "steps": 300,
    "learning-rate": 0.01, "start": "zero", "seeds": 10,
}  # fmt: skip
"""The printed protocol, and the defaults of the options."""
Several = Annotated[tuple[str, ...], cyclopts.Parameter(consume_multiple=True)]


def fit(
    *,
    grid: Literal["table-2", "readings", "study", "all"] | None = None,
    target: Several = (),
    model: Several = (),
    scale: float = 1.0,
    temperature: float = 1.0,
    loss: str = "l1",
    draws: str = "1000",
    steps: Whole = 300,
    learning_rate: float = 0.01,
    start: Literal["zero", "uniform"] = "zero",
    seeds: Whole = 10,
    directory: Annotated[Path, cyclopts.Parameter(name=["--directory", "-d"])] = Path("fits"),
    workers: str = "0",
    json: Path | None = None,
    record: bool = False,
    quiet: Quiet = False,
) -> int:
    """Fit the distributions of section 6.1 of paper A and print them beside Table 2.

    Every fit is kept in a file of its own: a command that was stopped resumes where it was. Without
    options from --target to --seeds the printed protocol is run, or another --grid. Exit status 0
    if every fit could be made, 1 if not.

    Parameters
    ----------
    grid
        table-2, the printed protocol, by default; readings, what else the text would allow; study,
        one factor at a time (an hour); or all of them.
    target
        discrete, discrete-printed, discrete-caption, discrete-igr, binomial, binomial-13, poisson
        or negative-binomial; several at once.
    model
        normal, gumbel, logistic or laplace noise before the softmax, or igr; several at once.
    scale
        Scale of the noise.
    temperature
        Temperature of the softmax.
    loss
        l1, squared, kl, reverse-kl or fenchel-young.
    draws
        Samples per step, or exact for none.
    steps
        Iterations of Adam.
    learning_rate
        Learning rate of Adam.
    start
        zero for theta = 0; uniform for independent entries in (0, 1).
    seeds
        Number of fits of each kind; with exact draws from zero all would be equal, and one is made.
    directory
        Where the files of the fits are; made if it does not exist.
    workers
        0 for this process, a number of processes, or the address of a Dask scheduler.
    json
        Write all results to this file.
    record
        Make the recorded results of a whole grid these.
    """
    require_writable("--json", json)
    from perturbtheory.experiments.fits import grids
    from perturbtheory.results import write_json

    options = {
        "target": target, "model": model, "scale": scale, "temperature": temperature, "loss": loss,
        "draws": draws, "steps": steps, "learning-rate": learning_rate, "start": start,
        "seeds": seeds,
    }  # fmt: skip
    chosen = {k: v for k, v in options.items() if v != _USUAL.get(k, ())}
    if chosen and (grid or record):
        other = "--grid" if grid else "--record"
        msg = f"`{other}` goes with none of --{', --'.join(chosen)}; leave it or them out"
        raise MisuseError(msg)
    if record and grid != "all":
        msg = f"`--record` keeps the whole record, got {grid or 'table-2'}; add --grid all"
        raise MisuseError(msg)
    try:
        if chosen:
            settings = {
                "scale": scale, "temperature": temperature, "loss": loss, "draws": _draws(draws),
                "steps": steps, "learning_rate": learning_rate, "start": start,
                "seeds": _seeds(seeds, alone=draws == "exact" and start == "zero"),
            }  # fmt: skip
            every = _product(target or grids.TARGETS, model or grids.PAIR, settings)
        else:
            grid = grid or "table-2"
            every = grids.runs(*(grids.GRIDS if grid == "all" else [grid]))
    except ValueError as error:
        raise MisuseError(str(error)) from error
    require_directory("--directory", directory)
    results = _run(every, directory, workers, chosen or {"grid": grid}, shown=not quiet)
    if results is None:
        return DRIFTED
    output = Output(quiet=quiet)
    output.show(lambda: _print(results, chosen=bool(chosen)))
    if json is not None:
        output.keep("--json", json, lambda: write_json(json, entries(results)))
    if record:
        _record(every, directory, output)
    return output.status


def _draws(text: str) -> int | None:
    if text != "exact" and not text.isdecimal():
        msg = f"`--draws` must be a number or 'exact', got {text!r}"
        raise ValueError(msg)
    return None if text == "exact" else int(text)


def _seeds(count: int, *, alone: bool) -> tuple[int, ...]:
    if count < 1:
        msg = f"`--seeds` must be at least 1, got {count}"
        raise ValueError(msg)
    return tuple(range(1 if alone else count))


def _product(
    targets: tuple[str, ...], models: tuple[str, ...], settings: dict[str, Any]
) -> "list[FitRun]":
    """Every target with every model; ValueError names what cannot be used."""
    from perturbtheory.experiments.fits import FitRun, require_run

    runs = [FitRun(t, m, **settings) for t in targets for m in models]
    for run in runs:
        require_run(run)
    return runs


def _command(options: dict[str, Any]) -> str:
    """What to type to make these runs again, without what belongs to this machine."""
    words = {k: " ".join(v) if isinstance(v, tuple) else v for k, v in options.items()}
    return " ".join(["perturbtheory fit", *(f"--{k} {v}" for k, v in words.items())])


def _run(
    every: "list[FitRun]", directory: Path, workers: str, chosen: dict[str, Any], *, shown: bool
) -> "dict[FitRun, dict[str, Any]] | None":
    """Results by run, or None if some could not be made, which has been said."""
    from perturbtheory.experiments.fits import run_fit
    from perturbtheory.experiments.sweep import SweepError, sweep

    options: dict[str, Any] = {
        "workers": workers,
        "packages": ("optax", "scipy"),
        "progress": shown,
    }
    try:
        found = sweep(run_fit, every, directory, command=_command(chosen), **options)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    except SweepError as error:
        say(str(error))
        return None
    return dict(zip(every, found, strict=True))


def _print(results: "dict[FitRun, dict[str, Any]]", *, chosen: bool) -> None:
    from perturbtheory.experiments.fits import grids, render

    console = terminal()
    if not chosen and all(run in results for run in grids.runs("table-2")):
        console.print(render.table_2(results))
        console.print(render.summary(results))
    else:
        console.print(render.fits(results))


def _record(every: "list[FitRun]", directory: Path, output: Output) -> None:
    from perturbtheory.experiments.fits import grids, recorded
    from perturbtheory.experiments.sweep import identity, records

    found = records(directory)
    shown = set(grids.runs("table-2"))
    path = recorded.destination()
    made = {run: found[identity(run)] for run in every}
    if output.keep("--record", path, lambda: recorded.save(made, shown)):
        output.show(lambda: sys.stdout.write(f"{path.name} recorded\n"))
