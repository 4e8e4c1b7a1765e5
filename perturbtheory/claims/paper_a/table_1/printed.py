"""Table 1: every legible cell, and its footnotes."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.cones import HALF_SPACE
from perturbtheory.claims.exhibits.outcomes import dot
from perturbtheory.claims.exhibits.table_cells import (
    ARGMAX,
    ROWS,
    SOFTMAX,
    Row,
    agrees,
    by_checkers,
    exactly,
    names,
)
from perturbtheory.claims.legacy import claim, exact
from perturbtheory.ledger import Budget, Part
from perturbtheory.properties import cone
from perturbtheory.routes import rational

_COLUMNS = {"complete": "completeness", "identifiable": "one-to-one", "minimal": "minimality"}
"""What is recomputed for each printed column."""
_BEYOND = (Fraction(1, 2), Fraction(1, 2), Fraction(-1))
"""Outside the half-space theta_1 + theta_2 <= 2 theta_3."""


def _cell(row: Row, name: str, printed: str, budget: Budget) -> Part:
    column = _COLUMNS[name]
    checked, values = by_checkers(row, budget)[column], exactly(row)[column]
    said = {"yes": name, "no": f"not {name}"}[printed]
    return Part(
        f"{row.model}, {row.group}: {said}",
        (
            exact(
                "property checkers",
                agrees(checked, printed),
                f"{column} {checked} over {{sum theta = 0}}, d = 2: {names(row, budget)}",
                universal=False,
            ),
            exact(
                "exact p_1",
                agrees(values, printed),
                f"{column} {values} for one perturbation of the group, d = 2",
                universal=False,
            ),
        ),
        {"printed": printed, "recomputed": {"yes": "no", "no": "yes"}[printed]},
    )


@claim(
    "A.table-1",
    corrected="A.table-1.corrected",
    depends_on=(
        "A.complete-minimal-identifiable",
        "A.argmax-minimality",
        "C.completeness",
        "C.completeness-bounded",
    ),
)
def table_1(budget: Budget) -> list[Part]:
    r"""Statement: Table 1: for smooth unbounded, smooth bounded and discrete perturbations, whether
    Perturb-Softmax and Perturb-Argmax are complete, identifiable and minimal, completeness under
    the conditions of Theorems 4.1 and 5.1.

    LaTeX: Perturb-Softmax, smooth bounded $p(\gamma)$: complete, identifiable, minimal;
    Perturb-Argmax: smooth unbounded identifiable and minimal; smooth bounded complete, not
    identifiable, not minimal; discrete not identifiable, not minimal

    Source: A, Table 1 and its footnotes

    Assumptions: eight of 18 cells are lost in the text extraction and not judged. Complete means
    every p > 0; identifiable is read as one-to-one, with which all cells agree (for the others see
    A.complete-minimal-identifiable); the cells are judged on {sum theta = 0}, whose parameters are
    not linearly constrained, a cross as "not always". The footnotes are judged as they stand, the
    head "smooth unbounded" also without the positive density that Theorem 5.3 asks for.

    Computed: every cell by the property checkers and by exact values of p_1 at d = 2; a half-space
    in integers and by linear programs; a smooth density on the whole line with gaps.
    """
    parts = [
        _cell(row, name, printed, budget)
        for row in ROWS
        for name, printed in zip(_COLUMNS, row.printed, strict=True)
        if printed
    ]
    return [*parts, *(_footnote(model) for model in (SOFTMAX, ARGMAX)), _head()]


def _footnote(model: str) -> Part:
    """Completeness for every convex Theta that Theorem 4.1, or 5.1, lets in."""
    half_space = cone(np.array(HALF_SPACE.generators, float))
    theta = f"({', '.join(map(str, _BEYOND))})"
    let_in = HALF_SPACE.unbounded(above=True)
    # p at _BEYOND is positive, and no other coset has it.
    missed = HALF_SPACE.bounded and dot(HALF_SPACE.u, _BEYOND) > 0
    p = rational.uniform(_BEYOND).probabilities
    sign, theorem = ("†", "4.1") if model == SOFTMAX else ("‡", "5.1")
    value = f"({', '.join(map(str, p))}), " if model == ARGMAX else ""
    missed_p = f"{value}that of theta = {theta} alone"
    return Part(
        f"{sign} {model}, smooth bounded: complete under the conditions of Theorem {theorem}",
        (
            exact(
                "integers",
                not (let_in and missed and min(p) > 0),
                "a half-space with every h_i unbounded above; the only coset of a p > 0 lies "
                "beyond it",
            ),
            exact(
                "linear program",
                half_space.representative(np.array(_BEYOND, float)) is not None,
                f"whether {theta} + c1 is in it for some c; no other coset has its p > 0",
            ),
        ),
        {"d": 3, "gamma": "uniform on [-1, 1]", "Theta": HALF_SPACE.set, "missed p": missed_p},
    )


def _comb(t: Fraction) -> tuple[bool, Fraction]:
    """P(arg max = 1) at theta = (t, 0) for bumps of half width 1/8 about the integers k.

    Each bump has probability 2^-|k|/3. Whether all (k_1, k_2) are decided by the integers alone,
    and the probability that they give with |k_i| <= 20, below which all but 2^-18 lies.
    """
    decided, total = True, Fraction(0)
    for one, two in product(range(-20, 21), repeat=2):
        signs = {one - two + t + shift > 0 for shift in (Fraction(-1, 4), Fraction(1, 4))}
        decided &= len(signs) == 1
        total += Fraction(True in signs) / 9 / 2 ** (abs(one) + abs(two))
    return decided, total


def _head() -> Part:
    """One-to-one for every smooth density whose support is not bounded."""
    low, high = Fraction(3, 8), Fraction(1, 2)
    quarter = Fraction(1, 4)
    charged = any(k - quarter < -low and k + quarter > -high for k in range(-3, 4))
    sums = [_comb(t) for t in (low, high)]
    # P(k_1 = k_2) = (1 + 2 (1/4 + 1/16 + ...))/9, and the rest is shared equally.
    k = sp.Symbol("k", integer=True, positive=True)
    tail: Any = sp.summation(sp.Rational(1, 4) ** k, (k, 1, sp.oo))
    share = (1 + (1 + 2 * tail) / 9) / 2
    return Part(
        "Perturb-Argmax, smooth unbounded: identifiable for every such density",
        (
            exact(
                "supports",
                charged,
                "gamma_1 - gamma_2 lies within 1/4 of an integer, never in (-1/2, -3/8): p is the "
                "same at theta_1 - theta_2 = 3/8 and 1/2",
            ),
            exact(
                "rational, bumps",
                not (sums[0][0] and sums[1][0] and sums[0] == sums[1]),
                "for every pair of bumps the integers decide who wins, in the same way at both",
            ),
        ),
        {
            "d": 2,
            "gamma_i": "smooth bumps on [k - 1/8, k + 1/8], probability 2^-|k|/3, all integers k",
            "theta": [str(low), "0"],
            "tau": [str(high), "0"],
            "p_1 of both": str(share),
        },
    )
