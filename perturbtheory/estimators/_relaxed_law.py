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

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.estimators._arguments import logits_and_values
from perturbtheory.numerics import leaves, namespace
from perturbtheory.perturbations import smoothed
from perturbtheory.potential import expected_logsumexp, expected_max, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax.typing import ArrayLike
    from jaxtyping import Array, Float

    from perturbtheory.perturbations import AbstractPerturbation


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
            noise.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import estimators as es
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> es.relaxed_bias(pt.Gumbel(), h, f, 0.5).round(4).tolist()
        [0.0893, 0.0107, -0.1]
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

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import estimators as es
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> es.relaxed_variance(pt.Gumbel(), h, f, 0.5).round(4).tolist()
        [0.3052, 0.0554, 0.2935]
    """
    h: Any
    f: Any
    h, f = logits_and_values(logits, values)
    expected_max(noise).require_dimension("logits", h.size)
    return np.asarray(relaxed_moments(noise, h, f, temperature)[1])


def relaxed_moments(
    noise: AbstractPerturbation,
    theta: Float[Array, "... K"],
    f: Float[Array, "... K"],
    temperature: Any,
) -> tuple[Float[Array, "... K"], Float[Array, "... K"]]:
    """(mean, variance) of v for every row, by one pass over nodes x categories."""
    law = smoothed(noise, temperature)
    xp = namespace(theta, *leaves(law))
    rows = [xp.asarray(x).reshape(-1, x.shape[-1]) for x in (theta, f)]
    if xp.traced:
        dtype = rows[0].dtype
        found = _compiled()(law.prepare(dtype), xp.asarray(temperature, dtype), *rows)
    else:
        pairs = [_open_row(law, float(temperature), *row) for row in zip(*rows, strict=True)]
        found = (np.stack(part) for part in zip(*pairs, strict=True))
    mean: Any
    square: Any
    mean, square = found
    return mean.reshape(theta.shape), (square - mean**2).reshape(theta.shape)


@functools.cache
def _compiled() -> Callable[..., tuple[Array, Array]]:
    import jax

    @jax.jit
    def rows(law: AbstractPerturbation, t: Array, theta: Array, f: Array) -> tuple[Array, Array]:
        return jax.lax.map(lambda row: _row(law, t, *row), (theta, f))

    return rows


def _open_row(
    law: AbstractPerturbation, t: float, theta: np.ndarray, f: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`_row` of the categories that are not masked, in NumPy; zeros for the others."""
    open_ = theta > -np.inf
    found = np.zeros((2, theta.size))
    inside: Any = theta[open_], f[open_]
    found[:, open_] = _row(law.take(open_), t, *inside)
    return found[0], found[1]


def _row(
    law: AbstractPerturbation, t: Any, theta: Float[Array, "K"], f: Float[Array, "K"]
) -> tuple[Float[Array, "K"], Float[Array, "K"]]:
    """(E[v], E[v^2]) for the law of gamma + t G."""
    xp = namespace(theta)
    theta, f = theta - xp.max(theta), f - xp.max(f)
    gap, open_ = f[:, None] - f, theta > -xp.inf
    place = xp.where(open_, theta, 0.0)

    def chunk(pair: tuple[Array, Array]) -> tuple[Array, Array]:
        y, weight = pair
        x = y[:, None] - place
        log_cdf, rate = (xp.where(open_, z, 0.0) for z in law.log_cdf_and_rate(x))
        mass = xp.where(weight > 0, xp.exp(xp.sum(log_cdf, 1)) * weight, 0.0)
        # Where the product underflows a factor may be infinite.
        a, growth = (
            xp.where(mass[:, None] > 0, z, 0.0) for z in (t * rate, 1 + t * _slope(law, t, x))
        )
        b, moved = a * growth, a @ gap.T
        pairs = moved**2 + (b - a**2) @ xp.square(gap).T
        return mass @ (a * moved) / t**2, mass @ (b * pairs) / (6 * t**3)

    points = nodes(law, theta)
    if not xp.traced:
        with np.errstate(all="ignore"):
            return chunk((points[0].ravel(), points[1].ravel()))
    import jax

    return jax.tree.map(lambda part: xp.sum(part, 0), jax.lax.map(chunk, points))


def _slope(law: AbstractPerturbation, t: Any, x: Float[Array, "..."]) -> Float[Array, "..."]:
    """p'/p at x, for a density p that is analytic on a strip of width t, about.

    In NumPy by twelve points t/16 apart, to 1e-14/t: more than the moments ask for.
    """
    if namespace(x).traced:
        import jax

        return jax.jvp(law.log_pdf, (x,), (jax.numpy.ones_like(x),))[1]
    half, step = 6, t / 16
    total = np.zeros_like(x)
    for k in range(1, half + 1):
        share = (-1) ** (k + 1) / k * math.comb(2 * half, half + k) / math.comb(2 * half, half)
        total += share * (law.log_pdf(x + k * step) - law.log_pdf(x - k * step))
    return total / step
