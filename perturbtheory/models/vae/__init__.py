"""Variational autoencoders with discrete latents: one training loop, any model, any estimator.

`structured` has coupled binary latents, `semi` a latent of which some images have the label.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from perturbtheory.models.vae._by_estimator import CRITERIA as CRITERIA
from perturbtheory.models.vae._by_estimator import ByEstimator as ByEstimator
from perturbtheory.models.vae._by_estimator import Epoch as Epoch
from perturbtheory.models.vae._by_estimator import require_schedule as require_schedule
from perturbtheory.models.vae._by_estimator import scheduled as scheduled
from perturbtheory.models.vae._checkpoint import CheckpointError as CheckpointError
from perturbtheory.models.vae._divergence import Divergence as Divergence
from perturbtheory.models.vae._divergence import argmax_divergence as argmax_divergence
from perturbtheory.models.vae._divergence import softmax_divergence as softmax_divergence
from perturbtheory.models.vae._evaluation import Bounds as Bounds
from perturbtheory.models.vae._evaluation import evaluate as evaluate
from perturbtheory.models.vae._evaluation import importance_bound as importance_bound
from perturbtheory.models.vae._evaluation import sample as sample
from perturbtheory.models.vae._images import mean_and_error as mean_and_error
from perturbtheory.models.vae._images import over_batches as over_batches
from perturbtheory.models.vae._images import require_binary as require_binary
from perturbtheory.models.vae._network import ControlNetwork as ControlNetwork
from perturbtheory.models.vae._network import DiscreteVAE as DiscreteVAE
from perturbtheory.models.vae._network import cross_entropy as cross_entropy
from perturbtheory.models.vae._objective import loss as loss
from perturbtheory.models.vae._schedule import PUBLISHED as PUBLISHED
from perturbtheory.models.vae._schedule import Schedule as Schedule
from perturbtheory.models.vae._schedule import ending_at as ending_at
from perturbtheory.models.vae._settings import Settings as Settings
from perturbtheory.models.vae._settings import Training as Training
from perturbtheory.models.vae._task import AbstractTask as AbstractTask
from perturbtheory.models.vae._task import Parts as Parts
from perturbtheory.models.vae._training import Trained as Trained
from perturbtheory.models.vae._training import train as train


def __getattr__(name: str) -> _Any:
    # Solvers and networks of their own are loaded when they are asked for.
    if name in ("semi", "structured"):
        return _import_module(f"{__name__}.{name}")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
