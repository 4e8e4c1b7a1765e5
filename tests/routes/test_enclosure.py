"""Ball arithmetic against closed forms in 60 digits, exact rationals and the engine."""

import itertools
import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction

import flint
import mpmath as mp
import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from perturbtheory.routes import _laws, enclosure, rational
from perturbtheory.routes.enclosure import Enclosure

THETAS = ([0.3, -0.2, 1.1], [0.0, 0.0, 0.0], [Fraction(1, 3), 2, -5.5])
LAWS = (pt.Normal(), pt.Gumbel(0.7), pt.Logistic(), pt.Uniform(-1.0, 2.0))
SCALES = np.array([0.5, 1.0, 3.0])
MIXED = (
    pt.Normal(SCALES),
    pt.Gumbel(SCALES),
    pt.Logistic(SCALES),
    pt.Uniform(np.array([-1.0, -2.0, 0.5]), np.array([1.0, 0.0, 4.0])),
)


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mp.workdps(60):
        yield


def number(x: Fraction | float) -> mp.mpf:
    x = Fraction(x)
    return mp.mpf(x.numerator) / x.denominator


def fraction(x: mp.mpf) -> Fraction:
    sign, mantissa, exponent, _ = x._mpf_
    return (-1) ** sign * mantissa * Fraction(2) ** exponent


def check(found: Enclosure, truth: mp.mpf, digits: int = 30) -> None:
    assert found.contains(fraction(mp.mpf(truth))), (float(found.middle), truth)
    assert found.radius <= Fraction(1, 10**digits) * abs(found.middle)


# Closed forms.


@pytest.mark.parametrize("digits", [2, 30])
@pytest.mark.parametrize("scale", [1.0, 0.3])
@pytest.mark.parametrize("theta", [[0.3, -0.2, 1.1, 0.0, 2.5, -1.0], [0.0, 30.0], [2.0], [0, 2000]])
def test_gumbel_is_softmax(theta, scale, digits):
    x = [number(t) / number(scale) for t in theta]
    total = mp.fsum(mp.exp(t) for t in x)
    p = [mp.exp(t) / total for t in x]
    noise = pt.Gumbel(scale)
    check(enclosure.value(noise, theta, digits=digits), number(scale) * mp.log(total), digits)
    for found, truth in zip(enclosure.probabilities(noise, theta, digits=digits), p, strict=True):
        check(found, truth, digits)
    found = enclosure.hessian(noise, theta, digits=digits)
    for i, j in itertools.product(range(len(theta)), repeat=2):
        rest = mp.fsum(q for k, q in enumerate(p) if k != i)  # 1 - p_i, without cancellation.
        check(found[i][j], p[i] * (rest if i == j else -p[j]) / number(scale), digits)


@pytest.mark.parametrize("digits", [2, 30])
@pytest.mark.parametrize("delta", [0.0, 0.7, -3.0, 30.0, -30.0])
@pytest.mark.parametrize("scales", [(1.0, 1.0), (0.25, 2.0), (1.0, 0.001)])
def test_two_normals_are_one(scales, delta, digits):
    sigma = mp.sqrt(number(scales[0]) ** 2 + number(scales[1]) ** 2)
    u = number(delta) / sigma
    noise = pt.Normal(np.array(scales))
    with mp.workdps(400):  # ncdf loses what the tail is small by.
        below, above = mp.ncdf(u), mp.ncdf(-u)
    first, second = enclosure.probabilities(noise, [delta, 0], digits=digits)
    check(first, below, digits)
    check(second, above, digits)
    weight = mp.npdf(u) / sigma
    hessian = enclosure.hessian(noise, [delta, 0], digits=digits)
    for i, j in itertools.product(range(2), repeat=2):
        check(hessian[i][j], weight if i == j else -weight, digits)
    value = sigma * (mp.npdf(u) + u * below)
    found = enclosure.value(noise, [delta, 0], digits=digits)
    assert found.contains(fraction(value))
    assert found.radius <= Fraction(2, 10**digits) * (Fraction(max(scales)) + max(0, found.high))


@pytest.mark.parametrize("digits", [2, 30])
@pytest.mark.parametrize("delta", [0.5, -3.0, 30.0, -200.0])
def test_two_logistics(delta, digits):
    # gamma_2 - gamma_1 <= D has probability e^D (e^D - 1 - D) / (e^D - 1)^2.
    with mp.workdps(300):
        e = mp.exp(number(delta))
        p = e * (e - 1 - number(delta)) / (e - 1) ** 2
        weight = e * (number(delta) * (e + 1) - 2 * (e - 1)) / (e - 1) ** 3
    noise = pt.Logistic()
    check(enclosure.probabilities(noise, [delta, 0], digits=digits)[0], p, digits)
    check(enclosure.hessian(noise, [0, delta], digits=digits)[0][0], weight, digits)


