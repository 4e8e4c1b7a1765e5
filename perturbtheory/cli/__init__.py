"""The command line: `perturbtheory verify`, `diagnose`, `figures`, `fit`, `vae`, and options.

One module per command. JAX, sympy and rich tables are imported by the commands that need them, so
that the rest is quick.
"""

import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import cyclopts

from perturbtheory import __version__
from perturbtheory.cli import _output
from perturbtheory.cli._diagnose import diagnose
from perturbtheory.cli._figures import figures
from perturbtheory.cli._fit import app as fit
from perturbtheory.cli._use import AGREES as AGREES
from perturbtheory.cli._use import DRIFTED as DRIFTED
from perturbtheory.cli._use import INTERRUPTED as INTERRUPTED
from perturbtheory.cli._use import MISUSED as MISUSED
from perturbtheory.cli._use import STANDARD_OUTPUT, MisuseError
from perturbtheory.cli._vae import app as vae
from perturbtheory.cli._verify import verify
from perturbtheory.results import RecordError

_FIRST = """Try first:

* perturbtheory diagnose normal: what a perturbation can and cannot do, in seconds
* perturbtheory verify A.softmax-not-minimal: a claim with its proof, in seconds
* perturbtheory figures figure-2: a figure, with the numbers behind it
* perturbtheory vae: train a discrete VAE on digits that are shipped, in minutes
"""
"""What to try first, below the commands."""

app = cyclopts.App(
    name="perturbtheory",
    version=__version__,
    help="Check, compute and re-run the theory of Perturb-Softmax and Perturb-Argmax.",
    help_epilogue=_FIRST,
    result_action="return_value",
)
for command in (verify, figures, diagnose, fit, vae):
    whole = isinstance(command, cyclopts.App)
    app.command(command) if whole else app.command(command, help_epilogue="")
app.register_install_completion_command(
    help="Let Tab complete commands, options and names, in bash, zsh, fish or PowerShell.",
    help_epilogue="",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    0, 1 for drift and for what was not written, 2 for misuse, 130 for Ctrl-C.
    """
    _output.prepare()
    words = _joined(sys.argv[1:] if arguments is None else arguments)
    try:
        _require_working_directory()
        status = app(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except cyclopts.UnusedCliTokensError as error:
        status = _complain(_unused(error))
    except cyclopts.CycloptsError as error:
        status = _complain(" ".join(str(error).split()))
    except MisuseError as error:
        status = _complain(_with_options(str(error), words))
    except RecordError as error:
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


def _joined(words: Sequence[str]) -> list[str]:
    """The words, with `--json -` as one: a hyphen alone is no value to the parser."""
    made: list[str] = []
    for word in words:
        if word == str(STANDARD_OUTPUT) and made[-1:] == ["--json"]:
            made[-1] += f"={word}"
        else:
            made.append(word)
    return made


def _with_options(message: str, words: Sequence[str]) -> str:
    """The message with the options of the command in place of the parameters of Python."""
    command = app.parse_commands(words)[1][-1]
    if command.default_command is None:  # which has commands and no options
        return message
    arguments = command.assemble_argument_collection(parse_docstring=False)
    names = {name for argument in arguments for name in argument.names}

    def option(found: re.Match[str]) -> str:
        name = "--" + found[1].replace("_", "-")
        return f"`{name}`" if name in names else found[0]

    return re.sub(r"`([a-z][a-z_0-9]*)`", option, message)


def _require_working_directory() -> None:
    try:
        os.getcwd()
    except OSError as error:
        msg = f"the working directory cannot be used ({_output.reason(error)}); cd to another one"
        raise MisuseError(msg) from error


def _unused(error: cyclopts.UnusedCliTokensError) -> str:
    """Which word a command has no use for, and which of its commands may be meant."""
    from perturbtheory.checks import closest

    chain, word = error.command_chain or (), (error.unused_tokens or ["nothing"])[0]
    command = app
    for name in chain:
        command = command[name]
    known = [name for name in command if not name.startswith("-")]
    whole = " ".join(("perturbtheory", *chain))
    near = closest(word, known)
    if word in known:
        meant = f"write `{whole} {word}` before its options"
    elif word in _grids(command, known):
        meant = f"did you mean `{whole} grid {word}`?"
    else:
        meant = f"did you mean {' or '.join(near)}?" if near else f"see `{whole} --help`"
    return f"`{whole}` has no use for {word!r}; {meant}"


def _grids(command: cyclopts.App, known: Sequence[str]) -> Sequence[str]:
    """The grids that a command can run."""
    if "grid" not in known:
        return ()
    names = command["grid"].assemble_argument_collection(parse_docstring=False)[0]
    completer: Any = names.parameter.completer
    return () if completer is None else [str(name) for name in completer(None)]


def _complain(message: str) -> int:
    _output.say(message)
    return MISUSED
