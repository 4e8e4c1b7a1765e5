"""The grids of discrete VAEs that are run: the tables and curves of both papers, and audits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from perturbtheory.checks import require_one_of
from perturbtheory.experiments.vaes.settings import EPOCHS, PUBLISHED_EPOCHS, VaeRun
from perturbtheory.models.vae import Bounds

IMAGES = ("mnist", "fashion-mnist", "omniglot-resized")
TEMPERATURES = (0.01, 0.03, 0.07, 0.1, 0.25, 0.4, 0.5, 0.67, 0.85, 1.0)
"""Of paper A, Table 3."""
NEAR_THE_BEST = (0.1, 0.25, 0.4, 0.5, 0.67, 1.0)
CATEGORIES = (10, 20, 30, 40, 50)
"""Of paper B, Table 1."""
ENDS = (10, 50)
LONG = 4
"""How many times as long some runs are."""
MORE_SEEDS = (1, 2, 3, 4)
SEEDS = (0, 1, 2)
"""Of runs of the published length."""
END = 0.22
"""Where the published schedule is after 300 epochs of 500 steps, to two digits."""
OPEN = (0.25, 0.4, 0.67)
"""Constant temperatures of which 20 epochs do not tell the best."""
Results = Mapping[VaeRun, Mapping[str, Any]]


def table_3() -> list[VaeRun]:
    """Paper A, Table 3, the published protocol: softmax KL whatever the noise."""
    return [
        VaeRun(images, noise=noise, temperature=t)
        for images, noise, t in product(IMAGES, ("normal", "gumbel"), TEMPERATURES)
    ]


def table_3_unit() -> list[VaeRun]:
    """Table 3 for Gumbel noise of variance one: the scale of Normal, the shape of Gumbel."""
    return [VaeRun(images, unit=True, temperature=t) for images, t in product(IMAGES, TEMPERATURES)]


def table_3_audited() -> list[VaeRun]:
    """Table 3 with the KL of the arg max's own law in the loss, which for Gumbel is the softmax."""
    return [
        VaeRun(images, noise="normal", temperature=t, divergence="argmax")
        for images, t in product(IMAGES, NEAR_THE_BEST)
    ]


def curves() -> list[VaeRun]:
    """Paper A, Figures 5 and 10: temperature 1, K = 10, 30, 50."""
    return [
        VaeRun(images, noise=noise, categories=k)
        for k, images, noise in product((10, 30, 50), IMAGES, ("normal", "gumbel"))
    ]


def long() -> list[VaeRun]:
    """Temperature 1 for many epochs: the relaxed training loss against the hard one."""
    return [VaeRun(noise=noise, epochs=LONG * EPOCHS) for noise in ("normal", "gumbel")]


METHODS: dict[str, VaeRun] = {
    "unbiased": VaeRun(rule="exact", latents=1, epochs=LONG * EPOCHS),
    "direct": VaeRun(
        rule="direct", latents=1, schedule="published", divergence="none", epochs=LONG * EPOCHS
    ),
    "direct, audited": VaeRun(
        rule="direct", latents=1, schedule="annealed", temperature=0.1, divergence="argmax",
        epochs=LONG * EPOCHS,
    ),
    "Gumbel-Softmax": VaeRun(rule="relaxed", latents=1, schedule="published", epochs=LONG * EPOCHS),
    "Gumbel-Softmax, audited": VaeRun(
        rule="relaxed", latents=1, schedule="annealed", temperature=0.1, divergence="argmax",
        epochs=LONG * EPOCHS,
    ),
}  # fmt: skip
"""Of paper B, Table 1, as published; and under one objective with the KL, to one end of the
schedule. Long, for Gumbel-Softmax begins with up to 13 epochs, on Omniglot more than 20, in which
its encoder is certain of one category for all images."""


def table_1() -> list[VaeRun]:
    """Paper B, Table 1 and Figures 2 and 6: one latent, K = 10 to 50."""
    return [
        replace(run, images=images, categories=k)
        for run, images, k in product(METHODS.values(), IMAGES, CATEGORIES)
    ]


