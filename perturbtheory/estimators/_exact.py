"""No sampling: the gradient itself, by the potential's Hessian and by enumeration."""

import dataclasses
import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.checks import is_known
from perturbtheory.estimators._base import GUMBEL, TEMPERATURE, AbstractEstimator, Setting
from perturbtheory.estimators._objective import Objective, Values
from perturbtheory.perturbations import AbstractPerturbation, register
from perturbtheory.potential import Potential, expected_logsumexp, expected_max

STATES = 2**16
"""Most joint states that are enumerated."""


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Exact(AbstractEstimator):
    """grad_theta_n E[f(z)] = H(theta_n) g_n,  g_nk = E[f(z) | z_n = e_k].

    H is the Hessian of E[max(theta_n + gamma)]; under unit Gumbel noise H v = p (v - <p, v>) with
    p = softmax(theta_n). For an array of values g is that array; for a function of N latents all
    K^N states are evaluated. Paper B, (2); the exact perturbed gradient for any other noise.

    With a temperature t, for an array of values only, H is the Hessian of
    E[t logsumexp((theta + gamma)/t)]: then it is the exact mean of `Relaxed(noise, t)`.
    The key is ignored and may be None; the variance is zero.

    Args:
        noise: gamma. Discrete noise has the gradient zero, and none at a tie.
        temperature: None (or zero) for the arg max itself, which stays so when traced; t > 0.

    Raises:
        ValueError: for more than 65536 joint states; for a temperature with a function f; at a tie
            of discrete noise; as every estimator.
    """

    noise: AbstractPerturbation = GUMBEL
    temperature: Float[Array, ""] | float | None = None
    random: ClassVar[bool] = False

    @property
    def unbiased(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether there is no temperature."""
        return self._hard

    @property
    def settings(self) -> dict[str, Setting]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The temperature, if there is one."""
        return {} if self._hard else {"temperature": TEMPERATURE}

    @property
    def _hard(self) -> bool:
        t = self.temperature
        return t is None or (is_known(t) and jnp.ndim(t) == 0 and float(t) == 0)

    def _potential(self) -> Potential:
        if self._hard:
            return expected_max(self.noise)
        return expected_logsumexp(self.noise, self.temperature)  # pyright: ignore[reportArgumentType]

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        del key
        if not callable(objective.f):
            return self._potential().hvp(theta, objective.f)
        self._require_states(objective)
        potential = self._potential()

        def total(p: Array) -> Array:
            return jnp.sum(_expectation(objective, p))

        return potential.hvp(theta, jax.grad(total)(potential.probabilities(theta)))

    def _surrogate(self, key: Any, theta: Float[Array, "... K"], f: Values) -> Array:
        """E[f(z)] itself."""
        del key
        objective, potential = Objective.of(theta, f), self._potential()
        potential.require_no_tie(theta)
        p = potential.probabilities(theta)
        if not callable(objective.f):
            return jnp.sum(objective.f * p, -1)
        self._require_states(objective)
        return _expectation(objective, p)

    def _require_states(self, objective: Objective) -> None:
        """Raise ValueError unless the mean of this function is a sum over states."""
        if not self._hard:
            msg = (
                f"`f` must be an array of values at temperature {self.temperature}, got a "
                "function, whose mean over the relaxed z has no closed form; use `measure` with "
                "Relaxed"
            )
            raise ValueError(msg)
        if not enumerable(objective):
            msg = (
                f"`f` must have at most {STATES} joint states to be enumerated, got "
                f"{objective.shape[-1]} categories to the power {objective.latents}; use an "
                "unbiased estimator that samples, such as Rebar, and average its draws"
            )
            raise ValueError(msg)

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        mean = self._estimate(None, theta, objective)
        return mean, jnp.zeros_like(mean)


def enumerable(objective: Objective) -> bool:
    """Whether the gradient for this f can be had without sampling."""
    return not callable(objective.f) or objective.shape[-1] ** objective.latents <= STATES


def _expectation(objective: Objective, p: Float[Array, "*shape"]) -> Float[Array, "*batch"]:
    """E[f(z)], multilinear in p: its derivative in p_nk is E[f(z) | z_n = e_k]."""
    shape, (latents, categories) = objective.shape, (objective.latents, objective.shape[-1])
    count, items = categories**latents, math.prod(objective.batch)
    place = categories ** jnp.arange(latents)[::-1]

    def value(state: Array) -> Array:
        z = jax.nn.one_hot(state // place % categories, categories, dtype=objective.dtype)
        return objective(jnp.broadcast_to(z.reshape(*shape[objective.lead :]), shape))

    found = jax.lax.map(value, jnp.arange(count), batch_size=objective.at_once(count))
    left, p = jnp.moveaxis(found.reshape(count, items), 0, 1), p.reshape(items, latents, categories)
    for n in range(latents - 1, -1, -1):
        left = jnp.einsum("isk,ik->is", left.reshape(items, -1, categories), p[:, n])
    return left.reshape(objective.batch)
