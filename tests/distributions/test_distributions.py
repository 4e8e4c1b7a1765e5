"""Perturb-Argmax and Perturb-Softmax as distributions: draws, probabilities, KL, moments."""

import math
import subprocess
import sys

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats

import perturbtheory as pt
from perturbtheory.distributions import PerturbArgmax, PerturbSoftmax
from tests.laws import ALL, UNITS, D, every

ERROR_RATE = 1e-9
"""Probability with which draws by another seed would fail a test of sampling that is right."""
THETA = np.array([0.3, -0.2, 0.8, 0.1])
APART = np.array([0.3, -0.17, 0.81, 0.1])
"""Where no two of the three atoms tie."""
HIDDEN = -math.inf
FACTORS = pt.FactorNoise(pt.Normal(), np.array([[0.5], [-1.0], [0.2], [0.0]]))


def argmax_law(name, theta=THETA):
    return PerturbArgmax(ALL[name], np.asarray(theta) * UNITS.get(name, 1.0))


def interval(draws):
    """(mean, radius) of draws along the first axis, by the empirical Bernstein inequality."""
    log, n = math.log(4 / (ERROR_RATE / draws[0].size)), len(draws)
    spread = np.ptp(draws, 0).max()
    return draws.mean(0), np.sqrt(2 * draws.var(0, ddof=1) * log / n) + 7 * spread * log / (3 * n)


def require_frequencies(draws, p):
    """Each category as often as a binomial count may be."""
    n = len(draws)
    for i, share in enumerate(p):
        count = int(np.sum(np.asarray(draws) == i))
        rate = ERROR_RATE / len(p) / 2
        assert scipy.stats.binom.cdf(count, n, min(share, 1.0)) > rate, (i, count / n, share)
        assert scipy.stats.binom.sf(count - 1, n, min(share, 1.0)) > rate, (i, count / n, share)


@every()
def test_log_probabilities_are_those_of_the_potential(name):
    law = argmax_law(name)
    f = pt.expected_max(ALL[name])
    logits = law.log_prob(np.arange(D))
    assert np.array_equal(logits, f.log_probabilities(law.theta))
    p = law.prob(np.arange(D))
    np.testing.assert_allclose(p, np.exp(logits), rtol=1e-11, atol=1e-300)
    assert law.mode == np.argmax(p)
    np.testing.assert_allclose(law.entropy(), scipy.stats.entropy(p), rtol=1e-11)


def test_under_gumbel_noise_it_is_the_categorical_law():
    law = PerturbArgmax(pt.Gumbel(), [THETA, 30 * THETA])
    expected = scipy.special.log_softmax(law.theta, -1)
    np.testing.assert_allclose(law.logits, expected, rtol=1e-14)
    np.testing.assert_allclose(law.log_prob(2), expected[:, 2], rtol=1e-14)


def test_a_log_probability_does_not_underflow():
    law = PerturbArgmax(pt.Normal(), [0.0, -80.0])
    assert law.prob(1) == 0
    # Phi(-80 / sqrt 2)
    np.testing.assert_allclose(law.log_prob(1), scipy.stats.norm.logcdf(-80 / math.sqrt(2)), 1e-13)


@every()
def test_draws_have_these_probabilities(name):
    law = argmax_law(name)
    draws = law.sample(np.random.default_rng(1), 5000)
    assert isinstance(draws, np.ndarray)
    assert draws.shape == (5000,)
    assert np.issubdtype(draws.dtype, np.integer)
    require_frequencies(draws, law.probs)


@every(["normal", "three-atoms", "coin+0.3G", "uniform-coordinates", "atoms-coordinates"])
def test_draws_of_jax_have_these_probabilities(name):
    law = argmax_law(name)
    draws = law.sample(jax.random.key(1), (50, 100))
    assert isinstance(draws, jax.Array)
    assert draws.shape == (50, 100)
    assert jnp.issubdtype(draws.dtype, jnp.integer)
    require_frequencies(draws.ravel(), law.probs)


