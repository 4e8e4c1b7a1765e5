"""Factor noise gamma + B u under JAX: means over u of functions that JAX differentiates.

    f(theta) = sum_k w_k f_0(theta + B u_k)

and likewise its derivatives, on the trapezoidal rule of a step fixed before tracing. So the
chain rule gives derivatives in B as in theta. The rule of twice the step has the same nodes: where
the two are further apart than the square root of what is promised, every entry is NaN. Three and
more factors have the points of `methods.points`, whose radii NumPy is asked for.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from perturbtheory.numerics import asked, normal_points
from perturbtheory.potential import _log_slopes
from perturbtheory.potential.methods import points

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.perturbations import FactorNoise

Function = Callable[..., Any]
_REACH = {8: 10.0, 4: 5.8}
"""Where normal factors are cut off, by bytes of a number."""
_APART = {8: 1e-7, 4: 2e-3}
"""How far apart, in relation to their size, the two rules may be."""
_CHUNK = 8
"""Nodes computed with at a time."""
_RULES = 2
"""Factors over which there is a rule with signs of the other one."""


def over_factors(function: Function) -> Function:
    """`function` (noise, theta, ...), linear in the law of the noise, for factor noise too."""

    @functools.wraps(function)
    def mean(noise: Any, theta: Array, *more: Array) -> Any:
        if noise.independent:
            return function(noise, theta, *more)
        return _mean(function, noise, noise.nodes, theta, *more)

    return mean


def log_over_factors(function: Function, probabilities: Function) -> Function:
    """log p under factors: the number from NumPy's engine, derivatives from those of p."""

    @functools.wraps(function)
    def logs(noise: Any, theta: Array) -> Array:
        if noise.independent:
            return function(noise, theta)
        if noise.form == "points":
            return _logarithms_of_points(probabilities, noise, theta)
        p = probabilities(noise, theta)
        known = jax.lax.stop_gradient((noise, theta, p))
        # p is right to its own size down to about the rounding of one.
        tiny = ~(known[2] > 8 * jnp.finfo(p.dtype).eps)
        usual = jnp.log(jnp.where(tiny, 1.0, p))
        slope = usual - jax.lax.stop_gradient(usual)
        lost = jnp.where(tiny & (theta > -jnp.inf), jnp.nan, 0.0).astype(p.dtype)
        out = jnp.where(jnp.all(jnp.isfinite(known[2])), _logarithms(*known[:2]), jnp.nan)
        return out + slope + _unknown(p, lost)

    return logs


def anchored_over_factors(function: Function) -> Function:
    """f(theta) - f(0), each a mean over factors."""
    mean = over_factors(function)

    @functools.wraps(function)
    def anchored(noise: Any, theta: Array) -> Array:
        out = mean(noise, theta)
        if noise.independent:
            return out
        return out - mean(noise, jnp.where(theta > -jnp.inf, 0.0, theta))

    return anchored


def radius_over_factors(function: Function) -> Function:
    """(f, p, their radii): the mean radius, what half the step changes, and rounding."""

    @functools.wraps(function)
    def with_radius(noise: Any, theta: Array) -> tuple[Array, ...]:
        if noise.independent:
            return function(noise, theta)
        if noise.form == "points":
            return _with_radius_of_points(function, noise, theta)
        value, p, *radii = _mean(function, noise, noise.nodes, theta)
        held = jax.lax.stop_gradient((noise, theta))
        fine = _mean(function, held[0], 2 * noise.nodes, held[1])
        eps = jnp.finfo(theta.dtype).eps
        spread = jnp.abs(value - jnp.max(theta)) + jnp.max(jnp.ptp(noise.loadings, axis=0))
        cut = math.exp(-(_REACH[theta.dtype.itemsize] ** 2) / 2)
        rounding = 64 * eps
        far = jnp.max(jnp.where(theta > -jnp.inf, jnp.max(theta) - theta, 0.0))
        width = jnp.min(jnp.asarray(noise.noise.resolution, theta.dtype))
        moved = 8 * eps * (far + spread) / width
        return (
            value,
            p,
            2 * jnp.abs(fine[0] - value)
            + radii[0]
            + rounding * (jnp.abs(jnp.max(theta)) + spread)
            + cut * (1 + spread),
            2 * jnp.abs(fine[1] - p) + radii[1] + (rounding + moved) * p + cut,
        )

    return with_radius


def _mean(function: Function, noise: FactorNoise, nodes: int, theta: Array, *more: Array) -> Any:
    """sum_k w_k function(gamma, theta + B u_k, ...), NaN where the nodes are too far apart."""
    loadings = jnp.asarray(noise.loadings, theta.dtype)
    rank = loadings.shape[1]
    _require_served(noise)
    open_ = (theta > -jnp.inf)[:, None]
    high = jnp.max(jnp.where(open_, loadings, -jnp.inf), 0)
    low = jnp.min(jnp.where(open_, loadings, jnp.inf), 0)
    # A constant in a column changes nothing, and costs digits.
    loadings = jnp.where(open_, loadings - jax.lax.stop_gradient((high + low) / 2), 0.0)
    u, weights = _rule(rank, nodes, theta.dtype.itemsize)

    def at(row: Array) -> Any:
        return function(noise.noise, theta + loadings @ row, *more)

    def add(sums: Any, chunk: tuple[Array, Array]) -> tuple[Any, None]:
        points, w = chunk
        out = jax.vmap(at)(points)

        def part(total: Array, values: Array) -> Array:
            size = jax.lax.stop_gradient(jnp.abs(values))
            signed = jnp.tensordot(w[:2], values, 1)
            return total + jnp.concatenate([signed, jnp.tensordot(w[:1], size, 1)])

        return jax.tree.map(part, sums, out), None

    shapes = jax.eval_shape(at, jnp.zeros(rank, theta.dtype))
    zero = jax.tree.map(lambda a: jnp.zeros((3, *a.shape), a.dtype), shapes)
    dtype = theta.dtype
    chunks = jnp.asarray(u, dtype), jnp.asarray(weights, dtype)
    sums = jax.lax.scan(add, zero, chunks)[0]

    def settled(parts: Array) -> Array:
        apart = jnp.max(jnp.abs(jax.lax.stop_gradient(parts[1])))
        near = apart <= _APART[dtype.itemsize] * jnp.max(parts[2])
        # A factor and not a choice: the transpose of a choice would answer zero.
        return parts[0] * jnp.where(near, 1.0, jnp.nan).astype(dtype)

    if isinstance(sums, tuple):  # a radius does not change smoothly
        return *map(settled, sums[:2]), *(part[0] for part in sums[2:])
    return settled(sums)


