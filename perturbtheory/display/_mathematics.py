"""Text with $LaTeX$ in it: its segments, and as HTML with MathML, which browsers render alone."""

import functools
import html
from xml.etree import ElementTree

from perturbtheory.display._mathml import MathematicsError, pieces

_WIDE = 30.0
"""A piece of this many letters' width may not fit on a phone: it scrolls on its own."""


def segments(text: str) -> list[tuple[bool, str]]:
    """(whether it is LaTeX, the text between the dollars) one after the other.

    Text with an odd number of dollars has no mathematics in it that could be told from the rest.

    Example:
        >>> from perturbtheory import display
        >>> list(display.segments("where $x < 1$ holds"))
        [(False, 'where '), (True, 'x < 1'), (False, ' holds')]
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

    Example:
        >>> from perturbtheory import display
        >>> "<math" in display.to_html("where $x < 1$")
        True
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
