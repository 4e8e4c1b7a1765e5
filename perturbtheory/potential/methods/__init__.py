"""Ways to compute E[max(theta + gamma)], chosen once, by what the noise declares."""

from types import ModuleType
from typing import Any

from perturbtheory.potential.methods import factors
from perturbtheory.potential.methods._independent import independent_method
from perturbtheory.potential.methods._pass import Pass as Pass


def method_of(noise: Any) -> ModuleType:
    """The module that serves this noise: `atoms`, `closed_form`, `quadrature` or `factors`."""
    return independent_method(noise) if noise.independent else factors
