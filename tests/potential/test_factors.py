"""Factor noise in NumPy: laws, closed forms, radii that hold, and what is refused."""

import itertools
import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

import perturbtheory as pt
from perturbtheory.testing import laws, strategies

B = np.array([1.0, -0.5, 0.25, 0.0])
TWO = np.array([[1.0, 0.0], [-0.5, 0.5], [0.25, -1.0], [0.0, 0.5]])
THETA = np.array([0.3, -0.5, 0.1, 0.75])
NOISES = {
    "normal": pt.FactorNoise(pt.Normal(), B),
    "scales": pt.FactorNoise(pt.Normal([1.0, 0.5, 2.0, 1.0]), B),
    "gumbel": pt.FactorNoise(pt.Gumbel(), B),
    "logistic": pt.FactorNoise(pt.Logistic(0.5), B),
    "softmax": pt.FactorNoise(pt.smoothed(pt.Discrete([-1.0, 1.0]), 0.5), B),
    "rank-2": pt.FactorNoise(pt.Gumbel(), TWO),
    "laplace": pt.FactorNoise(pt.Laplace(), B),
    "uniform": pt.FactorNoise(pt.Uniform(), B),
    "student": pt.FactorNoise(pt.StudentT(3.0), B),
    "atoms": pt.FactorNoise(pt.Discrete([0.0, 1.0, 2.5], [0.5, 0.25, 0.25]), B),
}
SLOW = ("laplace", "uniform", "student", "atoms")
EVERY = [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in NOISES]
QUICK = ("normal", "scales", "gumbel", "logistic", "softmax", "rank-2")
SMOOTH = tuple(name for name in NOISES if name != "atoms")
HOUSE = ("probabilities", "translation", "convexity", "bounds", "Hessian", "derivatives", "entropy")


def potential(name):
    return pt.expected_max(NOISES[name])


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n in ("softmax", "rank-2"))) for n in QUICK],
)
@pytest.mark.parametrize("law", HOUSE)
@settings(max_examples=3)
@given(data=st.data())
def test_laws_of_every_potential_hold(law, name, data) -> None:
    found = laws.find(law, laws.POTENTIAL)
    assert found.check(NOISES[name], **data.draw(strategies.inputs(found, 4))) is None


@pytest.mark.parametrize("name", EVERY)
def test_p_is_the_gradient_and_the_hessian_its_derivative(name) -> None:
    f, v = potential(name), np.array([0.5, -1.0, 0.25, 0.75])
    step = 1e-3 if name == "atoms" else 1e-2  # p bends where three atoms meet, 0.01 from here
    steps = np.array([-2, -1, 1, 2])[:, None] * step * v
    weights = np.array([1, -8, 8, -1]) / (12 * step)
    p = f.probabilities(THETA)
    assert abs(p.sum() - 1) < 1e-14
    assert np.all(p > 0)
    assert abs(weights @ f(THETA + steps) - p @ v) < 2e-7
    if name in SMOOTH:
        slope = weights @ f.probabilities(THETA + steps)
        np.testing.assert_allclose(f.hvp(THETA, v), slope, atol=2e-4 if name == "uniform" else 2e-7)
        np.testing.assert_allclose(f.hessian(THETA) @ v, f.hvp(THETA, v), atol=1e-13)


@pytest.mark.parametrize("name", EVERY)
def test_draws_agree(name) -> None:
    f, count = potential(name), 200_000
    x = f.noise.sample(np.random.default_rng(0), (count, 4)) + THETA
    share = np.bincount(x.argmax(1), minlength=4) / count
    # Hoeffding for four shares, and five standard errors of the mean: each wrong once in 1e6.
    assert np.max(np.abs(share - f.probabilities(THETA))) < math.sqrt(math.log(8e6) / 2 / count)
    top = x.max(1)
    assert abs(top.mean() - f(THETA)) < 5 * top.std() / math.sqrt(count)


@pytest.mark.parametrize("loadings", [[1.0, 0.0], [3.0, -2.0], [30.0, 0.0], [2.0, 2.0]])
def test_two_normal_categories_have_a_closed_form(loadings) -> None:
    f, theta = pt.expected_max(pt.FactorNoise(pt.Normal(), loadings)), np.array([0.3, -0.5])
    deviation = math.sqrt(2 + (loadings[0] - loadings[1]) ** 2)
    a = (theta[0] - theta[1]) / deviation
    value = theta[0] * norm.cdf(a) + theta[1] * norm.cdf(-a) + deviation * norm.pdf(a)
    for found, expected in (
        (f.estimate(theta), value),
        (f.estimate_probabilities(theta), [norm.cdf(a), norm.cdf(-a)]),
    ):
        assert found.contains(np.asarray(expected))
        assert np.max(found.radius) < 5e-12
    np.testing.assert_allclose(f.hessian(theta)[0, 0], norm.pdf(a) / deviation, rtol=1e-13)


