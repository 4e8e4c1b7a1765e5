"""The numbers of a result: how short they are kept, and whether those that are read are there."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_DIGITS = 6


def short(values: Any) -> list[float]:
    """Six significant digits, so that result files stay small."""
    return [float(f"{value:.{_DIGITS}g}") for value in np.asarray(values).ravel()]


def rounding(kept: Any) -> np.ndarray:
    """|kept - value| at most, for what `short` kept of a value: half a unit of the last digit.

    Example:
        >>> rounding([0.0417368, 12.5, 0.0])
        array([5.e-08, 5.e-05, 0.e+00])
    """
    sizes = np.abs(np.asarray(kept, float))
    leading = np.floor(np.log10(sizes, where=sizes > 0, out=np.zeros_like(sizes)))
    # As Python reads it: powers of NumPy differ in the last bit between processors.
    half = [float(f"5e{int(power) - _DIGITS}") for power in leading.ravel()]
    return np.where(sizes > 0, np.reshape(half, sizes.shape), 0.0)


def require_numbers(result: Any, lengths: Mapping[str, int | None]) -> None:
    """Raise ValueError unless the result holds finite numbers of these lengths.

    Args:
        result: nested mappings.
        lengths: by place, such as "test/last/hard", how many numbers stand there; None for one
            that stands alone.
    """
    for place, length in lengths.items():
        value = result
        for name in place.split("/"):
            if not isinstance(value, Mapping) or name not in value:
                msg = f"a result has no {place!r}"
                raise ValueError(msg)
            value = value[name]
        numbers = [value] if length is None else value
        if (
            not isinstance(numbers, list)
            or len(numbers) != (1 if length is None else length)
            or not all(_is_number(number) for number in numbers)
        ):
            what = "a finite number" if length is None else f"{length} finite numbers"
            msg = f"{place!r} of a result must be {what}, got {str(value)[:60]}"
            raise ValueError(msg)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
