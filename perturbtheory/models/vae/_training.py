"""Train a model: epoch by epoch, validated, the best ones kept, resumable."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike

from perturbtheory.checks import require_count
from perturbtheory.display import html_of_node, text_of_node
from perturbtheory.models.vae import _shown
from perturbtheory.models.vae._checkpoint import arrays, digest, load, refused, save
from perturbtheory.models.vae._epoch import State, train_epoch
from perturbtheory.models.vae._settings import Settings
from perturbtheory.models.vae._task import traced

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Trained(NamedTuple):
    """A training run after its last epoch.

    Attributes:
        model: as it is then.
        best: for every criterion of the task, the model with the lowest validation number.
        best_epoch: for every criterion, after which epoch that was, from 1.
        history: one `Epoch`, or what the task has for it, per epoch.
        seconds: wall time of every epoch with its validation, in whichever process it was trained.
    """

    model: Any
    best: dict[str, Any]
    best_epoch: dict[str, int]
    history: list[Any]
    seconds: list[float]

    @text_of_node
    def __repr__(self) -> str:
        return _shown.text(self)

    @html_of_node
    def _repr_html_(self) -> str:
        return _shown.html(self)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The training loss and the validation numbers by epoch, the best epochs marked.

        Args:
            ax: axes to draw into; those of a new figure by default.

        Returns:
            The axes.

        Example:
            >>> import matplotlib; matplotlib.use("Agg")
            >>> from perturbtheory.models.vae import Bounds, Epoch
            >>> bounds = [Bounds(100.0 - n, 101.0 - n, 0.5, 6.0, 6.0) for n in range(3)]
            >>> history = [Epoch(99.0, 6.0, found) for found in bounds]
            >>> found = Trained(None, {"bound": None}, {"bound": 3}, history, [0.5, 0.2, 0.2])
            >>> found
            Trained(3 epochs in 0.9 s; lowest on validation images: bound 105 in epoch 3)
            >>> found.plot().get_xlabel()
            'epoch'
        """
        return _shown.plotted(self, ax)


def train(
    model: Any,
    training: Settings,
    images: ArrayLike,
    validation: ArrayLike,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int = 1,
    after_epoch: Callable[[Any, list[Any]], None] | None = None,
) -> Trained:
    """Minimise the loss of the settings' task by Adam, in 32-bit.

    Every epoch is a pure function of the state and of (seed, number of the epoch): a run that was
    killed goes on from its checkpoint to the same bits that it would have reached.

    Args:
        model: where to start; not changed.
        training: the settings.
        images: what the task trains on, for a `DiscreteVAE` binary images; at least one batch.
        validation: other images of the kind, which choose the best epoch.
        checkpoint: file that is written after every epoch, and read if it is there.
        every: epochs between two writings of it, where an epoch takes less time than a writing; the
            last is always kept.
        after_epoch: called with the model and the history so far.

    Raises:
        TypeError: for a model or settings of another type.
        ValueError: for a rule that does not fit the model; for images that are not binary; for
            fewer than a batch; for a loss that is not finite, with its epoch; for no number of
            epochs as `every`.
        CheckpointError: for a checkpoint that is corrupt, of other settings, or of more epochs
            already; for one that lies in no directory.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> from perturbtheory.models import vae
        >>> import numpy as np
        >>> images = np.zeros((4, 784), np.uint8)
        >>> model = vae.DiscreteVAE(1, 3, hidden=5, key=jax.random.key(0))
        >>> settings = vae.Training(es.Direct(), epochs=1, batch=2)
        >>> vae.train(model, settings, images, images).best_epoch
        {'bound': 1, 'as_published': 1, 'relaxed_loss': 1}
    """
    if not isinstance(training, Settings):
        msg = f"`training` must be a Training, got {training!r}; see perturbtheory.models.vae"
        raise TypeError(msg)
    require_count("every", every)
    task = training.task
    # Within the compiled epoch what does not fit would only be NaN.
    task.check(model)
    x, held_out = task.data("images", images), task.data("validation", validation)
    steps = task.steps(x, training.batch)
    if steps < 1:
        count = len(jax.tree.leaves(x)[0])
        msg = f"`images` must be at least one batch of {training.batch}, got {count}"
        raise ValueError(msg)
    progress = _Progress.start(model, training)
    path = None if checkpoint is None else Path(checkpoint)
    settings = _settings(model, training) + f", images {_digests(x)} and {_digests(held_out)}"
    if path is not None:
        progress = _resumed(path, progress, settings, training)
    on_device = jax.tree.map(jnp.asarray, x)
    for number in range(len(progress.history), training.epochs):
        begin = time.perf_counter()
        key = jax.random.fold_in(jax.random.key(training.seed), number)
        to_train, to_validate = jax.random.split(key)
        # Adam raises its rates to the number of the step, an integer: no strict promotion there.
        with jax.numpy_dtype_promotion("standard"):
            state, parts = train_epoch(
                progress.state, on_device, to_train, jnp.asarray(number), traced(task),
                training.batch, training.learning_rate,
            )  # fmt: skip
        last = (number + 1) * steps - 1
        found = task.evaluate(
            state.model, held_out, step=last, draws=training.draws, key=to_validate
        )
        epoch = task.epoch(*map(float, parts), found)
        _require_finite(epoch, number, training)
        seconds = time.perf_counter() - begin
        progress = progress.after(state, epoch, seconds)
        if path is not None and ((number + 1) % every == 0 or number + 1 == training.epochs):
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
    best: dict[str, Any]
    history: list[Any]
    seconds: list[float]

    @classmethod
    def start(cls, model: Any, training: Settings) -> "_Progress":
        control = training.task.control
        learnt, _ = eqx.partition((model, control), eqx.is_inexact_array)
        moments = optax.adam(training.learning_rate).init(learnt)
        best = dict.fromkeys(training.task.criteria, model)
        return cls(State(model, control, moments), best, [], [])

    @property
    def best_epoch(self) -> dict[str, int]:
        """The first of the epochs with the lowest validation number, from 1."""
        numbers = {name: [getattr(e.validation, name) for e in self.history] for name in self.best}
        return {name: 1 + int(np.argmin(values)) for name, values in numbers.items()}

    def after(self, state: State, epoch: Any, seconds: float) -> "_Progress":
        found = self._replace(
            state=state, history=[*self.history, epoch], seconds=[*self.seconds, seconds]
        )
        last = len(found.history)
        new = {name for name, number in found.best_epoch.items() if number == last}
        return found._replace(best=self.best | dict.fromkeys(new, state.model))


