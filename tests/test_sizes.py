"""What is read is short: files of at most 300 lines, functions of at most 60 without docstring."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "perturbtheory"
LINES, STATEMENTS = 300, 60


def functions(text):
    """Name and length of every function, methods and inner ones included."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                length -= node.body[0].end_lineno - node.body[0].lineno + 1
            yield node.name, length


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in PACKAGE.rglob("*.py")}),
    ids=lambda path: path.relative_to(PACKAGE.parent).as_posix(),
)
def test_files_and_functions_are_short(folder):
    long = {}
    for path in folder.glob("*.py"):
        text = path.read_text("utf-8")
        lengths = {path.name: (len(text.splitlines()), LINES)}
        lengths |= {f"{path.name}: {name}": (n, STATEMENTS) for name, n in functions(text)}
        long |= {name: n for name, (n, most) in lengths.items() if n > most}
    assert long == {}


def test_a_function_is_counted_without_its_docstring():
    docstring = '    """Says.\n\n    More.\n    """\n'
    text = f"def f():\n{docstring}    def g():\n        return 1\n    return g\n"
    assert dict(functions(text)) == {"f": 4, "g": 2}
