"""Noise of which f is a formula that JAX differentiates as it stands, in parameters too."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from perturbtheory.potential._in_parameters import is_valid
from perturbtheory.potential.methods import method_of, nests, orthants

Function = Callable[..., Any]


def _with_radius(method: Any, noise: Any, theta: Array) -> tuple[Array, ...]:
    found = method.solve(noise, theta)
    held = jax.lax.stop_gradient((noise, theta))  # radii have no derivative of their own
    radii = method.solve(*held, radius=True)
    return found.value, found.probabilities, radii.value_radius, radii.probabilities_radius


_METHODS = (nests, orthants)
_FORMULAS: dict[str, Function] = {
    "value": lambda method, noise, theta: method.solve(noise, theta).value,
    "probabilities": lambda method, noise, theta: method.solve(noise, theta).probabilities,
    "log_probabilities": lambda method, noise, theta: method.solve(noise, theta).log_probabilities,
    "hvp": lambda method, *given: method.hvp(*given),
    "hessian": lambda method, *given: method.hessian(*given),
    "anchored": lambda method, *given: method.anchored(*given),
    "with_radius": _with_radius,
}


def by_formula(function: Function) -> Function:
    """`function` (noise, theta, ...), by the formula of its name where the noise has one."""
    formula = _FORMULAS[function.__name__]

    @functools.wraps(function)
    def answer(noise: Any, theta: Array, *more: Array) -> Any:
        method = method_of(noise)
        if method not in _METHODS:
            return function(noise, theta, *more)
        # Under tracing nothing else can be said of what is not valid.
        known = jnp.where(is_valid(noise, theta), 1.0, jnp.nan).astype(theta.dtype)
        return jax.tree.map(lambda a: a * known, formula(method, noise, theta, *more))

    return answer
