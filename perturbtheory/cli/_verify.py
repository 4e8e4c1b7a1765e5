"""`perturbtheory verify`: claims, their verdicts, and the report."""

import contextlib
import os
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from perturbtheory.cli._options import Json, Quiet, among
from perturbtheory.cli._output import Output, terminal
from perturbtheory.cli._use import (
    DRIFTED,
    MisuseError,
    require_directory,
    require_writable,
    use_64_bit,
)

if TYPE_CHECKING:
    from perturbtheory.ledger import Claim, Part, Result

_MANY, _WORKERS = 24, 4
"""From how many claims on processes share the work, and how many at most."""


def _known_ids() -> list[str]:
    from perturbtheory.claims import index

    return list(index())


def verify(
    *claims: Annotated[str, among(_known_ids)],
    json: Json = None,
    report: Path | None = None,
    budget: Literal["quick", "full"] = "quick",
    record: Annotated[bool, cyclopts.Parameter(negative="", show_default=False)] = False,
    quiet: Quiet = False,
) -> int:
    """Check claims of the papers and of this package, all of them by default; or your own.

    Exit status 0 if every result is as recorded, 1 if a verdict, a text, a check or a
    counterexample differs or two routes disagree. Nothing is recorded of claims of your own: the
    status is 1 if one of them ends inconclusive or untested, or if a correction is refuted. Any
    other refuted claim is an answer, with status 0. The corrections and the claims of this package
    have to stand likewise, whatever is recorded, but for those that wait for their runs.

    Parameters
    ----------
    claims
        Ids such as A.gumbel-density, or Python files such as my_claims.py with claims of your own:
        all of them, or those whose ids are given too, with what they rest on and are corrected by.
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

    with _aside(json):
        ids, own = _chosen(claims)
    known = _known(ids, own, record=record)
    require_directory("--report", report)
    start = time.perf_counter()
    with _aside(json):
        results = _run_all(ids, own, budget, shown=not quiet)
    output = Output(quiet=quiet, json=json)
    if record and output.keep("--record", recorded.destination(), lambda: recorded.save(results)):
        known = recorded.load()
    drift = _drift(results, known, own)
    gone = [] if claims else recorded.gone(known)
    seconds = time.perf_counter() - start
    output.show(lambda: _print(results, drift, gone, seconds))
    output.keep_json(lambda: [result.to_json() for result in results])
    if report is not None:
        _write_report(results, report, budget, output)
    return DRIFTED if gone or any(drift.values()) else output.status


def _aside(json: Path | None) -> contextlib.AbstractContextManager[Any]:
    """What files of one's own print, beside the JSON object if that is printed."""
    printed = json is not None and str(json) == "-"
    return contextlib.redirect_stdout(sys.stderr) if printed else contextlib.nullcontext()


def _chosen(names: Sequence[str]) -> "tuple[list[str], dict[str, Claim]]":
    """The ids of the claims to check, and by id all those of the user's own files."""
    from perturbtheory.checks import closest
    from perturbtheory.claims import UnknownClaim, chosen_ids, index
    from perturbtheory.cli import _own

    files = [name for name in names if name.endswith(".py")]
    own = _own.loaded([Path(name) for name in files])
    ids = [name for name in names if name not in files]
    some = _own.with_premises([id_ for id_ in ids if id_ in own], own)
    ids = [id_ for id_ in ids if id_ not in own]
    for id_ in set(ids) - set(index()):
        if near := closest(id_, own, 3):
            meant = " or ".join(near)
            msg = f"`CLAIM` must be the id of a claim, got {id_!r}; did you mean {meant}?"
            raise MisuseError(msg)
    try:
        chosen = chosen_ids(ids) if ids or not files else []
    except UnknownClaim as error:
        raise MisuseError(str(error)) from error
    return [*chosen, *(some or own)], own


def _known(ids: Sequence[str], own: "Mapping[str, Claim]", *, record: bool) -> dict[str, Any]:
    """What is recorded; nothing if this run makes the record, which is then sure to be possible."""
    from perturbtheory.claims import index, recorded

    if record and own:
        msg = "`--record` is for claims of the ledger, not for files of your own; use --json"
        raise MisuseError(msg)
    if record:
        require_writable("--record", recorded.destination())
    kept = set(index()) - set(ids)
    return recorded.load() if kept or not record else {}