def _require_finite(epoch: Any, number: int, training: Settings) -> None:
    """The training loss was seen before each step, the validation is after the last one."""
    *parts, found = epoch
    if np.isfinite([*parts, *found]).all():
        return
    then = getattr(found, training.task.criteria[0])
    msg = (
        f"`learning_rate` must keep the loss finite, got {training.learning_rate}: in epoch "
        f"{number + 1} it is {sum(parts)} and then {then}; lower it, or raise the temperature"
    )
    raise ValueError(msg)


def _resumed(path: Path, start: _Progress, settings: str, training: Settings) -> _Progress:
    """What the checkpoint holds, if there is one; `start` has its shapes."""
    if not path.parent.is_dir():
        raise refused(path, f"lies in no directory; make {str(path.parent)!r} first")
    if not path.exists():
        return start
    meta, body = load(path)
    if meta["settings"] != settings:
        other = f"is of other settings or images, {meta['settings']}, not {settings}"
        raise refused(path, f"{other}; name another file, or delete it to start again")
    history = [training.task.read(row) for row in meta["history"]]
    if len(history) > training.epochs:
        more = f"is of {len(history)} epochs already, more than {training.epochs}"
        raise refused(
            path, f"{more}; ask for as many, name another file, or delete it to start again"
        )
    state, best = arrays(path, body, (start.state, start.best))
    return _Progress(state, best, history, meta["seconds"])


def _settings(model: Any, training: Settings) -> str:
    """What two runs must share for one to go on with the other: all but the number of epochs."""
    named, beside = training.task.identity
    leaves, tree = jax.tree.flatten((model, named))
    numbers = [np.asarray(leaf) for leaf in leaves if eqx.is_array_like(leaf)]
    start = digest(np.concatenate([a.ravel().astype(np.float64) for a in numbers]))
    loop = {k: v for k, v in vars(training).items() if k not in ("epochs", "task")}
    # Functions print their addresses, which another process does not share.
    shape, task = (re.sub(" at 0x[0-9a-f]+", "", str(x)) for x in (tree, named))
    what = digest(np.frombuffer(shape.encode(), np.uint8))
    return f"{task}, start {start} of {what}, {beside | loop}"


def _digests(data: Any) -> str:
    return "+".join(digest(np.asarray(a)) for a in jax.tree.leaves(data))
