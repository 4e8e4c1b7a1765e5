"""How often an encoder becomes certain of one category for all images, and when it leaves that.

It is certain after an epoch if the KL on validation images is log K within `CERTAIN` nats.
"""

import math
from collections.abc import Mapping
from typing import Any

from perturbtheory.experiments.vaes.grids import (
    STARTED,
    STARTED_ON,
    Results,
    kept_epochs,
    started,
)
from perturbtheory.experiments.vaes.settings import VaeRun
from perturbtheory.experiments.vaes.tables import (
    CERTAIN,
    LABELS,
    MISSING,
    Row,
    over_seeds,
    seeds_of,
)


def certain_after(run: VaeRun, result: Mapping[str, Any]) -> list[int]:
    """The kept epochs, from 1, after which it was certain."""
    log_k = math.log(run.categories)
    kept = zip(kept_epochs(result), result["validation"]["divergence"], strict=True)
    return [epoch for epoch, kl in kept if abs(log_k - kl) < CERTAIN]


def header() -> Row:
    """Names of the columns."""
    return ("images", "method", "start", "seeds", "ever", "at the end", "left after", "bound")


def rows(results: Results) -> list[Row]:
    """For each method and start: of how many seeds, and the bounds; only what was run.

    "left after" has the last epoch in which it was certain, seed by seed, of those that left.
    """
    found: list[Row] = []
    for images in STARTED_ON:
        kinds = [(method, start) for method, starts in STARTED.items() for start in starts]
        made = [(kind, started(*kind, images)) for kind in kinds]
        there = [(kind, run) for kind, run in made if seeds_of(results, run)]
        heads = [LABELS[images], *[""] * len(there)]
        found += [
            (head, *kind, *_numbers(results, run))
            for head, (kind, run) in zip(heads, there, strict=False)
        ]
    return found


def _numbers(results: Results, like: VaeRun) -> Row:
    """What `rows` says of the seeds of this run."""
    seeds = seeds_of(results, like)
    after = [certain_after(run, results[run]) for run in seeds]
    ever = [epochs[-1] for epochs in after if epochs]
    left = sorted(last for last in ever if last < like.epochs)
    counts = (len(seeds), len(ever), len(ever) - len(left))
    when = ", ".join(map(str, left)) or MISSING
    return (*map(str, counts), when, over_seeds(results, like))
