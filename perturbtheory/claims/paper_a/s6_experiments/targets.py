"""Section 6.1, Figures 8 and 9: the target distributions as printed."""

import math
from fractions import Fraction

import numpy as np
from scipy import stats

from perturbtheory.claims.exhibits.printed_again import NUMERATORS
from perturbtheory.ledger import Claim, agree, exact, positive, shown, sign, witness
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

TEXT, CAPTION = NUMERATORS
BINOMIAL_CATEGORIES = 12
HALF_UNIT = Fraction(1, 2000)
"""Half a unit of the last digit that Table 2 prints."""
RATIONAL = "rational arithmetic"

discrete_target = Claim(
    "A.discrete-target",
    "A, section 6.1 and the caption of Figure 8; d = 10 in Figure 4",
    r"""The discrete target is the distribution $p_0 = \tfrac{1}{68} (10, 3, 4, 5, 10, 10, 3, 4, 5,
    10)$ over $d = 10$ events; a caption prints it as $p_0 = \tfrac{1}{68} (10, 3, 4, 5, 10, 3, 4,
    5, 10)$. It has $\sum_i p_0(i) = 1$.""",
    assumes="none.",
)
over_their_sum = discrete_target.corrected(
    r"""The ten numerators of section 6.1 add up to 64 and those of the caption to 54: over 64 the
    first are a distribution over ten events, $p_0 = \tfrac{1}{64}(10, 3, 4, 5, 10, 10, 3, 4, 5,
    10)$ with $d = 10$ and $\sum_i p_0(i) = 1$; the second over 54 are one over nine.""",
    source="corrects A, section 6.1 and the caption of Figure 8",
    assumes="""The numerators are right and the denominator is not; a wrong numerator, 14 for one of
    the 10, would mend the sum as well.""",
)
binomial_target = Claim(
    "A.binomial-target",
    "A, section 6.1 and the caption of Figure 9",
    r"""The binomial distribution with $n = 12$ and $p = 0.3$, of finite support, is approximated
    with dimension $d = 12$. Read as: its outcomes are $d = 12$ categories, $\sum_{k=0}^{d-1}
    \binom{12}{k} 0.3^k\, 0.7^{12-k} = 1$.""",
    assumes=r"""The categories are outcomes of the binomial law, one each. Read as an approximation
    that leaves an outcome out, as for the laws of infinite support, $d = 12$ does no harm, which is
    a part as well.""",
)
thirteen_outcomes = binomial_target.corrected(
    r"""The binomial law with $n = 12$ has 13 outcomes, $\sum_{k=0}^{12} \binom{12}{k} 0.3^k\,
    0.7^{12-k} = 1$, of which $k = 12$ has the least probability, $0.3^{12} = 5.31441 \cdot
    10^{-7}$. Twelve categories leave out at least this mass, which the printed numbers cannot
    show.""",
    assumes="As printed, $n = 12$ and $p = 0.3$.",
)
countable_targets = Claim(
    "A.countable-targets",
    "A, section 6.1 and the caption of Figure 9",
    r"""The Poisson (50) and negative binomial (50, 0.6) targets, of countably infinite support, are
    approximated with dimension $d = 100$: the mass left out, $\sum_{k \ge 100}
    e^{-50}\frac{50^k}{k!}$ and $\sum_{k \ge 100} \binom{k+49}{k} 0.6^{50}\, 0.4^k$, is
    negligible.""",
    assumes=r"""The categories are the outcomes 0 to 99. The negative binomial counts failures
    before the 50th success, with success probability 0.6 and mean 33, as scipy does and the code
    on which the paper says it builds; were 0.6 the probability of a failure, or trials counted,
    the mass left out would not be negligible. Negligible: twice it, as an $L_1$ distance, is below
    half a unit of the last digit that Table 2 prints.""",
)


@discrete_target.part("section 6.1: a distribution over $d = 10$ events", where=TEXT)
@discrete_target.part("caption of Figure 8: a distribution over $d = 10$ events", where=CAPTION)
@over_their_sum.part("over 64: a distribution over 10 events", where=TEXT, whole=64)
@over_their_sum.part("over 54: a distribution over 9 events", where=CAPTION, whole=54, events=9)
def is_distribution(where, whole=68, events=10):
    printed = {TEXT: PRINTED_IN_TEXT, CAPTION: PRINTED_IN_CAPTION}[where]
    vector = [p * 68 / whole for p in entries(printed)]
    says = f"{len(vector)} entries, none negative, with sum {sum(vector)}"
    holds = len(vector) == events and min(vector) >= 0 and sum(vector) == 1
    yield exact("rational sum", shown(says, holds, RATIONAL))
    cases = f"draws one of {events} events with it, as the experiment does"
    yield exact("numpy", _can_be_drawn([n / whole for n in NUMERATORS[where]], events), cases=cases)
    yield witness(
        entries=len(vector),
        d=events,
        numerators=[int(whole * p) for p in vector],
        sum=str(sum(vector)),
    )


