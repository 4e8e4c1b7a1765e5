"""The expected maximum of discrete noise: a finite sum over the sorted positions theta_i + a_k.

With F_i(x-) = P(theta_i + gamma_i < x), q_i(x) = P(theta_i + gamma_i = x) and F_i = F_i(x-) + q_i,

    P(max = x)   = prod_i F_i(x) - prod_i F_i(x-),
    f(theta)     = sum_x x P(max = x),
    p_i(theta)   = sum_x q_i(x) int_0^1 prod_{j != i} (F_j(x-) + u q_j(x)) du.

The last line breaks ties fairly: u is where coordinate i stands in a random order of those
that tie at x. Where no two coordinates tie the integrand is constant and p is the gradient.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from perturbtheory.perturbations import Discrete

_POINTS = 12


def _positions(noise: Discrete, theta: Float[Array, "d"]) -> tuple[Array, Array, Array]:
    """Positions theta_i + a_k, their masses and P(gamma_i < a_k), each of shape (d, m)."""
    atoms = jnp.broadcast_to(noise.atoms, (theta.size, np.shape(noise.atoms)[-1]))
    weights = jnp.broadcast_to(noise.weights, atoms.shape)
    order = jnp.argsort(atoms, 1)
    atoms, weights = (jnp.take_along_axis(a, order, 1) for a in (atoms, weights))
    weights = weights / jnp.sum(weights, 1, keepdims=True)
    below = jnp.concatenate([jnp.zeros_like(weights[:, :1]), jnp.cumsum(weights, 1)[:, :-1]], 1)
    return theta[:, None] + atoms, weights, below


def _sorted(noise: Discrete, theta: Float[Array, "d"]) -> tuple[Array, ...]:
    """(x, q, F-, i, group) of every atom in ascending order of x; a group is a set of equal x.

    Two positions are equal if they differ by no more than eight units in the last place of the
    larger of |theta| and |atom|: what is lost in adding them.
    """
    position, weights, below = _positions(noise, theta)
    index = jnp.broadcast_to(jnp.arange(theta.size)[:, None], position.shape)
    order = jnp.argsort(position.ravel())
    x, q, low, i = (a.ravel()[order] for a in (position, weights, below, index))
    # theta_i + a_k = x, so the larger of |theta_i| and |x| is as large as any of the three, nearly.
    size = jnp.maximum(jnp.abs(theta)[i], jnp.abs(x))
    new = jnp.diff(x) > 8 * jnp.finfo(x.dtype).eps * jnp.maximum(size[1:], size[:-1])
    group = jnp.concatenate([jnp.zeros(1, int), jnp.cumsum(new)])
    return x, q, low, i, group


def value_and_probabilities(
    noise: Discrete, theta: Float[Array, "d"]
) -> tuple[Float[Array, ""], Float[Array, "d"], Float[Array, ""]]:
    """(f(theta), p(theta) with ties broken fairly, the sum of p before it is scaled to one)."""
    x, q, low, i, group = _sorted(noise, theta)
    count, d = x.size, theta.size
    # Passing an atom upwards multiplies prod F by (F- + q)/F-. A factor is zero until the first
    # atom of its coordinate is passed, so zeros are counted apart from the logarithms.
    charged = q > 0
    first = charged & (low <= 0)
    full = jnp.where(charged, jnp.minimum(low + q, 1.0), 1.0)
    gain = jnp.log(full) - jnp.log(jnp.where(first | ~charged, 1.0, low))
    # Summed from the top, where the product is one: log prod F after each atom is passed.
    after = -jnp.concatenate([jnp.cumsum(gain[::-1])[::-1][1:], jnp.zeros(1, gain.dtype)])
    seen = jnp.cumsum(first)
    last = jnp.searchsorted(group, group, side="right") - 1
    log_full, complete = after[last], seen[last] == d
    centre = jnp.max(theta)

    def tie(u: Array, weight: Array) -> tuple[Array, Array]:
        # log prod_j (F_j- + u q_j) within each group, relative to log prod_j F_j.
        part = jnp.where(charged, low + u * q, 1.0)
        ratio = jnp.log(part) - jnp.log(full)
        shrink = jax.ops.segment_sum(ratio, group, count)[group]
        product = jnp.where(complete, jnp.exp(log_full + shrink), 0.0)
        mass = weight * q * product / part
        return jax.ops.segment_sum(mass, i, d), jnp.sum(mass * (x - centre))

    def fair() -> tuple[Array, Array]:
        def add(total: tuple[Array, Array], pair: tuple[Array, Array]) -> tuple[Any, None]:
            p, excess = tie(*pair)
            return (total[0] + p, total[1] + excess), None

        zero = (jnp.zeros(d, x.dtype), jnp.zeros((), x.dtype))
        nodes, weights = _tie_rule(d)
        rule = (jnp.asarray(nodes, x.dtype), jnp.asarray(weights, x.dtype))
        return jax.lax.scan(add, zero, rule)[0]

    half, one = jnp.asarray(0.5, x.dtype), jnp.asarray(1.0, x.dtype)
    tied = jnp.any(group[1:] == group[:-1])
    p, excess = jax.lax.cond(tied, fair, lambda: tie(half, one))
    total = jnp.sum(p)
    return centre + excess / total, p / total, total


def _tie_rule(dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre on [0, 1/2], [1/2, 3/4], ...: exact for products of up to d ties."""
    levels = max(1, int(np.ceil(np.log2(dimension))) + 3)
    ends = np.concatenate([1 - 0.5 ** np.arange(levels), [1.0]])
    node, weight = np.polynomial.legendre.leggauss(_POINTS)
    left, half = ends[:-1, None], np.diff(ends)[:, None] / 2
    return (left + half * (1 + node)).ravel(), (half * weight).ravel()


def has_tie(noise: Discrete, theta: Float[Array, "d"]) -> Bool[Array, ""]:
    """Whether two coordinates can tie for the maximum with positive probability.

    There the potential has a kink: `probabilities` is one subgradient of many.
    """
    _, q, low, i, group = _sorted(noise, theta)
    reached = jnp.cumsum((low <= 0) & (q > 0))
    last = jnp.searchsorted(group, group, side="right") - 1
    first = jax.ops.segment_min(jnp.where(q > 0, i, theta.size), group, q.size)
    other = jax.ops.segment_max(jnp.where(q > 0, i, -1), group, q.size)
    # Coordinates start below x with certainty once every one of them has passed its first atom.
    return jnp.any((first < other)[group] & (reached[last] == theta.size))