def test_draws_break_ties_fairly():
    law = PerturbArgmax(pt.Discrete([-1.0, 1.0]), [0.0, 0.0, 2.0, -9.0])
    np.testing.assert_allclose(law.probs, [5 / 48, 5 / 48, 19 / 24, 0], atol=1e-15)
    for key in (np.random.default_rng(2), jax.random.key(2)):
        require_frequencies(law.sample(key, (20000,)), law.probs)


def test_factors_are_shared_within_a_draw():
    law = PerturbArgmax(FACTORS, THETA)
    for key in (np.random.default_rng(3), jax.random.key(3)):
        require_frequencies(law.sample(key, 20000), law.probs)


def test_a_masked_category_is_never_drawn_and_changes_nothing():
    masked = PerturbArgmax(pt.Normal(), [0.3, HIDDEN, -0.2])
    without = PerturbArgmax(pt.Normal(), [0.3, -0.2])
    assert masked.log_prob(1) == HIDDEN
    np.testing.assert_allclose(masked.log_prob([0, 2]), without.logits, rtol=1e-13)
    assert 1 not in masked.sample(np.random.default_rng(0), 1000)
    soft = PerturbSoftmax(pt.Normal(), masked.theta, 0.5)
    assert not soft.sample(np.random.default_rng(0), 1000)[:, 1].any()
    keep = np.ix_([0, 2], [0, 2])
    expected = PerturbSoftmax(pt.Normal(), without.theta, 0.5).covariance
    np.testing.assert_allclose(soft.covariance[keep], expected, rtol=1e-11)
    assert not soft.covariance[1].any()
    slope = jax.grad(lambda t: PerturbSoftmax(pt.Gumbel(), masked.theta, t).sample(
        jax.random.key(0)).max())(0.5)  # fmt: skip
    assert np.isfinite(slope)


def test_categories_broadcast_against_the_batch():
    theta = np.stack([THETA, -THETA, 2 * THETA])
    law = PerturbArgmax(pt.Gumbel(), theta)
    logits = law.logits
    assert np.array_equal(law.log_prob(1), logits[:, 1])
    assert np.array_equal(law.log_prob([3, 0, 1]), logits[[0, 1, 2], [3, 0, 1]])
    assert np.array_equal(law.log_prob([[3], [0]]), logits[:, [3, 0]].T)
    assert law.log_prob(np.zeros((0, 3), int)).shape == (0, 3)
    support = law.enumerate_support()
    assert np.array_equal(support, [[0] * 3, [1] * 3, [2] * 3, [3] * 3])
    assert np.array_equal(law.log_prob(support), logits.T)
    draws = law.sample(np.random.default_rng(0), (5, 2))
    assert draws.shape == (5, 2, 3)
    assert law.log_prob(draws).shape == (5, 2, 3)


@pytest.mark.parametrize("batch", [(), (3,), (2, 0), (2, 3)])
def test_a_draw_has_the_shapes_of_batch_and_event(batch):
    theta = np.zeros((*batch, D))
    for law, event in (
        (PerturbArgmax(pt.Normal(), theta), ()),
        (PerturbSoftmax(pt.Normal(), theta), (D,)),
        (PerturbSoftmax(pt.Normal(), jnp.asarray(theta)), (D,)),
    ):
        assert law.batch_shape == batch
        assert law.event_shape == event
        assert law.sample(np.random.default_rng(0), (5,)).shape == (5, *batch, *event)


def test_a_batch_is_its_rows():
    rows = [THETA, -THETA, [0.0, HIDDEN, 1.0, 40.0]]
    hard, soft = PerturbArgmax(FACTORS, rows), PerturbSoftmax(pt.Normal(), rows, 0.5)
    uniform = PerturbArgmax(pt.Gumbel(), np.zeros(D))
    divergence = hard.kl_divergence(uniform)
    for k, row in enumerate(rows):
        one, relaxed = PerturbArgmax(FACTORS, row), PerturbSoftmax(pt.Normal(), row, 0.5)
        np.testing.assert_allclose(hard.logits[k], one.logits, rtol=1e-12)
        np.testing.assert_allclose(hard.entropy()[k], one.entropy(), rtol=1e-11)
        np.testing.assert_allclose(divergence[k], one.kl_divergence(uniform), rtol=1e-11)
        assert hard.mode[k] == one.mode
        np.testing.assert_allclose(soft.mean[k], relaxed.mean, rtol=1e-12)
        np.testing.assert_allclose(soft.covariance[k], relaxed.covariance, rtol=1e-10, atol=1e-17)
    assert PerturbSoftmax(pt.Normal(), np.zeros((0, D))).covariance.shape == (0, D, D)
    assert PerturbArgmax(pt.Normal(), np.zeros((0, D))).kl_divergence(uniform).shape == (0,)


