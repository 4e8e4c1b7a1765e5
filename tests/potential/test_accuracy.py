"""Accuracy and honesty of the engine against exact values, kept apart as two questions.

Each problem has an exact answer found by other means: a closed form evaluated with mpmath, or
a multi-precision integral of the definition. Tags say what is hard about it.
"""

import dataclasses
from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats

import perturbtheory as pt


@dataclasses.dataclass(frozen=True)
class Problem:
    """What p_1 is at theta = (0, difference), to 30 digits."""

    noise: pt.AbstractPerturbation
    p_first: Callable[[mp.mpf], mp.mpf]  # of difference = theta_2 - theta_1
    differences: tuple[float, ...]
    tags: frozenset[str]
    relative: float = 1e-12


def _logistic_difference(x: mp.mpf) -> mp.mpf:
    """P(L - L' > x) for standard logistic L, L'."""
    if abs(x) < mp.mpf("1e-8"):
        return mp.mpf(1) / 2 - x / 6
    return 1 - mp.exp(x) * (mp.exp(x) - 1 - x) / (mp.exp(x) - 1) ** 2


PROBLEMS = {
    "normal": Problem(
        pt.Normal(),
        lambda x: mp.ncdf(-x / mp.sqrt(2)),
        (0.0, 0.3, 5.0, 16.0, -16.0),
        frozenset({"smooth", "far-tail"}),
    ),
    "normal-two-scales": Problem(
        pt.Normal(np.array([1.0, 0.01])),
        lambda x: mp.ncdf(-x / mp.sqrt(1 + mp.mpf("0.01") ** 2)),
        (0.0, 0.3, 5.0, 11.5, -11.5),
        frozenset({"mixed-scales", "far-tail"}),
    ),
    "normal-scales-1e4-apart": Problem(
        pt.Normal(np.array([100.0, 0.01])),
        lambda x: mp.ncdf(-x / mp.sqrt(mp.mpf(100) ** 2 + mp.mpf("0.01") ** 2)),
        (0.0, 50.0, -700.0, 1000.0),
        frozenset({"mixed-scales", "far-tail"}),
    ),
    "gumbel": Problem(
        pt.Gumbel(2.0),
        lambda x: 1 / (1 + mp.exp(x / 2)),
        (0.0, 1.0, -40.0, 130.0),
        frozenset({"closed-form", "far-tail"}),
    ),
    "gumbel-per-coordinate": Problem(
        pt.Gumbel(np.array([2.0, 2.0])),
        lambda x: 1 / (1 + mp.exp(x / 2)),
        (0.0, 1.0, -40.0, 130.0),
        frozenset({"panels", "far-tail"}),
    ),
    "gumbel-softmax-at-1": Problem(
        pt.smoothed(pt.Gumbel(), 1.0),
        lambda x: 1 - mp.exp(x) * (mp.exp(x) - 1 - x) / (mp.exp(x) - 1) ** 2,
        (0.5, 1.0, -3.0, 20.0),
        frozenset({"smoothed"}),
    ),
    "logistic": Problem(
        pt.Logistic(),
        _logistic_difference,
        (0.0, 1.0, -7.0, 65.0),
        frozenset({"smooth", "far-tail"}),
        relative=1e-10,
    ),
    "laplace": Problem(
        pt.Laplace(),
        lambda x: mp.exp(-x) * (2 + x) / 4 if x >= 0 else 1 - mp.exp(x) * (2 - x) / 4,
        (0.0, 0.01, 3.0, -3.0, 60.0),
        frozenset({"kinks", "far-tail"}),
    ),
    "cauchy": Problem(
        pt.StudentT(1.0),
        lambda x: mp.mpf(1) / 2 - mp.atan(x / 2) / mp.pi,
        (0.0, 1.0, -30.0, 1000.0),
        frozenset({"heavy-tail"}),
    ),
    "uniform": Problem(
        pt.Uniform(),
        lambda x: (2 - x) ** 2 / 8 if 0 <= x <= 2 else (1 - (2 + x) ** 2 / 8 if x > -2 else 1),
        (0.0, 0.1, 1.9999, -0.5, -5.0),
        frozenset({"kinks", "bounded-support"}),
        relative=1e-10,
    ),
    "coin": Problem(
        pt.Discrete([-1.0, 1.0]),
        lambda x: mp.mpf({0.0: 1 / 2, 0.5: 1 / 4, -0.5: 3 / 4, 2.0: 1 / 8, 3.0: 0.0}[float(x)]),
        (0.0, 0.5, -0.5, 2.0, 3.0),
        frozenset({"atoms", "ties"}),
    ),
    "coin-softmax": Problem(
        pt.smoothed(pt.Discrete([-1.0, 1.0]), 0.05),
        lambda x: sum(w / (1 + mp.exp((x + s) * 20)) for s, w in ((0, 0.5), (2, 0.25), (-2, 0.25))),
        (0.0, 0.5, -2.0, 3.0),
        frozenset({"atoms", "smoothed"}),
        relative=1e-11,
    ),
}
CASES = [(name, x) for name, problem in PROBLEMS.items() for x in problem.differences]


