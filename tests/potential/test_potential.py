"""Laws of every potential: convex, equivariant, a gradient that is a law, a Hessian Laplacian."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.testing.strategies import thetas

POTENTIALS = {
    "normal": pt.expected_max(pt.Normal()),
    "gumbel": pt.expected_max(pt.Gumbel(0.5)),
    "laplace": pt.expected_max(pt.Laplace()),
    "student": pt.expected_max(pt.StudentT(3.0)),
    "uniform": pt.expected_max(pt.Uniform()),
    "coin": pt.expected_max(pt.Discrete([-1.0, 1.0])),
    "normal-softmax": pt.expected_logsumexp(pt.Normal(), 0.5),
    "coin-softmax": pt.expected_logsumexp(pt.Discrete([-1.0, 1.0]), 0.3),
    "mixed-scales": pt.expected_max(pt.Normal(np.array([0.01, 1.0, 100.0, 0.5, 3.0]))),
}
IDENTICAL = [name for name in POTENTIALS if name != "mixed-scales"]
CENTRED = [name for name in POTENTIALS if POTENTIALS[name].noise.finite_mean]
D = 5
# Compiling takes nearly all of the time: heavy tails and mixtures of smoothed atoms are the dearest
# to compile, and the accuracy of both is tested elsewhere; their laws run with `-m slow`.
SLOW = ("student", "coin-softmax")


def named(names: Iterable[str]) -> list[Any]:
    return [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in names]


every = pytest.mark.parametrize("name", named(POTENTIALS))
ATOL = 1e-11


@every
@given(theta=thetas(D))
def test_probabilities_are_a_probability_vector(name: str, theta: np.ndarray) -> None:
    p = np.asarray(POTENTIALS[name].probabilities(theta))
    assert np.all(p >= 0)
    assert abs(p.sum() - 1) < 1e-14


@every
@given(theta=thetas(D), shift=st.floats(-100, 100))
def test_translation(name: str, theta: np.ndarray, shift: float) -> None:
    f = POTENTIALS[name]
    tie = name == "coin"  # rounding theta + shift may undo or make a tie
    np.testing.assert_allclose(f(theta + shift), f(theta) + shift, atol=1e-12 * 1e2)
    if not tie:
        np.testing.assert_allclose(
            f.probabilities(theta + shift), f.probabilities(theta), atol=ATOL
        )


@pytest.mark.parametrize("name", named(IDENTICAL))
@given(theta=thetas(D), order=st.permutations(range(D)))
def test_permutation(name: str, theta: np.ndarray, order: list[int]) -> None:
    f = POTENTIALS[name]
    np.testing.assert_allclose(f(theta[order]), f(theta), atol=ATOL)
    p = np.asarray(f.probabilities(theta))
    np.testing.assert_allclose(f.probabilities(theta[order]), p[order], atol=ATOL)


@every
@given(theta=thetas(D), tau=thetas(D))
def test_convex_with_a_monotone_gradient(name: str, theta: np.ndarray, tau: np.ndarray) -> None:
    f = POTENTIALS[name]
    p, q = np.asarray(f.probabilities(theta)), np.asarray(f.probabilities(tau))
    assert float(f(tau)) >= float(f(theta) + p @ (tau - theta)) - ATOL
    assert (q - p) @ (tau - theta) >= -ATOL


@every
@given(theta=thetas(D))
def test_between_jensen_and_the_union_bound(name: str, theta: np.ndarray) -> None:
    # max_i(theta_i + E gamma_i) <= f(theta) <= max theta + E max gamma = max theta + f(0).
    f = POTENTIALS[name]
    assert float(f(theta)) >= theta.max() + float(np.min(f.noise.mean)) - ATOL
    assert float(f(theta)) <= theta.max() + float(f(np.zeros(D))) + ATOL


@every
@given(theta=thetas(D), v=thetas(D))
def test_hessian_is_a_graph_laplacian(name: str, theta: np.ndarray, v: np.ndarray) -> None:
    f = POTENTIALS[name]
    if np.any(f.has_tie(theta)):
        return
    hessian = np.asarray(f.hessian(theta))
    scale = max(1.0, np.abs(hessian).max())
    assert np.array_equal(hessian, hessian.T)
    np.testing.assert_allclose(hessian.sum(1), 0, atol=1e-13 * scale)
    assert np.all(hessian - np.diag(np.diag(hessian)) <= 0)
    assert np.linalg.eigvalsh(hessian).min() >= -1e-13 * scale
    np.testing.assert_allclose(f.hvp(theta, v), hessian @ v, atol=1e-11 * scale)


SMOOTH = ["normal", "gumbel", "student", "normal-softmax", "coin-softmax", "laplace"]


@pytest.mark.parametrize("name", named(SMOOTH))
@given(theta=thetas(D, spread=3.0), v=thetas(D, spread=1.0))
def test_derivatives_agree_with_differences(name: str, theta: np.ndarray, v: np.ndarray) -> None:
    f, h = POTENTIALS[name], 1e-3
    # Central differences of fourth order: their own error is h^4 times a fifth derivative.
    steps = np.array([-2, -1, 1, 2])[:, None] * h * v + theta
    weights = np.array([1, -8, 8, -1]) / (12 * h)
    slack = 1e-7 if name == "coin-softmax" else 1e-9
    np.testing.assert_allclose(
        weights @ np.asarray(f(steps)), f.probabilities(theta) @ v, atol=slack
    )
    if name != "laplace":  # its second derivative is continuous, its third is not
        difference = weights @ np.asarray(f.probabilities(steps))
        np.testing.assert_allclose(difference, f.hvp(theta, v), atol=slack * 100)


@pytest.mark.parametrize("name", named(SMOOTH))
def test_third_derivatives(name: str) -> None:
    f = POTENTIALS[name]
    theta, v = jnp.asarray([0.3, -0.5, 0.0, 1.0, 0.2]), jnp.asarray([1.0, 0.0, -1.0, 0.5, 0.2])
    if name == "laplace":
        with pytest.raises(TypeError, match="three times under Laplace"):
            jax.jvp(lambda x: f.hvp(x, v), (theta,), (v,))
        return
    _, third = jax.jvp(lambda x: f.hvp(x, v), (theta,), (v,))
    h = 1e-3
    steps = theta + jnp.asarray([-2.0, -1.0, 1.0, 2.0])[:, None] * h * v
    difference = (
        np.array([1, -8, 8, -1])
        / (12 * h)
        @ np.asarray(f.hvp(steps, jnp.broadcast_to(v, steps.shape)))
    )
    np.testing.assert_allclose(third, difference, atol=1e-7)


@every
@given(theta=thetas(D))
def test_radii_hold_against_twice_the_panels(name: str, theta: np.ndarray) -> None:
    """A far translate has different nodes; both answers must lie within the radii."""
    f = POTENTIALS[name]
    one, two = f.estimate(theta), f.estimate(theta + 0.37)
    gap = abs(float(one.value) + 0.37 - float(two.value))
    assert gap <= float(one.radius) + float(two.radius) + 1e-15
    assert float(one.radius) < 1e-10


@pytest.mark.parametrize("perturbation", [pt.Normal(), pt.Uniform(), pt.StudentT(3.0)])
def test_temperature_to_zero_nests_the_maximum(perturbation: pt.AbstractPerturbation) -> None:
    theta = np.array([0.2, -0.4, 0.9])
    limit = pt.expected_max(perturbation)
    gaps = [
        np.abs(
            pt.expected_logsumexp(perturbation, t).probabilities(theta) - limit.probabilities(theta)
        ).max()
        for t in (1e-1, 1e-2, 1e-3)
    ]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-5


def test_ties_are_broken_fairly_and_reported() -> None:
    f = pt.expected_max(pt.Discrete([-1.0, 1.0]))
    np.testing.assert_allclose(f.probabilities(np.zeros(4)), 0.25)
    assert f.has_tie(np.zeros(2))
    assert not f.has_tie(np.array([0.0, 0.3]))
    assert not f.has_tie(np.array([0.0, 0.0, 9.0]))  # the tied ones never win
    assert f.has_tie(np.array([0.1 + 0.2, 0.3]))  # equal but for rounding
    with pytest.raises(ValueError, match="`theta` must have no tie"):
        f.hessian(np.zeros(2))
    assert np.all(np.isnan(jax.jit(f.hessian)(jnp.zeros(2))))
    assert not f.hessian(np.array([0.0, 0.3])).any()


def test_anchored_potential_without_a_mean() -> None:
    f = pt.expected_max(pt.StudentT(1.0))
    theta = np.array([0.0, 3.0])
    # d/dx f(0, x) = 1/2 + atan(x/2)/pi, integrated from 0 to 3.
    exact = 1.5 + (3 * np.arctan(1.5) - np.log1p(2.25)) / np.pi
    np.testing.assert_allclose(float(f.anchored(theta)), exact, rtol=1e-12)
    np.testing.assert_allclose(jax.grad(f.anchored)(jnp.asarray(theta)), f.probabilities(theta))
    g = pt.expected_max(pt.Normal())
    np.testing.assert_allclose(g.anchored(theta), g(theta) - g(np.zeros(2)), atol=1e-14)


class TestExtremes:
    """Spreads of 1e3, temperatures from 1e-3 to 1e2, scales from 1e-2 to 1e2."""

    @pytest.mark.parametrize("scale", [1e-2, 1e2])
    @pytest.mark.parametrize("law", [pt.Normal, pt.Logistic, pt.Laplace])
    def test_scale_is_a_change_of_units(self, law: type, scale: float) -> None:
        theta = np.array([0.0, 0.5, -2.0])
        unit, scaled = pt.expected_max(law(1.0)), pt.expected_max(law(scale))
        np.testing.assert_allclose(
            scaled.probabilities(theta * scale), unit.probabilities(theta), rtol=1e-11
        )
        np.testing.assert_allclose(scaled(theta * scale), unit(theta) * scale, rtol=1e-12)

    @pytest.mark.parametrize("temperature", [1e-3, 1e2])
    @pytest.mark.parametrize("law", [pt.Normal(), pt.Uniform(), pt.StudentT(2.0), pt.Gumbel()])
    def test_temperatures(self, law: pt.AbstractPerturbation, temperature: float) -> None:
        f = pt.expected_logsumexp(law, temperature)
        theta = np.array([0.0, 0.5, -2.0])
        value, p = f.estimate(theta), f.estimate_probabilities(theta)
        assert float(value.radius) < 2e-12 * max(1.0, abs(float(value.value)))
        assert np.max(p.radius) < 1e-12

    @pytest.mark.parametrize("name", ["normal", "laplace", "student", "uniform", "normal-softmax"])
    def test_wide_spread(self, name: str) -> None:
        f = POTENTIALS[name]
        theta = np.array([-1000.0, 0.0, -0.5, -300.0, -1.0])
        value = f.estimate(theta)
        p = np.asarray(f.probabilities(theta))
        assert np.all(np.isfinite(p))
        assert abs(p.sum() - 1) < 1e-14
        rest = np.asarray(f.probabilities(theta[[1, 2, 4, 1, 1]] + np.array([0, 0, 0, -1e3, -1e3])))
        np.testing.assert_allclose(
            p[[1, 2, 4]], rest[:3], atol=1e-7 if name == "student" else 1e-12
        )
        assert float(value.radius) < 1e-11
