"""LaTeX formulas as MathML that browsers render: converted, mended, and cut where a line may end.

latex2mathml does the conversion. What it leaves over is mended here, on the tree: alphabets that
browsers know only as characters (a blackboard E), operators that it takes for identifiers, names
of functions and their spacing, limits under a maximum. What it does not understand it passes
through as text; that is an error here.
"""

import re
import unicodedata
import warnings
from xml.etree import ElementTree

from perturbtheory.display._lines import CLOSE, OPEN, SCRIPTED, core, cut, width

Element = ElementTree.Element

_ARITY = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "mroot": 2} | {
    "msubsup": 3,
    "munderover": 3,
}
_LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_WITH_LIMITS = {"max", "min", "sup", "inf", "lim", "limsup", "liminf", "argmax", "argmin"}
_IDENTIFIERS = set("∞∂∇′″‴…⋯⋮%∅⊤⊥∀∃")
"""Symbols that are no letters and stay identifiers: nothing around them is an operand."""
_PRIMES = {"′", "″", "‴"}
_LARGE = set("∑∏∫⋃⋂⨁")
_BARS = {"|", "‖", "∥"}
_TIGHT = {"/", *_BARS}
_SIGNS = {"+", "−", "±"}
_FUNCTION = re.compile("[A-Za-z][A-Za-z\u2009]+")
_THIN = "0.1667em"


class MathematicsError(ValueError):
    r"""LaTeX that cannot be converted; the message shows it and says why.

    Example:
        >>> from perturbtheory import display
        >>> display.pieces(r'\frac{1}')
        Traceback (most recent call last):
            ...
        perturbtheory.display._mathml.MathematicsError: cannot convert $\frac{1}$: <mfrac> ...
    """


def pieces(latex: str) -> list[tuple[Element, float]]:
    """The formula as <math> elements between which a line may end, each with its rough width.

    Raises:
        MathematicsError: if the formula is not valid, or is beyond latex2mathml.

    Example:
        >>> from perturbtheory import display
        >>> len(display.pieces("a = b + c"))
        1
    """
    try:
        math = _mended(_converted(latex))
    except _IncompleteError as error:
        msg = f"cannot convert ${latex}$: {error}"
        raise MathematicsError(msg) from error
    row = list(math[0]) if len(math) == 1 and math[0].tag == "mrow" else list(math)
    made = []
    for children in cut(row):
        piece = Element("math")
        piece.extend(children)
        made.append((piece, sum(map(width, children))))
    return made


class _IncompleteError(ValueError):
    """Why a formula cannot be converted."""


def _converted(latex: str) -> Element:
    from latex2mathml import converter

    _require_balance(latex)
    named = re.sub(r"\\arg\s*\\?(max|min)(?![a-zA-Z])", r"\\operatorname{arg\1}", latex)
    named = re.sub(r"\\(arg|Var|Cov)(?![a-zA-Z])", r"\\operatorname{\1}", named)
    named = re.sub(r"\\(begin|end)\{aligned\}", r"\\\1{align*}", named)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = converter.convert(named, display="block")
        return ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", text))
    except Exception as error:  # whatever its parser stumbles over, StopIteration too
        msg = f"{type(error).__name__} {error}".rstrip()
        raise _IncompleteError(msg) from error


def _require_balance(latex: str) -> None:
    stack: list[str] = []
    openers = {"}": "{", "\\right": "\\left", "\\end": "\\begin"}
    for token in re.findall(r"\\(?:left|right|begin|end)(?![a-zA-Z])|\\.|[{}]", latex):
        if token in openers.values():
            stack.append(token)
        elif token in openers and (not stack or stack.pop() != openers[token]):
            msg = f"{token} closes nothing"
            raise _IncompleteError(msg)
    if stack or not latex.strip():
        raise _IncompleteError(f"{stack[-1]} stays open" if stack else "nothing in it")


