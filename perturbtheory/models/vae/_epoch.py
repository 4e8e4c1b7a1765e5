"""One epoch as one compiled scan: batches in random order, a step of Adam for each."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from perturbtheory.models.vae._task import AbstractTask


class State(NamedTuple):
    """What a step changes."""

    model: Any
    control: Any
    moments: Any


@eqx.filter_jit
def train_epoch(
    state: State,
    data: Any,
    key: Array,
    number: Array,
    task: AbstractTask,
    batch: int,
    learning_rate: float,
) -> tuple[State, tuple[Array, ...]]:
    """One pass in random order: the state after it, and the mean of every part of the loss."""
    to_order, to_noise = jax.random.split(key)
    order = task.rows(to_order, data, batch)
    steps = len(jax.tree.leaves(order)[0])
    adam = optax.adam(learning_rate)
    learnt, fixed = eqx.partition((state.model, state.control), eqx.is_inexact_array)

    def step(carry: tuple[Any, Any], place: tuple[Any, Array]) -> tuple[Any, Any]:
        learnt, moments = carry
        rows, within = place
        x = task.batch(data, rows)
        here = task.at(number * steps + within)

        def objective(learnt: Any) -> tuple[Array, tuple[Array, ...]]:
            model, control = eqx.combine(learnt, fixed)
            return here.with_control(control).loss(model, x, jax.random.fold_in(to_noise, within))

        (_, parts), slope = jax.value_and_grad(objective, has_aux=True)(learnt)
        updates, moments = adam.update(slope, moments)
        return (optax.apply_updates(learnt, updates), moments), jax.tree.map(jnp.mean, parts)

    start = (learnt, state.moments)
    (learnt, moments), parts = jax.lax.scan(step, start, (order, jnp.arange(steps)))
    model, control = eqx.combine(learnt, fixed)
    return State(model, control, moments), tuple(jnp.mean(part) for part in parts)
