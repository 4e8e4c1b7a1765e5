"""A folder of result files that several runners can fill at once, whatever kills them.

Files appear all at once, so that a kill leaves whole ones only; a lock for each cell in flight
keeps two runners from running it twice. The locks are those of POSIX: they hold between processes
of one machine, and end with the process that holds them. The folder must be on a file system
that knows them; local ones do, some network ones do not.
"""

import contextlib
import dataclasses
import math
import os
import re
import stat
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import perturbtheory
from perturbtheory.experiments.sweep import _cells
from perturbtheory.experiments.sweep._cells import Record
from perturbtheory.locks import Lock, claim

_NAME = re.compile(r".+-[0-9a-f]{16}")
_MANIFEST = "manifest"
_LEFT = (".lock", ".tmp", ".state")
"""Ends of the names of files that only runners need."""


class SweepError(RuntimeError):
    """A sweep could not be finished; the message names what is missing and the way out.

    Attributes:
        results: one result for each cell of the sweep, None where there is none.
        failures: the exceptions of the cells that failed, by identity.
    """

    def __init__(
        self,
        message: str,
        results: Sequence[dict[str, Any] | None] = (),
        failures: Mapping[str, BaseException] | None = None,
    ) -> None:
        super().__init__(message)
        self.results = list(results)
        self.failures = dict(failures or {})


@dataclasses.dataclass(frozen=True)
class Store:
    """The result files of one folder."""

    directory: Path

    def path(self, name: str) -> Path:
        """The file with this name; a cell's is its identity."""
        return self.directory / f"{name}.json"

    def read(self, name: str) -> Record | None:
        """The record of a cell, None if there is no file.

        Raises:
            ValueError: if what is there is not a result of this cell; the message says why.
            OSError: if it cannot be read.
        """
        path = self.path(name)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                what = "a directory" if path.is_dir() else "no regular file"
                msg = f"it is {what}"
                raise ValueError(msg)
            content = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return _cells.parse(content, name)

    def claim(self, name: str) -> Lock | None:
        """The lock of a cell, None while another runner has it.

        A lock file of its own for each cell: locks on parts of one common file would belong to
        the process, and would not part two sweeps in threads of one process.
        """
        try:
            return claim(self.directory / f".{name}.lock")
        except ModuleNotFoundError as error:
            msg = "`sweep` needs the file locks of POSIX, which this platform lacks; use Linux"
            raise SweepError(msg) from error

    def take(self, name: str) -> Record | None:
        """The record of a cell whose lock is held; a bad file is set aside, with a warning."""
        try:
            return self.read(name)
        except ValueError as error:
            path = self.path(name)
            aside = next(
                candidate
                for number in range(1, 1000)
                if not (candidate := path.with_name(f"{path.name}.corrupt-{number}")).exists()
            )
            path.rename(aside)
            msg = f"{path} is no result of its cell: {error}; kept as {aside.name}, the cell is run"
            warnings.warn(msg, stacklevel=2)
            return None

    def write(self, name: str, content: str) -> None:
        """Write a file whose lock is held, all at once: never a half of it."""
        # One name for each cell, not a random one: what a killed runner left is written over.
        temporary = self.directory / f".{name}.tmp"
        try:
            with temporary.open("w", encoding="utf-8") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self.path(name))
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise

    def finish(self, name: str, content: str) -> None:
        """Write the result of a cell, whose state is not needed any more."""
        self.write(name, content)
        with contextlib.suppress(OSError):
            self._forget(name)

    def _forget(self, name: str) -> None:
        """Remove the state of a cell."""
        state = state_of(self.directory, name)
        for path in (state, *self.directory.glob(f"{state.name}.*")):
            path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what killed runners left; the files of live ones are locked, and stay.

        The state of a cell stays until it is finished.
        """
        for left in [path for end in _LEFT for path in self.directory.glob(f".*{end}")]:
            name = left.stem.removeprefix(".")
            if name != _MANIFEST and not _NAME.fullmatch(name):
                continue
            # What stays is in nobody's way until its cell is run; then it is said.
            with contextlib.suppress(OSError):
                if (lock := self.claim(name)) is not None:
                    try:
                        (self.directory / f".{name}.tmp").unlink(missing_ok=True)
                        for half in self.directory.glob(f"..{name}.state.*"):
                            half.unlink()
                        if self.path(name).is_file():
                            self._forget(name)
                    finally:
                        lock.release()

    def records(self) -> dict[str, Record]:
        """Every record in the folder by the identity of its cell; warns of files that are none."""
        found = {}
        for path in sorted(self.directory.glob("*.json")):
            if not _NAME.fullmatch(path.stem):
                continue
            try:
                record = self.read(path.stem)
            except (OSError, ValueError) as error:
                warnings.warn(f"{path} is left out: {error}", stacklevel=2)
            else:
                found |= {path.stem: record} if record is not None else {}
        return found

    def write_manifest(self) -> None:
        """Write manifest.json, a summary of the result files and of nothing else."""
        while (lock := self.claim(_MANIFEST)) is None:
            time.sleep(0.01)
        try:
            # Read under the lock: else a slow runner could write over what a later one has seen.
            self.write(_MANIFEST, _cells.as_json(_summary(self.records())))
        finally:
            lock.release()


def state_of(directory: Path, name: str) -> Path:
    """Where a cell that is running may keep its state; it is left when the cell is killed.

    More of it may lie beside this file, under names that begin with that of the file and a dot.
    """
    return directory / f".{name}.state"


def warn_of_versions(directory: Path, records: Iterable[Record]) -> None:
    """Warn of results that another version of this package made."""
    found = Counter(str(record.versions.get("perturbtheory")) for record in records)
    found.pop(perturbtheory.__version__, None)
    if found:
        told = ", ".join(f"{count} of version {version}" for version, count in found.items())
        msg = (
            f"{str(directory)!r} has results of another perturbtheory than this, "
            f"{perturbtheory.__version__}: {told}; they are used as they are; to have all of one "
            "version, delete them or choose another folder, and run again"
        )
        warnings.warn(msg, stacklevel=3)


def _summary(records: Mapping[str, Record]) -> dict[str, Any]:
    versions: dict[str, set[str]] = {}
    for record in records.values():
        for package, version in record.versions.items():
            versions.setdefault(package, set()).add(version)
    return {
        "schema": _cells.SCHEMA,
        "number": len(records),
        "seconds": math.fsum(record.seconds for record in records.values()),
        "commands": sorted({record.command for record in records.values()}),
        "versions": {package: sorted(versions[package]) for package in sorted(versions)},
        "cells": [
            {"id": name, "cell": record.cell, "seconds": record.seconds}
            for name, record in records.items()
        ],
    }
