"""How a discrete VAE is trained."""

from dataclasses import dataclass

import jax.numpy as jnp

from perturbtheory.checks import positive, require, require_count
from perturbtheory.estimators import AbstractEstimator
from perturbtheory.models.vae._divergence import Divergence
from perturbtheory.models.vae._schedule import Schedule


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
        if not isinstance(self.schedule, Schedule | None):
            msg = f"`schedule` must be a Schedule or None, got {self.schedule!r}; see ending_at"
            raise TypeError(msg)
        if self.schedule is not None and scheduled(self.rule) is None:
            msg = (
                f"`schedule` must be None for {type(self.rule).__name__}, which has neither a "
                f"temperature nor an epsilon, got {self.schedule}"
            )
            raise ValueError(msg)
        for name in ("epochs", "batch", "draws"):
            require_count(name, getattr(self, name))
        require(
            "learning_rate", self.learning_rate, positive, "be positive", "1e-3 is usual", most=0
        )
        require_count("seed", self.seed, 0)
        if self.seed >= 2**32:
            msg = f"`seed` must be a whole number from 0 to 2^32 - 1, got {self.seed!r}"
            raise ValueError(msg)

    def temperature(self, step: int) -> float:
        """Of the softmax at this step; 1 for rules that relax nothing."""
        if scheduled(self.rule) != "temperature":
            return 1.0
        if self.schedule is not None:
            return float(self.schedule(jnp.asarray(step)))
        return float(self.rule.temperature)  # pyright: ignore[reportAttributeAccessIssue]


def scheduled(rule: AbstractEstimator) -> str | None:
    """The field of the rule that a schedule sets."""
    return next((n for n in ("temperature", "epsilon") if getattr(rule, n, None) is not None), None)
