"""What is measured: the package in NumPy and in JAX, the samplers of optax and jaxopt, F-LITE."""

import importlib.util
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax
import scipy.stats

import perturbtheory as pt

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # jaxopt is no longer maintained
    import jaxopt.perturbations

FAMILIES = {
    "Normal": "pt.Normal()",
    "Gumbel": "pt.Gumbel()",
    "GumbelMin": "pt.GumbelMin()",
    "Logistic": "pt.Logistic()",
    "Laplace": "pt.Laplace()",
    "Uniform": "pt.Uniform()",
    "Exponential": "pt.Exponential()",
    "Pareto(3)": "pt.Pareto(3.0)",
    "Frechet(3)": "pt.Frechet(3.0)",
    "Weibull(2)": "pt.Weibull(2.0)",
    "StudentT(3)": "pt.StudentT(3.0)",
    "Discrete(-1, 1)": "pt.Discrete([-1.0, 1.0])",
    "skewnorm(3)": "pt.FromScipy(scipy.stats.skewnorm(3.0))",
    "Normal + Gumbel": "pt.smoothed(pt.Normal(), 1.0)",
    "Uniform + Gumbel": "pt.smoothed(pt.Uniform(), 1.0)",
}
"""As code, because some of it is run in processes of its own."""
COMPILED = ("Normal", "Gumbel", "Logistic", "Laplace", "Uniform", "StudentT(3)", "Discrete(-1, 1)")
DIMENSIONS = (10, 100, 1_000, 10_000, 100_000)
AT_ONCE = 10**7
"""Samples times categories that a sampler holds in memory at a time (80 MB an array)."""


def noise(family):
    """The perturbation of that name."""
    return eval(FAMILIES[family], {"pt": pt, "scipy": scipy})


def problem(dimension):
    """Standard normal theta, the same in every run."""
    return np.random.default_rng(dimension).standard_normal(dimension)


def scales(dimension):
    """A scale per category, uniform in 0.1 to 2, the same in every run."""
    return np.random.default_rng([dimension, 1]).uniform(0.1, 2.0, dimension)


def ours(law, what):
    """theta -> f(theta), p(theta) or H(theta) v with v = sin(0), sin(1), ..., in either library."""
    f = pt.expected_max(law)
    if what == "hvp":
        return lambda theta: f.hvp(theta, np.sin(np.arange(theta.size)).astype(theta.dtype))
    return {"value": f, "probabilities": f.probabilities}[what]


def measurable(family, what, *, compiled):
    """Whether the quantity exists and is measured; discrete noise has no curvature."""
    flat = what == "hvp" and family.startswith("Discrete")
    return not flat and (family in COMPILED or not compiled)


def _one_hot(x):
    return jax.nn.one_hot(jnp.argmax(x), x.size, dtype=x.dtype)


def sampled(package, dimension, samples=1000):
    """(key, theta) -> mean one-hot argmax of theta + normal noise over `samples` draws."""
    count = max(1, min(samples, AT_ONCE // dimension))
    if package == "optax":
        normal = optax.perturbations.Normal()
        draw = optax.perturbations.make_perturbed_fun(
            _one_hot, num_samples=count, sigma=1.0, noise=normal
        )
    else:
        normal = jaxopt.perturbations.Normal()
        perturbed = jaxopt.perturbations.make_perturbed_argmax(
            _one_hot, num_samples=count, sigma=1.0, noise=normal
        )

        def draw(key, theta):
            return perturbed(theta, key)

    def probabilities(key, theta):
        rounds = samples // count
        if rounds == 1:
            return draw(key, theta)
        return jnp.mean(jax.lax.map(lambda k: draw(k, theta), jax.random.split(key, rounds)), 0)

    return jax.jit(probabilities)


def flite(checkout):
    """(means, scales) -> p by F-LITE of Menet et al. (2025), from a checkout of lasgroup/LITE."""
    spec = importlib.util.spec_from_file_location("flite", checkout / "flite.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.flite_pom
