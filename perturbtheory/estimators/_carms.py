"""Several samples that avoid each other, weighted so that pairs are as independent ones."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.estimators._base import AbstractEstimator
from perturbtheory.estimators._score import require_samples
from perturbtheory.numerics import draw, namespace, register

if TYPE_CHECKING:
    from jaxtyping import Array, Float, Int

    from perturbtheory.estimators._objective import Objective


class Sticks(NamedTuple):
    """How antithetic samples of one latent are broken off, category by category.

    Attributes:
        order: categories by ascending probability; the other fields are in this order.
        stop: pi_c = p_c / (p_c + p_{c+1} + ...), the chance to be c when no category before was.
        weight: p_i p_j / P(z = e_i, z' = e_j) for i < j and two of the samples, at i.
    """

    order: Int[Array, "... K"]
    stop: Float[Array, "... K"]
    weight: Float[Array, "... K"]

    @classmethod
    def of(cls, theta: Float[Array, "... K"], samples: int) -> Sticks:
        """Those of softmax(theta), for so many samples."""
        xp = namespace(theta)
        order = xp.argsort(theta, -1)
        share = xp.take_along_axis(xp.exp(theta - xp.max(theta, -1, keepdims=True)), order, -1)
        stop = share / xp.cumsum(share[..., ::-1], -1)[..., ::-1]
        # Two samples both stop with probability `both`; the last stick stops everything.
        root, first = stop ** (1 / (samples - 1)), stop[..., :-1]
        both = (xp.maximum(2 * root - 1, 0.0) ** (samples - 1))[..., :-1]
        neither = 1 - 2 * first + both
        # Nobody goes on from a stick of two halves, which is the last but one.
        gone_on = xp.where(neither > 0, (1 - first) ** 2 / xp.where(neither > 0, neither, 1), 1.0)
        apart = (1 - first) / (1 - xp.where(both > 0, both / xp.where(both > 0, first, 1), 0.0))
        start, end = xp.ones_like(stop[..., :1]), xp.zeros_like(stop[..., :1])
        before = xp.concatenate([start, xp.cumprod(gone_on, -1)[..., :-1]], -1)
        return cls(order, stop, xp.concatenate([before * apart, end], -1))

    def unsorted(self, values: Float[Array, "... K"]) -> Float[Array, "... K"]:
        """Values in the order of the categories as they were given."""
        xp = namespace(self.order)
        back = xp.broadcast_to(xp.argsort(self.order, -1), values.shape)
        return xp.take_along_axis(values, back, -1)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Carms(AbstractEstimator):
    """1/(2 S (S-1)) sum_{s,t} R(z_s, z_t) (f(z_s) - f(z_t)) (z_s - z_t),  R_ij = p_i p_j / P_ij.

    P_ij = P(z_s = e_i, z_t = e_j) for two of S samples, each with the law p = softmax(theta), that
    avoid each other; the weights make pairs as those of independent samples, for which R = 1 and
    the estimate is `ScoreFunction` with the baseline "leave-one-out". Unbiased; for two categories
    ARMS, and with S = 2 `DisArm`. f is evaluated S times, whatever the number of latents.

    Sampling by sticks, in ascending order of p: category c is taken, if none before it was, where
    u_c < pi_c = p_c / (p_c + p_{c+1} + ...). The u_c of the samples have the Dirichlet copula
    u = (1 - d)^(S-1), d uniform on the simplex, under which two are below x with probability
    max(2 x^(1/(S-1)) - 1, 0)^(S-1). For S = 2, which is u and 1 - u, all R_ij <= 1 - min p, and
    for one latent the variance is at most that of two independent samples:

        Var[v_k] = p_k sum_j p_j R_kj (f_k - f_j)^2 / 2 - p_k^2 (f_k - <p, f>)^2.

    Dimitriev and Zhou (2021), section 3, whose code has three samplers, this one among them; the
    bound and the variance are this package's.

    Args:
        samples: S, at least two.

    Raises:
        ValueError: for S that is no integer of at least two; for moments unless S = 2; as every
            estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> carms, loo = es.Carms(2), es.ScoreFunction(samples=2, baseline="leave-one-out")
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> [rule.moments(h, f)[1].round(3).tolist() for rule in (carms, loo)]
        [[0.271, 0.164, 0.234], [0.652, 0.194, 0.623]]
    """

    samples: int = dataclasses.field(default=2, metadata={"static": True})

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        require_samples(self.samples, 2)
        import jax
        import jax.numpy as jnp

        sticks, n = Sticks.of(theta, self.samples), self.samples
        clocks = draw(key, "exponential", (n, *theta.shape), theta.dtype)
        total = jnp.sum(clocks, 0)
        uniform = ((total - clocks) / total) ** (n - 1)
        taken = jnp.argmax((uniform < sticks.stop).at[..., -1].set(True), -1)
        z = sticks.unsorted(jax.nn.one_hot(taken, theta.shape[-1], dtype=theta.dtype))
        values = jax.vmap(objective)(z)
        # The axes of pairs come first: (n, n, *batch, *latents).
        first = jnp.minimum(taken[:, None], taken)
        lifted = jnp.broadcast_to(sticks.weight, (n, n, *theta.shape))
        weight = jnp.take_along_axis(lifted, first[..., None], -1)
        gaps = objective.on_rows(values[:, None] - values)
        return jnp.sum(jnp.sum(weight * gaps, 1) * z, 0) / (n * (n - 1))

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        require_samples(self.samples, 2)
        if self.samples > 2:
            return super()._moments(theta, objective)
        xp, sticks = namespace(theta), Sticks.of(theta, 2)
        p, f = (
            xp.take_along_axis(x, sticks.order, -1) for x in (xp.softmax(theta, -1), objective.f)
        )
        category = np.arange(theta.shape[-1])
        weight = sticks.weight[..., np.minimum(category[:, None], category)]
        gap = f[..., :, None] - f[..., None, :]
        square = p * xp.sum(p[..., None, :] * weight * gap**2, -1) / 2
        mean = p * xp.sum(p[..., None, :] * gap, -1)
        return sticks.unsorted(mean), sticks.unsorted(square - mean**2)
