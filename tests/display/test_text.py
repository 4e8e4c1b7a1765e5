"""Numbers as text: the interval that is shown holds what the true one holds; arrays stay short."""

import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perturbtheory import Estimate, display
from perturbtheory.display import array, exact_array, measured, number, plain_repr

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
numbers = st.one_of(finite, st.floats(-2.0, 2.0))
radii = st.floats(1e-18, 1e3)


@given(numbers, radii)
@example(1.42697903123, 2.14e-9)
@example(0.5, 9.96)
@example(-1e300, 1e3)
@example(9.5e-6, 1e-7)
def test_the_interval_that_is_shown_holds_the_true_one(value, radius):
    shown, room = (Fraction(text) for text in measured(value, radius))
    # Sums of floats are rounded: a unit in the last place of the radius or of the value.
    slack = Fraction(1e-15) * (Fraction(radius) + abs(Fraction(value)))
    assert abs(Fraction(value) - shown) + Fraction(radius) <= room + slack
    assert room <= Fraction(radius) * Fraction(12, 10) + abs(Fraction(value) - shown) + slack


@given(st.floats(-2.0, 2.0), st.floats(1e-12, 1e-2))
def test_no_digit_is_shown_that_is_not_known(value, radius):
    shown, _ = measured(value, radius)
    last_place = Fraction(10) ** -len(shown.partition("e")[0].partition(".")[2])
    if "e" in shown:
        last_place *= Fraction(10) ** int(shown.partition("e")[2])
    assert last_place * 101 >= Fraction(radius)
    assert last_place <= Fraction(radius)


@pytest.mark.parametrize(
    ("value", "radius", "text"),
    [
        (1.42697903, 2.1e-6, "Estimate(1.4269790 ± 2.2e-06, quadrature)"),
        (0.5, 0.0, "Estimate(0.5 ± 0, quadrature)"),
        (float("nan"), 1.0, "Estimate(nan ± 1, quadrature)"),
        (1.0, float("inf"), "Estimate(1 ± inf, quadrature)"),
        ([0.25, 0.75], [0.01, 0.002], "Estimate([0.250, 0.750] ± 0.011 or less, quadrature)"),
        ([], [], "Estimate([] ± 0 or less, quadrature)"),
        ("three", None, "Estimate('three' ± None, quadrature)"),
    ],
)
def test_an_estimate_is_its_value_and_its_radius(value, radius, text):
    assert repr(Estimate(value, radius, "quadrature")) == text
    assert str(Estimate(value, radius, "quadrature")) in text


def test_an_estimate_from_draws_says_how_sure_it_is():
    assert repr(Estimate(0.3, 0.01, "monte-carlo", 0.999)).endswith("confidence 0.999)")


def test_an_estimate_in_latex_has_powers_of_ten():
    latex = Estimate(1.0, 2e-9, "quadrature")._repr_latex_()
    assert latex == r"$1.0000000000 \pm 2 \cdot 10^{-9}$"
    assert Estimate([1.0], [0.1], "quadrature")._repr_latex_() is None
    unknown = Estimate(float("nan"), float("inf"), "quadrature")
    assert unknown._repr_latex_() == r"$\mathrm{nan} \pm \infty$"


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=8), st.floats(1e-14, 1e-2))
def test_entries_of_an_array_are_within_the_radius_that_is_shown(values, radius):
    text = str(Estimate(np.array(values), np.full(len(values), radius), "quadrature"))
    entries, _, room = text.removesuffix(" or less").partition(" ± ")
    for true, shown in zip(values, entries.strip("[]").split(", "), strict=True):
        off = abs(Fraction(true) - Fraction(shown)) + Fraction(radius)
        assert off <= Fraction(room) * (1 + Fraction(1e-12))


@pytest.mark.parametrize("shape", [(100_000,), (100_000, 3), (3, 100_000)])
def test_a_long_array_is_short_and_quick(shape):
    values = np.ones(shape)
    begin = time.process_time()
    texts = [array(values), exact_array(values), repr(Estimate(values, values, "quadrature"))]
    texts.append(Estimate(values, values, "quadrature")._repr_html_())
    assert time.process_time() - begin < 1.0
    assert max(map(len, texts)) < 1000
    assert all("100000" in text for text in texts)


@pytest.mark.parametrize("value", [None, "text", object(), [1, [2]], {"a": 1}, np.array(["a"])])
def test_nothing_raises(value):
    for show in (array, exact_array, number, plain_repr):
        assert isinstance(show(value), str)


def test_a_repr_that_raises_is_said():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert plain_repr(Broken()) == "<Broken, whose repr raises RuntimeError>"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("10⁻³", "10^-3"),
        ("x² + y₁₂", "x^2 + y_12"),
        ("½", "1/2"),
        ("Łukasz, Ørsted, Æ, œuvre, Weiß", "Lukasz, Orsted, Ae, oeuvre, Weiss"),
        ("ϑ, ς, ά", "theta, sigma, alpha"),
        ("∀ x ∃ y: ¬(x ≡ y)", "for all  x there is  y: not (x == y)"),
        ("─│┌", "-|+"),
    ],
)
def test_what_has_no_ascii_of_its_own_keeps_its_meaning(text, plain):
    """10² is not 102, and ½ is not 12."""
    assert display.ascii_text(text) == plain


def test_every_character_has_ascii():
    for code in range(0x250):
        assert display.ascii_text(f"a{chr(code)}b").isascii()


@given(
    st.floats(0, 1) | st.floats(-1e300, 1e300),
    st.floats(0, 1),
    st.sampled_from([0.0, 1e-12, 1e-3]),
)
def test_no_point_of_an_interval_is_lost(low, width, tolerance):
    high = low + width
    least, most = map(float, display.outward(low, high, tolerance))
    assert least <= low + tolerance
    assert most >= high - tolerance
    assert abs(least - low) <= 1e-3 * abs(low) + 1e-300
    assert abs(most - high) <= 1e-3 * abs(high) + 1e-300


def test_exact_ends_are_shown_as_they_are():
    assert display.outward(Fraction(1, 3), Fraction(2, 3)) == ("1/3", "2/3")
    assert display.outward(-math.inf, math.inf) == ("-inf", "inf")
