"""The subdifferential at ties, a base polytope, against enumeration of every outcome."""

import itertools
import math
from collections import defaultdict
from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

import perturbtheory as pt
from perturbtheory.routes import rational
from perturbtheory.testing.strategies import rational_thetas
from tests.laws import DISCRETE

# Atoms and weights, as decimals that floats print exactly.
LAWS = {
    "coin": (["-1", "1"], ["0.5", "0.5"]),
    "uneven-coin": (["0", "1"], ["0.3", "0.7"]),
    "three-atoms": (["-1", "0.5", "1"], ["0.2", "0.5", "0.3"]),
}
every = pytest.mark.parametrize("name", LAWS)


def fractions(name: str) -> tuple[list[Fraction], list[Fraction]]:
    return tuple([Fraction(x) for x in part] for part in LAWS[name])


def potential(name: str) -> pt.Potential:
    return pt.expected_max(pt.Discrete(*(np.array(part, float) for part in LAWS[name])))


def maximisers(theta, atoms, weights) -> dict[frozenset[int], Fraction]:
    """P(A = S), A the maximisers of theta + gamma; atoms and weights: a list a coordinate."""
    chance = defaultdict(Fraction)
    laws = [list(zip(a, w, strict=True)) for a, w in zip(atoms, weights, strict=True)]
    for outcome in itertools.product(*laws):
        position = [t + atom for t, (atom, _) in zip(theta, outcome, strict=True)]
        top = max(position)
        winners = frozenset(i for i, x in enumerate(position) if x == top)
        chance[winners] += math.prod((w for _, w in outcome), start=Fraction(1))
    return chance


def enumerated(name: str, theta) -> dict[frozenset[int], Fraction]:
    atoms, weights = fractions(name)
    return maximisers(theta, [atoms] * len(theta), [weights] * len(theta))


def subsets(d: int) -> list[tuple[int, ...]]:
    return [s for size in range(d + 1) for s in itertools.combinations(range(d), size)]


def capacities(chance, d: int) -> dict[tuple[int, ...], Fraction]:
    zero = Fraction(0)
    return {s: sum((c for a, c in chance.items() if a & set(s)), zero) for s in subsets(d)}


def most_excess(p, capacity) -> Fraction:
    return max(sum((p[i] for i in s), Fraction(0)) - h for s, h in capacity.items())


def mixture(points, shares) -> np.ndarray:
    total = sum(shares)
    return sum((v * Fraction(k, total) for v, k in zip(points, shares, strict=True)), points[0] * 0)


@st.composite
def candidates(draw, cell) -> np.ndarray:
    """Rational points with sum one: inside, on faces, at vertices, just outside, anywhere."""
    d = len(cell.fixed)
    orders = draw(st.lists(st.permutations(range(d)), min_size=1, max_size=4))
    points = [cell.vertex(order) for order in orders]
    shares = draw(st.lists(st.integers(1, 4), min_size=len(points), max_size=len(points)))
    inner = mixture(points, shares)
    kind = draw(st.sampled_from(["mixture", "vertex", "outside", "shifted", "anywhere"]))
    if kind == "vertex":
        return points[0]
    if kind == "outside":
        return points[0] + Fraction(1, draw(st.integers(1, 10**6))) * (points[0] - inner)
    if kind == "shifted":
        step = Fraction(draw(st.integers(-2, 2)), 20)
        i, j = draw(st.permutations(range(d)))[:2]
        out = inner.copy()
        out[i], out[j] = out[i] + step, out[j] - step
        return out
    if kind == "anywhere":
        counts = draw(st.lists(st.integers(-1, 6), min_size=d, max_size=d).filter(sum))
        return np.array([Fraction(k, sum(counts)) for k in counts])
    return inner


