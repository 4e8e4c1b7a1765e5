"""VAEs in the terminal: a bar while one trains, its numbers, and the tables of both papers."""

import time
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from perturbtheory import progress
from perturbtheory.experiments.vaes import certainty
from perturbtheory.experiments.vaes import tables as vae_tables
from perturbtheory.experiments.vaes.grids import LONG, Results, tested
from perturbtheory.experiments.vaes.settings import PUBLISHED_EPOCHS, VaeRun
from perturbtheory.models.vae import DiscreteVAE, Epoch
from perturbtheory.tables import Table, columns

_NUMBERS = (
    ("hard + KL of the arg max", "bound", "a bound on -log p(x)"),
    ("hard + KL of the softmax", "as_published", "as the papers report it"),
    ("relaxed + KL of the softmax", "relaxed_loss", ""),
)


class Bar:
    """A progress bar over epochs with the training loss, the validation bound and images/s."""

    def __init__(self, epochs: int, images: int, *, shown: bool = True) -> None:
        self.images, self.before = images, time.perf_counter()
        self.seen = False  # The first epoch compiles, and says nothing of the speed.
        self.bar = progress.Bar(
            epochs, what="epoch", words="compiling", times=True, stays=True, shown=shown
        )

    def __enter__(self) -> "Bar":
        self.bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.bar.__exit__(*error)

    def update(self, model: DiscreteVAE, history: list[Epoch]) -> None:
        """After an epoch."""
        del model
        now, last = time.perf_counter(), history[-1]
        speed = f", {self.images / (now - self.before):,.0f} images/s" if self.seen else ""
        self.before, self.seen = now, True
        words = f"loss {last.loss:.2f}, validation bound {last.validation.bound:.2f}{speed}"
        self.bar.update(completed=len(history), words=words)


def one(run: VaeRun, result: dict[str, Any]) -> RenderableType:
    """The test numbers of one run, at its best epoch by the bound."""
    table = Table("test, nats", "", "")
    found = tested(result, "bound")
    relaxed = "as the papers train it" if run.rule == "relaxed" else "not trained by this rule"
    for label, name, words in _NUMBERS:
        words_of = Text(words or relaxed, style="dim")
        table.add_row(label, f"{getattr(found, name):.2f}", words_of)
    if "importance" in result:
        table.add_row("importance-weighted", f"{result['importance']:.2f}", "1,000 images")
    epoch = result["test"]["bound"]["epoch"]
    kept = f"epoch {epoch} of {run.epochs}, the best by the validation bound"
    return Group(table, Text(f"{kept}; standard error {found.hard_error:.2f}", style="dim"))


def tables(results: Results) -> RenderableType:
    """The tables of both papers beside what was found."""
    if not results:
        return Text("no runs yet")
    t = vae_tables
    return Group(
        Text("Table 3 of paper A, test loss", style="bold"),
        columns(t.table_3_header(), t.table_3(results)),
        Text("\nThe best of each column by every number", style="bold"),
        columns(t.audit_header(), t.audit(results)),
        Text(f"\nThe same temperatures, {LONG} times as long", style="bold"),
        columns(t.audit_header(), t.audit(results, long=True)),
        Text("\nChosen by the relaxed loss instead", style="bold"),
        columns(t.audit_header(), t.audit(results, chosen_by="relaxed_loss")),
        Text("\nTable 1 of paper B, exact test loss, one latent", style="bold"),
        columns(t.table_1_header(), t.table_1(results)),
        *_published(results),
        Text(f"{len(results)} runs; {t.epochs_of(results)} epochs, 300 as printed", style="dim"),
    )


def _published(results: Results) -> list[RenderableType]:
    """The tables of runs that there may be none of: of the published length, and of starts."""
    t, long = vae_tables, f"{PUBLISHED_EPOCHS} epochs"
    found = (
        (f"Paper A, {long}", t.published_header(), t.published(results)),
        ("The true bound by epochs", t.lengths_header(), t.lengths(results)),
        (f"Table 1 of paper B, {long}", t.table_1_header(), t.table_1_published(results)),
        ("Encoders that are certain of one category", certainty.header(), certainty.rows(results)),
    )
    return [
        part
        for head, header, rows in found
        if rows
        for part in (Text(f"\n{head}", style="bold"), columns(header, rows))
    ]
