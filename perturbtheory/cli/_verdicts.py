"""Results as rich renderables: the table of verdicts and, for what fails, what is true instead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from perturbtheory.ledger import REGISTRY, Check, Result, Verdict, in_words, plain

_STYLES: dict[Verdict, str] = {
    "proved": "bold green",
    "certified": "green",
    "argued": "blue",
    "supported": "cyan",
    "refuted": "bold red",
    "inconclusive": "bold yellow",
    "untested": "yellow",
}
_DRIFT = "bold magenta"
_NARROW, _SLIM = 100, 60


def verdicts(
    results: Sequence[Result], drift: Mapping[str, Sequence[str]], width: int
) -> RenderableType:
    """One row per claim; on a narrow terminal the source and the weakest link give way."""
    table = Table(title=None, header_style="bold", pad_edge=False, box=None, padding=(0, 2, 0, 0))
    table.add_column("claim", overflow="fold")
    if width >= _NARROW:
        table.add_column("source", overflow="fold", max_width=24)
    table.add_column("verdict", no_wrap=width >= 40, overflow="fold")
    if width >= _SLIM:
        table.add_column("decided by", overflow="fold")
    for result in results:
        cells: list[RenderableType] = [Text(result.claim.id)]
        if width >= _NARROW:
            cells.append(Text(plain(result.claim.source), style="dim"))
        differs = drift.get(result.claim.id, ())
        cells.append(_verdict(result, differs, width))
        if width >= _SLIM:
            cells.append(_grounds(result, differs))
        table.add_row(*cells)
    return table


def _verdict(result: Result, differs: Sequence[str], width: int) -> Text:
    text = Text(result.verdict, style=_STYLES[result.verdict])
    if differs:
        words = "drift" if width >= _SLIM else ", ".join(differs)
        text.append(f" ({words})", style=_DRIFT)
    return text


def _grounds(result: Result, differs: Sequence[str]) -> Text:
    text = Text(plain(result.weakest))
    decided, steps = result.steps
    if steps:
        text.append(f" ({decided} of {steps} {'step' if steps == 1 else 'steps'} decided)", "dim")
    if result.counterexample:
        text.append(f"\n{one_line(result.counterexample)}", style="red")
    if differs:
        text.append(f"\nagainst the record: {', '.join(differs)}", style=_DRIFT)
    return text


def one_line(counterexample: Mapping[str, Any]) -> str:
    """The first counterexample on one line."""
    return plain(in_words(next(iter(counterexample.values()))))


def refuted(results: Sequence[Result]) -> Iterator[RenderableType]:
    """For every refuted claim: what is printed, why it is false, what is true."""
    for result in results:
        if result.verdict != "refuted":
            continue
        lines = [
            Text(f"\n{result.claim.id}", style="bold red"),
            _labelled("printed", plain(result.claim.says)),
        ]
        for part, data in (result.counterexample or {}).items():
            lines.append(_labelled("fails", f"{plain(part)}: {one_line({part: data})}", "red"))
        truth = REGISTRY.get(result.claim.corrected_by or "")
        if truth:
            lines.append(_labelled("true", plain(truth.says), "green"))
        yield Group(*lines)


def undecided(results: Sequence[Result]) -> Iterator[RenderableType]:
    """For every part that is undecided, or on which two routes contradict each other: all routes."""
    for result in results:
        for part in result.parts:
            if part.outcome in ("disagreement", "unknown"):
                title = f"\n{result.claim.id}: {plain(part.name)}: {part.outcome}"
                yield Text(title, style="bold yellow")
                for check in part.checks:
                    yield _labelled(check.outcome, _told(check))


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
    return plain(f"{check.route} ({check.kind}): {'; '.join(filter(None, (told, *failing)))}")


def _open(outcome: str) -> bool:
    return outcome in ("fails", "unknown")


def _labelled(label: str, text: str, style: str = "") -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=8, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(label, Text(text, style=style))
    return grid