def test_logistics_at_a_tie():
    check(enclosure.value(pt.Logistic(2.0), [0, 0]), mp.mpf(2))
    check(enclosure.hessian(pt.Logistic(2.0), [0, 0])[0][0], mp.mpf(1) / 12)


@pytest.mark.parametrize("theta", THETAS[:2])
def test_three_normals_against_mpmath(theta):
    t = [number(x) for x in theta]
    scale = number(0.5)

    def integral(dense: tuple[int, ...]) -> mp.mpf:
        def integrand(s: mp.mpf) -> mp.mpf:
            z = [(s - x) / scale for x in t]
            return mp.fprod(
                mp.npdf(u) / scale if i in dense else mp.ncdf(u) for i, u in enumerate(z)
            )

        with mp.workdps(40):
            return mp.quad(integrand, [-8, -1, 0, 1, 2, 9])

    noise = pt.Normal(0.5)
    found = enclosure.probabilities(noise, theta)[1], enclosure.hessian(noise, theta)[0][2]
    for part, truth in zip(found, (integral((1,)), -integral((0, 2))), strict=True):
        assert abs(part.middle - fraction(truth)) <= part.radius + Fraction(1, 10**34)


@pytest.mark.parametrize("theta", [[1, 0], [0, 0, 0], [Fraction(1, 3), -1, Fraction(6, 5)], [4, 0]])
def test_uniform_is_exact(theta):
    answer = rational.uniform(theta, Fraction(-1, 2), 2)
    noise = pt.Uniform(-0.5, 2.0)
    assert enclosure.value(noise, theta) == (answer.value, answer.value)
    assert enclosure.probabilities(noise, theta) == tuple((p, p) for p in answer.probabilities)
    exact = tuple(tuple((h, h) for h in row) for row in answer.hessian)
    assert enclosure.hessian(noise, theta) == exact


def test_uniform_with_many_scales_adds_up():
    p = enclosure.probabilities(MIXED[3], [0.1, 1, -0.5])
    assert sum(x.low for x in p) == 1


SCIPY = {
    "Normal": scipy.stats.norm(scale=SCALES),
    "Gumbel": scipy.stats.gumbel_r(-np.euler_gamma * SCALES, SCALES),
    "Logistic": scipy.stats.logistic(scale=SCALES),
    "Uniform": scipy.stats.uniform([-1.0, -2.0, 0.5], [2.0, 2.0, 3.5]),
}


@pytest.mark.parametrize("noise", MIXED, ids=repr)
def test_three_scales_against_scipy(noise):
    law, theta = SCIPY[type(noise).__name__], np.array([0.3, -0.2, 1.1])
    s = (np.arange(-120_000, 160_000)[:, None] + 0.5) / 1000  # Exact but for jumps.
    f, cdf = law.pdf(s - theta), law.cdf(s - theta)
    tolerance = 1e-3 if isinstance(noise, pt.Uniform) else 1e-10

    def product(*dense: int) -> np.ndarray:
        return np.prod(np.where(np.isin(np.arange(3), dense), f, cdf), 1)

    def integral(y: np.ndarray) -> float:
        return float(np.sum(y)) / 1000

    value = integral((s[:, 0] > 0) - product())
    assert abs(float(enclosure.value(noise, theta).middle) - value) < max(tolerance, 1e-6)
    for i, p in enumerate(enclosure.probabilities(noise, theta)):
        assert abs(float(p.middle) - integral(product(i))) < tolerance
    hessian = enclosure.hessian(noise, theta)
    for i, j in itertools.permutations(range(3), 2):
        assert abs(float(hessian[i][j].middle) + integral(product(i, j))) < tolerance


# The engine.


@pytest.mark.parametrize(
    "noise",
    [
        *LAWS[:3],
        *(pytest.param(noise, marks=pytest.mark.slow) for noise in (LAWS[3], *MIXED)),
    ],
    ids=repr,
)
def test_the_engine_agrees(noise):
    f = pt.expected_max(noise)
    for theta in THETAS:
        point = np.array([float(t) for t in theta])
        value, p = f.estimate(point), f.estimate_probabilities(point)
        parts = [(enclosure.value(noise, point), value.value, value.radius)]
        parts += zip(
            enclosure.probabilities(noise, point),
            np.asarray(p.value),
            np.broadcast_to(p.radius, 3),
            strict=True,
        )
        for found, centre, radius in parts:
            off = Fraction(float(radius))
            assert Enclosure(found.low - off, found.high + off).contains(float(centre))
        hessian = [[float(x.middle) for x in row] for row in enclosure.hessian(noise, point)]
        np.testing.assert_allclose(f.hessian(point), hessian, rtol=1e-10, atol=1e-13)


# Structure.


