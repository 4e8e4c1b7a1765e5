"""The potential of continuous noise and its first two derivatives, as one-dimensional integrals.

With F = prod_j F_j(s - theta_j), r_i = f_i / F_i at s - theta_i (the reversed hazard rate)
and R = sum_i r_i, the density of max_i(theta_i + gamma_i) is F R, so

    f(theta)     = int s F R ds
    p_i(theta)   = int F r_i ds
    (H v)_i      = int F r_i (R v_i - sum_j r_j v_j) ds
    -H_ij        = int F r_i r_j ds                       for i != j; rows of H sum to zero.

Every sum is one pass over nodes x d (Williams-Daly-Zachary for the second line).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from perturbtheory.numerics import asked
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import _log_slopes
from perturbtheory.potential._rule import (
    Rule,
    log_cdf_of_maximum,
    panel_bounds,
    panels_rule,
    rule,
)

_BLOCK = 128
Integrand = Callable[[Array, Array, Array], Any]


def integrate(
    noise: AbstractPerturbation, theta: Float[Array, "d"], points: Rule, integrand: Integrand
) -> Any:
    """The sum over chunks of integrand(s, w F, r): shapes (c,), (c,), (c, d)."""

    def chunk(nodes: Array, weights: Array) -> Any:
        log_cdf, rate = noise.log_cdf_and_rate(nodes[:, None] - theta)
        mass = jnp.where(weights > 0, jnp.exp(jnp.sum(log_cdf, 1)) * weights, 0.0)
        return integrand(nodes, mass, jnp.where(mass[:, None] > 0, rate, 0.0))

    if len(points.nodes) == 1:
        return chunk(points.nodes[0], points.weights[0])
    zero = jax.tree.map(
        lambda a: jnp.zeros(a.shape, a.dtype),
        jax.eval_shape(chunk, points.nodes[0], points.weights[0]),
    )

    def used(nodes: Array, weights: Array) -> Array:
        del nodes
        return jnp.any(weights > 0)

    def total(function: Callable[[Array, Array], Any], pairs: tuple[Array, Array]) -> Any:
        def add(sum_: Any, pair: tuple[Array, Array]) -> tuple[Any, None]:
            part = jax.lax.cond(used(*pair), function, lambda *_: zero, *pair)
            return jax.tree.map(jnp.add, sum_, part), None

        return jax.lax.scan(add, zero, pairs)[0]

    # Two levels, so that the chunks that a kinked law leaves empty are skipped by the hundred.
    count, size = points.nodes.shape
    pad = ((0, -count % _BLOCK), (0, 0))
    nodes = jnp.pad(points.nodes, pad, mode="edge").reshape(-1, _BLOCK, size)
    weights = jnp.pad(points.weights, pad).reshape(-1, _BLOCK, size)
    return total(lambda *block: total(chunk, block), (nodes, weights))


def value_and_probabilities(
    noise: AbstractPerturbation, theta: Float[Array, "d"], *, finer: int = 1
) -> tuple[Float[Array, ""], Float[Array, "d"], Float[Array, ""]]:
    """(f(theta), p(theta), total mass found): the mass is one but for the quadrature error."""
    points = rule(noise, theta, finer=finer)
    centre = jax.lax.stop_gradient(jnp.max(theta))

    def integrand(s: Array, mass: Array, rate: Array) -> tuple[Array, Array]:
        return jnp.sum(mass * (s - centre) * jnp.sum(rate, 1)), mass @ rate

    excess, p = integrate(noise, theta, points, integrand)
    if noise.trapezoid_nodes(theta.size) is None:  # light tails leave nothing outside the window
        below, above = _outside(noise, theta, points)
        p = p + below + above
        excess = excess + (points.low - centre) * jnp.sum(below)
        if noise.tail == "polynomial":
            tail = noise.upper_partial_mean(points.high - theta)
            share = jnp.exp(noise.log_sf(points.high - theta))
            height = jnp.where(theta > -jnp.inf, theta - centre, 0.0)  # those masked have no share
            excess = excess + jnp.sum(jnp.where(theta > -jnp.inf, tail, 0.0) + height * share)
        else:
            excess = excess + (points.high - centre) * jnp.sum(above)
    total = jnp.sum(p)
    return centre + excess, p / total, total


def anchored(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) - f(0) = int (prod_j F_j(s) - prod_j F_j(s - theta_j)) ds, without any moment."""
    origin = jnp.where(theta > -jnp.inf, 0.0, theta)
    bounds = jnp.sort(jnp.concatenate([panel_bounds(noise, t) for t in (theta, origin)]))
    points = panels_rule(bounds, 2 * theta.size)

    def chunk(pair: tuple[Array, Array]) -> Array:
        nodes, weights = pair
        one, two = (log_cdf_of_maximum(noise, t, nodes) for t in (origin, theta))
        # The difference of logarithms keeps its digits where both products are next to one.
        gap = -jnp.exp(one) * jnp.expm1(two - one)
        return jnp.sum(jnp.where(weights > 0, weights * gap, 0.0))

    inside = jnp.sum(jax.lax.map(chunk, (points.nodes, points.weights)))
    # Above the window prod F_j(s) - prod F_j(s - theta_j) is sum_j S_j(s - theta_j) - S_j(s).
    share = jnp.exp(noise.log_sf(points.high - theta))
    return inside + jnp.sum(jnp.where(theta > -jnp.inf, theta, 0.0) * share)


