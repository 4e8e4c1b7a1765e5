"""What a training loop asks of what it trains: the one interface of every model."""

import abc
from typing import Any, ClassVar, NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array

from perturbtheory.models.vae._images import require_binary


class Parts(NamedTuple):
    """What a loss is made of, one value an image, in nats.

    Example:
        >>> from perturbtheory.models import vae
        >>> import numpy as np
        >>> vae.Parts(np.array([99.0]), np.array([6.0])).divergence.tolist()
        [6.0]
    """

    reconstruction: Array
    divergence: Array


class AbstractTask(eqx.Module):
    """A loss and its validation, as `train` sees them; the model is any pytree of arrays.

    A subclass is a pytree: its numbers are traced, so that one compilation serves all of them;
    what decides the shape of a computation is a field with `static=True`, or no number. It says

    - `loss` and `evaluate`, and which entries of what `evaluate` returns can choose an epoch;
    - `check`, what does not fit, before anything is compiled;
    - and, where the defaults do not serve: which arrays are learnt beside the model (`control`,
      `with_control`), what changes from step to step (`at`), what an image is (`data`, `rows`,
      `batch`), what a record of an epoch holds (`epoch`, `numbers`) and what two runs must share
      for one to go on with the checkpoint of the other (`identity`).

    Example:
        >>> from perturbtheory.models import vae
        >>> from perturbtheory import estimators as es
        >>> task = vae.ByEstimator(es.Relaxed())
        >>> isinstance(task, vae.AbstractTask), task.criteria
        (True, ('bound', 'as_published', 'relaxed_loss'))
    """

    criteria: ClassVar[tuple[str, ...]]
    """By which validation numbers an epoch can be best; the first is named if one is infinite."""
    numbers: ClassVar[Any]
    """The named tuple that `evaluate` returns."""
    epoch: ClassVar[Any]
    """The named tuple of an epoch: the mean of every part of the loss, and the validation last."""

    @abc.abstractmethod
    def loss(self, model: Any, batch: Any, key: Array) -> tuple[Array, tuple[Array, ...]]:
        """What is differentiated in the model and the control; and its parts, to be averaged."""

    @abc.abstractmethod
    def evaluate(self, model: Any, data: Any, *, step: int, draws: int, key: Array) -> Any:
        """The numbers of `numbers` on other data, by the schedule at this step."""

    @abc.abstractmethod
    def check(self, model: Any) -> None:
        """Raise TypeError or ValueError for a model that cannot be trained so."""

    @property
    def control(self) -> Any:
        """What is learnt beside the model, such as a control variate; None for nothing."""
        return None

    def with_control(self, control: Any) -> Self:
        """The task with what has been learnt so far."""
        del control
        return self

    def at(self, step: Array) -> Self:
        """The task in this step, from 0: where a temperature falls."""
        del step
        return self

    def data(self, name: str, given: ArrayLike) -> Any:
        """Arrays whose first axes agree; raises ValueError, by this name, for what is none."""
        return require_binary(name, given)

    def steps(self, data: Any, size: int) -> int:
        """Batches in an epoch; a rest that fills none is left out."""
        return len(jax.tree.leaves(data)[0]) // size

    def rows(self, key: Array, data: Any, size: int) -> Any:
        """Which images each step takes: an array, or a tree of them, with an entry for each step.

        A random order of all; another one for every epoch, by its key.
        """
        steps, count = self.steps(data, size), len(jax.tree.leaves(data)[0])
        return jax.random.permutation(key, count)[: steps * size].reshape(steps, size)

    def batch(self, data: Any, rows: Any) -> Any:
        """The images of these rows, as `loss` takes them: in 32-bit."""
        return jax.tree.map(lambda a: a[rows].astype(jnp.float32), data)

    @property
    def identity(self) -> tuple[Any, dict[str, Any]]:
        """The tree whose numbers and structure name a run, and what is named beside it."""
        return self, {}

    @classmethod
    def read(cls, row: list[Any]) -> Any:
        """The epoch that a checkpoint holds as a row of numbers."""
        return cls.epoch(*row[:-1], cls.numbers(*row[-1]))


def traced(tree: Any) -> Any:
    """The tree with its numbers as arrays, which are traced: one compilation for all of them."""
    return jax.tree.map(lambda a: jnp.asarray(a, jnp.float32) if eqx.is_array_like(a) else a, tree)
