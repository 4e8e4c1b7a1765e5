"""The score against differences of log-likelihoods, against JAX, and where p underflows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import perturbtheory as pt
from tests.laws import ALL, every

STEP = 1e-6


def problem(name):
    noise = ALL[name]
    d = noise.shape[0] if noise.shape else 3
    return pt.expected_max(noise), np.linspace(-0.4, 0.5, d), np.arange(1.0, d + 1)


@every()
def test_it_is_the_slope_of_the_log_likelihood(name):
    f, theta, counts = problem(name)

    def likelihood(x):
        log_p = f.log_probabilities(x)
        return counts[log_p > -np.inf] @ log_p[log_p > -np.inf]

    moves = STEP * np.eye(theta.size)
    slopes = [(likelihood(theta + m) - likelihood(theta - m)) / (2 * STEP) for m in moves]
    found = f.score(theta, counts)
    np.testing.assert_allclose(found, slopes, rtol=1e-6, atol=1e-6 * counts.sum())
    assert abs(found.sum()) <= 1e-10 * np.abs(found).max()


@every(["normal", "gumbel", "coin", "normal-coordinates"])
def test_jax_agrees(name):
    f, theta, counts = problem(name)
    there = f.score(jnp.asarray(theta), counts)
    assert isinstance(there, jax.Array)
    np.testing.assert_allclose(there, f.score(theta, counts), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "noise", [pt.Normal(), pt.Gumbel(), pt.Laplace(), pt.FactorNoise(pt.Normal(), [1.0, 1.0, 0.0])]
)
def test_a_batch_is_its_rows_however_small_p_is(noise):
    f = pt.expected_max(noise)
    rows = np.array([[0.0, -9.0, 1.0], [0.5, 0.2, -0.1], [0.0, -30.0, 0.3]])
    chosen = np.eye(3)[[1, 0, 1]]
    found = f.score(rows, chosen)
    assert np.array_equal(found, list(map(f.score, rows, chosen)))
    moves = STEP * np.eye(3)[:, None]
    ahead, behind = (np.sum(chosen * f.log_probabilities(rows + s * moves), -1) for s in (1, -1))
    np.testing.assert_allclose(found, ((ahead - behind) / (2 * STEP)).T, rtol=1e-6, atol=1e-6)


def test_below_all_numbers():
    """log p_1 is about -t^2 / 3 at theta = (0, -t, 0), so that its slope is about 2 t / 3."""
    found = pt.expected_max(pt.Normal()).score([0.0, -80.0, 0.0], [0.0, 1.0, 0.0])
    assert found[1] == pytest.approx(160 / 3, rel=1e-2)
    assert found[0] == found[2] == pytest.approx(-found[1] / 2)


@pytest.mark.parametrize(
    ("noise", "low"), [(pt.Normal(), -np.inf), (pt.Gumbel(), -np.inf), (pt.Uniform(), -5.0)]
)
def test_a_category_that_cannot_win_has_no_part(noise, low):
    f = pt.expected_max(noise)
    masked = f.score([0.0, low, 1.0], [1.0, 5.0, 0.0])
    assert masked[1] == 0.0
    np.testing.assert_allclose(masked[[0, 2]], f.score([0.0, 1.0], [1.0, 0.0]), rtol=1e-13)


def test_misuse():
    f = pt.expected_max(pt.Normal())
    with pytest.raises(ValueError, match="`counts` must have the last dimension of theta"):
        f.score([0.0, 1.0], [1.0])
    with pytest.raises(ValueError, match="`counts`"):
        f.score([0.0, 1.0], [np.nan, 0.0])
    with pytest.raises(ValueError, match="`theta` must have no tie"):
        pt.expected_max(pt.Discrete([0.0, 1.0])).score([0.0, 1.0], [1.0, 0.0])


def test_factors_find_the_rule_for_p_once_per_row(monkeypatch):
    from perturbtheory.potential.methods import factors

    f = pt.expected_max(pt.FactorNoise(pt.Normal(), [1.0, 0.5, 0.0]))
    rows = np.array([[0.0, -0.5, 1.0], [0.5, -np.inf, -0.1], [1.0, 0.2, -4.0]])
    counts = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    p = f.probabilities(rows)
    expected = f.hvp(rows, np.where(p > 0, counts / np.where(p > 0, p, 1.0), 0.0))
    ask, asked = factors._found, []
    monkeypatch.setattr(factors, "_found", lambda *a, **k: asked.append(a) or ask(*a, **k))
    np.testing.assert_allclose(f.score(rows, counts), expected, rtol=1e-13, atol=1e-15)
    assert len(asked) == 3
