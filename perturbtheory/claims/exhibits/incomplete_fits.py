"""The best approximation of p by a family that misses it: Theta = {<u, theta> <= b}, d = 3.

    p(theta*) = p - lambda u    minimises L(theta, p) = f(theta) + f*(p) - <p, theta>,
    q = p - a e_1 - (s - a) e_2 + s e_3    with the least s is the nearest in L1.

Both end at the face <u, theta> = b, where theta = (x, -x, 0) + b u / 6 modulo translation.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar

from perturbtheory.claims.exhibits.cones import HALF_SPACE
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.potential import Potential, expected_logsumexp, expected_max

U = np.array(HALF_SPACE.u, float)
"""u = (1, 1, -2)."""
FAMILIES: dict[str, Potential] = {
    "Gumbel-Argmax": expected_max(Gumbel()),
    "Normal-Argmax": expected_max(Normal()),
    "Normal-Softmax": expected_logsumexp(Normal(), 1.0),
}
"""All three know p(theta) for every theta, and theta(p) for every p > 0."""
P = np.array([2.0, 9.0, 2.0]) / 13
"""The target of the closed forms; under every noise above it lies beyond the half-space."""


class Fit(NamedTuple):
    """What a family gives for a p that it misses.

    Attributes:
        theta: the parameter, sum zero.
        p: p(theta).
        size: lambda, or the mass s that moves.
    """

    theta: np.ndarray
    p: np.ndarray
    size: float


def fenchel_young(f: Potential, p: np.ndarray, level: float = 0.0, normal: np.ndarray = U) -> Fit:
    """theta* from the dual: the lambda >= 0 at which theta(p - lambda normal) is on the face."""

    def beyond(size: float) -> float:
        return float(normal @ f.parameters(p - size * normal)) - level

    if beyond(0.0) <= 0:
        return Fit(f.parameters(p), p, 0.0)
    size = _root(beyond, _room(p, -normal))
    return Fit(f.parameters(p - size * normal), p - size * normal, size)


def kullback_leibler(f: Potential, p: np.ndarray) -> Fit:
    """The least KL(p || p(theta)) on the face <u, theta> = 0, by the slope -<H p/p(theta), v>."""
    v = np.array([1.0, -1.0, 0.0])

    def slope(x: float) -> float:
        return -float(f.hvp(x * v, v) @ (p / f.probabilities(x * v)))

    x = _root(slope, 6.0, -6.0)
    return Fit(x * v, f.probabilities(x * v), x)


def divergence(f: Potential, p: np.ndarray, x: np.ndarray | float) -> float:
    """KL(p || p(theta)) at theta = (x, -x, 0), from log-probabilities."""
    logs = f.log_probabilities(float(x) * np.array([1.0, -1.0, 0.0]))
    return float(p @ (np.log(p) - logs))


def total_variation(f: Potential, p: np.ndarray) -> Fit:
    """The q = p(theta), <u, theta> <= 0, nearest to p in L1: the best share of 1 and 2 in s."""

    def way(share: float) -> np.ndarray:
        return np.array([-share, share - 1, 1.0])

    def moved(share: float, xtol: float = 1e-15) -> float:
        way_ = way(share)
        return _root(lambda s: float(U @ f.parameters(p + s * way_)), _room(p, way_), xtol=xtol)

    inside: Any = minimize_scalar(
        lambda x: moved(x, 1e-5), bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-2}
    )
    size, share = min((moved(share), share) for share in (0.0, 1.0, float(inside.x)))
    q = p + size * way(share)
    return Fit(f.parameters(q), q, size)


def least_loss(f: Potential, p: np.ndarray, level: float = 0.0, normal: np.ndarray = U) -> float:
    """min f(theta) - <p, theta> over <normal, theta> <= level by SLSQP in theta, theta_3 = 0."""
    basis = np.eye(3)[:, :2]
    found = minimize(
        lambda x: float(f(basis @ x) - p @ basis @ x),
        (level - 3) / 3 * normal[:2],
        jac=lambda x: (f.probabilities(basis @ x) - p)[:2],
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda x: level - normal @ basis @ x},
        options={"ftol": 1e-15, "maxiter": 200},
    )
    return float(found.fun)


def distances(f: Potential, p: np.ndarray, steps: int = 21) -> np.ndarray:
    """|p(theta) - p|_1 on a grid of the half-space."""
    along, depth = np.meshgrid(np.linspace(-4.0, 4.0, 4 * steps), np.linspace(0.0, 3.0, steps // 4))
    theta = along[..., None] * np.array([1.0, -1.0, 0.0]) - depth[..., None] * U / 6
    return np.abs(np.asarray(f.probabilities(theta.reshape(-1, 3))) - p).sum(1)


def _room(p: np.ndarray, way: np.ndarray) -> float:
    """Just under the s at which p + s way has a zero."""
    down = way < 0
    return float((p[down] / -way[down]).min()) * (1 - 1e-9)


def _root(
    function: Callable[[float], float], high: float, low: float = 0.0, xtol: float = 1e-15
) -> float:
    found: Any = brentq(function, low, high, xtol=xtol)
    return float(found)
