"""Fit a family to a distribution by gradient descent, as section 6.1 of paper A does."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from perturbtheory.checks import as_vectors, positive, require, require_count
from perturbtheory.display import html_of_node, text_of_node
from perturbtheory.models import _shown
from perturbtheory.models._families import AbstractFamily, InvertibleGaussian
from perturbtheory.models._losses import (
    Loss,
    exact_objective,
    require_loss,
    sampled_objective,
)
from perturbtheory.potential import Potential, expected_max

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Start = Literal["zero", "uniform"]


class Fitted(NamedTuple):
    """What `fit` gives, one row a seed.

    Attributes:
        logits: what the noise is added to after every iteration, shape (seeds, steps + 1, d), the
            start first.
        objective: the loss before every iteration, as the fit saw it, shape (seeds, steps).
        parameters: the last ones, a pytree whose arrays have a row a seed.
    """

    logits: Float[np.ndarray, "seeds steps+1 d"]
    objective: Float[np.ndarray, "seeds steps"]
    parameters: Any

    @text_of_node
    def __repr__(self) -> str:
        return _shown.text(self)

    @html_of_node
    def _repr_html_(self) -> str:
        return _shown.html(self)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The objective by iteration: a thin line a seed, and their mean.

        Args:
            ax: axes to draw into; those of a new figure by default.

        Returns:
            The axes.

        Example:
            >>> import matplotlib; matplotlib.use("Agg")
            >>> import numpy as np
            >>> objective = np.array([[0.9, 0.5, 0.2], [0.8, 0.3, 0.1]])
            >>> found = Fitted(np.zeros((2, 4, 3)), objective, ())
            >>> found
            Fitted(2 seeds, 3 steps, d = 3: mean objective from 0.85 to 0.15)
            >>> found.plot().get_xlabel()
            'iteration'
        """
        return _shown.plotted(self, ax)


def fit(
    target: Float[ArrayLike, "d"],
    family: AbstractFamily,
    *,
    loss: Loss = "l1",
    draws: int | None = 1000,
    steps: int = 300,
    learning_rate: float = 1e-2,
    start: Start = "zero",
    seeds: Sequence[int] = (0,),
) -> Fitted:
    """Adam on loss(p(parameters), target) from uniform logits, for all seeds at once.

    Args:
        target: p_0, not negative; it need not sum to one, as the one that paper A prints does not.
        family: whose parameters are fitted.
        loss: "l1" as in the paper, "squared", "kl" (target || p), "reverse-kl" (p || target) or
            "fenchel-young", f(theta) - <target, theta>, which leaves out the constant f*(target).
        draws: relaxed samples a step, whose mean stands for p; None takes p itself, by quadrature.
        steps: iterations of Adam.
        learning_rate: of Adam; a logit moves by about this much an iteration at most.
        start: "zero" for theta = 0, where p is uniform; "uniform" for entries in (0, 1).
        seeds: each fixes a start and the draws of one fit.

    Raises:
        ValueError: for a target with fewer than two entries or one that is negative or not finite,
            or in 64-bit while that is off in JAX; for a loss that is not defined for the target or
            the family; for counts that are not positive integers; for a fit that runs away.

    Example:
        >>> from perturbtheory import models
        >>> import perturbtheory as pt
        >>> family = models.PerturbSoftmax(pt.Gumbel())
        >>> found = models.fit([0.2, 0.8], family, loss="squared", draws=50, steps=20)
        >>> found.objective.shape
        (1, 20)
    """
    settings: Any = {"loss": loss, "draws": draws, "steps": steps, "start": start}
    require_fit(target, family, learning_rate=learning_rate, seeds=seeds, **settings)
    goal = jnp.asarray(target, jnp.result_type(float))
    # The smoothed law behind the exact objective is tabulated once, outside of the loop.
    potential = family.potential(family.start(jnp.zeros_like(goal))) if draws is None else None
    if potential is not None:
        # What compiled code is given is not known in it: a table is made here, and not in a step.
        potential = Potential(potential.noise.prepare(goal.dtype))
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    settings["draws"] = draws or 0
    # Adam raises its rates to the number of the step, an integer, which strict promotion forbids.
    with jax.numpy_dtype_promotion("standard"):
        logits, values, parameters = _train(
            family, potential, goal, learning_rate, keys, **settings
        )
    found = Fitted(np.asarray(logits), np.asarray(values), parameters)
    _require_finite(found, family, learning_rate)
    return found


