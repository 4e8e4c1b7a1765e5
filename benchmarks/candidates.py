"""What is measured: the package's functions and the samplers of optax and jaxopt, all jitted."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax

import perturbtheory as pt

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # jaxopt is no longer maintained
    import jaxopt.perturbations

FAMILIES = {
    "Normal": pt.Normal,
    "Gumbel": pt.Gumbel,
    "Logistic": pt.Logistic,
    "Laplace": pt.Laplace,
    "Uniform": pt.Uniform,
    "StudentT(3)": lambda: pt.StudentT(3.0),
    "Discrete(-1, 1)": lambda: pt.Discrete(jnp.asarray([-1.0, 1.0])),
}
LARGEST = {"Uniform": 10_000, "StudentT(3)": 1_000}
"""Beyond these dimensions one call takes more than a few seconds."""
DIMENSIONS = (10, 100, 1_000, 10_000, 100_000)
AT_ONCE = 10**7
"""Samples times categories that a sampler holds in memory at a time (80 MB an array)."""


def problem(dimension, dtype="float64"):
    """Standard normal theta, the same in every run."""
    return jnp.asarray(np.random.default_rng(dimension).standard_normal(dimension), dtype)


def ours(family, what):
    """theta -> f(theta), p(theta) or H(theta) v with v = sin(0), sin(1), ..."""
    f = pt.expected_max(FAMILIES[family]())
    if what == "hvp":
        return jax.jit(
            lambda theta: f.hvp(theta, jnp.sin(jnp.arange(theta.size, dtype=theta.dtype)))
        )
    return jax.jit({"value": f, "probabilities": f.probabilities}[what])


def measurable(family, what, dimension):
    """Whether the quantity exists and takes seconds at most; discrete noise has no curvature."""
    flat = what == "hvp" and family.startswith("Discrete")
    return dimension <= LARGEST.get(family, DIMENSIONS[-1]) and not flat


def _one_hot(x):
    return jax.nn.one_hot(jnp.argmax(x), x.size, dtype=x.dtype)


def sampled(package, dimension, samples=1000):
    """(key, theta) -> mean one-hot argmax of theta + normal noise over `samples` draws."""
    count = max(1, min(samples, AT_ONCE // dimension))
    if package == "optax":
        noise = optax.perturbations.Normal()
        draw = optax.perturbations.make_perturbed_fun(
            _one_hot, num_samples=count, sigma=1.0, noise=noise
        )
    else:
        noise = jaxopt.perturbations.Normal()
        perturbed = jaxopt.perturbations.make_perturbed_argmax(
            _one_hot, num_samples=count, sigma=1.0, noise=noise
        )

        def draw(key, theta):
            return perturbed(theta, key)

    def probabilities(key, theta):
        rounds = samples // count
        if rounds == 1:
            return draw(key, theta)
        return jnp.mean(jax.lax.map(lambda k: draw(k, theta), jax.random.split(key, rounds)), 0)

    return jax.jit(probabilities)
