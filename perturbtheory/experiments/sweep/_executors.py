"""Where cells run: in this process, in processes of this machine, or on a Dask cluster."""

import contextlib
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

from perturbtheory.experiments.sweep._store import SweepError
from perturbtheory.processes import processes


@contextlib.contextmanager
def open_executor(
    workers: int | str = 0, function: Callable[..., Any] | None = None
) -> Iterator[Executor]:
    """An executor for `sweep`: 0 is this process, 4 four processes, tcp://HOST:PORT a Dask cluster.

    Processes and connections end with the context. A `function` that is named must be one that
    the workers can run.

    Raises:
        ValueError: if `workers` is none of these, or other processes cannot import `function`.
        SweepError: if Dask is not installed or no scheduler answers.

    Example:
        >>> from perturbtheory.experiments import sweep
        >>> with sweep.open_executor(0) as executor:
        ...     executor.submit(abs, -2).result()
        2
    """
    if isinstance(workers, str) and is_address(workers):
        with _dask(workers) as executor:
            yield executor
        return
    number = _number(workers)
    if number == 0:
        yield _Here()
    else:
        if function is not None:
            _require_importable(function)
        with processes(number) as executor:
            yield executor


def require_workers(workers: int | str) -> None:
    """Raise ValueError for `workers` that `open_executor` does not take, before it is opened.

    Example:
        >>> from perturbtheory.experiments import sweep
        >>> sweep.require_workers(2), sweep.require_workers("tcp://localhost:8786")
        (None, None)
    """
    if not is_address(workers):
        _number(workers)


def is_address(workers: int | str) -> bool:
    """Whether `workers` names a Dask scheduler."""
    return isinstance(workers, str) and "://" in workers


def capacity(executor: Executor) -> int:
    """How many cells to hand out at once: one more than there are workers, so that none waits.

    No more than that, so that a second runner in the same folder finds cells to run.
    """
    # Neither kind of executor has a public name for this.
    client = getattr(executor, "_client", None)
    if client is not None:
        return sum(client.nthreads().values()) + 1
    return getattr(executor, "_max_workers", os.cpu_count() or 1) + 1


class _Here(Executor):
    """Runs what is submitted at once, in this process."""

    _max_workers = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def _number(workers: int | str) -> int:
    try:
        number = int(workers) if isinstance(workers, str) else workers
    except ValueError:
        number = -1
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        msg = (
            f"`workers` must be a number of processes, got {workers!r}; "
            "use 0 for none, or the address of a Dask scheduler such as tcp://127.0.0.1:8786"
        )
        raise ValueError(msg)
    return number


def _require_importable(function: Callable[..., Any]) -> None:
    """Raise ValueError unless another process can import `function`."""
    way_out = "define it at the top level of a module, or use workers=0"
    try:
        pickle.dumps(function)
    except Exception as error:
        msg = f"`function` must be importable by other processes, got {function!r}; {way_out}"
        raise ValueError(msg) from error
    main = sys.modules["__main__"]
    if getattr(function, "__module__", "") == "__main__" and not hasattr(main, "__file__"):
        msg = f"`function` must be in a file, got {function!r} of an interactive session; {way_out}"
        raise ValueError(msg)


@contextlib.contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        msg = (
            f"`workers` is the address {address!r} but Dask is not installed; "
            "pip install 'perturbtheory[dask]'"
        )
        raise SweepError(msg) from error
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        msg = (
            f"`workers` must be the address of a Dask scheduler, got {address!r} ({error}); "
            "start one with `dask scheduler`"
        )
        raise SweepError(msg) from error
    with client:
        # Not pure: a cell that failed is run again and not remembered by the scheduler.
        yield client.get_executor(pure=False)
