"""Results as rich renderables: the table of verdicts and, for what fails, what is true instead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from perturbtheory.ledger import FAILED, REGISTRY, Check, Result, Verdict, in_words, plain
from perturbtheory.tables import Table, Words

_STYLES: dict[Verdict, str] = {
    "proved": "bold green",
    "certified": "green",
    "argued": "blue",
    "supported": "cyan",
    "refuted": "bold red",
    "not reproduced": "red",
    "inconclusive": "bold yellow",
    "untested": "yellow",
}
_DRIFT = "bold magenta"
_WIDE = 100
"""Columns of a terminal that has room for the sources."""
_WHOLE = 16
"""Longer words, such as the ids of claims, may be broken to keep a table a table."""


def verdicts(
    results: Sequence[Result], drift: Mapping[str, Sequence[str]], width: int
) -> RenderableType:
    """One row per claim; on a narrow terminal the source gives way, which is said."""
    wide = width >= _WIDE
    table = Table("claim", *(["source"] if wide else []), "verdict", "decided by", whole=_WHOLE)
    for result in results:
        differs = drift.get(result.claim.id, ())
        verdict = Text(result.verdict, style=_STYLES[result.verdict])
        if differs:
            verdict.append(" (status 1)", style=_DRIFT)
        source = [Text(plain(result.claim.source), style="dim")] if wide else []
        table.add_row(result.claim.id, *source, verdict, _grounds(result, differs))
    note = f"the sources are left out below {_WIDE} columns"
    return table if wide else Group(table, Text(note, style="dim"))


def _grounds(result: Result, differs: Sequence[str]) -> Text:
    text = Text(plain(result.weakest))
    decided, steps = result.steps
    if steps:
        text.append(f" ({decided} of {steps} {'step' if steps == 1 else 'steps'} decided)", "dim")
    if result.counterexample:
        text.append(f"\n{one_line(result.counterexample)}", style="red")
    if differs:
        text.append(f"\nexit status 1: {', '.join(differs)}", style=_DRIFT)
    return text


def one_line(counterexample: Mapping[str, Any]) -> str:
    """The first counterexample on one line."""
    return plain(in_words(next(iter(counterexample.values()))))


def failed(results: Sequence[Result]) -> Iterator[RenderableType]:
    """For every claim refuted or not reproduced: what is printed, why it fails, what is true."""
    for result in results:
        if result.verdict not in FAILED:
            continue
        lines = [
            Text(f"\n{result.claim.id}", style=_STYLES[result.verdict]),
            _labelled("printed", plain(result.claim.says)),
        ]
        for part, data in (result.counterexample or {}).items():
            lines.append(_labelled("fails", f"{plain(part)}: {one_line({part: data})}", "red"))
        truth = REGISTRY.get(result.claim.corrected_by or "")
        if truth:
            lines.append(_labelled("true", plain(truth.says), "green"))
        yield Group(*lines)


def undecided(results: Sequence[Result]) -> Iterator[RenderableType]:
    """Every route to each part that is undecided or on which two routes contradict each other."""
    for result in results:
        for part in result.parts if result.verdict != "untested" else ():
            if part.outcome in ("disagreement", "unknown"):
                title = f"\n{result.claim.id}: {plain(part.name)}: {part.outcome}"
                yield Text(title, style="bold yellow")
                for check in part.checks:
                    yield _labelled(check.outcome, _told(check))
                if part.lacks:
                    yield _labelled("lacks", part.lacks)


def summary(results: Sequence[Result], seconds: float) -> Text:
    """How many claims got which verdict."""
    text = Text("\n")
    for verdict, style in _STYLES.items():
        count = sum(result.verdict == verdict for result in results)
        if count:
            text.append(f"{count} {verdict}", style=style).append("  ")
    return text.append(f"in {seconds:.0f} s", style="dim")


def _told(check: Check) -> str:
    told = ": ".join(filter(None, (check.detail, check.measured)))
    failing = [f"{step.says} [{step.by}: {step.outcome}]" for step in check.steps]
    failing = [text for text, step in zip(failing, check.steps, strict=True) if _open(step.outcome)]
    all_told = "; ".join(filter(None, (told, *failing)))
    return plain(f"{check.route} ({check.kind}){all_told and f': {all_told}'}")


def _open(outcome: str) -> bool:
    return outcome in ("fails", "unknown")


def _labelled(label: str, text: str, style: str = "") -> Grid:
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(width=8, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(label, Words(text, style=style))
    return grid
