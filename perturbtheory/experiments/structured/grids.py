"""Figure 3 of paper B: which runs its three panels show, and those of one objective beside them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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


def runs(epochs: int = EPOCHS, seeds: tuple[int, ...] = SEEDS) -> list[StructuredRun]:
    """All of them, seed by seed; what two panels show is run once."""
    made = [replace(run, epochs=epochs, seed=seed) for seed in seeds for run in METHODS.values()]
    return list(dict.fromkeys(made))


def seeds_of(results: Results, run: StructuredRun) -> list[Mapping[str, Any]]:
    """What was found for this run, whatever its seed."""
    return [found for made, found in results.items() if replace(made, seed=run.seed) == run]
