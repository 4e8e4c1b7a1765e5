"""Where a line may end in a formula.

Browsers keep a <math> element on one line; TeX ends lines after relations and binary operators. So
a long formula becomes several elements.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

Element = ElementTree.Element

SCRIPTED = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
OPEN, CLOSE = set("([{⟨⌊⌈"), set(")]}⟩⌋⌉")
_RELATIONS = set("=≠<>≤≥⩽⩾≈≡∼≃≅∝≪≫∈∉⊂⊆⊊⊃⊇→←↔↦⟶⟼⇒⟹⇔⟺⇐⊢≺≻")
_BINARY = set("+−±∪∩∧∨⊕⊗∘·×")
_COMMAS = {",", ";"}
_COMFORTABLE = 24.0
"""A formula of up to this many letters' width is not cut."""


def cut(row: list[Element], level: int = 0) -> Iterator[list[Element]]:
    """Rows after each of which a line may end.

    A row that is too wide is cut after its relations and commas; what is still too wide, after its
    binary operators, and in the end within brackets.
    """
    if sum(map(width, row)) <= _COMFORTABLE or level > 2:
        yield row
        return
    start = depth = 0
    for index, element in enumerate(row):
        base = core(element)
        fence = (base.text or "") if base.tag == "mo" else ""
        depth += (fence in OPEN) - (fence in CLOSE)
        if index > start and depth <= level // 2 and _ends_line(element, level):
            yield from cut(row[start : index + 1], level + 1)
            start = index + 1
    if start < len(row):
        yield from cut(row[start:], level + 1)


def _ends_line(element: Element, level: int) -> bool:
    if element.tag == "mspace":
        return element.get("width") in ("1em", "2em")
    breaks = _RELATIONS | _COMMAS if level == 0 else _RELATIONS | _COMMAS | _BINARY
    return element.tag == "mo" and element.text in breaks and element.get("form") != "prefix"


def width(element: Element) -> float:
    """Roughly, in letters; scripts are smaller, the parts of a fraction lie above each other."""
    if not len(element):
        if element.tag == "mspace":
            found = re.fullmatch(r"(-?[\d.]+)em", element.get("width") or "")
            return 2.0 * float(found[1]) if found else 0.0  # other units are small spaces
        symbol = element.tag == "mo" and (element.text or "") in _RELATIONS | _BINARY
        return 2.0 if symbol else float(len(element.text or ""))
    widths = [width(child) for child in element]
    if element.tag == "mfrac":
        return max(widths)
    if element.tag in SCRIPTED:
        return widths[0] + 0.7 * max(widths[1:])
    if element.tag == "mtable":
        return max(widths)
    return sum(widths)


def core(element: Element) -> Element:
    """The operator at the base of indices and exponents."""
    while len(element) and (
        element.tag in SCRIPTED or (element.tag == "mrow" and len(element) == 1)
    ):
        element = element[0]
    return element
