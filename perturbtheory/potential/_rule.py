"""Quadrature nodes for the law of the maximum of theta_i + gamma_i.

Everything the package computes is int h(s) prod_j F_j(s - theta_j) ds with h made of
reversed hazard rates. Two rules serve all laws:

- analytic, light-tailed, identically distributed noise: the trapezoidal rule on the window
  where the product is neither negligible nor one; it converges geometrically;
- everything else (kinks, heavy tails, several scales): Gauss-Legendre on panels that the
  landmarks of the noise cut out.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.numerics import march, panel_rule
from perturbtheory.perturbations import AbstractPerturbation

_CHUNK = 2**17
"""Nodes times coordinates held in memory at a time."""

_ALONE = 0.45
"""Share of the depth of a window that is enough for one category alone."""
_LARGEST = 1024
"""Most nodes in a chunk: chunks without any weight are skipped."""


class Rule(NamedTuple):
    """Nodes and weights in chunks, and the window (low, high) that they cover."""

    nodes: Float[Array, "chunks c"]
    weights: Float[Array, "chunks c"]
    low: Float[Array, ""]
    high: Float[Array, ""]


def depths(dtype: jnp.dtype) -> tuple[float, float]:
    """Log probabilities cut off below and above: 1e-40 and 1e-18 in 64-bit, less in 32-bit.

    The mass of the maximum below the window bounds what every probability loses, so 1e-40
    leaves ten digits of a probability of 1e-30.
    """
    return (-92.0, -41.0) if dtype == jnp.float64 else (-75.0, -20.0)


def log_cdf_of_maximum(
    noise: AbstractPerturbation, theta: Float[Array, "d"], s: Float[Array, "..."]
) -> Float[Array, "..."]:
    """log P(max_i(theta_i + gamma_i) <= s) = sum_i log F_i(s - theta_i)."""
    return jnp.sum(noise.log_cdf_and_rate(s[..., None] - theta)[0], -1)


def rule(noise: AbstractPerturbation, theta: Float[Array, "d"], *, finer: int = 1) -> Rule:
    """The rule for this noise at this theta; `finer` multiplies the number of nodes."""
    noise, theta = jax.lax.stop_gradient((noise, theta))
    count = noise.trapezoid_nodes(theta.size)
    if count is None:
        return _panels(noise, theta, finer)
    return _trapezoid(noise, theta, finer * count)


def _trapezoid(noise: AbstractPerturbation, theta: Array, count: int) -> Rule:
    floor, ceiling = depths(theta.dtype)
    top = jnp.max(theta)
    low, high = noise.bracket(floor - 3, ceiling - 1 - math.log(theta.size))
    low, high = (top + jnp.asarray(end, theta.dtype) for end in (low, high))
    # Masks may leave one category: it has no small probabilities, for which the window is deep.
    alone = jnp.sum(theta > -jnp.inf) == 1
    depth = jnp.where(alone, _ALONE * floor, floor)
    for _ in range(2):
        low, high = _tighten(noise, theta, low, high, depth)
    step = (high - low) / count
    nodes = low + step * (jnp.arange(count, dtype=theta.dtype) + 0.5)
    return _chunked(nodes, jnp.full_like(nodes, step), low, high, theta.size)


def _tighten(
    noise: AbstractPerturbation, theta: Array, low: Array, high: Array, floor: Array
) -> tuple[Array, Array]:
    """The window shrunk to the grid points between which the product goes from floor to one."""
    _, ceiling = depths(theta.dtype)
    grid = low + (high - low) * jnp.linspace(0.0, 1.0, 9, dtype=theta.dtype)
    log_cdf = log_cdf_of_maximum(noise, theta, grid[1:-1])
    below = jnp.sum(log_cdf < floor)
    above = jnp.sum(log_cdf > -math.exp(ceiling))
    return grid[below], grid[8 - above]


def _panels(noise: AbstractPerturbation, theta: Array, finer: int) -> Rule:
    bounds = panel_bounds(noise, theta, finer)
    return panels_rule(bounds, theta.size)


def panels_rule(bounds: Float[Array, "p+1"], dimension: int) -> Rule:
    """Gauss-Legendre on every panel, in chunks."""
    nodes, weights = panel_rule(bounds)
    return _chunked(nodes.ravel(), weights.ravel(), bounds[0], bounds[-1], dimension)


def panel_bounds(
    noise: AbstractPerturbation, theta: Float[Array, "d"], finer: int = 1
) -> Float[Array, "p+1"]:
    """Where the panels end, from the bottom of the window to its top."""
    floor, ceiling = depths(theta.dtype)
    # A window for relative accuracy even where a wide coordinate lies far below a narrow one.
    low, high = noise.bracket(floor - 3, 2 * ceiling)
    low, high = (jnp.max(theta + end.astype(theta.dtype)) for end in (low, high))
    low = _raise_floor(noise, theta, low, high)
    marks = noise.landmarks(theta.size)
    marks = marks._replace(**{k: getattr(marks, k).astype(theta.dtype) for k in marks._fields[:3]})

    def rate(s: Array) -> Array:
        return jnp.sum(noise.log_cdf_and_rate(s - theta)[1])

    capacity = finer * (512 + sum(marks.kinks) * theta.size)
    return march(marks, theta, low, high, capacity, rate, widen=1.0 / finer)[0]


def _raise_floor(noise: AbstractPerturbation, theta: Array, low: Array, high: Array) -> Array:
    """The largest s, up to bisection in asinh, at which the maximum is below s with exp(floor)."""
    floor, _ = depths(theta.dtype)
    top = jnp.max(theta)

    def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        left, right = bracket
        middle = (left + right) / 2
        below = log_cdf_of_maximum(noise, theta, top + jnp.sinh(middle)) < floor
        return jnp.where(below, middle, left), jnp.where(below, right, middle)

    bracket = (jnp.arcsinh(low - top), jnp.arcsinh(high - top))
    left, _ = jax.lax.fori_loop(0, 60, halve, bracket)
    return jnp.maximum(top + jnp.sinh(left), low)


def _chunked(nodes: Array, weights: Array, low: Array, high: Array, dimension: int) -> Rule:
    size = min(nodes.size, _LARGEST, max(1, _CHUNK // dimension))
    chunks = -(-nodes.size // size)
    pad = chunks * size - nodes.size
    nodes = jnp.concatenate([nodes, jnp.broadcast_to(nodes[-1:], pad)])
    weights = jnp.concatenate([weights, jnp.zeros(pad, weights.dtype)])
    return Rule(nodes.reshape(chunks, size), weights.reshape(chunks, size), low, high)
