"""Normal noise of any covariance: orthants by other routes, radii, derivatives, what is refused."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

import perturbtheory as pt
from perturbtheory.testing import laws, strategies


def covariance(d, seed=0, ridge=0.0):
    half = np.random.default_rng(seed).normal(size=(d, d))
    return half @ half.T + ridge * np.eye(d)


FOUR = covariance(4, 1)
THETA = np.array([0.3, -0.5, 0.1, 0.75])
HOUSE = ("probabilities", "translation", "convexity", "bounds", "Hessian", "derivatives", "entropy")


@pytest.mark.parametrize("law", HOUSE)
@settings(max_examples=3)
@given(data=st.data())
def test_laws_of_every_potential_hold(law, data):
    found = laws.find(law, laws.POTENTIAL)
    drawn = data.draw(strategies.inputs(found, 4))
    assert (
        found.check(pt.JointNormal(np.eye(4) + 0.5 * np.ones((4, 4)) + 0.2 * FOUR), **drawn) is None
    )


@pytest.mark.parametrize("d", [2, 3, 4, 5, pytest.param(6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", [0.3, 1.0, 5.0])
def test_one_factor_gives_the_same(d, size):
    """All numbers beside rules over a factor: another integral altogether."""
    rng = np.random.default_rng(d)
    scale, loadings, theta = rng.uniform(0.5, 1.5, d), size * rng.normal(size=d), rng.normal(size=d)
    one = pt.expected_max(pt.JointNormal(np.diag(scale**2) + np.outer(loadings, loadings)))
    two = pt.expected_max(pt.FactorNoise(pt.Normal(scale), loadings))
    for ask in ("estimate", "estimate_probabilities"):
        a, b = getattr(one, ask)(theta), getattr(two, ask)(theta)
        assert np.all(np.abs(a.value - b.value) <= a.radius + b.radius)
        assert np.max(a.radius) < 1e-11
    np.testing.assert_allclose(one.probabilities(theta), two.probabilities(theta), atol=2e-15)
    np.testing.assert_allclose(one.hessian(theta), two.hessian(theta), atol=2e-14)
    v = rng.normal(size=d)
    np.testing.assert_allclose(one.hvp(theta, v), one.hessian(theta) @ v, atol=1e-14)
    assert abs(one(theta) - two(theta)) < 1e-13


def by_integral(matrix, theta):
    """p of three categories, each one integral over the difference to another, in 30 digits."""
    with mpmath.workdps(30):
        c, out = mpmath.matrix(np.asarray(matrix).tolist()), []
        for i in range(3):
            j, k = (m for m in range(3) if m != i)
            one = mpmath.sqrt(c[j, j] - 2 * c[i, j] + c[i, i])
            two = mpmath.sqrt(c[k, k] - 2 * c[i, k] + c[i, i])
            rho = (c[j, k] - c[i, j] - c[i, k] + c[i, i]) / one / two
            a, b = ((mpmath.mpf(theta[i]) - theta[m]) / s for m, s in ((j, one), (k, two)))
            root = mpmath.sqrt((1 - rho) * (1 + rho))
            near = [b / rho + s * root / abs(rho) for s in (-9, 0, 9)] if rho else []
            cuts = sorted({mpmath.mpf(-12), *(x for x in near if -12 < x < a), a})
            out.append(mpmath.quad(
                lambda x, b=b, r=rho, s=root: mpmath.npdf(x) * mpmath.ncdf((b - r * x) / s), cuts
            ))  # fmt: skip
        return np.array([float(p) for p in out])


@pytest.mark.parametrize("narrow", [1e-2, 1e-5, 1e-8, 1e-10])
@pytest.mark.parametrize("seed", [0, 1])
def test_next_to_singular(narrow, seed):
    """Deviations of all sizes: a digit is lost for each by which they differ, and radii say so."""
    rng = np.random.default_rng(seed)
    half, theta = rng.normal(size=(3, 1)), math.sqrt(narrow) * rng.normal(size=3)
    for matrix in (half @ half.T + narrow * np.eye(3), np.diag([1 / narrow, 1.0, 1.0])):
        f = pt.expected_max(pt.JointNormal(matrix))
        found, exact = f.estimate_probabilities(theta), by_integral(matrix, theta)
        assert np.all(np.abs(found.value - exact) <= found.radius)
        assert np.max(np.abs(found.value - exact)) < 1e-14 / math.sqrt(narrow)
        assert np.max(found.radius) < 2e-13 / math.sqrt(narrow)
        np.testing.assert_allclose(f.log_probabilities(theta), np.log(found.value), rtol=1e-12)
        if narrow >= 1e-8:  # beyond, a p_i of 1e-5 is a cliff that is not always climbed
            assert np.max(np.abs(f.probabilities(f.parameters(exact)) / exact - 1)) < 1e-9


@pytest.mark.parametrize("ridge", [1.0, 1e-3, 1e-6, 1e-9])
def test_any_covariance_however_near_to_singular(ridge):
    half = np.random.default_rng(7).normal(size=(4, 2))
    matrix = half @ half.T + ridge * np.eye(4)
    f = pt.expected_max(pt.JointNormal(matrix))
    found = f.estimate_probabilities(THETA)
    assert abs(np.sum(found.value) - 1) < 1e-14
    for i in range(4):
        turn = np.delete(np.eye(4), i, 0) - np.eye(4)[i]
        other = multivariate_normal.cdf(
            -turn @ THETA, cov=turn @ matrix @ turn.T, abseps=1e-7, releps=0, maxpts=10**6,
            rng=np.random.default_rng(i), allow_singular=True,
        )  # fmt: skip
        assert abs(found.value[i] - other) < (2e-6 if ridge > 1e-4 else 2e-5)  # of scipy
    noise, count = f.noise, 200_000
    x = noise.sample(np.random.default_rng(0), (count, 4)) + THETA
    share = np.bincount(x.argmax(1), minlength=4) / count
    assert np.max(np.abs(share - found.value)) < math.sqrt(math.log(8e6) / 2 / count)
    assert abs(x.max(1).mean() - f(THETA)) < 5 * x.max(1).std() / math.sqrt(count)


def test_closed_forms():
    two = pt.expected_max(pt.JointNormal([[2.0, 0.5], [0.5, 1.0]]))
    s, gap = math.sqrt(2.0), 0.7
    p = norm.cdf(gap / s)
    np.testing.assert_allclose(two.probabilities([gap, 0.0]), [p, 1 - p], rtol=1e-14)
    assert abs(two([gap, 0.0]) - (gap * p + s * norm.pdf(gap / s))) < 1e-15
    # An orthant of three differences whose correlations are all one half: 1/4 each.
    np.testing.assert_allclose(
        pt.expected_max(pt.JointNormal(3 * np.eye(4) + 7)).probabilities(np.zeros(4)),
        0.25,
        rtol=1e-14,
    )
    alone = pt.expected_max(pt.JointNormal([[2.0]]))
    assert alone([3.0]) == 3.0
    assert alone.probabilities([3.0]).tolist() == [1.0]


@pytest.mark.parametrize("unit", [1.0, 1e-30, 1e30, 1e-140, 1e140])
def test_units_and_common_noise_change_nothing(unit):
    f = pt.expected_max(pt.JointNormal(FOUR))
    p = f.probabilities(THETA)
    moved = pt.expected_max(pt.JointNormal(FOUR + 5.0))  # the same in every difference
    np.testing.assert_allclose(moved.probabilities(THETA), p, atol=1e-14)
    g = pt.expected_max(pt.JointNormal(FOUR * unit**2))
    np.testing.assert_allclose(g.probabilities(THETA * unit), p, atol=1e-14)


def test_masks_and_far_categories():
    f = pt.expected_max(pt.JointNormal(FOUR))
    masked = np.array([0.3, -np.inf, 0.1, 0.75])
    fewer = pt.expected_max(f.noise.take(masked > -np.inf))
    expected = fewer.probabilities(masked[masked > -np.inf])
    np.testing.assert_allclose(f.probabilities(masked)[[0, 2, 3]], expected, atol=1e-15)
    assert f.log_probabilities(masked)[1] == -np.inf
    far = THETA - np.array([0.0, 40.0, 0.0, 0.0])
    np.testing.assert_allclose(f.probabilities(far)[[0, 2, 3]], expected, atol=1e-15)
    there = f.probabilities(jnp.asarray(masked))
    np.testing.assert_allclose(there, f.probabilities(masked), atol=1e-14)


@pytest.mark.parametrize("d", [3, 4, 5])
@pytest.mark.parametrize("far", [5.0, 15.0, 30.0])
def test_small_probabilities_keep_their_digits_where_differences_are_alike(d, far):
    """Independent coordinates: all differences from one category have correlation one half."""
    theta = np.linspace(0.0, 0.5, d) - far * np.eye(d)[1]
    one, two = pt.expected_max(pt.JointNormal(np.eye(d))), pt.expected_max(pt.Normal())
    found = one.estimate_probabilities(theta)
    np.testing.assert_allclose(found.value, two.probabilities(theta), rtol=1e-12)
    assert np.all(np.abs(found.value - two.probabilities(theta)) <= found.radius)
    assert np.max(found.radius / found.value) < 1e-10
    np.testing.assert_allclose(
        one.log_probabilities(theta), two.log_probabilities(theta), rtol=1e-13
    )
    counts = np.eye(d)[1]
    np.testing.assert_allclose(
        one.score(theta, counts), two.score(theta, counts), rtol=1e-9, atol=1e-9
    )


def test_small_probabilities_that_are_differences_are_refused():
    """Far above the middle of two that move against each other, which it cannot beat at once."""
    matrix = np.array([[1.0, 0.0, 0.0], [0.0, 9.0, -8.9], [0.0, -8.9, 9.0]])
    f = pt.expected_max(pt.JointNormal(matrix))
    theta = np.array([-14.0, 0.0, 0.0])
    assert 0 <= f.probabilities(theta)[0] < 1e-15
    assert f.estimate_probabilities(theta).radius[0] < 1e-13
    for ask in (f.log_probabilities, lambda x: f.score(x, np.eye(3)[0])):
        with pytest.raises(ValueError, match="`theta` must have p_i whose digits are known"):
            ask(theta)
    assert np.isnan(f.log_probabilities(jnp.asarray(theta))[0])
    np.testing.assert_allclose(
        f.log_probabilities(jnp.asarray(theta))[1], np.log(f.probabilities(theta)[1])
    )


def test_the_inverse_map_and_the_conjugate():
    f = pt.expected_max(pt.JointNormal(FOUR))
    for p in (f.probabilities(THETA), np.array([1e-6, 0.5, 0.3, 0.2 - 1e-6])):
        theta = f.parameters(p)
        np.testing.assert_allclose(f.probabilities(theta), p, rtol=1e-9, atol=1e-15)
        assert abs(f.conjugate(p) - (p @ theta - f(theta))) < 1e-12
    assert f.fenchel_young(THETA, np.eye(4)[0]) > 0


@pytest.mark.parametrize("d", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_jax_agrees_and_differentiates_in_the_covariance(d):
    matrix, theta = covariance(d, 3, 0.1), THETA[:d]
    f, there = pt.expected_max(pt.JointNormal(matrix)), jnp.asarray(theta)
    np.testing.assert_allclose(f(there), f(theta), rtol=1e-13)
    np.testing.assert_allclose(jax.grad(f)(there), f.probabilities(theta), atol=1e-13)
    np.testing.assert_allclose(jax.jacfwd(f.probabilities)(there), f.hessian(theta), atol=1e-12)

    def log_p(matrix):
        return pt.expected_max(pt.JointNormal(matrix)).log_probabilities(there)[1]

    slope = jax.jit(jax.grad(log_p))(jnp.asarray(matrix))
    np.testing.assert_allclose(slope, slope.T, atol=1e-14)
    step = np.zeros((d, d))
    step[0, 1] = step[1, 0] = 1e-5
    ends = [pt.expected_max(pt.JointNormal(matrix + s * step)).log_probabilities(theta)[1]
            for s in (1, -1)]  # fmt: skip
    assert abs(slope[0, 1] + slope[1, 0] - (ends[0] - ends[1]) / 2e-5) < 1e-8


def test_what_jax_cannot_refuse_is_nan():
    theta = jnp.array([0.0, 0.3, -0.2])

    def ask(matrix):
        f = pt.expected_max(pt.JointNormal(matrix))
        return f(theta), f.probabilities(theta), f.log_probabilities(theta)

    bad = (
        [[1.0, 0.9, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        np.ones((3, 3)),
        np.full((3, 3), np.nan),
    )
    for matrix in bad:
        assert all(np.all(np.isnan(part)) for part in jax.jit(ask)(jnp.asarray(matrix)))
    far = jnp.array([-14.0, 0.0, 0.0])
    middle = jnp.array([[1.0, 0.0, 0.0], [0.0, 9.0, -8.9], [0.0, -8.9, 9.0]])
    slope = jax.grad(lambda t: pt.expected_max(pt.JointNormal(middle)).log_probabilities(t)[0])(far)
    assert np.all(np.isnan(slope))


def test_slopes_that_have_lost_their_digits():
    """p_3 has its digits, and a tie with it has not: conditional on it differences are opposed."""
    loadings = np.array([0.04, 2.32, 0.82, -0.76])
    matrix, theta, counts = np.eye(4) + np.outer(loadings, loadings), np.zeros(4), np.eye(4)[2]
    theta[2] = -20.0
    f = pt.expected_max(pt.JointNormal(matrix))
    assert np.isfinite(f.log_probabilities(theta)[2])
    with pytest.raises(ValueError, match="`theta` must have p_i whose digits are known"):
        f.score(theta, counts)
    assert np.isnan(f.score(jnp.asarray(theta), jnp.asarray(counts))).any()


def test_32_bits_and_draws_in_jax():
    matrix, theta = jnp.asarray(FOUR, jnp.float32), jnp.asarray(THETA, jnp.float32)
    f, exact = pt.expected_max(pt.JointNormal(matrix)), pt.expected_max(pt.JointNormal(FOUR))
    np.testing.assert_allclose(f.probabilities(theta), exact.probabilities(THETA), atol=3e-5)
    np.testing.assert_allclose(
        f.log_probabilities(theta), exact.log_probabilities(THETA), atol=3e-3
    )
    counts = np.array([1.0, 0.0, 2.0, 0.0])
    slope = f.score(theta, jnp.asarray(counts, jnp.float32))
    np.testing.assert_allclose(slope, exact.score(THETA, counts), atol=5e-3)
    draws = f.noise.sample(jax.random.key(0), (100_000, 4))
    np.testing.assert_allclose(np.cov(np.asarray(draws).T), FOUR, atol=0.15)
    zero = np.zeros((3, 3))
    zero[:2, :2] = [[1.0, 0.5], [0.5, 1.0]]  # the third category has no shock
    still = pt.JointNormal(jnp.asarray(zero)).sample(jax.random.key(1), (1000, 3))
    np.testing.assert_allclose(np.cov(np.asarray(still).T), zero, atol=0.15)
    slopes = jax.grad(lambda c: pt.JointNormal(c).sample(jax.random.key(0), (5, 4)).sum())(
        jnp.eye(4)
    )
    assert np.all(np.isfinite(slopes))
    for noise in (exact.noise, pt.NestedGumbel([0, 0, 1, 1], 0.5)):
        with pytest.raises(ValueError, match="`shape` must end with 4, the number of coordinates"):
            noise.sample(np.random.default_rng(0), (5, 3))


def test_correlated_normal_takes_any_covariance_of_few():
    rng = np.random.default_rng(0)
    for seed in range(4):
        matrix, theta = covariance(5, seed, 0.1), rng.normal(size=5)
        p = pt.expected_max(pt.correlated_normal(matrix)).probabilities(theta)
        expected = pt.expected_max(pt.JointNormal(matrix)).probabilities(theta)
        np.testing.assert_allclose(p, expected, atol=1e-13)
    wide = np.array([1e8, 1.0, 1e-8, 1.0, 1.0, 1.0, 1.0, 2.0])
    assert isinstance(pt.correlated_normal(np.diag(wide)), pt.Normal)
    with pytest.raises(ValueError, match="at most 2 factors"):
        pt.correlated_normal(covariance(8))


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (1.7e308 * np.eye(3), r"`covariance` must have entries below 1e\+300, got 1.7e\+308"),
        (np.eye(7), "`covariance` must have at most 6 rows, got 7"),
        ([[1.0, 2.0], [2.0, 1.0]], "`covariance` must have no negative eigenvalue, got -1 of"),
        ([[1.0, 1.0], [1.0, 1.0]], "`covariance` must give every combination of differences"),
        ([[1.0, 0.5], [0.4, 1.0]], r"`covariance` must be symmetric, got entries 0\.1 apart"),
        ([1.0, 2.0], "`covariance` must be square"),
        ([[math.nan, 0.0], [0.0, 1.0]], "`covariance` must be finite"),
        ([], "`covariance` must not be empty"),
        ("diagonal", "`covariance` must be a real number or an array"),
    ],
)
def test_refusals(matrix, words):
    with pytest.raises(ValueError, match=words):
        pt.JointNormal(matrix)


def test_what_has_no_form_says_what_serves():
    with pytest.raises(ValueError, match="`FactorNoise` over"):
        pt.expected_logsumexp(pt.JointNormal(FOUR))