@pytest.mark.parametrize("gap", [5.0, 20.0, 60.0])
def test_small_probabilities_keep_their_digits(gap) -> None:
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), [1.0, 0.0]))
    found = f.log_probabilities([-gap, 0.0])
    np.testing.assert_allclose(found[0], norm.logcdf(-gap / math.sqrt(3)), rtol=1e-14)


def test_three_equal_thetas_have_a_closed_form() -> None:
    """p_1 is an orthant: 1/4 + arcsin(rho) / 2 pi with rho that of the two differences."""
    loadings = np.array([1.0, 0.5, -1.5])
    covariance = np.eye(3) + np.outer(loadings, loadings)
    p = pt.expected_max(pt.FactorNoise(pt.Normal(), loadings)).probabilities(np.zeros(3))
    for i in range(3):
        turn = np.delete(np.eye(3), i, 0) * -1 + np.eye(3)[i]
        of_two = turn @ covariance @ turn.T
        rho = of_two[0, 1] / math.sqrt(of_two[0, 0] * of_two[1, 1])
        assert abs(p[i] - (0.25 + math.asin(rho) / (2 * math.pi))) < 2e-15


def test_any_law_of_three_normals_agrees_with_scipy() -> None:
    rng = np.random.default_rng(4)
    for _ in range(4):
        half, theta = rng.standard_normal((3, 3)), rng.standard_normal(3)
        covariance = half @ half.T
        p = pt.expected_max(pt.correlated_normal(covariance)).probabilities(theta)
        turn = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
        other = multivariate_normal.cdf(-turn @ theta, None, turn @ covariance @ turn.T)
        assert abs(p[0] - other) < 1e-13


@pytest.mark.parametrize(
    "name",
    [
        "normal",
        "gumbel",
        "atoms",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("uniform", "laplace")),
    ],
)
def test_radii_hold_against_sums_in_many_digits(name) -> None:
    """Two categories, for which p_1 is a mean over u of the law of a difference."""
    noise = NOISES[name].noise
    f, theta, slope = (
        pt.expected_max(pt.FactorNoise(noise, [1.0, -0.5])),
        np.array([0.25, -0.5]),
        1.5,
    )
    law, kinks = _difference(name)
    places = sorted((k - 0.75) / slope for k in kinks)
    with mpmath.workdps(30):
        ends = [mpmath.mpf(-12), *map(mpmath.mpf, places), mpmath.mpf(12)]
        points = [x for a, b in itertools.pairwise(ends) for x in mpmath.linspace(a, b, 9)]
        truth = mpmath.quad(lambda u: mpmath.npdf(u) * law(0.75 + slope * u), sorted(set(points)))
        first = float(truth)
    found = f.estimate_probabilities(theta)
    assert abs(found.value[0] - first) <= found.radius[0]
    assert abs(f.probabilities(theta)[0] - first) <= found.radius[0]
    assert found.radius[0] < 1e-12


def _difference(name):
    """x -> P(gamma_2 - gamma_1 < x), and where it bends."""
    if name == "normal":
        return lambda x: mpmath.ncdf(x / mpmath.sqrt(2)), ()
    if name == "gumbel":
        return lambda x: 1 / (1 + mpmath.exp(-x)), ()
    if name == "laplace":

        def tail(x):
            return mpmath.exp(-abs(x)) * (2 + abs(x)) / 4

        return lambda x: tail(x) if x < 0 else 1 - tail(x), (0.0,)
    if name == "uniform":

        def triangle(x):
            x = max(min(x, mpmath.mpf(2)), mpmath.mpf(-2))
            return mpmath.mpf(1) / 2 + x / 2 - mpmath.sign(x) * x * x / 8

        return triangle, (-2.0, 0.0, 2.0)
    atoms, weights = (0.0, 1.0, 2.5), (0.5, 0.25, 0.25)
    pairs = [(a - b, p * q) for a, p in zip(atoms, weights, strict=True)
             for b, q in zip(atoms, weights, strict=True)]  # fmt: skip
    return lambda x: sum(w for gap, w in pairs if gap < x), tuple({gap for gap, _ in pairs})


@pytest.mark.parametrize("name", ["normal", "rank-2", "scales"])
def test_radii_hold_where_the_rule_has_to_be_fine(name) -> None:
    noise = NOISES[name]
    # Two factors of size four need more nodes than there may be, and are refused.
    for size in (0.25, 1.0 if name == "rank-2" else 4.0):
        f = pt.expected_max(pt.FactorNoise(noise.noise, size * np.asarray(noise.loadings)))
        found, value = f.estimate_probabilities(THETA), f.estimate(THETA)
        assert np.max(found.radius) < 1e-12
        assert found.contains(f.probabilities(THETA))
        assert value.contains(f(THETA))
        open_ = np.arange(4) != 2
        rest = pt.expected_max(f.noise.take(open_)).probabilities(THETA[open_])
        masked = f.probabilities(np.where(open_, THETA, -np.inf))
        np.testing.assert_allclose(masked[open_], rest, atol=1e-15)


