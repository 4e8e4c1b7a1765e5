"""The picture of what rests on what: nodes, lines, places; and the referees' objections."""

import itertools
import re
from importlib import resources

import pytest

from perturbtheory import claims
from perturbtheory.ledger import VERDICTS, Result, plain
from perturbtheory.report import _graph, _html, _markdown
from perturbtheory.report._article import tone
from perturbtheory.report._content import Report, paper_of
from perturbtheory.report._layout import CORRECTED, OWN, PRINTED, ROW, laid_out
from perturbtheory.report._objections import OBJECTIONS
from tests.report.test_report import Page, claim, made_up


def ledger_as_untested():
    return [Result(known, ()) for known in claims.find()]


@pytest.fixture(scope="module", params=[ledger_as_untested, made_up])
def report(request):
    return Report(request.param(), "quick")


@pytest.fixture(scope="module")
def section(report):
    return Page(_graph.section(report))


def lines_of(report):
    """What the claims themselves say: who rests on whom, who is corrected by whom."""
    lines = set()
    for result in report.results:
        known = result.claim
        lines |= {(known.id, on, "rests") for on in known.depends_on if on in report}
        if known.corrected_by in report:
            lines.add((known.id, known.corrected_by, "correction"))
    return lines


def test_there_is_one_line_for_each_link(report, section):
    drawn = [(e["data-claim"], e["data-on"], e["class"]) for e in section.all("path")]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == lines_of(report)


def test_linked_claims_are_drawn_and_the_others_named(report, section):
    linked = {id_ for one, two, _ in lines_of(report) for id_ in (one, two)}
    nodes = [e for e in section.all("a") if e.get("class", "").startswith("node")]
    assert sorted(e["href"][1:] for e in nodes) == sorted(linked)
    (alone,) = section.all("p", class_="alone")
    rest = [r.claim.id for r in report.results if r.claim.id not in linked]
    assert rest
    assert re.findall(r"\b[A-Z]\.[\w.-]*\w", alone["text"]) == rest
    assert f": {len(rest)} claim" in alone["text"]


def test_a_node_has_the_colour_the_sign_and_the_statement_of_its_claim(report, section):
    results = {r.claim.id: r for r in report.results}
    for node in section.all("a"):
        result = results[node["href"][1:]]
        if "class" in node:
            assert node["class"] == f"node {tone(result.verdict)}"
            said = f"{result.claim.id}, {result.verdict}: {plain(result.claim.says)}"
            assert node["text"].startswith(said)
            assert node["text"].removeprefix(said)[0] in "✓∴≈✗≉?–"


def test_every_verdict_has_a_colour():
    style = (resources.files("perturbtheory.report") / "style.css").read_text("utf-8")
    for verdict in map(tone, set(VERDICTS) - {"untested"}):  # grey is what all start from
        for rule in (f".badge.{verdict}", f".node.{verdict}", f".bar .{verdict}"):
            assert re.search(rf"{re.escape(rule)}\b", style), rule


def test_no_two_claims_share_a_place(report):
    layout = laid_out(report)
    for column in (PRINTED, CORRECTED, OWN):
        taken = [y for c, y in layout.places.values() if c == column]
        taken += [h.y for h in layout.headings if h.column == column]
        assert all(b - a >= ROW for a, b in itertools.pairwise(sorted(taken)))
        assert all(ROW <= y <= layout.height - ROW / 2 for y in taken)


def test_columns_and_rows_are_those_of_the_papers(report):
    layout = laid_out(report)
    results = {r.claim.id: r for r in report.results}
    for edge in layout.edges:
        if edge.correction and paper_of(results[edge.claim]).key != "C":
            assert layout.places[edge.claim][0] == PRINTED
            assert layout.places[edge.on] == (CORRECTED, layout.places[edge.claim][1])
    own = {id_ for id_, (column, _) in layout.places.items() if column == OWN}
    assert own == {id_ for id_ in layout.places if paper_of(results[id_]).key == "C"}
    printed = [id_ for id_, (column, _) in layout.places.items() if column == PRINTED]
    ordered = sorted(printed, key=lambda id_: layout.places[id_][1])
    assert ordered == [r.claim.id for r in report.results if r.claim.id in printed]


