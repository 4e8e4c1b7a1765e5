"""Truth values that a part was given by hand: no computation is behind them."""

import ast
import functools
import inspect
import tokenize
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from types import CodeType
from typing import Any

_DECIDED = {"exact": None, "shown": 2, "experiment": 2}
"""What makes evidence of a truth value: from the second argument on, and to which one."""
_WRITTEN = (True, False, "holds", "fails")


def typed_in(function: Any) -> tuple[int, ...]:
    """The lines of a part's function where a truth value is written down that decides a check.

    It is a literal, or a name of the function that is one and nothing else. In a branch, such as
    that of an `if` in a search, what was computed led there, and nothing is said; nor of functions
    whose source is not at hand.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    return _of_code(code) if isinstance(code, CodeType) else ()


@functools.cache
def _of_code(code: CodeType) -> tuple[int, ...]:
    try:
        source = inspect.getsource(code)
        indented = source[:1].isspace()  # a function in another, whose comments may be anywhere
        tree = ast.parse(f"if 1:\n{source}" if indented else source)
    except (OSError, TypeError, SyntaxError, tokenize.TokenError):
        # No file, one that changed since, or a lambda within an expression.
        return ()
    statements = tree.body[0].body if indented and isinstance(tree.body[0], ast.If) else tree.body
    constant = _constants(tree)
    lines = {
        node.lineno
        for statement in statements
        for node in _always(statement)
        if isinstance(node, ast.Call) and any(_is_written(v, constant) for v in _decided_by(node))
    }
    return tuple(sorted(line - indented + code.co_firstlineno - 1 for line in lines))


def _always(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, without the branches, and what may have been left before."""
    yield node
    if isinstance(node, ast.If | ast.IfExp | ast.Try | ast.Match):
        return
    for name, value in ast.iter_fields(node):
        if name != "orelse":
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _always(child)
                if _may_leave(child):
                    break


def _may_leave(statement: Any) -> bool:
    is_other = isinstance(statement, ast.FunctionDef) or not isinstance(statement, ast.stmt)
    return not is_other and any(isinstance(node, ast.Return) for node in ast.walk(statement))


def _decided_by(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that may be its truth value."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _DECIDED:
        yield from call.args[1 : _DECIDED[name]]
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "true")


def _constants(tree: ast.AST) -> set[str]:
    """The names that are bound once, to a truth value that is written down."""
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _is_read(n)]
    stored += [n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)]
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and _is_written(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {t.id for t in targets if isinstance(t, ast.Name) and stored.count(t.id) == 1}
    return found


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _is_written(node: ast.expr, constant: AbstractSet[str] = frozenset()) -> bool:
    """Whether it is a truth value in letters, `every` of such, or a name that stands for one."""
    if isinstance(node, ast.Name):
        return node.id in constant
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("every", "all", "bool"):
        return bool(node.args) and all(_is_written(one, constant) for one in node.args)
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts) and all(_is_written(one, constant) for one in node.elts)
    return isinstance(node, ast.Constant) and any(
        type(node.value) is type(value) and node.value == value for value in _WRITTEN
    )
