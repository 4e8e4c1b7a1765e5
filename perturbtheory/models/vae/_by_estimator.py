"""The task of both papers: independent latents, trained by any estimator of `estimators`."""

from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from perturbtheory.checks import require_count
from perturbtheory.estimators import AbstractEstimator
from perturbtheory.models.vae._divergence import Divergence
from perturbtheory.models.vae._evaluation import Bounds, evaluate
from perturbtheory.models.vae._network import DiscreteVAE
from perturbtheory.models.vae._objective import loss
from perturbtheory.models.vae._schedule import Schedule
from perturbtheory.models.vae._task import AbstractTask, Parts

CRITERIA = ("bound", "as_published", "relaxed_loss")
"""By which validation number an epoch can be best; see `Bounds`."""


class Epoch(NamedTuple):
    """What is known after an epoch: means over its training batches, and the validation.

    Attributes:
        reconstruction: what the training rule saw, before each step.
        divergence: the KL of the task, the softmax one for "none".
        validation: bounds on the validation images after the epoch, of the task's own kind.

    Example:
        >>> from perturbtheory.models import vae
        >>> bounds = vae.Bounds(100.0, 101.0, 0.5, 6.0, 6.5)
        >>> vae.Epoch(99.0, 6.0, bounds).loss
        105.0
    """

    reconstruction: float
    divergence: float
    validation: Any

    @property
    def loss(self) -> float:
        """Training loss."""
        return self.reconstruction + self.divergence


class ByEstimator(AbstractTask):
    """Minimise E[-log p(x|z)] + KL for a `DiscreteVAE`, by the estimate of a rule; see `loss`.

    Args:
        rule: whose estimate is the gradient of the reconstruction in the logits.
        divergence: the KL that is part of the loss; see `Training`.
        schedule: of the rule's temperature or epsilon, which it replaces; None leaves it.
        warmup: steps in which the weight of the KL rises to 1; 0 for 1 from the start.
        weight: of the KL in this step, which `at` sets.

    Raises:
        TypeError: for another rule or schedule.
        ValueError: for another divergence; for a schedule of what the rule does not have; for no
            number of steps.

    Example:
        >>> from perturbtheory.models import vae
        >>> from perturbtheory import estimators as es
        >>> vae.ByEstimator(es.Relaxed()).divergence
        'argmax'
    """

    rule: AbstractEstimator
    divergence: Divergence = "argmax"
    schedule: Schedule | None = None
    warmup: int = 0
    weight: Any = 1.0
    criteria: ClassVar[tuple[str, ...]] = CRITERIA
    numbers: ClassVar[Any] = Bounds
    epoch: ClassVar[Any] = Epoch

    def __check_init__(self) -> None:
        if not isinstance(self.rule, AbstractEstimator):
            msg = f"`rule` must be an estimator such as Relaxed(), got {self.rule!r}"
            raise TypeError(msg)
        if self.divergence not in ("argmax", "softmax", "none"):
            msg = f"`divergence` must be argmax, softmax or none, got {self.divergence!r}"
            raise ValueError(msg)
        require_schedule(self.rule, self.schedule)
        if eqx.is_array(self.warmup):
            return  # traced
        require_count("warmup", self.warmup, 0)

    def check(self, model: Any) -> None:
        if not isinstance(model, DiscreteVAE):
            msg = f"`model` must be a DiscreteVAE, got {model!r}; see perturbtheory.models.vae"
            raise TypeError(msg)
        if not model.independent:
            msg = (
                "`model` must have independent latents for an estimator, which does not see the "
                "couplings, got a model with couplings; use structured.PairwiseDirect"
            )
            raise ValueError(msg)
        self.rule.check(np.zeros((model.latents, model.categories), np.float32))

    def loss(
        self, model: DiscreteVAE, batch: Float[Array, "B 784"], key: Array
    ) -> tuple[Float[Array, ""], Parts]:
        return loss(model, batch, key, self.rule, self.divergence, self.weight)

    def evaluate(
        self, model: DiscreteVAE, data: UInt8[Any, "n 784"], *, step: int, draws: int, key: Array
    ) -> Bounds:
        temperature = self.temperature(step)
        return evaluate(model, data, self.rule.law, draws=draws, key=key, temperature=temperature)

    @property
    def control(self) -> Any:
        return getattr(self.rule, "control", None)

    def with_control(self, control: Any) -> Self:
        return self if control is None else self._with_rule("control", control)

    def at(self, step: Array) -> Self:
        field = scheduled(self.rule)
        weight = jnp.minimum((step + 1) / jnp.maximum(self.warmup, 1), 1.0).astype(jnp.float32)
        task = replace(self, weight=weight)
        if self.schedule is None or field is None:
            return task
        return task._with_rule(field, self.schedule(step))

    def temperature(self, step: int) -> float:
        """Of the softmax at this step; 1 for rules that relax nothing."""
        if scheduled(self.rule) != "temperature":
            return 1.0
        if self.schedule is not None:
            return float(self.schedule(jnp.asarray(step)))
        return float(self.rule.temperature)  # pyright: ignore[reportAttributeAccessIssue]

    def _with_rule(self, field: str, value: Any) -> Self:
        rule = replace(self.rule, **{field: value})  # pyright: ignore[reportArgumentType]
        return replace(self, rule=rule)

    @property
    def identity(self) -> tuple[Any, dict[str, Any]]:
        known = {"divergence": self.divergence, "schedule": self.schedule}
        return self.rule, known | ({"warmup": self.warmup} if self.warmup else {})


def scheduled(rule: Any) -> str | None:
    """The field of the rule that a schedule sets.

    Example:
        >>> from perturbtheory.models import vae
        >>> from perturbtheory import estimators as es
        >>> vae.scheduled(es.Direct()), vae.scheduled(es.Relaxed())
        ('epsilon', 'temperature')
    """
    return next((n for n in ("temperature", "epsilon") if getattr(rule, n, None) is not None), None)


def require_schedule(rule: Any, schedule: Any) -> None:
    """Raise TypeError for what is no schedule, ValueError if the rule has nothing to schedule.

    Example:
        >>> from perturbtheory.models import vae
        >>> from perturbtheory import estimators as es
        >>> vae.require_schedule(es.Exact(), vae.Schedule(1.0))
        Traceback (most recent call last):
            ...
        ValueError: `schedule` must be None for Exact, which has neither a temperature nor ...
    """
    if not isinstance(schedule, Schedule | None):
        msg = f"`schedule` must be a Schedule or None, got {schedule!r}; see ending_at"
        raise TypeError(msg)
    if schedule is not None and scheduled(rule) is None:
        msg = (
            f"`schedule` must be None for {type(rule).__name__}, which has neither a "
            f"temperature nor an epsilon, got {schedule}"
        )
        raise ValueError(msg)
