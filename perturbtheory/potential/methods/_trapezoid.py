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
_LOWEST, _HIGHEST, _UPPER = -92.0, 1e-18, -42.0
"""The window is where log F exceeds the first and R, in units of the resolution, the second: log S
of all together is the third at its upper end."""
_RISEN = math.exp(-40.0)
"""F at the lower end of the window, at most."""
MOST_NODES, _FEW = 2048, {"gaussian": 2**14}
"""Most nodes, and so many evaluations that one more doubling costs less than `_tails`, where these
are few; else 2^18."""
_SAMPLE = 64
"""Coordinates that tell where the window begins, and from how many on they are told apart."""


class Window(NamedTuple):
    """Where the largest of theta + gamma is, counted from the largest theta; for every row."""

    low: Any
    high: Any


class Grid(NamedTuple):
    """Nodes low + j (high - low) / steps for j = 0 .. steps, and F there."""

    ends: Window
    steps: int
    product: Float[np.ndarray, "steps+1"]


class _Order(NamedTuple):
    """The coordinates by their reach, above which F_i is one but for e^-54; the farthest first."""

    which: np.ndarray
    theta: np.ndarray
    noise: Any
    reach: np.ndarray

    def above(self, s: float) -> int:
        """How many reach beyond s."""
        return max(1, int(np.searchsorted(-self.reach, -s)))

    def back(self, values: np.ndarray) -> np.ndarray:
        """Rows over the first coordinates, as the caller counts all."""
        if values.ndim == 1:
            return values
        out = np.zeros((*values.shape[:-1], self.which.size))
        out[..., self.which[: values.shape[-1]]] = values
        return out


