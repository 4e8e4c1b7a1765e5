"""Errors that name the argument, its value and the way out.

Values known before a computation starts are checked here and raise. Values that are
traced by a transformation such as ``jax.jit`` cannot be looked at; they pass, and the
engine answers NaN in every output if they turn out to be invalid.
"""

import decimal
import numbers
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from perturbtheory.numerics import is_jax, is_known


def parameter(name: str, value: Any) -> Any:
    """A number, list, Series or array as a float or a float64 array; JAX arrays as they are.

    What is no number at all (a placeholder of a transformation) passes; text, complex numbers and
    ragged lists raise ValueError.
    """
    if is_jax(value) or isinstance(value, float) or type(value) is object:
        return value
    if value is None or isinstance(value, str | bytes | complex | bool):
        msg = f"`{name}` must be a real number or an array of them, got {value!r}; pass a number"
        raise ValueError(msg)
    require_no_mask(name, value)
    try:
        array = np.asarray(value)
    except ValueError as error:
        msg = f"`{name}` must be a rectangular array of numbers, got {value!r}"
        raise ValueError(msg) from error
    if array.dtype.kind == "O" and not is_numeric(array):
        return value
    if array.dtype.kind not in "iufO" and array.dtype.name != "bfloat16":
        msg = f"`{name}` must be real, got {value!r} of type {array.dtype}; pass real numbers"
        raise ValueError(msg)
    array = _as_doubles(name, array)
    array.flags.writeable = False  # laws keep what follows from their parameters
    return array if array.ndim else float(array)


def require_no_mask(name: str, value: Any) -> None:
    """Raise ValueError for numpy.ma arrays with hidden entries: NumPy would show what they hide.

    Example:
        >>> from perturbtheory import checks
        >>> import numpy as np
        >>> checks.require_no_mask("theta", np.ma.array([1.0], mask=[False]))
    """
    library = sys.modules.get("numpy.ma")
    if library is None or not _has_mask(library.MaskedArray, value):
        return
    fill = {"theta": "-np.inf", "p": "0.0"}.get(name)
    way_out = (
        f"pass {name}.filled({fill}), which leaves the hidden categories out"
        if fill
        else f"pass {name}.filled(x) with the x that they stand for"
    )
    msg = f"`{name}` must not have hidden entries, got the masked array {value}; {way_out}"
    raise ValueError(msg)


def _has_mask(kind: type, value: Any) -> bool:
    if isinstance(value, kind):
        return bool(np.any(value.mask))
    return isinstance(value, list | tuple) and any(_has_mask(kind, v) for v in value)


def _as_doubles(name: str, array: np.ndarray) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):  # long doubles may be infinite in 64 bits
            return array.astype(np.float64)
    except OverflowError as error:
        msg = f"`{name}` must be numbers that 64 bits can hold, below 1.8e308; rescale them"
        raise ValueError(msg) from error


def is_numeric(array: np.ndarray) -> bool:
    """Whether every entry of an object array is a real number, such as `fractions.Fraction`."""
    return all(isinstance(x, numbers.Real | decimal.Decimal) for x in array.ravel())


def require(
    name: str,
    value: Any,
    good: Callable[[np.ndarray], np.ndarray],
    what: str,
    way_out: str,
    *,
    most: int | None = 1,
) -> None:
    """Raise ValueError unless every known entry of `value` is `good`.

    `what` completes the sentence "`name` must ..."; `way_out` says how to mend the call; `most`
    is the largest number of dimensions.
    """
    if not is_known(value):
        if value is None or isinstance(value, list | tuple | str | complex):
            msg = (
                f"`{name}` must be a real number or a numpy or JAX array, got {value!r}; "
                f"{way_out}; wrap a list in np.array"
            )
            raise ValueError(msg)
        return
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        msg = f"`{name}` must be real, got {value!r} of type {array.dtype}; {way_out}"
        raise ValueError(msg)
    if array.size == 0:
        msg = f"`{name}` must not be empty, got shape {array.shape}; {way_out}"
        raise ValueError(msg)
    if most is not None and array.ndim > most:
        shapes = "a number" if most == 0 else "a number or one number for each coordinate"
        msg = f"`{name}` must be {shapes}, got shape {array.shape}; {way_out}"
        raise ValueError(msg)
    bad = ~np.broadcast_to(good(array), array.shape)
    if bad.any():
        msg = f"`{name}` must {what}, got {array[bad].ravel()[0]!s}; {way_out}"
        raise ValueError(msg)


