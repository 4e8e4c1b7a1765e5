"""The numbers of a result: how short they are kept, and whether those that are read are there."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def short(values: Any) -> list[float]:
    """Six significant digits, so that result files stay small."""
    return [float(f"{value:.6g}") for value in np.asarray(values).ravel()]


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