def test_lines_end_at_the_sides_of_the_claims_they_join(section):
    boxes, box = {}, None
    for element in section.elements:
        if element["tag"] == "a" and "class" in element:
            box = element["href"][1:]
        if element["tag"] == "rect":
            x, y, w, h = (float(element[k]) for k in ("x", "y", "width", "height"))
            boxes[box] = (x, x + w, y + h / 2)
    for path in section.all("path"):
        points = [
            tuple(map(float, p.split(","))) for p in re.findall(r"[-\d.]+,[-\d.]+", path["d"])
        ]
        (x1, y1), (x2, y2) = points[0], points[3]
        (left1, right1, middle1), (left2, right2, middle2) = (
            boxes[path[end]] for end in ("data-claim", "data-on")
        )
        facing = {(right1, left2)} if right1 < left2 else {(left1, right2)}
        if left1 == left2:
            facing = {(left1, left1), (right1, right1)}
        assert (x1, x2) in facing
        assert (y1, y2) == pytest.approx((middle1, middle2), abs=0.11)


def test_everything_is_within_the_picture(section):
    (svg,) = section.all("svg")
    width, height = float(svg["width"]), float(svg["height"])
    for path in section.all("path"):
        for point in re.findall(r"[-\d.]+,[-\d.]+", path["d"]):
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    longest = max(len(e["text"]) for e in section.all("text") if "class" not in e)
    assert 17 + 6.02 * longest <= _graph._NODE  # ten pixels of a monospaced letter are 6.02 wide


def test_no_links_no_picture():
    lonely = Report([Result(claim("C.lonely", depends_on=("C.elsewhere",)), ())], "quick")
    assert _graph.section(lonely) == ""
    assert not Page(_html.page(lonely, {})).all("a", href="#graph")


def test_claims_of_users_need_no_other_column():
    below = claim("T.below")
    above = claim("T.above", depends_on=below)
    page = Page(_graph.section(Report([Result(below, ()), Result(above, ())], "quick")))
    assert [e["text"] for e in page.all("text", class_="column")] == ["of our own"]
    assert min(float(e["x"]) for e in page.all("rect")) == _graph._MARGIN


def test_answers_to_objections_are_claims():
    assert len(OBJECTIONS) == 11
    assert len({objection.says for objection in OBJECTIONS}) == 11
    for objection in OBJECTIONS:
        assert objection.answered_by
        assert len(set(objection.answered_by)) == len(objection.answered_by)
        assert set(objection.answered_by) <= set(claims.index()), objection.says


def test_objections_show_their_answers_with_verdicts():
    results = ledger_as_untested()
    whole = Report(results, "quick")
    page = Page(_html.page(whole, {}))
    (listed,) = page.all("ol", class_="objections")
    answers = [id_ for objection in OBJECTIONS for id_ in objection.answered_by]
    assert re.findall(r"\b([AC]\.[\w.-]*\w)\W+untested", listed["text"]) == answers
    assert page.all("a", href="#objected")
    text = _markdown.document(whole, {}).split("## What the referees objected")[1].split("\n## ")[0]
    assert re.findall(r"\[`(.*?)`\]\(#\S+?\) \(\*\*untested\*\*\)", text) == answers
    assert len(re.findall(r"^\d+\. ", text, re.MULTILINE)) == 11


def test_objections_that_nothing_answers_are_left_out():
    (density,) = claims.find(["A.gumbel-density"])
    report = Report([Result(density, ())], "quick")
    page = Page(_html.page(report, {}))
    (listed,) = page.all("ol", class_="objections")
    assert "cumulative distribution" in listed["text"]
    assert "A.gumbel-density.corrected" in listed["text"]  # named, though not in this report
    assert listed["text"].count("untested") == 1
    own = Report([Result(claim("T.mine"), ())], "quick")
    assert 'id="objected"' not in _html.page(own, {})
    assert "referees" not in _markdown.document(own, {})
