"""Gumbel noise of one scale b: f = b logsumexp(theta / b), p = softmax(theta / b).

Written against either array library, for theta of shape ``(d,)``; `softmaxes` for rows at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.estimate import Kind
from perturbtheory.numerics import floats
from perturbtheory.potential.methods._pass import Pass

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array

kind: Kind = "closed form"
ROWS = ("value", "probabilities", "log_probabilities")
"""Questions that many rows of NumPy's answer at once, see `rows`."""


def _log_softmax(scale: Any, theta: Any, *, rows: bool = False) -> tuple[Any, ...]:
    """(xp, max theta, (theta - max theta) / b, logsumexp of it, log p, p, b); of each of the rows.

    Maxima and sums of rows keep an axis of length one.
    """
    xp, theta, scale = floats(theta, scale)
    top = xp.max(theta, -1, keepdims=rows)
    gap = (theta - top) / scale
    total = xp.log(xp.sum(xp.exp(gap), -1, keepdims=rows))
    log_p = gap - total
    return xp, top, gap, total, log_p, xp.exp(log_p), scale


def solve(
    noise: Any,
    theta: Float[Array, "d"],
    *,
    radius: bool = False,
    least: float = -np.inf,  # noqa: ARG001
) -> Pass:
    """f, p and log p; the radii bound what theta / b rounds to, which exp makes relative."""
    xp, top, gap, total, log_p, p, scale = _log_softmax(noise.gumbel_scale, theta)
    value = top + scale * total
    if not radius:
        return Pass(value, p, log_p)
    eps, tiny = xp.finfo(p.dtype).eps, xp.finfo(p.dtype).tiny
    depth = xp.where(p > 0, -gap, 0.0)
    moved = eps * (6 + p.size**0.5 + 3 * (depth + xp.sum(p * depth)))
    value_radius = 4 * eps * (xp.abs(top) + scale * (xp.abs(total) + xp.sum(p * depth) + 1))
    return Pass(value, p, log_p, value_radius, moved * p + tiny)


def softmaxes(noise: Any, theta: Float[np.ndarray, "... d"]) -> tuple[np.ndarray, ...]:
    """(f, p, log p) for every row of NumPy's theta, masks included."""
    scale, theta = np.float64(noise.gumbel_scale), np.ascontiguousarray(theta)
    _, top, _, total, log_p, p, _ = _log_softmax(scale, theta, rows=True)
    return (top + scale * total)[..., 0], p, log_p


def rows(question: str, noise: Any, theta: Float[np.ndarray, "... d"]) -> np.ndarray:
    """The answer to one of `ROWS` for every row, masks included."""
    return softmaxes(noise, theta)[ROWS.index(question)]


def hessian(noise: Any, theta: Float[Array, "d"]) -> Float[Array, "d d"]:
    """(diag p - p p') / b, whose diagonal is a sum of what stands beside it."""
    xp, *_, p, scale = _log_softmax(noise.gumbel_scale, theta)
    weight = p[:, None] * p * (1 - xp.eye(p.size, dtype=p.dtype)) / scale
    return xp.diag(xp.sum(weight, 1)) - weight


def hvp(noise: Any, theta: Float[Array, "d"], v: Float[Array, "d"]) -> Float[Array, "d"]:
    """p (v - p.v) / b."""
    _, *_, p, scale = _log_softmax(noise.gumbel_scale, theta)
    return p * (v - p @ v) / scale


def log_hvp(noise: Any, theta: Float[Array, "d"], v: Float[Array, "d"]) -> Float[Array, "d"]:
    """(v - p.v) / b, the derivative of log p along v; zero where a category is masked."""
    xp, *_, p, scale = _log_softmax(noise.gumbel_scale, theta)
    return xp.where(theta > -xp.inf, v - p @ xp.where(theta > -xp.inf, v, 0.0), 0.0) / scale


def anchored(noise: Any, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) - f(0) = f(theta) - b log d."""
    xp, top, _, total, *_, scale = _log_softmax(noise.gumbel_scale, theta)
    return top + scale * (total - xp.log(float(theta.size)))


def tie(noise: Any, theta: Float[Array, "d"]) -> bool:  # noqa: ARG001
    """False: the maximum of continuous noise is at one coordinate alone."""
    return False
