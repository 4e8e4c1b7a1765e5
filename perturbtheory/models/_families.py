"""Families of distributions over d categories that can be sampled by a softmax of noise."""

import abc
import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.checks import positive, require
from perturbtheory.numerics import is_known
from perturbtheory.perturbations import AbstractPerturbation, Normal, register
from perturbtheory.potential import Potential, expected_logsumexp, expected_max

Parameters = Any
"""A pytree of arrays; its shapes are those of `AbstractFamily.start`."""

_STILL = 1e-9
"""Scale of noise that stands for none: below it nothing changes by more than 1e-16."""


class AbstractFamily(abc.ABC):
    """Parameters -> a distribution p over d categories, the mean of relaxed samples s.

    `probabilities` and `hard_probabilities` are exact, by the engine; `sample` is what a fit sees.

    Example:
        >>> from perturbtheory import models
        >>> import perturbtheory as pt
        >>> import numpy as np
        >>> family = models.PerturbSoftmax(pt.Normal())
        >>> family.probabilities(np.zeros(2)).tolist()
        [0.5, 0.5]
    """

    temperature: float

    @abc.abstractmethod
    def start(self, logits: Float[Array, "d"]) -> Parameters:
        """Parameters whose logits are these, up to a constant, and whose scales are one."""

    @abc.abstractmethod
    def logits(self, parameters: Parameters) -> Float[Array, "d"]:
        """What the noise is added to, one entry a category."""

    @abc.abstractmethod
    def perturbed(self, parameters: Parameters, key: Array, draws: int) -> Float[Array, "draws d"]:
        """Logits and noise over the temperature: relaxed samples are their softmax."""

    @abc.abstractmethod
    def noise(self, parameters: Parameters) -> AbstractPerturbation:
        """The law of what is added to the logits."""

    def sample(self, parameters: Parameters, key: Array, draws: int) -> Float[Array, "draws d"]:
        """Independent relaxed samples, points of the simplex."""
        return jax.nn.softmax(self.perturbed(parameters, key, draws))

    def potential(self, parameters: Parameters) -> Potential:
        """E[t logsumexp((logits + noise)/t)], whose gradient is `probabilities`."""
        return expected_logsumexp(self.noise(parameters), self.temperature)

    def probabilities(self, parameters: Parameters) -> Float[Array, "d"]:
        """E[s] = E[softmax((logits + noise)/t)], by quadrature."""
        return self.potential(parameters).probabilities(self.logits(parameters))

    def hard_probabilities(self, parameters: Parameters) -> Float[Array, "d"]:
        """P(argmax(logits + noise) = i), by quadrature: what hard samples follow."""
        return expected_max(self.noise(parameters)).probabilities(self.logits(parameters))


