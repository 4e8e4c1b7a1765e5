"""Strict convexity of f modulo translation, by the connectivity of a graph.

The Hessian is the Laplacian of the graph with weights w_ij = -H_ij, so that it is positive at
theta, in every direction but 1, exactly where that graph is connected; its flat directions are the
vectors that are constant on components. There f is strictly convex near theta; not conversely, for
a weight may vanish at one point of a line along which f is strictly convex (claim C.laplacian). For
independent coordinates with densities positive almost everywhere on [l_i, u_i],

    w_ij(theta) > 0   exactly if   i and j are active:   theta_i + u_i > max_k (theta_k + l_k),

so that one inactive coordinate is a flat direction, and where no coordinate can be inactive
(u_i - l_k infinite) f is strictly convex everywhere. Under discrete noise f is affine between
ties; there flat directions are constant on groups of tied coordinates.
"""

import itertools
from typing import Any

import numpy as np

from perturbtheory.checks import as_vectors
from perturbtheory.potential import Potential
from perturbtheory.properties._check import Check
from perturbtheory.properties._declarations import check_declarations
from perturbtheory.properties._polyhedron import THIN, AbstractParameterSet, Polyhedron
from perturbtheory.properties._shape import Shape, dimension_of, in_numpy
from perturbtheory.routes import enclosure


def convexity_at(f: Potential, theta: Any) -> Check:
    """Whether the Hessian at theta of shape ``(d,)`` is positive in every direction but 1.

    If it is, f is strictly convex near theta, modulo translation.
    `margin`: the smallest weight that a connected graph cannot do without (the bottleneck of its
    maximum spanning tree), or minus one where the graph falls apart; `witness`: the Laplacian's
    components, and if there are several a flat direction. Raises ValueError as `f.hessian` does.
    """
    theta = _point("theta", theta)
    d = len(theta)
    statement = f"f is strictly convex modulo translation at {theta}"
    f = in_numpy(f)
    if not f.noise.continuous:
        components = f.subdifferential(theta).components
        how = "sum of finitely many outcomes: ties link coordinates, all else is affine"
        return _connected(statement, components, d, how, None)
    shape = check_declarations(f.noise, d)
    weight = -np.asarray(f.hessian(theta))
    np.fill_diagonal(weight, 0.0)
    bottleneck = _bottleneck(weight)
    if shape.injective_inside:
        active = active_coordinates(shape, theta)
        components = [tuple(np.flatnonzero(active).tolist())]
        components += [(int(i),) for i in np.flatnonzero(~active)]
        how = f"supports without gaps: active coordinates are linked; {_seen(shape)}"
        return _connected(statement, components, d, how, bottleneck, weight)
    how = f"the law has a gap between {shape.gap}; weights by quadrature"
    if bottleneck > 1e-12:
        return _connected(statement, [tuple(range(d))], d, how, bottleneck, weight)
    return Check("unknown", statement, how, bottleneck, {"weights": weight})


def convexity_along(f: Potential, theta: Any, tau: Any) -> Check:
    """Whether f is strictly convex on the segment from theta to tau, shape ``(d,)`` each.

    `margin`: (f(theta) + f(tau)) / 2 - f((theta + tau) / 2), which strictness makes positive, with
    its error taken off; `witness`: the ends of a piece on which f is affine. Raises ValueError
    for translates: there f is affine whatever the noise.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Uniform())
        >>> properties.convexity_along(f, [3.0, 0.0], [4.0, 0.0]).outcome
        'fails'
    """
    theta, tau = _point("theta", theta), _point("tau", tau)
    if theta.shape != tau.shape:
        msg = f"`tau` must have the shape of theta, got {tau.shape} and {theta.shape}"
        raise ValueError(msg)
    v = tau - theta
    if np.ptp(v) <= 8 * np.finfo(float).eps * max(np.abs(theta).max(), np.abs(tau).max()):
        msg = f"`tau` must not be a translate of theta, got {tau} and {theta}; move one entry"
        raise ValueError(msg)
    f = in_numpy(f)
    shape = check_declarations(f.noise, len(theta))
    ends, middle = np.stack([theta, tau]), (theta + tau) / 2
    found = f.estimate(np.stack([theta, tau, middle])) if f.noise.finite_mean else None
    margin = None
    if found is not None:
        value, radius = np.asarray(found.value), np.asarray(found.radius)
        margin = float(value[:2].mean() - value[2] - radius[:2].mean() - radius[2])
    statement = f"f is strictly convex on the segment from {theta} to {tau}"
    piece = affine_piece(f, shape, theta, tau)
    if piece is not None:
        witness = {"theta": piece[0], "tau": piece[1], "segment": ends}
        return Check("fails", statement, f"f is affine on a piece; {_seen(shape)}", margin, witness)
    if shape.injective_inside:
        how = f"no piece without an active coordinate that moves; {_seen(shape)}"
        return Check("holds", statement, how, margin, {"segment": ends})
    how = f"the law has a gap between {shape.gap}; the margin alone does not exclude flat pieces"
    return Check("unknown", statement, how, margin, {"segment": ends})


