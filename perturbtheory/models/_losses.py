"""How far the distribution of a family is from a target: what a fit makes small."""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import xlogy
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from perturbtheory.checks import require_one_of
from perturbtheory.models._families import AbstractFamily, Parameters, PerturbSoftmax
from perturbtheory.potential import Potential

Loss = Literal["l1", "squared", "kl", "reverse-kl", "fenchel-young"]
LOSSES: tuple[Loss, ...] = get_args(Loss)


def l1(p: Float[ArrayLike, "... d"], target: Float[ArrayLike, "d"]) -> Float[Array, "..."]:
    """sum_i |p_i - target_i|, which is twice the total variation.

    Raises ValueError unless p has shape ``(..., d)`` for `target` of shape ``(d,)``.

    Example:
        >>> from perturbtheory import models
        >>> float(models.l1([0.5, 0.5], [0.25, 0.75]))
        0.5
    """
    if np.shape(p)[-1:] != np.shape(target):
        shapes = f"{np.shape(target)} for p of {np.shape(p)}"
        msg = f"`target` must have one entry per category, got {shapes}; pass d numbers"
        raise ValueError(msg)
    return jnp.sum(jnp.abs(jnp.asarray(p) - jnp.asarray(target)), -1)


def _squared(p: Array, target: Array) -> Array:
    return jnp.sum(jnp.square(p - target))


def _kl(p: Array, target: Array) -> Array:
    return jnp.sum(xlogy(target, target) - xlogy(target, p))


def _reverse_kl(p: Array, target: Array) -> Array:
    return jnp.sum(xlogy(p, p) - p * jnp.log(target))


_DISTANCES = {"l1": l1, "squared": _squared, "kl": _kl, "reverse-kl": _reverse_kl}


def require_loss(loss: str, family: AbstractFamily, target: np.ndarray) -> None:
    """Raise ValueError unless this loss is defined for this family and target."""
    require_one_of("loss", loss, LOSSES)
    if loss == "reverse-kl" and target.min() == 0:
        msg = "`loss` 'reverse-kl' is infinite for a target with an entry 0; use 'kl'"
        raise ValueError(msg)
    if loss == "fenchel-young" and not isinstance(family, PerturbSoftmax):
        msg = (
            f"`loss` 'fenchel-young' needs noise that does not depend on the parameters, got "
            f"{type(family).__name__}; use PerturbSoftmax, or another loss"
        )
        raise ValueError(msg)
    if loss == "fenchel-young":
        noise = family.noise(family.start(jnp.zeros(target.size)))
        if not bool(noise.finite_mean):
            msg = (
                f"`loss` 'fenchel-young' needs noise with a finite mean, got {noise}, whose "
                "E[max(theta + gamma)] does not exist; use other noise, or another loss"
            )
            raise ValueError(msg)
    if loss == "fenchel-young" and abs(target.sum() - 1) > 1e-6:
        msg = (
            f"`loss` 'fenchel-young' needs a target in the simplex, got the sum {target.sum()}; "
            "divide by it, or use 'l1'"
        )
        raise ValueError(msg)


def exact_objective(
    loss: Loss, potential: Potential, target: Array, theta: Float[Array, "d"]
) -> Float[Array, ""]:
    """The loss of p(theta) itself, by quadrature; without f*(target) for Fenchel-Young."""
    if loss == "fenchel-young":
        return potential(theta) - target @ theta
    return _DISTANCES[loss](potential.probabilities(theta), target)


def sampled_objective(
    loss: Loss,
    family: AbstractFamily,
    target: Array,
    parameters: Parameters,
    key: Array,
    draws: int,
) -> Float[Array, ""]:
    """The loss of the mean of `draws` relaxed samples: biased, unless the loss is linear in it.

    Fenchel-Young: the mean of t logsumexp((theta + gamma)/t) - <target, theta>, which is unbiased.
    """
    perturbed = family.perturbed(parameters, key, draws)
    if loss == "fenchel-young":
        mean = family.temperature * jnp.mean(jax.nn.logsumexp(perturbed, axis=1))
        return mean - target @ parameters
    return _DISTANCES[loss](jnp.mean(jax.nn.softmax(perturbed), 0), target)