@every()
def test_divergence_is_that_of_scipy_not_negative_and_zero_with_itself(name):
    law, other = argmax_law(name), argmax_law(name, -THETA)
    assert law.kl_divergence(law) == 0
    uniform = PerturbArgmax(pt.Gumbel(), np.zeros(D))
    for q in (other, uniform):
        found = law.kl_divergence(q)
        assert found >= 0
        np.testing.assert_allclose(found, scipy.stats.entropy(law.probs, q.probs), rtol=1e-9)
    np.testing.assert_allclose(law.kl_divergence(uniform) + law.entropy(), math.log(D), rtol=1e-12)


def test_divergence_at_zeros():
    whole = PerturbArgmax(pt.Gumbel(), np.log([0.25, 0.25, 0.5]))
    part = PerturbArgmax(pt.Gumbel(), [0.0, HIDDEN, 0.0])
    assert whole.kl_divergence(part) == math.inf
    np.testing.assert_allclose(part.kl_divergence(whole), math.log(2) / 2, rtol=1e-14)
    assert part.kl_divergence(part) == 0
    bounded = PerturbArgmax(pt.Uniform(), [0.0, 5.0, 5.0])
    assert bounded.kl_divergence(whole) == pytest.approx(math.log(0.5 / 0.25) / 2)
    assert whole.kl_divergence(bounded) == math.inf
    # p_i underflows and is positive.
    far = PerturbArgmax(pt.Gumbel(), [0.0, -2000.0, 0.0])
    assert far.prob(1) == 0
    assert far.kl_divergence(part) == math.inf
    assert part.kl_divergence(far) == 0
    assert far.kl_divergence(far) == 0
    np.testing.assert_allclose(whole.kl_divergence(far), 0.25 * 2000, rtol=2e-3)


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-8, 0.4, 3.0, 40.0])
def test_divergence_of_laws_that_are_close_has_its_digits(gap):
    direction = np.array([1.0, -0.5, 0.25, 0.0])
    near = THETA + gap * direction
    found = PerturbArgmax(pt.Gumbel(), THETA).kl_divergence(PerturbArgmax(pt.Gumbel(), near))
    with mpmath.workdps(60):
        p, q = ([mpmath.exp(mpmath.mpf(float(x))) for x in row] for row in (THETA, near))
        p, q = ([x / mpmath.fsum(row) for x in row] for row in (p, q))
        exact = mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True))
        error = abs(mpmath.mpf(float(found)) / exact - 1)
    assert error < 2e-15 + 4e-15 / gap, float(error)


def test_divergence_under_other_noise_is_that_of_the_second_order():
    direction, gap = np.array([1.0, -0.5, 0.25, 0.0]), 1e-5
    law = PerturbArgmax(pt.Normal(), THETA)
    moved = PerturbArgmax(pt.Normal(), THETA + gap * direction)
    slope = law.potential.hvp(THETA, gap * direction)
    # KL(p || p + e) = sum e^2 / (2 p) - ...
    np.testing.assert_allclose(
        law.kl_divergence(moved), np.sum(slope**2 / law.probs) / 2, rtol=20 * gap
    )


@every()
def test_mean_and_covariance_are_those_of_draws(name):
    unit = UNITS.get(name, 1.0)
    law = PerturbSoftmax(ALL[name], THETA * unit, 0.5 * unit)
    draws = law.sample(np.random.default_rng(5), 20000)
    np.testing.assert_allclose(draws.sum(-1), 1, rtol=1e-13)
    mean, radius = interval(draws)
    m = law.mean
    assert np.all(abs(mean - m) <= radius)
    products = (draws - m)[:, :, None] * (draws - m)[:, None, :]
    second, radius = interval(products)
    covariance = law.covariance
    assert np.all(abs(second - covariance) <= radius)
    require_covariance(covariance)
    assert np.array_equal(law.argmax.logits, PerturbArgmax(ALL[name], law.theta).logits)


