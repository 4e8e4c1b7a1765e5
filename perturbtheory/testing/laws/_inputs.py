"""What the examples of a law are made of: drawn without any other library, and made simpler.

Points are dyadic fractions, so that a shift or a change of units is exact and a tie stays a tie.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Input(Protocol):
    """One argument of an example in d dimensions."""

    def draw(self, rng: np.random.Generator, d: int, number: int) -> Any:
        """A value; `number` counts the examples, and the first ones are the simplest."""
        ...

    def simpler(self, value: Any) -> Iterator[Any]:
        """Values of the same size that are easier to read, the simplest first."""
        ...

    def without(self, value: Any, i: int) -> Any:
        """The value for one dimension less, coordinate i being left out."""
        ...


@dataclasses.dataclass(frozen=True)
class Points:
    """Vectors of shape (d,) with multiples of 1/parts from -spread to spread.

    Example:
        >>> from perturbtheory.testing import laws
        >>> import numpy as np
        >>> laws.Points().draw(np.random.default_rng(0), 3, 0).shape
        (3,)
    """

    spread: int = 6
    parts: int = 64
    nonzero: bool = False

    def draw(self, rng: np.random.Generator, d: int, number: int) -> np.ndarray:
        """All zero, unless that says nothing; some tied; one far ahead; then anything."""
        drawn = self._draw(rng, d, number)
        return np.eye(d)[0] if self.nonzero and not drawn.any() else drawn

    def _draw(self, rng: np.random.Generator, d: int, number: int) -> np.ndarray:
        bound = self.spread * self.parts
        anything = rng.integers(-bound, bound + 1, d) / self.parts
        if number == 0:
            return np.zeros(d)
        if number % 5 == 1:
            return rng.integers(-1, 2, d) * 1.0
        if number % 5 == 2:
            ahead = np.full(d, -float(self.spread))
            ahead[rng.integers(d)] = self.spread
            return ahead
        return anything

    def simpler(self, value: np.ndarray) -> Iterator[np.ndarray]:
        """Zeros for entries, then whole and half numbers for them, and numbers half as large."""
        for made in self._simpler(value):
            if made.any() or not self.nonzero:
                yield made

    def _simpler(self, value: np.ndarray) -> Iterator[np.ndarray]:
        for i in range(len(value)):
            for entry in (0.0, np.sign(value[i]), np.round(value[i]), np.round(2 * value[i]) / 2):
                if abs(entry) <= abs(value[i]) and entry != value[i]:
                    yield _replaced(value, i, entry)
            half = np.trunc(value[i] * self.parts / 2) / self.parts
            if half != value[i]:
                yield _replaced(value, i, half)

    def without(self, value: np.ndarray, i: int) -> np.ndarray:
        """The other entries."""
        return np.delete(value, i)


@dataclasses.dataclass(frozen=True)
class Integers:
    """Whole numbers from -bound to bound.

    Example:
        >>> from perturbtheory.testing import laws
        >>> import numpy as np
        >>> abs(laws.Integers(5).draw(np.random.default_rng(0), 3, 0)) <= 5
        True
    """

    bound: int = 1000

    def draw(self, rng: np.random.Generator, d: int, number: int) -> int:
        """Zero is not the first: a shift by zero says nothing."""
        del d
        return int(rng.integers(-self.bound, self.bound + 1)) if number else 1

    def simpler(self, value: int) -> Iterator[int]:
        """One, and numbers half as large."""
        yield from (v for v in (1, int(value / 2)) if v and abs(v) < abs(value))

    def without(self, value: int, i: int) -> int:
        """The same."""
        del i
        return value


@dataclasses.dataclass(frozen=True)
class Orders:
    """Permutations of 0, ..., d - 1.

    Example:
        >>> from perturbtheory.testing import laws
        >>> import numpy as np
        >>> sorted(laws.Orders().draw(np.random.default_rng(0), 3, 0).tolist())
        [0, 1, 2]
    """

    def draw(self, rng: np.random.Generator, d: int, number: int) -> np.ndarray:
        """The reverse first."""
        return rng.permutation(d) if number else np.arange(d)[::-1].copy()

    def simpler(self, value: np.ndarray) -> Iterator[np.ndarray]:
        """Exchanges of two."""
        moved = np.flatnonzero(value != np.arange(len(value)))
        if len(moved) > 2:
            order = np.arange(len(value))
            order[moved[:2]] = order[moved[1::-1]]
            yield order

    def without(self, value: np.ndarray, i: int) -> np.ndarray:
        """The order of the others."""
        left = value[value != i]
        return left - (left > i)


def _replaced(value: np.ndarray, i: int, entry: float) -> np.ndarray:
    made = value.copy()
    made[i] = entry
    return made
