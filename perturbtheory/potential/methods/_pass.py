"""What one pass over the nodes of one row answers."""

from typing import Any, NamedTuple


class Pass(NamedTuple):
    """f(theta), p = grad f(theta) and log p, each found with the same nodes.

    Attributes:
        value: f(theta) = E[max_i(theta_i + gamma_i)].
        probabilities: p_i = P(argmax_j(theta_j + gamma_j) = i), shape ``(d,)``.
        log_probabilities: log p_i, accurate where p_i underflows; -inf only where p_i is zero.
        value_radius: |truth - value| at most, None unless asked for.
        probabilities_radius: the same of every p_i, shape ``(d,)``.
    """

    value: Any
    probabilities: Any
    log_probabilities: Any
    value_radius: Any = None
    probabilities_radius: Any = None
