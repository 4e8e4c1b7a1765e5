"""What the commands share: exit statuses, misuse, and places that can be written to."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import cyclopts

AGREES, DRIFTED, MISUSED, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses; that of an interrupt is the one that shells know."""
STANDARD_OUTPUT = Path("-")
"""What stands for it where a file can be named."""


class MisuseError(Exception):
    """An argument cannot be used; the message names it, its value and the way out."""


def whole(kind: Any, tokens: Sequence[cyclopts.Token]) -> int:
    """The whole number that was said; 1.5 is none, which would be rounded."""
    del kind
    (token,) = tokens
    try:
        return int(token.value)
    except ValueError as error:
        msg = f"`{token.keyword}` must be a whole number, got {token.value!r}; write it in digits"
        raise MisuseError(msg) from error


Whole = Annotated[int, cyclopts.Parameter(converter=whole)]
"""Of an option that takes one."""


def use_64_bit() -> None:
    """Switch JAX to 64-bit for the whole process, as every command does, whoever imports it."""
    os.environ["JAX_ENABLE_X64"] = "1"
    if jax := sys.modules.get("jax"):
        jax.config.update("jax_enable_x64", True)


def require_writable(option: str, path: Path | None) -> None:
    """Raise before any work is done if a file could not be written."""
    if path is None or (option == "--json" and path == STANDARD_OUTPUT):
        return
    from perturbtheory.results import is_special

    parent = Path(os.path.realpath(path)).parent
    if path.is_dir():
        why = "is a directory; name a file in it"
    elif path.is_socket():
        why = "is a socket; name a file"
    elif not is_special(path) and not parent.is_dir():
        why = f"lies in no directory; create {str(parent)!r} first"
    elif not _is_writable(path, parent, alone=is_special(path)):
        why = "cannot be written; choose another place"
    else:
        return
    msg = f"`{option}` must be a file that can be written: {str(path)!r} {why}"
    raise MisuseError(msg)


def _is_writable(path: Path, parent: Path, *, alone: bool) -> bool:
    """A file is replaced, which needs its folder; a device is written to and stands for itself."""
    places = [path] if path.exists() else []
    return all(os.access(place, os.W_OK) for place in (*places, *([] if alone else [parent])))


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
