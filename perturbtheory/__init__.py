"""Check, compute and re-run the theory of Perturb-Softmax and Perturb-Argmax distributions.

f(theta) = E[max_i(theta_i + gamma_i)] is the potential, and its gradient p(theta) the law of the
arg max; a temperature t > 0 puts t log sum exp(. / t) in place of the max.

- `expected_max(noise)` and `expected_logsumexp(noise, temperature)` make a `Potential`, which has
  values, probabilities, Hessians, subdifferentials, conjugates and the inverse map.
- The noise is `Gumbel()`, `Normal()`, `Uniform(-1, 1)` or another subclass of
  `AbstractPerturbation`; `FromScipy` makes one of any continuous law of SciPy.
- `diagnose(noise)` says what a family represents, and `table_1()` the table of paper A.
- `estimators`, `distributions`, `models`, `properties`, `testing`, `numerics` and `data` are loaded
  at first use; `perturbtheory.claims`, `ledger`, `report`, `figures` and `experiments` hold what
  the command `perturbtheory` runs.

Example:
    >>> import numpy as np
    >>> import perturbtheory as pt
    >>> f = pt.expected_max(pt.Gumbel())
    >>> f.probabilities(np.array([0.5, -0.25, 1.0])).round(4)
    array([0.3204, 0.1513, 0.5283])
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perturbtheory.estimate import Estimate as Estimate
    from perturbtheory.perturbations import AbstractPerturbation as AbstractPerturbation
    from perturbtheory.perturbations import Discrete as Discrete
    from perturbtheory.perturbations import Exponential as Exponential
    from perturbtheory.perturbations import FactorNoise as FactorNoise
    from perturbtheory.perturbations import Frechet as Frechet
    from perturbtheory.perturbations import FromScipy as FromScipy
    from perturbtheory.perturbations import Gumbel as Gumbel
    from perturbtheory.perturbations import GumbelMin as GumbelMin
    from perturbtheory.perturbations import JointNormal as JointNormal
    from perturbtheory.perturbations import Laplace as Laplace
    from perturbtheory.perturbations import Logistic as Logistic
    from perturbtheory.perturbations import NestedGumbel as NestedGumbel
    from perturbtheory.perturbations import Normal as Normal
    from perturbtheory.perturbations import Pareto as Pareto
    from perturbtheory.perturbations import StudentT as StudentT
    from perturbtheory.perturbations import Uniform as Uniform
    from perturbtheory.perturbations import Weibull as Weibull
    from perturbtheory.perturbations import correlated_normal as correlated_normal
    from perturbtheory.perturbations import register as register
    from perturbtheory.perturbations import smoothed as smoothed
    from perturbtheory.potential import Potential as Potential
    from perturbtheory.potential import Subdifferential as Subdifferential
    from perturbtheory.potential import expected_logsumexp as expected_logsumexp
    from perturbtheory.potential import expected_max as expected_max
    from perturbtheory.properties import Check as Check
    from perturbtheory.properties import diagnose as diagnose
    from perturbtheory.properties import table_1 as table_1

__version__ = "0.2.0"

# Loaded at first use, so that `perturbtheory --version` need not wait for JAX.
_HOMES = {
    "Estimate": "estimate",
    "Check": "properties",
    "Potential": "potential",
    "Subdifferential": "potential",
    "diagnose": "properties",
    "table_1": "properties",
    "expected_logsumexp": "potential",
    "expected_max": "potential",
    **dict.fromkeys(
        (
            "AbstractPerturbation", "Discrete", "Exponential", "FactorNoise", "Frechet",
            "FromScipy", "Gumbel", "GumbelMin", "JointNormal", "Laplace", "Logistic",
            "NestedGumbel", "Normal", "Pareto", "StudentT", "Uniform", "Weibull",
            "correlated_normal", "register", "smoothed",
        ),
        "perturbations",
    ),
}  # fmt: skip
_MODULES = ("data", "distributions", "estimators", "models", "numerics", "properties", "testing")
__all__ = [*sorted([*_HOMES, *_MODULES]), "__version__"]  # noqa: PLE0604  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        from perturbtheory.checks import closest

        known = sorted([*_HOMES, *_MODULES])
        near = " or ".join(closest(name, known))
        meant = f"did you mean {near}?" if near else f"it has {', '.join(known)}"
        msg = f"module {__name__!r} has no attribute {name!r}; {meant}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
