"""Fits as rich renderables: Table 2 beside its print, and any other runs one a row."""

from rich.console import Group, RenderableType
from rich.text import Text

from perturbtheory.experiments.fits.grids import PAIR, TARGETS, exact, printed, runs
from perturbtheory.experiments.fits.settings import FitRun
from perturbtheory.experiments.fits.tables import (
    Results,
    advantage,
    ahead,
    cells,
    stated,
)
from perturbtheory.experiments.spread import Spread
from perturbtheory.tables import Table

_LABELS = {"normal": "Normal", "gumbel": "Gumbel", "igr": "IGR"}
_SHORT = {"negative-binomial": "neg. binomial"}
_LEGEND = (
    "seen: L1 of the mean of 1,000 samples in the last iteration; softmax: L1 of E[softmax] after "
    "it; exact: the same after a fit without sampling; arg max: L1 of P(argmax)"
)


def tables(results: Results) -> RenderableType:
    """Table 2 beside its print where all of its runs are there, otherwise a row for each run."""
    if all(run in results for run in runs("table-2")):
        return Group(table_2(results), summary(results))
    return fits(results)


def table_2(results: Results) -> RenderableType:
    """The eight printed numbers, what was found instead, and whether they reproduce."""
    table = Table(
        "target", "model", "printed", "seen", "softmax", "exact", "arg max", "agrees",
        left=2, gap=1,
    )  # fmt: skip
    for cell in cells(results):
        verdict = Text("yes", style="green") if cell.reproduced else Text("no", style="bold red")
        table.add_row(
            _SHORT.get(cell.target, cell.target) if cell.model == PAIR[0] else "",
            _LABELS[cell.model],
            str(cell.stated),
            str(cell.objective),
            f"{cell.l1.mean:.3f}",
            f"{cell.exact:.3f}",
            f"{cell.l1_hard.mean:.3f}",
            verdict,
        )
    return Group(table, Text(_LEGEND, style="dim"))


def summary(results: Results) -> RenderableType:
    """How many numbers reproduce, and who is ahead by which measure."""
    every = cells(results)
    count = sum(cell.reproduced for cell in every)
    lines = [
        f"\n{count} of {len(every)} printed numbers reproduce. Ahead, by three standard errors:"
    ]
    for label, key in (("seen", "objective"), ("softmax", "l1"), ("arg max", "l1_hard")):
        who = {target: ahead(advantage(results, target, key)) for target in TARGETS}
        found = [
            f"{name} for {', '.join(_SHORT.get(t, t) for t, w in who.items() if w == name)}"
            for name in dict.fromkeys(who.values())
        ]
        lines.append(f"  {label}: {'; '.join(found)}")
    return Text("\n".join(lines))


def fits(results: Results) -> RenderableType:
    """One row a run: what it was and what it reached; beside the print where it is as printed."""
    compared = any(_settings(run) == _AS_PRINTED for run in results)
    heads = ["printed"] * compared
    table = Table("target", "model", *heads, "seen", "softmax", "arg max", "settings", gap=1)
    for run, found in results.items():
        table.add_row(
            run.target,
            run.model,
            *[_printed(run)] * compared,
            *(str(Spread.of(found[key])) for key in ("objective", "l1", "l1_hard")),
            Text(_settings(run) + _number(run), style="dim"),
        )
    return table


def _printed(run: FitRun) -> str:
    """The mean of Table 2, if it has one for such a run."""
    known = run.target in TARGETS and run.model in PAIR and _settings(run) == _AS_PRINTED
    return f"{stated(run.target, run.model).mean:.3f}" if known else "–"


_AS_PRINTED = "as printed"


def _number(run: FitRun) -> str:
    """How many fits, if they are not as many as printed."""
    usual = printed(run.target, run.model)
    usual = exact(usual) if run.draws is None else usual
    count = len(run.seeds)
    return "" if count == len(usual.seeds) else f"; {count} {'fit' if count == 1 else 'fits'}"


def _settings(run: FitRun) -> str:
    """What differs from the printed protocol."""
    usual = vars(printed(run.target, run.model))
    if run.draws is None:
        usual = vars(exact(printed(run.target, run.model))) | {"draws": 1000}
    changed = {k: v for k, v in vars(run).items() if v != usual[k] and k != "seeds"}
    return (
        ", ".join(f"{k} {'exact' if v is None else v}" for k, v in changed.items()) or _AS_PRINTED
    )
