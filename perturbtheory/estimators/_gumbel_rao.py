"""Straight-through Gumbel-softmax, averaged over the noise that z leaves open."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.estimators._base import GUMBEL, TEMPERATURE, AbstractEstimator, Setting
from perturbtheory.estimators._control import given_argmax
from perturbtheory.estimators._draws import draw, one_hot
from perturbtheory.estimators._gumbel_rao_law import variance_of_means
from perturbtheory.estimators._of_draw import through
from perturbtheory.estimators._relaxed_law import relaxed_moments
from perturbtheory.estimators._score import require_samples
from perturbtheory.numerics import divided, is_known, namespace, register, split

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective


@register
@dataclasses.dataclass(frozen=True, eq=False)
class GumbelRao(AbstractEstimator):
    """(1/S) sum_s J(softmax(x_s/t)) grad f(z) / t,  x_s with the law of theta + gamma given z.

    J(p) v = p (v - <p, v>); z = e_argmax(theta + gamma) is drawn once, gamma given z is drawn S
    times, unit Gumbel noise. f is evaluated at z alone, so that inner draws are cheap. For every
    f the mean is that of straight-through Gumbel-softmax, `Relaxed(temperature=t,
    straight_through=True)`, which is S = 1, and the variance is

        Var[E[v | z]] + E[Var[v | z]] / S,

    which the average over gamma given z, by Rao and Blackwell, brings down to its first term. For
    f(z) = <values, z> both are quadratures here; known numbers alone have these moments.

    Paulus, Maddison and Krause (2021), section 3.

    Args:
        temperature: t > 0.
        samples: S, inner draws of gamma for one z.

    Raises:
        ValueError: for a temperature that is not positive; for S that is no positive integer; as
            every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import numpy as np
        >>> rule = es.GumbelRao(temperature=0.5, samples=100)
        >>> rule(jax.random.key(0), np.zeros(3), np.array([1.0, 2.0, 4.0])).shape
        (3,)
    """

    temperature: Float[Array, ""] | float = 1.0
    samples: int = dataclasses.field(default=10, metadata={"static": True})
    unbiased: ClassVar[bool] = False
    relaxes: ClassVar[bool] = True
    settings: ClassVar[dict[str, Setting]] = {"temperature": TEMPERATURE}

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        require_samples(self.samples, 1)
        import jax

        t = jax.numpy.asarray(self.temperature, theta.dtype)
        first, second = split(key)
        z = one_hot(theta + draw(GUMBEL, first, theta))
        x = given_argmax(theta, z, draw(GUMBEL, second, theta, self.samples))
        each = through(jax.nn.softmax(divided(x, t)), objective.gradient(z))
        return jax.numpy.mean(each, 0) / t

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        require_samples(self.samples, 1)
        given: Any = (theta, objective.f, self.temperature)
        if not all(map(is_known, given)):
            return super()._moments(theta, objective)
        mean, variance = relaxed_moments(GUMBEL, theta, objective.f, self.temperature)
        rows = (np.asarray(x, float).reshape(-1, theta.shape[-1]) for x in given[:2])
        between = [variance_of_means(h, f, float(given[2])) for h, f in zip(*rows, strict=True)]
        least = namespace(theta).asarray(np.reshape(between, theta.shape), theta.dtype)
        return mean, least + (variance - least) / self.samples
