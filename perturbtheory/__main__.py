"""The program `perturbtheory`, as `python -m perturbtheory` too: the command line and Ctrl-C."""

import os
import signal
import sys
from types import FrameType

_INTERRUPTED = 130
"""The exit status that shells know; `perturbtheory.cli` has it too, and is not loaded yet."""


def main() -> None:
    """Run the command line; Ctrl-C ends it quietly at any moment, with status 130."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        from perturbtheory import cli

        cli.main()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    finally:
        if ours:
            # What is left to do is to leave, and an interrupt must not break that off halfway.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """A KeyboardInterrupt, but during an import the end of the process.

    A library that is interrupted while it is loaded may make another error of it, or crash.
    """
    while frame is not None:
        if frame.f_globals.get("__name__") == "importlib._bootstrap":
            if os.isatty(2):
                # A bar or a spinner may have hidden the cursor.
                os.write(2, b"\x1b[?25h")
            os._exit(_INTERRUPTED)
        frame = frame.f_back
    signal.default_int_handler(number, frame)


if __name__ == "__main__":
    main()