class TestExactly:
    @every
    @pytest.mark.parametrize("d", [1, 2, 4])
    @given(data=st.data())
    def test_capacity_and_bounds_are_the_enumerated_ones(self, name, d, data) -> None:
        theta = data.draw(rational_thetas(d, denominator=2, spread=1))
        cell = potential(name).subdifferential(theta)
        assert cell.is_exact
        for subset, h in capacities(enumerated(name, theta), d).items():
            assert cell.capacity(subset) == h
        answer = rational.discrete(theta, *fractions(name))
        lower, upper = cell.bounds()
        assert tuple(lower) == answer.only
        assert tuple(upper) == answer.some
        assert cell.is_singleton == (answer.only == answer.some)
        assert cell.contains(answer.probabilities)
        assert cell.contains(np.array([float(x) for x in answer.probabilities]))

    @every
    @pytest.mark.parametrize("d", [2, 3, 4])
    @given(data=st.data())
    def test_membership_is_a_bound_on_every_subset(self, name, d, data) -> None:
        theta = data.draw(rational_thetas(d, denominator=2, spread=1))
        cell = potential(name).subdifferential(theta)
        capacity = capacities(enumerated(name, theta), d)
        p = data.draw(candidates(cell))
        excess, subset = cell.violation(p)
        assert excess == most_excess(p, capacity)
        assert excess == sum((p[i] for i in subset), Fraction(0)) - capacity[subset]
        assert cell.contains(p) == (excess == 0)

    def test_smallest_step_outside_is_seen(self) -> None:
        cell = potential("coin").subdifferential([0, 0, 0])
        vertex = cell.vertex([0, 1, 2])
        for step in (Fraction(1, 10**3), Fraction(1, 10**30)):
            p = vertex + np.array([step, -step, Fraction(0)])
            assert not cell.contains(p)
            assert cell.violation(p) == (step, (0,))
            assert cell.contains(p, tolerance=1e-2)
        assert cell.contains(vertex)

    @every
    @given(data=st.data())
    def test_support_is_the_directional_derivative(self, name, data) -> None:
        theta = data.draw(rational_thetas(3, denominator=2, spread=1))
        v = data.draw(st.lists(st.integers(-3, 3), min_size=3, max_size=3))
        cell = potential(name).subdifferential(theta)
        # Positions differ by 0 or by at least 1/2: in steps this small f is linear.
        eps = Fraction(1, 1000)
        moved = rational.discrete(
            [t + eps * x for t, x in zip(theta, v, strict=True)], *fractions(name)
        )
        assert (
            cell.support(v)
            == (moved.value - rational.discrete(theta, *fractions(name)).value) / eps
        )
        assert cell.support(v) == max(vertex @ np.array(v) for vertex in cell.vertices())

    @every
    @given(theta=rational_thetas(4, denominator=2, spread=1))
    def test_vertices(self, name, theta) -> None:
        cell = potential(name).subdifferential(theta)
        vertices, (lower, upper) = cell.vertices(), cell.bounds()
        every_order = {tuple(cell.vertex(order)) for order in itertools.permutations(range(4))}
        assert {tuple(v) for v in vertices} == every_order
        assert all(cell.contains(v) for v in vertices)
        assert np.array_equal(vertices.min(0), lower)
        assert np.array_equal(vertices.max(0), upper)
        edges = [
            [flint.fmpq(x.numerator, x.denominator) for x in v - vertices[0]] for v in vertices
        ]
        assert cell.dimension == flint.fmpq_mat(edges).rank()
        assert sorted(itertools.chain(*cell.components)) == list(range(4))
        # A component has a fixed share of the mass; that is what takes a dimension away.
        for component in cell.components:
            assert len({sum(v[list(component)]) for v in vertices}) == 1

    @pytest.mark.parametrize("theta", [[0, 0, 0], [0, 1, Fraction(1, 2)], [-1, 1, 2]])
    def test_coordinates_with_atoms_of_their_own(self, theta) -> None:
        atoms = np.array([[-1.0, 1.0], [0.0, 1.0], [0.5, 2.0]])
        weights = np.array([[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]])
        cell = pt.expected_max(pt.Discrete(atoms, weights)).subdifferential(theta)
        exact = [[[Fraction(str(x)) for x in row] for row in a.tolist()] for a in (atoms, weights)]
        for subset, h in capacities(maximisers(theta, *exact), 3).items():
            assert cell.capacity(subset) == h

    def test_atoms_that_coincide_or_have_no_weight(self) -> None:
        plain = potential("coin").subdifferential([0, 0, 2])
        twice = pt.Discrete([-1.0, 1.0, 1.0, 0.0], [0.5, 0.25, 0.25, 0.0])
        cell = pt.expected_max(twice).subdifferential([0, 0, 2])
        assert [cell.capacity(s) for s in subsets(3)] == [plain.capacity(s) for s in subsets(3)]
        assert cell.components == plain.components
        sure = pt.expected_max(pt.Discrete([1.0])).subdifferential([0, 0, -1])
        assert sure.vertices().tolist() == [[0, 1, 0], [1, 0, 0]]

    def test_a_subset_is_a_set(self) -> None:
        cell = potential("coin").subdifferential([0, 0])
        assert cell.capacity([0, 0]) == cell.capacity([0]) == Fraction(3, 4)
        assert cell.capacity([]) == 0

    @pytest.mark.parametrize("exact", [True, False])
    def test_most_violated_of_all_subsets_of_eight(self, exact: bool) -> None:
        random, d = np.random.default_rng(0), 8
        for _ in range(4):
            theta = [Fraction(int(k), 2) for k in random.integers(0, 3, d)]
            f = potential("three-atoms")
            cell = f.subdifferential(theta if exact else np.array(theta, float))
            capacity = {s: cell.capacity(s) for s in subsets(d)}
            vertices = [cell.vertex(random.permutation(d)) for _ in range(6)]
            inner = mixture(vertices, range(1, 7)) if exact else np.mean(vertices, 0)
            for stretch in (1, Fraction(5, 4), 2, 8):
                p = inner + (stretch if exact else float(stretch)) * (vertices[0] - inner)
                excess, subset = cell.violation(p)
                expected = max(p[list(s)].sum() - h for s, h in capacity.items())
                np.testing.assert_allclose(float(excess), float(expected), atol=2e-15)
                np.testing.assert_allclose(
                    float(p[list(subset)].sum() - capacity[subset]), float(excess), atol=2e-15
                )

    def test_fifteen_coordinates(self) -> None:
        cell = potential("three-atoms").subdifferential([Fraction(k % 3, 2) for k in range(15)])
        vertices = [cell.vertex(np.roll(np.arange(15), k)) for k in range(4)]
        inner = mixture(vertices, [1, 2, 3, 4])
        assert cell.contains(inner)
        assert not cell.contains(vertices[0] + Fraction(1, 100) * (vertices[0] - inner))


