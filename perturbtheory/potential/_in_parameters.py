"""How f, p and log p move with the parameters of the noise.

With F = prod_j F_j(s - theta_j), r_i and R as in `_quadrature`, and E_i the derivative of log F_i
at s - theta_i in a parameter,

    df / da   = -int F sum_i E_i ds
    dp_i / da = int F (r_i sum_j E_j - R E_i) ds

which sum to zero over i. E is the derivative of the formula of log F, or of what the law says for
neighbouring parameters. All are functions of the noise and theta alone, with which a tangent is
multiplied afterwards: so every order of derivatives in either direction meets the same rules.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from perturbtheory.numerics import asked
from perturbtheory.potential import _quadrature
from perturbtheory.potential._rule import rule
from perturbtheory.potential.methods import closed_form, method_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Array, Float

    from perturbtheory.perturbations import AbstractPerturbation

Slopes = list[Any]
"""One array per parameter: of its shape for f, of shape ``(d, *shape)`` for p."""

_SHARES = np.array([3 / 4, -3 / 20, 1 / 60])
"""Central differences of sixth order."""
_STEP = 2e-3
"""In relation to the parameter, or to the width of the law if that is smaller."""


def moves(noise: AbstractPerturbation, tangents: Any) -> bool:
    """Whether the noise moves, with a derivative; raise TypeError for one that has none."""
    if not _any_moves(tangents):
        return False
    if not noise.continuous:
        refuse()
    return True


def along(noise: AbstractPerturbation, theta: Array, slopes: Slopes, tangents: Any) -> Any:
    """The sum over parameters of a slope times its tangent; tables of a law have none."""
    parts = jax.tree.leaves(tangents, is_leaf=_is_zero)
    pairs = [(a, t) for a, t in zip(slopes, parts, strict=False) if not _is_zero(t)]
    total = sum(jnp.tensordot(a, t, np.ndim(t)) for a, t in pairs)
    # A factor and not a choice: the transpose of a choice would answer zero.
    return total * jnp.where(is_valid(noise, theta), 1.0, jnp.nan).astype(theta.dtype)


def _is_zero(tangent: Any) -> bool:
    return isinstance(tangent, SymbolicZero)


def _any_moves(tangents: Any) -> bool:
    return not all(map(_is_zero, jax.tree.leaves(tangents, is_leaf=_is_zero)))


def dense(tangent: Any, like: Array) -> Array:
    """The tangent, or zeros."""
    return jnp.zeros_like(like) if _is_zero(tangent) else tangent


def refuse_parameters(tangents: Any) -> None:
    """Raise TypeError if a parameter moves, or anything else in `tangents`."""
    if _any_moves(tangents):
        refuse()


def refuse() -> NoReturn:
    """Raise the TypeError about derivatives in a parameter of the noise."""
    msg = (
        "`perturbation` cannot be differentiated here, nor can the `temperature`: derivatives in "
        "parameters are of value, `probabilities` and `log_probabilities`, once, under continuous "
        "noise; stop the gradient with jax.lax.stop_gradient"
    )
    raise TypeError(msg)


@jax.custom_jvp
def value_slopes(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Slopes:
    """df / da for every parameter a."""
    if method_of(noise) is closed_form:
        # f = b logsumexp(theta / b) has df / db = (f - <p, theta>) / b, the entropy of p.
        p, _ = _softmax(noise, theta)
        log_p = jnp.log(jnp.where(p > 0, p, 1.0))
        return _times(-jnp.sum(p * log_p), noise)
    centred, points, kinds = _prepared(noise, theta)

    def integrand(s: Array, mass: Array, rate: Array) -> list[Array]:
        del rate
        return [-(mass @ e) for e in _slopes(noise, s, mass, centred)]

    found = _quadrature.integrate(noise, centred, points, integrand)
    if noise.tail == "polynomial":
        # Above the window F moves by as much as sum_i S_i(s - theta_i).
        open_ = centred > -jnp.inf
        x = jnp.where(open_, points.high - centred, points.high)
        found = [
            a + jnp.where(open_, b, 0.0) for a, b in zip(found, _beyond(noise, x), strict=True)
        ]
    return _gathered(
        noise, kinds, [a if own else jnp.sum(a) for a, (own, _) in zip(found, kinds, strict=True)]
    )


@jax.custom_jvp
def probability_slopes(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Slopes:
    """dp_i / da for every parameter a."""
    if method_of(noise) is closed_form:
        p, mean = _softmax(noise, theta)
        scale = jnp.asarray(noise.gumbel_scale)
        return _times(-p * (_open(theta) - mean) / scale**2, noise)
    centred, points, kinds = _prepared(noise, theta)

    def integrand(s: Array, mass: Array, rate: Array) -> list[Array]:
        total = mass * jnp.sum(rate, 1)
        return [
            (mass[:, None] * rate).T @ e - jnp.diag(total @ e)
            if own
            else (mass * jnp.sum(e, 1)) @ rate - total @ e
            for e, (own, _) in zip(_slopes(noise, s, mass, centred), kinds, strict=True)
        ]

    return _gathered(noise, kinds, _quadrature.integrate(noise, centred, points, integrand))


def log_slopes_of_softmax(noise: AbstractPerturbation, theta: Float[Array, "d"]) -> Slopes:
    """dlog p_i / da = -(theta_i - <p, theta>) / b^2 db / da for Gumbel noise of one scale b."""
    _, mean = _softmax(noise, theta)
    gap = jnp.where(theta > -jnp.inf, _open(theta) - mean, 0.0)
    return _times(-gap / jnp.asarray(noise.gumbel_scale) ** 2, noise)


def _open(theta: Array) -> Array:
    """Theta from its largest entry, zero where it is masked."""
    return jnp.where(theta > -jnp.inf, theta - jnp.max(theta), 0.0)


def _softmax(noise: AbstractPerturbation, theta: Array) -> tuple[Array, Array]:
    """(p, <p, theta>), theta from its largest entry."""
    p = closed_form.solve(noise, theta).probabilities
    return p, jnp.sum(p * _open(theta))


def _times(slope: Array, noise: AbstractPerturbation) -> Slopes:
    """The slope in b = `gumbel_scale` times that of b in every parameter."""
    in_scale = jax.grad(lambda law: jnp.sum(jnp.asarray(law.gumbel_scale)))(noise)
    return [jnp.multiply.outer(slope, a) for a in jax.tree.leaves(in_scale)]


def _prepared(noise: AbstractPerturbation, theta: Array) -> tuple[Array, Any, list[Any]]:
    """(theta, from its largest entry; nodes; for every slope whether its parameter belongs to one
    coordinate alone, and which parameter that is).
    """
    centred = theta - jax.lax.stop_gradient(jnp.max(theta))
    kinds = []
    for k, leaf in enumerate(jax.tree.leaves(noise.untabulated())):
        own = np.ndim(leaf) == 1 and noise.shape == np.shape(leaf)
        if np.ndim(leaf) > 1 or (np.ndim(leaf) == 1 and not own and noise.shape):
            refuse()
        kinds += [(own, k)] * (1 if own else np.size(leaf))
    return centred, rule(noise, centred), kinds


def _gathered(noise: AbstractPerturbation, kinds: list[Any], found: list[Array]) -> Slopes:
    """The slopes of the elements of every parameter put together."""
    out = []
    for k, leaf in enumerate(jax.tree.leaves(noise.untabulated())):
        mine = [(a, own) for a, (own, which) in zip(found, kinds, strict=True) if which == k]
        alone = np.ndim(leaf) == 0 or mine[0][1]
        out.append(mine[0][0] if alone else jnp.stack([a for a, _ in mine], -1))
    return out


def _slopes(
    noise: AbstractPerturbation, s: Array, mass: Array, theta: Array
) -> list[Float[Array, "n d"]]:
    """E_i at s - theta_i in every parameter, zero where nothing has mass or i is masked."""
    open_ = (mass[:, None] > 0) & (theta > -jnp.inf)
    x = jnp.where(open_, s[:, None] - theta, jnp.max(s))
    return [jnp.where(open_, e, 0.0) for e in _each(_log_cdf, noise, x, formula=noise.has_formula)]


def _log_cdf(law: Any, x: Any) -> Any:
    return law.log_cdf_and_rate(x)[0]


def _beyond(noise: AbstractPerturbation, x: Array) -> list[Array]:
    """The slopes of int_x^inf S_i(y) dy, the partial mean less x S_i(x)."""
    partial = _each(lambda law, x: law.upper_partial_mean(x), noise, x, formula=True)
    log_sf = jnp.asarray(noise.log_sf(x))
    share = _each(lambda law, x: law.log_sf(x), noise, x, formula=noise.has_formula)
    return [a - x * jnp.exp(log_sf) * b for a, b in zip(partial, share, strict=True)]


def _each(
    function: Callable[[Any, Any], Any], noise: AbstractPerturbation, x: Array, *, formula: bool
) -> list[Array]:
    """The derivatives of what a function makes of the law at x in every parameter, or element."""
    law = noise.untabulated()
    leaves, structure = jax.tree.flatten(law)
    directions = list(_directions(noise.shape, leaves))
    if not formula:
        ask = functools.partial(_differences, function)
        return list(asked(ask, (len(directions), *x.shape), law, x))
    out = []
    for k, direction in directions:
        tangents = [
            jnp.asarray(direction, leaf.dtype) if j == k else jnp.zeros_like(leaf)
            for j, leaf in enumerate(leaves)
        ]
        tangent = jax.tree.unflatten(structure, tangents)
        out.append(jax.jvp(lambda law: function(law, x), (law,), (tangent,))[1])
    return out


def _directions(shape: tuple[int, ...], leaves: list[Any]) -> Any:
    """(which parameter, direction): all coordinates at once, or one element after the other."""
    for k, leaf in enumerate(leaves):
        if np.ndim(leaf) == 0 or np.shape(leaf) == shape:
            yield k, np.ones(np.shape(leaf))
        else:
            yield from ((k, row) for row in np.eye(np.size(leaf)))


def _differences(function: Callable[[Any, Any], Any], noise: Any, x: Any) -> np.ndarray:
    """The same by central differences of the law in NumPy."""
    leaves, structure = jax.tree.flatten(noise)
    leaves, x, out = [np.asarray(a, float) for a in leaves], np.asarray(x, float), []
    width = float(np.min(np.asarray(noise.resolution)))
    for k, direction in _directions(noise.shape, leaves):
        size = np.where(leaves[k] == 0, width, np.minimum(np.abs(leaves[k]), width))
        step = _STEP * size

        def at(by: np.ndarray, k: int = k) -> np.ndarray:
            moved = [a + by if j == k else a for j, a in enumerate(leaves)]
            return function(jax.tree.unflatten(structure, moved), x)

        steps = step * direction
        gaps = [at(n * steps) - at(-n * steps) for n in (1, 2, 3)]
        length = step if np.shape(step) == noise.shape else np.max(steps)
        out.append(np.tensordot(_SHARES, gaps, 1) / length)
    return np.stack(out)


def is_valid(noise: AbstractPerturbation, theta: Array) -> Array:
    """Whether theta is finite, or -inf for some but not all, and the parameters are valid."""
    return jnp.all(theta < jnp.inf) & jnp.any(theta > -jnp.inf) & noise.valid


def _value_jvp(primals: tuple, tangents: tuple) -> tuple[Slopes, Slopes]:
    noise, theta = primals
    refuse_parameters(tangents[0])
    slopes = probability_slopes(noise, theta)
    moved = [jnp.tensordot(tangents[1], a, 1) for a in slopes]
    return value_slopes(noise, theta), moved


def _probability_jvp(primals: tuple, tangents: tuple) -> NoReturn:
    del primals, tangents
    refuse()


value_slopes.defjvp(_value_jvp, symbolic_zeros=True)
probability_slopes.defjvp(_probability_jvp, symbolic_zeros=True)
