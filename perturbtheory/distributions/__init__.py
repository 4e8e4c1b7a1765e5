"""The two distributions of the papers as objects: laws of argmax and softmax of theta + gamma.

`PerturbArgmax` is a law of categories, with exact log probabilities, entropy and KL.
`PerturbSoftmax` is a law of points on the simplex, with its exact mean and covariance. Both draw
by a `numpy.random.Generator` or by a key of JAX. A Categorical law with given logits is
``PerturbArgmax(pt.Gumbel(), logits)``, so there is no class of its own for it.
"""

from perturbtheory.distributions._argmax import PerturbArgmax as PerturbArgmax
from perturbtheory.distributions._softmax import PerturbSoftmax as PerturbSoftmax
