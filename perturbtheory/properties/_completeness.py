"""Which probabilities are reached from a convex set Theta of parameters.

For every noise and p in the interior of the simplex the parameters S(p) = {theta : p in the
subdifferential at theta} form a non-empty, closed, convex set of cosets of R1, because
f - <p, .> grows like max v - <p, v> > 0 in every direction v but 1. Theta is complete exactly if
it meets every S(p), so that

- Theta + R1 = R^d is always enough;
- it is necessary where S(p) is one coset: no atoms, no gaps, no bounds, so every Perturb-Softmax;
- bounded supports [l_i, u_i] need the cosets of K = {theta_k - theta_i <= u_i - l_k} only, and
  there the image is the closed simplex;
- finitely many atoms need the vertices of the subdivision of R^d/R1 into pieces on which f is
  affine only: the subdifferentials there tile the simplex. Theta may then be a finite set.

For a polyhedron Theta + R1 = R^d is decided by its recession cone: either it recedes in every
direction +-e_i + c1, or some u != 0 with sum u = 0 has a finite supremum over Theta (Farkas).
Theorems 4.1 and 5.1 of paper A ask for less and promise as much. Surjectivity onto the interior:
Norets and Takahashi (2013) in econometrics.
"""

import itertools
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from perturbtheory.checks import slack
from perturbtheory.potential import Potential, as_written, discrete_parameters
from perturbtheory.properties._check import Check
from perturbtheory.properties._declarations import check_declarations
from perturbtheory.properties._polyhedron import AbstractParameterSet, Polyhedron
from perturbtheory.properties._shape import Shape, dimension_of, in_numpy

_MOST_CANDIDATES = 20_000
_PROBES = 200


def completeness(
    f: Potential,
    over: AbstractParameterSet,
    *,
    target: Literal["interior", "simplex"] = "interior",
) -> Check:
    """Whether every p with positive entries, or every p, has a theta in the set.

    The statement says in which sense: single-valued, p(theta) = p, for noise without atoms, and
    set-valued, p in the subdifferential at theta, for discrete noise. ``target="simplex"`` asks
    for the zero entries as well, as section 3.1 of paper A does.

    `witness` where it fails: `p` out of reach, `theta` = the only parameters that give it, up to
    a constant, and `u`, `supremum` with <u, theta> > sup <u, Theta>. Where it holds: recession
    directions of the set, see `reach` for theta(p). No `margin`.
    Raises ValueError for an unknown target or a dimension that does not fit the noise.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Normal())
        >>> properties.completeness(f, properties.gauge(3)).outcome
        'holds'
        >>> properties.completeness(f, properties.box([-1, -1], [1, 1])).outcome
        'fails'
    """
    if target not in ("interior", "simplex"):
        msg = f"`target` must be 'interior' or 'simplex', got {target!r}; see the docstring"
        raise ValueError(msg)
    f = in_numpy(f)
    shape = check_declarations(f.noise, dimension_of(over))
    sense = "p in the subdifferential at theta" if shape.atoms else "p(theta) = p"
    what = "p > 0" if target == "interior" else "p of the closed simplex"
    statement = f"every {what} has a theta in {over.name}, d = {over.dimension}, with {sense}"
    if target == "simplex" and not shape.atoms:
        open_pairs = np.isinf(shape.widths) & ~np.eye(over.dimension, dtype=bool)
        if open_pairs.any():
            i, k = np.argwhere(open_pairs)[0]
            how = f"coordinate {i + 1} beats {k + 1} by any amount with positive probability"
            return Check("fails", statement, how, None, {"p": np.eye(over.dimension)[k]})
    if not isinstance(over, Polyhedron):
        return _against_oracle(f, over, shape, statement)
    blocked = over.blocked
    if blocked is None and not (target == "simplex" and shape.gap):
        if over.recession is not None:
            how = "linear programs: the set recedes in +-e_i + c1 for every i, so Theta + R1 = R^d"
            return Check("holds", statement, how, np.inf, {"recession": over.recession})
    elif blocked is not None and shape.injective_everywhere:
        return _out_of_reach(f, over, statement, blocked, shape.spread)
    elif shape.injective_inside:
        return _covers_active_region(f, over, shape, statement)
    elif shape.atoms:
        return _covers_vertices(f, over, statement)
    return Check("unknown", statement, f"supports with a gap, {shape.gap}, and Theta + R1 != R^d")


