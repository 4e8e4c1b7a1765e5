"""Two categories: one uniform variable and its mirror image, by ARM and by DisARM."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.estimators._base import AbstractEstimator
from perturbtheory.numerics import draw, namespace, register

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Arm(AbstractEstimator):
    """(f(1{u > sigma(-phi)}) - f(1{u < sigma(phi)})) (u - 1/2) as the slope in phi, K = 2.

    phi = theta_1 - theta_0 and u uniform on (0, 1), one of each for every latent; f is a function
    of all of them, evaluated twice whatever their number. The slope in theta is (-1, 1) times that
    in phi. Augment-REINFORCE-merge: unbiased, and u and 1 - u are antithetic.

    For f(z) = <values, z>, D = f_1 - f_0 and m = max(p, 1 - p), p = sigma(phi), the variance is
    D^2 (1/12 - (2/3)(m - 1/2)^3 - p^2 (1 - p)^2).

    Yin and Zhou (2019), Theorem 1; the variance is this package's.

    Raises:
        ValueError: for theta without exactly two categories; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import jax.numpy as jnp
        >>> es.Arm()(jax.random.key(0), jnp.zeros(2), jnp.array([0.0, 1.0])).shape
        (2,)
    """

    categories: ClassVar[int | None] = 2

    def _estimate(self, key: Any, theta: Float[Array, "... 2"], objective: Objective) -> Array:
        u, phi, high, low = _mirrored(key, theta)
        return _in_theta(theta, phi, u - 0.5, objective.on_rows(objective(high) - objective(low)))

    def _moments(self, theta: Float[Array, "... 2"], objective: Objective) -> tuple[Array, Array]:
        xp, phi = namespace(theta), theta[..., 1] - theta[..., 0]
        step = objective.f[..., 1] - objective.f[..., 0]
        mixed = xp.expit(phi) * xp.expit(-phi)
        over = xp.expit(xp.abs(phi)) - 0.5
        slope, variance = step * mixed, step**2 * (1 / 12 - 2 / 3 * over**3 - mixed**2)
        return xp.stack([-slope, slope], -1), xp.stack([variance, variance], -1)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class DisArm(AbstractEstimator):
    """(f(z) - f(z')) (z_1 - z'_1) sigma(|phi|) / 2 as the slope in phi, K = 2.

    z_1 = 1{u > sigma(-phi)} and z'_1 = 1{u < sigma(phi)} as in `Arm`, of which this is the mean
    given z and z': unbiased, of at most the variance of `Arm`, and zero in every latent in which
    z and z' agree. f is evaluated twice. `Carms` with two samples has the same law.

    For f(z) = <values, z>, D = f_1 - f_0 and q = min(p, 1 - p), p = sigma(phi), the variance is
    D^2 q (1 - q)^2 (1/2 - q): none at p = 1/2.

    Dong, Mnih and Tucker (2020), section 3; as U2G Yin, Ho, Yan, Qian and Zhou (2020). The
    variance is this package's.

    Raises:
        ValueError: for theta without exactly two categories; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> [float(rule.moments([0.0, 1.0], [0.0, 1.0])[1][0].round(4))
        ...  for rule in (es.Arm(), es.DisArm())]
        [0.0365, 0.0332]
    """

    categories: ClassVar[int | None] = 2

    def _estimate(self, key: Any, theta: Float[Array, "... 2"], objective: Objective) -> Array:
        xp = namespace(theta)
        _, phi, high, low = _mirrored(key, theta)
        away = (high - low)[..., 1] * xp.expit(xp.abs(phi)) / 2
        return _in_theta(theta, phi, away, objective.on_rows(objective(high) - objective(low)))

    def _moments(self, theta: Float[Array, "... 2"], objective: Objective) -> tuple[Array, Array]:
        xp, phi = namespace(theta), theta[..., 1] - theta[..., 0]
        step = objective.f[..., 1] - objective.f[..., 0]
        less, more = xp.expit(-xp.abs(phi)), xp.expit(xp.abs(phi))
        # 1/2 - q, where q is near 1/2 as well.
        rest = xp.tanh(xp.abs(phi) / 2) / 2
        slope, variance = step * less * more, step**2 * less * more**2 * rest
        return xp.stack([-slope, slope], -1), xp.stack([variance, variance], -1)


def _mirrored(key: Any, theta: Float[Array, "... 2"]) -> tuple[Array, Array, Array, Array]:
    """(u, phi, z, z'): a uniform for every latent, the difference of logits, and both draws."""
    xp, phi = namespace(theta), theta[..., 1] - theta[..., 0]
    u = draw(key, "uniform", phi.shape, theta.dtype)
    high, low = (
        xp.stack([~one, one], -1).astype(theta.dtype)
        for one in (u > xp.expit(-phi), u < xp.expit(phi))
    )
    return u, phi, high, low


def _in_theta(theta: Array, phi: Array, away: Array, gap: Array) -> Float[Array, "... 2"]:
    """The slope gap * away in phi as one in theta."""
    xp = namespace(theta)
    # One category alone: u may round onto its end.
    away = xp.where(xp.isfinite(phi), away, 0.0)[..., None]
    return gap * away * xp.asarray([-1.0, 1.0], theta.dtype)
