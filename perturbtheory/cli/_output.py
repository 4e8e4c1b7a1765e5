"""What becomes of the results of a command where the disk is full or nobody reads them."""

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perturbtheory.cli._use import AGREES, DRIFTED, STANDARD_OUTPUT

if TYPE_CHECKING:
    from rich.console import Console

_LEAST_WIDTH = 120
"""Of what goes to a file or a pipe, which no terminal cuts."""


class Output:
    """Shows and keeps results; what cannot be shown or kept is said, and the rest still is.

    Args:
        quiet: whether nothing is shown; what is kept in files is kept all the same.
        json: where the results go; `STANDARD_OUTPUT` shows them and nothing else.

    Attributes:
        status: `AGREES`, or `DRIFTED` once something was lost.
    """

    def __init__(self, *, quiet: bool = False, json: Path | None = None) -> None:
        self.quiet = quiet or json == STANDARD_OUTPUT
        self.status, self._json = AGREES, json

    def show(self, write: Callable[[], object]) -> None:
        """Call what prints; a reader who has left is no reason for a message."""
        if not self.quiet:
            self._print(write)

    def keep_json(self, data: Callable[[], Any]) -> None:
        """Write what the call returns where the results go, if anywhere."""
        from perturbtheory.results import as_json, write_json

        path = self._json
        if path == STANDARD_OUTPUT:
            self._print(lambda: sys.stdout.write(as_json(data(), only_ascii=True)))
        elif path is not None:
            self.keep("--json", path, lambda: write_json(path, data()))

    def _print(self, write: Callable[[], object]) -> None:
        try:
            write()
            sys.stdout.flush()
        # Rich makes a SystemExit of a broken pipe.
        except (BrokenPipeError, SystemExit):
            self.status = DRIFTED
            discard()
        except OSError as error:
            self.status = not_printed(error)

    def keep(self, what: str, path: Path, write: Callable[[], object]) -> bool:
        """Whether it could be written: call what writes to the path, and say so if it could not."""
        try:
            write()
        except OSError as error:
            self.status = DRIFTED
            where = repr(str(error.filename or path))
            say(f"`{what}` was not written: {where} ({reason(error)}); {_WAY_OUT}")
            return False
        return True


_WAY_OUT = "free space or choose another place, and run it again"


def not_printed(error: OSError) -> int:
    """Say that the output was not printed, and print no more; the exit status."""
    discard()
    say(f"the output was not printed in full ({reason(error)}); {_WAY_OUT}")
    return DRIFTED


def stopped(error: OSError) -> int:
    """Say which file or stream ended the command; the exit status."""
    if error.filename is None:
        return not_printed(error)
    say(f"{str(error.filename)!r} cannot be used ({reason(error)}); {_WAY_OUT}")
    return DRIFTED


def reason(error: OSError) -> str:
    """What went wrong, without number and name."""
    return error.strerror or str(error)


def say(message: str) -> None:
    """Write a line to the standard error, if that can be."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"perturbtheory: {message}\n")
        sys.stderr.flush()


def discard() -> None:
    """Let what is printed from now on, and what waits in buffers, go nowhere."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def prepare() -> None:
    """Make the streams fit to print on: none is missing, every character can be written.

    A standard output that was closed stays one that cannot be written to.
    """
    if sys.stdout is None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 1)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            codecs.register_error("perturbtheory", _in_ascii)
            stream.reconfigure(errors="perturbtheory")


def entries(results: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Runs and what they gave, for a file of JSON."""
    return [{"run": vars(run), "result": found} for run, found in results.items()]


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that a stream cannot write."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from perturbtheory.display import ascii_text

    return ascii_text(error.object[error.start : error.end]), error.end


def terminal() -> "Console":
    """The standard output; where it is no terminal and no width is asked for, a wide one."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal and not os.environ.get("COLUMNS", "").isdecimal():
        console.width = max(console.width, _LEAST_WIDTH)
    return console
