"""Frozen dataclasses that JAX takes apart, registered when JAX is imported, by whomever."""

import dataclasses
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, TypeVar

Registered = TypeVar("Registered", bound=type)
_FIELDS: dict[type, tuple[tuple[str, ...], tuple[str, ...]]] = {}
"""Of every registered class: the names of its leaves, and of what belongs to its structure."""


def register(cls: Registered) -> Registered:
    """Make a frozen dataclass a JAX pytree whose structure names its class.

    Fields with metadata ``{"static": True}`` are part of the structure, all others are leaves.
    `jax.tree_util.register_dataclass` will not do: in JAX 0.10.2 the structures of two classes
    registered by it compare equal if they have as many fields, so that a function compiled for
    one law now and then serves another. Use it for perturbations of your own:
    ``@pt.register`` above ``@dataclasses.dataclass(frozen=True, eq=False)``. JAX need not be
    installed or imported; where it is imported later, the class is registered then.

    Example:
        >>> import dataclasses, jax, perturbtheory as pt
        >>> @pt.register
        ... @dataclasses.dataclass(frozen=True)
        ... class Pair:
        ...     low: float
        ...     high: float
        >>> jax.tree.map(lambda x: 2 * x, Pair(1.0, 2.0))
        Pair(low=2.0, high=4.0)
    """
    fields = dataclasses.fields(cls)
    _FIELDS[cls] = (
        tuple(f.name for f in fields if not f.metadata.get("static", False)),
        tuple(f.name for f in fields if f.metadata.get("static", False)),
    )
    if _is_ready():
        _register_with_jax(cls)
    return cls


def require_registered(name: str, node: Any) -> None:
    """Raise TypeError unless the class of `node` is registered itself; one it is made of is not it.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import numerics
        >>> numerics.require_registered("noise", pt.Normal())
    """
    if type(node) not in _FIELDS:
        msg = (
            f"`{name}` must be of a registered class, got one of {type(node).__name__}; put "
            "@pt.register above @dataclasses.dataclass(frozen=True, eq=False), for subclasses too"
        )
        raise TypeError(msg)


def leaves(node: Any) -> list[Any]:
    """The numbers and arrays in a registered dataclass, nested ones included.

    Example:
        >>> from perturbtheory import numerics
        >>> import perturbtheory as pt
        >>> list(numerics.leaves(pt.Uniform(0.0, 2.0)))
        [0.0, 2.0]
    """
    if type(node) not in _FIELDS:
        return [] if node is None else [node]
    names = _FIELDS[type(node)][0]
    return [leaf for name in names for leaf in leaves(getattr(node, name))]


def mapped(function: Callable[[Any], Any], node: Any) -> Any:
    """The registered dataclass with `function` applied to every leaf, past its constructor.

    Example:
        >>> from perturbtheory import numerics
        >>> import perturbtheory as pt
        >>> numerics.mapped(lambda x: 2 * x, pt.Uniform(0.0, 2.0))
        Uniform(low=0.0, high=4.0)
    """
    if type(node) not in _FIELDS:
        return None if node is None else function(node)
    names, fixed = _FIELDS[type(node)]
    children = [mapped(function, getattr(node, name)) for name in names]
    return _made(type(node), names, children, fixed, [getattr(node, name) for name in fixed])


def _made(
    cls: type,
    names: Sequence[str],
    children: Sequence[Any],
    fixed: Sequence[str],
    constants: Sequence[Any],
) -> Any:
    # Not through the constructor: a gradient is a node of this class with any numbers in it.
    node = object.__new__(cls)
    for name, value in (
        *zip(names, children, strict=True),
        *zip(fixed, constants, strict=True),
    ):
        object.__setattr__(node, name, value)
    return node


def _is_ready() -> bool:
    return hasattr(sys.modules.get("jax"), "tree_util")


def _register_with_jax(cls: type) -> None:
    import jax

    names, fixed = _FIELDS[cls]

    def flatten_with_keys(node: Any) -> tuple[Any, Any]:
        children = tuple((jax.tree_util.GetAttrKey(n), getattr(node, n)) for n in names)
        return children, (cls, tuple(getattr(node, n) for n in fixed))

    def unflatten(structure: Any, children: Any) -> Any:
        return _made(cls, names, children, fixed, structure[1])

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten)


class _Loader(importlib.abc.Loader):
    """Loads JAX as its own loader does, then registers what has been waiting for it."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        for cls in list(_FIELDS):
            _register_with_jax(cls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)


class _Finder(importlib.abc.MetaPathFinder):
    """Notices the import of JAX, once."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "jax":
            return None
        sys.meta_path.remove(self)
        spec = next(_found(fullname, path, target), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def _found(name: str, path: Any, target: Any) -> Iterator[importlib.machinery.ModuleSpec]:
    for finder in list(sys.meta_path):
        spec = finder.find_spec(name, path, target) if hasattr(finder, "find_spec") else None
        if spec is not None:
            yield spec


if not _is_ready():
    sys.meta_path.insert(0, _Finder())
