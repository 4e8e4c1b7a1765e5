"""The log density of softmax((theta + gamma)/t) on the open simplex."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.checks import as_vectors, slack
from perturbtheory.distributions._arguments import joint_shape
from perturbtheory.distributions._shifts import log_integral
from perturbtheory.numerics import floats, is_jax, is_known, leaves

if TYPE_CHECKING:
    from perturbtheory.numerics import Array

_FAR = 40
"""Powers of two up to which quantiles of the noise are found with their digits."""


def log_density(noise: Any, theta: Array, temperature: Any, point: Any) -> Array:
    """(k - 1) log t - sum_i log s_i + log int prod_i f_i(t log s_i - theta_i + u) du.

    Over the k categories that are not masked; of the shape to which the batches broadcast. NaN for
    a traced point that is not on the open simplex.
    """
    _require_density(noise)
    noise, theta, temperature = _in_moderate_units(noise, theta, temperature)
    point, most = _require_points(point, theta)
    shape = joint_shape("point", point.shape[:-1], theta.shape[:-1])
    xp, s, theta, t = floats(point, theta, temperature)
    dtype = s.dtype
    if xp.finfo(dtype).bits < 32:
        s, theta, t = (xp.asarray(a, np.float32) for a in (s, theta, t))
    there = xp.broadcast_to(theta > -xp.inf, (*shape, theta.shape[-1]))
    total = xp.sum(s, -1, keepdims=True)
    good = xp.all(xp.where(there, s > 0, s == 0) & (xp.abs(total - 1) <= most), -1)
    # Its sum may be rounded; divided by it the point is on the simplex.
    log_s = xp.log(xp.where(there & good[..., None], s / total, 1.0))
    x = t * log_s - xp.where(there, theta, 0.0)
    rows = (math.prod(shape), x.shape[-1])
    integral = log_integral(noise, x.reshape(rows), there.reshape(rows)).reshape(shape)
    out = xp.asarray(xp.sum(there, -1) - 1, t.dtype) * xp.log(t) - xp.sum(log_s, -1) + integral
    return (xp.where(good, out, xp.nan) if xp.traced else out).astype(dtype)


def _in_moderate_units(noise: Any, theta: Array, temperature: Any) -> tuple[Any, Array, Any]:
    """All three divided by a power of two, which changes no density, if the noise is far from one.

    Arrays of JAX stay as they are.
    """
    numbers = (*leaves(noise), theta, temperature)
    if any(is_jax(a) or not is_known(a) for a in numbers):
        return noise, theta, temperature
    power = int(np.frexp(np.max(noise.resolution))[1])
    if abs(power) < _FAR:
        return noise, theta, temperature
    return noise.rescaled(-power), np.ldexp(theta, -power), np.ldexp(temperature, -power)


def _require_density(noise: Any) -> None:
    """Raise ValueError where draws have no density, or one that is no integral over one shift."""
    if not noise.continuous:
        msg = (
            f"`noise` must have a density, got {noise}, under which there are finitely many "
            "draws; use `mean` and `covariance`, or pt.smoothed(noise, scale) as the noise"
        )
        raise ValueError(msg)
    if not noise.independent:
        msg = (
            f"`noise` must have independent coordinates for a log density, got {noise}; "
            "average the density over its factors u, with theta + B u for theta"
        )
        raise ValueError(msg)


def _require_points(point: Any, theta: Array) -> tuple[Any, float]:
    """(`point` as an array, how far its sum may be from one).

    Raises ValueError for a point that is known not to be on the simplex.
    """
    s = as_vectors("point", point)
    d = theta.shape[-1]
    if s.shape[-1] != d:
        msg = (
            f"`point` must have {d} entries, as theta has, got {s.shape[-1]}; pass one per category"
        )
        raise ValueError(msg)
    joint_shape("point", s.shape[:-1], theta.shape[:-1])
    most = slack((s if is_jax(s) else np.asarray(point)).dtype)
    if not is_known(s):
        return s, most
    known = np.asarray(s, np.float64)
    total = known.sum(-1)
    off = np.abs(total - 1) > most
    if np.any(off):
        msg = f"`point` must sum to one, got the sum {total[off][0]}; divide by it"
        raise ValueError(msg)
    if np.any(known < 0):
        msg = f"`point` must not be negative, got {known.min()}; pass a point of the simplex"
        raise ValueError(msg)
    if is_known(theta):
        _require_interior(known, np.asarray(theta) > -np.inf)
    return s, most


def _require_interior(known: np.ndarray, there: np.ndarray) -> None:
    known, there = np.broadcast_arrays(known, there)
    if np.any((known == 0) & there):
        row = known[((known == 0) & there).any(-1)][0]
        msg = (
            f"`point` must be positive where theta is not masked, got {row} on the boundary, which "
            "is no point of the open simplex; against underflow draw in 64 bits, or raise the "
            "temperature"
        )
        raise ValueError(msg)
    if np.any((known > 0) & ~there):
        msg = (
            f"`point` must be zero where theta is masked, got {known[(known > 0) & ~there][0]}; "
            "set it to zero, or give theta a finite entry"
        )
        raise ValueError(msg)
