"""Text in ASCII, for terminals that have no more: theta for its letter, <= for its sign."""

import re
import unicodedata

_SIGNS = {
    "±": "+-", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "∈": " in ", "→": "->", "⇒": "=>",
    "⟺": "<=>", "⟷": "<->", "↔": "<->", "⟶": "->", "⇔": "<=>", "∞": "inf",
    "√": "sqrt", "∑": "sum", "∏": "prod", "∫": "int", "∂": "d", "∇": "grad",
    "·": "*", "×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "‖": "||", "∥": "||", "′": "'",
    "✓": "yes", "✗": "no", "∴": "argued", "∪": " u ", "∩": " n ", "∅": "{}", "↦": "->", "∘": " o ",
    "⟨": "<", "⟩": ">", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u2009": " ",
    "„": '"', "«": '"', "»": '"', "‐": "-", "‑": "-", "•": "*", "∗": "*", "÷": "/", "⁄": "/",
    "∀": "for all ", "∃": "there is ", "¬": "not ", "∧": " and ", "∨": " or ", "≡": "==",
    "∉": " not in ", "⊂": " in ", "⊆": " in ", "∖": " \\ ", "⊥": " orthogonal to ",
    "∝": " proportional to ", "≪": "<<", "≫": ">>", "←": "<-", "⇐": "<==", "⌊": "floor(",
    "⌋": ")", "⌈": "ceil(", "⌉": ")", "⊗": "(x)", "⊕": "(+)", "†": "+", "§": "section ",
    "°": " degrees", "∎": "", "ß": "ss", "ẞ": "SS", "ı": "i", "ȷ": "j", "þ": "th", "Þ": "Th",
    "ð": "d", "Ð": "D", "ŋ": "ng", "Ŋ": "Ng", "€": "EUR", "£": "GBP", "ς": "sigma", "█": "#",
}  # fmt: skip
_SCRIPTS = {"<super>": "^", "<sub>": "_"}
_LATIN = re.compile(r"LATIN (SMALL|CAPITAL) (?:LETTER|LIGATURE) ([A-Z]{1,2})(?: WITH .*)?")
_GREEK = ("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER ")


def ascii_text(text: str) -> str:
    r"""The text in ASCII; what has no likeness there is its number, as Python writes it.

    Example:
        >>> ascii_text("θ_1 ≤ Γ, é"), ascii_text("10⁻³, x₁₂ and ½"), ascii_text("\u4e2d")
        ('theta_1 <= Gamma, e', '10^-3, x_12 and 1/2', '\\u4e2d')
        >>> ascii_text("√x_1 + √(2 π)")
        'sqrt(x_1) + sqrt(2 pi)'
    """
    if text.isascii():
        return text
    text = re.sub(r"√(\w+)", r"√(\1)", text)  # of what "sqrtx" would not say
    made: list[str] = []
    for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        one = _one(character)
        if (script := _script(character)) and script != _script(before):
            made.append(script)  # 10^2, which 102 is not
        if _is_letter(character):
            # Letters that stand for products would run into one word.
            one = (
                f"{' ' * before.isalpha()}{one}{' ' * (after.isalpha() and not _is_letter(after))}"
            )
        made.append(one)
    return "".join(made)


def _is_letter(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_GREEK)


def _one(character: str) -> str:
    if character.isascii():
        return character
    if character in _SIGNS:
        return _SIGNS[character]
    name = unicodedata.name(character, "")
    for start in _GREEK:
        if name.startswith(start) and " " not in name.removeprefix(start):
            letter = name.removeprefix(start).replace("LAMDA", "LAMBDA").lower()
            return letter.capitalize() if "CAPITAL" in start else letter
    pieces = unicodedata.normalize("NFKD", character)
    if pieces != character:
        return "".join(_one(piece) for piece in pieces if not unicodedata.combining(piece))
    if latin := _LATIN.fullmatch(name):
        return latin[2].lower() if latin[1] == "SMALL" else latin[2].capitalize()
    if name.startswith("BOX DRAWINGS"):
        return {"HORIZONTAL": "-", "VERTICAL": "|"}.get(name.rpartition(" ")[2], "+")
    return character.encode("ascii", "backslashreplace").decode()


def _script(character: str) -> str:
    """The sign before what is raised or lowered."""
    return _SCRIPTS.get(unicodedata.decomposition(character).partition(" ")[0], "")
