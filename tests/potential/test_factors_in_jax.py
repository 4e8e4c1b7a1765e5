"""Factor noise under JAX: the numbers of NumPy, derivatives in theta and in the loadings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import perturbtheory as pt

B = np.array([[0.5], [-0.25], [0.0]])
THETA = np.array([0.3, -0.5, 0.1])
F = pt.expected_max(pt.FactorNoise(pt.Gumbel(), B))


@pytest.mark.parametrize(
    "ask", ["__call__", "probabilities", "log_probabilities", "hessian", "entropy", "anchored"]
)
def test_numbers_are_those_of_numpy(ask) -> None:
    found = getattr(F, ask)(jnp.asarray(THETA))
    assert isinstance(found, jax.Array)
    np.testing.assert_allclose(found, getattr(F, ask)(THETA), rtol=1e-12, atol=1e-13)


def test_derivatives_in_the_loadings_are_those_of_differences() -> None:
    def loss(loadings):
        return pt.expected_max(pt.FactorNoise(pt.Gumbel(), loadings)).probabilities(THETA)[1]

    found = jax.jit(jax.grad(loss))(jnp.asarray(B))
    for i in range(3):
        step = np.zeros_like(B)
        step[i] = 1e-4
        assert abs(found[i, 0] - (loss(B + step) - loss(B - step)) / 2e-4) < 1e-8
    assert abs(jnp.sum(found)) < 1e-14  # a constant in the column changes nothing


def test_derivatives_in_theta_and_batches() -> None:
    theta = jnp.asarray(THETA)
    np.testing.assert_allclose(jax.grad(F)(theta), F.probabilities(THETA), atol=1e-13)
    rows = jnp.stack([theta, 2 * theta])
    np.testing.assert_allclose(
        jax.vmap(F.probabilities)(rows), F.probabilities(np.asarray(rows)), atol=1e-13
    )


def test_too_few_nodes_give_nan_and_kinks_are_refused() -> None:
    coarse = pt.expected_max(pt.FactorNoise(pt.Gumbel(), 100 * B, nodes=16))
    assert jnp.all(jnp.isnan(coarse.probabilities(jnp.asarray(THETA))))
    with pytest.raises(TypeError, match="in NumPy only"):
        pt.expected_max(pt.FactorNoise(pt.Uniform(), B)).probabilities(jnp.asarray(THETA))
    with pytest.raises(TypeError, match="cannot be differentiated here"):
        jax.grad(lambda s: pt.expected_max(pt.FactorNoise(pt.Gumbel(s), B)).hessian(THETA)[0, 0])(
            1.0
        )
