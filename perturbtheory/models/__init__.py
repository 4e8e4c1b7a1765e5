"""Models made of perturbed logits: families of distributions, losses, and fits to a target."""

from perturbtheory.models._families import AbstractFamily as AbstractFamily
from perturbtheory.models._families import InvertibleGaussian as InvertibleGaussian
from perturbtheory.models._families import PerturbSoftmax as PerturbSoftmax
from perturbtheory.models._fitting import Fitted as Fitted
from perturbtheory.models._fitting import fit as fit
from perturbtheory.models._fitting import require_fit as require_fit
from perturbtheory.models._losses import LOSSES as LOSSES
from perturbtheory.models._losses import Loss as Loss
from perturbtheory.models._losses import l1 as l1
