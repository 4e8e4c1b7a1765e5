"""No sampling: the gradient itself, by the potential's Hessian and by enumeration."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.estimators._base import GUMBEL, TEMPERATURE, AbstractEstimator, Setting
from perturbtheory.estimators._objective import Objective
from perturbtheory.estimators._states import expectation, require_enumerable
from perturbtheory.numerics import is_known, namespace, register
from perturbtheory.potential import Potential, expected_logsumexp, expected_max

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Values
    from perturbtheory.perturbations import AbstractPerturbation


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Exact(AbstractEstimator):
    """grad_theta_n E[f(z)] = H(theta_n) g_n,  g_nk = E[f(z) | z_n = e_k].

    H is the Hessian of E[max(theta_n + gamma)]; under unit Gumbel noise H v = p (v - <p, v>) with
    p = softmax(theta_n). For an array of values g is that array; for a function of N latents all
    K^N states are evaluated. Paper B, (2); the exact perturbed gradient for any other noise.

    With a temperature t, for an array of values only, H is the Hessian of
    E[t logsumexp((theta + gamma)/t)]: then it is the exact mean of `Relaxed(noise, t)`.
    The key is ignored and may be None; the variance is zero.

    Args:
        noise: gamma. Discrete noise has the gradient zero, and none at a tie.
        temperature: None (or zero) for the arg max itself, which stays so when traced; t > 0.

    Raises:
        ValueError: for more than 65536 joint states; for a temperature with a function f; at a tie
            of discrete noise; as every estimator.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import estimators as es
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> es.Exact(pt.Normal())(None, h, f).round(4).tolist()
        [-0.8373, -0.0516, 0.8889]
    """

    noise: AbstractPerturbation = GUMBEL
    temperature: Float[Array, ""] | float | None = None
    random: ClassVar[bool] = False
    enumerates: ClassVar[bool] = True

    @property
    def unbiased(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether there is no temperature."""
        return self._hard

    @property
    def settings(self) -> dict[str, Setting]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The temperature, if there is one."""
        return {} if self._hard else {"temperature": TEMPERATURE}

    @property
    def _hard(self) -> bool:
        t = self.temperature
        return t is None or (is_known(t) and np.ndim(t) == 0 and float(t) == 0)

    def _potential(self) -> Potential:
        if self._hard:
            return expected_max(self.noise)
        return expected_logsumexp(self.noise, self.temperature)  # pyright: ignore[reportArgumentType]

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        del key
        if not callable(objective.f):
            return self._potential().hvp(theta, objective.f)
        self._require_states(objective)
        potential = self._potential()
        _, slopes = expectation(objective, potential.probabilities(theta))
        return potential.hvp(theta, slopes)

    def _surrogate(self, key: Any, theta: Float[Array, "... K"], f: Values) -> Array:
        """E[f(z)] itself."""
        del key
        objective, potential = Objective.of(theta, f), self._potential()
        potential.require_no_tie(theta)
        p = potential.probabilities(theta)
        if not callable(objective.f):
            return namespace(p).sum(objective.f * p, -1)
        self._require_states(objective)
        return expectation(objective, p)[0]

    def _require_states(self, objective: Objective) -> None:
        """Raise ValueError unless the mean of this function is a sum over states."""
        if not self._hard:
            msg = (
                f"`f` must be an array of values at temperature {self.temperature}, got a "
                "function, whose mean over the relaxed z has no closed form; use `measure` with "
                "Relaxed"
            )
            raise ValueError(msg)
        require_enumerable(objective)

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        mean = self._estimate(None, theta, objective)
        return mean, namespace(mean).zeros_like(mean)
