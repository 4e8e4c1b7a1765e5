"""Fits as rich renderables: Table 2 beside its print, and any other runs one a row."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from perturbtheory.experiments.fits import FitRun
from perturbtheory.experiments.grids import PAIR, TARGETS, exact, printed
from perturbtheory.experiments.table_2 import (
    Results,
    Spread,
    advantage,
    ahead,
    cells,
)

_LABELS = {"normal": "Normal", "gumbel": "Gumbel", "igr": "IGR"}


def _table(*columns: str) -> Table:
    table = Table(header_style="bold", pad_edge=False, box=None, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < 2 else "right", no_wrap=number < 2)
    return table


def table_2(results: Results) -> RenderableType:
    """The eight printed numbers, what was found instead, and whether they reproduce."""
    table = _table(
        "target", "model", "printed", "L1 seen", "L1 of E[softmax]", "exact objective",
        "L1 of P(argmax)", "printed number",
    )  # fmt: skip
    for cell in cells(results):
        verdict = (
            Text("reproduced", style="green")
            if cell.reproduced
            else Text("not reproduced", style="bold red")
        )
        table.add_row(
            cell.target if cell.model == PAIR[0] else "",
            _LABELS[cell.model],
            _as_printed(cell.stated),
            str(cell.objective),
            str(cell.l1),
            f"{cell.exact:.3f}",
            str(cell.l1_hard),
            verdict,
        )
    return table


def _as_printed(stated: Spread) -> str:
    return f"{stated.mean:.3f} ± {stated.deviation:.3f}"


def summary(results: Results) -> RenderableType:
    """How many numbers reproduce, and who is ahead by which measure."""
    every = cells(results)
    count = sum(cell.reproduced for cell in every)
    text = Text(f"\n{count} of {len(every)} printed numbers reproduce. Ahead, by 3 s.e.:\n")
    for label, key in (
        ("L1 seen in the last iteration", "objective"),
        ("L1 of E[softmax]", "l1"),
        ("L1 of P(argmax)", "l1_hard"),
    ):
        who = [ahead(advantage(results, target, key)) for target in TARGETS]
        text.append(f"  {label}: ")
        text.append(", ".join(f"{w} ({t})" for w, t in zip(who, TARGETS, strict=True)))
        text.append("\n")
    return text


def fits(results: Results) -> RenderableType:
    """One row a run: what it was and what it reached."""
    table = _table("target", "model", "settings", "L1 seen", "L1 of E[softmax]", "L1 of P(argmax)")
    for run, found in results.items():
        table.add_row(
            run.target,
            run.model,
            _settings(run),
            *(str(Spread.of(found[key])) for key in ("objective", "l1", "l1_hard")),
        )
    return table


def _settings(run: FitRun) -> str:
    """What differs from the printed protocol."""
    usual = vars(printed(run.target, run.model))
    if run.draws is None:
        usual = vars(exact(printed(run.target, run.model))) | {"draws": 1000}
    changed = {k: v for k, v in vars(run).items() if v != usual[k] and k != "seeds"}
    return (
        ", ".join(f"{k} {'exact' if v is None else v}" for k, v in changed.items()) or "as printed"
    )
