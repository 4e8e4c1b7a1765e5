"""`perturbtheory fit`: the fits of section 6.1 of paper A, and Table 2 beside what they give."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from perturbtheory.cli._options import (
    Folder,
    Json,
    Quiet,
    Record,
    Several,
    Workers,
    among,
    commands,
    options,
    said,
)
from perturbtheory.cli._sweeps import Kind, add_tables_and_record, run_and_show
from perturbtheory.cli._use import MisuseError, Whole
from perturbtheory.experiments.fits import FitRun

if TYPE_CHECKING:
    Said = FitRun
    NOTHING = FitRun("")
else:
    Draws = Annotated[str | None, cyclopts.Parameter(help="samples per step, or exact for none.")]
    Seeds = Annotated[
        Whole | None,
        cyclopts.Parameter(
            help="number of fits of each kind, 10 as printed; with exact draws from zero all would "
            "be equal, and one is made."
        ),
    ]
    Said = options(FitRun, target=Several, model=Several, draws=Draws, seeds=Seeds, observed=None)
    NOTHING = Said()

PLACE = "fits"
"""Where the files of the fits are if nothing is said."""

app = commands(
    "fit", "Fit the distributions of section 6.1 of paper A and print them beside Table 2."
)


def kind() -> Kind:
    """Fits of section 6.1 of paper A."""
    from perturbtheory.experiments.fits import recorded, render, require_run, run_fit

    return Kind(require_run, run_fit, recorded, render.tables, ("optax", "scipy"), resumable=False)


@app.default
@app.command
def run(
    *,
    run: Annotated[Said, cyclopts.Parameter(name="*")] = NOTHING,
    directory: Folder = Path(PLACE),
    workers: Workers = "0",
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Fit distributions by the printed protocol, or with what is changed; Table 2 by default.

    Several values may follow --target and --model: every target is fitted by every model. What is
    not said is as printed. Every fit is kept in a file of its own: a command that was stopped
    resumes where it was. Exit status 0 if every fit could be made, 1 if not.
    """
    given = said(run)
    if not given:
        return grid("table-2", directory=directory, workers=workers, json=json, quiet=quiet)
    try:
        every = _product(given)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    command = _command(given)
    return run_and_show(
        kind, lambda: [every], command, directory, workers, json, quiet=quiet, alone=True
    )


def _known() -> tuple[str, ...]:
    from perturbtheory.experiments.fits import grids

    return ("all", *grids.GRIDS)


@app.command
def grid(
    *names: Annotated[str, among(_known)],
    directory: Folder = Path(PLACE),
    workers: Workers = "0",
    record: Record = False,
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Run grids of fits and print Table 2 beside what they give.

    Parameters
    ----------
    names
        table-2, the printed protocol; readings, what else the text would allow; study, one factor
        at a time (an hour); several, or all of these if none is named.
    """
    from perturbtheory.checks import require_one_of
    from perturbtheory.experiments.fits import grids

    try:
        for name in names:
            require_one_of("NAMES", name, _known())
    except ValueError as error:
        raise MisuseError(str(error)) from error
    every = tuple(grids.GRIDS) if not names or "all" in names else names
    if record and set(every) != set(grids.GRIDS):
        msg = (
            f"`--record` keeps the whole record, got {', '.join(names)}; leave it or the names out"
        )
        raise MisuseError(msg)
    command = " ".join(("perturbtheory fit grid", *names))
    return run_and_show(
        kind, lambda: [grids.runs(*every)], command, directory, workers, json,
        record=record, quiet=quiet, alone=not record,
    )  # fmt: skip


RECORDS = """Make the runs in a directory the record, and print all tables.

It has to have the runs of all grids.
"""
add_tables_and_record(app, kind, PLACE, RECORDS)


def _product(given: dict[str, Any]) -> list[FitRun]:
    """Every target with every model, with the settings that were given."""
    from perturbtheory.experiments.fits import grids

    settings = dict(given)
    targets, models = settings.pop("target", grids.TARGETS), settings.pop("model", grids.PAIR)
    if "draws" in settings:
        settings["draws"] = _draws(settings["draws"])
    usual = FitRun("", **{k: v for k, v in settings.items() if k != "seeds"})
    count = settings.pop("seeds", len(usual.seeds))
    if count < 1:
        msg = f"`--seeds` must be at least 1, got {count}"
        raise ValueError(msg)
    alone = usual.draws is None and usual.start == "zero"
    seeds = tuple(range(1 if alone else count))
    return [FitRun(t, m, **settings, seeds=seeds) for t in targets for m in models]


def _draws(text: str) -> int | None:
    if text != "exact" and not text.isdecimal():
        msg = f"`--draws` must be a number or 'exact', got {text!r}"
        raise ValueError(msg)
    return None if text == "exact" else int(text)


def _command(given: dict[str, Any]) -> str:
    """What to type to make these runs again, without what belongs to this machine."""
    words = {k: " ".join(v) if isinstance(v, tuple) else v for k, v in given.items()}
    options = (f"--{name.replace('_', '-')} {value}" for name, value in words.items())
    return " ".join(("perturbtheory fit run", *options))
