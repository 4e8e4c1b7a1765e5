"""jit, vmap, grad, jacobian, hessian, batches; 32-bit; what differentiation must refuse."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt

NOISES = {
    "normal": pt.Normal(),
    "gumbel": pt.Gumbel(),
    "laplace": pt.Laplace(),
    "uniform": pt.Uniform(),
    "student": pt.StudentT(3.0),
    "smoothed": pt.smoothed(pt.Normal(), 0.5),
    "scipy": pt.FromScipy(scipy.stats.hypsecant()),
    "coordinates": pt.Normal(np.array([1.0, 0.5, 2.0])),
}
THETA = np.array([[0.3, -0.2, 1.1], [0.0, 2.0, -1.0]])


DEAR = ("laplace", "student", "scipy", "smoothed", "coordinates")
"""Families whose programs take longest to compile: with `-m slow`, but in the tests of one world
against the other."""
some = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in DEAR)) for n in NOISES]
)


@some
def test_every_transformation_agrees(name: str) -> None:
    f = pt.expected_max(NOISES[name])
    theta = jnp.asarray(THETA)
    p, hessian = f.probabilities(theta), f.hessian(theta)
    np.testing.assert_allclose(jax.jit(jax.vmap(f))(theta), f(theta), atol=1e-14)
    np.testing.assert_allclose(jax.grad(lambda x: f(x).sum())(theta), p, atol=1e-14)
    for jacobian in (jax.jacfwd, jax.jacrev):
        np.testing.assert_allclose(jax.vmap(jacobian(f.probabilities))(theta), hessian, atol=1e-13)
    np.testing.assert_allclose(jax.hessian(f)(theta[0]), hessian[0], atol=1e-13)


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_large_batches_and_chunks_change_nothing(name: str) -> None:
    f = pt.expected_max(NOISES[name])
    theta = np.sin(np.arange(60.0).reshape(20, 3))
    rows = np.stack([f.probabilities(row) for row in theta])
    np.testing.assert_allclose(f.probabilities(theta), rows, atol=1e-15)
    wide = np.cos(np.arange(5000.0))  # more than one chunk of nodes
    np.testing.assert_allclose(np.sum(f.probabilities(wide)), 1, atol=1e-13)


def test_two_laws_never_have_the_same_structure() -> None:
    """Else a function compiled for one may serve another: seen with JAX's register_dataclass."""
    laws = [pt.Normal(), pt.Gumbel(), pt.Logistic(), pt.Laplace(), pt.Uniform(), TwoBumps()]
    laws += [pt.StudentT(3.0), pt.Discrete([-1.0, 1.0]), pt.smoothed(pt.Normal(), 1.0)]
    laws += [pt.smoothed(pt.Laplace(), 1.0), pt.smoothed(pt.Discrete([-1.0, 1.0]), 1.0)]
    laws += [pt.FromScipy(scipy.stats.norm()), pt.FromScipy(scipy.stats.norm(), (0.0,))]
    structures = [jax.tree.structure(law) for law in laws]
    structures += [jax.tree.structure(pt.Potential(law)) for law in laws]
    for i, one in enumerate(structures):
        assert all(one != other for other in structures[:i])
    assert jax.tree.structure(pt.Normal(1.0)) == jax.tree.structure(pt.Normal(2.0))


def test_a_potential_is_a_pytree() -> None:
    theta = jnp.asarray(THETA[0])
    f = pt.expected_max(pt.Normal(2.0))
    through = jax.jit(lambda potential, x: potential(x))(f, theta)
    np.testing.assert_allclose(through, f(theta))


def _of_scale(scale: jax.Array) -> list[jax.Array]:
    f, theta = pt.expected_max(pt.Normal(scale)), jnp.asarray(THETA[0])
    return [f(theta), f.probabilities(theta), f.hessian(theta), f.hvp(theta, theta)]


def _of_temperature(temperature: jax.Array) -> list[jax.Array]:
    f = pt.expected_logsumexp(pt.Normal(2.0), temperature)
    return [f(jnp.asarray(THETA[0])), f.probabilities(jnp.asarray(THETA[0]))]


@pytest.mark.parametrize(
    ("outputs", "good", "bad"),
    [
        (_of_scale, 2.0, [np.nan, -1.0, 0.0]),
        pytest.param(_of_temperature, 0.5, [np.nan, -0.5, 0.0], marks=pytest.mark.slow),
    ],
    ids=["scale", "temperature"],
)
def test_parameters_may_be_traced_and_poison_every_output_where_invalid(outputs, good, bad) -> None:
    compiled = jax.jit(outputs)
    for output, number in zip(compiled(jnp.asarray(good)), outputs(good), strict=True):
        np.testing.assert_allclose(output, number, atol=1e-12)
    for parameter in bad:
        for output in compiled(jnp.asarray(parameter)):
            assert np.all(np.isnan(output))


@some
def test_traced_nan_in_theta_poisons_every_entry(name: str) -> None:
    f = pt.expected_max(NOISES[name])
    theta = jnp.asarray([0.0, np.nan, 1.0])
    for found in jax.jit(lambda x: (f(x), f.probabilities(x), f.hessian(x)))(theta):
        assert np.all(np.isnan(found))


