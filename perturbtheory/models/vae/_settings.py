"""How a model is trained: how often, how fast, from which seed, and by which task."""

from dataclasses import dataclass

from perturbtheory.checks import positive, require, require_count
from perturbtheory.estimators import AbstractEstimator
from perturbtheory.models.vae._by_estimator import ByEstimator
from perturbtheory.models.vae._divergence import Divergence
from perturbtheory.models.vae._schedule import Schedule
from perturbtheory.models.vae._task import AbstractTask


@dataclass(frozen=True)
class Settings:
    """How any model is trained.

    Attributes:
        task: what is minimised, and how it is validated.
        epochs: passes through the training images.
        batch: images a step; a rest that fills no batch is left out of its epoch.
        learning_rate: of Adam.
        draws: hard samples of each image in the validation after every epoch.
        seed: of the start, the order of the images and the noise.

    Example:
        >>> from perturbtheory.models import vae
        >>> from perturbtheory import estimators as es
        >>> vae.Settings(vae.ByEstimator(es.Direct()), epochs=3).draws
        1
    """

    task: AbstractTask
    epochs: int = 10
    batch: int = 100
    learning_rate: float = 1e-3
    draws: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.task, AbstractTask):
            msg = f"`task` must be a task such as ByEstimator(Relaxed()), got {self.task!r}"
            raise TypeError(msg)
        for name in ("epochs", "batch", "draws"):
            require_count(name, getattr(self, name))
        require(
            "learning_rate", self.learning_rate, positive, "be positive", "1e-3 is usual", most=0
        )
        require_count("seed", self.seed, 0)
        if self.seed >= 2**32:
            msg = f"`seed` must be a whole number from 0 to 2^32 - 1, got {self.seed!r}"
            raise ValueError(msg)


class Training(Settings):
    """How a discrete VAE with independent latents is trained: `Settings` of `ByEstimator`.

    Args:
        rule: whose estimate is the gradient of the reconstruction in the logits.
        divergence: the KL that is part of the loss: that of the "argmax" of the rule's noise, of
            the "softmax" whatever the noise, as both papers have it, or "none", which reports the
            latter and does not differentiate it.
        schedule: of the rule's temperature or epsilon, which it replaces; None leaves it.
        epochs, batch, learning_rate, draws, seed: as `Settings`.
        warmup: steps in which the weight of the KL in the loss rises to 1.

    Example:
        >>> from perturbtheory.models import vae
        >>> from perturbtheory import estimators as es
        >>> vae.Training(es.Direct(), divergence="softmax", epochs=3).epochs
        3
    """

    task: ByEstimator

    def __init__(
        self,
        rule: AbstractEstimator,
        divergence: Divergence = "argmax",
        schedule: Schedule | None = None,
        epochs: int = 10,
        batch: int = 100,
        learning_rate: float = 1e-3,
        draws: int = 1,
        seed: int = 0,
        warmup: int = 0,
    ) -> None:
        task = ByEstimator(rule, divergence, schedule, warmup)
        super().__init__(task, epochs, batch, learning_rate, draws, seed)

    @property
    def rule(self) -> AbstractEstimator:
        """The estimator."""
        return self.task.rule

    @property
    def divergence(self) -> Divergence:
        """The KL in the loss."""
        return self.task.divergence

    @property
    def schedule(self) -> Schedule | None:
        """Of the temperature or epsilon."""
        return self.task.schedule

    def temperature(self, step: int) -> float:
        """Of the softmax at this step; 1 for rules that relax nothing."""
        return self.task.temperature(step)
