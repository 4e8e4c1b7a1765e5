"""For which values of its symbols an equation was decided: what sympy was told of their signs."""

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

_SIGNS = {
    "positive": "> 0",
    "negative": "< 0",
    "zero": "= 0",
    "nonnegative": r"\ge 0",
    "nonpositive": r"\le 0",
    "nonzero": r"\ne 0",
}
_NUMBERS = ("odd", "even", "prime", "composite", "integer", "rational", "irrational", "imaginary")
"""From the narrowest; those that are real are not said, for the papers have no others."""


def where(*expressions: Any) -> str:
    r"""What is assumed of the free symbols, in words and $LaTeX$; "" if they are just numbers.

    Example:
        >>> import sympy as sp
        >>> t, u = sp.symbols("t u", positive=True)
        >>> n = sp.Symbol("n", integer=True)
        >>> where(t * u, n**2)
        'integer $n$, $t, u > 0$'
    """
    found = set().union(*(_assumed(expression) for expression in expressions))
    groups: dict[tuple[str, str], list[str]] = {}
    for symbol in sorted(found, key=str):
        sign = next((said for fact, said in _SIGNS.items() if _is(symbol, fact)), "")
        numbers = next((fact for fact in _NUMBERS if _is(symbol, fact)), "")
        if sign or numbers:
            groups.setdefault((numbers, sign), []).append(sp.latex(symbol))
    return ", ".join(
        f"{numbers} ${', '.join(names)} {sign}".strip() + "$"
        for (numbers, sign), names in groups.items()
    )


def _assumed(expression: Any) -> set[Any]:
    return {
        symbol
        for symbol in expression.free_symbols | expression.atoms(AppliedUndef)
        if isinstance(symbol, sp.Symbol | AppliedUndef)
    }


def _is(symbol: Any, fact: str) -> bool:
    return getattr(symbol, f"is_{fact}") is True
