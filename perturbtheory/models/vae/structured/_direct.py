"""Direct optimisation of an encoder with couplings: the task that `train` takes."""

from dataclasses import replace
from typing import Any, ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from jaxtyping import Array, Float, UInt8

from perturbtheory.checks import require_one_of
from perturbtheory.estimators import Direct, Objective, constant
from perturbtheory.models.vae import (
    AbstractTask,
    Divergence,
    Epoch,
    Parts,
    Schedule,
    require_schedule,
    softmax_divergence,
)
from perturbtheory.models.vae.structured._bounds import PairwiseBounds, evaluate
from perturbtheory.models.vae.structured._law import NOISES, Noise, gibbs_divergence, perturbed
from perturbtheory.models.vae.structured._model import PairwiseVAE
from perturbtheory.models.vae.structured._states import best, bits, score, scores
from perturbtheory.models.vae.structured._table import table


class PairwiseDirect(AbstractTask):
    """grad h(z*(e)) - grad h(z*) over e,  z*(e) = argmax h + gamma + e f,  f(z) = log p(x|z).

    The estimate of the gradient of E[f(z*)] in the encoder, for a `PairwiseVAE`; in the decoder it
    is that at z*. Both arg maxes are exact, over all 2^n states, whatever the signs of the
    couplings. f is either

    - the low dimensional f-tilde(z) = sum_i f(z*_1, ..., z_i, ..., z*_n) of paper B, section 4.1,
      from n passes of the decoder, under which the estimate need not descend; or,
    - with `exact`, itself at all states: one pass of the decoder over the states, forward only.

    Args:
        epsilon: e, not zero.
        schedule: of epsilon, which it replaces; None leaves it.
        divergence: the KL in the loss: "none", which reports that of the unary terms and does not
            differentiate it, as the code of paper B; "softmax", which does; or "argmax", that of z*
            itself, where it is known: under noise on all states, or without couplings.
        exact: f itself in the place of f-tilde.
        noise: on the "unary" terms, as paper B, or on all "states".

    Raises:
        ValueError: for another divergence, noise or epsilon.
        TypeError: for another schedule.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> structured.PairwiseDirect(epsilon=0.5).noise
        'unary'
    """

    epsilon: Any = 1.0
    schedule: Schedule | None = None
    divergence: Divergence = "none"
    exact: bool = eqx.field(static=True, default=False)
    noise: Noise = eqx.field(static=True, default="unary")
    criteria: ClassVar[tuple[str, ...]] = ("bound", "as_published")
    numbers: ClassVar[Any] = PairwiseBounds
    epoch: ClassVar[Any] = Epoch

    def __check_init__(self) -> None:
        require_one_of("divergence", self.divergence, ("argmax", "softmax", "none"))
        require_one_of("noise", self.noise, NOISES)
        if not isinstance(self.exact, bool):
            msg = f"`exact` must be True or False, got {self.exact!r}"
            raise ValueError(msg)
        require_schedule(self, self.schedule)

    def check(self, model: Any) -> None:
        if not isinstance(model, PairwiseVAE):
            msg = f"`model` must be a PairwiseVAE, got {model!r}; ByEstimator trains a DiscreteVAE"
            raise TypeError(msg)
        if self.divergence == "argmax" and not (self.noise == "states" or model.independent):
            msg = (
                "`divergence` must be softmax or none with couplings under noise on the unary "
                "terms, where the law of z* has no closed form, got 'argmax'; use noise='states'"
            )
            raise ValueError(msg)
        Direct(self.epsilon).check(np.zeros((model.latents, 2), np.float32))

    def at(self, step: Array) -> Self:
        return self if self.schedule is None else replace(self, epsilon=self.schedule(step))

    def loss(
        self, model: PairwiseVAE, batch: Float[Array, "B 784"], key: Array
    ) -> tuple[Float[Array, ""], Parts]:
        theta, alpha = model.terms(batch)
        z, moved = (bits(state, model.latents) for state in self._best(constant(model), batch, key))
        values = model.reconstruction(batch, z)
        slope = (score(theta, alpha, moved) - score(theta, alpha, z)) / self.epsilon
        values = values - (slope - jax.lax.stop_gradient(slope))
        kl = self._divergence(theta, alpha)
        return jnp.mean(values + kl), Parts(values, kl)

    def _best(
        self, model: PairwiseVAE, x: Float[Array, "B 784"], key: Array
    ) -> tuple[Array, Array]:
        """The numbers of the states z* and z*(e), for one draw of the noise."""
        theta, alpha = model.terms(x)
        here = perturbed(key, theta, alpha, self.noise)
        state = best(here)
        if self.exact:
            moved = here + self.epsilon * table(model).log_likelihoods(x)
        else:
            f = Objective.of(theta, Partial(_log_likelihood, model, x))
            around = f.neighbours(bits(state, model.latents))
            moved = here + self.epsilon * scores(around)
        return state, best(moved)

    def _divergence(self, theta: Array, alpha: Array | None) -> Float[Array, "B"]:
        if self.divergence == "argmax":
            return gibbs_divergence(theta, alpha)
        kl = softmax_divergence(theta)
        return jax.lax.stop_gradient(kl) if self.divergence == "none" else kl

    def evaluate(
        self, model: PairwiseVAE, data: UInt8[Any, "n 784"], *, step: int, draws: int, key: Array
    ) -> PairwiseBounds:
        del step
        return evaluate(model, data, self.noise, draws=draws, key=key)


def _log_likelihood(
    model: PairwiseVAE, x: Float[Array, "B 784"], z: Float[Array, "B n 2"]
) -> Float[Array, "B"]:
    return -model.reconstruction(x, z)
