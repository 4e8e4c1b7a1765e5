"""Semi-supervised autoencoders: a discrete latent of which some images have the label."""

from perturbtheory.models.vae.semi._evaluation import MixedBounds as MixedBounds
from perturbtheory.models.vae.semi._labelled import UNKNOWN as UNKNOWN
from perturbtheory.models.vae.semi._labelled import Labelled as Labelled
from perturbtheory.models.vae.semi._labelled import labelled as labelled
from perturbtheory.models.vae.semi._network import AbstractMixedVAE as AbstractMixedVAE
from perturbtheory.models.vae.semi._network import AttributeVAE as AttributeVAE
from perturbtheory.models.vae.semi._network import Encoded as Encoded
from perturbtheory.models.vae.semi._network import MixtureVAE as MixtureVAE
from perturbtheory.models.vae.semi._network import Widths as Widths
from perturbtheory.models.vae.semi._objective import given_labels as given_labels
from perturbtheory.models.vae.semi._objective import label_loss as label_loss
from perturbtheory.models.vae.semi._objective import log_evidence as log_evidence
from perturbtheory.models.vae.semi._objective import unlabelled as unlabelled
from perturbtheory.models.vae.semi._switching import Switching as Switching
from perturbtheory.models.vae.semi._switching import by_category as by_category
from perturbtheory.models.vae.semi._switching import switched as switched
from perturbtheory.models.vae.semi._switching import switching as switching
from perturbtheory.models.vae.semi._task import Learns as Learns
from perturbtheory.models.vae.semi._task import MixedEpoch as MixedEpoch
from perturbtheory.models.vae.semi._task import SemiSupervised as SemiSupervised
