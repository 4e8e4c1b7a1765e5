"""The data of every figure against formulas computed another way; the files that are written."""

import functools
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from itertools import combinations, pairwise, product

import jax
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.special
import scipy.stats

from perturbtheory import figures
from perturbtheory.display import ternary
from perturbtheory.estimators import relaxed_bias
from perturbtheory.figures import (
    _ternary,
    completeness,
    direct,
    discrete,
    flat,
    incomplete,
    representation,
    samples,
    smoothing,
    uniform,
)
from perturbtheory.figures._figure import Figure
from perturbtheory.perturbations import Discrete, Gumbel, Normal, Uniform
from perturbtheory.potential import expected_logsumexp
from perturbtheory.properties import reach
from perturbtheory.routes import enclosure

# Sampled points: 5 standard errors, missed by one normal deviate in 1.7 million; some 130 points
# are looked at, and the seeds are fixed. Where all samples agree the standard error is zero.
SIGMAS = 5.0


def assert_samples_agree(mean, error, exact):
    slack = np.maximum(SIGMAS * error, SIGMAS / 1000)
    assert np.all(np.abs(mean - exact) <= slack)


class TestFigure2:
    def test_probabilities_are_the_triangular_cdf(self):
        data = uniform.figure_2_data()
        triangular = scipy.stats.triang(0.5, loc=-2.0, scale=4.0)
        exact = triangular.sf(-data["difference"])
        np.testing.assert_allclose(data["probability_1"], exact, rtol=0, atol=1e-14)
        np.testing.assert_allclose(data["probability_2"], 1 - exact, rtol=0, atol=1e-14)

    def test_probabilities_are_constant_from_two_on(self):
        data = uniform.figure_2_data()
        low, high = data["difference"] <= -2.0, data["difference"] >= 2.0
        assert low.sum() > 20
        assert high.sum() > 20
        assert np.all(data["probability_1"][low] == 0.0)
        assert np.all(data["probability_1"][high] == 1.0)
        between = data["probability_1"][~(low | high)]
        assert np.all(np.diff(between) > 0)

    def test_samples_agree(self):
        data = uniform.figure_2_data()
        exact = scipy.stats.triang(0.5, -2.0, 4.0).sf(-data["sampled_difference"])
        mean, error = data["sampled_probability_1"], data["sampled_standard_error"]
        assert_samples_agree(mean, error, exact)
        assert np.all(error < 0.017)


class TestFigure7:
    def test_density_is_triangular(self):
        data = uniform.figure_7_data()
        exact = np.maximum(2 - np.abs(data["z"]), 0) / 4
        np.testing.assert_allclose(data["density"], exact, rtol=0, atol=1e-13)

    def test_bins_are_those_of_the_density(self):
        data = uniform.figure_7_data()
        cdf = scipy.stats.triang(0.5, -2.0, 4.0).cdf(data["edges"])
        np.testing.assert_allclose(data["bin_probability"], np.diff(cdf), rtol=0, atol=1e-14)
        assert data["bin_count"].sum() == 1_000_000

    def test_draws_agree(self):
        data = uniform.figure_7_data()
        off = np.abs(data["bin_count"] / 1e6 - data["bin_probability"])
        assert np.all(off <= SIGMAS * data["bin_standard_error"])


