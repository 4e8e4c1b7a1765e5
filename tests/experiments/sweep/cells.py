"""Cells and functions that worker processes of the tests of sweeps can import."""

import dataclasses
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from perturbtheory.experiments.sweep import sweep

PATIENCE = 60


@dataclasses.dataclass(frozen=True)
class Cell:
    """Logs its start and end in the folder `log`; what else it does depends on `kind`."""

    log: str
    number: int
    kind: str = "quick"


def wait_until(true):
    stop = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < stop, "waited too long"
        time.sleep(0.01)


def note(cell, what):
    path = Path(cell.log) / "log"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{what} {cell.number} {os.getpid()}\n".encode())
    os.close(handle)


def noted(log, what):
    """[(number, process)] of what was logged."""
    path = Path(log) / "log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(n), int(p)) for event, n, p in map(str.split, lines) if event == what]


def run(cell):
    log = Path(cell.log)
    note(cell, "start")
    if cell.kind == "blocked":
        # Held until this process is gone, however it ends.
        alive = (log / "alive").open("ab")
        fcntl.flock(alive, fcntl.LOCK_SH)
        wait_until((log / "free").exists)
        alive.close()
    if cell.kind == "meets":
        wait_until(lambda: len({process for _, process in noted(log, "start")}) > 1)
    if cell.kind == "fails" and not (log / "free").exists():
        msg = f"no {cell.number}"
        raise ArithmeticError(msg)
    if cell.kind == "stubborn":
        raise StubbornError(1, 2)
    if cell.kind == "interrupted" and not (log / "free").exists():
        raise KeyboardInterrupt
    if cell.kind == "killed" and not (log / "free").exists():
        wait_until(lambda: any(log.glob("results/*.json")))
        os.kill(os.getpid(), signal.SIGKILL)
    note(cell, "end")
    return {"square": cell.number**2, "pair": (1, 0.1)}


def resumed(cell, checkpoint):
    """Three steps, each noted in the checkpoint; killed after the first, but for the last time."""
    log, done = Path(cell.log), checkpoint.read_text() if checkpoint.exists() else ""
    while len(done) < 3:
        done += "x"
        checkpoint.write_text(done)
        note(cell, "step")
        if not (log / "free").exists():
            os.kill(os.getpid(), signal.SIGKILL)
    return {"steps": done}


class StubbornError(Exception):
    """Cannot be unpickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def grid(log, kinds):
    return [Cell(str(log), number, kind) for number, kind in enumerate(kinds)]


def main(log, workers, *kinds):
    """What a runner in a process of its own does."""
    results = sweep(run, grid(log, kinds), Path(log) / "results", workers=workers)
    assert results == [{"square": n**2, "pair": [1, 0.1]} for n in range(len(kinds))]


if __name__ == "__main__":
    # What a shell starts in the background ignores Ctrl-C, and so do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(*sys.argv[1:])
