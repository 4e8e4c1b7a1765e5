"""The directive ``public``: every public name of a module, from its docstring.

A name is public if the module imports it ``as`` itself, or defines it without an underscore. So
the reference names all of them, and cannot fall behind.
"""

import ast
import functools
import importlib
import inspect
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

TOP = "perturbtheory"


@functools.cache
def public_names(module: str) -> dict[str, str]:
    """The public names of a module, with the module in which each is defined."""
    tree = ast.parse(Path(importlib.import_module(module).__file__ or "").read_text("utf-8"))
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            same = [alias.name for alias in node.names if alias.asname == alias.name]
            found |= dict.fromkeys(same, node.module or module)
    for node in tree.body:
        targets: list[Any] = []
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            targets = [node.name]
        elif isinstance(node, ast.AnnAssign):
            targets = [getattr(node.target, "id", "_")]
        elif isinstance(node, ast.Assign):
            targets = [getattr(target, "id", "_") for target in node.targets]
        found |= {name: module for name in targets if not name.startswith("_")}
    return found


def _kind(value: Any) -> str:
    if inspect.isclass(value):
        return "class"
    return "function" if inspect.isroutine(value) else "data"


def _data(module: str, name: str, home: str) -> list[str]:
    """A constant; what is said of it stands below its definition."""
    try:
        said = ModuleAnalyzer.for_module(home).find_attr_docs().get(("", name), [])
    except Exception:  # a name that comes from outside of the package
        said = []
    text = " ".join(said).strip() or f"Defined in `{home}`."
    return [f".. py:data:: {name}", f"   :module: {module}", "", f"   {text}", ""]


def shown_elsewhere(module: str, name: str) -> str | None:
    """The module on whose page a name is shown, if that is not this one."""
    if module != TOP and name in public_names(TOP):
        same = getattr(importlib.import_module(TOP), name) is getattr(
            importlib.import_module(module), name
        )
        return TOP if same else None
    home = public_names(module)[name]
    beside = f"{module.rpartition('.')[0]}._"  # a module that has no page of its own
    return None if home == module or home.startswith((f"{module}.", beside)) else home


class Public(SphinxDirective):
    """``.. public:: perturbtheory.estimators``: the head of the module, then its names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Nodes for all names, classes first."""
        module = self.arguments[0]
        imported = importlib.import_module(module)
        lines = [f".. automodule:: {module}", "   :no-members:", ""]
        names = public_names(module)
        elsewhere = {name: home for name in names if (home := shown_elsewhere(module, name))}
        if elsewhere:
            links = ", ".join(f":py:obj:`{home}.{name}`" for name, home in elsewhere.items())
            lines += [f"Also here: {links}.", ""]
        names = {name: home for name, home in names.items() if name not in elsewhere}
        kinds = {name: _kind(getattr(imported, name)) for name in names}
        for kind in ("class", "function", "data"):
            for name in names:
                if kinds[name] != kind:
                    continue
                if kind == "data":
                    lines += _data(module, name, names[name])
                else:
                    lines += [f".. auto{kind}:: {module}.{name}", ""]
        node = nodes.section()
        node.document = self.state.document
        self.state.nested_parse(StringList(lines, source=module), 0, node)
        return node.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("public", Public)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
