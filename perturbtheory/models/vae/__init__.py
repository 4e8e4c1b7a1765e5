"""Discrete variational autoencoders: z = argmax(theta(x) + gamma), trained by any estimator."""

from perturbtheory.models.vae._checkpoint import CheckpointError as CheckpointError
from perturbtheory.models.vae._divergence import Divergence as Divergence
from perturbtheory.models.vae._divergence import argmax_divergence as argmax_divergence
from perturbtheory.models.vae._divergence import softmax_divergence as softmax_divergence
from perturbtheory.models.vae._evaluation import Bounds as Bounds
from perturbtheory.models.vae._evaluation import evaluate as evaluate
from perturbtheory.models.vae._evaluation import importance_bound as importance_bound
from perturbtheory.models.vae._evaluation import sample as sample
from perturbtheory.models.vae._network import ControlNetwork as ControlNetwork
from perturbtheory.models.vae._network import DiscreteVAE as DiscreteVAE
from perturbtheory.models.vae._objective import Parts as Parts
from perturbtheory.models.vae._objective import loss as loss
from perturbtheory.models.vae._schedule import PUBLISHED as PUBLISHED
from perturbtheory.models.vae._schedule import Schedule as Schedule
from perturbtheory.models.vae._schedule import ending_at as ending_at
from perturbtheory.models.vae._settings import Training as Training
from perturbtheory.models.vae._training import CRITERIA as CRITERIA
from perturbtheory.models.vae._training import Epoch as Epoch
from perturbtheory.models.vae._training import Trained as Trained
from perturbtheory.models.vae._training import train as train
