"""The potential of any perturbation as a function that JAX can differentiate.

The derivative of `value` is `probabilities` itself, computed by quadrature, and not the
derivative of a quadrature rule; that of `probabilities` is the Hessian.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Float

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import _log_slopes, _over_factors, _quadrature
from perturbtheory.potential._by_formula import by_formula
from perturbtheory.potential._in_parameters import (
    along,
    dense,
    is_valid,
    log_slopes_of_softmax,
    moves,
    probability_slopes,
    refuse,
    refuse_parameters,
    value_slopes,
)
from perturbtheory.potential.methods import closed_form, method_of, quadrature

MASS = 0.01
"""How far from one the mass that a rule finds may be; 1e-14 is usual."""


def _method(noise: AbstractPerturbation) -> Any:
    """The method of this noise; of the quadrature, the form that compiles."""
    method = method_of(noise)
    return _quadrature if method is quadrature else method


def softmax_serves(noise: AbstractPerturbation) -> bool:
    """Gumbel noise of one scale b: f = b logsumexp(theta / b), by the Gumbel-max identity."""
    return method_of(noise) is closed_form


def estimate(
    noise: AbstractPerturbation, theta: Float[Array, "d"], *, finer: int = 1
) -> tuple[Float[Array, ""], Float[Array, "d"], Float[Array, ""]]:
    """(f, p, sum of p before it is scaled to one) with `finer` times as many nodes."""
    method = _method(noise)
    if method is _quadrature:
        # Large thetas would swallow the digits of the quadrature nodes.
        centre = jax.lax.stop_gradient(jnp.max(theta))
        value, p, total = method.value_and_probabilities(noise, theta - centre, finer=finer)
        # A rule that has lost the mass has lost the answer: scaling it to one would hide that.
        lost = jnp.where(jnp.abs(total - 1) < MASS, 0.0, jnp.nan)
        out = value + centre + lost, p + lost, total
    else:
        found = method.solve(noise, theta)
        out = found.value, found.probabilities, jnp.ones((), theta.dtype)
    return jax.tree.map(lambda a: _poison(noise, theta, a), out)


def with_radius(
    noise: AbstractPerturbation, theta: Float[Array, "d"]
) -> tuple[Array, Array, Array, Array]:
    """(f, p, radius of f, radius of p): what twice the nodes change, mass not found, rounding.

    Rounding: 16 operations on every term, and the random walk of a sum of d of them, twice over.
    Entries that cannot win do not count, so the scale is that of the largest theta and of f.
    """
    law, held = jax.lax.stop_gradient((noise, theta))  # radii have no derivative of their own
    method = _method(noise)
    if method is not _quadrature:
        found = method.solve(law, held, radius=True)
        radii = [_poison(law, held, r) for r in (found.value_radius, found.probabilities_radius)]
        return value(noise, theta), probabilities(noise, theta), radii[0], radii[1]
    fine_value, fine_p, total = estimate(law, held, finer=2)
    value_, p, coarse = estimate(law, held)
    eps = jnp.finfo(theta.dtype).eps
    spread = jnp.abs(jnp.max(held)) + 2 * jnp.abs(value_ - jnp.max(held))
    lost = jnp.abs(total - 1) + jnp.abs(coarse - 1)
    rounding = eps * (16 + 2 * jnp.sqrt(theta.size))
    value_radius = 2 * jnp.abs(fine_value - value_) + (lost + rounding) * (1 + spread)
    # theta - max theta and node - theta round at their own size: the law moves. f may be infinite.
    gap = jnp.where(jnp.isfinite(held), jnp.max(held) - held, 0.0)
    size = gap + jnp.nan_to_num(jnp.abs(value_ - jnp.max(held)), posinf=0.0) + 1
    moved = 4 * eps * size * _steepness(law, gap)
    p_radius = 2 * jnp.abs(fine_p - p) + (lost + rounding + moved) * p + 1e-40
    return value(noise, theta), probabilities(noise, theta), value_radius, p_radius


def _steepness(noise: AbstractPerturbation, gap: Array) -> Array:
    """A bound on |d log p_i / d theta_i|: the score as far beyond the median as it has to reach."""
    score = jnp.asarray(noise.score(gap + noise.log_quantile(-math.log(2.0))), gap.dtype)
    width = jnp.min(jnp.asarray(noise.resolution, gap.dtype))
    # Beyond the end of a table or of a support there is no slope.
    return jnp.where(jnp.isfinite(score), score, 0.0) + jnp.where(width > 0, 8 / width, 0.0)


@jax.custom_jvp
def anchored(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) - f(0), which exists without any moment."""
    if noise.tail == "polynomial":
        centre = jnp.max(theta)
        return _poison(noise, theta, centre + _quadrature.anchored(noise, theta - centre))
    origin = jnp.where(theta > -jnp.inf, 0.0, theta)
    return estimate(noise, theta)[0] - estimate(noise, origin)[0]


