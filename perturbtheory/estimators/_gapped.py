"""Straight-through at logits that z could have been drawn from by a margin: no noise beside z."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.estimators._base import TEMPERATURE, Setting
from perturbtheory.estimators._of_draw import AbstractOfDraw, through
from perturbtheory.numerics import divided, namespace, register

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective
    from perturbtheory.estimators._of_draw import Given


@register
@dataclasses.dataclass(frozen=True, eq=False)
class GappedStraightThrough(AbstractOfDraw):
    """J(s) grad f(z) / t,  s = softmax(x/t),  x_z = M,  x_k = min(theta_k, M - gap) otherwise.

    M = max theta, z = e_argmax(theta + gamma) under unit Gumbel noise, J(s) v = s (v - <s, v>).
    The logit drawn is raised to the largest one, the others are lowered to at least the gap below
    it: x has the arg max z, as theta + gamma has, and of the noise nothing is left but z. The mean
    is biased for linear f already.

    Fan, Chi, Rudnicky and Ramadge (2022), section 4.

    Args:
        temperature: t > 0.
        gap: zero or more; the paper uses 1.

    Raises:
        ValueError: for a temperature that is not positive, or a gap that is negative; as every
            estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> mean, variance = es.GappedStraightThrough().moments([0.0, 0.0], [0.0, 1.0])
        >>> mean.round(4).tolist(), variance.tolist()
        ([-0.1966, 0.1966], [0.0, 0.0])
    """

    temperature: Float[Array, ""] | float = 1.0
    gap: Float[Array, ""] | float = 1.0
    settings: ClassVar[dict[str, Setting]] = {
        "temperature": TEMPERATURE,
        "gap": Setting(lambda x: (x >= 0) & (x < np.inf), "be zero or more", "1.0 is usual"),
    }

    def _of_draw(self, theta: Float[Array, "*shape"], objective: Objective) -> Given:
        xp: Any = namespace(theta)
        t, gap = (xp.asarray(x, theta.dtype) for x in (self.temperature, self.gap))
        top = xp.max(theta, -1, keepdims=True)
        lowered = xp.minimum(theta, top - gap)

        def given(z: Array) -> Array:
            s = xp.softmax(divided(xp.where(z > 0, top, lowered), t), -1)
            return through(s, objective.gradient(z)) / t

        return given
