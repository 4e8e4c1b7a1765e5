"""Exact laws, means and variances of gradient estimators: laws, 200 digits, draws, bad input."""

import itertools

import jax
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import expit, softmax

import perturbtheory as pt
from perturbtheory import estimators as es

H = np.array([0.3, -0.2, 1.1, 0.5])
F = np.array([1.0, -0.5, 1.0, 2.0])
SIDES = pytest.mark.parametrize("two_sided", [False, True])


def vectors(low: float, high: float) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, 4, elements=st.floats(low, high, allow_subnormal=False))


def ties(spread: int) -> st.SearchStrategy[np.ndarray]:
    """Values among a few, so that ties are frequent."""
    return hnp.arrays(np.float64, 4, elements=st.integers(-spread, spread).map(float))


EPSILONS = st.floats(1e-6, 20.0) | st.floats(-20.0, -1e-6)


def reference(h, f, epsilon):
    """The law, the mean and the bias of logit coordinates in 200 digits."""
    with mpmath.workdps(200):
        h, f, e = [mpmath.mpf(x) for x in h], [mpmath.mpf(x) for x in f], mpmath.mpf(epsilon)
        d = range(len(h))
        total = mpmath.fsum(mpmath.exp(x) for x in h)
        a = [mpmath.exp(x) / total for x in h]
        b = [x * mpmath.exp(e * y) for x, y in zip(a, f, strict=True)]
        s = [mpmath.exp(-e * y) for y in f]

        def upper(x):
            return mpmath.fsum(max(p, x * q) for p, q in zip(a, b, strict=True))

        def entry(i, j):
            if i == j:
                return a[i] / upper(s[i])
            cuts = [x for x in sorted(s) if s[j] <= x <= s[i]]
            pieces = ((y - x) / (upper(x) * upper(y)) for x, y in itertools.pairwise(cuts))
            return a[i] * b[j] * mpmath.fsum(pieces) if s[j] < s[i] else mpmath.mpf(0)

        law = [[entry(i, j) for j in d] for i in d]
        moved = [x / mpmath.fsum(b) for x in b]
        middle = mpmath.fsum(x * y for x, y in zip(a, f, strict=True))
        gradient = [x * (y - middle) for x, y in zip(a, f, strict=True)]
        mean = [(y - x) / e for x, y in zip(a, moved, strict=True)]
        bias = [x - y for x, y in zip(mean, gradient, strict=True)]
        return tuple(np.array(x, object) for x in (law, mean, bias, gradient))


def relative(found: np.ndarray, truth: np.ndarray) -> float:
    """The largest relative error, entries below 1e-290 counting as zero."""
    with mpmath.workdps(200):
        small = mpmath.mpf("1e-290")
        pairs = zip(found.ravel(), truth.ravel(), strict=True)
        return float(
            max(abs(x - y) / max(abs(y), small) if abs(y) > small else abs(x) for x, y in pairs)
        )


