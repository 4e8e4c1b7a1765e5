"""Section 6.2, Table 3, Figures 5 and 10: what the recorded VAEs say; nothing is trained here."""

import numpy as np

from perturbtheory.claims.exhibits.spreads import beyond, measured
from perturbtheory.claims.exhibits.vae_losses import (
    SPLITS,
    apart,
    leads,
    over_seeds,
)
from perturbtheory.claims.legacy import claim
from perturbtheory.experiments import vae_recorded
from perturbtheory.experiments.vae_grids import IMAGES, Results, validation
from perturbtheory.experiments.vae_tables import LABELS
from perturbtheory.experiments.vaes import VaeRun
from perturbtheory.ledger import Budget, Part


@claim("A.table-3")
def table_3(_: Budget) -> list[Part]:
    r"""Statement: Comparing the best-performing temperature-based models, Normal-Softmax
    consistently achieves the lowest test set loss on MNIST, Fashion-MNIST and Omniglot.

    LaTeX: $\min_t L_{Normal}(t) < \min_t L_{Gumbel}(t)$, $L$ the test loss with the KL of
    $\operatorname{softmax}(\theta)$

    Source: A, sections 6.2 and 10.2, Table 3

    Assumptions: the published protocol, N = 10 and K = 10: the KL of softmax(theta) whatever the
    noise, in training and in the number reported, which is of hard samples. 5 epochs where the
    paper has, by its code, 300, so that its numbers cannot be expected and the order alone is
    looked at; Omniglot is resized from the raw drawings by this package. Temperature and epoch are
    chosen on validation images that are not trained on. That the number bounds nothing for Normal
    noise is the subject of C.vae-bound.

    Computed: ten recorded temperatures of each, three seeds at the best, of which the first
    chose the temperature, and five for Fashion-MNIST, where three left the sign open; three
    standard errors.
    """
    results = vae_recorded.load()
    return [
        measured(
            f"{LABELS[images]}: the best Normal is lower",
            (
                beyond(
                    f"{split} images",
                    over_seeds(leads(results, images, "as_published", split=split)),
                    "Gumbel - Normal",
                )
                for split in SPLITS
            ),
        )
        for images in IMAGES
    ]


@claim("A.figures-5-10")
def figures_5_10(_: Budget) -> list[Part]:
    r"""Statement: At temperature 1 Normal-Softmax achieves better and faster learning convergence
    than Gumbel-Softmax for K = 10, 30 and 50 on all three data sets; read as: its training loss is
    lower from the second epoch on.

    LaTeX: $\ell_{Normal}(e) < \ell_{Gumbel}(e)$ in every epoch $e \ge 2$, $\ell$ the mean
    training loss

    Source: A, sections 6.2 and 10.2, Figures 5 and 10

    Assumptions: the training loss is that of relaxed samples with the KL of softmax(theta). The
    rows of Table 3 for temperature 1 say the opposite of hard samples: 302.01 against 215.42 on
    MNIST. 5 epochs, one seed; differences count from one nat on. The first epoch was left out when
    it was seen to decide nothing: its mean has the common start in it, and on Omniglot Normal is
    lower by 0.1 and 0.3 nats for K = 30 and 50.

    Computed: recorded runs.
    """
    results = vae_recorded.load()
    return [
        measured(
            f"{LABELS[images]}, K = {k}: Normal's training loss is the lower one",
            (
                apart(f"{split} images", _gaps(results, images, k, split)[1:], "Gumbel - Normal")
                for split in ("training", "validation")
            ),
        )
        for images in IMAGES
        for k in (10, 30, 50)
    ]


def _gaps(results: Results, images: str, k: int, split: str) -> np.ndarray:
    """Of the loss that is trained: on training images during an epoch, on others after it."""
    found = [results[VaeRun(images, noise=noise, categories=k)] for noise in ("normal", "gumbel")]
    pair = [x["loss"] if split == "training" else validation(x, "relaxed_loss") for x in found]
    return np.array(pair[1]) - np.array(pair[0])
