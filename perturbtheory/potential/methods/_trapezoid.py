"""The trapezoidal rule: geometric convergence for analytic noise with light tails.

On a window beyond whose ends F R is negligible, the error of step h falls like exp(-c / h): that
of h is the square of that of 2h, about. The rule of 2h costs nothing more, so the nodes are
doubled until the two agree to 1e-9: then the finer one is right to rounding.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.potential.methods._integrals import (
    ELEMENTS,
    Block,
    MakeBlock,
    Sums,
    Terms,
    differences,
    total,
)

if TYPE_CHECKING:
    from jaxtyping import Float

FLOOR, CEILING = -95.0, -54.0
"""Log probabilities at which a single coordinate is cut off below and above."""
_LOWEST, _HIGHEST = math.exp(-92.0), 1e-18
"""The window is where F exceeds the first and R, in units of the resolution, the second."""
_MOST, _FEW = 2048, 2**18
"""Most nodes, and so many evaluations that one more doubling costs little."""


class Window(NamedTuple):
    """Where the largest of theta + gamma is, counted from the largest theta."""

    low: float
    high: float


def window(noise: Any, theta: Float[np.ndarray, "d"]) -> Window:
    """Two rounds of nine points, between the ends within which every coordinate has its mass."""
    low, high = noise.bracket(FLOOR, CEILING)
    low, high = float(np.max(theta + low)), float(np.max(theta + high))
    resolution = float(np.max(noise.resolution))
    eighths = np.arange(1, 8) / 8
    for _ in range(2):
        grid = low + (high - low) * eighths
        cdf, rate = noise.cdf_and_rate(grid[:, None] - theta)
        below = int(np.count_nonzero(np.multiply.reduce(cdf, axis=1) < _LOWEST))
        above = int(np.count_nonzero(rate.sum(1) * resolution < _HIGHEST))
        low, high = low + (high - low) / 8 * below, high - (high - low) / 8 * above
    return Window(low, high)


def _nodes(noise: Any, theta: np.ndarray, ends: Window, *, relative: bool) -> int:
    """How many to begin with: an even number, seldom doubled."""
    if noise.shape:
        return 160 if noise.tail == "gaussian" else 288
    step = noise.step * float(noise.resolution)
    if relative:
        step *= 0.87
    if noise.tail == "gaussian":  # the largest of many varies less than one of them
        tens = math.log10(theta.size / 10)
        step /= 1 + (0.65 if tens > 0 else 0.5) * tens
    return 2 * math.ceil((ends.high - ends.low) / (2 * step))


def blocks(theta: np.ndarray, ends: Window, count: int, *, odd: bool) -> list[MakeBlock]:
    """Nodes low + j h for j = 0 .. count, with weights h and those of the rule of 2h.

    Besides weights that are one at the ends only, and h cos(pi j / 2), h sin(pi j / 2). With `odd`
    the nodes of odd j only, with the weights of those rows that do not vanish there.
    """
    h = (ends.high - ends.low) / count
    j = np.arange(1, count, 2) if odd else np.arange(count + 1)
    s = ends.low + h * j
    if odd:
        weights = h * np.stack([np.ones(len(s)), np.sin(np.pi / 2 * j)])
    else:
        weights = h * np.stack(
            [
                np.ones(len(s)),
                np.where(j % 2, 0.0, 2.0),
                np.where(j % count, 0.0, 1 / h),
                np.cos(np.pi / 2 * j),
                np.sin(np.pi / 2 * j),
            ]
        )
    size = max(1, ELEMENTS // theta.size)

    def make(k: int) -> Block:
        cut = slice(k, k + size)
        return Block(s[cut, None] - theta, s[cut], weights[:, cut])

    return [functools.partial(make, k) for k in range(0, len(s), size)]


def integrate(
    noise: Any,
    theta: Float[np.ndarray, "d"],
    terms: Terms,
    *,
    relative: bool = False,
    further: bool = False,
) -> tuple[Sums, Window, int] | None:
    """Both rules once they agree, one doubling later if `further`; None where panels are due.

    theta is counted from its largest entry. Also the window, and its length over the step. With
    `relative` small p_i are made to agree too, as long as that is cheap: `edge` has the rest.
    """
    ends = window(noise, theta)
    count = _nodes(noise, theta, ends, relative=relative)
    if count > _MOST:
        return None
    parts = total(noise, blocks(theta, ends, count, odd=False), terms)
    fine, coarse = [a[0] for a in parts], [a[1] for a in parts]
    edge = parts[0][2] * noise.resolution
    wave = np.hypot(*parts[0][3:5])
    power = 8 if noise.tail == "gaussian" else 4
    while True:
        # The relative error of the finer rule is the square of that of the coarser, about. That
        # may vanish by chance, not so the Fourier transform at a quarter of the frequency.
        gap = np.square((fine[0] - coarse[0]) / np.maximum(fine[0], 1e-300))
        least = np.minimum(2 * wave / np.maximum(fine[0], 1e-300), 1.0) ** power
        off = np.maximum(gap, least) if relative and noise.shape else gap
        agreed = bool(np.all(gap * fine[0] <= 1e-17))
        agreed = agreed and _resolved(noise, theta, ends, (ends.high - ends.low) / count)
        small = agreed and (not relative or np.all((off <= 1e-14) | (edge > 1e-13 * fine[0])))
        cheap = 2 * count <= (_MOST if 2 * count * theta.size <= _FEW else _MOST // 4)
        if agreed and (small or not cheap) and not further:
            apart = differences(fine, coarse)
            return Sums(fine, apart, edge + 30 * off * fine[0]), ends, count
        further = further and not (agreed and (small or not cheap))
        count *= 2
        if count > 2 * _MOST or (count > _MOST and not agreed):
            return None
        new = total(noise, blocks(theta, ends, count, odd=True), terms)
        wave = np.hypot((fine[0] - coarse[0]) / 2, new[0][1])
        coarse, fine = fine, [a / 2 + b[0] for a, b in zip(fine, new, strict=True)]


def _resolved(noise: Any, theta: np.ndarray, ends: Window, h: float) -> bool:
    """Whether no coordinate is so narrow that it may stand unseen between two nodes."""
    if not noise.shape:
        return True
    unseen = theta + 10 * noise.resolution > ends.low
    return not bool(np.any(unseen & (noise.resolution < h / 4)))