def convexity_over(f: Potential, region: AbstractParameterSet) -> Check:
    """Whether f is strictly convex modulo translation on a convex set of parameters.

    `margin`: how far the set stays within the region {theta_k - theta_i < u_i - l_k} where every
    coordinate is active (infinite without bounds); `witness`: the ends of a segment in the set on
    which f is affine. For d = 2 and smooth light-tailed noise `certificate` encloses the weight.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Uniform())
        >>> properties.convexity_over(f, properties.gauge(2)).outcome
        'fails'
    """
    f = in_numpy(f)
    shape = check_declarations(f.noise, dimension_of(region))
    statement = f"f is strictly convex modulo translation on {region.name}, d = {region.dimension}"
    certified = _enclosed_weight(f, region)
    if certified is not None and certified.low > 0:
        how = "ball arithmetic: w_12 is enclosed for every theta of the set"
        return Check("holds", statement, how, float(certified.low), {"certificate": certified})
    if shape.injective_everywhere:
        how = f"every coordinate is active everywhere; {_seen(shape)}"
        return Check("holds", statement, how, np.inf)
    if not isinstance(region, Polyhedron):
        return Check("unknown", statement, "an oracle cannot be searched for flat segments")
    margin, outermost = _room(shape, region)
    if shape.injective_inside and margin >= 0:
        how = f"every coordinate is active on all of the set; linear programs; {_seen(shape)}"
        return Check("holds", statement, how, margin)
    segment = flat_segment(f, shape, region, outermost)
    if segment is not None:
        witness = {"theta": segment[0], "tau": segment[1]}
        how = f"f is affine on a segment that a linear program found; {_seen(shape)}"
        return Check("fails", statement, how, margin, witness)
    if region.dimension == 1 or _is_one_coset(region):
        return Check("holds", statement, "the set holds a single point modulo translation", np.inf)
    how = "no flat segment found where linear programs looked"
    return Check("unknown", statement, how, margin)


def _enclosed_weight(f: Potential, region: AbstractParameterSet) -> enclosure.Enclosure | None:
    """w_12 over a bounded set of d = 2 parameters, for the laws that balls know."""
    if region.dimension != 2 or not isinstance(region, Polyhedron):
        return None
    u = np.array([1.0, -1.0])
    low, high = -region.highest(-u)[0], region.highest(u)[0]
    if not (enclosure.serves(f.noise) and np.isfinite(low) and np.isfinite(high)):
        return None
    # The ends come from a linear program: wider by more than its tolerance holds the set.
    slack = 1e-6 * region.scale
    try:
        return enclosure.weight_over_box(f.noise, low - slack, high + slack)
    except ArithmeticError:
        return None  # too wide a range of magnitudes: other grounds decide


def active_coordinates(shape: Shape, theta: np.ndarray) -> np.ndarray:
    """Whether p_i(theta) > 0: theta_i + u_i > max_k (theta_k + l_k), shape ``(d,)``."""
    return theta + shape.high > np.max(theta + shape.low)


