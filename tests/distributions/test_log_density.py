"""The log density of relaxed samples: closed forms, integrals to one, masks, JAX, bad input."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

import perturbtheory as pt
from perturbtheory.distributions import PerturbSoftmax, _panels
from perturbtheory.numerics import mapped
from tests import oracles
from tests.laws import CONTINUOUS, COORDINATES, EXACT, SMOOTHED, D, every

THETA = np.array([0.3, -0.2, 0.8, 0.1])
POINT = np.array([0.2, 0.1, 0.6, 0.1])
HIDDEN = -math.inf
WITH_DENSITY = {
    n: x for n, x in (CONTINUOUS | SMOOTHED | COORDINATES).items() if x.continuous
}  # fmt: skip
UNITS = {"normal-scaled": 0.01}


def law_of(name, temperature=0.5, theta=THETA):
    unit = UNITS.get(name, 1.0)
    return PerturbSoftmax(WITH_DENSITY[name], np.asarray(theta) * unit, temperature * unit)


def points(law, count, seed=0):
    """Draws, but for those that underflow."""
    s = law.sample(np.random.default_rng(seed), (3 * count,))
    return s[(s > 0).all(-1)][:count]


def without_formula(monkeypatch, kind):
    """Makes quadrature answer for noise that has a closed form."""
    monkeypatch.setattr(kind, "log_integral_over_shifts", lambda *_: None)


def concrete(theta, t, s):
    """(d - 1)! t^(d - 1) prod_i (e^theta_i s_i^(-t - 1)) / (sum_i e^theta_i s_i^-t)^d."""
    d, log_s = s.shape[-1], np.log(s)
    total = scipy.special.logsumexp(theta - t * log_s, -1)
    top = np.sum(theta - (t + 1) * log_s, -1)
    return math.lgamma(d) + (d - 1) * math.log(t) + top - d * total


def normal_density(theta, t, s, scale):
    """The log-ratios to the last entry are jointly normal; prod_i 1/s_i is the Jacobian."""
    scale = np.broadcast_to(scale, theta.shape) / t
    ratio = np.log(s[..., :-1]) - np.log(s[..., -1:])
    covariance = np.diag(scale[:-1] ** 2) + scale[-1] ** 2
    mean = (theta[:-1] - theta[-1]) / t
    law = scipy.stats.multivariate_normal(mean, covariance)
    return law.logpdf(ratio) - np.log(s).sum(-1)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 3.0])
@pytest.mark.parametrize("formula", [True, False], ids=["formula", "quadrature"])
def test_under_gumbel_noise_it_is_the_concrete_density(temperature, formula, monkeypatch):
    law = PerturbSoftmax(pt.Gumbel(), THETA, temperature)
    s = points(law, 30)
    if not formula:
        without_formula(monkeypatch, pt.Gumbel)
    expected = concrete(THETA, temperature, s)
    np.testing.assert_allclose(law.log_prob(s), expected, rtol=1e-13, atol=1e-12)


def test_a_scale_of_gumbel_noise_is_one_of_theta_and_of_the_temperature():
    s = points(PerturbSoftmax(pt.Gumbel(), THETA, 0.5), 5)
    found = PerturbSoftmax(pt.Gumbel(3.0), 3 * THETA, 1.5).log_prob(s)
    np.testing.assert_allclose(found, concrete(THETA, 0.5, s), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("scale", [1.0, 0.01, np.array([1.0, 0.25, 3.0, 0.5])])
@pytest.mark.parametrize("formula", [True, False], ids=["formula", "quadrature"])
def test_under_normal_noise_log_ratios_are_normal(scale, formula, monkeypatch):
    law = PerturbSoftmax(pt.Normal(scale), THETA, 0.7)
    s = points(law, 30)
    if not formula:
        without_formula(monkeypatch, pt.Normal)
    expected = normal_density(THETA, 0.7, s, scale)
    np.testing.assert_allclose(law.log_prob(s), expected, rtol=1e-12, atol=1e-11)


def test_under_uniform_noise_it_is_the_length_of_the_shifts_that_are_left():
    law = PerturbSoftmax(pt.Uniform(), THETA, 0.5)
    s = points(law, 30)
    x = 0.5 * np.log(s) - THETA
    length = (1 - x).min(-1) - (-1 - x).max(-1)
    expected = 3 * math.log(0.5) - np.log(s).sum(-1) + np.log(length / 2**4)
    np.testing.assert_allclose(law.log_prob(s), expected, rtol=1e-12, atol=1e-12)
    assert law.log_prob([1e-5, 1e-5, 1 - 3e-5, 1e-5]) == -math.inf


def test_under_exponential_noise_it_begins_at_the_last_support():
    law = PerturbSoftmax(pt.Exponential(), THETA, 0.5)
    s = points(law, 30)
    x = 0.5 * np.log(s) - THETA
    expected = 3 * math.log(0.5) - np.log(s).sum(-1) - (x - x.min(-1, keepdims=True)).sum(-1)
    np.testing.assert_allclose(law.log_prob(s), expected - math.log(4), rtol=1e-12, atol=1e-12)


def test_two_categories_under_laplace_noise():
    # The difference of two has the density (1 + |x|) exp(-|x|) / 4.
    law = PerturbSoftmax(pt.Laplace(), [0.7, 0.0], 0.3)
    s = np.array([1e-300, 1e-9, 0.2, 0.5, 0.93, 1 - 1e-9])
    logit = np.log(s) - np.log1p(-s)
    x = 0.3 * logit - 0.7
    expected = np.log(1 + abs(x)) - abs(x) - math.log(4) + math.log(0.3) - np.log(s) - np.log1p(-s)
    found = law.log_prob(np.stack([s, 1 - s], -1))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_two_categories_under_cauchy_noise_are_cauchy_of_twice_the_scale():
    for gap in (0.0, 1.0, 1e4, 1e9):
        law = PerturbSoftmax(pt.StudentT(1.0), [gap, 0.0])
        expected = scipy.stats.cauchy(gap, 2.0).logpdf(0.0) + math.log(4)
        # Where a shift is counted from the one of them, the other is at 1e9, and rounded.
        most = 1e-12 + 1e-16 * gap
        np.testing.assert_allclose(law.log_prob([0.5, 0.5]), expected, rtol=0, atol=most)


@every([name for name in EXACT if name in WITH_DENSITY], slow=["cauchy", "student-3", "coin+0.3G"])
def test_it_is_the_integral_of_the_densities_in_balls(name):
    law = law_of(name)
    s = points(law, 3, seed=3)
    found = law.log_prob(s)
    x = law.temperature * np.log(s) - law.theta
    for k in range(len(s)):
        integral = oracles.log_common_shift(EXACT[name], x[k].tolist())
        expected = (D - 1) * math.log(law.temperature) - np.log(s[k]).sum() + integral
        np.testing.assert_allclose(found[k], expected, rtol=1e-12, atol=1e-12)


def logits(most, panels):
    """Gauss-Legendre for logits up to sinh(most), and half of the nodes are below zero."""
    nodes, weights = np.polynomial.legendre.leggauss(8)
    bounds = np.linspace(-most, most, 2 * panels + 1)
    half = np.diff(bounds)[:, None] / 2
    u = (bounds[:-1, None] + half * (1 + nodes)).ravel()
    return np.sinh(u), (half * weights).ravel() * np.cosh(u)


@every(WITH_DENSITY, slow=["scipy-skewnorm"])
def test_for_two_categories_the_halves_have_the_probabilities_of_the_arg_max(name):
    noise = WITH_DENSITY[name]
    noise = noise.take(np.arange(D) < 2) if noise.shape else noise
    unit = UNITS.get(name, 1.0)
    law = PerturbSoftmax(noise, np.array([0.4, 0.0]) * unit, unit)
    z, weights = logits(6.55, 12 if noise.smooth else 60)
    s = scipy.special.expit(np.stack([z, -z], -1))
    # ds_1 = s_1 s_2 dz
    mass = weights * np.exp(law.log_prob(s) + np.log(s).sum(-1))
    found = [mass[z > 0].sum(), mass[z < 0].sum()]
    # Beyond |z| = 350 a difference of Cauchy variables has 2 / (350 pi) on either side.
    np.testing.assert_allclose(found, law.argmax.probs, atol=2e-3 if name == "cauchy" else 3e-4)


@every(["normal", "logistic"], slow=["logistic"])
def test_for_three_categories_the_density_has_mass_one_and_the_mean(name):
    noise = WITH_DENSITY[name]
    noise = noise.take(np.arange(D) < 3) if noise.shape else noise
    law = PerturbSoftmax(noise, [0.3, -0.2, 0.5], 2.0)
    z, weights = logits(4.0, 6)
    a, b = np.meshgrid(z, z)
    s = scipy.special.softmax(np.stack([a, b, np.zeros_like(a)], -1), -1).reshape(-1, 3)
    mass = np.outer(weights, weights).ravel() * np.exp(law.log_prob(s) + np.log(s).sum(-1))
    np.testing.assert_allclose(mass.sum(), 1, atol=1e-6)
    np.testing.assert_allclose(mass @ s, law.mean, atol=1e-6)


def test_it_does_not_underflow():
    for noise, expected in (
        (pt.Normal(), lambda gap: -(gap**2) / 4 - math.log(4 * math.pi) / 2),
        (pt.Laplace(), lambda gap: math.log1p(gap) - gap - math.log(4)),
        (pt.Logistic(), lambda gap: math.log(gap - 2) - gap),
    ):
        law = PerturbSoftmax(noise, [3000.0, 0.0])
        found = law.log_prob([0.5, 0.5])
        np.testing.assert_allclose(found, expected(3000.0) + math.log(4), rtol=1e-13)


def test_a_narrow_hill_between_normal_laws_far_apart_is_not_missed(monkeypatch):
    without_formula(monkeypatch, pt.Normal)
    law = PerturbSoftmax(pt.Normal(), [1e5, 0.0])
    expected = -(1e10) / 4 - math.log(4 * math.pi) / 2 + math.log(4)
    np.testing.assert_allclose(law.log_prob([0.5, 0.5]), expected, rtol=1e-14)


@every(["normal", "logistic", "laplace"])
def test_halving_makes_up_for_panels_that_are_too_wide(name, monkeypatch):
    law = law_of(name)
    s = points(law, 5)
    expected = law.log_prob(s)
    monkeypatch.setattr(_panels, "_LEVELS", (-46.0,))
    if name == "normal":
        without_formula(monkeypatch, pt.Normal)
    np.testing.assert_allclose(law.log_prob(s), expected, rtol=0, atol=1e-12)


def test_one_category_has_no_density_to_speak_of():
    for noise in (pt.Normal(), pt.Gumbel(), pt.Laplace(), pt.StudentT(1.0)):
        law = PerturbSoftmax(noise, [[0.7], [-0.2]], 0.5)
        np.testing.assert_allclose(law.log_prob([1.0]), 0, atol=1e-12)


@pytest.mark.parametrize("name", ["normal", "gumbel", "laplace", "uniform", "normal-coordinates"])
def test_a_masked_category_has_no_effect(name):
    noise, keep = WITH_DENSITY[name], np.array([True, False, True, True])
    theta = np.where(keep, THETA, HIDDEN)
    s = np.array([[0.3, 0.0, 0.4, 0.3], [0.2, 0.0, 0.5, 0.3]])
    without = PerturbSoftmax(noise.take(keep), THETA[keep], 0.5).log_prob(s[:, keep])
    found = PerturbSoftmax(noise, theta, 0.5).log_prob(s)
    assert np.isfinite(without).all()
    np.testing.assert_allclose(found, without, rtol=1e-12)
    traced = jax.jit(lambda s: PerturbSoftmax(noise, jnp.asarray(theta), 0.5).log_prob(s))
    np.testing.assert_allclose(traced(jnp.asarray(s)), without, rtol=1e-12)


def test_points_broadcast_against_the_batch():
    theta = np.stack([THETA, -THETA, 2 * THETA])
    law = PerturbSoftmax(pt.Laplace(), theta, 0.5)
    assert law.log_prob(POINT).shape == (3,)
    other = np.stack([POINT, np.full(D, 0.25)])[:, None]
    found = law.log_prob(other)
    assert found.shape == (2, 3)
    for k, row in enumerate(theta):
        one = PerturbSoftmax(pt.Laplace(), row, 0.5)
        np.testing.assert_allclose(found[:, k], one.log_prob(other[:, 0]), rtol=1e-12)
    assert law.log_prob(np.zeros((0, 3, D))).shape == (0, 3)


def test_a_point_whose_sum_is_rounded_is_divided_by_it():
    rounded = np.float32(POINT)
    whole = np.float64(rounded) / np.float64(rounded).sum()
    for noise in (pt.Laplace(), pt.Gumbel()):
        law = PerturbSoftmax(noise, THETA, 0.5)
        expected = law.log_prob(whole)
        assert law.log_prob(rounded) == pytest.approx(expected, rel=1e-13)
        assert law.log_prob(np.float32(whole * (1 + 5e-6))) == pytest.approx(expected, abs=1e-6)


@every(
    ["normal", "gumbel", "laplace", "uniform", "exponential", "gumbel-coordinates", "cauchy"],
    slow=["gumbel-coordinates", "cauchy", "laplace"],
)
def test_under_jax_it_is_compiled_mapped_and_differentiated(name):
    noise = WITH_DENSITY[name]
    s = points(law_of(name), 4)

    def log_prob(theta, t, s):
        return PerturbSoftmax(noise, theta, t).log_prob(s)

    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(log_prob, (0, 1, 2)), (None, None, 0)))(
        jnp.asarray(THETA), jnp.asarray(0.5), jnp.asarray(s)
    )
    np.testing.assert_allclose(values, law_of(name).log_prob(s), rtol=1e-11)
    h = 1e-5
    for i, e in enumerate(np.eye(D)):
        up, down = (log_prob(THETA + side * h * e, 0.5, s) for side in (1, -1))
        np.testing.assert_allclose(slopes[0][:, i], (up - down) / (2 * h), rtol=1e-5, atol=1e-7)
    up, down = (log_prob(THETA, 0.5 + side * h, s) for side in (1, -1))
    np.testing.assert_allclose(slopes[1], (up - down) / (2 * h), rtol=1e-5, atol=1e-7)
    along = np.array([1.0, -1.0, 0.5, -0.5]) * s.min(-1, keepdims=True)
    up, down = (log_prob(THETA, 0.5, s + side * h * along) for side in (1, -1))
    expected = (up - down) / (2 * h)
    np.testing.assert_allclose((slopes[2] * along).sum(-1), expected, rtol=1e-5, atol=1e-7)


@every(["normal", "gumbel", "laplace", "weibull"], slow=["laplace", "weibull"])
def test_parameters_of_the_noise_have_derivatives(name):
    noise, h = WITH_DENSITY[name], 1e-5

    def log_prob(scale):
        return PerturbSoftmax(dataclasses.replace(noise, scale=scale), THETA, 0.5).log_prob(POINT)

    slope = jax.jit(jax.grad(log_prob))(1.3)
    np.testing.assert_allclose(slope, (log_prob(1.3 + h) - log_prob(1.3 - h)) / (2 * h), rtol=1e-6)


def test_what_is_known_too_late_to_refuse_is_not_a_number():
    compiled = jax.jit(lambda law, s: law.log_prob(s))
    theta, s = jnp.asarray(THETA), jnp.asarray(POINT)
    for noise in (pt.Gumbel(), pt.Laplace()):
        law = PerturbSoftmax(noise, theta)
        for bad in ([0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.0, 0.0], [1.5, -0.5, -0.5, 0.5]):
            assert np.isnan(compiled(law, jnp.asarray(bad)))
        for bad in (jnp.nan, jnp.inf, -jnp.inf):
            broken = mapped(lambda leaf: leaf, law)
            object.__setattr__(broken, "theta", theta.at[0].set(bad))
            assert np.isnan(compiled(broken, s))
        assert np.isfinite(compiled(law, s))


def test_the_dtype_is_that_of_theta():
    compiled = jax.jit(lambda law, s: law.log_prob(s))
    for noise, dtype, most in (
        (pt.Laplace(), jnp.float32, 1e-5), (pt.Normal(), jnp.float16, 1e-2)
    ):  # fmt: skip
        law = PerturbSoftmax(noise, jnp.asarray(THETA, dtype), jnp.asarray(0.5, dtype))
        found = compiled(law, jnp.asarray(POINT, dtype))
        assert found.dtype == dtype
        exact = PerturbSoftmax(noise, THETA, 0.5).log_prob(POINT)
        np.testing.assert_allclose(np.float64(found), exact, atol=most)


LAW = PerturbSoftmax(pt.Normal(), np.zeros((2, 3)))
MASKED = PerturbSoftmax(pt.Normal(), [0.0, HIDDEN, 0.0])
BAD = {
    "atoms": (
        lambda: PerturbSoftmax(pt.Discrete([-1.0, 1.0]), [0.0, 0.0]).log_prob([0.5, 0.5]),
        "`noise` must have a density, got Discrete.*smoothed",
    ),
    "factors": (
        lambda: PerturbSoftmax(
            pt.FactorNoise(pt.Normal(), [1.0, 0.0]), [0.0, 0.0]
        ).log_prob([0.5, 0.5]),
        "`noise` must have independent coordinates.*got FactorNoise.*theta . B u",
    ),
    "sum": (lambda: LAW.log_prob([0.5, 0.5, 0.5]), "`point` must sum to one, got the sum 1.5"),
    "negative": (lambda: LAW.log_prob([-0.5, 1.0, 0.5]), "`point` must not be negative, got -0.5"),
    "boundary": (
        lambda: LAW.log_prob([0.0, 0.5, 0.5]), r"`point` must be positive.*got \[0. .*temperature"
    ),
    "vertex": (lambda: LAW.log_prob(jnp.asarray([0.0, 1.0, 0.0])), "`point` must be positive"),
    "masked": (
        lambda: MASKED.log_prob([0.2, 0.3, 0.5]), "`point` must be zero where theta is masked.*0.3"
    ),
    "length": (lambda: LAW.log_prob([0.5, 0.5]), "`point` must have 3 entries.*got 2"),
    "scalar": (lambda: LAW.log_prob(1.0), "`point` must be a vector"),
    "nan": (lambda: LAW.log_prob([0.5, math.nan, 0.5]), "`point` must be finite, got nan"),
    "category": (lambda: LAW.log_prob("a"), "`point` must be real"),
    "batch": (
        lambda: LAW.log_prob(np.full((5, 3), 1 / 3)),
        r"`point` must broadcast against the batch of theta, \(2,\), got shape \(5,\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_a_way_out(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("unit", [1e-200, 1e-30, 1e200])
@pytest.mark.parametrize("noise", [pt.Laplace, pt.Logistic, pt.Exponential], ids=str)
def test_the_unit_of_noise_theta_and_temperature_does_not_matter(noise, unit):
    point, theta = [0.2, 0.3, 0.5], np.array([0.0, 1.0, 2.0])
    one, other = (
        pt.distributions.PerturbSoftmax(noise(k), k * theta, k).log_prob(point) for k in (1.0, unit)
    )
    assert abs(one - other) < 1e-12
