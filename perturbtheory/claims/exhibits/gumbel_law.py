"""The Gumbel law of paper A: the printed function, the density, Gumbel-Softmax with d = 2."""

from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.symbols import A, T, U

C: Any = sp.Symbol("c", real=True)
"""The Euler-Mascheroni constant, whose usual letter is that of the noise."""
CDF: Any = sp.exp(-sp.exp(-(T + C)))
"""What paper A prints as the density."""
DENSITY: Any = sp.exp(-(T + C) - sp.exp(-(T + C)))
PAIR: Any = A * (A - 1 - sp.log(A)) / (A - 1) ** 2
"""Gumbel-Softmax p_1 at theta = (D, 0), a = e^D."""
PAIR_INTEGRAL: Any = sp.Integral(A * U / (1 + (A - 1) * U), (U, 0, 1))
"""The same over the noise: gamma_1 - gamma_2 is logistic, its odds are u/(1 - u), u uniform."""
printed_density, density = (
    sp.lambdify(T, formula.subs(C, sp.EulerGamma.n(20)), "numpy") for formula in (CDF, DENSITY)
)


def gumbel_softmax_pair(difference: np.ndarray) -> np.ndarray:
    """p_1 = a (a - 1 - log a) / (a - 1)^2 with a = e^D: Gumbel-Softmax at theta = (D, 0)."""
    a = np.exp(difference)
    return a * (a - 1 - difference) / (a - 1) ** 2
