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
        text = f"{self.mean:.3f}"
        return text if self.seeds == 1 else f"{text} ± {self.deviation:.3f}"
