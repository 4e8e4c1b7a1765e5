"""Nodes of pytrees, in whose fields JAX may put anything: tracers, shapes, None, plain objects."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from perturbtheory.display._html import block, code
from perturbtheory.display._text import plain_repr


def text_of_node(show: Callable[[Any], str]) -> Callable[[Any], str]:
    """Decorate what makes text of a node: where that cannot be made, its fields are shown.

    Example:
        >>> from typing import NamedTuple
        >>> class Half(NamedTuple):
        ...     of: float
        ...     __repr__ = text_of_node(lambda self: f"Half({self.of / 2})")
        >>> Half(3.0), Half(None)
        (Half(1.5), Half(of=None))
    """
    return _or(show, lambda text: text)


def html_of_node(show: Callable[[Any], str]) -> Callable[[Any], str]:
    """Decorate what makes HTML of a node: where that cannot be made, its fields are shown.

    Example:
        >>> from typing import NamedTuple
        >>> class Half(NamedTuple):
        ...     of: float
        ...     _repr_html_ = html_of_node(lambda self: f"<p>{self.of / 2}</p>")
        >>> "Half(of=None)" in Half(None)._repr_html_()
        True
    """
    return _or(show, lambda text: block(code(text)))


def _or(show: Callable[[Any], str], instead: Callable[[str], str]) -> Callable[[Any], str]:
    @functools.wraps(show)
    def shown(self: Any) -> str:
        try:
            return show(self)
        except Exception:  # a placeholder may raise anything where a number would not
            return instead(_fields(self))

    return shown


def _fields(node: Any) -> str:
    names = getattr(node, "_fields", None) or [f.name for f in dataclasses.fields(node)]
    inside = ", ".join(f"{name}={plain_repr(getattr(node, name, None))}" for name in names)
    return f"{type(node).__name__}({inside})"
