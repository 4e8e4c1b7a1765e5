"""The relaxation under any noise, for linear f: its mean, bias and variance, exactly.

    v = s (f - <f, s>) / t,    s = softmax((theta + gamma)/t)

is the gradient of <f, s>. With x_j = exp((theta_j + gamma_j)/t), s_j = x_j / S and S = sum x, v and
its square are polynomials in s, and S^-n = int u^(n-1) e^(-u S) du / Gamma(n) turns them into
integrals of products over the coordinates. At u = e^(-y/t), the factors are

    E[e^(-u x_j)] = F_j,    E[u x_j e^(-u x_j)] = a_j F_j,    E[(u x_j)^2 e^(-u x_j)] = b_j F_j,
    a = t p/F,    b = a (1 + t p'/p),

F_j and p_j the cdf and density of gamma_j + t G at y - theta_j, with G Gumbel: the law that the
potential of Perturb-Softmax knows already. With g_ij = f_i - f_j and F = prod_j F_j

    E[v_i]   = int F a_i sum_j g_ij a_j dy / t^2
    E[v_i^2] = int F b_i [(sum_j g_ij a_j)^2 + sum_j g_ij^2 (b_j - a_j^2)] dy / (6 t^3).
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from perturbtheory.estimators._arguments import logits_and_values
from perturbtheory.perturbations import AbstractPerturbation, smoothed
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.potential._rule import rule


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


def relaxed_variance(
    noise: AbstractPerturbation,
    logits: Float[ArrayLike, "K"],
    values: Float[ArrayLike, "K"],
    temperature: float,
) -> Float[np.ndarray, "K"]:
    """Var[s (f - <f, s>)/t], s = softmax((h + gamma)/t), entry by entry, shape (K,).

    Of one draw; see the head of the module. As t -> 0 its sum grows like C/t. Relative to the
    second moment of the largest entry it is accurate to about 1e-13; for t large, where nearly all
    of that moment is the square of the mean, t^2 is lost of it.

    Arguments and errors as for `relaxed_bias`; discrete noise may tie.
    """
    h, f = logits_and_values(logits, values)
    expected_max(noise).require_dimension("logits", h.size)
    return np.asarray(relaxed_moments(noise, jnp.asarray(h), jnp.asarray(f), temperature)[1])


def relaxed_moments(
    noise: AbstractPerturbation,
    theta: Float[Array, "... K"],
    f: Float[Array, "... K"],
    temperature: Any,
) -> tuple[Float[Array, "... K"], Float[Array, "... K"]]:
    """(mean, variance) of v for every row, by one pass over nodes x categories."""
    law = smoothed(noise, temperature).prepare(theta.dtype)
    rows = [x.reshape(-1, x.shape[-1]) for x in (theta, f)]
    mean, square = _first_and_second(law, jnp.asarray(temperature, theta.dtype), *rows)
    return mean.reshape(theta.shape), (square - mean**2).reshape(theta.shape)


@jax.jit
def _first_and_second(
    law: AbstractPerturbation, t: Array, theta: Float[Array, "rows K"], f: Float[Array, "rows K"]
) -> tuple[Array, Array]:
    """(E[v], E[v^2]) for the law of gamma + t G."""

    def row(arguments: tuple[Array, Array]) -> tuple[Array, Array]:
        h, values = arguments
        h, values = h - jnp.max(h), values - jnp.max(values)
        points, gap = rule(law, h), values[:, None] - values

        def chunk(pair: tuple[Array, Array]) -> tuple[Array, Array]:
            y, weight = pair
            x = y[:, None] - h
            log_cdf, rate = law.log_cdf_and_rate(x)
            slope = jax.jvp(law.log_pdf, (x,), (jnp.ones_like(x),))[1]
            mass = jnp.where(weight > 0, jnp.exp(jnp.sum(log_cdf, 1)) * weight, 0.0)
            # Where the product underflows a factor may be infinite.
            a, growth = (jnp.where(mass[:, None] > 0, z, 0.0) for z in (t * rate, 1 + t * slope))
            b, moved = a * growth, a @ gap.T
            pairs = moved**2 + (b - a**2) @ jnp.square(gap).T
            return mass @ (a * moved) / t**2, mass @ (b * pairs) / (6 * t**3)

        parts = jax.lax.map(chunk, (points.nodes, points.weights))
        return jax.tree.map(lambda part: jnp.sum(part, 0), parts)

    return jax.lax.map(row, (theta, f))
