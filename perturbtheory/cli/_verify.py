"""`perturbtheory verify`: claims, their verdicts, and the report."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from perturbtheory.cli._use import (
    AGREES,
    DRIFTED,
    MisuseError,
    require_directory,
    require_writable,
    use_64_bit,
)

if TYPE_CHECKING:
    from perturbtheory.claims import Claim, Result


def verify(
    *claims: str,
    json: Path | None = None,
    report: Path | None = None,
    budget: Literal["quick", "full"] = "quick",
    record: bool = False,
) -> int:
    """Check claims of the papers and of this package, all of them by default.

    Exit status 0 if every verdict is the recorded one, 1 if one differs or two routes disagree.

    Parameters
    ----------
    claims
        Ids such as A.gumbel-density.
    json
        Write the results to this file.
    report
        Write a page to read, its Markdown, errata in LaTeX and the results to this directory, which
        is made if it does not exist.
    budget
        How much the sampled checks sample; proofs do not depend on it.
    record
        Make these verdicts the recorded ones.
    """
    require_writable("--json", json)
    use_64_bit()
    from rich.console import Console

    from perturbtheory.claims import UnknownClaim, find, recorded, render
    from perturbtheory.results import RecordError, write_json

    try:
        chosen = find(claims)
    except UnknownClaim as error:
        raise MisuseError(str(error)) from error
    try:
        if record:
            require_writable("--record", recorded.destination())
        known = {} if record else recorded.load()
    except RecordError as error:
        raise MisuseError(str(error)) from error
    require_directory("--report", report)
    start = time.perf_counter()
    results = _run_all(chosen, budget)
    if record:
        try:
            recorded.save(results)
            known = recorded.load()
        except RecordError as error:
            raise MisuseError(str(error)) from error
    if json is not None:
        write_json(json, [result.to_json() for result in results])
    console = Console()
    console.width = render.plain_width(console)
    console.print(render.verdicts(results, known, console.width))
    for block in (*render.refuted(results), *render.disagreements(results)):
        console.print(block)
    console.print(render.summary(results, time.perf_counter() - start))
    if report is not None:
        _write_report(results, report, budget)
    return DRIFTED if any(render.changed(result, known) for result in results) else AGREES


def _run_all(chosen: "Sequence[Claim]", budget: str) -> "list[Result]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from perturbtheory.claims import BUDGETS, run

    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    results = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=len(chosen))
        for claim in chosen:
            progress.update(task, description=claim.id)
            results.append(run(claim, BUDGETS[budget]))
            progress.advance(task)
    return results


def _write_report(results: "Sequence[Result]", directory: Path, budget: str) -> None:
    from perturbtheory import report

    sys.stdout.write("writing the report\n")
    sys.stdout.flush()
    try:
        report.write(results, directory, budget=budget)
    except OSError as error:
        msg = f"`--report` could not be written: {str(directory)!r} ({error}); choose another place"
        raise MisuseError(msg) from error
    sys.stdout.write(f"wrote {directory / 'index.html'}\n")
