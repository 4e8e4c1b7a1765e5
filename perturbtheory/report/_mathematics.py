"""The check that all mathematics of a result can be shown in a browser."""

from collections.abc import Iterator

from perturbtheory.display import MathematicsError, pieces, segments
from perturbtheory.ledger import Result


def require_mathematics(result: Result) -> None:
    """Convert every formula of a result.

    Raises:
        MathematicsError: naming the claim, the text and what is wrong with it.

    Example:
        >>> from perturbtheory import claims, ledger, report
        >>> report.require_mathematics(ledger.run(claims.find(["A.gumbel-density"])[0]))
    """
    for where, text in _texts(result):
        if text.count("$") % 2:
            msg = f"{result.claim.id}: {where}: an odd number of dollars in {text!r}"
            raise MathematicsError(msg)
        for mathematical, part in segments(text):
            if mathematical:
                try:
                    pieces(part)
                except MathematicsError as error:
                    msg = f"{result.claim.id}: {where}: {error}"
                    raise MathematicsError(msg) from error


def _texts(result: Result) -> Iterator[tuple[str, str]]:
    claim = result.claim
    yield "statement", claim.says
    yield "assumptions", claim.assumes
    yield "source", claim.source
    for part in result.parts:
        yield "part", part.name
        for check in part.checks:
            yield f"{part.name}: {check.route}", check.detail
            for number, step in enumerate(check.steps, 1):
                yield f"{part.name}: {check.route}: step {number}", step.says
                yield f"{part.name}: {check.route}: reason of step {number}", step.by