def log_probabilities(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, "d"]:
    """log p(theta), which the NumPy engine is asked for: its windows reach as deep as they must."""

    def ask(noise: AbstractPerturbation, theta: np.ndarray) -> np.ndarray:
        return _log_slopes.logarithms(_log_slopes.known(noise), theta)

    return asked(ask, theta.shape, noise, theta, rows=True)


def _outside(
    noise: AbstractPerturbation, theta: Float[Array, "d"], points: Rule
) -> tuple[Float[Array, "d"], Float[Array, "d"]]:
    """Probability of winning below and above the window, shared as the densities at its ends.

    1e-40 and 1e-18 in all, except for tails so heavy that the window ends before they do.
    """
    ends = jnp.stack([points.low, points.high])
    log_cdf, rate = noise.log_cdf_and_rate(ends[:, None] - theta)
    log_maximum = jnp.sum(log_cdf, 1)
    rate = jnp.where(jnp.isfinite(rate[0]), rate[0], 0.0)
    survival = -jnp.expm1(log_cdf[1])
    tiny = jnp.finfo(theta.dtype).tiny
    below = jnp.exp(log_maximum[0]) * rate / jnp.maximum(jnp.sum(rate), tiny)
    above = -jnp.expm1(log_maximum[1]) * survival / jnp.maximum(jnp.sum(survival), tiny)
    return below, above


def hvp(
    noise: AbstractPerturbation, theta: Float[Array, "d"], v: Float[Array, "d"]
) -> Float[Array, "d"]:
    """H(theta) v in one pass over nodes x d.

    Where a density may be infinite, the largest rate of every node is kept apart from the others,
    as its square, which cancels, would leave its rounding.
    """

    def integrand(s: Array, mass: Array, rate: Array) -> tuple[Array, ...]:
        del s
        if noise.smooth:
            return mass @ (rate * jnp.sum(rate, 1)[:, None]), (mass * (rate @ v)) @ rate, 0 * v
        top = jnp.argmax(rate, 1)
        is_top = top[:, None] == jnp.arange(theta.size)
        largest = jnp.max(rate, 1)
        rate = jnp.where(is_top, 0.0, rate)
        others, along = jnp.sum(rate, 1), rate @ v
        own = (mass * largest * (v[top] * others - along)) @ is_top.astype(theta.dtype)
        degree = (mass * (others + largest)) @ rate
        return degree, (mass * (along + largest * v[top])) @ rate, own

    degree, coupled, own = integrate(noise, theta, rule(noise, theta), integrand)
    return degree * v - coupled + own


def hessian(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, "d d"]:
    """H(theta): the Laplacian of the graph with weights int F r_i r_j ds."""

    def integrand(s: Array, mass: Array, rate: Array) -> Array:
        del s
        return rate.T @ (mass[:, None] * rate)

    weight = integrate(noise, theta, rule(noise, theta), integrand)
    weight = (weight + weight.T) / 2 * (1 - jnp.eye(theta.size, dtype=theta.dtype))
    return jnp.diag(jnp.sum(weight, 1)) - weight


def tie(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> bool:  # noqa: ARG001
    """False: the maximum of continuous noise is at one coordinate alone."""
    return False
