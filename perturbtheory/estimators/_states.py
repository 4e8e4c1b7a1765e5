"""Sums over all joint states z of the latents that share one f, for means without sampling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.estimators._objective import Objective
from perturbtheory.numerics import namespace, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Array, Float

STATES = 2**16
"""Most joint states that are enumerated."""


def enumerable(objective: Objective) -> bool:
    """Whether the gradient for this f can be had without sampling."""
    return not callable(objective.f) or objective.shape[-1] ** objective.latents <= STATES


def require_enumerable(objective: Objective) -> None:
    """Raise ValueError for more joint states than are enumerated."""
    if not enumerable(objective):
        msg = (
            f"`f` must have at most {STATES} joint states to be enumerated, got "
            f"{objective.shape[-1]} categories to the power {objective.latents}; use an "
            "unbiased estimator that samples, such as Rebar, and average its draws"
        )
        raise ValueError(msg)


def by_values(objective: Objective, xp: Any, name: str, *, relaxes: bool) -> Objective:
    """The objective with its values for a function of one latent, of which z asks no more.

    Raises:
        ValueError: for several latents, and where the estimator of this name differentiates f.
    """
    if relaxes or objective.latents > 1:
        what = "an array" if relaxes else "an array, or a function of one latent,"
        msg = (
            f"`values` must be {what} for the moments of {name}, got the function {objective.f!r} "
            f"of theta of shape {objective.shape}; use `measure`"
        )
        raise ValueError(msg)
    shape = objective.shape
    return Objective(values(objective, xp).reshape(shape), shape, len(shape) - 1, objective.dtype)


def expectation(
    objective: Objective, p: Float[Array, "*shape"]
) -> tuple[Float[Array, "*batch"], Float[Array, "*shape"]]:
    """(E[f(z)], E[f(z) | z_n = e_k] at entry (n, k)): the second is the slope of the first in p.

    Latents are summed over from the last to the first; on the way back the chance of each state
    of the first n of them weighs what is left after that.
    """
    xp, shape = namespace(p), objective.shape
    latents, categories = objective.latents, shape[-1]
    p, left = p.reshape(-1, latents, categories), [values(objective, xp)]
    for n in range(latents - 1, -1, -1):
        ends = left[-1].reshape(len(p), -1, categories)
        left.append(xp.einsum("isk,ik->is", ends, p[:, n]))
    chance, slopes = xp.ones_like(left[-1]), []
    for n, rest in enumerate(left[-2::-1]):
        ends = rest.reshape(len(p), -1, categories)
        slopes.append(xp.einsum("isk,is->ik", ends, chance))
        chance = xp.einsum("is,ik->isk", chance, p[:, n]).reshape(len(p), -1)
    return left[-1].reshape(objective.batch), xp.stack(slopes, 1).reshape(shape)


def values(objective: Objective, xp: Any) -> Float[Array, "items states"]:
    """f at all joint states, the last latent varying fastest, for each element of the batch."""
    count, items = objective.shape[-1] ** objective.latents, math.prod(objective.batch)

    def value(number: Any) -> Array:
        return objective(_state(objective, xp, number))

    if xp.traced:
        import jax

        found = jax.lax.map(value, xp.arange(count), batch_size=objective.at_once(count))
    else:
        found = np.stack([value(number) for number in range(count)])
    return xp.moveaxis(found.reshape(count, items), 0, 1)


def moments(
    objective: Objective,
    p: Float[Array, "*shape"],
    estimate: Callable[[Float[Array, "*shape"]], Float[Array, "..."]],
) -> tuple[Array, Array]:
    """(mean, variance) of estimate(z) for independent latents z_n with probabilities p_n.

    Sums over all z, the variance around the mean of a first pass, so that nothing cancels.
    """
    xp, rows = namespace(p), tuple(range(objective.lead, len(objective.shape) - 1))
    numbers = xp.arange(objective.shape[-1] ** objective.latents)

    def weighted(number: Any, centre: Any) -> tuple[Array, Array]:
        z = _state(objective, xp, number)
        chance = xp.prod(xp.sum(p * z, -1), rows)
        found = estimate(z) - centre
        if found.ndim > objective.lead:
            chance = objective.on_rows(chance)
        # Where z cannot be drawn an estimate need not exist.
        found = xp.where(chance > 0, found, 0.0)
        return chance * found, chance * found**2

    mean = total(xp, lambda number: weighted(number, 0.0), numbers)[0]
    rest, square = total(xp, lambda number: weighted(number, mean), numbers)
    return mean + rest, square - rest**2


def _state(objective: Objective, xp: Any, number: Any) -> Float[Array, "*shape"]:
    """The joint state of this number, the same for every element of the batch."""
    shape, categories = objective.shape, objective.shape[-1]
    place = categories ** np.arange(objective.latents)[::-1]
    row = number // xp.asarray(place) % categories
    z = xp.asarray(row[:, None] == xp.arange(categories), objective.dtype)
    return xp.broadcast_to(z.reshape(*shape[objective.lead :]), shape)