def _anchored_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    refuse_parameters(tangents[0])
    return anchored(noise, theta), probabilities(noise, theta) @ dense(tangents[1], theta)


def _centred(theta: Float[Array, "d"]) -> Float[Array, "d"]:
    """Derivatives do not change if a constant is added to theta."""
    return theta - jax.lax.stop_gradient(jnp.max(theta))


def _poison(noise: AbstractPerturbation, theta: Array, result: Array) -> Array:
    """NaN unless theta and every parameter are valid: under tracing nothing else can be said."""
    return jnp.where(is_valid(noise, theta), result, jnp.nan)


@jax.custom_jvp
def value(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) = E[max_i(theta_i + gamma_i)]."""
    return estimate(noise, theta)[0]


@jax.custom_jvp
def probabilities(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, "d"]:
    """The gradient of f; at a tie of discrete noise, the subgradient that breaks ties fairly."""
    return estimate(noise, theta)[1]


def log_probabilities(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, "d"]:
    """log p(theta), which does not underflow, nor do its derivatives.

    Under noise that takes quadrature these are backwards only, for more than 1,024 categories.
    """
    many = theta.size > _log_slopes.DENSE and _method(noise) is _quadrature
    return (_logs_of_many if many else _logs)(noise, theta)


@jax.custom_jvp
def _logs(noise: AbstractPerturbation, theta: Array) -> Array:
    method = _method(noise)
    if method is _quadrature:
        out = _quadrature.log_probabilities(noise, _centred(theta))
    else:
        out = method.solve(noise, theta).log_probabilities
    return _poison(noise, theta, out)


def _logs_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    out = _log_hvp(noise, theta, dense(tangents[1], theta))
    if moves(noise, tangents[0]):
        out = out + _logs_along(noise, theta, tangents[0])
    return _logs(noise, theta), out


def _logs_along(noise: AbstractPerturbation, theta: Array, tangents: Any) -> Array:
    """The derivative of log p along a tangent of the noise."""
    if softmax_serves(noise):
        return along(noise, theta, log_slopes_of_softmax(noise, theta), tangents)
    p = probabilities(noise, theta)
    # Where p is tiny its nodes may lack what moves it; a mask moves nothing.
    tiny = _log_slopes.tiny(p)
    lost = jnp.where(tiny & (theta > -jnp.inf), jnp.nan, 1.0).astype(p.dtype)
    moved = along(noise, theta, probability_slopes(noise, theta), tangents)
    return moved / jnp.where(tiny, 1.0, p) * lost


def _log_hvp(noise: AbstractPerturbation, theta: Array, v: Array) -> Array:
    """Sum_j d log p_i / d theta_j v_j; zero where category i cannot win."""
    if softmax_serves(noise):
        out = closed_form.log_hvp(noise, _centred(theta), v)
        return out * jnp.where(is_valid(noise, theta), 1.0, jnp.nan).astype(out.dtype)
    p = probabilities(noise, theta)
    if not noise.continuous:
        return hvp(noise, theta, v) / jnp.where(p > 0, p, 1.0)
    tiny = _log_slopes.tiny(p)
    likely = jnp.where(tiny, 0.0, hvp(noise, theta, v) / jnp.where(tiny, 1.0, p))
    return likely + _log_slopes.beyond(noise, _centred(theta), v, tiny & (theta > -jnp.inf))


@jax.custom_vjp
def _logs_of_many(noise: AbstractPerturbation, theta: Array) -> Array:
    return _poison(noise, theta, _quadrature.log_probabilities(noise, _centred(theta)))


def _logs_forward(noise: Any, theta: Any) -> tuple[Array, tuple[Any, Array]]:
    if any(leaf.perturbed for leaf in jax.tree.leaves(noise)):
        refuse()
    noise = jax.tree.map(lambda leaf: leaf.value, noise)
    return _logs_of_many(noise, theta.value), (noise, theta.value)


def _logs_backward(held: tuple[Any, Array], u: Any) -> tuple[None, Array]:
    noise, theta = held
    p, u = probabilities(noise, theta), dense(u, theta)
    tiny = _log_slopes.tiny(p)
    likely = hvp(noise, theta, jnp.where(tiny, 0.0, u / jnp.where(tiny, 1.0, p)))
    rest = tiny & (theta > -jnp.inf)
    return None, likely + _log_slopes.transposed(noise, _centred(theta), u, rest)


@jax.custom_jvp
def hvp(
    noise: AbstractPerturbation, theta: Float[Array, "d"], v: Float[Array, "d"]
) -> Float[Array, "d"]:
    """H(theta) v."""
    return _hvp(noise, theta, v)


def _hvp(noise: AbstractPerturbation, theta: Array, v: Array) -> Array:
    out = _method(noise).hvp(noise, _centred(theta), v)
    # A factor and not a choice: the transpose of a choice would answer zero.
    exists = is_valid(noise, theta) & ~tie(noise, theta)
    return out * jnp.where(exists, 1.0, jnp.nan).astype(out.dtype)


@jax.custom_jvp
def hessian(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Float[Array, "d d"]:
    """H(theta); NaN at a tie of discrete noise, where it does not exist."""
    return _hessian(noise, theta)


def _hessian(noise: AbstractPerturbation, theta: Array) -> Array:
    out = _method(noise).hessian(noise, _centred(theta))
    return jnp.where(tie(noise, theta), jnp.nan, _poison(noise, theta, out))


def tie(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Bool[Array, ""]:
    """Whether f has a kink at theta."""
    return jnp.asarray(_method(noise).tie(noise, theta))


def _value_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    out = probabilities(noise, theta) @ dense(tangents[1], theta)
    if moves(noise, tangents[0]):
        out = out + along(noise, theta, value_slopes(noise, theta), tangents[0])
    return value(noise, theta), out


def _probabilities_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, theta = primals
    out = hvp(noise, theta, dense(tangents[1], theta))
    if moves(noise, tangents[0]):
        out = out + along(noise, theta, probability_slopes(noise, theta), tangents[0])
    return probabilities(noise, theta), out


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
    if not (noise.smooth and noise.differentiable):
        msg = (
            f"`theta` cannot be differentiated three times under {type(noise).__name__} noise, "
            "whose density is not known to be differentiable; use a temperature > 0 or smooth noise"
        )
        raise TypeError(msg)


hessian.defjvp(_hessian_jvp, symbolic_zeros=True)
anchored.defjvp(_anchored_jvp, symbolic_zeros=True)
value.defjvp(_value_jvp, symbolic_zeros=True)
_logs.defjvp(_logs_jvp, symbolic_zeros=True)
_logs_of_many.defvjp(_logs_forward, _logs_backward, symbolic_zeros=True)
probabilities.defjvp(_probabilities_jvp, symbolic_zeros=True)
hvp.defjvp(_hvp_jvp, symbolic_zeros=True)

value = by_formula(_over_factors.over_factors(value))  # pyright: ignore[reportAssignmentType]
probabilities = by_formula(_over_factors.over_factors(probabilities))  # pyright: ignore[reportAssignmentType]
hvp = by_formula(_over_factors.over_factors(hvp))  # pyright: ignore[reportAssignmentType]
hessian = by_formula(_over_factors.over_factors(hessian))  # pyright: ignore[reportAssignmentType]
log_probabilities = by_formula(_over_factors.log_over_factors(log_probabilities, probabilities))
anchored = by_formula(_over_factors.anchored_over_factors(anchored))  # pyright: ignore[reportAssignmentType]
with_radius = by_formula(_over_factors.radius_over_factors(with_radius))
