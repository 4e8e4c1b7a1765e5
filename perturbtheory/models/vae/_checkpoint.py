"""A file with the state of a run: a checksum, a line of JSON, the arrays."""

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

from perturbtheory.results import write_bytes

_KIND = "perturbtheory checkpoint 3"


class CheckpointError(RuntimeError):
    """A checkpoint is corrupt or belongs to another run; the message names file and remedy.

    Attributes:
        path: the file.
    """

    path: Path | None = None


def refused(path: Path, why: str) -> CheckpointError:
    """The error for this file."""
    error = CheckpointError(f"{path}: the checkpoint {why}")
    error.path = path
    return error


def digest(array: np.ndarray) -> str:
    """64 bits of SHA-256 of shape and bytes."""
    return hashlib.sha256(repr(array.shape).encode() + array.tobytes()).hexdigest()[:16]


def save(path: Path, meta: dict[str, Any], arrays: Any) -> None:
    """Write all at once: a run that is killed meanwhile leaves the file before."""
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, arrays)
    content = json.dumps(meta).encode() + b"\n" + buffer.getvalue()
    write_bytes(path, f"{_KIND} {hashlib.sha256(content).hexdigest()}\n".encode() + content)


def load(path: Path) -> tuple[dict[str, Any], bytes]:
    """What was saved beside the arrays, and the arrays for `arrays`.

    Raises:
        CheckpointError: for a file that is not, byte for byte, what `save` wrote.
    """
    if not path.is_file():
        what = "a directory" if path.is_dir() else "no regular file"
        raise refused(path, f"must be a file, and this is {what}; name another file")
    with _reading(path):
        kind, content = path.read_bytes().split(b"\n", 1)
        if kind.decode() != f"{_KIND} {hashlib.sha256(content).hexdigest()}":
            raise ValueError("it is of another version, or its checksum does not fit")
        meta, body = content.split(b"\n", 1)
        return json.loads(meta), body


def arrays(path: Path, body: bytes, like: Any) -> Any:
    """The arrays in the tree of `like`; raises CheckpointError if they have other shapes."""
    with _reading(path):
        return eqx.tree_deserialise_leaves(io.BytesIO(body), like)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        why = f"{type(error).__name__}: {error}"
        msg = f"cannot be read ({why}); name another file, or delete it to start again"
        raise refused(path, msg) from error
