"""What hypothesis loads when it is imported: from types to strategies, made when asked for.

The module that has the strategies may be the one that imports hypothesis, so it is not needed here.
"""

from typing import Any

FAMILIES = (
    "Logistic", "Normal", "Gumbel", "Laplace", "Exponential", "GumbelMin", "Uniform", "Discrete",
    "Weibull", "StudentT", "Pareto", "Frechet",
)  # fmt: skip
"""Names of the families that have a strategy, the simplest first."""


def register() -> None:
    """Tell hypothesis how to make a perturbation of every family; the entry point calls it."""
    from hypothesis import strategies as st

    from perturbtheory import perturbations

    for name in ("AbstractPerturbation", *FAMILIES):
        st.register_type_strategy(getattr(perturbations, name), _made)


def _made(kind: type) -> Any:
    from perturbtheory.testing import strategies

    return strategies.of_family(kind)
