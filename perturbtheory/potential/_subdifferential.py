"""The subdifferential of the expected maximum: a point, or at ties a base polytope.

With A the set of maximisers of theta + gamma (Minkowski sum, Aumann integral),

    subdifferential f(theta) = E[conv{e_i : i in A}]
                             = {p >= 0 : p(S) <= h(S) for every S, p([d]) = 1},
    h(S) = P(A meets S) = sum_x F(x) (1 - prod_{i in S} r_i(x)),

where x runs over the values of the maximum, F(x) = P(max <= x) and
r_i(x) = P(theta_i + gamma_i < x) / P(theta_i + gamma_i <= x). The set function h is submodular,
so that everything follows from the greedy vertex of an order i_1, i_2, ...,

    p_{i_k} = h({i_1..i_k}) - h({i_1..i_{k-1}})
            = sum_x F(x) r_{i_1}(x) ... r_{i_{k-1}}(x) (1 - r_{i_k}(x)),

in one pass over values x coordinates: no sum over outcomes.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from perturbtheory.potential._atomic import Atomic, as_written
from perturbtheory.potential._minimum_norm import most_violated
from perturbtheory.potential._shown_set import ShownSet

_ULPS = 8
TOLERANCE = 1e-12
"""What rounding may add to p(S) - h(S) in 64-bit arithmetic; the default of `contains`."""
_MOST_ORDERS = 50_000


@dataclass(frozen=True, eq=False, repr=False)
class Subdifferential(ShownSet):
    """All subgradients at one theta; for continuous noise the gradient alone.

    Numbers are float64, or `fractions.Fraction` in object arrays where theta was rational; then
    ties and answers are exact.

    Attributes:
        fixed: shape ``(d,)``: the probability of being the only maximiser where nothing ties.
        mass: shape ``(m,)``: F(x) for every value x at which two coordinates can tie.
        stay: shape ``(m, d)``: r_i(x), one for coordinates that have no mass at x.
        tolerance: how far rounding may move a number; 0 for rational input.

    Example:
        >>> import perturbtheory as pt
        >>> found = pt.expected_max(pt.Discrete([-1, 1])).subdifferential([0, 0])
        >>> found.vertices().tolist(), found.contains([0.5, 0.5])
        ([[Fraction(1, 4), Fraction(3, 4)], [Fraction(3, 4), Fraction(1, 4)]], True)
    """

    fixed: np.ndarray
    mass: np.ndarray
    stay: np.ndarray
    tolerance: float

    @property
    def is_exact(self) -> bool:
        """Whether every number is a `fractions.Fraction`."""
        return self.fixed.dtype == object

    @property
    def is_singleton(self) -> bool:
        """Whether f is differentiable here: no two coordinates tie with positive probability."""
        return not len(self.mass)

    @property
    def components(self) -> list[tuple[int, ...]]:
        """Coordinates linked by ties that have positive probability; they share mass freely."""
        leader = list(range(len(self.fixed)))

        def find(i: int) -> int:
            while leader[i] != i:
                i = leader[i]
            return i

        for row in self.stay:
            tied = np.flatnonzero(row != 1)
            for i in tied[1:]:
                leader[find(int(i))] = find(int(tied[0]))
        groups: dict[int, list[int]] = {}
        for i in range(len(leader)):
            groups.setdefault(find(i), []).append(i)
        return sorted(tuple(group) for group in groups.values())

    @property
    def dimension(self) -> int:
        """d minus the number of components: 0 for a point, d - 1 for a full-dimensional cell."""
        return len(self.fixed) - len(self.components)

    def capacity(self, subset: Sequence[int]) -> Any:
        """h(S) = P(a member of S is among the maximisers), the most that p(S) can be."""
        index = sorted(set(subset))
        return self.fixed[index].sum() + (self.mass * (1 - self.stay[:, index].prod(1))).sum()

    def vertex(self, order: Sequence[int] | np.ndarray) -> np.ndarray:
        """The subgradient that breaks every tie in favour of whoever comes first in `order`."""
        index = np.asarray(order)
        if sorted(index.tolist()) != list(range(len(self.fixed))):
            msg = f"`order` must be a permutation of 0..{len(self.fixed) - 1}, got {order!r}"
            raise ValueError(msg)
        stay = self.stay[:, index]
        before = np.concatenate([np.ones_like(stay[:, :1]), np.cumprod(stay, 1)[:, :-1]], 1)
        vertex = self.fixed.copy()
        vertex[index] += (self.mass[:, None] * before * (1 - stay)).sum(0)
        return vertex

    def support(self, v: Sequence[Any] | np.ndarray) -> Any:
        """max <p, v> over the set: the directional derivative f'(theta; v)."""
        v = self._vector("v", v)
        return (self.vertex(np.argsort(-v, kind="stable")) * v).sum()

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """(lower, upper) ends of every coordinate: P(A = {i}) and P(i in A), shape ``(d,)``."""
        d = len(self.fixed)
        lower, upper = np.empty_like(self.fixed), np.empty_like(self.fixed)
        for i in range(d):
            others = np.delete(np.arange(d), i)
            drop = self.mass * (1 - self.stay[:, i])
            lower[i] = self.fixed[i] + (drop * self.stay[:, others].prod(1)).sum()
            upper[i] = self.fixed[i] + drop.sum()
        return lower, upper

    def vertices(self) -> np.ndarray:
        """Every vertex, shape ``(n, d)``, in lexicographic order.

        Raises ValueError where more than 50,000 orders would have to be looked at.
        """
        count = 1
        for component in self.components:
            count *= int(np.prod(np.arange(1, len(component) + 1), dtype=float))
        if count > _MOST_ORDERS:
            msg = (
                f"`vertices` would look at {count:.2g} orders of {len(self.fixed)} coordinates, "
                f"more than {_MOST_ORDERS}; use support(v), vertex(order), bounds() or contains(p)"
            )
            raise ValueError(msg)
        parts = [list(self._component_vertices(c)) for c in self.components]
        full = [sum(choice, self.fixed * 0) for choice in itertools.product(*parts)]
        if self.is_exact:
            return np.array(sorted({tuple(v) for v in full}), dtype=object)
        return np.unique(np.round(np.array(full), 14), axis=0)

    def _component_vertices(self, component: tuple[int, ...]) -> Iterator[np.ndarray]:
        """Vertices in the coordinates of one component, zero elsewhere."""
        gain = {}
        for size in range(len(component)):
            for before in itertools.combinations(component, size):
                reached = self.mass * self.stay[:, list(before)].prod(1)
                for i in set(component) - set(before):
                    gain[before, i] = (reached * (1 - self.stay[:, i])).sum()
        seen = set()
        for order in itertools.permutations(component):
            out = self.fixed * 0
            for k, i in enumerate(order):
                out[i] = self.fixed[i] + gain[tuple(sorted(order[:k])), i]
            if tuple(out) not in seen:
                seen.add(tuple(out))
                yield out

    def violation(self, p: Sequence[Any] | np.ndarray) -> tuple[Any, tuple[int, ...]]:
        """(max_S p(S) - h(S), a set S that attains it): zero and () for members.

        By Fujishige and Wolfe's minimum-norm point, which decides exactly in rational arithmetic.
        """
        p = self._vector("p", p)
        return most_violated(self.vertex, p)

    def contains(self, p: Sequence[Any] | np.ndarray, *, tolerance: float | None = None) -> bool:
        """Whether p is a subgradient: p(S) <= h(S) + tolerance for every S and sum p = 1.

        `tolerance` defaults to 0 where this set and p are rational, and otherwise to what
        rounding and quadrature may have done. Raises ValueError unless p has shape ``(d,)`` and
        finite entries.
        """
        exact = self.is_exact and as_rational(p) is not None
        p = self._vector("p", p)
        if tolerance is None:
            tolerance = 0.0 if exact else max(self.tolerance or TOLERANCE, 1e-15)
        if abs(p.sum() - 1) > tolerance * max(1, len(p)):
            return False
        if self.is_singleton:
            return bool(np.all(abs(p - self.fixed) <= tolerance))
        return bool(self.violation(p)[0] <= tolerance)

    def _vector(self, name: str, value: Sequence[Any] | np.ndarray) -> np.ndarray:
        exact = as_rational(value) if self.is_exact else None
        if exact is None:
            try:
                exact = np.asarray(value, np.float64)
            except (TypeError, ValueError) as error:
                msg = f"`{name}` must be a vector of numbers, got {value!r}"
                raise ValueError(msg) from error
            if not np.all(np.isfinite(exact)):
                msg = f"`{name}` must be finite, got {value!r}; remove what is not a number"
                raise ValueError(msg)
            if self.is_exact:
                # A float is a rational number: comparing it exactly needs no rounding at all.
                exact = np.array([Fraction(float(x)) for x in exact.ravel()], dtype=object)
                exact = exact.reshape(np.shape(value))
        if exact.shape != self.fixed.shape:
            msg = f"`{name}` must have shape {self.fixed.shape}, got {exact.shape}"
            raise ValueError(msg)
        return exact


