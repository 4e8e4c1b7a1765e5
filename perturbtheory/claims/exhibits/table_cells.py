"""Table 1 twice: by the property checkers, and by one exact computation per cell at d = 2."""

import functools
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.ledger import Budget
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.properties import GROUPS, MODELS, PRINTED, Outcome, cells, describe, worst
from perturbtheory.routes import rational

SOFTMAX, ARGMAX = MODELS
SAID = {"yes": "holds", "no": "fails"}
READINGS = {
    "single-valued": "single-valued (3.3 I)",
    "one-to-one": "one-to-one up to translation (3.3 III)",
    "complete and minimal": "complete and minimal, $p > 0$",
    "closed and minimal": r"complete and minimal, every $p \in \Delta$ (3.1)",
}
"""What "identifiable" is said to mean in the paper, by the cells that it asks for."""


class Row(NamedTuple):
    """A row of the table for one model.

    Attributes:
        group: smooth unbounded, smooth bounded or discrete.
        model: Perturb-Softmax or Perturb-Argmax.
    """

    group: str
    model: str

    @property
    def legible(self) -> tuple[str | None, ...]:
        """Completeness, identifiability, minimality: "yes", "no", or None for a blank."""
        return PRINTED[self.group][MODELS.index(self.model)]

    @property
    def printed(self) -> tuple[str, ...]:
        """The same with a blank read as merged with the cell of the middle row."""
        middle = PRINTED["smooth bounded"][MODELS.index(self.model)]
        return tuple(str(own or other) for own, other in zip(self.legible, middle, strict=True))


ROWS = [Row(group, model) for group in GROUPS for model in MODELS]


def names(row: Row, budget: Budget) -> str:
    """The perturbations that stand for the row in this run."""
    makers = GROUPS[row.group][: _members(budget)]
    return f"{row.model}, {', '.join(describe(make()) for make in makers)}"


def _members(budget: Budget) -> int | None:
    """One perturbation per row in a quick run, all in a full one: compiling them takes seconds."""
    return None if budget.name == "full" else 1


@functools.cache
def _checked(row: Row, members: int | None) -> dict[str, Outcome]:
    found = []
    for make in GROUPS[row.group][:members]:
        law = make()
        f = expected_max(law) if row.model == ARGMAX else expected_logsumexp(law, 1.0)
        found.append(cells(f, 2))
    return {column: worst({str(k): c[column] for k, c in enumerate(found)}) for column in found[0]}


def by_checkers(row: Row, budget: Budget) -> dict[str, Outcome]:
    """The row by linear programs and declared supports, d = 2."""
    return _with_readings(_checked(row, _members(budget)))


def _with_readings(found: dict[str, Outcome]) -> dict[str, Outcome]:
    closed, minimal = found["closed simplex"], found["minimality"]
    order: tuple[Outcome, ...] = ("fails", "unknown", "holds")
    both: Outcome = order[min(order.index(closed), order.index(minimal))]
    return {**found, "closed and minimal": both}


@functools.cache
def exactly(row: Row) -> dict[str, Outcome]:
    """The row at d = 2 from p_1(t), t = theta_1 - theta_2, of one perturbation of the group."""
    if row.model == SOFTMAX:
        found = _softmax()
    else:
        found = {"smooth unbounded": _gumbel, "smooth bounded": _uniform, "discrete": _coins}[
            row.group
        ]()
    # On {sum theta = 0} t determines theta.
    both = found["completeness"] and found["one-to-one"]
    found = found | {"minimality": found["one-to-one"], "complete and minimal": both}
    return _with_readings({k: "holds" if v else "fails" for k, v in found.items()})


def _sigmoid_row(p: sp.Expr, t: sp.Symbol) -> dict[str, bool]:
    """A smooth p_1: increasing, with limits 0 and 1 that it does not reach."""
    slope = sp.factor(sp.diff(p, t))
    ends = [sp.limit(p, t, end) for end in (-sp.oo, sp.oo)]
    inside = bool(p.is_positive) and bool(sp.factor(1 - p).is_positive)
    return {
        "single-valued": bool(slope.is_real),
        "one-to-one": bool(slope.is_positive),
        "completeness": ends == [0, 1],
        "closed simplex": ends == [0, 1] and not inside,
    }


def _softmax() -> dict[str, bool]:
    """Given gamma, for every gamma; D = gamma_1 - gamma_2 moves t."""
    t, shift = sp.symbols("t D", real=True)
    return _sigmoid_row(sp.exp(t + shift) / (1 + sp.exp(t + shift)), t)


def _gumbel() -> dict[str, bool]:
    t = sp.Symbol("t", real=True)
    return _sigmoid_row(sp.exp(t) / (1 + sp.exp(t)), t)


def _uniform() -> dict[str, bool]:
    grid = [Fraction(k, 8) for k in range(-24, 25)]
    h = Fraction(1, 64)

    def f(t: Fraction) -> Fraction:
        return rational.uniform([t, 0]).value

    p = [rational.uniform([t, 0]).probabilities[0] for t in grid]
    # Four values give the one-sided slope of a cubic exactly.
    slopes = [
        {
            (-11 * f(t) + 18 * f(t + s) - 9 * f(t + 2 * s) + 2 * f(t + 3 * s)) / (6 * s)
            for s in (-h, h)
        }
        for t in grid
    ]
    rises = all(a <= b for a, b in pairwise(p)) and (p[0], p[-1]) == (0, 1)
    return {
        "single-valued": all(s == {q} for s, q in zip(slopes, p, strict=True)),
        "one-to-one": all(a < b for a, b in pairwise(p)),
        "completeness": rises,
        "closed simplex": rises,
    }


def _coins() -> dict[str, bool]:
    grid = [Fraction(k, 4) for k in range(-12, 13)]
    ends = [rational.discrete([t, 0], COIN) for t in grid]
    low, high = [e.only[0] for e in ends], [e.some[0] for e in ends]
    # Intervals [low, high] that overlap or touch from 0 to 1 leave no p out.
    covers = (
        low[0] == 0
        and high[-1] == 1
        and all(b <= a for a, b in zip(high[:-1], low[1:], strict=True))
    )
    return {
        "single-valued": low == high,
        "one-to-one": all(a < b for a, b in zip(high[:-1], low[1:], strict=True)),
        "completeness": covers,
        "closed simplex": covers,
    }


def differing(found: dict[Row, dict[str, Outcome]], reading: str) -> list[Row]:
    """Rows whose printed cell of identifiability is not what this reading gives."""
    return [row for row in found if found[row][reading] != SAID[row.printed[1]]]


def agrees(outcome: Outcome, printed: str) -> Outcome:
    """Whether a recomputed cell is the printed one; unknown stays unknown."""
    return "unknown" if outcome == "unknown" else ("holds" if outcome == SAID[printed] else "fails")
