"""Nested Gumbel noise: the law, its potential by other routes, radii, and derivatives in JAX."""

import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gumbel_r, kstest

import perturbtheory as pt
from perturbtheory.perturbations._nested_gumbel import log_stable
from perturbtheory.testing import laws, strategies

SHARES = np.array([[0.3, 0.7, 0.0], [0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.0, 0.1, 0.9]])
NOISES = {
    "nested": pt.NestedGumbel([0, 1, 1, 1], [1.0, 0.35]),
    "two-nests": pt.NestedGumbel([0, 1, 1, 0], [0.8, 0.1], 2.5),
    "cross-nested": pt.NestedGumbel(SHARES, [0.5, 0.9, 0.2], 0.7),
}
THETA = np.array([0.3, -0.5, 0.1, 0.75])
HOUSE = ("probabilities", "translation", "convexity", "bounds", "Hessian", "derivatives", "entropy")
EVERY = pytest.mark.parametrize("name", NOISES)


def potential(name):
    return pt.expected_max(NOISES[name])


def exactly(noise, theta, digits=60):
    """(f, log p) by the formula in so many digits."""
    with mpmath.workdps(digits):
        b, lam = mpmath.mpf(float(noise.scale)), [mpmath.mpf(x) for x in noise.dissimilarity]
        nests = [
            [
                (mpmath.mpf(a) * mpmath.exp(mpmath.mpf(t) / b)) ** (1 / lam[m])
                for a, t in zip(noise.nests[:, m], theta, strict=True)
            ]
            for m in range(len(lam))
        ]
        sums = [mpmath.fsum(nest) for nest in nests]
        total = mpmath.fsum(s**k if s else 0 for s, k in zip(sums, lam, strict=True))
        p = [
            mpmath.fsum(
                nest[i] / s * s**k / total if s else 0
                for nest, s, k in zip(nests, sums, lam, strict=True)
            )
            for i in range(len(theta))
        ]
        return b * mpmath.log(total), [mpmath.log(x) for x in p]


def cdf(noise, x):
    """F(x) as the docstring prints it."""
    b, lam = float(noise.scale), noise.dissimilarity
    c = mpmath.euler
    inner = [
        mpmath.fsum(
            (float(a) * mpmath.exp(-y / b - c)) ** (1 / float(lam[m]))
            for a, y in zip(noise.nests[:, m], x, strict=True)
        )
        for m in range(len(lam))
    ]
    return mpmath.exp(-mpmath.fsum(s ** float(k) for s, k in zip(inner, lam, strict=True)))


@EVERY
@pytest.mark.parametrize("law", HOUSE)
@settings(max_examples=4)
@given(data=st.data())
def test_laws_of_every_potential_hold(law, name, data):
    found = laws.find(law, laws.POTENTIAL)
    assert found.check(NOISES[name], **data.draw(strategies.inputs(found, 4))) is None


@EVERY
def test_p_and_f_are_integrals_of_the_law(name):
    """p_i = int dF/dx_i (t - theta) dt, and f = c + int_c^inf (1 - F) - int_-inf^c F."""
    noise, f = NOISES[name], potential(name)
    ends = [-15 * float(noise.scale), *np.linspace(-3, 5, 5), 45 * float(noise.scale)]

    def at(t, i, h):
        return cdf(noise, [t + h * (j == i) - x for j, x in enumerate(THETA)])

    for i in range(4):
        p = mpmath.quad(lambda t, i=i: mpmath.diff(lambda h: at(t, i, h), 0), ends)
        assert abs(p - f.probabilities(THETA)[i]) < 1e-9
    above = mpmath.quad(lambda t: 1 - at(t, 0, 0), [0, *ends[4:]])
    below = mpmath.quad(lambda t: at(t, 0, 0), [*ends[:3], 0])
    assert abs(above - below - f(THETA)) < 1e-9


@EVERY
def test_draws_agree(name):
    f, count = potential(name), 200_000
    x = f.noise.sample(np.random.default_rng(0), (count, 4))
    share = np.bincount((x + THETA).argmax(1), minlength=4) / count
    # Hoeffding for four shares, and five standard errors of the mean: each wrong once in 1e6.
    assert np.max(np.abs(share - f.probabilities(THETA))) < math.sqrt(math.log(8e6) / 2 / count)
    top = (x + THETA).max(1)
    assert abs(top.mean() - f(THETA)) < 5 * top.std() / math.sqrt(count)
    b = float(f.noise.scale)
    for i in range(4):  # each coordinate by itself is a zero-mean Gumbel variable
        assert kstest(x[:, i], gumbel_r(-b * np.euler_gamma, b).cdf).pvalue > 1e-6
    np.testing.assert_allclose(f.noise.variance, (math.pi * b) ** 2 / 6)
    np.testing.assert_array_equal(f.noise.mean, np.zeros(4))


