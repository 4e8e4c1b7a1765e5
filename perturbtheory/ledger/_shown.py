"""Claims, checks and verdicts as HTML: the statement in mathematics, what decides it, its steps.

Claims and results are taken as they are: a class of the ledger shows itself by what is here.
"""

from collections.abc import Mapping
from typing import Any

from perturbtheory.display import (
    Html,
    badge,
    block,
    code,
    folded,
    line,
    listed,
    quiet,
    table,
    words,
)
from perturbtheory.ledger._words import in_words, quantity


def claim(found: Any) -> str:
    """The statement, under which assumptions, its parts and what it rests on."""
    return block(*_head(found), *_facts(found), folded("parts", listed(found.parts)))


def result(found: Any) -> str:
    """The verdict with the statement, what stands against it, and every part with its checks."""
    decided, steps = found.steps
    weakest = found.weakest + (f" ({decided} of {steps} steps decided)" if steps else "")
    against = [_counterexample(name, data) for name, data in (found.counterexample or {}).items()]
    return block(
        *_head(found.claim, badge(found.verdict)),
        *_facts(found.claim),
        *against,
        line(quiet(f"decided by: {weakest}")),
        *map(part, found.parts),
    )


def part(found: Any) -> Html:
    """The sub-statement with its outcome; its checks are shown when it is clicked on."""
    summary = Html(f"{badge(found.outcome)} {words(found.name)}")
    return folded(summary, listed(map(check, found.checks)))


def check(found: Any) -> Html:
    """Which way to the answer, what it says, and the steps of a proof."""
    told = ": ".join(filter(None, (found.detail, found.measured)))
    head = Html(f"{badge(found.outcome)} {words(found.route)} {quiet(f'({found.kind})')}")
    steps = listed(map(_step, found.steps), ordered=True) if found.steps else ""
    return Html(f"{head} {words(told)}{steps}")


def _step(found: Any) -> Html:
    by = found.by if found.outcome == "argued" else f"{found.by}: {found.outcome}"
    return Html(f"{words(found.says)} {quiet(f'[{by}]')}")


def _head(found: Any, *signs: Html) -> list[Html]:
    source = quiet(found.source)
    return [line(*signs, code(found.id), source), line(words(found.says))]


def _facts(found: Any) -> list[Html]:
    facts = {
        "assumptions": found.assumes,
        "relies on": ", ".join(found.depends_on),
        "true instead": found.corrected_by or "",
    }
    return [line(quiet(f"{name}: {text}")) for name, text in facts.items() if text]


def _counterexample(name: str, data: Mapping[str, Any]) -> Html:
    rows = [(quantity(str(key)), in_words(value)) for key, value in data.items()]
    return table(("against", name), rows, ["fails"] * len(rows))
