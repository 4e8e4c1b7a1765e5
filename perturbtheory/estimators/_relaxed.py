"""The Gumbel-Softmax relaxation, and that of any other noise: its bias as a gradient."""

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from perturbtheory.estimators._arguments import logits_and_values
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import expected_logsumexp, expected_max


def relaxed_bias(
    noise: AbstractPerturbation,
    logits: Float[ArrayLike, "K"],
    values: Float[ArrayLike, "K"],
    temperature: float,
) -> Float[np.ndarray, "K"]:
    """grad_h E<f, softmax((h + gamma)/t)> - grad_h E[f(argmax(h + gamma))], shape (K,).

    Both gradients are Hessians of potentials times f: of `expected_logsumexp(noise, t)` and of
    `expected_max(noise)`. For unit Gumbel noise the second is the exact gradient Cov_q(f, .) of
    E_q[f] with q = softmax(h); paper B, (4) and Figure 1.

    Args:
        noise: gamma, any perturbation whose arg max probabilities are differentiable at h.
        logits: h.
        values: f, extended to the simplex as the linear function p -> <f, p>.
        temperature: t > 0.

    Raises:
        ValueError: as `direct_law`; for a temperature that is not positive; at a tie of discrete
            noise; while 64-bit is off in JAX.
    """
    h, f = logits_and_values(logits, values)
    relaxed, exact = expected_logsumexp(noise, temperature), expected_max(noise)
    return np.asarray(relaxed.hvp(h, f)) - np.asarray(exact.hvp(h, f))