def _mended(math: Element) -> Element:
    for element in math.iter():
        if element.tag == "mrow" and len(element) > 1 and all(map(_is_roman, element)):
            element.tag, element.text = "mi", "".join(child.text or "" for child in element)
            element[:] = []
        if element.tag in ("mi", "mn", "mo", "mtext"):
            _mend_token(element)
        if element.get("linebreak") or len(element) != _ARITY.get(element.tag, len(element)):
            msg = f"<{element.tag}> lacks a part or stands alone"
            raise _IncompleteError(msg)
    for element in math.iter():
        if element.tag in _LIMITS and _name(element) in _WITH_LIMITS:
            element.tag = _LIMITS[element.tag]
        if element.tag == "msup" and (element[1].text or "") in _PRIMES:
            element.tag = "mrow"  # the character is raised and small by itself
    for row in math.iter():
        if row.tag not in (*_ARITY, "mtable", "mtr"):
            _space(list(row))
        if row.tag in SCRIPTED:
            for script in list(row)[1:]:
                _tighten(script)
    return math


def _is_roman(element: Element) -> bool:
    return element.tag == "mi" and element.get("mathvariant") == "normal"


def _mend_token(element: Element) -> None:
    text = (element.text or "").strip("\u2061")
    if element.tag == "mo" and re.fullmatch(r"\\[{}]", text):
        text = text[1]
    strange = element.tag != "mtext" and len(text) > 1 and re.search(r"[\\{}&#]", text)
    stray = element.tag == "mi" and text in {"\\", "{", "}", "&", "#", "^", "_"}
    if len(element) or strange or stray:
        msg = f"{text or element.tag} is not understood"
        raise _IncompleteError(msg)
    variant = element.get("mathvariant")
    if variant not in (None, "normal"):
        del element.attrib["mathvariant"]
        text = "".join(_styled(character, variant) for character in text)
    text = re.sub("^arg(?=max|min)", "arg\u2009", text)
    if element.tag == "mo" and text in _IDENTIFIERS:
        element.tag = "mi"
    if element.tag == "mi":
        if len(text) == 1 and "Α" <= text <= "Ω":
            element.set("mathvariant", "normal")  # TeX does not slant Greek capitals
        text = {"~": "∼", "-": "−"}.get(text, text)
        symbol = len(text) == 1 and unicodedata.category(text)[0] in "SP"
        if (symbol and text not in _IDENTIFIERS) or _FUNCTION.fullmatch(text):
            element.tag = "mo"
    if element.tag == "mo" and text in OPEN | CLOSE | _BARS and not element.get("fence"):
        element.set("stretchy", "false")
    element.text = text


def _styled(character: str, variant: str) -> str:
    """The character of a mathematical alphabet; itself where Unicode has none."""
    style = variant.upper().replace("BOLD-ITALIC", "BOLD ITALIC")
    name = re.sub(r"(LATIN|GREEK) | LETTER", "", unicodedata.name(character, ""))
    if name.startswith("DIGIT"):
        style = style.replace(" ITALIC", "")
    older = {"FRAKTUR": "BLACK-LETTER"}.get(style, style)
    for candidate in (f"MATHEMATICAL {style} {name}", f"{older} {name}"):
        try:
            return unicodedata.lookup(candidate)
        except KeyError:
            continue
    return character


def _space(row: list[Element]) -> None:
    """Spaces as TeX sets them beside names of functions, signs and slashes."""
    bases = [core(element) for element in row]
    for index, base in enumerate(bases):
        text = base.text or ""
        before = bases[index - 1] if index else None
        after = bases[index + 1] if index + 1 < len(row) else None
        ordinary = before is not None and (
            before.tag not in ("mo", "mspace") or (before.text or "") in CLOSE
        )
        if base.tag != "mo":
            continue
        if text in _TIGHT:
            base.attrib |= {"lspace": "0em", "rspace": "0em"}
        elif text in _SIGNS and not ordinary:
            base.set("form", "prefix")
        elif text in _LARGE and not ordinary:
            base.set("lspace", "0em")
        elif _FUNCTION.fullmatch(text):
            bracket = after is None or (after.text or "") in OPEN | CLOSE | {","}
            base.set("lspace", _THIN if ordinary else "0em")
            base.set("rspace", "0em" if bracket else _THIN)
            if _name(base) in _WITH_LIMITS:
                base.set("movablelimits", "true")


def _tighten(script: Element) -> None:
    """No space around the operators of an index, an exponent or a limit."""
    for element in script.iter("mo"):
        if not _FUNCTION.fullmatch(element.text or ""):
            element.attrib |= {"lspace": "0em", "rspace": "0em"}


def _name(element: Element) -> str:
    return (core(element).text or "").replace("\u2009", "")
