"""`perturbtheory verify`: claims, their verdicts, and the report."""

import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from perturbtheory.cli._output import Output, terminal
from perturbtheory.cli._use import (
    DRIFTED,
    MisuseError,
    require_directory,
    require_writable,
    use_64_bit,
)

if TYPE_CHECKING:
    from perturbtheory.ledger import Claim, Result


def verify(
    *claims: str,
    json: Path | None = None,
    report: Path | None = None,
    budget: Literal["quick", "full"] = "quick",
    record: bool = False,
) -> int:
    """Check claims of the papers and of this package, all of them by default; or your own.

    Exit status 0 if every result is as recorded, 1 if a verdict, a text, a check or a
    counterexample differs or two routes disagree.

    Parameters
    ----------
    claims
        Ids such as A.gumbel-density, or Python files such as my_claims.py with claims of your own.
    json
        Write the results to this file.
    report
        Write a page to read, its Markdown, errata in LaTeX and the results to this directory, which
        is made if it does not exist.
    budget
        How much the sampled checks sample; proofs do not depend on it.
    record
        Make these results the recorded ones.
    """
    require_writable("--json", json)
    use_64_bit()
    from perturbtheory.claims import recorded
    from perturbtheory.results import write_json

    chosen, own = _chosen(claims)
    known = _known(chosen, own, record=record)
    require_directory("--report", report)
    start = time.perf_counter()
    results = _run_all(chosen, budget)
    output = Output()
    if record and output.keep("--record", recorded.destination(), lambda: recorded.save(results)):
        known = recorded.load()
    drift = _drift(results, known, own)
    gone = [] if claims else recorded.gone(known)
    seconds = time.perf_counter() - start
    output.show(lambda: _print(results, drift, gone, seconds))
    if json is not None:
        output.keep("--json", json, lambda: write_json(json, [r.to_json() for r in results]))
    if report is not None:
        _write_report(results, report, budget, output)
    return DRIFTED if gone or any(drift.values()) else output.status


def _chosen(names: Sequence[str]) -> "tuple[list[Claim], set[str]]":
    """The claims of the ledger and of the user's own files, and the ids of the latter."""
    from perturbtheory.claims import UnknownClaim, find

    files = [name for name in names if name.endswith(".py")]
    own = [claim for name in files for claim in _loaded(Path(name))]
    ids = [name for name in names if name not in files]
    try:
        chosen = find(ids) if ids or not files else []
    except UnknownClaim as error:
        raise MisuseError(str(error)) from error
    return [*chosen, *own], {claim.id for claim in own}


def _loaded(path: Path) -> "list[Claim]":
    """The claims that a Python file makes."""
    from perturbtheory.claims import index
    from perturbtheory.ledger import registered_by

    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        msg = f"`CLAIM` must be an id or a Python file that exists, got {str(path)!r}"
        raise MisuseError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    loader = spec.loader
    try:
        made = registered_by(lambda: loader.exec_module(module))
    except Exception as error:
        msg = f"`CLAIM` {str(path)!r} could not be run: {type(error).__name__}: {error}; fix it"
        raise MisuseError(msg) from error
    taken = [claim.id for claim in made if claim.id in index()]
    if taken or not made:
        why = f"uses {taken[0]!r}, an id of the ledger" if taken else "makes no claims"
        msg = f"`CLAIM` {str(path)!r} {why}; see `help(perturbtheory.ledger)` for a template"
        raise MisuseError(msg)
    return made


def _known(chosen: "Sequence[Claim]", own: set[str], *, record: bool) -> dict[str, Any]:
    """What is recorded; nothing if this run makes the record, which is then sure to be possible."""
    from perturbtheory.claims import index, recorded

    if record and own:
        msg = "`--record` is for claims of the ledger, not for files of your own; use --json"
        raise MisuseError(msg)
    if record:
        require_writable("--record", recorded.destination())
    kept = set(index()) - {claim.id for claim in chosen}
    return recorded.load() if kept or not record else {}


def _drift(
    results: "Sequence[Result]", known: dict[str, Any], own: set[str]
) -> dict[str, tuple[str, ...]]:
    from perturbtheory.ledger import changes

    found = {r.claim.id: changes(r, known.get(r.claim.id)) for r in results}
    new = {"not recorded"}
    return {
        i: tuple(w for w in words if i not in own or w not in new) for i, words in found.items()
    }


def _print(
    results: "Sequence[Result]", drift: dict[str, tuple[str, ...]], gone: list[str], seconds: float
) -> None:
    from perturbtheory.cli import _verdicts

    console = terminal()
    console.print(_verdicts.verdicts(results, drift, console.width))
    for block in (*_verdicts.refuted(results), *_verdicts.undecided(results)):
        console.print(block)
    for id_ in gone:
        console.print(f"{id_} is recorded, and no claim has this id any more", style="bold magenta")
    console.print(_verdicts.summary(results, seconds))


def _run_all(chosen: "Sequence[Claim]", budget: str) -> "list[Result]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from perturbtheory.ledger import BUDGETS, run

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


def _write_report(
    results: "Sequence[Result]", directory: Path, budget: str, output: Output
) -> None:
    from perturbtheory import report

    output.show(lambda: sys.stdout.write("writing the report\n"))
    if output.keep("--report", directory, lambda: report.write(results, directory, budget=budget)):
        output.show(lambda: sys.stdout.write(f"wrote {directory / 'index.html'}\n"))
