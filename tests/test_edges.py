"""Inputs that nobody thinks of: masked arrays, narrow shares, decimals, numbers too large."""

import decimal
import math
import re
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory import properties
from tests.laws import ALL, ATOMS, every, potential

THETA = np.array([0.3, -0.2, 1.1])
SHARES = np.array([1.0, 2.0, 4.0, 6.0, 8.0]) / 21
F = pt.expected_max(pt.Normal())


# Masked arrays


HIDDEN = np.ma.array(THETA, mask=[False, True, False])
MASKED = {
    "theta": (lambda: F(HIDDEN), r"`theta` .*theta.filled\(-np.inf\)"),
    "rows": (lambda: F.probabilities([HIDDEN, HIDDEN]), "`theta` must not have hidden entries"),
    "p": (
        lambda: F.conjugate(np.ma.array(SHARES, mask=[1, 0, 0, 0, 0])),
        r"(?s)`p` .*p.filled\(0.0\)",
    ),
    "v": (lambda: F.hvp(THETA, HIDDEN), "`v` must not have hidden entries"),
    "scale": (lambda: pt.Normal(np.ma.array([1.0, 2.0], mask=[0, 1])), "`scale` .*filled"),
    "atoms": (lambda: pt.Discrete(HIDDEN), "`atoms` must not have hidden entries"),
    "logits": (lambda: es.exact_gradient(HIDDEN, THETA), "`logits` must not have hidden entries"),
    "values": (lambda: es.Exact()(None, THETA, HIDDEN), "`f` must not have hidden entries"),
}


@pytest.mark.parametrize("name", MASKED)
def test_masked_arrays_are_refused_by_name(name):
    call, message = MASKED[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_masked_arrays_that_hide_nothing_serve():
    shown = np.ma.array(THETA, mask=False)
    assert np.array_equal(F.probabilities(shown), F.probabilities(THETA))
    filled = F.probabilities(HIDDEN.filled(-np.inf))
    np.testing.assert_allclose(filled[[0, 2]], F.probabilities(THETA[[0, 2]]), rtol=1e-13)


# Shares in fewer bits


NARROW = [(np.float32, 1e-6), (np.float16, 2e-3), (jnp.bfloat16, 2e-2)]


@pytest.mark.parametrize(("dtype", "near"), NARROW)
@every(["normal", "gumbel", "coin"])
def test_the_sum_of_shares_is_rounded_as_they_are(name, dtype, near):
    f, narrow, theta = potential(name), SHARES.astype(dtype), np.linspace(-0.5, 0.5, 5)
    assert abs(float(narrow.astype(float).sum()) - 1) > 1e-9
    questions = [f.conjugate, lambda p: f.fenchel_young(theta, p)]
    questions += [] if name in ATOMS else [f.parameters]
    for question in questions:
        found, exact = question(narrow), question(SHARES)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, exact, atol=20 * near)
    law = pt.Discrete(np.arange(5.0), narrow)
    np.testing.assert_allclose(law.weights.sum(), 1, rtol=1e-15)
    there = pt.expected_max(law).probabilities(jnp.asarray(THETA))
    np.testing.assert_allclose(there, pt.expected_max(law).probabilities(THETA), atol=1e-13)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32])
def test_the_sum_of_shares_under_jax(dtype):
    f, p = pt.expected_max(pt.Gumbel()), jnp.asarray(SHARES, dtype)
    for question in (f.conjugate, f.parameters, jax.jit(f.conjugate)):
        found = question(p)
        assert found.dtype == dtype
        exact = pt.expected_max(pt.Gumbel()).conjugate(SHARES)
        size = f.parameters(SHARES) if found.shape else exact
        np.testing.assert_allclose(np.asarray(found, float), size, atol=0.03)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_shares_that_do_not_sum_to_one_are_refused_still(dtype):
    for call in (F.conjugate, F.parameters, lambda p: F.fenchel_young(THETA, p)):
        with pytest.raises(ValueError, match="`p` must sum to one, got the sum 0.999"):
            call(np.array([0.2, 0.3, 0.4995], dtype))
    with pytest.raises(ValueError, match="`weights` must sum to one"):
        pt.Discrete([0.0, 1.0], np.array([0.5, 0.4995], dtype))


# A label that is masked


@every(["normal", "gumbel", "coin", "cauchy"], slow=["cauchy"])
def test_the_loss_of_a_masked_label_is_infinite(name):
    """In both worlds; of a label that is not masked it is that without the category."""
    f = potential(name)
    theta, p = np.array([0.0, -math.inf, 1.0]), np.array([0.2, 0.3, 0.5])
    assert f.fenchel_young(theta, p) == math.inf
    there = f.fenchel_young(jnp.asarray(theta), jnp.asarray(p))
    assert isinstance(there, jax.Array)
    assert there == jax.jit(f.fenchel_young)(theta, jnp.asarray(p)) == math.inf
    if name == "cauchy":
        return
    q = np.array([0.4, 0.0, 0.6])
    loss, (slope, rise) = jax.value_and_grad(f.fenchel_young, (0, 1))(*map(jnp.asarray, (theta, q)))
    np.testing.assert_allclose(loss, f.fenchel_young(theta[[0, 2]], q[[0, 2]]), atol=1e-12)
    np.testing.assert_allclose(slope, f.probabilities(theta) - q, atol=1e-12)
    assert np.all(np.isfinite(rise))
    assert rise[1] > 1e99  # for infinity: no share of it can be had


