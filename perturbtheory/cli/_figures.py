"""`perturbtheory figures`: draw them."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import cyclopts

from perturbtheory.cli._options import Quiet, among
from perturbtheory.cli._output import Output
from perturbtheory.cli._use import MisuseError, require_directory, use_64_bit

_MANY, _WORKERS = 6, 4
"""From how many figures on processes share the work, and how many at most."""


def _known() -> tuple[str, ...]:
    from perturbtheory.figures import NAMES

    return NAMES


def figures(
    *names: Annotated[str, among(_known)],
    directory: Annotated[Path, cyclopts.Parameter(name=["--directory", "-d"])] = Path("figures"),
    known: Annotated[bool, cyclopts.Parameter("--list", negative="", show_default=False)] = False,
    quiet: Quiet = False,
) -> int:
    """Draw figures, all of them by default, each as .png, .svg and the numbers in .json.

    Parameters
    ----------
    names
        Names such as figure-2; --list prints all of them.
    directory
        Where to write them; made if it does not exist.
    known
        Print the names that there are, and draw nothing.
    """
    from perturbtheory import figures as drawings
    from perturbtheory.checks import require_one_of

    try:
        for name in names:
            require_one_of("NAME", name, drawings.NAMES)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    output = Output(quiet=quiet)
    if known:
        output.show(lambda: sys.stdout.writelines(f"{name}\n" for name in drawings.NAMES))
        return output.status
    require_directory("--directory", directory)
    use_64_bit()
    for name, files in _drawn(tuple(dict.fromkeys(names)) or drawings.NAMES, directory):
        written: list[Path] = []
        output.keep(name, directory, lambda files=files, to=written: to.extend(files()))
        output.show(lambda paths=written: sys.stdout.writelines(f"{path}\n" for path in paths))
    return output.status


def _drawn(names: Sequence[str], directory: Path) -> Iterator[tuple[str, Callable[[], list[Path]]]]:
    """The name of every figure and what returns its files, once it is drawn, or raises.

    One after the other, or many in a few processes, in the order in which they are done.
    """
    workers = min(_WORKERS, os.cpu_count() or 1)
    if len(names) < _MANY or workers < 2:
        for name in names:
            yield name, lambda name=name: _draw(name, directory)
        return
    from concurrent.futures import as_completed

    from perturbtheory.processes import processes

    with processes(workers) as pool:
        made = {pool.submit(_draw, name, directory): name for name in names}
        for future in as_completed(made):
            yield made[future], future.result


def _draw(name: str, directory: Path) -> list[Path]:
    from perturbtheory import figures as drawings

    use_64_bit()
    return drawings.draw([name], directory)
