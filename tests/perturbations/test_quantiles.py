"""Quantiles far out, of laws that start at zero."""

import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt


@pytest.mark.parametrize("law", ["expon", "rayleigh"])
def test_quantiles_next_to_an_end_at_zero_keep_their_digits(law) -> None:
    noise = pt.FromScipy(getattr(scipy.stats, law)())
    for level in (-80.0, -200.0):
        found = noise.log_quantile(level)
        power = 1.0 if law == "expon" else 2.0  # F is x, or x^2 / 2, next to zero
        expected = np.exp((level + (power - 1) * np.log(2)) / power)
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_base_class_finds_them_too() -> None:
    law = pt.Weibull(2.0)
    found = pt.AbstractPerturbation.log_quantile(law, -300.0)
    np.testing.assert_allclose(found, law.log_quantile(-300.0), rtol=1e-10)
    np.testing.assert_allclose(pt.Normal().log_quantile(np.log(0.5)), 0.0, atol=1e-15)
