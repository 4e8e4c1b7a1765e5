"""The command line: `perturbtheory verify`, `diagnose`, `figures` and `--version`.

JAX, sympy and rich tables are imported by the commands that need them, so that the rest is quick.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from perturbtheory import __version__

if TYPE_CHECKING:
    from perturbtheory.claims import Claim, Result
    from perturbtheory.perturbations import AbstractPerturbation

AGREES, DRIFTED, MISUSED = 0, 1, 2
"""Exit statuses."""

app = cyclopts.App(
    name="perturbtheory",
    version=__version__,
    help="Check, compute and re-run the theory of Perturb-Softmax and Perturb-Argmax.",
    result_action="return_value",
)


class _MisuseError(Exception):
    """An argument cannot be used; the message names it, its value and the way out."""


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
    except _MisuseError as error:
        status = _complain(str(error))
    except BrokenPipeError:
        # Whoever reads the output has left: nothing more to say, and no traceback at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DRIFTED
    sys.exit(status if isinstance(status, int) else AGREES)


def _complain(message: str) -> int:
    sys.stderr.write(f"perturbtheory: {message}\n")
    return MISUSED


def _use_64_bit() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)


@app.command
def verify(
    *claims: str,
    json: Path | None = None,
    report: Path | None = None,
    budget: Literal["quick", "full"] = "quick",
    record: bool = False,
) -> int:
    """Check claims of the papers and of this package, all of them by default.

    Exit status 0 if every verdict is the recorded one, 1 if one differs or two routes disagree.

    Parameters
    ----------
    claims
        Ids such as A.gumbel-density.
    json
        Write the results to this file.
    report
        Write a page to read, its Markdown, errata in LaTeX and the results to this directory, which
        is made if it does not exist.
    budget
        How much the sampled checks sample; proofs do not depend on it.
    record
        Make these verdicts the recorded ones.
    """
    _require_writable("--json", json)
    _use_64_bit()
    from rich.console import Console

    from perturbtheory.claims import UnknownClaim, find, recorded, render

    try:
        chosen = find(claims)
    except UnknownClaim as error:
        raise _MisuseError(str(error)) from error
    try:
        if record:
            _require_writable("--record", recorded.destination())
        known = {} if record else recorded.load()
    except recorded.RecordError as error:
        raise _MisuseError(str(error)) from error
    _require_directory("--report", report)
    start = time.perf_counter()
    results = _run_all(chosen, budget)
    if record:
        try:
            recorded.save(results)
            known = recorded.load()
        except recorded.RecordError as error:
            raise _MisuseError(str(error)) from error
    if json is not None:
        recorded.write_json(json, [result.to_json() for result in results])
    console = Console()
    console.width = render.plain_width(console)
    console.print(render.verdicts(results, known, console.width))
    for block in (*render.refuted(results), *render.disagreements(results)):
        console.print(block)
    console.print(render.summary(results, time.perf_counter() - start))
    if report is not None:
        _write_report(results, report, budget)
    return DRIFTED if any(render.changed(result, known) for result in results) else AGREES


def _run_all(chosen: "Sequence[Claim]", budget: str) -> "list[Result]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from perturbtheory.claims import BUDGETS, run

    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    results = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=len(chosen))
        for claim in chosen:
            progress.update(task, description=claim.id)
            results.append(run(claim, BUDGETS[budget]))
            progress.advance(task)
    return results


def _write_report(results: "Sequence[Result]", directory: Path, budget: str) -> None:
    from perturbtheory import report

    sys.stdout.write("writing the report\n")
    sys.stdout.flush()
    try:
        report.write(results, directory, budget=budget)
    except OSError as error:
        msg = f"`--report` could not be written: {str(directory)!r} ({error}); choose another place"
        raise _MisuseError(msg) from error
    sys.stdout.write(f"wrote {directory / 'index.html'}\n")


@app.command
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
            raise _MisuseError(msg)
    _require_directory("--directory", directory)
    _use_64_bit()
    for path in drawings.draw(names or drawings.NAMES, directory):
        sys.stdout.write(f"{path}\n")
    return AGREES


def _whole(_: Any, tokens: Sequence[cyclopts.Token]) -> int:
    """An int; 2.5 is refused and not cut."""
    return int(tokens[0].value)


Numbers = Annotated[list[float] | None, cyclopts.Parameter(consume_multiple=True)]


@app.command
def diagnose(
    name: str,
    *,
    scale: float | None = None,
    df: float | None = None,
    low: float | None = None,
    high: float | None = None,
    atoms: Numbers = None,
    weights: Numbers = None,
    temperature: float = 1.0,
    dimension: Annotated[int, cyclopts.Parameter(converter=_whole)] = 3,
    json: Path | None = None,
    figure: Path | None = None,
) -> int:
    """Fill in the row of Table 1 of paper A for a perturbation, with the evidence.

    Distributions of scipy and your own are diagnosed in Python, by perturbtheory.diagnose.

    Parameters
    ----------
    name
        normal, gumbel, logistic, laplace, student_t, uniform or discrete.
    scale
        Scale of normal, gumbel, logistic, laplace and student_t.
    df
        Degrees of freedom of student_t.
    low
        Lower end of uniform.
    high
        Upper end of uniform.
    atoms
        Atoms of discrete, for example --atoms -1 1.
    weights
        Their probabilities, equal by default.
    temperature
        That of the Perturb-Softmax model.
    dimension
        Number of categories.
    json
        Write everything that was found to this file.
    figure
        Draw probabilities, curvature and tails to this .png, .svg or .pdf file.
    """
    _require_writable("--json", json)
    _require_writable("--figure", figure)
    if figure is not None and figure.suffix not in {".png", ".svg", ".pdf"}:
        msg = f"`--figure` must end in .png, .svg or .pdf, got {str(figure)!r}; rename it"
        raise _MisuseError(msg)
    _use_64_bit()
    from rich.console import Console

    from perturbtheory import properties

    given = {
        "scale": scale, "df": df, "low": low, "high": high, "atoms": atoms, "weights": weights,
    }  # fmt: skip
    try:
        perturbation = _named(name, {k: v for k, v in given.items() if v is not None})
        with Console(stderr=True).status("diagnosing"):
            found = properties.diagnose(perturbation, temperature=temperature, dimension=dimension)
    except ValueError as error:
        raise _MisuseError(str(error)) from error
    Console().print(found)
    if json is not None:
        from perturbtheory.claims import recorded

        recorded.write_json(json, found.to_json())
    if figure is not None:
        from perturbtheory.figures.diagnosis import diagnosis_figure

        diagnosis_figure(perturbation, temperature, found.dimension).save(figure)
        sys.stdout.write(f"{figure}\n")
    return AGREES


def _named(name: str, given: dict[str, Any]) -> "AbstractPerturbation":
    """The perturbation with this name; ValueError names what does not belong to it."""
    import perturbtheory as pt

    laws = {
        "normal": (pt.Normal, ("scale",)),
        "gumbel": (pt.Gumbel, ("scale",)),
        "logistic": (pt.Logistic, ("scale",)),
        "laplace": (pt.Laplace, ("scale",)),
        "student_t": (pt.StudentT, ("df", "scale")),
        "uniform": (pt.Uniform, ("low", "high")),
        "discrete": (pt.Discrete, ("atoms", "weights")),
    }
    if name not in laws:
        import difflib

        near = difflib.get_close_matches(name.lower(), laws, 3, 0.4) or list(laws)
        msg = f"`NAME` must be a perturbation, got {name!r}; did you mean {', '.join(near)}?"
        raise ValueError(msg)
    law, accepted = laws[name]
    for option, value in given.items():
        if option not in accepted:
            takes = ", ".join(f"--{a}" for a in accepted)
            msg = f"`--{option}` does not belong to {name}, got {value}; it takes {takes}"
            raise ValueError(msg)
    needed = {"student_t": "df", "discrete": "atoms"}.get(name)
    if needed is not None and needed not in given:
        example = {"df": "--df 3", "atoms": "--atoms -1 1"}[needed]
        msg = f"`--{needed}` must be given for {name}; for example {example}"
        raise ValueError(msg)
    return law(**given)


def _require_writable(option: str, path: Path | None) -> None:
    """Raise before any work is done if a file could not be written."""
    if path is None:
        return
    parent = path.absolute().parent
    if path.is_dir():
        why = "is a directory; name a file in it"
    elif not parent.is_dir():
        why = f"lies in no directory; create {str(parent)!r} first"
    elif not os.access(path if path.exists() else parent, os.W_OK) or not os.access(
        parent, os.W_OK
    ):
        why = "cannot be written; choose another place"
    else:
        return
    msg = f"`{option}` must be a file that can be written: {str(path)!r} {why}"
    raise _MisuseError(msg)


def _require_directory(option: str, path: Path | None) -> None:
    """Make a directory, and raise before any work is done if files could not be written to it."""
    if path is None:
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
        why = "" if os.access(path, os.W_OK | os.X_OK) else "cannot be written to"
    except OSError as error:
        why = f"cannot be made ({error.strerror})"
    if why:
        msg = f"`{option}` must be a directory that can be written to: {str(path)!r} {why}; "
        raise _MisuseError(msg + "choose another place")
