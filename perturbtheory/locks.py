"""The sole right to a file among all processes of this machine that ask for it."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_POLL = 0.02
"""Seconds between two tries."""


@dataclasses.dataclass(frozen=True)
class Lock:
    """The right, until it is released or this process ends."""

    path: Path
    stream: IO[bytes]

    def release(self) -> None:
        """Give the right back and leave no file."""
        # Removed while it is locked: whoever opened it before sees in `claim` that it is gone.
        # Where the folder is gone or is none any more, the next write says so.
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.stream.close()


def claim(path: Path) -> Lock | None:
    """The lock that this file stands for, None while another has it.

    Locks are those of POSIX: they hold between processes of one machine and between threads, and
    end with the process that holds them.

    Raises:
        ModuleNotFoundError: on platforms without POSIX locks.
        OSError: if the file cannot be made.
    """
    import fcntl

    while True:
        stream = path.open("ab")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                return Lock(path, stream)
        except BlockingIOError:
            stream.close()
            return None
        except FileNotFoundError:
            pass
        except BaseException:
            stream.close()
            raise
        # The former holder removed the file after it was opened here: this lock on a file
        # without a name would not keep out those who make a new one.
        stream.close()


@contextlib.contextmanager
def alone(path: Path, seconds: float) -> Iterator[None]:
    """Wait for the lock that this file stands for, and hold it.

    Raises:
        TimeoutError: if another has it all the time; `filename` is the file.
        ModuleNotFoundError, OSError: as `claim`.
    """
    end = time.monotonic() + seconds
    while (lock := claim(path)) is None:
        if time.monotonic() > end:
            raise TimeoutError(None, f"another process has held it for {seconds:g} s", str(path))
        time.sleep(_POLL)
    try:
        yield
    finally:
        lock.release()
