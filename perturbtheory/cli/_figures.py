"""`perturbtheory figures`: draw them."""

import sys
from pathlib import Path
from typing import Annotated

import cyclopts

from perturbtheory.cli._options import Quiet, among
from perturbtheory.cli._output import Output
from perturbtheory.cli._use import MisuseError, require_directory, use_64_bit


def _known() -> tuple[str, ...]:
    from perturbtheory.figures import NAMES

    return NAMES


def figures(
    *names: Annotated[str, among(_known)],
    directory: Annotated[Path, cyclopts.Parameter(name=["--directory", "-d"])] = Path("figures"),
    quiet: Quiet = False,
) -> int:
    """Draw figures, all of them by default.

    Parameters
    ----------
    names
        Names such as figure-2.
    directory
        Where to write them; made if it does not exist.
    """
    from perturbtheory import figures as drawings
    from perturbtheory.checks import require_one_of

    try:
        for name in names:
            require_one_of("NAME", name, drawings.NAMES)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    require_directory("--directory", directory)
    use_64_bit()
    output = Output(quiet=quiet)
    for name in names or drawings.NAMES:
        _draw(name, directory, output)
    return output.status


def _draw(name: str, directory: Path, output: Output) -> None:
    """Draw it and name its files, before the next one is begun."""
    from perturbtheory import figures as drawings

    written: list[Path] = []
    output.keep(name, directory, lambda: written.extend(drawings.draw([name], directory)))
    output.show(lambda: sys.stdout.writelines(f"{path}\n" for path in written))
