"""Mean and sample standard deviation over seeds, which all tables of experiments show."""

from typing import Any, NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Mean and sample standard deviation over seeds, and their number; 0 where it is not known."""

    mean: float
    deviation: float
    seeds: int

    @classmethod
    def of(cls, values: Any) -> "Spread":
        """That of one number a seed; a single number has no deviation, and gets 0."""
        numbers = np.asarray(values, float)
        deviation = float(np.std(numbers, ddof=1)) if numbers.size > 1 else 0.0
        return cls(float(np.mean(numbers)), deviation, numbers.size)

    def __str__(self) -> str:
        return self.shown(3)

    def shown(self, places: int) -> str:
        """mean ± deviation to so many places; of a deviation that is less one digit.

        Example:
            >>> Spread.of([0.04171, 0.04174]).shown(3), Spread.of([1.0, 2.0]).shown(2)
            ('0.042 ± 2e-05', '1.50 ± 0.71')
        """
        text, least = f"{self.mean:.{places}f}", 0.5 * 10.0**-places
        if self.seeds == 1:
            return text
        small = 0 < self.deviation < least
        return f"{text} ± {self.deviation:{'.1g' if small else f'.{places}f'}}"
