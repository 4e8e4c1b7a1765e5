"""`perturbtheory figures`: draw them."""

import sys
from pathlib import Path
from typing import Annotated

import cyclopts

from perturbtheory.cli._use import AGREES, MisuseError, require_directory, use_64_bit


def figures(
    *names: str,
    directory: Annotated[Path, cyclopts.Parameter(name=["--directory", "-d"])] = Path("figures"),
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

    for name in names:
        if name not in drawings.NAMES:
            import difflib

            near = difflib.get_close_matches(name, drawings.NAMES, 3, 0.4) or drawings.NAMES
            msg = f"`NAME` must be a figure, got {name!r}; did you mean {', '.join(near)}?"
            raise MisuseError(msg)
    require_directory("--directory", directory)
    use_64_bit()
    for path in drawings.draw(names or drawings.NAMES, directory):
        sys.stdout.write(f"{path}\n")
    return AGREES
