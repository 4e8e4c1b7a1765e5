"""One epoch as one compiled scan: batches in random order, a step of Adam for each."""

from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, UInt8

from perturbtheory.estimators import AbstractEstimator
from perturbtheory.models.vae._divergence import Divergence
from perturbtheory.models.vae._network import DiscreteVAE
from perturbtheory.models.vae._objective import Parts, loss
from perturbtheory.models.vae._schedule import Schedule
from perturbtheory.models.vae._settings import scheduled


class State(NamedTuple):
    """What a step changes."""

    model: DiscreteVAE
    control: Any
    moments: Any


def _with(rule: AbstractEstimator, field: str, value: Any) -> AbstractEstimator:
    return replace(rule, **{field: value})  # pyright: ignore[reportArgumentType]


def traced(rule: AbstractEstimator) -> AbstractEstimator:
    """The rule with its numbers as arrays, which are traced: one compilation for all of them."""
    return jax.tree.map(lambda a: a if callable(a) else jnp.asarray(a, jnp.float32), rule)


@eqx.filter_jit
def train_epoch(
    state: State,
    images: UInt8[Array, "n 784"],
    key: Array,
    number: Array,
    rule: AbstractEstimator,
    schedule: Schedule | None,
    divergence: Divergence,
    batch: int,
    learning_rate: float,
) -> tuple[State, tuple[Array, Array]]:
    """One pass in random order: the state after it, and the means of the two parts of the loss."""
    steps = len(images) // batch
    to_order, to_noise = jax.random.split(key)
    order = jax.random.permutation(to_order, len(images))[: steps * batch].reshape(steps, batch)
    adam = optax.adam(learning_rate)
    learnt, fixed = eqx.partition((state.model, state.control), eqx.is_inexact_array)
    field = scheduled(rule)

    def step(carry: tuple[Any, Any], place: tuple[Array, Array]) -> tuple[Any, Any]:
        learnt, moments = carry
        rows, within = place
        x = images[rows].astype(jnp.float32)
        here = rule
        if schedule is not None and field is not None:
            here = _with(here, field, schedule(number * steps + within))

        def objective(learnt: Any) -> tuple[Array, Parts]:
            model, control = eqx.combine(learnt, fixed)
            used = here if control is None else _with(here, "control", control)
            return loss(model, x, jax.random.fold_in(to_noise, within), used, divergence)

        (_, parts), slope = jax.value_and_grad(objective, has_aux=True)(learnt)
        updates, moments = adam.update(slope, moments)
        return (optax.apply_updates(learnt, updates), moments), jax.tree.map(jnp.mean, parts)

    start = (learnt, state.moments)
    (learnt, moments), parts = jax.lax.scan(step, start, (order, jnp.arange(steps)))
    model, control = eqx.combine(learnt, fixed)
    return State(model, control, moments), (jnp.mean(parts[0]), jnp.mean(parts[1]))