class TestLaw:
    @SIDES
    @given(h=vectors(-30, 30), f=vectors(-5, 5) | ties(2), epsilon=EPSILONS)
    def test_a_law_with_both_marginals(self, h, f, epsilon, two_sided) -> None:
        law = es.direct_law(h, f, epsilon, two_sided=two_sided)
        start = h - epsilon * f if two_sided else h
        assert law.min() >= 0
        np.testing.assert_allclose(law.sum(1), softmax(start), atol=1e-13)
        np.testing.assert_allclose(law.sum(0), softmax(h + epsilon * f), atol=1e-13)

    @given(h=vectors(-5, 5), f=ties(2), epsilon=EPSILONS)
    def test_f_never_decreases(self, h, f, epsilon) -> None:
        law = es.direct_law(h, f, epsilon)
        worse = (np.sign(epsilon) * (f - f[:, None]) <= 0) & ~np.eye(4, dtype=bool)
        assert np.all(law[worse] == 0)

    @given(h=vectors(-5, 5), f=vectors(-3, 3), epsilon=EPSILONS, c=st.floats(0.25, 4.0))
    def test_symmetries(self, h, f, epsilon, c) -> None:
        law, order = es.direct_law(h, f, epsilon), np.array([2, 0, 3, 1])
        close = {"rtol": 1e-9, "atol": 1e-15}
        np.testing.assert_allclose(es.direct_law(h + 7, f - 3, epsilon), law, **close)
        np.testing.assert_allclose(es.direct_law(h, -f, -epsilon), law, **close)
        np.testing.assert_allclose(es.direct_law(h, c * f, epsilon / c), law, **close)
        np.testing.assert_allclose(es.direct_law(h + epsilon * f, f, -epsilon), law.T, **close)
        permuted = es.direct_law(h[order], f[order], epsilon)
        np.testing.assert_allclose(permuted, law[np.ix_(order, order)], **close)

    @pytest.mark.parametrize("spread", [1.0, 30.0, 300.0])
    @pytest.mark.parametrize("epsilon", [1e-12, 1e-3, 0.7, -40.0, 1e3])
    def test_small_probabilities_are_relatively_accurate(self, spread, epsilon) -> None:
        rng = np.random.default_rng(5)
        for _ in range(3):
            h, f = spread * rng.normal(size=5), np.round(rng.normal(size=5), 1)
            f[3] = f[1]
            law = reference(h, f, epsilon)[0]
            assert relative(es.direct_law(h, f, epsilon), law) < 1e-15 * (
                100 + spread * 10 + 5 * abs(epsilon)
            )

    def test_two_categories_by_hand(self) -> None:
        law = es.direct_law(np.log([2.0, 1.0]), [0.0, np.log(3.0)], 1.0)
        # a = (2, 1), b = (2, 3): z* = 1 with 2/3, z*(1) = 1 with 2/5, and 2 stays 2.
        np.testing.assert_allclose(law, [[2 / 5, 4 / 15], [0.0, 1 / 3]], rtol=1e-14)

    def test_against_draws(self) -> None:
        gamma = np.random.default_rng(3).gumbel(size=(400_000, 4))
        i, j = ((x + gamma).argmax(1) for x in (H, H + 0.7 * F))
        counts = np.zeros((4, 4))
        np.add.at(counts, (i, j), 1 / len(gamma))
        np.testing.assert_allclose(counts, es.direct_law(H, F, 0.7), atol=5e-3)

    def test_many_categories(self) -> None:
        rng = np.random.default_rng(0)
        h, f = rng.normal(size=(2, 500))
        law = es.direct_law(h, f, 0.3)
        np.testing.assert_allclose(law.sum(1), softmax(h), rtol=1e-12)
        np.testing.assert_allclose(law.sum(0), softmax(h + 0.3 * f), rtol=1e-12)


