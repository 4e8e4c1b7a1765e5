"""Property checkers: every outcome in both directions, every witness replayed by other means."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory import properties as pr
from perturbtheory.routes import rational, sampling
from perturbtheory.testing import liars
from perturbtheory.testing.strategies import thetas

NORMAL = pt.expected_max(pt.Normal())
UNIFORM = pt.expected_max(pt.Uniform())
COIN = pt.expected_max(pt.Discrete([-1.0, 1.0]))
COIN_SOFTMAX = pt.expected_logsumexp(pt.Discrete([-1.0, 1.0]), 0.5)
HALF_SPACE = pr.polyhedron([[1.0, 1.0, -2.0]], [0.0], name="half-space")
SETS = {
    "whole": pr.whole_space(3),
    "sum": pr.gauge(3),
    "first": pr.gauge(3, "first"),
    "tilted": pr.hyperplane([1.0, 2.0, 3.0], 1.0),
    "half-space": HALF_SPACE,
    "orthant": pr.cone(np.eye(3)),
    "wedge": pr.cone(np.eye(3)[:2]),
    "ray": pr.cone([[1.0, 0.0, 0.0]]),
    "strip": pr.box([0.0, -np.inf, -1.0], [0.0, np.inf, 1.0]),
    "box-2": pr.box([0.0, -2.0, -2.0], [0.0, 2.0, 2.0]),
    "box-1.9": pr.box([0.0, -1.9, -1.9], [0.0, 1.9, 1.9]),
    "cube": pr.box([-0.5] * 3, [0.5] * 3),
    "point": pr.box([0.0] * 3, [0.0] * 3),
}
COVERING = {"whole", "sum", "first", "tilted", "orthant"}
BOUNDED = {"box-2", "box-1.9", "cube", "point"}


class TestCompleteness:
    """Complete exactly if Theta + R1 holds what the noise needs."""

    @pytest.mark.parametrize("name", SETS)
    def test_injective_noise_needs_every_coset(self, name: str) -> None:
        for f in (NORMAL, COIN_SOFTMAX):
            check = pr.completeness(f, SETS[name])
            assert bool(check) == (name in COVERING)
            assert pr.completeness(f, SETS[name], target="simplex").outcome == "fails"

    @pytest.mark.parametrize("f", [UNIFORM, COIN], ids=["uniform", "coin"])
    @pytest.mark.parametrize("name", SETS)
    def test_bounded_noise_needs_less(self, name: str, f: pt.Potential) -> None:
        check = pr.completeness(f, SETS[name], target="simplex")
        assert bool(check) == (name in COVERING | {"box-2"})

    def test_a_finite_set_is_complete_under_discrete_noise(self) -> None:
        # Vertices of the subdivision are what must be met: +-2 in between, 0 in the middle.
        line = pr.box([0.0, -2.0], [0.0, 2.0])
        short = pr.box([0.0, -1.9], [0.0, 2.0])
        assert pr.completeness(COIN, line)
        missed = pr.completeness(COIN, short)
        assert missed.outcome == "fails"
        p = [Fraction(float(x)).limit_denominator(10**6) for x in missed.witness["p"]]
        for k in range(-19, 21):  # no tenth of the interval gives it
            answer = rational.discrete([0, Fraction(k, 10)], [-1, 1])
            assert not answer.only[0] <= p[0] <= answer.some[0]

    def test_seven_cosets_for_three_coins(self) -> None:
        from perturbtheory.properties._completeness import linearity_vertices

        found = linearity_vertices(COIN, COIN.noise, 3)
        expected = {(0.0, 0.0, 0.0)}
        for i, s in itertools.product(range(3), (-2.0, 2.0)):
            theta = s * np.eye(3)[i]
            expected.add(tuple(theta - theta[0]))
        assert {tuple(t) for t in found} == expected

    @pytest.mark.parametrize("name", sorted(set(SETS) - COVERING))
    def test_witness_is_out_of_reach(self, name: str) -> None:
        region = SETS[name]
        check = pr.completeness(NORMAL, region)
        p, theta = check.witness["p"], check.witness["theta"]
        assert np.all(p > 0)
        assert region.representative(theta) is None
        assert pr.reach(NORMAL, region, p) is None
        np.testing.assert_allclose(NORMAL.parameters(p), theta - theta.mean(), atol=1e-10)
        u, supremum = check.witness["u"], check.witness["supremum"]
        assert abs(u.sum()) < 1e-9
        assert u @ theta > supremum
        # What the set can reach, sampled: <u, .> of its members stays below.
        rng = np.random.default_rng(0)
        for goal in rng.normal(size=(20, 3)):
            top = region.highest(goal)[1]
            if top is not None:
                assert u @ top <= supremum + 1e-8

    def test_hypotheses_of_theorem_4_1_do_not_suffice(self) -> None:
        for i, theta in enumerate(([1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, -1.0, 1.0])):
            far = 1e6 * np.array(theta)
            assert HALF_SPACE.contains(far)
            assert far[i] - np.delete(far, i).max() >= 1e6  # h_i is unbounded
        for f in (NORMAL, COIN_SOFTMAX, UNIFORM, COIN):
            assert pr.completeness(f, HALF_SPACE).outcome == "fails"

    @pytest.mark.parametrize("f", [NORMAL, UNIFORM], ids=["normal", "uniform"])
    @given(p=st.lists(st.floats(1e-3, 1.0), min_size=3, max_size=3))
    def test_reach_is_constructive(self, f: pt.Potential, p: list[float]) -> None:
        p = np.array(p) / np.sum(p)
        for name in COVERING:
            theta = pr.reach(f, SETS[name], p)
            assert SETS[name].contains(theta)
            np.testing.assert_allclose(f.probabilities(theta), p, atol=1e-9)

    def test_reach_under_discrete_noise(self) -> None:
        p = np.array([0.2, 0.3, 0.5])
        for name in COVERING | {"box-2"}:
            theta = pr.reach(COIN, SETS[name], p)
            assert COIN.subdifferential(theta).contains(p, tolerance=1e-9)
        assert pr.reach(COIN, pr.cone([[1.0, 0.0, 0.0]]), np.array([0.05, 0.9, 0.05])) is None

    def test_unequal_bounded_supports(self) -> None:
        law = pt.Uniform(np.array([-1.0, -2.0, 0.0]), np.array([1.0, 0.0, 3.0]))
        f = pt.expected_max(law)
        region = pr.active_region(np.subtract.outer(law.high, law.low))
        assert pr.completeness(f, region, target="simplex")
        assert pr.one_to_one(f, region)
        inner = pr.polyhedron(
            0.98 * np.asarray(region.inequalities[0]), region.inequalities[1] - 0.3
        )
        assert pr.completeness(f, inner).outcome == "fails"

    def test_oracles_are_never_a_pass(self) -> None:
        ball = pr.Oracle(lambda t: float(t @ t) <= 1.0, [np.zeros(3), np.eye(3)[0]])
        for check in (
            pr.completeness(NORMAL, ball),
            pr.completeness(COIN, ball),
            pr.minimality(NORMAL, ball),
        ):
            assert check.outcome == "unknown"
            assert not check
        assert pr.one_to_one(NORMAL, ball)  # one-to-one on all of R^3, so on any part of it


class TestIdentifiability:
    """Single-valued, one-to-one and minimal are three different things."""

    @pytest.mark.parametrize("name", SETS)
    def test_injective_noise(self, name: str) -> None:
        assert pr.single_valued(NORMAL, SETS[name])
        assert pr.one_to_one(NORMAL, SETS[name])
        twice = name in {"whole", "half-space", "orthant", "cube"}
        assert bool(pr.minimality(NORMAL, SETS[name])) != twice

    @pytest.mark.parametrize("name", SETS)
    def test_uniform_noise(self, name: str) -> None:
        assert pr.single_valued(UNIFORM, SETS[name])
        check = pr.one_to_one(UNIFORM, SETS[name])
        assert bool(check) == (name in {"cube", "point"})
        if not check:
            theta, tau = check.witness["theta"], check.witness["tau"]
            assert SETS[name].contains(theta)
            assert SETS[name].contains(tau)
            assert np.ptp(theta - tau) > 1e-6
            exact = [
                rational.uniform([Fraction(float(x)) for x in t]).probabilities
                for t in (theta, tau)
            ]
            np.testing.assert_allclose(*np.array(exact, float), atol=1e-12)

    @pytest.mark.parametrize("name", SETS)
    def test_discrete_noise(self, name: str) -> None:
        one, single = pr.one_to_one(COIN, SETS[name]), pr.single_valued(COIN, SETS[name])
        assert bool(one) == (name == "point")
        assert single.outcome == "fails"  # every one of them meets theta_1 = theta_2 or + 2
        theta = single.witness["theta"]
        assert SETS[name].contains(theta)
        rounded = [Fraction(float(x)).limit_denominator(10**6) for x in theta]
        exact = rational.discrete(rounded, [-1, 1])
        np.testing.assert_allclose(single.witness["lower"], np.array(exact.only, float), atol=1e-12)
        np.testing.assert_allclose(single.witness["upper"], np.array(exact.some, float), atol=1e-12)
        assert any(a != b for a, b in zip(exact.only, exact.some, strict=True))
        if not one:
            both = np.stack([one.witness["theta"], one.witness["tau"]])
            p = COIN.probabilities(both)
            np.testing.assert_allclose(p[0], p[1], atol=1e-12)

    def test_a_set_without_ties(self) -> None:
        between = pr.box([0.0, 0.5], [0.0, 1.5])
        assert pr.single_valued(COIN, between)
        assert pr.one_to_one(COIN, between).outcome == "fails"

    def test_senses(self) -> None:
        over = pr.gauge(3)
        outcomes = {
            sense: pr.identifiability(UNIFORM, over, sense).outcome
            for sense in ("single-valued", "one-to-one", "complete and minimal")
        }
        assert outcomes == {
            "single-valued": "holds", "one-to-one": "fails", "complete and minimal": "fails"
        }  # fmt: skip
        with pytest.raises(ValueError, match="`sense` must be one of"):
            pr.identifiability(UNIFORM, over, "unique")  # pyright: ignore[reportArgumentType]


SCALES = (1e-8, 1e6)


class TestScale:
    """Outcomes do not depend on the unit in which noise and parameters are measured."""

    @pytest.mark.parametrize("unit", SCALES)
    def test_units(self, unit: float) -> None:
        laws = {"uniform": pt.Uniform(-unit, unit), "coin": pt.Discrete([-unit, unit])}
        for name, law in laws.items():
            f, usual = pt.expected_max(law), UNIFORM if name == "uniform" else COIN
            for ends in ([0.0, -2.0, -2.0], [0.0, -1.9, -1.9], [-0.5] * 3, [0.0] * 3):
                one, scaled = (pr.box(s * np.array(ends), -s * np.array(ends)) for s in (1.0, unit))
                for check in (pr.completeness, pr.one_to_one, pr.single_valued, pr.minimality):
                    assert check(f, scaled).outcome == check(usual, one).outcome, (name, ends)

    @pytest.mark.parametrize("unit", [1e-10, 1e-6, 1e8])
    def test_badly_scaled_sets(self, unit: float) -> None:
        assert pr.completeness(NORMAL, pr.cone(unit * np.vstack([np.eye(3), -np.eye(3)])))
        half = pr.polyhedron([[unit, -unit, 0.0]], [1.0])
        assert pr.completeness(NORMAL, half).outcome == "fails"
        assert not pr.box([0.0, 0.0], [unit, unit]).contains([5 * unit, 0.0])
        assert pr.box([0.0, 0.0], [unit, unit]).contains([unit, 0.0])

    def test_thin_sets_are_no_points(self) -> None:
        thin = pr.box([5.0, 0.0], [5.0 + 1e-10, 0.0])
        assert pr.one_to_one(UNIFORM, thin).outcome != "holds"
        assert pr.minimality(NORMAL, pr.box([0.0, 0.0], [1e-10, 1e-10])).outcome == "fails"
        near = pr.box([0.0, 5e-8], [0.0, 1.5])  # a tie is near and not in the set
        assert pr.single_valued(COIN, near).outcome != "fails"


class TestAtoms:
    """Atoms that are no short decimals."""

    def test_thirds(self) -> None:
        f = pt.expected_max(pt.Discrete([0.0, 1 / 3]))
        assert pr.completeness(f, pr.box([-0.1] * 2, [0.1] * 2)).outcome == "fails"
        assert pr.completeness(f, pr.box([0.0, -1 / 3], [0.0, 1 / 3]))

    @pytest.mark.slow
    @given(atoms=st.lists(st.floats(-3, 3), min_size=2, max_size=3), seed=st.integers(0, 100))
    @settings(max_examples=10)
    def test_against_reach(self, atoms: list[float], seed: int) -> None:
        f = pt.expected_max(pt.Discrete(atoms))
        rng = np.random.default_rng(seed)
        region = pr.box([0.0, -rng.uniform(0, 6)], [0.0, rng.uniform(0, 6)])
        check = pr.completeness(f, region)
        reached = [
            pr.reach(f, region, np.array([p, 1 - p])) is not None
            for p in np.linspace(0.01, 0.99, 25)
        ]
        if check:
            assert all(reached)
        else:
            assert check.outcome == "fails"
            assert pr.reach(f, region, check.witness["p"]) is None


def test_partly_unbounded_supports() -> None:
    law = pt.FromScipy(scipy.stats.genpareto(np.array([-1.0, 0.5])))
    f = pt.expected_max(law)
    check = pr.completeness(f, pr.gauge(2), target="simplex")
    assert check.outcome == "fails"  # the second coordinate wins now and then, whatever theta
    np.testing.assert_array_equal(check.witness["p"], [1, 0])
    assert float(f.probabilities(np.array([1e3, 0.0]))[1]) > 0
    assert pr.one_to_one(f, pr.gauge(2)).outcome in {"fails", "unknown"}


class TestConvexity:
    """The graph of the Laplacian, at a point, along a segment, over a set."""

    @pytest.mark.parametrize("f", [NORMAL, UNIFORM, COIN_SOFTMAX], ids=["normal", "unif", "soft"])
    @given(theta=thetas(3, spread=4.0))
    @settings(max_examples=15)
    def test_at_a_point_agrees_with_the_spectrum(self, f: pt.Potential, theta: np.ndarray) -> None:
        check = pr.convexity_at(f, theta)
        hessian = np.asarray(f.hessian(theta))
        if check.outcome == "fails":
            flat = check.witness["flat_direction"]
            np.testing.assert_allclose(hessian @ flat, 0, atol=1e-12)
            assert np.ptp(flat) == 1
        elif check.margin > 1e-6:
            assert np.linalg.eigvalsh(hessian)[1] > 0
        assert check.outcome != "unknown"

    def test_flat_regions_of_uniform_noise(self) -> None:
        inside, outside = np.array([0.0, 0.0, -1.99]), np.array([0.0, 0.0, -2.01])
        assert pr.convexity_at(UNIFORM, inside)
        check = pr.convexity_at(UNIFORM, outside)
        np.testing.assert_array_equal(check.witness["flat_direction"], [0, 0, 1])

    def test_discrete_kinks(self) -> None:
        assert pr.convexity_at(COIN, np.zeros(3))  # ties link all three
        assert pr.convexity_at(COIN, np.array([0.0, 0.0, 9.0])).outcome == "fails"
        assert pr.convexity_at(COIN, np.array([0.0, 0.3, 0.7])).outcome == "fails"

    @given(theta=thetas(3, spread=4.0), tau=thetas(3, spread=4.0))
    @settings(max_examples=15)
    def test_along_a_segment(self, theta: np.ndarray, tau: np.ndarray) -> None:
        if np.ptp(theta - tau) < 1e-3:
            return
        assert pr.convexity_along(NORMAL, theta, tau)
        check = pr.convexity_along(UNIFORM, theta, tau)
        if check.outcome == "fails":
            ends = [check.witness[k] for k in ("theta", "tau")]
            middle = float(UNIFORM(np.mean(ends, 0)))
            np.testing.assert_allclose(middle, np.mean(UNIFORM(np.array(ends))), atol=1e-10)
        else:
            assert check.margin > -1e-12
        assert pr.convexity_along(COIN, theta, tau).outcome == "fails"

    def test_certificate_on_a_box(self) -> None:
        for law in (pt.Normal(), pt.Gumbel(), pt.Logistic(0.7)):
            check = pr.convexity_over(pt.expected_max(law), pr.box([0.0, -3.0], [0.0, 3.0]))
            low, high = check.witness["certificate"]
            delta = np.stack([np.zeros(61), np.linspace(-3, 3, 61)], 1)
            weight = -np.asarray(pt.expected_max(law).hessian(delta))[:, 0, 1]
            assert 0 < float(low) <= weight.min() + 1e-15
            assert weight.max() <= float(high) + 1e-15
        flat = pr.convexity_over(UNIFORM, pr.box([0.0, 2.0], [0.0, 3.0]))
        assert flat.outcome == "fails"
        assert pr.convexity_over(UNIFORM, pr.box([0.0, -1.9], [0.0, 1.9])).margin > 0

    def test_gaps_leave_the_question_open(self) -> None:
        law = scipy.stats.rv_histogram((np.array([1, 0, 1]), np.array([0, 1, 2, 3])), density=False)
        f = pt.expected_max(pt.FromScipy(law(), breakpoints=(1.0, 2.0)))
        assert pr.one_to_one(f, pr.gauge(3)).outcome == "unknown"
        assert pr.completeness(f, pr.gauge(3))
        assert pr.completeness(f, HALF_SPACE).outcome == "unknown"


LIES = {
    "WrongDensity": "`log_pdf` is not the derivative of `log_cdf`",
    "WrongSurvival": r"exp\(`log_cdf`\) \+ exp\(`log_sf`\) is not one",
    "NarrowSupport": "`log_pdf` is finite off the declared `support`",
    "NotPositive": "no density within the declared `support`",
    "CauchyWithAMean": "`mean` is declared 0, but the tail decays",
    "WrongVariance": "`variance` is declared 4, but the quantiles",
    "WrongDraws": "`sample` draws from another law",
    "WrongMean": "`mean` is declared 0.1, but the quantiles average to",
}


class TestDeclarations:
    """A law that somebody else has written is looked at before it is trusted."""

    @pytest.mark.parametrize(
        "law",
        [
            pt.Normal(np.array([0.1, 1.0, 10.0])),
            pt.StudentT(1.0),
            pt.FromScipy(scipy.stats.beta(0.5, 0.5)),
            pt.FromScipy(scipy.stats.expon()),
            pt.FromScipy(scipy.stats.levy()),
            pt.expected_logsumexp(pt.Uniform(), 0.1).noise,
        ],
        ids=["scales", "cauchy", "arcsine", "expon", "levy", "smoothed"],
    )
    def test_honest_laws_pass(self, law: pt.AbstractPerturbation) -> None:
        shape = pr.check_declarations(law, 3)
        assert shape.gap is None
        assert shape.low.shape == (3,)

    @pytest.mark.parametrize("lie", LIES)
    def test_lies_are_named(self, lie: str) -> None:
        law, _ = liars.PERTURBATIONS[lie]
        message = f"{lie}: {LIES[lie]}"
        with pytest.raises(ValueError, match=message):
            pr.check_declarations(law)
        with pytest.raises(ValueError, match=message):
            pt.diagnose(law)


SETS_REFUSED = {
    "empty": (
        lambda: pr.polyhedron([[1.0, 0.0], [-1.0, 0.0]], [-1.0, -1.0]),
        "`polyhedron` must not be empty",
    ),
    "dimension": (lambda: pr.gauge(0), "`dimension` must be a positive int, got 0"),
    "kind": (lambda: pr.gauge(3, "last"), "`kind` must be 'sum' or 'first', got 'last'"),
    "swapped": (lambda: pr.box([1.0, 0.0], [0.0, 1.0]), "`low` must not exceed `high`"),
    "shapes": (lambda: pr.polyhedron(np.eye(2), np.zeros(3)), r"shapes \(n, d\) and \(n,\)"),
    "nan": (lambda: pr.hyperplane([np.nan, 1.0]), "`normal` must be finite"),
    "apex": (lambda: pr.cone(np.eye(3), np.zeros(2)), "`apex` must have 3 entries"),
    "no-members": (lambda: pr.Oracle(lambda t: True, []), "`inside` must be members"),
    "not-convex": (
        lambda: pr.Oracle(lambda t: abs(t[0]) >= 1, [np.array([1.0, 0]), np.array([-1.0, 0])]),
        "`member` must be true for a convex set",
    ),
    "fits": (
        lambda: pr.completeness(pt.expected_max(pt.Normal(np.ones(2))), pr.gauge(3)),
        "`dimension` must be 2",
    ),
    "target": (lambda: pr.completeness(NORMAL, pr.gauge(2), target="all"), "`target` must be"),
    "rounded-translate": (
        lambda: pr.convexity_along(NORMAL, np.array([0.1, 0.2]), np.array([0.1, 0.2]) + 0.3),
        "`tau` must not be a translate",
    ),
    "level": (lambda: pr.polyhedron(np.eye(2), np.ones(2), level=[1.0]), "given together"),
    "infinite-low": (lambda: pr.box([np.inf, 0.0], [np.inf, 1.0]), "`low` must not exceed"),
    "zero-normal": (lambda: pr.hyperplane([0.0, 0.0]), "`normal` must not be zero"),
    "text": (lambda: pr.box("a", "b"), "`low` must be numbers, got 'a'"),
    "length": (lambda: pr.gauge(3).contains(np.zeros(2)), "`theta` must have 3 entries"),
    "p": (lambda: pr.reach(COIN, pr.gauge(3), [1.0, 0.5, 0.5]), "`p` must be a probability vector"),
    "order": (lambda: COIN.subdifferential([0, 0]).vertex([0, 0]), "`order` must be a permutation"),
    "translate": (
        lambda: pr.convexity_along(NORMAL, np.zeros(2), np.ones(2)),
        "`tau` must not be a translate",
    ),
    "batch": (lambda: pr.convexity_at(NORMAL, np.zeros((2, 2))), "one point at a time"),
}


@pytest.mark.parametrize("name", SETS_REFUSED)
def test_bad_input(name: str) -> None:
    make, message = SETS_REFUSED[name]
    with pytest.raises(ValueError, match=message):
        make()


@given(theta=thetas(3, spread=3.0))
@settings(max_examples=5)
def test_gradient_noise_of_one_sample(theta: np.ndarray) -> None:
    # Trace of the covariance of softmax((theta + gamma)/t) by the Hessian, and sampled.
    t = 0.5
    f = pt.expected_logsumexp(pt.Normal(), t)
    p = np.asarray(f.probabilities(theta))
    exact = 1 - p @ p - t * np.trace(np.asarray(f.hessian(theta)))
    draws = next(sampling._draws(pt.Normal(), theta, 0, 2**16)) + theta
    share = np.exp((draws - draws.max(1, keepdims=True)) / t)
    share /= share.sum(1, keepdims=True)
    sampled = np.square(share - p).sum(1)
    assert abs(sampled.mean() - exact) < 6 * sampled.std() / 2**8 + 1e-12


@pytest.mark.parametrize("check", [pr.completeness, pr.single_valued, pr.one_to_one, pr.minimality])
def test_arguments_of_the_wrong_type(check) -> None:
    with pytest.raises(TypeError, match="`f` must be a potential"):
        check(pt.Normal(), pr.gauge(3))
    with pytest.raises(TypeError, match="`over` must be a set of parameters"):
        check(NORMAL, None)
