"""Normal noise of a full covariance matrix, where few factors plus a diagonal give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.checks import finite, parameter, require
from perturbtheory.numerics import is_known
from perturbtheory.perturbations._factor_noise import FactorNoise
from perturbtheory.perturbations._joint_normal import (
    MOST,
    JointNormal,
    require_covariance,
    without_mean,
)
from perturbtheory.perturbations._normal import Normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

_RANK = 2
_STEEP = 6.0
"""Widths of the noise by which differences change with a factor."""
_STARTS, _STEPS = 6, 300
_EXACT = 1e-13
"""How far from the covariances, in units of the largest variance of a difference, a form may be."""
_LEAST = 1e-9
"""The least variance on the diagonal, in the same unit."""


class _Form(NamedTuple):
    diagonal: np.ndarray
    loadings: np.ndarray
    off: float


def correlated_normal(covariance: Float[Any, "d d"]) -> FactorNoise | JointNormal | Normal:
    """gamma ~ N(0, covariance), as D + B B' with D diagonal and as few factors as serve.

    Only differences gamma_i - gamma_j matter, so that the form need be right but for c 1' + 1 c',
    which changes no difference; means of all coordinates alike are zero, so that the potential is
    that of N(0, covariance) too. Up to four categories there is such a form of rank 2 or less for
    every positive definite covariance; beyond, for those that have one, to 1e-13 of the largest
    variance of a difference. It is found by least squares on what is off the diagonal. Up to six
    categories `JointNormal` takes what has no such form, and factors that are large beside D.

    Args:
        covariance: a symmetric matrix of shape ``(d, d)``, whose numbers are known.

    Returns:
        `FactorNoise` over `Normal`, `Normal` where no factor is needed, or `JointNormal`.

    Raises:
        ValueError: for a matrix that is not square, not symmetric, NaN or infinite, one under
            which a combination of differences has no positive variance, or one that needs more
            than two factors for more than six categories.
        TypeError: for a traced matrix: pass B and the scales to `FactorNoise` instead.

    Example:
        >>> import numpy as np, perturbtheory as pt
        >>> noise = pt.correlated_normal([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
        >>> pt.expected_max(noise).probabilities(np.zeros(3)).round(4).tolist()
        [0.3075, 0.3075, 0.385]
    """
    matrix = _checked(covariance)
    d, diagonal = len(matrix), np.diag(matrix)
    if np.all(matrix == np.diag(diagonal)) and np.min(diagonal) > 0:
        return Normal(np.sqrt(diagonal))
    if d == 1:
        return JointNormal(matrix)
    centred = without_mean(np, matrix)
    size = float(np.max(np.diag(centred)))
    best = np.inf
    for rank in range(_RANK + 1):
        form = _form(centred, rank, size)
        good = np.min(form.diagonal) > _LEAST * size
        if form.off <= _EXACT * size and good:
            scale = np.sqrt(form.diagonal)
            return (
                _moderate(FactorNoise(Normal(scale), form.loadings), matrix)
                if rank
                else Normal(scale)
            )
        if rank == d - 2:
            values, vectors = np.linalg.eigh(centred)
            loadings = vectors[:, 2:] * np.sqrt(values[2:] - values[1])
            return _moderate(FactorNoise(Normal(float(np.sqrt(values[1]))), loadings), matrix)
        best = min(best, form.off if good else np.inf)
    if d <= MOST:
        return JointNormal(matrix)
    missed = f"those of two miss its entries by {best / size:.1g} of the largest variance"
    msg = (
        f"`covariance` must be a diagonal plus at most {_RANK} factors, up to a constant in each "
        f"row and column, got one of shape {matrix.shape} for which least squares finds none: "
        f"{missed if np.isfinite(best) else 'fewer would need a negative diagonal'}; pass "
        "`FactorNoise` the factors that matter, or all of them: Normal(sqrt(l)) and B with "
        "B B^T = covariance - l I, l its smallest eigenvalue"
    )
    raise ValueError(msg)


def _moderate(noise: FactorNoise, matrix: np.ndarray) -> FactorNoise | JointNormal:
    """The noise, unless rules over its factors would take many nodes and there is another way."""
    return JointNormal(matrix) if noise.slope() > _STEEP and len(matrix) <= MOST else noise


def _checked(covariance: Any) -> np.ndarray:
    way_out = "pass a symmetric array of shape (d, d)"
    given = parameter("covariance", covariance)
    if not is_known(given):
        msg = "`covariance` must be known; pass `FactorNoise` its loadings and scales, which trace"
        raise TypeError(msg)
    require("covariance", given, finite, "be finite", way_out, most=2)
    matrix = np.asarray(given, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        msg = f"`covariance` must be square, got shape {matrix.shape}; {way_out}"
        raise ValueError(msg)
    require_covariance(matrix)
    return (matrix + matrix.T) / 2


def _form(matrix: np.ndarray, rank: int, size: float) -> _Form:
    """Loadings B and c such that B B' + c 1' + 1 c' is near the matrix off its diagonal."""
    d = len(matrix)
    one, two = np.triu_indices(d, 1)
    target = matrix[one, two] / size

    def parts(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x[:d], x[d:].reshape(d, rank)

    def residual(x: np.ndarray) -> np.ndarray:
        c, loadings = parts(x)
        return c[one] + c[two] + np.sum(loadings[one] * loadings[two], 1) - target

    def slope(x: np.ndarray) -> np.ndarray:
        _, loadings = parts(x)
        out = np.zeros((len(target), d * (1 + rank)))
        rows = np.arange(len(target))
        out[rows, one] = out[rows, two] = 1.0
        for k in range(rank):
            out[rows, d + one * rank + k] = loadings[two, k]
            out[rows, d + two * rank + k] = loadings[one, k]
        return out

    values, vectors = np.linalg.eigh(matrix / size)
    top = vectors[:, d - rank :] * np.sqrt(np.maximum(values[d - rank :], 0.0))
    rng, forms = np.random.default_rng(0), []
    for k in range(_STARTS if rank else 1):
        moved = top + 0.5 * k / _STARTS * rng.standard_normal(top.shape)
        x = _least_squares(residual, slope, np.concatenate([np.zeros(d), moved.ravel()]))
        c, loadings = parts(x)
        diagonal = np.diag(matrix) - size * (np.sum(loadings**2, 1) + 2 * c)
        off = size * float(np.max(np.abs(residual(x))))
        forms.append(_Form(diagonal, loadings * np.sqrt(size), off))
        if off <= _EXACT * size and np.min(diagonal) > _LEAST * size:
            return forms[-1]
    return min(forms, key=lambda form: form.off)


def _least_squares(residual: Callable[..., Any], slope: Callable[..., Any], x: Any) -> Any:
    """Levenberg's method, to the rounding of a sum that is zero where there is a form."""
    damping, value = 1e-3, residual(x)
    for _ in range(_STEPS):
        jacobian = slope(x)
        square, right = jacobian.T @ jacobian, jacobian.T @ value
        step = np.linalg.solve(square + damping * np.eye(len(x)), right)
        new = residual(x - step)
        if not new @ new < value @ value:
            damping *= 10
            if damping > 1e8:
                break
            continue
        gained = 1 - (new @ new) / (value @ value)
        x, value, damping = x - step, new, max(damping / 10, 1e-14)
        if gained < 1e-3 or value @ value < 1e-26:
            break
    # Directions along which nothing changes are left alone.
    return x - np.linalg.lstsq(slope(x), residual(x), rcond=1e-10)[0]
