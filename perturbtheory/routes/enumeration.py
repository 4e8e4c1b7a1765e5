"""Perturb-Softmax under discrete noise as a finite sum over all outcomes, in floating point."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np


class SoftmaxAnswer(NamedTuple):
    """Averages over all outcomes of gamma, with s = softmax((theta + gamma)/t).

    Attributes:
        value: E[t log sum_i exp((theta_i + gamma_i)/t)], shape (n,).
        probabilities: E[s], shape (n, d).
        weights: E[s_i s_j] / t, shape (n, d, d): minus the Hessian off the diagonal.

    Example:
        >>> from perturbtheory.routes import enumeration
        >>> import numpy as np
        >>> found = enumeration.softmax(np.array([[0.0, 0.0]]), np.array([-1.0, 1.0]), 1.0)
        >>> found.weights.shape
        (1, 2, 2)
    """

    value: np.ndarray
    probabilities: np.ndarray
    weights: np.ndarray


def softmax(points: np.ndarray, atoms: Sequence[float], temperature: float) -> SoftmaxAnswer:
    """The averages for gamma_i equally likely to be any atom, at every row theta of `points`.

    Example:
        >>> from perturbtheory.routes import enumeration
        >>> import numpy as np
        >>> found = enumeration.softmax(np.array([[0.0, 0.0]]), np.array([-1.0, 1.0]), 1.0)
        >>> found.probabilities.tolist()
        [[0.5, 0.49999999999999994]]
    """
    outcomes = np.array(list(product(atoms, repeat=points.shape[1])))
    x = (points[:, None, :] + outcomes) / temperature
    top = x.max(-1, keepdims=True)
    share = np.exp(x - top)
    total = share.sum(-1, keepdims=True)
    share = share / total
    value = temperature * (top + np.log(total))[..., 0].mean(1)
    pairs = np.einsum("noi,noj->nij", share, share) / (temperature * len(outcomes))
    return SoftmaxAnswer(value, share.mean(1), pairs)
