"""Quadrature of many rows of few categories at once: one pass of NumPy for all.

Every row has the rule that it has on its own, so that its answer does not depend on the others, and
is the same. What needs more than one pass is left to `quadrature`, row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.potential.methods import _pieces
from perturbtheory.potential.methods._integrals import ELEMENTS, LOST, TINY, with_degrees
from perturbtheory.potential.methods._pass import Pass
from perturbtheory.potential.methods._pieces import Integrals, Third
from perturbtheory.potential.methods._trapezoid import (
    MOST_NODES,
    Window,
    agreement,
    nodes,
    weights_of,
    window,
)

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

_MOST = 32
"""Categories up to which the numbers of a row take less than what NumPy needs to begin with it."""

_LEAST = 1e-290
"""p_i from which on it is a number with all its digits."""

Answer = tuple[Any, "Bool[np.ndarray, 'n']"]
"""What was asked for, of every row, and for which rows it is right."""


def serves(noise: Any, d: int) -> bool:
    """Whether one pass over many rows of d categories is of use."""
    trapezoid = noise.step is not None and not noise.shape and d <= _MOST
    return trapezoid or serves_one(noise, d)


def serves_one(noise: Any, d: int) -> bool:
    """Whether it is of use for one row, too."""
    return noise.step is None and _pieces.serves(noise, d)


def solve(noise: Any, theta: Float[np.ndarray, "n d"], *, least: float = -np.inf) -> Answer | None:
    """f, p and log p of rows of moderate numbers."""
    found = _integrate(noise, theta, relative=least < 0)
    if found is None:
        return None
    mass = found.p.sum(1)
    p = found.p / mass[:, None]
    log_p = np.log(p)
    lacking = ~_complete(found, p) & (least < 0)
    done = found.done & (np.abs(mass - 1) < LOST) & ~lacking
    return Pass(theta.max(1) + found.f, p, log_p), done


def hessian(noise: Any, theta: Float[np.ndarray, "n d"]) -> Answer | None:
    """H, right in its small rows too."""
    found = _integrate(noise, theta, _laplacian, relative=False)
    if found is None:
        return None
    return with_degrees((found.third + np.swapaxes(found.third, 1, 2)) / 2), _served(noise, found)


def hvp(noise: Any, theta: Float[np.ndarray, "n d"], v: Float[np.ndarray, "n d"]) -> Answer | None:
    """H v, right in the entries of small p_i too."""
    third = _laplacian if serves_one(noise, theta.shape[1]) else _product_with(v)
    found = _integrate(noise, theta, third, relative=False)
    if found is None:
        return None
    out = found.third
    if third is _laplacian:  # few categories: differences of v keep their digits
        out = np.sum(out * (v[:, :, None] - v[:, None, :]), axis=2)
    return out, _served(noise, found)


def _served(noise: Any, found: Integrals) -> Bool[np.ndarray, "n"]:
    """Which rows are right in the derivatives of small p_i, which need more of a trapezoid."""
    if noise.step is None:
        return found.done & _complete(found, found.p)
    return found.done & np.all(found.p >= TINY, 1)


def _complete(found: Integrals, p: Float[np.ndarray, "n d"]) -> Bool[np.ndarray, "n"]:
    """Whether every p_i has its digits, or cannot be but zero."""
    return np.all(~found.possible | ((p >= _LEAST) & (found.edge <= 1e-13 * p)), 1)


def _integrate(
    noise: Any, theta: Float[np.ndarray, "n d"], third: Third | None = None, *, relative: bool
) -> Integrals | None:
    """The rule of the noise on all rows; None if it has none for any."""
    if noise.step is None:
        return _pieces.integrate(noise, theta, third)
    return _by_trapezoid(noise, theta - theta.max(1)[:, None], third, relative=relative)


def _by_trapezoid(
    noise: Any, theta: Float[np.ndarray, "n d"], third: Third | None, *, relative: bool
) -> Integrals | None:
    """Two rules on all rows, which are counted from their largest entries."""
    n, d = theta.shape
    ends = window(noise, theta)
    count = nodes(noise, theta, ends, relative=relative)
    out = None
    # More nodes would be summed in blocks, which rounds in another way.
    for steps in np.unique(count[count <= min(MOST_NODES, ELEMENTS // d - 1)]):
        group = np.flatnonzero(count == steps)
        size = max(1, ELEMENTS // ((int(steps) + 1) * d))
        for k in range(0, len(group), size):
            which = group[k : k + size]
            part = Window(ends.low[which], ends.high[which])
            found = _pass(noise, theta, which, part, int(steps), third, relative=relative)
            if out is None:
                out = Integrals(*(np.zeros((n, *a.shape[1:]), a.dtype) for a in found))
            for all_rows, some in zip(out, found, strict=True):
                all_rows[which] = some
            if not found.done.any():  # nor are the others, most likely
                break
    return out


def _pass(
    noise: Any,
    theta: Float[np.ndarray, "n d"],
    which: np.ndarray,
    ends: Window,
    steps: int,
    third: Third | None,
    *,
    relative: bool,
) -> Integrals:
    theta = theta[which]
    j, h = np.arange(steps + 1), (ends.high - ends.low) / steps
    s = ends.low[:, None] + h[:, None] * j
    cdf, rate = noise.cdf_and_rate(s[:, :, None] - theta[:, None, :])
    product = np.multiply.reduce(cdf, axis=-1)
    rows = weights_of(j, h) * product[:, None, :]
    p = rows @ rate
    f = (rows @ (s * _total_rate(rate))[:, :, None])[:, 0, 0]
    edge = p[:, 2] * noise.resolution
    wave = np.hypot(p[:, 3], p[:, 4])
    # Small entries that are off show in what they may lack.
    agreed, _, off = agreement(noise, p[:, 0], p[:, 1], edge, wave, relative=relative)
    found = f if third is None else third(rows, rate, which)
    edge = edge + 30 * off * p[:, 0]
    return Integrals(agreed, p[:, 0], f, found, edge, np.ones(edge.shape, bool))


def _total_rate(rate: Float[np.ndarray, "n m d"]) -> Float[np.ndarray, "n m"]:
    """R = sum_i r_i."""
    return rate @ np.ones(rate.shape[-1])


def _product_with(v: Float[np.ndarray, "n d"]) -> Third:
    """int F r_i R ds v_i - int F r_i sum_j r_j v_j ds, which is H v."""

    def third(rows: np.ndarray, rate: np.ndarray, which: np.ndarray) -> np.ndarray:
        here = v[which]
        degree = (rows * _total_rate(rate)[:, None]) @ rate
        along = (rate @ here[:, :, None])[:, None, :, 0]
        return (degree * here[:, None] - (rows * along) @ rate)[:, 0]

    return third


def _laplacian(rows: np.ndarray, rate: np.ndarray, which: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """int F r_i r_j ds: the weights of the graph, of which H is the Laplacian."""
    return np.swapaxes(rate, 1, 2) @ (rows[:, 0, :, None] * rate)
