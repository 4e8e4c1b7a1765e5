"""One claim as HTML: statement, verdict, links, counterexample, evidence with proof steps."""

from collections.abc import Sequence
from html import escape
from typing import Any

from perturbtheory.display import MARKS, to_html
from perturbtheory.ledger import Check, Part, Result, Step, in_words, plain, quantity
from perturbtheory.report._content import (
    MEANINGS,
    Report,
    paper_of,
    plural,
    replay,
    source_file,
    steps,
    told,
)
from perturbtheory.report._figures import Picture


def badge(word: str) -> str:
    """A verdict or an outcome: colour, a sign and the word itself."""
    title = f' title="{escape(MEANINGS[word])}"' if word in MEANINGS else ""
    sign = f'<span aria-hidden="true">{MARKS[word]}</span>'
    return f'<span class="badge {tone(word)}"{title}>{sign}&nbsp;{word}</span>'


def tone(word: str) -> str:
    """The class of a verdict or an outcome in the style sheet."""
    return word.replace(" ", "-")


def reference(id_: str, report: Report) -> str:
    """A link to a claim of the report; the bare id if it is not in it."""
    name = f"<code>{escape(id_)}</code>"
    if id_ in report:
        return f'<a href="#{escape(id_)}">{name}</a>'
    return f'<span class="absent" title="not in this report">{name}</span>'


def statement(says: str) -> str:
    """What is claimed, in words and mathematics."""
    return f'<p class="words">{to_html(says)}</p>'


def article(result: Result, report: Report, pictures: Sequence[Picture], level: int) -> str:
    """A claim with everything that is known about it, under a heading of the given level."""
    claim = result.claim
    id_ = escape(claim.id)
    blocks = [
        statement(claim.says),
        _facts(result, report),
        _counterexample(result, report),
        *(_figure(picture) for picture in pictures),
        _evidence(result.parts),
        f'<pre class="replay"><code>{escape(replay(claim))}</code></pre>',
    ]
    flag = ' <span class="badge disagreement">routes disagree</span>' if result.disagreement else ""
    return (
        f'<article class="claim" id="{id_}" data-verdict="{result.verdict}" '
        f'data-paper="{paper_of(result).key}">\n'
        f'<header>\n<h{level}><a href="#{id_}">{id_}</a></h{level}>\n'
        f"{badge(result.verdict)}{flag}\n"
        f'<p class="source">{to_html(claim.source)}</p>\n'
        f'<p class="decided">Decided by: {to_html(result.weakest)}{escape(steps(result))}</p>\n'
        f'<p class="made"><code>{escape(source_file(claim))}</code></p>\n</header>\n'
        + "\n".join(filter(None, blocks))
        + "\n</article>\n"
    )


def _facts(result: Result, report: Report) -> str:
    claim = result.claim
    listed = {
        "Corrected by": [claim.corrected_by] if claim.corrected_by else [],
        "Corrects": report.corrects(result),
        "Relies on": claim.depends_on,
        "Used by": report.used_by(result),
    }
    rows = [("Assumptions", to_html(claim.assumes))] if claim.assumes else []
    for label, ids in listed.items():
        if ids:
            rows.append((label, ", ".join(reference(other, report) for other in ids)))
    inner = "\n".join(f"<div><dt>{label}</dt><dd>{text}</dd></div>" for label, text in rows)
    return f'<dl class="facts">\n{inner}\n</dl>'


def _counterexample(result: Result, report: Report) -> str:
    tables = []
    for part, data in (result.counterexample or {}).items():
        rows = "\n".join(
            f'<tr><th scope="row">{to_html(quantity(key))}</th>'
            f"<td>{to_html(in_words(value))}</td></tr>"
            for key, value in _items(data)
        )
        tables.append(
            f'<p class="line">{to_html(part)}: {to_html(in_words(data))}.</p>\n'
            f'<table aria-label="Counterexample: {escape(plain(part))}">\n<tbody>\n{rows}\n</tbody>'
            "</table>\n"
        )
    if not tables:
        return ""
    truth = report.truth(result)
    after = f"<p>What is true instead: {reference(truth.id, report)}.</p>" if truth else ""
    head = f'<p class="label">Counterexample{"s" if len(tables) > 1 else ""}</p>'
    return f'<div class="counterexample">\n{head}\n{"".join(tables)}\n{after}</div>'


def _items(data: Any) -> list[tuple[str, Any]]:
    if isinstance(data, dict):
        return [(str(key), value) for key, value in data.items()]
    return [("value", data)]


def _figure(picture: Picture) -> str:
    return (
        f'<figure>\n<img src="{picture.data_uri}" alt="{escape(plain(picture.title))}">\n'
        f"<figcaption>{to_html(picture.caption)} <span>{to_html(picture.formula)}</span> "
        f"({to_html(picture.reference)}; <code>perturbtheory figures {escape(picture.name)}</code>)"
        "</figcaption>\n</figure>"
    )


def _evidence(parts: Sequence[Part]) -> str:
    if not parts:
        return ""
    kinds = [check.kind for part in parts for check in part.checks]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    head = f"Evidence: {plural(len(parts), 'part')}, {plural(len(kinds), 'check')} ({counts})"
    inner = "\n".join(_part(part) for part in parts)
    return (
        f'<details class="evidence" open><summary>{head}</summary>\n'
        f'<ul class="parts">\n{inner}\n</ul></details>'
    )


def _part(part: Part) -> str:
    checks = "\n".join(_check(check) for check in part.checks)
    return (
        f'<li><p class="part"><span>{to_html(part.name)}</span> {badge(part.outcome)}</p>\n'
        f'<ul class="checks">\n{checks}\n</ul></li>'
    )


def _check(check: Check) -> str:
    listed = ""
    if check.steps:
        listed = f'\n<ol class="steps">\n{"".join(map(_step, check.steps))}</ol>\n'
    return (
        f'<li><span class="outcome {check.outcome}"><span aria-hidden="true">'
        f"{MARKS[check.outcome]}</span>&nbsp;{check.outcome}</span>"
        f'<span class="route">{to_html(check.route)}</span>'
        f'<span class="kind">{check.kind}</span>'
        f'<span class="detail">{to_html(told(check))}</span>{listed}</li>'
    )


def _step(step: Step) -> str:
    """Decided by a computation, with its name and answer; or argued, with the reason."""
    if step.outcome == "argued":
        tag = f'<span class="tag argued">argument</span> <span class="by">{to_html(step.by)}</span>'
    else:
        tag = f'<span class="tag computed {step.outcome}">{to_html(step.by)}: {step.outcome}</span>'
    return f"<li>{to_html(step.says)} {tag}</li>\n"
