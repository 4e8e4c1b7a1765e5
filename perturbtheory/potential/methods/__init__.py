"""Ways to compute E[max(theta + gamma)], chosen once, by what the noise declares."""

from types import ModuleType
from typing import Any

from perturbtheory.potential.methods import closed_form, factors, nests, orthants, points
from perturbtheory.potential.methods._independent import independent_method
from perturbtheory.potential.methods._pass import Pass as Pass

FORMULAS = (closed_form, nests)
"""Those that answer by formulas, in which digits of small p_i are kept."""
_OF_DEPENDENT = {"factors": factors, "nests": nests, "orthants": orthants, "points": points}


def method_of(noise: Any) -> ModuleType:
    """The module for this noise: `atoms`, `closed_form`, `quadrature`, or by its form."""
    return independent_method(noise) if noise.independent else _OF_DEPENDENT[noise.form]


def computed(noise: Any) -> Any:
    """The law in the form that the engine answers best."""
    return noise if noise.independent else noise.computed()
