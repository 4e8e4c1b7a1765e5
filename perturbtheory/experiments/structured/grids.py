"""Figure 3 of paper B: which runs its three panels show, and those of one objective beside them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from perturbtheory.checks import require_one_of
from perturbtheory.experiments.structured.settings import EPOCHS, SEEDS, StructuredRun

Results = Mapping[StructuredRun, Mapping[str, Any]]

LEFT: dict[str, StructuredRun] = {
    "direct": StructuredRun(),
    "Gumbel-Softmax": StructuredRun(rule="relaxed", divergence="softmax"),
    "REBAR": StructuredRun(rule="rebar", divergence="softmax", schedule="constant"),
    "RELAX": StructuredRun(rule="relax", divergence="softmax", schedule="constant"),
    "ARM": StructuredRun(rule="arm", divergence="softmax", schedule="constant"),
    "score, leave-one-out": StructuredRun(rule="score", divergence="softmax", schedule="constant"),
}
"""Independent bits by every rule; direct without the KL in its gradient, as its code has it."""
RIGHT: dict[str, StructuredRun] = {
    "unstructured": StructuredRun(),
    "supermodular": StructuredRun("supermodular"),
    "general": StructuredRun("general"),
}
"""Direct optimisation with f-tilde: the middle panel by epochs and the right one by the clock."""
AUDITED: dict[str, StructuredRun] = {
    "unstructured, with KL": StructuredRun(divergence="softmax"),
    "supermodular, exact f": StructuredRun("supermodular", exact=True),
    "general, exact f": StructuredRun("general", exact=True),
    "general, Gibbs, with KL": StructuredRun(
        "general", exact=True, noise="states", divergence="argmax"
    ),
}
"""f itself in the place of f-tilde, and one objective: the bound, whose KL is in the gradient."""
METHODS = LEFT | RIGHT | AUDITED
PANELS = {"left": LEFT, "right": RIGHT, "audited": AUDITED}


def runs(
    epochs: int = EPOCHS, seeds: tuple[int, ...] = SEEDS, names: tuple[str, ...] = ()
) -> list[StructuredRun]:
    """Those of the panels with these names, all seeds of a curve one after the other.

    Orders are judged by three seeds of two curves, so that a grid that is stopped on the way has
    decided the most. What two panels show is run once. All panels if none is named; raises
    ValueError for a name that is none of `PANELS`.
    """
    for name in names:
        require_one_of("NAMES", name, tuple(PANELS))
    panels = [PANELS[name] for name in names] or [METHODS]
    made = [
        replace(run, epochs=epochs, seed=seed)
        for panel in panels
        for run in panel.values()
        for seed in seeds
    ]
    return list(dict.fromkeys(made))
