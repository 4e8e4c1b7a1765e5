"""Section 6.1, Figures 8 and 9: the target distributions as printed."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy import stats

from perturbtheory.claims.legacy import agree, claim, exact, positive, sign
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.models.targets import (
    CATEGORIES,
    MEAN,
    PRINTED_IN_CAPTION,
    PRINTED_IN_TEXT,
    STOPPING,
    STOPS,
    SUCCESS,
    TRIALS,
    binomial,
    entries,
    failures,
)

_EVENTS = 10
_BINOMIAL_CATEGORIES = 12
HALF_UNIT = Fraction(1, 2000)
"""Half a unit of the last digit that Table 2 prints."""


def _is_distribution(vector: Sequence[Fraction], events: int) -> bool:
    return len(vector) == events and min(vector) >= 0 and sum(vector) == 1


def _can_be_drawn(vector: Sequence[Fraction], events: int) -> Check:
    """Whether numpy draws one of so many events with these probabilities, as the experiment does.

    It raises ValueError unless there are as many, none negative, with sum one to 1e-8.
    """
    try:
        np.random.default_rng(0).choice(events, p=[float(p) for p in vector])
        drawn = True
    except ValueError:
        drawn = False
    return exact("numpy", drawn, f"draws one of {events} events with it", universal=False)


def _printed(name: str, printed: str) -> Part:
    vector = entries(printed)
    found = f"{len(vector)} entries, sum {sum(vector)}"
    return Part(
        f"{name}: a distribution over d = 10 events",
        (
            exact("rational sum", _is_distribution(vector, _EVENTS), found),
            _can_be_drawn(vector, _EVENTS),
        ),
        {
            "entries": len(vector),
            "d": _EVENTS,
            "numerators": [int(68 * p) for p in vector],
            "sum": str(sum(vector)),
        },
    )


@claim("A.discrete-target", corrected="A.discrete-target.corrected")
def discrete_target(_: Budget) -> list[Part]:
    r"""Statement: The discrete target is the distribution (10, 3, 4, 5, 10, 10, 3, 4, 5, 10)/68
    over d = 10 events; a caption prints it as (10, 3, 4, 5, 10, 3, 4, 5, 10)/68.

    LaTeX: $p_0 = \tfrac{1}{68}(10, 3, 4, 5, 10, 10, 3, 4, 5, 10)$, and $p_0 = \tfrac{1}{68}
    (10, 3, 4, 5, 10, 3, 4, 5, 10)$, with $d = 10$ and $\sum_i p_0(i) = 1$

    Source: A, section 6.1 and the caption of Figure 8; d = 10 in Figure 4

    Assumptions: none.

    Computed: number and exact sum of the entries; whether numpy draws samples from them.
    """
    return [
        _printed("section 6.1", PRINTED_IN_TEXT),
        _printed("caption of Figure 8", PRINTED_IN_CAPTION),
    ]


@claim("A.discrete-target.corrected")
def discrete_target_corrected(_: Budget) -> list[Part]:
    r"""Statement: The ten numerators of section 6.1 sum to 64 and those of the caption to 54: over
    64 the first are a distribution over ten events, the second over 54 one over nine.

    LaTeX: $p_0 = \tfrac{1}{64}(10, 3, 4, 5, 10, 10, 3, 4, 5, 10)$ has $d = 10$ and
    $\sum_i p_0(i) = 1$

    Source: corrects A, section 6.1 and the caption of Figure 8

    Assumptions: the numerators are right and the denominator is not; a wrong numerator, 14 for one
    of the 10, would mend the sum as well.

    Computed: the exact sums, and whether numpy draws samples from the vectors.
    """
    return [
        Part(
            f"over {whole}: a distribution over {events} events",
            (
                exact("rational sum", _is_distribution(vector, events), f"sum {sum(vector)}"),
                _can_be_drawn(vector, events),
            ),
        )
        for printed, whole, events in ((PRINTED_IN_TEXT, 64, 10), (PRINTED_IN_CAPTION, 54, 9))
        for vector in [[p * 68 / whole for p in entries(printed)]]
    ]


@claim("A.binomial-target", corrected="A.binomial-target.corrected")
def binomial_target(_: Budget) -> list[Part]:
    r"""Statement: The binomial distribution with n = 12 and p = 0.3, of finite support, is
    approximated with dimension d = 12; read as: its outcomes are d = 12 categories.

    LaTeX: "approximation with dimension $d = 12$ of a binomial distribution (with finite support)",
    $n = 12$, $p = 0.3$: $\sum_{k=0}^{d-1} \binom{12}{k} 0.3^k\, 0.7^{12-k} = 1$

    Source: A, section 6.1 and the caption of Figure 9

    Assumptions: the categories are outcomes of the binomial law, one each. Read as an approximation
    that leaves an outcome out, as for the laws of infinite support, d = 12 does no harm: see the
    correction.

    Computed: the number of outcomes with positive probability and the mass of the first twelve,
    exactly and by scipy.
    """
    outcomes = [k for k in range(TRIALS + 5) if binomial(k) > 0]
    mass = sum(binomial(k) for k in range(_BINOMIAL_CATEGORIES))
    survival = float(stats.binom.sf(_BINOMIAL_CATEGORIES - 1, TRIALS, float(SUCCESS)))
    return [
        Part(
            "twelve categories hold the whole law",
            (
                exact(
                    "rational",
                    len(outcomes) == _BINOMIAL_CATEGORIES and mass == 1,
                    f"{len(outcomes)} outcomes; the first twelve have 1 - {float(1 - mass):.6g}",
                ),
                agree("scipy", "quadrature", survival, 0.0, "mass left out", slack=1e-12),
            ),
            {
                "n": TRIALS,
                "p": str(SUCCESS),
                "outcomes": len(outcomes),
                "d": _BINOMIAL_CATEGORIES,
                "mass of k = 12": f"{float(1 - mass):.6g}",
            },
        )
    ]


@claim("A.binomial-target.corrected")
def binomial_target_corrected(_: Budget) -> list[Part]:
    r"""Statement: The binomial law with n = 12 has 13 outcomes. Twelve categories leave out at
    least 0.3^12 = 5.3e-7 of the mass, which the printed numbers cannot show.

    LaTeX: $\sum_{k=0}^{12} \binom{12}{k} 0.3^k\, 0.7^{12-k} = 1$, and the outcome with the least
    probability is $k = 12$ with $0.3^{12} = 5.31441 \cdot 10^{-7}$

    Source: corrects A, section 6.1 and the caption of Figure 9

    Assumptions: as printed, n = 12 and p = 0.3.

    Computed: the exact probabilities of all 13 outcomes; scipy's.
    """
    law = [binomial(k) for k in range(TRIALS + 1)]
    floats = stats.binom.pmf(np.arange(TRIALS + 1), TRIALS, float(SUCCESS))
    least = min(law)
    return [
        Part(
            "13 outcomes; the least has probability 0.3^12",
            (
                exact(
                    "rational",
                    sum(law) == 1 and min(law[:-1]) > law[-1] == least == SUCCESS**12 > 0,
                    f"13 positive probabilities with sum one, the last {float(least):.6g}",
                ),
                agree("scipy", "quadrature", floats, law, "all probabilities"),
            ),
        ),
        Part(
            "the mass left out is below half a unit of the last printed digit",
            (
                exact("rational", 2 * least < HALF_UNIT, "twice the mass, in L1"),
                positive("scipy", "quadrature", float(HALF_UNIT) - 2 * floats[-1], "0.0005 - L1"),
            ),
        ),
    ]


@claim("A.countable-targets")
def countable_targets(_: Budget) -> list[Part]:
    r"""Statement: The Poisson (50) and negative binomial (50, 0.6) targets, of countably infinite
    support, are approximated with dimension d = 100: the mass left out is negligible.

    LaTeX: $\sum_{k \ge 100} e^{-50}\frac{50^k}{k!}$ and $\sum_{k \ge 100} \binom{k+49}{k}
    0.6^{50}\, 0.4^k$ are negligible

    Source: A, section 6.1 and the caption of Figure 9

    Assumptions: the categories are the outcomes 0 to 99. The negative binomial counts failures
    before the 50th success, with success probability 0.6 and mean 33, as scipy does and the code
    on which the paper says it builds; were 0.6 the probability of a failure, or trials counted,
    the mass left out would not be negligible. Negligible: twice it, as an L1 distance, is below
    half a unit of the last digit that Table 2 prints.

    Computed: the mass left out, by ball arithmetic and in exact rationals, and by scipy.
    """
    from flint import arb, fmpq

    head = sum((Fraction(MEAN**k, math.factorial(k)) for k in range(CATEGORIES)), Fraction(0))
    poisson = 1 - arb(fmpq(head.numerator, head.denominator)) * (-arb(MEAN)).exp()
    limit = HALF_UNIT / 2
    bound = arb(fmpq(limit.numerator, limit.denominator))
    left_out = 1 - sum(failures(k, STOPPING) for k in range(CATEGORIES))
    other = 1 - sum(failures(k, 1 - STOPPING) for k in range(CATEGORIES))
    trials = 1 - sum(failures(k, STOPPING) for k in range(CATEGORIES - STOPS))
    survivals = (
        float(stats.poisson.sf(CATEGORIES - 1, MEAN)),
        float(stats.nbinom.sf(CATEGORIES - 1, STOPS, float(STOPPING))),
    )
    return [
        Part(
            "Poisson (50): the mass beyond 99 is negligible",
            (
                exact(
                    "ball arithmetic",
                    sign(bound - poisson),
                    f"mass left out {float(poisson.mid()):.4g}",
                    universal=False,
                ),
                positive("scipy", "quadrature", float(limit) - survivals[0], "margin"),
            ),
        ),
        Part(
            "negative binomial (50, 0.6): the mass beyond 99 is negligible",
            (
                exact(
                    "rational",
                    left_out < limit,
                    f"mass left out {float(left_out):.4g}; {float(other):.3g} with 0.6 the "
                    f"probability of a failure, {float(trials):.3g} with trials counted",
                ),
                positive("scipy", "quadrature", float(limit) - survivals[1], "margin"),
            ),
        ),
    ]
