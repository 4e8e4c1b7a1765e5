"""What the commands share: exit statuses, misuse, and places that can be written to."""

import os
import sys
from pathlib import Path

AGREES, DRIFTED, MISUSED = 0, 1, 2
"""Exit statuses."""


class MisuseError(Exception):
    """An argument cannot be used; the message names it, its value and the way out."""


def use_64_bit() -> None:
    """Switch JAX to 64-bit for the whole process, as every command does, whoever imports it."""
    os.environ["JAX_ENABLE_X64"] = "1"
    if jax := sys.modules.get("jax"):
        jax.config.update("jax_enable_x64", True)


def require_writable(option: str, path: Path | None) -> None:
    """Raise before any work is done if a file could not be written."""
    if path is None:
        return
    parent = path.absolute().parent
    if path.is_dir():
        why = "is a directory; name a file in it"
    elif not parent.is_dir():
        why = f"lies in no directory; create {str(parent)!r} first"
    elif not os.access(path if path.exists() else parent, os.W_OK) or not os.access(
        parent, os.W_OK
    ):
        why = "cannot be written; choose another place"
    else:
        return
    msg = f"`{option}` must be a file that can be written: {str(path)!r} {why}"
    raise MisuseError(msg)


def require_directory(option: str, path: Path | None) -> None:
    """Make a directory, and raise before any work is done if files could not be written to it."""
    if path is None:
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
        why = "" if os.access(path, os.W_OK | os.X_OK) else "cannot be written to"
    except OSError as error:
        why = f"cannot be made ({error.strerror})"
    if why:
        msg = f"`{option}` must be a directory that can be written to: {str(path)!r} {why}; "
        raise MisuseError(msg + "choose another place")
