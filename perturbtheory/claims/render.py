"""Results as rich renderables: the table of verdicts and, for what fails, what is true instead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from perturbtheory.claims.evidence import in_words
from perturbtheory.claims.ledger import REGISTRY, Result

_STYLES = {
    "proved": "bold green",
    "certified": "green",
    "supported": "cyan",
    "refuted": "bold red",
    "inconclusive": "bold yellow",
    "untested": "yellow",
}
_NARROW = 100


def verdicts(results: Sequence[Result], recorded: Mapping[str, Any], width: int) -> RenderableType:
    """One row a claim; on a narrow terminal the source and the weakest link give way."""
    table = Table(title=None, header_style="bold", pad_edge=False, box=None, padding=(0, 2, 0, 0))
    wide = width >= _NARROW
    table.add_column("claim", overflow="fold")
    if wide:
        table.add_column("source", overflow="fold", max_width=24)
    table.add_column("verdict", no_wrap=width >= 40, overflow="fold")
    if width >= 60:
        table.add_column("decided by", overflow="fold")
    for result in results:
        verdict = Text(result.verdict, style=_STYLES[result.verdict])
        drift = changed(result, recorded)
        if drift:
            verdict.append(f" ({drift})", style="bold magenta")
        cells: list[RenderableType] = [Text(result.claim.id)]
        if wide:
            cells.append(Text(result.claim.source, style="dim"))
        cells.append(verdict)
        if width >= 60:
            why = Text(result.weakest)
            if result.counterexample:
                why.append(f"\n{one_line(result.counterexample)}", style="red")
            cells.append(why)
        table.add_row(*cells)
    return table


def one_line(counterexample: Mapping[str, Any]) -> str:
    """The first counterexample on one line."""
    return in_words(next(iter(counterexample.values())))


def changed(result: Result, recorded: Mapping[str, Any]) -> str | None:
    """How the verdict differs from the recorded one, or that routes disagree; None if neither."""
    if result.disagreement:
        return "routes disagree"
    before = recorded.get(result.claim.id, {}).get("verdict")
    if before == result.verdict:
        return None
    return "not recorded" if before is None else f"was {before}"


def refuted(results: Sequence[Result]) -> Iterator[RenderableType]:
    """For every refuted claim: what is printed, why it is false, what is true."""
    for result in results:
        if result.verdict != "refuted":
            continue
        lines = [
            Text(f"\n{result.claim.id}", style="bold red"),
            _labelled("printed", result.claim.statement),
        ]
        for part, data in (result.counterexample or {}).items():
            lines.append(_labelled("fails", f"{part}: {one_line({part: data})}", "red"))
        truth = REGISTRY.get(result.claim.corrected or "")
        if truth:
            lines.append(_labelled("true", truth.statement, "green"))
        yield Group(*lines)


def disagreements(results: Sequence[Result]) -> Iterator[RenderableType]:
    """For every part on which two routes contradict each other: every route and its outcome."""
    for result in results:
        for part in result.parts:
            if part.outcome in ("disagreement", "unknown"):
                yield Text(f"\n{result.claim.id}: {part.name}: {part.outcome}", style="bold yellow")
                for check in part.checks:
                    yield _labelled(check.outcome, f"{check.route} ({check.kind}): {check.detail}")


def summary(results: Sequence[Result], seconds: float) -> Text:
    """How many claims got which verdict."""
    text = Text("\n")
    for verdict, style in _STYLES.items():
        count = sum(result.verdict == verdict for result in results)
        if count:
            text.append(f"{count} {verdict}", style=style).append("  ")
    return text.append(f"in {seconds:.0f} s", style="dim")


def plain_width(console: Console) -> int:
    """The terminal's width; output that goes to a file or a pipe is not cut to one."""
    return console.width if console.is_terminal else max(console.width, 120)


def _labelled(label: str, text: str, style: str = "") -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=8, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(label, Text(text, style=style))
    return grid
