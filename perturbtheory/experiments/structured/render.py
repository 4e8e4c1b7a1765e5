"""The table of VAEs with coupled bits in the terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from perturbtheory.experiments.structured import tables as rows
from perturbtheory.experiments.structured.grids import Results
from perturbtheory.tables import columns


def tables(results: Results) -> RenderableType:
    """A table for each number of epochs of which there are runs."""
    if not results:
        return Text("no runs yet")
    parts: list[RenderableType] = []
    for epochs in rows.lengths(results):
        parts.append(Text(f"Figure 3 of paper B, {epochs} epochs, test loss", style="bold"))
        parts.append(columns(rows.HEADER, rows.table(results, epochs)))
    words = (
        "in the mean the bound lies between `at least` and `true bound`; without draws both are it"
    )
    return Group(*parts, Text(words, style="dim"))
