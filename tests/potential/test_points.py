"""Three and more factors: quasi-Monte-Carlo means beside laws that are known to rounding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.testing import laws, strategies

LOADINGS = np.random.default_rng(1).standard_normal((5, 3))
THETA = np.array([0.3, -0.5, 0.1, 0.75, 0.0])
NOISE = pt.FactorNoise(pt.Normal(), LOADINGS, nodes=2**14)
F = pt.expected_max(NOISE)
EXACT = pt.expected_max(pt.JointNormal(np.eye(5) + LOADINGS @ LOADINGS.T))
FEW = pt.expected_max(pt.FactorNoise(pt.Gumbel(), LOADINGS[:4], nodes=2**10))
MILD = pt.FactorNoise(pt.Gumbel(), 0.25 * LOADINGS[:4], nodes=2**10)
"""Under which no category is rare, so that every law applies."""
HOUSE = ("probabilities", "translation", "convexity", "bounds", "Hessian", "derivatives", "entropy")
ASKED = ["__call__", "probabilities", "log_probabilities", "hessian", "entropy", "anchored"]


@pytest.mark.parametrize("law", HOUSE)
@settings(max_examples=3)
@given(data=st.data())
def test_laws_of_every_potential_hold(law, data) -> None:
    found = laws.find(law, laws.POTENTIAL)
    assert found.check(MILD, **data.draw(strategies.inputs(found, 4))) is None


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        ("__call__", 2e-3),
        ("probabilities", 1e-4),
        ("log_probabilities", 1e-3),
        ("hessian", 1e-4),
        ("entropy", 1e-3),
        ("anchored", 1e-3),
        ("parameters", 1e-3),
    ],
)
def test_answers_are_near_those_of_a_rule(ask, error) -> None:
    given = EXACT.probabilities(THETA) if ask == "parameters" else THETA
    assert np.max(np.abs(getattr(F, ask)(given) - getattr(EXACT, ask)(given))) < error


@pytest.mark.parametrize("seed", range(6))
def test_radii_hold_and_are_not_far_too_large(seed) -> None:
    rng = np.random.default_rng(seed)
    loadings = (0.3, 1.0, 4.0)[seed % 3] * rng.standard_normal((5, 3 + seed % 2))
    theta = 2 * rng.standard_normal(5)
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), loadings, nodes=2**11))
    exact = pt.expected_max(pt.JointNormal(np.eye(5) + loadings @ loadings.T))
    for ask in ("estimate", "estimate_probabilities"):
        found, true = getattr(f, ask)(theta), getattr(exact, ask)(theta)
        off = np.abs(found.value - true.value)
        assert found.kind == "quasi-monte-carlo"
        assert np.all(off <= found.radius + true.radius)
        assert np.max(found.radius) < (0.05 if ask.endswith("probabilities") else 0.3)
        # Means of scramblings, of which the radius is nine standard errors, are not off by none.
        assert np.max(off / found.radius) > 1e-3


@pytest.mark.parametrize("make", [pt.Normal, pt.Gumbel], ids=["normal", "gumbel"])
def test_a_factor_for_every_coordinate_is_independent_noise(make) -> None:
    """gamma_i + b u_i, i = 1, ..., 8: a law of independent coordinates, which has its own rule."""
    theta = np.linspace(-1.5, 1.0, 8)
    f = pt.expected_max(pt.FactorNoise(make(), 0.75 * np.eye(8), nodes=2**12))
    found = f.estimate_probabilities(theta)
    if make is pt.Normal:
        p = pt.expected_max(pt.Normal(1.25)).probabilities(theta)
    else:
        u = np.random.default_rng(2).standard_normal((400_000, 8))
        p = np.mean(pt.expected_max(pt.Gumbel()).probabilities(theta + 0.75 * u), 0)
    assert found.contains(p)
    assert np.max(np.abs(found.value - p)) < 1e-3


def test_a_rare_category_has_a_radius_and_no_logarithm() -> None:
    theta = np.array([0.0, 0.5, -9.0, 0.0, 0.0])
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), 2 * LOADINGS, nodes=2**10))
    exact = pt.expected_max(pt.JointNormal(np.eye(5) + 4 * LOADINGS @ LOADINGS.T))
    assert f.estimate_probabilities(theta).contains(exact.probabilities(theta))
    with pytest.raises(ValueError, match="more `nodes`"):
        f.log_probabilities(theta)
    with pytest.raises(ValueError, match="probability of category 2"):
        f.log_probabilities([np.zeros(5), theta])
    assert np.isnan(f.log_probabilities(jnp.asarray(theta))[2])
    assert np.all(np.isfinite(f.probabilities(theta)))
    assert np.isfinite(f.entropy(theta))
    masked = f.log_probabilities([0.0, 0.5, -np.inf, 0.0, 0.0])
    assert masked[2] == -np.inf
    assert np.all(np.isfinite(np.delete(masked, 2)))


@pytest.mark.parametrize("ask", ASKED)
def test_jax_takes_the_same_points(ask) -> None:
    found = getattr(FEW, ask)(jnp.asarray(THETA[:4]))
    assert isinstance(found, jax.Array)
    np.testing.assert_allclose(found, getattr(FEW, ask)(THETA[:4]), rtol=1e-12, atol=1e-13)


def test_radii_under_jax_are_those_of_numpy() -> None:
    for ask in ("estimate", "estimate_probabilities"):
        found, true = (getattr(FEW, ask)(t) for t in (jnp.asarray(THETA[:4]), THETA[:4]))
        np.testing.assert_allclose(found.radius, true.radius, rtol=1e-6)
        assert (found.kind, found.confidence) == (true.kind, true.confidence)


def test_derivatives_in_the_loadings() -> None:
    def loss(loadings):
        noise = pt.FactorNoise(pt.Gumbel(), loadings, nodes=2**10)
        return pt.expected_max(noise).log_probabilities(THETA[:4])[1]

    found = jax.jit(jax.grad(loss))(jnp.asarray(LOADINGS[:4]))
    for i, k in ((0, 0), (1, 2), (3, 1)):
        step = np.zeros((4, 3))
        step[i, k] = 1e-4
        slope = (loss(LOADINGS[:4] + step) - loss(LOADINGS[:4] - step)) / 2e-4
        assert abs(found[i, k] - slope) < 1e-7
    np.testing.assert_allclose(jnp.sum(found, 0), 0.0, atol=1e-14)


def test_the_score_is_the_slope_of_the_likelihood() -> None:
    counts = np.array([1.0, 0.0, 2.0, 0.0])
    found = FEW.score(THETA[:4], counts)
    step = 1e-4 * np.eye(4)
    rows = FEW.log_probabilities(THETA[:4] + np.concatenate([step, -step])) @ counts
    np.testing.assert_allclose(found, (rows[:4] - rows[4:]) / 2e-4, atol=1e-6)


UNSEEN = np.zeros((5, 3))
UNSEEN[4, 0], UNSEEN[3, 0], UNSEEN[1, 1], UNSEEN[2, 2] = 250.0, -250.0, 0.01, 0.01


@pytest.mark.parametrize("low", [-950.0, -1050.0, -1400.0])
def test_radii_hold_where_no_point_shows_a_category(low) -> None:
    """Two categories of which each has to be four standard deviations of its factor above."""
    theta = np.array([0.0, -20.0, -20.0, low, low])
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), UNSEEN, nodes=2**10))
    exact = pt.expected_max(pt.JointNormal(np.eye(5) + UNSEEN @ UNSEEN.T))
    for ask in ("estimate", "estimate_probabilities"):
        found, true = getattr(f, ask)(theta), getattr(exact, ask)(theta)
        assert np.all(np.abs(found.value - true.value) <= found.radius + true.radius)
        assert np.all(found.radius < 20.0)
    with pytest.raises(ValueError, match="of category 3"):
        f.log_probabilities(theta)


def test_radii_of_rare_categories_are_those_of_pairs() -> None:
    """Not the rule of three, 2e-2 here: at most P(X_i > X_top), which one factor knows."""
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), 0.5 * LOADINGS, nodes=2**10))
    theta = np.array([0.0, 0.5, -14.0, 0.0, 0.0])
    found = f.estimate_probabilities(theta)
    assert found.radius[2] < 1e-9
    assert np.max(found.radius) < 1e-2


def test_a_counted_category_that_is_rare_has_no_score() -> None:
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), LOADINGS[:4], nodes=2**10))
    theta, last = np.array([0.0, 0.5, -14.0, 0.0]), np.eye(4)[2]
    with pytest.raises(ValueError, match="of category 2"):
        f.score(theta, last)
    assert np.all(np.isfinite(f.score(theta, np.eye(4)[1])))
    assert np.all(np.isnan(f.score(jnp.asarray(theta), jnp.asarray(last))))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("low", [-20.0, -40.0, -60.0])
def test_underflow_is_no_logarithm(dtype, low) -> None:
    theta = jnp.array([0.0, 0.0, 0.0, low], dtype)
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), LOADINGS[:4], nodes=2**10))
    assert jnp.isnan(f.log_probabilities(theta)[3])


@pytest.mark.parametrize("open_", [(0, 1, 2), (0, 1), (2,)])
def test_masks_leave_the_points_of_numpy(open_) -> None:
    theta = np.full(4, -np.inf)
    theta[list(open_)] = THETA[list(open_)]
    counts = np.eye(4)[open_[0]]
    for ask in ASKED:
        found = getattr(FEW, ask)(jnp.asarray(theta))
        np.testing.assert_allclose(found, getattr(FEW, ask)(theta), rtol=1e-11, atol=1e-12)
    score = FEW.score(jnp.asarray(theta), jnp.asarray(counts))
    np.testing.assert_allclose(score, FEW.score(theta, counts), atol=1e-12)
    slope = jax.grad(lambda t: FEW.log_probabilities(t)[open_[0]])(jnp.asarray(theta))
    np.testing.assert_allclose(slope, FEW.score(theta, counts), atol=1e-12)


@pytest.mark.parametrize("rank", [2, 3])
def test_dependent_columns_have_the_points_of_numpy(rank) -> None:
    """Traced, so that JAX cannot know that they are."""
    mix = np.random.default_rng(3).standard_normal((rank, 5))
    noise = pt.FactorNoise(pt.Normal(), LOADINGS[:, :rank] @ mix, nodes=2**10)

    @jax.jit
    def traced(loadings):
        law = pt.FactorNoise(pt.Normal(), loadings, nodes=2**10)
        return pt.expected_max(law).estimate_probabilities(jnp.asarray(THETA))

    found, exact = traced(jnp.asarray(noise.loadings)), pt.expected_max(noise)
    covariance = np.eye(5) + np.asarray(noise.loadings) @ np.asarray(noise.loadings).T
    true = pt.expected_max(pt.JointNormal(covariance)).probabilities(THETA)
    assert np.all(np.abs(found.value - true) <= found.radius)
    assert exact.kind == ("quadrature" if rank == 2 else "quasi-monte-carlo")
    if rank == 3:
        np.testing.assert_allclose(found.value, exact.probabilities(THETA), atol=1e-13)
        assert noise.prepare(np.float64).nodes == 2**10


def test_the_confidence_is_no_number_of_32_bits() -> None:
    found = jax.jit(FEW.estimate)(jnp.asarray(THETA[:4], jnp.float32))
    assert found.confidence == 1 - 1e-9


def test_no_value_of_theta_stops_a_compiled_radius() -> None:
    for bad in ([jnp.inf, 0.0, 0.0, 0.0], [jnp.nan, 0.0, 0.0, 0.0], [-jnp.inf] * 4):
        found = jax.jit(FEW.estimate_probabilities)(jnp.array(bad))
        assert jnp.all(jnp.isnan(found.value) & jnp.isnan(found.radius))


def test_laws_that_take_longer_have_fewer_points() -> None:
    assert pt.FactorNoise(pt.Gumbel(), LOADINGS).points == 2**14
    assert pt.FactorNoise(pt.StudentT(3.0), LOADINGS).points == 2**11
    assert pt.FactorNoise(pt.StudentT(3.0), LOADINGS, nodes=2**12).points == 2**12


def test_the_confidence_is_that_of_all_rows() -> None:
    one, many = (FEW.estimate(t) for t in (THETA[:4], np.zeros((3, 2, 4))))
    assert one.confidence == 1 - 1e-9
    assert many.confidence == 1 - 6e-9
    assert "confidence 1 - 1e-09" in repr(one)
    assert EXACT.estimate(THETA).confidence == 1


def test_more_points_are_more_accurate_and_seed_nothing() -> None:
    def off(nodes):
        f = pt.expected_max(pt.FactorNoise(pt.Normal(), LOADINGS, nodes=nodes))
        return np.max(f.estimate_probabilities(THETA).radius)

    assert off(2**13) < off(2**10) / 3
    np.testing.assert_array_equal(F.probabilities(THETA), F.probabilities(THETA.copy()))


def test_few_normal_categories_are_exact_unless_points_are_asked_for() -> None:
    scale, loadings, theta = np.array([1.0, 0.5, 2.0, 1.0]), LOADINGS[:4], THETA[:4]
    f = pt.expected_max(pt.FactorNoise(pt.Normal(scale), loadings))
    exact = pt.expected_max(pt.JointNormal(np.diag(scale**2) + loadings @ loadings.T))
    assert f.kind == "quadrature"
    for ask in (*ASKED, "parameters"):
        given = exact.probabilities(theta) if ask == "parameters" else theta
        expected = getattr(exact, ask)(given)
        np.testing.assert_allclose(getattr(f, ask)(given), expected, rtol=1e-9, atol=1e-12)
    assert np.max(f.estimate_probabilities(theta).radius) < 1e-10
    assert f.estimate(theta).confidence == 1
    many = pt.FactorNoise(pt.Normal(), np.random.default_rng(0).standard_normal((7, 3)))
    assert pt.expected_max(many).kind == "quasi-monte-carlo"
    assert pt.expected_max(pt.FactorNoise(pt.Gumbel(), LOADINGS)).kind == "quasi-monte-carlo"


def test_few_normal_categories_are_exact_under_jax_too() -> None:
    theta = THETA[:4]

    def loss(loadings):
        noise = pt.FactorNoise(pt.Normal(), loadings)
        return pt.expected_max(noise).probabilities(theta)[1]

    step = np.zeros_like(LOADINGS[:4])
    step[1, 2] = 1e-4
    slope = (loss(LOADINGS[:4] + step) - loss(LOADINGS[:4] - step)) / 2e-4
    value, found = jax.value_and_grad(loss)(jnp.asarray(LOADINGS[:4]))
    np.testing.assert_allclose(value, loss(LOADINGS[:4]), rtol=1e-12)
    np.testing.assert_allclose(found[1, 2], slope, rtol=1e-6)


def test_dependent_columns_leave_rules() -> None:
    mixed = LOADINGS[:, :2] @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]]) + 3.0
    f = pt.expected_max(pt.FactorNoise(pt.Gumbel(), mixed))
    assert f.kind == "quadrature"
    same = f.probabilities(jnp.asarray(THETA))
    np.testing.assert_allclose(same, f.probabilities(THETA), atol=1e-12)
    alike = pt.expected_max(pt.FactorNoise(pt.Gumbel(), np.ones((4, 3))))
    for theta in (THETA[:4], jnp.asarray(THETA[:4])):
        np.testing.assert_allclose(
            alike.probabilities(theta), pt.expected_max(pt.Gumbel()).probabilities(theta)
        )


def test_masks_leave_what_is_open() -> None:
    f = pt.expected_max(pt.FactorNoise(pt.Normal(), LOADINGS, nodes=2**12))
    theta = np.array([0.3, -np.inf, 0.1, -np.inf, -np.inf])
    found = f.estimate_probabilities(theta)
    covariance = np.eye(5) + LOADINGS @ LOADINGS.T
    two = pt.JointNormal(covariance[np.ix_([0, 2], [0, 2])])
    exact = pt.expected_max(two).probabilities([0.3, 0.1])
    assert found.value[1] == 0
    assert np.all(np.abs(found.value[[0, 2]] - exact) <= found.radius[[0, 2]])
    one = f.estimate_probabilities([0.0, -np.inf, -np.inf, -np.inf, -np.inf])
    assert one.value[0] == 1


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        (1000, "pass 1024"),
        (2**9, "pass 1024"),
        (3000, "pass 4096"),
        (2**60, "pass 16777216"),
        (0, "an int"),
        (2.5, "an int"),
        ("1024", "an int"),
        (True, "an int"),
    ],
)
def test_the_number_of_points_is_looked_at(nodes, words) -> None:
    with pytest.raises(ValueError, match=words):
        pt.FactorNoise(pt.Normal(), LOADINGS, nodes=nodes)
