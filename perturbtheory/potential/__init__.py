"""The deterministic engine: the expected maximum, its derivatives, subgradients and dual."""

from perturbtheory.potential._arguments import require_noise as require_noise
from perturbtheory.potential._atomic import as_written as as_written
from perturbtheory.potential._expectations import expected_logsumexp as expected_logsumexp
from perturbtheory.potential._expectations import expected_max as expected_max
from perturbtheory.potential._nodes import nodes as nodes
from perturbtheory.potential._polyhedral import discrete_parameters as discrete_parameters
from perturbtheory.potential._potential import Potential as Potential
from perturbtheory.potential._shown import width_of as width_of
from perturbtheory.potential._subdifferential import Subdifferential as Subdifferential