@pytest.mark.parametrize("alike", [0.0, 1.25])
@pytest.mark.parametrize("law", [pt.Normal(), pt.Gumbel()])
def test_equal_loadings_change_nothing(law, alike) -> None:
    f, g = pt.expected_max(pt.FactorNoise(law, np.full(4, alike))), pt.expected_max(law)
    for ask in ("__call__", "probabilities", "log_probabilities", "hessian", "entropy"):
        np.testing.assert_array_equal(getattr(f, ask)(THETA), getattr(g, ask)(THETA))


def test_a_constant_in_a_column_and_a_turn_of_the_factors_change_nothing() -> None:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    third = TWO @ np.array([[1.0, 0.6, 0.0], [0.0, 0.8, 0.0]]) + 3.0  # three columns of rank two
    left, size, _ = np.linalg.svd(third - third.mean(0), full_matrices=False)
    for one, two in (
        (TWO, TWO + np.array([2.0, -7.0])),
        (TWO, TWO @ turn),
        (third, (left * size)[:, :2]),
    ):
        p, q = (
            pt.expected_max(pt.FactorNoise(pt.Gumbel(), b)).probabilities(THETA) for b in (one, two)
        )
        np.testing.assert_allclose(p, q, atol=1e-14)


def test_permutation() -> None:
    order = np.array([2, 0, 3, 1])
    for name in ("normal", "gumbel", "rank-2"):
        noise = NOISES[name]
        moved = pt.FactorNoise(noise.noise, np.asarray(noise.loadings)[order])
        p = pt.expected_max(moved).probabilities(THETA[order])
        np.testing.assert_allclose(p, potential(name).probabilities(THETA)[order], atol=1e-14)


def test_large_loadings_are_the_factor_alone() -> None:
    """As gamma vanishes beside B u, the winner is that of the upper envelope of lines."""
    loadings = np.array([1.0, -1.0, 0.0])
    f = pt.expected_max(pt.FactorNoise(pt.Normal(0.005), loadings))
    expected = np.array([norm.sf(1), norm.sf(1), 1 - 2 * norm.sf(1)])
    p = f.probabilities([-1.0, -1.0, 0.0])
    np.testing.assert_allclose(p, expected, atol=2e-4)
    assert abs(f([-1.0, -1.0, 0.0]) - 2 * (norm.pdf(1) - norm.sf(1))) < 1e-4


@pytest.mark.parametrize(
    "name", ["normal", "gumbel", pytest.param("rank-2", marks=pytest.mark.slow)]
)
def test_the_inverse_map_and_the_conjugate(name) -> None:
    f = potential(name)
    p = f.probabilities(THETA)
    theta = f.parameters(p)
    np.testing.assert_allclose(theta, THETA - THETA.mean(), atol=1e-11)
    assert f.parameters(p, gauge="first")[0] == 0
    assert abs(f.conjugate(p) - (p @ THETA - f(THETA))) < 1e-12
    assert f.fenchel_young(THETA, p) < 1e-12
    vertex = np.array([0.0, 1.0, 0.0, 0.0])
    mean = np.ravel(f.noise.mean)[1]
    assert abs(f.fenchel_young(THETA, vertex) - (f(THETA) - mean - THETA[1])) < 1e-12
    assert f.subdifferential(THETA).contains(p)


def test_batches_masks_and_a_heavy_tail() -> None:
    f = potential("normal")
    rows = np.stack([THETA, 2 * THETA, np.where(np.arange(4) == 1, -np.inf, THETA)])
    assert f.hessian(rows).shape == (3, 4, 4)
    np.testing.assert_array_equal(f.probabilities(rows)[1], f.probabilities(2 * THETA))
    assert f.probabilities(rows)[2, 1] == 0
    assert f.log_probabilities(rows)[2, 1] == -np.inf
    assert not np.any(f.has_tie(rows))
    g = pt.expected_max(pt.FactorNoise(pt.StudentT(1.0), B))
    assert abs(g.anchored(THETA + 3) - g.anchored(THETA) - 3) < 1e-11
    with pytest.raises(ValueError, match="no finite mean"):
        g(THETA)