@pytest.mark.parametrize("noise", LAWS[:3] + MIXED[:3], ids=repr)
def test_probabilities_hold_one_and_translations_cancel(noise):
    theta, shift = [0.3, -0.25, 1.5], Fraction(10**9) + Fraction(1, 3)
    moved = [Fraction(t) + shift for t in theta]
    p = enclosure.probabilities(noise, theta)
    assert Enclosure(sum(x.low for x in p), sum(x.high for x in p)).contains(1)
    assert p == enclosure.probabilities(noise, moved)
    value, there = enclosure.value(noise, theta), enclosure.value(noise, moved)
    assert there.low - shift <= value.high
    assert value.low <= there.high - shift


@pytest.mark.parametrize("noise", LAWS[:3] + MIXED[:3], ids=repr)
def test_more_digits_lie_inside_fewer(noise):
    def answers(digits: int) -> list[Enclosure]:
        hessian = enclosure.hessian(noise, [0.3, -0.2, 1.1], digits=digits)
        return [
            enclosure.value(noise, [0.3, -0.2, 1.1], digits=digits),
            *enclosure.probabilities(noise, [0.3, -0.2, 1.1], digits=digits),
            *itertools.chain(*hessian),
        ]

    fine = answers(40)
    for digits in (1, 3, 12):
        for coarse, truth in zip(answers(digits), fine, strict=True):
            assert coarse.low <= truth.low <= truth.high <= coarse.high


def test_one_coordinate():
    for noise in LAWS[:3]:
        assert enclosure.value(noise, [0.3]).contains(0.3)
        assert enclosure.probabilities(noise, [0.3])[0].contains(1)
        assert enclosure.hessian(noise, [0.3]) == (((0, 0),),)


def test_six_equal_coordinates_share():
    for p in enclosure.probabilities(pt.Normal(), [0] * 6, digits=12):
        assert p.contains(Fraction(1, 6))


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_tail_bounds(scale):
    s = Fraction(scale)
    euler, theta = mp.euler, Fraction(1, 3)
    exact: dict[type, tuple[Callable, Callable]] = {
        _laws.NormalCoordinate: (
            lambda z: mp.npdf(z) - z * mp.ncdf(-z),
            lambda z: mp.npdf(z) + z * mp.ncdf(z),
        ),
        _laws.LogisticCoordinate: (
            lambda z: mp.log1p(mp.exp(-z)),
            lambda z: mp.log1p(mp.exp(z)),
        ),
        _laws.GumbelCoordinate: (
            lambda z: mp.e1(mp.exp(-z - euler)) - z,
            lambda z: mp.e1(mp.exp(-z - euler)),
        ),
    }
    with flint.ctx.workprec(150):
        for law, (above, below) in exact.items():
            coordinate = law(theta, s)
            for z in (Fraction(0), Fraction(1), Fraction(5), Fraction(12)):
                bound = coordinate.above(_laws.ball(theta + s * z)).lower()
                assert mp.mpf(bound.str(40, radius=False)) >= number(s) * above(number(z))
                if law is _laws.GumbelCoordinate and z > 4:
                    continue  # e^-e^z underflows in mpmath's E_1.
                bound = coordinate.below(_laws.ball(theta - s * (z + 1))).lower()
                assert mp.mpf(bound.str(40, radius=False)) >= number(s) * below(-number(z + 1))
            for z in (-3, 0, 2):
                at = _laws.ball(theta + s * z)
                rest = [coordinate.pdf(_laws.ball(theta + s * (z + k))) for k in range(-4, 5)]
                assert not any(coordinate.largest_from(at) < x for x in rest[4:])
                assert not any(coordinate.largest_to(at) < x for x in rest[:5])
                assert (coordinate.cdf(at) + coordinate.sf(at)).contains(1)


# Boxes.


@pytest.mark.parametrize(
    ("noise", "low", "high"),
    [
        (pt.Normal(), -4, 4),
        (pt.Gumbel(), -6, 6),
        (pt.Logistic(), -6, 6),
        (pt.Uniform(-1.0, 1.0), -1.9, 1.9),
        (pt.Normal(), -40, 40),
    ],
    ids=repr,
)
def test_a_positive_weight_certifies_strict_convexity(noise, low, high):
    assert enclosure.weight_over_box(noise, low, high).low > 0


def test_flat_regions_of_uniform_noise():
    noise = pt.Uniform(-1.0, 1.0)
    assert enclosure.weight_over_box(noise, 2, 3) == (0, 0)
    assert enclosure.weight_over_box(noise, 1.5, 3) == (0, Fraction(1, 8))
    assert enclosure.weight_over_box(noise, -3, 3) == (0, Fraction(1, 2))
    assert enclosure.probability_over_box(noise, 2, 3) == (1, 1)


