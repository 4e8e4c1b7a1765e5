"""Many rows at once: every answer is the one that its row has on its own, to the last bit."""

import dataclasses

import numpy as np
import pytest

import perturbtheory as pt
from tests.laws import ALL, every

AT_ONCE = [name for name, noise in ALL.items() if noise.shape == () and noise.step is not None]
METHODS = ("__call__", "probabilities", "log_probabilities", "entropy", "hessian")


def batch(d, n):
    """Rows near and far: ties, spreads from 0.1 to 100, one category far ahead, a mask."""
    random = np.random.default_rng(d)
    rows = random.normal(size=(n, d)) * 10 ** random.uniform(-1, 2, (n, 1))
    rows[0], rows[1, 0] = 0.0, 60.0
    return rows + 5 * random.normal(size=(n, 1))


@every(AT_ONCE)
@pytest.mark.parametrize("d", [2, 7])
def test_every_row_is_answered_as_on_its_own(name, d):
    f, rows = pt.expected_max(ALL[name]), batch(d, 16)
    for method in METHODS:
        answer = getattr(f, method)
        found = answer(rows)
        for row, one in zip(rows, found, strict=True):
            assert np.array_equal(answer(row), one), (method, row)
    assert np.array_equal(f.hvp(rows, rows[::-1]), list(map(f.hvp, rows, rows[::-1])))


@pytest.mark.parametrize("d", [1, 32, 33])
def test_sizes_at_which_rows_are_taken_one_by_one(d):
    f, rows = pt.expected_max(pt.Normal()), batch(d, 5)
    assert np.array_equal(f.probabilities(rows), list(map(f.probabilities, rows)))


def test_no_row_depends_on_the_others():
    f, rows = pt.expected_max(pt.Logistic()), batch(3, 2000)
    found = f.probabilities(rows)
    order = np.random.default_rng(0).permutation(2000)
    assert np.array_equal(f.probabilities(rows[order]), found[order])
    assert np.array_equal(f.probabilities(rows[7:9]), found[7:9])
    assert np.array_equal(f.probabilities(rows.reshape(40, 50, 3)), found.reshape(40, 50, 3))


def test_a_masked_row_or_one_without_an_answer_does_not_change_the_others():
    f, rows = pt.expected_max(pt.Normal()), batch(3, 4)
    whole = f.probabilities(rows)
    masked = rows.copy()
    masked[2, 1] = -np.inf
    assert np.array_equal(f.probabilities(masked)[[0, 1, 3]], whole[[0, 1, 3]])
    masked[2, 1] = np.nan
    with pytest.raises(ValueError, match="`theta`"):
        f.probabilities(masked)


def test_rows_with_a_mask_or_far_away_do_not_send_the_others_one_by_one(monkeypatch):
    from perturbtheory.potential import _rows

    f, rows = pt.expected_max(pt.Normal()), np.random.default_rng(0).normal(size=(50, 3))
    rows[3, 0], rows[7, 2] = -np.inf, 1e160
    alone = list(map(f.probabilities, rows))
    solve, asked = _rows.solve, []
    monkeypatch.setattr(_rows, "solve", lambda *a, **k: asked.append(a) or solve(*a, **k))
    assert np.array_equal(f.probabilities(rows), alone)
    assert len(asked) == 2


@pytest.mark.parametrize("d", [20, 28])
def test_nodes_that_are_summed_in_blocks(d):
    f = pt.expected_max(pt.smoothed(pt.Laplace(), 0.1))
    rows = np.random.default_rng(0).normal(size=(3, d))
    assert np.array_equal(f(rows), list(map(f, rows)))


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class Doubled(pt.Logistic):
    """A density that is twice too large, which every row must refuse."""

    def cdf_and_rate(self, x):
        cdf, rate = super().cdf_and_rate(x)
        return cdf, 2 * rate


def test_a_law_of_the_wrong_mass_is_refused_for_many_rows_too():
    with pytest.raises(ValueError, match="it found the mass"):
        pt.expected_max(Doubled()).probabilities([[0.0, 0.5, 1.0], [0.2, 0.0, -0.3]])


def test_no_rows():
    f = pt.expected_max(pt.Normal())
    assert f.probabilities(np.zeros((0, 3))).shape == (0, 3)
    assert f.hessian(np.zeros((2, 0, 3))).shape == (2, 0, 3, 3)


def test_laws_too_narrow_for_the_rule():
    """Each row needs panels; the pass for all of them serves none."""
    f, rows = pt.expected_max(pt.smoothed(pt.Laplace(), 0.001)), batch(2, 3)
    assert np.array_equal(f.hessian(rows), list(map(f.hessian, rows)))


def test_many_rows_take_one_pass(monkeypatch):
    """Rows that are far from hard never come to the engine one by one."""
    from perturbtheory.potential import _rows

    f, rows = pt.expected_max(pt.Normal()), np.random.default_rng(0).normal(size=(100, 3))
    monkeypatch.setattr(_rows, "solve", None)
    assert f.probabilities(rows).shape == (100, 3)
