"""The potential of any perturbation as a function that JAX can differentiate.

The derivative of `value` is `probabilities` itself, computed by quadrature, and not the
derivative of a quadrature rule; that of `probabilities` is the Hessian.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float

from perturbtheory.perturbations import AbstractPerturbation, Discrete, FromScipy, Gumbel
from perturbtheory.potential import _atoms, _quadrature

MASS = 0.01
"""How far from one the mass that a rule finds may be; 1e-14 is usual."""


def softmax_serves(noise: AbstractPerturbation) -> bool:
    """Gumbel noise of one scale b: f = b logsumexp(theta / b), by the Gumbel-max identity."""
    return isinstance(noise, Gumbel) and not noise.shape


def estimate(
    noise: AbstractPerturbation, theta: Float[Array, "d"], *, finer: int = 1
) -> tuple[Float[Array, ""], Float[Array, "d"], Float[Array, ""]]:
    """(f, p, sum of p before it is scaled to one) with `finer` times as many nodes."""
    # Large thetas would swallow the digits of the quadrature nodes; discrete ties are counted in
    # units of theta itself.
    centre = 0.0 if isinstance(noise, Discrete) else jax.lax.stop_gradient(jnp.max(theta))
    theta = theta - centre
    if softmax_serves(noise):
        scaled = theta / noise.scale  # pyright: ignore[reportAttributeAccessIssue]
        value = noise.scale * jax.nn.logsumexp(scaled)  # pyright: ignore[reportAttributeAccessIssue]
        out = value, jax.nn.softmax(scaled), jnp.ones((), theta.dtype)
    elif isinstance(noise, Discrete):
        out = _atoms.value_and_probabilities(noise, theta)
    else:
        out = _quadrature.value_and_probabilities(noise, theta, finer=finer)
    # A rule that has lost the mass has lost the answer: scaling it to one would hide that.
    found = jnp.abs(out[2] - 1) < MASS
    out = (out[0] + centre, *out[1:])
    return jax.tree.map(lambda a: jnp.where(found, _poison(noise, theta, a), jnp.nan), out)


def with_radius(
    noise: AbstractPerturbation, theta: Float[Array, "d"]
) -> tuple[Array, Array, Array, Array]:
    """(f, p, radius of f, radius of p): what twice the nodes change, mass not found, rounding.

    Rounding: 16 operations on every term, and the random walk of a sum of d of them, twice over.
    Entries that cannot win do not count, so the scale is that of the largest theta and of f.
    """
    held = jax.lax.stop_gradient(theta)  # radii have no derivative of their own
    fine_value, fine_p, total = estimate(noise, held, finer=2)
    value_, p, coarse = estimate(noise, held)
    eps = jnp.finfo(theta.dtype).eps
    spread = jnp.abs(jnp.max(held)) + 2 * jnp.abs(value_ - jnp.max(held))
    lost = jnp.abs(total - 1) + jnp.abs(coarse - 1)
    rounding = eps * (16 + 2 * jnp.sqrt(theta.size))
    value_radius = 2 * jnp.abs(fine_value - value_) + (lost + rounding) * (1 + spread)
    p_radius = 2 * jnp.abs(fine_p - p) + (lost + rounding) * p + 1e-40
    return value(noise, theta), probabilities(noise, theta), value_radius, p_radius


@jax.custom_jvp
def anchored(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) - f(0), which exists without any moment."""
    if noise.tail == "polynomial":
        centre = jnp.max(theta)
        return _poison(noise, theta, centre + _quadrature.anchored(noise, theta - centre))
    return estimate(noise, theta)[0] - estimate(noise, jnp.zeros_like(theta))[0]


def _anchored_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    refuse_parameters(tangents[0])
    return anchored(noise, theta), probabilities(noise, theta) @ dense(tangents[1], theta)


def _centred(theta: Float[Array, "d"]) -> Float[Array, "d"]:
    """Derivatives do not change if a constant is added to theta."""
    return theta - jax.lax.stop_gradient(jnp.max(theta))


def _poison(noise: AbstractPerturbation, theta: Array, result: Array) -> Array:
    """NaN unless theta and every parameter are valid: under tracing nothing else can be said."""
    valid = jnp.all(jnp.isfinite(theta)) & noise.valid
    return jnp.where(valid, result, jnp.nan)


def refuse_parameters(tangents: Any) -> None:
    if not all(
        isinstance(t, SymbolicZero)
        for t in jax.tree.leaves(tangents, is_leaf=lambda t: isinstance(t, SymbolicZero))
    ):
        msg = (
            "`perturbation` cannot be differentiated: derivatives are taken in `theta` only; "
            "stop the gradient with jax.lax.stop_gradient, or rescale theta instead of the noise"
        )
        raise TypeError(msg)