@pytest.mark.parametrize("box", [(-2, 3), (0.5, 4), (-5, -1), (1, 1), (-100, 100)], ids=repr)
@pytest.mark.parametrize(
    "noise",
    [
        *LAWS,
        pt.Gumbel(np.array([1.0, 3.0])),
        pt.Gumbel(np.array([2.0, 0.1])),
        pt.Normal(np.array([0.5, 2.0])),
        pt.Uniform(np.array([-1.0, 0.0]), np.array([1.0, 4.0])),
    ],
    ids=repr,
)
def test_a_box_holds_its_points(noise, box):
    low, high = box
    weight = enclosure.weight_over_box(noise, low, high)
    p = enclosure.probability_over_box(noise, low, high)
    points = [Fraction(low) + (Fraction(high) - Fraction(low)) * k / 10 for k in range(11)]
    found = [-enclosure.hessian(noise, [x, 0], digits=12)[0][1].middle for x in points]
    slack = Fraction(1, 10**11)
    for x, w in zip(points, found, strict=True):
        assert weight.low * (1 - slack) <= w <= weight.high * (1 + slack)
        own = enclosure.probabilities(noise, [x, 0], digits=12)[0].middle
        assert p.low * (1 - slack) <= own <= p.high * (1 + slack)
    assert weight.low >= min(found) * (1 - slack)
    if max(box) < 10:
        assert weight.high <= max(found) * Fraction(11, 10)


def test_a_riemann_sum_finds_the_same_lower_end():
    # int f(s - D) f(s) ds >= sum over cells of length x the least product: no log-concavity used.
    least = math.inf
    for k in range(-4, 4):
        with flint.ctx.workprec(53):
            total = flint.arb(0)
            one, two = (_laws.NormalCoordinate(Fraction(0), Fraction(1)) for _ in range(2))
            delta = flint.arb(k + 0.5, 0.5)
            for i in range(-48, 48):
                s = flint.arb((i + 0.5) / 8, 1 / 16)
                total += (one.pdf(s - delta) * two.pdf(s) / 8).abs_lower()
        least = min(least, float(total.lower()))
    assert 0 < least <= enclosure.weight_over_box(pt.Normal(), -4, 4).low


# Bad input, and what is promised of imports.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: enclosure.value(pt.Laplace(), [0, 1]), "`perturbation` must be Normal.*sampling"),
        (lambda: enclosure.hessian(pt.StudentT(3.0), [0]), "`perturbation` must be.*StudentT"),
        (lambda: enclosure.value(pt.Normal(), [0, math.nan]), "`theta` must be a finite.*nan"),
        (lambda: enclosure.value(pt.Uniform(), [math.inf]), "`theta` must be a finite.*inf"),
        (lambda: enclosure.value(pt.Normal(), ["1"]), "`theta` must be a finite.*'1'"),
        (lambda: enclosure.value(pt.Normal(), [0] * 7), "`theta` must be a vector of 1 to 6"),
        (lambda: enclosure.value(pt.Normal(), []), "`theta` must be a vector"),
        (lambda: enclosure.value(pt.Normal(), 1.0), "`theta` must be a vector.*1.0"),
        (lambda: enclosure.value(pt.Normal(), np.zeros((2, 2))), "`theta` must be a vector"),
        (lambda: enclosure.probabilities(MIXED[0], [0, 1]), "`scale` of the.*2 coord.*3 numbers"),
        (lambda: enclosure.probabilities(MIXED[3], [0, 1]), "`low` of the perturbation"),
        (lambda: enclosure.weight_over_box(MIXED[1], 0, 1), "`scale` of the perturbation"),
        (lambda: enclosure.value(pt.Normal(), [0, 1], digits=0), "`digits` must be.*got 0"),
        (lambda: enclosure.value(pt.Normal(), [0, 1], digits=10**6), "`digits` must be"),
        (lambda: enclosure.weight_over_box(pt.Normal(), 2, 1), "`low` must not.*2 and 1; swap"),
        (lambda: enclosure.probability_over_box(pt.Normal(), 0, math.nan), "`high` must be"),
    ],
)
def test_bad_input_names_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_giving_up_says_what_to_do():
    bits = flint.ctx.prec
    with pytest.raises(ArithmeticError, match="`digits`=30.*bring theta.*closer"):
        enclosure.probabilities(pt.Logistic(), [0, 100_000])
    assert flint.ctx.prec == bits
    with pytest.raises(ArithmeticError, match="`low`=.*nearer to 0"):
        enclosure.weight_over_box(pt.Gumbel(np.array([1.0, 2.0])), 10**7, 2 * 10**7)


def test_tiny_probabilities_are_rounded_outward():
    p = enclosure.probabilities(pt.Gumbel(), [0, 10_000_000])[0]
    assert p == (0, Fraction(1, 2 ** (2**20)))


def test_importing_does_not_load_flint():
    code = "import sys, perturbtheory.routes.enclosure as e; print('flint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