class TestFigure3:
    def test_intervals_are_those_of_the_paper(self):
        data = discrete.figure_3_data()
        assert data["tie"].tolist() == [-2.0, 0.0, 2.0]
        assert data["tie_interval"].tolist() == [[0.0, 0.25], [0.25, 0.75], [0.75, 1.0]]
        assert data["piece_probability_1"].tolist() == pytest.approx([0, 0.25, 0.75, 1], abs=1e-15)

    def test_the_graph_is_a_connected_staircase(self):
        """The graph of a maximal monotone map has no gap: each riser joins the treads beside it."""
        data = discrete.figure_3_data()
        treads, risers = data["piece_probability_1"], data["tie_interval"]
        np.testing.assert_allclose(risers[:, 0], treads[:-1], atol=1e-15)
        np.testing.assert_allclose(risers[:, 1], treads[1:], atol=1e-15)
        np.testing.assert_array_equal(data["piece_ends"][1:, 0], data["tie"])
        np.testing.assert_array_equal(data["piece_ends"][:-1, 1], data["tie"])

    def test_fair_ties_are_in_the_middle(self):
        data = discrete.figure_3_data()
        np.testing.assert_allclose(data["tie_fair"], data["tie_interval"].mean(1), atol=1e-15)

    def test_argmax_finds_the_upper_end_only(self):
        data = discrete.figure_3_data()
        law = discrete.law_of_difference(discrete.coin())
        upper = [float(discrete.interval(law, Fraction(x))[1]) for x in data["sampled_difference"]]
        mean, error = data["sampled_probability_1"], data["sampled_standard_error"]
        assert_samples_agree(mean, error, np.array(upper))

    def test_law_of_the_difference_is_exact(self):
        noise = Discrete(np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.25, 0.25]))
        law = discrete.law_of_difference(noise)
        assert sum(law.values()) == 1
        assert law[Fraction(0)] == Fraction(3, 8)
        assert law[Fraction(-3)] == law[Fraction(3)] == Fraction(1, 8)
        assert discrete.interval(law, Fraction(0)) == (Fraction(5, 16), Fraction(11, 16))


class TestFigure6:
    def test_value_is_the_expectation_over_four_pairs(self):
        data = discrete.figure_6_data()
        first, second = np.meshgrid(data["theta"], data["theta"], indexing="ij")
        pairs = [(a, b) for a in (-1, 1) for b in (-1, 1)]
        exact = sum(np.maximum(first + a, second + b) for a, b in pairs) / 4
        np.testing.assert_allclose(data["value"], exact, rtol=0, atol=1e-14)

    def test_the_formula_of_the_paper(self):
        data = discrete.figure_6_data()
        one, two = np.meshgrid(data["theta"], data["theta"], indexing="ij")
        pieces = [one, 0.75 * one + 0.25 * two + 0.5, 0.75 * two + 0.25 * one + 0.5]
        stated = np.select([one >= two + 2, one >= two, one >= two - 2], pieces, two)
        np.testing.assert_allclose(data["value"], stated, rtol=0, atol=1e-14)

    def test_kinks_are_where_the_slope_jumps(self):
        data = discrete.figure_6_data()
        theta = data["theta"]
        along = data["value"][:, np.flatnonzero(theta == 0.0)[0]]
        slope = np.diff(along) / np.diff(theta)
        jumps = theta[1:-1][np.abs(np.diff(slope)) > 1e-9]
        np.testing.assert_array_equal(jumps, data["kink"])
        np.testing.assert_allclose(
            np.interp(data["kink"], theta, along), data["kink_value"], atol=1e-15
        )
        for x, (left, right) in zip(data["kink"], data["kink_slopes"], strict=True):
            i = np.flatnonzero(theta == x)[0]
            assert slope[i - 1] == pytest.approx(left, abs=1e-12)
            assert slope[i] == pytest.approx(right, abs=1e-12)


QUICK = [("discrete", 0.1), ("uniform", 0.5)]
DIFFERENCES = {
    "normal": scipy.stats.norm(0, np.sqrt(2.0)),
    "gumbel": scipy.stats.logistic(),
    "uniform": scipy.stats.triang(0.5, -2.0, 4.0),
}


