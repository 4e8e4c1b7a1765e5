"""What six significant digits keep of a number, and how far from it that is at most."""

import numpy as np
import pytest

from perturbtheory.experiments.numbers import rounding, short


@pytest.mark.parametrize("size", [1e-8, 0.0417368, 0.99999951, 1.0, 12.5, 3e7])
def test_what_is_kept_is_within_its_rounding(size):
    values = size * np.concatenate([np.linspace(0.9, 1.1, 10_001), -np.geomspace(1, 10, 1001)])
    kept = np.array(short(values))
    off = abs(kept - values)
    assert np.all(off <= rounding(kept) + 1e-15 * abs(values))
    assert np.max(off / rounding(kept)) > 0.99


def test_zero_is_kept_as_it_is():
    assert rounding([0.0, 1.0]).tolist() == [0.0, 5e-6]