def dense(tangent: Any, like: Array) -> Array:
    return jnp.zeros_like(like) if isinstance(tangent, SymbolicZero) else tangent


@jax.custom_jvp
def value(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) = E[max_i(theta_i + gamma_i)]."""
    return estimate(noise, theta)[0]


@jax.custom_jvp
def probabilities(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, "d"]:
    """The gradient of f; at a tie of discrete noise, the subgradient that breaks ties fairly."""
    return estimate(noise, theta)[1]


@jax.custom_jvp
def hvp(
    noise: AbstractPerturbation, theta: Float[Array, "d"], v: Float[Array, "d"]
) -> Float[Array, "d"]:
    """H(theta) v."""
    return _hvp(noise, theta, v)


def _hvp(noise: AbstractPerturbation, theta: Array, v: Array) -> Array:
    if softmax_serves(noise):
        p = jax.nn.softmax(theta / noise.scale)  # pyright: ignore[reportAttributeAccessIssue]
        out = p * (v - p @ v) / noise.scale  # pyright: ignore[reportAttributeAccessIssue]
    elif isinstance(noise, Discrete):
        out = jnp.where(_atoms.has_tie(noise, theta), jnp.nan, 0.0) * v
    else:
        out = _quadrature.hvp(noise, _centred(theta), v)
    # A factor and not a choice: the transpose of a choice would answer zero.
    valid = jnp.all(jnp.isfinite(theta)) & noise.valid
    return out * jnp.where(valid, 1.0, jnp.nan).astype(out.dtype)


@jax.custom_jvp
def hessian(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, "d d"]:
    """H(theta); NaN at a tie of discrete noise, where it does not exist."""
    return _hessian(noise, theta)


def _hessian(noise: AbstractPerturbation, theta: Array) -> Array:
    d = theta.size
    if softmax_serves(noise):
        p = jax.nn.softmax(theta / noise.scale)  # pyright: ignore[reportAttributeAccessIssue]
        weight = jnp.outer(p, p) * (1 - jnp.eye(d, dtype=theta.dtype)) / noise.scale  # pyright: ignore[reportAttributeAccessIssue]
        out = jnp.diag(jnp.sum(weight, 1)) - weight
    elif isinstance(noise, Discrete):
        out = jnp.where(_atoms.has_tie(noise, theta), jnp.nan, jnp.zeros((d, d), theta.dtype))
    else:
        out = _quadrature.hessian(noise, _centred(theta))
    return _poison(noise, theta, out)


def tie(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Bool[Array, ""]:
    """Whether f has a kink at theta."""
    return _atoms.has_tie(noise, theta) if isinstance(noise, Discrete) else jnp.asarray(False)


def _value_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    refuse_parameters(tangents[0])
    return value(noise, theta), probabilities(noise, theta) @ dense(tangents[1], theta)


def _probabilities_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    refuse_parameters(tangents[0])
    return probabilities(noise, theta), hvp(noise, theta, dense(tangents[1], theta))


def _hvp_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta, v = primals
    refuse_parameters(tangents[0])
    out = _hvp(noise, theta, dense(tangents[2], v))
    if not isinstance(tangents[1], SymbolicZero):
        _require_smooth(noise)
        out = out + jax.jvp(lambda x: _hvp(noise, x, v), (theta,), (tangents[1],))[1]
    return hvp(noise, theta, v), out


def _hessian_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    refuse_parameters(tangents[0])
    _require_smooth(noise)
    tangent = dense(tangents[1], theta)
    return hessian(noise, theta), jax.jvp(lambda x: _hessian(noise, x), (theta,), (tangent,))[1]


def _require_smooth(noise: AbstractPerturbation) -> None:
    if not noise.smooth or isinstance(noise, FromScipy):
        msg = (
            f"`theta` cannot be differentiated three times under {type(noise).__name__} noise, "
            "whose density is not known to be differentiable; use a temperature > 0 or smooth noise"
        )
        raise TypeError(msg)


hessian.defjvp(_hessian_jvp, symbolic_zeros=True)
anchored.defjvp(_anchored_jvp, symbolic_zeros=True)
value.defjvp(_value_jvp, symbolic_zeros=True)
probabilities.defjvp(_probabilities_jvp, symbolic_zeros=True)
hvp.defjvp(_hvp_jvp, symbolic_zeros=True)
