"""Normal noise of any covariance, few categories: orthant probabilities by Plackett's identity.

With R(t) = I + t (R - I) between independence and the correlations R,

    Phi_n(a; R) = prod_k Phi(a_k) + int_0^1 sum_{i<j} R_ij phi_2(a_i, a_j; t R_ij) Phi_{n-2} dt,

Phi_{n-2} that of the others given that i and j are at a_i and a_j (Plackett, 1954). p_i is the
Phi_{d-1} of differences from i, and the weight -H_ij of a tie is a density times Phi_{d-2}.
Gaussian integration by parts gives f from both,

    f = <theta, p> + sum_{i<j} -H_ij Var(gamma_i - gamma_j).

The rule over t has panels that halve towards 1, as far as correlations near one have a pole there,
and are as wide as bounds far out allow. What is left is rounding: of p_i next to the sum of the
terms without their signs, which is p_i itself where differences from i have no negative
correlations, and of the law, by the largest deviation over the smallest.
Written against either array library.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from perturbtheory.estimate import Kind
from perturbtheory.numerics import floats, gauss_legendre
from perturbtheory.potential.methods._pass import Pass

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array

kind: Kind = "quadrature"
_POINTS, _FINER = 10, 14
_FAR, _TINY = 1e8, 1e-30
"""Bounds that count as infinite, and what is left of a correlation of one."""
_HALVINGS, _MOST, _REACH = (26, 6), 50, 40.0
"""Panels that halve, and others, where neither correlations nor bounds can be looked at; at most
how many halve; and bounds beyond which a normal number does not lie."""


def _rule(xp: Any, a: Array, r: Array, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on (0, 1), for bounds a and correlations r."""
    halvings, even = _HALVINGS
    if not xp.traced:
        n = a.shape[-1]
        gap = 1 - np.abs(r[..., *np.triu_indices(n, 1)])
        least = max(float(np.min(gap, initial=1.0)), 0.5**_MOST)
        halvings = 4 + math.ceil(-math.log2(least))
        far = float(np.max(np.minimum(np.abs(a), _REACH), initial=0.0))
        even = 1 + math.ceil(far / 6)
    start = np.linspace(0.0, 1.0, even + 1)[:-1]
    ends = np.concatenate([start, 1 - 0.5 ** np.arange(1, halvings) / even, [1.0]])
    node, weight = gauss_legendre(points)
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (1 + node)).ravel(), (half * weight).ravel()


def _orthant(
    xp: Any, a: Float[Array, "... n"], r: Float[Array, "... n n"], points: int
) -> tuple[Array, Array]:
    """(P(Z_k <= a_k for all k), the sum of all terms without their signs), correlations r."""
    n, a = a.shape[-1], xp.clip(a, -_FAR, _FAR)
    out = size = xp.prod(0.5 * xp.erfc(-a / math.sqrt(2.0)), -1)
    if n < 2:
        return out, size
    t, weight = (xp.asarray(x, a.dtype) for x in _rule(xp, a, r, points))
    for i, j in combinations(range(n), 2):
        one, two = (a[..., k, None] for k in (i, j))
        rho = t * r[..., i, j, None]
        rest = xp.maximum((1 - rho) * (1 + rho), _TINY)
        depth = (one**2 - 2 * rho * one * two + two**2) / rest
        density = weight * xp.exp(-depth / 2) / (2 * math.pi * xp.sqrt(rest))
        others = np.array([k for k in range(n) if k not in (i, j)], int)
        inside = inner = xp.ones((), a.dtype)
        if others.size:
            inside, inner = _orthant(xp, *_given(xp, a, r, t, (i, j), others), points)
        out = out + r[..., i, j] * xp.sum(density * inside, -1)
        size = size + xp.abs(r[..., i, j]) * xp.sum(density * inner, -1)
    return out, size


def _given(
    xp: Any, a: Array, r: Array, t: Array, pair: tuple[int, int], others: np.ndarray
) -> tuple[Array, Array]:
    """Bounds and correlations of the others where the pair is at its bounds, for every t."""
    i, j = pair
    rho = t * r[..., i, j, None]
    rest = xp.maximum((1 - rho) * (1 + rho), _TINY)
    ti = t[:, None] * r[..., others, i][..., None, :]
    tj = t[:, None] * r[..., others, j][..., None, :]
    at_i = (ti - rho[..., None] * tj) / rest[..., None]
    at_j = (tj - rho[..., None] * ti) / rest[..., None]
    mean = at_i * a[..., i, None, None] + at_j * a[..., j, None, None]
    eye = xp.eye(len(others), dtype=a.dtype)
    own = r[..., others, :][..., others]
    between = eye + t[:, None, None] * (own - eye)[..., None, :, :]
    between = (
        between - at_i[..., :, None] * ti[..., None, :] - at_j[..., :, None] * tj[..., None, :]
    )
    return _standardised(xp, a[..., None, others] - mean, between)


