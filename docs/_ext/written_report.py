"""The report of the claims, with its graph, as a part of the site: made from the record."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from perturbtheory import claims, report
from perturbtheory.claims import recorded
from perturbtheory.ledger import from_json


def _write(app: Sphinx, exception: Exception | None) -> None:
    """Write report/index.html beside the pages, unless it is newer than the record."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "report"
    page = folder / "index.html"
    if page.is_file() and page.stat().st_mtime > recorded.location().stat().st_mtime:
        return
    entries = recorded.load()
    found = [from_json(entries[claim.id], claim) for claim in claims.find() if claim.id in entries]
    report.write(found, folder)


def setup(app: Sphinx) -> dict[str, Any]:
    """Come when the pages are written."""
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
