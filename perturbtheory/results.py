"""Recorded results: JSON files in results/ of a checkout, shipped inside an installed package."""

import json
import os
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

_REPOSITORY = Path(__file__).resolve().parents[1]


class RecordError(RuntimeError):
    """A record is missing, corrupt or cannot be written; the message names file and remedy."""


def location(name: str) -> Path:
    """Where the record NAME is read: in the installed package, or in results/ of a checkout."""
    shipped = Path(str(resources.files("perturbtheory") / "recorded" / name))
    return shipped if shipped.is_file() else _REPOSITORY / "results" / name


def destination(name: str) -> Path:
    """Where the record NAME is written.

    Raises:
        RecordError: outside a checkout, where there is nothing to record into.
    """
    if not (_REPOSITORY / "pyproject.toml").is_file():
        msg = f"`--record` needs a checkout of perturbtheory, got {_REPOSITORY}; clone it first"
        raise RecordError(msg)
    return _REPOSITORY / "results" / name


def read_json(path: Path, what: str, remedy: str) -> Any:
    """What the file holds.

    Raises:
        RecordError: if it is missing or not JSON; `what` says of what it is the record.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        msg = f"{what} are missing: {path} does not exist; {remedy}"
        raise RecordError(msg) from error
    except (OSError, ValueError) as error:
        msg = f"{what} are corrupt: {path}: {type(error).__name__}: {error}; {remedy}"
        raise RecordError(msg) from error


def write_json(path: Path, data: Any) -> None:
    """Write a file all at once: never a half of it, whatever happens meanwhile."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """`write_bytes` of the text in UTF-8."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file all at once: what is there is the old one or the new, even after a crash."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
