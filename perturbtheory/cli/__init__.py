"""The command line: `perturbtheory verify`, `diagnose`, `figures`, `fit`, `vae` and
`--version`.

One module a command. JAX, sympy and rich tables are imported by the commands that need them, so
that the rest is quick.
"""

import os
import sys
from collections.abc import Sequence

import cyclopts

from perturbtheory import __version__
from perturbtheory.cli._diagnose import diagnose
from perturbtheory.cli._figures import figures
from perturbtheory.cli._fit import fit
from perturbtheory.cli._use import AGREES as AGREES
from perturbtheory.cli._use import DRIFTED as DRIFTED
from perturbtheory.cli._use import MISUSED as MISUSED
from perturbtheory.cli._use import MisuseError
from perturbtheory.cli._vae import vae
from perturbtheory.cli._verify import verify

app = cyclopts.App(
    name="perturbtheory",
    version=__version__,
    help="Check, compute and re-run the theory of Perturb-Softmax and Perturb-Argmax.",
    result_action="return_value",
)
for command in (verify, figures, diagnose, fit, vae):
    app.command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status: 0, 1 for drift, 2 for misuse."""
    try:
        status = app(
            list(sys.argv[1:] if arguments is None else arguments),
            exit_on_error=False,
            print_error=False,
        )
    except cyclopts.CycloptsError as error:
        status = _complain(" ".join(str(error).split()))
    except MisuseError as error:
        status = _complain(str(error))
    except BrokenPipeError:
        # Whoever reads the output has left: nothing more to say, and no traceback at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DRIFTED
    sys.exit(status if isinstance(status, int) else AGREES)


def _complain(message: str) -> int:
    sys.stderr.write(f"perturbtheory: {message}\n")
    return MISUSED
