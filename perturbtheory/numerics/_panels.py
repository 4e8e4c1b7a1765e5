"""Where to cut the line so that Gauss-Legendre converges on every piece."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from perturbtheory.numerics._loops import gauss_legendre
from perturbtheory.numerics._namespace import floats, namespace

if TYPE_CHECKING:
    from jaxtyping import Float, Int

    from perturbtheory.numerics._namespace import Array

POINTS = 16
"""Gauss-Legendre points on a panel; exact for polynomials up to degree 31."""


class Landmarks(NamedTuple):
    """Where the law of one coordinate changes its behaviour, relative to its location theta_i.

    Each array has shape ``(m, 1)``, or ``(m, d)`` where parameters differ between coordinates.
    A quadrature panel at distance D from a landmark may be max(1.5 width, (D - reach)+) wide.

    Attributes:
        location: centre of the landmark.
        width: the law is analytic this far into the complex plane around the landmark.
        reach: how far from the centre the width stays what it is; further out it may grow.
        kinks: which of the m landmarks a panel must end at: the density jumps or bends there.

    Example:
        >>> from perturbtheory.numerics import Landmarks, column
        >>> marks = Landmarks(column(0.0), column(1.0), column(2.0), kinks=(True,))
        >>> marks.width.tolist()
        [[1.0]]
    """

    location: Float[Array, "m #d"]
    width: Float[Array, "m #d"]
    reach: Float[Array, "m #d"]
    kinks: tuple[bool, ...]


def column(*values: Any) -> Float[Array, "m #d"]:
    """Stack scalars or per-coordinate vectors as the rows of an ``(m, 1)`` or ``(m, d)`` array.

    Example:
        >>> from perturbtheory import numerics
        >>> numerics.column(1.0, [2.0, 3.0]).tolist()
        [[1.0, 1.0], [2.0, 3.0]]
    """
    xp, *arrays = floats(*values)
    return xp.stack([xp.atleast_1d(v) for v in xp.broadcast_arrays(*arrays)])


def _step(
    landmarks: Landmarks,
    theta: Float[Array, "d"],
    high: Float[Array, ""],
    rate_at: Callable[[Float[Array, ""]], Float[Array, ""]] | None,
) -> Callable[[Array, Array], Array]:
    """The boundary after s, as a function of s and of how much wider panels may be; see `march`."""
    import jax.numpy as jnp

    location = (theta + landmarks.location).ravel()
    width = jnp.broadcast_to(landmarks.width, (len(landmarks.kinks), theta.size)).ravel()
    reach = jnp.broadcast_to(landmarks.reach, (len(landmarks.kinks), theta.size)).ravel()
    kinks = [
        (theta + row).ravel()
        for row, k in zip(landmarks.location, landmarks.kinks, strict=True)
        if k
    ]
    kink = jnp.concatenate(kinks) if kinks else None

    def step(s: Array, widen: Array) -> Array:
        ahead = location - s
        far = jnp.maximum(jnp.abs(ahead) - reach, 0.0)
        growth = jnp.where(ahead > 0, 2 * widen / (1 + 2 * widen), 2 * widen)
        room = jnp.min(jnp.maximum(1.5 * widen * width, growth * far))
        if rate_at is not None:
            room = jnp.minimum(
                room, 16.0 * widen / jnp.maximum(rate_at(s), jnp.finfo(s.dtype).tiny)
            )
        room = jnp.maximum(room, 4 * jnp.finfo(s.dtype).eps * jnp.abs(s))
        target = jnp.minimum(s + room, high)
        if kink is not None:
            target = jnp.minimum(target, jnp.min(jnp.where(kink > s, kink, jnp.inf)))
        return target

    return step


def march(
    landmarks: Landmarks,
    theta: Float[Array, "d"],
    low: Float[Array, ""],
    high: Float[Array, ""],
    capacity: int,
    rate_at: Callable[[Float[Array, ""]], Float[Array, ""]] | None = None,
    widen: float = 1.0,
) -> tuple[Float[Array, "capacity+1"], Int[Array, ""]]:
    """Boundaries low = b_0 < b_1 < ... and how many panels there are; the rest repeat `high`.

    From s the next boundary is the nearest of: the next kink theta_i + location; for every
    landmark at distance D, s + max(1.5 width, 2 (D - reach)+) if it lies behind and
    s + max(1.5 width, 2/3 (D - reach)+) if it lies ahead, the same panel walked from its other
    end; and s + 16 / R(s), where R = d log prod F_i / ds is `rate_at`, so that the integrand
    falls by at most exp(-16) on a panel. `widen` multiplies 1.5, 2 and 16, and doubles until
    `capacity` panels reach `high`.
    """
    import jax
    import jax.numpy as jnp

    step = _step(landmarks, theta, high, rate_at)

    def walk(widen: Array) -> tuple[Array, Array]:
        def advance(state: tuple[Array, Array]) -> tuple[Array, Array]:
            count, bounds = state
            return count + 1, bounds.at[count + 1].set(step(bounds[count], widen))

        def unfinished(state: tuple[Array, Array]) -> Array:
            count, bounds = state
            return (count < capacity) & (bounds[count] < high)

        start = jnp.full(capacity + 1, high).at[0].set(low)
        return jax.lax.while_loop(unfinished, advance, (jnp.asarray(0), start))

    def again(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        _, widen, _, _ = state
        count, bounds = walk(widen)
        # NaN is never short of the end, so that an invalid law cannot keep the loop going.
        return bounds[count] < high, widen * 2, count, bounds

    start = (
        jnp.asarray(True),
        jnp.asarray(widen, low.dtype),
        jnp.asarray(0),
        jnp.full(capacity + 1, low),
    )
    _, _, count, bounds = jax.lax.while_loop(lambda state: state[0], again, start)
    return bounds, count


def panel_rule(
    bounds: Float[Array, "p+1"],
) -> tuple[Float[Array, "p n"], Float[Array, "p n"]]:
    """Gauss-Legendre nodes and weights on every panel; empty panels weigh nothing.

    Example:
        >>> from perturbtheory import numerics
        >>> import numpy as np
        >>> nodes, weights = numerics.panel_rule(np.array([0.0, 1.0, 3.0]))
        >>> float((nodes * weights).sum().round(12))  # the integral of s from 0 to 3
        4.5
    """
    xp = namespace(bounds)
    nodes, weights = (xp.asarray(a, bounds.dtype) for a in gauss_legendre(POINTS))
    half = xp.diff(bounds)[:, None] / 2
    return bounds[:-1, None] + half * (1 + nodes), half * weights
