"""The public check of an estimator: honest ones pass, every liar is caught by its law."""

import jax
import jax.numpy as jnp
import pytest

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.testing import laws, liars
from perturbtheory.testing._check import subject_of
from perturbtheory.testing._run import Trial

TRIAL = Trial(examples=1, seed=0, rate=1e-7)


def found(name, estimator, noise=None):
    return TRIAL.find(laws.find(name, laws.ESTIMATOR), subject_of(estimator, noise))


@pytest.mark.slow  # the guide for testers does the same to another
def test_an_honest_estimator_passes_every_law_that_its_declarations_imply() -> None:
    report = pt.testing.check_estimator(liars.HonestScore())
    assert report, str(report)
    apart = {f.law.name: f.why for f in report if f.verdict == "does not apply"}
    assert apart == {"moments": "it has no closed form of its moments"}
    assert [f.law for f in report] == list(laws.ESTIMATOR)


@pytest.mark.parametrize("name", liars.ESTIMATORS)
def test_every_liar_is_caught_by_the_law_that_it_breaks(name) -> None:
    estimator, broken = liars.ESTIMATORS[name]
    finding = found(broken, estimator)
    assert finding.verdict == "fails", finding
    assert "raised" not in finding.why


def test_a_function_is_an_estimator_that_says_nothing_of_itself() -> None:
    def estimator(key, theta, f):
        """The score function for rows and for functions of a batch of rows."""
        z = es.one_hot(theta + pt.Gumbel().sample(key, theta.shape).astype(theta.dtype))
        values = f(z) if callable(f) else jnp.sum(f * z, -1)
        values = values.reshape(values.shape + (1,) * (theta.ndim - values.ndim))
        return values * (z - jax.nn.softmax(theta, -1))

    for name in ("unbiased for values", "key", "shape and dtype", "compiled", "rows are apart"):
        assert found(name, estimator, pt.Gumbel()).verdict == "holds"
    wrong = found("unbiased for values", estimator, pt.Normal())
    assert wrong.verdict == "fails"
    # Two categories show it first.
    assert len(wrong.example["theta"]) == 2
    assert found("surrogate", estimator, pt.Gumbel()).verdict == "does not apply"
    assert found("bad input", estimator, pt.Gumbel()).verdict == "does not apply"


BAD = {
    "estimator": (lambda: pt.testing.check_estimator(3), "`estimator` must be called with a key"),
    "noise": (lambda: pt.testing.check_estimator(len), "`noise` must be given for the function"),
    "noise-type": (
        lambda: pt.testing.check_estimator(len, noise=3), "`noise` must be a perturbation",
    ),
    "claim": (lambda: pt.testing.check_claim("A.1"), "`claim` must be a perturbtheory.ledger"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name) -> None:
    call, message = BAD[name]
    with pytest.raises(TypeError, match=message):
        call()
