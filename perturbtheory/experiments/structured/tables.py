"""What was found, as rows of text: a row for each curve of Figure 3 and for each audited run."""

from dataclasses import replace

from perturbtheory.experiments.recorded import by_seed
from perturbtheory.experiments.spread import Spread
from perturbtheory.experiments.structured.grids import METHODS, Results

MISSING = "–"
HEADER = (
    "encoder or rule", "as published", "true bound", "at least", "-log p(x)", "s an epoch", "seeds",
)  # fmt: skip


def lengths(results: Results) -> list[int]:
    """The numbers of epochs of which there are runs."""
    return sorted({run.epochs for run in results})


def table(results: Results, epochs: int) -> list[tuple[str, ...]]:
    """Test numbers at the best epoch by the published number and by the bound, over seeds.

    The published number at the epoch that it chooses; all others at that which the bound chooses.
    Seconds are medians over epochs.
    """
    rows = []
    for name, method in METHODS.items():
        found = [*by_seed(results, replace(method, epochs=epochs)).values()]
        if not found:
            rows.append((name, *(len(HEADER) - 1) * [MISSING]))
            continue
        numbers = [Spread.of([one["test"]["as_published"]["as_published"] for one in found])]
        numbers += [
            Spread.of([one["test"]["bound"][key] for one in found])
            for key in ("bound", "least_bound", "negative_log")
        ]
        seconds = sorted(s for one in found for s in one["seconds"])
        cells = (*map(str, numbers), f"{seconds[len(seconds) // 2]:.1f}", str(len(found)))
        rows.append((name, *cells))
    return rows
