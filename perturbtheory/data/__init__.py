"""Images for the autoencoders: found on this machine or downloaded, verified, split in three."""

from perturbtheory.data._binary import stochastic as stochastic
from perturbtheory.data._binary import threshold as threshold
from perturbtheory.data._celeba import EIGHT as EIGHT
from perturbtheory.data._celeba import Faces as Faces
from perturbtheory.data._celeba import celeba as celeba
from perturbtheory.data._images import PIXELS as PIXELS
from perturbtheory.data._images import DataError as DataError
from perturbtheory.data._images import Images as Images
from perturbtheory.data._images import Splits as Splits
from perturbtheory.data._labelled import draw_labelled as draw_labelled
from perturbtheory.data._load import NAMES as NAMES
from perturbtheory.data._load import default as default
from perturbtheory.data._load import load as load