def test_parameters_are_not_differentiated_silently() -> None:
    theta = jnp.asarray(THETA[0])
    with pytest.raises(TypeError, match="`perturbation` cannot be differentiated here"):
        jax.jacobian(lambda s: pt.expected_max(pt.Gumbel(s)).hessian(theta))(jnp.asarray(1.0))
    with pytest.raises(TypeError, match="three times under Uniform"):
        jax.jacobian(pt.expected_max(pt.Uniform()).hessian)(theta)
    weights = jnp.asarray([0.5, 0.5])
    with pytest.raises(TypeError, match="`perturbation` cannot be differentiated here"):
        jax.grad(lambda w: pt.expected_max(pt.Discrete([-1.0, 1.0], w))(theta))(weights)


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_an_estimate_is_differentiated_like_its_value(name: str) -> None:
    f = pt.expected_max(NOISES[name])
    theta = jnp.asarray(THETA[0])
    gradient = jax.grad(lambda x: f.estimate(x).value)(theta)
    np.testing.assert_allclose(gradient, f.probabilities(theta), atol=1e-14)
    assert not jax.grad(lambda x: f.estimate(x).radius)(theta).any()


def test_traced_weights_that_do_not_sum_to_one() -> None:
    @jax.jit
    def p(weights: jax.Array) -> jax.Array:
        return pt.expected_max(pt.Discrete(np.array([-1.0, 1.0]), weights)).probabilities(THETA[0])

    assert np.all(np.isnan(p(jnp.asarray([1.0, 1.0]))))
    np.testing.assert_allclose(np.sum(p(jnp.asarray([0.5, 0.5]))), 1.0)


SINGLE = """
import jax, numpy as np
import perturbtheory as pt
assert not jax.config.jax_enable_x64
jax.config.update("jax_numpy_dtype_promotion", "strict")
theta = jax.numpy.asarray([0.3, -0.2, 1.1], "float32")
for noise in {noises}:
    f = pt.expected_max(noise)
    p, v, h = f.probabilities(theta), f(theta), f.hessian(theta)
    g = jax.grad(f)(theta)
    assert p.dtype == v.dtype == h.dtype == np.float32, noise
    assert np.all(np.isfinite(h)) and np.all(np.isfinite(g)) and np.isfinite(v), noise
    assert abs(p.sum() - 1) < 1e-6 and np.abs(g - p).max() < 1e-6, noise
    print(type(noise).__name__, *[float(x) for x in p], float(v))
if {smoothed}:
    s = pt.expected_logsumexp(pt.Normal(), 0.5)
    print("Smoothed", *[float(x) for x in s.probabilities(theta)], float(s(theta)))
wide = f.probabilities(np.asarray(theta, np.float64))
assert type(wide) is np.ndarray and wide.dtype == np.float64
assert not jax.config.jax_enable_x64
"""


@pytest.mark.parametrize(
    ("noises", "smoothed"),
    [
        ("(pt.Normal(), pt.Uniform(), pt.Gumbel(), pt.Discrete([-1.0, 1.0]))", False),
        pytest.param(
            "(pt.Logistic(), pt.Laplace(), pt.StudentT(3.0))", True, marks=pytest.mark.slow
        ),
    ],
    ids=["quick", "dear"],
)
def test_single_precision_matches_double(noises: str, smoothed: bool) -> None:
    code = SINGLE.replace("{noises}", noises).replace("{smoothed}", str(smoothed))
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )
    assert run.returncode == 0, run.stderr
    theta = np.array([0.3, -0.2, 1.1])
    for line in run.stdout.splitlines():
        name, *numbers = line.split()
        noise = {
            "StudentT": lambda: pt.StudentT(3.0),
            "Discrete": lambda: pt.Discrete([-1.0, 1.0]),
            "Smoothed": lambda: pt.smoothed(pt.Normal(), 0.5),
        }.get(name, getattr(pt, name, None))()
        f = pt.expected_max(noise)
        np.testing.assert_allclose(
            [float(x) for x in numbers], [*f.probabilities(theta), f(theta)], rtol=3e-5
        )


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class TwoBumps(pt.AbstractPerturbation):
    """An even mixture of N(-shift, 1) and N(shift, 1): the least that a user has to write."""

    shift: jax.Array | float = 2.0

    @property
    def mean(self) -> jax.Array:
        return jnp.zeros_like(self.shift)

    @property
    def variance(self) -> jax.Array:
        return 1 + jnp.square(self.shift)

    def _mix(self, law: Callable, x: jax.Array) -> jax.Array:
        both = jnp.stack([law(x - self.shift), law(x + self.shift)])
        return jax.nn.logsumexp(both, axis=0) - np.log(2)

    def log_pdf(self, x: jax.Array) -> jax.Array:
        return self._mix(pt.Normal().log_pdf, x)

    def log_cdf(self, x: jax.Array) -> jax.Array:
        return self._mix(pt.Normal().log_cdf, x)

    def log_sf(self, x: jax.Array) -> jax.Array:
        return self._mix(pt.Normal().log_sf, x)

    def sample(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        one, two = jax.random.split(key)
        return jax.random.normal(one, shape) + self.shift * jax.random.rademacher(two, shape, float)


def test_a_perturbation_written_by_a_user() -> None:
    f = pt.expected_max(TwoBumps())
    theta = np.array([[0.7, 0.0], [6.0, 0.0]])
    # The difference of two is N(0, 2), N(4, 2) or N(-4, 2) with weights 1/2, 1/4, 1/4.
    exact = sum(
        w * scipy.stats.norm.cdf((theta[:, 0] + s) / np.sqrt(2))
        for w, s in ((0.5, 0), (0.25, 4), (0.25, -4))
    )
    estimate = f.estimate_probabilities(theta)
    np.testing.assert_allclose(estimate.value[:, 0], exact, atol=1e-11)
    assert estimate.contains(np.stack([exact, 1 - exact], 1))
