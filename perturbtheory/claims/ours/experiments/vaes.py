"""What the loss of a discrete VAE bounds, and who leads by it: from recorded VAEs."""

from typing import Any

import numpy as np

from perturbtheory.claims.exhibits.criteria import FAR, NATS, SHORT, apart, measured, paired
from perturbtheory.claims.exhibits.vae_losses import (
    GUMBEL,
    GUMBEL_BOUND,
    LASTING,
    LOGISTIC,
    NORMAL,
    NORMAL_BOUND,
    OWN_BOUND,
    SPLITS,
    UNIT,
    compare,
    on_images,
    pairs,
    published,
)
from perturbtheory.experiments.vaes import PUBLISHED_EPOCHS, VaeRun, recorded
from perturbtheory.experiments.vaes.grids import IMAGES, loss, tested, validation
from perturbtheory.ledger import Claim

SOURCE = "this package, on A, section 6.2 and Table 3"
RUN = ("mnist", "omniglot-resized")
"""Data sets of which both noises were run for 300 epochs when this was said."""
AT_300 = r"""300 epochs, the temperature annealed from 1 to 0.22 as in the public code of paper A;
    the epoch that is best on validation images by the number that the column reports; test images.
    Three seeds, paired; three standard errors of the mean difference. All of this was fixed before
    a run of this length was looked at."""

vae_bound = Claim(
    "C.vae-bound",
    SOURCE,
    r"""For Normal noise the test loss after 5 epochs with the KL of $q =
    \operatorname{softmax}(\theta)$, $\log K + \sum_k q_k \log q_k$, is more than 2 nats below the
    bound with the KL of the law that $z$ has, $\log K - H(p)$, $p_k =
    P(\operatorname{argmax}(\theta + \gamma) = k)$, and so much of its lead over Gumbel is not there
    by the bound: on MNIST and Fashion-MNIST the best Normal of the published protocol is behind the
    best Gumbel. Trained with the KL of its own law it has less of a lead by the bound than was
    published, on all three data sets.""",
    assumes=r"""As for A.table-3, 5 epochs: the order by the bound is that of short runs, in 20 the
    two are within half a nat by it on MNIST and Fashion-MNIST, one seed. For unit Gumbel noise both
    KL are one. Temperatures of the runs that train the KL of their own law are 0.1 to 1. The level
    of 2 nats describes what was found. Three to five seeds at the best temperature of each; three
    standard errors.""",
)
vae_longer = Claim(
    "C.vae-longer",
    SOURCE,
    r"""After 20 epochs, at the temperatures that were best after 5, the best Normal of the
    published protocol leads the best Gumbel by more than one nat on all three data sets,
    $L_{Gumbel} - L_{Normal} > 1$, and by the bound with the KL of the law that $z$ has the same
    models do so on none, $B_{Gumbel} - B_{Normal} < 1$.""",
    assumes="""As for A.table-3, but for the number of epochs; one seed, and a difference counts
    from one nat on.""",
)
vae_bound_300 = Claim(
    "C.vae-bound-300",
    SOURCE,
    r"""After 300 epochs the published number of Normal noise is more than 2 nats below the bound
    with the KL of the law that $z$ has, on all three data sets; and by the bound Normal leads
    Gumbel by a nat on none, $B_{Gumbel} - B_{Normal} < 1$, neither trained as published nor with
    the KL of its own law.""",
    assumes=AT_300,
)
vae_scale = Claim(
    "C.vae-scale",
    SOURCE,
    r"""A lead over unit Gumbel noise by the published number after 5 epochs does not take Normal
    noise: Gumbel noise of variance one, the scale of Normal, has one under the same protocol on all
    three data sets, $\min_t L_{\sqrt 6 / \pi \cdot Gumbel}(t) < \min_t L_{Gumbel}(t)$.""",
    assumes=r"""As for A.table-3, 5 epochs: on MNIST 20 leave little of this lead. A scale of the
    noise is no temperature: the arg max of $(\theta + \gamma)/t$ has one law for all $t$. That the
    number bounds nothing for noise other than unit Gumbel is the subject of C.vae-bound. Three to
    five seeds at the best temperature of each; three standard errors.""",
)
vae_scale_300 = Claim(
    "C.vae-scale-300",
    SOURCE,
    r"""After 300 epochs the published number orders the noises by their variance on all three data
    sets: Normal and Gumbel noise of variance one are lower than unit Gumbel noise, of variance
    $\pi^2/6$, and that is lower than Logistic noise, of variance $\pi^2/3$.""",
    assumes=AT_300,
)
true_vae_scale_300 = vae_scale_300.corrected(
    r"""After 300 epochs the published number does not order the noises by their variance: on MNIST
    unit Gumbel noise, of variance $\pi^2/6$, is lower than Normal noise, of variance one, and lower
    than Gumbel noise of variance one, by scale alone.""",
    assumes=r"""As for C.vae-scale-300, by the same rule; said after the runs of these three on
    MNIST were looked at.""",
)
vae_relaxed = Claim(
    "C.vae-relaxed",
    "this package, on A, section 6.2, Figures 5 and 10",
    r"""At temperature 1 the training loss of relaxed samples is more than 5 nats below the bound of
    hard samples under either noise, and the noise with the lower training loss, Normal, has the
    higher bound on every data set: $\ell_{Normal} < \ell_{Gumbel}$ and $L_{Normal} > L_{Gumbel}$
    after the last epoch.""",
    assumes=r"""As for A.figures-5-10, $K = 10$, one seed; the bound is that of hard samples, with
    the KL of the law that $z$ has. Differences count from one nat on; the level of 5 nats describes
    what was found.""",
)
vae_relaxed_300 = Claim(
    "C.vae-relaxed-300",
    "this package, on A, section 6.2, Figures 5 and 10",
    r"""After 300 epochs the loss of relaxed samples is more than 5 nats below the bound of hard
    samples under either noise, on the same test images; and Normal, which has the lower relaxed
    loss, has the higher bound: $\ell_{Normal} < \ell_{Gumbel}$ and $L_{Normal} > L_{Gumbel}$ after
    the last epoch, on every data set.""",
    assumes=AT_300 + " Here the epoch is the last.",
)
true_vae_relaxed_300 = vae_relaxed_300.corrected(
    r"""After 300 epochs the loss of relaxed samples is more than 5 nats below the bound of hard
    samples on MNIST, under either noise; on Omniglot more under Normal noise, and less under Gumbel
    noise. Normal has the lower relaxed loss on both, and the higher bound on MNIST.""",
    assumes="As for C.vae-relaxed-300, by the same rule; said after these runs were looked at.",
)
compare(
    vae_bound,
    (": the published number is below the bound", NORMAL_BOUND, NORMAL, SHORT),
    (", own KL: less lead by the bound", [*GUMBEL, *OWN_BOUND], [*NORMAL, *GUMBEL_BOUND], 0.0),
    (", as published: behind Gumbel by the bound", NORMAL_BOUND, GUMBEL_BOUND, 0.0, IMAGES[:2]),
)
compare(
    vae_longer,
    (": Normal leads as published by a nat", GUMBEL, NORMAL, 0.0),
    (": no such lead by the bound", NORMAL_BOUND, GUMBEL_BOUND, -2 * NATS),
    epochs=LASTING,
)
compare(
    vae_scale,
    (": the best Gumbel of variance one is lower than the best unit Gumbel", GUMBEL, UNIT, 0.0),
)
compare(
    vae_bound_300,
    (": the published number is below the bound", NORMAL_BOUND, NORMAL, SHORT),
    (", as published: no lead of a nat by the bound", NORMAL_BOUND, GUMBEL_BOUND, -NATS),
    (", own KL: no lead of a nat by the bound", OWN_BOUND, GUMBEL_BOUND, -NATS),
    epochs=PUBLISHED_EPOCHS,
)
compare(
    vae_scale_300,
    (": Normal is lower than unit Gumbel", GUMBEL, NORMAL, 0.0),
    (": Gumbel of variance one is lower than unit Gumbel", GUMBEL, UNIT, 0.0),
    (": unit Gumbel is lower than Logistic", LOGISTIC, GUMBEL, 0.0),
    epochs=PUBLISHED_EPOCHS,
)
compare(
    true_vae_scale_300,
    (": unit Gumbel is lower than Normal", NORMAL, GUMBEL, 0.0, IMAGES[:1]),
    (": unit Gumbel is lower than Gumbel of variance one", UNIT, GUMBEL, 0.0, IMAGES[:1]),
    epochs=PUBLISHED_EPOCHS,
)