def _standardised(xp: Any, bound: Array, covariance: Array) -> tuple[Array, Array]:
    """(bounds, correlations) in units of the deviations."""
    deviation = xp.sqrt(xp.diagonal(covariance, axis1=-2, axis2=-1))
    units = deviation[..., :, None] * deviation[..., None, :]
    return bound / deviation, covariance / units


def _below(xp: Any, theta: Array, covariance: Array, i: int, points: int) -> tuple[Array, Array]:
    """P(i wins), and the size of what it is the sum of."""
    others = np.delete(np.arange(theta.size), i)
    mean, spread = _differences(theta, covariance, i, others)
    return _orthant(xp, *_standardised(xp, -mean, spread), points)


def _differences(
    theta: Array, covariance: Array, i: int, others: np.ndarray
) -> tuple[Array, Array]:
    """Mean and covariance of x_k - x_i."""
    own = covariance[others, :][:, others]
    shared = covariance[others, i]
    # In pairs, of which each is exact where nearly all of it cancels.
    spread = (own - shared[:, None]) + (covariance[i, i] - shared)
    return theta[others] - theta[i], spread


def _weight(
    xp: Any, theta: Array, covariance: Array, pair: tuple[int, int], points: int
) -> tuple[Array, Array]:
    """-H_ij, the density of a tie of i and j above all others, and the size of its terms."""
    i, j = pair
    others = np.array([j, *(k for k in range(theta.size) if k not in pair)])
    mean, spread = _differences(theta, covariance, i, others)
    variance = spread[0, 0]
    density = xp.exp(-(mean[0] ** 2) / (2 * variance)) / xp.sqrt(2 * math.pi * variance)
    slope = spread[1:, 0] / variance
    given = spread[1:, 1:] - slope[:, None] * spread[0, 1:]
    bound, correlation = _standardised(xp, slope * mean[0] - mean[1:], given)
    chance, size = _orthant(xp, bound, correlation, points)
    return density * chance, density * size


def _weights(theta: Array, covariance: Array, points: int) -> tuple[Array, Array]:
    """All -H_ij, zero on the diagonal, and the sizes of their terms."""
    xp, d = floats(theta)[0], theta.size
    zero = xp.zeros((), theta.dtype)
    rows: list[list[Any]] = [[(zero, zero)] * d for _ in range(d)]
    for i, j in combinations(range(d), 2):
        rows[i][j] = rows[j][i] = _weight(xp, theta, covariance, (i, j), points)
    found = [xp.stack([xp.stack([pair[k] for pair in row]) for row in rows]) for k in (0, 1)]
    return found[0], found[1]


def _probabilities(theta: Array, covariance: Array, points: int) -> tuple[Array, Array]:
    """p before it is scaled to one, and the sizes of the sums."""
    xp, d = floats(theta)[0], theta.size
    found = [_below(xp, theta, covariance, i, points) for i in range(d)]
    p, size = (xp.stack(part) for part in zip(*found, strict=True))
    return xp.maximum(p, 0.0), size


def _open(noise: Any, theta: Array) -> tuple[Any, Array, Array]:
    """(xp, theta from its largest entry, covariance); masked categories are far below all others.

    The NumPy engine leaves masks out before it comes here.
    """
    xp, theta, covariance = floats(theta, noise.covariance)
    covariance = (covariance + covariance.T) / 2  # so that slopes in it are symmetric
    gap = xp.where(theta > -xp.inf, theta, xp.max(theta)) - xp.max(theta)
    far = xp.min(gap) - _BEYOND * _spread(xp, covariance)
    return xp, xp.where(theta > -xp.inf, gap, far), covariance


_BEYOND = 60.0
"""Deviations at which a category is out of the others' reach in every digit."""


def _variances(xp: Any, covariance: Array) -> Array:
    """Of all differences."""
    diagonal = xp.diagonal(covariance)
    return (diagonal[:, None] - covariance) + (diagonal - covariance)


def _spread(xp: Any, covariance: Array) -> Array:
    """The largest deviation of a difference."""
    return xp.sqrt(xp.max(_variances(xp, covariance)))


