"""All states of coupled bits: their scores, three arg maxes of them, and what these cost."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from perturbtheory.models.vae import structured
from perturbtheory.models.vae.structured import _states

RNG = np.random.default_rng(0)


def score(theta, alpha, z):
    """By its definition, in Python's numbers."""
    n = len(theta)
    order = itertools.combinations(range(n), 2)
    return sum(theta[i][z[i]] for i in range(n)) + sum(
        a * z[i] * z[j] for a, (i, j) in zip(alpha, order, strict=True)
    )


def best(theta, alpha):
    return max(score(theta, alpha, z) for z in itertools.product((0, 1), repeat=len(theta)))


def problem(n, draw):
    return draw((n, 2)), draw(n * (n - 1) // 2)


def integers(low, high):
    return lambda shape: RNG.integers(low, high, shape, endpoint=True).astype(float)


class TestScores:
    @pytest.mark.parametrize("n", range(1, 8))
    def test_every_state(self, n) -> None:
        theta, alpha = problem(n, lambda shape: RNG.normal(size=shape))
        expected = [score(theta, alpha, z.astype(int)) for z in structured.states(n)]
        np.testing.assert_allclose(structured.scores(theta, alpha), expected, rtol=0, atol=1e-13)
        found = structured.scores(*(jnp.asarray([a], jnp.float32) for a in (theta, alpha)))
        assert found.shape == (1, 2**n)
        np.testing.assert_allclose(found[0], expected, atol=1e-5)

    def test_states_are_numbers_in_binary(self) -> None:
        assert structured.states(3)[6].tolist() == [False, True, True]
        assert len({tuple(z) for z in structured.states(5)}) == 32

    def test_example(self) -> None:
        found = structured.scores(np.array([[0.0, 1.0], [0.0, 2.0]]), np.array([-4.0]))
        assert found.tolist() == [0.0, 1.0, 2.0, -1.0]


class TestBest:
    @pytest.mark.parametrize("n", range(1, 9))
    def test_the_first_of_the_largest(self, n) -> None:
        """Few values, so that most rows have ties; -inf is a score too."""
        h = jnp.asarray(RNG.integers(-1, 2, (3, 40, 2**n)), jnp.float32)
        h = jnp.where(h < 0, -jnp.inf, h)
        np.testing.assert_array_equal(_states.best(h), jnp.argmax(h, -1))


ADVERSARIAL = {
    "zeros": lambda n: (np.zeros((n, 2)), np.zeros(n * (n - 1) // 2)),
    "unary terms alone": lambda n: (integers(-3, 3)((n, 2)), np.zeros(n * (n - 1) // 2)),
    # Nothing or everything: both have score zero.
    "tie of the extremes": lambda n: (
        np.stack([np.zeros(n), np.full(n, -(n - 1.0))], 1), np.full(n * (n - 1) // 2, 2.0)
    ),
    "many ties": lambda n: problem(n, integers(-1, 1)),
    "huge": lambda n: problem(n, integers(-(10**6), 10**6)),
    "huge beside small": lambda n: (
        integers(-2, 2)((n, 2)), 1e6 * integers(0, 1)(n * (n - 1) // 2),
    ),
}  # fmt: skip


class TestArgmax:
    @pytest.mark.parametrize("name", ADVERSARIAL)
    @pytest.mark.parametrize("n", [1, 2, 3, 6])
    def test_all_solvers_reach_the_maximum_exactly(self, name, n) -> None:
        """Whole numbers, which no solver rounds: values are equal, though arg maxes may tie."""
        theta, alpha = ADVERSARIAL[name](n)
        for solver, coupling in (
            ("enumeration", alpha), ("integer program", alpha),
            ("enumeration", np.abs(alpha)), ("max-flow", np.abs(alpha)),
            ("integer program", np.abs(alpha)),
        ):  # fmt: skip
            (z,) = structured.argmax(theta[None], coupling[None], solver)
            assert score(theta, coupling, z) == best(theta, coupling), (solver, z)

    def test_random_problems_have_one_arg_max(self) -> None:
        """Fractions of 2^10: still exact, and ties are rare enough to compare what is found."""
        for n in (4, 5, 6):
            theta, alpha = (
                RNG.integers(-4096, 4096, s) / 1024 for s in ((4, n, 2), (4, n * (n - 1) // 2))
            )
            for coupling, solvers in (
                (np.abs(alpha), structured.SOLVERS), (alpha, structured.SOLVERS[::2])
            ):  # fmt: skip
                found = [structured.argmax(theta, coupling, solver) for solver in solvers]
                for other in found[1:]:
                    assert np.array_equal(other, found[0])
                values = [score(*row) for row in zip(theta, coupling, found[0], strict=True)]
                assert values == [best(*row) for row in zip(theta, coupling, strict=True)]

    @pytest.mark.parametrize(
        ("theta", "alpha", "solver", "name"),
        [
            (np.zeros((1, 2, 2)), np.zeros((1, 2)), "enumeration", "theta"),
            (np.zeros((1, 2, 3)), np.zeros((1, 1)), "enumeration", "theta"),
            (np.zeros((2, 2)), np.zeros((1, 1)), "enumeration", "theta"),
            (np.zeros((1, 21, 2)), np.zeros((1, 210)), "enumeration", "theta"),
            (np.zeros((1, 2, 2)), np.zeros((1, 1)), "cplex", "solver"),
            (np.zeros((1, 2, 2)), -np.ones((1, 1)), "max-flow", "pairwise"),
        ],
    )
    def test_refused(self, theta, alpha, solver, name) -> None:
        with pytest.raises(ValueError, match=f"`{name}` must"):
            structured.argmax(theta, alpha, solver)


class TestTimings:
    def test_rows(self) -> None:
        """By a clock that counts its readings, so that each solution takes one."""
        ticks = itertools.count()
        rows = structured.timings((2, 4), problems=2, clock=lambda: float(next(ticks)))
        assert [row.bits for row in rows] == 5 * [2] + 5 * [4]
        assert [(row.couplings, row.solver) for row in rows[:5]] == [
            ("supermodular", "enumeration"), ("supermodular", "max-flow"),
            ("supermodular", "integer program"), ("general", "enumeration"),
            ("general", "integer program"),
        ]  # fmt: skip
        assert {row.seconds for row in rows} == {1.0}

    def test_of_real_time(self) -> None:
        rows = structured.timings((5,), problems=3)
        assert all(0 < row.seconds < 10 for row in rows)
