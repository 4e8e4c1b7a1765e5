"""Options that several commands have, each with its names and its help in one place."""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import cyclopts

from perturbtheory.cli._use import Whole

Quiet = Annotated[
    bool,
    cyclopts.Parameter(
        name=["--quiet", "-q"],
        negative="",
        show_default=False,
        help="Print no results and draw no bar: the exit status, files and errors are all.",
    ),
]
Folder = Annotated[
    Path,
    cyclopts.Parameter(
        name=["--directory", "-d"],
        help="Where the files of the runs are; made if it does not exist.",
    ),
]
Pictures = Annotated[Path, cyclopts.Parameter(name=["--directory", "-d", "--output", "-o"])]
"""Where pictures go; --output is what it was called before."""
Json = Annotated[
    Path | None,
    cyclopts.Parameter(
        help="Write the results, with all that was found, to this file; - prints them, and nothing "
        "else."
    ),
]
Workers = Annotated[
    str,
    cyclopts.Parameter(
        help="0 for this process, a number of processes, or the address of a Dask scheduler."
    ),
]
Record = Annotated[
    bool,
    cyclopts.Parameter(
        negative="",
        show_default=False,
        help="Record what is in the directory afterwards, as the command record does.",
    ),
]
Data = Annotated[
    Path | None,
    cyclopts.Parameter(
        help="Folder with the files of the images, mnist unless they are named; no other place is "
        "searched. Without it they are searched for in PERTURBTHEORY_DATA and in the cache, and "
        "then downloaded if that is allowed for them."
    ),
]
Checkpoint = Annotated[
    Path | None,
    cyclopts.Parameter(
        help="File that keeps the state after every epoch; if it is there the run resumes from it."
    ),
]
Several = Annotated[tuple[str, ...] | None, cyclopts.Parameter(consume_multiple=True, negative="")]


def commands(name: str, says: str) -> cyclopts.App:
    """A command with commands of its own, whose exit status is what they answer."""
    return cyclopts.App(name=name, help=says, help_epilogue="", result_action="return_value")


def among(names: Callable[[], Iterable[str]]) -> cyclopts.Parameter:
    """What a shell offers to complete an argument with; it is imported when it is asked for."""
    return cyclopts.Parameter(completer=lambda _: list(names()))


def options(run: type, **instead: Any) -> Any:
    """A dataclass with the fields of a run, each None unless it is said.

    Args:
        run: a dataclass whose docstring has the help of the options.
        instead: other types for some fields; a field is left out for None.
    """
    number: Any = Whole
    kinds = {
        name: number | None if kind is int else kind | None
        for name, kind in get_type_hints(run).items()
    } | instead
    fields = [(name, kind, None) for name, kind in kinds.items() if kind is not None]
    made = dataclasses.make_dataclass(run.__name__, fields, frozen=True)
    # Cyclopts reads the help of the options from it, and takes classes of `types` for plain ones.
    made.__doc__, made.__module__ = run.__doc__, run.__module__
    return made


def said(run: Any) -> dict[str, Any]:
    """The fields that were said."""
    return {name: value for name, value in vars(run).items() if value is not None}
