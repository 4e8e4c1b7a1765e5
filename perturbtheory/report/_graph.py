"""Which claim rests on which, as an SVG within the page whose nodes are links."""

from html import escape

from perturbtheory.display import MARKS
from perturbtheory.ledger import Result, plain
from perturbtheory.report._article import reference, tone
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

_NODE, _HIGH, _MARGIN, _BETWEEN = 204.0, 14.0, 34.0, 66.0
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
    left = _left_ends(layout)
    wide = _number(max(left.values()) + _NODE + _MARGIN)
    heads = "".join(
        f'<text class="column" x="{_number(x + _NODE / 2)}" y="12">{_HEADS[column]}</text>\n'
        for column, x in left.items()
    )
    edges = "".join(_edge(edge, layout, left) for edge in layout.edges)
    nodes = "".join(_node(r, layout, left) for r in report.results if r.claim.id in layout.places)
    headings = "".join(_heading(heading, left) for heading in layout.headings)
    return (
        f'<svg viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        'role="group" aria-label="Claims, and the lines between them">\n'
        f"{heads}<g>\n{edges}</g>\n{headings}{nodes}</svg>\n"
    )


def _left_ends(layout: Layout) -> dict[int, float]:
    """The left end of every column that has a claim."""
    used = sorted({column for column, _ in layout.places.values()})
    return {column: _MARGIN + (_NODE + _BETWEEN) * n for n, column in enumerate(used)}


def _heading(heading: Heading, left: dict[int, float]) -> str:
    title = plain(heading.title)
    # the column of our own is narrow: what stands after the colon is in the chapter's headings
    text = title.partition(":")[0] if heading.column == OWN else title
    name = f"{heading.paper.name}. " if heading.column == PRINTED else ""
    x = _number(left.get(heading.column, _MARGIN))
    return (
        f'<text class="section" x="{x}" y="{_number(heading.y + 4)}">{escape(name + text)}</text>\n'
    )


def _node(result: Result, layout: Layout, left: dict[int, float]) -> str:
    """A link with the verdict's sign and colour; its title has the statement."""
    id_ = result.claim.id
    column, y = layout.places[id_]
    x = left[column]
    name = id_.removesuffix(".corrected") if column == CORRECTED else id_
    name = name.removeprefix(f"{paper_of(result).key}.")
    title = escape(f"{id_}, {result.verdict}: {plain(result.claim.says)}")
    return (
        f'<a class="node {tone(result.verdict)}" href="#{escape(id_)}"><title>{title}</title>'
        f'<rect x="{_number(x)}" y="{_number(y - _HIGH / 2)}" width="{_number(_NODE)}" '
        f'height="{_number(_HIGH)}" rx="3"/>'
        f'<text x="{_number(x + 5)}" y="{_number(y + 3.4)}">{MARKS[result.verdict]}</text>'
        f'<text x="{_number(x + 17)}" y="{_number(y + 3.4)}">{escape(name)}</text></a>\n'
    )


def _edge(edge: Edge, layout: Layout, left: dict[int, float]) -> str:
    kind = "correction" if edge.correction else "rests"
    (one, y1), (two, y2) = layout.places[edge.claim], layout.places[edge.on]
    if one == two:
        curve = _bow(left[one], y1, y2, outwards=-1 if one == PRINTED else 1)
    else:
        curve = _cubic(left[one], y1, left[two], y2)
    return (
        f'<path class="{kind}" data-claim="{escape(edge.claim)}" data-on="{escape(edge.on)}" '
        f'd="{curve}"/>\n'
    )


def _bow(left: float, y1: float, y2: float, *, outwards: int) -> str:
    """Between two claims of one column, to its left or to its right."""
    x = left + (_NODE if outwards > 0 else 0)
    bend = x + outwards * min(30.0, 8.0 + abs(y2 - y1) / 12)
    return _path((x, y1), (bend, y1), (bend, y2), (x, y2), into=-outwards)


def _cubic(one: float, y1: float, two: float, y2: float) -> str:
    """Between two columns, given by their left ends, from side to side."""
    into = 1 if two > one else -1
    x1, x2 = (one + _NODE, two) if into > 0 else (one, two + _NODE)
    middle = (x1 + x2) / 2
    return _path((x1, y1), (middle, y1), (middle, y2), (x2, y2), into=into)


def _path(*points: tuple[float, float], into: int) -> str:
    """A cubic that leaves and arrives level, with an open head that points to `into`."""
    x, y = points[-1]
    back = x - 4.5 * into
    head = ((back, y - 2.5), (x, y), (back, y + 2.5))
    drawn = (f"{_number(a)},{_number(b)}" for a, b in (*points, *head))
    return "M{} C{} {} {} M{} L{} {}".format(*drawn)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