def window(noise: Any, theta: Float[np.ndarray, "... d"], *, sample: int = _SAMPLE) -> Window:
    """Between the ends within which every coordinate has its mass, raised by a sample of them.

    The sample may be no good: what it says of the lower end is to be looked at again.
    """
    size = theta.shape[-1]
    ceiling = float(math.floor(_UPPER - math.log(size)))
    lows, highs = noise.bracket(FLOOR, ceiling)
    low, high = np.max(theta + lows, -1), np.max(theta + highs, -1)
    every = max(1, size // sample)
    part, own = (
        (noise.take(slice(None, None, every)) if noise.shape else noise),
        theta[..., ::every],
    )
    step = high - low
    for _ in range(2):
        step = step / 16
        grid = low[..., None] + step[..., None] * np.arange(1, 16)
        cdf = part.cdf_and_rate(grid[..., None] - own[..., None, :])[0]
        with np.errstate(divide="ignore"):
            log_cdf = np.log(np.multiply.reduce(cdf, axis=-1)) * (size / own.shape[-1])
        low = low + step * np.count_nonzero(log_cdf < _LOWEST, axis=-1)
    # A law may know its ends only roughly; of few coordinates that is as soon looked at as mended.
    if size <= sample or np.max(noise.log_sf(highs)) < ceiling - 3.0:
        high = _lowered(noise, theta, low, high)
    return Window(low, high)


def _lowered(noise: Any, theta: Float[np.ndarray, "... d"], low: Any, high: Any) -> Any:
    """Two rounds of nine points."""
    resolution, eighths = float(np.max(noise.resolution)), np.arange(1, 8) / 8
    for _ in range(2):
        grid = low[..., None] + (high - low)[..., None] * eighths
        rate = noise.cdf_and_rate(grid[..., None] - theta[..., None, :])[1]
        above = np.count_nonzero(rate.sum(-1) * resolution < _HIGHEST, axis=-1)
        high = high - (high - low) / 8 * above
    return high


def _ordered(noise: Any, theta: Float[np.ndarray, "d"]) -> _Order | None:
    if theta.size < _SAMPLE:
        return None
    reach = theta + noise.bracket(FLOOR, CEILING)[1]
    which = np.argsort(-reach)
    taken = noise.take(which) if noise.shape else noise
    return _Order(which, theta[which], taken, reach[which])


def nodes(noise: Any, theta: np.ndarray, ends: Window, *, relative: bool) -> Any:
    """How many to begin with, for every row: an even number, seldom doubled."""
    size = theta.shape[-1]
    if noise.shape:
        return 144 if noise.tail == "gaussian" else 320
    step, gaussian = noise.step * float(noise.resolution), noise.tail == "gaussian"
    # Of few categories small p_i agree at once, of many by `_tails`.
    few = relative and not (gaussian and size > 2 * _SAMPLE)
    if few:
        step *= 0.87
    if gaussian:  # the largest of many varies less than one of them
        tens = math.log10(size / 10)
        step /= 1 + (0.65 if few and tens > 0 else 0.5) * tens
    return 2 * np.ceil((ends.high - ends.low) / (2 * step)).astype(int)


def blocks(
    noise: Any,
    theta: np.ndarray,
    grid: Grid,
    *,
    odd: bool = False,
    order: _Order | None = None,
) -> list[MakeBlock]:
    """The nodes of the grid, with weights h and those of the rule of 2h.

    Besides weights that are one at the ends only, and h cos(pi j / 2), h sin(pi j / 2). With `odd`
    the nodes of odd j only, with the weights of those rows that do not vanish there. With `order`
    a block has the coordinates that reach beyond its first node.
    """
    (low, high), count, product = grid
    h = (high - low) / count
    j = np.arange(1, count, 2) if odd else np.arange(count + 1)
    s, product = low + h * j, product[j[0] :: 1 + odd]
    weights = h * _odd_weights(j) if odd else weights_of(j, h)

    def make(k: int, size: int, near: int) -> Block:
        cut = slice(k, k + size)
        own, which, law = theta, slice(None), None
        if order is not None:
            own, which = order.theta[:near], order.which[:near]
            law = order.noise.take(slice(near)) if noise.shape else noise
        return Block(
            s[cut, None] - own, s[cut], weights[:, cut],
            law=law, which=which, product=product[cut],
        )  # fmt: skip

    made, k = [], 0
    while k < len(s):
        near = theta.size if order is None else order.above(s[k])
        size = max(1, ELEMENTS // near)
        made.append(functools.partial(make, k, size, near))
        k += size
    return made


def weights_of(j: np.ndarray, h: Any) -> Float[np.ndarray, "... 5 n"]:
    """The five rows of weights of `blocks` for nodes j = 0 .. n of step h, which may be several."""
    rows = np.stack(
        [
            np.ones(len(j)),
            np.where(j % 2, 0.0, 2.0),
            np.zeros(len(j)),
            np.cos(np.pi / 2 * j),
            np.sin(np.pi / 2 * j),
        ]
    )
    weights = np.asarray(h)[..., None, None] * rows
    weights[..., 2, [0, -1]] = 1.0
    return weights


def _odd_weights(j: np.ndarray) -> np.ndarray:
    return np.stack([np.ones(len(j)), np.sin(np.pi / 2 * j)])


def integrate(
    noise: Any,
    theta: Float[np.ndarray, "d"],
    terms: Terms,
    *,
    relative: bool = False,
    further: bool = False,
) -> tuple[Sums, Grid] | None:
    """Both rules once they agree, one doubling later if `further`; None where panels are due.

    theta is counted from its largest entry. Also the nodes. With `relative` small p_i are made to
    agree too, as long as that is cheap: `edge` has the rest.
    """
    order = _ordered(noise, theta)
    for sample in (_SAMPLE, theta.size):
        ends = window(noise, theta, sample=sample)
        count = nodes(noise, theta, ends, relative=relative)
        if count > MOST_NODES:
            return None
        grid = Grid(ends, count, np.empty(count + 1))
        parts = _total(noise, theta, terms, grid, order)
        if grid.product[0] < _RISEN:
            break
    fine, coarse = [a[0] for a in parts], [a[1] for a in parts]
    edge = parts[0][2] * noise.resolution
    if order is not None:
        edge = edge + math.exp(CEILING)
    wave = np.hypot(*parts[0][3:5])
    while True:
        agreed, small, off = agreement(noise, fine[0], coarse[0], edge, wave, relative=relative)
        agreed = bool(agreed) and _resolved(noise, theta, ends, (ends.high - ends.low) / count)
        small = agreed and bool(small)
        cheap = 2 * count <= MOST_NODES and 2 * count * theta.size <= _FEW.get(noise.tail, 2**18)
        if agreed and (small or not cheap) and not further:
            apart = differences(fine, coarse)
            return Sums(fine, apart, edge + 30 * off * fine[0]), grid
        further = further and not (agreed and (small or not cheap))
        count *= 2
        if count > 2 * MOST_NODES or (count > MOST_NODES and not agreed):
            return None
        product = np.empty(count + 1)
        product[::2] = grid.product
        grid = Grid(ends, count, product)
        new = _total(noise, theta, terms, grid, order, odd=True)
        wave = np.hypot((fine[0] - coarse[0]) / 2, new[0][1])
        coarse, fine = fine, [a / 2 + b[0] for a, b in zip(fine, new, strict=True)]


def agreement(
    noise: Any, fine: Any, coarse: Any, edge: Any, wave: Any, *, relative: bool
) -> tuple[Any, Any, np.ndarray]:
    """(whether p is right, its small entries too if `relative`, by how much of themselves they are
    off), for every row, from both rules, the ends and the Fourier transform.
    """
    gaussian = noise.tail == "gaussian"
    power = 8 if gaussian else 4
    # What is not resolved in relation to itself is found otherwise.
    enough = 5e-14 if relative and noise.shape and gaussian else 1e-17
    # The relative error of the finer rule is the square of that of the coarser, about. That may
    # vanish by chance, not so the Fourier transform at a quarter of the frequency.
    gap = np.square((fine - coarse) / np.maximum(fine, 1e-300))
    least = np.minimum(2 * wave / np.maximum(fine, 1e-300), 1.0) ** power
    off = np.maximum(gap, least) if relative and (noise.shape or gaussian) else gap
    small = np.all((off <= 1e-14) | (edge > 1e-13 * fine), -1) if relative else True
    return np.all(gap * fine <= enough, -1), small, off


def _total(
    noise: Any,
    theta: np.ndarray,
    terms: Terms,
    grid: Grid,
    order: _Order | None,
    *,
    odd: bool = False,
) -> list[np.ndarray]:
    found = total(noise, blocks(noise, theta, grid, odd=odd, order=order), terms)
    return found if order is None else [order.back(a) for a in found]


def _resolved(noise: Any, theta: np.ndarray, ends: Window, h: float) -> bool:
    """Whether no coordinate is so narrow that it may stand unseen between two nodes."""
    if not noise.shape:
        return True
    unseen = theta + 10 * noise.resolution > ends.low
    return not bool(np.any(unseen & (noise.resolution < h / 4)))