def logistic_mixture(law, temperature, difference):
    """(p, slope) at every Delta: E[G(Delta + t L)] and E[g(Delta + t L)] for L logistic.

    G and g are the cdf and the density of gamma_1 - gamma_2; discrete noise sums over its atoms.
    """
    if law == "discrete":
        jumps, mass = np.array([-2.0, 0.0, 2.0]), np.array([0.25, 0.5, 0.25])
        p = scipy.special.expit((difference[:, None] + jumps) / temperature)
        return p @ mass, (p * (1 - p) / temperature) @ mass
    cdf, density = DIFFERENCES[law].cdf, DIFFERENCES[law].pdf

    def mean(function, delta):
        # Cut at the centre of the logistic and at the corners of the triangular density.
        corners = (np.array([-2.0, 0.0, 2.0]) - delta) / temperature
        cuts = np.unique(np.clip([-40.0, 0.0, 40.0, *corners], -40.0, 40.0))
        return sum(
            scipy.integrate.quad(
                lambda u: scipy.stats.logistic.pdf(u) * function(delta + temperature * u),
                *ends, epsabs=1e-13, epsrel=1e-12,
            )[0]
            for ends in pairwise(cuts)
        )  # fmt: skip

    return tuple(np.array([mean(function, x) for x in difference]) for function in (cdf, density))


class TestSmoothing:
    @pytest.mark.parametrize("law", list(DIFFERENCES))
    def test_at_temperature_zero_the_difference_has_a_known_law(self, law):
        exact = DIFFERENCES[law]
        data = smoothing.smoothing_data([law], [0.0])
        x = data["difference"]
        np.testing.assert_allclose(data[f"{law}/t=0/probability"], exact.cdf(x), atol=1e-13)
        np.testing.assert_allclose(data[f"{law}/t=0/slope"], exact.pdf(x), atol=1e-12)

    def test_discrete_noise_jumps_by_its_masses(self):
        data = smoothing.smoothing_data(["discrete"], [0.0])
        assert sorted(data["discrete/t=0/jumps"].tolist()) == [[-2, 0.25], [0, 0.5], [2, 0.25]]
        assert "discrete/t=0/slope" not in data
        steps = np.unique(np.round(data["discrete/t=0/probability"], 12))
        assert steps.tolist() == [0, 0.125, 0.25, 0.5, 0.75, 0.875, 1]

    @pytest.mark.parametrize(
        ("law", "temperature"),
        [
            pytest.param(law, t, marks=[] if (law, t) in QUICK else pytest.mark.slow)
            for law in smoothing.LAWS
            for t in smoothing.TEMPERATURES[1:]
        ],
    )
    def test_with_temperature_it_is_a_mixture_of_logistics(self, law, temperature):
        data = smoothing.smoothing_data([law], [temperature])
        p = data[smoothing.key(law, temperature, "probability")]
        slope = data[smoothing.key(law, temperature, "slope")]
        some = slice(None, None, 10)
        exact_p, exact_slope = logistic_mixture(law, temperature, data["difference"][some])
        np.testing.assert_allclose(p[some], exact_p, rtol=0, atol=1e-11)
        np.testing.assert_allclose(slope[some], exact_slope, rtol=0, atol=1e-10)
        assert np.all(slope > 0)
        assert np.all((p > 0) & (p < 1))
        at = data["sampled_difference"]
        mean = data[smoothing.key(law, temperature, "sampled_probability")]
        error = data[smoothing.key(law, temperature, "sampled_standard_error")]
        assert_samples_agree(mean, error, logistic_mixture(law, temperature, at)[0])

    def test_every_array_has_a_label(self):
        for law in smoothing.LAWS:
            for t in smoothing.TEMPERATURES:
                for quantity in ("probability", "slope", "sampled_probability"):
                    assert law in smoothing.SMOOTHING.labels[smoothing.key(law, t, quantity)]


SOME_DRAWS, SOME_POINTS = np.array([100, 1000, 10_000, 40_000]), 2 ** np.array([7, 10, 13, 16])


@functools.cache
def computed(function):
    return function()


@functools.cache
def some_samples():
    return samples.samples_data(3, SOME_DRAWS, SOME_POINTS)


@functools.cache
def some_of_direct():
    return direct.direct_data(np.array([0.02, 0.04, 0.5]))