@functools.partial(jax.jit, static_argnames=("loss", "draws", "steps", "start"))
def _train(
    family: AbstractFamily,
    potential: Potential | None,
    goal: Array,
    learning_rate: float,
    keys: Array,
    *,
    loss: Loss,
    draws: int,
    steps: int,
    start: Start,
) -> tuple[Array, Array, Any]:
    optimizer = optax.adam(learning_rate)

    def objective(parameters: Any, key: Array) -> Array:
        if potential is not None:
            return exact_objective(loss, potential, goal, parameters)
        return sampled_objective(loss, family, goal, parameters, key, draws)

    def one(key: Array) -> tuple[Array, Array, Any]:
        at_start, at_steps = jax.random.split(key)
        logits = jnp.zeros_like(goal)
        if start == "uniform":
            logits = jax.random.uniform(at_start, goal.shape, goal.dtype)

        def step(state: tuple[Any, Any], number: Array) -> tuple[tuple[Any, Any], Any]:
            parameters, moments = state
            here = jax.random.fold_in(at_steps, number)
            value, slope = jax.value_and_grad(objective)(parameters, here)
            updates, moments = optimizer.update(slope, moments)
            parameters = optax.apply_updates(parameters, updates)
            return (parameters, moments), (value, family.logits(parameters))

        parameters = family.start(logits)
        begin = (parameters, optimizer.init(parameters))
        (parameters, _), (values, path) = jax.lax.scan(step, begin, jnp.arange(steps))
        return jnp.concatenate([logits[None], path]), values, parameters

    # Sampled fits run side by side; the engine is fastest for one theta at a time.
    return jax.vmap(one)(keys) if potential is None else jax.lax.map(one, keys)


def require_fit(
    target: Any,
    family: AbstractFamily,
    *,
    loss: str,
    draws: int | None,
    steps: int,
    learning_rate: float,
    start: str,
    seeds: Sequence[int],
) -> None:
    """Raise ValueError if `fit` could not be called like this."""
    p0 = np.asarray(as_vectors("target", target))
    if isinstance(target, np.ndarray) and target.dtype == np.float64 and not _is_64_bit():
        msg = (
            "`target` is float64 but 64-bit is off in JAX, which trains: turn it on with "
            "`jax.config.update('jax_enable_x64', True)`, or pass 32-bit input"
        )
        raise ValueError(msg)
    if p0.ndim != 1 or p0.size < 2:
        msg = f"`target` must be a vector of at least two entries, got shape {p0.shape}"
        raise ValueError(msg)
    if p0.min() < 0 or p0.sum() == 0:
        msg = f"`target` must be not negative and not all zero, got {p0}; pass probabilities"
        raise ValueError(msg)
    if not isinstance(family, AbstractFamily):
        msg = f"`family` must be a family such as PerturbSoftmax(pt.Normal()), got {family!r}"
        raise TypeError(msg)
    require_loss(loss, family, p0)
    require_count("steps", steps)
    if draws is not None:
        require_count("draws", draws)
    elif isinstance(family, InvertibleGaussian):
        msg = (
            "`draws` must be a number for InvertibleGaussian, got None: a fit without draws moves "
            "theta, not the scales of the noise; pass draws=1000"
        )
        raise ValueError(msg)
    require("learning_rate", learning_rate, positive, "be positive", "0.01 is the paper's", most=0)
    if start not in ("zero", "uniform"):
        msg = f"`start` must be 'zero' or 'uniform', got {start!r}"
        raise ValueError(msg)
    _require_seeds(seeds)
    noise = family.noise(family.start(jnp.zeros(p0.size)))
    expected_max(noise).require_dimension("target", p0.size)


def _require_seeds(seeds: Any) -> None:
    way_out = "pass whole numbers from 0 to 2^32 - 1, one for each fit"
    if np.ndim(seeds) != 1 or np.size(seeds) == 0:
        msg = f"`seeds` must be a list that is not empty, got {seeds!r}; {way_out}"
        raise ValueError(msg)
    for seed in seeds:
        whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
        if not whole or not 0 <= seed < 2**32:
            msg = f"`seeds` must be whole numbers from 0 to 2^32 - 1, got {seed!r}; {way_out}"
            raise ValueError(msg)


def _is_64_bit() -> bool:
    return jnp.result_type(float) == jnp.float64


def _require_finite(found: "Fitted", family: AbstractFamily, learning_rate: float) -> None:
    """Raise ValueError for a fit that ran away, with the iteration at which it did."""
    bad = ~np.isfinite(found.objective) | ~np.isfinite(found.logits[:, 1:]).all(-1)
    if bad.any():
        seed, step = np.argwhere(bad)[0]
        msg = (
            f"`learning_rate` must keep the fit finite, got {learning_rate}: the objective is "
            f"{found.objective[seed, step]} in iteration {step} of fit {seed}, at temperature "
            f"{family.temperature}; lower the rate, raise the temperature or use loss='l1'"
        )
        raise ValueError(msg)
