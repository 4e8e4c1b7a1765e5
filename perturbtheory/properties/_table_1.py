"""Table 1 of paper A, recomputed from the property checkers and laid beside the printed one."""

from collections.abc import Callable
from typing import Any

from perturbtheory.perturbations import (
    AbstractPerturbation,
    Discrete,
    FromScipy,
    Gumbel,
    Logistic,
    Normal,
    StudentT,
    Uniform,
)
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.properties._check import Check, Outcome
from perturbtheory.properties._diagnosis import cells, describe, require_dimension
from perturbtheory.properties._results import COLUMNS, MODELS, READINGS, Cell, Table1


def _semicircle() -> AbstractPerturbation:
    from scipy.stats import semicircular

    return FromScipy(semicircular())


def _atoms(atoms: Any, weights: Any) -> AbstractPerturbation:
    return Discrete(atoms, weights)


GROUPS: dict[str, tuple[Callable[[], AbstractPerturbation], ...]] = {
    "smooth unbounded": (Normal, Gumbel, Logistic, lambda: StudentT(3.0)),
    "smooth bounded": (Uniform, _semicircle),
    "discrete": (
        lambda: _atoms([-1.0, 1.0], [0.5, 0.5]),
        lambda: _atoms([-1.0, 0.0, 2.0], [0.25, 0.5, 0.25]),
    ),
}
"""The perturbations that stand for each row of Table 1."""

# "yes" for a check mark, "no" for a cross; None where the text extraction has lost the cell. The
# daggers refer to the conditions of Theorems 4.1 and 5.1, the star to parameters that are not
# linearly constrained.
PRINTED: dict[str, tuple[tuple[str | None, ...], tuple[str | None, ...]]] = {
    "smooth unbounded": ((None, None, None), (None, "yes", "yes")),
    "smooth bounded": (("yes", "yes", "yes"), ("yes", "no", "no")),
    "discrete": ((None, None, None), (None, "no", "no")),
}
"""Completeness, identifiability, minimality of Perturb-Softmax, and of Perturb-Argmax."""


def table_1(*, temperature: float = 1.0, dimension: int = 3) -> Table1:
    """Table 1 of paper A from the checkers, for several perturbations a row; no cell is typed in.

    Arguments and errors as for `diagnose`.

    Example:
        >>> import perturbtheory as pt
        >>> found = pt.table_1()
        >>> found.dimension, len(found.cells)
        (3, 36)
    """
    require_dimension(dimension)
    found: dict[tuple[str, str, str], Cell] = {}
    for group, makers in GROUPS.items():
        members = {describe(law): law for law in (make() for make in makers)}
        for m, model in enumerate(MODELS):
            complete, identifiable, minimal = PRINTED[group][m]
            printed = {"completeness": complete, "minimality": minimal}
            printed |= dict.fromkeys(READINGS, identifiable)
            rows = {}
            for name, law in members.items():
                f = expected_max(law) if m else expected_logsumexp(law, temperature)
                rows[name] = cells(f, dimension)
            for column in COLUMNS:
                checks = {name: row[column] for name, row in rows.items()}
                found[group, model, column] = Cell(worst(checks), checks, printed.get(column))
    return Table1(found, dimension, float(temperature))


def worst(checks: dict[str, Check]) -> Outcome:
    """Fails if one fails, unknown if one is unknown, holds if all hold.

    Example:
        >>> from perturbtheory import properties
        >>> one = properties.Check("holds", "a", "shown")
        >>> other = properties.Check("unknown", "b", "not decided")
        >>> properties.worst({"a": one, "b": other})
        'unknown'
    """
    order: tuple[Outcome, ...] = ("fails", "unknown", "holds")
    return order[min(order.index(check.outcome) for check in checks.values())]
