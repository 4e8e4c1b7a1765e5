"""results = sweep(function, cells, directory): every cell once, whatever interrupts it.

A cell that has a result file is not run; what is missing is. So the way out of a kill, a full
disk or a cell that failed is always the same: run the same command again. Several runners can
share a folder, each in a process of its own; every cell is run by one of them.
"""

import contextlib
import datetime
import functools
import importlib.metadata
import os
import pickle
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import perturbtheory
from perturbtheory.experiments.sweep import _cells, _executors
from perturbtheory.experiments.sweep._cells import Record
from perturbtheory.experiments.sweep._runner import Runner, few
from perturbtheory.experiments.sweep._store import Store, SweepError, state_of, warn_of_versions
from perturbtheory.progress import Bar

_PACKAGES = ("jax", "jaxlib", "numpy")


def sweep(
    function: Callable[..., Mapping[str, Any]],
    cells: Iterable[Any],
    directory: Path | str,
    *,
    workers: int | str = 0,
    executor: Executor | None = None,
    in_flight: int | None = None,
    command: str = "",
    packages: Sequence[str] = (),
    progress: bool = True,
    resumable: bool = False,
) -> list[dict[str, Any]]:
    """[function(cell) for cell in cells], with every result kept in a file of `directory`.

    Each result is written as CLASS-HASH.json when its cell is finished, and manifest.json, which
    sums them up, at the end. Equal cells are run once. A file that is corrupt, of another cell or
    in another format is set aside with a warning and its cell is run; results of another version
    of this package are used, with a warning. On Ctrl-C the cells in flight are given up, all others
    are kept.

    Args:
        function: returns a mapping of plain values, which comes back as JSON holds it (tuples as
            lists). Everything it depends on, seeds too, must be in the cell.
        cells: frozen dataclasses of plain values; see `identity`.
        directory: made if it does not exist; on a file system of this machine.
        workers: as in `open_executor`: 0, a number of processes or the address of a scheduler.
        executor: where to run instead; it is the caller's, and stays open.
        in_flight: most cells handed out at once, by default one more than there are workers.
        command: what to type to run it again; kept in the files, so without private paths.
        packages: distributions whose versions are kept beside those of JAX and numpy.
        progress: whether to show a bar on a terminal.
        resumable: whether `function` takes `checkpoint` too, a file beside the results in which it
            keeps the state of a cell, so that one that was killed resumes; removed when the cell
            is finished. It is None on an executor of the caller and on a Dask cluster, whose
            machines may not see the folder.

    Raises:
        ValueError: for arguments that cannot be used, before anything is run.
        SweepError: if a cell failed, a worker died or a file could not be written, once
            everything that could be finished is finished and kept.

    Example:
        >>> import tempfile
        >>> from perturbtheory.experiments import sweep
        >>> from perturbtheory.experiments import fits
        >>> cells = [fits.FitRun("poisson", draws=10, steps=3, seeds=(0,))]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     len(sweep.sweep(fits.run_fit, cells, folder, progress=False))
        1
    """
    cells = list(cells)
    named = {_cells.identity(cell): cell for cell in cells}
    if not isinstance(directory, str | os.PathLike):
        msg = f"`directory` must be a path, got {directory!r}; name a folder for the results"
        raise ValueError(msg)
    store = Store(_usable(Path(directory)))
    if in_flight is not None and in_flight < 1:
        msg = f"`in_flight` must be at least 1, got {in_flight}; leave it out for the default"
        raise ValueError(msg)
    if executor is None:
        _executors.require_workers(workers)
    _versions(tuple(packages))
    store.tidy()
    here = executor is None and not _executors.is_address(workers)
    states = store.directory.absolute() if resumable and here else None
    call = functools.partial(_run, function, tuple(packages), resumable, states)
    with contextlib.ExitStack() as stack:
        bar = stack.enter_context(Bar(len(named), times=True, shown=progress))
        runner = Runner(call, named, store, command, bar)
        stack.callback(runner.write_manifest)
        if runner.waiting:
            if executor is None:
                executor = stack.enter_context(_executors.open_executor(workers, function))
            runner.run(executor, in_flight)
    results = [runner.results.get(_cells.identity(cell)) for cell in cells]
    return runner.all_or_raise(results)


def load(directory: Path | str, cells: Iterable[Any]) -> list[dict[str, Any]]:
    """The results of the cells from the files of `directory`; nothing is run or written.

    Raises:
        SweepError: naming the cells that have no result there.

    Example:
        >>> from perturbtheory.experiments import sweep
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sweep.load(folder, [])
        []
    """
    store = Store(Path(directory))
    results, missing, found = [], [], []
    for cell in cells:
        name = _cells.identity(cell)
        try:
            record = store.read(name)
            why = "no file"
        except (OSError, ValueError) as error:
            record, why = None, str(error)
        found += [] if record is None else [record]
        results.append(None if record is None else record.result)
        if record is None:
            missing.append(f"{name} ({why})")
    warn_of_versions(store.directory, found)
    if missing:
        msg = (
            f"`directory` must have a result for each cell, got {len(missing)} of {len(results)} "
            f"missing in {str(directory)!r}: {few(missing)}; run the sweep"
        )
        raise SweepError(msg, results)
    return results


def records(directory: Path | str) -> dict[str, Record]:
    """Every record in `directory` by the identity of its cell; warns of files that are none.

    Example:
        >>> from perturbtheory.experiments import sweep
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sweep.records(folder)
        {}
    """
    return Store(Path(directory)).records()


def _run(
    function: Callable[..., Mapping[str, Any]],
    packages: tuple[str, ...],
    resumable: bool,
    states: Path | None,
    cell: Any,
) -> dict[str, Any]:
    """What the worker reports of one cell: all of its record but the cell and the command."""
    path = None if states is None else state_of(states, _cells.identity(cell))
    state = {"checkpoint": path} if resumable else {}
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    start = time.perf_counter()
    try:
        result = function(cell, **state)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            # An exception that cannot travel would break the pool, and with it all other cells.
            msg = f"{type(error).__name__}: {error}"
            raise RuntimeError(msg) from error
        raise
    seconds = time.perf_counter() - start
    if not isinstance(result, Mapping):
        msg = f"`function` must return a mapping, got {result!r}; return a dict of plain values"
        raise TypeError(msg)
    return {
        "result": _cells.plain("result", result),
        "seconds": seconds,
        "started": started,
        "versions": _versions(packages),
    }


@functools.cache
def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    versions = {"python": platform.python_version(), "perturbtheory": perturbtheory.__version__}
    for package in (*_PACKAGES, *packages):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError as error:
            msg = f"`packages` must be installed, got {package!r}; install it or leave it out"
            raise ValueError(msg) from error
    return versions


def _usable(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        why = "" if os.access(directory, os.W_OK | os.X_OK) else "cannot be written to"
    except OSError as error:
        why = f"cannot be made ({error.strerror})"
    if why:
        msg = (
            f"`directory` must be a directory, got {str(directory)!r}, which {why}; choose another"
        )
        raise ValueError(msg)
    return directory
