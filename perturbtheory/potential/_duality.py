"""The inverse map p -> theta, the convex conjugate and the Fenchel-Young loss.

For p in the interior of the simplex, theta(p) solves p(theta) = p; it is unique up to adding a
constant wherever the Hessian H is a connected Laplacian at the solution. Newton's method acts on
the log-ratios R_i = log p_i(theta) - log p_i, so that small probabilities count as much as large:

    H delta = -p(theta) (R - <p(theta), R>),     R(theta + a delta) = (1 - a) R + constant + O(a^2),

which shrinks max R - min R whatever theta is: halving the step where that fails makes it global.
Then, with derivatives from the implicit function theorem (H^+ the pseudo-inverse),

    d theta = H^+ dp,        f*(p) = <p, theta(p)> - f(theta(p)),        d f* = <theta(p), dp>,
    L(theta, p) = f(theta) + f*(p) - <p, theta> >= 0,     dL = <p(theta) - p, d theta>.

In econometrics p -> theta is the inversion of Hotz and Miller and of Berry.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

from perturbtheory.checks import slack
from perturbtheory.perturbations import AbstractPerturbation, bisect_log_quantile
from perturbtheory.potential import _derivatives, _in_parameters
from perturbtheory.potential._atomic import Atoms
from perturbtheory.potential._polyhedral import discrete_parameters
from perturbtheory.potential.methods import FORMULAS, method_of

_STEPS = 100
_HALVINGS = 40
_ENOUGH = 32
"""Stop at this many units in the last place of p; one more step could only move rounding."""


def _far(dtype: Any) -> float:
    """How far below the others a coordinate is put that must never win."""
    return 1e100 if dtype == jnp.float64 else 1e25


def accepted(dtype: Any) -> float:
    """The largest max R - min R, a relative error of p, with which a solution is accepted."""
    return 1e-8 if dtype == jnp.float64 else 3e-3


def smallest(dtype: Any) -> float:
    """The least probability that quadrature gives to a relative accuracy; see `_rule.depths`."""
    return 1e-30 if dtype == jnp.float64 else 1e-20


def solve(
    noise: AbstractPerturbation, p: Float[Array, "d"]
) -> tuple[Float[Array, "d"], Float[Array, ""]]:
    """(theta, max R - min R) with p(theta) = p and theta = 0 at the largest entry of p.

    Coordinates with p_i = 0 are put far below all others. NaN where Newton's method fails. For
    discrete noise p is in the subdifferential at theta, and the second number is its violation.
    """
    if not noise.continuous:
        theta, violation = _kelley(noise, p)
        return jnp.where(violation <= accepted(p.dtype), theta, jnp.nan), violation
    active, largest = p > 0, jnp.argmax(p)
    target = jnp.log(jnp.where(active, p, 1.0))

    def grounded(theta: Array) -> Array:
        theta = theta - theta[largest]
        return jnp.where(active, theta, -_far(p.dtype))

    def residual(theta: Array) -> tuple[Array, Array, Array]:
        q = _derivatives.probabilities(noise, theta)
        ratio = jnp.where(active, jnp.log(jnp.maximum(q, 0.0)) - target, 0.0)
        high = jnp.max(jnp.where(active, ratio, -jnp.inf))
        low = jnp.min(jnp.where(active, ratio, jnp.inf))
        return q, ratio, high - low

    def step(state: tuple[Array, ...]) -> tuple[Array, ...]:
        count, theta, q, ratio, spread, _ = state
        right = -q * (ratio - q @ ratio)
        delta = _solve_laplacian(_derivatives.hessian(noise, theta), right, active, largest)

        def halve(trial: tuple[Array, ...]) -> tuple[Array, ...]:
            k, size = trial[0] + 1, trial[1] / 2
            return (k, size, *attempt(size))

        def attempt(size: Array) -> tuple[Array, ...]:
            moved = grounded(theta + size * jnp.where(active, delta, 0.0))
            return moved, *residual(moved)

        # Where rounding is all that is left, shorter steps will not help.
        most = jnp.where(spread < accepted(p.dtype), 2, _HALVINGS)

        def too_far(trial: tuple[Array, ...]) -> Array:
            return (trial[0] < most) & ~(trial[5] < (1 - 0.1 * trial[1]) * spread)

        one = jnp.ones((), p.dtype)
        _, _, moved, *rest = jax.lax.while_loop(
            too_far, halve, (jnp.asarray(0), one, *attempt(one))
        )
        better = rest[2] < spread
        new = (moved, *rest)
        old = (theta, q, ratio, spread)
        kept = tuple(jnp.where(better, a, b) for a, b in zip(new, old, strict=True))
        return count + 1, *kept, better

    def unfinished(state: tuple[Array, ...]) -> Array:
        count, _, _, _, spread, better = state
        return (count < _STEPS) & better & (spread > _ENOUGH * jnp.finfo(p.dtype).eps)

    # Each coordinate alone beats a common threshold with probability p_i.
    level = jnp.where(active, jnp.minimum(target, -jnp.finfo(p.dtype).eps), -1.0)
    law, stretch = (noise, 1.0) if noise.independent else noise.margins()  # pyright: ignore[reportAttributeAccessIssue]
    start = grounded((-stretch * bisect_log_quantile(law, level, True)).astype(p.dtype))
    state = (jnp.asarray(0), start, *residual(start), jnp.asarray(True))
    _, theta, _, _, spread, _ = jax.lax.while_loop(unfinished, step, state)
    return jnp.where(spread <= accepted(p.dtype), theta, jnp.nan), spread


def _kelley(noise: Any, p: Float[Array, "d"]) -> tuple[Float[Array, "d"], Float[Array, ""]]:
    """(theta, violation of p in the subdifferential at theta), found outside JAX."""
    out = (jax.ShapeDtypeStruct(p.shape, p.dtype), jax.ShapeDtypeStruct((), p.dtype))
    function = functools.partial(_in_numpy, far=_far(p.dtype))
    return jax.pure_callback(function, out, noise.atoms, noise.weights, p, vmap_method="sequential")


def _in_numpy(
    atoms: np.ndarray, weights: np.ndarray, p: np.ndarray, far: float
) -> tuple[np.ndarray, np.ndarray]:
    """A callback that calls JAX can hang: this one does not."""
    atoms, weights, q = (np.asarray(a, np.float64) for a in (atoms, weights, p))
    theta = np.full(q.shape, -far)
    valid = np.all(np.isfinite(atoms)) and np.all(weights >= 0) and np.all(weights.sum(-1) > 0)
    if not valid or not np.all(np.isfinite(q)) or np.any(q < 0) or not np.any(q > 0):
        return np.full(q.shape, np.nan, p.dtype), np.asarray(np.inf, p.dtype)
    chosen = np.flatnonzero(q > 0)
    if atoms.ndim > 1:
        atoms, weights = atoms[chosen], weights[chosen]
    # 32-bit weights sum to one in 32 bits only.
    law = Atoms(atoms, weights / weights.sum(-1, keepdims=True))
    inner, violation = discrete_parameters(law, q[chosen] / q.sum())
    theta[chosen] = inner - inner[np.argmax(q[chosen])]
    return theta.astype(p.dtype), np.asarray(violation, p.dtype)


def _solve_laplacian(hessian: Array, right: Array, active: Array, ground: Array) -> Array:
    """delta with H delta = right and delta = 0 at `ground` and at inactive coordinates.

    Without the row and column of one vertex a connected Laplacian is positive definite. Scaled
    to a diagonal of ones it is well conditioned even where its entries span many magnitudes.
    """
    d = len(right)
    free = active & (jnp.arange(d) != ground)
    diagonal = jnp.where(free, jnp.diag(hessian), 1.0)
    scale = jax.lax.rsqrt(jnp.maximum(diagonal, jnp.finfo(hessian.dtype).tiny))
    keep = free[:, None] & free[None, :]
    scaled = jnp.where(keep, hessian * scale[:, None] * scale, jnp.eye(d, dtype=hessian.dtype))
    factor = jax.scipy.linalg.cho_factor(scaled)
    return scale * jax.scipy.linalg.cho_solve(factor, jnp.where(free, right, 0.0) * scale)


def _centred(theta: Array, active: Array) -> Array:
    """Theta with sum zero over the active coordinates and -infinity elsewhere."""
    mean = jnp.sum(jnp.where(active, theta, 0.0)) / jnp.sum(active, dtype=theta.dtype)
    return jnp.where(active, theta - mean, -jnp.inf)


def parameters(noise: AbstractPerturbation, p: Float[Array, "d"]) -> Float[Array, "d"]:
    """theta with p(theta) = p and sum zero; NaN unless p is in the interior of the simplex."""
    return _checked(noise, p, _centred(inverse(noise, p), p > 0))


def parameters_first(noise: AbstractPerturbation, p: Float[Array, "d"]) -> Float[Array, "d"]:
    """As `parameters`, with theta_1 = 0."""
    theta = inverse(noise, p)
    return _checked(noise, p, theta - theta[0])


def _checked(noise: AbstractPerturbation, p: Array, theta: Array) -> Array:
    """theta where it gives p still: a constant added to large differences may cost their digits."""
    q = _derivatives.probabilities(noise, jax.lax.stop_gradient(theta))
    ratio = jnp.log(jnp.maximum(q, 0.0)) - jnp.log(p)
    near = jnp.max(ratio) - jnp.min(ratio) <= accepted(p.dtype)
    # Below, probabilities have no relative accuracy left, and agreement means nothing.
    least = smallest(p.dtype) if noise.independent else 8 * jnp.finfo(p.dtype).eps
    near = near & ((method_of(noise) in FORMULAS) | jnp.all(p >= least))
    return jnp.where(near & jnp.all(p > 0) & on_simplex(p), theta, jnp.nan)


@jax.custom_jvp
def inverse(noise: AbstractPerturbation, p: Float[Array, "d"]) -> Float[Array, "d"]:
    """theta(p), zero at the largest entry of p and -infinity where p_i = 0."""
    return jnp.where(p > 0, solve(noise, p)[0], -jnp.inf)


def on_simplex(p: Float[Array, "d"]) -> Array:
    """Whether p >= 0 sums to one up to the rounding of whoever made it."""
    return jnp.all(p >= 0) & (jnp.abs(jnp.sum(p) - 1) <= slack(p.dtype))


def _inverse_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, p = primals
    _in_parameters.refuse_parameters(tangents[0])
    theta, active = inverse(noise, p), p > 0
    hessian = _derivatives.hessian(noise, jnp.where(active, theta, -_far(p.dtype)))
    tangent = jnp.where(active, _in_parameters.dense(tangents[1], p), 0.0)
    mean = jnp.sum(tangent) / jnp.sum(active, dtype=p.dtype)
    tangent = jnp.where(active, tangent - mean, 0.0)
    return theta, _solve_laplacian(hessian, tangent, active, jnp.argmax(p))


@jax.custom_jvp
def conjugate(noise: AbstractPerturbation, p: Float[Array, "d"]) -> Float[Array, ""]:
    """f*(p) = sup_theta <p, theta> - f(theta) for p in the closed simplex."""
    theta = solve(noise, p)[0]
    product = jnp.sum(jnp.where(p > 0, p * theta, 0.0))
    return jnp.where(on_simplex(p), product - _derivatives.value(noise, theta), jnp.nan)


def _conjugate_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, p = primals
    _in_parameters.refuse_parameters(tangents[0])
    return conjugate(noise, p), _slope(noise, p) @ _in_parameters.dense(tangents[1], p)


def _slope(noise: AbstractPerturbation, p: Array) -> Array:
    """The gradient of f*; a large number for infinity, because zero times it must be zero."""
    return jnp.where(p > 0, _centred(inverse(noise, p), p > 0), -_far(p.dtype))


@jax.custom_jvp
def fenchel_young(
    noise: AbstractPerturbation, theta: Float[Array, "d"], p: Float[Array, "d"]
) -> Float[Array, ""]:
    """f(theta) + f*(p) - <p, theta>, as f(theta) - f(theta(p)) - <p, theta - theta(p)>.

    Heavy tails use f - f(0) for f, so that the loss exists without a mean. It is infinite where p
    is positive on a masked category.
    """
    match = solve(noise, p)[0]
    out_of_reach = jnp.any((p > 0) & (theta == -jnp.inf))
    gap = jnp.where((p > 0) & (theta > -jnp.inf), theta - match, 0.0)
    f = _derivatives.anchored if noise.tail == "polynomial" else _derivatives.value
    loss = f(noise, theta - p @ gap) - f(noise, match)
    # Rounding may leave -1e-16 where theta and p match; no loss is negative.
    # At a corner E[max gamma - gamma_i] is infinite if the mean is.
    loss = jnp.where(noise.finite_mean | jnp.all(p > 0), jnp.maximum(loss, 0.0), jnp.inf)
    loss = jnp.where(out_of_reach & ~jnp.isnan(loss), jnp.inf, loss)
    return jnp.where(on_simplex(p), loss, jnp.nan)


def _fenchel_young_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta, p = primals
    _in_parameters.refuse_parameters(tangents[0])
    out = jnp.zeros((), theta.dtype)
    if not isinstance(tangents[1], SymbolicZero):
        out = out + (_derivatives.probabilities(noise, theta) - p) @ tangents[1]
    if not isinstance(tangents[2], SymbolicZero):
        # Of a masked category no share can be had: a large number for infinity, as in f*.
        open_ = theta > -jnp.inf
        rise = _slope(noise, p) - _centred(theta, open_)
        out = out + jnp.where(open_, rise, _far(p.dtype)) @ tangents[2]
    return fenchel_young(noise, theta, p), out


inverse.defjvp(_inverse_jvp, symbolic_zeros=True)
conjugate.defjvp(_conjugate_jvp, symbolic_zeros=True)
fenchel_young.defjvp(_fenchel_young_jvp, symbolic_zeros=True)