def normal_softmax(theta):
    """E[softmax(theta + gamma)] for three normal gamma, by Gauss-Hermite in the cube."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    gamma = np.stack(np.meshgrid(nodes, nodes, nodes, indexing="ij"), -1).reshape(-1, 3)
    weight = np.prod(np.meshgrid(weights, weights, weights), 0).ravel()
    return weight / weight.sum() @ scipy.special.softmax(theta + gamma, axis=-1)


COINS = np.array(list(product((-1, 1), repeat=3)))


def coin_potential(theta):
    return np.max(theta + COINS, axis=-1).mean()


def winners_meet(theta, subset):
    """P(a member of `subset` is among the maximisers), by enumeration."""
    x = np.asarray(theta) + COINS
    return (x[:, list(subset)].max(1) == x.max(1)).mean()


class TestFigure1:
    @pytest.fixture
    def data(self):
        return computed(representation.FIGURE_1.compute)

    def test_softmax_lines_are_images_in_the_open_simplex(self, data):
        theta = representation.lines(data["softmax/difference"], data["softmax/along"])
        p = data["softmax/probability"]
        assert np.all(p > 0)
        for i, j in [(0, 22), (2, 5), (4, 30), (7, 22), (8, 40)]:
            np.testing.assert_allclose(p[i, j], normal_softmax(theta[i, j]), rtol=0, atol=1e-7)
        for corner, image in zip(_ternary.hexagon(4), data["softmax/rim"][:-1:12], strict=True):
            np.testing.assert_allclose(image, normal_softmax(corner), rtol=0, atol=1e-7)

    def test_uniform_lines_are_exact_and_leave_the_interior_with_the_hexagon(self, data):
        theta = representation.lines(data["uniform/difference"], data["uniform/along"])
        p = data["uniform/probability"]
        for i, j in [(0, 32), (3, 20), (4, 40), (6, 37), (8, 60)]:
            exact = enclosure.probabilities(Uniform(), theta[i, j].tolist())
            np.testing.assert_allclose(p[i, j], [float(x.middle) for x in exact], atol=1e-14)
        inside = np.ptp(theta, axis=-1) < 2
        assert np.all(p[inside] > 0)
        assert np.all(p[~inside].min(-1) < 1e-15)
        # The cones, where one coordinate exceeds the others by two, are each one corner.
        top = np.sort(theta, axis=-1)
        assert np.all(p[top[..., 2] - top[..., 1] >= 2].max(-1) == 1)

    def test_cells_tile_the_simplex(self, data):
        cells = [data[f"coin/cell_{k}"] for k in range(7)]
        assert data["coin/share"].sum() == 1
        assert sorted(data["coin/share"].tolist()) == [7 / 64] * 6 + [22 / 64]
        assert len({tuple(v) for cell in cells for v in cell.tolist()}) == 15
        subsets = [s for k in (1, 2) for s in combinations(range(3), k)]
        bounds = {
            place: {s: winners_meet(place, s) for s in subsets} for place in representation.PLACES
        }
        for cell, place in zip(cells, representation.PLACES, strict=True):
            for s, bound in bounds[place].items():
                # Every inequality p(S) <= h(S) holds, and some vertex attains it.
                assert cell[:, list(s)].sum(1).max() == pytest.approx(bound, abs=1e-14)
        for p in np.random.default_rng(0).dirichlet(np.ones(3), 200):
            of = [all(p[list(s)].sum() < b for s, b in h.items()) for h in bounds.values()]
            assert sum(of) == 1

    def test_lines_are_the_kinks_and_all_of_them(self, data):
        """Along a random line f bends exactly where the line crosses a segment."""
        ends = ternary.plane(data["coin/kink"])
        rng = np.random.default_rng(1)
        bends = 0
        for _ in range(20):
            start, v = rng.uniform(-1, 1, 3), rng.standard_normal(3)
            places = [
                (c - start[i] + start[j]) / (v[i] - v[j])
                for i, j in combinations(range(3), 2)
                for c in (-2, 0, 2)
            ]
            for s in places:
                theta = start + s * v
                if np.ptp(theta) > 4 or min(abs(s - x) for x in places if x != s) < 1e-4:
                    continue
                h = 1e-5
                before, here, after = (coin_potential(theta + d * v) for d in (-h, 0, h))
                bent = (before + after - 2 * here) / h > 1e-6
                x = ternary.plane(theta)
                length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
                around = np.linalg.norm(ends - x, axis=2).sum(1)
                assert bent == bool(np.any(around < length + 1e-7))
                bends += bent
        assert bends > 40


class TestCompletenessCounterexample:
    @pytest.fixture
    def data(self):
        return computed(completeness.COMPLETENESS.compute)

    def test_the_hypotheses_are_met(self, data):
        space = completeness.half_space()
        for i, direction in enumerate(data["directions"]):
            for n in (1.0, 1e6):
                assert space.contains(n * direction)
                assert n * direction[i] - np.delete(n * direction, i).max() == n

    def test_curves_are_images_of_the_bounding_plane(self, data):
        q = data["boundary_softmax"]
        np.testing.assert_allclose(q[:, 0] * q[:, 1], q[:, 2] ** 2, rtol=1e-12)
        for k in (30, 48, 60, 70):
            s = data["along"][k]
            np.testing.assert_allclose(
                data["boundary"][k], normal_softmax(np.array([s, -s, 0])), rtol=0, atol=1e-7
            )

    def test_what_lies_below_the_curve_is_missed(self, data):
        softmax = expected_logsumexp(Normal(), 1.0)
        missed, u = data["missed"], data["normal"]
        assert u @ data["only_theta"] > 0.5
        np.testing.assert_allclose(normal_softmax(data["only_theta"]), missed, rtol=0, atol=1e-7)
        assert reach(softmax, completeness.half_space(), missed) is None
        # The curve as p_3 over p_1 - p_2, which grows along it.
        p = np.random.default_rng(2).dirichlet(np.ones(3), 60)
        across = data["boundary"][:, 0] - data["boundary"][:, 1]
        curve = np.interp(p[:, 0] - p[:, 1], across, data["boundary"][:, 2])
        beyond = np.asarray(softmax.parameters(p)) @ u
        clear = np.abs(p[:, 2] - curve) > 1e-3
        assert clear.sum() > 50
        np.testing.assert_array_equal(beyond[clear] > 0, (p[:, 2] < curve)[clear])


class TestIncompleteFamilies:
    @pytest.fixture
    def data(self):
        return computed(incomplete.INCOMPLETE.compute)

    def test_targets_are_missed_and_ends_are_on_the_edge(self, data):
        p = data["target"]
        assert np.all(p[:, 0] * p[:, 1] > p[:, 2] ** 2)
        for name in ("least_loss_softmax", "least_l1_softmax"):
            q = data[name]
            np.testing.assert_allclose(q.sum(1), 1, rtol=1e-13)
            np.testing.assert_allclose(q[:, 0] * q[:, 1], q[:, 2] ** 2, rtol=1e-9)

    def test_the_loss_moves_along_the_normal_and_l1_along_an_edge(self, data):
        p = data["target"]
        for name in ("least_loss_softmax", "least_loss_normal"):
            moved = data[name] - p
            assert np.all(moved[:, 2] > 0.01)
            np.testing.assert_allclose(moved[:, 0], moved[:, 1], atol=1e-13)
        moved = data["least_l1_softmax"] - p
        payer = np.argmin(p[:, :2], axis=1)
        np.testing.assert_allclose(moved[np.arange(len(p)), 1 - payer], 0, atol=1e-9)
        away, near = (np.abs(data[f"least_{k}_softmax"] - p).sum(1) for k in ("loss", "l1"))
        assert np.all(near < away - 0.01)

    def test_no_grid_point_of_the_half_space_is_better(self, data):
        rng = np.random.default_rng(3)
        theta = rng.normal(size=(20000, 3)) * 2
        q = scipy.special.softmax(theta[theta @ [1, 1, -2] <= 0], axis=1)
        for p, loss, near in zip(
            data["target"], data["least_loss_softmax"], data["least_l1_softmax"], strict=True
        ):
            least = p @ np.log(p / loss)
            assert -1e-12 < np.min(np.log(p / q) @ p) - least < 0.02
            assert -1e-12 < np.min(np.abs(q - p).sum(1)) - np.abs(near - p).sum() < 0.03

    def test_fits_that_keep_the_order_are_isotonic(self, data):
        regression = scipy.optimize.isotonic_regression(data["ordered_target"], increasing=False)
        np.testing.assert_allclose(data["isotonic"], regression.x, atol=1e-14)
        np.testing.assert_allclose(data["ordered_fits"] - data["isotonic"], 0, atol=1e-7)


class TestFlatRegions:
    @pytest.fixture
    def data(self):
        return computed(flat.FLAT_REGIONS.compute)

    def test_curved_inside_of_the_hexagon_only(self, data):
        x = data["difference"]
        first, second = np.meshgrid(x, x, indexing="ij")
        width = np.ptp(np.stack([first, second, 0 * first]), axis=0)
        # The least positive one is 3/1024, one step away from a corner of the hexagon.
        assert np.all(data["lambda_2"][width < 2 - 1e-9] > 1e-3)
        assert np.all(np.abs(data["lambda_2"][width > 2 - 1e-9]) < 1e-15)

    def test_eigenvalues_are_those_of_the_exact_hessian(self, data):
        x = data["difference"]
        for i, j in [(24, 24), (28, 18), (10, 20), (32, 39), (40, 24), (4, 32)]:
            exact = enclosure.hessian(Uniform(), [x[i], x[j], 0.0])
            matrix = np.array([[float(entry.middle) for entry in row] for row in exact])
            second = np.linalg.eigvalsh(matrix)[1]
            assert data["lambda_2"][i, j] == pytest.approx(second, rel=1e-10, abs=1e-13)

    def test_probability_moves_inside_only(self, data):
        s, p = data["along"], data["probability"]
        assert np.all(p[s >= 2] == [1, 0, 0])
        np.testing.assert_allclose(p[s <= -2], np.tile([0, 0.5, 0.5], (21, 1)), atol=1e-15)
        inside = np.abs(s) < 2
        assert np.all(np.diff(p[inside, 0]) > 0)
        for x in (-1.5, -0.3, 0.0, 0.8, 1.9):
            u = np.clip(np.array([-1 - x, 1 - x]), -1, 1)  # between them F = (1 + x + u)/2
            exact = ((1 + x + u[1]) ** 3 - (1 + x + u[0]) ** 3) / 24 + (1 - u[1]) / 2
            k = np.argmin(np.abs(s - x))
            assert p[k, 0] == pytest.approx(exact, abs=1e-9)
        assert np.all(data["eigenvalues"][~inside, 0] < 1e-15)
        np.testing.assert_allclose(data["eigenvalues"][s <= -2, 1], 1.0, atol=1e-13)


class TestErrorAgainstSamples:
    @pytest.fixture
    def data(self):
        return some_samples()

    def test_truths_are_right(self):
        theta = np.array([0.3, -0.2, 1.1, 0.0])
        exact = samples.softmax_exactly(theta)
        assert abs(sum(exact) - 1) < Fraction(1, 10**45)
        np.testing.assert_allclose(
            [float(x) for x in exact], scipy.special.softmax(theta), rtol=1e-14
        )
        cdf, pdf = scipy.special.ndtr, scipy.stats.norm.pdf

        def density(x, i):
            return pdf(x - theta[i]) * np.prod([cdf(x - t) for t in np.delete(theta, i)])

        normal = [scipy.integrate.quad(density, -9, 10, (i,), epsabs=1e-12)[0] for i in range(4)]
        np.testing.assert_allclose([float(x) for x in samples.enclosed(theta)], normal, atol=1e-11)

    @pytest.mark.parametrize("name", ["normal", "gumbel"])
    def test_the_engine_is_within_its_radius(self, data, name):
        assert np.all(data[f"{name}/engine"] <= data[f"{name}/radius"])
        assert np.all(data[f"{name}/radius"] * samples.UNIT < 1e-13)

    @pytest.mark.parametrize("name", ["normal", "gumbel"])
    def test_samples_do_as_expected(self, data, name):
        """The L1 error of six or ten nearly normal frequencies is within a factor of the mean."""
        expected = data[f"{name}/expected"][:, None] / np.sqrt(SOME_DRAWS)
        ratio = data[f"{name}/monte-carlo"] / expected
        assert np.all((ratio > 0.2) & (ratio < 2.5))
        assert 0.7 < ratio.mean() < 1.4
        at_end = data[f"{name}/quasi-monte-carlo"][:, -1] * np.sqrt(SOME_POINTS[-1])
        assert np.all(at_end < 0.6 * data[f"{name}/expected"])


class TestDirectOptimization:
    @pytest.fixture
    def data(self):
        return some_of_direct()

    def test_relaxed_curve_by_two_routes(self, data):
        """Moments of the softmax against the engine's Hessian."""
        h, f = direct.instance()
        for x, bias in zip(data["grid"], data["gumbel-softmax/bias"], strict=True):
            assert np.linalg.norm(relaxed_bias(Gumbel(), h, f, x)) == pytest.approx(bias, rel=1e-6)

    def test_small_epsilon(self, data):
        slope = {
            name: np.log2(data[f"{name}/bias"][1] / data[f"{name}/bias"][0])
            for name in direct.CURVES
        }
        assert slope["one-sided"] == pytest.approx(1, abs=0.05)
        assert slope["two-sided"] == pytest.approx(2, abs=0.05)
        assert slope["gumbel-softmax"] == pytest.approx(2, abs=0.05)
        q = scipy.special.softmax(data["logits"])
        gap = np.abs(data["values"][:, None] - data["values"])
        limit = (q[:, None] * q * gap).sum()  # |e_i - e_j|^2 = 2, every pair counted twice
        one, two = (data[f"{name}/deviation"][0] ** 2 for name in ("one-sided", "two-sided"))
        assert one * 0.02 == pytest.approx(limit, rel=0.02)
        assert two * 0.04 == pytest.approx(limit, rel=0.02)

    @pytest.mark.parametrize("name", ["one-sided", "two-sided", "gumbel-softmax"])
    def test_markers_are_within_their_errors(self, data, name):
        for k, x in enumerate(data[f"{name}/sampled"]):
            bias, variance = direct.exact(direct.CURVES[name].at(x))
            measured = np.sqrt(bias @ bias + variance / direct.DRAWS)
            for quantity, exact in (("bias", measured), ("deviation", np.sqrt(variance))):
                off = data[f"{name}/sampled_{quantity}"][k] - exact
                assert abs(off) <= 3.5 * data[f"{name}/sampled_{quantity}_error"][k]


