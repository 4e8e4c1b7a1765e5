"""Where the claims stand in the picture of what rests on what; no drawing, only places.

    left: as printed        middle: as corrected        right: of our own

Rows are those of the papers, under a heading for each section; a corrected statement stands in the
row of what it corrects. Sections of our own stand as near as they can to what they are linked with.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from perturbtheory.ledger import Result
from perturbtheory.report._content import PAPERS, Paper, Report, paper_of, section_of

PRINTED, CORRECTED, OWN = range(3)
ROW, HEADING, GAP, TOP = 18.0, 22.0, 10.0, 26.0


@dataclass(frozen=True)
class Edge:
    """`claim` rests on `on`; or `on` is the corrected statement of `claim`."""

    claim: str
    on: str
    correction: bool = False


@dataclass(frozen=True)
class Heading:
    """The head of a section, at the left end of a column."""

    column: int
    y: float
    paper: Paper
    title: str


@dataclass
class Layout:
    """Column and height of every claim that has an edge; the claims that have none.

    Attributes:
        places: (column, y) by id, y the middle of the row.
        headings: those of the sections.
        edges: between claims of the report.
        alone: the claims without any edge, in the order of the report.
        height: of everything.
    """

    edges: tuple[Edge, ...]
    alone: tuple[Result, ...] = ()
    places: dict[str, tuple[int, float]] = field(default_factory=dict)
    headings: list[Heading] = field(default_factory=list)
    height: float = TOP


def laid_out(report: Report) -> Layout:
    """Places for the claims of a report; the same for equal reports."""
    edges = tuple(_edges(report))
    linked = {id_ for edge in edges for id_ in (edge.claim, edge.on)}
    alone = tuple(r for r in report.results if r.claim.id not in linked)
    layout = Layout(edges, alone)
    rest = [r for r in report.results if r.claim.id in linked]
    _place_papers(layout, [r for r in rest if paper_of(r) in PAPERS[:2]])
    _place_ours(layout, [r for r in rest if paper_of(r) not in PAPERS[:2]])
    return layout


def _edges(report: Report) -> Iterable[Edge]:
    for result in report.results:
        claim = result.claim
        if claim.corrected_by and claim.corrected_by in report:
            yield Edge(claim.id, claim.corrected_by, correction=True)
        yield from (Edge(claim.id, on) for on in claim.depends_on if on in report)


def _sections(results: Sequence[Result]) -> list[tuple[Paper, str, list[Result]]]:
    keyed = groupby(results, key=lambda r: (paper_of(r), section_of(r.claim)))
    found: dict[tuple[Paper, str], list[Result]] = {}
    for key, group in keyed:
        found.setdefault(key, []).extend(group)
    return [(paper, title, group) for (paper, title), group in found.items()]


def _place_papers(layout: Layout, results: Sequence[Result]) -> None:
    mended = {edge.on: edge.claim for edge in layout.edges if edge.correction}
    y = TOP
    for paper, title, group in _sections(results):
        layout.headings.append(Heading(PRINTED, y + HEADING / 2, paper, title))
        y += HEADING
        for result in group:
            id_ = result.claim.id
            beside = layout.places.get(mended.get(id_, ""))
            if beside is not None and (CORRECTED, beside[1]) not in layout.places.values():
                layout.places[id_] = (CORRECTED, beside[1])
                continue
            corrects = id_ in mended or id_.endswith(".corrected")
            layout.places[id_] = (CORRECTED if corrects else PRINTED, y + ROW / 2)
            y += ROW
        y += GAP
    layout.height = y


def _place_ours(layout: Layout, results: Sequence[Result]) -> None:
    """Sections, and rows within them, by the mean height of what they are linked with."""
    sections = []
    for paper, title, group in _sections(results):
        mean = _pull(layout, group, 0.0)
        rows = sorted(group, key=lambda r, mean=mean: _pull(layout, [r], mean))
        sections.append((mean, paper, title, rows))
    y = TOP
    for mean, paper, title, rows in sorted(sections, key=lambda s: s[0]):
        tall = HEADING + ROW * len(rows)
        y = max(y, mean - tall / 2)
        layout.headings.append(Heading(OWN, y + HEADING / 2, paper, title))
        for n, result in enumerate(rows):
            layout.places[result.claim.id] = (OWN, y + HEADING + ROW * (n + 0.5))
        y += tall + GAP
    layout.height = max(layout.height, y)


def _pull(layout: Layout, results: Sequence[Result], otherwise: float) -> float:
    """The mean height of those already placed to which the claims have an edge."""
    ids = {r.claim.id for r in results}
    ends = [(e.claim, e.on) for e in layout.edges] + [(e.on, e.claim) for e in layout.edges]
    found = [layout.places[b][1] for a, b in ends if a in ids and b in layout.places]
    return sum(found) / len(found) if found else otherwise
