"""H v where densities are infinite at an end: r_i^2 has no integral, and must not be in it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from perturbtheory import estimators

POLES = {
    "weibull-0.5": pt.Weibull(0.5),
    "weibull-0.7": pt.Weibull(0.7),
    "gamma": pt.FromScipy(scipy.stats.gamma(0.5)),
    "arcsine": pt.FromScipy(scipy.stats.arcsine()),
    "beta": pt.FromScipy(scipy.stats.beta(0.5, 1.0)),
    "uniform": pt.Uniform(),
}


@pytest.mark.parametrize("name", POLES)
def test_the_product_is_that_of_the_matrix(name) -> None:
    f = pt.expected_max(POLES[name])
    for seed in range(12):
        rng = np.random.default_rng(seed)
        theta, v = 0.05 * rng.standard_normal(3), rng.standard_normal(3)
        product = f.hessian(theta) @ v
        error = 1e-11 * np.max(np.abs(product))
        np.testing.assert_allclose(f.hvp(theta, v), product, rtol=0, atol=error)
        slope = f.hessian(theta) @ (v / f.probabilities(theta))
        np.testing.assert_allclose(f.score(theta, v), slope, rtol=1e-10)


@pytest.mark.parametrize("name", ["weibull-0.5", "weibull-0.7", "uniform"])
def test_the_product_in_jax_is_that_of_numpy(name) -> None:
    f = pt.expected_max(POLES[name])
    theta, v = np.array([-0.0132, 0.064, 0.0105]), np.array([0.0, 1.0, 0.5])
    product = f.hessian(theta) @ v
    np.testing.assert_allclose(f.hvp(jnp.asarray(theta), jnp.asarray(v)), product, rtol=1e-10)
    slope = jax.jvp(f.probabilities, (jnp.asarray(theta),), (jnp.asarray(v),))[1]
    np.testing.assert_allclose(slope, product, rtol=1e-10)


def test_the_exact_gradient_is_that_of_differences() -> None:
    """The Hessian of two categories is p_1' (1, -1; -1, 1)."""
    noise, step = pt.Weibull(0.5), 1e-5
    f = pt.expected_max(noise)
    theta = np.array([0.0, -0.015625])
    ends = [f.probabilities(theta + d)[0] for d in ([step, 0.0], [-step, 0.0])]
    slope = (ends[0] - ends[1]) / (2 * step)
    found = estimators.Exact(noise)(None, theta, np.array([1.0, 0.0]))
    np.testing.assert_allclose(found, [slope, -slope], rtol=1e-5)