class TestMoments:
    @SIDES
    @given(h=vectors(-10, 10), f=vectors(-3, 3) | ties(2), epsilon=EPSILONS)
    def test_mean_and_variance_are_those_of_the_law(self, h, f, epsilon, two_sided) -> None:
        jacobian = np.random.default_rng(1).normal(size=(4, 3))
        options = {"jacobian": jacobian, "two_sided": two_sided}
        law = es.direct_law(h, f, epsilon, two_sided=two_sided)
        width = 2 * epsilon if two_sided else epsilon
        steps = (jacobian - jacobian[:, None]) / width
        mean = np.einsum("ij,ijn->n", law, steps)
        scale = np.abs(steps).max() + 1e-300
        found = es.direct_mean(h, f, epsilon, **options)
        np.testing.assert_allclose(found / scale, mean / scale, atol=1e-12)
        variance = np.einsum("ij,ijn->n", law, (steps - mean) ** 2)
        found = es.direct_variance(h, f, epsilon, **options)
        assert found.min() >= 0
        np.testing.assert_allclose(found / scale**2, variance / scale**2, atol=1e-12)

    @SIDES
    @given(h=vectors(-10, 10), f=vectors(-3, 3), epsilon=EPSILONS)
    def test_bias_is_mean_minus_gradient(self, h, f, epsilon, two_sided) -> None:
        bias = es.direct_bias(h, f, epsilon, two_sided=two_sided)
        mean = es.direct_mean(h, f, epsilon, two_sided=two_sided)
        np.testing.assert_allclose(mean - bias, es.exact_gradient(h, f), atol=1e-13)
        assert abs(mean.sum()) < 1e-12
        assert epsilon * (mean @ f) * np.sign(epsilon) >= -1e-12

    @pytest.mark.parametrize("spread", [1.0, 30.0])
    @pytest.mark.parametrize("epsilon", [1e-10, 1e-3, 0.1, 5.0, -40.0, 1e3])
    def test_mean_and_bias_against_200_digits(self, spread, epsilon) -> None:
        rng = np.random.default_rng(7)
        for _ in range(3):
            h, f = spread * rng.normal(size=5), rng.normal(size=5)
            _, mean, bias, gradient = reference(h, f, epsilon)
            for found, truth in (
                (es.direct_mean(h, f, epsilon), mean),
                (es.direct_bias(h, f, epsilon), bias),
                (es.exact_gradient(h, f), gradient),
            ):
                largest = np.abs(truth).max()
                assert np.abs(found - truth).max() <= 1e-13 * (10 + spread) * largest

    def test_orders_in_epsilon(self) -> None:
        q = softmax(H)
        away = F - q @ F
        variance = q @ away**2
        third = q * (away**2 - variance)
        fourth = q * (away**3 - q @ away**3) - 3 * variance * q * away
        one = es.direct_bias(H, F, 1e-6) / 1e-6
        np.testing.assert_allclose(one, third / 2, rtol=1e-4, atol=1e-6)
        two = es.direct_bias(H, F, 1e-3, two_sided=True) / 1e-6
        np.testing.assert_allclose(two, fourth / 6, rtol=1e-4, atol=1e-6)
        weights = np.outer(q, q) * np.abs(F - F[:, None])
        for two_sided, factor in ((False, 1.0), (True, 0.5)):
            growth = 1e-6 * es.direct_variance(H, F, 1e-6, two_sided=two_sided).sum()
            assert growth == pytest.approx(factor * weights.sum(), rel=1e-4)

    @SIDES
    def test_constant_values_give_nothing(self, two_sided) -> None:
        f = np.full(4, 3.0)
        law = es.direct_law(H, f, 0.5, two_sided=two_sided)
        np.testing.assert_allclose(law, np.diag(softmax(H)), atol=1e-15)
        for moment in (es.direct_mean, es.direct_bias, es.direct_variance):
            assert np.abs(moment(H, f, 0.5, two_sided=two_sided)).max() < 1e-15

    def test_gradient_by_complex_steps(self) -> None:
        matrix = np.random.default_rng(2).normal(size=(4, 2))
        phi = np.array([0.4, -1.3])
        odds = np.exp((phi + 1e-40j * np.eye(2)) @ matrix.T)
        slopes = ((odds * F).sum(1) / odds.sum(1)).imag / 1e-40
        found = es.exact_gradient(matrix @ phi, F, matrix)
        np.testing.assert_allclose(found, slopes, rtol=1e-13)

    def test_nearly_certain_change_keeps_its_variance(self) -> None:
        """P(1 -> 2) = 1 - 3e-9 or so: the variance is p (1 - p), not rounding."""
        law = es.direct_law([20.0, 0.0], [0.0, 40.0], 1.0)
        p = law[0, 1]
        rest = law[0, 0] + law[1, 1]
        found = es.direct_variance([20.0, 0.0], [0.0, 40.0], 1.0)
        np.testing.assert_allclose(found, p * rest, rtol=1e-9)


