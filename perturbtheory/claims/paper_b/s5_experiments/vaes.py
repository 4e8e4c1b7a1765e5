"""Section 5, Table 1, Figures 2 and 6: what the recorded VAEs say; nothing is trained here."""

from dataclasses import replace
from functools import partial
from typing import Any

from perturbtheory.claims.exhibits.criteria import (
    EPOCHS_APART,
    NATS,
    ahead,
    later,
    measured,
    paired,
)
from perturbtheory.claims.exhibits.vae_losses import (
    Pairs,
    certain,
    curves,
    on_images,
    pairs,
    published,
    runs_apart,
    undecided,
)
from perturbtheory.experiments.vaes import PUBLISHED_EPOCHS, recorded
from perturbtheory.experiments.vaes.grids import (
    CATEGORIES,
    ENDS,
    IMAGES,
    METHODS,
    loss,
    validation,
)
from perturbtheory.ledger import Claim

EARLY = 5
"""The epoch in which convergence is looked at."""
table_1 = Claim(
    "B.table-1",
    "B, section 5 and the caption of Table 1",
    r"""Direct optimisation achieves a better test loss than Gumbel-Softmax in every cell of Table
    1: $L_{direct} < L_{GSM}$ for $K = 10, 20, 30, 40, 50$.""",
    assumes=r"""One latent. As published: epsilon and temperature $\exp(-10^{-5} i)$, direct without
    the gradient of the KL. Audited, for $K = 10$ and $50$: the KL in the gradient of both, epsilon
    and temperature from $1$ to $0.1$ within the run. 20 epochs where the paper has 300: the order
    alone is looked at. In the cells marked in results/vaes.md the encoder of Gumbel-Softmax has
    become certain of one category for all images and has not left it, as by its losses it has in
    the paper: they decide nothing. Omniglot is resized from the raw drawings by this package. Exact
    losses of one seed; differences count from one nat on.""",
)
figures_2_6 = Claim(
    "B.figures-2-6",
    "B, section 5, Figures 2 and 6",
    r"""The unbiased method takes more epochs to converge than direct optimisation; read as: its
    loss is the higher one in the fifth epoch, $L_{unbiased}(5) > L_{direct}(5)$; and as: that of
    direct falls in fewer epochs to where its loss ends, $\min\{e : L_{direct}(e) <
    L_{unbiased}(20)\} < 20$; for $K = 10, 20, 30, 40, 50$.""",
    assumes=r"""As for B.table-1, as published. "More epochs to converge" has two readings, and both
    are parts. After the first epoch on Fashion-MNIST direct is the higher one; the fifth was chosen
    when the curves had been seen. What is eventually reached, of which the text speaks too, takes
    more epochs than were run: in 20 the two meet on MNIST for $K = 20$, where the paper has the
    unbiased method ahead. On Omniglot its encoder is certain of one category for all images for
    most of the run, so that the difference is that of a plateau; where it has not left it, for
    $K = 20, 30, 40$, the cell decides nothing, as in B.table-1. The mean training loss during an
    epoch and the exact validation loss after it, one seed.""",
)


table_1_300 = Claim(
    "B.table-1-300",
    "B, section 5 and the caption of Table 1",
    r"""After 300 epochs direct optimisation achieves a better test loss than Gumbel-Softmax in
    every cell of Table 1: $L_{direct} < L_{GSM}$ for $K = 10, 20, 30, 40, 50$.""",
    assumes=r"""As for B.table-1, as published. The exact loss of test images at the epoch that is
    best on validation images. Three seeds, paired; three standard errors of the mean difference. A
    pair is left out if one of its two encoders is certain of one category for all images at that
    epoch. This was fixed before a run of this length was looked at.""",
)
figures_2_6_300 = Claim(
    "B.figures-2-6-300",
    "B, section 5, Figures 2 and 6",
    r"""The unbiased method takes more epochs to converge than direct optimisation, and after 300 it
    achieves similar and often better test loss on MNIST and Omniglot, $L_{unbiased} - L_{direct} <
    1$; on Fashion-MNIST direct is better, $L_{direct} < L_{unbiased}$; for $K = 10, 20, 30, 40,
    50$. Read as: it is in more epochs within a nat of the lowest validation loss that both
    reach.""",
    assumes=r"""As for B.table-1-300; similar is what is less than a nat apart, and by 10 epochs
    more than three standard errors later counts, for beyond 20 only every tenth is kept. The
    reading by the fifth epoch is in B.figures-2-6, whose runs are the first 20 epochs of a
    seed.""",
)


