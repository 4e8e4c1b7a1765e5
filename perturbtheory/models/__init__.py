"""Models made of perturbed logits: families, losses, fits to a target; autoencoders in `vae`."""

from importlib import import_module as _import_module
from typing import Any as _Any

from perturbtheory.models._families import AbstractFamily as AbstractFamily
from perturbtheory.models._families import InvertibleGaussian as InvertibleGaussian
from perturbtheory.models._families import PerturbSoftmax as PerturbSoftmax
from perturbtheory.models._fitting import Fitted as Fitted
from perturbtheory.models._fitting import fit as fit
from perturbtheory.models._fitting import require_fit as require_fit
from perturbtheory.models._losses import LOSSES as LOSSES
from perturbtheory.models._losses import Loss as Loss
from perturbtheory.models._losses import l1 as l1


def __getattr__(name: str) -> _Any:
    # Equinox is loaded when an autoencoder is asked for.
    if name == "vae":
        return _import_module(f"{__name__}.vae")
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
