"""How methods of laws answer: without warnings, and what depends on nothing else from memory."""

from __future__ import annotations

import functools
from dataclasses import fields, is_dataclass
from inspect import isfunction
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.numerics import is_jax, leaves, namespace

if TYPE_CHECKING:
    from collections.abc import Callable

_QUIET = (
    "log_pdf", "log_cdf", "log_sf", "cdf", "log_cdf_and_rate", "cdf_and_rate", "cdf_and_rate_at",
    "score", "quantile", "log_quantile", "log_quantiles", "upper_partial_mean", "mean", "variance",
)  # fmt: skip
"""Methods in which infinity and zero are answers, about which NumPy need not warn."""
_KEPT = (
    "support", "mean", "variance", "finite_mean", "valid", "shape", "resolution", "log_quantile",
    "log_quantiles", "bracket", "landmarks",
)  # fmt: skip
"""Methods that depend on the parameters of the law alone, which stay as they are."""
_MOST = 256
"""Answers that a law keeps."""
_NUMPY = namespace()


def wrap(cls: type) -> None:
    """Make the methods of a class of laws, those that it defines itself, quiet and quick."""
    for names, wrapped in ((_QUIET, _quiet), (_KEPT, kept)):
        for name in names:
            method = vars(cls).get(name)
            if isinstance(method, property) and method.fget is not None:
                setattr(cls, name, property(wrapped(method.fget)))
            elif isfunction(method) and not getattr(method, "__isabstractmethod__", False):
                setattr(cls, name, wrapped(method))


def kept(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, which answers from memory where its law and its arguments cannot have changed.

    Arrays that it answers with are read-only then.

    Example:
        >>> import perturbtheory as pt
        >>> noise = pt.Laplace()
        >>> noise.landmarks(3) is noise.landmarks(3)
        True
    """

    @functools.wraps(method)
    def answer(self: Any, *arguments: Any, **options: Any) -> Any:
        known = _memory(self)
        if known is None:
            return method(self, *arguments, **options)
        key = (method, *arguments, *options.items())
        try:
            found = known.get(key, known)
        except TypeError:  # arrays among the arguments
            return method(self, *arguments, **options)
        if found is not known:
            return found
        found = _read_only(method(self, *arguments, **options))
        if len(known) >= _MOST:
            known.clear()
        if _is_plain(found):
            known[key] = found
        return found

    return answer


def known_floats(noise: Any, name: str | None, *values: Any) -> tuple[Any, ...] | None:
    """(xp, *values, *parameters) in NumPy; None where a value is of JAX or a parameter may change.

    All parameters of the law in the order of its fields, or the one that is named.
    """
    known = _memory(noise)
    if known is None or any(map(is_jax, values)):
        return None
    numbers = known.get(name)
    if numbers is None:
        found = leaves(noise) if name is None else [getattr(noise, name)]
        numbers = known[name] = tuple(np.asarray(number, np.float64) for number in found)
    return _NUMPY, *(np.asarray(value, np.float64) for value in values), *numbers


class _Memory(dict[Any, Any]):
    """Answers of a law whose fields are these objects; a pickle or a deep copy begins anew."""

    def __init__(self, held: tuple[tuple[str, Any], ...] = (), *, stays: bool = False) -> None:
        super().__init__()
        self.held, self.stays = held, stays

    def __reduce__(self) -> tuple[Any, ...]:
        return _Memory, ()


def _memory(noise: Any) -> _Memory | None:
    """Where the law keeps its answers; None for one whose parameters may change in place."""
    own = getattr(noise, "__dict__", None)
    if own is None:
        return None
    known = own.get("_memory")
    if known is None or not known.held or any(own.get(name) is not was for name, was in known.held):
        names = [field.name for field in fields(noise)] if is_dataclass(noise) else []
        held = tuple((name, own.get(name)) for name in names) or (("", None),)
        known = own["_memory"] = _Memory(held, stays=all(map(_stays, leaves(noise))))
    return known if known.stays else None


def _stays(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return not leaf.flags.writeable
    return isinstance(leaf, float | int | np.number)


def _is_plain(answer: Any) -> bool:
    """Whether it is made of numbers and arrays of NumPy, which no transformation of JAX owns."""
    if isinstance(answer, tuple):
        return all(map(_is_plain, answer))
    return answer is None or isinstance(answer, np.ndarray | np.generic | float | int)


def _read_only(answer: Any) -> Any:
    """The answer with arrays that nobody can write to; whoever made them still can."""
    if isinstance(answer, np.ndarray):
        view = answer.view()
        view.flags.writeable = False
        return view
    if isinstance(answer, tuple):
        parts = map(_read_only, answer)
        return type(answer)(*parts) if hasattr(answer, "_fields") else tuple(parts)
    return answer


def _quiet(method: Callable[..., Any]) -> Callable[..., Any]:
    return functools.wraps(method)(np.errstate(all="ignore")(method))