def lower(images, k, near, far, **read):
    one, two = (replace(METHODS[name], images=images, categories=k) for name in (near, far))
    checks = runs_apart(one, two, **read)
    failed = certain(recorded.load()[two], k)
    yield from measured(undecided(checks, far) if failed else checks)


def _at_the_best(run: Any, split: str) -> float:
    return loss(run, "bound") if split == "test" else min(validation(run, "bound"))


def _curve(run: Any, split: str) -> Any:
    return run["loss"] if split == "training" else validation(run, "bound")


def _early(run: Any, split: str) -> float:
    return _curve(run, split)[EARLY - 1]


for _k, _audited in [*((k, "") for k in CATEGORIES), *((k, ", audited") for k in ENDS)]:
    on_images(
        table_1, f", $K = {_k}$, {_audited[2:] or 'as published'}: direct is lower", lower,
        k=_k, near=f"direct{_audited}", far=f"Gumbel-Softmax{_audited}", number=_at_the_best,
    )  # fmt: skip
for _k in CATEGORIES:
    for _name, _read in {
        f"direct is lower in epoch ${EARLY}$": {"number": _early},
        "direct is before the last epoch where unbiased ends": {"number": _curve, "gap": ahead},
    }.items():
        on_images(
            figures_2_6, f", $K = {_k}$: {_name}", lower,
            k=_k, near="direct", far="unbiased", splits=("training", "validation"), **_read,
        )  # fmt: skip


def of_seeds(images, k, near, far, gap, what, floor=0.0, room=0.0):
    """Judged by what is read off both runs of each seed, but those of a certain encoder."""
    found = pairs(published(near, images, k), published(far, images, k))
    left = {s: both for s, both in found.items() if not any(certain(run, k) for run in both)}
    out = len(found) - len(left)
    said = f", {out} left out, certain of one category" if out else ""
    yield from measured([paired(f"{PUBLISHED_EPOCHS} epochs", gap(left), what, floor, said, room)])


def _worse(found: Pairs) -> dict[int, float]:
    return {seed: loss(far, "bound") - loss(near, "bound") for seed, (near, far) in found.items()}


def _later(found: Pairs) -> dict[int, float]:
    kept, both = curves(found, partial(validation, criterion="bound"))
    return {seed: later(*pair, kept) for seed, pair in both.items()}


for _k in CATEGORIES:
    for _claim, _images, _name, _near, _far, _gap, _floor in (
        (table_1_300, IMAGES, "direct is lower", "direct", "Gumbel-Softmax", _worse, 0.0),
        (figures_2_6_300, IMAGES, "direct converges first", "direct", "unbiased", _later, 0.0),
        (figures_2_6_300, IMAGES[::2], "unbiased is similar or lower", "unbiased", "direct",
         _worse, -NATS),
        (figures_2_6_300, IMAGES[1:2], "direct is lower", "direct", "unbiased", _worse, 0.0),
    ):  # fmt: skip
        on_images(
            _claim, f", $K = {_k}$: {_name}", of_seeds, _images, k=_k, near=_near, far=_far,
            gap=_gap, floor=_floor, room=EPOCHS_APART * (_gap is _later),
            what=f"{'epochs of ' * (_gap is _later)}{_far} - {_near}",
        )  # fmt: skip
