"""Section 6.2, Table 3, Figures 5 and 10: what the recorded VAEs say; nothing is trained here."""

from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from perturbtheory.claims.exhibits import criteria
from perturbtheory.claims.exhibits.vae_losses import (
    GUMBEL,
    GUMBEL_BOUND,
    NORMAL,
    NORMAL_BOUND,
    compare,
    curves,
    on_images,
    pairs,
    published,
)
from perturbtheory.experiments.vaes import PUBLISHED_EPOCHS, VaeRun, recorded
from perturbtheory.experiments.vaes.grids import IMAGES, validation
from perturbtheory.ledger import Claim

table_3 = Claim(
    "A.table-3",
    "A, sections 6.2 and 10.2, Table 3",
    r"""Comparing the best-performing temperature-based models, Normal-Softmax consistently achieves
    the lowest test set loss on MNIST, Fashion-MNIST and Omniglot: $\min_t L_{Normal}(t) < \min_t
    L_{Gumbel}(t)$, $L$ the test loss with the KL of $\operatorname{softmax}(\theta)$.""",
    assumes=r"""The published protocol, $N = 10$ and $K = 10$: the KL of
    $\operatorname{softmax}(\theta)$ whatever the noise, in training and in the number reported,
    which is of hard samples. 5 epochs where the paper has, by its code, 300, so that its numbers
    cannot be expected and the order alone is looked at; Omniglot is resized from the raw drawings
    by this package. Temperature and epoch are chosen on validation images that are not trained on.
    Three seeds at the best of ten temperatures, of which the first chose the temperature, and five
    for Fashion-MNIST, where three left the sign open; three standard errors. That the number bounds
    nothing for Normal noise is the subject of C.vae-bound.""",
)
table_3_300 = Claim(
    "A.table-3-300",
    "A, sections 6.2 and 10.2, Table 3, as its public code runs it",
    r"""After 300 epochs with the temperature annealed from 1 to 0.22 Normal-Softmax has a lower
    test loss than Gumbel-Softmax on MNIST, Fashion-MNIST and Omniglot: $L_{Normal} < L_{Gumbel}$,
    $L$ the test loss with the KL of $\operatorname{softmax}(\theta)$.""",
    assumes=r"""As for A.table-3, but for the temperature, which the public code anneals and does
    not let one choose: a reading of its own; on Omniglot, which has fewer steps in an epoch, that
    code ends at 0.51, and here the temperature ends at 0.22 for all three. The epoch is the best on
    validation images, the loss that of test images. Three seeds, paired; three standard errors of
    the mean difference. This was fixed before a run of this length was looked at.""",
)
true_table_3_300 = table_3_300.corrected(
    r"""On MNIST, after 300 epochs with the temperature annealed from 1 to 0.22, it is
    Gumbel-Softmax that has the lower test loss, with the KL of $\operatorname{softmax}(\theta)$
    as published, $L_{Gumbel} < L_{Normal}$, and with the KL of the law that $z$ has,
    $B_{Gumbel} < B_{Normal}$.""",
    assumes=r"""As for A.table-3-300, by the same rule; said after the runs on MNIST were looked at.
    The other data sets are open.""",
)
figures_5_10 = Claim(
    "A.figures-5-10",
    "A, sections 6.2 and 10.2, Figures 5 and 10",
    r"""At temperature 1 Normal-Softmax achieves better and faster learning convergence than
    Gumbel-Softmax for $K = 10, 30$ and $50$ on all three data sets; read as: its training loss is
    lower after the last epoch, which is better; and, which is faster, it is lower in every epoch,
    $\ell_{Normal}(e) < \ell_{Gumbel}(e)$, and falls in fewer epochs to where that of Gumbel ends,
    $\min\{e : \ell_{Normal}(e) < \ell_{Gumbel}(5)\} < 5$; $\ell$ is the mean training loss.""",
    assumes=r"""The training loss is that of relaxed samples with the KL of
    $\operatorname{softmax}(\theta)$. The rows of Table 3 for temperature 1 say the opposite of hard
    samples: 302.01 against 215.42 on MNIST. 5 epochs, one seed; differences count from one nat on.
    "Faster" has two readings, and both are parts. The mean of the first epoch has the common start
    in it.""",
)
figures_5_10_300 = Claim(
    "A.figures-5-10-300",
    "A, sections 6.2 and 10.2, Figures 5 and 10, as the public code runs them",
    r"""In 300 epochs with the temperature annealed from 1 to 0.22 Normal-Softmax achieves better
    and faster learning convergence than Gumbel-Softmax for $K = 10$ on all three data sets: its
    training loss is lower in the last epoch, and in every epoch.""",
    assumes=r"""As for A.figures-5-10; "temperature 1" is where the public code begins. Three seeds,
    paired; three standard errors of the mean difference, in the second part one standard error for
    all epochs that are kept: the first 20 and every tenth. This was fixed before a run of this
    length was looked at.""",
)
faster_300 = Claim(
    "A.faster-convergence-300",
    "A, abstract and section 7, on variational inference",
    r"""In variational inference Normal-Softmax exhibits faster convergence than Gumbel-Softmax;
    read as: in 300 epochs its loss is in fewer of them within a nat of the lowest that both reach,
    $\min \{e : \ell_{Normal}(e) \le m\} < \min\{e : \ell_{Gumbel}(e) \le m\}$, $m = 1 + \max(\min
    \ell_{Normal}, \min \ell_{Gumbel})$, for the training loss and for the loss of hard samples.""",
    assumes=r"""As for A.figures-5-10-300; the loss of hard samples is the published number of
    validation images. How many epochs it takes is averaged over three seeds, paired; three standard
    errors and 10 epochs, for beyond 20 only every tenth is kept. This was fixed before a run of
    this length was looked at.""",
)
true_faster_300 = faster_300.corrected(
    r"""On MNIST, in 300 epochs, Normal-Softmax is first by the training loss, and Gumbel-Softmax by
    the loss of hard samples: each is there more than 10 epochs before the other.""",
    assumes=r"""As for A.faster-convergence-300, by the same rule; said after the runs on MNIST were
    looked at. The other data sets are open.""",
)
compare(table_3, (": the best Normal is lower", GUMBEL, NORMAL, 0.0))
compare(table_3_300, (": Normal is lower", GUMBEL, NORMAL, 0.0), epochs=PUBLISHED_EPOCHS)
compare(
    true_table_3_300,
    (": Gumbel is lower as published", NORMAL, GUMBEL, 0.0, IMAGES[:1]),
    (": Gumbel is lower by the bound", NORMAL_BOUND, GUMBEL_BOUND, 0.0, IMAGES[:1]),
    epochs=PUBLISHED_EPOCHS,
)


