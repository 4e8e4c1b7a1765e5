"""Tables 2 and 3: what the printed numbers say about the text, without any training.

Every comparison is made twice, from two transcriptions of the table: in rational numbers from the
rows of `experiments`, and in floating point from the columns of `exhibits.printed_again`.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import optimize

from perturbtheory.claims.exhibits.printed_again import DIMENSIONS, L1, LOSSES, NUMERATORS
from perturbtheory.claims.paper_a.s6_experiments.targets import HALF_UNIT, over_their_sum
from perturbtheory.experiments.fits.tables import TABLE_2
from perturbtheory.experiments.vaes.printed import TABLE_3
from perturbtheory.ledger import Claim, agree, argued, exact, positive, shown, witness
from perturbtheory.models.targets import PRINTED_IN_TEXT, entries

Losses = dict[Fraction, tuple[Fraction, Fraction]]
LAST = Fraction(1)
TARGET = entries(PRINTED_IN_TEXT)
ROWS, COLUMNS = "rational, from rows", "floating point, from columns"

table_2_text = Claim(
    "A.table-2-text",
    'A, section 6.1, "better results in all cases", and Table 2',
    r"""In Table 2 the mean $L_1$ distance of Normal-Softmax is below that of Gumbel-Softmax for all
    four targets; for the discrete target by less than one printed standard deviation,
    $L_{Gumbel} - L_{Normal} = 0.001 < 0.002$.""",
    assumes="The table, not the fits, is what is checked.",
)
table_2_target = Claim(
    "A.table-2-target",
    "A, Table 2 with section 6.1",
    r"""The $L_1$ distance $\sum_{i=1}^{d} |p(i) - p_0(i)|$ between the fitted $p$ and the printed
    discrete target $p_0 = \tfrac{1}{68}(10, 3, 4, 5, 10, 10, 3, 4, 5, 10)$ is on average 0.026 for
    Normal-Softmax and 0.027 for Gumbel-Softmax.""",
    assumes=r"""The fitted $p$ are softmax vectors, whose entries add up to one; the numbers are
    rounded to three decimals. "Computed over the dimension $d$" might mean a mean over the
    categories, which the first part excludes. Half the sum, which is the total variation, is not
    called $L_1$, but is a part as well.""",
)
other_target = table_2_target.corrected(
    r"""Every probability vector is at least 1/17 = 0.0588 away in $L_1$ from the printed target,
    whose sum is 64/68: $\min_{p \in \Delta} \sum_i |p(i) - p_0(i)| = |1 - \sum_i p_0(i)| =
    \tfrac{1}{17}$. So the printed numbers belong to another target, such as $\tfrac{68}{64} p_0$,
    the one over 64, for which the minimum is $0$.""",
    assumes="$L_1$ is the sum over the categories.",
    depends_on=over_their_sum,
)
table_3_text = Claim(
    "A.table-3-text",
    "A, section 6.2, section 10.2 and Table 3",
    r"""Comparing the best temperatures of Table 3, Normal-Softmax achieves the lowest test set loss
    $L$ for all data sets: $\min_t L_{Normal}(t) < \min_t L_{Gumbel}(t)$.""",
    assumes="""The ten printed temperatures; the table, not the training, is what is checked. The
    caption's "Gaussian-Softmax" for the second model is read as Gumbel-Softmax, as in its
    header.""",
)
table_3_temperature_1 = Claim(
    "A.table-3-temperature-1",
    "A, Table 3, beside the last sentence of section 6.2",
    r"""At temperature 1, for which the text finds that Normal-Softmax trains better and faster,
    Table 3 prints the higher test loss for Normal-Softmax on all three data sets, $L_{Normal}(1) >
    L_{Gumbel}(1)$; and 1 is the temperature with the worst test loss in five of its six columns,
    all but Normal on Omniglot: $L_{Gumbel}(1) = \max_t L_{Gumbel}(t)$ for every data set,
    $L_{Normal}(1) = \max_t L_{Normal}(t)$ for MNIST and Fashion-MNIST.""",
    assumes="""The sentence is about training losses, of which only curves are printed, and is not
    contradicted: a lower training loss may go with a higher test loss.""",
)


def table_3() -> dict[str, Losses]:
    """(Gumbel, Normal) by data set and temperature."""
    rows = [[Fraction(x) for x in line.split()] for line in TABLE_3.strip().splitlines()]
    return {
        name: {row[0]: (row[1 + 2 * k], row[2 + 2 * k]) for row in rows}
        for k, name in enumerate(LOSSES)
    }


@table_2_text.part("the mean of Normal is the lower one for all four targets")
def lower_mean():
    gaps = [Fraction(gumbel[0]) - Fraction(normal[0]) for normal, gumbel, _ in TABLE_2.values()]
    yield exact(ROWS, min(gaps) > 0, cases="the four rows")
    yield positive(COLUMNS, L1["gumbel"] - L1["normal"], "Gumbel less Normal")


@table_2_text.part("by less than a standard deviation for the discrete target")
def within_deviation():
    cells = (map(Fraction, cell) for cell in TABLE_2["Discrete"][:2])
    (normal, spread), (gumbel, other) = cells
    cases = f"{float(gumbel - normal)} against {float(min(spread, other))}"
    yield exact(ROWS, gumbel - normal < min(spread, other), cases=cases)
    gap = L1["gumbel"][0] - L1["normal"][0]
    least = min(L1["gumbel, deviation"][0], L1["normal, deviation"][0])
    yield positive(COLUMNS, least - gap, "deviation less difference")


@table_2_target.part("$L_1$ is a sum over the categories, not their mean")
def not_a_mean():
    unit = float(HALF_UNIT)
    totals = {
        name: d * (Fraction(gumbel[0]) - HALF_UNIT) for name, (_, gumbel, d) in TABLE_2.items()
    }
    least = {name: float(totals[name]) for name in ("Binomial", "Poisson")}
    yield exact(
        ROWS,
        shown(
            "were it a mean, Gumbel's sum would be at least "
            + ", ".join(f"{x:.3f} for {name}" for name, x in least.items())
            + ": above 2",
            min(totals[name] for name in least) > 2,
            "rational arithmetic",
        ),
        argued("two probability vectors are at most 2 apart", "triangle inequality"),
    )
    sums = DIMENSIONS * (L1["gumbel"] - unit)
    yield positive(COLUMNS, sums[1:3] - 2, "$d$ times the printed mean, less 2")


@table_2_target.part("0.026 and 0.027 are distances from the printed target", share=Fraction(1))
@table_2_target.part(
    "0.026 and 0.027 are half the distances from the printed target", share=Fraction(1, 2)
)
def from_the_printed_target(share):
    printed = [mean for mean, _ in TABLE_2["Discrete"][:2]]
    most, least = max(map(Fraction, printed)) + HALF_UNIT, share * abs(1 - sum(TARGET))
    yield exact(
        "triangle inequality",
        argued(r"""$\sum_i |p_i - p_0(i)| \ge |1 - \sum_i p_0(i)|$ for every probability vector $p$
            [triangle inequality]"""),
        shown(f"$0.0275 \\ge {least}$, that bound", most >= least, "rational arithmetic"),
    )
    target = [n / 68 for n in NUMERATORS["section 6.1"]]
    rounded_up = L1["gumbel"][0] + float(HALF_UNIT)
    what = "0.0275 less the minimum"
    yield positive("linear program", rounded_up - float(share) * _nearest(target), what)
    yield witness(
        {
            "sum of $p_0$": str(sum(TARGET)),
            "least $L_1$ distance": f"{least} = {float(least):.6f}",
            "printed": printed,
        }
    )


@other_target.part(
    "the least distance from the target over 68 is 1/17", whole=68, distance=Fraction(1, 17)
)
@other_target.part(
    "the least distance from the target over 64 is 0", whole=64, distance=Fraction(0)
)
def least_distance(whole, distance):
    vector = [p * 68 / whole for p in TARGET]
    missing = 1 - sum(vector, Fraction(0))
    near = [x + missing / len(vector) for x in vector]
    attained = sum(abs(p - x) for p, x in zip(near, vector, strict=True))
    yield exact(
        "triangle inequality",
        argued(r"""$\sum_i |p_i - v_i| \ge |\sum_i p_i - \sum_i v_i| = |1 - \sum_i v_i|$ [triangle
            inequality, p being a probability vector]"""),
        shown(
            r"$p = v + \frac{1}{d}(1 - \sum_i v_i)\mathbf 1$ is a probability vector at exactly "
            f"this distance, {abs(missing)}",
            min(near) >= 0 and sum(near) == 1 and attained == abs(missing) == distance,
            "rational arithmetic",
        ),
    )
    found = _nearest([n / whole for n in NUMERATORS["section 6.1"]])
    yield agree("linear program", found, float(distance), "optimum", slack=1e-9, floor=1.0)


def _nearest(vector: Sequence[float]) -> float:
    """min sum_i |p_i - v_i| over all probability vectors p, by a linear program in p and slacks."""
    d, v = len(vector), np.array(vector)
    eye = np.eye(d)
    found: Any = optimize.linprog(
        np.r_[np.zeros(d), np.ones(d)],
        A_ub=np.block([[eye, -eye], [-eye, -eye]]),
        b_ub=np.r_[v, -v],
        A_eq=np.r_[np.ones(d), np.zeros(d)][None],
        b_eq=[1.0],
    )
    return float(found.fun)


@table_3_text.part("MNIST: the best Normal is below the best Gumbel", data="MNIST")
@table_3_text.part("Fashion-MNIST: the best Normal is below the best Gumbel", data="Fashion-MNIST")
@table_3_text.part("Omniglot: the best Normal is below the best Gumbel", data="Omniglot")
def best_temperatures(data):
    rows = table_3()[data]
    gumbel, normal = (min((row[k], t) for t, row in rows.items()) for k in (0, 1))
    cases = f"""Normal {float(normal[0])} at $t = {float(normal[1])}$, Gumbel {float(gumbel[0])} at
        $t = {float(gumbel[1])}$"""
    yield exact(ROWS, normal[0] < gumbel[0], cases=cases)
    one, two = LOSSES[data]
    yield positive(COLUMNS, one.min() - two.min(), "best Gumbel less best Normal")


@table_3_temperature_1.part("Normal is higher at temperature 1 for every data set")
def at_temperature_1():
    last = [rows[LAST] for rows in table_3().values()]
    yield exact(
        ROWS,
        all(normal > gumbel for gumbel, normal in last),
        cases="by " + ", ".join(str(float(normal - gumbel)) for gumbel, normal in last),
    )
    lead = np.array([normal[-1] - gumbel[-1] for gumbel, normal in LOSSES.values()])
    yield positive(COLUMNS, lead, "Normal less Gumbel")


@table_3_temperature_1.part("temperature 1 is the worst in five of six columns")
def worst_temperature():
    worst = {
        (name, k)
        for name, rows in table_3().items()
        for k in (0, 1)
        if rows[LAST][k] == max(row[k] for row in rows.values())
    }
    expected = {(name, k) for name in LOSSES for k in (0, 1)} - {("Omniglot", 1)}
    yield exact(ROWS, worst == expected, cases="the largest entry of each column")
    lead = np.array([[x[-1] - x[:-1].max() for x in pair] for pair in LOSSES.values()])
    lead[2, 1] *= -1
    yield positive(COLUMNS, lead.ravel(), "lead over the others; for Normal on Omniglot, lag")