COLUMNS: dict[str, tuple[VaeRun, str]] = {
    "Gumbel": (VaeRun(noise="gumbel"), "as_published"),
    "Normal": (VaeRun(noise="normal"), "as_published"),
    "Gumbel, variance 1": (VaeRun(noise="gumbel", unit=True), "as_published"),
    "Normal, own KL": (VaeRun(noise="normal", divergence="argmax"), "bound"),
}
"""The columns of Table 3 made again: what is alike in all runs of one, and the number by which
temperature and epoch are chosen."""


PUBLISHED_COLUMNS: dict[str, tuple[VaeRun, str]] = {
    "Normal": COLUMNS["Normal"],
    "Gumbel": COLUMNS["Gumbel"],
    "Normal, own KL": COLUMNS["Normal, own KL"],
    "Gumbel, variance 1": COLUMNS["Gumbel, variance 1"],
    "Logistic": (VaeRun(noise="logistic"), "as_published"),
}
"""Those that are run for the published number of epochs; the code of paper A has Logistic too."""


def _published(**changes: Any) -> list[VaeRun]:
    """Runs of the published length, all seeds of a column, then all columns of a data set.

    An order is judged by three seeds of two columns, so that a grid that is stopped on the way
    has decided the most.
    """
    return [
        replace(run, images=images, epochs=PUBLISHED_EPOCHS, seed=seed, **changes)
        for images, (run, _), seed in product(IMAGES, PUBLISHED_COLUMNS.values(), SEEDS)
    ]


def published() -> list[VaeRun]:
    """Paper A for 300 epochs, the temperature annealed from 1 to 0.22.

    With 500 steps an epoch, MNIST and Fashion-MNIST, it is within 10 % of the schedule of the
    public code in every step. Omniglot has 230: after as many epochs that schedule is at 0.51.
    """
    return _published(temperature=END, schedule="annealed")


def constant() -> list[VaeRun]:
    """Paper A for 300 epochs at a constant temperature."""
    return [run for t in OPEN for run in _published(temperature=t)]


def one_latent() -> list[VaeRun]:
    """Paper B, Table 1 as published, 300 epochs, seed by seed."""
    names = ("unbiased", "direct", "Gumbel-Softmax")
    return [
        replace(METHODS[name], images=images, categories=k, epochs=PUBLISHED_EPOCHS, seed=seed)
        for seed, k, images, name in product(SEEDS, CATEGORIES, IMAGES, names)
    ]