def test_far_categories_are_answered_or_refused_by_name() -> None:
    f = potential("normal")
    assert f.probabilities([1e300, 0.0, 0.0, 0.0]).tolist() == [1.0, 0.0, 0.0, 0.0]
    far = np.array([0.0, -1e5, 0.0, 0.0])
    open_ = np.arange(4) != 1
    rest = pt.expected_max(f.noise.take(open_))
    np.testing.assert_allclose(f.probabilities(far)[open_], rest.probabilities(far[open_]))
    np.testing.assert_allclose(
        f.hessian(far)[np.ix_(open_, open_)], rest.hessian(far[open_]), atol=1e-14
    )
    with pytest.raises(ValueError, match="`theta` must have no log p_i below -2500 under factors"):
        f.log_probabilities(far)


@pytest.mark.parametrize("small", [1e-9, 1e-30])
def test_small_shares_are_inverted(small) -> None:
    f, p = potential("normal"), np.array([1 - 3 * small, small, small, small])
    found = f.log_probabilities(f.parameters(p))
    np.testing.assert_allclose(found[1:], math.log(small), rtol=1e-12)


def test_mixed_logit_is_a_perturb_softmax() -> None:
    soft = pt.expected_logsumexp(pt.FactorNoise(pt.Discrete([0.0]), B), 0.5)
    mixed = pt.expected_max(pt.FactorNoise(pt.Gumbel(0.5), B))
    np.testing.assert_allclose(soft.probabilities(THETA), mixed.probabilities(THETA), rtol=1e-12)
    assert repr(soft).startswith("expected_logsumexp(FactorNoise(Discrete")
    x, w = np.polynomial.hermite_e.hermegauss(60)
    given_u = np.exp((THETA + x[:, None] * B) / 0.5)
    mean = (w / w.sum()) @ (given_u / given_u.sum(1, keepdims=True))
    np.testing.assert_allclose(mixed.probabilities(THETA), mean, atol=1e-8)


@pytest.mark.slow
def test_a_category_out_of_reach_is_known_as_such() -> None:
    """Category 3 is below the first two at every u, by more than uniform noise reaches."""
    f = pt.expected_max(pt.FactorNoise(pt.Uniform(), [1.0, -1.0, 0.0]))
    assert f.log_probabilities([0.0, 0.0, -2.5])[2] == -np.inf
    far = f.log_probabilities([0.0, -8.0, 0.0])
    assert -40 < far[1] < -18  # only where |u| is above three


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: pt.FactorNoise(pt.Normal(), 1.0), ValueError, "one row per category"),
        (lambda: pt.FactorNoise(pt.Normal(), np.ones((2, 2, 2))), ValueError, "`loadings`"),
        (lambda: pt.FactorNoise(pt.Normal(), [1.0, np.nan]), ValueError, "must be finite"),
        (lambda: pt.FactorNoise(pt.Normal(), [1.0, np.inf]), ValueError, "must be finite"),
        (lambda: pt.FactorNoise(pt.Normal([1.0, 2.0]), B), ValueError, "must have 2 rows"),
        (lambda: pt.FactorNoise("normal", B), TypeError, "must be a perturbation"),
        (lambda: pt.FactorNoise(pt.Discrete([0.0, 1.0]), [1.0, 1.0, 0.0]), ValueError, "ties"),
        (lambda: potential("normal").probabilities([0.0, 1.0]), ValueError, "must have 4 entries"),
        (lambda: _of(pt.Uniform(), np.eye(5)[:, :2]), ValueError, "rank 1 under Uniform"),
        (lambda: _of(pt.Uniform(), np.arange(200.0)), ValueError, "fewer categories"),
        (lambda: _of(pt.Normal(), 1e5 * np.arange(5.0)), ValueError, "be moderate beside"),
        (lambda: potential("atoms").hessian(THETA), ValueError, "no answer under"),
        (lambda: potential("atoms").hvp(THETA, THETA), ValueError, "no answer under"),
        (lambda: pt.correlated_normal([[1.0, 2.0], [2.0, 1.0]]), ValueError, "negative eigenvalue"),
        (lambda: pt.diagnose(NOISES["normal"]), TypeError, "must be a perturbation"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named(make, kind, words) -> None:
    with pytest.raises(kind, match=words):
        make()


def _of(law, loadings):
    return pt.expected_max(pt.FactorNoise(law, loadings)).probabilities(np.zeros(len(loadings)))


ALONE = """
import sys
import numpy as np
import perturbtheory as pt
f = pt.expected_max(pt.FactorNoise(pt.Normal(), [1.0, 0.0, -0.5]))
p = f.probabilities([0.0, 0.1, 0.2])
f([0.0, 0.1, 0.2]), f.hessian(p), f.parameters(p), f.estimate(p), repr(f)
pt.correlated_normal(np.eye(3))
assert "jax" not in sys.modules
"""


def test_jax_is_not_loaded() -> None:
    subprocess.run([sys.executable, "-c", ALONE], check=True)
