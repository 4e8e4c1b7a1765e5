"""The tables of discrete VAEs as a document, results/vaes.md."""

from collections.abc import Iterable

from perturbtheory.experiments.vaes import certainty, tables
from perturbtheory.experiments.vaes.grids import LONG, Results
from perturbtheory.experiments.vaes.settings import PUBLISHED_EPOCHS
from perturbtheory.experiments.vaes.tables import Row


def markdown(results: Results) -> str:
    """All tables, each with what its columns are."""
    epochs = tables.epochs_of(results)
    audit = tables.audit_header()
    parts = [
        "# Discrete VAEs, trained again",
        f"{len(results)} runs, {epochs} epochs each where nothing else is said; the papers train "
        "300. Test losses in nats at the epoch that is best on 10,000 validation images (Omniglot: "
        "1,345, and one draw of each), with ten hard samples of each image; exact for one latent. "
        "± is one sample standard deviation over seeds; without it a number is of one seed. A dash "
        "is a run that was not made. Written by `perturbtheory vae record`.",
        "## Table 3 of paper A",
        "N = 10, K = 10. Gumbel, Normal and Gumbel of variance one are trained and reported with "
        "the KL of softmax(theta), as published, which bounds nothing unless the noise is unit "
        "Gumbel. In the last column the KL of the arg max's own law is trained and reported. Rows "
        "are of the first seed, which chose the temperature that the other seeds were run at.",
        _table(tables.table_3_header(), tables.table_3(results)),
        "## The same runs, by every number",
        "At the best temperature of each column and its best epoch. The true bound is the hard "
        "reconstruction and the KL of the law that z has.",
        _table(audit, tables.audit(results)),
        f"## The same temperatures, {LONG * epochs} epochs",
        _table(audit, tables.audit(results, long=True)),
        "## Chosen by the relaxed loss",
        "Temperature and epoch with the lowest validation loss of relaxed samples: what is trained "
        "says little of what hard samples give.",
        _table(audit, tables.audit(results, chosen_by="relaxed_loss")),
        "## Table 1 of paper B",
        f"N = 1, {LONG * epochs} epochs; the test loss is an exact sum. As published: "
        "direct and Gumbel-Softmax on the schedule exp(-1e-5 i), direct without the gradient of "
        "the KL. Audited: the KL in the gradient, and epsilon and temperature from 1 to 0.1 within "
        "the run. † The KL is log K: the encoder has become certain, of one category for all "
        "images, and no longer learns; the loss is that of one picture for all images.",
        _table(tables.table_1_header(), tables.table_1(results)),
        *_published(results),
        *_certainty(results),
    ]
    return "\n\n".join(parts) + "\n"


def _published(results: Results) -> list[str]:
    """The sections on runs of the published length; none for what was not run."""
    found = (
        (
            f"## Paper A, {PUBLISHED_EPOCHS} epochs",
            "N = 10; mean and deviation over seeds. The temperature is constant or falls, in 20 "
            "steps, to the one at which the published schedule ends after 150,000 steps. Each "
            "column is reported at the epoch that is best on the validation images by its own "
            "number, the loss as published or, for Normal with its own KL, the true bound.",
            tables.published_header(),
            tables.published(results),
        ),
        (
            "## What more epochs change",
            "The true bound at one constant temperature, chosen in the same way.",
            tables.lengths_header(),
            tables.lengths(results),
        ),
        (
            f"## Table 1 of paper B, {PUBLISHED_EPOCHS} epochs",
            "As above, with mean and deviation over seeds. † The KL is log K; of several seeds, "
            "for how many.",
            tables.table_1_header(),
            tables.table_1_published(results),
        ),
    )
    shown = ((head, words, _table(header, rows)) for head, words, header, rows in found if rows)
    return [text for section in shown for text in section]


def _certainty(results: Results) -> list[str]:
    """How often encoders become certain; nothing if it was not run."""
    rows = certainty.rows(results)
    if not rows:
        return []
    words = (
        "N = 1, K = 10. Of how many seeds the encoder was certain of one category for all images "
        "after an epoch, and after the last; the last epoch in which those that left it were. "
        "Starts: the KL in the loss weighted from 0 to 1 in five epochs; Adam at 0.0003 instead of "
        "0.001; the weights of the encoder's last layer a tenth and ten times as large."
    )
    return ["## Certain of one category", words, _table(certainty.header(), rows)]


def _table(header: Row, rows: Iterable[Row]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
