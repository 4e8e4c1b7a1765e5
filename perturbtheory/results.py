"""Recorded results: JSON files in results/ of a checkout, shipped inside an installed package."""

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
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
        msg = f"to record needs a checkout of perturbtheory, got {_REPOSITORY}; clone it first"
        raise RecordError(msg)
    return _REPOSITORY / "results" / name


def stamp(path: Path) -> tuple[int, int] | None:
    """What changes when the file does; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


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
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{what} are corrupt: {path}: {type(error).__name__}: {error}; {remedy}"
        raise RecordError(msg) from error


def write_json(path: Path, data: Any) -> None:
    """`write_bytes` of the data as JSON."""
    write_text(path, as_json(data))


def as_json(data: Any, *, only_ascii: bool = False) -> str:
    """The data as JSON, indented by one, without NaN."""
    return json.dumps(data, indent=1, ensure_ascii=only_ascii, allow_nan=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """`write_bytes` of the text in UTF-8."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file all at once: what is there is the old one or the new, even after a crash.

    What is no regular file is never replaced: devices and pipes are written to, links stay and what
    they point to is written.

    Raises:
        OSError: if it cannot be written; `filename` is the path.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """`write_bytes` of several files: the first gives way once all are safely on the disk.

    Raises:
        OSError: if one cannot be written; `filename` is its path.
    """
    staged: dict[Path, str] = {}
    path = Path()
    try:
        for path, content in contents.items():
            if not is_special(path):
                staged[path] = _staged(os.path.realpath(path), content)
        for path, content in contents.items():
            if path in staged:
                os.replace(staged[path], os.path.realpath(path))
                del staged[path]
            else:
                _write_through(path, content)
    except OSError as error:
        if error.errno is not None:
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        for temporary in staged.values():
            Path(temporary).unlink(missing_ok=True)


def is_special(path: Path) -> bool:
    """Whether something stands there that must not be replaced.

    That is a device, a pipe, a socket or a folder, or a file that this process has open for
    writing, for which /dev/stdout and /dev/fd/3 can be other names.
    """
    try:
        found = path.stat()
    except OSError:
        return False
    return not stat.S_ISREG(found.st_mode) or _open_handle(found) is not None


def _open_handle(found: os.stat_result) -> int | None:
    """Where this process has the file open for writing."""
    with contextlib.suppress(OSError, ImportError):
        import fcntl

        for handle in map(int, os.listdir("/dev/fd")):
            with contextlib.suppress(OSError):
                writes = fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
                if writes and os.path.samestat(found, os.fstat(handle)):
                    return handle
    return None


def _staged(target: str, content: bytes) -> str:
    """The name of a new file beside the target with this content and the target's permissions."""
    folder, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name[:200]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, _permissions(target))
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


def _permissions(target: str) -> int:
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except OSError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _write_through(path: Path, content: bytes) -> None:
    ours = _open_handle(path.stat())
    if ours is not None:
        # Opened anew, a file would be written over from its start.
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    handle = os.open(path, os.O_WRONLY) if ours is None else os.dup(ours)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