def test_every_hazard_has_a_problem() -> None:
    hazards = {
        "smooth", "far-tail", "mixed-scales", "closed-form", "panels", "smoothed", "kinks",
        "heavy-tail", "bounded-support", "atoms", "ties",
    }  # fmt: skip
    assert set().union(*(problem.tags for problem in PROBLEMS.values())) == hazards


@pytest.mark.parametrize(("name", "difference"), CASES)
def test_accurate(name: str, difference: float) -> None:
    problem = PROBLEMS[name]
    with mp.workdps(60):
        truth = problem.p_first(mp.mpf(difference))
        other = float(1 - truth)
        truth = float(truth)
    p = np.asarray(pt.Potential(problem.noise).probabilities(np.array([0.0, difference])))
    np.testing.assert_allclose(p, [truth, other], rtol=0, atol=1e-13)
    if min(truth, other) > 1e-30:
        np.testing.assert_allclose(p, [truth, other], rtol=problem.relative)


@pytest.mark.parametrize(("name", "difference"), CASES)
def test_honest(name: str, difference: float) -> None:
    problem = PROBLEMS[name]
    with mp.workdps(60):
        truth = problem.p_first(mp.mpf(difference))
        exact = np.array([float(truth), float(1 - truth)])
    theta = np.array([0.0, difference])
    assert pt.Potential(problem.noise).estimate_probabilities(theta).contains(exact)


def _normal_value(x: mp.mpf) -> mp.mpf:
    """E[max(X, x + X')] for X, X' ~ N(0, 4)."""
    root = mp.sqrt(8)
    return x * mp.ncdf(x / root) + root * mp.npdf(x / root)


def _mean_of_gumbel_pair(x: mp.mpf) -> mp.mpf:
    """E[log(exp(gamma_1) + exp(x + gamma_2))], which is also E[max] for logistic noise."""
    return x * mp.exp(x) / (mp.exp(x) - 1)