def test_correlation_within_a_nest():
    noise = pt.NestedGumbel([0, 0, 1], [0.6, 1.0])
    x = noise.sample(np.random.default_rng(1), (400_000, 3))
    found = np.corrcoef(x.T)
    assert abs(found[0, 1] - (1 - 0.6**2)) < 0.01
    assert abs(found[0, 2]) < 0.01


@pytest.mark.parametrize("index", [0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("key", [np.random.default_rng(0), jax.random.key(0)], ids=["np", "jax"])
def test_positive_stable_draws_have_their_laplace_transform(index, key):
    log_s = np.asarray(log_stable(key, index, (200_000,), float))
    for t in (0.1, 1.0, 5.0):
        # What is averaged lies between 0 and 1: Hoeffding, wrong once in 1e6.
        off = np.mean(np.exp(-t * np.exp(log_s))) - math.exp(-(t**index))
        assert abs(off) < math.sqrt(math.log(2e6) / 2 / 200_000)


@given(
    theta=st.lists(st.floats(-300, 300), min_size=4, max_size=4),
    lam=st.lists(st.floats(0.003, 1), min_size=3, max_size=3),
    scale=st.floats(0.01, 100),
)
@settings(max_examples=40)
def test_radii_hold_and_small_p_keep_their_digits(theta, lam, scale):
    noise = pt.NestedGumbel(SHARES, lam, scale)
    f = pt.expected_max(noise)
    value, log_p = exactly(noise, theta)
    found, p = f.estimate(theta), f.estimate_probabilities(theta)
    assert abs(found.value - value) <= found.radius
    assert all(
        abs(a - mpmath.exp(b)) <= r for a, b, r in zip(p.value, log_p, p.radius, strict=True)
    )
    # theta / (b lambda) is rounded, and log p with it.
    size = 1e-15 * (20 + 8 * (600 / scale + 7) / min(lam))
    logs = f.log_probabilities(theta)
    assert all(abs(a - b) <= size for a, b in zip(logs, log_p, strict=True))
    assert found.radius <= 1e-13 * (1 + np.max(np.abs(theta)) + scale * (1 + 1 / min(lam)))


def test_special_cases():
    gumbel = pt.expected_max(pt.Gumbel(0.7))
    plain = pt.expected_max(pt.NestedGumbel([0, 1, 1, 0], 1.0, 0.7))
    alone = pt.expected_max(pt.NestedGumbel([0, 1, 2, 3], [0.1, 0.9, 0.3, 0.5], 0.7))
    for f in (plain, alone):
        np.testing.assert_allclose(f.hessian(THETA), gumbel.hessian(THETA), rtol=1e-12)
        assert abs(f(THETA) - gumbel(THETA)) < 1e-14
    # In a nest without dissimilarity the better category stands for both.
    twins = pt.expected_max(pt.NestedGumbel([0, 1, 1], [1.0, 1e-6]))
    of_two = pt.expected_max(pt.Gumbel()).probabilities([0.2, 0.5])
    np.testing.assert_allclose(twins.probabilities([0.2, 0.5, 0.4])[:2], of_two)
    # Shares of nests with one dissimilarity and the same members are one nest.
    split = pt.NestedGumbel([[0.25, 0.75], [0.25, 0.75], [0.25, 0.75]], 0.3)
    np.testing.assert_allclose(
        pt.expected_max(split).probabilities(THETA[:3]),
        pt.expected_max(pt.NestedGumbel([0, 0, 0], 0.3)).probabilities(THETA[:3]),
    )


@pytest.mark.parametrize("lam", [1e-3, 1e-8, 1e-13, 1e-17, 1e-30])
def test_next_to_equal_coordinates(lam):
    """Ties in a nest share, and what leads by more than a few lambda has all of it."""
    f = pt.expected_max(pt.NestedGumbel([0, 1, 1], [1.0, lam]))
    rest = math.exp(0.3 + lam * math.log(2.0))
    p = rest / (rest + math.e)
    np.testing.assert_allclose(f.probabilities([1.0, 0.3, 0.3]), [1 - p, p / 2, p / 2], rtol=1e-14)
    ahead = f.probabilities([1.0, 0.3, 0.3 - 800 * lam])
    np.testing.assert_allclose(ahead.sum(), 1.0, rtol=1e-15)
    np.testing.assert_allclose(f.probabilities([1e308, -1e308, 0.0]), [1, 0, 0])
    if lam > 1e-5:
        q = np.array([0.2, 0.3, 0.5])
        np.testing.assert_allclose(f.probabilities(f.parameters(q)), q, rtol=1e-9)


def test_draws_have_slopes_at_independence():
    def total(lam):
        return pt.NestedGumbel(SHARES, lam).sample(jax.random.key(0), (10, 4)).sum()

    assert np.all(np.isfinite(jax.grad(total)(jnp.ones(3))))


@EVERY
def test_rows_at_once_are_those_one_by_one(name):
    f, rng = potential(name), np.random.default_rng(0)
    theta, v = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    theta[0, 1, 2] = -np.inf
    for ask in (f, f.probabilities, f.log_probabilities, f.hessian):
        each = np.array([[ask(row) for row in rows] for rows in theta])
        np.testing.assert_allclose(ask(theta), each, rtol=1e-14, atol=1e-17)
    each = np.array([[f.hvp(*pair) for pair in zip(*rows)] for rows in zip(theta, v)])  # noqa: B905
    np.testing.assert_allclose(f.hvp(theta, v), each, rtol=1e-13, atol=1e-17)


@EVERY
def test_far_categories(name):
    f, theta = potential(name), THETA - [0, 0, 4000.0, 0]
    assert f.probabilities(theta)[2] == 0
    np.testing.assert_allclose(
        f.log_probabilities(theta)[2], float(exactly(f.noise, theta)[1][2]), rtol=1e-13
    )
    counts = np.array([0.0, 0.0, 1.0, 0.0])
    step = 1e-4 * np.eye(4)
    slope = [(f.log_probabilities(theta + h) - f.log_probabilities(theta - h))[2] for h in step]
    np.testing.assert_allclose(f.score(theta, counts), np.array(slope) / 2e-4, atol=1e-7)
    masked = np.where(counts > 0, -np.inf, THETA)
    fewer = pt.expected_max(f.noise.take(counts == 0))
    np.testing.assert_allclose(
        np.delete(f.probabilities(masked), 2), fewer.probabilities(np.delete(THETA, 2))
    )
    assert np.all(f.hessian(masked)[2] == 0)


@EVERY
def test_the_inverse_map_and_the_conjugate(name):
    f = potential(name)
    p = f.probabilities(THETA)
    np.testing.assert_allclose(f.parameters(p), THETA - THETA.mean(), atol=1e-13)
    assert abs(f.conjugate(p) - (p @ THETA - f(THETA))) < 1e-13
    assert abs(f.fenchel_young(THETA, p)) < 1e-13
    rare = np.array([1e-25, 0.5, 0.3, 0.2])
    np.testing.assert_allclose(f.probabilities(f.parameters(rare)), rare, rtol=1e-9)


@EVERY
def test_jax_agrees_and_differentiates_everything(name):
    f, theta = potential(name), jnp.asarray(THETA)
    for ask in (f, f.probabilities, f.log_probabilities, f.hessian, f.entropy, f.anchored):
        np.testing.assert_allclose(ask(theta), ask(THETA), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(jax.grad(f)(theta), f.probabilities(THETA), rtol=1e-13)
    np.testing.assert_allclose(jax.hessian(f)(theta), f.hessian(THETA), atol=1e-14)
    v = np.array([0.5, -1.0, 0.25, 0.75])
    np.testing.assert_allclose(
        f.hvp(theta, jnp.asarray(v)), f.hvp(THETA, v), rtol=1e-12, atol=1e-16
    )
    found = f.estimate_probabilities(theta)
    np.testing.assert_allclose(found.radius, f.estimate_probabilities(THETA).radius, rtol=1e-2)
    p = f.probabilities(THETA)
    np.testing.assert_allclose(f.parameters(jnp.asarray(p)), f.parameters(p), atol=1e-12)

    def of_parameters(lam, scale, theta):
        noise = pt.NestedGumbel(f.noise.nests, lam, scale)
        return pt.expected_max(noise).log_probabilities(theta)[1]

    lam, scale = 0.9 * jnp.asarray(f.noise.dissimilarity), jnp.asarray(1.3)
    slopes = jax.grad(of_parameters, (0, 1))(lam, scale, theta)
    for k in range(len(lam)):
        h = 1e-6 * np.eye(len(lam))[k]
        rise = of_parameters(lam + h, scale, theta) - of_parameters(lam - h, scale, theta)
        assert abs(slopes[0][k] - rise / 2e-6) < 1e-8
    rise = of_parameters(lam, scale + 1e-6, theta) - of_parameters(lam, scale - 1e-6, theta)
    assert abs(slopes[1] - rise / 2e-6) < 1e-8
    second = jax.jit(jax.hessian(of_parameters))(lam, scale, theta)
    assert np.all(np.isfinite(second))
    np.testing.assert_allclose(second, second.T, atol=1e-12)


def test_masks_leave_no_nan_in_jax():
    f = potential("cross-nested")
    theta = jnp.asarray(THETA).at[3].set(-jnp.inf)

    def logs(lam, theta):
        return pt.expected_max(pt.NestedGumbel(SHARES, lam)).log_probabilities(theta)[:3].sum()

    for slope in jax.grad(logs, (0, 1))(jnp.array([0.5, 0.9, 0.2]), theta):
        assert np.all(np.isfinite(slope))
    np.testing.assert_array_equal(f.hessian(theta)[3], 0)
    assert jax.jacobian(f.probabilities)(theta)[:, 3].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("lam", [1.4, 0.0, -0.5, math.nan])
def test_traced_dissimilarities_out_of_range_give_nan(lam):
    def value(lam):
        return pt.expected_max(pt.NestedGumbel([0, 1, 1], lam))(jnp.arange(3.0))

    assert np.isnan(jax.jit(value)(lam))
    assert np.isnan(jax.grad(value)(jnp.asarray(lam)))


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        (([0, 2], 0.5), "`nests` must use every label from 0 on, got none of 1"),
        (([0, 1.5], 0.5), "`nests` must be labels 0, 1, ..., got"),
        (([[0.5, 0.6]], 0.5), "`nests` must have rows of sum one, got the sum 1.1 in row 0"),
        (([[1.5, -0.5]], 0.5), "`nests` must not be negative, got -0.5"),
        ((["bus", "car"], 0.5), "`nests` must be labels"),
        (([], 0.5), "`nests` must not be empty"),
        ((3, 0.5), "`nests` must be known labels or a matrix of shares, got 3.0"),
        (([0, 1], 1.5), "`dissimilarity` must be from 1e-30 to 1, got 1.5"),
        (([0, 1], [0.5, 0.5, 0.5]), r"`dissimilarity` must have 2 entries, one per nest"),
        (([0, 1], 0.5, [1.0, 2.0]), "`scale` must be a number"),
        (([0, 1], 0.5, -1.0), "`scale` must be positive and finite, got -1.0"),
    ],
)
def test_refusals(given_, words):
    with pytest.raises(ValueError, match=words):
        pt.NestedGumbel(*given_)


def test_what_has_no_formula_says_what_serves():
    with pytest.raises(ValueError, match="average softmax"):
        pt.expected_logsumexp(NOISES["nested"])
    with pytest.raises(ValueError, match="`theta` must have 4 entries"):
        potential("nested")([0.0, 1.0])
    with pytest.raises(TypeError, match="independent coordinates"):
        pt.FactorNoise(NOISES["nested"], THETA)


def test_it_shows_itself():
    assert repr(NOISES["nested"]) == "NestedGumbel([0, 1, 1, 1], [1.0, 0.35])"
    assert repr(NOISES["two-nests"]).endswith("[0.8, 0.1], 2.5)")
    assert "0.25" in repr(NOISES["cross-nested"])
    assert r"\lambda_m" in potential("nested")._repr_latex_()
    assert potential("nested").kind == "closed form"


def test_its_probabilities_are_a_distribution():
    law = pt.distributions.PerturbArgmax(NOISES["nested"], THETA)
    np.testing.assert_allclose(
        np.exp(law.log_prob(np.arange(4))), potential("nested").probabilities(THETA)
    )


def test_names_of_nests_are_told_how_to_become_labels() -> None:
    with pytest.raises(ValueError, match="return_inverse"):
        pt.NestedGumbel(["car", "bus", "bus"], 0.5)