def require_covariance(found):
    """Symmetric, positive semidefinite, with rows that sum to zero."""
    assert np.all(abs(found.sum(-1)) <= 1e-14)
    np.testing.assert_allclose(found, found.T, rtol=0, atol=1e-14)
    assert np.linalg.eigvalsh(found).min() >= -1e-14
    assert np.all(np.diagonal(found) >= 0)


@pytest.mark.parametrize("name", ["normal", "uniform", "coin", "student-3", "normal-coordinates"])
@pytest.mark.parametrize("temperature", [0.05, 1e6, 1e8])
def test_a_covariance_at_the_ends_of_temperature(name, temperature):
    law = PerturbSoftmax(ALL[name], THETA, temperature)
    require_covariance(law.covariance)
    assert np.array_equal(law.variance, np.diagonal(law.covariance))


@pytest.mark.parametrize("gap", [0.0, 1.0, -2.5, 8.0])
def test_two_categories_under_gumbel_noise_in_closed_form(gap):
    # s_1 = a u / (1 + (a - 1) u) for a = e^gap and u uniform on (0, 1).
    law = PerturbSoftmax(pt.Gumbel(), [gap, 0.0])
    with mpmath.workdps(40):
        a = mpmath.exp(mpmath.mpf(gap))
        c, log = a - 1, mpmath.mpf(gap)
        mean = a / c - a * log / c**2 if gap else mpmath.mpf(1) / 2
        second = (a / c) ** 2 * (1 + 1 / a - 2 * log / c) if gap else mpmath.mpf(1) / 3
        variance = float(second - mean**2)
    np.testing.assert_allclose(law.mean, [float(mean), float(1 - mean)], rtol=1e-13)
    expected = [[variance, -variance], [-variance, variance]]
    np.testing.assert_allclose(law.covariance, expected, rtol=1e-11)


@pytest.mark.parametrize("temperature", [0.2, 1.0, 5.0])
def test_two_categories_under_normal_noise_by_an_integral_in_the_difference(temperature):
    def moment(k):
        def integrand(z):
            s = scipy.special.expit((0.7 + math.sqrt(2) * z) / temperature)
            return s**k * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        return scipy.integrate.quad(integrand, -10, 10, epsabs=1e-13, limit=500)[0]

    law = PerturbSoftmax(pt.Normal(), [0.7, 0.0], temperature)
    np.testing.assert_allclose(law.mean[0], moment(1), rtol=1e-11)
    np.testing.assert_allclose(law.variance, moment(2) - moment(1) ** 2, rtol=1e-9)


@pytest.mark.parametrize("name", ["normal", "uniform", "gumbel-coordinates", "three-atoms"])
def test_at_low_temperature_it_is_the_one_hot_arg_max(name):
    law = PerturbSoftmax(ALL[name], APART, 1e-6)
    p = law.argmax.probs
    np.testing.assert_allclose(law.mean, p, atol=2e-6)
    np.testing.assert_allclose(law.covariance, np.diag(p) - np.outer(p, p), atol=2e-6)
    s = law.sample(np.random.default_rng(0), 100)
    assert np.mean(s.max(-1) > 0.999) >= 0.9


def test_a_variance_keeps_its_digits_next_to_a_vertex():
    # Where theta_1 - theta_2 is large, s_2 is about E = exp(-gap + L) with E[s_2^2] about e^-gap.
    law = PerturbSoftmax(pt.Gumbel(), [60.0, 0.0])
    one, two = law.variance
    assert one == two
    np.testing.assert_allclose(one, math.exp(-60.0), rtol=1e-10)


