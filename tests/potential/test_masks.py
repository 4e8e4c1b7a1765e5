"""Masked categories, theta_i = -inf: the problem without them, for every method."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.testing.strategies import dyadic_thetas
from tests.laws import (
    ALL,
    WITH_MEAN,
    D,
    every,
    kept,
    placed,
    potential,
)

points = dyadic_thetas(D)


@every()
@given(theta=points, hidden=st.sets(st.integers(0, D - 1), min_size=1, max_size=D - 1))
def test_a_masked_category_is_no_category(name, theta, hidden):
    f, theta, _ = placed(name, theta)
    keep = [i for i in range(D) if i not in hidden]
    out = sorted(hidden)
    masked = theta.copy()
    masked[out] = -math.inf
    less, rest = pt.expected_max(kept(ALL[name], keep)), theta[keep]
    found = f.estimate_probabilities(masked)
    assert found.value[out].tolist() == [0.0] * len(out)
    assert found.radius[out].tolist() == [0.0] * len(out)
    assert f.log_probabilities(masked)[out].tolist() == [-math.inf] * len(out)
    same = {"rtol": 1e-13, "atol": 1e-300}
    np.testing.assert_allclose(found.value[keep], less.probabilities(rest), **same)
    np.testing.assert_allclose(
        f.log_probabilities(masked)[keep], less.log_probabilities(rest), **same
    )
    np.testing.assert_allclose(f.entropy(masked), less.entropy(rest), rtol=1e-13, atol=1e-15)
    assert f.has_tie(masked) == less.has_tie(rest)
    if name in WITH_MEAN:
        np.testing.assert_allclose(f(masked), less(rest), rtol=1e-13, atol=1e-14)
        assert np.isfinite(f.estimate(masked).radius)
    if not less.has_tie(rest):
        hessian, v = f.hessian(masked), np.arange(1.0, D + 1)
        assert not hessian[out].any()
        assert not hessian[:, out].any()
        np.testing.assert_allclose(hessian[np.ix_(keep, keep)], less.hessian(rest), rtol=1e-12)
        product = f.hvp(masked, v)
        assert not product[out].any()
        np.testing.assert_allclose(product[keep], less.hvp(rest, v[keep]), rtol=1e-11, atol=1e-14)


@every()
def test_ragged_choice_sets_are_a_batch_with_masks(name):
    f, theta, _ = placed(name, np.array([0.3, -0.2, 1.1, 0.75]))
    rows = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 1, 0], [0, 0, 0, 1]], bool)
    batch = np.where(rows, theta, -math.inf)
    for method in (f.probabilities, f.log_probabilities, f.entropy):
        found = method(batch)
        assert np.array_equal(found, [method(row) for row in batch])
    assert f.probabilities(batch)[3].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "method",
    ["__call__", "probabilities", "log_probabilities", "hessian", "entropy", "estimate", "has_tie"],
)
@every(["normal", "gumbel", "uniform", "coin", "normal+0.5G"])
def test_all_masked_plus_infinity_and_nan_are_errors(name, method):
    call = getattr(potential(name), method)
    for theta in ([-math.inf] * D, [[0.0, 1.0, 2.0, 3.0], [-math.inf] * D]):
        with pytest.raises(ValueError, match="`theta`"):
            call(np.array(theta))
    for bad in (math.inf, math.nan):
        for theta in ([0.0, bad, 1.0, 2.0], [-math.inf, bad, 1.0, 2.0]):
            with pytest.raises(ValueError, match=f"`theta` .*got {'inf' if bad > 0 else 'nan'}"):
                call(np.array(theta))