def reach(f: Potential, over: AbstractParameterSet, p: Any) -> np.ndarray | None:
    """theta in the set with p(theta) = p, or p in the subdifferential; None if there is none.

    For continuous noise p must be positive; shape ``(d,)``. None is an answer where theta(p) is
    unique up to a constant, and otherwise means that no such theta was found.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Normal())
        >>> properties.reach(f, properties.gauge(2), [0.5, 0.5]).tolist()
        [0.0, 0.0]
    """
    most, p = slack(np.asarray(p).dtype), np.asarray(p, float)
    if p.shape != (over.dimension,) or np.any(~(p >= 0)) or abs(p.sum() - 1) > most:
        msg = (
            f"`p` must be a probability vector of shape ({over.dimension},), got {p}; divide by sum"
        )
        raise ValueError(msg)
    # Shares of 64 bits are the decimals that they were written as, which a division would undo.
    theta = _preimage(in_numpy(f), p if most <= 1e-9 else p / p.sum())
    if isinstance(over, Polyhedron):
        return over.representative(theta)
    return theta if over.contains(theta) else None


def _preimage(f: Potential, p: np.ndarray) -> np.ndarray:
    noise: Any = f.noise
    return np.asarray(f.parameters(p) if noise.continuous else discrete_parameters(noise, p)[0])


def _out_of_reach(
    f: Potential,
    over: Polyhedron,
    statement: str,
    blocked: tuple[np.ndarray, float],
    spread: float,
) -> Check:
    """The coset beyond the face {<u, theta> = sup} is the only one that gives its p."""
    u, supremum = blocked
    # Clearly beyond the face, in units of the noise, and near the uniform distribution.
    beyond = max(0.0, supremum + max(spread, 1e-6 * abs(supremum)))
    theta = beyond * u / (u @ u)
    if over.representative(theta) is not None:
        how = "a linear program separates a theta that is in the set after all: badly scaled"
        return Check("unknown", statement, how)
    p = np.asarray(f.probabilities(theta))
    witness = {"p": p, "theta": theta, "u": u, "supremum": supremum}
    how = "linear program (Farkas): sup <u, Theta> is finite; theta(p) is unique up to a constant"
    if np.min(p) < 1e-30:
        how += "; p has entries below the range of floating point, theta stands for it"
    return Check("fails", statement, how, None, witness)


def _covers_active_region(f: Potential, over: Polyhedron, shape: Shape, statement: str) -> Check:
    """Whether every vertex of K = {theta_k - theta_i <= u_i - l_k} is in Theta + R1."""
    vertices = _vertices_of_active_region(shape)
    if vertices is None:
        how = "the region where all coordinates are active is unbounded or has too many vertices"
        return Check("unknown", statement, how)
    centre = vertices.mean(0)
    for vertex in vertices:
        if over.representative(vertex) is not None:
            continue
        for share in (0.0, 0.5, 0.9, 0.99, 0.999, 1 - 1e-6):
            theta = centre + share * (vertex - centre)
            if over.representative(theta) is None:
                p = np.asarray(f.probabilities(theta))
                how = "linear program: a theta with all coordinates active is not in Theta + R1"
                return Check("fails", statement, how, None, {"p": p, "theta": theta})
        return Check("unknown", statement, "a vertex is missed by less than can be resolved")
    how = (
        f"linear programs: all {len(vertices)} vertices of the region where every coordinate is "
        "active are in Theta + R1; that region maps onto the closed simplex"
    )
    return Check("holds", statement, how, None, {"vertices": vertices})