ALONE = """
import sys
import numpy as np
import perturbtheory as pt

rng = np.random.default_rng(0)
for noise in (pt.Normal(), pt.Discrete([-1.0, 1.0]), pt.Gumbel(np.array([1.0, 0.5, 2.0]))):
    hard = pt.distributions.PerturbArgmax(noise, [0.3, -0.2, 1.1])
    soft = pt.distributions.PerturbSoftmax(noise, [0.3, -0.2, 1.1], 0.5)
    hard.sample(rng, (3,)), hard.log_prob([0, 1]), hard.prob(2), hard.probs, hard.logits, hard.mode
    hard.entropy(), hard.enumerate_support(), hard.kl_divergence(hard), hard._repr_html_()
    soft.sample(rng), soft.mean, soft.covariance, soft.variance, soft.argmax, soft._repr_html_()
    if noise.continuous:
        soft.log_prob([0.2, 0.3, 0.5])
pt.distributions.PerturbSoftmax(pt.Laplace(), [0.3, -0.2, 1.1]).log_prob([0.2, 0.3, 0.5])
assert not [name for name in sys.modules if name.partition(".")[0] in ("jax", "jaxlib")]
"""


def test_numpy_needs_no_jax():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "noise", [pt.Gumbel(), pytest.param(pt.Normal(), marks=pytest.mark.slow)], ids=repr
)
def test_everything_of_an_arg_max_is_compiled_and_mapped(noise):
    theta, other = jnp.stack([THETA, 2 * THETA]), jnp.asarray([-THETA, THETA])

    @jax.jit
    def everything(theta, other, key, category):
        law, q = PerturbArgmax(noise, theta), PerturbArgmax(pt.Gumbel(), other)
        drawn = law.sample(key, (3,))
        return (
            law.log_prob(category), law.prob(category), law.entropy(), law.mode,
            law.kl_divergence(q), law.enumerate_support(), drawn,
        )  # fmt: skip

    category = jnp.asarray([[0], [3]])
    key = jax.random.key(0)
    found = everything(theta, other, key, category)
    law, q = PerturbArgmax(noise, np.asarray(theta)), PerturbArgmax(pt.Gumbel(), other)
    expected = (
        law.log_prob([[0], [3]]), law.prob([[0], [3]]), law.entropy(), law.mode,
        law.kl_divergence(q), law.enumerate_support(), law.sample(key, (3,)),
    )  # fmt: skip
    for a, b in zip(found, expected, strict=True):
        assert isinstance(a, jax.Array)
        np.testing.assert_allclose(a, b, rtol=1e-10)
    keys = jax.random.split(key, 2)
    mapped = jax.vmap(lambda t, k: PerturbArgmax(noise, t).sample(k, (4,)))(theta, keys)
    assert mapped.shape == (2, 4)
    bad = everything(theta, other, key, jnp.asarray([[4], [-1]]))[0]
    assert np.all(np.isnan(bad))
    nowhere = everything(theta.at[0].set(jnp.nan).at[1].set(-jnp.inf), other, key, category)
    assert np.all(np.isnan(nowhere[0]))
    assert np.all(nowhere[-1] == -1)


def test_gradients_of_an_arg_max():
    theta, other = jnp.asarray(THETA), jnp.asarray([0.1, 0.0, 0.4, -0.3])
    prior = PerturbArgmax(pt.Gumbel(), other)

    def loss(theta):
        law = PerturbArgmax(pt.Gumbel(), theta)
        return law.log_prob(2) + law.kl_divergence(prior)

    p, q = scipy.special.softmax(THETA), scipy.special.softmax(np.asarray(other))
    ratio = np.log(p / q)
    expected = np.eye(D)[2] - p + p * (ratio - p @ ratio)
    np.testing.assert_allclose(jax.jit(jax.grad(loss))(theta), expected, rtol=1e-12)
    # A law is a pytree: it is an argument of a compiled function.
    compiled = jax.jit(lambda law: law.kl_divergence(prior))
    law = PerturbArgmax(pt.Gumbel(), theta)
    np.testing.assert_allclose(compiled(law), p @ ratio, rtol=1e-12)
    masked = jnp.asarray([0.3, HIDDEN, 0.1, HIDDEN])
    slope = jax.grad(lambda t: PerturbArgmax(pt.Gumbel(), t).kl_divergence(prior))(masked)
    assert np.all(np.isfinite(slope))
    assert np.all(np.asarray(slope)[[1, 3]] == 0)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [pt.Gumbel(), pt.Discrete([-1.0, 1.0])], ids=repr)
