"""Tables 2 and 3: what the printed numbers say about the text, without any training."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import optimize

from perturbtheory.claims.legacy import argued, claim, exact, positive, proof, shown
from perturbtheory.claims.paper_a.s6_experiments.targets import HALF_UNIT
from perturbtheory.experiments.printed import TABLE_3
from perturbtheory.experiments.table_2 import TABLE_2
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.models.targets import PRINTED_IN_TEXT, entries

DATA_SETS = ("MNIST", "Fashion-MNIST", "Omniglot")


def table_3() -> dict[str, dict[Fraction, tuple[Fraction, Fraction]]]:
    """(Gumbel, Normal) by data set and temperature."""
    rows = [[Fraction(x) for x in line.split()] for line in TABLE_3.strip().splitlines()]
    return {
        name: {row[0]: (row[1 + 2 * k], row[2 + 2 * k]) for row in rows}
        for k, name in enumerate(DATA_SETS)
    }


@claim("A.table-2-text")
def table_2_text(_: Budget) -> list[Part]:
    r"""Statement: In Table 2 the mean L1 distance of Normal-Softmax is below that of Gumbel-Softmax
    for all four targets; for the discrete target, by less than one printed standard deviation.

    LaTeX: $L_{Normal} < L_{Gumbel}$ for every target, and $L_{Gumbel} - L_{Normal} = 0.001 < 0.002$
    for the discrete one

    Source: A, section 6.1, "better results in all cases", and Table 2

    Assumptions: the table, not the fits, is what is checked.

    Computed: differences of the printed means, exactly and in floating point.
    """
    gaps = {k: Fraction(two[0]) - Fraction(one[0]) for k, (one, two, _) in TABLE_2.items()}
    cells = np.array([(one, two) for one, two, _ in TABLE_2.values()], float)
    gap, spread = cells[:, 1, 0] - cells[:, 0, 0], cells[:, :, 1].min(1)
    least = min(Fraction(pair[1]) for pair in TABLE_2["Discrete"][:2])
    return [
        Part(
            "the mean of Normal is the lower one for all four targets",
            (
                exact("rational", min(gaps.values()) > 0, "four rows", universal=False),
                positive("floating point", "quadrature", gap, "Gumbel - Normal"),
            ),
        ),
        Part(
            "by less than a standard deviation for the discrete target",
            (
                exact(
                    "rational",
                    gaps["Discrete"] < least,
                    f"{float(gaps['Discrete'])} against {float(least)}",
                    universal=False,
                ),
                positive(
                    "floating point",
                    "quadrature",
                    spread[0] - gap[0],
                    "deviation - difference",
                ),
            ),
        ),
    ]


@claim("A.table-2-target", corrected="A.table-2-target.corrected")
def table_2_target(_: Budget) -> list[Part]:
    r"""Statement: The L1 distance between the fitted and the printed discrete target is 0.026 for
    Normal-Softmax and 0.027 for Gumbel-Softmax.

    LaTeX: $\sum_{i=1}^{d} |p(i) - p_0(i)| = 0.026$ and $0.027$ on average, for $p_0 =
    \tfrac{1}{68}(10, 3, 4, 5, 10, 10, 3, 4, 5, 10)$

    Source: A, Table 2 with section 6.1

    Assumptions: the fitted p are softmax vectors, whose entries sum to one; the numbers are rounded
    to three decimals. "Computed over the dimension d" might mean a mean over the categories, which
    the first part excludes.

    Computed: for the first part d times the printed numbers, which could not exceed 2; for the
    second the least distance of a probability vector from the printed target, exactly and by a
    linear program.
    """
    totals = {
        name: d * (Fraction(gumbel[0]) - HALF_UNIT) for name, (_, gumbel, d) in TABLE_2.items()
    }
    target = entries(PRINTED_IN_TEXT)
    printed = [mean for mean, _ in TABLE_2["Discrete"][:2]]
    most = max(map(Fraction, printed)) + HALF_UNIT
    least = abs(1 - sum(target))
    return [
        Part(
            "L1 is a sum over the categories, not their mean",
            (
                exact("Binomial row", totals["Binomial"] > 2, _mean_excluded("Binomial", totals)),
                exact("Poisson row", totals["Poisson"] > 2, _mean_excluded("Poisson", totals)),
            ),
        ),
        Part(
            "0.026 and 0.027 are distances from the printed target",
            (
                exact(
                    "triangle inequality",
                    most >= least,
                    f"every probability vector is at least |1 - sum p_0| = {least} away",
                ),
                positive(
                    "linear program",
                    "quadrature",
                    float(most) - _nearest(target),
                    "0.0275 - least L1 distance",
                ),
            ),
            {
                "sum of p_0": str(sum(target)),
                "least L1 distance": f"{least} = {float(least):.6f}",
                "printed": printed,
            },
        ),
    ]


def _mean_excluded(name: str, totals: dict[str, Fraction]) -> str:
    return f"were it a mean, Gumbel's sum would be at least {float(totals[name]):.3f} > 2"


@claim("A.table-2-target.corrected", depends_on=("A.discrete-target.corrected",))
def table_2_target_corrected(_: Budget) -> list[Part]:
    r"""Statement: Every probability vector is at least 1/17 = 0.0588 away in L1 from the printed
    target, whose sum is 64/68; so the printed numbers belong to another target, such as the one
    over 64.

    LaTeX: $\min_{p \in \Delta} \sum_i |p(i) - p_0(i)| = |1 - \sum_i p_0(i)| = \tfrac{1}{17}$, and
    $0$ for $\tfrac{68}{64} p_0$

    Source: corrects A, Table 2 with section 6.1

    Assumptions: L1 is the sum over the categories.

    Computed: the triangle inequality with a vector that attains it; a linear program.
    """
    target = entries(PRINTED_IN_TEXT)
    mended = [p / sum(target) for p in target]
    return [
        Part(
            f"the least distance from the target {name} is {distance}",
            (
                _least_distance(vector, distance),
                positive(
                    "linear program",
                    "quadrature",
                    1e-9 - abs(_nearest(vector) - float(distance)),
                    "1e-9 - |optimum - distance|",
                ),
            ),
        )
        for name, vector, distance in (
            ("over 68", target, Fraction(1, 17)),
            ("over 64", mended, Fraction(0)),
        )
    ]


def _nearest(vector: Sequence[Fraction]) -> float:
    """min sum_i |p_i - v_i| over all probability vectors p, by a linear program in p and slacks."""
    d, v = len(vector), np.array([float(x) for x in vector])
    eye = np.eye(d)
    found: Any = optimize.linprog(
        np.r_[np.zeros(d), np.ones(d)],
        A_ub=np.block([[eye, -eye], [-eye, -eye]]),
        b_ub=np.r_[v, -v],
        A_eq=np.r_[np.ones(d), np.zeros(d)][None],
        b_eq=[1.0],
    )
    return float(found.fun)


def _least_distance(vector: Sequence[Fraction], distance: Fraction) -> Check:
    missing = 1 - sum(vector, Fraction(0))
    near = [x + missing / len(vector) for x in vector]
    attained = sum(abs(p - x) for p, x in zip(near, vector, strict=True))
    return proof(
        "triangle inequality",
        f"distance from the simplex: {abs(missing)}",
        argued(
            r"$\sum_i |p_i - v_i| \ge |\sum_i p_i - \sum_i v_i| = |1 - \sum_i v_i|$",
            "triangle inequality, p being a probability vector",
        ),
        shown(
            r"$p = v + \frac{1}{d}(1 - \sum_i v_i)\mathbf 1$ is a probability vector at exactly "
            r"this distance",
            min(near) >= 0 and sum(near) == 1 and attained == abs(missing) == distance,
            "rational arithmetic",
        ),
    )


@claim("A.table-3-text")
def table_3_text(_: Budget) -> list[Part]:
    r"""Statement: Comparing the best temperatures of Table 3, Normal-Softmax achieves the lowest
    test set loss for all data sets.

    LaTeX: $\min_t L_{Normal}(t) < \min_t L_{Gumbel}(t)$ for the printed test losses $L$ of every
    data set

    Source: A, section 6.2, section 10.2 and Table 3

    Assumptions: the ten printed temperatures; the table, not the training, is what is checked. The
    caption's "Gaussian-Softmax" for the second model is read as Gumbel-Softmax, as in its header.

    Computed: the least entry of every column; whether some Normal entry is below all Gumbel ones.
    """
    parts = []
    for name, rows in table_3().items():
        gumbel, normal = (min((row[k], t) for t, row in rows.items()) for k in (0, 1))
        below = any(all(row[1] < other[0] for other in rows.values()) for row in rows.values())
        found = (
            f"Normal {float(normal[0])} at t = {float(normal[1])}, Gumbel {float(gumbel[0])} at "
            f"t = {float(gumbel[1])}"
        )
        parts.append(
            Part(
                f"{name}: the best Normal is below the best Gumbel",
                (
                    exact("column minima", normal[0] < gumbel[0], found, universal=False),
                    exact("all pairs", below, "one Normal is below all Gumbel", universal=False),
                ),
            )
        )
    return parts


@claim("A.table-3-temperature-1")
def table_3_temperature_1(_: Budget) -> list[Part]:
    r"""Statement: At temperature 1, for which the text finds that Normal-Softmax trains better and
    faster, Table 3 prints the higher test loss for Normal-Softmax on all three data sets; and 1 is
    the temperature with the worst test loss in five of its six columns, all but Normal on Omniglot.

    LaTeX: $L_{Normal}(1) > L_{Gumbel}(1)$ for the printed test losses $L$ of every data set;
    $L_{Gumbel}(1) = \max_t L_{Gumbel}(t)$ for every data set, $L_{Normal}(1) = \max_t
    L_{Normal}(t)$ for MNIST and Fashion-MNIST

    Source: A, Table 3, beside the last sentence of section 6.2

    Assumptions: the sentence is about training losses, of which only curves are printed, and is not
    contradicted: a lower training loss may go with a higher test loss.

    Computed: the last row of Table 3 and the largest entries of its columns, exactly and in
    floating point.
    """
    table, floats = table_3(), _floats()
    last = [rows[Fraction(1)] for rows in table.values()]
    worst = {
        (name, k)
        for name, rows in table.items()
        for k in (0, 1)
        if rows[Fraction(1)][k] == max(row[k] for row in rows.values())
    }
    expected = {(name, k) for name in DATA_SETS for k in (0, 1)} - {("Omniglot", 1)}
    lead = (floats[-1] - floats[:-1].max(0)) * np.array([[1, 1], [1, 1], [1, -1]])
    return [
        Part(
            "Normal is higher at temperature 1 for every data set",
            (
                exact(
                    "rational",
                    all(normal > gumbel for gumbel, normal in last),
                    "by " + ", ".join(str(float(normal - gumbel)) for gumbel, normal in last),
                    universal=False,
                ),
                positive(
                    "floating point", "quadrature", floats[-1] @ np.array([-1, 1]), "differences"
                ),
            ),
        ),
        Part(
            "temperature 1 is the worst in five of six columns",
            (
                exact("rational", worst == expected, "column maxima", universal=False),
                positive("floating point", "quadrature", lead.ravel(), "lead over the others"),
            ),
        ),
    ]


def _floats() -> np.ndarray:
    """Table 3 as an array: temperature, data set, (Gumbel, Normal)."""
    rows = np.array([line.split() for line in TABLE_3.strip().splitlines()], float)
    return rows[:, 1:].reshape(len(rows), len(DATA_SETS), 2)
