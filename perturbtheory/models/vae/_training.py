"""Train a discrete VAE: Adam, one compiled scan an epoch, the best epochs kept."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike
from jaxtyping import Array, UInt8

from perturbtheory.checks import positive, require
from perturbtheory.estimators import AbstractEstimator, Relax
from perturbtheory.models.vae._checkpoint import CheckpointError, digest, load, save
from perturbtheory.models.vae._divergence import Divergence
from perturbtheory.models.vae._evaluation import Bounds, evaluate, require_binary
from perturbtheory.models.vae._network import DiscreteVAE
from perturbtheory.models.vae._objective import Parts, loss
from perturbtheory.models.vae._schedule import Schedule

CRITERIA = ("bound", "as_published", "relaxed_loss")
"""By which validation number an epoch can be best; see `Bounds`."""


@dataclass(frozen=True)
class Training:
    """How a model is trained.

    Attributes:
        rule: whose estimate is the gradient of the reconstruction in the logits.
        divergence: the KL that is part of the loss: that of the "argmax" of the rule's noise, of
            the "softmax" whatever the noise, as both papers have it, or "none", which reports the
            latter and does not differentiate it.
        schedule: of the rule's temperature or epsilon, which it replaces; None leaves it.
        epochs: passes through the training images.
        batch: images a step; a rest that fills no batch is left out of its epoch.
        learning_rate: of Adam.
        draws: hard samples of each image in the validation after every epoch.
        seed: of the start, the order of the images and the noise.
    """

    rule: AbstractEstimator
    divergence: Divergence = "argmax"
    schedule: Schedule | None = None
    epochs: int = 10
    batch: int = 100
    learning_rate: float = 1e-3
    draws: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.rule, AbstractEstimator):
            msg = f"`rule` must be an estimator such as Relaxed(), got {self.rule!r}"
            raise TypeError(msg)
        if self.divergence not in ("argmax", "softmax", "none"):
            msg = f"`divergence` must be argmax, softmax or none, got {self.divergence!r}"
            raise ValueError(msg)
        if self.schedule is not None and scheduled(self.rule) is None:
            msg = (
                f"`schedule` must be None for {type(self.rule).__name__}, which has neither a "
                f"temperature nor an epsilon, got {self.schedule}"
            )
            raise ValueError(msg)
        for name in ("epochs", "batch", "draws"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                msg = f"`{name}` must be a positive integer, got {value!r}"
                raise ValueError(msg)
        require("learning_rate", self.learning_rate, positive, "be positive", "1e-3", most=0)
        if not 0 <= self.seed < 2**32:
            msg = f"`seed` must be a whole number from 0 to 2^32 - 1, got {self.seed!r}"
            raise ValueError(msg)

    def temperature(self, step: int) -> float:
        """Of the softmax at this step; 1 for rules that relax nothing."""
        if scheduled(self.rule) != "temperature":
            return 1.0
        if self.schedule is not None:
            return float(self.schedule(jnp.asarray(step)))
        return float(self.rule.temperature)  # pyright: ignore[reportAttributeAccessIssue]


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
        history: one `Epoch` an epoch.
    """

    model: DiscreteVAE
    best: dict[str, DiscreteVAE]
    best_epoch: dict[str, int]
    history: list[Epoch]


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
        ValueError: for images that are not binary; for fewer than a batch; for a loss that is not
            finite, with its epoch.
        CheckpointError: for a checkpoint that is corrupt or of other settings.
    """
    x, held_out = require_binary("images", images), require_binary("validation", validation)
    if len(x) < training.batch:
        msg = f"`images` must be at least one batch of {training.batch}, got {len(x)}"
        raise ValueError(msg)
    progress = _Progress.start(model, training)
    path = None if checkpoint is None else Path(checkpoint)
    settings = _settings(model, training) + f", images {digest(x)} and {digest(held_out)}"
    if path is not None and path.exists():
        progress = _resumed(path, progress, settings)
    pixels, step = jnp.asarray(x), len(x) // training.batch
    for number in range(len(progress.history), training.epochs):
        key = jax.random.fold_in(jax.random.key(training.seed), number)
        to_train, to_validate = jax.random.split(key)
        # Adam raises its rates to the number of the step, an integer: no strict promotion there.
        with jax.numpy_dtype_promotion("standard"):
            state, parts = _epoch(
                progress.state, pixels, to_train, jnp.asarray(number), _arrays(training.rule),
                training.schedule, training.divergence, training.batch, training.learning_rate,
            )  # fmt: skip
        seen = [float(part) for part in parts]
        if not np.isfinite(seen).all():
            msg = (
                f"`learning_rate` must keep the loss finite, got {training.learning_rate}: in "
                f"epoch {number + 1} it is {sum(seen)}; lower it, or raise the temperature"
            )
            raise ValueError(msg)
        bounds = evaluate(
            state.model, held_out, training.rule.law, draws=training.draws, key=to_validate,
            temperature=training.temperature((number + 1) * step - 1),
        )  # fmt: skip
        progress = progress.after(state, Epoch(seen[0], seen[1], bounds))
        if path is not None:
            arrays = (progress.state, progress.best)
            save(path, arrays, {"settings": settings, "history": progress.history})
        if after_epoch is not None:
            after_epoch(state.model, progress.history)
    return Trained(progress.state.model, progress.best, progress.best_epoch, progress.history)


class _State(NamedTuple):
    """What a step changes."""

    model: DiscreteVAE
    control: Any
    moments: Any


class _Progress(NamedTuple):
    """What an epoch changes, and what a checkpoint keeps."""

    state: _State
    best: dict[str, DiscreteVAE]
    history: list[Epoch]

    @classmethod
    def start(cls, model: DiscreteVAE, training: Training) -> "_Progress":
        control = training.rule.control if isinstance(training.rule, Relax) else None
        learnt, _ = eqx.partition((model, control), eqx.is_inexact_array)
        moments = optax.adam(training.learning_rate).init(learnt)
        return cls(_State(model, control, moments), dict.fromkeys(CRITERIA, model), [])

    @property
    def best_epoch(self) -> dict[str, int]:
        """The first of the epochs with the lowest validation number, from 1."""
        numbers = {name: [getattr(e.validation, name) for e in self.history] for name in CRITERIA}
        return {name: 1 + int(np.argmin(values)) for name, values in numbers.items()}

    def after(self, state: _State, epoch: Epoch) -> "_Progress":
        found = self._replace(state=state, history=[*self.history, epoch])
        last = len(found.history)
        new = {name for name, number in found.best_epoch.items() if number == last}
        return found._replace(best=self.best | dict.fromkeys(new, state.model))


def _resumed(path: Path, start: _Progress, settings: str) -> _Progress:
    """What the checkpoint holds; `start` has its shapes."""
    (state, best), meta = load(path, (start.state, start.best))
    if meta["settings"] != settings:
        msg = (
            f"{path}: the checkpoint is of other settings or images, {meta['settings']}, not "
            f"{settings}; name another file, or delete it to start again"
        )
        raise CheckpointError(msg)
    history = [Epoch(r, d, Bounds(*bounds)) for r, d, bounds in meta["history"]]
    return _Progress(state, best, history)


def _settings(model: DiscreteVAE, training: Training) -> str:
    """What two runs must share for one to go on with the other: all but the number of epochs."""
    leaves, tree = jax.tree.flatten((model, training.rule))
    numbers = [np.asarray(leaf) for leaf in leaves if not callable(leaf)]
    start = digest(np.concatenate([a.ravel().astype(np.float64) for a in numbers]))
    fields = {k: v for k, v in vars(training).items() if k not in ("epochs", "rule")}
    # Functions print their addresses, which another process does not share.
    shape = re.sub(" at 0x[0-9a-f]+", "", str(tree))
    rule = type(training.rule).__name__
    return f"{rule}, start {start} of {digest(np.frombuffer(shape.encode(), np.uint8))}, {fields}"


def scheduled(rule: AbstractEstimator) -> str | None:
    """The field of the rule that a schedule sets."""
    return next((n for n in ("temperature", "epsilon") if getattr(rule, n, None) is not None), None)


def _with(rule: AbstractEstimator, field: str, value: Any) -> AbstractEstimator:
    return replace(rule, **{field: value})  # pyright: ignore[reportArgumentType]


def _arrays(rule: AbstractEstimator) -> AbstractEstimator:
    """The rule with its numbers as arrays, which are traced: one compilation for all of them."""
    return jax.tree.map(lambda a: a if callable(a) else jnp.asarray(a, jnp.float32), rule)


@eqx.filter_jit
def _epoch(
    state: _State,
    images: UInt8[Array, "n 784"],
    key: Array,
    number: Array,
    rule: AbstractEstimator,
    schedule: Schedule | None,
    divergence: Divergence,
    batch: int,
    learning_rate: float,
) -> tuple[_State, tuple[Array, Array]]:
    """One pass in random order: the state after it, and the means of the two parts of the loss."""
    steps = len(images) // batch
    to_order, to_noise = jax.random.split(key)
    order = jax.random.permutation(to_order, len(images))[: steps * batch].reshape(steps, batch)
    adam = optax.adam(learning_rate)
    learnt, fixed = eqx.partition((state.model, state.control), eqx.is_inexact_array)

    def step(carry: tuple[Any, Any], place: tuple[Array, Array]) -> tuple[Any, Any]:
        learnt, moments = carry
        rows, within = place
        x = images[rows].astype(jnp.float32)
        here = rule
        if schedule is not None:
            value = schedule(number * steps + within)
            here = _with(here, scheduled(rule) or "", value)

        def objective(learnt: Any) -> tuple[Array, Parts]:
            model, control = eqx.combine(learnt, fixed)
            used = here if control is None else _with(here, "control", control)
            return loss(model, x, jax.random.fold_in(to_noise, within), used, divergence)

        (_, parts), slope = jax.value_and_grad(objective, has_aux=True)(learnt)
        updates, moments = adam.update(slope, moments)
        return (optax.apply_updates(learnt, updates), moments), jax.tree.map(jnp.mean, parts)

    start = (learnt, state.moments)
    (learnt, moments), parts = jax.lax.scan(step, start, (order, jnp.arange(steps)))
    model, control = eqx.combine(learnt, fixed)
    return _State(model, control, moments), (jnp.mean(parts[0]), jnp.mean(parts[1]))
