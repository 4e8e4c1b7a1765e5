"""Perturb-Softmax at temperature 1 for gamma_i on three equally likely atoms, by enumeration."""

import numpy as np

from perturbtheory.claims.exhibits.cosets import ATOMS
from perturbtheory.routes import enumeration


def value(theta: np.ndarray) -> np.ndarray:
    """f at every row."""
    return enumeration.softmax(theta, ATOMS, 1.0).value


def share(theta: np.ndarray) -> np.ndarray:
    """E[softmax(theta + gamma)] at every row."""
    return enumeration.softmax(theta, ATOMS, 1.0).probabilities


def over_tangents(theta: np.ndarray) -> np.ndarray:
    """f(tau) - f(theta) - <p(theta), tau - theta> for any two different rows."""
    f, p = value(theta), share(theta)
    slope = p @ theta.T - (p * theta).sum(1)[:, None]
    return (f[None, :] - f[:, None] - slope)[~np.eye(len(theta), dtype=bool)]
