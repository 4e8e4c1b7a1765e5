"""Recorded verdicts: what `perturbtheory verify --record` wrote, and what later runs must give."""

import json
import os
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from perturbtheory.claims.ledger import REGISTRY, VERDICTS, Result

_REPOSITORY = Path(__file__).resolve().parents[2]
_REMEDY = "run `perturbtheory verify --record` in a checkout, or install the package again"


class RecordError(RuntimeError):
    """The record is missing, corrupt or cannot be written; the message names file and remedy."""


def location() -> Path:
    """The record shipped with an installed package, or results/claims.json of a checkout."""
    shipped = Path(str(resources.files("perturbtheory.claims") / "recorded.json"))
    return shipped if shipped.is_file() else _REPOSITORY / "results" / "claims.json"


def load() -> dict[str, dict[str, Any]]:
    """Recorded results by claim id.

    Raises:
        RecordError: if the file is missing or is not what `save` writes.
    """
    path = location()
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        recorded = {entry["id"]: entry for entry in entries}
        verdicts = {entry["verdict"] for entry in entries}
    except FileNotFoundError as error:
        msg = f"recorded verdicts are missing: {path} does not exist; {_REMEDY}"
        raise RecordError(msg) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"recorded verdicts are corrupt: {path}: {type(error).__name__}: {error}; {_REMEDY}"
        raise RecordError(msg) from error
    if not verdicts <= set(VERDICTS):
        unknown = sorted(map(str, verdicts - set(VERDICTS)))
        msg = f"recorded verdicts are corrupt: {path} has {unknown}; {_REMEDY}"
        raise RecordError(msg)
    return recorded


def destination() -> Path:
    """Where `save` writes.

    Raises:
        RecordError: outside a checkout, where there is nothing to record into.
    """
    path = _REPOSITORY / "results" / "claims.json"
    if not (_REPOSITORY / "pyproject.toml").is_file():
        msg = f"`--record` needs a checkout of perturbtheory, got {_REPOSITORY}; clone it first"
        raise RecordError(msg)
    return path


def save(results: Sequence[Result]) -> Path:
    """Write the results over those already recorded, in the order of the ledger."""
    path = destination()
    fresh = {result.claim.id: result.to_json() for result in results}
    old = load() if set(REGISTRY) - set(fresh) else {}
    merged = [fresh.get(id_) or old[id_] for id_ in REGISTRY if id_ in fresh or id_ in old]
    write_json(path, merged)
    return path


def write_json(path: Path, data: Any) -> None:
    """Write a file all at once: never a half of it, whatever happens meanwhile."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1, ensure_ascii=False, allow_nan=False)
            stream.write("\n")
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
