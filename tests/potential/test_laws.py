"""Laws of every potential, for every family, on NumPy: nothing here is compiled.

theta is drawn in dyadic fractions, so that a shift or a change of units is exact and a tie stays
a tie.
"""

import functools

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import perturbtheory as pt
from tests.laws import (
    ALL,
    ATOMS,
    IDENTICAL,
    WITH_MEAN,
    D,
    every,
    kept,
    placed,
    potential,
)
from tests.strategies import dyadic_thetas

SMOOTH = [name for name in ALL if name not in ATOMS]
ATOL = 1e-12
points = dyadic_thetas(D)


@functools.cache
def at_origin(name):
    return potential(name)(np.zeros(D))


@every()
@given(theta=points)
def test_probabilities_are_a_law_and_have_logarithms(name, theta):
    f, theta, _ = placed(name, theta)
    p, log_p = f.probabilities(theta), f.log_probabilities(theta)
    assert np.all(p >= 0)
    assert abs(p.sum() - 1) < 1e-14
    assert np.all(log_p <= 0)
    assert np.all(p[log_p > -700] > 0)
    np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-12, atol=1e-300)


@every()
@given(theta=points, shift=st.integers(-1000, 1000))
def test_translation(name, theta, shift):
    # The shift is a power of two times a whole number of units: the sum is exact.
    f, moved = potential(name), theta + shift
    p = f.probabilities(theta)
    np.testing.assert_allclose(f.probabilities(moved), p, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(
        f.log_probabilities(moved), f.log_probabilities(theta), rtol=1e-11, atol=1e-15
    )
    np.testing.assert_allclose(f.anchored(moved), f.anchored(theta) + shift, rtol=ATOL, atol=ATOL)
    assert np.array_equal(f.has_tie(moved), f.has_tie(theta))
    if name in WITH_MEAN:
        np.testing.assert_allclose(f(moved), f(theta) + shift, rtol=ATOL, atol=ATOL)


@every(IDENTICAL)
@given(theta=points, order=st.permutations(range(D)))
def test_permutation(name, theta, order):
    f, theta, unit = placed(name, theta)
    p = f.probabilities(theta)
    np.testing.assert_allclose(f.probabilities(theta[order]), p[order], rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(f.anchored(theta[order]), f.anchored(theta), rtol=ATOL, atol=ATOL)
    if not f.has_tie(theta):
        hessian = f.hessian(theta)[np.ix_(order, order)] * unit
        np.testing.assert_allclose(f.hessian(theta[order]) * unit, hessian, atol=1e-11)


@every()
@given(theta=points, tau=points)
def test_convex_with_a_monotone_gradient(name, theta, tau):
    f, theta, unit = placed(name, theta)
    tau = tau * unit
    p, q = f.probabilities(theta), f.probabilities(tau)
    gap = f.anchored(tau) - f.anchored(theta)
    slack = ATOL * max(1.0, np.abs([theta, tau]).max())
    assert p @ (tau - theta) - slack <= gap <= q @ (tau - theta) + slack


@every(WITH_MEAN)
@given(theta=points)
def test_between_jensen_and_the_union_bound(name, theta):
    # max_i(theta_i + E gamma_i) <= f(theta) <= max theta + E max gamma = max theta + f(0).
    f, theta, _ = placed(name, theta)
    value, origin = f(theta), at_origin(name)
    assert value >= np.max(theta + f.noise.mean) - ATOL
    assert value <= theta.max() + origin + ATOL
    np.testing.assert_allclose(f.anchored(theta), value - origin, rtol=ATOL, atol=1e-11)


@every()
@given(theta=points, v=points)
def test_hessian_is_a_graph_laplacian(name, theta, v):
    f, theta, unit = placed(name, theta)
    if f.has_tie(theta):
        for method in (f.hessian, lambda x: f.hvp(x, v)):
            with pytest.raises(ValueError, match="`theta` must have no tie"):
                method(theta)
        return
    hessian = f.hessian(theta) * unit
    scale = max(1.0, np.abs(hessian).max())
    assert np.array_equal(hessian, hessian.T)
    np.testing.assert_allclose(hessian.sum(1), 0, atol=1e-13 * scale)
    assert np.all(hessian - np.diag(np.diag(hessian)) <= 0)
    assert np.linalg.eigvalsh(hessian).min() >= -1e-13 * scale
    np.testing.assert_allclose(f.hvp(theta, v) * unit, hessian @ v, atol=1e-11 * scale)
    if name in ATOMS:
        assert not hessian.any()


@every(SMOOTH)
@given(theta=dyadic_thetas(D, spread=2), v=dyadic_thetas(D, spread=1))
def test_derivatives_agree_with_differences(name, theta, v):
    # Four steps of fourth order; where the density jumps the Hessian has kinks: second order or
    # first, by the step.
    f, theta, unit = placed(name, theta)
    step = 1e-3 * unit
    steps = theta + np.array([-2, -1, 1, 2])[:, None] * step * v
    weights = np.array([1, -8, 8, -1]) / (12 * step)
    value = f if name in WITH_MEAN else f.anchored  # which is f less a constant
    np.testing.assert_allclose(weights @ value(steps), f.probabilities(theta) @ v, atol=2e-5)
    difference = weights @ f.probabilities(steps) * unit
    rough = 0.02 if not f.noise.smooth else 1e-6
    np.testing.assert_allclose(difference, f.hvp(theta, v) * unit, atol=rough)


@every(["normal", "logistic", "gumbel", "student-3", "normal-coordinates", "normal+0.5G"])
def test_derivatives_to_nine_digits(name):
    f, h = potential(name), 1e-3
    for theta, v in np.random.default_rng(1).normal(size=(8, 2, D)):
        steps = theta + np.array([-2, -1, 1, 2])[:, None] * h * v
        weights = np.array([1, -8, 8, -1]) / (12 * h)
        np.testing.assert_allclose(weights @ f(steps), f.probabilities(theta) @ v, atol=2e-9)
        difference = weights @ f.probabilities(steps)
        np.testing.assert_allclose(difference, f.hvp(theta, v), atol=1e-8)


@every()
@given(theta=points)
def test_entropy_is_that_of_the_probabilities(name, theta):
    f, theta, _ = placed(name, theta)
    p = f.probabilities(theta)
    found = f.entropy(theta)
    np.testing.assert_allclose(found, scipy.stats.entropy(p), rtol=1e-12, atol=1e-14)
    assert 0 <= found <= np.log(D) + 1e-14


@every()
def test_one_category(name):
    noise = kept(ALL[name], [0])
    f, theta = pt.expected_max(noise), np.array([1.5])
    assert f.probabilities(theta).tolist() == [1.0]
    assert f.log_probabilities(theta).tolist() == [0.0]
    assert f.hessian(theta).tolist() == [[0.0]]
    assert f.entropy(theta) == 0
    assert not f.has_tie(theta)
    np.testing.assert_allclose(f.anchored(theta), 1.5, rtol=1e-13)
    if name in WITH_MEAN:
        np.testing.assert_allclose(f(theta), 1.5 + np.ravel(noise.mean)[0], rtol=1e-12)