class TestRelaxed:
    def test_closed_form_for_two_categories(self) -> None:
        """P_1 = a (a - 1 - D)/(a - 1)^2 at temperature 1, a = e^D; slopes 1/6 and 1/4 at 0."""
        f = np.array([1.0, 0.0])
        np.testing.assert_allclose(
            es.relaxed_bias(pt.Gumbel(), np.zeros(2), f, 1.0), [-1 / 12, 1 / 12], atol=1e-12
        )
        a = np.exp(1.5)
        slope = a * ((a + 1) * 1.5 - 2 * (a - 1)) / (a - 1) ** 3
        expected = slope - expit(1.5) * expit(-1.5)
        found = es.relaxed_bias(pt.Gumbel(), np.array([1.5, 0.0]), f, 1.0)
        np.testing.assert_allclose(found, [expected, -expected], atol=1e-12)

    def test_vanishes_with_the_temperature(self) -> None:
        for noise in (pt.Gumbel(), pt.Normal()):
            bias = es.relaxed_bias(noise, H[:2], F[:2], 0.02)
            assert 0 < np.abs(bias).max() < 1e-3
            assert abs(bias.sum()) < 1e-12


def score(z, unary, pairs):
    return z @ unary + ((z @ pairs) * z).sum(-1)


def best(unary, pairs):
    n = len(unary)
    every = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return score(every, unary, pairs).max()


INTEGERS = st.integers(-20, 20)
MATRICES = hnp.arrays(np.int64, (5, 5), elements=INTEGERS)
UNARY = hnp.arrays(np.int64, 5, elements=st.integers(-60, 60))


class TestPairwise:
    @given(unary=UNARY, pairs=MATRICES)
    def test_maxflow_is_exact_in_integers(self, unary, pairs) -> None:
        pairs = np.abs(pairs)
        unary = unary - pairs.sum(0)
        z = es.pairwise_argmax(unary, pairs)
        assert set(z.tolist()) <= {0, 1}
        assert score(z, unary, pairs) == best(unary, pairs)

    @given(unary=UNARY, pairs=MATRICES)
    def test_the_integer_program_is_exact_in_integers(self, unary, pairs) -> None:
        z = es.pairwise_argmax(unary, pairs, method="integer")
        assert score(z, unary, pairs) == best(unary, pairs)

    @pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
    def test_real_numbers(self, scale) -> None:
        rng = np.random.default_rng(11)
        for n in (1, 4, 9):
            pairs = scale * np.abs(rng.normal(size=(n, n)))
            unary = scale * rng.normal(size=n) - pairs.sum(0)
            top = best(unary, pairs)
            for method in ("maxflow", "integer"):
                z = es.pairwise_argmax(unary, pairs, method=method)
                assert score(z, unary, pairs) == pytest.approx(top, abs=1e-6 * scale * n)

    def test_zeros_and_the_smallest_maximiser(self) -> None:
        for method in ("maxflow", "integer"):
            np.testing.assert_array_equal(
                es.pairwise_argmax(np.zeros(3), np.zeros((3, 3)), method=method), 0
            )
        pairs = np.array([[0.0, 2.0], [0.0, 0.0]])
        np.testing.assert_array_equal(es.pairwise_argmax([-1.0, -1.0], pairs), [0, 0])

    def test_only_the_sum_of_a_pair_must_not_be_negative(self) -> None:
        pairs = np.array([[-1.0, -2.0], [3.0, -1.0]])
        np.testing.assert_array_equal(es.pairwise_argmax([1.5, 0.5], pairs), [1, 1])


