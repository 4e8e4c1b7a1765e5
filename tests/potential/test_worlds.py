"""NumPy in, NumPy out, in 64-bit and without JAX; JAX in, JAX out; and the same numbers.

One program per family is compiled, for one shape: other dimensions are masks in it, which are the
problem without the category in both worlds.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import perturbtheory as pt
from perturbtheory import estimators as es
from tests.laws import ALL, ATOMS, DISCRETE, UNITS, WITH_MEAN, D, every, potential

THETA = np.array([0.3, -0.2, 1.1, 0.75])
P = np.array([0.15, 0.2, 0.35, 0.3])
HIDDEN = -math.inf
BATCH = np.array(
    [
        [[0.3, -0.2, 1.1, 0.75], [0.0, 0.01, 0.02, 0.03], [-3.0, 2.75, 0.1, 3.0]],
        [[12.0, 0.0, 11.5, -7.0], [0.3, HIDDEN, 1.1, 0.75], [HIDDEN, 0.2, 0.3, HIDDEN]],
        [[HIDDEN, HIDDEN, 0.7, HIDDEN], [1e3, 0.0, 1e3 - 0.5, 5.0], [-0.4, -0.4, -0.4, 0.6]],
    ]
)
"""Three times three rows: near, far, masked down to three, two and one, shifted, tied."""
DEAR = (
    "student-3", "cauchy", "pareto", "frechet", "weibull", "scipy-beta", "scipy-skewnorm",
    "laplace", "laplace-coordinates", "uniform-coordinates", "gumbel-coordinates", "gumbel-min",
    "three-atoms", "coin+0.3G", "laplace+0.05G", "uniform+2.0G",
)  # fmt: skip
"""Families whose programs take longest to compile: with `-m slow`."""

OF_THETA = {
    "__call__": lambda f, theta: f(theta),
    "probabilities": lambda f, theta: f.probabilities(theta),
    "log_probabilities": lambda f, theta: f.log_probabilities(theta),
    "hessian": lambda f, theta: f.hessian(theta),
    "hvp": lambda f, theta: f.hvp(theta, np.arange(1.0, D + 1)),
    "score": lambda f, theta: f.score(theta, np.arange(1.0, D + 1)),
    "entropy": lambda f, theta: f.entropy(theta),
    "anchored": lambda f, theta: f.anchored(theta),
    "has_tie": lambda f, theta: f.has_tie(theta),
    "estimate.value": lambda f, theta: f.estimate(theta).value,
    "estimate.radius": lambda f, theta: f.estimate(theta).radius,
    "estimate_probabilities.value": lambda f, theta: f.estimate_probabilities(theta).value,
    "estimate_probabilities.radius": lambda f, theta: f.estimate_probabilities(theta).radius,
    "fenchel_young": lambda f, theta: f.fenchel_young(theta, P),
}
OF_P = {
    "parameters": lambda f, p: f.parameters(p),
    "parameters-first": lambda f, p: f.parameters(p, gauge="first"),
    "conjugate": lambda f, p: f.conjugate(p),
}
ALSO = {
    "subdifferential.bounds": lambda f, theta: f.subdifferential(theta).bounds()[0],
    "subdifferential.vertices": lambda f, theta: f.subdifferential(theta).vertices(),
    "subdifferential.support": lambda f, theta: f.subdifferential(theta).support(theta),
}
NO_INVERSE, NO_MEAN = ("parameters", "parameters-first"), (
    "__call__", "estimate.value", "estimate.radius", "conjugate",
)  # fmt: skip


def serves(name, method):
    return not (name in ATOMS and method in NO_INVERSE) and (
        name in WITH_MEAN or method not in NO_MEAN
    )


def test_every_public_method_is_here():
    methods = {name.partition(".")[0].partition("-")[0] for name in OF_THETA | OF_P | ALSO}
    public = {n for n in dir(pt.Potential) if not n.startswith("_")} | {"__call__"}
    helpers = {"kind", "noise", "plot", "require_dimension", "require_no_tie"}
    assert methods == public - helpers


# The same numbers


def _all(f, theta, v):
    """Everything that is a function of theta, in one program."""
    out = {
        "probabilities": f.probabilities(theta),
        "log_probabilities": f.log_probabilities(theta),
        "entropy": f.entropy(theta),
        "has_tie": f.has_tie(theta),
        "radii": f.estimate_probabilities(theta).radius,
        "hessian": f.hessian(theta),
        "hvp": f.hvp(theta, v),
    }
    if f.noise.finite_mean:
        estimate = f.estimate(theta)
        out |= {"value": f(theta), "estimate": estimate.value, "radius": estimate.radius}
    return out


@every(slow=DEAR)
def test_both_worlds_agree(name):
    """To 1e-13 in 64-bit: for every method, in a batch, with one to D categories."""
    f, theta = potential(name), BATCH * UNITS.get(name, 1.0)
    v = np.broadcast_to(np.arange(1.0, D + 1), theta.shape)
    there = jax.jit(lambda theta, v: _all(f, theta, v))(jnp.asarray(theta), jnp.asarray(v))
    tied = np.asarray(f.has_tie(theta))
    unit = UNITS.get(name, 1.0)
    size = np.maximum(1.0, np.max(np.abs(np.where(np.isfinite(theta), theta, 0)), -1))
    assert np.array_equal(there["has_tie"], tied)
    assert tied.any() == (name in ATOMS)
    for method in ("probabilities", "entropy"):
        here = getattr(f, method)(theta)
        np.testing.assert_allclose(there[method], here, rtol=0, atol=1e-13, err_msg=method)
    here = f.log_probabilities(theta)
    np.testing.assert_allclose(there["log_probabilities"], here, rtol=1e-12, atol=1e-13)
    for at in np.ndindex(theta.shape[:-1]):
        if tied[at]:
            assert np.all(np.isnan(there["hessian"][at]))
            continue
        hessian, product = f.hessian(theta[at]) * unit, f.hvp(theta[at], v[at]) * unit
        np.testing.assert_allclose(there["hessian"][at] * unit, hessian, rtol=0, atol=1e-13)
        np.testing.assert_allclose(there["hvp"][at] * unit, product, rtol=0, atol=1e-12)
    if name in WITH_MEAN:
        here = f.estimate(theta)
        off = np.abs(np.asarray(there["value"]) - here.value) / size
        assert off.max() <= 1e-13
        assert np.array_equal(there["value"], there["estimate"])
        assert np.all(np.abs(there["value"] - here.value) <= there["radius"] + here.radius)
    assert np.all(np.asarray(there["radii"]) <= 1e-10)


INVERSE = ("gumbel", "normal", "uniform", "coin", "normal-coordinates", "logistic")


@every(INVERSE, slow=INVERSE[2:])
def test_both_worlds_agree_on_the_dual(name):
    f, theta = potential(name), np.stack([THETA, -THETA])
    p = np.stack([P, P[::-1]])

    def dual(theta, p):
        out = {"conjugate": f.conjugate(p), "fenchel_young": f.fenchel_young(theta, p)}
        return out | ({"parameters": f.parameters(p)} if name not in ATOMS else {})

    there = jax.jit(dual)(jnp.asarray(theta), jnp.asarray(p))
    for method, here in dual(theta, p).items():
        assert isinstance(here, np.ndarray)
        np.testing.assert_allclose(there[method], here, rtol=1e-11, atol=1e-12, err_msg=method)


@pytest.mark.parametrize("name", ["normal", "gumbel"])
def test_gradients_of_log_probabilities(name):
    """d log p_i / dtheta = H_i / p_i, zero where the category is masked, and never NaN."""
    f = potential(name)
    rows = np.array([THETA, [0.0, -60.0, 1.0, 0.0], [0.3, HIDDEN, 1.1, 0.75]])
    slopes = jax.jit(jax.vmap(jax.jacobian(f.log_probabilities)))(jnp.asarray(rows))
    losses = jax.jit(jax.vmap(jax.grad(lambda x: -f.log_probabilities(x)[2])))(jnp.asarray(rows))
    for row, slope, loss in zip(rows, np.asarray(slopes), np.asarray(losses), strict=True):
        open_ = np.isfinite(row)
        p, hessian = f.probabilities(row)[open_], f.hessian(row)[np.ix_(open_, open_)]
        found = slope[np.ix_(open_, open_)]
        likely = p > 1e-30
        expected = hessian[likely] / p[likely, None]
        np.testing.assert_allclose(found[likely], expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.sum(1), 0, atol=1e-9 * np.abs(found).max())
        np.testing.assert_array_equal(loss[open_], -slope[2][open_])
        assert not loss[~open_].any()
        assert np.all(np.isfinite(slope[open_]))
    # Far behind, the slope of log p is that of the law: log p'' is finite where p is zero.
    assert slopes[1][1, 1] > 0.9


# Types


@pytest.mark.parametrize("method", OF_THETA | OF_P | ALSO)
@every(["normal", "gumbel", "uniform", "coin", "cauchy", "scipy-beta", "normal+0.5G"])
def test_numpy_in_numpy_out(name, method):
    if not serves(name, method):
        return
    f, call = potential(name), (OF_THETA | OF_P | ALSO)[method]
    for given in (THETA, THETA.tolist(), tuple(THETA.tolist())):
        found = call(f, P if method in OF_P else given)
        assert isinstance(found, np.ndarray | np.generic), type(found)
        assert found.dtype == (bool if method == "has_tie" else np.float64)


NARROW = THETA.astype(np.float32)


@pytest.mark.parametrize(
    "theta",
    [
        NARROW, np.asfortranarray(np.stack([NARROW, -NARROW]))[0], THETA.astype(">f8"),
        np.array([0, 1, 2, 3], np.int8), np.array([0, 1, 2, 3], np.uint64), [0, 1, 2, 3],
        [np.float32(1), 2, 3, 4.5],
    ],
    ids=str,
)  # fmt: skip
def test_whatever_numbers_are_read_as_float64(theta):
    f = potential("normal")
    wide = np.array([float(x) for x in theta])
    for method in OF_THETA.values():
        found = method(f, theta)
        assert np.array_equal(found, method(f, wide))
        assert found.dtype in (np.float64, bool)


def test_input_is_left_alone():
    theta = THETA.copy()
    theta.flags.writeable = False
    for method in OF_THETA.values():
        method(potential("normal"), theta)
    p = P.copy()
    potential("normal").fenchel_young(theta, p)
    assert np.array_equal(theta, THETA)
    assert np.array_equal(p, P)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("method", OF_THETA | OF_P)
def test_jax_in_jax_out_of_its_dtype(method, dtype):
    f, theta, p = potential("gumbel"), jnp.asarray(THETA, dtype), jnp.asarray(P, dtype)
    if method == "hvp":
        found = f.hvp(theta, jnp.arange(1.0, D + 1, dtype=dtype))
    elif method == "fenchel_young":
        found = f.fenchel_young(theta, p)
    else:
        found = (OF_THETA | OF_P)[method](f, p if method in OF_P else theta)
    assert isinstance(found, jax.Array)
    assert found.dtype == (bool if method == "has_tie" else dtype)


def test_one_jax_array_among_the_arguments_decides():
    scale, theta = jnp.asarray(1.0), jnp.asarray(THETA)
    f = pt.expected_max(pt.Normal())
    for found in (
        pt.expected_max(pt.Normal(scale)).probabilities(THETA),
        f.hvp(THETA, theta),
        f.hvp(theta, THETA),
        f.fenchel_young(theta, P),
        f.fenchel_young(THETA, jnp.asarray(P)),
        pt.expected_logsumexp(pt.Normal(), scale).probabilities(THETA),
    ):
        assert isinstance(found, jax.Array)


@every()
def test_laws_answer_in_the_world_of_their_argument(name):
    noise = ALL[name]
    x = np.linspace(0.1, 0.9, D)
    methods = ["log_cdf", "log_sf", "cdf", "quantile"] if name not in ATOMS else ["log_cdf", "cdf"]
    methods += ["log_pdf"] * (name not in ATOMS)
    for method in methods:
        here = getattr(noise, method)(x)
        assert isinstance(here, np.ndarray | np.generic)
        assert here.dtype == np.float64
    there = noise.cdf(jnp.asarray(x))
    assert isinstance(there, jax.Array)
    np.testing.assert_allclose(there, noise.cdf(x), rtol=1e-12, atol=1e-15)
    for number in (noise.mean, noise.variance, *noise.support):
        assert not isinstance(number, jax.Array)


def test_exact_estimators_answer_in_numpy():
    values = np.array([1.0, -0.5, 2.0, 0.0])
    found = {
        "exact": es.Exact(pt.Normal())(None, THETA, values),
        "gumbel": es.Exact()(None, THETA, values),
        "moments": es.Exact().moments(THETA, values)[0],
        "direct": es.Direct(0.5).moments(THETA, values)[0],
        "variance": es.ScoreFunction().moments(THETA, values)[1],
    }
    for name, number in found.items():
        assert isinstance(number, np.ndarray), name
        assert number.dtype == np.float64, name
    expected = pt.expected_max(pt.Normal()).hvp(THETA, values)
    np.testing.assert_allclose(found["exact"], expected, rtol=1e-14)
    there = es.Exact(pt.Normal())(None, jnp.asarray(THETA), jnp.asarray(values))
    assert isinstance(there, jax.Array)
    np.testing.assert_allclose(there, expected, atol=1e-13)


# Shapes


@every()
def test_a_batch_is_its_rows(name):
    f, rows = potential(name), BATCH[:, :2] * UNITS.get(name, 1.0)
    for method, call in OF_THETA.items():
        if not serves(name, method) or method in ("hessian", "hvp", "anchored", "fenchel_young"):
            continue
        if method == "score" and name in DISCRETE:  # some of these rows are ties
            continue
        whole = call(f, rows)
        assert whole.shape[:2] == rows.shape[:2]
        assert np.array_equal(whole, [[call(f, row) for row in part] for part in rows]), method
    if name not in DISCRETE:
        inner = rows[0]
        assert np.array_equal(f.hessian(inner), [f.hessian(row) for row in inner])
        assert np.array_equal(f.hvp(inner, inner), [f.hvp(row, row) for row in inner])


def test_transposed_and_strided_batches():
    f = potential("normal")
    rows = np.random.default_rng(0).normal(size=(D, 6))
    strided = rows.T[::2]
    assert np.array_equal(f.probabilities(strided), f.probabilities(strided.copy()))


# The flag of JAX


def test_known_values_are_64_bit_while_the_flag_of_jax_is_off():
    def laws():
        warm = pt.smoothed(pt.Normal(), 0.7)
        return [pt.Normal(2.0), pt.Uniform(-0.3, 0.7), warm, DISCRETE["coin"]]

    expected = [pt.expected_max(law).probabilities(THETA) for law in laws()]
    with jax.enable_x64(False):
        for law, wide in zip(laws(), expected, strict=True):
            f = pt.expected_max(law)
            found = f.probabilities(THETA)
            assert found.dtype == np.float64
            assert np.array_equal(found, wide)
            assert f(THETA).dtype == f.hessian(THETA + 0.01 * P).dtype == np.float64
            narrow = f.probabilities(jnp.asarray(NARROW))
            assert narrow.dtype == jnp.float32
            np.testing.assert_allclose(narrow, wide, atol=2e-6)