class TestDraw:
    NAMES = ("figure-2", "figure-3", "figure-6", "figure-7")
    SLOW = (
        "figure-1",
        "figure-4",
        "figure-5",
        "figure-8",
        "figure-9",
        "figure-10",
        "advantage",
        "smoothing",
        "completeness-counterexample",
        "incomplete-families",
        "flat-regions",
        "error-against-samples",
        "direct-optimization",
        "gradient-estimators",
        "temperatures",
        "long-run",
        "one-latent",
        "structured",
        "semi-supervised",
        "generated",
    )

    def test_the_names(self):
        assert sorted(self.NAMES + self.SLOW) == sorted(figures.NAMES)

    @pytest.mark.parametrize(
        "names", [NAMES, *(pytest.param((name,), marks=pytest.mark.slow) for name in SLOW)]
    )
    def test_files_are_written_and_deterministic(self, tmp_path, names):
        one = figures.draw(names, tmp_path / "one")
        two = figures.draw(names, tmp_path / "two")
        suffixes = ("png", "svg", "json")
        assert [path.name for path in one] == [f"{n}.{s}" for n in names for s in suffixes]
        for first, second in zip(one, two, strict=True):
            assert first.read_bytes() == second.read_bytes()
            assert 0 < first.stat().st_size < (6e4 if first.suffix == ".json" else 4e5)
        for path in one:
            if path.suffix == ".svg":
                assert ET.parse(path).getroot().tag.endswith("svg")

    @pytest.mark.slow
    def test_no_name_draws_everything(self, tmp_path):
        written = figures.draw([], tmp_path)
        assert sorted({path.stem for path in written}) == sorted(figures.NAMES)

    def test_json_says_what_was_drawn(self, tmp_path):
        record = json.loads(figures.draw(["figure-3"], tmp_path)[2].read_text("utf-8"))
        assert record["made_by"] == "perturbtheory.figures.discrete.figure_3_data"
        assert r"\mathbb P(D > -\Delta)" in record["formula"]
        data = discrete.figure_3_data()
        assert record["data"].keys() == data.keys()
        for name, values in data.items():
            assert record["data"][name]["label"]
            np.testing.assert_allclose(record["data"][name]["values"], values, 1e-6, 1e-15)

    def test_last_digits_change_no_file(self, tmp_path):
        """Every value lies half-way between two numbers of seven digits."""
        y = np.arange(33, 255, 2) / 256
        texts = {"title": "t", "formula": "f", "reference": "r", "labels": {"y": ""}}

        def render(canvas, data):
            canvas.add_subplot().plot(data["y"])

        def written(noise):
            def compute():
                return {"y": y * (1 + noise * np.cos(np.arange(len(y))))}

            drawn = Figure(compute=compute, render=render, size=(2, 2), **texts)
            return [path.read_bytes() for path in drawn.write(tmp_path, "figure")]

        assert written(0.0) == written(4e-16) == written(-4e-16)

    def test_every_array_of_a_figure_has_a_label(self):
        for figure, data in (
            (representation.FIGURE_1, computed(representation.FIGURE_1.compute)),
            (flat.FLAT_REGIONS, computed(flat.FLAT_REGIONS.compute)),
            (completeness.COMPLETENESS, computed(completeness.COMPLETENESS.compute)),
            (incomplete.INCOMPLETE, computed(incomplete.INCOMPLETE.compute)),
            (samples.ERROR_AGAINST_SAMPLES, some_samples()),
            (direct.DIRECT_OPTIMIZATION, some_of_direct()),
        ):
            assert data.keys() == figure.labels.keys()
            assert figure.caption

    def test_unknown_name_raises_before_anything_is_written(self, tmp_path):
        with pytest.raises(ValueError, match=r"`names` has 'figure-0'.*figure-2, figure-3"):
            figures.draw(["figure-2", "figure-0"], tmp_path)
        assert not list(tmp_path.iterdir())

    def test_data_are_in_64_bit_whatever_jax_is_set_to(self):
        with jax.enable_x64(False):
            data = uniform.FIGURE_2.data()
        exact = scipy.stats.triang(0.5, -2.0, 4.0).sf(-data["difference"])
        np.testing.assert_allclose(data["probability_1"], exact, rtol=0, atol=1e-14)

    def test_naming_figures_loads_neither_jax_nor_matplotlib(self):
        code = (
            "import sys; from perturbtheory.figures import NAMES; "
            "assert NAMES; assert not {'jax', 'matplotlib'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
