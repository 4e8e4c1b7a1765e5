"""Recorded results: what `perturbtheory verify --record` wrote, and what later runs must give."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perturbtheory import results as files
from perturbtheory.claims import index
from perturbtheory.ledger import VERDICTS, Result
from perturbtheory.results import RecordError, write_json

_FILE, _WHAT = "claims.json", "recorded verdicts"
_REMEDY = "run `perturbtheory verify --record` in a checkout, or install the package again"


def location() -> Path:
    """The record shipped with an installed package, or results/claims.json of a checkout.

    Example:
        >>> from perturbtheory.claims import recorded
        >>> recorded.location().name
        'claims.json'
    """
    return files.location(_FILE)


def load() -> dict[str, dict[str, Any]]:
    """Recorded results by claim id.

    Raises:
        RecordError: if the file is missing or is not what `save` writes.

    Example:
        >>> from perturbtheory.claims import recorded
        >>> recorded.load()["A.gumbel-density"]["verdict"]
        'refuted'
    """
    path = location()
    entries = files.read_json(path, _WHAT, _REMEDY)
    try:
        recorded = {entry["id"]: entry for entry in entries}
        verdicts = {entry["verdict"] for entry in entries}
        lists = [check["kind"] for entry in entries for check in entry["checks"]]
    except (TypeError, KeyError) as error:
        msg = f"{_WHAT} are corrupt: {path}: {type(error).__name__}: {error}; {_REMEDY}"
        raise RecordError(msg) from error
    if not verdicts <= set(VERDICTS) or not all(isinstance(kind, str) for kind in lists):
        unknown = sorted(map(str, verdicts - set(VERDICTS)))
        msg = f"{_WHAT} are corrupt: {path} has {unknown}; {_REMEDY}"
        raise RecordError(msg)
    return recorded


def gone(recorded: Mapping[str, Any]) -> list[str]:
    """Ids that are recorded and that no claim has any more.

    Example:
        >>> from perturbtheory.claims import recorded
        >>> recorded.gone(recorded.load())
        []
    """
    return [id_ for id_ in recorded if id_ not in index()]


def destination() -> Path:
    """Where `save` writes; raises RecordError outside of a checkout.

    Example:
        >>> from perturbtheory.claims import recorded
        >>> recorded.destination().name
        'claims.json'
    """
    return files.destination(_FILE)


def save(results: Sequence[Result]) -> Path:
    """Write the results over those already recorded, in the order of the ledger."""
    path = destination()
    fresh = {result.claim.id: result.to_json() for result in results}
    old = load() if set(index()) - set(fresh) else {}
    merged = [fresh.get(id_) or old[id_] for id_ in index() if id_ in fresh or id_ in old]
    write_json(path, merged)
    return path
