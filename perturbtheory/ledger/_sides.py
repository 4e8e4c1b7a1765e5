"""The sides of equations as they are written, so that none says x = x."""

import itertools
import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.")
_OPEN, _CLOSE = ("{", "(", "[", r"\{", r"\begin"), ("}", ")", "]", r"\}", r"\end")
_SILENT = {" ", r"\,", r"\;", r"\:", r"\!", r"\ ", r"\left", r"\right", r"\displaystyle"}
_BETWEEN = (
    {*"=<>:,;", r"\le", r"\leq", r"\ge", r"\geq", r"\ne", r"\neq", r"\approx", r"\sim", r"\equiv"}
    | {r"\to", r"\in", r"\subseteq", r"\iff", r"\implies", r"\Leftrightarrow", r"\Rightarrow"}
    | {r"\quad", r"\qquad"}
)


def sides(formula: str) -> list[str]:
    """What stands between the equality signs, in order of the alphabet and without spaces."""
    texts = [""]
    for sign, text in _between(formula):
        texts += [text] if sign == "=" else []
        texts[-1] += "" if sign == "=" else sign + text
    return sorted(texts)


def require_two_sides(text: str) -> None:
    """Refuse a text of which a formula has one thing on both sides of an equality sign.

    Raises:
        ValueError: with the ways to leave an expression as it is meant.
    """
    for formula in re.findall(r"\$([^$]+)\$", text):
        for (_, left), (sign, right) in itertools.pairwise(_between(formula)):
            if sign == "=" and left == right:
                raise ValueError(written_alike(text))


def written_alike(text: str) -> str:
    """What is wrong with x = x, and the way out."""
    return (
        f"`says` must not write both sides alike, got {text!r}, which nobody can replay: sympy "
        "carried one out when it was made; leave it a `Derivative`, `Integral` or `Sum`, a value "
        "at a point as sp.Subs(g, x, 0), a difference as difference(g, h), and other operations "
        "with evaluate=False"
    )


def _between(formula: str) -> Iterator[tuple[str, str]]:
    """Each relation or comma outside of brackets with what follows it; "" before the first."""
    depth, sign, text = 0, "", ""
    for token in _TOKEN.findall(formula.strip("$")):
        depth += (token in _OPEN) - (token in _CLOSE)
        if depth <= 0 and token in _BETWEEN:
            yield sign, text
            sign, text = token, ""
        elif token not in _SILENT:
            text += token
    yield sign, text
