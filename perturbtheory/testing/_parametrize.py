"""One test item of pytest for each law of each object."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from perturbtheory.estimate import ERROR_RATE
from perturbtheory.ledger import Claim
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.testing import laws
from perturbtheory.testing._check import EXAMPLES, Expected, settled, subject_of
from perturbtheory.testing._run import Trial
from perturbtheory.testing.laws import Defect, Law


@dataclasses.dataclass(frozen=True)
class Item:
    """A law, bound to an object; calling it raises a `Defect` unless the law holds, and
    `AssertionError` where it decided nothing.

    Attributes:
        law: the law.
        subject: what it is about.
        trial: the settings of the run.
    """

    law: Law
    subject: Any
    trial: Trial

    def __call__(self) -> None:
        finding = self.trial.find(self.law, self.subject)
        if finding.verdict == "untested":  # which no failure that is expected excuses
            raise AssertionError(str(finding))
        if not finding.passed:
            raise Defect(str(finding), **finding.example)


def parametrize(
    *objects: Any,
    noise: Any = None,
    expected_failures: Mapping[Any, str | Expected] | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    error_rate: float = ERROR_RATE,
) -> Any:
    """Mark a test of one argument ``law``, which it calls, for all laws of the objects.

    Each law of each object is an item of its own, so that ``pytest -k`` chooses among them. A law
    that does not apply is skipped with the declaration that is the reason, one that is expected to
    fail is a strict xfail with its reason.

    Args:
        objects: noises, estimators and claims.
        noise: of the estimators, as for `check_estimator`.
        expected_failures: reasons by name of the law, for all objects; or, by object, reasons by
            name of the law: ``{noise: {"variance": "as printed"}}``.
        examples: as for `check_perturbation`.
        seed: fixes all examples and draws.
        error_rate: of each object, as for `check_perturbation`.

    Raises:
        ValueError: for no objects, for a name that no law has, for failures of an object that is
            not among them, and as the checks.
        TypeError: as the checks.

    Example:
        >>> import perturbtheory as pt
        >>> @pt.testing.parametrize(pt.Logistic())
        ... def test_my_noise(law):
        ...     law()
        >>> len(test_my_noise.pytestmark)
        1
    """
    import pytest

    if not objects:
        msg = "`objects` must be noises, estimators or claims, got none; pass one"
        raise ValueError(msg)
    settings = (examples, seed, error_rate)
    reasons = [_reasons(given, objects, expected_failures or {}) for given in objects]
    pairs = [
        (item, expected.get(item.law.name, ""))
        for given, expected in zip(objects, reasons, strict=True)
        for item in _items(given, noise, expected, *settings)
    ]
    items = [item for item, _ in pairs]
    params = []
    for number, (item, fails) in enumerate(pairs):
        apart = item.law.applies(item.subject)
        marks = [pytest.mark.skip(reason=apart)] if apart else []
        if fails and not apart:
            marks = [pytest.mark.xfail(reason=fails, raises=Defect, strict=True)]
        name = f"{_name(item.subject)}-{item.law.name}"
        repeated = any(f"{_name(i.subject)}-{i.law.name}" == name for i in items[:number])
        params.append(pytest.param(item, id=f"{name}-{number}" if repeated else name, marks=marks))
    return pytest.mark.parametrize("law", params)


def _reasons(
    given: Any, objects: tuple[Any, ...], expected: Mapping[Any, str | Expected]
) -> dict[str, str]:
    """The failures that are expected of one object: those of all, and its own."""
    found: dict[str, str] = {}
    for key, value in expected.items():
        if isinstance(key, str):
            found[key] = value  # pyright: ignore[reportArgumentType]
        elif not any(key is one for one in objects):
            msg = f"`expected_failures` must name laws or objects that are tested, got {key!r}"
            raise ValueError(msg)
        elif not isinstance(value, Mapping):
            msg = f"`expected_failures` of {key!r} must be reasons by name of a law, got {value!r}"
            raise ValueError(msg)
        elif key is given:
            found |= value
    return found


def _items(given: Any, noise: Any, *settings: Any) -> Iterator[Item]:
    subject, among = given, laws.PERTURBATION
    if isinstance(given, Claim):
        among = (*laws.part_laws(given), *laws.CLAIM)
    elif not isinstance(given, AbstractPerturbation):
        subject, among = subject_of(given, noise), laws.ESTIMATOR
    trial = settled(among, *settings)
    for law in among:
        yield Item(law, subject, trial)


def _name(subject: Any) -> str:
    if isinstance(subject, laws.Subject):
        subject = subject.estimator
    return getattr(subject, "id", None) or getattr(subject, "__name__", type(subject).__name__)
