"""Straight-through with the trapezoidal rule on every edge: ReinMax."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.estimators._base import TEMPERATURE, Setting
from perturbtheory.estimators._of_draw import AbstractOfDraw, through
from perturbtheory.numerics import divided, namespace, register

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective
    from perturbtheory.estimators._of_draw import Given


@register
@dataclasses.dataclass(frozen=True, eq=False)
class ReinMax(AbstractOfDraw):
    """2 J((q + z)/2) grad f(z) - J(p) grad f(z) / 2,  q = softmax(theta/t), p = softmax(theta).

    J(p) v = p (v - <p, v>), z = e_argmax(theta + gamma) under unit Gumbel noise. At t = 1 the mean
    is the gradient with every difference f(e_k) - f(e_i) replaced by the trapezoidal rule for the
    integral of <grad f, e_k - e_i> along the edge: no bias for any f of one latent that is
    quadratic, nor for one of several that is quadratic in each. At other temperatures the mean is
    off for linear f already; claim C.reinmax.

    Liu, Dong, Liu, Yu and Gao (2023), section 3.

    Args:
        temperature: t > 0; the paper uses t >= 1.

    Raises:
        ValueError: for a temperature that is not positive; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import numpy as np
        >>> h, f = np.array([0.5, -0.25, 1.0]), np.array([-1.5, 0.25, 2.0])
        >>> bias = es.ReinMax().moments(h, f)[0] - es.exact_gradient(h, f)
        >>> bool(np.abs(bias).max() < 1e-15)
        True
    """

    temperature: Float[Array, ""] | float = 1.0
    settings: ClassVar[dict[str, Setting]] = {"temperature": TEMPERATURE}

    def _of_draw(self, theta: Float[Array, "*shape"], objective: Objective) -> Given:
        xp: Any = namespace(theta)
        t = xp.asarray(self.temperature, theta.dtype)
        p, q = xp.softmax(theta, -1), xp.softmax(divided(theta, t), -1)

        def given(z: Array) -> Array:
            slope = objective.gradient(z)
            return 2 * through((q + z) / 2, slope) - through(p, slope) / 2

        return given
