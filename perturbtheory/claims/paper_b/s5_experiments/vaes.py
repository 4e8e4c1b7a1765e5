"""Section 5, Table 1, Figures 2 and 6: what the recorded VAEs say; nothing is trained here."""

import math
from dataclasses import replace
from typing import Any

from perturbtheory.claims.exhibits.spreads import measured
from perturbtheory.claims.exhibits.vae_losses import SPLITS, on_images, runs_apart
from perturbtheory.data import PIXELS
from perturbtheory.experiments.vaes import recorded
from perturbtheory.experiments.vaes.grids import (
    CATEGORIES,
    ENDS,
    METHODS,
    loss,
    tested,
    validation,
)
from perturbtheory.experiments.vaes.speed import ratio
from perturbtheory.experiments.vaes.tables import CERTAIN
from perturbtheory.ledger import Check, Claim, Outcome, exact

EARLY = 5
"""The epoch in which convergence is looked at."""
HIDDEN, BATCH = 300, 100
CLEAR = 0.05
"""By how much a ratio of times must differ from one to count."""

table_1 = Claim(
    "B.table-1",
    "B, section 5 and the caption of Table 1",
    r"""Direct optimisation achieves a better test loss than Gumbel-Softmax in every cell of Table
    1: $L_{direct} < L_{GSM}$ for $K = 10, 20, 30, 40, 50$.""",
    assumes=r"""One latent. As published: epsilon and temperature $\exp(-10^{-5} i)$, direct without
    the gradient of the KL. Audited, for $K = 10$ and $50$: the KL in the gradient of both, epsilon
    and temperature from $1$ to $0.1$ within the run. 20 epochs where the paper has 300: the order
    alone is looked at. In the cells marked in results/vaes.md the encoder of Gumbel-Softmax has
    become certain of one category for all images and has not left it, as it has not in the paper by
    its losses: they decide nothing. Omniglot is resized from the
    raw drawings by this package. Exact losses of one seed; differences count from one nat on.""",
)
figures_2_6 = Claim(
    "B.figures-2-6",
    "B, section 5, Figures 2 and 6",
    r"""The unbiased method takes more epochs to converge than direct optimisation; read as: its
    loss is the higher one in the fifth epoch, $L_{unbiased}(5) > L_{direct}(5)$ for $K = 10, 20,
    30, 40, 50$.""",
    assumes=r"""As for B.table-1, as published. After the first epoch on Fashion-MNIST direct is the
    higher one; the fifth was chosen when the curves had been seen. What is eventually reached, of
    which the text speaks too, takes more epochs than were run: in 20 the two meet on MNIST for
    $K = 20$, where the paper has the unbiased method ahead. On Omniglot its encoder is certain of
    one category for all images for most of the run, so that the difference is that of a plateau.
    The mean training loss during that epoch and the exact validation loss after it, one seed.""",
)


def lower(images, k, near, far, number, splits):
    one, two = (replace(METHODS[name], images=images, categories=k) for name in (near, far))
    yield from measured(runs_apart(one, two, number, splits))


def lower_at_the_best(images, k, near, far):
    run = recorded.load()[replace(METHODS[far], images=images, categories=k)]
    certain = abs(math.log(k) - tested(run, "bound").divergence) < CERTAIN
    detail = f"; the encoder of {far} is certain of one category"
    for check in lower(images, k, near, far, _at_the_best, SPLITS):
        if certain and isinstance(check, Check):
            yield replace(check, outcome="unknown", detail=check.detail + detail)
        else:
            yield check


def _at_the_best(run: Any, split: str) -> float:
    return loss(run, "bound") if split == "test" else min(validation(run, "bound"))


def _early(run: Any, split: str) -> float:
    return (run["loss"] if split == "training" else validation(run, "bound"))[EARLY - 1]


for _k, _audited in [*((k, "") for k in CATEGORIES), *((k, ", audited") for k in ENDS)]:
    on_images(
        table_1, f", $K = {_k}$, {_audited[2:] or 'as published'}: direct is lower",
        lower_at_the_best, k=_k, near=f"direct{_audited}", far=f"Gumbel-Softmax{_audited}",
    )  # fmt: skip
for _k in CATEGORIES:
    on_images(
        figures_2_6, f", $K = {_k}$: direct is lower in epoch ${EARLY}$", lower,
        k=_k, near="direct", far="unbiased", number=_early, splits=("training", "validation"),
    )  # fmt: skip

wall_clock = Claim(
    "B.wall-clock",
    "B, section 5 and Figure 2",
    r"""With one latent variable direct optimisation takes longer than Gumbel-Softmax, $T_{direct} >
    T_{GSM}$, 1.5 times in the paper's implementation, for it needs $k$ computations of the decoder;
    read as: so it is for the network of section 5 when it is implemented again.""",
    assumes="""Batches of 100, the whole step with encoder, KL and Adam, on a CPU: medians of epochs
    that alternate, recorded with the versions that ran them. That it took 1.5 times as long in the
    paper's implementation is a report, which is not judged.""",
)
less_time = wall_clock.corrected(
    r"""With one latent variable the $k$ outputs of the decoder do not depend on $x$: all $k$ values
    of $f$ for a batch are $k$ images and one product of matrices, fewer multiplications than one
    relaxed $z$ for each image, $k \, 300 (k + 784) + 100 \cdot 784 k < 100 \cdot 300 (k + 784)$ for
    $k = 10, 50$. Direct optimisation and the exact gradient then take less time than
    Gumbel-Softmax.""",
    source="corrects B, section 5",
)


def _time(way: str, k: int, sign: int) -> Check:
    """Whether it takes longer than Gumbel-Softmax (sign 1) or less time (sign -1)."""
    found = ratio(way, k)
    excess = sign * (found - 1)
    outcome: Outcome = "holds" if excess > CLEAR else "fails" if excess < -CLEAR else "unknown"
    detail = f"{found:.2f} times the time of Gumbel-Softmax"
    return Check(f"measured, K = {k}", "experiment", outcome, detail)


@less_time.part("fewer multiplications in the decoder")
def multiplications():
    for k in ENDS:
        one = HIDDEN * (k + PIXELS)
        ours, relaxed = k * one + BATCH * PIXELS * k, BATCH * one
        yield exact(f"counts, k = {k}", ours < relaxed, cases=f"{ours:,} against {relaxed:,}")


@wall_clock.part("direct takes longer", way="direct", sign=1)
@less_time.part("direct takes less time", way="direct", sign=-1)
@less_time.part("exact takes less time", way="exact", sign=-1)
def times(way, sign):
    yield from measured(_time(way, k, sign) for k in ENDS)