def solve(
    noise: Any,
    theta: Float[Array, "d"],
    *,
    radius: bool = False,
    least: float = -np.inf,  # noqa: ARG001
) -> Pass:
    """f, p and log p, NaN where p_i has lost its digits; a finer rule gives radii."""
    xp, gap, covariance = _open(noise, theta)
    p, size = _probabilities(gap, covariance, _POINTS)
    (weights, sizes), mass = _weights(gap, covariance, _POINTS), xp.sum(p)
    there = theta > -xp.inf
    value = _value(xp, theta, gap, covariance, p, weights)
    shares = xp.where(there, p / mass, 0.0)
    eps = xp.finfo(p.dtype).eps
    # Less than half of the digits of p_i, and there is no log p_i: see `require_logs`.
    spread, width = _spread(xp, covariance), noise.resolution
    far = xp.max(xp.where(there, -gap, 0.0))
    # Differences of theta round at their own size, and 1 - correlation at that of one: its root,
    # the smallest width over the largest, is what p depends on.
    moved = 16 * eps * (far + spread) / width
    known = (shares > xp.sqrt(eps) * size) & (moved < xp.sqrt(eps))
    if xp.traced:  # slopes of log p cannot be refused by themselves
        known = known & xp.all(_has_slopes(xp, shares, sizes, width), 1)
    lost_digits = xp.asarray(xp.where(known, 0.0, xp.nan), p.dtype)
    log_p = xp.log(xp.where(known, shares, 1.0)) + lost_digits * shares  # the slope is NaN too
    log_p = xp.where(there, log_p, -xp.inf)
    if not radius:
        return Pass(value, shares, log_p)
    finer = _probabilities(gap, covariance, _FINER)[0]
    fine = _value(xp, theta, gap, covariance, finer, _weights(gap, covariance, _FINER)[0])
    lost = 4 * xp.abs(mass - 1)
    value_radius = 2 * xp.abs(fine - value) + (64 * eps + lost + moved) * (far + spread)
    value_radius = value_radius + 4 * eps * xp.abs(xp.max(theta))
    deep = -xp.log(xp.where(shares > 0, shares, 1.0))
    p_radius = 2 * xp.abs(finer - p) + (lost + moved * (2 + deep)) * p + 64 * eps * size
    return Pass(value, shares, log_p, value_radius, p_radius + xp.finfo(p.dtype).tiny)


def require_logs(theta: np.ndarray, log_p: np.ndarray) -> None:
    """Raise ValueError where no digits are left of a p_i."""
    if np.any(np.isnan(log_p)):
        _refuse(theta)


def _value(xp: Any, theta: Array, gap: Array, covariance: Array, p: Array, weights: Array) -> Array:
    """max theta + <theta - max theta, p> + sum_{i<j} -H_ij Var(gamma_i - gamma_j)."""
    there, spread = theta > -xp.inf, _variances(xp, covariance)
    return xp.max(theta) + xp.sum(xp.where(there, gap, 0.0) * p) + xp.sum(weights * spread) / 2


def hessian(noise: Any, theta: Float[Array, "d"]) -> Float[Array, "d d"]:
    """H, whose diagonal is a sum of what stands beside it."""
    xp, gap, covariance = _open(noise, theta)
    weights = _weights(gap, covariance, _POINTS)[0]
    return xp.sum(weights, 1)[:, None] * xp.eye(gap.size, dtype=gap.dtype) - weights


def hvp(noise: Any, theta: Float[Array, "d"], v: Float[Array, "d"]) -> Float[Array, "d"]:
    """H v, from differences of v."""
    xp, gap, covariance = _open(noise, theta)
    return xp.sum(_weights(gap, covariance, _POINTS)[0] * (v[:, None] - v), 1)


def log_slopes(
    noise: Any, theta: Float[np.ndarray, "d"], which: np.ndarray
) -> Float[np.ndarray, "n d"]:
    """d log p_i / d theta_j for i in `which`; ValueError where no digits of them are left."""
    xp, gap, covariance = _open(noise, theta)
    weights, sizes = _weights(gap, covariance, _POINTS)
    found = solve(noise, theta)
    known = _has_slopes(xp, found.probabilities, sizes, noise.resolution)[which]
    if not known.all() or np.isnan(found.log_probabilities[which]).any():
        _refuse(theta)
    full = np.diag(xp.sum(weights, 1)) - weights
    return full[which] / found.probabilities[which, None]


def _has_slopes(xp: Any, p: Array, sizes: Array, width: Any) -> Array:
    """Whether d log p_i / d theta_j has half of its digits."""
    return p[:, None] > xp.sqrt(xp.finfo(p.dtype).eps) * sizes * width


def _refuse(theta: Any) -> NoReturn:
    msg = (
        "`theta` must have p_i whose digits are known under `JointNormal` noise, where small p_i "
        "may be differences of larger numbers, and deviations of all sizes cost digits, got "
        f"{theta}; ask for `probabilities`, mask such a category with -inf, or bring the "
        "covariance to factors with `correlated_normal`"
    )
    raise ValueError(msg)


def anchored(noise: Any, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) - f(0), masked categories left out of both."""
    xp = floats(theta)[0]
    return solve(noise, theta).value - solve(noise, xp.where(theta > -xp.inf, 0.0, theta)).value


def tie(noise: Any, theta: Float[Array, "d"]) -> bool:  # noqa: ARG001
    """False: the maximum of continuous noise is at one coordinate alone."""
    return False
