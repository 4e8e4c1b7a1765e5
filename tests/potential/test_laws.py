"""Laws of every potential, of the public kit, for every family, on NumPy: nothing is compiled.

theta is drawn in dyadic fractions, so that a shift or a change of units is exact and a tie stays
a tie.
"""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturbtheory.testing import laws, strategies
from tests.laws import ALL, D

RATE = 1e-9
"""The probability that one of these tests fails without a defect, for each that draws."""
PAIRS = [(law, name) for law in laws.POTENTIAL for name in ALL if not law.applies(ALL[name])]
FAMILIES = {
    "probabilities": 26, "translation": 26, "permutation": 21, "convexity": 26, "bounds": 25,
    "Hessian": 26, "derivatives": 23, "derivatives to nine digits": 15, "entropy": 26,
    "one category": 26, "integral": 23, "sum over atoms": 3, "sampled probabilities": 26,
}  # fmt: skip


QUICK = (
    "normal", "laplace", "uniform", "student-3", "coin", "three-atoms", "normal-coordinates",
    "atoms-coordinates", "normal+0.5G",
)  # fmt: skip
"""Families that are tried by another route every time; the others with `-m slow`."""


def pairs(chosen):
    def marks(law, name):
        other_route = law.statistical or law.most is not None
        return [pytest.mark.slow] * (other_route and name not in QUICK)

    return pytest.mark.parametrize(
        ("law", "name"),
        [
            pytest.param(law, name, id=f"{law.name}-{name}", marks=marks(law, name))
            for law, name in PAIRS
            if chosen(law)
        ],
    )


def test_no_law_has_lost_a_family() -> None:
    assert Counter(law.name for law, _ in PAIRS) == FAMILIES


@pairs(lambda law: law.inputs and law.most is None)
@given(data=st.data())
def test_law(law, name, data) -> None:
    assert law.check(ALL[name], **data.draw(strategies.inputs(law, D))) is None


@pairs(lambda law: law.most is not None)
@settings(max_examples=4)
@given(data=st.data())
def test_law_at_few_points(law, name, data) -> None:
    assert law.check(ALL[name], **data.draw(strategies.inputs(law, D))) is None


@pairs(lambda law: not law.inputs)
def test_law_of_the_whole(law, name) -> None:
    law.check(ALL[name], **({"seed": 0, "rate": RATE} if law.statistical else {}))
