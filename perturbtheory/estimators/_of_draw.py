"""Estimators that z alone decides: their mean and variance are sums over all z."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar

from perturbtheory.estimators._base import AbstractEstimator
from perturbtheory.estimators._draws import draw, one_hot
from perturbtheory.estimators._states import moments
from perturbtheory.potential import expected_max

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Objective

    Given = Callable[[Float[Array, "*shape"]], Float[Array, "*shape"]]


class AbstractOfDraw(AbstractEstimator):
    """v(z) with z = e_argmax(theta + gamma): straight-through estimators, which differentiate f."""

    unbiased: ClassVar[bool] = False
    relaxes: ClassVar[bool] = True
    enumerates: ClassVar[bool] = True

    @abc.abstractmethod
    def _of_draw(self, theta: Float[Array, "*shape"], objective: Objective) -> Given:
        """The estimate as a function of z."""

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        z = one_hot(theta + draw(self.law, key, theta))
        return self._of_draw(theta, objective)(z)

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        p = expected_max(self.law).probabilities(theta)
        return moments(objective, p, self._of_draw(theta, objective))


def through(p: Float[Array, "... K"], slope: Float[Array, "... K"]) -> Float[Array, "... K"]:
    """J(p) v = p (v - <p, v>), row by row."""
    return p * (slope - (p * slope).sum(-1, keepdims=True))