def as_rational(value: Any) -> np.ndarray | None:
    """An object array of Fractions if every entry is an int or a Fraction, else None."""
    try:
        entries = np.asarray(value, dtype=object)
    except (TypeError, ValueError):
        # Ragged, or traced by JAX and not known.
        return None
    if entries.ndim != 1 or not entries.size:
        return None
    rational = int | np.integer | Fraction
    if not all(isinstance(x, rational) and not isinstance(x, bool) for x in entries):
        return None
    return np.array([Fraction(int(x) if isinstance(x, np.integer) else x) for x in entries])


def gradient_alone(p: np.ndarray, radius: np.ndarray) -> Subdifferential:
    """The one-point set {p} of continuous noise, with the radius of p as tolerance."""
    p = np.asarray(p, np.float64)
    return Subdifferential(p, np.zeros(0), np.zeros((0, p.size)), float(np.max(radius)))


def of_atoms(noise: Atomic, theta: Any) -> Subdifferential:
    """The base polytope at theta of shape ``(d,)``; exact where theta is rational.

    Then atoms and weights are read as they were written, see `as_written`, and weights are divided
    by their sum: 0.1 is 1/10, and 1/3 a third.
    """
    exact = as_rational(theta)
    number = as_written if exact is not None else float
    location = exact if exact is not None else np.asarray(theta, np.float64)
    d = len(location)
    atoms = np.broadcast_to(np.asarray(noise.atoms), (d, np.shape(noise.atoms)[-1]))
    weights = np.broadcast_to(np.asarray(noise.weights), atoms.shape)
    positions = []
    for i in range(d):
        chances = [number(w) for w in weights[i]]
        total = sum(chances)
        positions += [
            (location[i] + number(a), i, w / total, abs(location[i]))
            for a, w in zip(atoms[i], chances, strict=True)
            if w > 0
        ]
    positions.sort(key=lambda entry: entry[0])
    with np.errstate(all="ignore"):  # masked coordinates are at -inf, below all others
        return _sweep(positions, d, exact is not None)


