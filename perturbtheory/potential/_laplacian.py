"""H delta = b for the Hessian H of f, the Laplacian of a connected graph, and b of sum zero.

Without the row and column of one vertex H is positive definite; scaled to a diagonal of ones it
is well conditioned even where its entries span many magnitudes. Beyond some hundred categories H
is only multiplied by, in conjugate gradients on D^{-1/2} H D^{-1/2} with D near its diagonal.
D comes from one product: for random signs v with v_j = 0 where p_j is large,

    v_i (H v)_i = H_ii + sum_{j != i} H_ij v_i v_j,

whose second term averages many small weights.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from perturbtheory.potential import _rows

DENSE = 500
"""Most categories for which H itself is formed: 2 MB."""
_LARGE = 0.01
"""A category of this probability weighs too much in others' rows to get a sign."""
_PRODUCTS = 200


class Inverse(NamedTuple):
    """What Newton's method keeps of a Hessian.

    Attributes:
        apply: (b, tolerance) -> delta with H delta = b, up to a constant; `tolerance` is what may
            be left of b, unless `exact`.
        slopes: d log p_i / d theta_i, shape ``(d,)``; about, unless `exact`.
        exact: whether H itself was formed.
    """

    apply: Callable[[np.ndarray, float], np.ndarray]
    slopes: np.ndarray
    exact: bool


def inverse(noise: Any, theta: np.ndarray, p: np.ndarray) -> Inverse:
    """Of H(theta), where p = p(theta) > 0."""
    if len(theta) == 1:
        return Inverse(lambda right, _: 0 * right, np.zeros(1), exact=True)
    if len(theta) > DENSE:
        return _products(noise, theta, p)
    hessian = _rows.hessian(noise, theta, relative=False)
    diagonal = np.diag(hessian)
    # The largest diagonal grounds: what is left stays furthest from singular.
    free = np.arange(len(theta)) != np.argmax(diagonal)
    scale = 1 / np.sqrt(np.maximum(diagonal[free], np.finfo(float).tiny))
    scaled = hessian[np.ix_(free, free)] * scale[:, None] * scale
    try:
        factor = cho_factor(scaled, check_finite=False)
    except np.linalg.LinAlgError:
        # Off the solution bounded noise may leave categories that never meet.
        factor = cho_factor(scaled + 1e-8 * np.eye(len(scale)), check_finite=False)

    def apply(right: np.ndarray, tolerance: float) -> np.ndarray:  # noqa: ARG001
        delta = np.zeros(len(theta))
        delta[free] = scale * cho_solve(factor, scale * right[free], check_finite=False)
        return delta

    return Inverse(apply, diagonal / p, exact=True)


def _products(noise: Any, theta: np.ndarray, p: np.ndarray) -> Inverse:
    def product(v: np.ndarray) -> np.ndarray:
        return _rows.hvp(noise, theta, v, relative=False)

    signs = np.random.default_rng(0).choice([-1.0, 1.0], len(theta))
    large = np.flatnonzero(p > _LARGE)
    few = np.where(p > _LARGE, 0.0, signs)
    share = p * (1 - p)
    slopes = few * product(few) / share
    typical = np.median(slopes[few != 0])
    slopes[large] = typical
    if noise.shape and len(large):
        # Laws that differ have no typical slope: pairs of large categories cancel over four rows.
        rank = np.argsort(np.argsort(-p[large])) % 4
        slopes[large] = 0.0
        for row in ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1)):
            v = np.zeros(len(p))
            v[large] = signs[large] * np.array(row)[rank]
            slopes[large] += (v * product(v))[large] / share[large] / 4
    slopes = np.where(slopes > 0.01 * typical, slopes, typical)
    diagonal = slopes * share

    def apply(right: np.ndarray, tolerance: float) -> np.ndarray:
        return _conjugate_gradients(product, diagonal, right, tolerance)

    return Inverse(apply, slopes * (1 - p), exact=False)


def _conjugate_gradients(
    product: Callable[[np.ndarray], np.ndarray],
    diagonal: np.ndarray,
    right: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """delta with |H delta - right| <= tolerance |right| in the norm of the inverse diagonal."""
    delta, rest = np.zeros_like(right), right
    scaled = rest / diagonal
    direction, size = scaled, rest @ scaled
    enough = tolerance**2 * size
    for _ in range(_PRODUCTS):
        image = product(direction)
        curvature = direction @ image
        if not curvature > 0:
            break
        delta = delta + size / curvature * direction
        rest = rest - size / curvature * image
        scaled = rest / diagonal
        size, before = rest @ scaled, size
        if not size > enough:
            break
        direction = scaled + size / before * direction
    # Categories of tiny probability hardly enter the norm: one step of Jacobi is for them.
    return delta + scaled
