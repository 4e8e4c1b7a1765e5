"""The directive ``statements``: every claim of the record with its verdict."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from perturbtheory.claims import recorded
from perturbtheory.report import to_html


def _row(entry: dict[str, Any]) -> str:
    verdict = entry["verdict"]
    corrected = entry["corrected_by"]
    more = (
        f'<p>Corrected: <a href="#{corrected}"><code>{corrected}</code></a></p>'
        if corrected
        else ""
    )
    return (
        f'<tr id="{entry["id"]}"><td><code>{entry["id"]}</code>'
        f'<br><span class="verdict {verdict.replace(" ", "-")}">{verdict}</span></td>'
        f"<td><p>{to_html(entry['says'])}</p>{more}"
        f'<p class="source">{to_html(entry["source"])}</p></td></tr>'
    )


class Statements(SphinxDirective):
    """``.. statements:: A``: the claims of one paper."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One table as HTML."""
        self.env.note_dependency(str(recorded.location()))
        entries = [e for id_, e in recorded.load().items() if id_.startswith(self.arguments[0])]
        rows = "\n".join(map(_row, entries))
        html = f'<table class="statements"><tbody>\n{rows}\n</tbody></table>'
        return [nodes.raw("", html, format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("statements", Statements)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