def _require_served(noise: FactorNoise) -> None:
    law = noise.noise
    if not (law.continuous and law.smooth):
        msg = (
            f"`noise` {law} has atoms or a density with kinks, which rules over factors find in "
            "NumPy only; pass NumPy arrays, or smooth it with "
            "`expected_logsumexp(noise, temperature)`"
        )
        raise TypeError(msg)


@functools.lru_cache(maxsize=64)
def _rule(rank: int, nodes: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (chunks, c, rank), and (chunks, 2, c) weights, the latter with the signs of 2h too."""
    if rank > _RULES:
        u = normal_points(rank, nodes).reshape(-1, _CHUNK, rank)
        return u, np.stack([np.full(u.shape[:2], 1 / nodes), np.zeros(u.shape[:2])], 1)
    reach = _REACH[size]
    count = max(2, nodes // 2)
    step, axis = reach / count, np.arange(-count, count + 1)
    j = np.stack(np.meshgrid(*[axis] * rank, indexing="ij"), -1).reshape(-1, rank)
    j = j[np.sum(j * j, 1) <= count**2] if rank else np.zeros((1, 0), int)
    u = step * j
    weight = np.exp(-np.sum(u * u, 1) / 2) * (step / np.sqrt(2 * np.pi)) ** rank
    # sum over both axes of what the rule of 2h in that axis alone differs by
    signs = np.sum(1.0 - 2.0 * (j % 2), 1) if rank else np.zeros(1)
    pad = -len(u) % _CHUNK
    u = np.concatenate([u, np.zeros((pad, rank))]).reshape(-1, _CHUNK, rank)
    both = np.pad(np.stack([weight, weight * signs]), ((0, 0), (0, pad)))
    return u, both.reshape(2, -1, _CHUNK).transpose(1, 0, 2)


def _logarithms_of_points(function: Function, noise: Any, theta: Array) -> Array:
    """log p, NaN where few points have most of a p_i."""

    def with_squares(noise: Any, theta: Array) -> tuple[Array, Array]:
        given_u = function(noise, theta)
        return given_u, jax.lax.stop_gradient(given_u) ** 2

    p, squares = _mean(with_squares, noise, noise.nodes, theta)
    limits = jnp.finfo(p.dtype)
    few = ~(noise.nodes * p * p >= points.FEWEST * squares) | (p * p < limits.tiny / limits.eps)
    masked = theta == -jnp.inf
    out = jnp.log(jnp.where(few | masked, 1.0, p))
    # A product, that the slope is NaN too.
    out = out + jnp.where(few & ~masked, jnp.nan, 0.0).astype(p.dtype) * p
    return jnp.where(masked, -jnp.inf, out)


def _with_radius_of_points(function: Function, noise: Any, theta: Array) -> tuple[Array, ...]:
    """(f, p, their radii): those of the same points in NumPy, and rounding."""
    value, p = _mean(lambda *given: function(*given)[:2], noise, noise.nodes, theta)

    def ask(noise: Any, theta: np.ndarray) -> np.ndarray:
        law, out = noise.known(_log_slopes.known(noise.noise)), np.full(1 + theta.size, np.nan)
        open_ = theta > -np.inf
        if law.valid and open_.any() and np.all(theta < np.inf):
            with np.errstate(all="ignore"):
                found: Any = points.solve(law.take(open_), theta[open_].astype(float), radius=True)
            out[1:] = 0.0
            out[0], out[1:][open_] = found.value_radius, found.probabilities_radius
        return out

    radii = asked(ask, (1 + theta.size,), *jax.lax.stop_gradient((noise, theta)))
    rounding = 64 * jnp.finfo(theta.dtype).eps
    size = jnp.abs(value) + jnp.max(jnp.abs(jnp.where(theta > -jnp.inf, theta, 0.0)))
    size = size + jnp.max(jnp.ptp(noise.loadings, axis=0))
    return value, p, radii[0] + rounding * size, radii[1:] + rounding


def _logarithms(noise: FactorNoise, theta: Float[Array, "d"]) -> Float[Array, "d"]:
    """log p(theta), which the NumPy engine is asked for: its rules reach as deep as they must."""

    def ask(noise: Any, theta: np.ndarray) -> np.ndarray:
        law = noise.known(_log_slopes.known(noise.noise))
        return _log_slopes.logarithms(law, theta)

    return asked(ask, theta.shape, noise, theta, rows=True)


@jax.custom_jvp
def _unknown(p: Array, lost: Array) -> Array:  # noqa: ARG001
    """Zero, with a slope of `lost`."""
    return jnp.zeros_like(p)


@_unknown.defjvp
def _unknown_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    return _unknown(*primals), primals[1] * tangents[0]
