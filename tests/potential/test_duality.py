"""The inverse map, the conjugate and the Fenchel-Young loss: laws, closed forms, other routes."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linprog

import perturbtheory as pt
from perturbtheory.testing.strategies import thetas
from tests.laws import DISCRETE

D = 4
POTENTIALS = {
    "normal": pt.expected_max(pt.Normal()),
    "gumbel": pt.expected_max(pt.Gumbel()),
    "laplace": pt.expected_max(pt.Laplace()),
    "uniform": pt.expected_max(pt.Uniform()),
    "student-3": pt.expected_max(pt.StudentT(3.0)),
    "cauchy": pt.expected_max(pt.StudentT(1.0)),
    "normal-softmax": pt.expected_logsumexp(pt.Normal(), 0.5),
    "coin-softmax": pt.expected_logsumexp(pt.Discrete([-1.0, 1.0]), 0.3),
    "mixed-scales": pt.expected_max(pt.Normal(np.array([0.1, 1.0, 10.0, 0.5]))),
}
# (log of the smallest p, relative accuracy): bounded noise has its edge in theta, where digits
# cancel; under heavy tails theta of 1e4 or 1e6 is rounded to 1e-12 or 1e-10.
REACH = dict.fromkeys(POTENTIALS, (-27.0, 1e-12)) | {
    "uniform": (-27.0, 1e-9),
    "student-3": (-27.0, 1e-11),
    "cauchy": (-12.0, 1e-9),
}
COIN = pt.expected_max(DISCRETE["coin"])
THREE = pt.expected_max(DISCRETE["three-atoms"])
NORMAL, GUMBEL = POTENTIALS["normal"], POTENTIALS["gumbel"]
# Compiling takes nearly all of the time, so that laws are few to a function, functions few to a
# law and everything has D entries; the rest runs with `-m slow`.
SLOW = {"laplace", "student-3", "cauchy", "normal-softmax", "coin-softmax", "mixed-scales"}
every = pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            n,
            marks=[pytest.mark.slow]
            * (n in {"student-3", "coin-softmax", "laplace", "mixed-scales"}),
        )
        for n in POTENTIALS
    ],
)
some = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in POTENTIALS]
)
with_mean = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in POTENTIALS if n != "cauchy"],
)


def simplex(d: int = D, smallest: float = -7.0) -> st.SearchStrategy[np.ndarray]:
    """Probability vectors with entries down to about exp(smallest)."""
    logs = hnp.arrays(np.float64, d, elements=st.floats(smallest, 0.0))
    return logs.map(lambda x: np.exp(x) / np.exp(x).sum())


def gap(f: pt.Potential, theta: np.ndarray, p: np.ndarray) -> float:
    return float(f(theta)) + float(f.conjugate(p)) - float(p @ theta)


class TestInverse:
    @every
    @given(data=st.data(), theta=thetas(D, spread=3.0))
    def test_round_trips(self, name: str, data: st.DataObject, theta: np.ndarray) -> None:
        f, (smallest, rtol) = POTENTIALS[name], REACH[name]
        p = data.draw(simplex(smallest=smallest))
        found = np.asarray(f.parameters(p))
        assert abs(found.sum()) <= 1e-14 * np.abs(found).sum()
        np.testing.assert_allclose(f.probabilities(found), p, rtol=rtol)
        # Bounded noise has one theta for p only while all can win: here max - min < 2.
        theta = theta * 0.3 if name == "uniform" else theta
        found = np.asarray(f.parameters(f.probabilities(theta)))
        np.testing.assert_allclose(found, theta - theta.mean(), atol=1e-9)
        if name == "cauchy":
            return  # p_i = 1e-12 needs theta_i = -1e11, beside which a difference of 1 rounds
        for rest in ([1e-12, 0.2, 0.3], [0.3, 1e-12, 1e-9], [0.4, 0.1, 1e-12]):
            p = np.array([*rest, 1 - sum(rest)])
            np.testing.assert_allclose(f.probabilities(f.parameters(p)), p, rtol=rtol)

    @given(p=simplex())
    def test_gauges_differ_by_a_constant(self, p: np.ndarray) -> None:
        first, theta = NORMAL.parameters(p, gauge="first"), NORMAL.parameters(p)
        assert first[0] == 0
        np.testing.assert_allclose(first, theta - theta[0], atol=1e-14)

    @given(p=simplex(smallest=-60.0))
    def test_gumbel_is_the_logarithm(self, p: np.ndarray) -> None:
        np.testing.assert_allclose(
            GUMBEL.parameters(p), np.log(p) - np.log(p).mean(), rtol=1e-13, atol=1e-13
        )

    @pytest.mark.parametrize(
        "name", ["normal", pytest.param("mixed-scales", marks=pytest.mark.slow)]
    )
    @given(p=simplex())
    def test_jacobian_is_the_pseudo_inverse_of_the_hessian(self, name: str, p: np.ndarray) -> None:
        f = POTENTIALS[name]
        jacobian = np.asarray(JACOBIANS[name](p))
        expected = np.linalg.pinv(f.hessian(f.parameters(p)), rcond=1e-12)
        np.testing.assert_allclose(
            jacobian, expected, rtol=1e-7, atol=1e-9 * np.abs(expected).max()
        )

    @pytest.mark.parametrize("name", ["normal", pytest.param("uniform", marks=pytest.mark.slow)])
    def test_jacobian_agrees_with_differences(self, name: str) -> None:
        f, p, v = POTENTIALS[name], np.array([0.1, 0.2, 0.3, 0.4]), np.array([1.0, -2.0, 0.5, 0.5])

        def first(q):
            return f.parameters(q, gauge="first")

        difference = WEIGHTS @ np.array([first(p + step * v) for step in STEPS])
        _, tangent = jax.jit(lambda p, v: jax.jvp(first, (p,), (v,)))(p, v)
        np.testing.assert_allclose(tangent, difference, rtol=1e-7, atol=1e-7)

    def test_one_category(self) -> None:
        assert NORMAL.parameters(np.ones(1)).tolist() == [0.0]
        np.testing.assert_allclose(GUMBEL.conjugate(np.ones(1)), 0, atol=1e-15)

    def test_three_hundred_categories(self) -> None:
        p = np.random.default_rng(0).dirichlet(np.full(300, 0.1)) + 1e-12
        p /= p.sum()
        theta = NORMAL.parameters(p)
        np.testing.assert_allclose(NORMAL.probabilities(theta), p, rtol=1e-11)


# Central differences of fourth order.
STEPS = 1e-3 * np.array([-2.0, -1.0, 1.0, 2.0])
WEIGHTS = np.array([1.0, -8.0, 8.0, -1.0]) / 12e-3
JACOBIANS = {name: jax.jit(jax.jacobian(f.parameters)) for name, f in POTENTIALS.items()}


class TestConjugate:
    @with_mean
    @given(theta=thetas(D, spread=3.0), p=simplex(), q=simplex(), share=st.floats(0, 1))
    def test_laws(
        self, name: str, theta: np.ndarray, p: np.ndarray, q: np.ndarray, share: float
    ) -> None:
        f = POTENTIALS[name]
        assert gap(f, theta, p) >= -1e-12
        # f is the supremum of <p, theta> - f*(p), attained at p(theta).
        np.testing.assert_allclose(gap(f, theta, np.asarray(f.probabilities(theta))), 0, atol=1e-12)
        ends = share * float(f.conjugate(p)) + (1 - share) * float(f.conjugate(q))
        assert float(f.conjugate(share * p + (1 - share) * q)) <= ends + 1e-12

    @with_mean
    def test_between_its_value_at_the_middle_and_the_means(self, name: str) -> None:
        f = POTENTIALS[name]
        for vertex in np.eye(D):
            np.testing.assert_allclose(f.conjugate(vertex), 0, atol=1e-13)
        middle = np.asarray(f.probabilities(np.zeros(D)))
        np.testing.assert_allclose(f.conjugate(middle), -f(np.zeros(D)), rtol=1e-12)

    @settings(max_examples=5)
    @given(p=simplex(3))
    def test_boundary_is_a_simplex_of_fewer(self, p: np.ndarray) -> None:
        for f in (NORMAL, GUMBEL, THREE):
            np.testing.assert_allclose(f.conjugate(np.append(p, 0.0)), f.conjugate(p), atol=1e-12)

    @pytest.mark.slow
    @given(p=simplex(3))
    def test_boundary_under_mixed_scales(self, p: np.ndarray) -> None:
        less = pt.expected_max(pt.Normal(np.array([0.1, 10.0, 0.5]))).conjugate(p)
        wider = POTENTIALS["mixed-scales"].conjugate(np.array([p[0], 0.0, p[1], p[2]]))
        np.testing.assert_allclose(wider, less, atol=1e-12)

    @given(p=simplex())
    def test_gumbel_gives_negative_entropy(self, p: np.ndarray) -> None:
        np.testing.assert_allclose(GUMBEL.conjugate(p), p @ np.log(p), rtol=1e-12, atol=1e-14)
        wide = pt.expected_max(pt.Gumbel(2.5)).conjugate(p)
        np.testing.assert_allclose(wide, 2.5 * p @ np.log(p), rtol=1e-12, atol=1e-14)

    @given(p=st.floats(1e-9, 1 - 1e-9))
    def test_normal_pair(self, p: float) -> None:
        quantile, pair = scipy.stats.norm.ppf(p), np.array([p, 1 - p])
        difference = -NORMAL.parameters(pair, gauge="first")[1]
        np.testing.assert_allclose(difference, math.sqrt(2) * quantile, rtol=1e-12, atol=1e-14)
        exact = -math.sqrt(2) * scipy.stats.norm.pdf(quantile)
        np.testing.assert_allclose(NORMAL.conjugate(pair), exact, rtol=1e-11, atol=1e-14)

    @given(q=st.floats(1e-6, 0.5))
    def test_uniform_pair(self, q: float) -> None:
        f, pair = POTENTIALS["uniform"], np.array([1 - q, q])
        difference = -f.parameters(pair, gauge="first")[1]
        np.testing.assert_allclose(difference, 2 - 2 * math.sqrt(2 * q), rtol=1e-10, atol=1e-12)
        exact = -2 * q + 4 / 3 * math.sqrt(2) * q**1.5
        np.testing.assert_allclose(f.conjugate(pair), exact, atol=1e-13)
        np.testing.assert_allclose(f.conjugate(pair[::-1]), exact, atol=1e-13)

    @pytest.mark.parametrize("name", ["normal", pytest.param("uniform", marks=pytest.mark.slow)])
    def test_derivatives(self, name: str) -> None:
        f, p = POTENTIALS[name], jnp.asarray([0.15, 0.2, 0.35, 0.3])
        both = jax.jit(lambda p: (jax.grad(f.conjugate)(p), jax.hessian(f.conjugate)(p)))
        gradient, hessian = both(p)
        theta = f.parameters(np.asarray(p))
        np.testing.assert_allclose(gradient, theta, rtol=1e-12)
        expected = np.linalg.pinv(f.hessian(theta), rcond=1e-12)
        np.testing.assert_allclose(hessian, expected, rtol=1e-9, atol=1e-10)
        v = np.array([1.0, -2.0, 0.5, 0.5])
        difference = WEIGHTS @ np.array([f.conjugate(np.asarray(p) + s * v) for s in STEPS])
        np.testing.assert_allclose(gradient @ v, difference, rtol=1e-6)

    def test_gradient_on_the_boundary(self) -> None:
        p = jnp.asarray([0.0, 0.3, 0.7])
        inner = jax.jit(GUMBEL.parameters)(p[1:])
        gradient = jax.jit(jax.grad(GUMBEL.conjugate))(p)
        assert gradient.tolist() == [-1e100, *inner.tolist()]


class TestFenchelYoung:
    @some
    @given(theta=thetas(D, spread=3.0), p=simplex())
    def test_vanishes_at_a_match_only(self, name: str, theta: np.ndarray, p: np.ndarray) -> None:
        f = POTENTIALS[name]
        loss = float(f.fenchel_young(theta, p))
        if name != "cauchy":
            np.testing.assert_allclose(loss, gap(f, theta, p), atol=1e-12)
        q = np.asarray(f.probabilities(theta))
        if q.min() > 0:
            assert 0 <= float(f.fenchel_young(theta, q)) < 1e-13
        # f' has a Lipschitz constant below 100 here, which makes the loss at least |p - q|^2 / 200.
        assert loss >= max(0.0, np.sum((p - q) ** 2) / 200 - 1e-15)

    @given(theta=thetas(D), p=simplex())
    def test_gumbel_gives_kullback_leibler(self, theta: np.ndarray, p: np.ndarray) -> None:
        log_q = theta - scipy.special.logsumexp(theta)
        exact = p @ (np.log(p) - log_q)
        np.testing.assert_allclose(GUMBEL.fenchel_young(theta, p), exact, rtol=1e-11, atol=1e-14)
        cross_entropy = GUMBEL.fenchel_young(np.tile(theta, (D, 1)), np.eye(D))
        np.testing.assert_allclose(cross_entropy, -log_q, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("name", ["normal", pytest.param("cauchy", marks=pytest.mark.slow)])
    def test_gradients(self, name: str) -> None:
        f = POTENTIALS[name]
        theta, p = np.array([0.3, -1.0, 0.2, 0.9]), np.array([0.15, 0.2, 0.35, 0.3])
        in_theta, in_p = jax.jit(jax.grad(f.fenchel_young, (0, 1)))(theta, p)
        np.testing.assert_allclose(in_theta, f.probabilities(theta) - p, atol=1e-14)
        np.testing.assert_allclose(in_p, f.parameters(p) - (theta - theta.mean()), atol=1e-12)
        v = np.array([1.0, -2.0, 0.5, 0.5])
        difference = WEIGHTS @ np.array([f.fenchel_young(theta + s * v, p) for s in STEPS])
        np.testing.assert_allclose(in_theta @ v, difference, rtol=1e-7)
        difference = WEIGHTS @ np.array([f.fenchel_young(theta, p + s * v) for s in STEPS])
        np.testing.assert_allclose(in_p @ v, difference, rtol=1e-6)

    def test_labels(self) -> None:
        theta = np.array([0.3, -1.0, 0.2, 0.9])
        for label in np.eye(D):
            loss = NORMAL.fenchel_young(theta, label)
            np.testing.assert_allclose(loss, NORMAL(theta) - theta @ label, rtol=1e-13)
        gradient = jax.jit(jax.grad(NORMAL.fenchel_young))(theta, label)
        np.testing.assert_allclose(gradient, NORMAL.probabilities(theta) - label, atol=1e-14)


class TestTransformations:
    @pytest.mark.parametrize("name", ["gumbel", pytest.param("normal", marks=pytest.mark.slow)])
    def test_batches_are_row_by_row(self, name: str) -> None:
        f = POTENTIALS[name]
        random = np.random.default_rng(0)
        p, theta = random.dirichlet(np.ones(D), (2, 3)), random.normal(size=(2, 3, D))
        theta_of_p, loss = f.parameters(p), f.fenchel_young(theta, p)
        assert theta_of_p.shape == (2, 3, D)
        assert loss.shape == (2, 3)
        for i in itertools.product(range(2), range(3)):
            np.testing.assert_allclose(theta_of_p[i], f.parameters(p[i]), atol=1e-12)
            np.testing.assert_allclose(loss[i], f.fenchel_young(theta[i], p[i]), atol=1e-12)

    def test_one_theta_against_many_p(self) -> None:
        p, theta = np.eye(D), np.array([0.3, -1.0, 0.2, 0.9])
        many = GUMBEL.fenchel_young(theta, p)
        np.testing.assert_allclose(many, GUMBEL.fenchel_young(np.tile(theta, (D, 1)), p))

    def test_jit_and_vmap(self) -> None:
        rows = np.random.default_rng(0).dirichlet(np.ones(D), 3)
        p = jnp.asarray(rows)
        for f in (GUMBEL, COIN):
            one_by_one = [f.conjugate(row) for row in rows]
            many = jax.jit(jax.vmap(f.conjugate))(p)
            np.testing.assert_allclose(many, one_by_one, rtol=1e-12)
            np.testing.assert_allclose(f.conjugate(p[0]), one_by_one[0], rtol=1e-12)
        one_by_one = [GUMBEL.parameters(row) for row in rows]
        many = jax.jit(jax.vmap(GUMBEL.parameters))(p)
        np.testing.assert_allclose(many, one_by_one, atol=1e-12)

    def test_traced_p_outside_gives_nan(self) -> None:
        outside = jnp.asarray([[0.5, 0.6], [-0.5, 1.5], [jnp.nan, 1.0]])
        for f in (GUMBEL, COIN):
            assert np.all(np.isnan(jax.jit(f.conjugate)(outside)))
        theta = jnp.zeros_like(outside)
        assert np.all(np.isnan(jax.jit(GUMBEL.fenchel_young)(theta, outside)))
        boundary = jnp.asarray([[0.0, 1.0]])
        found = jax.jit(GUMBEL.parameters)(jnp.concatenate([outside, boundary]))
        assert np.all(np.isnan(found))

    @pytest.mark.parametrize("f", [pytest.param(NORMAL, marks=pytest.mark.slow), THREE])
    def test_32_bit(self, f: pt.Potential) -> None:
        wide = np.array([0.05, 0.25, 0.3, 0.4])
        p, theta = jnp.asarray(wide, jnp.float32), jnp.asarray([0.3, -1, 0.2, 0.9], jnp.float32)
        pairs = [
            (f.conjugate(p), f.conjugate(wide)),
            (f.fenchel_young(theta, p), f.fenchel_young(np.asarray(theta, float), wide)),
        ]
        if f is not THREE:
            pairs.append((f.parameters(p), f.parameters(wide)))
        for narrow, exact in pairs:
            assert narrow.dtype == jnp.float32
            np.testing.assert_allclose(narrow, exact, rtol=1e-4, atol=1e-5)


def transported(noise: pt.Discrete, p: np.ndarray) -> float:
    """-max E[gamma_I] over couplings of gamma with an index I of law p: the conjugate."""
    d = len(p)
    outcomes = list(itertools.product(zip(noise.atoms, noise.weights, strict=True), repeat=d))
    pairs = [(o, i) for o in range(len(outcomes)) for i in range(d)]
    gain = [outcomes[o][i][0] for o, i in pairs]
    rows = [[float(o == k) for o, _ in pairs] for k in range(len(outcomes))]
    rows += [[float(i == j) for _, i in pairs] for j in range(d)]
    right = [*(math.prod(w for _, w in outcome) for outcome in outcomes), *p]
    return linprog([-x for x in gain], A_eq=rows, b_eq=right).fun


class TestDiscrete:
    @given(p=st.floats(0, 1))
    def test_coin_pair_is_piecewise_linear(self, p: float) -> None:
        # f is linear between differences -2, 0, 2, so that the supremum is attained at one.
        kinks = np.array([[-1.0, 1.0], [0.0, 0.0], [1.0, -1.0]])
        exact = np.max(kinks @ np.array([p, 1 - p]) - np.asarray(COIN(kinks)))
        np.testing.assert_allclose(COIN.conjugate(np.array([p, 1 - p])), exact, atol=1e-14)
        np.testing.assert_allclose(exact, -min(2 * p, 2 * (1 - p), 0.5), atol=1e-14)

    @pytest.mark.parametrize("f", [COIN, THREE])
    @given(p=simplex(3, smallest=-5.0))
    def test_is_a_transport_problem(self, f: pt.Potential, p: np.ndarray) -> None:
        exact = transported(f.noise, p)
        np.testing.assert_allclose(f.conjugate(p), exact, atol=1e-9)

    @given(p=simplex(), theta=thetas(D, spread=3.0))
    def test_inequality_and_match(self, p: np.ndarray, theta: np.ndarray) -> None:
        loss = float(THREE.fenchel_young(theta, p))
        np.testing.assert_allclose(loss, gap(THREE, theta, p), atol=1e-12)
        assert loss >= 0
        # The loss vanishes on the whole subdifferential.
        vertex = THREE.subdifferential(theta).vertex([2, 0, 3, 1])
        for match in (np.asarray(THREE.probabilities(theta)), vertex):
            assert float(THREE.fenchel_young(theta, match)) < 1e-12

    @given(p=simplex(smallest=-4.0))
    def test_gradient_has_p_in_its_subdifferential(self, p: np.ndarray) -> None:
        for name, f in {"coin": COIN, "three-atoms": THREE}.items():
            theta = np.asarray(GRADIENTS[name](p))
            assert abs(theta.sum()) < 1e-12
            assert f.subdifferential(theta).contains(p)
            np.testing.assert_allclose(p @ theta - f(theta), f.conjugate(p), atol=1e-12)

    def test_batches_and_jit(self) -> None:
        p = np.random.default_rng(0).dirichlet(np.ones(D), (2, 3))
        batch = THREE.conjugate(p)
        assert batch.shape == (2, 3)
        one_by_one = [[THREE.conjugate(row) for row in rows] for rows in p]
        np.testing.assert_allclose(batch, one_by_one, rtol=1e-12)
        np.testing.assert_allclose(jax.jit(THREE.conjugate)(p), batch, rtol=1e-12)
        np.testing.assert_allclose(COIN.conjugate(np.eye(D)), 0, atol=1e-14)
        mean = float(THREE.noise.mean)
        np.testing.assert_allclose(THREE.conjugate(np.eye(D)), -mean, atol=1e-14)

    def test_atoms_of_their_own(self) -> None:
        atoms = np.array([[-1.0, 1.0], [0.0, 3.0], [-2.0, 0.5]])
        f = pt.expected_max(pt.Discrete(atoms))
        p = np.array([0.3, 0.5, 0.2])
        theta = jax.grad(f.conjugate)(p)
        assert f.subdifferential(theta).contains(p)
        np.testing.assert_allclose(f.conjugate(p), p @ theta - f(theta), atol=1e-13)
        np.testing.assert_allclose(
            f.conjugate(np.array([0.3, 0.0, 0.7])),
            pt.expected_max(pt.Discrete(atoms[[0, 2]])).conjugate(np.array([0.3, 0.7])),
            atol=1e-13,
        )

    def test_one_atom_makes_a_maximum(self) -> None:
        f = pt.expected_max(pt.Discrete([0.5]))
        np.testing.assert_allclose(f.conjugate(np.array([0.2, 0.3, 0.5])), -0.5, atol=1e-14)

    @pytest.mark.parametrize("f", [COIN, THREE])
    def test_no_parameters(self, f: pt.Potential) -> None:
        with pytest.raises(ValueError, match="`parameters` has no answer under .*temperature > 0"):
            f.parameters(np.array([0.5, 0.5]))


GRADIENTS = {
    "coin": jax.jit(jax.grad(COIN.conjugate)),
    "three-atoms": jax.jit(jax.grad(THREE.conjugate)),
}

BAD = {
    "negative": ([-0.1, 1.1], "`p` must not be negative, got -0.1"),
    "sum": ([0.5, 0.6], "`p` must sum to one, got the sum 1.1"),
    "one-row": ([[0.5, 0.5], [0.5, 0.4]], "`p` must sum to one, got the sum 0.9"),
    "nan": ([np.nan, 1.0], "`p` must be finite, got nan"),
    "scalar": (1.0, "`p` must be a vector"),
    "empty": ([], "`p` must have at least one entry"),
    "text": ("half", "`p` must be real"),
    "none": (None, "`p` must be real"),
}


@pytest.mark.parametrize("f", [NORMAL, GUMBEL, COIN])
@pytest.mark.parametrize("name", BAD)
def test_bad_p(f: pt.Potential, name: str) -> None:
    p, message = BAD[name]
    methods = [f.conjugate, lambda q: f.fenchel_young(np.zeros(2), q)]
    if f is not COIN:
        methods.append(f.parameters)
    for method in methods:
        with pytest.raises(ValueError, match=message):
            method(p)


def test_boundary_has_no_parameters() -> None:
    for p in ([0.0, 1.0], [[0.5, 0.5], [0.0, 1.0]]):
        with pytest.raises(ValueError, match=r"`p` must be positive, got \[0. 1.\] on the bound"):
            NORMAL.parameters(np.array(p))


@pytest.mark.parametrize("gauge", ["last", None, 0])
def test_bad_gauge(gauge: object) -> None:
    with pytest.raises(ValueError, match="`gauge` must be one of sum, first, got"):
        NORMAL.parameters(np.array([0.5, 0.5]), gauge)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="`p` must have the last dimension of theta"):
        NORMAL.fenchel_young(np.zeros(3), np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="`theta` and `p` must have one shape"):
        NORMAL.fenchel_young(np.zeros((2, 2)), np.full((3, 2), 0.5))
    with pytest.raises(ValueError, match="`p` must have 4 entries"):
        POTENTIALS["mixed-scales"].parameters(np.array([0.5, 0.5]))


def test_noise_without_a_mean() -> None:
    f = POTENTIALS["cauchy"]
    with pytest.raises(ValueError, match="no finite mean"):
        f.conjugate(np.full(D, 0.25))
    with pytest.raises(ValueError, match="`p` must be positive"):
        f.fenchel_young(np.zeros(D), np.eye(D)[0])


@pytest.mark.parametrize(
    "noise",
    [
        pt.Normal(),
        pt.Gumbel(2.0),
        pt.Laplace(),
        pt.Logistic([1.0, 2.0, 0.5, 3.0]),
        pt.StudentT(3.0),
        pt.Uniform(1e6, 1e6 + 1),
        pt.Discrete([-1.0, 1.0]),
        pt.NestedGumbel([0, 0, 1, 1], 0.5),
        pt.FactorNoise(pt.Normal(), [1.0, 0.0, 0.0, 0.5]),
    ],
    ids=repr,
)
def test_losses_of_labels_at_once_are_those_one_by_one(noise):
    """Labels, one of them masked, one on the mask's row, and a row that is none."""
    rng = np.random.default_rng(0)
    theta, p = 2 * rng.normal(size=(2, 4, 4)), np.eye(4)[rng.integers(4, size=(2, 4))]
    theta[0, 1, 2], p[0, 1] = -np.inf, np.eye(4)[2]
    theta[1, 0, 1], p[1, 0] = -np.inf, np.eye(4)[0]
    p[1, 2] = [0.4, 0.1, 0.3, 0.2]
    f = pt.expected_max(noise)
    pairs = zip(theta.reshape(-1, 4), p.reshape(-1, 4), strict=True)
    each = np.reshape([f.fenchel_young(*pair) for pair in pairs], (2, 4))
    np.testing.assert_allclose(f.fenchel_young(theta, p), each, rtol=1e-13, atol=1e-14)
    assert np.isinf(f.fenchel_young(theta, p)[0, 1])


def test_one_category_has_no_loss_in_a_batch_either():
    f = pt.expected_max(pt.StudentT(1.0))
    assert f.fenchel_young([[0.0]], [[1.0]]).tolist() == [f.fenchel_young([0.0], [1.0])] == [0.0]
