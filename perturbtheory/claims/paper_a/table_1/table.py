"""Table 1: every cell and its footnotes, and the table as it should be."""

from fractions import Fraction
from itertools import product

import numpy as np

from perturbtheory.claims.exhibits import cones, outcomes, table_cells, table_rows
from perturbtheory.ledger import Claim, argued, exact, witness
from perturbtheory.properties import cone
from perturbtheory.routes import rational

_COLUMNS = (
    ("complete", "completeness", 0),
    (r"complete, every $p \in \Delta$ (3.1)", "closed simplex", 0),
    ("identifiable", "one-to-one", 1),
    ("minimal", "minimality", 2),
)
"""What a cell says, what is recomputed for it, and the printed column."""
_BEYOND = (Fraction(1, 2), Fraction(1, 2), Fraction(-1))
"""Outside the half-space theta_1 + theta_2 <= 2 theta_3."""

table_1 = Claim(
    "A.table-1",
    "A, Table 1 and its footnotes",
    r"""Table 1: for smooth unbounded, smooth bounded and discrete perturbations, whether
    Perturb-Softmax and Perturb-Argmax are complete, identifiable and minimal, completeness under
    the conditions of Theorems 4.1 and 5.1. Perturb-Softmax with smooth bounded $p(\gamma)$:
    complete, identifiable, minimal; Perturb-Argmax: smooth unbounded identifiable and minimal,
    smooth bounded complete, not identifiable, not minimal, discrete not identifiable, not minimal.
    Where cells are merged over the rows, also: Perturb-Softmax complete, identifiable and minimal
    and Perturb-Argmax complete for all three kinds.""",
    assumes=r"""Eight of the 18 cells are blank in the text extraction: those above and below a mark
    that stands once in the middle of its column, as in a cell that is merged over the three rows.
    So they are read; if they are lost instead, nothing is said there. "Complete" is read as every
    $p > 0$ and, as defined in 3.1, as every $p \in \Delta$; both are parts, and the second is false
    where no $p$ with a zero is reached. "Identifiable" is read as one-to-one, with which all cells
    agree (for the other senses see A.complete-minimal-identifiable). Footnote *, "not linearly
    constrained", is read as: no two parameters are translates of each other, as on
    $\{\sum_i\theta_i = 0\}$, where the cells are judged; for its literal sense see
    A.linearly-constrained. A cross is read as "not always" and, for minimality, as "never"; both
    are parts. The other footnotes are judged as they stand, the head "smooth unbounded" also
    without the positive density that Theorem 5.3 asks for.""",
    depends_on=(
        "A.complete-minimal-identifiable",
        "A.argmax-minimality.corrected",
        "C.completeness",
        "C.completeness-bounded",
    ),
)
true_table = table_1.corrected(
    r"""The table with its four properties apart, for $\Theta + \mathbb R\mathbf 1 = \mathbb R^d$.
    Perturb-Softmax, any noise: single-valued, image exactly $\operatorname{ri}(\Delta)$, the
    positive $p$, one-to-one up to translation. Perturb-Argmax: the same for noise of full support
    without ties; for the support $[-a, a]$ without ties: single-valued, image all of $\Delta$,
    one-to-one on $K = \{\max_i\theta_i - \min_i\theta_i \le 2a\}$, which has every $p$, and not
    beyond, for $\theta$ shares its $p$ with the $\theta'$ of $K$ in which coordinates below
    $\max_i\theta_i - 2a$ are raised to it; for densities with gaps: single-valued, image $\supseteq
    \operatorname{ri}(\Delta)$, one-to-one for $d = 2$ iff $\operatorname{supp}(\gamma_1 - \gamma_2)
    = \mathbb R$; for finitely many values: multi-valued, image $\Delta$, not one-to-one; for atoms
    dense in the line: multi-valued, image $\supseteq \operatorname{ri}(\Delta)$, one-to-one.""",
    source="corrects A, Table 1",
    assumes=r"""Perturb-Softmax needs no assumption on $\gamma$, not even moments. Perturb-Argmax:
    independent coordinates, $d \ge 2$; the image is the union of the subdifferentials. "Not" means
    for no such noise. The row of bounded noise is stated for one interval $[-a, a]$, as in
    C.bounded-closed-simplex.""",
    depends_on=(
        "A.max-potential-gradient.corrected",
        "A.argmax-minimality-steps.corrected",
        "A.conjugate.corrected",
        "A.discrete-not-identifiable",
        "C.anchored-potential",
        "C.completeness",
        "C.completeness-argmax",
        "C.completeness-bounded",
        "C.bounded-closed-simplex",
        "C.laplacian",
    ),
)


def cell(row, column, printed, budget):
    checked, values = table_cells.by_checkers(row, budget)[column], table_cells.exactly(row)[column]
    over = r"over $\{\sum\theta = 0\}$, $d = 2$"
    cases = f"{column} {checked} {over}: {table_cells.names(row, budget)}"
    yield exact("property checkers", table_cells.agrees(checked, printed), cases=cases)
    cases = f"{column} {values} for one perturbation of the group, $d = 2$"
    yield exact("exact p_1", table_cells.agrees(values, printed), cases=cases)
    yield witness(printed=printed, recomputed={"yes": "no", "no": "yes"}[printed])
    if column == "closed simplex":
        yield witness({"missed $p$": "$(1, 0)$"})


