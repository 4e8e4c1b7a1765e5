"""Sets of parameters that have a name: spaces, gauges, boxes, cones, and a user's oracle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from perturbtheory.checks import finite, require
from perturbtheory.properties._polyhedron import AbstractParameterSet, Polyhedron, numbers, vector


@dataclass(frozen=True, eq=False)
class Oracle(AbstractParameterSet):
    """Theta = {theta : member(theta)}, of which nothing is known but answers.

    `inside` is a list of members, each of shape ``(d,)``. Raises ValueError if one of them is not
    a member, or if the midpoint of two is not: then the set is not convex.

    Example:
        >>> from perturbtheory import properties
        >>> import numpy as np
        >>> ball = properties.Oracle(lambda x: x @ x <= 1, [np.zeros(2)], "ball")
        >>> ball.contains([0.6, 0.6]), ball.contains([0.8, 0.8])
        (True, False)
    """

    member: Callable[[np.ndarray], bool]
    inside: Sequence[Any]
    name: str = "oracle"

    def __post_init__(self) -> None:
        points = [vector("inside", x) for x in self.inside]
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

    Example:
        >>> from perturbtheory import properties
        >>> properties.polyhedron([[1.0, 1.0, -2.0]], [0.0]).contains([1.0, 0.0, 1.0])
        True
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
    """R^d.

    Example:
        >>> from perturbtheory import properties
        >>> properties.whole_space(2).contains([1.0, 9.0])
        True
    """
    d = _count(dimension)
    return polyhedron(np.zeros((0, d)), np.zeros(0), name="whole space")


def gauge(dimension: int, kind: Literal["sum", "first"] = "sum") -> Polyhedron:
    """{sum theta = 0} or {theta_1 = 0}: paper A, section 3.1.

    Example:
        >>> from perturbtheory import properties
        >>> properties.gauge(3).contains([1.0, 1.0, -2.0])
        True
    """
    d = _count(dimension)
    if kind not in ("sum", "first"):
        msg = f"`kind` must be 'sum' or 'first', got {kind!r}; use `hyperplane` for another normal"
        raise ValueError(msg)
    normal = np.ones(d) if kind == "sum" else np.eye(d)[0]
    name = "sum theta = 0" if kind == "sum" else "theta_1 = 0"
    return hyperplane(normal, 0.0, name=name)


def hyperplane(normal: Any, level: float = 0.0, *, name: str = "hyperplane") -> Polyhedron:
    """{theta : <normal, theta> = level}.

    Example:
        >>> from perturbtheory import properties
        >>> properties.hyperplane([1.0, 2.0], 3.0).contains([1.0, 1.0])
        True
    """
    normal = vector("normal", normal)
    if not np.any(normal) or not np.isfinite(level):
        msg = f"`normal` must not be zero and `level` finite, got {normal} and {level}; mend them"
        raise ValueError(msg)
    none = np.zeros((0, len(normal)))
    return polyhedron(none, np.zeros(0), equal=normal[None], level=[level], name=name)


def box(low: Any, high: Any) -> Polyhedron:
    """{theta : low <= theta <= high}, vectors of shape ``(d,)``; infinite ends are allowed.

    Example:
        >>> from perturbtheory import properties
        >>> properties.box([0.0, 0.0], [1.0, float("inf")]).contains([1.0, 9.0])
        True
    """
    low, high = (numbers(name, end) for name, end in (("low", low), ("high", high)))
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
    """{apex + sum_k y_k g_k : y >= 0} for generators g_k, the rows of an array ``(n, d)``.

    Example:
        >>> from perturbtheory import properties
        >>> properties.cone([[1.0, 0.0], [1.0, 1.0]]).contains([2.0, 1.0])
        True
    """
    generators = np.atleast_2d(numbers("generators", generators))
    require("generators", generators, finite, "be finite", "pass finite directions", most=2)
    count, d = generators.shape
    apex = np.zeros(d) if apex is None else vector("apex", apex)
    if len(apex) != d:
        msg = f"`apex` must have {d} entries like the generators, got {len(apex)}"
        raise ValueError(msg)
    none = (np.zeros((0, count)), np.zeros(0))
    norm = np.linalg.norm(generators, axis=1, keepdims=True)
    generators = generators / np.where(norm > 0, norm, 1.0)
    return Polyhedron("cone", generators.T, apex, (-np.eye(count), np.zeros(count)), none)


def active_region(widths: ArrayLike) -> Polyhedron:
    """{theta : theta_k - theta_i <= widths[i, k], sum theta = 0}: every coordinate can win.

    With widths[i, k] = u_i - l_k for supports [l_i, u_i], shape ``(d, d)``; infinite ones allowed.

    Example:
        >>> from perturbtheory import properties
        >>> import numpy as np
        >>> region = properties.active_region(np.full((2, 2), 2.0))  # uniform noise on [-1, 1]
        >>> region.contains([0.5, -0.5]), region.contains([2.0, -2.0])
        (True, False)

    Raises:
        ValueError: unless `widths` is a square matrix of numbers.
    """
    widths = np.asarray(widths, float)
    if widths.ndim != 2 or len(set(widths.shape)) != 1 or np.isnan(widths).any():
        msg = (
            f"`widths` must be a square matrix of numbers, got shape {widths.shape}; pass u_i - l_k"
        )
        raise ValueError(msg)
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


def _system(one: str, rows: Any, two: str, right: Any) -> tuple[np.ndarray, np.ndarray]:
    rows, right = numbers(one, rows), numbers(two, right)
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
