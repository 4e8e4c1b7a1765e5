"""Truth values that a part was given by hand: no computation is behind them."""

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from types import CodeType
from typing import Any

_DECIDED = ("exact", "shown", "experiment")
"""What makes evidence of a truth value, which comes after the name of a route or what it says."""
_WRITTEN = (True, False, "holds", "fails")


def typed_in(function: Any) -> tuple[int, ...]:
    """The lines of a part's function where a truth value is written down that decides a check.

    It is a literal, or a name of the function that is one and nothing else; of functions whose
    source is not at hand nothing is said.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    return _of_code(code) if code else ()


@functools.cache
def _of_code(code: CodeType) -> tuple[int, ...]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, TypeError, SyntaxError):  # no file, or a lambda within an expression
        return ()
    constant = _constants(tree)
    lines = (
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(_is_written(v, constant) for v in _decided_by(node))
    )
    return tuple(sorted(line + code.co_firstlineno - 1 for line in lines))


def _decided_by(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that may be its truth value."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _DECIDED:
        yield from call.args[1:]
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "true")


def _constants(tree: ast.AST) -> set[str]:
    """The names that are bound once, to a truth value that is written down."""
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _is_read(n)]
    stored += [n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)]
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_written(node.value)
        for target in node.targets
        if isinstance(target, ast.Name) and stored.count(target.id) == 1
    }


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _is_written(node: ast.expr, constant: AbstractSet[str] = frozenset()) -> bool:
    """Whether it is a truth value in letters, `every` of such, or a name that stands for one."""
    if isinstance(node, ast.Name):
        return node.id in constant
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("every", "all", "bool"):
        return all(_is_written(argument, constant) for argument in node.args)
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts) and all(_is_written(one, constant) for one in node.elts)
    return isinstance(node, ast.Constant) and any(
        type(node.value) is type(value) and node.value == value for value in _WRITTEN
    )
