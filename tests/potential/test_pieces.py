"""The rule for densities that are exponentials between kinks, against panels and against mpmath."""

import dataclasses

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import perturbtheory as pt
from perturbtheory.numerics import register
from perturbtheory.potential.methods import _pieces, quadrature_rows

NOISES = [pt.Laplace(), pt.Laplace(0.3), pt.Exponential(2.0), pt.Uniform(), pt.Uniform(0.0, 3.0)]
DIMENSIONS = [1, 2, 3, 5, 10]


def _rows(dimension, spread):
    theta = spread * np.random.default_rng(dimension).normal(size=(6, dimension))
    theta[0] = 0.0  # a tie of all kinks
    theta[1] = np.round(theta[1])
    return theta


def _by_panels(monkeypatch, question, *vectors):
    with monkeypatch.context() as patch:
        patch.setattr(quadrature_rows, "serves_one", lambda noise, d: False)
        return question(*vectors)


@pytest.mark.parametrize("noise", NOISES, ids=str)
@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("spread", [0.5, 6.0])
def test_panels_give_the_same(noise, dimension, spread, monkeypatch):
    f, theta = pt.expected_max(noise), _rows(dimension, spread)
    v = np.random.default_rng(0).normal(size=theta.shape)
    for question, relative in [(f, 3e-15), (f.probabilities, 1e-13), (f.hessian, 1e-11)]:
        found = question(theta)
        assert_allclose(found, _by_panels(monkeypatch, question, theta), rtol=relative, atol=1e-15)
    p, panels = f.probabilities(theta), _by_panels(monkeypatch, f.probabilities, theta)
    assert_array_equal(p == 0, panels == 0)
    assert np.all(np.abs(p - panels) <= 2e-13 * panels)
    assert_allclose(f.hvp(theta, v), _by_panels(monkeypatch, f.hvp, theta, v), rtol=0, atol=3e-14)


@pytest.mark.parametrize("noise", NOISES, ids=str)
def test_a_row_has_the_same_answer_alone_and_among_others(noise):
    f, theta = pt.expected_max(noise), np.concatenate([_rows(3, s) for s in (0.1, 3.0, 40.0)])
    many = np.tile(theta, (60, 1))
    for question in (f, f.probabilities, f.log_probabilities, f.hessian, f.entropy):
        alone = np.stack([question(row) for row in theta])
        assert_array_equal(question(many), np.tile(alone, (60, *[1] * (alone.ndim - 1))))
    v = np.random.default_rng(1).normal(size=many.shape)
    alone = [f.hvp(*pair) for pair in zip(many, v, strict=True)]
    assert_array_equal(f.hvp(many, v), alone)


def test_the_rule_is_used():
    theta = _rows(4, 3.0)
    for noise in NOISES:
        assert quadrature_rows.serves_one(noise, 4)
        assert _pieces.integrate(noise, theta).done.all(), noise


def test_two_categories_far_below_keep_the_digits_of_their_slope():
    theta = np.array([14.95919452, 17.01934582, -14.19369741, -12.14394371])
    found = pt.expected_max(pt.Laplace()).hessian(theta)[2, 3]
    assert_allclose(found, float(-_both_rates(theta, 2, 3)), rtol=1e-11)


def _both_rates(theta, i, j):
    """int f_i f_j prod F_k ds for Laplace noise, in 40 digits."""
    with mp.workdps(40):
        t = [mp.mpf(float(x)) for x in theta]
        low, high = min(t) - 90, max(t) + 90
        places = sorted({*t, *mp.linspace(low, high, int(high - low))})

        def integrand(s):
            rest = [s - t[k] for k in range(len(t)) if k not in (i, j)]
            cdfs = (1 - mp.exp(-x) / 2 if x > 0 else mp.exp(x) / 2 for x in rest)
            return mp.exp(-abs(s - t[i]) - abs(s - t[j])) / 4 * mp.fprod(cdfs)

        return mp.quad(integrand, places)


@pytest.mark.parametrize("theta", [[0.0, 1.9999999], [0.0, 1.9999999, 0.5], [0.0, 1e9]])
def test_supports_that_hardly_meet_and_large_theta_are_left_to_panels(theta, monkeypatch):
    f, theta = pt.expected_max(pt.Uniform()), np.array(theta)
    assert not _pieces.integrate(f.noise, theta[None]).done.any()
    panels = _by_panels(monkeypatch, f.probabilities, theta)
    assert_array_equal(f.probabilities(theta), panels)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Bent(pt.Laplace):
    """Laplace noise on the left, on the right as steep again from a place that nobody named."""

    def _bend(self, x):
        return x + np.maximum(x - 1.7, 0.0)

    def log_cdf(self, x):
        return super().log_cdf(self._bend(x))

    def log_pdf(self, x):
        return super().log_pdf(self._bend(x)) + np.where(x > 1.7, np.log(2.0), 0.0)

    def cdf_and_rate(self, x):
        cdf, rate = super().cdf_and_rate(self._bend(x))
        return cdf, rate * np.where(x > 1.7, 2.0, 1.0)


def test_a_law_that_is_not_what_it_declares_is_left_to_panels(monkeypatch):
    noise, theta = Bent(), np.array([[0.3, 0.0, -0.4]])
    assert quadrature_rows.serves_one(noise, 3)
    assert not _pieces.integrate(noise, theta).done.any()
    f = pt.expected_max(noise)
    assert_array_equal(f.probabilities(theta), _by_panels(monkeypatch, f.probabilities, theta))


def test_products_with_the_hessian_keep_the_digits_of_differences():
    theta = np.array([0.0, -30.0, -58.0])
    f, v = pt.expected_max(pt.Laplace()), np.array([1.0, -2.0, 0.5])
    by_rows = [
        sum(-h * (v[i] - v[j]) for j, h in enumerate(row) if j != i)
        for i, row in enumerate(f.hessian(theta))
    ]
    assert_allclose(f.hvp(theta, v), by_rows, rtol=1e-14)
    assert f.hvp([0.3], [2.0])[0] == 0
