"""The Kullback-Leibler divergence, from log probabilities and in positive terms."""

import math

from perturbtheory.numerics import Array, Namespace, floats

_NEAR = 0.5
"""Below it the power series of a term is shorter than what the plain formula would lose."""
_ORDERS = 16


def divergence(log_p: Array, log_q: Array) -> Array:
    """sum_i p_i (r_i - 1 + exp(-r_i)), r_i = log p_i - log q_i, along the last axis.

    This is sum_i p_i r_i, as both laws sum to one, and its terms are not negative; so nothing
    cancels between them, and what is missing of the sums has an effect of second order only.
    """
    xp, log_p, log_q = floats(log_p, log_q)
    wins = log_p > -xp.inf
    both = wins & (log_q > -xp.inf)
    a, b = (xp.where(both, x, 0.0) for x in (log_p, log_q))
    p, q, r = xp.exp(a), xp.exp(b), a - b
    near = xp.abs(r) < _NEAR
    terms = xp.where(near, p * _excess(xp, xp.where(near, -r, 0.0)), p * r + (q - p))
    # Where only q_i > 0 the term is q_i, where only p_i > 0 it has no bound.
    alone = xp.where(wins, xp.inf, xp.exp(log_q))
    return xp.sum(xp.where(both, terms, alone), -1)


def _excess(xp: Namespace, x: Array) -> Array:
    """exp(x) - 1 - x for |x| < 1/2, to a few roundings of itself."""
    series = xp.zeros_like(x)
    for order in range(_ORDERS, 1, -1):
        series = series * x + 1 / math.factorial(order)
    return series * xp.square(x)
