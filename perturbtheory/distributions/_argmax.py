"""`PerturbArgmax`: the law of the category that wins."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.distributions._arguments import joint_shape, parameters_of
from perturbtheory.distributions._categories import taken
from perturbtheory.distributions._divergence import divergence
from perturbtheory.distributions._draws import in_library_of, lengths, perturbed, widened
from perturbtheory.distributions._shown import Shown
from perturbtheory.numerics import choice, is_known, namespace, register
from perturbtheory.potential import Potential, require_noise

if TYPE_CHECKING:
    from jax.typing import ArrayLike
    from jaxtyping import Float, Int

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class PerturbArgmax(Shown):
    """P(z = i) = P(argmax_j(theta_j + gamma_j) = i), for i = 0, ..., d - 1.

    theta has shape ``(*batch, d)`` and holds one law per row. theta_i = -inf masks category i, as
    in logits. Numbers, lists and NumPy arrays are answered in NumPy and float64, without importing
    JAX; JAX arrays, as theta or as a parameter of the noise, in JAX and in their dtype, where all
    members work under ``jit``, ``vmap`` and ``grad``. Nothing but `sample` is random.

    Under Gumbel noise this is the Categorical law softmax(theta):
    ``PerturbArgmax(pt.Gumbel(), logits)``, with ``np.log(q)`` as the logits where its
    probabilities q are given.
    Under discrete noise categories may tie; then one of those that tie wins, each with the same
    probability. Paper A, (12), (13) and Corollary 9.1.

    Args:
        noise: gamma, a perturbation or `FactorNoise`.
        theta: what the noise is added to.

    Raises:
        TypeError: for noise that is neither.
        ValueError: for theta that is scalar, empty, NaN, +inf or masked everywhere in a row, or
            that does not fit the parameters of the noise.

    Example:
        >>> import numpy as np
        >>> import perturbtheory as pt
        >>> law = pt.distributions.PerturbArgmax(pt.Normal(), [0.3, -0.2, 1.1])
        >>> law.probs.round(6).tolist(), int(law.mode)
        ([0.243956, 0.118508, 0.637536], 2)
        >>> law.sample(np.random.default_rng(0), (4,)).shape
        (4,)
        >>> uniform = pt.distributions.PerturbArgmax(pt.Gumbel(), [0.0, 0.0, 0.0])
        >>> round(float(law.kl_divergence(uniform) + law.entropy()), 6)  # log 3
        1.098612
    """

    noise: Any
    theta: Float[Array, "*batch d"]

    def __post_init__(self) -> None:
        require_noise("noise", self.noise)
        object.__setattr__(self, "theta", parameters_of(self.potential, self.theta))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of theta without its last axis: one law per row."""
        return self.theta.shape[:-1]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """(), that of one draw: a category is an integer."""
        return ()

    @property
    def potential(self) -> Potential:
        """f(theta) = E[max_i(theta_i + gamma_i)], whose gradient `probs` is."""
        return Potential(self.noise)

    @property
    def probs(self) -> Float[Array, "*batch d"]:
        """p_i, of the shape of theta: not negative, with sum one."""
        return self.potential.probabilities(self.theta)

    @property
    def logits(self) -> Float[Array, "*batch d"]:
        """log p_i, of the shape of theta, finite where p_i itself underflows.

        -inf only where category i cannot win: masked, or out of reach under bounded noise.
        """
        return self.potential.log_probabilities(self.theta)

    @property
    def mode(self) -> Int[Array, "*batch"]:
        """argmax_i p_i, the first of equals."""
        logits = self.logits
        return namespace(logits).argmax(logits, -1)

    def prob(self, category: Int[ArrayLike, "..."]) -> Float[Array, "..."]:
        """p_i at i = `category`; shapes and errors are those of `log_prob`."""
        return taken(self.probs, category)

    def log_prob(self, category: Int[ArrayLike, "..."]) -> Float[Array, "..."]:
        """log p_i at i = `category`, finite where p_i itself underflows.

        The shape of `category` broadcasts against that of the batch: ``(n, 1)`` and ``(b,)`` give
        ``(n, b)``. Raises ValueError unless categories are integers from 0 to d - 1; those known
        only when a traced computation runs give NaN instead.

        Example:
            >>> import perturbtheory as pt
            >>> law = pt.distributions.PerturbArgmax(pt.Normal(), [0.0, -80.0, 0.0])
            >>> law.log_prob([0, 1]).round(1).tolist()
            [-0.7, -2142.3]
        """
        return taken(self.logits, category)

    def entropy(self) -> Float[Array, "*batch"]:
        """H = -sum_i p_i log p_i in nats, between 0 and log d."""
        return self.potential.entropy(self.theta)

    def kl_divergence(self, other: PerturbArgmax) -> Float[Array, "*batch"]:
        """KL(p || q) = sum_i p_i log(p_i / q_i) in nats, for q the probabilities of `other`.

        Never negative, zero for equal laws, +inf where q_i = 0 < p_i; p_i = 0 adds nothing. As
        every term p_i (log(p_i / q_i) - 1 + q_i / p_i) is positive, laws that differ by a relative
        e in each p_i, whose divergence is about e^2 / 2, leave a relative error of about 1e-15 / e.
        The batches of both broadcast. Raises TypeError for anything but a `PerturbArgmax`,
        ValueError for another number of categories or batches that do not fit.

        Example:
            >>> import numpy as np
            >>> import perturbtheory as pt
            >>> law = pt.distributions.PerturbArgmax(pt.Gumbel(), [0.0, 0.0])
            >>> other = pt.distributions.PerturbArgmax(pt.Gumbel(), np.log([0.25, 0.75]))
            >>> round(float(law.kl_divergence(other)), 6)  # log(4/3) / 2
            0.143841
        """
        if not isinstance(other, PerturbArgmax):
            msg = (
                f"`other` must be a PerturbArgmax, got {other!r}; probabilities q are "
                "PerturbArgmax(pt.Gumbel(), np.log(q))"
            )
            raise TypeError(msg)
        if other.theta.shape[-1] != self.theta.shape[-1]:
            msg = (
                f"`other` must have {self.theta.shape[-1]} categories, got "
                f"{other.theta.shape[-1]}; mask those that it lacks with -inf"
            )
            raise ValueError(msg)
        joint_shape("other", other.theta.shape[:-1], self.theta.shape[:-1])
        return divergence(self.logits, other.logits)

    def enumerate_support(self) -> Int[Array, "d *batch"]:
        """All categories 0, ..., d - 1 along a new first axis, those that cannot win included.

        ``law.log_prob(law.enumerate_support())`` has shape ``(d, *batch)``.
        """
        *batch, d = self.theta.shape
        xp = namespace(self.theta)
        return xp.broadcast_to(xp.arange(d).reshape(d, *(1 for _ in batch)), (d, *batch))

    def sample(self, key: Any, shape: int | tuple[int, ...] = ()) -> Int[Array, "*shape *batch"]:
        """Independent categories, integers of shape ``(*shape, *batch)``.

        Draws noise and takes the arg max; under discrete noise, where a tie is broken fairly, draws
        by `probs`. theta that is found invalid only when a traced computation runs gives -1.

        Args:
            key: a `numpy.random.Generator`, which answers in NumPy, or a key of jax.random, which
                answers in JAX.
            shape: how many draws per row, in which shape.

        Raises:
            ValueError: for another key, or a shape that is none.
            TypeError: for a generator where theta or the noise is traced: it would draw once only.
        """
        law, shape = in_library_of(key, self), lengths(shape)
        if law.noise.continuous:
            x = perturbed(key, law, shape)
            category = namespace(x).argmax(x, -1)
        else:
            category = choice(key, widened(law.probs), (*shape, *law.theta.shape[:-1]))
        if is_known(law.theta):
            return category
        xp = namespace(law.theta)
        valid = xp.all(law.theta < np.inf, -1) & xp.any(law.theta > -np.inf, -1)
        return xp.where(valid, category, -1)
