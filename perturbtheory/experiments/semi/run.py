"""VAEs with some labels: what is made of a run, and what is kept of it."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

import jax
import numpy as np
from scipy.optimize import linear_sum_assignment

from perturbtheory import data
from perturbtheory.checks import require_count, require_one_of
from perturbtheory.data import attributes
from perturbtheory.estimators import AbstractEstimator, Direct, Exact, Relaxed
from perturbtheory.experiments.numbers import short
from perturbtheory.experiments.resumed import resumed
from perturbtheory.experiments.semi.pictures import packed
from perturbtheory.experiments.semi.settings import (
    DRAWS,
    LATENTS,
    RULES,
    VALIDATION_DRAWS,
    SemiRun,
)
from perturbtheory.experiments.semi.unused import learns_from_labels, require_effect
from perturbtheory.experiments.vaes import binary
from perturbtheory.models import vae
from perturbtheory.models.vae import semi

CRITERIA = ("bound", "error")
"""By which validation number an epoch can be best; the tables take the last one, which needs none.
"""
SCHEDULES = ("constant", "published")
SWITCHED = 1000
"""Images of which each attribute is switched."""
FIRST_KEPT_EVERY = 50
"""Passes through the few labelled images, each of which takes less time than to keep its state."""
_RULES: dict[str, Callable[[], AbstractEstimator]] = {
    "direct": Direct, "relaxed": lambda: Relaxed(temperature=1.0), "exact": Exact,
}  # fmt: skip


class Splits(NamedTuple):
    """Images with labels of all of them, which a run then forgets.

    `measured` gives the attributes of other images; None where labels are classes.
    """

    train: semi.Labelled
    validation: semi.Labelled
    test: semi.Labelled
    measured: attributes.Thresholds | None


def start(run: SemiRun) -> semi.AbstractMixedVAE:
    """The network before training."""
    model = semi.MixtureVAE if run.latent == "class" else semi.AttributeVAE
    return model(key=jax.random.key(run.seed))


def task(run: SemiRun) -> semi.SemiSupervised:
    """What trains it; raises ValueError for what does not go together."""
    require_one_of("rule", run.rule, RULES)
    require_one_of("schedule", run.schedule, SCHEDULES)
    require_one_of("divergence", run.divergence, get_args(vae.Divergence))
    if run.schedule == "published" and run.rule == "exact":
        msg = f"`schedule` must be constant for exact, which has none, got {run.schedule!r}"
        raise ValueError(msg)
    schedule = vae.PUBLISHED if run.schedule == "published" else None
    by = vae.ByEstimator(_RULES[run.rule](), cast("vae.Divergence", run.divergence), schedule)
    latents, categories = (1, 10) if run.latent == "class" else (len(attributes.NAMES), 2)
    learns = cast("semi.Learns", run.learns)
    return semi.SemiSupervised(by, learns, run.weight, run.from_labels, latents, categories)


def require_run(run: SemiRun) -> None:
    """Raise ValueError for a run that cannot be made, before any is."""
    require_one_of("images", run.images, data.NAMES)
    require_one_of("latent", run.latent, LATENTS)
    require_count("epochs", run.epochs)
    require_count("labels", run.labels, 0)
    require_count("first", run.first, 0)
    require_count("seed", run.seed, 0)
    needs = learns_from_labels(run)
    if needs and run.labels == 0:
        msg = (
            f"`labels` must be positive where any are learnt from, got 0 and {run}; say how many, "
            "or `learns` images"
        )
        raise ValueError(msg)
    if not needs and run.labels > 0:
        msg = (
            f"`labels` must be 0 where none are learnt from, got {run.labels} and {run}; say 0, or "
            "`learns` both"
        )
        raise ValueError(msg)
    if run.latent == "class" and run.labels % 10:
        msg = (
            f"`labels` must be as many of each of the ten classes, got {run.labels}; ask for "
            f"{run.labels // 10 * 10 + 10}"
        )
        raise ValueError(msg)
    task(run).check(start(run))
    require_effect(run)


def labelled(images: data.Images, latent: str) -> Splits:
    """Binary images with their classes or their attributes.

    The thresholds of attributes are medians of the training images. Raises ValueError for classes
    of images that have none.
    """
    pixels = binary(images)
    measured = attributes.thresholds(pixels[0]) if latent == "attributes" else None
    if measured is not None:
        labels = tuple(map(measured, pixels))
    elif images.labels is not None:
        labels = tuple(images.labels)
    else:
        msg = f"`images` must have classes, got {images.name}; take mnist or fashion-mnist"
        raise ValueError(msg)
    train, held_out, test = map(semi.labelled, pixels, labels)
    return Splits(train, held_out, test, measured)


@functools.lru_cache(maxsize=2)
def _images(name: str, latent: str) -> Splits:
    # A worker has many runs on the same images.
    return labelled(data.load(name), latent)


def run_semi(run: SemiRun, checkpoint: Path | None = None) -> dict[str, Any]:
    """Train, resumed from the checkpoint if there is one, and evaluate on the test images.

    Returns, with one entry an epoch: `loss`, the mean of minus the bound as it was minimised or
    reported; `labels`, the mean of what labels add; `validation`, the bound and the error;
    `seconds` of training and validation. Under `test`, for the epochs that are best by each of
    `CRITERIA` and for the last, the numbers of `measured` and that of the epoch. Of attributes
    `switching`, see `switched`. `pictures` are generated images of the last epoch, see `pictures`.
    """
    splits = _images(run.images, run.latent)
    found = resumed(lambda path: trained(run, splits, checkpoint=path), checkpoint)
    return summary(run, found, splits)


def trained(
    run: SemiRun,
    splits: Splits,
    *,
    checkpoint: Path | None = None,
    watch: Callable[[Any, list[Any]], None] | None = None,
) -> vae.Trained:
    """The run, resumed from the checkpoint if there is one; see `before` for a second one."""
    known = semi.labelled(*splits.train, kept(run, splits.train.labels))
    settings = vae.Settings(task(run), run.epochs, draws=VALIDATION_DRAWS, seed=run.seed)
    model = start(run) if run.first == 0 else _begun(run, known, before(checkpoint))
    # A task may take any tree of arrays; this one takes labelled images.
    images: Any = known
    held_out: Any = splits.validation
    return vae.train(model, settings, images, held_out, checkpoint=checkpoint, after_epoch=watch)


def kept(run: SemiRun, labels: Any) -> np.ndarray:
    """Places of the images that keep their labels: for classes as many of each."""
    if run.labels == 0:
        return np.zeros(0, np.int64)
    if run.latent == "attributes":
        return data.draw_labelled(labels, run.labels, run.seed, balanced=False)
    return data.draw_labelled(labels[:, 0], run.labels, run.seed)


def before(checkpoint: Path | None) -> Path | None:
    """Where the state of the passes through the labelled images is kept, beside that of the run.

    Those of a run that goes on begin where they ended, so that it stays until the run is finished.
    """
    return None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}.first")


def _begun(run: SemiRun, known: semi.Labelled, checkpoint: Path | None) -> semi.AbstractMixedVAE:
    """After the passes through the labelled images alone, at epsilon or temperature 1."""
    at = np.flatnonzero(known.labels[:, 0] != semi.UNKNOWN)
    few: Any = semi.Labelled(known.images[at], known.labels[at])
    alone = replace(run, learns="labelled", schedule="constant", from_labels=False)
    settings = vae.Settings(
        task(alone), run.first, batch=min(100, len(at)), draws=VALIDATION_DRAWS, seed=run.seed
    )
    # Validation chooses nothing here: a few images will do.
    ten: Any = semi.Labelled(*(a[:10] for a in few))
    found = vae.train(start(run), settings, few, ten, checkpoint=checkpoint, every=FIRST_KEPT_EVERY)
    return found.model


def summary(run: SemiRun, found: vae.Trained, splits: Splits) -> dict[str, Any]:
    """The numbers that are kept of a run: see `run_semi`."""
    models = {name: (found.best[name], found.best_epoch[name]) for name in CRITERIA}
    models["last"] = (found.model, len(found.history))
    at: dict[int, dict[str, float]] = {}
    for model, epoch in models.values():
        if epoch not in at:
            at[epoch] = measured(run, model, splits.test)
    result = {
        "loss": short([epoch.loss for epoch in found.history]),
        "labels": short([epoch.labels for epoch in found.history]),
        "validation": {
            name: short([getattr(epoch.validation, name) for epoch in found.history])
            for name in CRITERIA
        },
        "test": {name: at[epoch] | {"epoch": epoch} for name, (_, epoch) in models.items()},
        "seconds": [round(s, 2) for s in found.seconds],
        "pictures": packed(pictures(run, found.model, splits)),
    }
    if splits.measured is not None:
        result["switching"] = switched(run, found.model, splits)
    return result


NUMBERS = ("as_published", "bound", "bound_error", "accuracy", "drawn_accuracy", "matched")
"""What `measured` returns."""


def measured(run: SemiRun, model: semi.AbstractMixedVAE, test: semi.Labelled) -> dict[str, float]:
    """The bounds of a model and how it meets the labels.

    `accuracy` is that of argmax(theta), `drawn_accuracy` that of argmax(theta + gamma), which the
    code of paper B counts, `matched` that of argmax(theta) when categories are renamed one to one
    so that most labels are met: what an unsupervised model can be asked. Shares, not per cent.
    """
    trains = task(run)
    given = trains.data("validation", test)
    key = jax.random.key(run.seed + 1)
    found = trains.evaluate(model, given, step=0, draws=DRAWS, key=key)
    numbers = (
        found.as_published, found.bound, found.bound_error, found.accuracy, found.drawn_accuracy,
        matched(_modes(model, test.images), np.asarray(test.labels), model.categories),
    )  # fmt: skip
    return dict(zip(NUMBERS, short(numbers), strict=True))


def _modes(model: semi.AbstractMixedVAE, images: Any) -> np.ndarray:
    found = vae.over_batches(_logits, model, images, jax.random.key(0))
    return found["theta"].argmax(-1)


def _logits(model: semi.AbstractMixedVAE, x: jax.Array, key: jax.Array) -> dict[str, jax.Array]:
    del key
    return {"theta": model.logits(x)}


def matched(found: np.ndarray, labels: np.ndarray, categories: int) -> float:
    """Share of labels met by categories, both of shape (n, N), renamed one to one as is best.

    Example:
        >>> matched(np.array([[1], [1], [0]]), np.array([[0], [0], [0]]), 2)
        0.6666666666666666
    """
    shares = []
    for one, other in zip(found.T, labels.T, strict=True):
        pairs = np.bincount(one * categories + other, minlength=categories**2)
        table = pairs.reshape(categories, categories)
        shares.append(table[linear_sum_assignment(-table)].sum() / len(one))
    return float(np.mean(shares))


def switched(run: SemiRun, model: Any, splits: Splits) -> dict[str, list[float]]:
    """How often a switched attribute follows, and others move; see `semi.Switching`.

    `follows` has a share for each attribute, `moves` one for each (switched, other), row by row.
    All else is as in the first test images, and c is drawn from its prior.
    """
    assert splits.measured is not None
    labels: Any = np.asarray(splits.test.labels)[:SWITCHED]
    found = semi.switching(model, labels, _rows(run, model, len(labels)), splits.measured)
    return {"follows": short(found.follows), "moves": short(found.moves)}


ROWS = 4
"""Of generated images, each with one draw of c."""


def pictures(run: SemiRun, model: Any, splits: Splits) -> np.ndarray:
    """Means of pixels, (rows, columns, 784): one column a class, or an attribute off and then on.

    Paper B, Figures 4 and 5. The attributes that are not switched are those of a test image.
    """
    key = jax.random.key(run.seed + 2)
    if run.latent == "class":
        return semi.by_category(model, ROWS, key)
    labels: Any = np.asarray(splits.test.labels)[:ROWS]
    off, on = semi.switched(model, labels, _rows(run, model, ROWS))
    return np.stack([off, on], 2).reshape(ROWS, -1, off.shape[-1])


def _rows(run: SemiRun, model: Any, count: int) -> jax.Array:
    key = jax.random.key(run.seed + 2)
    return jax.random.normal(key, (count, 1, model.continuous), "float32")
