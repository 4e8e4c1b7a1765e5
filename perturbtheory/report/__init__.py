"""The report: a page for readers, its Markdown, errata for the authors, the results as data."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from perturbtheory.ledger import Result
from perturbtheory.report import _errata, _html, _markdown
from perturbtheory.report._content import Report
from perturbtheory.report._figures import pictures
from perturbtheory.report._mathematics import MathematicsError as MathematicsError
from perturbtheory.report._mathematics import require_mathematics as require_mathematics
from perturbtheory.results import write_json


def write(results: Sequence[Result], directory: Path, *, budget: str = "quick") -> list[Path]:
    """index.html, report.md, errata.tex and claims.json in `directory`, which is made if needed.

    Everything is rendered and written before the first old file gives way: a failure leaves an
    earlier report as it was. Equal results give equal bytes. LaTeX that cannot be converted to
    MathML stands as its source; `require_mathematics` says where that would be.

    Args:
        results: of any claims; links to others become plain names.
        directory: where to write.
        budget: the name of the budget that the results were computed with.

    Returns:
        The files written.
    """
    report = Report(results, budget)
    drawn = pictures(report)
    texts = {
        "index.html": _html.page(report, drawn),
        "report.md": _markdown.document(report, drawn),
        "errata.tex": _errata.document(report),
    }
    names = [*texts, "claims.json"]
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (directory / name).is_dir():
            msg = f"{directory / name} is a directory"
            raise IsADirectoryError(msg)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".report-") as temporary:
        for name, text in texts.items():
            (Path(temporary) / name).write_text(text, "utf-8", newline="\n")
        write_json(Path(temporary) / "claims.json", [result.to_json() for result in results])
        for name in names:
            os.replace(Path(temporary) / name, directory / name)
    return [directory / name for name in names]