for row in table_cells.ROWS:
    for name, column, index in _COLUMNS:
        printed, own = row.printed[index], row.legible[index]
        said = ("not " if printed == "no" else "") + name + ("" if own else ", a merged cell")
        given = {"row": row, "column": column, "printed": printed}
        table_1.part(f"{row.model}, {row.group}: {said}", **given)(cell)


@table_1.part(
    "† Perturb-Softmax, smooth bounded: complete under the conditions of Theorem 4.1",
    model=table_cells.SOFTMAX,
)
@table_1.part(
    "‡ Perturb-Argmax, smooth bounded: complete under the conditions of Theorem 5.1",
    model=table_cells.ARGMAX,
)
def footnote(model):
    """Completeness for every convex Theta that the theorem lets in."""
    half_space = cone(np.array(cones.HALF_SPACE.generators, float))
    theta = f"({', '.join(map(str, _BEYOND))})"
    let_in = cones.HALF_SPACE.unbounded(above=True)
    # p at _BEYOND is positive, and no other coset has it.
    missed = cones.HALF_SPACE.bounded and outcomes.dot(cones.HALF_SPACE.u, _BEYOND) > 0
    p = rational.uniform(_BEYOND).probabilities
    value = f"({', '.join(map(str, p))}), " if model == table_cells.ARGMAX else ""
    cases = """a half-space with every $h_i$ unbounded above; the only coset of a $p > 0$ lies
        beyond it"""
    yield exact("integers", not (let_in and missed and min(p) > 0), cases=cases)
    found = half_space.representative(np.array(_BEYOND, float)) is not None
    cases = rf"whether ${theta} + c\mathbf 1$ is in it for some $c$; no other coset has its $p > 0$"
    yield exact("linear program", found, cases=cases)
    yield witness(
        d=3,
        gamma="uniform on $[-1, 1]$",
        Theta=cones.HALF_SPACE.set,
        **{"missed $p$": rf"{value}that of $\theta = {theta}$ alone"},
    )


@table_1.part("Perturb-Argmax, smooth unbounded: identifiable for every such density")
def unbounded_support():
    """One-to-one for every smooth density whose support is not bounded."""
    low, high, quarter = Fraction(3, 8), Fraction(1, 2), Fraction(1, 4)
    charged = any(k - quarter < -low and k + quarter > -high for k in range(-3, 4))
    sums = [_comb(t) for t in (low, high)]
    # P(k_1 = k_2) = (1 + 2 (1/4 + 1/16 + ...))/9, and the rest is shared equally.
    share = (1 + (1 + 2 * Fraction(1, 3)) / 9) / 2
    cases = r"""$\gamma_1 - \gamma_2$ lies within $\frac14$ of an integer, never in $(-\frac12,
        -\frac38)$: $p$ is the same at $\theta_1 - \theta_2 = \frac38$ and $\frac12$"""
    yield exact("supports", charged, cases=cases)
    same = sums[0][0] and sums[1][0] and sums[0] == sums[1]
    cases = "for every pair of bumps the integers decide who wins, in the same way at both"
    yield exact("rational, bumps", not same, cases=cases)
    yield witness(
        d=2,
        gamma_i=(
            "smooth bumps on $[k - 1/8, k + 1/8]$, probability $2^{-|k|}/3$, all integers $k$"
        ),
        theta=[str(low), "0"],
        tau=[str(high), "0"],
        **{"$p_1$ of both": str(share)},
    )


@table_1.part("Perturb-Argmax, smooth bounded: not minimal for any such density")
def never_for_bounded():
    minimal = table_cells.exactly(table_cells.Row("smooth bounded", table_cells.ARGMAX))[
        "minimality"
    ]
    yield exact(
        "far apart",
        table_rows.far_apart(),
        argued(r"these $\theta$ are no translates and share $p$", r"$h$ differs, $d \ge 2$"),
    )
    yield exact("exact p_1", table_cells.agrees(minimal, "no"), cases="uniform noise, $d = 2$")


@table_1.part("Perturb-Argmax, discrete: not minimal for any such noise")
def never_for_discrete():
    for check in table_rows.dense():
        cases = "atoms at all $m/2^n$: different cosets share no subgradient"
        yield exact(check.route, check.outcome != "holds", cases=cases)
    yield witness(
        {
            "$d$": 2,
            r"$\gamma_i$": "$x = m/2^n$ in lowest terms, all integers $m$ and $n \\ge 0$, with "
            "probability proportional to $4^{-n} 2^{-|x|}$",
            "one-to-one": "up to translation",
        }
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


_POSITIVE = "single-valued, onto the positive $p$, one-to-one"
_ROWS = {
    f"Perturb-Softmax, any noise: {_POSITIVE}": table_rows.softmax,
    f"full support, no ties: {_POSITIVE}": table_rows.full_support,
    "support $[-a, a]$: single-valued, onto the simplex, one-to-one on $K$ and not beyond": (
        table_rows.bounded
    ),
    f"gaps: {_POSITIVE} at $d = 2$ iff full differences": table_rows.gap,
    "finitely many values: multi-valued, onto the simplex, not one-to-one": table_rows.finite,
    "dense atoms: multi-valued, onto the positive $p$, one-to-one": table_rows.dense,
}
for name, shows in _ROWS.items():
    true_table.part(name)(shows)
