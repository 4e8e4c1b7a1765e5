"""Processes of this machine that share work, and end with the process that handed it out."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any


@contextlib.contextmanager
def processes(number: int) -> Iterator[Executor]:
    """An executor of so many processes, which do not hear Ctrl-C: who opened it does, and decides.

    They end with the context. If that is left by an exception, an interrupt for one, or if this
    process is killed, they end at once, in the middle of what they do. What they are to run must
    be importable by them.
    """
    # Not forked: a fork of a process that runs JAX's threads can wait for ever.
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with (
        theirs,
        _Deaf(number, context, _end_with, (theirs,)) as executor,
    ):
        try:
            yield executor
        except BaseException:
            # Processes in the middle of their work would keep an interrupt waiting for them.
            ours.close()
            raise
        finally:
            executor.shutdown(cancel_futures=True)
            ours.close()


class _Deaf(concurrent.futures.ProcessPoolExecutor):
    """Its processes do not hear Ctrl-C, not even while they begin."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        # Processes are started here, and inherit what is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(other_end: Any) -> None:
    """End this process when the one that started it closes its end of a pipe, or is killed.

    Without it the processes of a killed one would go on with work that another takes over, and
    then wait for ever.
    """

    def watch() -> None:
        other_end.poll(None)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
