"""Derivatives in the parameters of the noise, against differences of the NumPy engine."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

import perturbtheory as pt

THETA = np.array([0.3, 0.0, -0.5])
FAMILIES = {
    "Normal": pt.Normal,
    "Gumbel": pt.Gumbel,
    "GumbelMin": pt.GumbelMin,
    "Logistic": pt.Logistic,
    "Laplace": pt.Laplace,
    "Exponential": pt.Exponential,
    "Uniform, low": lambda a: pt.Uniform(-a, 1.5),
    "Uniform, high": lambda a: pt.Uniform(-1.0, a),
    "Weibull, shape": lambda a: pt.Weibull(2.0 * a),
    "Pareto, shape": lambda a: pt.Pareto(3.0 * a),
    "Frechet, shape": lambda a: pt.Frechet(3.0 * a),
    "StudentT, df": lambda a: pt.StudentT(3.0 * a),
    "StudentT, scale": lambda a: pt.StudentT(3.0, a),
    "temperature": lambda a: pt.smoothed(pt.Normal(), a),
    "scale under a temperature": lambda a: pt.smoothed(pt.Normal(a), 0.7),
    "temperature of atoms": lambda a: pt.smoothed(pt.Discrete([-1.0, 1.0]), a),
    "factors": lambda a: pt.FactorNoise(pt.Normal(a), a * np.array([[1.0], [0.0], [0.5]])),
}
QUICK = ("Normal", "Gumbel", "Logistic")
CASES = [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in FAMILIES]


def _differences(function, at, step=0.005):
    """Central differences of sixth order."""
    shares = (3 / 4, -3 / 20, 1 / 60)
    gaps = [(function(at + n * step) - function(at - n * step)) / step for n in (1, 2, 3)]
    return sum(share * gap for share, gap in zip(shares, gaps, strict=True))


@pytest.mark.parametrize("family", CASES)
def test_derivatives_are_those_of_numpy_s_numbers(family):
    def everything(a, theta):
        f = pt.expected_max(FAMILIES[family](a))
        return f(theta), f.probabilities(theta), f.log_probabilities(theta)

    found = jax.jit(jax.jacfwd(everything))(1.0, jnp.asarray(THETA))
    for k, slope in enumerate(found):
        true = _differences(lambda a, k=k: np.asarray(everything(a, THETA)[k]), 1.0)
        assert_allclose(slope, true, rtol=1e-8, atol=1e-10)
    assert abs(float(jnp.sum(found[1]))) < 1e-12


def test_scales_of_every_coordinate_backwards():
    scale = np.array([0.5, 1.0, 2.0])

    def log_p(scale, theta):
        return pt.expected_max(pt.Normal(scale)).log_probabilities(theta)[2]

    found = jax.grad(log_p)(jnp.asarray(scale), jnp.asarray(THETA))
    for k in range(3):
        true = _differences(lambda a, k=k: log_p(scale + (a - 1) * np.eye(3)[k], THETA), 1.0)
        assert_allclose(found[k], true, rtol=1e-8)


@pytest.mark.parametrize("noise", [pt.Normal, pt.Gumbel, pt.Laplace])
def test_f_is_homogeneous_of_degree_one_in_theta_and_the_scale(noise):
    def f(a, theta):
        return pt.expected_max(noise(a))(theta)

    theta = jnp.asarray(THETA)
    in_scale, in_theta = jax.grad(f, argnums=(0, 1))(1.7, theta)
    assert_allclose(1.7 * in_scale + in_theta @ theta, f(1.7, theta), rtol=1e-12)


def test_rows_and_masks():
    theta = jnp.asarray([[0.3, -np.inf, 0.0], [0.0, 1.0, 2.0]])

    def p(a, theta):
        return pt.expected_max(pt.Normal(a)).probabilities(theta)

    found = jax.jacrev(p)(1.0, theta)
    assert found.shape == theta.shape
    assert found[0, 1] == 0
    for k in range(2):
        true = _differences(lambda a, k=k: p(a, np.asarray(theta[k])), 1.0)
        assert_allclose(found[k], true, atol=1e-10)


def test_mixed_derivatives_in_theta_and_a_parameter():
    def f(a, theta):
        return pt.expected_max(pt.Logistic(a))(theta)

    theta = jnp.asarray(THETA)
    mixed = jax.grad(lambda t: jax.jvp(lambda a: f(a, t), (1.0,), (1.0,))[1])(theta)
    direct = jax.jacfwd(lambda a: pt.expected_max(pt.Logistic(a)).probabilities(theta))(1.0)
    assert_allclose(mixed, direct, rtol=1e-12)


def test_a_maximum_of_the_likelihood_in_the_scale():
    """Counts in proportion to p at scale 1.3 have their maximum there."""
    counts = pt.expected_max(pt.Normal(1.3)).probabilities(THETA)

    def log_likelihood(scale):
        return counts @ pt.expected_max(pt.Normal(scale)).log_probabilities(jnp.asarray(THETA))

    assert_allclose(jax.grad(log_likelihood)(1.3), 0.0, atol=1e-13)
    assert jax.grad(log_likelihood)(1.2) > 0 > jax.grad(log_likelihood)(1.4)


def test_what_has_no_derivative_says_so():
    theta = jnp.asarray(THETA)

    def atoms(a):
        return pt.expected_max(pt.Discrete(a * jnp.asarray([-1.0, 1.0])))(theta)

    def curvature(a):
        return pt.expected_max(pt.Normal(a)).hessian(theta)[0, 0]

    for function in (atoms, curvature):
        with pytest.raises(TypeError, match="`perturbation` cannot be differentiated here"):
            jax.grad(function)(1.0)


@pytest.mark.parametrize("noise", [pt.Uniform, pt.Normal], ids=["Uniform", "Normal"])
def test_mixed_derivatives_backwards_and_then_forwards(noise):
    def f(a, theta):
        return pt.expected_max(noise(-a, a) if noise is pt.Uniform else noise(a))(theta)

    theta = jnp.asarray(THETA[:2])
    mixed = jax.jacfwd(lambda t: jax.grad(f)(1.0, t))(theta)
    direct = jax.jacfwd(lambda a: jax.grad(f, 1)(a, theta))(1.0)
    assert_allclose(mixed, direct, rtol=1e-12)
    for second in (
        jax.hessian,
        lambda g: jax.jacfwd(jax.jacfwd(g)),
        lambda g: jax.grad(jax.grad(g)),
    ):
        with pytest.raises(TypeError, match="cannot be differentiated here"):
            second(lambda a: f(a, theta))(1.0)


def test_gumbel_with_a_mask_and_far_down():
    theta = np.array([0.0, 0.5, -np.inf, -80.0])
    keep = [0, 1, 3]

    def everything(a, theta):
        f = pt.expected_max(pt.Gumbel(a))
        return f(theta), f.probabilities(theta), f.log_probabilities(theta)

    found = jax.jacfwd(everything)(1.0, jnp.asarray(theta))
    less = jax.jacfwd(everything)(1.0, jnp.asarray(theta[keep]))
    assert_allclose(found[0], less[0], rtol=1e-14)
    for one, two in zip(found[1:], less[1:], strict=True):
        assert_allclose(one[jnp.asarray(keep)], two, rtol=1e-13)
        assert one[2] == 0
    true = _differences(lambda a: np.asarray(everything(a, theta)[2])[keep], 1.0)
    assert_allclose(found[2][jnp.asarray(keep)], true, rtol=1e-8)


@pytest.mark.slow
def test_degrees_of_freedom_next_to_one_and_a_support_far_from_zero():
    def value(df):
        return pt.expected_max(pt.StudentT(df))(jnp.asarray(THETA[:2]))

    # f ~ c / (df - 1): its derivative times (df - 1)^2 is nearly the same.
    one, two = (float(jax.grad(value)(1 + gap)) * gap**2 for gap in (0.001, 0.002))
    assert abs(one / two - 1) < 0.02

    def p(width, at):
        noise = pt.smoothed(pt.Uniform(at, at + width), 0.1)
        return pt.expected_max(noise).probabilities(jnp.asarray(THETA[:2]))

    near, far = (jax.jacfwd(p)(1.0, at) for at in (0.0, 1000.0))
    assert_allclose(near, far, rtol=1e-6)
