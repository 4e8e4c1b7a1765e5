"""What a law is: a statement, its formula, where it holds, and the code that checks it."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from perturbtheory.testing.laws._inputs import Input


@dataclasses.dataclass(frozen=True)
class Need:
    """What a law asks of its subject; `met` reads what the subject declares about itself.

    Attributes:
        words: what the subject has to be, such as "noise with a mean".
        met: whether it is.
        otherwise: why the law does not apply to a subject that is not.

    Example:
        >>> from perturbtheory.testing import laws
        >>> import perturbtheory as pt
        >>> law = laws.find("mean", laws.PERTURBATION)
        >>> [need.met(pt.StudentT(1.0)) for need in law.needs]
        [True]
    """

    words: str
    met: Callable[[Any], bool]
    otherwise: str


@dataclasses.dataclass(frozen=True, eq=False)
class Law:
    r"""One law: what every perturbation, estimator or claim of some sort has to satisfy.

    Attributes:
        name: short and unique among the laws of one sort of subject, such as "translation".
        statement: the law in words.
        formula: the law in LaTeX.
        check: ``check(subject, **example)`` raises a `Defect` where the law is broken, and may
            return the reason why an example decides nothing; a statistical law takes the keywords
            `seed` and `rate`, its share of the error rate, instead of an example.
        needs: what a subject must declare for the law to say anything about it.
        inputs: the arguments of an example by name; none for a law about the whole subject.
        statistical: whether the check draws, so that it errs with a stated probability.
        most: examples that are tried at most, for a law whose check takes long.
        presumes: names of laws without which this one says nothing: where one of them fails, a
            check of all laws leaves it untested.

    Example:
        >>> from perturbtheory.testing import laws
        >>> law = laws.find("translation", laws.PERTURBATION)
        >>> law.statement
        'A shift of all coordinates moves the potential by itself and leaves p.'
        >>> law.where
        'everywhere'
    """

    name: str
    statement: str
    formula: str
    check: Callable[..., str | None]
    needs: tuple[Need, ...] = ()
    inputs: Mapping[str, Input] = dataclasses.field(default_factory=dict)
    statistical: bool = False
    most: int | None = None
    presumes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Where it holds, in words."""
        return "; ".join(need.words for need in self.needs) or "everywhere"

    def applies(self, subject: Any) -> str:
        """Why the law says nothing about this subject; empty where it does."""
        return next((need.otherwise for need in self.needs if not need.met(subject)), "")

    def __repr__(self) -> str:
        return f"<Law {self.name}>"


BETWEEN_KINKS = ("kinks",)
"""What a law presumes whose check integrates or differentiates between declared kinks."""


def law(
    name: str,
    formula: str,
    *needs: Need,
    most: int | None = None,
    presumes: tuple[str, ...] = (),
    **inputs: Input,
) -> Callable[[Callable[..., str | None]], Law]:
    """Make a law of a check, whose docstring is the statement."""

    def make(check: Callable[..., str | None]) -> Law:
        statement = " ".join((check.__doc__ or "").split())
        return Law(name, statement, formula, check, needs, inputs, most=most, presumes=presumes)

    return make


def statistical(
    name: str, formula: str, *needs: Need
) -> Callable[[Callable[..., str | None]], Law]:
    """Make a law of a check that draws, with the keywords `seed` and `rate`."""

    def make(check: Callable[..., str | None]) -> Law:
        statement = " ".join((check.__doc__ or "").split())
        return Law(name, statement, formula, check, needs, statistical=True)

    return make
