"""Discrete noise: a finite sum over the sorted positions x = theta_i + a_k.

With F_i(x-) = P(theta_i + gamma_i < x), q_i(x) = P(theta_i + gamma_i = x) and F_i = F_i(x-) + q_i,

    P(max = x)   = prod_i F_i(x) - prod_i F_i(x-),
    f(theta)     = sum_x x P(max = x),
    p_i(theta)   = sum_x q_i(x) int_0^1 prod_{j != i} (F_j(x-) + u q_j(x)) du.

The last line breaks ties fairly: u is where coordinate i stands in a random order of those that
tie at x. Where no two coordinates tie the integrand is constant and p is the gradient. Atoms of
one coordinate at one x are one atom. Written against either array library, theta of shape ``(d,)``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.estimate import Kind
from perturbtheory.numerics import floats, gauss_legendre, total
from perturbtheory.potential.methods._pass import Pass

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

    from perturbtheory.numerics import Array

kind: Kind = "exact sum"
_ULPS = 8
"""Positions this many units in the last place apart are equal: what is lost in adding."""
_POINTS = 12


class _Atoms(NamedTuple):
    """Every atom in ascending order of x; a group is a set of equal x.

    Attributes:
        x: position.
        mass: q_i(x) at the first atom of coordinate i in the group, zero at its others.
        low: F_i(x-).
        owner: i.
        group: number of the group.
        last: index of the last atom of the group.
    """

    x: Any
    mass: Any
    low: Any
    owner: Any
    group: Any
    last: Any


def _sorted(xp: Any, noise: Any, theta: Any) -> _Atoms:
    _, theta, atoms, weights = floats(theta, noise.atoms, noise.weights)
    d, m = theta.size, atoms.shape[-1]
    order = xp.argsort(atoms, -1)
    atoms, weights = (xp.take_along_axis(a, order, -1) for a in (atoms, weights))
    atoms, weights = (xp.broadcast_to(a, (d, m)) for a in (atoms, weights))
    upto = xp.cumsum(weights, 1)
    weights, upto = weights / upto[:, -1:], upto / upto[:, -1:]
    place = (_finite(xp, theta, atoms)[:, None] + atoms).ravel()
    order = xp.argsort(place)
    x, owner = place[order], order // m
    # theta_i + a_k = x, so the larger of |theta_i| and |x| is as large as any of the three, nearly.
    size = xp.maximum(xp.abs(_finite(xp, theta, atoms))[owner], xp.abs(x))
    new = xp.diff(x) > _ULPS * xp.finfo(x.dtype).eps * xp.maximum(size[1:], size[:-1])
    group = xp.concatenate([xp.zeros(1, int), xp.cumsum(new)])
    # The same atoms, coordinate by coordinate: a run of one group is one atom.
    back = xp.argsort(order)
    own = group[back].reshape(d, m)
    begins = xp.concatenate([xp.ones((d, 1), bool), own[:, 1:] != own[:, :-1]], 1)
    ends = xp.concatenate([begins[:, 1:], xp.ones((d, 1), bool)], 1)
    below = upto - weights
    after = xp.minimum.accumulate(xp.where(ends, upto, 2.0)[:, ::-1], axis=1)[:, ::-1]
    mass = xp.where(begins, after - below, 0.0)
    # The difference of sums loses digits that a single atom has.
    mass = xp.where(begins & ends, weights, mass)
    charged = xp.asarray(weights > 0, int)
    low = xp.where(xp.cumsum(charged, 1) > charged, below, 0.0)
    last = xp.searchsorted(group, group, side="right") - 1
    return _Atoms(x, mass.ravel()[order], low.ravel()[order], owner, group, last)


def _finite(xp: Any, theta: Any, atoms: Any) -> Any:
    """Theta with masked coordinates, -inf, where they cannot reach the others."""
    top = xp.max(theta)
    far = top - 2 * (xp.max(atoms) - xp.min(atoms)) - xp.maximum(1.0, xp.abs(top))
    return xp.where(theta > -xp.inf, theta, far)


def solve(
    noise: Any,
    theta: Float[Array, "d"],
    *,
    radius: bool = False,
    least: float = -np.inf,  # noqa: ARG001
) -> Pass:
    """f and p with ties broken fairly; the radii bound the rounding of the sums and positions."""
    xp, theta = floats(theta, noise.atoms)[:2]
    found = _sorted(xp, noise, theta)
    p, excess = _shares(xp, found, theta)
    mass, top = xp.sum(p), xp.max(theta)
    value, p = top + excess / mass, p / mass
    log_p = xp.where(p > 0, xp.log(xp.where(p > 0, p, 1.0)), -xp.inf)
    if not radius:
        return Pass(value, p, log_p)
    eps, tiny = xp.finfo(p.dtype).eps, xp.finfo(p.dtype).tiny
    lost = xp.abs(mass - 1) + eps * (16 + 2 * found.x.size**0.5)
    size = xp.max(xp.abs(floats(theta, noise.atoms)[2])) + 2 * xp.abs(value - top) + xp.abs(top)
    return Pass(value, p, log_p, lost * (size + tiny), 2 * lost * p + tiny)


def _shares(xp: Any, found: _Atoms, theta: Any) -> tuple[Any, Any]:
    """(p before it is scaled to one, E[max - max theta])."""
    d, n = theta.size, found.x.size
    x, q, low, owner, group, last = found
    # Passing an atom upwards multiplies prod F by (F- + q)/F-. A factor is zero until the first
    # atom of its coordinate is passed, so zeros are counted apart from the logarithms.
    charged = q > 0
    first = charged & (low <= 0)
    full = xp.where(charged, xp.minimum(low + q, 1.0), 1.0)
    gain = xp.log(full) - xp.log(xp.where(first | ~charged, 1.0, low))
    # Summed from the top, where the product is one: log prod F after each atom is passed.
    after = -xp.concatenate([xp.cumsum(gain[::-1])[::-1][1:], xp.zeros(1, gain.dtype)])
    complete = xp.cumsum(first)[last] == d
    height = xp.where(complete, x - xp.max(theta), 0.0)

    def at(u: Any, weight: Any) -> tuple[Any, Any]:
        # log prod_j (F_j- + u q_j) within each group, relative to log prod_j F_j.
        part = xp.where(charged, low + u * q, 1.0)
        shrink = xp.segment_sum(xp.log(part) - xp.log(full), group, n)[group]
        product = xp.where(complete, xp.exp(after[last] + shrink), 0.0)
        mass = weight * q * product / part
        return xp.segment_sum(mass, owner, d), xp.sum(mass * height)

    half, one = (xp.asarray(v, x.dtype) for v in (0.5, 1.0))
    rule = [xp.asarray(v, x.dtype) for v in _tie_rule(d)]
    tied = xp.any(xp.segment_sum(xp.asarray(charged, x.dtype), group, n) > 1)
    if not xp.traced:
        return total(xp, at, *rule) if tied else at(half, one)
    import jax

    return jax.lax.cond(tied, lambda: total(xp, at, *rule), lambda: at(half, one))


@functools.cache
def _tie_rule(dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre on [0, 1/2], [1/2, 3/4], ...: exact for products of up to d ties."""
    levels = max(1, int(np.ceil(np.log2(dimension))) + 3)
    ends = np.concatenate([1 - 0.5 ** np.arange(levels), [1.0]])
    node, weight = gauss_legendre(_POINTS)
    left, half = ends[:-1, None], np.diff(ends)[:, None] / 2
    return (left + half * (1 + node)).ravel(), (half * weight).ravel()


