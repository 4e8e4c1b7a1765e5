"""Fresh processes: what is known is computed without JAX, which may be loaded later."""

import subprocess
import sys

import pytest

ALONE = """
import sys
import numpy as np

def check(what):
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] in ("jax", "jaxlib"))
    assert not loaded, f"{what} loads {loaded[:3]}"

import perturbtheory as pt
check("import perturbtheory")
p = pt.expected_max(pt.Normal()).probabilities([0., 1.])
check("probabilities")
assert abs(p[0] - 0.23975006109347669) < 1e-15
"""
METHODS = """
theta, p = np.array([0.3, -0.2, 1.1]), np.array([0.15, 0.25, 0.6])
for f in (pt.expected_max(pt.Normal()), pt.expected_max(pt.Normal(np.array([1., .5, 2.]))),
          pt.expected_max(pt.Uniform()), pt.expected_logsumexp(pt.Laplace(), 0.5)):
    for name in ("__call__", "probabilities", "log_probabilities", "hessian", "entropy", "anchored",
                 "has_tie", "estimate", "estimate_probabilities", "subdifferential"):
        getattr(f, name)(theta)
        check(name)
    for name in ("parameters", "conjugate"):
        getattr(f, name)(p)
        check(name)
    f.hvp(theta, p), f.fenchel_young(theta, p), f.kind, repr(f)
    check("hvp, fenchel_young, kind or repr")
coin = pt.expected_max(pt.Discrete([-1.0, 1.0]))
coin(theta), coin.probabilities(theta), coin.conjugate(p)
coin.subdifferential([0, 0, 1]).vertices()
check("discrete noise")
"""
LAWS = """
import scipy.stats
laws = [pt.Gumbel(), pt.GumbelMin(), pt.Logistic(), pt.Laplace(), pt.Exponential(), pt.Weibull(2.0),
        pt.StudentT(3.0), pt.Pareto(3.0), pt.Frechet(3.0), pt.Uniform(),
        pt.FromScipy(scipy.stats.skewnorm(3.0)), pt.smoothed(pt.Uniform(), 0.5)]
for law in laws:
    f, x = pt.expected_max(law), np.array([0.1, 0.2, 0.3])
    f.probabilities(x), f(x), f.estimate(x), f.hessian(x)
    law.log_pdf(x), law.log_cdf(x), law.log_sf(x), law.cdf(x), law.quantile(x)
    law.mean, law.variance, law.support, law.finite_mean, law.shape, law.valid, repr(law)
    check(repr(law))
"""
REST = """
from perturbtheory import estimators as es, properties
check("import of estimators and properties")
theta, values = np.array([0.3, -0.2, 1.1]), np.array([1.0, -0.5, 2.0])
es.Exact()(None, theta, values), es.Exact(pt.Normal())(None, theta, values)
check("Exact")
es.Exact().moments(theta, values), es.Direct(0.5).moments(theta, values)
es.ScoreFunction().moments(theta, values)
check("moments")
properties.check_declarations(pt.Exponential())
check("check_declarations")
pt.diagnose(pt.Normal())
check("diagnose")
"""


@pytest.mark.parametrize("code", [METHODS, LAWS, REST], ids=["methods", "laws", "rest"])
def test_a_fresh_process_loads_no_jax(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


LATER = """
import numpy as np
import perturbtheory as pt
f = pt.expected_logsumexp(pt.Normal(2.0), 0.5)
here = f.probabilities([0.3, -0.2, 1.1])
import jax
import jax.numpy as jnp
theta = jnp.asarray([0.3, -0.2, 1.1])
there = jax.jit(lambda f, theta: f.probabilities(theta))(f, theta)
assert there.dtype == jnp.float32 and np.abs(there - here).max() < 1e-6
assert jax.tree.structure(pt.Normal(1.0)) == jax.tree.structure(pt.Normal(2.0))
assert jax.tree.structure(pt.Normal(1.0)) != jax.tree.structure(pt.Gumbel(1.0))
"""


def test_a_potential_made_before_jax_is_loaded_is_a_pytree_after():
    done = subprocess.run(
        [sys.executable, "-c", LATER], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
