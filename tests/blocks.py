"""The code blocks of a document as one program, in which comments that show numbers are checked."""

import ast
import re

import numpy as np

SHOWN = re.compile(r"\[([^]]*\.\.\.[^]]*)\]|-?\d+\.\d+\.\.\.")


def shown(value: object, printed: list[str]) -> None:
    """Compare what a line answers with the digits that its comment prints, which are cut off."""
    found = np.ravel(np.asarray(value))
    assert len(found) == len(printed), (value, printed)
    for number, text in zip(found, printed, strict=True):
        digits = text.removesuffix("...")
        place = 10.0 ** -len(digits.partition(".")[2]) if text != digits else 1e-300
        cut = abs(number) - abs(float(digits))
        assert 0 <= cut < place, (value, printed)
        assert number * float(digits) >= 0, (value, printed)


def blocks(text: str) -> list[str]:
    """The Python blocks of a Markdown text."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def program(block: str) -> list[str]:
    """The statements of `block`; what stands beside a number with ``...`` is compared with it."""
    lines = block.splitlines()
    made = []
    for statement in ast.parse(block).body:
        made.append(ast.unparse(statement))
        comment = lines[statement.end_lineno - 1].partition("  # ")[2]
        match = SHOWN.search(comment)
        if not match:
            continue
        printed = (match[1] or match[0]).split(", ")
        if isinstance(statement, ast.Expr):
            made[-1] = f"shown({made[-1]}, {printed!r})"
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            made.append(f"shown({statement.targets[0].id}, {printed!r})")
    return made
