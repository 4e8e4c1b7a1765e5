"""Sets Theta of parameters: convex, and asked through linear programs or a user's oracle.

Shifting theta by a constant changes no probability, so that every question is about Theta + R1:
which cosets it holds, in which directions it is unbounded, and whether it holds any coset twice.
"""

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from perturbtheory.checks import finite, require

TOLERANCE = 1e-9
"""What counts as zero in a linear program whose numbers are scaled to one."""
THIN = 1e-6
"""Relative to the largest number of a set: what linear programs cannot tell from nothing."""
_ROUNDING = 1e-12


class AbstractParameterSet(abc.ABC):
    """A convex, non-empty set Theta in R^d."""

    name: str
    dimension: int

    @abc.abstractmethod
    def contains(self, theta: np.ndarray) -> bool:
        """Whether theta of shape ``(d,)`` is in Theta."""


@dataclass(frozen=True, eq=False)
class Polyhedron(AbstractParameterSet):
    """Theta = {M y + m : A y <= a, E y = e}; made by the functions of this module.

    Raises ValueError if it is empty.
    """

    name: str
    matrix: np.ndarray
    offset: np.ndarray
    inequalities: tuple[np.ndarray, np.ndarray]
    equalities: tuple[np.ndarray, np.ndarray]

    def __post_init__(self) -> None:
        for part in ("inequalities", "equalities"):
            rows, right = getattr(self, part)
            norm = np.linalg.norm(rows, axis=1)
            norm = np.where(norm > 0, norm, 1.0)
            object.__setattr__(self, part, (rows / norm[:, None], right / norm))
        if self._solve(np.zeros(self.matrix.shape[1])) is None:
            msg = f"`{self.name}` must not be empty: no theta satisfies all of its conditions"
            raise ValueError(msg)

    @property
    def dimension(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """d."""
        return len(self.offset)

    @property
    def scale(self) -> float:
        """The largest number in the description of the set, or 1 where all are zero."""
        numbers = np.concatenate([self.inequalities[1], self.equalities[1], self.offset])
        return float(np.max(np.abs(numbers), initial=0.0)) or 1.0

    def contains(self, theta: np.ndarray) -> bool:
        theta = self._vector(theta)
        if not self._is_plain:
            return self._solve(np.zeros(self.matrix.shape[1]), meets=(theta, False)) is not None
        slack = _ROUNDING * max(self.scale, float(np.max(np.abs(theta))))
        below = self.inequalities[0] @ theta <= self.inequalities[1] + slack
        on = np.abs(self.equalities[0] @ theta - self.equalities[1]) <= slack
        return bool(np.all(below) and np.all(on))

    @property
    def _is_plain(self) -> bool:
        """Whether theta = y: conditions on theta itself, which need no linear program."""
        plain = self.matrix.shape[0] == self.matrix.shape[1]
        return plain and bool(np.all(self.matrix == np.eye(len(self.offset))))

    def _vector(self, theta: Any) -> np.ndarray:
        theta = _vector("theta", theta)
        if len(theta) != self.dimension:
            msg = f"`theta` must have {self.dimension} entries like {self.name}, got {len(theta)}"
            raise ValueError(msg)
        return theta

    def representative(self, theta: np.ndarray) -> np.ndarray | None:
        """theta + c1 in Theta for some c, or None if Theta does not meet the coset."""
        theta = self._vector(theta)
        if self._is_plain:
            return self._shifted(theta)
        y = self._solve(np.zeros(self.matrix.shape[1]), meets=(theta, True))
        return None if y is None else self.matrix @ y + self.offset

    def _shifted(self, theta: np.ndarray) -> np.ndarray | None:
        """theta + c1 by intersecting what every condition asks of c."""
        slack = _ROUNDING * max(self.scale, float(np.max(np.abs(theta))))
        rows = np.vstack([self.inequalities[0], self.equalities[0], -self.equalities[0]])
        right = np.concatenate([self.inequalities[1], self.equalities[1], -self.equalities[1]])
        slope, room = rows.sum(1), right - rows @ theta
        flat = np.abs(slope) <= _ROUNDING
        if np.any(room[flat] < -slack):
            return None
        limits = room[~flat] / slope[~flat]
        high = np.min(limits[slope[~flat] > 0], initial=np.inf)
        low = np.max(limits[slope[~flat] < 0], initial=-np.inf)
        if low > high + slack:
            return None
        finite = [end for end in (low, high) if np.isfinite(end)]
        return theta + (sum(finite) / len(finite) if finite else 0.0)

    def point(self) -> np.ndarray:
        """Some theta in Theta, for example a vertex."""
        y = self._solve(np.zeros(self.matrix.shape[1]))
        assert y is not None
        return self.matrix @ y + self.offset

    def highest(self, u: np.ndarray) -> tuple[float, np.ndarray | None]:
        """(sup <u, theta> over Theta, a theta that attains it or None where it is infinite)."""
        y = self._solve(-(self.matrix.T @ u))
        if y is None:
            return np.inf, None
        theta = self.matrix @ y + self.offset
        return float(u @ theta), theta

    def recedes(self, v: np.ndarray) -> np.ndarray | None:
        """A direction v + c1 in which Theta is unbounded, or None if there is none."""
        cone = (self.inequalities[0], np.zeros(len(self.inequalities[1])))
        plane = (self.equalities[0], np.zeros(len(self.equalities[1])))
        z = _program(
            np.zeros(self.matrix.shape[1] + 1),
            cone,
            plane,
            (np.column_stack([self.matrix, -np.ones(self.dimension)]), v),
            1.0,
        )
        return None if z is None else self.matrix @ z[:-1]

    def blocked(self) -> tuple[np.ndarray, float] | None:
        """(u, sup <u, theta>) with u != 0, sum u = 0 and a finite supremum, or None.

        By Farkas' lemma M^T u = A^T x + E^T y with x >= 0: then the supremum is at most
        <a, x> + <e, y> + <u, m>.
        """
        d, (rows, right), (equal, level) = self.dimension, self.inequalities, self.equalities
        count = d + len(right) + len(level)
        relation = np.column_stack([self.matrix.T, -rows.T, -equal.T])
        relation = np.vstack([relation, np.append(np.ones(d), np.zeros(count - d))])
        bounds = [(-1.0, 1.0)] * d + [(0.0, None)] * len(right) + [(None, None)] * len(level)
        from scipy.optimize import linprog

        for i in range(d):
            for sign in (1.0, -1.0):
                goal = np.zeros(count)
                goal[i] = -sign
                answer = linprog(goal, A_eq=relation, b_eq=np.zeros(len(relation)), bounds=bounds)
                if answer.x is not None and -answer.fun > TOLERANCE:
                    u = answer.x[:d] - answer.x[:d].mean()
                    supremum = self.highest(u)[0]
                    if np.isfinite(supremum):
                        return u, supremum
        return None

    def translates(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(theta, theta + c1) in Theta with c != 0, or None if every coset is met at most once."""
        n = self.matrix.shape[1]
        rows, right = self.inequalities
        equal, level = self.equalities
        twice = (np.kron(np.eye(2), rows), np.tile(right, 2))
        both = (np.kron(np.eye(2), equal), np.tile(level, 2))
        link = np.column_stack([self.matrix, -self.matrix, np.ones(self.dimension)])
        goal = np.zeros(2 * n + 1)
        goal[-1] = -1.0
        apart = np.zeros(self.dimension)
        z = _program(goal, twice, both, (link, apart), self.scale, largest=self.scale)
        if z is None or z[-1] < TOLERANCE * self.scale:
            return None
        return self.matrix @ z[:n] + self.offset, self.matrix @ z[n : 2 * n] + self.offset

    def _solve(
        self, goal: np.ndarray, meets: tuple[np.ndarray, bool] | None = None
    ) -> np.ndarray | None:
        """y that minimises <goal, y>; None if there is none or it is unbounded.

        `meets`: (theta, whether up to a constant) that M y + m must be equal to.
        """
        if meets is None:
            return _program(goal, self.inequalities, self.equalities, None, self.scale)
        free = np.ones((self.dimension, 1)) if meets[1] else np.zeros((self.dimension, 0))
        link = (np.hstack([self.matrix, -free]), np.asarray(meets[0], float) - self.offset)
        goal = np.append(goal, np.zeros(free.shape[1]))
        scale = max(self.scale, float(np.max(np.abs(link[1]))))
        y = _program(goal, self.inequalities, self.equalities, link, scale)
        return None if y is None else y[: self.matrix.shape[1]]


def _program(
    goal: np.ndarray,
    inequalities: tuple[np.ndarray, np.ndarray],
    equalities: tuple[np.ndarray, np.ndarray],
    link: tuple[np.ndarray, np.ndarray] | None,
    scale: float,
    largest: float | None = None,
) -> np.ndarray | None:
    """A minimiser of <goal, z>; the last conditions, `link`, may use more variables than the rest.

    Variables are measured in units of `scale`, because the solver's tolerances are absolute.
    `largest` bounds the last variable. None where the conditions contradict each other or <goal, z>
    is unbounded; ArithmeticError if the solver gives up.
    """
    from scipy.optimize import linprog

    pad = len(goal) - inequalities[0].shape[1]
    rows, equal = (
        np.pad(matrix, ((0, 0), (0, pad))) for matrix in (inequalities[0], equalities[0])
    )
    right, level = inequalities[1], equalities[1]
    if link is not None:
        equal, level = np.vstack([equal, link[0]]), np.append(level, link[1])
    last = None if largest is None else largest / scale
    size = float(np.max(np.abs(goal), initial=0.0)) or 1.0
    answer = linprog(
        goal / size,
        A_ub=rows if len(rows) else None,
        b_ub=right / scale if len(rows) else None,
        A_eq=equal if len(equal) else None,
        b_eq=level / scale if len(equal) else None,
        bounds=[(None, None)] * (len(goal) - 1) + [(None, last)],
    )
    if answer.status not in (0, 2, 3, 4):
        msg = f"a linear program was not solved: {answer.message}; rescale the parameter set"
        raise ArithmeticError(msg)
    return None if answer.x is None else answer.x * scale


@dataclass(frozen=True, eq=False)
class Oracle(AbstractParameterSet):
    """Theta = {theta : member(theta)}, of which nothing is known but answers.

    `inside` is a list of members, each of shape ``(d,)``. Raises ValueError if one of them is not
    a member, or if the midpoint of two is not: then the set is not convex.
    """

    member: Callable[[np.ndarray], bool]
    inside: Sequence[Any]
    name: str = "oracle"

    def __post_init__(self) -> None:
        points = [_vector("inside", x) for x in self.inside]
        if not points or len({len(x) for x in points}) > 1:
            msg = (
                f"`inside` must be members of one dimension, got {self.inside!r}; name at least one"
            )
            raise ValueError(msg)
        object.__setattr__(self, "inside", tuple(points))
        for i, theta in enumerate(points):
            for tau in points[: i + 1]:
                if not self.member((theta + tau) / 2):
                    both = f"between {theta} and {tau}"
                    why = "is no member" if i and theta is not tau else "was given as a member"
                    msg = (
                        f"`member` must be true for a convex set: {(theta + tau) / 2} {both} {why}"
                    )
                    raise ValueError(msg + " but is refused; mend the set")

    @property
    def dimension(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """d."""
        return len(self.inside[0])

    def contains(self, theta: np.ndarray) -> bool:
        return bool(self.member(np.asarray(theta, float)))


def polyhedron(
    rows: Any, right: Any, *, equal: Any = None, level: Any = None, name: str = "polyhedron"
) -> Polyhedron:
    """{theta : rows theta <= right, equal theta = level}; shapes ``(n, d)`` and ``(n,)``.

    Raises ValueError for numbers that are not finite, shapes that do not fit and an empty set.
    """
    rows, right = _system("rows", rows, "right", right)
    d = rows.shape[1]
    if (equal is None) != (level is None):
        msg = f"`equal` and `level` must be given together, got {equal!r} and {level!r}"
        raise ValueError(msg)
    if equal is None:
        equal, level = np.zeros((0, d)), np.zeros(0)
    equal, level = _system("equal", equal, "level", level)
    if equal.shape[1] != d:
        msg = f"`equal` must have {d} columns like `rows`, got shape {equal.shape}"
        raise ValueError(msg)
    return Polyhedron(name, np.eye(d), np.zeros(d), (rows, right), (equal, level))


def whole_space(dimension: int) -> Polyhedron:
    """R^d."""
    d = _count(dimension)
    return polyhedron(np.zeros((0, d)), np.zeros(0), name="whole space")


def gauge(dimension: int, kind: Literal["sum", "first"] = "sum") -> Polyhedron:
    """{sum theta = 0} or {theta_1 = 0}: paper A, section 3.1."""
    d = _count(dimension)
    if kind not in ("sum", "first"):
        msg = f"`kind` must be 'sum' or 'first', got {kind!r}; use `hyperplane` for another normal"
        raise ValueError(msg)
    normal = np.ones(d) if kind == "sum" else np.eye(d)[0]
    name = "sum theta = 0" if kind == "sum" else "theta_1 = 0"
    return hyperplane(normal, 0.0, name=name)


def hyperplane(normal: Any, level: float = 0.0, *, name: str = "hyperplane") -> Polyhedron:
    """{theta : <normal, theta> = level}."""
    normal = _vector("normal", normal)
    if not np.any(normal) or not np.isfinite(level):
        msg = f"`normal` must not be zero and `level` finite, got {normal} and {level}; mend them"
        raise ValueError(msg)
    none = np.zeros((0, len(normal)))
    return polyhedron(none, np.zeros(0), equal=normal[None], level=[level], name=name)


def box(low: Any, high: Any) -> Polyhedron:
    """{theta : low <= theta <= high}, vectors of shape ``(d,)``; infinite ends are allowed."""
    low, high = (_numbers(name, end) for name, end in (("low", low), ("high", high)))
    if low.ndim != 1 or low.shape != high.shape or not low.size or np.any(np.isnan([low, high])):
        msg = f"`low` and `high` must be vectors of one length, got {low!r} and {high!r}"
        raise ValueError(msg)
    if np.any(low > high) or np.any(np.isposinf(low)) or np.any(np.isneginf(high)):
        msg = f"`low` must not exceed `high` or be infinite above, got {low} and {high}; swap them"
        raise ValueError(msg)
    d = len(low)
    rows = np.vstack([np.eye(d)[np.isfinite(high)], -np.eye(d)[np.isfinite(low)]])
    right = np.concatenate([high[np.isfinite(high)], -low[np.isfinite(low)]])
    return polyhedron(rows, right, name="box")


def cone(generators: Any, apex: Any = None) -> Polyhedron:
    """{apex + sum_k y_k g_k : y >= 0} for generators g_k, the rows of an array ``(n, d)``."""
    generators = np.atleast_2d(_numbers("generators", generators))
    require("generators", generators, finite, "be finite", "pass finite directions", most=2)
    count, d = generators.shape
    apex = np.zeros(d) if apex is None else _vector("apex", apex)
    if len(apex) != d:
        msg = f"`apex` must have {d} entries like the generators, got {len(apex)}"
        raise ValueError(msg)
    none = (np.zeros((0, count)), np.zeros(0))
    norm = np.linalg.norm(generators, axis=1, keepdims=True)
    generators = generators / np.where(norm > 0, norm, 1.0)
    return Polyhedron("cone", generators.T, apex, (-np.eye(count), np.zeros(count)), none)


def active_region(widths: np.ndarray) -> Polyhedron:
    """{theta : theta_k - theta_i <= widths[i, k], sum theta = 0}: every coordinate can win.

    With widths[i, k] = u_i - l_k for supports [l_i, u_i], shape ``(d, d)``; infinite ones allowed.
    """
    d = len(widths)
    pairs = [(i, k) for i in range(d) for k in range(d) if i != k and np.isfinite(widths[i, k])]
    rows = np.array([np.eye(d)[k] - np.eye(d)[i] for i, k in pairs]).reshape(len(pairs), d)
    right = np.array([widths[i, k] for i, k in pairs])
    return polyhedron(rows, right, equal=np.ones((1, d)), level=[0.0], name="active region")


def _count(dimension: Any) -> int:
    if isinstance(dimension, bool) or not isinstance(dimension, int | np.integer) or dimension < 1:
        msg = (
            f"`dimension` must be a positive int, got {dimension!r}; pass the number of categories"
        )
        raise ValueError(msg)
    return int(dimension)


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError) as error:
        msg = f"`{name}` must be numbers, got {value!r}; pass an array"
        raise ValueError(msg) from error


def _vector(name: str, value: Any) -> np.ndarray:
    array = _numbers(name, value)
    if array.ndim != 1 or not array.size or not np.all(np.isfinite(array)):
        msg = f"`{name}` must be finite vectors with at least one entry, got {value!r}"
        raise ValueError(msg)
    return array


def _system(one: str, rows: Any, two: str, right: Any) -> tuple[np.ndarray, np.ndarray]:
    rows, right = _numbers(one, rows), _numbers(two, right)
    if rows.ndim != 2 or not rows.shape[1] or right.shape != rows.shape[:1]:
        msg = (
            f"`{one}` and `{two}` must have shapes (n, d) and (n,), got {rows.shape} and "
            f"{right.shape}; give every row one number"
        )
        raise ValueError(msg)
    if not (np.all(np.isfinite(rows)) and np.all(np.isfinite(right))):
        msg = f"`{one}` and `{two}` must be finite; leave out a condition that is always true"
        raise ValueError(msg)
    return rows, right
