"""How a law is tried: on drawn examples, of which one that fails is made as small as it can be."""

import dataclasses
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from perturbtheory.testing._report import Finding
from perturbtheory.testing.laws import Defect, Law

_DIMENSIONS = (2, 3, 5)
_SHRINKS = 400
"""Smaller examples that are tried at most."""
Example = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Trial:
    """The settings of a run.

    Attributes:
        examples: how many are drawn for a law that has any.
        seed: fixes examples and draws.
        rate: the share of the error rate of each statistical law.
    """

    examples: int
    seed: int
    rate: float

    def find_all(
        self, among: Iterable[Law], subject: Any, expected: Mapping[str, str]
    ) -> tuple[Finding, ...]:
        """What becomes of every law; one that presumes a law that fails is left untested."""
        findings: list[Finding] = []
        failed: set[str] = set()
        for law in among:
            reason = expected.get(law.name, "")
            absent = next((name for name in law.presumes if name in failed), None)
            if absent is None or law.applies(subject):
                found = self.find(law, subject, reason)
            else:
                why = f"it presumes the law {absent!r}, which fails: fix that first"
                found = Finding(law, "untested", why, expected=reason)
            findings.append(found)
            if found.verdict == "fails" and not found.passed:
                failed.add(law.name)
        return tuple(findings)

    def find(self, law: Law, subject: Any, expected: str = "") -> Finding:
        """What becomes of one law."""
        start = time.perf_counter()
        try:
            reason = law.applies(subject)
            found = Finding(law, "does not apply", reason) if reason else self._try(law, subject)
        except Exception as error:  # the declaration itself cannot be read
            found = Finding(law, "fails", _words(error), _at(error))
        seconds = time.perf_counter() - start
        return dataclasses.replace(found, seconds=seconds, expected=expected)

    def _try(self, law: Law, subject: Any) -> Finding:
        if law.statistical or not law.inputs:
            given = {"seed": self.seed, "rate": self.rate} if law.statistical else {}
            broken, reason = _outcome(law, subject, given)
            if broken is not None:
                return Finding(law, "fails", _words(broken), _at(broken), 1)
            return Finding(law, "untested", reason) if reason else Finding(law, "holds", examples=1)
        rng = np.random.default_rng([self.seed, *law.name.encode()])
        decided, reasons = 0, ""
        for number in range(min(self.examples, law.most or self.examples)):
            example = _example(law, subject, rng, number)
            broken, reason = _outcome(law, subject, example)
            if broken is not None:
                example, broken = _smallest(law, subject, example, broken)
                return Finding(law, "fails", _words(broken), example | _at(broken), decided + 1)
            decided += not reason
            reasons = reason or reasons
        if not decided:
            return Finding(
                law, "untested", f"no example decided anything: {reasons or 'none drawn'}"
            )
        return Finding(law, "holds", examples=decided)


def _outcome(law: Law, subject: Any, given: Example) -> tuple[Exception | None, str]:
    """(what it raised, why it decided nothing)."""
    try:
        return None, law.check(subject, **given) or ""
    except Exception as error:
        # Whatever a subject raises where the law calls it breaks the law.
        return error, ""


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, Defect) else f"it raised {type(error).__name__}: {text}"


def _at(error: BaseException) -> Example:
    return error.at if isinstance(error, Defect) else {}


def _example(law: Law, subject: Any, rng: np.random.Generator, number: int) -> Example:
    shape = getattr(subject, "shape", ())
    d = shape[0] if shape else _DIMENSIONS[number % len(_DIMENSIONS)]
    return {name: kind.draw(rng, d, number) for name, kind in law.inputs.items()}


def _smallest(
    law: Law, subject: Any, example: Example, broken: Exception
) -> tuple[Example, Exception]:
    """The simplest example in reach that breaks the law still, and what it raised."""
    left = _SHRINKS
    while True:
        for simpler in _simpler(law, subject, example):
            left -= 1
            error, _ = _outcome(law, subject, simpler)
            # Of another sort, it is another fault.
            if type(error) is type(broken):
                example, broken = simpler, error  # pyright: ignore[reportAssignmentType]
                break
            if left <= 0:
                return example, broken
        else:
            return example, broken


def _simpler(law: Law, subject: Any, example: Example) -> Iterator[Example]:
    """Fewer categories first, where the subject allows it; then simpler entries."""
    sizes = {len(v) for v in example.values() if np.ndim(v) == 1}
    if not getattr(subject, "shape", ()):
        for i in range(max(sizes, default=0) if min(sizes, default=0) > 2 else 0):
            yield {n: law.inputs[n].without(v, i) for n, v in example.items()}
    for name, kind in law.inputs.items():
        for value in kind.simpler(example[name]):
            yield example | {name: value}
