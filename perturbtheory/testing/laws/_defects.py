"""How a check says that a law is broken: in words, with the numbers and the point."""

from typing import Any

import numpy as np


class Defect(AssertionError):  # noqa: N818
    """A law is broken; `at` is the point at which, as a mapping of names to numbers.

    Example:
        >>> from perturbtheory.testing import laws
        >>> laws.Defect("F falls", x=1.0).at
        {'x': 1.0}
    """

    def __init__(self, words: str, **at: Any) -> None:
        super().__init__(words)
        self.at = at


def close(
    what: str, found: Any, expected: Any, *, rtol: float = 0.0, atol: Any = 0.0, **at: Any
) -> None:
    """Raise a `Defect` unless |found - expected| <= atol + rtol |expected|, entry by entry.

    Of the entries that are off, the one with the smallest coordinates `at` is named.
    """
    found, expected, atol, *places = np.broadcast_arrays(
        np.asarray(found, float), np.asarray(expected, float), atol, *at.values()
    )
    with np.errstate(invalid="ignore"):
        off, allowed = np.abs(found - expected), atol + rtol * np.abs(expected)
        bad = ~((off <= allowed) | (found == expected))
    if not bad.any():
        return
    if places:
        index = _smallest(bad, places[0])
    else:
        size = np.where(bad, np.where(np.isnan(off), np.inf, off), -1.0)
        index = np.unravel_index(np.argmax(size), bad.shape)
    if np.isnan(found[index]):
        words = f"{what} is not a number, where {_number(expected[index])} is expected"
    elif np.isnan(expected[index]):
        words = f"{what} is {_number(found[index])}, and what it should be is not a number"
    else:
        words = (
            f"{what} is {_number(found[index])} and not {_number(expected[index])}, "
            f"off by {off[index]:.3g} where {allowed[index]:.3g} is allowed"
        )
    raise Defect(words, **{n: p[index].item() for n, p in zip(at, places, strict=True)})


def ensure(what: str, good: Any, **at: Any) -> None:
    """Raise a `Defect` unless every entry is true; `what` says what is wrong with one that isn't.

    Of the entries that are not, the one with the smallest coordinates `at` is named.
    """
    good, *places = np.broadcast_arrays(np.asarray(good), *at.values())
    if np.all(good):
        return
    index = _smallest(~good, places[0]) if places else ()
    raise Defect(what, **{n: p[index].item() for n, p in zip(at, places, strict=True)})


def _smallest(bad: np.ndarray, place: np.ndarray) -> Any:
    order = np.where(bad, np.abs(np.nan_to_num(place.astype(float), nan=np.inf)), np.inf)
    if not np.isfinite(order).any():
        return np.unravel_index(np.argmax(bad), bad.shape)
    return np.unravel_index(np.argmin(order), bad.shape)


def _number(x: Any) -> str:
    return f"{float(x):.12g}"
