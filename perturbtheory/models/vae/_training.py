"""Train a discrete VAE: epoch by epoch, validated, the best ones kept, resumable."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike
from jaxtyping import UInt8

from perturbtheory.estimators import Relax
from perturbtheory.models.vae._checkpoint import CheckpointError, arrays, digest, load, save
from perturbtheory.models.vae._epoch import State, traced, train_epoch
from perturbtheory.models.vae._evaluation import Bounds, evaluate, require_binary
from perturbtheory.models.vae._network import DiscreteVAE
from perturbtheory.models.vae._settings import Training

CRITERIA = ("bound", "as_published", "relaxed_loss")
"""By which validation number an epoch can be best; see `Bounds`."""


class Epoch(NamedTuple):
    """What is known after an epoch: means over its training batches, and the validation.

    Attributes:
        reconstruction: what the training rule saw, before each step.
        divergence: the KL of `Training.divergence`, the softmax one for "none".
        validation: bounds on the validation images after the epoch.
    """

    reconstruction: float
    divergence: float
    validation: Bounds

    @property
    def loss(self) -> float:
        """Training loss."""
        return self.reconstruction + self.divergence


class Trained(NamedTuple):
    """A training run after its last epoch.

    Attributes:
        model: as it is then.
        best: for every criterion of `CRITERIA`, the model with the lowest validation number.
        best_epoch: for every criterion, after which epoch that was, from 1.
        history: one `Epoch` per epoch.
        seconds: wall time of every epoch with its validation, in whichever process it was trained.
    """

    model: DiscreteVAE
    best: dict[str, DiscreteVAE]
    best_epoch: dict[str, int]
    history: list[Epoch]
    seconds: list[float]


def train(
    model: DiscreteVAE,
    training: Training,
    images: UInt8[ArrayLike, "n 784"],
    validation: UInt8[ArrayLike, "m 784"],
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    after_epoch: Callable[[DiscreteVAE, list[Epoch]], None] | None = None,
) -> Trained:
    """Minimise E[-log p(x|z)] + KL by Adam, in 32-bit.

    Every epoch is a pure function of the state and of (seed, number of the epoch): a run that was
    killed goes on from its checkpoint to the same bits that it would have reached.

    Args:
        model: where to start; not changed.
        training: the settings.
        images: binary, 0 or 1, at least one batch.
        validation: other images, binary, which choose the best epoch.
        checkpoint: file that is written after every epoch, and read if it is there.
        after_epoch: called with the model and the history so far.

    Raises:
        TypeError: for a model or settings of another type.
        ValueError: for a rule that does not fit the model; for images that are not binary; for
            fewer than a batch; for a loss that is not finite, with its epoch.
        CheckpointError: for a checkpoint that is corrupt, of other settings, or of more epochs
            already; for one that lies in no directory.
    """
    _require(model, training)
    x, held_out = require_binary("images", images), require_binary("validation", validation)
    if len(x) < training.batch:
        msg = f"`images` must be at least one batch of {training.batch}, got {len(x)}"
        raise ValueError(msg)
    progress = _Progress.start(model, training)
    path = None if checkpoint is None else Path(checkpoint)
    settings = _settings(model, training) + f", images {digest(x)} and {digest(held_out)}"
    if path is not None:
        progress = _resumed(path, progress, settings, training.epochs)
    pixels, step = jnp.asarray(x), len(x) // training.batch
    for number in range(len(progress.history), training.epochs):
        begin = time.perf_counter()
        key = jax.random.fold_in(jax.random.key(training.seed), number)
        to_train, to_validate = jax.random.split(key)
        # Adam raises its rates to the number of the step, an integer: no strict promotion there.
        with jax.numpy_dtype_promotion("standard"):
            state, parts = train_epoch(
                progress.state, pixels, to_train, jnp.asarray(number), traced(training.rule),
                training.schedule, training.divergence, training.batch, training.learning_rate,
            )  # fmt: skip
        seen = [float(part) for part in parts]
        bounds = evaluate(
            state.model, held_out, training.rule.law, draws=training.draws, key=to_validate,
            temperature=training.temperature((number + 1) * step - 1),
        )  # fmt: skip
        # The training loss was seen before each step, the bounds are after the last one.
        if not np.isfinite([*seen, *bounds]).all():
            msg = (
                f"`learning_rate` must keep the loss finite, got {training.learning_rate}: in "
                f"epoch {number + 1} it is {sum(seen)} and then {bounds.bound}; lower it, or raise "
                "the temperature"
            )
            raise ValueError(msg)
        seconds = time.perf_counter() - begin
        progress = progress.after(state, Epoch(seen[0], seen[1], bounds), seconds)
        if path is not None:
            meta = {
                "settings": settings, "history": progress.history, "seconds": progress.seconds
            }  # fmt: skip
            save(path, meta, (progress.state, progress.best))
        if after_epoch is not None:
            after_epoch(state.model, progress.history)
    last, best, history, seconds = progress
    return Trained(last.model, best, progress.best_epoch, history, seconds)


class _Progress(NamedTuple):
    """What an epoch changes, and what a checkpoint keeps."""

    state: State
    best: dict[str, DiscreteVAE]
    history: list[Epoch]
    seconds: list[float]

    @classmethod
    def start(cls, model: DiscreteVAE, training: Training) -> "_Progress":
        control = training.rule.control if isinstance(training.rule, Relax) else None
        learnt, _ = eqx.partition((model, control), eqx.is_inexact_array)
        moments = optax.adam(training.learning_rate).init(learnt)
        return cls(State(model, control, moments), dict.fromkeys(CRITERIA, model), [], [])

    @property
    def best_epoch(self) -> dict[str, int]:
        """The first of the epochs with the lowest validation number, from 1."""
        numbers = {name: [getattr(e.validation, name) for e in self.history] for name in CRITERIA}
        return {name: 1 + int(np.argmin(values)) for name, values in numbers.items()}

    def after(self, state: State, epoch: Epoch, seconds: float) -> "_Progress":
        found = self._replace(
            state=state, history=[*self.history, epoch], seconds=[*self.seconds, seconds]
        )
        last = len(found.history)
        new = {name for name, number in found.best_epoch.items() if number == last}
        return found._replace(best=self.best | dict.fromkeys(new, state.model))


def _require(model: DiscreteVAE, training: Training) -> None:
    """Raise for what would not train; within the compiled epoch it would only be NaN."""
    for name, value, kind in (("model", model, DiscreteVAE), ("training", training, Training)):
        if not isinstance(value, kind):
            msg = f"`{name}` must be a {kind.__name__}, got {value!r}; see perturbtheory.models.vae"
            raise TypeError(msg)
    training.rule.check(np.zeros((model.latents, model.categories), np.float32))


def _resumed(path: Path, start: _Progress, settings: str, epochs: int) -> _Progress:
    """What the checkpoint holds, if there is one; `start` has its shapes."""
    if not path.parent.is_dir():
        msg = f"{path}: the checkpoint lies in no directory; make {str(path.parent)!r} first"
        raise CheckpointError(msg)
    if not path.exists():
        return start
    meta, body = load(path)
    if meta["settings"] != settings:
        msg = (
            f"{path}: the checkpoint is of other settings or images, {meta['settings']}, not "
            f"{settings}; name another file, or delete it to start again"
        )
        raise CheckpointError(msg)
    history = [Epoch(r, d, Bounds(*bounds)) for r, d, bounds in meta["history"]]
    if len(history) > epochs:
        msg = (
            f"{path}: the checkpoint is of {len(history)} epochs already, more than {epochs}; ask "
            "for as many, name another file, or delete it to start again"
        )
        raise CheckpointError(msg)
    state, best = arrays(path, body, (start.state, start.best))
    return _Progress(state, best, history, meta["seconds"])


def _settings(model: DiscreteVAE, training: Training) -> str:
    """What two runs must share for one to go on with the other: all but the number of epochs."""
    leaves, tree = jax.tree.flatten((model, training.rule))
    numbers = [np.asarray(leaf) for leaf in leaves if not callable(leaf)]
    start = digest(np.concatenate([a.ravel().astype(np.float64) for a in numbers]))
    fields = {k: v for k, v in vars(training).items() if k not in ("epochs", "rule")}
    # Functions print their addresses, which another process does not share.
    shape, rule = (re.sub(" at 0x[0-9a-f]+", "", str(x)) for x in (tree, training.rule))
    return f"{rule}, start {start} of {digest(np.frombuffer(shape.encode(), np.uint8))}, {fields}"