def require_count(name: str, value: Any, least: int = 1) -> None:
    """Raise ValueError unless `value` is an integer of at least `least`.

    Example:
        >>> from perturbtheory import checks
        >>> checks.require_count("draws", 0)
        Traceback (most recent call last):
            ...
        ValueError: `draws` must be a positive integer, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        what = "a positive integer" if least == 1 else f"an integer of at least {least}"
        msg = f"`{name}` must be {what}, got {value!r}"
        raise ValueError(msg)


def require_one_of(name: str, value: Any, values: Iterable[str]) -> None:
    """Raise ValueError unless `value` is one of `values`.

    Example:
        >>> from perturbtheory import checks
        >>> checks.require_one_of("loss", "l2", ("l1", "squared"))
        Traceback (most recent call last):
            ...
        ValueError: `loss` must be one of l1, squared, got 'l2'
    """
    known = tuple(values)
    if value not in known:
        near = closest(value, known)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        msg = f"`{name}` must be one of {', '.join(known)}, got {value!r}{meant}"
        raise ValueError(msg)


def closest(value: Any, known: Iterable[str], most: int = 2) -> list[str]:
    """Those of the known names that are like a word, the most like it first; perhaps none.

    Example:
        >>> closest("Normel", ["gumbel", "normal", "uniform"]), closest(3, ["normal"])
        (['normal'], [])
    """
    if not isinstance(value, str):
        return []
    import difflib

    names = {name.lower(): name for name in known}
    return [names[n] for n in difflib.get_close_matches(value.lower(), names, most, 0.65)]


def require_one_shape(**parameters: Any) -> None:
    """Raise ValueError unless the parameters are numbers or vectors of one common length.

    Example:
        >>> from perturbtheory import checks
        >>> import numpy as np
        >>> checks.require_one_shape(low=np.zeros(2), high=1.0)
    """
    shapes = {name: np.shape(value) for name, value in parameters.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError as error:
        names = " and ".join(f"`{name}`" for name in shapes)
        listed = " and ".join(str(shape) for shape in shapes.values())
        msg = f"{names} must have one shape, got {listed}; give one value for each coordinate"
        raise ValueError(msg) from error


def finite(array: np.ndarray) -> np.ndarray:
    """True where `array` is a finite number.

    Example:
        >>> from perturbtheory import checks
        >>> import numpy as np
        >>> checks.finite(np.array([1.0, np.inf])).tolist()
        [True, False]
    """
    return np.isfinite(array)


def positive(array: np.ndarray) -> np.ndarray:
    """True where `array` is finite and greater than zero.

    Example:
        >>> from perturbtheory import checks
        >>> import numpy as np
        >>> checks.positive(np.array([1.0, 0.0])).tolist()
        [True, False]
    """
    return np.isfinite(array) & (array > 0)


def slack(dtype: Any) -> float:
    """How far from one the sum of shares of this dtype may be: they were rounded one by one.

    Example:
        >>> from perturbtheory import checks
        >>> import numpy as np
        >>> checks.slack(np.dtype(float)) < 1e-6
        True
    """
    dtype = np.dtype(dtype)
    floating = dtype.kind == "f" or dtype.name == "bfloat16"
    return {2: 1e-2, 4: 1e-5}.get(dtype.itemsize, 1e-9) if floating else 1e-9


def as_vectors(name: str, value: Any, *, masked: bool = False) -> Any:
    """`value` as a floating array of shape ``(..., d)`` with d >= 1 and finite entries.

    float64 in NumPy, unless it is a JAX array or holds some: these keep their dtype, and integers
    become JAX's default float. With `masked`, entries may be -inf, but not all of a row. Raises
    ValueError for text, complex numbers, a scalar, no category, NaN or infinity.

    Example:
        >>> from perturbtheory import checks
        >>> checks.as_vectors("theta", [1, 2])
        array([1., 2.])
    """
    array = _as_array(name, value)
    if array.ndim == 0:
        msg = f"`{name}` must be a vector with one entry per category, got the scalar {value}"
        raise ValueError(msg)
    if array.shape[-1] == 0:
        msg = f"`{name}` must have at least one entry, got shape {array.shape}"
        raise ValueError(msg)
    if is_known(array):
        _require_entries(name, np.asarray(array, np.float64), masked)
    return array


def _as_array(name: str, value: Any) -> Any:
    if is_jax(value) or (isinstance(value, list | tuple) and any(map(is_jax, _flat(value)))):
        import jax.numpy as jnp

        vector = jnp.asarray(value)
        if jnp.issubdtype(vector.dtype, jnp.floating):
            return vector
        if jnp.issubdtype(vector.dtype, jnp.integer):
            return vector.astype(float)
        msg = f"`{name}` must be real, got type {vector.dtype}; pass real numbers"
        raise ValueError(msg)
    require_no_mask(name, value)
    try:
        array = np.asarray(value)
    except ValueError as error:
        msg = f"`{name}` must be a rectangular array of numbers, got {value!r}"
        raise ValueError(msg) from error
    known = array.dtype.kind in "iuf" or array.dtype.name == "bfloat16"
    if not known and not (array.dtype.kind == "O" and is_numeric(array)):
        msg = f"`{name}` must be real, got {value!r} of type {array.dtype}; pass real numbers"
        raise ValueError(msg)
    return _as_doubles(name, array)


def _flat(value: Any) -> Iterator[Any]:
    for entry in value:
        if isinstance(entry, list | tuple):
            yield from _flat(entry)
        else:
            yield entry


def _require_entries(name: str, array: np.ndarray, masked: bool) -> None:
    if np.isfinite(array).all():
        return
    bad = np.isnan(array) | (array == np.inf) | (not masked) & (array == -np.inf)
    if bad.any():
        ways = {"theta": " or give it a finite logit", "v": " or put 0 where theta is masked"}
        way_out = "remove the entry" + ways.get(name, "")
        what = "be finite, or -inf for a category that cannot win" if masked else "be finite"
        msg = f"`{name}` must {what}, got {array[bad].ravel()[0]!s}; {way_out}"
        raise ValueError(msg)
    if masked and np.any(np.all(array == -np.inf, -1)):
        msg = f"`{name}` must have a category that can win, got -inf in all {array.shape[-1]}"
        raise ValueError(msg)
