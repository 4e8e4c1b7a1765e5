"""HTML that objects show of themselves in notebooks: words, tables, outcomes in colour and word.

Everything is styled in place, because notebooks strip style sheets. Text takes the notebook's own
colour, tints are translucent and signs bring both of their colours, so that all can be read on
white and on black. The colours are told apart under colour blindness, and never speak alone.
"""

from collections.abc import Iterable, Sequence
from html import escape

from perturbtheory.display._mathematics import to_html

MARKS = {
    "proved": "✓",
    "certified": "✓",
    "argued": "∴",
    "supported": "≈",
    "refuted": "✗",
    "not reproduced": "≉",
    "inconclusive": "?",
    "untested": "–",
    "holds": "✓",
    "fails": "✗",
    "unknown": "?",
    "disagreement": "≠",
}
"""The sign that stands before a verdict or an outcome."""
_GREEN, _BLUE, _VIOLET, _SLATE, _RED, _AMBER, _GREY = (
    "#00604a", "#0d4f91", "#5f3a8c", "#40566e", "#9c3800", "#6b5000", "#55524d",
)  # fmt: skip
"""White text on each of them has a contrast of more than 7 to 1."""
_COLOURS = {
    "proved": _GREEN,
    "holds": _GREEN,
    "certified": _BLUE,
    "argued": _VIOLET,
    "supported": _SLATE,
    "refuted": _RED,
    "fails": _RED,
    "disagreement": _RED,
    "not reproduced": _RED,
    "inconclusive": _AMBER,
    "unknown": _AMBER,
}
_TINTS = {_GREEN: "0,158,115", _RED: "213,94,0", _AMBER: "230,159,0", _BLUE: "0,114,178"}
_LINE = "1px solid rgba(128,128,128,.35)"
_CELL = "text-align:left;vertical-align:top;padding:.25em 1em .25em .5em"


class Html(str):
    """Text that is HTML already; any other text is escaped where it is put into HTML.

    Example:
        >>> from perturbtheory import display
        >>> str(display.words("1 < 2")), str(display.words(display.Html("<b>2</b>")))
        ('1 &lt; 2', '<b>2</b>')
    """

    __slots__ = ()


def words(text: object) -> Html:
    """Words with $LaTeX$ as HTML; what is HTML already stays as it is.

    Example:
        >>> from perturbtheory import display
        >>> str(display.words("a & b"))
        'a &amp; b'
    """
    return text if isinstance(text, Html) else Html(to_html(str(text)))


def quiet(text: object) -> Html:
    """Words that are less important.

    Example:
        >>> from perturbtheory import display
        >>> "words" in display.quiet("words")
        True
    """
    return Html(f'<span style="opacity:.72">{words(text)}</span>')


def code(text: str) -> Html:
    """Text as it would be typed.

    Example:
        >>> from perturbtheory import display
        >>> str(display.code("a < b"))
        '<code>a &lt; b</code>'
    """
    return Html(f"<code>{escape(text)}</code>")


def badge(word: str) -> Html:
    """A verdict or an outcome: colour, a sign and the word itself.

    Example:
        >>> from perturbtheory import display
        >>> "holds" in display.badge("holds")
        True
    """
    style = (
        f"background:{_COLOURS.get(word, _GREY)};color:#ffffff;border-radius:3px;"
        "padding:.05em .45em;white-space:nowrap;font-size:.9em"
    )
    return Html(f'<span style="{style}">{MARKS.get(word, "")} {escape(word)}</span>')


def tint(word: str) -> str:
    """The style of a row whose outcome this is: a translucent colour of the outcome."""
    colour = _TINTS.get(_COLOURS.get(word, _GREY))
    return f"background:rgba({colour},.14)" if colour else ""


def table(
    headers: Sequence[object], rows: Iterable[Sequence[object]], tints: Sequence[str] = ()
) -> Html:
    """A table whose first column names its rows; `tints` are the outcomes that colour them.

    Example:
        >>> from perturbtheory import display
        >>> display.table(["name", "value"], [["a", "b"]]).count("<tr")
        2
    """
    head = "".join(f'<th scope="col" style="{_CELL}">{words(name)}</th>' for name in headers)
    made = []
    for number, row in enumerate(rows):
        style = f"border-top:{_LINE};" + (tint(tints[number]) if number < len(tints) else "")
        first, *others = row
        cells = f'<th scope="row" style="{_CELL};font-weight:normal">{words(first)}</th>'
        cells += "".join(f'<td style="{_CELL}">{words(cell)}</td>' for cell in others)
        made.append(f'<tr style="{style}">{cells}</tr>')
    top = f"<thead><tr>{head}</tr></thead>" if any(headers) else ""
    style = "border-collapse:collapse;margin:.4em 0;width:auto"
    return Html(f'<table style="{style}">{top}<tbody>{"".join(made)}</tbody></table>')


def line(*parts: object) -> Html:
    """A paragraph of words beside each other.

    Example:
        >>> from perturbtheory import display
        >>> "one" in display.line("one", "two")
        True
    """
    return Html(f'<div style="margin:.25em 0">{" ".join(map(words, parts))}</div>')


def listed(items: Iterable[object], *, ordered: bool = False) -> Html:
    """A list.

    Example:
        >>> from perturbtheory import display
        >>> display.listed(["one", "two"], ordered=True).count("<li")
        2
    """
    tag = "ol" if ordered else "ul"
    inner = "".join(f"<li>{words(item)}</li>" for item in items)
    return Html(f'<{tag} style="margin:.2em 0;padding-left:1.6em">{inner}</{tag}>')


def folded(summary: object, *inner: object) -> Html:
    """What is shown when its summary is clicked on.

    Example:
        >>> from perturbtheory import display
        >>> "summary" in display.folded("more", display.line("words"))
        True
    """
    shown = "".join(map(words, inner))
    return Html(f"<details><summary>{words(summary)}</summary>{shown}</details>")


def block(*parts: object) -> str:
    """What `_repr_html_` answers with.

    Example:
        >>> from perturbtheory import display
        >>> display.block(display.line("one")).count("one")
        1
    """
    return f'<div class="perturbtheory">{"".join(map(words, parts))}</div>'
