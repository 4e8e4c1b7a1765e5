"""The public interface, name by name: `python -m tests.api` writes it to `tests/api.txt`.

Public is what the reference of the site shows: names that a module imports as themselves or
defines without an underscore, and the members of its classes.
"""

import functools
import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PINNED = Path(__file__).with_suffix(".txt")


def _directive() -> Any:
    """The module of the site that knows which names are public."""
    spec = importlib.util.spec_from_file_location("public", ROOT / "docs/_ext/public.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DIRECTIVE = _directive()


def modules() -> list[str]:
    """The modules that the reference shows, in alphabetical order."""
    pages = (ROOT / "docs" / "reference").glob("*.rst")
    text = "\n".join(page.read_text("utf-8") for page in pages)
    return sorted(re.findall(r"^\.\. public:: (\S+)$", text, re.MULTILINE))


def names(module: str) -> dict[str, Any]:
    """The public objects of a module that no other page shows."""
    imported = importlib.import_module(module)
    return {
        name: getattr(imported, name)
        for name in sorted(DIRECTIVE.public_names(module))
        if DIRECTIVE.shown_elsewhere(module, name) is None
    }


def members(cls: type, shown: set[int]) -> dict[str, Any]:
    """Public members that the package gives to a class, but for those of bases that are shown."""
    bases = [b for b in cls.__mro__ if b.__module__.startswith("perturbtheory")]
    given = {n for b in bases if b is not cls and id(b) in shown for n in dir(b)}
    mine = [b for b in bases if b is cls or id(b) not in shown]
    given |= set(_parameters(cls) or ())  # fields stand in the call that makes it
    found = {n: v for b in reversed(mine) for n, v in vars(b).items() if n not in given}
    return {n: v for n, v in sorted(found.items()) if not n.startswith("_")}


def _default(value: Any) -> str:
    plain = value is None or isinstance(value, bool | int | float | str)
    plain = plain or (isinstance(value, tuple) and all(isinstance(v, float | int) for v in value))
    return repr(value) if plain else "..."


def _parameters(value: Any) -> dict[str, inspect.Parameter] | None:
    """The arguments of a call; unknown for exceptions and strings, which Python itself makes."""
    try:
        return dict(inspect.signature(value).parameters)
    except ValueError:
        return None


def signature(value: Any) -> str:
    """The call without its annotations: names, order, kinds and defaults of the arguments."""
    found = _parameters(value)
    if found is None:
        return ""
    parameters = [
        p.replace(
            annotation=p.empty,
            default=p.default if p.default is p.empty else _Shown(_default(p.default)),
        )
        for name, p in found.items()
        if not name.startswith("_")
    ]
    return str(inspect.Signature(parameters))


class _Shown(str):
    def __repr__(self) -> str:
        return str(self)


def _line(name: str, value: Any) -> str:
    return name + (signature(value) if inspect.isroutine(value) or inspect.isclass(value) else "")


def lines() -> Iterator[str]:
    """One module, class or function per line, members below their class."""
    shown = {module: names(module) for module in modules()}
    classes = {id(v) for found in shown.values() for v in found.values() if inspect.isclass(v)}
    for module, found in shown.items():
        yield module
        for name, value in found.items():
            yield f"  {_line(name, value)}"
            if inspect.isclass(value):
                for member, held in members(value, classes).items():
                    yield f"    .{_line(member, _unbound(held))}"


def _unbound(value: Any) -> Any:
    """A method without `self`, as it is called."""
    if isinstance(value, staticmethod | classmethod):
        return value.__get__(None, object)
    if isinstance(value, functools.cached_property):
        return property(value.func)
    return value.__get__(object()) if inspect.isfunction(value) else value


if __name__ == "__main__":
    PINNED.write_text("\n".join(lines()) + "\n", encoding="utf-8")
