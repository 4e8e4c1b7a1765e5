"""`perturbtheory diagnose`: the row of Table 1 for a perturbation."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from perturbtheory.cli._options import Json, Quiet, among
from perturbtheory.cli._output import Output, terminal
from perturbtheory.cli._use import MisuseError, Whole, require_writable, use_64_bit

if TYPE_CHECKING:
    from perturbtheory.perturbations import AbstractPerturbation


_LAWS = {
    "normal": ("Normal", "scale"),
    "gumbel": ("Gumbel", "scale"),
    "gumbel_min": ("GumbelMin", "scale"),
    "logistic": ("Logistic", "scale"),
    "laplace": ("Laplace", "scale"),
    "exponential": ("Exponential", "scale"),
    "weibull": ("Weibull", "tail_index", "scale"),
    "student_t": ("StudentT", "df", "scale"),
    "pareto": ("Pareto", "tail_index", "scale"),
    "frechet": ("Frechet", "tail_index", "scale"),
    "uniform": ("Uniform", "low", "high"),
    "discrete": ("Discrete", "atoms", "weights"),
}
"""The class of every perturbation, and its parameters."""
Numbers = Annotated[list[float] | None, cyclopts.Parameter(consume_multiple=True, negative="")]


def diagnose(
    name: Annotated[str, among(lambda: _LAWS)],
    *,
    scale: float | None = None,
    df: float | None = None,
    tail_index: float | None = None,
    low: float | None = None,
    high: float | None = None,
    atoms: Numbers = None,
    weights: Numbers = None,
    temperature: float = 1.0,
    dimension: Whole = 3,
    json: Json = None,
    figure: Path | None = None,
    quiet: Quiet = False,
) -> int:
    """Fill in the row of Table 1 of paper A for a perturbation, with the evidence.

    Distributions of scipy and your own are diagnosed in Python, by perturbtheory.diagnose.

    Parameters
    ----------
    name
        normal, gumbel, gumbel_min, logistic, laplace, exponential, weibull, student_t, pareto,
        frechet, uniform or discrete.
    scale
        Scale of all but uniform and discrete.
    df
        Degrees of freedom of student_t.
    tail_index
        Exponent of pareto, frechet and weibull.
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
    figure
        Draw probabilities, curvature and tails to this .png, .svg or .pdf file.
    """
    require_writable("--json", json)
    require_writable("--figure", figure)
    if figure is not None and figure.suffix not in {".png", ".svg", ".pdf"}:
        msg = f"`--figure` must end in .png, .svg or .pdf, got {str(figure)!r}; rename it"
        raise MisuseError(msg)
    use_64_bit()
    from rich.console import Console

    from perturbtheory import properties

    given = {
        "scale": scale, "df": df, "tail_index": tail_index, "low": low, "high": high,
        "atoms": atoms, "weights": weights,
    }  # fmt: skip
    try:
        perturbation = _named(name, {k: v for k, v in given.items() if v is not None})
        with Console(stderr=True, quiet=quiet).status("diagnosing"):
            found = properties.diagnose(perturbation, temperature=temperature, dimension=dimension)
    except ValueError as error:
        raise MisuseError(str(error)) from error
    output = Output(quiet=quiet, json=json)
    output.show(lambda: terminal().print(found))
    output.keep_json(found.to_json)
    if figure is not None:
        from perturbtheory.figures.diagnosis import diagnosis_figure

        picture = diagnosis_figure(perturbation, temperature, found.dimension)
        if output.keep("--figure", figure, lambda: picture.save(figure)):
            output.show(lambda: sys.stdout.write(f"{figure}\n"))
    return output.status


def _named(name: str, given: dict[str, Any]) -> "AbstractPerturbation":
    """The perturbation with this name; ValueError names what does not belong to it."""
    if name not in _LAWS:
        from perturbtheory.checks import closest

        near = closest(name, _LAWS, 3)
        meant = (
            f"did you mean {', '.join(near)}?"
            if near
            else (
                f"it is one of {', '.join(_LAWS)}; laws of scipy are diagnosed in Python, by "
                "perturbtheory.diagnose(perturbtheory.FromScipy(law))"
            )
        )
        msg = f"`NAME` must be a perturbation, got {name!r}; {meant}"
        raise ValueError(msg)
    law, *accepted = _LAWS[name]
    for option, value in given.items():
        if option not in accepted:
            takes = ", ".join(map(_option, accepted))
            msg = f"`{_option(option)}` does not belong to {name}, got {value}; it takes {takes}"
            raise ValueError(msg)
    example = {"df": "3", "tail_index": "2.5", "atoms": "-1 1"}
    needed = accepted[0]
    if needed in example and needed not in given:
        option = _option(needed)
        msg = f"`{option}` must be given for {name}; for example {option} {example[needed]}"
        raise ValueError(msg)
    import perturbtheory as pt

    return getattr(pt, law)(**given)


def _option(parameter: str) -> str:
    return f"--{parameter.replace('_', '-')}"
