"""What laws ask of a perturbation, read from its declarations and from nothing else."""

import numpy as np

from perturbtheory.testing.laws._law import Need

DENSITY = Need("noise with a density", lambda n: bool(n.continuous), "it declares no density")
ATOMS = Need("noise with atoms", lambda n: not n.continuous, "it declares a density, and no atoms")
MEAN = Need(
    "noise with a mean", lambda n: bool(n.finite_mean), "it declares that it has no finite mean"
)
LIGHT = Need(
    "tails lighter than a power",
    lambda n: n.tail != "polynomial",
    "it declares tails like a power, and there are none heavier",
)
TAILED = Need(
    "an end of the support that is infinite or zero",
    lambda n: any(np.any(np.isinf(e) | (e == 0)) for e in map(np.asarray, n.support)),
    "no number next to the ends of its declared support has a probability of e^-80 beyond it",
)
ALIKE = Need(
    "identically distributed coordinates",
    lambda n: n.shape == (),
    "it declares coordinates that differ",
)
SMOOTH = Need(
    "a density without kinks",
    lambda n: bool(n.continuous and n.smooth),
    "it declares kinks or atoms, where differences of high order say nothing",
)
DIFFERENTIABLE = Need(
    "formulas that JAX differentiates",
    lambda n: bool(n.continuous and n.differentiable),
    "it declares no density, or formulas that JAX does not differentiate",
)