def affine_piece(
    f: Potential, shape: Shape, theta: np.ndarray, tau: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """The ends of a piece of the segment on which f is affine, or None if none is known."""
    v = tau - theta
    if shape.atoms:
        # Kinks are where two positions meet: between two of them f is affine.
        noise: Any = f.noise
        atoms = np.broadcast_to(noise.atoms, (len(v), np.shape(noise.atoms)[-1]))
        offsets = (theta[:, None] + atoms)[:, None, :, None] - (theta[:, None] + atoms)[:, None]
        speed = (v[None, :] - v[:, None])[..., None, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            times = (offsets / speed).ravel()
    elif shape.injective_inside:
        gap = (theta + shape.high)[:, None] - (theta + shape.low)[None, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            times = (gap / (v[None, :] - v[:, None])).ravel()
    else:
        return None
    times = times[np.isfinite(times) & (times > 0) & (times < 1)]
    cuts = np.unique(np.concatenate([[0.0], times, [1.0]]))
    for start, stop in itertools.pairwise(cuts):
        if stop - start < 1e-9:
            continue
        middle = theta + (start + stop) / 2 * v
        flat = shape.atoms
        if not flat:
            moved = v[active_coordinates(shape, middle)]
            flat = bool(np.ptp(moved) <= 1e-12 * np.abs(v).max())
        if flat:
            inner = (stop - start) / 4
            return theta + (start + inner) * v, theta + (stop - inner) * v
    return None


def flat_segment(
    f: Potential, shape: Shape, region: Polyhedron, outermost: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray] | None:
    """The ends of a segment in the set along which f is affine but not a translation."""
    start = region.point()
    corners = [start, *outermost]
    low, high = (np.asarray(end, float) for end in f.noise.support)
    width = float(np.max(high) - np.min(low))
    reach = 4 * max(1.0, width if np.isfinite(width) else float(np.max(np.abs(start))))
    for u in np.vstack([np.eye(len(start)), -np.eye(len(start))]):
        top = region.highest(u - u.mean())[1]
        away = region.recedes(u)
        corners += [top] if top is not None else []
        corners += [c + reach * away for c in (start, *outermost) if away is not None]
    for i, theta in enumerate(corners):
        for tau in corners[:i]:
            if np.ptp(tau - theta) > THIN * region.scale:
                piece = affine_piece(f, shape, theta, tau)
                if piece is not None:
                    return piece
    return None


def _room(shape: Shape, region: Polyhedron) -> tuple[float, list[np.ndarray]]:
    """min over pairs of (u_i - l_k) - sup (theta_k - theta_i), and points beyond it."""
    d, room, outermost = region.dimension, np.inf, []
    for i in range(d):
        for k in range(d):
            if i == k or np.isinf(shape.widths[i, k]):
                continue
            u = np.eye(d)[k] - np.eye(d)[i]
            top, theta = region.highest(u)
            room = min(room, shape.widths[i, k] - top)
            if theta is None:
                away = region.recedes(u)
                start = region.point()
                if away is not None:
                    reach = 1 + np.abs(start).max() + shape.widths[i, k]
                    outermost += [start + reach * away, start + 2 * reach * away]
            elif top > shape.widths[i, k]:
                outermost.append(theta)
    return float(room), outermost


def _is_one_coset(region: Polyhedron) -> bool:
    d = region.dimension
    for i in range(1, d):
        u = np.eye(d)[i] - np.eye(d)[0]
        # Rounding alone; what is thinner than linear programs can tell is not a point.
        if region.highest(u)[0] + region.highest(-u)[0] > 1e-14 * region.scale:
            return False
    return True


def _connected(
    statement: str,
    components: list[tuple[int, ...]],
    d: int,
    how: str,
    bottleneck: float | None,
    weight: np.ndarray | None = None,
) -> Check:
    witness: dict[str, Any] = {"components": components}
    if weight is not None:
        witness["weights"] = weight
    if len(components) == 1:
        return Check("holds", statement, how, bottleneck, witness)
    flat = np.zeros(d)
    flat[list(components[-1])] = 1.0
    return Check("fails", statement, how, -1.0, witness | {"flat_direction": flat})


def _bottleneck(weight: np.ndarray) -> float:
    """The smallest edge of the maximum spanning tree; 0 if the graph is not connected."""
    reached, smallest = {0}, np.inf
    while len(reached) < len(weight):
        rest = [j for j in range(len(weight)) if j not in reached]
        edges = weight[np.ix_(sorted(reached), rest)]
        smallest = min(smallest, float(edges.max()))
        reached.add(rest[int(edges.max(0).argmax())])
    return smallest


def _seen(shape: Shape) -> str:
    return (
        f"the density was looked at in {shape.probes} points"
        if shape.probes
        else "finitely many atoms"
    )


def _point(name: str, value: Any) -> np.ndarray:
    theta = np.asarray(as_vectors(name, value), float)
    if theta.ndim != 1:
        msg = f"`{name}` must have shape (d,), got {theta.shape}; check one point at a time"
        raise ValueError(msg)
    return theta
