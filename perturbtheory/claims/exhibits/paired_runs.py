"""Recorded runs of two kinds, seed by seed: those of coupled bits and those with some labels."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from perturbtheory.claims.exhibits.criteria import PAIRED, measured, paired
from perturbtheory.experiments.recorded import by_seed
from perturbtheory.ledger import Check, Witness

Found = Mapping[str, Any]
Read = Callable[[Found], float]


def held(recorded: Any) -> Mapping[Any, Found]:
    """What the record of this module holds; nothing where there is none yet.

    Such a claim is untested. A record that is corrupt raises RecordError.
    """
    return recorded.load() if recorded.location().is_file() else {}


def longest(results: Mapping[Any, Found], *runs: Any) -> tuple[int, dict[int, list[Found]]]:
    """Epochs, and the results of these runs by seed, for the seeds that all of them have.

    Of the longest runs of which there are `PAIRED` seeds, or else of the longest that all have.
    """
    best: tuple[int, dict[int, list[Found]]] = (0, {})
    for epochs in sorted({run.epochs for run in results}, reverse=True):
        sides = [by_seed(results, replace(run, epochs=epochs)) for run in runs]
        seeds = sorted(set.intersection(*(set(side) for side in sides)))
        found = {seed: [side[seed] for side in sides] for seed in seeds}
        if len(found) >= PAIRED:
            return epochs, found
        if found and not best[1]:
            best = epochs, found
    return best


def length(epochs: int) -> str:
    """The number of epochs in words."""
    return f"{epochs} epochs" if epochs else "any number of epochs"


def more(
    recorded: Any,
    far: Any,
    near: Any,
    read: Read,
    what: str,
    floor: float = 0.0,
    of_near: Read | None = None,
) -> Iterator[Check | Witness]:
    """A part: what is read off runs that are far is more than that of near ones, and a floor.

    Args:
        recorded: the module of the record.
        far: a run, whatever its seed and its epochs.
        near: another one.
        read: the number of a result.
        what: the difference in words.
        floor: it must be more than this.
        of_near: the number of the near result, if it is another.
    """
    epochs, found = longest(held(recorded), far, near)
    other = of_near or read
    gaps = {seed: read(one) - other(two) for seed, (one, two) in found.items()}
    yield from measured([paired(length(epochs), gaps, what, floor)])


def number_of(criterion: str, name: str, scale: float = 1.0) -> Read:
    """A test number of a result, at the epoch that is best by a criterion, or the last."""
    return lambda found: scale * found["test"][criterion][name]
