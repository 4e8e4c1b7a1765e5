"""Diagnoses and Table 1 as rich renderables and as plain text."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from perturbtheory.properties._check import Check
from perturbtheory.properties._diagnosis import COLUMNS, Diagnosis
from perturbtheory.properties._table_1 import GROUPS, MODELS, READINGS, Table1

_STYLES = {"holds": "bold green", "fails": "bold red", "unknown": "bold yellow"}
_MARKS = {"yes": "✓", "no": "✗", None: "?"}


def text(renderable: RenderableType, width: int = 100) -> str:
    """Without colours, as `print` shows it."""
    console = Console(width=width, no_color=True, highlight=False)
    with console.capture() as capture:
        console.print(renderable)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def diagnosis_tables(found: Diagnosis) -> Group:
    """The row of Table 1, its evidence, and the numbers beside those of the peers."""
    head = Text(f"{found.name}, d = {found.dimension}", style="bold")
    return Group(head, Text(), _cells(found), Text(), _numbers(found), Text(), *_evidence(found))


def _cells(found: Diagnosis) -> Table:
    table = _table("Theta = {sum theta = 0}", *(row.model for row in found.rows))
    for column, meaning in COLUMNS.items():
        cells = [_outcome(row.checks[column]) for row in found.rows]
        table.add_row(Text.assemble(column, (f"\n  {meaning}", "dim")), *cells)
    if any(row.sub_domain for row in found.rows):
        everywhere = Text("all of R^d")
        cells = [_outcome(r.sub_domain) if r.sub_domain else everywhere for r in found.rows]
        meaning = ("\n  where every coordinate can win", "dim")
        table.add_row(Text.assemble("one-to-one inside", meaning), *cells)
    return table


def _outcome(check: Check) -> Text:
    return Text(check.outcome, style=_STYLES[check.outcome])


def _numbers(found: Diagnosis) -> Table:
    table = _table("at theta = 0", *(row.model for row in found.rows))
    laws = {"this noise": found.rows} | {
        f"{name}, same variance": rows for name, rows in found.peers.items()
    }
    for what, attribute in (("curvature", "curvature"), ("noise of one sample", "gradient_noise")):
        for law, rows in laws.items():
            numbers = [f"{getattr(row, attribute):.4g}" for row in rows]
            table.add_row(f"{what}, {law}", *numbers)
    return table


def _evidence(found: Diagnosis) -> Iterator[Text]:
    yield Text("tails", style="bold")
    yield Text(f"  max gamma: {_tail(found)}")
    for name, check in found.concentration.items():
        verb = {"holds": "stays below", "fails": "exceeds", "unknown": "may exceed"}[check.outcome]
        at = "" if check.outcome == "holds" else f" at t = {check.witness['t']:.3g}"
        yield Text(f"  max gamma - E max gamma {verb} the {name} bound of the same variance{at}")
    yield Text("evidence", style="bold")
    for row in found.rows:
        for check in (*row.checks.values(), *([row.sub_domain] if row.sub_domain else [])):
            mark = Text(f"  {check.outcome:8s}", style=_STYLES[check.outcome])
            yield mark.append(f"{row.model}: {check.statement}", style="default")
            yield Text(f"          {check.method}", style="dim")
            if check.outcome == "fails":
                yield Text(f"          {witness(check)}", style="red")


def _tail(found: Diagnosis) -> str:
    rate = found.tail
    if rate is None:
        return "no finite mean, so that E[max] does not exist; differences f(theta) - f(0) do"
    if rate.power is not None:
        return f"polynomial, P(max - E max > t) ~ t^-{rate.power:.3g}"
    if rate.exponent is None:
        return "bounded"
    return f"{rate.family}, -log P(max - E max > t) ~ t^{rate.exponent:.2f} at P = 1e-22 to 1e-40"


def witness(check: Check) -> str:
    """The data that anybody can replay, on one line."""
    return ", ".join(f"{k} = {_short(v)}" for k, v in check.witness.items() if k != "vertices")


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, separator=", ").replace("\n", "")
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table_1_tables(found: Table1) -> Group:
    """Both models, each column with every reading of identifiable, beside what is printed."""
    blocks: list[RenderableType] = []
    for model in MODELS:
        table = _table(model, *GROUPS)
        for column in COLUMNS:
            name = f"identifiable: {column}" if column in READINGS else column
            cells = []
            for group in GROUPS:
                cell = found.cells[group, model, column]
                mark = Text(cell.outcome, style=_STYLES[cell.outcome])
                if column != "closed simplex":
                    mark.append(f"  (printed {_MARKS[cell.printed]})", style="dim")
                if cell.differs:
                    mark.append(" differs", style="bold magenta")
                cells.append(mark)
            table.add_row(name, *cells)
        blocks += [table, Text()]
    for group in GROUPS:
        members = ", ".join(found.cells[group, MODELS[0], "completeness"].checks)
        blocks.append(Text(f"{group}: {members}", style="dim"))
    blocks.append(Text("?: not legible in the text of the paper", style="dim"))
    where = f"{{sum theta = 0}}, d = {found.dimension}, temperature {found.temperature:g}"
    return Group(*blocks, Text(f"over {where}", style="dim"))


def _table(*headers: str) -> Table:
    table = Table(header_style="bold", pad_edge=False, box=None, padding=(0, 3, 0, 0))
    for header in headers:
        table.add_column(header, overflow="fold")
    return table
