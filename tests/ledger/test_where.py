"""What a step assumes is said beside it."""

import pytest
import sympy as sp

from perturbtheory import ledger
from perturbtheory.ledger._where import where

x = sp.Symbol("x", real=True)
t, u = sp.symbols("t u", positive=True)
n = sp.Symbol("n", integer=True)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (sp.Integral(sp.exp(-t * x**2), (x, 0, sp.oo)), "$t > 0$"),
        (x * sp.Symbol("c"), ""),
        (sp.Sum(u**n, (n, 1, 3)), "$u > 0$"),
        (t * u * n, "integer $n$, $t, u > 0$"),
        (sp.Symbol("k", even=True, negative=True), "even $k < 0$"),
        (sp.Symbol("w", nonzero=True) + sp.Symbol("v", nonnegative=True), r"$v \ge 0$, $w \ne 0$"),
        (sp.IndexedBase("theta", positive=True)[n], r"integer $n$, $\theta > 0$"),
        (sp.Function("f", negative=True)(x), r"$f{\left(x \right)} < 0$"),
    ],
)
def test_what_is_assumed_is_said_of_free_symbols_alone(expression, said):
    assert where(expression) == said


def test_an_equation_says_for_which_symbols_it_was_decided():
    root = sp.Pow(sp.Mul(t, t, evaluate=False), sp.Rational(1, 2), evaluate=False)
    positive = ledger.eq(root, t).step()
    assert (positive.outcome, positive.by) == ("holds", "sympy, for $t > 0$")
    root = sp.Pow(sp.Mul(x, x, evaluate=False), sp.Rational(1, 2), evaluate=False)
    real = ledger.eq(root, x).step()
    assert (real.outcome, real.by) == ("fails", "sympy")


def test_a_step_that_names_a_claim_rests_on_it_whoever_decided_it():
    steps = [vars(ledger.shown("it is so", True, by="T.other")), vars(ledger.argued("so [T.more]"))]
    result = {"id": "T.rests", "checks": [{"steps": steps}]}
    assert ledger.rests_on(result, {"T.other", "T.more"}) == ("T.other", "T.more")
