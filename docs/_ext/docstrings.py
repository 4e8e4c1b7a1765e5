"""Docstrings are plain text with formulas; here they get the marks of reStructuredText.

In the text, ``*`` and ``|`` are factors and absolute values, and not marks. A block of formulas
stands indented after an empty line and keeps its lines.
"""

import re
from typing import Any

from sphinx.application import Sphinx

_SECTION = re.compile(
    r"(Args|Arguments|Attributes|Example|Examples|Note|Raises|Returns|Yields|Parameters):?$"
)
_LITERAL = re.compile(r"(``.*?``|`[^`]*`)")
_LIST = re.compile(r"([-*]|\d+\.) ")


def _escaped(line: str) -> str:
    pieces = _LITERAL.split(line)
    for n, piece in enumerate(pieces):
        if n % 2:
            single = re.fullmatch(r"`([^`]*)`", piece)
            if single and not re.fullmatch(r"[\w.]+", single[1]):
                pieces[n] = f"`{piece}`"  # code, and no name that could be linked
        else:
            pieces[n] = re.sub(r"([*|\\])", r"\\\1", piece)
            pieces[n] = re.sub(r"(?<=\w)_(?!\w)", r"\\_", pieces[n])
    return "".join(pieces)


def _process(
    _app: Sphinx, what: str, _name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Escape what is no mark, and mark blocks of formulas as literal ones."""
    if what in ("attribute", "property") and lines:
        # Napoleon takes what stands before a colon for the type of an attribute.
        lines[0] = lines[0].replace(": ", " – ", 1)
    made: list[str] = []
    heading, literal, listed = False, False, False
    for line in lines:
        indent = len(line) - len(line.lstrip())
        blank = not line.strip()
        if not blank and indent == 0:
            heading, literal = bool(_SECTION.match(line)), False
            listed = bool(_LIST.match(line)) or (listed and bool(made) and made[-1] != "")
        if not blank and indent >= 4 and not heading and not listed and made and not made[-1]:
            if not literal:
                made += ["::", ""]
            literal = True
        doctest = line.lstrip().startswith((">>> ", "... "))
        mark = re.match(r"( *[-*] )(.*)", line) if not literal else None
        if blank or literal or doctest:
            made.append(line)
        elif mark:
            made.append(mark[1] + _escaped(mark[2]))
        else:
            made.append(_escaped(line))
    lines[:] = made


def _skip(_app: Sphinx, _what: str, _name: str, obj: Any, skip: bool, _options: Any) -> bool:
    """Leave out fields of named tuples, of which the class says more under ``Attributes:``.

    And tables of functions, which have no text of their own.
    """
    table = isinstance(obj, dict) and any(map(_has_function, obj.values()))
    return skip or table or str(getattr(obj, "__doc__", "")).startswith("Alias for field number")


def _has_function(value: Any) -> bool:
    return callable(value) or (isinstance(value, tuple) and any(map(callable, value)))


def setup(app: Sphinx) -> dict[str, Any]:
    """Come before napoleon, which reads the sections."""
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-docstring", _process, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
