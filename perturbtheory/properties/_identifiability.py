"""Is theta -> p single-valued, and does p determine theta?

Paper A uses *identifiable* in three senses, which its Table 1 does not tell apart:

- section 3.3, I: the subdifferential is single-valued (otherwise theta "is not identifiable");
- section 3.3, III: the map is one-to-one, modulo translation;
- section 3.1: complete and minimal, where minimal means p(theta) != p(tau) for theta != tau.
"""

import itertools
from typing import Any, Literal

import numpy as np

from perturbtheory.potential import Potential
from perturbtheory.properties._check import Check
from perturbtheory.properties._completeness import completeness
from perturbtheory.properties._convexity import convexity_over
from perturbtheory.properties._declarations import check_declarations
from perturbtheory.properties._polyhedron import AbstractParameterSet, Polyhedron
from perturbtheory.properties._shape import dimension_of, in_numpy

Sense = Literal["single-valued", "one-to-one", "complete and minimal"]


def single_valued(f: Potential, over: AbstractParameterSet) -> Check:
    """Whether f has one subgradient only at every theta of the set: section 3.3, I of paper A.

    `witness` where it fails: `theta` in the set, and the `lower` and `upper` ends that every
    coordinate of a subgradient can take there; `margin`: minus the widest of these ranges.
    Raises ValueError if the set does not fit the dimension of the noise.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Discrete([-1, 1]))
        >>> properties.single_valued(f, properties.gauge(2)).outcome
        'fails'
    """
    d = dimension_of(over)
    f = in_numpy(f)
    shape = check_declarations(f.noise, d)
    statement = f"f is differentiable at every theta of {over.name}, d = {d}"
    if not shape.atoms:
        how = f"no atoms, so no ties; the density was looked at in {shape.probes} points"
        return Check("holds", statement, how)
    if not isinstance(over, Polyhedron):
        return Check("unknown", statement, "an oracle cannot be searched for ties")
    noise: Any = f.noise
    atoms = np.broadcast_to(noise.atoms, (d, np.shape(noise.atoms)[-1]))
    weights = np.broadcast_to(noise.weights, atoms.shape)
    charged = [np.unique(a[w > 0]) for a, w in zip(atoms, weights, strict=True)]
    close = False
    for i, j in itertools.combinations(range(d), 2):
        for a, b in itertools.product(charged[i], charged[j]):
            theta = _with_tie(over, shape.low, (i, a), (j, b))
            if theta is None:
                continue
            cell = f.subdifferential(theta)
            if not cell.is_singleton and over.contains(theta):
                lower, upper = cell.bounds()
                witness = {"theta": theta, "lower": lower, "upper": upper}
                how = "two coordinates tie for the maximum with positive probability"
                return Check("fails", statement, how, -float(np.max(upper - lower)), witness)
            close = True
    if close:
        how = "linear programs find ties that rounding undoes: too close to decide"
        return Check("unknown", statement, how)
    return Check("holds", statement, "linear programs: no two atoms can tie for the maximum")


def _with_tie(
    over: Polyhedron, low: np.ndarray, one: tuple[int, float], two: tuple[int, float]
) -> np.ndarray | None:
    """theta in the set with theta_i + a = theta_j + b at or above all theta_k + low_k."""
    (i, a), (j, b) = one, two
    d, eye = over.dimension, np.eye(over.dimension)
    equal, level = over.equalities
    equal = np.vstack([equal, (eye[i] - eye[j]) @ over.matrix])
    level = np.append(level, b - a - (eye[i] - eye[j]) @ over.offset)
    above = np.array([eye[k] - eye[i] for k in range(d)])
    rows = np.vstack([over.inequalities[0], above @ over.matrix])
    right = np.concatenate([over.inequalities[1], a - low - above @ over.offset])
    try:
        meeting = Polyhedron("ties", over.matrix, over.offset, (rows, right), (equal, level))
    except ValueError:
        return None
    theta = meeting.point()
    # The linear program's rounding must not undo the tie.
    theta[j] = theta[i] + a - b
    return theta


def one_to_one(f: Potential, over: AbstractParameterSet) -> Check:
    """Whether p(theta) = p(tau) only for translates theta, tau in the set: section 3.3, III.

    For discrete noise: whether subdifferentials at different cosets are disjoint. f is convex, so
    this is strict convexity modulo translation; see `convexity_over` for the method and `margin`.
    `witness` where it fails: a collision `theta`, `tau` with the `p` they share; where it holds
    for bounded noise only inside a region, the region is {theta_k - theta_i <= u_i - l_k}.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Uniform())
        >>> properties.one_to_one(f, properties.box([-1, -1], [1, 1])).outcome
        'holds'
    """
    f = in_numpy(f)
    strict = convexity_over(f, over)
    statement = f"p determines theta in {over.name}, d = {over.dimension}, up to a constant"
    witness = dict(strict.witness)
    if strict.outcome == "fails":
        both = np.stack([witness["theta"], witness["tau"]])
        p = np.asarray(f.probabilities(both))
        witness |= {"p": p[0], "difference": float(np.abs(p[0] - p[1]).max())}
        if witness["difference"] > 1e-9:
            return Check("unknown", statement, "a flat segment with two gradients", None, witness)
    return Check(strict.outcome, statement, strict.method, strict.margin, witness)


def minimality(f: Potential, over: AbstractParameterSet) -> Check:
    """Whether p(theta) = p(tau) only for theta = tau in the set: section 3.1 of paper A.

    One-to-one modulo translation, and no two translates in the set. `witness` where it fails: a
    collision `theta`, `tau`.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Normal())
        >>> over = properties.whole_space(2), properties.gauge(2)
        >>> [properties.minimality(f, region).outcome for region in over]
        ['fails', 'holds']
    """
    injective = one_to_one(f, over)
    statement = f"p determines theta in {over.name}, d = {over.dimension}"
    if not isinstance(over, Polyhedron):
        outcome = "fails" if injective.outcome == "fails" else "unknown"
        return Check(outcome, statement, injective.method, injective.margin, injective.witness)
    pair = over.translates
    if pair is not None:
        how = "linear program: the set holds two translates, which no noise tells apart"
        return Check("fails", statement, how, None, {"theta": pair[0], "tau": pair[1]})
    how = f"no two translates in the set; {injective.method}"
    return Check(injective.outcome, statement, how, injective.margin, injective.witness)


def identifiability(f: Potential, over: AbstractParameterSet, sense: Sense) -> Check:
    """Identifiable in one of the three senses of paper A; see the head of this module.

    Raises ValueError for another sense.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Uniform())
        >>> properties.identifiability(f, properties.gauge(2), "one-to-one").outcome
        'fails'
    """
    if sense == "single-valued":
        return single_valued(f, over)
    if sense == "one-to-one":
        return one_to_one(f, over)
    if sense != "complete and minimal":
        known = ", ".join(repr(s) for s in ("single-valued", "one-to-one", "complete and minimal"))
        msg = f"`sense` must be one of {known}, got {sense!r}"
        raise ValueError(msg)
    parts = [completeness(f, over), minimality(f, over)]
    worst = next((c for c in parts if c.outcome == "fails"), None)
    worst = worst or next((c for c in parts if c.outcome == "unknown"), parts[1])
    statement = f"{over.name}, d = {over.dimension}, is complete and minimal"
    return Check(worst.outcome, statement, worst.method, worst.margin, worst.witness)