def _can_be_drawn(vector, events):
    """Numpy raises unless there are as many, none negative, with sum one to 1e-8."""
    try:
        np.random.default_rng(0).choice(events, p=vector)
    except ValueError:
        return False
    return True


@binomial_target.part("twelve categories hold the whole law")
def twelve_categories():
    outcomes = [k for k in range(TRIALS + 5) if binomial(k) > 0]
    rest = 1 - sum(binomial(k) for k in range(BINOMIAL_CATEGORIES))
    says = f"{len(outcomes)} outcomes; the first twelve have $1 - {float(rest):.6g}$"
    holds = len(outcomes) == BINOMIAL_CATEGORIES and rest == 0
    yield exact("rational", shown(says, holds, RATIONAL))
    survival = stats.binom(12, 0.3).sf(11)
    yield agree("scipy", survival, 0.0, "mass left out", slack=1e-12)
    yield witness(
        n=TRIALS,
        p=str(SUCCESS),
        outcomes=len(outcomes),
        d=BINOMIAL_CATEGORIES,
        **{"mass of $k = 12$": f"{float(rest):.6g}"},
    )


@thirteen_outcomes.part("13 outcomes; the least has probability $0.3^{12}$")
def outcomes():
    law = [binomial(k) for k in range(TRIALS + 1)]
    least = min(law)
    says = f"13 positive probabilities with sum one, the last {float(least):.6g}"
    holds = sum(law) == 1 and min(law[:-1]) > law[-1] == least == SUCCESS**12 > 0
    yield exact("rational", shown(says, holds, RATIONAL))
    floats = stats.binom.pmf(np.arange(13), 12, 0.3)
    yield agree("scipy", floats, law, "all probabilities")


@thirteen_outcomes.part("the mass left out is below half a unit of the last printed digit")
@binomial_target.part("as an approximation: the mass left out is below half a printed unit")
def below_half_a_unit():
    least = SUCCESS**TRIALS
    says = r"$2 \cdot 0.3^{12} < 0.0005$: twice the mass, as an $L_1$ distance"
    yield exact("rational", shown(says, 2 * least < HALF_UNIT, RATIONAL))
    tail = stats.binom.pmf(12, 12, 0.3)
    yield positive("scipy", float(HALF_UNIT) - 2 * tail, "0.0005 less the $L_1$ distance")


@countable_targets.part("Poisson (50): the mass beyond 99 is negligible")
def poisson():
    from flint import arb, fmpq

    head = sum((Fraction(MEAN**k, math.factorial(k)) for k in range(CATEGORIES)), Fraction(0))
    rest = 1 - arb(fmpq(head.numerator, head.denominator)) * (-arb(MEAN)).exp()
    says = f"the mass left out is {float(rest.mid()):.4g}, below 0.00025"
    yield exact("ball arithmetic", shown(says, sign(arb(1) / 4000 - rest), "ball arithmetic"))
    survival = stats.poisson(50).sf(99)
    yield positive("scipy", float(HALF_UNIT) / 2 - survival, "0.00025 less the mass")


@countable_targets.part("negative binomial (50, 0.6): the mass beyond 99 is negligible")
def negative_binomial():
    rest, of_failure, trials = (
        1 - sum(failures(k, stopping) for k in range(categories))
        for stopping, categories in (
            (STOPPING, CATEGORIES),
            (1 - STOPPING, CATEGORIES),
            (STOPPING, CATEGORIES - STOPS),
        )
    )
    says = f"""the mass left out is {float(rest):.4g}, below 0.00025; it is {float(of_failure):.3g}
        with 0.6 the probability of a failure, {float(trials):.3g} with trials counted"""
    yield exact("rational", shown(says, rest < HALF_UNIT / 2, RATIONAL))
    survival = stats.nbinom(50, 0.6).sf(99)
    yield positive("scipy", float(HALF_UNIT) / 2 - survival, "0.00025 less the mass")