STARTS: dict[str, VaeRun] = {
    "as published": VaeRun(),
    "KL warmed up": VaeRun(warmup=LONG * EPOCHS // 4),
    "lower rate": VaeRun(learning_rate=3e-4),
    "flat start": VaeRun(spread=0.1),
    "wide start": VaeRun(spread=10.0),
}
"""What may decide whether an encoder becomes certain of one category: the changes alone."""
STARTED = {
    name: tuple(STARTS) if name != "direct" else ("as published",)
    for name in ("unbiased", "direct", "Gumbel-Softmax")
}
"""Which of them each method of paper B is run with; the KL is not in the loss of direct."""
STARTED_ON = ("mnist", "omniglot-resized")


def started(method: str, start: str, images: str) -> VaeRun:
    """The run, first seed, of a method of Table 1, K = 10, that starts in this way."""
    change = STARTS[start]
    return replace(
        METHODS[method], images=images, learning_rate=change.learning_rate, warmup=change.warmup,
        spread=change.spread,
    )  # fmt: skip


def certainty() -> list[VaeRun]:
    """Whether encoders become certain of one category, seed by seed, every method and start."""
    return [
        replace(started(method, start, images), seed=seed)
        for seed in (0, *MORE_SEEDS)
        for images in STARTED_ON
        for method, starts in STARTED.items()
        for start in starts
    ]


def column(name: str, images: str, epochs: int = EPOCHS) -> list[VaeRun]:
    """The runs of one column of Table 3 for these images, first seed, by temperature."""
    like = replace(COLUMNS[name][0], images=images, epochs=epochs)
    return [replace(like, temperature=t) for t in TEMPERATURES]


def best(
    results: Results, name: str, images: str, epochs: int = EPOCHS, criterion: str | None = None
) -> VaeRun | None:
    """The run of a column that is best on the validation images, if any was made.

    By the criterion of the column, or another.
    """
    made = [run for run in column(name, images, epochs) if run in results]
    return selected(results, made, criterion or COLUMNS[name][1]) if made else None


def _bests(results: Results, epochs: int) -> list[VaeRun]:
    found = (best(results, *pair, epochs) for pair in product(COLUMNS, IMAGES))
    return [run for run in found if run is not None]


def seeds(results: Results, epochs: int = EPOCHS) -> list[VaeRun]:
    """More seeds at the temperature that is best on the validation images, column by column."""
    pairs = product(_bests(results, epochs), MORE_SEEDS)
    return [replace(run, seed=seed) for run, seed in pairs]


def longer(results: Results, epochs: int = EPOCHS) -> list[VaeRun]:
    """The best of each column again, `LONG` times as long."""
    return [replace(run, epochs=LONG * epochs) for run in _bests(results, epochs)]


GRIDS: dict[str, Callable[[], list[VaeRun]]] = {
    "table-3": table_3,
    "table-1": table_1,
    "table-3-audited": table_3_audited,
    "table-3-unit": table_3_unit,
    "curves": curves,
    "long": long,
    "certainty": certainty,
}
LENGTHY: dict[str, Callable[[], list[VaeRun]]] = {
    "published": published,
    "constant": constant,
    "one-latent": one_latent,
}
"""Grids of the published length; each takes many hours, and `all` leaves them out."""
AFTER: dict[str, Callable[[Results, int], list[VaeRun]]] = {"seeds": seeds, "longer": longer}
"""Grids that go on from what Table 3 found."""


def runs(name: str, *, epochs: int | None = None, done: Results | None = None) -> list[VaeRun]:
    """The runs of a grid, with another number of epochs if one is said, see `lasting`.

    Those of `AFTER` need what is `done`. Raises ValueError for another name, or if nothing is done.
    """
    if name in AFTER:
        more = AFTER[name](done or {}, epochs or EPOCHS)
        if not more:
            msg = (
                f"`grid` {name} needs runs of table-3 with {epochs or EPOCHS} epochs; "
                "run that grid first"
            )
            raise ValueError(msg)
        return more
    require_one_of("grid", name, (*GRIDS, *LENGTHY, *AFTER))
    made = (GRIDS | LENGTHY)[name]()
    return made if epochs is None else [lasting(run, epochs) for run in made]


def lasting(run: VaeRun, epochs: int) -> VaeRun:
    """The run with this number of epochs in the place of 5 or 300; those of 20 stay longer."""
    return replace(run, epochs=epochs * (LONG if run.epochs == LONG * EPOCHS else 1))


def selected(results: Results, candidates: Iterable[VaeRun], criterion: str) -> VaeRun:
    """The run with the lowest validation number by this criterion, over all epochs."""
    return min(candidates, key=lambda run: min(validation(results[run], criterion)))


def kept_epochs(result: Mapping[str, Any]) -> list[int]:
    """The epochs, from 1, that the lists of a result are about: all, if it does not say which."""
    return result.get("epochs") or list(range(1, 1 + len(result["loss"])))


def validation(result: Mapping[str, Any], criterion: str) -> list[float]:
    """The validation number after each of `kept_epochs`: a property of `models.vae.Bounds`."""
    columns = (result["validation"][name] for name in Bounds._fields)
    return [getattr(Bounds(*row), criterion) for row in zip(*columns, strict=True)]


def tested(result: Mapping[str, Any], by: str) -> Bounds:
    """On test images, at the epoch with the best validation number of this name, or the "last"."""
    found = result["test"][by]
    return Bounds(*(found[name] for name in Bounds._fields))


def loss(result: Mapping[str, Any], criterion: str, by: str | None = None) -> float:
    """The test loss at the epoch that is best by the same number, or by another."""
    return getattr(tested(result, by or criterion), criterion)
