"""JAX arrays in, JAX arrays out: rows of theta through compiled functions of one row."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from perturbtheory.checks import slack
from perturbtheory.estimate import Estimate
from perturbtheory.numerics import is_jax, is_known, leaves
from perturbtheory.potential import _derivatives, _duality, _entropy

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Array

    from perturbtheory.perturbations import AbstractPerturbation

_AT_ONCE = 2**19
"""Largest number of node-coordinate pairs, about, that a batch keeps in memory."""


def _value_estimate(noise: AbstractPerturbation, theta: Array) -> tuple[Array, Array]:
    value, _, radius, _ = _derivatives.with_radius(noise, theta)
    return value, radius


def _probability_estimate(noise: AbstractPerturbation, theta: Array) -> tuple[Array, Array]:
    _, p, _, radius = _derivatives.with_radius(noise, theta)
    return p, radius


def _score(noise: AbstractPerturbation, theta: Array, counts: Array) -> Array:
    logarithms = functools.partial(_derivatives.log_probabilities, noise)
    return jax.vjp(logarithms, theta)[1](jnp.where(theta > -jnp.inf, counts, 0.0))[0]


_QUESTIONS: dict[str, Callable[..., Any]] = {
    "value": _derivatives.value,
    "probabilities": _derivatives.probabilities,
    "log_probabilities": _derivatives.log_probabilities,
    "hessian": _derivatives.hessian,
    "hvp": _derivatives.hvp,
    "score": _score,
    "anchored": _derivatives.anchored,
    "tie": _derivatives.tie,
    "value_estimate": _value_estimate,
    "probability_estimate": _probability_estimate,
    "entropy": _entropy.entropy,
    "parameters_sum": _duality.parameters,
    "parameters_first": _duality.parameters_first,
    "conjugate": _duality.conjugate,
    "fenchel_young": _duality.fenchel_young,
}
_SOLVED = ("parameters_sum", "parameters_first", "conjugate", "fenchel_young")
"""Questions whose last vector is p, for which a theta has to be found."""


def answer(question: str, noise: AbstractPerturbation, *vectors: Array) -> Any:
    """The answer for every row of the vectors of shape ``(..., d)``, of one shape and dtype.

    16-bit vectors are computed with in 32-bit; the answer has their dtype.
    """
    given = vectors[0].dtype
    wide = jnp.float32 if jnp.finfo(given).bits < 32 else given
    if wide == jnp.float32:
        _require_fit(noise)
    noise = noise.prepare(wide)
    rows = [v.astype(wide) for v in vectors]
    if question in _SOLVED and wide != given:
        rows[-1] = _summed_to_one(rows[-1], slack(given))
    if question == "entropy" and _entropy.is_coarse(noise, rows[0]):
        out = _entropy.coarse_entropy(noise, rows[0].reshape(-1, rows[0].shape[-1]))
        out = out.reshape(rows[0].shape[:-1])
    else:
        out = _apply(_QUESTIONS[question], noise, *rows)
    if question in _SOLVED:
        _require_solved(out, rows[-1])
    return jax.tree.map(lambda a: a if a.dtype == bool else a.astype(given), out)


def of_estimate(value: Array, radius: Array, kind: str, confidence: float) -> Estimate:
    """The estimate, whose kind belongs to the structure of what `jax.jit` returns."""
    return Estimate(value, radius, _Kind(kind), _Confidence(confidence))  # pyright: ignore[reportArgumentType]


class _Kind(str):
    """A word that JAX takes for part of the structure."""

    __slots__ = ()


class _Confidence(float):
    """A number that is known when the function is traced, in its 64 bits."""

    __slots__ = ()


jax.tree_util.register_static(_Kind)
jax.tree_util.register_static(_Confidence)


@functools.partial(jax.jit, static_argnums=0)
def _apply(function: Callable[..., Any], noise: AbstractPerturbation, *vectors: Array) -> Any:
    lead, d = vectors[0].shape[:-1], vectors[0].shape[-1]
    rows = [v.reshape(-1, d) for v in vectors]
    one = functools.partial(function, noise)
    if len(rows[0]) == 1:
        out = jax.tree.map(lambda a: a[None], one(*(r[0] for r in rows)))
    elif noise.continuous and noise.trapezoid_nodes(d) is None:
        # Panels are as many as each theta needs: rows one by one waste none.
        out = jax.lax.map(lambda r: one(*r), rows)
    else:
        size = max(1, _AT_ONCE // (d * (noise.trapezoid_nodes(d) or 1)))
        out = jax.lax.map(lambda r: one(*r), rows, batch_size=min(size, max(1, len(rows[0]))))
    return jax.tree.map(lambda a: a.reshape(lead + a.shape[1:]), out)


def _summed_to_one(p: Array, most: float) -> Array:
    """Shares rounded to 16 bits, whose sum is as near to one as that allows, divided by it."""
    total = jnp.sum(p, -1, keepdims=True)
    return jnp.where(jnp.abs(total - 1) <= most, p / total, p)


def _require_fit(noise: AbstractPerturbation) -> None:
    """Raise ValueError for a parameter that is no number in 32 bits, or zero there."""
    for leaf in leaves(noise):
        if is_jax(leaf) or not is_known(leaf):
            continue
        with np.errstate(all="ignore"):
            wide, narrow = np.asarray(leaf, np.float64), np.asarray(leaf, np.float32)
        lost = (narrow == 0) & (wide != 0) & bool(noise.continuous)
        if np.any(lost | (np.isinf(narrow) & np.isfinite(wide))):
            msg = (
                f"`perturbation` must have parameters that 32 bits can hold, got {noise}; use "
                "64-bit, or pass NumPy arrays"
            )
            raise ValueError(msg)


def _require_solved(result: Array, p: Array) -> None:
    """Raise ValueError if p and the result are known and it is not a number."""
    if is_known(p) and is_known(result) and bool(jnp.any(jnp.isnan(result))):
        msg = (
            f"`p` must have a theta that this precision can hold, got {p}: Newton's method found "
            "none; raise entries below 1e-30, use 64-bit, pass NumPy arrays, or under heavy tails "
            "put the largest entry first and use gauge='first'"
        )
        raise ValueError(msg)
