"""The deterministic engine: the expected maximum, its gradient and its Hessian."""

from perturbtheory.potential._potential import Potential as Potential
from perturbtheory.potential._potential import expected_logsumexp as expected_logsumexp
from perturbtheory.potential._potential import expected_max as expected_max
