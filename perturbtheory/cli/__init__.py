"""The command line: `perturbtheory verify`, `diagnose`, `figures`, `fit`, `vae` and
`--version`.

One module per command. JAX, sympy and rich tables are imported by the commands that need them, so
that the rest is quick.
"""

import os
import sys
from collections.abc import Sequence

import cyclopts

from perturbtheory import __version__
from perturbtheory.cli import _output
from perturbtheory.cli._diagnose import diagnose
from perturbtheory.cli._figures import figures
from perturbtheory.cli._fit import fit
from perturbtheory.cli._use import AGREES as AGREES
from perturbtheory.cli._use import DRIFTED as DRIFTED
from perturbtheory.cli._use import INTERRUPTED as INTERRUPTED
from perturbtheory.cli._use import MISUSED as MISUSED
from perturbtheory.cli._use import MisuseError
from perturbtheory.cli._vae import app as vae
from perturbtheory.cli._verify import verify
from perturbtheory.results import RecordError

app = cyclopts.App(
    name="perturbtheory",
    version=__version__,
    help="Check, compute and re-run the theory of Perturb-Softmax and Perturb-Argmax.",
    result_action="return_value",
)
for command in (verify, figures, diagnose, fit, vae):
    app.command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    0, 1 for drift and for what was not written, 2 for misuse, 130 for Ctrl-C.
    """
    _output.prepare()
    try:
        _require_working_directory()
        status = app(
            list(sys.argv[1:] if arguments is None else arguments),
            exit_on_error=False,
            print_error=False,
        )
        sys.stdout.flush()
    except cyclopts.CycloptsError as error:
        status = _complain(" ".join(str(error).split()))
    except (MisuseError, RecordError) as error:
        status = _complain(str(error))
    except BrokenPipeError:
        # Whoever reads the output has left: nothing more to say, and no traceback at exit.
        _output.discard()
        status = DRIFTED
    except OSError as error:
        status = _output.stopped(error)
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status if isinstance(status, int) else AGREES)


def _require_working_directory() -> None:
    try:
        os.getcwd()
    except OSError as error:
        msg = f"the working directory cannot be used ({_output.reason(error)}); cd to another one"
        raise MisuseError(msg) from error


def _complain(message: str) -> int:
    _output.say(message)
    return MISUSED
