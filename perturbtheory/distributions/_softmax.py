"""`PerturbSoftmax`: the law of a relaxed sample, a point of the simplex."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.checks import parameter
from perturbtheory.distributions._argmax import PerturbArgmax
from perturbtheory.distributions._arguments import parameters_of
from perturbtheory.distributions._density import log_density
from perturbtheory.distributions._draws import in_library_of, lengths, perturbed
from perturbtheory.distributions._shown import Shown
from perturbtheory.numerics import divided, floats, is_jax, namespace, register
from perturbtheory.potential import Potential, expected_logsumexp, require_noise

if TYPE_CHECKING:
    from jax.typing import ArrayLike
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PerturbSoftmax(Shown):
    """The law of s = softmax((theta + gamma)/t), a point of the simplex.

    theta has shape ``(*batch, d)`` and holds one law per row; theta_i = -inf makes s_i = 0. Arrays
    of NumPy and of JAX are answered as by `PerturbArgmax`. Derivatives are taken in theta.
    Paper A, (6), (7), (11) and Corollary 8.2; under Gumbel noise the Concrete distribution of
    Maddison, Mnih and Teh (2017) and of Jang, Gu and Poole (2017).

    Args:
        noise: gamma, a perturbation or `FactorNoise`.
        theta: what the noise is added to.
        temperature: t > 0, a number. As t goes to 0, s becomes the one-hot vector of `argmax`;
            categories that tie, as they may under discrete noise, share it equally.

    Raises:
        TypeError: for noise that is neither.
        ValueError: for theta that `PerturbArgmax` refuses, or a temperature that is not positive
            and finite.

    Example:
        >>> import numpy as np
        >>> import perturbtheory as pt
        >>> law = pt.distributions.PerturbSoftmax(pt.Gumbel(), [0.0, 0.0])
        >>> law.mean.tolist(), law.variance.round(6).tolist()  # s_1 is uniform on (0, 1)
        ([0.5, 0.5], [0.083333, 0.083333])
        >>> law.sample(np.random.default_rng(0), (4,)).shape
        (4, 2)
    """

    noise: Any
    theta: Float[Array, "*batch d"]
    temperature: Float[Array, ""] | float = 1.0

    def __post_init__(self) -> None:
        require_noise("noise", self.noise)
        object.__setattr__(self, "theta", parameters_of(self.potential, self.theta))
        object.__setattr__(self, "temperature", parameter("temperature", self.temperature))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of theta without its last axis: one law per row."""
        return self.theta.shape[:-1]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """(d,), that of one draw: a point of the simplex."""
        return self.theta.shape[-1:]

    @property
    def potential(self) -> Potential:
        """f_t(theta) = E[t log sum_i exp((theta_i + gamma_i)/t)], whose gradient `mean` is."""
        return expected_logsumexp(self.noise, self.temperature)

    @property
    def argmax(self) -> PerturbArgmax:
        """The law of argmax_i s_i, which the temperature does not change."""
        return PerturbArgmax(self.noise, self.theta)

    @property
    def mean(self) -> Float[Array, "*batch d"]:
        """m = E[s] = grad f_t(theta), of the shape of theta.

        It is the law of argmax_i(theta_i + gamma_i + t G_i) for standard Gumbel G.
        """
        return self.potential.probabilities(self.theta)

    @property
    def covariance(self) -> Float[Array, "*batch d d"]:
        """E[s s^T] - m m^T = diag(m) - t H - m m^T, with H the Hessian of f_t.

        For dE[s]/dtheta = (E[diag s] - E[s s^T]) / t. Symmetric, positive semidefinite, rows sum to
        zero; shape ``(*batch, d, d)``. Entry ij is right to about 1e-15 min(m_i, m_j), which is all
        there is of it where t is so large, or m_i so small, that s_i does not vary by more.

        Example:
            >>> import perturbtheory as pt
            >>> law = pt.distributions.PerturbSoftmax(pt.Gumbel(), [0.0, 0.0])
            >>> law.covariance.round(6).tolist()
            [[0.083333, -0.083333], [-0.083333, 0.083333]]
        """
        hessian = self.potential.hessian(self.theta)
        xp, hessian, m, t = floats(hessian, self.mean, self.temperature)
        between = -t * hessian - m[..., :, None] * m[..., None, :]
        apart = ~xp.eye(m.shape[-1], dtype=bool)
        between = xp.where(apart, between, 0.0)
        # By the sum of its row a variance keeps its digits where m_i is near one, too.
        variance = xp.maximum(-xp.sum(between, -1), 0.0)
        return xp.where(apart, between, variance[..., None])

    @property
    def variance(self) -> Float[Array, "*batch d"]:
        """Var[s_i], the diagonal of `covariance`, of the shape of theta."""
        covariance = self.covariance
        return namespace(covariance).diagonal(covariance, axis1=-2, axis2=-1)

    def log_prob(self, point: Float[ArrayLike, "*#batch d"]) -> Float[Array, "..."]:
        """log of t^(d - 1) / prod_i s_i int prod_i f_i(t log s_i - theta_i + u) du at s = `point`.

        The density of the first d - 1 entries, for independent noise with densities f_i; -inf where
        s is out of reach under bounded noise. Where theta masks categories s_i = 0, and d is the
        number of the others. Gumbel and normal noise have closed forms, by which

            p(s) = (d - 1)! t^(d - 1) prod_i (e^theta_i s_i^(-t - 1)) / (sum_i e^theta_i s_i^-t)^d

        is the Concrete density; other integrals are right to about 1e-12. The shape of the points
        without their last axis broadcasts against that of the batch. Under JAX differentiable in
        the point, theta, the temperature and the noise.

        Raises ValueError for noise with atoms or `FactorNoise`, and for points that are not on the
        open simplex; those that are traced give NaN instead.

        Example:
            >>> import numpy as np
            >>> import perturbtheory as pt
            >>> law = pt.distributions.PerturbSoftmax(pt.Gumbel(), [0.0, 0.0])
            >>> law.log_prob([[0.2, 0.8], [0.5, 0.5]]).round(12).tolist()  # s_1 is uniform
            [0.0, 0.0]
            >>> law = pt.distributions.PerturbSoftmax(pt.Laplace(), [0.3, -0.2, 1.1], 0.5)
            >>> round(float(law.log_prob([0.2, 0.3, 0.5])), 6)
            -0.824605
        """
        return log_density(self.noise, self.theta, self.temperature, point)

    def sample(
        self, key: Any, shape: int | tuple[int, ...] = ()
    ) -> Float[Array, "*shape *batch d"]:
        """Independent points s of the simplex, shape ``(*shape, *batch, d)``.

        A smooth function of theta and of the temperature for a fixed key of JAX, which ``jax.grad``
        differentiates: the reparameterisation. Arguments and errors are those of
        `PerturbArgmax.sample`; the dtype is that of theta.
        """
        law = in_library_of(key, self)
        x = perturbed(key, law, lengths(shape))
        xp = namespace(x)
        s = xp.softmax(divided(x, xp.asarray(law.temperature, x.dtype)), -1)
        return s.astype(law.theta.dtype) if is_jax(law.theta) else s

    def _table(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        deviation = np.sqrt(np.asarray(self.variance, float))
        rows = zip(np.asarray(self.mean, float), deviation, strict=True)
        return ("category", "mean", "standard deviation"), [(i, *r) for i, r in enumerate(rows)]
