"""Text in ASCII, for terminals that have no more: theta for its letter, <= for its sign."""

import unicodedata

_SIGNS = {
    "±": "+-", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "∈": " in ", "→": "->", "⇒": "=>",
    "⟺": "<=>", "⟷": "<->", "↔": "<->", "⟶": "->", "⇔": "<=>", "∞": "inf",
    "√": "sqrt", "∑": "sum", "∏": "prod", "∫": "int", "∂": "d", "∇": "grad",
    "·": "*", "×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "‖": "||", "∥": "||", "′": "'",
    "✓": "yes", "✗": "no", "∴": "argued", "∪": " u ", "∩": " n ", "∅": "{}", "↦": "->", "∘": " o ",
    "⟨": "<", "⟩": ">", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "\u2009": " ",
}  # fmt: skip
_GREEK = ("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER ")


def ascii_text(text: str) -> str:
    r"""The text in ASCII; what has no likeness there is its number, as Python writes it.

    Example:
        >>> ascii_text("θ_1 ≤ Γ, é"), ascii_text("\u4e2d")
        ('theta_1 <= Gamma, e', '\\u4e2d')
    """
    if text.isascii():
        return text
    made: list[str] = []
    for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        one = _one(character)
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
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return plain or character.encode("ascii", "backslashreplace").decode()
