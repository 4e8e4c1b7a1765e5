"""The report as one HTML page that needs no other file and no network."""

from html import escape
from importlib import resources

from perturbtheory.display import to_html
from perturbtheory.ledger import Result, in_words
from perturbtheory.report import _content, _graph
from perturbtheory.report._article import article, badge, reference, statement, tone
from perturbtheory.report._content import Report, paper_of
from perturbtheory.report._figures import Picture
from perturbtheory.report._objections import Objection

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The browser itself refuses whatever would load something."""


def page(report: Report, pictures: dict[str, list[Picture]]) -> str:
    """The whole page."""
    files = resources.files("perturbtheory.report")
    style, script = (
        (files / name).read_text("utf-8").strip() for name in ("style.css", "filter.js")
    )
    chapters = "\n".join(
        _chapter(paper, sections, report, pictures) for paper, sections in report.chapters()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(report.title)}</title>
<link rel="icon" href="data:,">
<style>
{style}
</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
{_contents(report)}
<main id="content">
{_opening(report)}
{_summary(report)}
{_wrong(report)}
{_objected(report)}
{_graph.section(report)}
{chapters}
{_rule()}
{_footer(report)}
</main>
<script>
{script}
</script>
</body>
</html>
"""


def _opening(report: Report) -> str:
    papers = "".join(
        f"<li><strong>{paper.name}</strong>: {escape(paper.reference)}.</li>\n"
        for paper in report.papers
    )
    papers = papers and f'<ul class="papers">\n{papers}</ul>\n'
    return (
        f"<header>\n<h1>{escape(report.title)}</h1>\n"
        f'<p class="lead">{escape(report.introduction)}</p>\n'
        f"{papers}"
        f'<p class="summary">{escape(report.summary())}</p>\n{_bar(report)}'
        f'<p class="proofs">{escape(report.proofs())}</p>\n</header>\n'
    )


def _bar(report: Report) -> str:
    """The shares of the verdicts; the sentence above says the same."""
    shares = "".join(
        f'<span class="{tone(verdict)}" style="flex-grow: {count}"></span>'
        for verdict, count in report.counts().items()
    )
    return f'<div class="bar" aria-hidden="true">{shares}</div>\n'


def _contents(report: Report) -> str:
    """The table of contents."""
    items = ['<li><a href="#summary">All claims</a></li>']
    if report.failed():
        items.append('<li><a href="#wrong">What is wrong as printed</a></li>')
    if report.objections():
        items.append('<li><a href="#objected">What the referees objected</a></li>')
    if report.linked():
        items.append('<li><a href="#graph">What rests on what</a></li>')
    for paper, sections in report.chapters():
        inner = "".join(
            f'<li><a href="#{paper.key}-{n}">{to_html(section.title)}</a></li>\n'
            for n, section in enumerate(sections, 1)
            if section.title
        )
        nested = f"\n<ul>\n{inner}</ul>\n" if inner else ""
        items.append(f'<li><a href="#paper-{paper.key}">{paper.name}</a>{nested}</li>')
    items.append('<li><a href="#rule">How verdicts are made</a></li>')
    listed = "\n".join(items)
    return f'<nav class="contents" aria-label="Contents">\n<ul>\n{listed}\n</ul>\n</nav>'


def _summary(report: Report) -> str:
    head = "".join(
        f'<th scope="col" role="columnheader">{name}</th>'
        for name in ("Claim", "Verdict", "Statement", "Source", "Decided by")
    )
    rows = "\n".join(_row(result, report) for result in report.results)
    return (
        f'<section id="summary">\n<h2>All claims</h2>\n{_filters(report)}\n'
        '<table class="claims" id="claims" role="table">\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{rows}\n</tbody>\n</table>\n</section>\n'
    )


def _row(result: Result, report: Report) -> str:
    claim = result.claim
    return (
        f'<tr role="row" data-verdict="{result.verdict}" data-paper="{paper_of(result).key}">'
        f'<th scope="row" role="rowheader">{reference(claim.id, report)}</th>'
        f'<td role="cell" class="verdict">{badge(result.verdict)}</td>'
        f'<td role="cell" class="statement">{to_html(claim.says)}</td>'
        f'<td role="cell" class="source">{to_html(claim.source)}</td>'
        f'<td role="cell" class="weakest">{to_html(result.weakest)}'
        f"{escape(_content.steps(result))}</td></tr>"
    )


