"""Exact rational routes against hand-computed values, laws, and the engine."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.routes import rational
from perturbtheory.testing import strategies

COIN = [-1, 1]


def test_uniform_pair_has_the_values_of_the_paper():
    answer = rational.uniform([1, 0])
    assert answer.value == Fraction(1, 4) * (Fraction(4, 3) + 2 + 1 - Fraction(1, 6))
    assert answer.probabilities == (Fraction(7, 8), Fraction(1, 8))
    assert answer.hessian == ((Fraction(1, 4), -Fraction(1, 4)), (-Fraction(1, 4), Fraction(1, 4)))


def test_uniform_at_zero_is_the_mean_of_the_largest_of_d():
    for d in range(1, 6):
        answer = rational.uniform([0] * d, 0, 1)
        assert answer.value == Fraction(d, d + 1)
        assert answer.probabilities == (Fraction(1, d),) * d


def test_coin_at_a_tie():
    answer = rational.discrete([0, 0], COIN)
    quarter, three = Fraction(1, 4), Fraction(3, 4)
    assert answer == (Fraction(1, 2), (Fraction(1, 2),) * 2, (quarter,) * 2, (three,) * 2)


@given(strategies.rational_thetas(3))
def test_uniform_agrees_with_the_engine(theta):
    answer = rational.uniform(theta)
    f = pt.expected_max(pt.Uniform())
    point = np.array([float(t) for t in theta])
    np.testing.assert_allclose(f(point), float(answer.value), atol=1e-13)
    p = [float(x) for x in answer.probabilities]
    np.testing.assert_allclose(f.probabilities(point), p, atol=1e-13)
    hessian = [[float(x) for x in row] for row in answer.hessian]
    np.testing.assert_allclose(f.hessian(point), hessian, atol=1e-12)


@given(strategies.rational_thetas(3))
def test_discrete_agrees_with_the_engine(theta):
    atoms, weights = (
        [Fraction(-2), Fraction(1, 2), Fraction(1)],
        [Fraction(1, k) for k in (2, 4, 4)],
    )
    answer = rational.discrete(theta, atoms, weights)
    f = pt.expected_max(
        pt.Discrete(np.array([float(a) for a in atoms]), np.array([float(w) for w in weights]))
    )
    point = np.array([float(t) for t in theta])
    np.testing.assert_allclose(f(point), float(answer.value), atol=1e-13)
    p = [float(x) for x in answer.probabilities]
    np.testing.assert_allclose(f.probabilities(point), p, atol=1e-13)
    assert bool(f.has_tie(point)) == (answer.only != answer.some)


@given(strategies.rational_thetas(3), st.fractions(-2, 2, max_denominator=5))
def test_translation_moves_the_value_and_nothing_else(theta, c):
    one, two = rational.uniform(theta), rational.uniform([t + c for t in theta])
    assert (two.value, two.probabilities, two.hessian) == (
        one.value + c,
        one.probabilities,
        one.hessian,
    )
    first, second = (rational.discrete(t, COIN) for t in (theta, [t + c for t in theta]))
    assert (second.value, second[1:]) == (first.value + c, first[1:])


@given(strategies.rational_thetas(3))
def test_probabilities_and_laplacian(theta):
    answer = rational.uniform(theta, Fraction(-1, 2), 2)
    assert sum(answer.probabilities) == 1
    assert min(answer.probabilities) >= 0
    for i, row in enumerate(answer.hessian):
        assert sum(row) == 0
        assert all(h <= 0 for j, h in enumerate(row) if i != j)
    coin = rational.discrete(theta, COIN)
    assert sum(coin.probabilities) == 1
    assert all(
        a <= p <= b for p, a, b in zip(coin.probabilities, coin.only, coin.some, strict=True)
    )


@given(strategies.rational_thetas(2))
def test_gradient_is_the_derivative_of_the_value(theta):
    # On one cubic piece the central difference of a cubic errs by h^2 times its third derivative,
    # 1/8 at most, over 6; away from kinks of the second derivative.
    h = Fraction(1, 1000)
    up, down = (rational.uniform([theta[0] + s * h, theta[1]]).value for s in (1, -1))
    slope = (up - down) / (2 * h)
    assert abs(slope - rational.uniform(theta).probabilities[0]) <= h**2


def test_misuse():
    with pytest.raises(TypeError, match=r"`theta` must be int or fractions\.Fraction, got 0\.1"):
        rational.uniform([0.1, 0])
    with pytest.raises(ValueError, match="`low` must be less than `high`, got 1 and 1"):
        rational.uniform([0], 1, 1)
    with pytest.raises(ValueError, match="`weights`"):
        rational.discrete([0], COIN, [1, 1])
