"""Section 5, Figure 3: what the recorded VAEs with coupled bits say; nothing is trained here."""

import numpy as np

from perturbtheory.claims.exhibits.criteria import (
    CLEAR,
    COMPARABLE,
    NATS,
    PAIRED,
    RUNS,
    measured,
    outcome,
    paired,
)
from perturbtheory.claims.exhibits.paired_runs import held, length, longest, more, number_of
from perturbtheory.experiments.structured import recorded
from perturbtheory.experiments.structured.grids import LEFT, RIGHT
from perturbtheory.ledger import Claim, experiment, not_run

CROSSING = 85
"""The epoch in which the general encoder becomes better, by the text."""
_HOW = r"""Fashion-MNIST, fifteen bits; the arg max by enumeration, which is exact. The published
    number: hard reconstruction and the KL of the unary terms, of test images at the epoch that is
    best on validation images by the same number. The longest recorded runs of which both sides have
    three seeds; three standard errors of the mean difference, paired. This was fixed before any run
    was looked at."""
figure_3 = Claim(
    "B.figure-3",
    "B, section 5, Figure 3",
    r"""With $\tilde f$ direct optimisation still descends, its loss falls by more than a nat; it
    compares favourably with Gumbel-Softmax, REBAR, RELAX and ARM, $L_{direct} - L < 1$; structured
    encoders achieve better bounds, $L_{supermodular} < L_{unstructured}$ and $L_{general} <
    L_{unstructured}$.""",
    assumes=rf"""{_HOW} "Compares favorably to state-of-the-art methods" is said in section 6 of the
    approach, and read here as not worse by a nat.""",
)
behind = figure_3.corrected(
    r"""With $\tilde f$ direct optimisation descends, its loss falls by more than a nat; with
    independent bits it is behind Gumbel-Softmax, REBAR and the score function with a leave-one-out
    baseline by more than a nat, $L_{direct} - L > 1$; the general encoder is better than the
    unstructured one, $L_{general} < L_{unstructured}$.""",
    source="corrects B, section 5, Figure 3",
    assumes=rf"""{_HOW} The statement was written after the runs. As in the code of paper B the KL
    is no part of direct optimisation's gradient, and is one of the others'. RELAX, ARM and the
    supermodular encoder are left open by three seeds.""",
)
crossing = Claim(
    "B.figure-3-crossing",
    "B, section 5, Figure 3",
    r"""The general encoder achieves better test loss than the supermodular one, and becomes better
    only in epoch $85$: $L_{supermodular} < L_{general}$ before, $L_{general} < L_{supermodular}$
    after it.""",
    assumes=rf"""{_HOW} Here the validation number after the last epoch that was run before epoch
    $85$, and after the last of all.""",
)
earlier = crossing.corrected(
    r"""The general encoder is the better one before epoch $85$ already, $L_{general} <
    L_{supermodular}$.""",
    source="corrects B, section 5, Figure 3",
    assumes=rf"""{_HOW} The statement was written after the runs. The validation number after the
    last epoch that was run before epoch $85$.""",
)
time = Claim(
    "B.figure-3-time",
    "B, section 5, Figure 3",
    r"""The wall-clock time of learning a supermodular encoder is comparable to that of learning an
    unstructured one: less than twice as long.""",
    assumes=r"""Median seconds of an epoch in the recorded runs. The arg max is by enumeration of
    all $2^{15}$ states, not by max-flow: of the paper's solvers nothing is said.""",
)
PUBLISHED = number_of("as_published", "as_published")


@figure_3.part(r"direct with $\tilde f$ descends: the validation loss falls from the first epoch")
def descends():
    epochs, found = longest(held(recorded), LEFT["direct"])
    curves = {seed: one["validation"]["as_published"] for seed, (one,) in found.items()}
    gaps = {seed: curve[0] - curve[-1] for seed, curve in curves.items()}
    yield from measured([paired(length(epochs), gaps, "first - last", NATS)])


for _name in ("Gumbel-Softmax", "REBAR", "RELAX", "ARM"):
    figure_3.part(
        f"direct is not worse than {_name} by a nat", recorded=recorded, far=LEFT[_name],
        near=LEFT["direct"], read=PUBLISHED, what=f"{_name} - direct", floor=-NATS,
    )(more)  # fmt: skip
for _name in ("supermodular", "general"):
    figure_3.part(
        f"{_name} is better than unstructured", recorded=recorded, far=RIGHT["unstructured"],
        near=RIGHT[_name], read=PUBLISHED, what=f"unstructured - {_name}",
    )(more)  # fmt: skip
behind.part(r"direct with $\tilde f$ descends")(descends)
for _name in ("Gumbel-Softmax", "REBAR", "score, leave-one-out"):
    behind.part(
        f"{_name} is better by more than a nat", recorded=recorded, far=LEFT["direct"],
        near=LEFT[_name], read=PUBLISHED, what=f"direct - {_name}", floor=NATS,
    )(more)  # fmt: skip
behind.part(
    "general is better than unstructured", recorded=recorded, far=RIGHT["unstructured"],
    near=RIGHT["general"], read=PUBLISHED, what="unstructured - general",
)(more)  # fmt: skip


@crossing.part("before epoch $85$ the supermodular encoder is better", sign=1, late=False)
@crossing.part("after epoch $85$ the general encoder is better", sign=-1, late=True)
@earlier.part("before epoch $85$ the general encoder is better", sign=-1, late=False)
def crosses(sign, late):
    epochs, found = longest(held(recorded), RIGHT["general"], RIGHT["supermodular"])
    if late and epochs <= CROSSING:
        yield not_run(RUNS, f"more than {CROSSING} epochs")
        return
    at = epochs if late else min(epochs, CROSSING - 1)
    gaps = {
        seed: sign * (one["validation"]["as_published"][at - 1]
                      - two["validation"]["as_published"][at - 1])
        for seed, (one, two) in found.items()
    }  # fmt: skip
    what = "general - supermodular" if sign > 0 else "supermodular - general"
    yield from measured([paired(f"after epoch {at}" if at else length(at), gaps, what)])


@time.part("an epoch of the supermodular encoder")
def comparable():
    epochs, found = longest(held(recorded), RIGHT["supermodular"], RIGHT["unstructured"])
    if len(found) < PAIRED:
        there = f"only {len(found)} of {PAIRED} seeds" if found else "no seed"
        yield not_run("recorded times", f"{there} of both")
        return
    one, two = (np.median([pair[k]["seconds"] for pair in found.values()]) for k in (0, 1))
    said = f"{epochs} epochs: {one / two:.2f} times the time of the unstructured one"
    yield from measured(
        [experiment("recorded times", outcome(COMPARABLE - one / two, CLEAR), said)]
    )