def _sweep(positions: list[tuple], d: int, exact: bool) -> Subdifferential:
    """Walk upwards through the values of theta_i + atom, multiplying the cdfs on the way."""
    zero, one = (Fraction(0), Fraction(1)) if exact else (0.0, 1.0)
    dtype = object if exact else np.float64
    cdf, fixed = np.full(d, zero, dtype), np.full(d, zero, dtype)
    mass, stay = [], []
    for group in _groups(positions, exact):
        below = cdf.copy()
        for _, i, weight, _ in group:
            cdf[i] = cdf[i] + weight
        if not np.all(cdf > 0):
            continue
        tied = sorted({i for _, i, _, _ in group})
        if len(tied) == 1:
            rest = np.delete(cdf, tied).prod() if d > 1 else one
            fixed[tied[0]] += rest * (cdf[tied[0]] - below[tied[0]])
        else:
            ratio = np.full(d, one, dtype)
            ratio[tied] = below[tied] / cdf[tied]
            mass.append(cdf.prod())
            stay.append(ratio)
    levels = np.array(stay, dtype).reshape(len(stay), d)
    return Subdifferential(fixed, np.array(mass, dtype), levels, 0.0 if exact else TOLERANCE)


def _groups(positions: list[tuple], exact: bool) -> Iterator[list[tuple]]:
    """Runs of equal positions; floats are equal within eight units in the last place.

    The unit is that of the largest of |theta_i| and |theta_i + atom|: what is lost in adding.
    """
    group: list[tuple] = []
    for entry in positions:
        if group:
            gap = entry[0] - group[-1][0]
            size = max(entry[3], group[-1][3], abs(entry[0]), abs(group[-1][0]))
            if gap > (0 if exact else _ULPS * np.finfo(float).eps * size):
                yield group
                group = []
        group.append(entry)
    if group:
        yield group
