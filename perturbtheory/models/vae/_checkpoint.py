"""A file with the state of a run: a line of JSON with a checksum, then the arrays."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

from perturbtheory.results import write_bytes

_KIND = "perturbtheory checkpoint 1"


class CheckpointError(RuntimeError):
    """A checkpoint is corrupt or belongs to another run; the message names file and remedy."""


def digest(array: np.ndarray) -> str:
    """64 bits of SHA-256 of shape and bytes."""
    return hashlib.sha256(repr(array.shape).encode() + array.tobytes()).hexdigest()[:16]


def save(path: Path, arrays: Any, meta: dict[str, Any]) -> None:
    """Write all at once: a run that is killed meanwhile leaves the file before."""
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, arrays)
    body = buffer.getvalue()
    head = {"kind": _KIND, "sha256": hashlib.sha256(body).hexdigest()} | meta
    write_bytes(path, json.dumps(head).encode() + b"\n" + body)


def load(path: Path, like: Any) -> tuple[Any, dict[str, Any]]:
    """The arrays, in the tree of `like`, and the rest of the head.

    Raises:
        CheckpointError: for a file that `save` did not write, or whose arrays have other shapes.
    """
    try:
        first, body = path.read_bytes().split(b"\n", 1)
        head = json.loads(first)
        if head["kind"] != _KIND or head["sha256"] != hashlib.sha256(body).hexdigest():
            raise ValueError("its checksum does not fit")
        return eqx.tree_deserialise_leaves(io.BytesIO(body), like), head
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        msg = (
            f"{path}: the checkpoint cannot be read ({type(error).__name__}: {error}); name "
            "another file, or delete it to start again"
        )
        raise CheckpointError(msg) from error
