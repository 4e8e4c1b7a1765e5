"""The distributions that section 6.1 of paper A fits, exactly: as printed and as they are meant.

Entries are rationals, so that a claim can add them up; `probabilities` rounds them once.
"""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from perturbtheory.checks import require_one_of

PRINTED_IN_TEXT = "10/68 3/68 4/68 5/68 10/68 10/68 3/68 4/68 5/68 10/68"
PRINTED_IN_CAPTION = "10/68 3/68 4/68 5/68 10/68 3/68 4/68 5/68 10/68"
TRIALS, SUCCESS = 12, Fraction(3, 10)
MEAN = 50
STOPS, STOPPING = 50, Fraction(6, 10)
CATEGORIES = 100
"""Outcomes 0 to 99 of the laws on all integers."""


def entries(printed: str) -> list[Fraction]:
    """The numbers of a printed vector.

    Example:
        >>> from perturbtheory.models import targets
        >>> targets.entries("0.1 0.9")
        [Fraction(1, 10), Fraction(9, 10)]
    """
    return [Fraction(x) for x in printed.split()]


def binomial(k: int) -> Fraction:
    """P(k successes in 12 trials with probability 3/10).

    Example:
        >>> from perturbtheory.models import targets
        >>> float(round(targets.binomial(0), 6))
        0.013841
    """
    return math.comb(TRIALS, k) * SUCCESS**k * (1 - SUCCESS) ** (TRIALS - k)


def failures(k: int, stopping: Fraction = STOPPING) -> Fraction:
    """P(k failures before success number 50), a success having probability `stopping`.

    Example:
        >>> from perturbtheory.models import targets
        >>> float(targets.failures(0)) > 0
        True
    """
    return math.comb(k + STOPS - 1, k) * stopping**STOPS * (1 - stopping) ** k


def _poisson(k: int) -> Fraction:
    """e^-50 50^k / k!, with e^-50 rounded to 53 bits."""
    return Fraction(math.exp(-MEAN)) * MEAN**k / math.factorial(k)


def _over_their_sum(printed: str) -> list[Fraction]:
    vector = entries(printed)
    return [x / sum(vector) for x in vector]


TARGETS: dict[str, Callable[[], list[Fraction]]] = {
    "discrete": lambda: _over_their_sum(PRINTED_IN_TEXT),
    "discrete-printed": lambda: entries(PRINTED_IN_TEXT),
    "discrete-caption": lambda: _over_their_sum(PRINTED_IN_CAPTION),
    "discrete-igr": lambda: _over_their_sum("10 1 5 1 10 10 1 6 1 1"),
    "binomial": lambda: [binomial(k) for k in range(TRIALS)],
    "binomial-13": lambda: [binomial(k) for k in range(TRIALS + 1)],
    "poisson": lambda: [_poisson(k) for k in range(CATEGORIES)],
    "negative-binomial": lambda: [failures(k) for k in range(CATEGORIES)],
}
"""By name. `discrete-printed` sums to 16/17; `binomial` leaves out 0.3^12, as d = 12 does;
`discrete-igr` is the target in the code of Potapczynski et al. (2020)."""


def probabilities(name: str) -> Float[np.ndarray, "d"]:
    """The target of this name, shape (d,).

    Raises:
        ValueError: for a name that is not in `TARGETS`.

    Example:
        >>> from perturbtheory.models import targets
        >>> targets.probabilities("poisson").shape
        (100,)
    """
    require_one_of("target", name, TARGETS)
    return np.array([float(x) for x in TARGETS[name]()])