VALUES = {
    "normal": (pt.Normal(2.0), _normal_value),
    "gumbel": (pt.Gumbel(), lambda x: mp.log(1 + mp.exp(x))),
    "gumbel-softmax-at-1": (pt.smoothed(pt.Gumbel(), 1.0), _mean_of_gumbel_pair),
    "uniform": (pt.Uniform(), lambda x: x + (2 - x) ** 3 / 24),
    "laplace": (pt.Laplace(), lambda x: x + mp.exp(-x) * (3 + x) / 4),
    "logistic": (pt.Logistic(), _mean_of_gumbel_pair),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("difference", [0.25, 1.5])
def test_values(name: str, difference: float) -> None:
    noise, formula = VALUES[name]
    with mp.workdps(40):
        exact = float(formula(mp.mpf(difference)))
    estimate = pt.Potential(noise).estimate(np.array([0.0, difference]))
    assert abs(float(estimate.value) - exact) < 1e-13
    assert estimate.contains(exact)


def test_value_of_a_barely_integrable_student() -> None:
    # E[max(X, X')] = E|X - X'| / 2 for iid; int F(1 - F) dx with F of Student's t, by mpmath.
    with mp.workdps(20):
        df = mp.mpf("1.5")

        def survival(z: mp.mpf) -> mp.mpf:
            return mp.betainc(df / 2, 0.5, 0, df / (df + z * z), regularized=True) / 2

        cuts = [0, 0.5, 1, 2, 4, 8, 16, 64, 256, 4096, 10**5, 10**7]
        body = 2 * mp.quad(lambda z: survival(z) * (1 - survival(z)), cuts)
        last = mp.mpf(10) ** 7
        tail = 2 * last * survival(last) / (df - 1)
        exact = float(body + tail)
    estimate = pt.expected_max(pt.StudentT(1.5)).estimate(np.zeros(2))
    np.testing.assert_allclose(float(estimate.value), exact, rtol=1e-9)


@pytest.mark.parametrize("dimension", [10, 1000])
@pytest.mark.parametrize(
    "noise", [pt.Normal(), pt.Logistic(), pt.Uniform(), pt.Laplace(), pt.Discrete([-1.0, 1.0])]
)
def test_symmetric_theta_has_an_exact_answer(
    noise: pt.AbstractPerturbation, dimension: int
) -> None:
    f = pt.expected_max(noise)
    theta = np.zeros(dimension)
    np.testing.assert_allclose(f.probabilities(theta), 1 / dimension, rtol=1e-12)
    values = {
        "Uniform": 1 - 2 / (dimension + 1),
        "Logistic": float(mp.harmonic(dimension - 1)),
        "Discrete": 1 - 2 * 0.5**dimension,
    }
    if type(noise).__name__ in values:
        assert abs(float(f(theta)) - values[type(noise).__name__]) < 1e-12


ENDS = {
    "vanishing": scipy.stats.beta(2.0, 2.0),
    "vanishing-on-one-side": scipy.stats.rayleigh(),
    "jump": scipy.stats.expon(),
    "infinite": scipy.stats.beta(0.5, 0.5),
    "kink-inside": scipy.stats.triang(0.3),
}


@pytest.mark.parametrize("name", ENDS)
def test_densities_that_vanish_or_explode_at_the_end_of_their_support(name: str) -> None:
    law = ENDS[name]
    kinks = (0.3,) if name == "kink-inside" else ()
    # P(X + 0.3 > X') = E[S(X' - 0.3)], in the variable u = F(X').
    cuts = [float(law.cdf(x)) for x in (0.3, 0.6, 0.7)]
    exact, error = scipy.integrate.quad(
        lambda u: law.sf(law.ppf(u) - 0.3), 0, 1, points=cuts, limit=500, epsabs=1e-12
    )
    f = pt.expected_max(pt.FromScipy(law, kinks))
    estimate = f.estimate_probabilities(np.array([0.3, 0.0]))
    off = abs(float(estimate.value[0]) - exact)
    assert off < 2e-8
    assert off <= float(estimate.radius[0]) + 100 * error + 1e-10


def test_categories_that_cannot_win_change_nothing() -> None:
    masked = np.array([0.0, 0.5, -1e300])
    for noise in (pt.Discrete([-1.0, 1.0]), pt.Normal(), pt.Uniform(), pt.StudentT(2.0)):
        f = pt.expected_max(noise)
        whole, part = f.estimate(masked), f.estimate(masked[:2])
        np.testing.assert_allclose(float(whole.value), float(part.value), rtol=1e-12)
        assert float(whole.radius) < 1e-12
        p = np.asarray(f.probabilities(masked))
        np.testing.assert_allclose(p[:2], f.probabilities(masked[:2]), atol=1e-13)
        assert p[2] == 0


@pytest.mark.slow
@pytest.mark.parametrize("noise", [pt.Normal(), pt.Logistic(), pt.Laplace(), pt.Uniform()])
def test_hundred_thousand_categories(noise: pt.AbstractPerturbation) -> None:
    theta = np.sin(np.arange(100_000) * 1.7) * 3
    f = pt.expected_max(noise)
    value, p = f.estimate(theta), f.estimate_probabilities(theta)
    assert float(value.radius) < 1e-10
    assert float(np.max(p.radius)) < 1e-10
    np.testing.assert_allclose(np.sum(p.value), 1.0, atol=1e-13)