def _vertices_of_active_region(shape: Shape) -> np.ndarray | None:
    """Vertices, modulo 1, of {theta_k - theta_i <= u_i - l_k for i != k}, theta_1 = 0."""
    widths = shape.widths
    d = len(widths)
    off = ~np.eye(d, dtype=bool)
    if not np.all(np.isfinite(widths)) or d > 7:
        return None
    if d == 2:
        return np.array([[0.0, -widths[1, 0]], [0.0, widths[0, 1]]])
    if np.ptp(widths[off]) < 1e-12:
        subsets = np.array(list(itertools.product([0.0, 1.0], repeat=d))[1:-1])
        return subsets * widths[0, 1]
    from scipy.spatial import HalfspaceIntersection

    rows = [
        np.append(np.eye(d)[k] - np.eye(d)[i], -widths[i, k])
        for i in range(d)
        for k in range(d)
        if i != k
    ]
    # theta_i = -(u_i + l_i) / 2 makes all coordinates meet in the middle of their supports.
    middle = -(shape.high + shape.low) / 2
    cut = HalfspaceIntersection(np.array(rows)[:, 1:], (middle - middle[0])[1:])
    return np.column_stack([np.zeros(len(cut.intersections)), cut.intersections])


def _covers_vertices(f: Potential, over: Polyhedron, statement: str) -> Check:
    """Whether every theta with a full-dimensional subdifferential is in Theta + R1."""
    vertices = linearity_vertices(f, f.noise, over.dimension)
    if vertices is None:
        # Too many to list: a missing one is still a proof.
        rng = np.random.default_rng(0)
        draws = rng.dirichlet(np.ones(over.dimension), _PROBES)
        candidates = np.array([_preimage(f, p) for p in draws])
    else:
        candidates = vertices
    for theta in candidates:
        cell = f.subdifferential(theta)
        if cell.dimension == over.dimension - 1 and over.representative(theta) is None:
            orders = [np.roll(np.arange(over.dimension), k) for k in range(over.dimension)]
            p = np.mean([cell.vertex(order) for order in orders], 0)
            how = "p is interior to the subdifferential at theta, and so to no other"
            return Check("fails", statement, how, None, {"p": p, "theta": theta})
    if vertices is None:
        how = f"the vertices of {_PROBES} random p are in Theta + R1; not all were looked at"
        return Check("unknown", statement, how)
    how = (
        f"all {len(vertices)} vertices of the subdivision into pieces on which f is affine are in "
        "Theta + R1; the subdifferentials there tile the simplex"
    )
    return Check("holds", statement, how, None, {"vertices": vertices})


def linearity_vertices(f: Potential, noise: Any, dimension: int) -> np.ndarray | None:
    """All theta, theta_1 = 0, at which ties link all coordinates; None if there are too many.

    Candidates hang every coordinate on an earlier one by a difference of atoms, in rational
    numbers: atoms are read as they were written, so that no tie is lost to rounding.
    Shape ``(n, d)``.
    """
    atoms = np.broadcast_to(noise.atoms, (dimension, np.shape(noise.atoms)[-1]))
    exact = [sorted({as_written(a) for a in row}) for row in atoms]
    settled: set[tuple[tuple[int, Fraction], ...]] = {((0, Fraction(0)),)}
    for _ in range(dimension - 1):
        grown = set()
        for partial in settled:
            places = dict(partial)
            for i in set(range(dimension)) - set(places):
                for j, place in places.items():
                    for a, b in itertools.product(exact[j], exact[i]):
                        grown.add(tuple(sorted({**places, i: place + a - b}.items())))
                if len(grown) > _MOST_CANDIDATES:
                    return None
        settled = grown
    full = []
    for partial in sorted(settled):
        theta = [place for _, place in partial]
        if f.subdifferential(np.array(theta, object)).dimension == dimension - 1:
            full.append(np.array(theta, float))
    return np.array(full)


def _against_oracle(
    f: Potential, over: AbstractParameterSet, shape: Shape, statement: str
) -> Check:
    """Only a failure can be shown: a theta, alone in its coset, whose whole coset is refused."""
    how = "an oracle answers for points: that no p is missed cannot be shown"
    if not shape.injective_everywhere:
        return Check("unknown", statement, how)
    rng = np.random.default_rng(0)
    for p in rng.dirichlet(np.ones(over.dimension), _PROBES):
        theta = _preimage(f, p)
        shifts = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 200)])
        line = theta + np.concatenate([shifts, -shifts])[:, None]
        if not any(over.contains(t) for t in line):
            how = "the oracle refuses 402 points of the only coset that gives p: evidence, no proof"
            return Check("unknown", statement, how, None, {"p": p, "theta": theta})
    return Check("unknown", statement, how)