BAD = {
    "nan": (
        lambda: es.direct_law([0.0, np.nan], [0.0, 1.0], 1.0),
        "`logits` must be finite, or -inf for a category that cannot win, got nan",
    ),
    "infinite-values": (
        lambda: es.direct_mean([0.0, 1.0], [0.0, np.inf], 1.0),
        "`values` must be finite, got inf",
    ),
    "epsilon-zero": (
        lambda: es.direct_bias([0.0, 1.0], [0.0, 1.0], 0.0),
        "`epsilon` must not be zero, got 0; .*exact_gradient",
    ),
    "epsilon-nan": (
        lambda: es.direct_variance([0.0, 1.0], [0.0, 1.0], np.nan),
        "`epsilon` must be finite, got nan; pass a finite number",
    ),
    "epsilon-vector": (
        lambda: es.direct_law([0.0, 1.0], [0.0, 1.0], [1.0, 2.0]),
        r"`epsilon` must be a number, got shape \(2,\)",
    ),
    "epsilon-huge": (
        lambda: es.direct_law([0.0, 1.0], [0.0, 1.0], 1e300),
        "`epsilon` times the spread of `values` must be at most 1e.12, got 1e.300",
    ),
    "two-sided": (
        lambda: es.direct_law([0.0, 1.0], [0.0, 1.0], 1.0, two_sided="yes"),
        "`two_sided` must be True or False, got 'yes'",
    ),
    "one-category": (lambda: es.exact_gradient([1.0], [1.0]), "`logits` must have at least two"),
    "shapes": (
        lambda: es.direct_law([0.0, 1.0, 2.0], [0.0, 1.0], 1.0),
        r"`values` must have the shape of `logits`, got \(2,\) and \(3,\)",
    ),
    "scalar": (lambda: es.exact_gradient(1.0, 2.0), r"`logits` must be a vector, got shape \(\)"),
    "matrix": (
        lambda: es.exact_gradient(np.zeros((2, 2)), np.zeros(2)),
        r"`logits` must be a vector, got shape \(2, 2\)",
    ),
    "text": (lambda: es.exact_gradient(["a", "b"], [1.0, 2.0]), "`logits` must be real"),
    "ragged": (
        lambda: es.exact_gradient([[1.0], [1.0, 2.0]], [1.0, 2.0]),
        "`logits` must be a rectangular array",
    ),
    "complex": (lambda: es.exact_gradient([1j, 0.0], [1.0, 2.0]), "`logits` must be real"),
    "empty": (lambda: es.exact_gradient([], []), "`logits` must not be empty"),
    "far-apart": (
        lambda: es.exact_gradient([0.0, -1e308], [1.0, 2.0]),
        "`logits` must lie within 1e.12 of each other",
    ),
    "jacobian-rows": (
        lambda: es.direct_mean([0.0, 1.0], [0.0, 1.0], 1.0, np.zeros((3, 2))),
        r"`jacobian` must have 2 rows.*got shape \(3, 2\); transpose",
    ),
    "jacobian-vector": (
        lambda: es.direct_mean([0.0, 1.0], [0.0, 1.0], 1.0, np.zeros(2)),
        r"`jacobian` must be a matrix, got shape \(2,\)",
    ),
    "temperature": (
        lambda: es.relaxed_bias(pt.Gumbel(), np.zeros(2), np.ones(2), 0.0),
        "`temperature` must be positive and finite, got 0.0",
    ),
    "temperature-of-variance": (
        lambda: es.relaxed_variance(pt.Gumbel(), np.zeros(2), np.ones(2), -1.0),
        "`temperature` must be positive and finite, got -1.0",
    ),
    "scales-of-variance": (
        lambda: es.relaxed_variance(pt.Normal(np.ones(3)), np.zeros(2), np.ones(2), 1.0),
        "`logits` must have 3 entries, .* got 2",
    ),
    "negative-pair": (
        lambda: es.pairwise_argmax([1.0, 1.0], [[0.0, -2.0], [1.0, 0.0]]),
        r"`pairwise` must not be negative for method='maxflow', got -1.0 for the pair \(0, 1\); "
        "use method='integer'",
    ),
    "not-square": (
        lambda: es.pairwise_argmax([1.0, 1.0], [[0.0, 2.0]]),
        r"`pairwise` must be square .* got shape \(1, 2\) for 2 entries",
    ),
    "method": (
        lambda: es.pairwise_argmax([1.0], [[0.0]], method="simplex"),
        "`method` must be 'maxflow' or 'integer', got 'simplex'",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name) -> None:
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_traced_arguments() -> None:
    with pytest.raises(TypeError, match="`logits` must be known, .* outside of jax.jit"):
        jax.jit(lambda h: es.exact_gradient(h, F))(H)


def test_noise_that_is_none() -> None:
    with pytest.raises(TypeError, match="`perturbation` must be a perturbation"):
        es.relaxed_bias(None, np.zeros(2), np.ones(2), 1.0)


def test_integers_and_jax_arrays_serve() -> None:
    found = es.direct_mean([0, 1], jax.numpy.array([0, 2]), 1)
    np.testing.assert_allclose(found, es.direct_mean([0.0, 1.0], [0.0, 2.0], 1.0))
