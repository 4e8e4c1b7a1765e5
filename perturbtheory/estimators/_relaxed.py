"""Gradients of f itself: through the softmax in the place of the arg max."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.estimators._base import GUMBEL, TEMPERATURE, AbstractEstimator, Setting
from perturbtheory.estimators._draws import draw, one_hot
from perturbtheory.estimators._objective import Objective
from perturbtheory.estimators._of_draw import AbstractOfDraw
from perturbtheory.estimators._relaxed_law import relaxed_moments
from perturbtheory.numerics import divided, namespace, register
from perturbtheory.potential import expected_max

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Values
    from perturbtheory.estimators._of_draw import Given
    from perturbtheory.perturbations import AbstractPerturbation


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Relaxed(AbstractEstimator):
    """J(s) grad f(s) / t,  s = softmax((theta + gamma)/t),  J(s) v = s (v - <s, v>).

    The gradient of f(s), which is Gumbel-Softmax under Gumbel noise and Perturb-Softmax under any
    other. Straight-through takes grad f at the arg max of the same draw, so that f is evaluated
    where it is defined. Biased unless t -> 0, where the variance grows like 1/t; for f(z) =
    <values, z> both are exact here, see `moments`, `relaxed_bias` and `relaxed_variance`.

    Jang, Gu and Poole (2017); Maddison, Mnih and Teh (2017); paper A, (7); paper B, (4).

    Args:
        noise: gamma, any.
        temperature: t > 0.
        straight_through: take the gradient of f at the one-hot z.

    Raises:
        ValueError: for a temperature that is not positive; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import numpy as np
        >>> rule = es.Relaxed(temperature=0.5)
        >>> found = rule(jax.random.key(0), np.zeros(3), np.array([1.0, 2.0, 4.0]))
        >>> found.shape, abs(float(found.sum())) < 1e-5
        ((3,), True)
    """

    noise: AbstractPerturbation = GUMBEL
    temperature: Float[Array, ""] | float = 1.0
    straight_through: bool = dataclasses.field(default=False, metadata={"static": True})
    unbiased: ClassVar[bool] = False
    relaxes: ClassVar[bool] = True
    settings: ClassVar[dict[str, Setting]] = {"temperature": TEMPERATURE}

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        import jax

        t = jax.numpy.asarray(self.temperature, theta.dtype)
        x = theta + draw(self.noise, key, theta)
        s = jax.nn.softmax(divided(x, t))
        slope = objective.gradient(one_hot(x) if self.straight_through else s)
        return s * (slope - jax.numpy.sum(s * slope, -1, keepdims=True)) / t

    def _surrogate(self, key: Any, theta: Float[Array, "... K"], f: Values) -> Array:
        """f(s); straight-through f(z + s - [s])."""
        import jax

        t = jax.numpy.asarray(self.temperature, theta.dtype)
        x = theta + draw(self.noise, key, theta)
        s = jax.nn.softmax(divided(x, t))
        if self.straight_through:
            s = s + jax.lax.stop_gradient(one_hot(x) - s)
        objective = Objective.of(theta, f)
        objective.require_floating(s)
        return objective(s)

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        """By quadrature; straight-through is the same estimate, for grad f is constant."""
        return relaxed_moments(self.noise, theta, objective.f, self.temperature)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class StraightThrough(AbstractOfDraw):
    """H(theta) grad f(z),  z = e_argmax(theta + gamma),  H = Hessian of E[max(theta + gamma)].

    Forward the sample z, backward as if it were p(theta), whose Jacobian is H; under unit Gumbel
    noise that of softmax(theta). For f(z) = <values, z> grad f is constant, and one draw is the
    exact gradient, without variance. Otherwise biased; mean and variance are sums over all z.

    Bengio, Leonard and Courville (2013).

    Args:
        noise: gamma.

    Raises:
        ValueError: at a tie of discrete noise; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import numpy as np
        >>> es.StraightThrough()(jax.random.key(0), np.zeros(2), np.array([0.0, 1.0])).tolist()
        [-0.25, 0.25]
    """

    noise: AbstractPerturbation = GUMBEL

    def _of_draw(self, theta: Float[Array, "*shape"], objective: Objective) -> Given:
        potential = expected_max(self.noise)
        return lambda z: potential.hvp(theta, objective.gradient(z))

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        if callable(objective.f):
            return super()._moments(theta, objective)
        mean = expected_max(self.noise).hvp(theta, objective.f)
        return mean, namespace(mean).zeros_like(mean)
