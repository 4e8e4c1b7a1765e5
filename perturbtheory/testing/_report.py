"""What a check of a whole object answers: a finding per law, printed, in HTML, or raised."""

import dataclasses
import textwrap
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from rich.text import Text

from perturbtheory.checks import closest
from perturbtheory.display import Html, badge, block, line, quiet, table, words
from perturbtheory.ledger import plain
from perturbtheory.tables import Table
from perturbtheory.testing.laws import Law

Verdict = Literal["holds", "fails", "does not apply", "untested"]
_WIDTH = 100


@dataclasses.dataclass(frozen=True)
class Finding:
    """What became of one law.

    Attributes:
        law: the law.
        verdict: "holds", "fails", "does not apply" or "untested".
        why: what is wrong, or why the law does not apply or was not tested.
        example: of a law that fails, the smallest example that was met.
        examples: examples that decided something.
        seconds: what it took.
        expected: the reason why this law was expected to fail, if it was.

    Example:
        >>> import perturbtheory as pt
        >>> report = pt.testing.check_perturbation(pt.Logistic(), examples=1)
        >>> finding = report["translation"]
        >>> finding.verdict, finding.examples
        ('holds', 1)
    """

    law: Law
    verdict: Verdict
    why: str = ""
    example: dict[str, Any] = dataclasses.field(default_factory=dict)
    examples: int = 0
    seconds: float = 0.0
    expected: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is as it should be: it holds, does not apply, or fails as expected."""
        if self.expected:
            return self.verdict == "fails"
        return self.verdict in ("holds", "does not apply")

    @property
    def words(self) -> str:
        """The reason and the example in one text."""
        if self.expected and self.verdict in ("holds", "does not apply"):
            return f"it was expected to fail: {self.expected}; take the expectation out"
        said = [f"expected: {self.expected}"] if self.expected else []
        at = ", ".join(f"{name} = {_shown(value)}" for name, value in self.example.items())
        said += [self.why + (f", at {at}" if at else "")] if self.why else []
        return "; ".join(said)

    def __str__(self) -> str:
        return f"{self.law.name}: {self.verdict}" + (f": {self.words}" if self.words else "")


class LawsBroken(AssertionError):  # noqa: N818
    """Some laws are broken, or were not tested; `report` says which."""

    def __init__(self, report: "Report") -> None:
        super().__init__(f"\n{report}")
        self.report = report


@dataclasses.dataclass(frozen=True)
class Report:
    """The findings about one object; true as a condition only if it passed.

    A report passes if every law that the object's declarations imply was tested and holds. What
    does not apply says which declaration the reason is; what was not tested fails the report.

    Attributes:
        subject: the object, in words.
        findings: one per law.
        error_rate: probability that an object without a defect fails, all laws together.
        seed: what fixes every example and every draw.

    Example:
        >>> import perturbtheory as pt
        >>> report = pt.testing.check_perturbation(pt.Logistic(), examples=1)
        >>> bool(report), report["permutation"].verdict
        (True, 'holds')
    """

    subject: str
    findings: tuple[Finding, ...]
    error_rate: float
    seed: int

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings that are not as they should be."""
        return tuple(finding for finding in self.findings if not finding.passed)

    @property
    def passed(self) -> bool:
        """Whether every law that applies was tested and holds."""
        tested = any(finding.verdict == "holds" for finding in self.findings)
        return tested and not self.failed

    @property
    def seconds(self) -> float:
        """What all of it took."""
        return sum(finding.seconds for finding in self.findings)

    def __bool__(self) -> bool:
        return self.passed

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, name: str) -> Finding:
        """The finding about the law of this name; KeyError, with what is like it, for none."""
        found = {finding.law.name: finding for finding in self.findings}
        if name not in found:
            near = " or ".join(map(repr, closest(name, found)))
            meant = f"did you mean {near}?" if near else f"it has {', '.join(found)}"
            msg = f"`name` must be a law of this report, got {name!r}; {meant}"
            raise KeyError(msg)
        return found[name]

    def raise_if_failed(self) -> "Report":
        """The report itself, if it passed.

        Raises:
            LawsBroken: an AssertionError with the whole report, if it did not.
        """
        if not self.passed:
            raise LawsBroken(self)
        return self

    @property
    def summary(self) -> str:
        """One line: what it was, whether it passed, and how many laws there are of each verdict."""
        counts = {v: sum(f.verdict == v for f in self.findings) for v in _STYLES}
        told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
        expected = sum(f.passed and bool(f.expected) for f in self.findings)
        told += f" ({expected} as expected)" if expected else ""
        outcome = "passed" if self.passed else "FAILED"
        return f"{self.subject}: {outcome}: {told}; {self.seconds:.1f} s"

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for f in self.findings:
            seconds = f"{f.seconds:.2f}"
            yield f.law.name, f.verdict, str(f.examples), seconds, f.words or f.law.statement

    def __rich__(self) -> Table:
        table = Table("law", "verdict", "examples", "s", "why, or what it says")
        for name, verdict, examples, seconds, why in self._rows():
            table.add_row(name, Text(verdict, style=_STYLES[verdict]), examples, seconds, why)
        return table

    def __str__(self) -> str:
        """What failed, law by law; then what was not tested and why; names of the others."""
        told = [self.summary, self._odds, ""]
        for verdict in ("fails", "untested", "does not apply", "holds"):
            alike: dict[str, list[str]] = {}
            for f in self.findings:
                if f.verdict == verdict:
                    alike.setdefault(f.words, []).append(f.law.name)
            for why, names in alike.items():
                text = f"{verdict:16}{', '.join(names)}" + (f": {why}" if why else "")
                told += textwrap.wrap(text, _WIDTH, subsequent_indent=" " * 16)
        return "\n".join(told)

    @property
    def _odds(self) -> str:
        if not any(f.law.statistical and f.verdict != "does not apply" for f in self.findings):
            return "No law draws: the same object gets the same report."
        return (
            f"An object without a defect fails once in {1 / self.error_rate:,.0f} seeds at most, "
            f"where radii are not asymptotic; this is seed {self.seed}."
        )

    def _repr_html_(self) -> str:
        rows = [
            (name, badge(verdict), examples, seconds, Html(f"{words(why)}<br>{quiet(formula)}"))
            for (name, verdict, examples, seconds, why), formula in zip(
                self._rows(), (f"${f.law.formula}$" for f in self.findings), strict=True
            )
        ]
        # What fails as expected is no fault, and what holds against expectation is one.
        tints = [f.verdict if f.verdict == "does not apply" or f.passed else "fails" for f in self]
        heads = ("law", "verdict", "examples", "s", "why, or what it says")
        return block(line(self.summary), line(quiet(self._odds)), table(heads, rows, tints))


_STYLES = {"holds": "green", "fails": "red", "untested": "yellow", "does not apply": "dim"}


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray | list | tuple):
        return "[" + ", ".join(_shown(v) for v in value) + "]"
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    return plain(str(value))
