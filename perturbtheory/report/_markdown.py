"""The report as GitHub-flavoured Markdown, its LaTeX kept."""

import re
from collections.abc import Sequence
from typing import Any

from perturbtheory.display import segments
from perturbtheory.ledger import Check, Part, Result, Step, in_words, quantity
from perturbtheory.report import _content
from perturbtheory.report._content import Report
from perturbtheory.report._figures import Picture

_BAR = re.compile(r"\\?\|")
_SPECIAL = re.compile(r"[\\`*<|]|(?<!\w)_|_(?!\w)|~(?=~)|\](?=[(\[:])|(?<=!)\[")


def document(report: Report, pictures: dict[str, list[Picture]]) -> str:
    """The whole document."""
    lines = [f"# {report.title}", "", report.introduction, ""]
    for paper in report.papers:
        lines.append(f"- **{paper.name}**: {_text(paper.reference)}.")
    lines += [*[""] * bool(report.papers), f"**{report.summary()}**", "", report.proofs(), ""]
    lines += [*_summary(report), *_wrong(report), *_objected(report)]
    for paper, sections in report.chapters():
        lines += [f"## {paper.name}", "", f"{_text(paper.reference)}.", ""]
        for section in sections:
            lines += [f"### {_text(section.title)}", ""] if section.title else []
            for result in section.results:
                lines += _claim(result, report, pictures.get(result.claim.id, []))
    lines += _rule()
    made = ", ".join(f"{name} {version}" for name, version in _content.versions().items())
    lines += ["---", "", f"Made by `perturbtheory verify --report` with {made}; budget "]
    lines[-1] += f"{report.budget}. Equal results give equal bytes."
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Words escaped where Markdown would take them for marks; $LaTeX$ as it is."""
    return "".join(
        f"${part}$" if mathematical else _SPECIAL.sub(r"\\\g<0>", part)
        for mathematical, part in segments(text)
    )


def _cell(text: str) -> str:
    """For a table, whose cells end at a bar: those of formulas are written as commands."""
    barred = "".join(
        f"${_BAR.sub(_vert, part)}$" if mathematical else part
        for mathematical, part in segments(text)
    )
    return _text(barred).replace("\n", " ")


def _vert(bar: re.Match[str]) -> str:
    return r"\vert " if bar[0] == "|" else r"\Vert "


def _link(id_: str, report: Report) -> str:
    """To the heading, by the anchor that GitHub makes of it."""
    anchor = re.sub(r"[^\w-]", "", id_.lower())
    return f"[`{id_}`](#{anchor})" if id_ in report else f"`{id_}`"


def _summary(report: Report) -> list[str]:
    head = ["## All claims", "", "| claim | verdict | statement | source | decided by |"]
    rows = [
        f"| {_link(r.claim.id, report)} | **{r.verdict}** "
        f"| {_cell(r.claim.says)} "
        f"| {_cell(r.claim.source)} | {_cell(r.weakest)}{_content.steps(r)} |"
        for r in report.results
    ]
    return [*head, "|---|---|---|---|---|", *rows, ""]


def _statement(says: str) -> list[str]:
    return [f"> {_text(says)}"]


def _wrong(report: Report) -> list[str]:
    lines: list[str] = []
    for result in report.failed():
        claim = result.claim
        lines += [f"**{_link(claim.id, report)}** ({_text(claim.source)})", "", "Printed:", ""]
        lines += [*_statement(claim.says), "", "Fails:", ""]
        lines += [f"- {line}" for line in _counterexamples(result)]
        truth = report.truth(result)
        if truth is not None:
            verdict = report.verdict(truth.id)
            mark = f", {verdict}" if verdict else ""
            lines += ["", f"True ({_link(truth.id, report)}{mark}):", ""]
            lines += _statement(truth.says)
        lines.append("")
    return ["## What is wrong as printed", "", *lines] if lines else []


def _objected(report: Report) -> list[str]:
    lines: list[str] = []
    for number, objection in enumerate(report.objections(), 1):
        answers = [
            _link(id_, report) + (f" (**{report.verdict(id_)}**)" if id_ in report else "")
            for id_ in objection.answered_by
        ]
        lines.append(f"{number}. {_text(objection.says)} Answered by {', '.join(answers)}.")
    return ["## What the referees objected", "", _content.OBJECTED, "", *lines, ""] if lines else []


def _counterexamples(result: Result) -> list[str]:
    found = result.counterexample or {}
    return [f"{_text(part)}: {_text(in_words(data))}." for part, data in found.items()]


def _claim(result: Result, report: Report, pictures: Sequence[Picture]) -> list[str]:
    claim = result.claim
    disagreement = ", routes disagree" if result.disagreement else ""
    lines = [f"#### {claim.id}", ""]
    decided = f"{_text(result.weakest)}{_content.steps(result)}"
    lines += [f"**{result.verdict}**{disagreement}, decided by: {decided}  "]
    lines += [f"*{_text(claim.source)}* (`{_content.source_file(claim)}`)", ""]
    lines += [*_statement(claim.says), ""]
    lines += [f"- Assumptions: {_text(claim.assumes)}"] if claim.assumes else []
    corrected = [claim.corrected_by] if claim.corrected_by else []
    for label, ids in (
        ("Corrected by", corrected),
        ("Corrects", report.corrects(result)),
        ("Relies on", claim.depends_on),
        ("Used by", report.used_by(result)),
    ):
        if ids:
            lines.append(f"- {label}: {', '.join(_link(id_, report) for id_ in ids)}")
    lines += [f"- Counterexample: {line}" for line in _counterexamples(result)]
    lines.append("")
    for picture in pictures:
        caption = f"Figure: {_text(picture.caption)} {_text(picture.formula)}"
        source = f"{_text(picture.reference)}; drawn by `perturbtheory figures {picture.name}`"
        lines += [f"{caption} ({source})", ""]
    if result.counterexample:
        lines += _table(result.counterexample)
    lines += [line for part in result.parts for line in _part(part)]
    return [*lines, "", "```sh", _content.replay(claim), "```", ""]


def _table(counterexample: dict[str, Any]) -> list[str]:
    lines = ["| counterexample | quantity | value |", "|---|---|---|"]
    for part, data in counterexample.items():
        rows = data.items() if isinstance(data, dict) else [("value", data)]
        lines += [
            f"| {_cell(part)} | {_cell(quantity(str(name)))} | {_cell(in_words(value))} |"
            for name, value in rows
        ]
    return [*lines, ""]


def _part(part: Part) -> list[str]:
    lines = [f"- {_text(part.name)}: **{part.outcome}**"]
    for check in part.checks:
        lines += _check(check)
    return lines


def _check(check: Check) -> list[str]:
    lines = [
        f"  - {_text(check.route)} ({check.kind}): *{check.outcome}*. {_text(_content.told(check))}"
    ]
    return lines + [f"    {n}. {_step(step)}" for n, step in enumerate(check.steps, 1)]


def _step(step: Step) -> str:
    by = f"argument: {_text(step.by)}"
    if step.outcome != "argued":
        by = f"{_text(step.by)}: {step.outcome}"
    return f"{_text(step.says)} [{by}]"


def _rule() -> list[str]:
    lines = ["## How verdicts are made", ""]
    for text in _content.RULE:
        lines += [text, ""]
    lines += [f"- **{verdict}**: {text}." for verdict, text in _content.MEANINGS.items()]
    lines += ["", "Kinds of evidence, the strongest first:", ""]
    return [*lines, *(f"- **{kind}**: {text}." for kind, text in _content.KINDS.items()), ""]
