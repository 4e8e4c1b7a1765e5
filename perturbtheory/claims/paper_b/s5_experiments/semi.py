"""Section 5, Table 2, Figures 4 and 5: what recorded VAEs with some labels say; none is trained."""

from dataclasses import replace

from perturbtheory.claims.exhibits.criteria import POINTS, RUNS, measured, near, paired
from perturbtheory.claims.exhibits.paired_runs import held, length, longest, more, number_of
from perturbtheory.experiments.semi import recorded
from perturbtheory.experiments.semi.grids import IMAGES, LABELS, SAMPLED, TABLE_2, UNSUPERVISED
from perturbtheory.experiments.semi.printed import PRINTED
from perturbtheory.experiments.vaes.tables import LABELS as TITLES
from perturbtheory.ledger import Claim, not_run

_HOW = r"""By (9) as it is printed, KL included, with the weights of the labels in the code; the
    longest recorded runs of which both sides have three seeds, each with labels of its own, as many
    of each class, out of 50,000 training images. Accuracy of $\arg\max_k \theta_k$ on the test
    images after the last epoch, so that no further label chooses anything. Three standard errors of
    the mean, paired. This was fixed before any run was looked at."""
_AFTER = r"""The statement was written after the runs, and is about as many epochs as they have, of
    which the paper says nothing."""
order = Claim(
    "B.semi-supervised",
    "B, section 5, Table 2, Figure 4",
    r"""With few labels direct optimisation has the higher accuracy, $A_{direct} > A_{GSM}$ for
    $50$, $100$, $300$, $600$ and $1200$ labels on MNIST and Fashion-MNIST; and weak supervision
    helps the VAE to capture the class information.""",
    assumes=rf"""{_HOW} The last statement is read for direct on MNIST: with $100$ labels more
    images are met than without, where categories are renamed one to one as is best for them.""",
)
ahead = order.corrected(
    r"""With $1200$ labels Gumbel-Softmax has the higher accuracy, $A_{GSM} > A_{direct}$, on MNIST
    and Fashion-MNIST.""",
    source="corrects B, section 5, Table 2",
    assumes=rf"""{_HOW} {_AFTER} With fewer labels the two are not told apart by three seeds.""",
)
values = Claim(
    "B.table-2-accuracies",
    "B, section 5, Table 2",
    r"""The accuracies are those of Table 2, within $2$ per cent of the test images:
    $|A - A_{printed}| < 2$ in twenty cells.""",
    assumes=_HOW,
)
lower_values = values.corrected(
    r"""Direct optimisation is below Table 2 on MNIST by more than $2$ per cent of the test images,
    $A_{printed} - A_{direct} > 2$, with every number of labels.""",
    source="corrects B, section 5, Table 2",
    assumes=rf"""{_HOW} {_AFTER}""",
)
bounds = Claim(
    "B.table-2-bounds",
    "B, section 5, Table 2",
    r"""Direct optimisation has the lower bound on $-\log p(x)$ with $50$ labels and the higher one
    with more, $B_{direct} < B_{GSM}$ exactly for $50$ labels.""",
    assumes=rf"""{_HOW} The bound has the exact sum over classes and five draws of the continuous
    part; under unit Gumbel noise the published number is the bound.""",
)
closer = bounds.corrected(
    r"""Gumbel-Softmax has the lower bound with $50$, $100$ and $300$ labels, $B_{GSM} <
    B_{direct}$, and on Fashion-MNIST with $600$ and $1200$; on MNIST direct optimisation has it
    with $1200$.""",
    source="corrects B, section 5, Table 2",
    assumes=rf"""{_HOW} {_AFTER} The bound as in the claim that this corrects. With $600$ labels on
    MNIST the two are not told apart by three seeds.""",
)
celeba = Claim(
    "B.celeba",
    "B, section 5, Figure 5",
    r"""Supervision in generative models helps to control discrete semantics within images: of
    CelebA with $k = 8$ attributes, which are turned on and off in generated images.""",
    assumes=r"""No run was made: CelebA cannot be downloaded by a program and was not at hand.
    `perturbtheory.data.celeba` reads it for a user who has it. What can be measured on other images
    is C.attributes.""",
)
PER_CENT = 100.0
ACCURACY = number_of("last", "accuracy", PER_CENT)
MATCHED = number_of("last", "matched", PER_CENT)
BOUND = number_of("last", "bound")


def beside_printed(run, method):
    """The length of the runs, the printed accuracy, and what each seed is above it."""
    epochs, found = longest(held(recorded), run)
    printed = float(PRINTED[run.images, run.labels, method][0])
    return length(epochs), printed, {s: ACCURACY(one) - printed for s, (one,) in found.items()}


def as_printed(run, method):
    epochs, printed, gaps = beside_printed(run, method)
    yield from measured([near(epochs, gaps, f"accuracy - {printed}", POINTS)])


def below_printed(run, method):
    epochs, printed, gaps = beside_printed(run, method)
    short = {seed: -gap for seed, gap in gaps.items()}
    yield from measured([paired(epochs, short, f"{printed} - accuracy", POINTS)])


_MOST, _UNDECIDED = LABELS[-1], ("mnist", 600)
for _images in IMAGES:
    for _labels in LABELS:
        _cell = {
            name: replace(run, images=_images, labels=_labels) for name, run in TABLE_2.items()
        }
        _direct, _relaxed = _cell["direct"], _cell["Gumbel-Softmax"]
        _where = f"{TITLES[_images]}, ${_labels}$ labels"
        order.part(
            f"{_where}: direct is higher", recorded=recorded, far=_direct, near=_relaxed,
            read=ACCURACY, what="direct - Gumbel-Softmax",
        )(more)  # fmt: skip
        for _method, _run in _cell.items():
            values.part(f"{_where}: {_method}", run=_run, method=_method)(as_printed)
        _first, _second = (_relaxed, _direct) if _labels == LABELS[0] else (_direct, _relaxed)
        bounds.part(
            f"{_where}: {'lower' if _labels == LABELS[0] else 'higher'}", recorded=recorded,
            far=_first, near=_second, read=BOUND, what="difference of the bounds",
        )(more)  # fmt: skip
        if _labels == _MOST:
            ahead.part(
                f"{_where}: Gumbel-Softmax is higher", recorded=recorded, far=_relaxed,
                near=_direct, read=ACCURACY, what="Gumbel-Softmax - direct",
            )(more)  # fmt: skip
        if _images == "mnist":
            lower_values.part(_where, run=_direct, method="direct")(below_printed)
        if (_images, _labels) != _UNDECIDED:
            _turned = (_images, _labels) == ("mnist", _MOST)
            closer.part(
                f"{_where}: {'direct' if _turned else 'Gumbel-Softmax'} is lower",
                recorded=recorded, far=_relaxed if _turned else _direct,
                near=_direct if _turned else _relaxed, read=BOUND,
                what="difference of the bounds",
            )(more)  # fmt: skip
order.part(
    "MNIST: labels help to capture the classes", recorded=recorded,
    far=replace(TABLE_2["direct"], labels=SAMPLED), near=UNSUPERVISED, read=ACCURACY,
    of_near=MATCHED, what=f"{SAMPLED} labels - none",
)(more)  # fmt: skip


@celeba.part("CelebA")
def faces():
    yield not_run(RUNS, "CelebA, which is not at hand")