def relaxed(images, number):
    def hard(run: Any, split: str) -> float:
        return loss(run, "bound", "last") if split == "test" else validation(run, "bound")[-1]

    normal, gumbel = (recorded.load()[VaeRun(images, noise=n)] for n in ("normal", "gumbel"))
    yield from measured(
        apart(
            f"{s} images", number(normal, gumbel, hard(normal, s), hard(gumbel, s)), "differences"
        )
        for s in SPLITS
    )


on_images(
    vae_relaxed, ": the bound is far above the training loss", relaxed,
    number=lambda n, g, *hard: np.subtract(hard, [x["loss"][-1] + FAR for x in (n, g)]),
)  # fmt: skip
on_images(
    vae_relaxed, ": Normal has the lower training loss and the higher bound", relaxed,
    number=lambda n, g, *hard: [g["loss"][-1] - n["loss"][-1], hard[0] - hard[1]],
)  # fmt: skip


def at_the_end(images, gap, what, floor=0.0):
    """Judged by the last numbers of test images, by seed."""
    found = pairs(published("Normal", images), published("Gumbel", images))
    gaps = {s: gap(*(tested(run, "last") for run in both)) for s, both in found.items()}
    yield from measured([paired("test images", gaps, what, floor)])


for _name, _gap, _what, _floor, _stands_on in (
    ("Normal: the bound is far above the relaxed loss",
     lambda n, _: n.bound - n.relaxed_loss, "bound - relaxed loss", FAR, RUN),
    ("Gumbel: the bound is far above the relaxed loss",
     lambda _, g: g.bound - g.relaxed_loss, "bound - relaxed loss", FAR, RUN[:1]),
    ("Normal has the lower relaxed loss",
     lambda n, g: g.relaxed_loss - n.relaxed_loss, "Gumbel - Normal", 0.0, RUN),
    ("Normal has the higher bound",
     lambda n, g: n.bound - g.bound, "Normal - Gumbel", 0.0, RUN[:1]),
):  # fmt: skip
    _given = {"gap": _gap, "what": _what, "floor": _floor}
    on_images(vae_relaxed_300, f", {_name}", at_the_end, **_given)
    on_images(true_vae_relaxed_300, f", {_name}", at_the_end, _stands_on, **_given)
on_images(
    true_vae_relaxed_300, ", Gumbel: the bound is not so far above the relaxed loss", at_the_end,
    RUN[1:], gap=lambda _, g: g.relaxed_loss - g.bound, what="relaxed loss - bound", floor=-FAR,
)  # fmt: skip
