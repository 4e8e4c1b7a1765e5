"""The loop of a sweep: hand cells out, write what comes back, look after other runners' cells."""

import contextlib
import errno
import queue
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from perturbtheory.experiments.sweep import _cells, _executors
from perturbtheory.experiments.sweep._cells import Record
from perturbtheory.experiments.sweep._store import Store, SweepError, warn_of_versions
from perturbtheory.locks import Lock
from perturbtheory.progress import Bar

_POLL = 0.1
"""Seconds between two looks at the cells that other runners have."""


class Runner:
    """The state of one sweep: which cells wait, which run, which are finished."""

    def __init__(
        self,
        call: Callable[[Any], dict[str, Any]],
        cells: Mapping[str, Any],
        store: Store,
        command: str,
        bar: Bar,
    ) -> None:
        self.call, self.cells, self.store, self.command, self.bar = call, cells, store, command, bar
        self.results: dict[str, dict[str, Any]] = {}
        self.waiting: deque[str] = deque()
        self.locks: dict[str, Lock] = {}
        self.running: dict[str, Future[Any]] = {}
        self.finished: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.failed: dict[str, BaseException] = {}
        self.lost: dict[str, BaseException] = {}
        self.unwritten: dict[str, OSError] = {}
        found = {}
        for name in cells:
            try:
                record = store.read(name)
            except (OSError, ValueError):
                # It may be moved only under the lock of its cell, when that cell's turn comes.
                record = None
            if record is None:
                self.waiting.append(name)
            else:
                found[name] = record
                self._keep(name, record)
        warn_of_versions(store.directory, found.values())

    def run(self, executor: Executor, in_flight: int | None) -> None:
        """Run what is missing; what goes wrong is noted for `all_or_raise`."""
        most = _executors.capacity(executor) if in_flight is None else in_flight
        try:
            while self.waiting or self.running:
                self._hand_out(executor, most)
                # Wake up without a finished cell only to look after those of other runners.
                polls = self.waiting and len(self.running) < most
                with contextlib.suppress(queue.Empty):
                    if self.running or polls:
                        self._collect(self.finished.get(timeout=_POLL if polls else None))
        except BaseException:
            self._abandon()
            raise
        finally:
            for lock in self.locks.values():
                lock.release()

    def _hand_out(self, executor: Executor, most: int) -> None:
        for _ in range(len(self.waiting)):
            if len(self.running) >= most:
                return
            name = self.waiting.popleft()
            try:
                lock = self.store.claim(name)
                if lock is None:
                    # Another runner has it: come back for its result, or to take over if it dies.
                    self.waiting.append(name)
                    continue
                self.locks[name] = lock
                # Looked for again under the lock: another runner may just have finished it.
                record = self.store.take(name)
            except OSError as error:
                self._stop(self.unwritten, name, error)
                return
            if record is not None:
                self._keep(name, record)
                warn_of_versions(self.store.directory, [record])
                self.locks.pop(name).release()
                continue
            try:
                future = executor.submit(self.call, self.cells[name])
            except BrokenExecutor as error:
                self._stop(self.lost, name, error)
                return
            self.running[name] = future
            future.add_done_callback(lambda _, name=name: self.finished.put(name))

    def _collect(self, name: str) -> None:
        """Write the result of a cell that is finished, and let go of its lock."""
        try:
            report = self.running.pop(name).result()
            record = Record(_cells.fields(self.cells[name]), command=self.command, **report)
        except BrokenExecutor as error:
            self._stop(self.lost, name, error)
        except Exception as error:
            self.failed[name] = error
        else:
            try:
                self.store.finish(name, _cells.text(record))
                self._keep(name, record)
            except OSError as error:
                self._stop(self.unwritten, name, error)
        finally:
            self.locks.pop(name).release()

    def _keep(self, name: str, record: Record) -> None:
        self.results[name] = record.result
        self.bar.update(advance=1, words=name)

    def _stop(self, why: dict[str, Any], name: str, error: BaseException) -> None:
        """Hand out nothing more; what is in flight is still finished and kept where it can be."""
        why[name] = error
        self.waiting.clear()

    def _abandon(self) -> None:
        """Give up what is in flight, but keep what is finished."""
        for name, future in list(self.running.items()):
            if not future.cancel() and future.done():
                # A second interrupt must not stop the clearing up after the first.
                with contextlib.suppress(BaseException):
                    self._collect(name)

    def write_manifest(self) -> None:
        """Write manifest.json; a failure is noted for `all_or_raise`."""
        try:
            self.store.write_manifest()
        except OSError as error:
            self.unwritten["manifest"] = error

    def all_or_raise(self, results: Sequence[dict[str, Any] | None]) -> list[dict[str, Any]]:
        """`results` if nothing went wrong."""
        wrong, ways_out = [], []
        if self.failed:
            told = [f"{self._told(n)}: {type(e).__name__}: {e}" for n, e in self.failed.items()]
            wrong.append(f"{len(told)} of {len(self.cells)} cells failed: {few(told)}")
            ways_out.append("fix what raised")
        if self.lost:
            told = [self._told(name) for name in self.lost]
            wrong.append(f"a worker died while these cells were in flight: {few(told)}")
            ways_out.append("see that the workers have the memory they need")
        if self.unwritten:
            told = [f"{self.store.path(n)}: {e}" for n, e in self.unwritten.items()]
            wrong.append(f"{len(told)} files could not be written: {few(told)}")
            ways_out.append(self._way_to_write())
        if wrong:
            msg = (
                f"{'; '.join(wrong)}; {', '.join(ways_out)} and run the same command again: "
                f"{self._kept()} of {len(self.cells)} cells are done and kept"
            )
            errors = self.failed | self.lost | self.unwritten
            raise SweepError(msg, results, self.failed) from next(iter(errors.values()))
        return [result for result in results if result is not None]

    def _way_to_write(self) -> str:
        if not self.store.directory.is_dir():
            return f"make {str(self.store.directory)!r} a directory again"
        full = any(e.errno in (errno.ENOSPC, errno.EDQUOT) for e in self.unwritten.values())
        return "free space" if full else "make the directory writable"

    def _kept(self) -> int:
        """How many results have a file: whoever took the folder away took them too."""
        return sum(self.store.path(name).is_file() for name in self.results)

    def _told(self, name: str) -> str:
        return f"{name} = {self.cells[name]!r}"


def few(told: Sequence[str]) -> str:
    """At most five of them: a sweep can have thousands of cells."""
    return "; ".join(told[:5]) + (f"; and {len(told) - 5} more" if len(told) > 5 else "")