class TestInFloats:
    @every
    @given(theta=rational_thetas(4, denominator=10, spread=1))
    def test_agrees_with_rationals(self, name, theta) -> None:
        f = potential(name)
        point = np.array([float(t) for t in theta])
        cell, exact = f.subdifferential(point), f.subdifferential(theta)
        assert not cell.is_exact
        assert cell.components == exact.components
        assert cell.is_singleton == exact.is_singleton == (not f.has_tie(point))
        np.testing.assert_allclose(cell.bounds(), np.array(exact.bounds(), float), atol=1e-15)
        vertices = np.array(exact.vertices(), float)
        np.testing.assert_allclose(cell.vertices(), vertices, atol=2e-14)
        assert all(cell.contains(v) and exact.contains(v) for v in vertices)
        assert cell.contains(f.probabilities(point))
        if len(vertices) > 1:
            out = vertices[0] + 1e-9 * (vertices[0] - vertices.mean(0)) / np.ptp(vertices, 0).max()
            assert not cell.contains(out)

    def test_a_tie_but_for_rounding(self) -> None:
        f = pt.expected_max(DISCRETE["coin"])
        cell = f.subdifferential(np.array([0.1 + 0.2, 0.3]))
        assert cell.dimension == 1
        np.testing.assert_allclose(cell.bounds(), [[0.25, 0.25], [0.75, 0.75]])
        assert f.subdifferential(np.array([0.3 + 1e-14, 0.3])).is_singleton
        assert not f.subdifferential([Fraction(3, 10), Fraction("0.3")]).is_singleton
        assert f.subdifferential([Fraction(0.1) + Fraction(0.2), Fraction(3, 10)]).is_singleton

    @pytest.mark.parametrize("name", DISCRETE)
    @pytest.mark.parametrize("theta", [(0, 0, 0), (0, 2, 0.5), (0.5, 0, 1)])
    def test_membership_is_a_transport_problem(self, name, theta) -> None:
        """p is a subgradient if winners can be picked among the maximisers with law p."""
        noise = DISCRETE[name]
        exact = [[Fraction(str(x)) for x in part] for part in (noise.atoms, noise.weights)]
        chance = maximisers([Fraction(t) for t in theta], *([part] * 3 for part in exact))
        pairs = [(a, i) for a in chance for i in a]
        rows = [[float(a == b) for a, _ in pairs] for b in chance]
        rows += [[float(i == j) for _, i in pairs] for j in range(3)]
        cell = pt.expected_max(noise).subdifferential(np.array(theta, float))
        random = np.random.default_rng(0)
        members = 0
        for _ in range(20):
            p = random.dirichlet(np.ones(3))
            right = [*map(float, chance.values()), *p]
            answer = linprog(np.zeros(len(pairs)), A_eq=rows, b_eq=right)
            assert cell.contains(p) == (answer.status == 0)
            members += cell.contains(p)
        assert (0 < members < 20) == (cell.dimension == 2)

    def test_eight_coordinates(self) -> None:
        f = pt.expected_max(DISCRETE["three-atoms"])
        cell = f.subdifferential(np.repeat([0.0, 0.5], 4))
        vertices = cell.vertices()
        np.testing.assert_allclose(vertices.sum(1), 1, atol=1e-12)
        np.testing.assert_allclose([vertices.min(0), vertices.max(0)], cell.bounds(), atol=2e-14)
        assert cell.dimension == np.linalg.matrix_rank(vertices - vertices[0], tol=1e-9) == 7
        assert all(cell.contains(v) for v in vertices[:: len(vertices) // 50])
        v = np.random.default_rng(1).normal(size=8)
        np.testing.assert_allclose(cell.support(v), (vertices @ v).max(), rtol=1e-12)

    @pytest.mark.parametrize("d", [50, pytest.param(200, marks=pytest.mark.slow)])
    def test_many_coordinates(self, d: int) -> None:
        random = np.random.default_rng(0)
        cell = pt.expected_max(DISCRETE["three-atoms"]).subdifferential(
            random.integers(-2, 3, d) / 4
        )
        vertices = np.array([cell.vertex(random.permutation(d)) for _ in range(20)])
        inner = random.dirichlet(np.ones(20)) @ vertices
        assert cell.contains(inner)
        assert cell.contains(vertices[0])
        out = vertices[0] + 0.01 * (vertices[0] - inner)
        excess, subset = cell.violation(out)
        np.testing.assert_allclose(excess, out[list(subset)].sum() - cell.capacity(subset))
        assert excess > 1e-4
        assert not cell.contains(out)


@pytest.mark.parametrize("noise", [pt.Normal(), pt.Gumbel(), pt.Uniform()])
def test_continuous_noise_has_one_subgradient(noise: pt.AbstractPerturbation) -> None:
    f = pt.expected_max(noise)
    theta = np.array([0.3, -0.2, 0.5])
    cell, p = f.subdifferential(theta), np.asarray(f.probabilities(theta))
    assert cell.is_singleton
    assert not cell.is_exact
    assert cell.dimension == 0
    assert cell.components == [(0,), (1,), (2,)]
    np.testing.assert_allclose(cell.bounds(), [p, p], rtol=1e-14)
    np.testing.assert_allclose(cell.vertices(), p[None], atol=1e-14)
    assert cell.contains(p)
    assert not cell.contains(p + np.array([1e-9, -1e-9, 0.0]))
    np.testing.assert_allclose(cell.support([1, 0, -1]), p[0] - p[2], rtol=1e-14)
    np.testing.assert_allclose(cell.capacity([0, 2]), p[0] + p[2], rtol=1e-14)


def test_ranges_of_formula_68_of_paper_a() -> None:
    f = pt.expected_max(pt.Discrete([-1, 1]))
    quarter, three, zero, one = Fraction(1, 4), Fraction(3, 4), Fraction(0), Fraction(1)
    for difference, range_ in {
        -3: (zero, zero), -2: (zero, quarter), -1: (quarter, quarter), 0: (quarter, three),
        1: (three, three), 2: (three, one), 3: (one, one),
    }.items():  # fmt: skip
        lower, upper = f.subdifferential([difference, 0]).bounds()
        assert (lower[0], upper[0]) == range_
        assert (lower[1], upper[1]) == (1 - range_[1], 1 - range_[0])


COIN = pt.expected_max(DISCRETE["coin"])
NORMAL = pt.expected_max(pt.Normal())
THETAS = {
    "batch": (np.zeros((2, 3)), r"`theta` must have shape \(d,\), got \(2, 3\)"),
    "nan": ([np.nan, 0.0], "`theta` must be finite, or -inf for .* got nan"),
    "text": ("abc", "`theta` must be real, got .*abc"),
    "strings": (["a", "b"], "`theta` must be real"),
    "none": (None, "`theta` must be real"),
    "scalar": (1.5, "`theta` must be a vector"),
    "empty": ([], "`theta` must have at least one entry"),
    "ragged": ([[1.0], [1.0, 2.0]], "`theta` must be a rectangular array"),
    "booleans": ([True, False], "`theta` must be real"),
}


@pytest.mark.parametrize("f", [COIN, NORMAL])
@pytest.mark.parametrize("name", THETAS)
def test_bad_theta(f: pt.Potential, name: str) -> None:
    theta, message = THETAS[name]
    with pytest.raises(ValueError, match=message):
        f.subdifferential(theta)


@pytest.mark.parametrize("f", [COIN, NORMAL])
def test_traced_theta(f: pt.Potential) -> None:
    with pytest.raises(TypeError, match="`theta` must be known"):
        jax.jit(lambda theta: f.subdifferential(theta).fixed)(jnp.zeros(2))


def test_theta_that_does_not_fit_the_atoms() -> None:
    f = pt.expected_max(pt.Discrete(np.array([[0.0, 1.0], [0.0, 2.0]])))
    for theta in (np.zeros(3), [0, 0, 0]):
        with pytest.raises(ValueError, match="`theta` must have 2 entries"):
            f.subdifferential(theta)


VECTORS = {
    "length": ([0.5, 0.25, 0.25], r"must have shape \(2,\), got \(3,\)"),
    "batch": ([[0.5, 0.5]], r"must have shape \(2,\), got \(1, 2\)"),
    "nan": ([np.nan, 1.0], "must be finite, got"),
    "text": ("half", "must be a vector of numbers, got 'half'"),
    "complex": ([1j, 0], "must be a vector of numbers"),
}


@pytest.mark.parametrize("theta", [np.zeros(2), [0, 0]])
@pytest.mark.parametrize("name", VECTORS)
def test_bad_vectors(theta: object, name: str) -> None:
    vector, message = VECTORS[name]
    cell = COIN.subdifferential(theta)
    for argument, method in {"p": cell.contains, "v": cell.support}.items():
        with pytest.raises(ValueError, match=f"`{argument}` {message}"):
            method(vector)


def test_too_many_vertices() -> None:
    with pytest.raises(ValueError, match=r"`vertices` would look at 4.8e\+08 orders .* contains"):
        COIN.subdifferential(np.zeros(12)).vertices()


def test_not_a_member_for_its_sum() -> None:
    for theta in (np.zeros(2), [0, 0]):
        cell = COIN.subdifferential(theta)
        assert cell.contains([0.5, 0.5])
        assert not cell.contains([0.5, 0.4])
        assert not cell.contains([0.5, 0.6])
        assert not cell.contains([1.5, -0.5])


def test_thirds_are_thirds_however_they_were_written() -> None:
    """theta_1 + 1/3 meets theta_2 + 2/3: a tie that floats miss, with probability 1/4."""
    for third in (Fraction(1, 3), 1 / 3):
        f = pt.expected_max(pt.Discrete([third, 2 * third]))
        found = f.subdifferential([Fraction(1, 3), 0])
        assert found.vertices().tolist() == [[Fraction(3, 4), Fraction(1, 4)], [1, 0]]
