"""Derivatives of probabilities too small to be held, or to be divided by: to their own size."""

import math

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

import perturbtheory as pt
from tests import oracles
from tests.laws import ALL, ATOMS, BOUNDED, UNITS, every, potential

GAPS = [1.0, 10.0, 14.0, 20.0, 36.0, 50.0, 100.0, 800.0, 3000.0]


def slope_of_a_pair(name, x):
    """-d log P(gamma_1 - gamma_0 > x) / dx, in 60 digits."""
    with mp.workdps(60):
        return float(-mp.diff(oracles.LOG_PAIRS[name], mp.mpf(x)))


@every(oracles.LOG_PAIRS)
@pytest.mark.parametrize("x", GAPS)
def test_hessians_of_a_pair_keep_the_digits_of_p(name, x):
    f, theta = potential(name), np.array([0.0, -x])
    p, hessian = f.probabilities(theta)[1], f.hessian(theta)
    if p > 1e-300:
        np.testing.assert_allclose(hessian[1, 1] / p, slope_of_a_pair(name, x), rtol=1e-10)
    assert hessian[1, 0] == hessian[0, 1] == -hessian[1, 1] == -hessian[0, 0]
    np.testing.assert_allclose(f.hvp(theta, np.array([0.0, 1.0]))[1], hessian[1, 1], rtol=1e-10)


@every([name for name in ALL if name not in ATOMS and name not in BOUNDED])
@pytest.mark.parametrize("far", [-20.0, pytest.param(-40.0, marks=pytest.mark.slow), -70.0])
def test_rows_of_the_hessian_are_slopes_of_logarithms(name, far):
    """H_ij = p_i d log p_i / d theta_j, by differences of log p, relative to the row."""
    f, unit, step = potential(name), UNITS.get(name, 1.0), 1e-4
    theta = np.array([0.3, far, 1.1, 1.5 * far])
    p, hessian = f.probabilities(theta * unit), f.hessian(theta * unit) * unit
    moves = step * np.eye(4)
    with np.errstate(invalid="ignore"):
        logs = [f.log_probabilities((theta + s * e) * unit) for e in moves for s in (1, -1)]
    slopes = ((np.array(logs[::2]) - np.array(logs[1::2])) / (2 * step)).T
    held = p > 1e-290
    assert held.sum() >= 2
    size = np.abs(slopes).max(1, keepdims=True)
    found = hessian[held] / p[held, None]
    np.testing.assert_allclose(found / size[held], slopes[held] / size[held], rtol=0, atol=3e-6)
    assert np.array_equal(hessian, hessian.T)


def test_a_steep_law_next_to_the_end_of_a_support():
    """Weibull noise far behind: f_i falls by e^-6000 on a panel on which F rises like s^2."""
    theta = np.array([0.0, -3000.0, 1.0, 0.5])
    step, rows = 1e-2, []
    f = potential("weibull")
    for side in (1, -1):
        rows.append([f.log_probabilities(theta + side * step * e)[1] for e in np.eye(4)])
    slope = (np.array(rows[0]) - np.array(rows[1])) / (2 * step)
    # log p_i = -(1 + 3000)^2 - 3 log(6002) + ...: the slope is nearly that of the law.
    np.testing.assert_allclose(slope[1], 2 * 3001, rtol=1e-3)
    found = jax.grad(lambda x: f.log_probabilities(x)[1])(jnp.asarray(theta))
    np.testing.assert_allclose(found, slope, rtol=1e-4, atol=1e-4 * slope[1])


JAX = ("normal", "laplace", "logistic")


@every(JAX, slow=JAX[1:])
def test_gradients_of_logarithms_under_jax(name):
    f = potential(name)
    thetas = np.stack([np.zeros(len(GAPS)), -np.array(GAPS)], 1)
    exact = np.array([slope_of_a_pair(name, x) for x in GAPS])
    slopes = jax.jit(jax.vmap(jax.jacobian(f.log_probabilities)))(jnp.asarray(thetas))
    np.testing.assert_allclose(slopes[:, 1, 1], exact, rtol=1e-10)
    np.testing.assert_allclose(slopes[:, 1, 0], -exact, rtol=1e-10)
    narrow = jax.vmap(jax.grad(lambda x: f.log_probabilities(x)[1]))(jnp.asarray(thetas, "float32"))
    assert narrow.dtype == jnp.float32
    np.testing.assert_allclose(narrow[:, 1], exact, rtol=2e-4)


def test_second_derivatives_of_logarithms_of_what_underflows():
    f, theta = potential("normal"), np.array([0.0, -60.0, 1.0])
    for k in (0, 1):
        found = jax.hessian(lambda x, k=k: f.log_probabilities(x)[k])(jnp.asarray(theta))
        slope = jax.jit(jax.grad(lambda x, k=k: f.log_probabilities(x)[k]))
        ends = [[slope(jnp.asarray(theta + s * e)) for e in 1e-4 * np.eye(3)] for s in (1, -1)]
        np.testing.assert_allclose(found, np.subtract(*map(np.array, ends)) / 2e-4, atol=1e-6)
        np.testing.assert_allclose(found, found.T, atol=1e-6)


def test_a_label_of_a_vocabulary_that_underflows():
    """Beyond 1,024 categories: no matrix, and rows of a batch."""
    f, d = potential("normal"), 1500
    theta = np.sin(np.arange(float(d)))
    theta[3] = -60.0
    rows = jnp.asarray(np.stack([theta, np.sin(np.arange(float(d)))]))
    loss = jax.grad(lambda x: -f.log_probabilities(x)[3])
    found = jax.jit(jax.vmap(loss))(rows)
    rate, near = -found[0, 3], f.log_probabilities(theta + 1e-4 * np.eye(d)[3])[3]
    np.testing.assert_allclose(rate, (near - f.log_probabilities(theta)[3]) / 1e-4, rtol=1e-4)
    np.testing.assert_allclose(np.sum(found, 1), 0, atol=1e-9)
    other = jax.jit(jax.grad(lambda x: f.log_probabilities(x)[0]))(rows[0])
    hessian, p = f.hvp(theta, np.eye(d)[0]), f.probabilities(theta)
    np.testing.assert_allclose(other, hessian / p[0], rtol=1e-9, atol=1e-12)
    with pytest.raises(TypeError, match="`perturbation` cannot be differentiated here"):
        jax.grad(lambda s: pt.expected_max(pt.Normal(s)).log_probabilities(rows[0])[0])(
            jnp.asarray(1.0)
        )


def test_masked_categories_have_no_slope():
    f = potential("gumbel")
    theta = jnp.asarray([0.0, -math.inf, -900.0])
    found = jax.jacobian(f.log_probabilities)(theta)
    np.testing.assert_array_equal(found, [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 1.0]])
