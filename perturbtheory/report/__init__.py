"""The report: a page for readers, its Markdown, errata for the authors, the results as data."""

from collections.abc import Sequence
from pathlib import Path

from perturbtheory.display import MathematicsError as MathematicsError
from perturbtheory.display import to_html as to_html
from perturbtheory.ledger import Result
from perturbtheory.report import _errata, _html, _markdown
from perturbtheory.report._content import Report
from perturbtheory.report._figures import pictures
from perturbtheory.report._mathematics import require_mathematics as require_mathematics
from perturbtheory.results import as_json, write_together


def write(results: Sequence[Result], directory: str | Path, *, budget: str = "quick") -> list[Path]:
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

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from perturbtheory import claims, ledger, report
        >>> results = [ledger.run(claims.find(["A.gumbel-density"])[0])]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in report.write(results, Path(folder))]
        ['index.html', 'report.md', 'errata.tex', 'claims.json']
    """
    report, directory = Report(results, budget), Path(directory)
    drawn = pictures(report)
    texts = {
        "index.html": _html.page(report, drawn),
        "report.md": _markdown.document(report, drawn),
        "errata.tex": _errata.document(report),
    }
    texts["claims.json"] = as_json([result.to_json() for result in results])
    directory.mkdir(parents=True, exist_ok=True)
    for name in texts:
        if (directory / name).is_dir():
            msg = f"{directory / name} is a directory"
            raise IsADirectoryError(msg)
    write_together({directory / name: text.encode() for name, text in texts.items()})
    return [directory / name for name in texts]
