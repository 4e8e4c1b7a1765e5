"""How f and p move with the parameters of the noise.

With F = prod_j F_j(s - theta_j), r_i and R as in `_quadrature`, and D_i the derivative of log F_i
at s - theta_i along a change of the parameters,

    df   = -int F sum_i D_i ds
    dp_i = int F (r_i sum_j D_j - R D_i) ds

which sum to zero over i. D is the derivative of the formula of log F, or of what the table of a law
says for neighbouring parameters.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from perturbtheory.numerics import asked, namespace
from perturbtheory.potential import _quadrature
from perturbtheory.potential._rule import rule
from perturbtheory.potential.methods import closed_form, method_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Array, Float

    from perturbtheory.perturbations import AbstractPerturbation

_SHARES = np.array([3 / 4, -3 / 20, 1 / 60])
"""Central differences of sixth order."""
_STEP = 2e-3
"""In relation to the parameter: the rounding of log F and what is left out are alike."""


def _of_value(noise: AbstractPerturbation, along: Any, theta: Float[Array, "d"]) -> Array:
    """The derivative of f(theta) along a tangent of the noise."""
    if method_of(noise) is closed_form:
        return _of_formula(lambda law: closed_form.solve(law, theta).value, noise, along)
    centred = theta - jax.lax.stop_gradient(jnp.max(theta))
    points = rule(noise, centred)

    def integrand(s: Array, mass: Array, rate: Array) -> Array:
        del rate
        return -(mass @ jnp.sum(_slopes(noise, along, s, mass, centred), 1))

    out = _quadrature.integrate(noise, centred, points, integrand)
    if noise.tail == "polynomial":
        # Above the window F moves by as much as sum_i S_i(s - theta_i).
        open_ = centred > -jnp.inf
        x = jnp.where(open_, points.high - centred, points.high)
        out = out + jnp.sum(jnp.where(open_, _along(_beyond, noise, along, x), 0.0))
    return out


def _beyond(law: Any, x: Any) -> Any:
    """int_x^inf S_i(y) dy."""
    return law.upper_partial_mean(x) - x * namespace(x).exp(law.log_sf(x))


def _log_cdf(law: Any, x: Any) -> Any:
    return law.log_cdf_and_rate(x)[0]


def _of_probabilities(
    noise: AbstractPerturbation, along: Any, theta: Float[Array, "d"]
) -> Float[Array, "d"]:
    """The derivative of p(theta) along a tangent of the noise."""
    if method_of(noise) is closed_form:
        return _of_formula(lambda law: closed_form.solve(law, theta).probabilities, noise, along)
    centred = theta - jax.lax.stop_gradient(jnp.max(theta))

    def integrand(s: Array, mass: Array, rate: Array) -> Array:
        slopes = _slopes(noise, along, s, mass, centred)
        total = mass * jnp.sum(rate, 1)
        return (mass * jnp.sum(slopes, 1)) @ rate - total @ slopes

    return _quadrature.integrate(noise, centred, rule(noise, centred), integrand)


def _slopes(
    noise: AbstractPerturbation, along: Any, s: Array, mass: Array, theta: Array
) -> Float[Array, "n d"]:
    """D_i at s - theta_i, zero where nothing has mass or i is masked."""
    open_ = (mass[:, None] > 0) & (theta > -jnp.inf)
    x = jnp.where(open_, s[:, None] - theta, jnp.max(s))
    return jnp.where(open_, _along(_log_cdf, noise, along, x), 0.0)


def _along(
    function: Callable[[Any, Any], Any], noise: AbstractPerturbation, along: Any, x: Array
) -> Array:
    """The derivative along a tangent of what a function makes of the law at x, of its shape."""
    if noise.has_formula:
        return _of_formula(lambda law: function(law, x), noise, along)
    law, tangents = noise.untabulated(), jax.tree.leaves(along.untabulated())
    ask = functools.partial(_differences, function)
    slopes = asked(ask, (len(tangents), *x.shape), law, x)
    return sum((slopes[k] * dot for k, dot in enumerate(tangents)), jnp.zeros_like(x))


def _differences(function: Callable[[Any, Any], Any], noise: Any, x: Any) -> np.ndarray:
    """The derivatives in every parameter, by central differences of the law in NumPy."""
    leaves, structure = jax.tree.flatten(noise)
    leaves, x, out = [np.asarray(a, float) for a in leaves], np.asarray(x, float), []
    for k, leaf in enumerate(leaves):
        step = _STEP * np.where(leaf == 0, 1.0, np.abs(leaf))

        def at(by: np.ndarray, k: int = k) -> np.ndarray:
            moved = [a + by if j == k else a for j, a in enumerate(leaves)]
            return function(jax.tree.unflatten(structure, moved), x)

        gaps = [at(n * step) - at(-n * step) for n in (1, 2, 3)]
        out.append(np.tensordot(_SHARES, gaps, 1) / step)
    return np.stack(out)


def _of_formula(function: Any, noise: Any, along: Any) -> Array:
    return jax.jvp(function, (noise,), (along,))[1]


def all_of(noise: Any, along: Any) -> Any:
    """The tangent with zeros where it says nothing."""
    return jax.tree.map(
        lambda t, leaf: jnp.zeros_like(leaf) if isinstance(t, SymbolicZero) else t,
        along,
        noise,
        is_leaf=lambda t: isinstance(t, SymbolicZero),
    )


def _any_moves(tangents: Any) -> bool:
    return not all(
        isinstance(t, SymbolicZero)
        for t in jax.tree.leaves(tangents, is_leaf=lambda t: isinstance(t, SymbolicZero))
    )


def moves(noise: AbstractPerturbation, tangents: Any) -> bool:
    """Whether the noise moves, with a derivative; raise TypeError for one that has none."""
    if not _any_moves(tangents):
        return False
    if not noise.continuous:
        refuse()
    return True


def refuse_parameters(tangents: Any) -> None:
    if _any_moves(tangents):
        refuse()


def refuse() -> NoReturn:
    """Raise the TypeError about derivatives in a parameter of the noise."""
    msg = (
        "`perturbation` cannot be differentiated here: derivatives in its parameters are of value, "
        "`probabilities` and `log_probabilities`, once, under continuous noise; stop the gradient "
        "with jax.lax.stop_gradient"
    )
    raise TypeError(msg)


def is_valid(noise: AbstractPerturbation, theta: Array) -> Array:
    """Whether theta is finite, or -inf for some but not all, and the parameters are valid."""
    return jnp.all(theta < jnp.inf) & jnp.any(theta > -jnp.inf) & noise.valid


@jax.custom_jvp
def value_along(noise: AbstractPerturbation, along: Any, theta: Array) -> Array:
    """The derivative of f along a tangent of the noise."""
    return _of_value(noise, along, theta) * _sure(noise, theta)


@jax.custom_jvp
def probabilities_along(noise: AbstractPerturbation, along: Any, theta: Array) -> Array:
    """The derivative of p along a tangent of the noise."""
    return _of_probabilities(noise, along, theta) * _sure(noise, theta)


def _sure(noise: AbstractPerturbation, theta: Array) -> Array:
    """One, or NaN: a factor and not a choice, whose transpose would answer zero."""
    return jnp.where(is_valid(noise, theta), 1.0, jnp.nan).astype(theta.dtype)


def _value_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, along, theta = primals
    refuse_parameters(tangents[0])
    out = value_along(noise, all_of(noise, tangents[1]), theta)
    if not isinstance(tangents[2], SymbolicZero):
        out = out + probabilities_along(noise, along, theta) @ tangents[2]
    return value_along(noise, along, theta), out


def _probabilities_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    noise, along, theta = primals
    refuse_parameters((tangents[0], tangents[2]))
    return probabilities_along(noise, along, theta), probabilities_along(
        noise, all_of(noise, tangents[1]), theta
    )


value_along.defjvp(_value_jvp, symbolic_zeros=True)
probabilities_along.defjvp(_probabilities_jvp, symbolic_zeros=True)