def _drift(
    results: "Sequence[Result]", known: dict[str, Any], own: "Mapping[str, Claim]"
) -> dict[str, tuple[str, ...]]:
    """Why the exit status is 1, by claim: it differs from the record, or it has to stand."""
    from perturbtheory.claims import stated_here
    from perturbtheory.ledger import changes, unsound

    found = {}
    # What is named by a reason alone, and was not chosen, is known by nobody.
    unknown = {id_: {"verdict": "untested"} for id_ in own}
    wrong = unsound(*_premises(results, unknown | known))
    for result in results:
        claim, words = result.claim, changes(result, known.get(result.claim.id))
        if claim.id in own:
            words = tuple(word for word in words if word != "not recorded")
        has_to_stand = claim.is_correction or (claim.id not in own and stated_here(claim))
        if has_to_stand and result.verdict == "refuted":
            words += ("stated as true, and refuted",)
        # What waits for runs is recorded as that; a claim of one's own has to say something.
        waits = claim.id not in own and result.waits
        if (has_to_stand or claim.id in own) and not result.decided and not waits:
            words += ("nothing decided",)
        found[claim.id] = words + wrong.get(claim.id, ())
    return found


def _premises(
    results: "Sequence[Result]", known: dict[str, Any]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """What every claim rests on, and the verdicts: those found, and for the rest the recorded."""
    from perturbtheory.ledger import rests_on

    entries = known | {result.claim.id: result.to_json() for result in results}
    verdicts = {id_: entry.get("verdict", "") for id_, entry in entries.items()}
    return {id_: rests_on(entry, entries) for id_, entry in entries.items()}, verdicts


def _print(
    results: "Sequence[Result]", drift: dict[str, tuple[str, ...]], gone: list[str], seconds: float
) -> None:
    from perturbtheory.cli import _verdicts

    console = terminal()
    console.print(_verdicts.verdicts(results, drift, console.width))
    for block in (*_verdicts.failed(results), *_verdicts.undecided(results)):
        console.print(block)
    for id_ in gone:
        console.print(f"{id_} is recorded, and no claim has this id any more", style="bold magenta")
    console.print(_verdicts.summary(results, seconds))


def _run_all(
    ids: Sequence[str], own: "Mapping[str, Claim]", budget: str, *, shown: bool
) -> "list[Result]":
    from perturbtheory.progress import Bar

    results = {}
    with (
        Bar(len(ids), shown=shown) as bar,
        # Closed even by an interrupt that comes between two results, so that processes end.
        contextlib.closing(_results(ids, own, budget)) as found,
    ):
        for result in found:
            bar.update(words=result.claim.id, advance=1)
            results[result.claim.id] = result
    return [results[id_] for id_ in ids]


def _results(
    ids: Sequence[str], own: "Mapping[str, Claim]", budget: str
) -> "Generator[Result, None, None]":
    """One after the other, or many in a few processes, in the order in which they are done."""
    from perturbtheory.claims import find
    from perturbtheory.ledger import BUDGETS, Result, run

    workers = min(_WORKERS, os.cpu_count() or 1)
    if len(ids) < _MANY or workers < 2 or own:
        shared = {}
        for id_ in ids:
            yield run(own.get(id_) or find([id_])[0], BUDGETS[budget], shared=shared)
        return
    from concurrent.futures import as_completed

    from perturbtheory.processes import processes

    with processes(workers) as pool:
        made = [pool.submit(_evidence, shared, budget) for shared in _shares(ids)]
        for future in as_completed(made):
            for id_, parts, seconds in future.result():
                # The processes are at work while the claims are loaded here too.
                yield Result(find([id_])[0], parts, seconds)


def _shares(ids: Sequence[str]) -> list[list[str]]:
    """The ids of a module together, for what they share; the last first, which take longest."""
    from perturbtheory.claims import index

    shares: dict[str, list[str]] = {}
    for id_ in ids:
        shares.setdefault(index()[id_], []).append(id_)
    return list(shares.values())[::-1]


def _evidence(ids: Sequence[str], budget: str) -> "list[tuple[str, tuple[Part, ...], float]]":
    """The parts of claims of the ledger, and how long they took."""
    from perturbtheory.claims import find
    from perturbtheory.ledger import BUDGETS, run

    shared = {}
    found = [run(claim, BUDGETS[budget], shared=shared) for claim in find(ids)]
    return [(result.claim.id, result.parts, result.seconds) for result in found]


def _write_report(
    results: "Sequence[Result]", directory: Path, budget: str, output: Output
) -> None:
    from perturbtheory import report

    output.show(lambda: sys.stdout.write("writing the report\n"))
    if output.keep("--report", directory, lambda: report.write(results, directory, budget=budget)):
        output.show(lambda: sys.stdout.write(f"wrote {directory / 'index.html'}\n"))
