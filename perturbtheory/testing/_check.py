"""The checks of whole objects: every law that there is of their sort, and a report."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from perturbtheory.checks import require_count
from perturbtheory.estimate import ERROR_RATE
from perturbtheory.ledger import Claim
from perturbtheory.perturbations import require_perturbation
from perturbtheory.testing import laws
from perturbtheory.testing._report import Report
from perturbtheory.testing._run import Trial
from perturbtheory.testing.laws import Law

EXAMPLES = 20
Expected = Mapping[str, str]
"""The reason why a law fails, by the name of the law."""


def check_perturbation(
    noise: Any,
    *,
    expected_failures: Expected | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    error_rate: float = ERROR_RATE,
) -> Report:
    """Check all laws of a noise: its functions, its draws, its potential, in both libraries.

    What the noise declares decides which laws apply; see `laws.PERTURBATION`. Nothing but NumPy,
    SciPy and JAX is needed, and the same seed gives the same report.

    Args:
        noise: a perturbation, of this package or of your own.
        expected_failures: reasons by name of the laws that are known to fail; one that holds
            nevertheless fails the report.
        examples: how many thetas a law of the potential is tried at.
        seed: fixes all examples and draws.
        error_rate: probability that a noise without a defect fails the report; the laws that draw
            share it.

    Raises:
        TypeError: for what is no perturbation.
        ValueError: for names that no law has, and settings out of their range.

    Example:
        >>> import perturbtheory as pt
        >>> report = pt.testing.check_perturbation(pt.Logistic(), examples=2)
        >>> report.passed, report["permutation"].examples
        (True, 2)
    """
    require_perturbation("noise", noise)
    settings = (examples, seed, error_rate)
    return report(noise, laws.PERTURBATION, expected_failures or {}, *settings)


def check_estimator(
    estimator: Any,
    *,
    noise: Any = None,
    expected_failures: Expected | None = None,
    seed: int = 0,
    error_rate: float = ERROR_RATE,
) -> Report:
    """Check all laws of a gradient estimator: its calls, its mean, its moments, its surrogate.

    The estimator is one of `perturbtheory.estimators`, one of your own, or any function
    ``f(key, theta, f)`` with the signature of `AbstractEstimator`, which is then taken to be
    unbiased. What it declares decides which laws apply; see `laws.ESTIMATOR`. Means are over
    20,000 estimates, with asymptotic radii.

    Args:
        estimator: the estimator.
        noise: gamma, under which E[f(z)] is to be differentiated; by default the estimator's own.
        expected_failures: reasons by name of the laws that are known to fail; one that holds
            nevertheless fails the report.
        seed: fixes all draws.
        error_rate: probability that an estimator without a defect fails the report; the laws that
            draw share it.

    Raises:
        TypeError: for what cannot be called, and for noise that is no perturbation.
        ValueError: for names that no law has, and settings out of their range.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import estimators as es
        >>> pt.testing.check_estimator(es.ScoreFunction()).passed
        True
    """
    subject = subject_of(estimator, noise)
    settings = (EXAMPLES, seed, error_rate)
    return report(subject, laws.ESTIMATOR, expected_failures or {}, *settings)


def subject_of(estimator: Any, noise: Any = None) -> laws.Subject:
    """The estimator with the noise whose gradient it estimates."""
    if isinstance(estimator, type):
        msg = f"`estimator` must be an object, got the class {estimator.__name__}; make one of it"
        raise TypeError(msg)
    if not callable(estimator):
        msg = (
            f"`estimator` must be called with a key, theta and f, got {estimator!r}; pass one of "
            "perturbtheory.estimators, or a function"
        )
        raise TypeError(msg)
    if noise is None:
        noise = getattr(estimator, "law", None)
    if noise is None:
        msg = f"`noise` must be given for the function {estimator!r}; pass pt.Gumbel()"
        raise TypeError(msg)
    require_perturbation("noise", noise)
    return laws.Subject(estimator, noise)


def check_claim(claim: Any, *, expected_failures: Expected | None = None) -> Report:
    """Check all laws of a claim: each part is decided, repeatably, and rests on what stands.

    A claim that is refuted passes, if it keeps its counterexample: that is an answer. Its evidence
    is the claim's own, and no law draws; see `laws.CLAIM`, and `perturbtheory.ledger` for how a
    claim is written.

    Args:
        claim: a `perturbtheory.ledger.Claim`.
        expected_failures: reasons by name of the laws that are known to fail.

    Raises:
        TypeError: for what is no claim.
        ValueError: for names that no law has.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import claims
        >>> pt.testing.check_claim(claims.find(["A.gumbel-density"])[0]).passed
        True
    """
    if not isinstance(claim, Claim):
        msg = f"`claim` must be a perturbtheory.ledger.Claim, got {claim!r}; make one"
        raise TypeError(msg)
    among = (*laws.part_laws(claim), *laws.CLAIM)
    return report(claim, among, expected_failures or {}, EXAMPLES, 0, ERROR_RATE)


def report(
    subject: Any,
    among: Iterable[Law],
    expected: Expected,
    examples: int,
    seed: int,
    error_rate: float,
) -> Report:
    """Every law that is given, tried on one subject."""
    chosen = tuple(among)
    trial = settled(chosen, expected, examples, seed, error_rate)
    return Report(str(subject), trial.find_all(chosen, subject, expected), error_rate, seed)


def settled(
    among: tuple[Law, ...], expected: Expected, examples: int, seed: int, error_rate: float
) -> Trial:
    """The settings of a run, checked; laws that draw share the error rate evenly."""
    require_count("examples", examples)
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        msg = f"`seed` must be a whole number that is not negative, got {seed!r}; pass 0"
        raise ValueError(msg)
    if not 0 < error_rate < 1:
        msg = f"`error_rate` must be a probability, got {error_rate!r}; 1e-6 is usual"
        raise ValueError(msg)
    for name, reason in expected.items():
        if name not in {law.name for law in among}:
            msg = (
                f"`expected_failures` must name laws, got {name!r}; there are "
                f"{', '.join(law.name for law in among)}"
            )
            raise ValueError(msg)
        if not isinstance(reason, str) or not reason.strip():
            msg = f"`expected_failures` must say why {name!r} fails, got {reason!r}; write it down"
            raise ValueError(msg)
    drawing = sum(law.statistical for law in among)
    return Trial(examples, int(seed), error_rate / max(drawing, 1))
