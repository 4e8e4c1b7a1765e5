"""Ways to compute E[max(theta + gamma)], chosen once, by what the noise declares."""

from types import ModuleType
from typing import Any

from perturbtheory.potential.methods import atoms, closed_form, quadrature
from perturbtheory.potential.methods._pass import Pass as Pass


def method_of(noise: Any) -> ModuleType:
    """The module that serves this noise: `atoms`, `closed_form` or `quadrature`."""
    if not noise.continuous:
        return atoms
    return quadrature if noise.gumbel_scale is None else closed_form
