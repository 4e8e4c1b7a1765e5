"""The noises that experiments compare, by name, and the scale at which each has variance one."""

import math
from collections.abc import Callable

from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Laplace, Logistic, Normal

UNIT = {"gumbel": math.sqrt(6) / math.pi, "normal": 1.0, "logistic": math.sqrt(3) / math.pi,
        "laplace": math.sqrt(0.5)}  # fmt: skip
"""Scale at which each noise has variance one."""
LAWS: dict[str, Callable[[float], AbstractPerturbation]] = {
    "normal": Normal, "gumbel": Gumbel, "logistic": Logistic, "laplace": Laplace,
}  # fmt: skip
"""Noise of a scale, by name."""
