"""Convex polyhedra of parameters, asked through linear programs.

Shifting theta by a constant changes no probability, so that every question is about Theta + R1:
which cosets it holds, in which directions it is unbounded, and whether it holds any coset twice.
"""

import abc
import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE = 1e-9
"""What counts as zero in a linear program whose numbers are scaled to one."""
THIN = 1e-6
"""Relative to the largest number of a set: what linear programs cannot tell from nothing."""
_ROUNDING = 1e-12


class AbstractParameterSet(abc.ABC):
    """A convex, non-empty set Theta in R^d.

    Example:
        >>> from perturbtheory import properties
        >>> properties.gauge(2).contains([1.0, -1.0])
        True
    """

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
        theta = self._fitting(theta)
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

    def _fitting(self, theta: Any) -> np.ndarray:
        theta = vector("theta", theta)
        if len(theta) != self.dimension:
            msg = f"`theta` must have {self.dimension} entries like {self.name}, got {len(theta)}"
            raise ValueError(msg)
        return theta

    def representative(self, theta: np.ndarray) -> np.ndarray | None:
        """theta + c1 in Theta for some c, or None if Theta does not meet the coset."""
        theta = self._fitting(theta)
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

    @functools.cached_property
    def recession(self) -> list[np.ndarray] | None:
        """Directions +-e_i + c1 in which Theta is unbounded, or None where one is missing."""
        found = []
        for v in np.vstack([np.eye(self.dimension), -np.eye(self.dimension)]):
            direction = self.recedes(v)
            if direction is None:
                return None
            found.append(direction)
        return found

    @functools.cached_property
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

    @functools.cached_property
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


def numbers(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError) as error:
        msg = f"`{name}` must be numbers, got {value!r}; pass an array"
        raise ValueError(msg) from error


def vector(name: str, value: Any) -> np.ndarray:
    array = numbers(name, value)
    if array.ndim != 1 or not array.size or not np.all(np.isfinite(array)):
        msg = f"`{name}` must be finite vectors with at least one entry, got {value!r}"
        raise ValueError(msg)
    return array