def tie(noise: Any, theta: Float[Array, "d"]) -> Bool[Array, ""]:
    """Whether two coordinates can tie for the maximum with positive probability.

    There the potential has a kink: p is one subgradient of many.
    """
    xp, theta = floats(theta, noise.atoms)[:2]
    found = _sorted(xp, noise, theta)
    charged = found.mass > 0
    reached = xp.cumsum(charged & (found.low <= 0))[found.last] == theta.size
    count = xp.segment_sum(xp.asarray(charged, found.x.dtype), found.group, found.x.size)
    return xp.any((count[found.group] > 1) & reached)


def hessian(noise: Any, theta: Float[Array, "d"]) -> Float[Array, "d d"]:
    """Zero: p is constant next to theta, unless there is a tie."""
    xp, theta = floats(theta, noise.atoms)[:2]
    return xp.zeros((theta.size, theta.size), theta.dtype)


def hvp(noise: Any, theta: Float[Array, "d"], v: Float[Array, "d"]) -> Float[Array, "d"]:
    """Zero, as `hessian`."""
    xp, _, v = floats(theta, v, noise.atoms)[:3]
    return 0.0 * v if xp.traced else np.zeros(v.shape)


def anchored(noise: Any, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) - f(0)."""
    return solve(noise, theta).value - solve(noise, 0 * theta).value
