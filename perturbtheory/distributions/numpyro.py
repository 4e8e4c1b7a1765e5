"""`PerturbArgmax` and `PerturbSoftmax` as distributions of NumPyro, for its models and samplers.

Needs ``pip install 'perturbtheory[numpyro]'``; only whoever imports this module loads NumPyro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from perturbtheory import distributions as exact
from perturbtheory.checks import as_vectors
from perturbtheory.distributions._divergence import divergence

try:
    from numpyro import distributions as numpyro
    from numpyro.distributions import constraints
    from numpyro.distributions.kl import kl_divergence
    from numpyro.distributions.util import validate_sample
except ImportError as error:
    msg = (
        "perturbtheory.distributions.numpyro needs NumPyro, which is not installed; "
        "pip install 'perturbtheory[numpyro]'"
    )
    raise ImportError(msg) from error

if TYPE_CHECKING:
    from jaxtyping import Array, Float, Int


class _Masked(constraints.Constraint):
    """Numbers, and -inf for what is masked."""

    def __call__(self, x: Any) -> Any:
        return x < jnp.inf

    def feasible_like(self, prototype: Any) -> Any:
        return jnp.zeros_like(prototype)

    def tree_flatten(self) -> tuple[Any, Any]:
        return (), ((), {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Masked)

    def __hash__(self) -> int:
        return hash(_Masked)


_VECTOR = constraints.independent(_Masked(), 1)


class PerturbArgmax(numpyro.Distribution):
    """P(z = i) = P(argmax_j(theta_j + gamma_j) = i): `perturbtheory.distributions.PerturbArgmax`.

    theta has shape ``(*batch, d)`` and is an array of JAX, or becomes one; a draw is an integer.
    Log probabilities, the entropy and `kl_divergence` of NumPyro, also with its Categorical, are
    exact. theta_i = -inf masks category i.

    Args:
        noise: gamma, a perturbation or `FactorNoise`.
        theta: what the noise is added to.
        validate_args: whether NumPyro checks theta and values, as for all its distributions.

    Example:
        >>> import jax, jax.numpy as jnp, numpyro
        >>> import perturbtheory as pt
        >>> from perturbtheory.distributions.numpyro import PerturbArgmax
        >>> def model(z):
        ...     prior = numpyro.distributions.Normal(0.0, 1.0).expand([3]).to_event(1)
        ...     theta = numpyro.sample("theta", prior)
        ...     numpyro.sample("z", PerturbArgmax(pt.Normal(), theta), obs=z)
        >>> kernel = numpyro.infer.NUTS(model)  # theta given observed categories
        >>> law = PerturbArgmax(pt.Normal(), jnp.zeros((2, 3)))
        >>> law.batch_shape, law.support, law.sample(jax.random.key(0), (4,)).shape
        ((2,), IntegerInterval(lower_bound=0, upper_bound=2), (4, 2))
    """

    arg_constraints = {"theta": _VECTOR}  # noqa: RUF012
    pytree_data_fields = ("noise", "theta")
    has_enumerate_support = True

    def __init__(
        self, noise: Any, theta: Float[Array, "*batch d"], *, validate_args: bool | None = None
    ) -> None:
        self.noise, self.theta = noise, jnp.asarray(as_vectors("theta", theta, masked=True))
        law = self.law
        super().__init__(law.batch_shape, law.event_shape, validate_args=validate_args)

    @property
    def law(self) -> exact.PerturbArgmax:
        """The same law as an object of this package."""
        return exact.PerturbArgmax(self.noise, self.theta)

    @constraints.dependent_property(is_discrete=True, event_dim=0)  # pyright: ignore[reportArgumentType]
    def support(self) -> constraints.Constraint:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The integers 0, ..., d - 1."""
        return constraints.integer_interval(0, self.theta.shape[-1] - 1)

    @property
    def probs(self) -> Float[Array, "*batch d"]:
        """p_i, of the shape of theta."""
        return self.law.probs

    @property
    def logits(self) -> Float[Array, "*batch d"]:
        """log p_i, finite where p_i itself underflows."""
        return self.law.logits

    @property
    def mode(self) -> Int[Array, "*batch"]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """argmax_i p_i, the first of equals."""
        return self.law.mode

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Int[Array, "..."]:
        """Independent categories of shape ``(*sample_shape, *batch)``."""
        return self.law.sample(key, sample_shape)

    @validate_sample
    def log_prob(
        self,
        value: Any,
        intermediates: Any = None,  # noqa: ARG002
    ) -> Float[Array, "..."]:
        """log p_i at i = `value`, whose shape broadcasts against the batch."""
        return self.law.log_prob(value)

    def entropy(self) -> Float[Array, "*batch"]:
        """-sum_i p_i log p_i."""
        return self.law.entropy()

    def enumerate_support(self, expand: bool = True) -> Int[Array, "d ..."]:
        """0, ..., d - 1 along a new first axis; of the shape of the batch behind it if `expand`."""
        categories = self.law.enumerate_support()
        if expand:
            return categories
        return categories.reshape(len(categories), -1)[:, :1].reshape(
            -1, *(1 for _ in self.batch_shape)
        )