# Numbers


def test_decimals_are_numbers():
    words = [decimal.Decimal(x) for x in ("0.3", "-0.2", "1.1")]
    assert np.array_equal(F.probabilities(words), F.probabilities(THETA))
    assert F.probabilities([words[0], decimal.Decimal("-Infinity")]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "theta", [[10**400, 0, 1], np.array([np.finfo(np.longdouble).max, 0, 1])], ids=["int", "long"]
)
def test_numbers_beyond_64_bits_are_refused_by_name(theta):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="`theta` must be"):
            F(theta)


EXTREME = [
    [1e308, 0.0, -1e308], [1.79e308, 1.79e308, -1.79e308], [0.0, -1e300, 1.0],
    [5e-324, 0.0, -5e-324], [1e300, 1e300, 1e300], [0.0, -1e160, 1.0],
]  # fmt: skip


@every([name for name in ALL if ALL[name].shape == ()])
def test_extreme_thetas_have_no_nan_and_no_warning(name):
    f = potential(name)
    for theta in map(np.array, EXTREME):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            calls = [f.probabilities, f.entropy, f.anchored]
            calls += [
                lambda x: np.exp(f.log_probabilities(x)),
                lambda x: f.subdifferential(x) and 0,
            ]
            if not f.has_tie(theta):
                calls += [f.hessian, lambda x: f.hvp(x, THETA)]
            found = [refused_or(call, theta) for call in calls]
        assert all(np.all(np.isfinite(x)) for x in found if x is not None)
        assert f.noise.tail == "polynomial" or all(x is not None for x in found)


def refused_or(call, theta):
    """What it answers; None where it says that heavy tails reach beyond 64 bits."""
    try:
        return call(theta)
    except ValueError as error:
        if not re.match("`theta` (gives numbers beyond|has no answer that)", str(error)):
            raise
        return None


@every(ATOMS)
def test_subdifferentials_with_a_mask(name):
    d = ALL[name].shape[0] if ALL[name].shape else 3
    theta = np.linspace(0.0, 0.7, d)
    theta[1] = -math.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = potential(name).subdifferential(theta).bounds()
    assert low[1] == high[1] == 0
    np.testing.assert_allclose(low, potential(name).probabilities(theta), atol=1e-14)


# 32-bit


@every(["cauchy", "student-3", "pareto"], slow=["student-3", "pareto"])
def test_heavy_tails_in_32_bits_do_not_warn(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = potential(name).probabilities(jnp.asarray(THETA, jnp.float32))
    np.testing.assert_allclose(found, potential(name).probabilities(THETA), atol=2e-6)


@pytest.mark.parametrize("noise", [pt.Normal(1e300), pt.Normal(1e-300), pt.Uniform(-1e60, 1e60)])
def test_parameters_beyond_32_bits_are_refused(noise):
    with pytest.raises(ValueError, match="`perturbation` .*32 bits"):
        pt.expected_max(noise).probabilities(jnp.asarray(THETA, jnp.float32))


# Gradients in parameters of the noise


MAKE = {
    "normal": pt.Normal,
    "gumbel": pt.Gumbel,
    "uniform": lambda s: pt.Uniform(-s, s),
    "df": pt.StudentT,
    "weibull": lambda s: pt.Weibull(2.0, s),
    "temperature": lambda t: pt.smoothed(pt.Normal(), t),
}
ASK = {
    "value": lambda f: f(THETA),
    "probabilities": lambda f: f.probabilities(THETA)[0],
    "log_probabilities": lambda f: f.log_probabilities(THETA)[0],
    "hessian": lambda f: f.hessian(THETA)[0, 0],
    "entropy": lambda f: f.entropy(THETA),
    "estimate": lambda f: f.estimate(THETA).value,
    "conjugate": lambda f: f.conjugate(np.array([0.2, 0.3, 0.5])),
}


@pytest.mark.parametrize("question", ASK)
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n not in ("normal", "gumbel"))) for n in MAKE],
)
def test_a_gradient_in_a_parameter_of_the_noise_is_right_or_refused(name, question):
    def of_parameter(s):
        return ASK[question](pt.expected_max(MAKE[name](s)))

    if question in ("hessian", "conjugate"):
        with pytest.raises(TypeError, match="`perturbation` cannot be differentiated here"):
            jax.grad(of_parameter)(jnp.asarray(1.5))
        return
    found, step = jax.grad(of_parameter)(jnp.asarray(1.5)), 1e-3
    one, two = ((of_parameter(1.5 + h) - of_parameter(1.5 - h)) / (2 * h) for h in (step, 2 * step))
    np.testing.assert_allclose(found, (4 * one - two) / 3, rtol=1e-6, atol=1e-9)


def test_reach_takes_narrow_shares():
    p = np.array([0.1, 0.2, 0.7], np.float32)
    found = properties.reach(F, properties.whole_space(3), p)
    np.testing.assert_allclose(F.probabilities(found), p, atol=1e-6)
