"""The direct estimator under Gumbel noise: its joint law, mean, bias and variance, exactly.

    z* = argmax_z h(z) + gamma(z),    z*(e) = argmax_z h(z) + e f(z) + gamma(z),  one gamma for both
    estimator (grad h(z*(e)) - grad h(z*)) / e of grad E[f(z*)]

gamma(z) are independent Gumbel variables, q = softmax(h), q_e = softmax(h + e f). With a = q,
b = q e^(e f), s_k = a_k / b_k and D(s) = sum_k max(a_k, s b_k),

    P(z* = i, z*(e) = i) = a_i / D(s_i)
    P(z* = i, z*(e) = j) = a_i b_j int_{s_j}^{s_i} ds / D(s)^2  if s_j < s_i, and 0 otherwise.

The two-sided estimator (grad h(z*(e)) - grad h(z*(-e))) / (2 e) is the one at logits h - e f with
2 e in the place of e. Lorberbom, Gane, Jaakkola and Hazan (2019); the law is this package's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import hyp1f1, log_softmax, logsumexp

from perturbtheory.estimators._arguments import (
    flag,
    jacobian_or_identity,
    logits_and_values,
    nonzero,
)

if TYPE_CHECKING:
    from jax.typing import ArrayLike
    from jaxtyping import Float

_SMALL = 0.5
"""Up to this |e (f - E f)| differences are taken of what is left after the linear term."""


def direct_law(
    logits: Float[ArrayLike, "K"],
    values: Float[ArrayLike, "K"],
    epsilon: float,
    *,
    two_sided: bool = False,
) -> Float[np.ndarray, "K K"]:
    """P(z* = i, z*(epsilon) = j) for shared Gumbel noise, shape (K, K); see the head of the module.

    Between neighbouring x = s_k the function D is linear, so that

        int_{s_j}^{s_i} ds / D(s)^2 = sum_m (x_{m+1} - x_m) / (D(x_m) D(x_{m+1})):

    a sum of positive terms, taken in logarithms, in which small probabilities keep their relative
    accuracy, about 1e-16 times the spread of h and epsilon f. Rows sum to softmax(h), columns to
    softmax(h + epsilon f); entry (i, j) is positive only if epsilon f_j > epsilon f_i or i = j.

    Args:
        logits: h, normalised or not.
        values: f, ties allowed.
        epsilon: not zero, of either sign.
        two_sided: give P(z*(-epsilon) = i, z*(epsilon) = j) instead.

    Raises:
        ValueError: for entries that are not finite, fewer than two, of two shapes or more than 1e12
            apart (epsilon f too), for epsilon = 0, and for `two_sided` that is no bool.
        TypeError: for arguments traced by JAX.

    Example:
        >>> from perturbtheory import estimators as es
        >>> es.direct_law([0.0, 0.0], [0.0, 1.0], 1.0).round(4).tolist()
        [[0.2689, 0.2311], [0.0, 0.5]]
    """
    h, f, epsilon = _sided(*_checked(logits, values, epsilon), two_sided)
    # In ascending order of s = e^(-u).
    order = np.argsort(-epsilon * f, kind="stable")
    log_q, u = log_softmax(h)[order], (epsilon * f)[order]
    none = np.array([-np.inf])
    below = np.logaddexp.accumulate(log_q + u)
    above = np.concatenate([np.logaddexp.accumulate(log_q[::-1])[::-1][1:], none])
    log_d = np.logaddexp(above, below - u)
    with np.errstate(divide="ignore"):
        gap = np.log(-np.expm1(np.diff(u))) - u[1:]
    terms = np.concatenate([none, gap - log_d[:-1] - log_d[1:]])
    # Entry (j, i): the integral from s_j to s_i, for j < i.
    later = np.tri(u.size, k=-1, dtype=bool).T
    integral = np.logaddexp.accumulate(np.where(later, terms, -np.inf), axis=1)
    log_p = log_q[:, None] + (log_q + u) + integral.T
    np.fill_diagonal(log_p, log_q - log_d)
    law = np.empty_like(log_p)
    law[np.ix_(order, order)] = np.exp(log_p)
    return law


def exact_gradient(
    logits: Float[ArrayLike, "K"],
    values: Float[ArrayLike, "K"],
    jacobian: Float[ArrayLike, "K n"] | None = None,
) -> Float[np.ndarray, "n"]:
    """Cov_q(f, J) = sum_z q_z (f_z - E_q f) J_z, the gradient of E_q[f], shape (n,).

    Paper B, (2), for normalised logits: then sum_z q_z J_z = 0 and the term E_q f drops out.

    Args:
        logits: h, with q = softmax(h).
        values: f, not a function of the parameters of h.
        jacobian: J, row z the gradient of h(z) in n parameters; the identity by default, which
            gives the gradient in the logits themselves.

    Raises:
        ValueError: as `direct_law`, or for a Jacobian without K rows.

    Example:
        >>> from perturbtheory import estimators as es
        >>> es.exact_gradient([0.0, 0.0], [0.0, 1.0]).tolist()
        [-0.25, 0.25]
    """
    h, f = logits_and_values(logits, values)
    log_q = log_softmax(h)
    return (np.exp(log_q) * _centred(log_q, f)) @ jacobian_or_identity(jacobian, h.size)


def direct_mean(
    logits: Float[ArrayLike, "K"],
    values: Float[ArrayLike, "K"],
    epsilon: float,
    jacobian: Float[ArrayLike, "K n"] | None = None,
    *,
    two_sided: bool = False,
) -> Float[np.ndarray, "n"]:
    """(1/epsilon) sum_z [softmax(h + epsilon f) - softmax(h)]_z J_z, shape (n,).

    Two-sided: (1/(2 epsilon)) sum_z [softmax(h + epsilon f) - softmax(h - epsilon f)]_z J_z.
    Arguments and errors as for `direct_law` and `exact_gradient`; paper B, (7) without the limit.

    Example:
        >>> from perturbtheory import estimators as es
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> es.direct_mean(h, f, 0.5).round(5).tolist()
        [-0.4687, -0.10767, 0.57637]
    """
    h, f, epsilon = _sided(*_checked(logits, values, epsilon), two_sided)
    return _mean(h, f, epsilon) @ jacobian_or_identity(jacobian, h.size)


def direct_bias(
    logits: Float[ArrayLike, "K"],
    values: Float[ArrayLike, "K"],
    epsilon: float,
    jacobian: Float[ArrayLike, "K n"] | None = None,
    *,
    two_sided: bool = False,
) -> Float[np.ndarray, "n"]:
    """direct_mean - exact_gradient, shape (n,): (epsilon/2) kappa_3(f, f, J) + O(epsilon^2).

    Two-sided: (epsilon^2/6) kappa_4(f, f, f, J) + O(epsilon^4), with kappa the joint cumulants
    under q. For small epsilon the difference is taken after the terms that cancel have been, so
    that it keeps its digits. Arguments and errors as for `direct_law` and `exact_gradient`.

    Example:
        >>> from perturbtheory import estimators as es
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> es.direct_bias(h, f, 0.5).round(5).tolist()
        [0.20855, -0.05262, -0.15592]
    """
    h, f, epsilon = _checked(logits, values, epsilon)
    matrix = jacobian_or_identity(jacobian, h.size)
    one = _bias(h, f, epsilon)
    return ((one + _bias(h, f, -epsilon)) / 2 if flag("two_sided", two_sided) else one) @ matrix


def direct_variance(
    logits: Float[ArrayLike, "K"],
    values: Float[ArrayLike, "K"],
    epsilon: float,
    jacobian: Float[ArrayLike, "K n"] | None = None,
    *,
    two_sided: bool = False,
) -> Float[np.ndarray, "n"]:
    """sum_ij P_ij ((J_j - J_i)/epsilon - mean)^2, coordinate by coordinate, shape (n,).

    Its sum is the trace of the covariance, sum_ij P_ij |J_j - J_i|^2 / epsilon^2 - |mean|^2, which
    grows like C/epsilon with C = sum_{i<j} q_i q_j |f_i - f_j| |J_i - J_j|^2 as epsilon -> 0;
    two-sided: 2 epsilon for epsilon, and C/(2 epsilon). Arguments and errors as for `direct_law`
    and `exact_gradient`.

    Example:
        >>> from perturbtheory import estimators as es
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> es.direct_variance(h, f, 0.5).round(4).tolist()
        [0.7177, 0.2876, 0.8205]
    """
    h, f, epsilon = _sided(*_checked(logits, values, epsilon), two_sided)
    matrix = jacobian_or_identity(jacobian, h.size)
    law, means = direct_law(h, f, epsilon), _mean(h, f, epsilon) @ matrix
    steps = (((x - x[:, None]) / epsilon - m) ** 2 for x, m in zip(matrix.T, means, strict=True))
    return np.array([(law * step).sum() for step in steps])


def _checked(
    logits: object, values: object, epsilon: object
) -> tuple[np.ndarray, np.ndarray, float]:
    h, f = logits_and_values(logits, values)
    return h, f, nonzero(epsilon, f)


def _sided(
    h: np.ndarray, f: np.ndarray, epsilon: float, two_sided: bool
) -> tuple[np.ndarray, np.ndarray, float]:
    return (h - epsilon * f, f, 2 * epsilon) if flag("two_sided", two_sided) else (h, f, epsilon)


def _centred(log_q: np.ndarray, f: np.ndarray) -> np.ndarray:
    """f - E_q[f], accurate also where nearly all of q is on one category."""
    away = f - f[log_q.argmax()]
    return away - np.exp(log_q) @ away


def _reweighted(log_q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """q (e^v - 1), entry by entry, without overflow."""
    return -np.sign(v) * np.exp(log_q + np.maximum(v, 0.0)) * np.expm1(-np.abs(v))


def _second_order(x: np.ndarray) -> np.ndarray:
    """e^x - 1 - x for small x."""
    return x**2 / 2 * hyp1f1(1.0, 3.0, x)


def _log_mean(log_q: np.ndarray, u: np.ndarray) -> float:
    """log E_q[e^u] for E_q[u] = 0, relatively accurate however small it is."""
    if np.abs(u).max() <= _SMALL:
        return float(np.log1p(np.exp(log_q) @ _second_order(u)))
    with np.errstate(over="ignore"):
        excess = float(_reweighted(log_q, u).sum())
    return float(np.log1p(excess) if abs(excess) < _SMALL else np.asarray(logsumexp(log_q + u)))


def _mean(h: np.ndarray, f: np.ndarray, epsilon: float) -> np.ndarray:
    """(q_e - q)/e = q (exp(u - log E_q[e^u]) - 1)/e with u = e (f - E_q f), shape (K,)."""
    log_q = log_softmax(h)
    u = epsilon * _centred(log_q, f)
    return _reweighted(log_q, u - _log_mean(log_q, u)) / epsilon


def _bias(h: np.ndarray, f: np.ndarray, epsilon: float) -> np.ndarray:
    """_mean - q (f - E_q f), shape (K,)."""
    log_q = log_softmax(h)
    q, centred = np.exp(log_q), _centred(log_q, f)
    u = epsilon * centred
    if np.abs(u).max() > _SMALL:
        return _mean(h, f, epsilon) - q * centred
    log_mean = _log_mean(log_q, u)
    return q * (_second_order(u - log_mean) - log_mean) / epsilon
