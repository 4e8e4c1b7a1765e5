"""Semi-supervised VAEs in the terminal: the tables of all runs, and the numbers of one."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from perturbtheory.data.attributes import NAMES
from perturbtheory.experiments.semi import tables as rows
from perturbtheory.experiments.semi.grids import ATTRIBUTES, Results
from perturbtheory.tables import columns


def tables(results: Results) -> RenderableType:
    """Table 2 and the attributes, for each number of epochs and data set that was run."""
    if not results:
        return Text("no runs yet")
    parts: list[RenderableType] = []
    for epochs in rows.lengths(results):
        for images in rows.present(results):
            found = rows.table(results, images, epochs)
            if found:
                title = f"Table 2 of paper B, {images}, {epochs} epochs, test images"
                parts += [Text(title, style="bold"), columns(rows.HEADER, found)]
            for method in ATTRIBUTES:
                switched = rows.switching(results, images, method, epochs)
                if switched:
                    title = f"Attributes switched on, {images}, {method}, {epochs} epochs"
                    parts += [Text(title, style="bold"), columns(rows.SWITCHED, switched)]
    words = "accuracies and shares in per cent, after the last epoch; without labels categories are"
    return Group(*parts, Text(f"{words} renamed as is best", style="dim"))


def one(result: dict[str, Any]) -> RenderableType:
    """The test numbers of one run, after its last epoch."""
    found = result["test"]["last"]
    lines = [
        ("accuracy of argmax(theta)", f"{found['accuracy']:.2%}"),
        ("of argmax(theta + gamma)", f"{found['drawn_accuracy']:.2%}"),
        ("with categories renamed", f"{found['matched']:.2%}"),
        ("bound on -log p(x)", f"{found['bound']:.2f} ± {found['bound_error']:.2f}"),
    ]
    shown = columns(("test images", ""), lines)
    if "switching" not in result:
        return shown
    switching = result["switching"]
    moves = rows.others(switching["moves"])
    each = [
        (name, f"{follows:.1%}", f"{other:.1%}")
        for name, follows, other in zip(NAMES, switching["follows"], moves, strict=True)
    ]
    return Group(shown, columns(rows.SWITCHED[:3], each))
