"""Texts in one line; names and values of counterexamples as mathematics."""

import re
from collections.abc import Mapping
from typing import Any

_GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|"
    "psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
)
_NAME = re.compile(rf"([A-Za-z]|{_GREEK})(?:_(\d+|[A-Za-z]|{_GREEK}))?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(/\d+)?")


def folded(text: str) -> str:
    """The text in one line, so that it may be written over several, indented.

    Half a character, which no file can keep, becomes a question mark.
    """
    if not isinstance(text, str):
        msg = f"what a check says must be words and $LaTeX$, got {text!r}; write it in quotes"
        raise ValueError(msg)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(whole.split())


def in_words(value: Any) -> str:
    """A value of a counterexample as text: lists as tuples, mappings as key = value.

    Numbers and names are mathematics, see `quantity`; what consists of formulas is one formula.

    Example:
        >>> from perturbtheory import ledger
        >>> ledger.in_words([1, 2])
        '$(1, 2)$'
    """
    if isinstance(value, list | tuple):
        return _filled(f"({', '.join(['{}'] * len(value))})", *map(in_words, value))
    if isinstance(value, Mapping):
        pairs = ((quantity(str(key)), in_words(v)) for key, v in value.items())
        return ", ".join(_filled("{} = {}", *pair) for pair in pairs)
    text = str(value)
    return f"${text}$" if _NUMBER.fullmatch(text) else text


def _filled(template: str, *texts: str) -> str:
    if texts and all(re.fullmatch(r"\$[^$]+\$", text) for text in texts):
        return f"${template.format(*(text[1:-1] for text in texts))}$"
    return template.format(*texts)


def quantity(name: str) -> str:
    r"""The name of a quantity: `theta` and `p_1` are $\theta$ and $p_1$, words stay words.

    Example:
        >>> from perturbtheory import ledger
        >>> ledger.quantity("p_1"), ledger.quantity("of words")
        ('$p_{1}$', 'of words')
    """
    found = _NAME.fullmatch(name)
    if not found:
        return name
    letter, index = (
        f"\\{part}" if len(part) > 1 and part.isalpha() else part for part in found.groups("")
    )
    return f"${letter}_{{{index}}}$" if index else f"${letter}$"
