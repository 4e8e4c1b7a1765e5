"""Ways to a verdict that the evidence does not carry, each of which once succeeded."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from perturbtheory.estimate import Estimate
from perturbtheory.ledger import (
    Budget,
    Check,
    Equation,
    Step,
    agree,
    argued,
    difference,
    eq,
    every,
    exact,
    positive,
    shown,
    unsound,
    witness,
)
from tests.ledger.test_ledger import GOOD, TRUE, X, made_of

# One route under two names


def test_numbers_that_were_computed_once_are_one_route():
    found, said = np.array([0.3, 0.7]), np.array([0.3, 0.7])
    for second in ((found, said), (said, found)):
        made = made_of(agree("engine", found, said), agree("closed form", *second))
        assert made.verdict == "inconclusive"
        assert "compare the same numbers, computed once" in made.parts[0].checks[2].detail
    again = made_of(agree("engine", found, said), agree("closed form", found.copy(), said))
    assert again.verdict == "supported"
    # Cases of one route may meet again, and small integers are kept once by Python itself.
    assert made_of(agree("a", found, said), agree("a", found, said), GOOD).verdict == "proved"
    assert made_of(agree("a", 1 + 1, 2), agree("b", 3 - 1, 2)).verdict == "supported"


def test_one_margin_is_one_route():
    margin = np.array([0.3, 0.7])
    assert made_of(positive("a", margin), positive("b", margin)).verdict == "inconclusive"
    assert made_of(positive("a", margin), positive("b", margin.copy())).verdict == "supported"


def test_an_equation_that_is_turned_or_has_company_is_one_proof():
    left, right = (X + 1) ** 2, X**2 + 2 * X + 1
    for second in ([eq(right, left)], [eq(left, right), eq(X * (X + 1), X**2 + X)]):
        made = made_of(exact("one", eq(left, right)), exact("two", *second))
        assert made.verdict == "inconclusive", second
    other = exact("two", eq((X - 1) ** 2, X**2 - 2 * X + 1))
    assert made_of(exact("one", eq(left, right)), other).verdict == "proved"


def test_the_numbers_are_let_go_once_they_are_compared():
    made = made_of(GOOD, agree("numbers", np.ones(3), np.ones(3)))
    assert [check.compared for check in made.parts[0].checks] == [None, None]
    assert all("compared" not in check for check in made.to_json()["checks"])


@pytest.mark.parametrize("number", [np.ones(2), [1.0], Estimate(1.0, 1e-9, "quadrature")])
def test_no_number_is_compared_with_itself(number):
    with pytest.raises(ValueError, match="`one` and `two` of 'r' must be two, got .* twice"):
        agree("r", number, number)


def test_the_name_of_a_route_can_be_seen():
    with pytest.raises(ValueError, match="`route` must be the name of a way"):
        agree("engine\u200b", 1.0, 1.0)


# Reasons that are none


@pytest.mark.parametrize("outcome", ["holds", "fails", "unknown"])
def test_no_proof_is_written_down(outcome):
    other = Step("0 = 1", "sympy", "unknown" if outcome == "fails" else "fails")
    for kind, steps in (
        ("proof", ()),
        ("proof", (other,)),
        ("proof", (argued("a", "b"),)),
        ("argument", ()),
        ("argument", (Step("a", "sympy", "holds"),)),
        ("certificate", ()),
        ("certificate", (other,)),
    ):
        with pytest.raises(ValueError, match=f"`steps` of 'r' must be the grounds of a.* {kind}"):
            Check("r", kind, outcome, steps=steps)


def test_of_no_cases_nothing_is_decided():
    assert every([]) == every(x > 0 for x in range(0)) == "unknown"
    assert exact("r", every(x > 0 for x in ()), cases="all of them").outcome == "unknown"
    assert every([True, np.True_, sp.true, "holds"]) == "holds"
    assert every([True, "unknown"]) == "unknown"
    assert every(["unknown", np.False_]) == "fails"
    with pytest.raises(ValueError, match=r"call every\(...\) on several"):
        every([np.ones(2) > 0])


def test_equations_made_by_hand_are_of_exact_expressions_too():
    with pytest.raises(ValueError, match="`left` must be a sympy expression without floats"):
        Equation(0.5, sp.Rational(1, 2))
    with pytest.raises(ValueError, match="`right` must be a sympy expression without floats"):
        Equation(sp.Rational(1, 2), 0.5)


def test_digits_that_cancel_refute_no_equation():
    nested, plain, large = sp.sqrt(5 + 2 * sp.sqrt(6)), sp.sqrt(2) + sp.sqrt(3), sp.exp(300)
    assert eq(nested * large, plain * large).step().outcome == "unknown"
    assert eq(nested * large, plain * large + 1).step().outcome != "holds"
    assert eq(nested, plain + sp.Rational(1, 1000)).step().outcome == "fails"


@pytest.mark.parametrize(
    "made",
    [
        lambda: exact("r", eq(sp.sin(X).diff(X), sp.cos(X), "carried out before it was given")),
        lambda: exact("r", eq(X - 2 * X, -X)),
        lambda: shown("$1 = 1$: $g(0)$", True),
        lambda: argued("$x = x$", "nothing"),
    ],
)
def test_no_step_writes_both_sides_alike(made):
    with pytest.raises(ValueError, match=r"alike, got '\$.*sp.Subs\(g, x, 0\).*difference\(g, h\)"):
        made()


@pytest.mark.parametrize(
    ("left", "right", "written"),
    [
        (sp.Derivative(sp.sin(X), X), sp.cos(X), r"\frac{d}{d x} \sin{\left(x \right)}"),
        (difference(X, 2 * X), -X, r"- 2 x + x"),
        (difference(X + 1, X - 1), 2, r"- (x - 1) + \left(x + 1\right)"),
        (
            sp.Derivative(sp.polylog(2, X), X),
            -sp.log(1 - X) / X,
            r"\frac{d}{d x} \operatorname{Li}_{2}\left(x\right)",
        ),
        (sp.Subs(X + 1, X, 0), 1, r"\left. x + 1 \right|_{\substack{ x=0 }}"),
    ],
)
def test_what_stands_as_it_is_can_be_replayed(left, right, written):
    assert eq(left, right).step().says == f"${written} = {sp.latex(right)}$"
    assert eq(left, right).step().outcome == "holds"
    assert eq(left, right + 1).step().outcome == "fails"


# Numbers


@pytest.mark.parametrize(
    ("one", "two", "outcome"),
    [
        (10**12, 10**12 + 1, "fails"),
        (10**17, 10**17 + 1, "fails"),
        (np.arange(3), [0, 1, 2], "holds"),
        ([Fraction(1, 3)], [Fraction(1, 3) + Fraction(1, 10**15)], "fails"),
        (sp.Rational(1, 3), Fraction(1, 3), "holds"),
        (np.zeros(0, int), np.zeros(0, int), "unknown"),
        # A float has rounding, whatever it is compared with.
        (1e12, 10**12 + 1, "holds"),
        (1 / 3, Fraction(1, 3), "holds"),
    ],
)
def test_integers_and_fractions_have_no_rounding(one, two, outcome):
    assert agree("r", one, two).outcome == agree("r", two, one).outcome == outcome


def test_what_is_left_of_a_sum_that_cancels_refutes_no_zero():
    left = [agree("a", 0.1 + 0.2 - 0.3, 0), agree("b", float(np.sum([0.1, 0.2, -0.3])), 0.0)]
    made = made_of(*left, witness(x=1))
    assert made.verdict == "inconclusive"
    assert "give the `floor`" in left[0].measured


def test_numbers_below_the_tolerance_are_not_compared():
    assert agree("r", 1e-13, float("2e-13"), floor=1).outcome == "unknown"
    assert agree("r", [1e-13, 0.0], [0.0, 3e-13], floor=1).outcome == "unknown"
    assert agree("r", [1e-13, 0.5], [2e-13, 0.5], floor=1).outcome == "holds"
    assert agree("r", 1e-13, 0.0, floor=1).outcome == "holds"


def test_a_column_is_not_compared_with_a_row():
    for one, two in ((np.ones((3, 1)), np.ones(3)), (np.ones((2, 3)), np.ones(3))):
        with pytest.raises(ValueError, match="`one` and `two` must have one shape, got"):
            agree("r", one, two)
    assert agree("r", np.ones((2, 3)), 1.0).outcome == "holds"


@pytest.mark.parametrize("sign", [1, -1])
def test_large_numbers_that_are_equal_up_to_rounding_are_in_no_order(sign):
    large = 1e9
    assert positive("r", large + sign * 1e-7, than=large).outcome == "unknown"
    assert positive("r", large + 1, than=large).outcome == "holds"
    assert positive("r", large, than=large + 1).outcome == "fails"
    assert positive("r", 1.0, than=Estimate(0.9, 0.2, "quadrature")).outcome == "unknown"
    assert positive("r", 1.0, than=Estimate(0.9, 0.01, "monte-carlo")).kind == "monte-carlo"
    assert "decide it exactly" in positive("r", 0.0).measured


def test_a_radius_that_need_not_hold_decides_nothing():
    loose = Estimate(1.0, 1e-9, "monte-carlo", 0.9)
    for compare in (lambda: agree("r", loose, 1.1), lambda: positive("r", loose)):
        with pytest.raises(ValueError, match="`confidence` of an `Estimate` must be at least"):
            compare()
    assert agree("r", loose, 1.1, kind="experiment").outcome == "fails"


# Claims and what they rest on


def test_a_budget_leaves_something_to_check():
    for samples, points in ((0, 4), (4, 0), (4, -1)):
        with pytest.raises(ValueError, match=r"`(samples|points)` must be"):
            Budget("none", samples, points)


def test_what_rests_on_what_does_not_stand_is_told():
    premises = {"a": ["b"], "b": ["c"], "c": ["d"], "d": [], "e": ["f"], "f": ["e"], "g": ["d"]}
    verdicts = dict.fromkeys(premises, "proved") | {"d": "refuted", "g": "refuted"}
    on_d = ("rests on d, which is refuted",)
    itself = ("rests on itself",)
    found = {"a": on_d, "b": on_d, "c": on_d, "e": itself, "f": itself}
    assert unsound(premises, verdicts) == found
    for verdict in ("proved", "certified", "argued", "supported"):
        assert unsound({"a": ["b"]}, {"a": "proved", "b": verdict}) == {}
    for verdict in ("not reproduced", "inconclusive", "untested"):
        assert list(unsound({"a": ["b"]}, {"a": "proved", "b": verdict})) == ["a"]


def test_a_step_that_fails_is_no_proof():
    made = exact("r", TRUE, shown("0 = 1", False))
    assert (made.kind, made.outcome) == ("certificate", "fails")
