"""H(p(theta)) = -sum_i p_i log p_i, and its gradient from the same nodes.

With F, r_i, R and weights w as in `_quadrature`, p_i = sum w F r_i and, for v = log p,

    dH/dtheta_i = -(H(theta) v)_i = -sum w F r_i (R v_i - sum_j r_j v_j),

so that what costs time, F_j and r_j at nodes x d, is computed once for both. A term of a loss that
is trained in 32-bit asks for no relative accuracy of small p: a third of the nodes serve, on a
window that leaves out 1e-7. Rows of theta are the last axis, where arithmetic is fastest.
"""

import functools
import math
import operator
from collections.abc import Iterable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import _derivatives, _in_parameters
from perturbtheory.potential.methods import FORMULAS, method_of

_SHARE, _FEW = (5 / 16, 7 / 16), 16
"""Of the nodes that 64-bit needs, for up to 16 categories and for more, whose maximum is narrower:
tests/potential/test_entropy.py measures what that leaves."""
_CUT = math.log(1e-7)
_MOST = 64
"""Most categories for which sums are written out."""


def entropy(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """H(p(theta)), to the accuracy of p; differentiated through p."""
    p = _derivatives.probabilities(noise, theta)
    return -jnp.sum(p * _log(p))


def is_coarse(noise: AbstractPerturbation, theta: Float[Array, "... d"]) -> bool:
    """Whether `coarse_entropy` serves."""
    one_rule = noise.trapezoid_nodes(theta.shape[-1]) is not None
    plain = method_of(noise) in FORMULAS or not noise.continuous
    small = theta.shape[-1] <= _MOST and theta.dtype == jnp.float32
    return one_rule and not plain and small


@jax.custom_jvp
def coarse_entropy(
    noise: AbstractPerturbation, theta: Float[Array, "rows d"]
) -> Float[Array, "rows"]:
    """H(p(theta)) row by row, in 32-bit."""
    return _with_gradient(noise, theta)[0]


def _coarse_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    _in_parameters.refuse_parameters(tangents[0])
    value, gradient = _with_gradient(noise, theta)
    return value, jnp.sum(gradient * _in_parameters.dense(tangents[1], theta), -1)


coarse_entropy.defjvp(_coarse_jvp, symbolic_zeros=True)


def _with_gradient(
    noise: AbstractPerturbation, theta: Float[Array, "rows d"]
) -> tuple[Float[Array, "rows"], Float[Array, "rows d"]]:
    d = theta.shape[1]
    columns = (theta - jnp.max(theta, 1, keepdims=True)).T
    count = math.ceil(_SHARE[d > _FEW] * (noise.trapezoid_nodes(d) or 0))
    low, high = (jnp.asarray(x, theta.dtype) for x in noise.bracket(_CUT, _CUT - math.log(d)))
    step = (high - low) / count
    nodes = low + step * (jnp.arange(count, dtype=theta.dtype) + 0.5)
    # Without the barriers XLA computes F and r anew wherever they are used.
    cdf, rate = jax.lax.optimization_barrier(noise.cdf_and_rate(nodes[:, None, None] - columns))
    categories, every = range(d), range(count)
    mass = jax.lax.optimization_barrier(step * math.prod(cdf[:, i] for i in categories))
    p = _sum(mass[m] * rate[m] for m in every)
    total = _sum(p[i] for i in categories)
    p, log_p = jax.lax.optimization_barrier((p / total, _log(p / total)))
    both = mass * _sum(rate[:, i] for i in categories)
    weighted = mass * _sum(rate[:, i] * log_p[i] for i in categories)
    both, weighted = jax.lax.optimization_barrier((both, weighted))
    gradient = _sum(rate[m] * (weighted[m] - both[m] * log_p) for m in every)
    found = jnp.abs(total - 1) < _derivatives.MASS
    open_ = jnp.all(theta < jnp.inf, 1) & jnp.any(theta > -jnp.inf, 1)
    valid = found & open_ & noise.valid
    value = jnp.where(valid, -_sum(p[i] * log_p[i] for i in categories), jnp.nan)
    return value, jnp.where(valid, gradient, jnp.nan).T


def _sum(terms: Iterable[Array]) -> Array:
    """Written out: XLA fuses it with what makes the terms; its reductions take thrice as long."""
    return functools.reduce(operator.add, terms)


def _log(p: Float[Array, "..."]) -> Float[Array, "..."]:
    """Log p, and 0 where p = 0: there p log p and the row of the Hessian are zero too."""
    return jnp.log(jnp.where(p > 0, p, 1.0))