def curve(run: Any, split: str) -> np.ndarray:
    """Of the loss that is trained: on training images during an epoch, on others after it."""
    found = run["loss"] if split == "training" else validation(run, "relaxed_loss")
    return np.array(found)


def lower(images, k, gap):
    near, far = (
        recorded.load()[VaeRun(images, noise=noise, categories=k)] for noise in ("normal", "gumbel")
    )
    yield from criteria.measured(
        criteria.apart(
            f"{split} images", gap(curve(near, split), curve(far, split)), "difference of losses"
        )
        for split in ("training", "validation")
    )


for _k in (10, 30, 50):
    for _name, _gap in {
        "Normal's training loss is lower in the last epoch, better": lambda n, g: g[-1] - n[-1],
        "Normal's training loss is lower in every epoch, faster": lambda n, g: g - n,
        "Normal's is before the last epoch where Gumbel's ends, faster": criteria.ahead,
    }.items():
        on_images(figures_5_10, f", $K = {_k}$: {_name}", lower, k=_k, gap=_gap)


def _better(near, far, *_):
    return far[-1] - near[-1]


def _faster(near, far, *_):
    return far - near


def _sooner(near, far, kept):
    return -criteria.later(near, far, kept)


def of_both(images, number, gap, judge, what):
    """Judged by what is read off both curves of each seed."""
    kept, found = curves(pairs(published("Normal", images), published("Gumbel", images)), number)
    gaps = {seed: gap(*both, kept) for seed, both in found.items()}
    yield from criteria.measured([judge(f"{PUBLISHED_EPOCHS} epochs", gaps, what)])


TRAINED, HARD = itemgetter("loss"), partial(validation, criterion="as_published")
SOONER = partial(criteria.paired, room=criteria.EPOCHS_APART)
for _claim, _name, _number, _gap, _judge, _what in (
    (figures_5_10_300, "training loss is lower in the last epoch, better",
     TRAINED, _better, criteria.paired, "Gumbel - Normal"),
    (figures_5_10_300, "training loss is lower in every epoch, faster",
     TRAINED, _faster, criteria.everywhere, "Gumbel - Normal"),
    (faster_300, "training loss is there first",
     TRAINED, criteria.later, SOONER, "epochs of Gumbel - Normal"),
    (faster_300, "loss of hard samples is there first",
     HARD, criteria.later, SOONER, "epochs of Gumbel - Normal"),
):  # fmt: skip
    on_images(
        _claim, f": Normal's {_name}", of_both,
        number=_number, gap=_gap, judge=_judge, what=_what,
    )  # fmt: skip
for _name, _number, _gap, _what in (
    ("Normal's training loss", TRAINED, criteria.later, "epochs of Gumbel - Normal"),
    ("Gumbel's loss of hard samples", HARD, _sooner, "epochs of Normal - Gumbel"),
):
    on_images(
        true_faster_300, f": {_name} is there first", of_both, IMAGES[:1],
        number=_number, gap=_gap, judge=SOONER, what=_what,
    )  # fmt: skip
