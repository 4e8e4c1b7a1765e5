"""Truth values that a part was given by hand: no computation is behind them."""

import ast
import functools
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

from perturbtheory.ledger._checks import exact, experiment, shown
from perturbtheory.ledger._evidence import Check, Step, every
from perturbtheory.ledger._functions import function_of
from perturbtheory.ledger._numbers import agree, positive

_BY_TRUTH: Mapping[Any, tuple[slice, tuple[str, ...]]] = {
    exact: (slice(1, None), ()),
    shown: (slice(1, 2), ("true",)),
    experiment: (slice(1, 2), ("true",)),
    Check: (slice(2, 3), ("outcome",)),
    Step: (slice(2, 3), ("outcome",)),
}
"""What makes evidence of a truth value: by which arguments, and by which of their names."""
_BY_NUMBERS: Mapping[Any, tuple[slice, tuple[str, ...]]] = {
    agree: (slice(1, 3), ("one", "two")),
    positive: (slice(1, 2), ("margin", "than")),
}
"""What compares numbers, which are typed in if all of them are."""
_OF_SEVERAL = (every, all, any, bool)
_LEAVES = (ast.Return, ast.Raise, ast.Assert)


def typed_in(function: Any, given: Mapping[str, Any] | None = None) -> tuple[int, ...]:
    """The lines of a part's function where a truth value is written down that decides a check.

    It is a literal, a name that is bound to one and nothing else, or an argument that is one by
    default; or all numbers that are compared are literals. What is `given` to the function may
    have been computed, and what is in a branch, such as that of an `if` in a search, a computation
    led to: nothing is said of them, nor of functions whose source is not at hand.
    """
    called, function = function, function_of(function)
    if function is None:
        return ()
    usual = _defaults(function) if called is function else {}
    defaults = {name: value for name, value in usual.items() if name not in (given or {})}
    lines: set[int] = set()
    for definition in _definitions(function.__code__):
        names = _Names(definition, function, defaults)
        calls = (node for node in _always(definition) if isinstance(node, ast.Call))
        lines |= {call.lineno for call in calls if names.decide(call)}
    return tuple(sorted(lines))


def _defaults(function: FunctionType) -> dict[str, Any]:
    parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def _definitions(code: CodeType) -> Iterator[ast.FunctionDef | ast.Lambda]:
    """What is defined where the code says that it is; of a file that changed there is nothing."""
    for node in ast.walk(_tree("".join(linecache.getlines(code.co_filename)))):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if (node.name, first) == (code.co_name, code.co_firstlineno):
                yield node
        place = ("<lambda>", getattr(node, "lineno", 0))
        if isinstance(node, ast.Lambda) and place == (code.co_name, code.co_firstlineno):
            yield node


@functools.lru_cache(maxsize=32)
def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _always(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is in it, without the branches, and what may have been left before."""
    yield node
    if isinstance(node, ast.If | ast.IfExp | ast.Try | ast.Match):
        return
    for name, value in ast.iter_fields(node):
        if name not in ("orelse", "decorator_list"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _always(child)
                if _may_leave(child):
                    break


def _may_leave(statement: Any) -> bool:
    is_other = isinstance(statement, ast.FunctionDef) or not isinstance(statement, ast.stmt)
    return not is_other and any(isinstance(node, _LEAVES) for node in ast.walk(statement))


class _Names:
    """What the names of a function stand for: what is known where it is defined, and literals."""

    def __init__(self, definition: ast.AST, function: Any, defaults: Mapping[str, Any]) -> None:
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
        self._known = {"all": all, "any": any, "bool": bool, **function.__globals__}
        self._known |= {name: _in_cell(cell) for name, cell in cells}
        nodes = list(ast.walk(definition))
        stored = [n.id for n in nodes if isinstance(n, ast.Name) and not _is_read(n)]
        inner = [n.arg for n in nodes if isinstance(n, ast.arg)]
        for name in (*stored, *inner):
            self._known.pop(name, None)
        self._literals: set[str] = set()
        self._known |= {name: meant for node in nodes for name, meant in _imported(node)}
        for name, value in defaults.items():
            if _is_truth(value) and name not in stored and inner.count(name) == 1:
                self._literals.add(name)
        for name, value in (pair for node in nodes for pair in _bound(node)):
            if stored.count(name) == 1:
                self._known |= {name: meant} if (meant := self._meant(value)) else {}
                self._literals |= {name} if self._is_written(value) else set()

    def decide(self, call: ast.Call) -> bool:
        """Whether it makes evidence of what is written down."""
        made = self._meant(call.func)
        truths, numbers = (_arguments(call, made, by) for by in (_BY_TRUTH, _BY_NUMBERS))
        return any(map(self._is_written, truths)) or bool(numbers and all(map(_is_number, numbers)))

    def _meant(self, node: ast.expr) -> Any:
        """What a name, or a name of a module, stands for."""
        if isinstance(node, ast.Name):
            return self._known.get(node.id)
        if isinstance(node, ast.Attribute):
            module = self._meant(node.value)
            return getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
        return None

    def _is_written(self, node: ast.expr) -> bool:
        """Whether it is a truth value in letters, several of them, or a name for one."""
        if isinstance(node, ast.Constant):
            return _is_truth(node.value)
        if isinstance(node, ast.Name) and node.id in self._literals:
            return True
        if isinstance(node, ast.NamedExpr):
            return self._is_written(node.value)
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.Not) and self._is_written(node.operand)
        if isinstance(node, ast.Call):
            if self._meant(node.func) not in _OF_SEVERAL:
                return False
            several = node.args
        else:
            several = getattr(node, "elts", None) or getattr(node, "values", None) or []
        if several:
            return all(map(self._is_written, several))
        return isinstance(node, ast.Attribute) and _is_truth(self._meant(node))


def _imported(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The names that an import binds, each with what it stands for if that is at hand."""
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        module = sys.modules.get(node.module)
        yield from ((a.asname or a.name, getattr(module, a.name, None)) for a in node.names)
    elif isinstance(node, ast.Import):
        yield from ((a.asname, sys.modules.get(a.name)) for a in node.names if a.asname)


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement binds, each with what stands on the right."""
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    value = getattr(node, "value", None)
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) or value is None:
        return
    for target in targets:
        ones, values = (getattr(side, "elts", [side]) for side in (target, value))
        if len(ones) == len(values):
            pairs = zip(ones, values, strict=True)
            yield from ((one.id, of) for one, of in pairs if isinstance(one, ast.Name))


def _arguments(
    call: ast.Call, made: Any, by: Mapping[Any, tuple[slice, tuple[str, ...]]]
) -> list[ast.expr]:
    """The arguments of a call that decide."""
    found = next((how for one, how in by.items() if one is made), None)
    if found is None:
        return []
    which, names = found
    return call.args[which] + [k.value for k in call.keywords if k.arg in names]


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _is_truth(value: Any) -> bool:
    """Whether it is a truth value, of Python, NumPy or sympy, or an outcome that decides."""
    if isinstance(value, str):
        return value in ("holds", "fails")
    return type(value).__name__ in ("bool", "bool_", "BooleanTrue", "BooleanFalse")


def _in_cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None
