"""Gauss-Legendre on panels, for noise with kinks, heavy tails or scales too far apart.

A panel refers to the theta of one coordinate, its frame: nodes are counted from a kink of it, or
from a place near it, and differences are taken theta from theta and kink from kink. So small
differences keep their digits however large theta, the spread of theta or the widest law is.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.numerics import gauss_legendre
from perturbtheory.potential.methods import _field
from perturbtheory.potential.methods._bounds import log_cdf_of_maximum, panel_bounds
from perturbtheory.potential.methods._cuts import Panels, cut_at_kinks, many_kinks
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

    Vector = Float[np.ndarray, "d"]

_POINTS = 16


def integrate(
    noise: Any, theta: Vector, terms: Terms, *, v: Vector | None = None, further: bool = False
) -> Sums:
    """`terms` over all panels, and over their halves if `further`.

    `v` says that `terms` are those of H v.
    """
    bounds = panel_bounds(noise, theta)
    outside = _outside(noise, theta, bounds[0], bounds[-1])
    found = many_kinks(noise, theta, bounds)
    if found is not None:
        fine, coarse = _by_tree(noise, theta, bounds, found, v, further=further)
        return Sums(fine, differences(fine, coarse), *outside)
    panels = cut_at_kinks(noise, theta, bounds)
    fine = [a[0] for a in total(noise, blocks_of(theta, panels), terms)]
    apart = differences(fine, fine)
    for _ in range(4 if further else 0):
        panels = panels.halved()
        coarse, fine = fine, [a[0] for a in total(noise, blocks_of(theta, panels), terms)]
        gaps = differences(fine, coarse)
        # Next to a kink that nobody named halving helps little and not evenly, so that two rules
        # in a row may agree by chance.
        if np.all(gaps[0] <= 1e-12 * fine[0]):
            sure = gaps[0] <= 1e-14 * fine[0]
            return Sums(fine, [np.where(sure, gaps[0], 16 * gaps[0]), gaps[1]], *outside)
        apart = [np.maximum(2 * gap, old / 2) for gap, old in zip(gaps, apart, strict=True)]
    # Halving may come nearer to a kink and not to its middle; what one p_i lacks others have.
    off = apart[0] > 1e-12 * fine[0]
    if further and np.any(off):
        apart = [np.where(off, 8 * apart[0][off].max(), apart[0]), 8 * apart[1]]
    return Sums(fine, apart, *outside)


def _by_tree(
    noise: Any,
    theta: Vector,
    bounds: np.ndarray,
    kinks: np.ndarray,
    v: Vector | None,
    *,
    further: bool,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    fine = _field.integrate(noise, theta, bounds, kinks, v, _field.FINE)
    if not further:
        return fine, fine
    # Every interpolation rounds, by the steepness of F at most.
    fine = [*fine, 1e-14 * fine[0], 1e-14 * np.abs(fine[1])]
    return fine, _field.integrate(noise, theta, bounds, kinks, v, _field.COARSE)


def _outside(
    noise: Any, theta: Vector, low: float, high: float
) -> tuple[np.ndarray, tuple[np.ndarray, float, float]]:
    """(what p_i may lack, (p, f, radius of f) beyond the window), f from the largest theta.

    Above, i wins with probability S_i(high - theta_i), for all others are below; below it wins
    with a share of F(low) as of the density there. Under polynomial tails that share may be all of
    it: p_i has a part where theta_i is, however far below.
    """
    cdf, rate = noise.cdf_and_rate(low - theta)
    product, rates = np.prod(cdf), np.sum(rate)
    below = product * rate / rates if rates > 0 else np.zeros(theta.size)
    x, top = high - theta, theta.max()
    above = np.exp(noise.log_sf(x))
    if noise.tail == "polynomial":
        partial = noise.upper_partial_mean(x)
        upper = np.sum(partial + (theta - top) * above)
        # It is x S(x) (1 + 1 / excess) where the tail index is 1 + excess, of which few digits
        # are left if it is small.
        radius = 1e-12 * np.sum(partial * np.maximum(partial / (np.abs(x) * above + 1e-300), 1.0))
    else:
        upper, radius = (high - top) * np.sum(above), 0.0
    p = below + above
    lacking = rate * noise.resolution if noise.tail != "polynomial" else np.ones(theta.size)
    return product * lacking, (p, (low - top) * below.sum() + upper, float(radius))


def blocks(noise: Any, theta: Vector) -> list[MakeBlock]:
    """The nodes of all panels."""
    return blocks_of(theta, cut_at_kinks(noise, theta, panel_bounds(noise, theta)))


def blocks_of(theta: Vector, panels: Panels) -> list[MakeBlock]:
    """The nodes of the panels given."""
    nodes, weights = gauss_legendre(_POINTS)
    u, w = (1 + nodes) / 2, weights / 2
    top = theta.max()
    size = max(1, ELEMENTS // (_POINTS * theta.size))

    def make(k: int) -> Block:
        frame, left = panels.frame[k : k + size], panels.left[k : k + size]
        step, weight = panels.nodes(slice(k, k + size), u, w)
        at = theta[frame]
        x = np.repeat(left[:, None] - (theta - at[:, None]), _POINTS, axis=0)
        s = ((left + (at - top))[:, None] + step).ravel()
        return Block(x, s, weight.reshape(1, -1), step.reshape(-1, 1), np.repeat(frame, _POINTS))

    return [functools.partial(make, k) for k in range(0, len(panels.left), size)]


def anchored(noise: Any, theta: Vector) -> float:
    """f(theta) - f(0) = int (prod_j F_j(s) - prod_j F_j(s - theta_j)) ds, without any moment."""
    origin = np.zeros_like(theta)
    bounds = np.unique(np.concatenate([panel_bounds(noise, t) for t in (theta, origin)]))
    nodes, weights = gauss_legendre(_POINTS)
    half = np.diff(bounds)[:, None] / 2
    s, weight = (bounds[:-1, None] + half * (1 + nodes)).ravel(), (half * weights).ravel()
    one, two = (log_cdf_of_maximum(noise, t, s) for t in (origin, theta))
    # The difference of logarithms keeps its digits where both products are next to one.
    with np.errstate(invalid="ignore"):
        gap = np.where(one > two, -np.exp(one) * np.expm1(two - one), 0.0)
        gap += np.where(two > one, np.exp(two) * np.expm1(one - two), 0.0)
    # Above the window prod F_j(s) - prod F_j(s - theta_j) is sum_j S_j(s - theta_j) - S_j(s).
    return float(weight @ gap + np.sum(theta * np.exp(noise.log_sf(bounds[-1] - theta))))