@register
@dataclasses.dataclass(frozen=True, eq=False)
class PerturbSoftmax(AbstractFamily):
    """p(theta) = E[softmax((theta + gamma)/t)] with parameters theta in R^d; paper A, (7), (11).

    Raises ValueError unless `temperature` is positive and finite, TypeError unless `gamma` is a
    perturbation.

    Example:
        >>> from perturbtheory import models
        >>> import perturbtheory as pt
        >>> import numpy as np
        >>> family = models.PerturbSoftmax(pt.Normal(), temperature=0.5)
        >>> family.probabilities(np.zeros(2)).round(6).tolist()
        [0.5, 0.5]
    """

    gamma: AbstractPerturbation
    temperature: float = 1.0

    def __post_init__(self) -> None:
        expected_max(self.gamma)
        _require_temperature(self.temperature)

    def start(self, logits: Float[Array, "d"]) -> Float[Array, "d"]:
        return logits

    def logits(self, parameters: Float[Array, "d"]) -> Float[Array, "d"]:
        return parameters

    def noise(self, parameters: Float[Array, "d"]) -> AbstractPerturbation:
        del parameters
        return self.gamma

    def perturbed(
        self, parameters: Float[Array, "d"], key: Array, draws: int
    ) -> Float[Array, "draws d"]:
        gamma = self.gamma.astype(parameters.dtype).sample(key, (draws, parameters.size))
        return (parameters + gamma.astype(parameters.dtype)) / _positive(self.temperature)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class InvertibleGaussian(AbstractFamily):
    """p = E[softmax((mu + sigma eps, 0)/t)] with parameters (mu, log sigma) in R^(d-1) each.

    The invertible Gaussian reparameterization with softmax++ and delta = 1: the last category
    takes what the others leave, 1/(1 + sum_j exp((mu_j + sigma_j eps_j)/t)). It is Perturb-Softmax
    with a scale for every coordinate and none for the last. Potapczynski, Loaiza-Ganem and
    Cunningham (2020). Raises ValueError unless `temperature` is positive and finite.

    Example:
        >>> from perturbtheory import models
        >>> import numpy as np
        >>> family = models.InvertibleGaussian(temperature=0.5)
        >>> family.probabilities(family.start(np.zeros(3))).shape
        (3,)
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        _require_temperature(self.temperature)

    def start(self, logits: Float[Array, "d"]) -> tuple[Array, Array]:
        return logits[:-1] - logits[-1], jnp.zeros_like(logits[:-1])

    def logits(self, parameters: tuple[Array, Array]) -> Float[Array, "d"]:
        mu, _ = parameters
        return jnp.concatenate([mu, jnp.zeros_like(mu[:1])])

    def noise(self, parameters: tuple[Array, Array]) -> AbstractPerturbation:
        _, log_sigma = parameters
        scale = jnp.exp(log_sigma)
        return Normal(jnp.concatenate([scale, jnp.full_like(scale[:1], _STILL)]))

    def probabilities(self, parameters: tuple[Array, Array]) -> Float[Array, "d"]:
        """E[s_i] = int A_i'(r) prod_{j != i} A_j(r) dr / t, by the trapezoidal rule.

        With s_i = x_i / sum x and 1/S = int e^(-uS) du at u = e^(r/t), where A_j = E[e^(-u x_j)]
        and A_j' = E[u x_j e^(-u x_j)] are integrals over one eps. The engine gives the same, but
        would tabulate a law for every scale.
        """
        mu, log_sigma = parameters
        mu, sigma = (jnp.append(x, last) for x, last in ((mu, 0.0), (jnp.exp(log_sigma), 0.0)))
        t = self.temperature
        # In units of t the integrands vary over lengths of one, and the window grows with sigma.
        ratio = float(jnp.max(sigma)) / t
        eps = jnp.linspace(-9.0, 9.0, 1 + 2 ** math.ceil(math.log2(90 * max(2.0, ratio))))
        weight = jnp.exp(-jnp.square(eps) / 2)
        weight = weight / jnp.sum(weight)
        deep = t * (9.0 * ratio + 40.0)
        r = jnp.linspace(-deep, deep, 1 + 2 ** math.ceil(math.log2(72 * ratio + 320)))
        r = r - jnp.max(mu)

        def at(position: Array) -> Array:
            w = (position + mu[:, None] + sigma[:, None] * eps) / t
            ux = jnp.exp(jnp.minimum(w, 80.0))  # beyond, e^-ux is zero in every precision
            whole = jnp.exp(-ux) @ weight
            part = (ux * jnp.exp(-ux)) @ weight
            return jnp.prod(whole) * part / jnp.maximum(whole, jnp.finfo(whole.dtype).tiny)

        return jnp.sum(jax.lax.map(at, r), 0) * (2 * deep / (r.size - 1) / t)

    def perturbed(
        self, parameters: tuple[Array, Array], key: Array, draws: int
    ) -> Float[Array, "draws d"]:
        mu, log_sigma = parameters
        eps = jax.random.normal(key, (draws, mu.size), mu.dtype)
        moved = (mu + jnp.exp(log_sigma) * eps) / _positive(self.temperature)
        return jnp.concatenate([moved, jnp.zeros((draws, 1), mu.dtype)], 1)


def _positive(temperature: Any) -> Any:
    """The temperature; NaN for one that is not positive and known too late to raise."""
    if is_known(temperature):
        return temperature
    return jnp.where(temperature > 0, temperature, jnp.nan)


def _require_temperature(temperature: Any) -> None:
    way_out = "pass a temperature > 0"
    require("temperature", temperature, positive, "be positive and finite", way_out, most=0)
