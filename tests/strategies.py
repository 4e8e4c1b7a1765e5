"""What the property-based tests draw from: thetas with explicit bounds."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# A few dimensions only, so that compiled functions are shared between examples.
DIMENSIONS = (2, 5)


def thetas(dimension: int | None = None, spread: float = 10.0) -> st.SearchStrategy[np.ndarray]:
    """Vectors of shape (d,) with entries in [-spread, spread]."""
    dimensions = st.just(dimension) if dimension else st.sampled_from(DIMENSIONS)
    entries = st.floats(-spread, spread, allow_subnormal=False)
    return dimensions.flatmap(lambda d: hnp.arrays(np.float64, d, elements=entries))


def dyadic_thetas(dimension: int, spread: int = 6, parts: int = 64) -> st.SearchStrategy:
    """Vectors of multiples of 1/parts: sums of them and of integers are exact in floats."""
    entry = st.integers(-spread * parts, spread * parts).map(lambda k: k / parts)
    return hnp.arrays(np.float64, dimension, elements=entry)


def rational_thetas(dimension: int, denominator: int = 4, spread: int = 3) -> st.SearchStrategy:
    """Lists of d fractions k / denominator between -spread and spread; ties are frequent."""
    bound = spread * denominator
    entry = st.integers(-bound, bound).map(lambda k: Fraction(k, denominator))
    return st.lists(entry, min_size=dimension, max_size=dimension)