def test_moments_of_a_softmax_are_compiled_and_differentiated(noise):
    theta = jnp.stack([THETA, 2 * THETA])

    @jax.jit
    def everything(theta):
        law = PerturbSoftmax(noise, theta, 0.5)
        return law.mean, law.covariance, law.variance

    law = PerturbSoftmax(noise, np.asarray(theta), 0.5)
    for a, b in zip(everything(theta), (law.mean, law.covariance, law.variance), strict=True):
        assert isinstance(a, jax.Array)
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-13)
    slope = jax.jacobian(lambda t: PerturbSoftmax(noise, t, 0.5).mean)(theta[0])
    m, covariance = law.mean[0], law.covariance[0]
    np.testing.assert_allclose(0.5 * slope, np.diag(m) - np.outer(m, m) - covariance, atol=1e-10)
    mean = PerturbSoftmax(noise, jnp.asarray(THETA, jnp.float32), 0.5).mean
    assert mean.dtype == jnp.float32
    np.testing.assert_allclose(mean, m, atol=1e-5)


def test_draws_of_a_softmax_are_compiled_mapped_and_differentiated():
    theta, key = jnp.asarray(THETA), jax.random.key(0)

    @jax.jit
    def draw(theta, key):
        return PerturbSoftmax(pt.Normal(), theta, 0.5).sample(key)

    s = draw(theta, key)
    # The draw itself, from its noise.
    gamma = pt.Normal().sample(key, (D,))
    np.testing.assert_allclose(s, scipy.special.softmax((THETA + gamma) / 0.5), rtol=1e-12)
    slope = jax.jacobian(draw)(theta, key)
    np.testing.assert_allclose(slope, (np.diag(s) - np.outer(s, s)) / 0.5, atol=1e-13)
    assert jax.vmap(draw, (None, 0))(theta, jax.random.split(key, 5)).shape == (5, D)
    assert np.all(np.isnan(draw(theta.at[0].set(jnp.inf), key)))


def test_the_dtype_is_that_of_theta():
    for dtype in (jnp.float32, jnp.float16):
        theta = jnp.asarray(THETA, dtype)
        soft, hard = PerturbSoftmax(pt.Gumbel(), theta), PerturbArgmax(pt.Gumbel(), theta)
        for array in (soft.sample(jax.random.key(0)), hard.logits, hard.log_prob(1)):
            assert array.dtype == dtype
        require_frequencies(hard.sample(jax.random.key(4), 5000), np.asarray(hard.probs, float))


def test_the_key_decides_the_library_of_draws():
    theta = jnp.asarray(THETA)
    for law in (
        PerturbArgmax(pt.Normal(), theta),
        PerturbSoftmax(pt.Normal(jnp.float64(2)), theta),
    ):
        found = law.sample(np.random.default_rng(0), (2,))
        assert isinstance(found, np.ndarray)
        assert isinstance(law.sample(jax.random.key(0), (2,)), jax.Array)
    raw = jax.random.PRNGKey(0)
    assert PerturbArgmax(pt.Normal(), THETA).sample(raw).shape == ()


def test_they_show_themselves():
    hard = PerturbArgmax(pt.Normal(), [0.3, -0.2])
    soft = PerturbSoftmax(pt.Normal(), [[0.3, -0.2]], 0.5)
    assert repr(hard) == "PerturbArgmax(Normal(scale=1.0), [0.3, -0.2])"
    assert repr(soft) == "PerturbSoftmax(Normal(scale=1.0), [[0.3, -0.2]], temperature=0.5)"
    assert hard._repr_html_().count("<tr") == 3
    assert PerturbSoftmax(pt.Normal(), [0.3, -0.2])._repr_html_().count("<tr") == 3
    assert "<tr" not in soft._repr_html_()
    node = jax.tree.map(lambda leaf: None, soft)
    assert "PerturbSoftmax(" in repr(node)
    assert "PerturbSoftmax(" in node._repr_html_()
    assert len(jax.tree.leaves(soft)) == 3


