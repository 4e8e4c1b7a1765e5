"""Every law by name: statement, formula, where it holds, and the check that others call.

`PERTURBATION` has the laws of a noise, `ESTIMATOR` those of a gradient estimator and
`CLAIM` those of a claim. A law is checked by ``law.check(subject, **example)``, which
raises a `Defect` where it is broken.
"""

import dataclasses
from collections.abc import Iterable

from perturbtheory.testing.laws._calls import (
    bad_input,
    compiled,
    key,
    rows_apart,
    shape_and_dtype,
    surrogate,
)
from perturbtheory.testing.laws._claims import CLAIM as CLAIM
from perturbtheory.testing.laws._claims import part_laws as part_laws
from perturbtheory.testing.laws._declared import both_libraries, declarations, form, slopes_in_jax
from perturbtheory.testing.laws._defects import Defect as Defect
from perturbtheory.testing.laws._distributions import (
    atoms,
    complements,
    density,
    mean,
    moments_of_atoms,
    quantiles,
    rate,
    support,
    tail_weight,
    tails,
    variance,
)
from perturbtheory.testing.laws._draws import draws, draws_in_jax, independent, repeatable
from perturbtheory.testing.laws._estimators import Subject as Subject
from perturbtheory.testing.laws._inputs import Input as Input
from perturbtheory.testing.laws._inputs import Integers as Integers
from perturbtheory.testing.laws._inputs import Orders as Orders
from perturbtheory.testing.laws._inputs import Points as Points
from perturbtheory.testing.laws._kinks import kinks
from perturbtheory.testing.laws._law import Law as Law
from perturbtheory.testing.laws._law import Need as Need
from perturbtheory.testing.laws._means import (
    masked,
    moments,
    nothing_for_a_constant,
    unbiased_for_a_function,
    unbiased_for_several,
    unbiased_for_values,
)
from perturbtheory.testing.laws._potentials import (
    bounds,
    convexity,
    derivatives,
    entropy,
    fine_derivatives,
    hessian_law,
    one_category,
    permutation,
    probabilities,
    translation,
)
from perturbtheory.testing.laws._routes import integral, sampled, sum_over_atoms


def _upon_form(law: Law) -> Law:
    """The same law, which presumes that the object has the form of a noise."""
    return dataclasses.replace(law, presumes=(form.name, *law.presumes))


def _upon_p(law: Law) -> Law:
    """The same law, which presumes that there are probabilities."""
    return dataclasses.replace(law, presumes=(probabilities.name, *law.presumes))


_OF_ONE = (
    complements, kinks, density, support, tails, tail_weight, rate, quantiles, mean, variance,
    atoms, moments_of_atoms, repeatable, draws, draws_in_jax, independent, both_libraries,
    slopes_in_jax, declarations,
)  # fmt: skip
DISTRIBUTION: tuple[Law, ...] = (form, *map(_upon_form, _OF_ONE))
"""Laws of a noise by itself."""
_OF_MANY = (
    translation, permutation, convexity, bounds, hessian_law, derivatives,
    fine_derivatives, entropy, one_category, integral, sum_over_atoms, sampled,
)  # fmt: skip
POTENTIAL: tuple[Law, ...] = tuple(map(_upon_form, (probabilities, *map(_upon_p, _OF_MANY))))
"""Laws of the potential E[max(theta + gamma)], of its gradient and of its Hessian."""
PERTURBATION: tuple[Law, ...] = DISTRIBUTION + POTENTIAL
"""All laws of a perturbation."""
ESTIMATOR: tuple[Law, ...] = (
    shape_and_dtype, key, compiled, rows_apart, bad_input, unbiased_for_values,
    unbiased_for_a_function, unbiased_for_several, nothing_for_a_constant, moments, masked,
    surrogate,
)  # fmt: skip
"""All laws of a gradient estimator; their subject is a `Subject`."""


def find(name: str, among: Iterable[Law]) -> Law:
    r"""The law of this name.

    Raises:
        ValueError: naming the laws that there are.

    Example:
        >>> from perturbtheory.testing import laws
        >>> laws.find("translation", laws.PERTURBATION).formula
        'f(\\theta + c 1) = f(\\theta) + c'
    """
    known = {law.name: law for law in among}
    if name not in known:
        msg = f"`name` must be the name of a law, got {name!r}; there are {', '.join(known)}"
        raise ValueError(msg)
    return known[name]
