"""A perturbation's two potentials, beside those of normal and Gumbel noise of its variance."""

import math

import numpy as np

from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Normal
from perturbtheory.potential import Potential, expected_logsumexp, expected_max, width_of


def peers_of(perturbation: AbstractPerturbation) -> dict[str, Normal | Gumbel]:
    """Normal and Gumbel noise of the largest variance of a coordinate; empty where it is none."""
    deviation = float(np.sqrt(np.max(np.asarray(perturbation.variance, float))))
    if not (math.isfinite(deviation) and deviation > 0):
        return {}
    gumbel = deviation * math.sqrt(6) / math.pi
    return {"normal": Normal(deviation), "gumbel": Gumbel(gumbel)}


def potentials_of(
    perturbation: AbstractPerturbation, temperature: float
) -> tuple[dict[str, Potential], float]:
    """(potentials for d = 2 by name, the unit of their noise).

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> sorted(properties.potentials_of(pt.Normal(), 1.0)[0])
        ['argmax', 'gumbel', 'normal', 'softmax']
    """
    law = perturbation
    if law.shape:
        law = law.take(np.arange(law.shape[0]) < 2)
    found = {"argmax": expected_max(law), "softmax": expected_logsumexp(law, temperature)}
    found |= {name: expected_max(peer) for name, peer in peers_of(law).items()}
    return found, width_of(law)
