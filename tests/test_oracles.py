"""What the engine is held against is itself held against other routes, and its laws are laws."""

from fractions import Fraction

import numpy as np
import pytest
from flint import acb, ctx

from perturbtheory.perturbations import Gumbel, Logistic, Normal
from perturbtheory.routes import enclosure, rational
from tests import oracles
from tests.laws import EXACT

THETA = [0.3, -0.2, 1.1]


def test_uniform_and_discrete_answers_are_the_rational_ones():
    theta = [Fraction(t) for t in THETA]
    found, exact = oracles.solve(oracles.uniform(-1, 1), THETA), rational.uniform(theta)
    assert abs(found.value - exact.value) < 1e-24
    assert all(abs(x - y) < 1e-24 for x, y in zip(found[1], exact.probabilities, strict=True))
    tied = [Fraction(1, 2), Fraction(1, 2), Fraction(-3, 2)]
    found, exact = oracles.enumerated([-1, 1], [0.5, 0.5], tied), rational.discrete(tied, [-1, 1])
    assert (found.value, found.probabilities) == (exact.value, exact.probabilities)


@pytest.mark.parametrize(
    ("law", "noise"),
    [
        (oracles.normal(), Normal), (oracles.gumbel(), Gumbel), (oracles.logistic(), Logistic),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)  # fmt: skip
def test_smooth_answers_are_the_enclosed_ones(law, noise):
    scales = np.array([1.0, 0.25, 2.0])
    found = oracles.solve([law.scaled(s) for s in scales], THETA)
    value = enclosure.value(noise(scales), THETA)
    p = enclosure.probabilities(noise(scales), THETA)
    assert abs(found.value - value.middle) < 1e-22
    for x, y in zip(found.probabilities, p, strict=True):
        assert abs(x - y.middle) < 1e-22 * y.middle


@pytest.mark.parametrize("name", EXACT)
def test_every_law_is_one(name):
    """From zero to one, continuous, and the density is the derivative of the cdf."""
    law = EXACT[name]
    laws = law if isinstance(law, list) else [law]
    for one in laws:
        with ctx.workprec(200):
            ends = [
                [
                    one.pieces[k][1](acb(oracles.ball(cut)), False).real
                    for cut in one.cuts[k : k + 2]
                ]
                for k in range(len(one.pieces))
            ]
            last = 0
            for left, right in ends:
                assert abs(float(left) - float(last)) < 1e-20
                last = right
            assert abs(1 - float(last)) < 1e-20
            for k, (density, cdf) in enumerate(one.pieces):
                middle = acb(oracles.ball((one.cuts[k] + one.cuts[k + 1]) / 2))
                step = acb(oracles.ball(Fraction(1, 10**9))) * (1 + abs(middle.real))
                slope = (cdf(middle + step, False) - cdf(middle - step, False)) / (2 * step)
                error = abs(float((slope - density(middle, False)).real))
                assert error <= 1e-12 * (1 + abs(float(density(middle, False).real)))


def test_errors_are_taken_in_exact_arithmetic():
    third = [Fraction(1, 3), Fraction(2, 3)]
    assert np.all(oracles.errors([1 / 3, 2 / 3], third) > 0)
    assert np.all(oracles.errors([1 / 3, 2 / 3], third) < 1e-16)
    assert oracles.errors([0.5], [Fraction(1, 2)]).tolist() == [0.0]
    assert oracles.relative([0.0, 0.5], [Fraction(0), Fraction(1, 4)]).tolist() == [0.0, 1.0]
    assert oracles.relative([1e-300], [Fraction(0)]).tolist() == [np.inf]
