"""Ways past the comparison of numbers, each of which once succeeded."""

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from perturbtheory.estimate import Estimate
from perturbtheory.ledger import agree, eq, exact, positive, witness
from tests.ledger.test_ledger import made_of


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


@pytest.mark.parametrize(
    ("one", "two", "more"),
    [
        # A radius, be it ever so small, makes no digits.
        (Estimate(1e-12, 1e-300, "closed form"), 3e-12, {"floor": 1}),
        (Estimate(1e-7, 1e-300, "closed form"), 9e-7, {"floor": 1, "slack": 1e-6}),
        # Below the smallest numbers that are told apart.
        (1e-310, 9e-310, {}),
        (1e-305, 9e-302, {}),
    ],
)
def test_wrong_digits_of_small_numbers_are_not_within(one, two, more):
    assert agree("r", one, two, **more).outcome != "holds"


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
    assert (
        positive("r", 1.0, than=Estimate(0.9, 0.01, "monte-carlo", 1 - 1e-6)).kind == "monte-carlo"
    )
    assert "decide it exactly" in positive("r", 0.0).measured


def test_a_radius_that_need_not_hold_decides_nothing():
    loose = Estimate(1.0, 1e-9, "monte-carlo", 0.9)
    for compare in (lambda: agree("r", loose, 1.1), lambda: positive("r", loose)):
        with pytest.raises(ValueError, match="`confidence` of an `Estimate` must be at least"):
            compare()
    assert agree("r", loose, 1.1, kind="experiment").outcome == "fails"


@pytest.mark.parametrize("kind", ["monte-carlo", "quasi-monte-carlo"])
def test_draws_are_never_certain(kind):
    unsaid = Estimate(1.0, 1e-3, kind)
    for compare in (lambda: agree("r", unsaid, 1.0), lambda: positive("r", unsaid)):
        with pytest.raises(ValueError, match="must be stated, got 1: draws are never certain"):
            compare()
    assert agree("r", unsaid, 1.0, kind="experiment").outcome == "holds"


@pytest.mark.parametrize("sure", [float("nan"), 1.5, -1.0])
@pytest.mark.parametrize("first", [True, False])
def test_every_confidence_counts(sure, first):
    pair = [Estimate(1.0, 1e-3, "monte-carlo", sure), Estimate(1.0, 1e-3, "monte-carlo", 1 - 1e-6)]
    with pytest.raises(ValueError, match="`confidence` of an `Estimate` must be at least"):
        agree("r", *(pair if first else pair[::-1]))


@pytest.mark.parametrize(
    "entry", [np.complex128(1 + 5j), 1 + 5j, "1.0", b"1.0", None, np.datetime64("1970-01-02")]
)
def test_no_number_hides_in_an_array_of_objects(entry):
    for number in (entry, np.array([entry], dtype=object)):
        with pytest.raises(ValueError, match="`one` must be an `Estimate` or real numbers, got"):
            agree("r", number, 1.0)


def test_numbers_in_other_wrappings_are_one_route():
    found, said = np.array([0.3, 0.7]), np.array([0.3, 0.7])
    estimate = Estimate(found, 0.0, "closed form")
    for again in (found[:], found.reshape(2), estimate, estimate._replace(radius=1e-9)):
        made = made_of(agree("engine", found, said), agree("closed form", again, said[:]))
        assert made.verdict == "inconclusive", again
        with pytest.raises(ValueError, match="`one` and `two` of 'r' must be two"):
            agree("r", again, found)
    other = agree("closed form", found[::-1], said[::-1])
    assert made_of(agree("engine", found, said), other).verdict == "supported"


def test_a_mask_is_not_lost():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(ValueError, match="`one` must be an `Estimate` or real numbers"):
        agree("r", masked, [1.0, 3.0])
    whole = np.ma.array([1.0, 2.0])
    assert agree("r", whole, [1.0, 2.0]).outcome == "holds"


@pytest.mark.parametrize("module", [np, jnp])
def test_a_truth_value_may_be_an_array_without_axes(module):
    numbers = module.asarray([1.0, 2.0])
    assert exact("r", module.all(numbers > 0), cases="two").outcome == "holds"
    assert exact("r", module.asarray(numbers[0] > 1), cases="one").outcome == "fails"
    with pytest.raises(ValueError, match="must be True, False or one of"):
        exact("r", numbers > 0, cases="two")


def test_equations_for_named_cases_are_a_certificate():
    n = sp.Symbol("n", integer=True)
    at_three = eq(sp.Sum(n, (n, 1, 3)), 6)
    assert exact("r", at_three).kind == "proof"
    assert exact("r", at_three, cases="$n = 3$").kind == "certificate"
