"""Section 5, Table 1, Figures 2 and 6: what the recorded VAEs say; nothing is trained here."""

from dataclasses import replace

from perturbtheory.claims.exhibits.spreads import measured
from perturbtheory.claims.exhibits.vae_losses import SPLITS, apart
from perturbtheory.claims.legacy import claim, exact
from perturbtheory.data import PIXELS
from perturbtheory.experiments import vae_recorded
from perturbtheory.experiments.vae_grids import (
    CATEGORIES,
    ENDS,
    IMAGES,
    METHODS,
    Results,
    loss,
    validation,
)
from perturbtheory.experiments.vae_speed import ratio
from perturbtheory.experiments.vae_tables import LABELS
from perturbtheory.ledger import Budget, Check, Outcome, Part

EARLY = 5
"""The epoch in which convergence is looked at."""


def _lead(results: Results, cell: tuple[str, int], near: str, far: str, split: str) -> float:
    """The exact loss of `far` minus that of `near`, names of `METHODS`, at the best of each."""
    images, k = cell
    pair = [results[replace(METHODS[name], images=images, categories=k)] for name in (far, near)]
    if split == "test":
        return loss(pair[0], "bound") - loss(pair[1], "bound")
    return min(validation(pair[0], "bound")) - min(validation(pair[1], "bound"))


@claim("B.table-1")
def table_1(_: Budget) -> list[Part]:
    r"""Statement: Direct optimisation achieves a better test loss than Gumbel-Softmax in every cell
    of Table 1.

    LaTeX: $L_{direct} < L_{GSM}$ for $K = 10, 20, 30, 40, 50$

    Source: B, section 5 and the caption of Table 1

    Assumptions: one latent. As published: epsilon and temperature exp(-1e-5 i),
    direct without the gradient of the KL. Audited, for K = 10 and 50: the KL in the gradient of
    both, epsilon and temperature from 1 to 0.1 within the run. 20 epochs where the paper has 300:
    the order alone is looked at. In the cells marked in results/vaes.md the encoder of
    Gumbel-Softmax has become certain of one category for all images and has not left it.
    Omniglot is resized from the raw drawings by this package. Differences count from one nat on.

    Computed: exact losses of recorded runs, one seed.
    """
    results = vae_recorded.load()
    protocols = [("as published", "", k) for k in CATEGORIES]
    protocols += [("audited", ", audited", k) for k in ENDS]
    return [
        measured(
            f"{LABELS[images]}, K = {k}, {protocol}: direct is lower",
            (
                apart(
                    f"{split} images",
                    [_lead(results, (images, k), f"direct{e}", f"Gumbel-Softmax{e}", split)],
                    "Gumbel-Softmax - direct",
                )
                for split in SPLITS
            ),
        )
        for images in IMAGES
        for protocol, e, k in protocols
    ]


@claim("B.figures-2-6")
def figures_2_6(_: Budget) -> list[Part]:
    r"""Statement: The unbiased method takes more epochs to converge than direct optimisation; read
    as: its loss is the higher one in the fifth epoch.

    LaTeX: $L_{unbiased}(5) > L_{direct}(5)$ for $K = 10, 20, 30, 40, 50$

    Source: B, section 5, Figures 2 and 6

    Assumptions: as for B.table-1, as published. After the first epoch on Fashion-MNIST direct is
    the higher one. What is eventually reached, of which the text speaks too, takes more epochs
    than were run: in 20 the two meet on MNIST for K = 20, where the paper has the unbiased method
    ahead. On Omniglot its encoder is certain of one category for all images for most of the run.

    Computed: the mean training loss during that epoch and the exact validation loss after it, of
    recorded runs, one seed; differences count from one nat on.
    """
    results = vae_recorded.load()
    return [
        measured(
            f"{LABELS[images]}, K = {k}: direct is lower in epoch {EARLY}",
            (
                apart(
                    f"{split} images",
                    [_early(results, (images, k), split)],
                    "unbiased - direct",
                )
                for split in ("training", "validation")
            ),
        )
        for images in IMAGES
        for k in CATEGORIES
    ]


def _early(results: Results, cell: tuple[str, int], split: str) -> float:
    images, k = cell
    pair = [
        results[replace(METHODS[name], images=images, categories=k)]
        for name in ("unbiased", "direct")
    ]
    found = [x["loss"] if split == "training" else validation(x, "bound") for x in pair]
    return found[0][EARLY - 1] - found[1][EARLY - 1]


HIDDEN, BATCH = 300, 100
_CLEAR = 0.05
"""By how much a ratio of times must differ from one to count."""


def _slower(way: str, k: int) -> Check:
    found = ratio(way, k)
    outcome: Outcome = (
        "holds" if found > 1 + _CLEAR else "fails" if found < 1 - _CLEAR else "unknown"
    )
    detail = f"K = {k}: {found:.2f} times the time of Gumbel-Softmax"
    return Check(f"measured, K = {k}", "experiment", outcome, detail)


def _faster(way: str, k: int) -> Check:
    slower = _slower(way, k)
    turned: dict[Outcome, Outcome] = {"holds": "fails", "fails": "holds", "unknown": "unknown"}
    return replace(slower, outcome=turned[slower.outcome])


def _products(k: int) -> tuple[int, int]:
    """Multiplications of the decoder for a batch: all K values of f, and one relaxed z an image."""
    one = HIDDEN * (k + PIXELS)
    return k * one + BATCH * PIXELS * k, BATCH * one


@claim("B.wall-clock", corrected="B.wall-clock.corrected")
def wall_clock(_: Budget) -> list[Part]:
    r"""Statement: With one latent variable direct optimisation takes longer than Gumbel-Softmax,
    1.5 times in the paper's implementation, for it needs k computations of the decoder; read as:
    so it is for the network of section 5 however it is implemented.

    LaTeX: $T_{direct} > T_{GSM}$

    Source: B, section 5 and Figure 2

    Assumptions: batches of 100, the whole step with encoder, KL and Adam, on a CPU.

    Computed: medians of epochs that alternate, recorded with the versions that ran them.
    """
    times = {f"k = {k}": f"{ratio('direct', k):.2f} times that of Gumbel-Softmax" for k in ENDS}
    return [Part("direct takes longer", tuple(_slower("direct", k) for k in ENDS), times)]


@claim("B.wall-clock.corrected")
def wall_clock_corrected(_: Budget) -> list[Part]:
    r"""Statement: With one latent variable the k outputs of the decoder do not depend on x: all k
    values of f for a batch are k images and one product of matrices, fewer multiplications than one
    relaxed z for each image. Direct optimisation and the exact gradient then take less time than
    Gumbel-Softmax.

    LaTeX: $k \, 300 (k + 784) + 100 \cdot 784 k < 100 \cdot 300 (k + 784)$ for $k = 10, 50$

    Source: corrects B, section 5

    Assumptions: as for the statement that this corrects.

    Computed: the two counts, and the recorded times.
    """
    counts = []
    for k in ENDS:
        ours, relaxed = _products(k)
        detail = f"{ours:,} against {relaxed:,}"
        counts.append(exact(f"counts, k = {k}", ours < relaxed, detail, universal=False))
    rows = [measured("fewer multiplications in the decoder", counts)]
    for way in ("direct", "exact"):
        rows.append(measured(f"{way} takes less time", (_faster(way, k) for k in ENDS)))
    return rows
