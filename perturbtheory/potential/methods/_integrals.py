"""The integrals, each written once: what a block of nodes adds to them.

With F = prod_j F_j(s - theta_j), r_i = f_i / F_i at s - theta_i (the reversed hazard rate) and
R = sum_i r_i, the density of max_i(theta_i + gamma_i) is F R, so

    f(theta)    = int s F R ds
    p_i(theta)  = int F r_i ds
    (H v)_i     = int F r_i (R v_i - sum_j r_j v_j) ds
    -H_ij       = int F r_i r_j ds                       for i != j; rows of H sum to zero.

A rule hands over blocks: x = s - theta, as one array or as two whose sum it is, because the
small differences must be exact; s, counted from the largest theta; and one or more rows of
weights, for rules that share nodes. F does not underflow where the rules have nodes.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

EPS = float(np.finfo(float).eps)
ELEMENTS = 2**15
"""Nodes times coordinates of a block: as many numbers as a processor keeps at hand."""
_PARTS, MANY_BLOCKS, _WIDE = 4, 4, 512
LARGE = 1e6
"""Widths of the noise beyond which theta swallows its digits."""
LOST = 0.01
"""How much of the mass a rule may miss before its answer is refused; 1e-14 is usual."""
TINY = 1e-26
"""p_i below which its row of H has no digits in the nodes that serve all."""


class Block(NamedTuple):
    """Nodes s, from the largest theta; `weights` has one row per rule, s - theta = x + rest.

    Attributes:
        frame: for every node, the coordinate whose x + rest is exact.
        law: the noise of the coordinates of x, where these are not all of them; the others have
            F = 1 there and no rate.
        which: which coordinates these are.
        product: where F at the nodes is to be kept.
    """

    x: np.ndarray
    s: np.ndarray
    weights: np.ndarray
    rest: np.ndarray | None = None
    frame: np.ndarray | None = None
    law: Any = None
    which: np.ndarray | slice = slice(None)
    product: np.ndarray | None = None


MakeBlock = Callable[[], Block]
Terms = Callable[[Any, Block], tuple[np.ndarray, ...]]


class Sums(NamedTuple):
    """Integrals over a window; p is the first of them.

    Attributes:
        fine: what `Terms` give.
        apart: by how much a coarser rule differs in the first two of them.
        edge: what p_i may lack, about, because the window has ends.
        beyond: what is to be added to (p, f) for the tails beyond the window, and how far off the
            second may be.
    """

    fine: list[np.ndarray]
    apart: list[np.ndarray]
    edge: np.ndarray
    beyond: tuple[np.ndarray, float, float] | None = None


def differences(fine: list[np.ndarray], coarse: list[np.ndarray]) -> list[np.ndarray]:
    """By how much two rules differ in the first two integrals."""
    return [np.abs(a - b) for a, b in zip(fine[:2], coarse[:2], strict=True)]


def total(noise: Any, blocks: Sequence[MakeBlock], terms: Terms) -> list[np.ndarray]:
    """The sum of `terms` over blocks: four partial sums, by threads where there is much to do.

    NumPy and SciPy leave the interpreter to others while they compute. The order of summation is
    the same with and without threads, on every machine.
    """

    @np.errstate(all="ignore")  # threads do not inherit it
    def part(k: int) -> list[np.ndarray]:
        out: list[np.ndarray] = []
        for make in blocks[k::_PARTS]:
            block = make()
            new = terms(noise if block.law is None else block.law, block)
            out = [_added(a, b) for a, b in zip(out, new, strict=True)] if out else list(new)
        return out

    parts = in_turn(part, min(_PARTS, len(blocks)), threads=len(blocks) >= MANY_BLOCKS)
    return [functools.reduce(_added, numbers) for numbers in zip(*parts, strict=True)]


def in_turn(task: Callable[[int], Any], count: int, *, threads: bool) -> list[Any]:
    """[task(0), ..., task(count - 1)], by threads where there is much to do."""
    return list((_pool().map if threads else map)(task, range(count)))


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_PARTS)


if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _added(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """one + two, where either may lack the last coordinates."""
    if one.shape == two.shape:
        return one + two
    if one.shape[-1] < two.shape[-1]:
        one, two = two, one
    one[..., : two.shape[-1]] += two
    return one


def _law(noise: Any, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """(F, r): the product over coordinates and the rates."""
    rest = [] if block.rest is None else [block.rest]
    law = noise.cdf_and_rate_at if rest else noise.cdf_and_rate
    if block.x.shape[1] < 2 * ELEMENTS or noise.shape:
        cdf, rate = law(block.x, *rest)
        product = np.multiply.reduce(cdf, axis=1)
    else:  # a piece of a row at a time, as much as a processor keeps at hand
        rate, product = np.empty(block.x.shape), np.ones(len(block.x))
        for k, row in enumerate(block.x):
            for start in range(0, len(row), ELEMENTS):
                piece = slice(start, start + ELEMENTS)
                cdf, rate[k, piece] = law(row[piece], *(numbers[k] for numbers in rest))
                product[k] *= np.multiply.reduce(cdf)
    if block.product is not None:
        block.product[:] = product
    return product, rate


def combined(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """rows @ columns; not by BLAS where these are wide, which would start threads for little."""
    if columns.shape[1] < _WIDE:
        return rows @ columns
    return np.einsum("kn,nd->kd", rows, columns)


def summed(rows: np.ndarray, v: np.ndarray | None = None) -> np.ndarray:
    """sum_j rows_kj v_j, with v = 1 if it is None."""
    if rows.shape[1] < _WIDE:
        return rows @ (np.ones(rows.shape[1]) if v is None else v)
    return np.add.reduce(rows, axis=1) if v is None else np.einsum("nd,d->n", rows, v)


def first(noise: Any, block: Block) -> tuple[np.ndarray, ...]:
    """(p, f) for every row of weights."""
    product, rate = _law(noise, block)
    rows = block.weights * product
    return combined(rows, rate), rows @ (block.s * summed(rate))


def first_with_rounding(noise: Any, block: Block) -> tuple[np.ndarray, ...]:
    """(p, f, what rounding moves p by, and f by) for every row of weights.

    s - theta_i is off by u_i = eps (|s| + |x_i|), which moves F r_i by at most
    F r_i (sum_j r_j u_j + u_i (|d log f_i / dx| + r_i)).
    """
    product, rate = _law(noise, block)
    rows, rate = block.weights * product, np.where(product[:, None] > 0, rate, 0.0)
    if block.rest is None or block.frame is None:
        x = block.x
        unit = EPS * (np.abs(x) + np.abs(block.s)[:, None])
    else:
        x = block.x + block.rest
        unit = EPS * (np.abs(block.x) + np.abs(block.rest))
        unit[np.arange(len(unit)), block.frame] = EPS * np.abs(block.rest[:, 0])
    # Where the rate is zero nothing moves, however far away the node is.
    unit = np.where(rate > 0, unit, 0.0)
    at_all = summed(rate * unit)
    slope = np.where(rate > 0, noise.score(x), 0.0)
    moved = rate * (at_all[:, None] + unit * (slope + rate))
    return (
        combined(rows, rate),
        rows @ (block.s * summed(rate)),
        combined(rows, moved),
        rows @ (np.abs(block.s) * summed(moved)),
    )


def laplacian(noise: Any, block: Block) -> tuple[np.ndarray, ...]:
    """(int F r_i r_j ds, p): the weights of the graph, of which H is the Laplacian."""
    product, rate = _law(noise, block)
    mass = block.weights[0] * product
    return rate.T @ (mass[:, None] * rate), combined(mass[None], rate)[0]


def product_with(vector: np.ndarray) -> Terms:
    """(p, int F r_i R ds v_i - int F r_i sum_j r_j v_j ds) for v = `vector`: the second is H v.

    R is the sum of all r_j, so that r_i^2 cancels. Where a density may be infinite, it would leave
    its rounding: there the largest rate of every node is kept apart from the others.
    """

    def terms(noise: Any, block: Block) -> tuple[np.ndarray, ...]:
        product, rate = _law(noise, block)
        rows, v = block.weights * product, vector[block.which]
        if noise.smooth:
            degree = combined(rows * summed(rate), rate)
            return combined(rows, rate), degree * v - combined(rows * summed(rate, v), rate)
        nodes, top = np.arange(len(rate)), np.argmax(rate, 1)
        largest = rate[nodes, top]
        rate[nodes, top] = 0.0
        others, along = summed(rate), summed(rate, v)

        def at_top(values: np.ndarray) -> np.ndarray:
            return np.stack([np.bincount(top, row, rate.shape[1]) for row in values])

        degree = combined(rows * (others + largest), rate)
        coupled = combined(rows * (along + largest * v[top]), rate)
        own = at_top(rows * (largest * (v[top] * others - along)))
        p = combined(rows, rate) + at_top(rows * largest)
        return p, degree * v - coupled + own

    return terms


def with_degrees(weight: Float[np.ndarray, "... d d"]) -> Float[np.ndarray, "... d d"]:
    """The Laplacian of a graph with these weights, or of several."""
    diagonal = np.arange(weight.shape[-1])
    weight[..., diagonal, diagonal] = 0.0
    out = -weight
    out[..., diagonal, diagonal] = weight.sum(-1)
    return out
