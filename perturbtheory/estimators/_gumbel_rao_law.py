r"""The relaxed estimate given z under Gumbel noise, for linear f: its mean by quadrature.

    v = s (f - <f, s>) / t,    s = softmax((theta + gamma)/t),    z = e_argmax(theta + gamma)

With E_j = exp(-theta_j - gamma_j), up to a factor for all j, s_j = E_j^(-1/t) / sum_i E_i^(-1/t),
and E_j is exponential with rate lambda_j, lambda = softmax(theta). z is the smallest: given z = e_k
E_k = e is exponential with rate one, and E_j = e + Q_j/lambda_j with Q_j exponential with rate
one. For a_j = (1 + Q_j/(lambda_j e))^(-1/t), a_k = 1, and 1/S^2 = int u e^(-u S) du,

    E[s_i s_j | z] = int e^-e int u  E[a_i a_j e^(-u a_1) ... e^(-u a_K)] du de,

a product over the coordinates. All three integrals are trapezoidal sums in the logarithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

_STEP, _INNER = 0.3, 0.15
_LOWEST, _HIGHEST = -38.0, 4.0
"""Of the logarithm of an exponential variable: 3e-17 lies below, e^-55 of it above."""


def variance_of_means(
    theta: Float[np.ndarray, "K"], f: Float[np.ndarray, "K"], t: float
) -> Float[np.ndarray, "K"]:
    """Var[E[v | z]], entry by entry, to about 1e-12, for theta that may be -inf."""
    open_ = theta > -np.inf
    rate = np.exp(theta[open_] - theta.max())
    rate /= rate.sum()
    means = _means(rate, f[open_] - f.max(), t)
    found = np.zeros(theta.shape)
    found[open_] = rate @ (means - rate @ means) ** 2
    return found


def _means(
    rate: Float[np.ndarray, "K"], f: Float[np.ndarray, "K"], t: float
) -> Float[np.ndarray, "K K"]:
    """E[v | z = e_k] in row k."""
    first, first_weight = _nodes(_STEP)
    # With u in the integrand half of the depth is enough.
    u, u_weight = _nodes(_STEP, _LOWEST / 2)
    weight = first_weight[:, None] * u * u_weight
    q, q_weight = _nodes(_INNER)
    # (mean of e^(-u a_j), mean of a_j e^(-u a_j)) at every e and u.
    factors = []
    for one in rate:
        a = np.exp(-np.log1p(q / (one * first[:, None])) / t)
        damped = np.exp(-u[:, None] * a[:, None, :]) * q_weight
        factors.append((damped.sum(-1), np.einsum("euq,eq->eu", damped, a)))
    damping, moment = (np.stack(x, -1) for x in zip(*factors, strict=True))
    gap, ratio = f[:, None] - f, moment / damping
    rows = []
    for k in range(rate.size):
        mass = weight * np.prod(np.delete(damping, k, -1), -1)
        a = ratio.copy()
        a[..., k] = 1.0
        rows.append(np.einsum("eu,eui->i", mass, a * (a @ gap.T)) / t)
    return np.stack(rows)


def _nodes(step: float, lowest: float = _LOWEST) -> tuple[np.ndarray, np.ndarray]:
    """Nodes x and weights of int g(x) e^-x dx over the half-line."""
    x = np.exp(step * np.arange(np.ceil(lowest / step), np.ceil(_HIGHEST / step)))
    return x, step * x * np.exp(-x)
