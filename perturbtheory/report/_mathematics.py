"""Text with $LaTeX$ in it: its segments, as HTML with MathML, and the check that all converts."""

import functools
import html
from collections.abc import Iterator
from xml.etree import ElementTree

from perturbtheory.ledger import Result
from perturbtheory.report._mathml import MathematicsError, pieces

_WIDE = 30.0
"""A piece of this many letters' width may not fit on a phone: it scrolls on its own."""


def segments(text: str) -> list[tuple[bool, str]]:
    """(whether it is LaTeX, the text between the dollars) one after the other.

    Text with an odd number of dollars has no mathematics in it that could be told from the rest.
    """
    parts = text.split("$")
    if len(parts) % 2 == 0:
        return [(False, text)]
    return [(bool(n % 2), part) for n, part in enumerate(parts) if part]


def to_html(text: str, *, display: bool = False) -> str:
    """The text escaped, its LaTeX as MathML; LaTeX that cannot be converted stays visible source.

    Args:
        text: words and $LaTeX$.
        display: whether sums carry their limits above and below, as in a displayed formula.
    """
    return "".join(
        _formula(part, display) if mathematical else html.escape(part)
        for mathematical, part in segments(text)
    )


@functools.lru_cache(maxsize=4096)
def _formula(latex: str, display: bool) -> str:
    try:
        converted = pieces(latex)
    except MathematicsError:
        return f'<code class="tex">${html.escape(latex)}$</code>'
    return "<wbr>".join(_math(element, width, display) for element, width in converted)


def _math(element: ElementTree.Element, width: float, display: bool) -> str:
    if display:
        element.set("displaystyle", "true")
    written = ElementTree.tostring(element, encoding="unicode")
    return f'<span class="wide">{written}</span>' if width > _WIDE else written


def require_mathematics(result: Result) -> None:
    """Convert every formula of a result.

    Raises:
        MathematicsError: naming the claim, the text and what is wrong with it.
    """
    for where, text in _texts(result):
        if text.count("$") % 2:
            msg = f"{result.claim.id}: {where}: an odd number of dollars in {text!r}"
            raise MathematicsError(msg)
        for mathematical, part in segments(text):
            if mathematical:
                try:
                    pieces(part)
                except MathematicsError as error:
                    msg = f"{result.claim.id}: {where}: {error}"
                    raise MathematicsError(msg) from error


def _texts(result: Result) -> Iterator[tuple[str, str]]:
    claim = result.claim
    yield "statement", claim.says
    yield "assumptions", claim.assumes
    yield "source", claim.source
    for part in result.parts:
        yield "part", part.name
        for check in part.checks:
            yield f"{part.name}: {check.route}", check.detail
            for number, step in enumerate(check.steps, 1):
                yield f"{part.name}: {check.route}: step {number}", step.says
                yield f"{part.name}: {check.route}: reason of step {number}", step.by
