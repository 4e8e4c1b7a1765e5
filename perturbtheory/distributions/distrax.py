"""`PerturbArgmax` and `PerturbSoftmax` as distributions of Distrax, for what is written for those.

Needs ``pip install 'perturbtheory[distrax]'``; only whoever imports this module loads Distrax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from perturbtheory import distributions as exact
from perturbtheory.checks import as_vectors
from perturbtheory.distributions._divergence import divergence

try:
    import distrax
    from tensorflow_probability.substrates.jax.distributions import RegisterKL
except ImportError as error:
    msg = (
        "perturbtheory.distributions.distrax needs Distrax, which is not installed; "
        "pip install 'perturbtheory[distrax]'"
    )
    raise ImportError(msg) from error

if TYPE_CHECKING:
    from jaxtyping import Array, Float, Int


class _Batched(distrax.Distribution):
    """What both have: a law, whose rows are the batch."""

    law: Any
    """The same law as an object of this package."""

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return self.law.batch_shape

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.law.event_shape

    def _sample_n(self, key: Any, n: int) -> Any:
        return self.law.sample(key, (n,))

    def log_prob(self, value: Any) -> Any:
        return self.law.log_prob(value)

    def _rows(self, index: Any) -> Any:
        """theta of the part of the batch that `index` picks."""
        theta = self.law.theta
        numbers = np.arange(np.prod(self.batch_shape, dtype=int)).reshape(self.batch_shape)
        return theta.reshape(-1, theta.shape[-1])[jnp.asarray(numbers)[index]]


class PerturbArgmax(_Batched):
    """P(z = i) = P(argmax_j(theta_j + gamma_j) = i): `perturbtheory.distributions.PerturbArgmax`.

    theta has shape ``(*batch, d)`` and is an array of JAX, or becomes one; a draw is an integer.
    Log probabilities, the entropy and `kl_divergence`, also with a Categorical of Distrax, are
    exact. theta_i = -inf masks category i.

    Args:
        noise: gamma, a perturbation or `FactorNoise`.
        theta: what the noise is added to.

    Example:
        >>> import distrax
        >>> import perturbtheory as pt
        >>> from perturbtheory.distributions.distrax import PerturbArgmax
        >>> law = PerturbArgmax(pt.Gumbel(), [0.3, -0.2, 1.1])
        >>> law.sample(seed=0, sample_shape=(4,)).shape
        (4,)
        >>> float(law.kl_divergence(distrax.Categorical(logits=law.law.theta)).round(5))
        0.0
    """

    def __init__(self, noise: Any, theta: Float[Array, "*batch d"]) -> None:
        super().__init__()
        theta = jnp.asarray(as_vectors("theta", theta, masked=True))
        self.law = exact.PerturbArgmax(noise, theta)

    @property
    def probs(self) -> Float[Array, "*batch d"]:
        """p_i, of the shape of theta."""
        return self.law.probs

    @property
    def logits(self) -> Float[Array, "*batch d"]:
        """log p_i, finite where p_i itself underflows."""
        return self.law.logits

    @property
    def num_categories(self) -> int:
        """The number d of categories."""
        return self.law.theta.shape[-1]

    def prob(self, value: Int[Array, "..."]) -> Float[Array, "..."]:
        """p_i at i = `value`."""
        return self.law.prob(value)

    def entropy(self) -> Float[Array, "*batch"]:
        """-sum_i p_i log p_i."""
        return self.law.entropy()

    def mode(self) -> Int[Array, "*batch"]:
        """argmax_i p_i, the first of equals."""
        return self.law.mode

    def __getitem__(self, index: Any) -> PerturbArgmax:
        return PerturbArgmax(self.law.noise, self._rows(index))


class PerturbSoftmax(_Batched):
    """The law of softmax((theta + gamma)/t): `perturbtheory.distributions.PerturbSoftmax`.

    theta has shape ``(*batch, d)`` and is an array of JAX, or becomes one; a draw is a point of the
    simplex, and a smooth function of theta and of the temperature. `log_prob` needs independent
    noise with densities.

    Args:
        noise: gamma, a perturbation or `FactorNoise`.
        theta: what the noise is added to.
        temperature: t > 0, a number.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.distributions.distrax import PerturbSoftmax
        >>> law = PerturbSoftmax(pt.Gumbel(), [0.0, 0.0], 1.0)
        >>> law.sample(seed=0, sample_shape=(4,)).shape, float(law.mean()[0].round(6))
        ((4, 2), 0.5)
    """

    def __init__(
        self,
        noise: Any,
        theta: Float[Array, "*batch d"],
        temperature: Float[Array, ""] | float = 1.0,
    ) -> None:
        super().__init__()
        theta = jnp.asarray(as_vectors("theta", theta, masked=True))
        self.law = exact.PerturbSoftmax(noise, theta, temperature)

    def mean(self) -> Float[Array, "*batch d"]:
        """E[s], of the shape of theta."""
        return self.law.mean

    def variance(self) -> Float[Array, "*batch d"]:
        """Var[s_i], of the shape of theta."""
        return self.law.variance

    def __getitem__(self, index: Any) -> PerturbSoftmax:
        return PerturbSoftmax(self.law.noise, self._rows(index), self.law.temperature)


def _divergence(p: Any, q: Any, *_: Any, **__: Any) -> Float[Array, "..."]:
    return divergence(*(d.logits for d in (p, q)))


for _one, _other in (
    (PerturbArgmax, PerturbArgmax),
    (PerturbArgmax, distrax.Categorical),
    (distrax.Categorical, PerturbArgmax),
):
    RegisterKL(_one, _other)(_divergence)
