"""What the property-based tests draw from: thetas and perturbations with explicit bounds."""

from fractions import Fraction

import numpy as np
import scipy.stats
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import perturbtheory as pt

# One instance of every family; a law test runs over all of them. A few dimensions only, so
# that compiled functions are shared between examples.
CONTINUOUS = {
    "normal": pt.Normal(),
    "normal-scaled": pt.Normal(0.01),
    "gumbel": pt.Gumbel(),
    "logistic": pt.Logistic(2.0),
    "laplace": pt.Laplace(),
    "student-3": pt.StudentT(3.0),
    "cauchy": pt.StudentT(1.0),
    "uniform": pt.Uniform(),
    "scipy-skewnorm": pt.FromScipy(scipy.stats.skewnorm(3.0)),
    "scipy-beta": pt.FromScipy(scipy.stats.beta(2.0, 3.0)),
}
DISCRETE = {
    "coin": pt.Discrete([-1.0, 1.0]),
    "three-atoms": pt.Discrete([-2.0, 0.5, 1.0], [0.2, 0.5, 0.3]),
}
DIMENSIONS = (2, 5)


def thetas(dimension: int | None = None, spread: float = 10.0) -> st.SearchStrategy[np.ndarray]:
    """Vectors of shape (d,) with entries in [-spread, spread]."""
    dimensions = st.just(dimension) if dimension else st.sampled_from(DIMENSIONS)
    entries = st.floats(-spread, spread, allow_subnormal=False)
    return dimensions.flatmap(lambda d: hnp.arrays(np.float64, d, elements=entries))


def rational_thetas(dimension: int, denominator: int = 4, spread: int = 3) -> st.SearchStrategy:
    """Lists of d fractions k / denominator between -spread and spread; ties are frequent."""
    bound = spread * denominator
    entry = st.integers(-bound, bound).map(lambda k: Fraction(k, denominator))
    return st.lists(entry, min_size=dimension, max_size=dimension)
