"""Which claim rests on which, as an SVG within the page whose nodes are links."""

from html import escape

from perturbtheory.ledger import Result, plain
from perturbtheory.report._article import MARKS, reference
from perturbtheory.report._content import Report, paper_of, plural
from perturbtheory.report._layout import (
    CORRECTED,
    OWN,
    PRINTED,
    Edge,
    Heading,
    Layout,
    laid_out,
)

_LEFT = {PRINTED: 34.0, CORRECTED: 304.0, OWN: 574.0}
"""The left ends of the columns."""
_NODE, _WIDTH, _HIGH = 204.0, 812.0, 14.0
_HEADS = {PRINTED: "as printed", CORRECTED: "as corrected", OWN: "of our own"}


def section(report: Report) -> str:
    """The picture with its legend and the claims that it leaves out; nothing without edges."""
    layout = laid_out(report)
    if not layout.edges:
        return ""
    rests = sum(not edge.correction for edge in layout.edges)
    corrections = len(layout.edges) - rests
    return (
        '<section id="graph">\n<h2>What rests on what</h2>\n'
        f"<p>{plural(len(layout.places), 'claim')}, {plural(rests, 'line')} from a claim to one on "
        f"which its checks rely, and {plural(corrections, 'dashed line')} from a printed statement "
        "to the corrected one. Rows follow the papers. Point at a claim to see its own lines; a "
        "claim leads to its text.</p>\n"
        '<div class="graph" tabindex="0" role="region" aria-label="Graph of the claims">\n'
        f"{_svg(layout, report)}</div>\n{_alone(layout, report)}</section>\n"
    )


def _alone(layout: Layout, report: Report) -> str:
    if not layout.alone:
        return ""
    listed = ", ".join(reference(r.claim.id, report) for r in layout.alone)
    count = plural(len(layout.alone), "claim")
    return (
        f'<p class="alone">Not drawn, since no line leads to or from them: {count}. {listed}.</p>\n'
    )


def _svg(layout: Layout, report: Report) -> str:
    high = round(layout.height)
    heads = "".join(
        f'<text class="column" x="{_number(_LEFT[c] + _NODE / 2)}" y="12">{text}</text>\n'
        for c, text in _HEADS.items()
        if any(column == c for column, _ in layout.places.values())
    )
    edges = "".join(_edge(edge, layout) for edge in layout.edges)
    nodes = "".join(_node(r, layout) for r in report.results if r.claim.id in layout.places)
    headings = "".join(map(_heading, layout.headings))
    return (
        f'<svg viewBox="0 0 {_number(_WIDTH)} {high}" width="{_number(_WIDTH)}" height="{high}" '
        'role="group" aria-label="Claims, and the lines between them">\n'
        f"{heads}<g>\n{edges}</g>\n{headings}{nodes}</svg>\n"
    )


def _heading(heading: Heading) -> str:
    title = plain(heading.title)
    # the column of our own is narrow: what stands after the colon is in the chapter's headings
    text = title.partition(":")[0] if heading.column == OWN else title
    name = f"{heading.paper.name}. " if heading.column == PRINTED else ""
    x = _number(_LEFT[heading.column])
    return (
        f'<text class="section" x="{x}" y="{_number(heading.y + 4)}">{escape(name + text)}</text>\n'
    )


def _node(result: Result, layout: Layout) -> str:
    """A link with the verdict's sign and colour; its title has the statement."""
    id_ = result.claim.id
    column, y = layout.places[id_]
    x = _LEFT[column]
    name = id_.removesuffix(".corrected") if column == CORRECTED else id_
    name = name.removeprefix(f"{paper_of(result).key}.")
    title = escape(f"{id_}, {result.verdict}: {plain(result.claim.says)}")
    return (
        f'<a class="node {result.verdict}" href="#{escape(id_)}"><title>{title}</title>'
        f'<rect x="{_number(x)}" y="{_number(y - _HIGH / 2)}" width="{_number(_NODE)}" '
        f'height="{_number(_HIGH)}" rx="3"/>'
        f'<text x="{_number(x + 5)}" y="{_number(y + 3.4)}">{MARKS[result.verdict]}</text>'
        f'<text x="{_number(x + 17)}" y="{_number(y + 3.4)}">{escape(name)}</text></a>\n'
    )


def _edge(edge: Edge, layout: Layout) -> str:
    kind = "correction" if edge.correction else "rests"
    return (
        f'<path class="{kind}" data-claim="{escape(edge.claim)}" data-on="{escape(edge.on)}" '
        f'd="{_curve(layout.places[edge.claim], layout.places[edge.on])}"/>\n'
    )


def _curve(start: tuple[int, float], end: tuple[int, float]) -> str:
    """A cubic that leaves and arrives level, with an open head; it bows out within a column."""
    (one, y1), (two, y2) = start, end
    if one == two:
        side = -1 if one == PRINTED else 1
        bow = side * min(30.0, 8.0 + abs(y2 - y1) / 12)
        x1 = x2 = _LEFT[one] + (_NODE if side > 0 else 0)
        into = -side
    else:
        into = 1 if two > one else -1
        x1, x2 = (_LEFT[one] + _NODE, _LEFT[two]) if into > 0 else (_LEFT[one], _LEFT[two] + _NODE)
        bow = (x2 - x1) / 2
    c1, c2 = (x1 + bow, x2 + bow) if one == two else (x1 + bow, x2 - bow)
    back = x2 - 4.5 * into
    points = [(x1, y1), (c1, y1), (c2, y2), (x2, y2), (back, y2 - 2.5), (x2, y2), (back, y2 + 2.5)]
    return "M{} C{} {} {} M{} L{} {}".format(*(f"{_number(x)},{_number(y)}" for x, y in points))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
