"""Continuous noise: one-dimensional integrals over the law of the maximum.

The trapezoidal rule serves analytic noise with light tails (`step` declared), Gauss-Legendre
panels everything else: kinks, heavy tails, scales too far apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.estimate import Kind
from perturbtheory.numerics import gauss_legendre, two_sum
from perturbtheory.potential.methods import (
    _integrals,
    _logarithms,
    _panels,
    _slopes,
    _tails,
    _trapezoid,
    quadrature_rows,
)
from perturbtheory.potential.methods._integrals import LARGE, LOST, TINY, with_degrees
from perturbtheory.potential.methods._pass import Pass

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float, Int

    Vector = Float[np.ndarray, "d"]

kind: Kind = "quadrature"
_UNLIKE = 1e250
_FEW = 1000
"""Categories up to which rows of H keep the digits of a p_i below `TINY`."""
_UNSEEN = 1e-12
"""How much mass rounding may take, and the windows."""
_CLOSE = 1e-3
"""Up to how many widths apart f is nearly linear between thetas; not next to poles."""
_OCTAVES = np.concatenate([2.0 ** np.arange(1, 20), [np.inf]])


def solve(noise: Any, theta: Vector, *, radius: bool = False, least: float = -np.inf) -> Pass:
    """f, p and log p in one pass; the radii compare two rules and add what rounding can do.

    Every p_i is as accurate in relation to itself as it can be, however small, unless log p_i is
    below `least`. With `least` = 0 p_i is right to 1e-16, which takes less, and log p is its
    logarithm.
    """
    if not radius and (found := _alone(quadrature_rows.solve, noise, theta, least=least)):
        return found
    top, theta = float(theta.max()), _near(noise, theta)
    terms = _integrals.first_with_rounding if radius else _integrals.first
    sums, grid = _sums(noise, theta, terms, relative=least < 0, further=radius)
    raw, excess = sums.fine[0], float(sums.fine[1])
    if sums.beyond is not None:
        raw, excess = raw + sums.beyond[0], excess + sums.beyond[1]
    mass = _found(noise, raw)
    p = raw / mass
    with np.errstate(divide="ignore"):
        log_p = np.log(p)
    lacking = np.flatnonzero((sums.edge > 1e-13 * p) | (p < 1e-290))
    if least < 0 and lacking.size:
        log_p[lacking] = _far_down(noise, theta, lacking, grid, least)
        p[lacking] = np.exp(log_p[lacking])
    out = Pass(top + excess, p, log_p)
    if not radius:
        return out
    return out._replace(**_radii(noise, theta, sums, out, mass, lacking, top))


def _far_down(
    noise: Any, theta: Vector, which: np.ndarray, grid: _trapezoid.Grid | None, least: float
) -> np.ndarray:
    """log p_i for i in `which`."""
    if grid is None:
        return _logarithms.log_probabilities(noise, theta, which)
    out = _tails.log_probabilities(noise, theta - theta.max(), which, grid, least)
    rest = np.isnan(out)
    if rest.any():
        out[rest] = _logarithms.log_probabilities(noise, theta, which[rest])
    return np.minimum(out, 0.0)


def _radii(
    noise: Any,
    theta: Vector,
    sums: _integrals.Sums,
    out: Pass,
    mass: float,
    lacking: np.ndarray,
    top: float,
) -> dict[str, Any]:
    """What two rules differ by, mass not found, and rounding: of every term and of their sum."""
    eps = _integrals.EPS
    p, log_p = out.probabilities, out.log_probabilities
    # Equal entries round alike, so their errors add up; others are a random walk.
    alike = np.unique(theta, return_counts=True)[1].max()
    lost = abs(mass - 1) + eps * (16 + 2 * np.sqrt(theta.size * alike))
    deep = np.where(np.isfinite(log_p), np.abs(log_p), 0.0)
    # Laws are computed from logarithms, whose rounding is a relative error of what they are of.
    lost = lost + eps * float(np.max(np.abs(np.log(noise.resolution))))
    share = lost + 8 * eps * deep + _of_room(noise, theta, alike)
    radius = sums.apart[0] + share * p + 2 * sums.fine[2] + sums.edge
    if lost > _UNSEEN:  # next to a kink that nobody named, so that any p_i may lack it
        radius = radius + lost
    # Tables of heavy tails go on as powers whose exponents are known to so many digits.
    beyond = 1e-12 * deep[lacking] if noise.tail == "polynomial" else 0.0
    radius[lacking] = (1e-11 + share[lacking] + beyond) * p[lacking]
    spread = abs(out.value - top) + np.max(noise.resolution)
    # What the window lacks may lie some fifty widths away.
    cut = lost + 50 * np.sum(sums.edge)
    value_radius = float(sums.apart[1]) + cut * spread + 2 * sums.fine[3]
    if sums.beyond is not None:
        value_radius += sums.beyond[2]
    return {
        "value_radius": value_radius + 2 * eps * abs(top),
        "probabilities_radius": radius + 1e-300,
    }


def _of_room(noise: Any, theta: Vector, alike: int) -> np.ndarray:
    """The share of p_i that the rounding of theta and of the ends of supports moves.

    With u and l the upper and lower ends, at theta, log p_i moves with u_i by about
    1 / (u_i - max_j l_j) + sum_j 1 / (u_i - l_j), whose terms are counted octave by octave. Equal
    entries round alike, others are a random walk.
    """
    low, high = (np.broadcast_to(end, theta.shape) for end in noise.support)
    if not (np.any(np.isfinite(low)) and np.any(np.isfinite(high))):
        return np.zeros(theta.size)
    floor, lower = np.argmax(theta + low), np.sort(theta + low)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        room = (theta - theta[floor]) + (high - low[floor])
        size = np.abs(theta - theta[floor]) + np.abs(high) + np.abs(low[floor])
        count = theta.size - np.searchsorted(lower, theta + high - room * _OCTAVES[:, None])
        squares = 1 + count[0] + np.diff(count, axis=0).T @ _OCTAVES[:-1] ** -2
        known = _integrals.EPS * size  # to which the room itself is
        share = np.expm1(2 * known / np.maximum(room, known) * np.sqrt(alike * squares))
    return np.where(np.isfinite(high) & (room > -known), share, 0.0)


def hessian(noise: Any, theta: Vector, *, relative: bool = True) -> Float[np.ndarray, "d d"]:
    """H(theta), the Laplacian of the graph with weights int F r_i r_j ds.

    Without `relative` rows of p_i below 1e-26 may have no digits, which is quicker.
    """
    if (found := _alone(quadrature_rows.hessian, noise, theta)) is not None:
        return found
    theta = _near(noise, theta)
    weight, p = _integrals.total(noise, blocks(noise, theta), _integrals.laplacian)
    weight = (weight + weight.T) / 2
    tiny = _tiny(p)
    if relative and tiny.size:
        log_p, rows = _slopes.slopes(noise, theta, tiny)
        # Of two tiny ones the row of the smaller is the one that is right to its own size.
        for k in np.argsort(-log_p):
            weight[tiny[k]] = weight[:, tiny[k]] = -np.exp(log_p[k]) * rows[k]
    return with_degrees(weight)


def hvp(noise: Any, theta: Vector, v: Vector, *, relative: bool = True) -> Vector:
    """H(theta) v, in memory of the size of theta; `relative` as in `hessian`."""
    if (found := _alone(quadrature_rows.hvp, noise, theta, v)) is not None:
        return found
    theta = _near(noise, theta)
    p, product = _sums(noise, theta, _integrals.product_with(v), v=v)[0].fine[:2]
    tiny = _tiny(p)
    if relative and tiny.size:
        log_p, rows = _slopes.slopes(noise, theta, tiny)
        product[tiny] = np.exp(log_p) * (rows @ v)
    return product


def log_slopes(noise: Any, theta: Vector, which: Int[np.ndarray, "n"]) -> Float[np.ndarray, "n d"]:
    """d log p_i / d theta_j for i in `which`: where p_i is too small to divide H_ij by."""
    return _slopes.slopes(noise, _near(noise, theta), which).rows


def anchored(noise: Any, theta: Vector) -> float:
    """f(theta) - f(0) = int (prod_j F_j(s) - prod_j F_j(s - theta_j)) ds, without any moment.

    Near zero it is the integral of <p(t theta), theta> over t from 0 to 1, which keeps its digits.
    """
    if np.ptp(theta) <= _CLOSE * np.min(noise.resolution) and not len(noise.fringe):
        t, weights = gauss_legendre(8)
        rows = [solve(noise, (1 + x) / 2 * theta, least=0.0).probabilities for x in t]
        return float(weights / 2 @ (np.stack(rows) @ theta))
    if noise.tail == "polynomial":
        return _panels.anchored(noise, theta)
    one, two = (solve(noise, t, least=0.0) for t in (theta, np.zeros_like(theta)))
    return float(one.value - two.value)


def tie(noise: Any, theta: Vector) -> bool:  # noqa: ARG001
    """False: the maximum of continuous noise is at one coordinate alone."""
    return False


def _alone(question: Callable[..., Any], noise: Any, *vectors: Vector, **how: float) -> Any:
    """The answer of the rule for many rows, where that is the quicker one for a row alone too."""
    if not quadrature_rows.serves_one(noise, vectors[0].size):
        return None
    found, right = question(noise, *(vector[None] for vector in vectors), **how)
    if not right[0]:
        return None
    return Pass(*(a if a is None else a[0] for a in found)) if isinstance(found, Pass) else found[0]


def _near(noise: Any, theta: Vector) -> Vector:
    """Theta, from its largest entry where that is so large that it swallows the noise.

    Elsewhere theta stays as it is, for differences of its small entries are exact only so; or it is
    taken from that of the narrowest law, which nodes must not miss, where this brings the farthest
    law nearer to zero in its own widths and rounds nothing.
    """
    top, width = theta.max(), noise.resolution
    if np.ndim(width) and np.max(width) > _UNLIKE * np.min(width):
        msg = (
            f"`perturbation` must have scales within a factor of {_UNLIKE:g} of each other, got "
            f"{noise}; set those that are negligible to a larger number, such as {np.max(width)} "
            "/ 1e100"
        )
        raise ValueError(msg)
    if abs(top) > LARGE * np.max(width):
        return theta - top
    if not np.ndim(width):
        return theta
    origin = theta[np.argmin(width)]
    if abs(origin) <= LARGE * np.min(width):
        return theta
    moved, rounded = two_sum(theta, np.full_like(theta, -origin))
    nearer = np.max(np.abs(moved) / width) < np.max(np.abs(theta) / width)
    return moved if nearer and not np.any(rounded) else theta


def _sums(
    noise: Any,
    theta: Vector,
    terms: _integrals.Terms,
    *,
    v: Vector | None = None,
    relative: bool = False,
    further: bool = False,
) -> tuple[_integrals.Sums, _trapezoid.Grid | None]:
    if noise.step is not None:
        found = _trapezoid.integrate(
            noise, theta - theta.max(), terms, relative=relative, further=further
        )
        if found is not None:
            return found
    return _panels.integrate(noise, theta, terms, v=v, further=further), None


def blocks(noise: Any, theta: Vector) -> list[_integrals.MakeBlock]:
    """Nodes that serve p(theta) to rounding error, counted from the largest theta."""
    if noise.step is not None:
        centred = theta - theta.max()
        found = _trapezoid.integrate(noise, centred, _integrals.first)
        if found is not None:
            return _trapezoid.blocks(noise, centred, found[1])
    return _panels.blocks(noise, theta)


def _tiny(p: np.ndarray) -> np.ndarray:
    return np.flatnonzero(p < TINY) if p.size <= _FEW else np.zeros(0, int)


def _found(noise: Any, p: np.ndarray) -> float:
    mass = p.sum()
    if not abs(mass - 1) < LOST:
        msg = (
            f"`perturbation` {noise} has a density that the quadrature does not resolve: it found "
            f"the mass {mass} instead of 1; its `log_pdf`, `log_cdf` "
            "and `log_sf` do not belong together, or it has kinks that nobody named (`kinks`, or "
            "`breakpoints` of `FromScipy`)"
        )
        raise ValueError(msg)
    return mass