def _filters(report: Report) -> str:
    """Shown by the script, without which every row is there anyway."""
    verdicts = [("", "all", len(report.results))]
    verdicts += [(verdict, verdict, n) for verdict, n in report.counts().items()]
    papers = [("", "all", len(report.results))]
    papers += [
        (paper.key, paper.name, sum(len(section.results) for section in sections))
        for paper, sections in report.chapters()
    ]
    groups = "".join(
        f"<fieldset><legend>{legend}</legend>\n{_choices(name, options)}</fieldset>\n"
        for name, legend, options in (("verdict", "Verdict", verdicts), ("paper", "Paper", papers))
    )
    return (
        f'<form class="filters" autocomplete="off" hidden>\n{groups}'
        '<p><output aria-live="polite"></output> '
        '<button type="button" id="fold" aria-pressed="false">Fold all evidence</button></p>\n'
        "</form>"
    )


def _choices(name: str, options: list[tuple[str, str, int]]) -> str:
    return "".join(
        f'<label><input type="radio" name="{name}" value="{value}"'
        f"{'' if value else ' checked'}><span>{text} ({count})</span></label>\n"
        for value, text, count in options
    )


def _wrong(report: Report) -> str:
    if not report.failed():
        return ""
    entries = "\n".join(_erratum(result, report) for result in report.failed())
    return (
        '<section id="wrong">\n<h2>What is wrong as printed</h2>\n'
        "<p>For each statement that is refuted or not reproduced: what is printed, why it fails, "
        "what is true.</p>\n"
        f"{entries}\n</section>\n"
    )


def _erratum(result: Result, report: Report) -> str:
    claim = result.claim
    fails = "".join(
        f"<p>{to_html(part)}: {to_html(in_words(data))}.</p>\n"
        for part, data in (result.counterexample or {}).items()
    )
    truth = report.truth(result)
    true = "<p>No corrected statement is recorded.</p>"
    if truth is not None:
        verdict = report.verdict(truth.id)
        mark = f" {badge(verdict)}" if verdict else ""
        true = f"{statement(truth.says)}\n<p>{reference(truth.id, report)}{mark}</p>"
    return (
        f'<article class="erratum">\n<header><h3>{reference(claim.id, report)}</h3>\n'
        f'<p class="source">{to_html(claim.source)}</p></header>\n<dl>\n'
        f'<div class="printed"><dt>Printed</dt><dd>{statement(claim.says)}</dd>'
        f'</div>\n<div class="fails"><dt>Fails</dt><dd>{fails}</dd></div>\n'
        f'<div class="true"><dt>True</dt><dd>{true}</dd></div>\n</dl>\n</article>'
    )


def _objected(report: Report) -> str:
    """The referees' objections, each with the claims that answer it."""
    found = report.objections()
    if not found:
        return ""
    items = "\n".join(_objection(objection, report) for objection in found)
    return (
        '<section id="objected">\n<h2>What the referees objected</h2>\n'
        f'<p>{escape(_content.OBJECTED)}</p>\n<ol class="objections">\n{items}\n</ol>\n</section>\n'
    )


def _objection(objection: Objection, report: Report) -> str:
    verdicts = ((id_, report.verdict(id_)) for id_ in objection.answered_by)
    answers = "".join(
        f"<li>{reference(id_, report)}{f' {badge(verdict)}' if verdict else ''}</li>\n"
        for id_, verdict in verdicts
    )
    return f"<li><p>{to_html(objection.says)}</p>\n<ul>\n{answers}</ul></li>"


def _chapter(
    paper: _content.Paper,
    sections: list[_content.Section],
    report: Report,
    pictures: dict[str, list[Picture]],
) -> str:
    blocks = []
    for number, section in enumerate(sections, 1):
        heading = ""
        if section.title:
            heading = f'<h3 id="{paper.key}-{number}">{to_html(section.title)}</h3>\n'
        level = 4 if section.title else 3
        blocks += [
            f"{heading if not index else ''}"
            + article(result, report, pictures.get(result.claim.id, []), level)
            for index, result in enumerate(section.results)
        ]
    return (
        f'<section id="paper-{paper.key}" class="chapter">\n<h2>{paper.name}</h2>\n'
        f'<p class="lead">{escape(paper.reference)}.</p>\n{"".join(blocks)}</section>\n'
    )


def _rule() -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>\n" for text in _content.RULE)
    lists = "".join(
        f"<h3>{title}</h3>\n<dl>\n"
        + "".join(f"<div><dt>{name}</dt><dd>{escape(text)}.</dd></div>\n" for name, text in items)
        + "</dl>\n"
        for title, items in (
            ("Verdicts", [(badge(word), text) for word, text in _content.MEANINGS.items()]),
            ("Kinds of evidence, the strongest first", list(_content.KINDS.items())),
        )
    )
    return f'<section id="rule">\n<h2>How verdicts are made</h2>\n{paragraphs}{lists}</section>\n'


def _footer(report: Report) -> str:
    made = ", ".join(f"{escape(name)} {escape(v)}" for name, v in _content.versions().items())
    return (
        f"<footer>\n<p>Made by <code>perturbtheory verify --report</code> with {made}; budget "
        f"{escape(report.budget)}. Equal results give equal bytes.</p>\n</footer>"
    )
