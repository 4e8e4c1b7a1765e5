"""The method for noise with independent coordinates, chosen by what the noise declares."""

from types import ModuleType
from typing import Any

from perturbtheory.potential.methods import atoms, closed_form, quadrature


def independent_method(noise: Any) -> ModuleType:
    """The module that serves this noise: `atoms`, `closed_form` or `quadrature`."""
    if not noise.continuous:
        return atoms
    return quadrature if noise.gumbel_scale is None else closed_form