class PerturbSoftmax(numpyro.Distribution):
    """The law of softmax((theta + gamma)/t): `perturbtheory.distributions.PerturbSoftmax`.

    theta has shape ``(*batch, d)`` and is an array of JAX, or becomes one; a draw is a point of the
    simplex, and a smooth function of theta and of the temperature. `log_prob` needs independent
    noise with densities.

    Args:
        noise: gamma, a perturbation or `FactorNoise`.
        theta: what the noise is added to.
        temperature: t > 0, a number.
        validate_args: whether NumPyro checks arguments and values, as for all its distributions.

    Example:
        >>> import jax
        >>> import perturbtheory as pt
        >>> from perturbtheory.distributions.numpyro import PerturbSoftmax
        >>> law = PerturbSoftmax(pt.Gumbel(), [0.0, 0.0], 1.0)
        >>> law.sample(jax.random.key(0), (4,)).shape, law.support, float(law.mean[0].round(6))
        ((4, 2), Simplex(), 0.5)
    """

    arg_constraints = {"theta": _VECTOR, "temperature": constraints.positive}  # noqa: RUF012
    support = constraints.simplex  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]
    reparametrized_params = ["theta", "temperature"]  # noqa: RUF012
    pytree_data_fields = ("noise", "theta", "temperature")

    def __init__(
        self,
        noise: Any,
        theta: Float[Array, "*batch d"],
        temperature: Float[Array, ""] | float = 1.0,
        *,
        validate_args: bool | None = None,
    ) -> None:
        self.noise, self.temperature = noise, temperature
        self.theta = jnp.asarray(as_vectors("theta", theta, masked=True))
        law = self.law
        super().__init__(law.batch_shape, law.event_shape, validate_args=validate_args)

    @property
    def law(self) -> exact.PerturbSoftmax:
        """The same law as an object of this package."""
        return exact.PerturbSoftmax(self.noise, self.theta, self.temperature)

    @property
    def mean(self) -> Float[Array, "*batch d"]:
        """E[s], of the shape of theta."""
        return self.law.mean

    @property
    def variance(self) -> Float[Array, "*batch d"]:
        """Var[s_i], of the shape of theta."""
        return self.law.variance

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Float[Array, "..."]:
        """Independent points of shape ``(*sample_shape, *batch, d)``."""
        return self.law.sample(key, sample_shape)

    @validate_sample
    def log_prob(
        self,
        value: Any,
        intermediates: Any = None,  # noqa: ARG002
    ) -> Float[Array, "..."]:
        """The log density at `value`; see `perturbtheory.distributions.PerturbSoftmax.log_prob`."""
        return self.law.log_prob(value)


def _divergence(p: Any, q: Any) -> Float[Array, "..."]:
    return divergence(*map(_log_probabilities, (p, q)))


def _log_probabilities(law: Any) -> Float[Array, "*batch d"]:
    # The logits of a Categorical may be without their normalisation.
    return law.logits if isinstance(law, PerturbArgmax) else jax.nn.log_softmax(law.logits)


for _pair in (
    (PerturbArgmax, PerturbArgmax),
    *((PerturbArgmax, other) for other in (numpyro.CategoricalProbs, numpyro.CategoricalLogits)),
    *((other, PerturbArgmax) for other in (numpyro.CategoricalProbs, numpyro.CategoricalLogits)),
):
    kl_divergence.add(_pair, _divergence)  # pyright: ignore[reportFunctionMemberAccess]
