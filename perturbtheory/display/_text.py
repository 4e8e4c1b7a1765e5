"""Numbers and arrays as short text: no more digits than are known, no more entries than are read.

Nothing here raises: what is no number, a placeholder of JAX's for one, shows as it shows itself.
"""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import numpy as np

_MOST = 8
_EDGE = 3


def measured(value: float, radius: float) -> tuple[str, str]:
    """(value, radius) as text: two digits of the radius, and of the value no place below them.

    The radius is rounded up, after what rounding the value has moved it: it holds for the number
    that is shown.

    Example:
        >>> measured(1.42697903123, 2.14e-9), measured(0.5, 0.0), measured(1200.0, 87.3)
        (('1.4269790312', '2.2e-09'), ('0.5', '0'), ('1200', '88'))
    """
    value, radius = float(value), float(radius)
    if not (math.isfinite(value) and 0 < radius < math.inf):
        short = f"{value:.16g}"
        return short if float(short) == value else f"{value:.17g}", f"{radius:g}"
    places = places_of(radius)
    size = abs(value)
    if (1e-5 <= size < 1e16 or size < radius) and places <= 17:
        shown = f"{value:.{max(places, 0)}f}"
    else:
        digits = places + math.floor(math.log10(size)) if size else 0
        shown = f"{value:.{min(max(digits, 0), 16)}e}"
    return shown, upwards(radius + abs(value - float(shown)))


def places_of(radius: float) -> int:
    """After how many decimal places stands the second digit of a radius.

    Example:
        >>> from perturbtheory import display
        >>> display.places_of(2.14e-9)
        10
    """
    return 1 - math.floor(math.log10(radius))


def upwards(radius: float) -> str:
    """The radius with two digits, not below itself.

    Example:
        >>> from perturbtheory import display
        >>> display.upwards(2.14e-9)
        '2.2e-09'
    """
    shown = f"{radius:.2g}"
    if float(shown) < radius:
        shown = f"{radius + 10.0 ** -places_of(radius):.2g}"
    return shown


def outward(low: Any, high: Any, tolerance: float = 0.0) -> tuple[str, str]:
    """The ends of an interval with four digits, rounded so that none of it is lost.

    An end that rounding to the nearest moves by no more than the tolerance is rounded so. What is
    no float, a fraction for one, is shown as it is.

    Example:
        >>> outward(2 / 27, 19 / 27), outward(0.1, 0.75 + 1e-16, 1e-12)
        (('0.07407', '0.7038'), ('0.1', '0.75'))
    """
    return _towards(low, ROUND_FLOOR, tolerance), _towards(high, ROUND_CEILING, tolerance)


def _towards(x: Any, rounding: str, tolerance: float) -> str:
    if not isinstance(x, float) or not math.isfinite(x):
        return str(x)
    nearest = f"{x:.4g}"
    if abs(float(nearest) - x) <= tolerance:
        return nearest
    return f"{float(Context(4, rounding).create_decimal(Decimal(x))):.4g}"


def number(value: Any) -> str:
    """Four digits of a number; text as it is.

    Example:
        >>> from perturbtheory import display
        >>> display.number(0.123456), display.number("many")
        ('0.1235', 'many')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | np.bool_ | np.integer):
        return str(value)
    try:
        return f"{float(value):.4g}"
    except (TypeError, ValueError):
        return plain_repr(value)


def array(values: Any, form: str = ".4g") -> str:
    """The entries of a vector, three from either end of a long one, with their number.

    Example:
        >>> array([0.25, 0.75]), array(np.linspace(0, 1, 101))
        ('[0.25, 0.75]', '[0, 0.01, 0.02, ..., 0.98, 0.99, 1] (101 entries)')
    """
    return _array(values, lambda x: _entry(x, form))


def exact_array(values: Any) -> str:
    """`array` with every digit of its entries, as a list of Python is written.

    Example:
        >>> from perturbtheory import display
        >>> import numpy as np
        >>> display.exact_array(np.array([0.1, 1.0]))
        '[0.1, 1.0]'
    """
    return _array(values, repr)


def plain_repr(value: Any) -> str:
    """The `repr` of anything, on one line, cut where it is long.

    Example:
        >>> from perturbtheory import display
        >>> display.plain_repr([1, 2])
        '[1, 2]'
    """
    try:
        text = " ".join(repr(value).split())
    except Exception as error:  # whatever goes wrong in another's repr
        text = f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= 200 else f"{text[:197]}..."


def _array(values: Any, entry: Any) -> str:
    try:
        found = np.asarray(values)
    except Exception:  # a placeholder of JAX's, or a ragged list
        return plain_repr(values)
    if found.ndim == 0:
        return entry(found.item()) if found.dtype.kind in "biufO" else plain_repr(values)
    if found.ndim == 1:
        shown = [entry(x) for x in _ends(found).tolist()]
        if len(found) <= _MOST:
            return f"[{', '.join(shown)}]"
        inner = ", ".join([*shown[:_EDGE], "...", *shown[-_EDGE:]])
        return f"[{inner}] ({len(found)} entries)"
    rows = [_array(row, entry) for row in _ends(found)]
    if len(found) <= _MOST:
        return f"[{', '.join(rows)}]"
    rows = [*rows[:_EDGE], "...", *rows[-_EDGE:]]
    return f"[{', '.join(rows)}] (shape {found.shape})"


def _ends(values: np.ndarray) -> np.ndarray:
    if len(values) <= _MOST:
        return values
    return np.concatenate([values[:_EDGE], values[-_EDGE:]])


def _entry(x: Any, form: str) -> str:
    if isinstance(x, float):
        return f"{x:{form}}"
    return str(x)