LAW = PerturbArgmax(pt.Normal(), np.zeros((2, 3)))
SOFT = PerturbSoftmax(pt.Normal(), np.zeros(3))
RNG = np.random.default_rng(0)
BAD = {
    "noise": (lambda: PerturbArgmax(1.0, [0.0]), TypeError, "`noise` must be a perturbation.*1.0"),
    "softmax-noise": (lambda: PerturbSoftmax(None, [0.0]), TypeError, "`noise` .*None"),
    "scalar": (lambda: PerturbArgmax(pt.Normal(), 0.0), ValueError, "`theta` must be a vector"),
    "nan": (lambda: PerturbSoftmax(pt.Normal(), [0.0, math.nan]), ValueError, "`theta` .*nan"),
    "masked": (lambda: PerturbArgmax(pt.Normal(), [[HIDDEN]]), ValueError, "`theta` .*-inf"),
    "unfit": (
        lambda: PerturbArgmax(pt.Normal(np.ones(2)), np.zeros(3)),
        ValueError,
        "`theta` must have 2 entries.*got 3",
    ),
    "temperature": (
        lambda: PerturbSoftmax(pt.Normal(), [0.0], 0.0), ValueError, "`temperature` .*got 0.0"
    ),
    "temperatures": (
        lambda: PerturbSoftmax(pt.Normal(), [0.0, 1.0], [1.0, 2.0]), ValueError, "`temperature` "
    ),
    "too-large": (lambda: LAW.log_prob([0, 3]), ValueError, "`category` .*got 3; .* 0 to 2"),
    "negative": (lambda: LAW.log_prob(-1), ValueError, "`category` .*got -1; .* 0 to 2"),
    "float": (lambda: LAW.prob(0.5), ValueError, "`category` must be integers, got 0.5"),
    "truth": (lambda: LAW.log_prob([True, False]), ValueError, "`category` .*bool"),
    "one-hot-jax": (lambda: LAW.log_prob(jnp.eye(3)), ValueError, "`category` must be integers"),
    "ragged": (lambda: LAW.log_prob([[0], [1, 2]]), ValueError, "`category` .*rectangular"),
    "hidden": (
        lambda: LAW.prob(np.ma.array([0, 1], mask=[0, 1])), ValueError, "`category` .*hidden"
    ),
    "batch": (
        lambda: LAW.log_prob([0, 1, 2]), ValueError, r"`category` .*\(2,\), got shape \(3,\)"
    ),
    "seed": (lambda: LAW.sample(0), ValueError, r"`key` .*got 0; .*default_rng\(seed\)"),
    "no-key": (lambda: SOFT.sample(None), ValueError, "`key` .*got None"),
    "keys": (
        lambda: SOFT.sample(jax.random.split(jax.random.key(0), 3)), ValueError, "`key` must be"
    ),
    "length": (lambda: LAW.sample(RNG, (2, -1)), ValueError, r"`shape` .*got \(2, -1\)"),
    "fraction": (lambda: SOFT.sample(RNG, 2.5), ValueError, r"`shape` .*got 2.5"),
    "traced": (
        lambda: jax.jit(lambda t: PerturbArgmax(pt.Normal(), t).sample(RNG))(jnp.zeros(2)),
        TypeError,
        "`key` must be a key of jax.random where theta or the noise is traced",
    ),
    "other": (lambda: LAW.kl_divergence([0.5, 0.5]), TypeError, "`other` .*Gumbel.*log"),
    "categories": (
        lambda: LAW.kl_divergence(PerturbArgmax(pt.Normal(), [0.0])), ValueError, "`other` .*got 1"
    ),
    "batches": (
        lambda: LAW.kl_divergence(PerturbArgmax(pt.Normal(), np.zeros((3, 3)))),
        ValueError,
        r"`other` must broadcast against the batch of theta, \(2,\), got shape \(3,\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_a_way_out(name):
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()
